"""The structures that ship with the project, with the sequences and chain maps of their proteins.

Chosen are the chains of `NAMED` genes, then those of proteins with an approved drug, the smallest
files first, as many as fit.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ingest.catalogue import FileRelease, read_catalogue
from ingest.sources.structures import FOLDER, INDEX, SEQUENCES, SIFTS, SUMS
from ingest.tables import read_bytes

BYTES = 3_000_000
"""Of chain files, compressed."""
DRUGGED = "Tclin"

# fmt: off
NAMED = frozenset((
    "ABL1", "ADRB2", "ALK", "APOB", "BCHE", "BRAF", "BRCA1", "BRCA2", "CACNA1C", "CFTR",
    "CYP19A1", "DNM1L", "DPP4", "EGFR", "ERBB2", "ESR1", "F2", "FOLH1", "GCK", "GLP1R", "HDAC6",
    "HMGCR", "HNF1A", "HNF4A", "IL23R", "INSR", "JAK2", "KCNJ11", "KDM1A", "KIT", "LDLR", "MET",
    "NOD2", "NPC1L1", "PCSK9", "PIK3CA", "PPARG", "PTPN11", "RET", "SLC5A2", "THRB", "TP53",
    "TXNRD2", "TYK2",
))
# fmt: on
"""Genes whose chain is in the slice wherever there is one: examples and exact cases of tests."""


def write(mirror: Path, staging: Path) -> list[FileRelease]:
    """Copy the chosen chains and cut the tables to them.

    Args:
        mirror: The full data.
        staging: Root of the slice.

    Returns:
        The tables, with their cut in words.
    """
    chosen = choose(mirror)
    files, entries = {r["file"] for r in chosen}, {r["pdb"].lower() for r in chosen}
    proteins = {r["uniprot"] for r in chosen}
    for row in chosen:
        target = staging / FOLDER / row["file"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(mirror / FOLDER / row["file"], target)
        target.chmod(0o644)
    said = f"{len(chosen)} chains: named genes, then the smallest of proteins with approved drugs"
    cuts: Mapping[str, tuple[Callable[[str], bytes], str]] = {
        INDEX: (lambda text: _rows(text, lambda line: line.split("\t")[0] in files), said),
        SUMS: (lambda text: _sums(text, files), said),
        SIFTS: (lambda text: _sifts(text, entries), "entries of the chosen chains"),
        SEQUENCES: (lambda text: _fasta(text, proteins), "proteins of the chosen chains"),
    }
    return [_written(mirror, staging, path, cut, words) for path, (cut, words) in cuts.items()]


def choose(mirror: Path) -> list[dict[str, str]]:
    """Rows of the index to bundle."""
    text = read_bytes(mirror / INDEX, INDEX).decode()
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    size = {r["file"]: (mirror / FOLDER / r["file"]).stat().st_size for r in rows}
    rows.sort(
        key=lambda r: (r["gene"] not in NAMED, r["tdl"] != DRUGGED, size[r["file"]], r["file"])
    )
    chosen, total = [], 0
    for row in rows:
        total += size[row["file"]]
        if total > BYTES or (row["gene"] not in NAMED and row["tdl"] != DRUGGED):
            break
        chosen.append(row)
    return chosen


def _rows(text: str, keep: Callable[[str], bool]) -> bytes:
    head, *lines = text.splitlines()
    return "".join(f"{line}\n" for line in (head, *filter(keep, lines))).encode()


def _sums(text: str, files: Iterable[str]) -> bytes:
    wanted = set(files)
    kept = (line for line in text.splitlines() if line.split(maxsplit=1)[1].strip() in wanted)
    return "".join(f"{line}\n" for line in kept).encode()


def _sifts(text: str, entries: Iterable[str]) -> bytes:
    wanted = set(entries)
    kept = (
        line
        for n, line in enumerate(text.splitlines())
        if n < 2 or line.partition(",")[0] in wanted
    )
    return "".join(f"{line}\n" for line in kept).encode()


def _fasta(text: str, proteins: Iterable[str]) -> bytes:
    wanted = set(proteins)
    records = ("\n" + text).split("\n>")[1:]
    kept = (r for r in records if r.split("|")[1] in wanted)
    return "".join(f">{record.rstrip()}\n" for record in kept).encode()


def _written(
    mirror: Path, staging: Path, path: str, cut: Callable[[str], bytes], words: str
) -> FileRelease:
    content = cut(read_bytes(mirror / path, path).decode())
    place = staging / path
    place.parent.mkdir(parents=True, exist_ok=True)
    stored = gzip.compress(content, 9, mtime=0) if path.endswith(".gz") else content
    place.write_bytes(stored)
    return replace(
        read_catalogue()[path],
        bytes=len(stored),
        sha256=hashlib.sha256(stored).hexdigest(),
        sha256_content=hashlib.sha256(content).hexdigest(),
        selection=words,
    )
