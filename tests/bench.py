"""`make bench`: what reading, building, asking and training cost.

Sources as ratios to parsing, the store as ratios to networkx and SQLite, how both grow with the
graph, and training beside PyKEEN's embedding on the same triples and split. Ratios are of one run on one machine, so that they mean something on another.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from ingest.build import build
from ingest.fetch import Library
from kg.release import Home
from tests.bench_growth import bench_growth
from tests.bench_sources import bench_sources
from tests.bench_store import bench_store
from tests.bench_training import training_lines

PARTS = ("sources", "store", "growth", "training")


def main() -> None:
    """Entry of `python -m tests.bench`."""
    parser = argparse.ArgumentParser(description="costs as ratios within one run")
    parser.add_argument("--mirror", type=Path, help="folder of the full data")
    parser.add_argument(
        "--home", type=Path, help="a home whose release is asked; else one is built"
    )
    parser.add_argument(
        "--scales", default="0.25,1,4", help="of synthetic graphs, for example 1,4,16"
    )
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each source")
    parser.add_argument(
        "--source", action="append", default=[], help="only this source; repeatable"
    )
    given = parser.parse_args()
    library = Library.mirror(given.mirror) if given.mirror else Library.bundled()
    parts = given.parts.split(",")
    if "sources" in parts:
        bench_sources(library, given.repeats, tuple(given.source))
    if {"store", "growth", "training"} & set(parts):
        with tempfile.TemporaryDirectory() as directory:
            home = Home(given.home) if given.home else _built(Path(directory), library)
            if "store" in parts:
                bench_store(home.open())
            if "growth" in parts:
                bench_growth(home, home.current(), [float(s) for s in given.scales.split(",")])
            if "training" in parts:
                for line in training_lines(home.open()):
                    print(line, flush=True)


def _built(directory: Path, library: Library) -> Home:
    began = time.perf_counter()
    home = Home(directory)
    build(home, library)
    print(f"\nbuild: {time.perf_counter() - began:.0f} s")
    return home


if __name__ == "__main__":
    main()
