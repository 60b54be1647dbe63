"""Baselines of direction: what they may read, and planted signs that they find."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp

from gnn.clustered import auroc, plain
from gnn.direction_figures import rival_scores, wilson
from gnn.druggability_baselines import Rivals
from gnn.propagation import Walk
from gnn.relations import walk_matrix

Mask = npt.NDArray[np.bool_]
GENES, FAMILY = 600, 6
FITTED = ("pagerank", "kernel_ridge", "embedding")


def others(held: Mask) -> Mask:
    return ~held


@pytest.fixture(scope="module")
def truth() -> Mask:
    """Families of six, all of one sign."""
    return np.repeat(np.random.default_rng(0).random(GENES // FAMILY) < 0.6, FAMILY)


@pytest.fixture(scope="module")
def rivals(truth: Mask) -> Rivals:
    """Walks within families; columns that tell the sign, with noise; fame that tells nothing."""
    rng = np.random.default_rng(1)
    block = np.ones((FAMILY, FAMILY), np.float32) - np.eye(FAMILY, dtype=np.float32)
    family = sp.block_diag([block] * (GENES // FAMILY), format="csr")
    columns = (truth[:, None] + rng.normal(0.0, 0.5, (GENES, 4))).astype(np.float32)
    fame = rng.random(GENES).astype(np.float32)
    return Rivals({"degree": fame}, Walk.over(walk_matrix([(1.0, family)])), columns, columns)


def test_planted_signs_are_found_by_what_was_fitted_and_not_by_fame(
    truth: Mask, rivals: Rivals
) -> None:
    rng = np.random.default_rng(2)
    told, fold = rng.random(GENES) < 0.7, rng.integers(0, 5, GENES)
    scores = rival_scores(rivals, told, truth, fold, others)
    for name in FITTED:
        assert plain(auroc, truth[told], scores[name]) > 0.9
    assert abs(plain(auroc, truth[told], scores["degree"]) - 0.5) < 0.1


def test_no_sign_of_a_fold_is_read_for_it(truth: Mask, rivals: Rivals) -> None:
    """Signs of one fold turned round: its own genes' scores stay, those of others change."""
    rng = np.random.default_rng(3)
    told, fold = rng.random(GENES) < 0.7, rng.integers(0, 3, GENES)
    turned = np.where(fold == 0, ~truth, truth)
    mine = fold[told] == 0
    first, second = (rival_scores(rivals, told, t, fold, others) for t in (truth, turned))
    for name in FITTED:
        assert np.allclose(first[name][mine], second[name][mine])
        assert not np.allclose(first[name][~mine], second[name][~mine])


def test_genes_that_no_drug_tells_teach_nothing(truth: Mask, rivals: Rivals) -> None:
    rng = np.random.default_rng(4)
    told, fold = rng.random(GENES) < 0.5, rng.integers(0, 3, GENES)
    turned = np.where(told, truth, ~truth)
    first, second = (rival_scores(rivals, told, t, fold, others) for t in (truth, turned))
    for name in FITTED:
        assert np.array_equal(first[name], second[name])


def test_wilson_s_interval_is_the_textbook_s() -> None:
    assert wilson(29, 30) == pytest.approx([0.9667, 0.8333, 0.9941], abs=2e-3)
