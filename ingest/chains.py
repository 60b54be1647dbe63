"""Protein chains of structure files, and which residue of the sequence each of theirs is.

Files number residues by the author, by the construct, or as whoever cut the chain out liked it;
a number alone proves nothing. A residue is kept only where its letter is the sequence's.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from Bio.Align import PairwiseAligner, substitution_matrices
from Bio.PDB import PDBParser
from Bio.PDB.PDBExceptions import PDBConstructionException, PDBConstructionWarning
from Bio.PDB.Residue import Residue as Atoms
from Bio.SeqIO.FastaIO import SimpleFastaParser

from ingest.content import read_text
from ingest.plain_atoms import Chain, Numbers, letter_of, read_plain
from ingest.tables import Table, no_bad_rows
from kg.errors import TableError

LEAST_RESIDUES = 40
LEAST_IDENTITY = 0.9
"""A chain with fewer residues, or fewer right letters, is set aside."""

SELENOCYSTEINE = bytes.maketrans(b"UO", b"CK")
"""Rare letters are compared as their common counterparts."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A row of SIFTS: residues of the construct, numbered from 1, and of the sequence."""

    first: int
    last: int
    sequence_first: int
    sequence_last: int

    @property
    def plain(self) -> bool:
        """Whether both sides are equally long, so that an offset says all."""
        return self.last - self.first == self.sequence_last - self.sequence_first


@dataclass(frozen=True, eq=False)
class Numbering:
    """Which position of the sequence each residue is.

    Attributes:
        positions: For each residue of the chain its position (1-based), 0 where it has none or
            another letter; int64.
        method: `sifts`, or `alignment` where the offsets of SIFTS do not fit the file.
        identity: Share of the placed residues whose letter is the sequence's.
    """

    positions: Numbers
    method: str
    identity: float

    @property
    def usable(self) -> bool:
        """Whether the chain is long enough and truly the protein's."""
        kept = int(np.count_nonzero(self.positions))
        return kept >= LEAST_RESIDUES and self.identity >= LEAST_IDENTITY


def read_chain(path: Path, name: str, chain: str = "") -> Chain:
    """The protein residues of one chain; with their atoms only where the file is not plain.

    Args:
        path: PDB file, plain or gzipped.
        name: What errors call it.
        chain: Chain to read; where the file lacks it, the one with most residues.

    Raises:
        TableError: the file is damaged, or holds no protein.
    """
    text = read_text(path, name)
    return read_plain(text.encode(), chain) or _with_atoms(text, name, chain)


def read_atoms(path: Path, name: str, chain: str = "") -> Chain:
    """As `read_chain`, always with atoms."""
    return _with_atoms(read_text(path, name), name, chain)


