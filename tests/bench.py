"""`make bench`: what reading and asking cost, as ratios within one run.

Each source against merely parsing the same bytes with polars; the store's look-ups against the
same graph in networkx and in SQLite.
"""

from __future__ import annotations

import argparse
import io
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import polars as pl

from ingest.build import build
from ingest.fetch import Library
from ingest.options import BuildOptions
from ingest.source import Source, read
from ingest.sources import SOURCES
from ingest.tables import read_bytes
from kg.embedded_store import EmbeddedStore
from kg.release import Home, Release
from kg.store import Direction

REPEATS = 3
ASKED = 300


def cpu(work: Callable[[], object]) -> float:
    """Least CPU seconds of some runs."""
    spent = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def parse(library: Library, source: Source) -> None:
    """The source's tables, every column as text, nothing else done."""
    for file in source.files:
        path = library.inputs(source).path(file.path)
        if not file.columns or not path.exists():
            continue
        content = read_bytes(path, file.path)
        pl.read_csv(
            io.BytesIO(content),
            separator=file.format.delimiter,
            quote_char=file.format.quote,
            comment_prefix=file.format.comment,
            infer_schema=False,
            truncate_ragged_lines=True,
            ignore_errors=True,
            encoding="utf8-lossy",
        )


def bench_sources(library: Library) -> None:
    """CPU of each source as a ratio to parsing."""
    print(f"{'source':24} {'parse s':>8} {'read s':>8} {'ratio':>6}")
    totals = [0.0, 0.0]
    for source in SOURCES:
        if library.absent(source):
            continue
        base = cpu(lambda source=source: parse(library, source))  # type: ignore[misc]
        ours = cpu(lambda source=source: read(library.inputs(source)))  # type: ignore[misc]
        totals = [totals[0] + base, totals[1] + ours]
        print(f"{source.id:24} {base:8.2f} {ours:8.2f} {ours / max(base, 1e-3):6.1f}")
    print(f"{'all':24} {totals[0]:8.2f} {totals[1]:8.2f} {totals[1] / totals[0]:6.1f}")


def bench_store(release: Release) -> None:
    """Look-ups of the embedded store as ratios to networkx and SQLite on the same edges."""
    edges = pl.DataFrame(release.table("edges", ["subject", "predicate", "object", "score"]))
    rows = edges.with_columns(pl.col("predicate").cast(pl.String)).rows()
    began = time.perf_counter()
    graph = nx.MultiDiGraph()
    graph.add_edges_from((s, o, {"predicate": p, "score": w}) for s, p, o, w in rows)
    networkx_open = time.perf_counter() - began
    sqlite = sqlite3.connect(":memory:")
    sqlite.execute("CREATE TABLE edge (s TEXT, p TEXT, o TEXT, w REAL)")
    sqlite.executemany("INSERT INTO edge VALUES (?, ?, ?, ?)", rows)
    sqlite.execute("CREATE INDEX by_s ON edge (s)")
    sqlite.execute("CREATE INDEX by_o ON edge (o)")
    began = time.perf_counter()
    store = EmbeddedStore(release)
    opened = time.perf_counter() - began
    asked = random.Random(0).sample(sorted({o for _, _, o, _ in rows}), ASKED)
    mine = median(lambda i: store.edges_of([i], Direction.IN, limit=50), asked)
    theirs = median(lambda i: list(graph.in_edges(i, data=True))[:50], asked)
    sql = "SELECT s, p, w FROM edge WHERE o = ? ORDER BY w DESC LIMIT 50"
    base = median(lambda i: sqlite.execute(sql, (i,)).fetchall(), asked)
    print(f"\n{len(rows):,} edges; opening: {opened:.2f} s, networkx {networkx_open:.1f} s")
    print(
        f"top 50 edges of a node: {mine * 1e3:.3f} ms, {mine / base:.1f} x SQLite's tuples, ",
        end="",
    )
    print(f"{mine / theirs:.1f} x networkx unsorted (whole edges with sources, dates, classes)")


def median(ask: Callable[[str], object], asked: list[str]) -> float:
    spent = []
    for one in asked:
        began = time.perf_counter()
        ask(one)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def main() -> None:
    """Entry of `python -m tests.bench`."""
    parser = argparse.ArgumentParser(description="costs as ratios within one run")
    parser.add_argument("--mirror", type=Path, help="folder of the full data")
    mirror = parser.parse_args().mirror
    library = Library.mirror(mirror) if mirror else Library.bundled()
    bench_sources(library)
    with tempfile.TemporaryDirectory() as directory:
        began = time.perf_counter()
        found = build(Home(Path(directory)), library, BuildOptions())
        print(f"\nbuild: {time.perf_counter() - began:.0f} s")
        bench_store(found.release)


if __name__ == "__main__":
    main()
