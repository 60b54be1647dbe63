"""Onset in reversibility: learned where it foretells, blind to the disease's own group."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from gnn.course import COURSE_KEY, LEAST_GROUPS, PRIOR, STAGES, UNTOLD, Onset, stages
from gnn.disease_scores import DiseaseScores
from gnn.graph import Graph, NodeIndex
from gnn.ontology import Ontology
from gnn.score import Scorer
from gnn.trials import Row, Trials

EACH, GENES = 24, 200
"""Diseases of a stage, and drugged genes of each."""
MORE = 5_000
"""Other diseases of a hierarchy, so that types are like their heading."""
BIRTH, ADULT = 0, 3
N = 2 * EACH + 12
Mask = npt.NDArray[np.bool_]


def flat(n: int = N) -> Ontology:
    """Diseases under one root, none like another."""
    return Ontology.of(n + 1, np.arange(n), np.full(n, n))


def families(n: int, each: int) -> Ontology:
    """Diseases under parents, as many under each; then the parents, thousands more, and a root."""
    n_parents = -(-n // each)
    parent = n + np.arange(n) // each
    root = n + n_parents + MORE
    above = np.concatenate([parent, np.full(n_parents + MORE, root)])
    return Ontology.of(root + 1, np.arange(root), above)


def staged(size: int = N + 1) -> npt.NDArray[np.int8]:
    """Diseases by stage, some of no known one, and all that are no leaves."""
    told = [BIRTH] * EACH + [ADULT] * EACH
    return np.array(told + [UNTOLD] * (size - len(told)), np.int8)


def trials_of(times: npt.NDArray[np.float64], seed: int = 0) -> Trials:
    """Genes of raw scores up to .4 that come late by that probability times a disease's number."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for factor in times.tolist():
        raw = rng.random(GENES) * 0.4
        rows.append((raw, rng.random(GENES) < np.clip(raw * factor, 0.0, 1.0)))
    return Trials(np.arange(len(times), dtype=np.int64), tuple(rows))


@pytest.fixture
def times() -> npt.NDArray[np.float64]:
    """Of onset at birth genes come late half as often as the score says, of adults twice."""
    return np.array([0.5] * EACH + [2.0] * EACH + [1.0] * (N - 2 * EACH))


@pytest.fixture
def trials(times: npt.NDArray[np.float64]) -> Trials:
    return trials_of(times)


def fitted(trials: Trials, ontology: Ontology, stage: npt.NDArray[np.int8] | None = None) -> Onset:
    stage = staged(ontology.n) if stage is None else stage
    return Onset.fit(trials, trials.curve, stage, ontology)


def with_outcomes(trials: Trials, disease: int, late: Mask) -> Trials:
    """The same with other outcomes of one disease."""
    rows = list(trials.rows)
    rows[disease] = (rows[disease][0], late)
    return Trials(trials.disease, tuple(rows))


def test_the_factor_is_of_late_genes_over_those_that_the_score_says(trials: Trials) -> None:
    onset = fitted(trials, flat())
    curve = trials.curve
    assert curve is not None
    ratio = np.array([late.sum() / curve(raw).sum() for raw, late in trials.rows])
    mean = ratio[1 : 2 * EACH].mean()
    expected = (ratio[1:EACH].sum() + PRIOR * mean) / (EACH - 1 + PRIOR)
    assert np.exp(onset.log_odds[0]) == pytest.approx(expected / mean, rel=1e-5)
    assert onset.heard[0] == EACH - 1
    assert onset.log_odds[0] < 0 < onset.log_odds[EACH]
    assert (onset.log_odds[2 * EACH :] == 0).all()
    assert onset.counts
    assert onset.gain[1] <= onset.gain[0] <= onset.gain[2]
    assert onset.taught_by.tolist() == [2 * EACH, 2 * EACH]


def test_the_gain_is_of_the_genes_log_loss(trials: Trials) -> None:
    onset = fitted(trials, flat())
    curve = trials.curve
    assert curve is not None

    def loss(p: npt.NDArray[np.float64], late: Mask) -> float:
        return float(-np.where(late, np.log(p), np.log(1.0 - p)).mean())

    gains = []
    for disease, (raw, late) in enumerate(trials.rows[: 2 * EACH]):
        p = np.clip(np.asarray(curve(raw), np.float64), 1e-6, 1 - 1e-6)
        odds = p / (1 - p) * np.exp(np.float64(onset.log_odds[disease]))
        gains.append(loss(p, late) - loss(odds / (1 + odds), late))
    assert onset.gain[0] == pytest.approx(np.mean(gains), rel=1e-4)


