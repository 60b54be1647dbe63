"""Ranks without a source, class or relation, boosting asked again of what is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gnn.audit_pages import explanation
from gnn.counterfactuals import (
    RELATION,
    Counterfactuals,
    OneDisease,
    asked_again,
    for_disease,
    without,
)
from gnn.disease_scores import DiseaseScores
from gnn.faithfulness import exact_figures, sampled
from gnn.fitted import Fitted, set_aside
from gnn.ledger import Unit
from gnn.score import Scorer
from gnn.target_score import Weights

UC = "MONDO:0005101"


@pytest.fixture(scope="module")
def fitted(scorer: Scorer) -> Fitted:
    return scorer.fitted


def test_an_exact_rank_is_that_of_boosting_over_what_is_left(scorer: Scorer) -> None:
    """The oracle asks boosting whose columns start from evidence without the source's records."""
    fitted, gene, number = scorer.fitted, scorer.gene_number("IL23R"), scorer.disease_number(UC)
    kept = scorer.explain("IL23R", UC).counterfactuals
    found = scorer.explain("IL23R", UC, exact=True).counterfactuals
    assert set(found) == set(kept)
    boosted, ledger = fitted.causal.boosted, fitted.said_ledger
    assert boosted is not None
    moved = 0
    for source, rank in found.items():
        left = without(fitted, Unit("source", source))
        again = replace(boosted, paths=replace(boosted.paths, direct=left.direct), warmed=None)
        scores = DiseaseScores.of(
            replace(fitted, causal=replace(left, boosted=again)), number
        ).ranking(Weights())
        assert scores.places()[gene] == rank, source
        assert Unit("source", source) in ledger.units
        moved += not np.array_equal(again.paths.known(number), boosted.paths.known(number))
    assert moved, "no source tells of the disease's known genes"


def test_boosting_asked_again_reads_what_is_left(fitted: Fitted) -> None:
    """Without any claim that a cause is known it says another thing; a relation's columns empty."""
    disease = int(fitted.causal.direct.evidence_diseases[0])
    model = for_disease(fitted, disease)
    before = model.causal.boosting(disease)
    assert before is not None
    assert fitted.causal.boosted is not None
    relation = next(n for n in fitted.strands.names if n in fitted.causal.boosted.paths.relations)
    for unit in (Unit("class", "genetic"), Unit(RELATION, relation)):
        left = without(model, unit)
        left = replace(left, network=model.causal.network, boosted=model.causal.boosted)
        assert np.array_equal(left.boosting(disease), before)
        again = asked_again(left, unit, disease)
        after = again.boosting(disease)
        assert after is not None
        assert after.shape == before.shape
        assert not np.array_equal(after, before)
        assert isinstance(again.network, OneDisease)
        assert again.network.by_boosting == pytest.approx(after.mean(axis=0))
        assert again.boosted is not None
        assert (again.boosted.paths.relations[relation].sum() == 0) == (unit.kind == RELATION)


def test_without_boosting_an_exact_rank_is_the_kept_one(fitted: Fitted) -> None:
    bare = set_aside(fitted)
    disease = int(fitted.causal.direct.evidence_diseases[0])
    unit, asked = fitted.ledger.units[0], Counterfactuals(bare)
    one = asked.rank(5, disease, unit, Weights())
    assert asked.rank(5, disease, unit, Weights(), exact=True) == one
    assert exact_figures(bare, []) == {}


def test_figures_of_exact_ranks_are_of_the_first_pair_of_each_disease(
    fitted: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: without the second source alone an exact rank is twice the kept one."""
    items = list(sampled(fitted, 6, 0))
    sources = [u for u in fitted.said_ledger.units if u.kind == "source"]
    asked = []

    def rank(_: Any, gene: int, disease: int, unit: Unit, __: Weights, exact: bool = False) -> int:
        asked.append((gene, disease))
        return 20 if exact and unit == sources[1] else 10

    monkeypatch.setattr(Counterfactuals, "rank", rank)
    found = exact_figures(fitted, items)
    first: dict[int, int] = {}
    for item in items:
        first.setdefault(item.pair.disease, item.pair.gene)
    assert set(asked) == {(gene, disease) for disease, gene in first.items()}
    assert found["ranks"] == len(first) * len(sources)
    assert found["same"] == pytest.approx(1 - 1 / len(sources), abs=1e-4)
    assert found["factor"]["median"] == 1.0  # type: ignore[index]
    assert found["factor"]["most"] == 2.0  # type: ignore[index]


def test_the_report_has_a_row_of_it(fitted: Fitted) -> None:
    told = {"ranks": 9, "same": 0.75, "factor": {"median": 1.0, "most": 2.5}}
    nothing = {"first 1": [0.0, 0.0, 0.0]}
    costs = {"deletion": nothing, "insertion": nothing}
    section = {"unit": "", "pairs": 1, "shown": costs, "gain_over": {}, "counterfactuals": told}
    page = "".join(explanation(section))
    assert "asked again" in page
    assert "2.5" in page
    assert "asked again" not in "".join(explanation(section | {"counterfactuals": {}}))


def test_exact_ranks_are_asked_for_over_graphql(
    ask: Callable[..., dict[str, Any]], scorer: Scorer
) -> None:
    query = """query($d: String!, $e: Boolean!) { explain(target: "IL23R", disease: $d, exact: $e)
        { counterfactuals { name count } } }"""
    for exact in (False, True):
        told = ask(query, d=UC, e=exact)["explain"]["counterfactuals"]
        found = scorer.explain("IL23R", UC, exact=exact).counterfactuals
        assert {row["name"]: row["count"] for row in told} == dict(found)
