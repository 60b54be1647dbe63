"""The embedding baseline sees what the split leaves visible, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from gnn import embedding_baseline
from gnn.embedding_baseline import embedding, triples_of
from gnn.held_out import STRONG, Held, zero_shot_draw
from gnn.material import Material
from gnn.objective import Variant
from kg.release import Release

DRAW = 50


@pytest.fixture(scope="module")
def held(release: Release) -> Held:
    return zero_shot_draw(Material.of(release, Variant.HEADLINE, 0), DRAW)


def test_no_hidden_evidence_is_among_the_triples(held: Held) -> None:
    triples, entities, causes = triples_of(held, 0)
    assert triples.max() < entities
    n_genes = held.visible.n_genes
    told = triples[triples[:, 1] == causes]
    assert len(told) == int((held.visible.weight >= STRONG).sum()) > 100
    asked = [q.disease + n_genes for q in held.queries]
    assert not np.isin(told[:, 2], asked).any()


def test_evidence_is_told_by_no_other_relation(held: Held) -> None:
    triples, _, causes = triples_of(held, 0)
    n_genes, n_diseases = held.visible.n_genes, held.visible.ontology.n
    is_gene = triples[:, [0, 2]] < n_genes
    is_disease = (triples[:, [0, 2]] >= n_genes) & (triples[:, [0, 2]] < n_genes + n_diseases)
    both = (is_gene[:, 0] & is_disease[:, 1]) | (is_disease[:, 0] & is_gene[:, 1])
    assert (triples[both, 1] == causes).all()


def test_it_trains_and_comes_out_the_same(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pykeen")
    monkeypatch.setattr(embedding_baseline, "MOST_OF_A_KIND", 1500)
    monkeypatch.setattr(embedding_baseline, "PRESENTED", 1)
    disease = held.queries[0].disease
    one, again = (embedding(held, 3)(disease) for _ in range(2))
    assert one.shape == (held.visible.n_genes,)
    assert np.isfinite(one).all()
    assert one.std() > 0
    assert np.array_equal(one, again)
