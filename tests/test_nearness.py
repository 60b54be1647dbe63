"""Walks from kin count the more, the nearer the evidence is that they start from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnn.held_out import without_pairs, zero_shot_draw
from gnn.material import Material
from gnn.network import NEAR, WEIGHTS, Walks, rank_average
from gnn.objective import Variant
from kg.release import Release


@pytest.fixture(scope="module")
def material(release: Release) -> Material:
    return Material.of(release, Variant.HEADLINE, 0)


def test_a_disease_with_evidence_of_its_own_is_as_near_as_can_be(material: Material) -> None:
    direct = material.direct
    disease = int(np.bincount(direct.disease).argmax())
    near = material.without_network().nearness(disease)
    assert (near == 1.0).all()


def test_a_genes_own_evidence_makes_nothing_near_to_it(material: Material) -> None:
    """Where one gene alone has evidence near a disease, the others are nearer than it is."""
    direct, causal = material.direct, material.without_network()
    sole = [d for d in direct.evidence_diseases.tolist() if (direct.disease == d).sum() == 1]
    told = 0
    for disease in sole[:200]:
        gene = int(direct.gene[direct.disease == disease][0])
        near = causal.nearness(disease)
        assert (np.delete(near, gene) == 1.0).all()
        gone = without_pairs(direct, direct.gene == gene)
        assert near[gene] == replace(causal, direct=gone).nearness(disease)[gene]
        told += near[gene] < 1.0
    assert told


def test_diseases_never_seen_have_nothing_near(material: Material) -> None:
    draw = zero_shot_draw(material, 0)
    causal = material.without_network(draw.visible)
    for query in draw.queries[:10]:
        assert causal.nearness(query.disease).max() < 0.5**3
        assert causal.walks(query.disease).kin_weight.max() < NEAR * 0.5**3


def test_walks_from_kin_count_at_least_their_weight_and_more_when_near() -> None:
    rng = np.random.default_rng(0)
    ridge, towers, kin, picture = rng.random((4, 50)).astype(np.float32)
    nothing = np.zeros(50, np.float32)

    def kin_part(near: float) -> np.ndarray:
        walks = Walks(kin, nothing, near)
        return rank_average(nothing, nothing, walks)

    assert np.allclose(kin_part(1.0), NEAR / WEIGHTS["kin"] * kin_part(0.0))
    assert np.allclose(kin_part(0.01), kin_part(0.0))
    both = rank_average(ridge, towers, Walks(kin, picture, 0.5))
    near = np.full(50, 0.5, np.float32)
    assert np.array_equal(both, rank_average(ridge, towers, Walks(kin, picture, near)))
    assert Walks.none(ridge).kin_weight == np.float32(WEIGHTS["kin"])
