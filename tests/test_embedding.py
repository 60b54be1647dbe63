"""The embedding baseline sees what the split leaves visible, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from gnn import embedding_baseline
from gnn.embedding_baseline import DIMENSION, embedding, triples_of
from gnn.evaluate import Evaluated
from gnn.held_out import STRONG, Held, zero_shot_draw
from gnn.material import Material

DRAW = 50


@pytest.fixture(scope="module")
def held(material: Material) -> Held:
    return zero_shot_draw(material, DRAW)


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


def test_a_whole_release_is_embedded_with_or_without_evidence(
    evaluated: Evaluated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tractability may not be told by what genes do in diseases; reversibility may."""
    assert evaluated.embedding(of_diseases=True) is None
    monkeypatch.setattr(embedding_baseline, "installed", lambda: True)
    monkeypatch.setattr(embedding_baseline, "embedding", lambda held, _: triples_of(held, 0))
    subject = replace(evaluated, bench=replace(evaluated.bench, embed=True))
    (told, _, causes), (untold, *_) = (
        cast("tuple[np.ndarray, int, int]", subject.embedding(of_diseases=d)) for d in (True, False)
    )
    strong = subject.material.direct.weight >= STRONG
    assert (told[:, 1] == causes).sum() == strong.sum() > 100
    assert np.array_equal(told[told[:, 1] != causes], untold)


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


def test_vectors_of_genes_are_what_is_scored(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("pykeen")
    monkeypatch.setattr(embedding_baseline, "MOST_OF_A_KIND", 500)
    monkeypatch.setattr(embedding_baseline, "PRESENTED", 1)
    found, disease = embedding(held, 3), held.queries[0].disease
    vectors = found.genes
    assert vectors.shape == (held.visible.n_genes, 2 * DIMENSION)
    genes = vectors[:, ::2] + 1j * vectors[:, 1::2]
    entities, relations = (
        getattr(found.model, f"{kind}_representations")[0](torch.tensor([number]))
        .detach()
        .numpy()[0]
        for kind, number in (("entity", found.n_genes + disease), ("relation", found.causes))
    )
    distance = np.linalg.norm(genes * relations - entities, axis=1)
    assert found(disease) == pytest.approx(-distance, abs=1e-3)
