"""Onset in reversibility: learned where it foretells, blind to the disease's own drugs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp

from gnn.course import (
    COURSE_KEY,
    LEAST_TOLD,
    PRIOR,
    STAGES,
    UNTOLD,
    Onset,
    stages,
    tried_enough,
)
from gnn.disease_scores import DiseaseScores
from gnn.graph import Graph, NodeIndex
from gnn.ontology import Ontology
from gnn.outcomes import Outcomes
from gnn.score import Scorer

GENES, EACH = 10, 24
"""Genes, each with one drug, and diseases of a stage."""
BIRTH, ADULT = 0, 3
N = 2 * EACH + 6
FH = "MONDO:0005439"


def flat(n: int = N) -> Ontology:
    """Diseases under one root, none like another."""
    return Ontology.of(n + 1, np.arange(n), np.full(n, n))


def outcomes_of(late: np.ndarray) -> Outcomes:
    """Every gene's drug was tried for every disease, and came late for some of them.

    Args:
        late: Number of the genes whose drug came late, (diseases,); the root has no drug.
    """
    drugs = np.arange(GENES)[:, None]
    phase = np.where(drugs < late[None], 3.0, 1.0).astype(np.float32)
    phase = np.column_stack([phase, np.zeros(GENES, np.float32)])
    acts = sp.identity(GENES, dtype=np.float32, format="csr")
    number = np.arange(GENES, dtype=np.int64)
    return Outcomes(acts, acts, 0.0 * acts, sp.csr_matrix(phase), number, number, number, number)


def staged() -> np.ndarray:
    """Half of the diseases by stage, some of no known one, and the root."""
    told = [BIRTH] * EACH + [ADULT] * EACH + [UNTOLD] * (N - 2 * EACH + 1)
    return np.array(told, np.int8)


@pytest.fixture
def late() -> np.ndarray:
    """Diseases of onset at birth have 2 late genes of 10, those of adults 8, the others 5."""
    return np.array([2] * EACH + [8] * EACH + [5] * (N - 2 * EACH))


def test_the_factor_is_the_stage_s_share_against_all_drawn_towards_none(late: np.ndarray) -> None:
    onset = Onset.fit(outcomes_of(late), staged(), flat())
    others = np.delete(late, 0) / GENES
    base, heard = others.mean(), EACH - 1
    rate = (others[:heard].sum() + PRIOR * base) / (heard + PRIOR)
    factor = (rate / (1 - rate)) / (base / (1 - base))
    assert np.exp(onset.log_odds[0]) == pytest.approx(factor, rel=1e-5)
    assert onset.heard[0] == heard
    assert onset.log_odds[BIRTH] < 0 < onset.log_odds[EACH]
    assert (onset.log_odds[2 * EACH :] == 0).all()
    assert onset.counts
    assert onset.gain[1] <= onset.gain[0] <= onset.gain[2]


def test_a_disease_s_own_drugs_change_nothing_of_its_own(late: np.ndarray) -> None:
    before = Onset.fit(outcomes_of(late), staged(), flat())
    turned = late.copy()
    turned[0] = GENES
    after = Onset.fit(outcomes_of(turned), staged(), flat())
    assert after.log_odds[0] == before.log_odds[0]
    assert after.log_odds[1] > before.log_odds[1]


def test_nor_do_those_of_one_all_but_the_same(late: np.ndarray) -> None:
    """The last disease of adults is made the only type of the one before it."""
    child, parent = np.arange(N), np.full(N, N)
    kin = 2 * EACH - 1
    parent[kin] = kin - 1
    ontology = Ontology.of(N + 1, child, parent)
    assert ontology.lin(kin)[kin - 1] >= 0.9
    turned = late.copy()
    turned[kin] = 0
    before, after = (Onset.fit(outcomes_of(o), staged(), ontology) for o in (late, turned))
    assert after.log_odds[kin - 1] == before.log_odds[kin - 1]
    assert after.log_odds[kin - 2] < before.log_odds[kin - 2]
    assert before.heard[kin] == EACH - 2


def test_what_foretells_nothing_does_not_count(late: np.ndarray) -> None:
    mixed = np.random.default_rng(0).permutation(late)
    onset = Onset.fit(outcomes_of(mixed), staged(), flat())
    assert not onset.counts
    p = np.array([0.1, 0.9], np.float32)
    assert onset.shifted(p, 0) is p
    assert "changes nothing" in onset.told(0)


def test_too_few_diseases_or_none_count_for_nothing(late: np.ndarray) -> None:
    few = staged()
    few[LEAST_TOLD - 1 :] = UNTOLD
    onset = Onset.fit(outcomes_of(late), few, flat())
    assert np.isnan(onset.gain).all()
    assert not onset.counts
    assert onset.figures["log_loss_gain"] is None
    nothing = outcomes_of(np.zeros(N, int))
    for asked in (None, np.zeros(0, np.int64)):
        empty = Onset.fit(nothing, staged(), flat(), asked)
        assert (empty.log_odds == 0).all()
        assert not empty.counts


def test_odds_are_taken_times_the_factor(late: np.ndarray) -> None:
    onset = Onset.fit(outcomes_of(late), staged(), flat())
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


def test_it_learns_from_those_it_is_given_alone(late: np.ndarray) -> None:
    outcomes = outcomes_of(late)
    assert tried_enough(outcomes).tolist() == list(range(N))
    half = np.arange(0, N, 2)
    onset = Onset.fit(outcomes, staged(), flat(), half)
    turned = late.copy()
    turned[1::2] = GENES
    again = Onset.fit(outcomes_of(turned), staged(), flat(), half)
    assert np.array_equal(onset.log_odds, again.log_odds)
    assert onset.heard[1] == EACH // 2


def test_stages_are_the_rounded_mean_of_the_terms() -> None:
    rows = [
        ("A", COURSE_KEY, "Congenital onset"),
        ("B", COURSE_KEY, "Juvenile onset"),
        ("B", COURSE_KEY, "Adult onset"),
        ("B", COURSE_KEY, "Late onset"),
        ("C", COURSE_KEY, "Insidious onset"),
        ("C", COURSE_KEY, "Progressive"),
        ("D", "disease.inheritance", "Congenital onset"),
        ("nowhere", COURSE_KEY, "Infantile onset"),
    ]
    names = ("subject", "key", "text")
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    ids = ("A", "B", "C", "D")

    diseases = NodeIndex(ids, ids, np.arange(len(ids)))
    graph: Any = SimpleNamespace(release=SimpleNamespace(table=lambda *_: table), diseases=diseases)
    assert stages(cast(Graph, graph)).tolist() == [BIRTH, ADULT, UNTOLD, UNTOLD]


def test_what_is_served_is_moved_by_it_and_keeps_its_order(scorer: Scorer) -> None:
    number = scorer.disease_number(FH)
    learned = scorer.fitted.onset
    n = len(learned.stage)
    stage, log_odds = np.full(n, UNTOLD, np.int8), np.zeros(n, np.float32)
    stage[number], log_odds[number] = BIRTH, np.log(0.5)
    planted = Onset(stage, log_odds, learned.heard, np.array([0.1, 0.05, 0.2], np.float32))
    before = DiseaseScores.of(scorer.fitted, number).reversibility
    after = DiseaseScores.of(replace(scorer.fitted, onset=planted), number).reversibility
    assert before is not None
    assert after is not None
    for end in ("probability", "lower", "upper"):
        was, now = getattr(before, end).astype(float), getattr(after, end).astype(float)
        assert now / (1 - now) == pytest.approx(0.5 * was / (1 - was), rel=1e-4)
        assert (np.diff(now[np.argsort(was, kind="stable")]) >= 0).all()
