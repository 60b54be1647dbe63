"""A knowledge-graph embedding by PyKEEN (RotatE) on the same triples and the same split.

It sees what the other methods see: how genes relate, the disease hierarchy, phenotypes of
diseases, and the visible evidence; a disease's genes are then the heads of (?, causes, disease).
The number of epochs follows from the number of triples, so that a run takes about as long on any
release and the same command gives the same figures. Needs the extra `[evaluate]`.
"""

from __future__ import annotations

import importlib.util
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.graph import Graph
from gnn.held_out import STRONG, Held
from gnn.ontology import Floats, Index
from gnn.relations import RELATIONS
from kg.biolink import Category, EdgeType, Predicate

MODEL, DIMENSION = "RotatE", 48
BATCH, RATE = 16384, 0.02
PRESENTED = 3_000_000
"""Triples shown in all; epochs are as many as that gives, from 3 to 30."""
MOST_OF_A_KIND = 40_000
"""Triples kept of each relation of genes, drawn at random."""

_PICTURE = EdgeType(Category.DISEASE, Predicate.HAS_PHENOTYPE, Category.PHENOTYPE)
_IS_A = EdgeType(Category.DISEASE, Predicate.SUBCLASS_OF, Category.DISEASE)
Triples = npt.NDArray[np.int64]


def installed() -> bool:
    """Whether PyKEEN can be imported."""
    return importlib.util.find_spec("pykeen") is not None


@dataclass(frozen=True)
class Embedding:
    """A trained embedding; asked for a disease, it scores every gene.

    Attributes:
        model: PyKEEN's.
        n_genes: Genes are its first entities, diseases the next.
        causes: The relation of evidence.
    """

    model: Any
    n_genes: int
    causes: int

    def __call__(self, disease: int) -> Floats:
        """Scores of all genes, float32 (genes,)."""
        import torch

        asked = torch.tensor([[self.causes, self.n_genes + disease]])
        with torch.no_grad():
            told = self.model.score_h(asked, heads=torch.arange(self.n_genes))[0]
        scores: Floats = told.numpy().astype(np.float32)
        return scores

    @property
    def genes(self) -> Floats:
        """Vectors of genes, real parts and imaginary, float32 (genes, 2 * `DIMENSION`)."""
        import torch

        with torch.no_grad():
            vectors = self.model.entity_representations[0](torch.arange(self.n_genes))
        real: Floats = torch.view_as_real(vectors).flatten(1).numpy().astype(np.float32)
        return real


def embedding(held: Held, seed: int) -> Embedding:
    """Train the embedding on what is visible.

    Args:
        held: The split.
        seed: Of initial vectors, batches and negatives.
    """
    triples, entities, causes = triples_of(held, seed)
    return Embedding(_trained(triples, entities, seed), held.visible.n_genes, causes)


def triples_of(held: Held, seed: int) -> tuple[Triples, int, int]:
    """Triples (head, relation, tail), how many entities there are, and the relation of evidence.

    Genes come first, then diseases, then whatever else; no triple is of hidden evidence.
    """
    graph, rng = held.material.graph, np.random.default_rng(seed)
    found: list[Triples] = []
    offset = {Category.GENE: 0, Category.DISEASE: len(graph.genes)}
    size = len(graph.genes) + len(graph.diseases)
    for number, (kind, heads, tails) in enumerate(_edges(held, graph, rng)):
        for category in (kind.subject, kind.object):
            if category not in offset:
                offset[category] = size
                size += len(graph.category(category))
        relation = np.full(len(heads), number + 1)
        rows = [heads + offset[kind.subject], relation, tails + offset[kind.object]]
        found.append(np.stack(rows, axis=1))
    strong = held.visible.weight >= STRONG
    gene, disease = held.visible.gene[strong], held.visible.disease[strong] + len(graph.genes)
    found.append(np.stack([gene, np.zeros(len(gene), np.int64), disease], axis=1))
    return np.concatenate(found).astype(np.int64), size, 0


def _edges(
    held: Held, graph: Graph, rng: np.random.Generator
) -> Iterator[tuple[EdgeType, Index, Index]]:
    kinds = dict.fromkeys(t for r in RELATIONS for t in r.edge_types)
    for kind in kinds:
        heads, tails = graph.pairs(kind)
        kept = rng.permutation(len(heads))[:MOST_OF_A_KIND]
        yield kind, heads[kept], tails[kept]
    yield _IS_A, *graph.pairs(_IS_A)
    heads, tails = graph.pairs(_PICTURE)
    shown = np.flatnonzero(np.diff(held.material.profiles.matrix.indptr)[heads] > 0)
    kept = rng.permutation(shown)[:MOST_OF_A_KIND]
    yield _PICTURE, heads[kept], tails[kept]


def _trained(triples: Triples, entities: int, seed: int):  # type: ignore[no-untyped-def]
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("pykeen").setLevel(logging.ERROR)
        from pykeen.models import RotatE
        from pykeen.training import SLCWATrainingLoop
        from pykeen.triples import CoreTriplesFactory

        factory = CoreTriplesFactory(
            torch.from_numpy(triples), num_entities=entities, num_relations=triples[:, 1].max() + 1
        )
        model = RotatE(triples_factory=factory, embedding_dim=DIMENSION, random_seed=seed)
        optimiser = torch.optim.Adam(model.get_grad_params(), lr=RATE)
        epochs = int(np.clip(PRESENTED // len(triples), 3, 30))
        loop = SLCWATrainingLoop(model=model, triples_factory=factory, optimizer=optimiser)
        loop.train(factory, num_epochs=epochs, batch_size=BATCH, use_tqdm=False)
    return model.eval()
