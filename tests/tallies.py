"""Rankings made up of chance, of which one method is good: what tables and the gate are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np

from gnn.baselines import SIMPLE
from gnn.learned import ABLATED
from gnn.material import Material
from gnn.ranking import Tally, deciles
from gnn.split import Query
from gnn.split_figures import Bench
from gnn.time_split import Period

GENES = 2000
ALL_METHODS = (*SIMPLE, "kernel_ridge", "boosting", "graph_network", "stacked")
ABLATIONS = ABLATED


def a_query(rng: np.random.Generator, positives: int = 12, known: int = 100) -> Query:
    drawn = rng.permutation(GENES)
    left_out = np.zeros(GENES, bool)
    left_out[drawn[:known]] = True
    return Query(0, np.sort(drawn[known : known + positives]), left_out)


def a_bench() -> Bench:
    """What tables and the gate need of one: options alone."""
    return Bench(cast(Material, None), np.zeros(GENES, np.float32), 1, Period(), embed=False)


def made_up(best: str, methods: tuple[str, ...]) -> Tally:
    """One method is good."""
    return lifted({best: 0.6}, methods)


def lifted(lifts: Mapping[str, float], methods: tuple[str, ...]) -> Tally:
    """Methods that lift what is to be found by so much above chance."""
    rng = np.random.default_rng(7)
    tally = Tally({"publications": deciles(rng.random(GENES).astype(np.float32))})
    for number in range(25):
        query = replace(a_query(rng), disease=number)
        scores = {m: rng.random(GENES).astype(np.float32) for m in methods}
        for method, lift in lifts.items():
            scores[method][query.positives] += lift
        tally.add(query, scores)
    return tally
