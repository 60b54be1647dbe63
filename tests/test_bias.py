"""Fame in rankings: the audit finds it where it was planted, and the mitigation takes it off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from gnn.bias import followed
from gnn.fame import BANDS, Fame
from gnn.score import Scorer
from gnn.target_score import Weights

FH = "MONDO:0005439"


@pytest.fixture
def planted() -> tuple[Fame, np.ndarray, np.ndarray]:
    """Fame, a score that follows it, and what the score would be without."""
    rng = np.random.default_rng(0)
    fame = Fame(*(rng.random((2, 3000)) * 100).astype(np.float32))
    truth = rng.normal(size=3000)
    score = np.exp(truth + fame.publications / 25 + fame.degree / 50).astype(np.float32)
    return fame, score, truth


def test_mitigation_takes_planted_fame_off_and_leaves_the_truth(
    planted: tuple[Fame, np.ndarray, np.ndarray],
) -> None:
    fame, score, truth = planted
    after = fame.debiased(score)
    for by in (fame.publications, fame.degree):
        assert spearmanr(score, by).statistic > 0.2
        assert abs(spearmanr(after, by).statistic) < 0.05
    assert spearmanr(after, truth).statistic > 0.98 > spearmanr(score, truth).statistic
    assert (after <= score * (1 + 1e-5)).all()


def test_a_few_famous_genes_far_above_the_rest_do_not_turn_the_correlation_round() -> None:
    rng = np.random.default_rng(2)
    fame = Fame(*(rng.random((2, 3000)) * 100).astype(np.float32))
    logs = rng.normal(size=3000) + fame.publications / 100
    logs[(fame.publications > 90) & (rng.random(3000) < 0.5)] += 12.0
    score = np.exp(logs - logs.max()).astype(np.float32)
    after = fame.debiased(score)
    left = [spearmanr(after, by).statistic for by in (fame.publications, fame.degree)]
    assert spearmanr(score, fame.publications).statistic > 0.3
    assert abs(np.mean(left)) < 0.01
    assert (after <= score * (1 + 1e-5)).all()


def test_genes_nobody_counted_are_no_outliers() -> None:
    rng = np.random.default_rng(1)
    publications = (rng.random(2000) * 100).astype(np.float32)
    publications[:200] = np.nan
    fame = Fame(publications, (rng.random(2000) * 100).astype(np.float32))
    score = rng.random(2000).astype(np.float32)
    after = fame.debiased(score)
    assert np.isfinite(after).all()
    assert spearmanr(after, score).statistic > 0.95


def test_a_matched_percentile_forgets_degree(
    planted: tuple[Fame, np.ndarray, np.ndarray],
) -> None:
    fame, score, _ = planted
    matched = fame.matched_percentile(score)
    assert 0 <= matched.min() <= matched.max() < 100
    by_band = [matched[fame.bands == b].mean() for b in range(BANDS)]
    assert np.ptp(by_band) < 1.0
    assert np.bincount(fame.bands).tolist() == [3000 // BANDS] * BANDS


def test_debiasing_reorders_and_keeps_the_axes(scorer: Scorer) -> None:
    plain, debiased = scorer.rank(FH, top=100), scorer.rank(FH, top=100, debias=True)
    assert [s.target for s in plain] != [s.target for s in debiased]
    overall = [s.overall for s in debiased]
    assert overall == sorted(overall, reverse=True)
    assert [s.rank for s in debiased] == list(range(1, 101))
    assert all(s.rank_lower <= s.rank <= s.rank_upper for s in debiased)
    same = {s.target: s for s in plain}
    for s in debiased:
        if s.target in same:
            assert s.causality == same[s.target].causality
            assert s.overall <= same[s.target].overall * 1.00001


def test_debiasing_lowers_the_correlation_with_fame(scorer: Scorer) -> None:
    """Weak: what is left of causality alone, over a few sampled diseases."""
    figures = followed(scorer.fitted, scorer.fame, 0, diseases=10)
    before, after = figures["spearman"], figures["spearman_debiased"]
    for name in ("publications", "degree"):
        assert abs(after[name][0]) < abs(before[name][0]), name  # type: ignore[index]
    assert 0 <= figures["top_100"]["kept"][0] <= 1  # type: ignore[index]


def test_the_panel_of_a_target_is_in_its_ranges(scorer: Scorer) -> None:
    for s in scorer.rank(FH, weights=Weights(1, 0, 0), top=50):
        assert 0 <= s.bias.degree_matched_percentile < 100
        assert 0 <= s.bias.degree_percentile <= 100


def test_debias_and_the_panel_are_in_the_api(ask: Callable[..., dict[str, Any]]) -> None:
    query = """query ($d: String!, $b: Boolean!) { rank(disease: $d, first: 50, debias: $b) {
        items { targetId overall bias { degreeMatchedPercentile publicationPercentile } } } }"""
    plain, debiased = (ask(query, d=FH, b=b)["rank"]["items"] for b in (False, True))
    assert [i["targetId"] for i in plain] != [i["targetId"] for i in debiased]
    assert all(0 <= i["bias"]["degreeMatchedPercentile"] <= 100 for i in plain)


def test_an_explanation_over_graphql_adds_up(ask: Callable[..., dict[str, Any]]) -> None:
    query = """{ explain(target: "PCSK9", disease: "MONDO:0005439") {
        score { causality { probability } rank } remainder permutations
        byChannel { key value } byClass { key value } withoutClass { name count }
        withoutRelation { name count } counterfactuals { name count } degreeNull { key value }
        faithfulness { withoutPaths pathsAlone } ancestry { name count } } }"""
    found = ask(query)["explain"]
    whole = found["score"]["causality"]["probability"]
    assert sum(i["value"] for i in found["byChannel"]) == pytest.approx(whole, abs=1e-5)
    by_class = sum(i["value"] for i in found["byClass"])
    assert by_class + found["remainder"] == pytest.approx(whole, abs=1e-5)
    assert found["withoutClass"]
    assert found["faithfulness"]["withoutPaths"] < whole