def _with_atoms(text: str, name: str, chain: str) -> Chain:
    if not text.isascii():
        line = next(n for n, t in enumerate(text.split("\n"), 1) if not t.isascii())
        raise TableError(f"{name}, line {line} is not ASCII; fetch the file again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PDBConstructionWarning)
            model = next(iter(PDBParser(QUIET=True).get_structure(name, io.StringIO(text))))
    except (PDBConstructionException, ValueError, LookupError, TypeError, StopIteration) as error:
        raise TableError(f"{name} is no PDB file ({error}); fetch it again") from error
    chains = {c.id: [r for r in c if _is_residue(r)] for c in model}
    found = chains.get(chain) or max(chains.values(), key=len, default=[])
    if not found:
        raise TableError(f"{name} holds no protein residue; fetch it again")
    for residue in found:
        if not np.isfinite([atom.coord for atom in residue]).all():
            raise TableError(
                f"{name}, residue {residue.id[1]} has a coordinate that is no number; fetch the "
                "file again"
            )
    return Chain(
        np.array([r.id[1] for r in found], np.int64),
        "".join(r.id[2] for r in found),
        "".join(letter_of(r.get_resname()) for r in found),
        found,
    )


def _is_residue(residue: Atoms) -> bool:
    return letter_of(residue.get_resname()) != "" and "CA" in residue


def place(chain: Chain, segments: Sequence[Segment], sequence: str) -> Numbering:
    """Give each residue its position in the sequence.

    The offsets of SIFTS hold where every segment is equally long on both sides and nine letters
    in ten agree; else the chain is aligned to the sequence with free ends, and a residue that the
    offsets place on the right letter keeps that place.

    Args:
        chain: Residues of the file, numbered as their construct.
        segments: Rows of SIFTS for this chain and protein; may be empty.
        sequence: Of the protein, one-letter codes.
    """
    plain, letters = _comparable(sequence), _comparable(chain.letters)
    by_offset = _by_offset(chain, segments)
    right, share = _fitting(by_offset, letters, plain)
    if segments and all(s.plain for s in segments) and share >= LEAST_IDENTITY:
        return Numbering(right, "sifts", share)
    aligned = np.array(_aligned(letters.decode(), plain.decode()), np.int64)
    fitting, identity = _fitting(aligned, letters, plain)
    merged = _prefer(right, fitting) if segments and share >= LEAST_IDENTITY else fitting
    return Numbering(merged, "alignment", identity)


def _comparable(letters: str) -> bytes:
    return letters.encode().translate(SELENOCYSTEINE)


def _by_offset(chain: Chain, segments: Sequence[Segment]) -> Numbers:
    """Positions by the first segment that holds a residue's number; 0 where none does."""
    positions = np.zeros(len(chain), np.int64)
    free = np.frombuffer(chain.insertions.encode(), np.uint8) == ord(" ")
    for s in reversed(segments):
        inside = free & (chain.numbers >= s.first) & (chain.numbers <= s.last)
        positions[inside] = chain.numbers[inside] - s.first + s.sequence_first
    return positions


def _fitting(positions: Numbers, letters: bytes, sequence: bytes) -> tuple[Numbers, float]:
    """The positions whose letter is the sequence's, others 0; and the share of them that are."""
    placed = positions > 0
    inside = placed & (positions <= len(sequence))
    there = np.frombuffer(sequence, np.uint8)[np.where(inside, positions, 1) - 1]
    right = np.where(inside & (there == np.frombuffer(letters, np.uint8)), positions, 0)
    share = int(np.count_nonzero(right)) / int(placed.sum()) if placed.any() else 0.0
    return right, share


def _prefer(first: Numbers, second: Numbers) -> Numbers:
    """The first's positions where it has them, each position once."""
    free = np.where(np.isin(second, first[first > 0]), 0, second)
    return np.where(first > 0, first, free)


@cache
def _aligner() -> PairwiseAligner:
    aligner = PairwiseAligner(mode="global")
    aligner.substitution_matrix = substitution_matrices.load("BLOSUM62")
    aligner.open_gap_score, aligner.extend_gap_score = -11.0, -0.5
    aligner.end_gap_score = 0.0
    return aligner


def _aligned(letters: str, sequence: str) -> list[int]:
    """Positions by global alignment with free ends; 0 for residues in a gap."""
    positions = [0] * len(letters)
    known = set(_aligner().substitution_matrix.alphabet)
    clean = ["".join(c if c in known else "X" for c in text) for text in (letters, sequence)]
    best = next(iter(_aligner().align(clean[0], clean[1])))
    for (start, end), (at, _) in zip(*best.aligned, strict=True):
        positions[start:end] = range(at + 1, at + 1 + end - start)
    return positions


def read_fasta(path: Path, name: str) -> Table:
    """Sequences of a UniProt FASTA file: uniprot, sequence, line (of the title).

    Set aside: records without accession or sequence, with letters that stand for no amino acid,
    or of an accession that came before.

    Raises:
        TableError: the file is damaged, or is no FASTA file.
    """
    text = read_text(path, name)
    if not text.startswith(">"):
        raise TableError(f"{name} is no FASTA file (it does not begin with >); fetch it again")
    lines = [n for n, line in enumerate(text.split("\n"), 1) if line.startswith(">")]
    titles, sequences = zip(*SimpleFastaParser(io.StringIO(text)), strict=True)
    found = pl.DataFrame({"__title": titles, "sequence": sequences, "line": lines})
    fields = pl.col("__title").str.split("|")
    found = found.with_columns(
        pl.col("sequence").str.to_uppercase(), uniprot=fields.list.get(1, null_on_oob=True)
    )
    return Table(name, found, no_bad_rows()).without(
        {
            "title has no accession": pl.col("uniprot").str.contains(r"^[A-Z0-9]+(?:-\d+)?$"),
            "no sequence": pl.col("sequence") != "",
            "a letter is no amino acid": pl.col("sequence").str.contains(r"^[A-IK-Z]+$"),
            "accession is there twice": pl.col("uniprot").is_first_distinct(),
        }
    )
