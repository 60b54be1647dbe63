"""What reading each source costs, as a ratio to merely parsing the same bytes.

The floor of a table is polars reading it as text, of JSON the json module, of other files (OBO,
FASTA, chains of the PDB) splitting them into lines; decompression is in every floor, as it is in
every reading.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ingest.content import read_bytes
from ingest.fetch import Library
from ingest.source import Source, SourceFile, read
from ingest.sources import SOURCES
from ingest.sources.structures import STRUCTURES, chain_files

AIM = 3.0
"""Ratio of all sources together that is aimed at."""
FLOORS = """\
Floors: tables by polars, every column as text; JSON by the json module; all other files (OBO,
FASTA, PDB, lists of sums) split into lines. Ratio: reading over both floors together."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of one source: the floor of its tables, that of its other files, reading it."""

    name: str
    tables: float
    others: float
    read: float

    @property
    def floor(self) -> float:
        """Of all its files."""
        return max(self.tables + self.others, 1e-3)

    def line(self) -> str:
        """As a row of the printed table."""
        return (
            f"{self.name:24} {self.tables:8.2f} {self.others:8.2f} {self.read:8.2f} "
            f"{self.read - self.floor:8.2f} {self.read / self.floor:6.1f}"
        )


def cpu(work: Callable[[], object], repeats: int) -> float:
    """Least CPU seconds of some runs."""
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def parse_tables(library: Library, source: Source) -> None:
    """The source's tables, every column as text, nothing else done."""
    for file in source.files:
        path = library.inputs(source).path(file.path)
        if file.columns and path.exists():
            _parse_table(path, file)


def _parse_table(path: Path, file: SourceFile) -> None:
    pl.read_csv(
        io.BytesIO(read_bytes(path, file.path)),
        separator=file.format.delimiter,
        quote_char=file.format.quote,
        comment_prefix=file.format.comment,
        infer_schema=False,
        truncate_ragged_lines=True,
        ignore_errors=True,
        encoding="utf8-lossy",
    )


def parse_others(library: Library, source: Source) -> None:
    """The source's other files: JSON parsed, lines split, nothing else done."""
    for path in _others(library, source):
        data = read_bytes(path, path.name)
        if ".json" in path.suffixes:
            json.loads(data)
        else:
            data.split(b"\n")


def _others(library: Library, source: Source) -> Iterator[Path]:
    inputs = library.inputs(source)
    for file in source.files:
        if not file.columns and inputs.path(file.path).exists():
            yield inputs.path(file.path)
    if source is STRUCTURES:
        yield from (path for _, path, _ in chain_files(library.root))


def cost_of(library: Library, source: Source, repeats: int) -> Cost:
    """What one source costs in a library."""
    return Cost(
        source.id,
        cpu(lambda: parse_tables(library, source), repeats),
        cpu(lambda: parse_others(library, source), repeats),
        cpu(lambda: read(library.inputs(source)), repeats),
    )


def bench_sources(library: Library, repeats: int, only: tuple[str, ...] = ()) -> None:
    """CPU of each source, that with most above its floor first."""
    wanted = [s for s in SOURCES if not library.absent(s) and (not only or s.id in only)]
    found = [cost_of(library, source, repeats) for source in wanted]
    print(FLOORS)
    print(
        f"{'source':24} {'tables s':>8} {'others s':>8} {'read s':>8} {'excess s':>8} {'ratio':>6}"
    )
    for cost in sorted(found, key=lambda c: c.floor - c.read):
        print(cost.line())
    total = Cost(
        "all",
        sum(c.tables for c in found),
        sum(c.others for c in found),
        sum(c.read for c in found),
    )
    print(f"{total.line()}   (aim: at most {AIM:g})")
