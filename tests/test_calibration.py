"""Calibration on held-out targets, conformal sets and areas: right for the truth, wrong for lies."""

from __future__ import annotations

import time

import numpy as np
import pytest

from gnn.ahead import AHEAD, ahead
from gnn.areas import areas
from gnn.calibration_check import Pairs, check, figures, halves, reliable, sampled
from gnn.graph import Graph
from gnn.parts import TOP
from kg.release import Release

GENES, DISEASES = 800, 120


def drawn(prevalence: float = 0.3, seed: int = 0) -> Pairs:
    """Pairs whose score is twice their probability's root: a curve has something to learn."""
    rng = np.random.default_rng(seed)
    n = GENES * DISEASES // 4
    score = rng.random(n) ** 2
    return Pairs(
        rng.integers(0, DISEASES, n),
        rng.integers(0, GENES, n),
        score,
        rng.random(n) < prevalence * score,
    )


@pytest.fixture(scope="module")
def half() -> np.ndarray:
    return halves(np.repeat(np.arange(GENES // 4), 4))


def test_families_are_on_one_side(half: np.ndarray) -> None:
    assert (half.reshape(-1, 4).sum(axis=1) % 4 == 0).all()
    assert 0.3 < half.mean() < 0.7


def test_each_gene_is_judged_by_what_was_fitted_on_others(half: np.ndarray) -> None:
    """A gene side that always fails can't be told so by itself."""
    pairs = drawn()
    rarely = np.random.default_rng(2).random(len(pairs.gene)) < 0.05
    succeeds = pairs.positive & (half[pairs.gene] | rarely)
    checked = check(Pairs(pairs.disease, pairs.gene, pairs.score, succeeds), half, 1.0)
    side = half[checked.pairs.gene]
    assert checked.probability[side].max() < 0.05 < checked.probability[~side].mean()


def test_a_true_score_is_calibrated_and_covered(half: np.ndarray) -> None:
    told = figures(drawn(), half, 1.0, {})
    natural, few = told["natural"], told["sampled"]
    assert natural["ece"] < 0.015  # type: ignore[index]
    assert natural["brier_skill"] > 0  # type: ignore[index]
    assert few["ece"] < 0.02  # type: ignore[index]
    for level in (0.8, 0.9):
        row = told["conformal"][f"{level:.0%}"]  # type: ignore[index]
        for name in ("coverage", "coverage_of_positives", "coverage_of_others"):
            assert row[name] == pytest.approx(level, abs=0.03)


def test_sampling_corrects_the_odds(half: np.ndarray) -> None:
    """Rare positives: after drawing ten others each, what is said is what is seen."""
    checked = check(drawn(0.02), half, 1.0)
    found = sampled(checked, 0)
    assert found["others_a_positive"] == 10
    assert found["prevalence"] == pytest.approx(1 / 11, abs=1e-3)
    said = np.average(
        [p[0] for p in found["reliability"]], weights=[p[2] for p in found["reliability"]]
    )
    assert said == pytest.approx(1 / 11, abs=0.01)


def test_what_is_overconfident_is_told_so() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random(20000) < 0.2
    honest, loud = np.full(20000, 0.2), np.where(truth, 0.95, 0.6)
    assert reliable(honest, truth)["ece"] < 0.02  # type: ignore[operator]
    assert reliable(loud, truth)["ece"] > 0.3  # type: ignore[operator]
    assert reliable(loud, truth)["brier_skill"] < 0  # type: ignore[operator]


def test_too_few_positives_are_said(half: np.ndarray) -> None:
    pairs = drawn()
    none = Pairs(pairs.disease, pairs.gene, pairs.score, np.zeros(len(pairs.gene), bool))
    assert "too few" in str(figures(none, half, TOP, {})["not_measured"])


def test_areas_are_those_below_human_disease(release: Release) -> None:
    graph = Graph(release)
    found = areas(graph.diseases, graph.disease_ontology)
    assert {"nervous system disorder", "cancer or benign tumor", "metabolic disease"} <= set(found)
    place = graph.diseases.position
    assert found["respiratory system disorder"][place["MONDO:0004979"]]
    assert not found["respiratory system disorder"][place["MONDO:0005439"]]
    sizes = [int(mine.sum()) for mine in found.values()]
    assert sizes == sorted(sizes, reverse=True)


# work ahead of its turn


def test_results_come_in_order_from_several_threads_and_few_are_held() -> None:
    waiting: set[int] = set()
    most = []

    def work(number: int) -> int:
        waiting.add(number)
        time.sleep(0.002 * (number % 3))
        return number * number

    for number, found in enumerate(ahead(work, iter(range(60)), threads=3)):
        assert found == number * number
        waiting.discard(number)
        most.append(len(waiting))
    assert len(most) == 60
    assert max(most) <= AHEAD * 3


def test_what_fails_on_a_thread_fails_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(ahead(lambda n: 1 // n, [2, 1, 0, 3], threads=2))
