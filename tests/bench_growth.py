"""How costs grow with the graph: synthetic graphs of several scales, each in processes of its own."""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from ingest.synthetic import SyntheticOptions, synthesize
from kg.embedded_store import EmbeddedStore
from kg.release import Home
from kg.store import Direction
from tests.bench_store import edge_index, median, top_evidence, two_hops

ASKING = 3
"""Processes that ask; the median of them counts."""
AIM = 1.05
"""Exponent of cost over edges that is aimed at."""
MEASURES = (
    "draw cpu s",
    "merge cpu s",
    "compile cpu s",
    "peak GB",
    "open ms",
    "look-up ms",
    "top 50 ms",
    "2 hops ms",
    "path ms",
    "edge_index ms",
)


def bench_growth(home: Home, release: str, scales: list[float]) -> None:
    """One column a scale, and the exponent of each measure over the number of edges."""
    found = [_measured(home, release, scale) for scale in scales]
    print(f"\n{'scale':16}" + "".join(f"{s:>12g}" for s in scales) + f"{'exponent':>10}")
    for name in ("nodes", "edges", "evidence"):
        print(f"{name:16}" + "".join(f"{f[name]:12,}" for f in found))
    for name in MEASURES:
        values = "".join(f"{f[name]:12.3f}" for f in found)
        print(f"{name:16}{values}{_exponent(found, name):>10}")
    print(f"exponents by least squares on logarithms; aim: at most {AIM:g}")


def _exponent(found: list[dict[str, Any]], name: str) -> str:
    if len(found) < 2:
        return "-"
    edges = np.log([f["edges"] for f in found])
    return f"{np.polyfit(edges, np.log([max(f[name], 1e-6) for f in found]), 1)[0]:.2f}"


def _measured(home: Home, release: str, scale: float) -> dict[str, Any]:
    """What fresh processes say of one scale: the graph is made in one, and asked in some others.

    So peak memory is that of the making alone, and what a reader asks once in a process, the
    opening and the index of all edges, is paid for with the memory it needs. A release that was
    there before stays.
    """
    made = _in_process("make", home, release, str(scale))
    try:
        asked = [_in_process("ask", home, made["release"]) for _ in range(ASKING)]
    finally:
        if not made["reused"]:
            published = home.open(made["release"]).path
            (published / "manifest.json").unlink()
            shutil.rmtree(published)
    return {**made, **{name: statistics.median(a[name] for a in asked) for name in asked[0]}}


def _in_process(what: str, home: Home, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench_growth", what, str(home.path), *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def make(home: Home, release: str, scale: float) -> dict[str, Any]:
    """Draw, merge and compile a synthetic graph."""
    marks: list[float] = []
    done = synthesize(
        home,
        home.open(release),
        SyntheticOptions(scale),
        lambda _what, _done, _steps: marks.append(time.process_time()),
    )
    made = done.release
    fitted, drawn, merged, compiled = np.diff(marks)
    return {
        "release": made.id,
        "reused": done.reused,
        **{k: made.manifest["counts"][k] for k in ("nodes", "edges", "evidence")},
        "draw cpu s": fitted + drawn,
        "merge cpu s": merged,
        "compile cpu s": compiled,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def ask(home: Home, release: str) -> dict[str, float]:
    """Milliseconds to open a release and to ask it."""
    made = home.open(release)
    began = time.perf_counter()
    store = EmbeddedStore(made)
    opened = time.perf_counter()
    edge_index(store)
    indexed = time.perf_counter()
    rng = np.random.default_rng(0)
    ids = store.ids_of(rng.integers(0, len(store.arrays["id_node"]), 100))
    degree = np.diff(store.arrays["in_pointer"])
    objects = store.ids_of(rng.choice(np.flatnonzero(degree), 100))
    hubs = store.ids_of(np.argsort(degree)[-5:])
    assert store.edges_of(objects[:1], Direction.IN)[0]
    seconds = {
        "open ms": opened - began,
        "edge_index ms": indexed - opened,
        "look-up ms": median(lambda i: store.nodes([i]), ids),
        "top 50 ms": median(lambda i: top_evidence(store, i), objects),
        "2 hops ms": median(lambda i: two_hops(store, i), hubs),
        "path ms": median(lambda p: store.paths(*p, 3, 1), list(zip(ids, objects, strict=True))),
    }
    return {name: value * 1e3 for name, value in seconds.items()}


if __name__ == "__main__":
    asked_for, at, *rest = sys.argv[1:]
    if asked_for == "make":
        print(json.dumps(make(Home(Path(at)), rest[0], float(rest[1]))))
    else:
        print(json.dumps(ask(Home(Path(at)), rest[0])))
