"""Structure files that hold `ATOM` records alone, read as one array of bytes.

Nearly all chain files are of this kind. What is not plain in every respect is left to Biopython,
so that there is one meaning of what a file says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from Bio.Data import PDBData
from Bio.PDB.Residue import Residue as Atoms

LETTERS = {**PDBData.protein_letters_3to1_extended, "SEC": "U", "PYL": "O"}
"""Names to letters; Biopython's table leaves out the 21st and the 22nd amino acid."""

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_LEAST_WIDTH = 55
"""Bytes of a line that reaches past the coordinates, its end included."""
_SPACE, _MINUS, _DIGIT, _OTHER = range(4)
_KIND = np.full(256, _OTHER, np.uint8)
_KIND[ord(" ")], _KIND[ord("-")], _KIND[ord("0") : ord("9") + 1] = _SPACE, _MINUS, _DIGIT
_ALPHA_CARBON = tuple(np.frombuffer(name, np.uint32)[0] for name in (b" CA ", b"CA  ", b"  CA"))


@dataclass(frozen=True)
class Chain:
    """The protein residues of one chain, in file order.

    Attributes:
        numbers: As the file numbers them, int64.
        insertions: Insertion codes, a character a residue; a space for most.
        letters: One-letter codes; of modified residues their parent's (MSE is M).
        atoms: Biopython's residues; none where the file was plain, so that it has no ligand.
    """

    numbers: Numbers
    insertions: str
    letters: str
    atoms: Sequence[Atoms] = ()

    def __len__(self) -> int:
        """Residues."""
        return len(self.letters)


@cache
def letter_of(name: str) -> str:
    """One-letter code of a residue's name; '' for what is no amino acid."""
    bare = name.strip().upper()
    letter: str = LETTERS.get(bare.ljust(3), "") or LETTERS.get(bare, "")
    return letter


def read_plain(data: bytes, chain: str) -> Chain | None:
    """The residues of a chain; of the longest where the file lacks it.

    Args:
        data: A file's content, its lines ended by line feeds alone.
        chain: The wanted chain's letter.

    Returns:
        None for files that are not plain: a record that is no `ATOM`, lines of several lengths,
        alternative places, a residue in two pieces, a number or coordinate written in another
        way, or no protein residue.
    """
    lines = _lines(data)
    if lines is None or not _well_formed(lines):
        return None
    starts = _starts(lines)
    heads = lines[starts]
    numbers, places = _integers(heads[:, 22:26]), heads[:, [21, 26]]
    if len(np.unique(np.column_stack([numbers, places]), axis=0)) < len(starts):
        return None
    kinds = heads[:, 17:20].tobytes().decode()
    codes = [letter_of(kinds[at : at + 3]) for at in range(0, len(kinds), 3)]
    protein = np.array([c != "" for c in codes]) & _has_alpha_carbon(lines, starts)
    names = heads[:, 21]
    wanted = ord(chain) if len(chain) == 1 else -1
    if wanted not in names:
        first = list(dict.fromkeys(names.tolist()))
        wanted = max(first, key=lambda name: int((protein & (names == name)).sum()))
    chosen = np.flatnonzero(protein & (names == wanted))
    if not len(chosen):
        return None
    letters = "".join(codes[at] for at in chosen)
    return Chain(numbers[chosen], heads[chosen, 26].tobytes().decode(), letters)


def _lines(data: bytes) -> Bytes | None:
    """A row a line, where all are ASCII, equally long and `ATOM` records."""
    width = data.find(b"\n") + 1
    if width < _LEAST_WIDTH or len(data) % width or not data.isascii():
        return None
    lines = np.frombuffer(data, np.uint8).reshape(-1, width)
    ended = data.count(b"\n") == len(lines) and (lines[:, -1] == ord("\n")).all()
    atoms = (lines[:, :6] == np.frombuffer(b"ATOM  ", np.uint8)).all()
    return lines if ended and atoms else None


def _well_formed(lines: Bytes) -> bool:
    """Whether names are printable, no atom has alternatives, and all numbers are plain ones."""
    return bool(
        (lines[:, 12:27] >= ord(" ")).all()
        and (lines[:, 16] == ord(" ")).all()
        and _are_integers(lines[:, 22:26])
        and all(_are_coordinates(lines[:, at : at + 8]) for at in (30, 38, 46))
    )


def _are_integers(fields: Bytes) -> bool:
    """Whether each row is spaces, at most one minus, then digits up to its end."""
    kinds = _KIND[fields]
    rising = (kinds[:, 1:] >= kinds[:, :-1]).all()
    one_sign = not ((kinds[:, 1:] == _MINUS) & (kinds[:, :-1] == _MINUS)).any()
    return bool(rising and one_sign and (kinds[:, -1] == _DIGIT).all())


def _are_coordinates(fields: Bytes) -> bool:
    """Whether each row of eight is a number with three decimals."""
    decimals = (_KIND[fields[:, 5:]] == _DIGIT).all()
    return bool(decimals and (fields[:, 4] == ord(".")).all() and _are_integers(fields[:, :4]))


def _integers(fields: Bytes) -> Numbers:
    digits = np.where(_KIND[fields] == _DIGIT, fields - ord("0"), 0).astype(np.int64)
    size: Numbers = digits @ 10 ** np.arange(fields.shape[1] - 1, -1, -1)
    return np.where((fields == ord("-")).any(axis=1), -size, size)


def _starts(lines: Bytes) -> Numbers:
    """Lines at which another residue begins: another name, chain, number or insertion."""
    who = lines[:, 17:27]
    return np.flatnonzero(np.append(True, (who[1:] != who[:-1]).any(axis=1)))


def _has_alpha_carbon(lines: Bytes, starts: Numbers) -> npt.NDArray[np.bool_]:
    names = np.ascontiguousarray(lines[:, 12:16]).view(np.uint32)[:, 0]
    return np.logical_or.reduceat(np.isin(names, _ALPHA_CARBON), starts)
