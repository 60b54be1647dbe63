"""How costs grow with the graph: synthetic graphs of several scales, each in a process of its own."""

from __future__ import annotations

import json
import resource
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
    """What a fresh process says of one scale: its peak memory is then its own."""
    command = [sys.executable, "-m", "tests.bench_growth", str(home.path), release, str(scale)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def measure(home: Home, release: str, scale: float) -> dict[str, Any]:
    """Draw, merge, compile, open and ask."""
    marks: list[float] = []
    made = synthesize(
        home,
        home.open(release),
        SyntheticOptions(scale),
        lambda _what, _done, _steps: marks.append(time.process_time()),
    ).release
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    began = time.perf_counter()
    store = EmbeddedStore(made)
    open_seconds = time.perf_counter() - began
    rng = np.random.default_rng(0)
    ids = store.ids_of(rng.integers(0, len(store.arrays["id_node"]), 100))
    degree = np.diff(store.arrays["in_pointer"])
    objects = store.ids_of(rng.choice(np.flatnonzero(degree), 100))
    hubs = store.ids_of(np.argsort(degree)[-5:])
    fitted, drawn, merged, compiled = np.diff(marks)
    asked = {
        "look-up ms": median(lambda i: store.nodes([i]), ids),
        "top 50 ms": median(lambda i: top_evidence(store, i), objects),
        "2 hops ms": median(lambda i: two_hops(store, i), hubs),
        "path ms": median(lambda p: store.paths(*p, 3, 1), list(zip(ids, objects, strict=True))),
        "edge_index ms": median(lambda _: edge_index(store), [0, 1, 2]),
    }
    assert store.edges_of(objects[:1], Direction.IN)[0]
    return {
        **{k: made.manifest["counts"][k] for k in ("nodes", "edges", "evidence")},
        "draw cpu s": fitted + drawn,
        "merge cpu s": merged,
        "compile cpu s": compiled,
        "peak GB": peak,
        "open ms": open_seconds * 1e3,
        **{k: v * 1e3 for k, v in asked.items()},
    }


if __name__ == "__main__":
    print(json.dumps(measure(Home(Path(sys.argv[1])), sys.argv[2], float(sys.argv[3]))))
