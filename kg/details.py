"""What a release knows of single things beside the graph: residues, and chemistry.

Both tables are small; a table is read when it is first asked for, and shared by all readers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kg.paths import Index
from kg.release import Release


@dataclass(frozen=True, slots=True)
class Residue:
    """An amino acid of a structure, where its letter agrees with the protein's sequence.

    Attributes:
        file_number: Number in the structure's file.
        uniprot, position: Accession, and the residue's place in its sequence (1-based).
        letter: One-letter code.
        pocket: Number of the pocket it lines; 0 for none.
    """

    structure: str
    file_number: int
    uniprot: str
    position: int
    letter: str
    pocket: int


@dataclass(frozen=True, slots=True)
class Chemistry:
    """A compound's standardised parent and what follows from its drawing.

    Attributes:
        molecular_weight: Dalton. tpsa: Square angstrom.
        qed: Quantitative estimate of drug-likeness, 0 to 1.
        alerts: Names of structural alerts it sets off.
        same_skeleton: Ids of other compounds with the same first block of the InChIKey, which
            hashes the connections alone: they differ in stereochemistry, isotopes or charge.
    """

    id: str
    inchikey: str
    smiles: str
    standard: str | None
    salt: bool
    molecular_weight: float | None
    logp: float | None
    tpsa: float | None
    hydrogen_bond_donors: int | None
    hydrogen_bond_acceptors: int | None
    rotatable_bonds: int | None
    rings: int | None
    aromatic_rings: int | None
    fraction_sp3: float | None
    heavy_atoms: int | None
    formal_charge: int | None
    qed: float | None
    alerts: tuple[str, ...]
    same_skeleton: tuple[str, ...]


_STORED = tuple(name for name in Chemistry.__slots__ if name != "same_skeleton")
FIRST_BLOCK = 14
"""Letters of an InChIKey before its first hyphen."""


class Details:
    """Look-ups over the side tables of one release."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def residues_of(self, structures: Sequence[str]) -> list[list[Residue]]:
        """For each structure its residues, by file number; a residue in two pockets is twice."""
        return [
            [Residue(**row) for row in self._residues.slice(start, end - start).to_pylist()]
            for start, end in (self._residue_rows.get(s, (0, 0)) for s in structures)
        ]

    def chemistry_of(self, compounds: Sequence[str]) -> list[Chemistry | None]:
        """For each compound its chemistry; None where no drawing is known."""
        found = [self._compound_row(c) for c in compounds]
        known = pa.array([i for i in found if i >= 0], pa.int64())
        rows = iter(self._compounds.take(known).to_pylist())
        return [_chemistry(next(rows), self._same_skeleton(i)) if i >= 0 else None for i in found]

    @cached_property
    def _residues(self) -> pa.Table:
        return self._release.table("residues").combine_chunks()

    @cached_property
    def _residue_rows(self) -> dict[str, tuple[int, int]]:
        """Rows of each structure: the table is sorted by it."""
        column = self._residues["structure"]
        if not len(column):
            return {}
        runs = pc.run_end_encode(column.combine_chunks())
        ends = runs.run_ends.to_pylist()
        return dict(zip(runs.values.to_pylist(), zip([0, *ends], ends, strict=False), strict=True))

    @cached_property
    def _compounds(self) -> pa.Table:
        return self._release.table("compounds", list(_STORED)).combine_chunks()

    @cached_property
    def _skeletons(self) -> tuple[npt.NDArray[np.int32], Index, Index]:
        """The number of each compound's first block; rows by it; where each number's rows start."""
        blocks = pc.utf8_slice_codeunits(self._compounds["inchikey"], 0, FIRST_BLOCK)
        coded = pa.chunked_array(blocks, pa.string()).combine_chunks().dictionary_encode()
        numbers = coded.indices.to_numpy()
        rows = np.argsort(numbers, kind="stable")
        starts = np.searchsorted(numbers[rows], np.arange(len(coded.dictionary) + 1))
        return numbers, rows, starts

    def _same_skeleton(self, row: int) -> tuple[str, ...]:
        numbers, rows, starts = self._skeletons
        number = numbers[row]
        same = rows[starts[number] : starts[number + 1]]
        return tuple(self._compounds["id"][int(i)].as_py() for i in same if i != row)

    def _compound_row(self, compound: str) -> int:
        """The row of a compound, -1 where there is none: the table is sorted by id, bytewise."""
        ids = self._compounds["id"]
        wanted = compound.encode()
        at = bisect_left(range(len(ids)), wanted, key=lambda i: ids[i].as_py().encode())
        return at if at < len(ids) and ids[at].as_py() == compound else -1


def _chemistry(row: dict[str, Any], same_skeleton: tuple[str, ...]) -> Chemistry:
    alerts, salt = tuple(row["alerts"] or ()), bool(row["salt"])
    return Chemistry(**row | {"alerts": alerts, "salt": salt}, same_skeleton=same_skeleton)
