"""What the network part knows of genes and of diseases, as dense blocks.

No block is made of statements on gene and disease, of ligands, of clinical evidence or of
publication counts: `RELATIONS` and `FACTS` are all there is, and tests hold them to the
objectives' hidden edges.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

from gnn.graph import Graph
from gnn.ontology import Floats, Ontology
from gnn.phenotype import Profiles
from gnn.relations import RELATIONS, Relation, incidence, similarity, walk_matrix
from kg.errors import ModelError

FACTS: tuple[str, ...] = (
    "constraint.loeuf",
    "constraint.pli",
    "constraint.missense_z",
    "constraint.cds_length",
    "expression.gtex_tissues",
    "expression.gtex_median",
    "expression.bgee_places",
    "surface.surfy",
)
"""Numeric facts of genes that features are made of: measured on all genes alike."""

WALK = "walk"
"""Name of the block that is made of the walk."""
SIZES: Mapping[str, int] = {"expression": 40, "domain": 64, "family": 64, WALK: 160}
"""Components kept of each relation's similarity; others keep `COMPONENTS`."""
COMPONENTS = 48
DISEASE_COMPONENTS = 128


@dataclass(frozen=True)
class Relations:
    """The similarity matrix of each relation that has edges, and the walk over some of them."""

    by_name: Mapping[str, sp.csr_matrix]
    walk: sp.csr_matrix

    @classmethod
    def of(
        cls,
        graph: Graph,
        hypothesis_free: bool = False,
        edges: Callable[[Graph, Relation], sp.csr_matrix] = incidence,
    ) -> Relations:
        """From a release.

        Args:
            graph: What to read.
            hypothesis_free: Whether to leave out relations that chose their genes.
            edges: Of relations between genes themselves, with their weights.
        """
        chosen = [r for r in RELATIONS if r.hypothesis_free or not hypothesis_free]
        found = {r.name: similarity(graph, r, edges) for r in chosen}
        return cls.over({name: matrix for name, matrix in found.items() if matrix.nnz})

    @classmethod
    def over(cls, found: Mapping[str, sp.csr_matrix]) -> Relations:
        """From similarities by name.

        Raises:
            ModelError: none of them is one that walks go over.
        """
        walked = [(r.walk, found[r.name]) for r in RELATIONS if r.walk and r.name in found]
        if not walked:
            raise ModelError("no relation of genes is left that walks go over")
        return cls(found, walk_matrix(walked))

    def only_hypothesis_free(self) -> Relations:
        """These without the relations that chose their genes."""
        free = {r.name for r in RELATIONS if r.hypothesis_free}
        return self.over({name: m for name, m in self.by_name.items() if name in free})


def gene_blocks(graph: Graph, relations: Relations) -> dict[str, Floats]:
    """Blocks of gene features, each float32 (genes, k), columns of mean 0 and variance 1.

    Args:
        graph: The release; its numeric facts make one block.
        relations: Each similarity, and the walk, gives its leading components.
    """
    facts = {"facts": standardised(_facts(graph))}
    return facts | relation_blocks(relations, {*relations.by_name, WALK})


def relation_blocks(relations: Relations, names: Collection[str]) -> dict[str, Floats]:
    """The blocks of some relations, and of the walk where it is among the names."""
    blocks = {
        name: components(matrix, SIZES.get(name, COMPONENTS))
        for name, matrix in relations.by_name.items()
        if name in names
    }
    if WALK in names:
        symmetric = (relations.walk + relations.walk.T).tocsr() * np.float32(0.5)
        blocks[WALK] = components(symmetric, SIZES[WALK])
    return {name: standardised(block) for name, block in blocks.items()}


def disease_blocks(ontology: Ontology, profiles: Profiles) -> dict[str, Floats]:
    """Blocks of disease features, each float32 (diseases, k): place in the hierarchy, phenotypes.

    Names are no part of it: they tell what is known of a disease, as text does.
    """
    above = ontology.ancestors.astype(np.float32) @ sp.diags(ontology.information)
    blocks = {"ontology": components(above.tocsr(), DISEASE_COMPONENTS)}
    if profiles.matrix.nnz:
        blocks["phenotype"] = components(profiles.matrix, DISEASE_COMPONENTS)
    return {name: standardised(block) for name, block in blocks.items()}


def components(matrix: sp.csr_matrix, k: int) -> Floats:
    """Left singular vectors times singular values, float32 (rows, at most k); always the same."""
    k = min(k, min(matrix.shape) - 1)
    left, scale, _ = randomized_svd(matrix, k, n_iter=4, random_state=0)
    scores: Floats = (left * scale).astype(np.float32)
    return scores


def standardised(block: Floats) -> Floats:
    """Columns of mean 0 and variance 1; constant ones become 0."""
    spread = block.std(axis=0)
    centred = block - block.mean(axis=0)
    result: Floats = np.divide(
        centred, spread, out=np.zeros_like(centred), where=spread > 1e-9
    ).astype(np.float32)
    return result


def joined(blocks: Iterable[Floats]) -> Floats:
    """Blocks side by side, each scaled to count the same, float32 (rows, all columns)."""
    parts = [block / np.sqrt(np.float32(block.shape[1])) for block in blocks]
    side_by_side: Floats = np.hstack(parts) / np.sqrt(np.float32(len(parts)))
    return side_by_side


def _facts(graph: Graph) -> Floats:
    """Facts with the mean in place of what is missing, and a column that says it is missing."""
    columns = []
    for key in FACTS:
        value = graph.fact_numbers(key)
        missing = np.isnan(value)
        if missing.all():
            continue
        positive = np.nanmin(value) >= 0
        value = np.log1p(value) if positive else value
        columns += [np.where(missing, np.nanmean(value), value), missing.astype(np.float32)]
    if not columns:
        return np.zeros((len(graph.genes), 1), np.float32)
    return np.stack(columns, axis=1).astype(np.float32)
