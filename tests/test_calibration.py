"""Calibration on held-out targets, conformal sets and areas: right for the truth, wrong for lies."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gnn.ahead import AHEAD, ahead
from gnn.areas import areas
from gnn.calibrate import LEVELS, SET_LEVEL, Curve
from gnn.calibration_check import (
    Checked,
    Pairs,
    check,
    crossed,
    figures,
    halves,
    reliability,
    reliable,
    sampled,
)
from gnn.calibration_page import lines
from gnn.curves import Curves, Line
from gnn.fitted import Druggable
from gnn.graph import Graph
from gnn.parts import TOP, Parts
from gnn.served_check import (
    BELOW_CURATED,
    EVIDENCE,
    Verdict,
    beside_figures,
    causality_figures,
    combined,
    druggability_figures,
    lined,
)
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
    curves = curves_of(grounds, half)
    found = [combined(d, p, outcomes[d], half, curves) for d, p in enumerate(diseases)]
    told = figures(Checked.joined(found), {})
    for at in ("natural", "sampled"):
        assert told[at]["ece"] < 0.02  # type: ignore[index]
        assert told[at]["brier_skill"] > 0  # type: ignore[index]
        top = told[at]["top_tenth"]  # type: ignore[index]
        assert top["said"] == pytest.approx(top["seen"], abs=0.03)
    for side, of_half in enumerate(curves):
        mine = half == bool(side)
        assert np.allclose(found[0].probability[mine], of_half(diseases[0])[mine])
        for level in LEVELS:
            sets = of_half.sets(diseases[0], level)
            for ours, theirs in zip(found[0].sets[level], sets, strict=True):
                assert (ours[mine] == theirs[mine]).all()
    assert SET_LEVEL in LEVELS


def curves_of(grounds: Iterable[list[Pairs]], half: np.ndarray) -> list[Curves]:
    """Both halves' curves of what is told by evidence and of what the network part tells."""
    both = (crossed(stacked(p), half, top) for p, top in zip(grounds, (TOP, 1.0), strict=True))
    return [Curves(*of_half) for of_half in zip(*both, strict=True)]


def stacked(pairs: list[Pairs]) -> Pairs:
    names = ("disease", "gene", "score", "positive")
    return Pairs(*(np.concatenate([getattr(p, name) for p in pairs]) for name in names))


TOLD = Line(-1.0, 1.3)
"""What is right of what both curves say, in the diseases below."""


@pytest.fixture(scope="module")
def overtold(half: np.ndarray) -> tuple[list[Verdict], list[Curves]]:
    """Diseases where both curves say too much of a gene, by a line that is known."""
    rng = np.random.default_rng(5)
    diseases = [parts_of(rng) for _ in range(DISEASES)]
    knots = np.array([0.0, 1.0])
    by_evidence, by_network = (
        Curve(knots, rises, rises, rises, np.zeros(2), np.ones(2))
        for rises in (np.array([0.01, 0.8]), np.array([0.002, 0.2]))
    )
    curves = Curves(by_evidence, by_network)
    truth = replace(curves, together=TOLD)
    judged = [(n, p, rng.random(GENES) < truth(p)) for n, p in enumerate(diseases)]
    return judged, [curves, curves]


def test_a_line_takes_off_what_both_curves_say_too_much(
    overtold: tuple[list[Verdict], list[Curves]], half: np.ndarray
) -> None:
    judged, curves = overtold
    for of_half in lined(judged, half, curves):
        assert of_half.together.shift == pytest.approx(TOLD.shift, abs=0.1)
        assert of_half.together.slope == pytest.approx(TOLD.slope, abs=0.1)
    untyped = np.arange(DISEASES) % 3 == 0
    both = causality_figures(judged, curves, half, {}, untyped=untyped)
    apart: Any = both["causality_where_no_type_is_judged"]
    assert apart["natural"]["pairs"] == untyped.sum() * GENES
    assert apart["natural"]["positives"] == sum(y.sum() for n, _, y in judged if untyped[n])
    assert apart["sampled"]["ece"] < 0.02
    told, bare = both["causality"], both["causality_without_line"]
    for at in ("natural", "sampled"):
        assert told[at]["ece"] < 0.01 < bare[at]["ece"]  # type: ignore[index]
        assert told[at]["brier_skill"] > bare[at]["brier_skill"]  # type: ignore[index]


def test_what_is_said_is_told_by_kind_of_evidence(
    overtold: tuple[list[Verdict], list[Curves]], half: np.ndarray
) -> None:
    judged, curves = overtold
    told: dict[str, Any] = dict(causality_figures(judged, curves, half, {}))["causality"]  # type: ignore[assignment]
    kinds = told["by_evidence"]
    assert list(kinds) == list(EVIDENCE)
    direct = np.concatenate([parts.direct for _, parts, _ in judged])
    outcome = np.concatenate([positive for *_, positive in judged])
    for kind, mine in zip(
        EVIDENCE,
        (
            direct == 0.0,
            (direct > 0.0) & (direct <= BELOW_CURATED),
            (direct > BELOW_CURATED) & (direct <= 0.95),
            direct > 0.95,
        ),
        strict=True,
    ):
        assert kinds[kind]["pairs"] == mine.sum() > 0
        assert kinds[kind]["seen"] == pytest.approx(outcome[mine].mean(), abs=1e-6)
        assert kinds[kind]["said"] == pytest.approx(kinds[kind]["seen"], abs=0.05)
    page = "".join(lines({"causality": told}))
    assert all(kind in page for kind in EVIDENCE)


