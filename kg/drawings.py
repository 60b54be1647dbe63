"""Drawings of molecules as the graph compares them: their parent and two fingerprints, by RDKit.

Compounds are stored, and queries are read, through the same functions, so that a query drawn as a
salt finds its parent. Importing this module loads RDKit; import it where a drawing is met.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.MolStandardize import rdMolStandardize

BITS, RADIUS = 2048, 2
"""Of the Morgan fingerprint (radius 2: ECFP4-like); the pattern fingerprint has as many bits."""

_NEVER_METAL = frozenset({1, 6, 7, 8, 9, 15, 16, 17, 35, 53})
"""H C N O F P S Cl Br I: a drawing of these alone has no metal to disconnect."""
_NEVER_REDRAWN = frozenset({1, 6, 7, 8, 9, 17, 35, 53})
"""Neutral, these match no transform of RDKit's normaliser, whose left sides all ask for a charge,
for S, P or their heavier homologues, or for N of valence 5, which no sanitised drawing has."""


def parent_of(drawn: Chem.Mol) -> Chem.Mol:
    """The largest organic fragment of a sanitised molecule, neutralised.

    Steps that can't change the molecule at hand are left out: they cost more than the rest.

    Raises:
        ValueError, RuntimeError: RDKit can't redraw it.
    """
    atoms = list(drawn.GetAtoms())
    elements = {atom.GetAtomicNum() for atom in atoms}
    whole = drawn
    if not elements <= _NEVER_METAL:
        whole = rdMolStandardize.DisconnectOrganometallics(whole)
    if not _drawn_as_normal(atoms):
        whole = rdMolStandardize.Normalize(whole)
    if len(Chem.GetMolFrags(whole)) > 1:
        whole = _tools()["largest"].choose(whole)
    if any(atom.GetFormalCharge() for atom in whole.GetAtoms()):
        whole = _tools()["uncharger"].uncharge(whole)
    if whole is not drawn:
        Chem.SanitizeMol(whole)  # a ring may be aromatic once it is neutral
    return whole


def _drawn_as_normal(atoms: list[Chem.Atom]) -> bool:
    """Whether no transform of the normaliser can match, on the atoms alone."""
    return all(
        not atom.GetFormalCharge()
        and (
            atom.GetAtomicNum() in _NEVER_REDRAWN
            or (atom.GetAtomicNum() == 16 and atom.GetTotalDegree() != 3)
        )
        for atom in atoms
    )


def morgan_bits(mol: Chem.Mol) -> bytes:
    """The Morgan fingerprint, 256 bytes, the first bit highest in the first byte."""
    bits = _tools()["morgan"].GetFingerprintAsNumPy(mol)
    return np.packbits(bits.astype(bool)).tobytes()


def pattern_bits(mol: Chem.Mol) -> bytes:
    """RDKit's pattern fingerprint, 256 bytes, the first bit lowest in the first byte.

    Of a molecule or a query: a molecule that contains a query has every bit of the query's.
    """
    found = Chem.PatternFingerprint(mol, BITS)
    return bytes(DataStructs.BitVectToBinaryText(found))


def words(fingerprint: bytes) -> npt.NDArray[np.uint64]:
    """A fingerprint of 256 bytes as 32 words, uint64."""
    return np.frombuffer(fingerprint, np.uint64)


@cache
def _tools() -> dict[str, Any]:
    preferences = rdMolStandardize.CleanupParameters()
    preferences.preferOrganic = True
    return {
        "largest": rdMolStandardize.LargestFragmentChooser(preferences),
        "uncharger": rdMolStandardize.Uncharger(),
        "morgan": rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS),
    }
