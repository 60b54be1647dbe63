"""Small molecules that a structure's file kept, and the residues they touch.

Nearly all files were stripped of them. Where one is kept, the pocket it sits in was observed with a
ligand, and not only found by a program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from Bio.PDB import NeighborSearch
from Bio.PDB.Residue import Residue as Atoms

from ingest.plain_atoms import Chain, letter_of

REACH = 4.5
"""Angstrom between heavy atoms at which a residue counts as touched."""
LEAST_ATOMS = 7
"""Heavy atoms; smaller ones are ions, buffer and cryoprotectant."""


@dataclass(frozen=True, slots=True)
class Ligand:
    """A molecule of the file.

    Attributes:
        code: Of the PDB's dictionary of components.
        residues: Places in the chain, counted from 0, of the residues it touches.
    """

    code: str
    residues: frozenset[int]

    def sits_in(self, pocket: Sequence[int]) -> bool:
        """Whether at least half of the residues it touches line the pocket."""
        return 2 * len(self.residues.intersection(pocket)) >= len(self.residues)


def kept(chain: Chain) -> list[Ligand]:
    """Ligands that touch a chain, in the order of the file.

    Args:
        chain: Its atoms, where there are any, still belong to the model they were read from.
    """
    place = {residue: n for n, residue in enumerate(chain.atoms)}
    found = list(_molecules(chain.atoms))
    if not found:
        return []
    near = NeighborSearch([atom for residue in place for atom in residue if atom.element != "H"])
    made = []
    for molecule in found:
        touched = {
            place[residue]
            for atom in molecule
            for residue in near.search(atom.coord, REACH, level="R")
        }
        if touched:
            made.append(Ligand(molecule.get_resname().strip(), frozenset(touched)))
    return made


def _molecules(chain: Sequence[Atoms]) -> Iterator[Atoms]:
    if not chain:
        return
    for residue in chain[0].get_parent().get_parent().get_residues():
        kind, name = residue.id[0], residue.get_resname()
        heavy = sum(atom.element != "H" for atom in residue)
        if kind.startswith("H_") and not letter_of(name) and heavy >= LEAST_ATOMS:
            yield residue
