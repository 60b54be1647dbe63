"""Calls for pairs, judged by drugs they have not heard: invariance, brute force, and counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnn.direction import BASES
from gnn.direction_served import Called
from gnn.drugs import LATE_PHASE
from gnn.families import Families
from gnn.graph import Graph
from gnn.score import Scorer
from gnn.target_score import Basis
from tests.signs import tried_for, turned_round


@pytest.fixture(scope="module")
def pairs(scorer: Scorer, graph: Graph) -> Called:
    return Called.of(scorer.fitted, Families.of(graph))


def test_a_drug_tried_for_the_disease_is_not_heard_and_others_are(
    scorer: Scorer, graph: Graph, pairs: Called
) -> None:
    """All signs of drugs tried for a disease, then all those of the others, are turned round."""
    model = scorer.fitted
    outcomes, families = model.outcomes, Families.of(graph)
    by_drugs = pairs.basis == BASES.index(Basis.DRUGS)
    disease = int(np.bincount(pairs.disease[by_drugs]).argmax())
    tried = tried_for(outcomes, model.causal.direct.ontology.lin(disease))
    mine = pairs.disease == disease
    for turned, same in ((tried, True), (~tried, False)):
        again = replace(model, outcomes=turned_round(outcomes, turned))
        found = Called.of(again, families)
        assert np.array_equal(found.truth, pairs.truth), "the truth is stored apart"
        assert np.array_equal(found.call[mine], pairs.call[mine]) == same


def test_a_pair_is_apart_where_no_late_drug_acts_on_a_relative(
    scorer: Scorer, graph: Graph, pairs: Called
) -> None:
    outcomes, shared = scorer.fitted.outcomes, Families.of(graph).shared.toarray()
    acts, phase = outcomes.acts.toarray() > 0, outcomes.phase.tocsc()
    assert pairs.alone.any()
    assert not pairs.alone.all()
    for place in range(0, len(pairs.gene), max(len(pairs.gene) // 40, 1)):
        gene, disease = int(pairs.gene[place]), int(pairs.disease[place])
        late = phase[:, [disease]].toarray().ravel() >= LATE_PHASE
        others = np.flatnonzero(acts[late & acts[:, gene]].any(axis=0))
        kin = [g for g in others.tolist() if g != gene and (shared[g] & shared[gene]).any()]
        assert pairs.alone[place] == (not kin)


def test_figures_of_pairs_are_counts_of_their_rows(pairs: Called) -> None:
    told = pairs.figures()
    called = pairs.call != 0
    right = (pairs.call < 0) == pairs.truth
    assert told["pairs"] == len(pairs.gene)
    assert told["called"] == pytest.approx(called.mean(), abs=1e-4)
    value, lower, upper = told["called_right"]  # type: ignore[misc]
    assert value == pytest.approx(right[called].mean(), abs=1e-4)
    assert lower <= value <= upper
    counts = told["by_basis"].values()  # type: ignore[attr-defined]
    assert sum(row["pairs"] for row in counts) == called.sum()
    assert sum(row["right"] for row in counts) == right[called].sum()
    curve = told["curve"]
    assert curve["accuracy"][-1] == pytest.approx(  # type: ignore[index]
        ((pairs.inhibit >= 0.5) == pairs.truth).mean(), abs=1e-4
    )
    assert pairs.keep(np.arange(len(pairs.gene)) < 5).figures() == {"pairs": 5}
