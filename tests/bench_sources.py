"""What reading each source costs, as a ratio to merely parsing the same bytes with polars."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import polars as pl

from ingest.fetch import Library
from ingest.source import Source, read
from ingest.sources import SOURCES
from ingest.tables import read_bytes

AIM = 3.0
"""Ratio of all sources together that is aimed at."""


def cpu(work: Callable[[], object], repeats: int) -> float:
    """Least CPU seconds of some runs."""
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def parse(library: Library, source: Source) -> int:
    """The source's tables, every column as text, nothing else done; returns the rows."""
    rows = 0
    for file in source.files:
        path = library.inputs(source).path(file.path)
        if not file.columns or not path.exists():
            continue
        table = pl.read_csv(
            io.BytesIO(read_bytes(path, file.path)),
            separator=file.format.delimiter,
            quote_char=file.format.quote,
            comment_prefix=file.format.comment,
            infer_schema=False,
            truncate_ragged_lines=True,
            ignore_errors=True,
            encoding="utf8-lossy",
        )
        rows += len(table)
    return rows


def bench_sources(library: Library, repeats: int, only: tuple[str, ...] = ()) -> None:
    """CPU of each source, the worst ratio first; files that are no tables have no floor."""
    found = []
    for source in SOURCES:
        if library.absent(source) or (only and source.id not in only):
            continue
        base = cpu(lambda source=source: parse(library, source), repeats)  # type: ignore[misc]
        ours = cpu(lambda source=source: read(library.inputs(source)), repeats)  # type: ignore[misc]
        tables = any(f.columns for f in source.files)
        found.append((source.id, base if tables else 0.0, ours))
    print(f"{'source':24} {'parse s':>8} {'read s':>8} {'ratio':>6}")
    for name, base, ours in sorted(found, key=lambda f: -f[2] / max(f[1], 1e-3)):
        ratio = f"{ours / max(base, 1e-3):6.1f}" if base else "     -"
        print(f"{name:24} {base:8.2f} {ours:8.2f} {ratio}")
    base = sum(f[1] for f in found)
    ours = sum(f[2] for f in found if f[1])
    print(f"{'all tables':24} {base:8.2f} {ours:8.2f} {ours / base:6.1f}   (aim: at most {AIM:g})")
