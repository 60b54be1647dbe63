"""Families held out: whole groups, nothing shared across a fold, and no family's rate tells."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from gnn.clustered import log_odds
from gnn.druggability import Precedent
from gnn.families import FOLDS, Families, label_rate
from gnn.graph import Graph
from ingest.build import build
from ingest.fetch import Library
from ingest.options import BuildOptions
from kg.release import Home

PARTS = (
    "hgnc",
    "hgnc_families",
    "homology_clusters",
    "interpro",
    "ohnologs",
    "opentargets_drugs",
    "repurposing_hub",
)
"""What families and labels are made of: enough of the full data to hold families out."""


@pytest.fixture(scope="module")
def families(graph: Graph) -> Families:
    return Families.of(graph)


@pytest.fixture(scope="module")
def drugged(graph: Graph) -> np.ndarray:
    return Precedent.of(graph).precedented.any(axis=0)


def test_no_group_and_no_cluster_is_on_two_sides(families: Families, drugged: np.ndarray) -> None:
    fold = families.folds(drugged)
    assert set(np.unique(fold)) == set(range(FOLDS))
    for group in np.unique(families.group):
        assert len(np.unique(fold[families.group == group])) == 1
        if group > 300:
            break


def test_what_may_be_learned_from_shares_nothing_with_a_fold(
    families: Families, drugged: np.ndarray
) -> None:
    fold = families.folds(drugged)
    for held in (0, 7, 19):
        mine = fold == held
        seen = families.unrelated(mine)
        assert seen.any()
        assert not (seen & mine).any()
        theirs = np.asarray(families.shared[seen].sum(axis=0)).ravel() > 0
        ours = np.asarray(families.shared[mine].sum(axis=0)).ravel() > 0
        assert not (theirs & ours).any()


def test_folds_are_the_same_for_the_same_seed_and_others_for_another(
    families: Families, drugged: np.ndarray
) -> None:
    assert (families.folds(drugged, seed=3) == families.folds(drugged, seed=3)).all()
    assert (families.folds(drugged, seed=3) != families.folds(drugged, seed=4)).any()


def test_folds_are_balanced_on_genes_and_positives(families: Families, drugged: np.ndarray) -> None:
    fold = families.folds(drugged)
    largest = np.bincount(families.group).max()
    genes, positives = np.bincount(fold), np.bincount(fold, drugged)
    assert genes.max() <= max(largest, 1.2 * len(fold) / FOLDS)
    assert positives.min() >= 0.5 * positives.mean()


def test_a_familys_rate_tells_where_genes_are_dealt_at_random(
    families: Families, drugged: np.ndarray
) -> None:
    fold = np.random.default_rng(0).integers(0, FOLDS, len(drugged))
    rate = label_rate(families, drugged, fold, lambda mine: ~mine)
    assert roc_auc_score(drugged, rate) > 0.7


@pytest.fixture(scope="module")
def full(place: Path) -> Graph:
    """Families and drugs of the full data; skips without the mirror."""
    mirror = os.environ.get("TARGET_KG_MIRROR")
    if not mirror:
        pytest.skip("needs the full data: set TARGET_KG_MIRROR")
    home = Home(place)
    build(home, Library.mirror(Path(mirror)), BuildOptions(only=PARTS))
    return Graph(home.open())


def test_on_the_full_data_a_familys_rate_is_at_chance_where_it_is_held_out(full: Graph) -> None:
    families = Families.of(full)
    drugged = Precedent.of(full).precedented.any(axis=0)
    fold = families.folds(drugged)
    left = [families.unrelated(fold == held) for held in range(FOLDS)]
    assert min(seen.sum() for seen in left) >= 7461
    assert np.bincount(families.group).max() < 2000
    rate = label_rate(families, drugged, fold, families.unrelated)
    base = np.array([drugged[seen].mean() for seen in left])[fold]
    purged = roc_auc_score(drugged, log_odds(rate) - log_odds(base))
    dealt = np.random.default_rng(0).integers(0, FOLDS, len(drugged))
    random = roc_auc_score(drugged, label_rate(families, drugged, dealt, lambda mine: ~mine))
    assert purged == pytest.approx(0.5, abs=0.03)
    assert random > 0.75