def test_what_the_score_knows_already_is_not_counted_twice() -> None:
    """Stages differ by four, and so do the raw scores: the curve tells all there is."""
    rng, rows = np.random.default_rng(0), []
    for disease in range(N):
        chance = 0.2 if disease < EACH else 0.8 if disease < 2 * EACH else 0.5
        rows.append((np.full(GENES, chance), rng.random(GENES) < chance))
    onset = fitted(Trials(np.arange(N, dtype=np.int64), tuple(rows)), flat())
    assert np.exp(onset.log_odds[: 2 * EACH]) == pytest.approx(1.0, abs=0.05)
    assert not onset.counts


def test_few_drugs_for_all_diseases_of_known_onset_are_no_effect_of_onset() -> None:
    onset = fitted(trials_of(np.array([0.3] * 2 * EACH + [3.0] * (N - 2 * EACH))), flat())
    assert np.exp(onset.log_odds[: 2 * EACH]) == pytest.approx(1.0, abs=0.15)
    assert not onset.counts


def test_no_disease_tells_of_itself_or_of_its_group(trials: Trials) -> None:
    """Siblings that are joined by a parent of known onset alone are of one group, too."""
    every, none = np.ones(GENES, bool), np.zeros(GENES, bool)
    turned = with_outcomes(trials, 0, every)
    before, after = (Onset.fit(t, trials.curve, staged(), flat()) for t in (trials, turned))
    assert after.log_odds[0] == before.log_odds[0]
    assert after.log_odds[1] > before.log_odds[1]

    ontology = families(N, 3)
    stage = staged(ontology.n)
    stage[N : N + EACH // 3] = BIRTH
    like = ontology.lin(0)
    assert like[1] < 0.9 <= like[N]
    turned = with_outcomes(trials, 0, none)
    before, after = (Onset.fit(t, trials.curve, stage, ontology) for t in (trials, turned))
    kin = [0, 1, 2, N]
    assert np.array_equal(after.log_odds[kin], before.log_odds[kin])
    assert (after.log_odds[3:EACH] < before.log_odds[3:EACH]).all()
    assert (before.heard[kin] == EACH - 3).all()


def test_what_foretells_nothing_seldom_counts() -> None:
    """Families of three of one share, their stage drawn at random: nominal are 2.5 in 100."""
    ontology, counted = families(N, 3), 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        times = np.repeat(rng.choice([0.5, 1.0, 2.0], N // 3), 3)
        stage = np.full(ontology.n, UNTOLD, np.int8)
        stage[:N] = np.repeat(rng.choice([BIRTH, ADULT], N // 3), 3)
        stage[N : N + N // 3] = stage[:N:3]
        # All of a family under a parent of known onset: a group each.
        counted += fitted(trials_of(times, seed), ontology, stage).counts
    assert counted <= 6


def test_a_model_without_a_gain_leaves_scores_alone(trials: Trials) -> None:
    onset = replace(fitted(trials, flat()), gain=np.array([0.1, -0.1, 0.3], np.float32))
    p = np.array([0.1, 0.9], np.float32)
    assert not onset.counts
    assert onset.shifted(p, 0) is p
    assert "changes nothing" in onset.told(0)
    assert "not shown" in onset.told(0)


def test_too_few_groups_or_no_curve_count_for_nothing(trials: Trials) -> None:
    few = staged()
    few[LEAST_GROUPS - 1 :] = UNTOLD
    onset = fitted(trials, flat(), few)
    assert np.isnan(onset.gain).all()
    assert not onset.counts
    assert onset.figures["log_loss_gain"] is None
    assert onset.figures["groups_with_outcomes"] == LEAST_GROUPS - 1
    assert "too few diseases" in onset.told(0)
    nobody = Trials(np.zeros(0, np.int64), ())
    for known, curve in ((trials, None), (nobody, trials.curve), (nobody, None)):
        empty = Onset.fit(known, curve, staged(), flat())
        assert (empty.log_odds == 0).all()
        assert not empty.counts
        assert empty.taught_by.tolist() == [0, 0]


def test_odds_are_taken_times_the_factor(trials: Trials) -> None:
    onset = fitted(trials, flat())
    p = np.array([0.0, 1e-6, 0.2, 0.999], np.float32)
    moved = onset.shifted(p, 0)
    factor = np.exp(onset.log_odds[0])
    assert moved.dtype == p.dtype
    assert moved[1:] / (1 - moved[1:]) == pytest.approx(factor * p[1:] / (1 - p[1:]), rel=1e-3)
    assert moved[0] == 0.0
    assert np.array_equal(onset.shifted(p, N - 1), p)
    assert f"{factor:.2f}" in onset.told(0)
    assert STAGES[BIRTH] in onset.told(0)
    assert "No source" in onset.told(N - 1)


def test_a_stage_is_one_that_a_source_tells() -> None:
    rows = [
        ("A", COURSE_KEY, "Congenital onset"),
        ("B", COURSE_KEY, "Juvenile onset"),
        ("B", COURSE_KEY, "Adult onset"),
        ("B", COURSE_KEY, "Late onset"),
        ("C", COURSE_KEY, "Insidious onset"),
        ("C", COURSE_KEY, "Progressive"),
        ("D", "disease.inheritance", "Congenital onset"),
        ("E", COURSE_KEY, "Adult onset"),
        ("E", COURSE_KEY, "Congenital onset"),
        ("F", COURSE_KEY, "Childhood onset"),
        ("F", COURSE_KEY, "Infantile onset"),
        ("nowhere", COURSE_KEY, "Infantile onset"),
    ]
    names = ("subject", "key", "text")
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    ids = tuple("ABCDEF")
    diseases = NodeIndex(ids, ids, np.arange(len(ids)))
    graph: Any = SimpleNamespace(release=SimpleNamespace(table=lambda *_: table), diseases=diseases)
    assert stages(cast(Graph, graph)).tolist() == [BIRTH, ADULT, UNTOLD, UNTOLD, BIRTH, 1]


FH = "MONDO:0005439"


def planted(scorer: Scorer, lowest: float) -> Onset:
    """A half for one disease, shown to foretell or not."""
    number, n = scorer.disease_number(FH), len(scorer.fitted.onset.stage)
    stage, log_odds = np.full(n, UNTOLD, np.int8), np.zeros(n, np.float32)
    stage[number], log_odds[number] = BIRTH, np.log(0.5)
    gain = np.array([0.1, lowest, 0.2], np.float32)
    return replace(scorer.fitted.onset, stage=stage, log_odds=log_odds, gain=gain)


def test_what_is_served_is_moved_by_it_and_keeps_its_order(scorer: Scorer) -> None:
    number = scorer.disease_number(FH)
    before = DiseaseScores.of(scorer.fitted, number).reversibility
    kept, moved = (
        DiseaseScores.of(replace(scorer.fitted, onset=planted(scorer, low)), number).reversibility
        for low in (-0.05, 0.05)
    )
    assert before is not None
    assert kept is not None
    assert moved is not None
    for end in ("probability", "lower", "upper"):
        was, now = getattr(before, end).astype(float), getattr(moved, end).astype(float)
        assert np.array_equal(getattr(kept, end), getattr(before, end))
        assert now / (1 - now) == pytest.approx(0.5 * was / (1 - was), rel=1e-4)
        assert (np.diff(now[np.argsort(was, kind="stable")]) >= 0).all()


@pytest.mark.parametrize(("lowest", "said"), [(0.05, "taken times 0.50"), (-0.05, "not shown")])
def test_an_explanation_says_what_onset_changes(
    scorer: Scorer, monkeypatch: pytest.MonkeyPatch, lowest: float, said: str
) -> None:
    explainer = scorer._explainer
    model = replace(explainer._fitted, onset=planted(scorer, lowest))
    monkeypatch.setattr(explainer, "_fitted", model)
    (note,) = [n for n in scorer.explain("PCSK9", FH, "reversibility").notes if "Onset is" in n]
    assert STAGES[BIRTH] in note
    assert said in note
    assert not any("Onset is" in n for n in scorer.explain("PCSK9", FH).notes)
    monkeypatch.setattr(explainer, "_fitted", replace(model, reversible=None))
    notes = scorer.explain("PCSK9", FH, "reversibility").notes
    assert not any("Onset is" in n for n in notes)