def test_what_is_read_beside_is_judged_on_the_pairs_that_it_raises(
    overtold: tuple[list[Verdict], list[Curves]], half: np.ndarray
) -> None:
    """The diseases as they are, served of records of which the last fifth of genes lost its own."""
    judged, curves = overtold
    late = np.arange(GENES) >= GENES * 4 // 5
    learned = [
        (d, replace(p, direct=np.where(late, 0.0, p.direct).astype(np.float32)), y)
        for d, p, y in judged
    ]
    told: Any = beside_figures(learned, judged, half, lined(judged, half, curves))
    raised = [late & (p.direct > 0) for _, p, _ in judged]
    seen = np.concatenate([y[mine] for (*_, y), mine in zip(judged, raised, strict=True)])
    assert (told["diseases"], told["pairs"]) == (DISEASES, len(seen))
    assert told["positives"] == seen.sum()
    assert told["seen"] == pytest.approx(seen.mean(), abs=1e-5)
    assert told["said"] == pytest.approx(told["seen"], abs=0.02)
    assert told["said_without"] < 0.5 * told["said"]
    served = causality_figures(learned, curves, half, {}, beside=judged)
    beside: Any = served["causality_beside"]
    assert (beside["pairs"], beside["positives"]) == (told["pairs"], told["positives"])
    assert told["of"] in "".join(lines(dict(served)))
    nothing: Any = causality_figures(judged, curves, half, {})["causality_beside"]
    assert nothing["pairs"] == 0


def test_a_bin_without_pairs_has_no_point() -> None:
    said = np.linspace(0.0, 1.0, 40)
    total = np.where(said < 0.5, 10.0, 0.0)
    points = reliability(said, total * said, total)
    assert len(points) == 5
    assert sum(mass for *_, mass in points) == total.sum()
    assert all(point[0] == pytest.approx(point[1], abs=1e-4) for point in points)


def test_a_half_of_the_genes_has_no_part_in_its_own_line(
    overtold: tuple[list[Verdict], list[Curves]], half: np.ndarray
) -> None:
    judged, curves = overtold
    told = [(n, parts, positive & half) for n, parts, positive in judged]
    before, after = lined(judged, half, curves), lined(told, half, curves)
    assert before[0].together == after[0].together
    assert after[1].together == Line(), "no outcome is left to fit it on"


def test_a_line_changes_no_order_and_nothing_of_a_disease_without_records(
    overtold: tuple[list[Verdict], list[Curves]],
) -> None:
    (_, parts, _), bare = overtold[0][0], overtold[1][0]
    curves = replace(bare, together=TOLD)
    order = np.argsort(bare(parts), kind="stable")
    assert (np.diff(curves(parts)[order]) >= 0).all()
    lower, upper = curves.ends(parts)
    assert (lower <= curves(parts)).all()
    assert (curves(parts) <= upper).all()
    assert not np.allclose(curves(parts), bare(parts))
    blank = replace(parts, direct=np.zeros_like(parts.direct))
    assert np.array_equal(curves(blank), bare(blank))
    again = Curves.from_arrays(curves.to_arrays())
    assert np.array_equal(again(parts), curves(parts))


def test_a_line_is_not_fitted_to_too_little_nor_to_the_reverse(
    overtold: tuple[list[Verdict], list[Curves]],
) -> None:
    judged, (curves, _) = overtold
    none = [(n, parts, np.zeros(GENES, bool)) for n, parts, _ in judged]
    assert Line.fit(curves.counted(none)) == Line()
    reverse = [(n, parts, curves(parts) < 0.01) for n, parts, _ in judged]
    assert Line.fit(curves.counted(reverse)) == Line()
    assert Line()(np.array([0.0, 0.25, 1.0])).tolist() == pytest.approx([0.0, 0.25, 1.0])


def a_druggable(probability: np.ndarray, precedented: np.ndarray) -> Druggable:
    phase = np.where(precedented, 4.0, np.nan)
    grounds = np.zeros((*probability.shape, 1), np.float16)
    fold = np.zeros(probability.shape[1], np.int8)
    return Druggable(probability, probability, probability, phase, probability, grounds, fold)


def test_a_modality_without_a_probability_suits_no_gene(half: np.ndarray) -> None:
    """As in a release as of a day with too few antibodies: the others are served and judged."""
    rng = np.random.default_rng(6)
    probability = rng.random((3, GENES)).astype(np.float32) ** 2 * 0.6
    precedented = rng.random((3, GENES)) < probability
    precedented[1], probability[1] = False, np.nan
    drug = a_druggable(probability, precedented)
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
    drug = a_druggable(probability, precedented)
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
    loud = replace(drug, probability=np.sqrt(probability))
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
