"""Whether what is said of tractability is what it rests on: told on columns that are known."""

from __future__ import annotations

import numpy as np
import pytest

from gnn import audit_pages
from gnn import druggability_faithfulness as faithfulness
from gnn.druggability import Plan, Shares, cross_fit
from gnn.druggability_faithfulness import Models, explained_figures
from gnn.graph import Graph
from gnn.ontology import Index
from gnn.target_score import MODALITIES
from gnn.tractability_grounds import GROUNDS
from tests.quick import barely_learning

N = 3000
KINDS = np.array([GROUNDS.index(name) for name in ("surface", "constraint", "expression")])


@pytest.fixture(scope="module")
def learned() -> tuple[Models, Shares, np.ndarray, np.ndarray]:
    """One view: a gene is drugged by its first or by its second column; the third is noise."""
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(N, 3)).astype(np.float32)
    positive = (columns[:, :2] > 1.5).any(axis=1)
    plan = Plan(rng.integers(0, 3, N), lambda mine: ~mine, bags=1, trees=60)
    models = Models((KINDS,))
    margin = cross_fit((columns,), positive, plan, 0, models)[0]
    shares = Shares((KINDS,), np.zeros((N, len(GROUNDS)), np.float32))
    cross_fit((columns,), positive, plan, 0, shares)
    return models, shares, margin, columns


def drugged_by_one(columns: np.ndarray) -> Index:
    return np.flatnonzero((columns[:, :2] > 1.7).sum(axis=1) == 1)[:200]


def test_what_is_measured_is_what_is_served(
    learned: tuple[Models, Shares, np.ndarray, np.ndarray],
) -> None:
    models, shares, margin, columns = learned
    asked = drugged_by_one(columns)
    assert models.added(asked) == pytest.approx(shares.found[asked], abs=1e-5)
    nothing = np.zeros((len(asked), len(GROUNDS)), bool)
    assert models.margin(asked, nothing, 0) == pytest.approx(margin[asked], abs=1e-5)


def test_a_kind_that_is_taken_away_is_filled_from_other_genes(
    learned: tuple[Models, Shares, np.ndarray, np.ndarray],
) -> None:
    """Its own column taken away costs all that a gene has; the noise taken away costs nothing."""
    models, _, margin, columns = learned
    asked = drugged_by_one(columns)
    mine = KINDS[np.argmax(columns[asked, :2], axis=1)]

    def without(kind: Index) -> np.ndarray:
        gone = np.zeros((len(asked), len(GROUNDS)), bool)
        gone[np.arange(len(asked)), kind] = True
        return models.margin(asked, gone, 0)

    lost = margin[asked] - without(mine)
    assert lost.mean() > 2.0
    noise = np.full(len(asked), KINDS[2])
    assert abs((margin[asked] - without(noise)).mean()) < 0.2 * lost.mean()


def test_what_is_shown_costs_more_than_kinds_at_random_or_those_of_all(
    learned: tuple[Models, Shares, np.ndarray, np.ndarray],
) -> None:
    models, _, _, columns = learned
    asked = drugged_by_one(columns)
    told = faithfulness._measured(models, asked, np.arange(len(asked)), 0)
    for other in ("random", "overall"):
        for what in ("deletion", "insertion"):
            gain = told["gain_over"][other][what]["first 1"]  # type: ignore[index]
            assert gain[1] > 0
            shown, by_other = (told[n][what]["first 1"][0] for n in ("shown", other))  # type: ignore[index]
            assert gain[0] == pytest.approx(shown - by_other, abs=2e-4)
    # All but noise taken away leaves the mean gene.
    whole = told["above_the_mean_gene"][0]  # type: ignore[index]
    assert told["shown"]["deletion"]["first 3"][0] == pytest.approx(whole, rel=0.2)  # type: ignore[index]


def test_an_explanation_that_points_elsewhere_is_found_out(
    learned: tuple[Models, Shares, np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shapley values turned round name what the score does not rest on."""
    models, _, _, columns = learned
    asked = drugged_by_one(columns)
    truth = models.added
    monkeypatch.setattr(Models, "added", lambda _, genes: -truth(genes))
    told = faithfulness._measured(models, asked, np.arange(len(asked)), 0)
    assert told["gain_over"]["overall"]["deletion"]["first 1"][2] < 0  # type: ignore[index]


def test_every_modality_of_a_release_is_measured(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    barely_learning(monkeypatch)
    monkeypatch.setattr(faithfulness, "FIRST", 40)
    monkeypatch.setattr(faithfulness, "DRUGGED", 20)
    monkeypatch.setattr(faithfulness, "SOME", 40)
    columns = np.nan_to_num(np.stack([graph.fact_numbers(k) for k in graph.fact_keys[:12]], 1))
    of_columns = np.arange(12) % len(GROUNDS)
    told = explained_figures(graph, (columns, columns[:, :6]), (of_columns, of_columns[:6]))
    assert set(told) == {"unit", *MODALITIES}
    for modality in MODALITIES:
        figures = told[modality]
        assert 40 <= figures["genes"] <= 60  # type: ignore[index]
        low, high = figures["stability"][1:]  # type: ignore[index]
        assert -1 <= low <= high <= 1
    page = "".join(audit_pages.tractability_explained(told))
    assert page.count("<h4>") == len(MODALITIES)
    for name in ("shown", "random", "overall", "first 1", "first 3"):
        assert page.count(f">{name}<") >= len(MODALITIES), name
