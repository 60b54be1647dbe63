"""Calibration on held-out targets, conformal sets and areas: right for the truth, wrong for lies."""

from __future__ import annotations

import time

import numpy as np
import pytest

from gnn.ahead import AHEAD, ahead
from gnn.areas import areas
from gnn.calibrate import LEVELS, SET_LEVEL
from gnn.calibration_check import Checked, Pairs, check, crossed, figures, halves, reliable, sampled
from gnn.calibration_page import lines
from gnn.fitted import Druggable
from gnn.graph import Graph
from gnn.parts import TOP, Parts, causality, conformal_sets
from gnn.served_check import combined, druggability_figures
from gnn.target_score import MODALITIES
from kg.errors import ModelError
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


def judged(pairs: Pairs, half: np.ndarray) -> Checked:
    return check(pairs, half, crossed(pairs, half, 1.0))


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
    checked = judged(Pairs(pairs.disease, pairs.gene, pairs.score, succeeds), half)
    side = half[checked.pairs.gene]
    assert checked.probability[side].max() < 0.05 < checked.probability[~side].mean()


def test_a_true_score_is_calibrated_and_covered(half: np.ndarray) -> None:
    told = figures(judged(drawn(), half), {})
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
    checked = judged(drawn(0.02), half)
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
    with pytest.raises(ModelError, match="too few"):
        crossed(none, half, TOP)


def test_an_area_is_told_at_the_sampled_prevalence(half: np.ndarray) -> None:
    """One area is as the whole; in the other everything fails and none can be told."""
    pairs, first = drawn(), np.arange(DISEASES) < DISEASES // 2
    never = Pairs(pairs.disease, pairs.gene, pairs.score, pairs.positive & first[pairs.disease])
    told = figures(judged(never, half), {"first": first, "second": ~first})["by_area"]
    assert set(told) == {"first"}  # type: ignore[call-overload]
    few = told["first"]["sampled"]  # type: ignore[index]
    assert few["others_a_positive"] <= 10
    assert few["top_tenth"]["seen"] > few["top_tenth"]["said"]
    assert "<h3>By therapeutic area" in "".join(
        lines({"causality": figures(judged(never, half), {"first": first})})
    )


# what is served


def parts_of(rng: np.random.Generator) -> Parts:
    """One disease: a quarter of the genes has direct evidence, all have an indirect score."""
    direct = np.where(rng.random(GENES) < 0.25, rng.random(GENES), 0.0).astype(np.float32)
    indirect, nothing = rng.random(GENES).astype(np.float32), np.zeros(GENES, np.float32)
    return Parts(direct, nothing, nothing, indirect, indirect[None])


def test_what_is_served_is_judged_by_both_curves_of_the_other_half(half: np.ndarray) -> None:
    """Outcomes drawn from both grounds as independent causes: the combination is calibrated."""
    rng = np.random.default_rng(3)
    diseases = [parts_of(rng) for _ in range(DISEASES)]
    everything = np.arange(GENES)
    grounds, outcomes = ([], []), []
    for number, parts in enumerate(diseases):
        by_evidence = rng.random(GENES) < 0.4 * parts.direct
        by_network = rng.random(GENES) < 0.05 * parts.indirect
        disease = np.full(GENES, number)
        some = np.flatnonzero(parts.direct > 0)
        pairs = Pairs(disease[some], some, parts.supported[some].astype(float), by_evidence[some])
        grounds[0].append(pairs)
        grounds[1].append(Pairs(disease, everything, parts.indirect.astype(float), by_network))
        outcomes.append(by_evidence | by_network)
    curves = tuple(
        crossed(stacked(pairs), half, top) for pairs, top in zip(grounds, (TOP, 1.0), strict=True)
    )
    found = [combined(p, d, outcomes[d], half, curves) for d, p in enumerate(diseases)]
    told = figures(Checked.joined([checked for checked, _ in found]), {})
    for at in ("natural", "sampled"):
        assert told[at]["ece"] < 0.02  # type: ignore[index]
        assert told[at]["brier_skill"] > 0  # type: ignore[index]
        top = told[at]["top_tenth"]  # type: ignore[index]
        assert top["said"] == pytest.approx(top["seen"], abs=0.03)
    checked, evidence = found[0]
    assert (evidence == (diseases[0].direct > 0)).all()
    for side, (supported, indirect) in enumerate(zip(*curves, strict=True)):
        mine = half == bool(side)
        said = causality(diseases[0], supported, indirect)
        assert np.allclose(checked.probability[mine], said[mine])
        for level in LEVELS:
            sets = conformal_sets(diseases[0], supported, indirect, level)
            for ours, theirs in zip(checked.sets[level], sets, strict=True):
                assert (ours[mine] == theirs[mine]).all()
    assert SET_LEVEL in LEVELS


def stacked(pairs: list[Pairs]) -> Pairs:
    names = ("disease", "gene", "score", "positive")
    return Pairs(*(np.concatenate([getattr(p, name) for p in pairs]) for name in names))


def test_a_modality_without_a_probability_suits_no_gene(half: np.ndarray) -> None:
    """As in a release as of a day with too few antibodies: the others are served and judged."""
    rng = np.random.default_rng(6)
    probability = rng.random((3, GENES)).astype(np.float32) ** 2 * 0.6
    precedented = rng.random((3, GENES)) < probability
    precedented[1], probability[1] = False, np.nan
    drug = Druggable(
        probability, probability, probability, np.where(precedented, 4.0, np.nan), probability
    )
    assert set(drug.suited.tolist()) == {0, 2}
    told = druggability_figures(drug, np.arange(GENES), half)
    positives = precedented[drug.suited, np.arange(GENES)].sum()
    assert told["druggability"]["as_served"]["positives"] == positives  # type: ignore[index]
    assert told["druggability"]["natural"]["brier_skill"] > 0  # type: ignore[index]


def test_druggability_is_judged_by_the_modality_that_is_served(half: np.ndarray) -> None:
    rng = np.random.default_rng(4)
    probability = rng.random((3, GENES)).astype(np.float32) ** 2 * 0.6
    precedented = rng.random((3, GENES)) < probability
    precedented[2] = False
    drug = Druggable(
        probability, probability, probability, np.where(precedented, 4.0, np.nan), probability
    )
    told = druggability_figures(drug, np.arange(GENES), half)
    assert set(told) == {"druggability", *(f"druggability_{m}" for m in MODALITIES)}
    best = probability.argmax(axis=0)
    served = told["druggability"]["as_served"]  # type: ignore[index]
    assert served["positives"] == precedented[best, np.arange(GENES)].sum()
    assert "too few" in told["druggability_other"]["not_measured"]  # type: ignore[index]
    for at in ("natural", "sampled", "as_served"):
        row = told["druggability_small_molecule"][at]  # type: ignore[index]
        assert row["ece"] < 0.06
        assert row["brier_skill"] > 0
    loud = Druggable(np.sqrt(probability), probability, probability, drug.phase, probability)
    found = druggability_figures(loud, np.arange(GENES), half)["druggability_small_molecule"]
    assert found["as_served"]["ece"] > 0.1 > found["natural"]["ece"]  # type: ignore[index]


def test_the_page_says_how_many_of_those_called_causal_are(half: np.ndarray) -> None:
    told = figures(judged(drawn(), half), {})
    page = "".join(lines({"supported": told}))
    right = told["conformal"]["90%"]["right_of_called_causal"]  # type: ignore[index]
    assert "right of those called causal" in page
    assert f"<td class=n>{right:,}</td>" in page


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
