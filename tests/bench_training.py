"""What training costs and brings, beside PyKEEN's embedding on the same release and split.

One draw of the disease-disjoint split that no figure is reported of, one seed; every method sees the
same evidence and is asked for the same diseases. The embedding is trained on that evidence and on at
most `gnn.embedding_baseline.MOST_OF_A_KIND` triples of each other relation; features, made before, are told
apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from gnn import embedding_baseline
from gnn.baselines import Ranker, simple
from gnn.held_out import Held, zero_shot_draw
from gnn.learned import SERVED, Learned
from gnn.material import Material
from gnn.objective import Variant
from gnn.ontology import Floats
from gnn.ranking import HEADLINE, MEASURES, measures
from gnn.threads import one_thread
from kg.release import Release

DRAW = 50
SHOWN = (
    "pagerank_ontology",
    "pagerank_near",
    "pagerank_phenotype",
    "kernel_ridge",
    "boosting",
    "graph_network",
)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """A result and the CPU seconds it took."""
    began = time.process_time()
    return work(), time.process_time() - began


def recalls(held: Held, scores_of: Callable[[int], Mapping[str, Floats]]) -> dict[str, float]:
    """Mean recall@200 of each method over the queries."""
    place = MEASURES.index(HEADLINE)
    found: dict[str, list[float]] = {}
    for query in held.queries:
        for name, score in scores_of(query.disease).items():
            found.setdefault(name, []).append(float(measures(score, query)[place]))
    return {name: float(np.mean(rows)) for name, rows in found.items()}


def training_lines(release: Release) -> Iterator[str]:
    """A table of CPU seconds and recall, the embedding's as the unit of time."""
    material, prepared = timed(lambda: Material.of(release, Variant.HEADLINE, 0))
    held = zero_shot_draw(material, DRAW)
    yield f"\ntraining, {len(held.queries)} diseases never seen; features made in {prepared:.0f} s"
    with one_thread():
        data = material.tower_data()
        learned, ours = timed(lambda: Learned.of(held, data, DRAW))
        rankers: dict[str, Ranker] = dict(simple(held, np.zeros(len(material.graph.genes), "f4")))
        quality = recalls(
            held, lambda d: {n: r(d) for n, r in rankers.items()} | dict(learned.scores(d))
        )
        yield f"{'method':24} {'CPU s':>8} {'recall@200':>11}"
        for name in SHOWN:
            yield f"{name:24} {'':8} {quality[name]:11.3f}"
        yield f"{'stack of all parts':24} {ours:8.0f} {quality[SERVED]:11.3f}"
    if not embedding_baseline.installed():
        yield "PyKEEN is not installed: pip install 'target-kg[evaluate]'"
        return
    embed, theirs = timed(lambda: embedding_baseline.embedding(held, DRAW))
    theirs_found = recalls(held, lambda d: {"embedding": embed(d)})["embedding"]
    yield f"{'PyKEEN ' + embedding_baseline.MODEL:24} {theirs:8.0f} {theirs_found:11.3f}"
    yield (
        f"time, stack / embedding: {ours / theirs:.2f}; "
        f"recall, stack / embedding: {quality[SERVED] / max(theirs_found, 1e-9):.1f}"
    )
