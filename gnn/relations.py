"""How genes relate to genes: similarity matrices that walks and features run over.

Every relation becomes a symmetric gene x gene matrix with an empty diagonal, so that nothing of a
gene's own evidence can come back to it in one step. Genes that share a term (a process, a family,
a tissue) are compared by the cosine of their terms weighted with log(genes / genes with the term),
and the nearest few of each are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.graph import Graph
from kg.biolink import Category, EdgeType, Predicate
from kg.compile import HYPOTHESIS_FREE

_G, _P, _C = Category.GENE, Predicate, Category
_INTERACTS = EdgeType(_G, _P.PHYSICALLY_INTERACTS_WITH, _G)


@dataclass(frozen=True, slots=True)
class Relation:
    """One way in which genes relate.

    Attributes:
        edge_types: Gene-gene edges themselves, or gene-term edges whose terms are shared.
        walk: Weight in the walk matrix; 0 leaves it out.
        systematic: True where only hypothesis-free edges count.
        hypothesis_free: Whether the relation was measured without choosing genes.
        largest: Terms with more genes than this say nothing and are left out.
    """

    name: str
    edge_types: tuple[EdgeType, ...]
    walk: float
    systematic: bool = False
    hypothesis_free: bool = False
    largest: int = 1500

    @property
    def direct(self) -> bool:
        """Whether the edges join genes with genes."""
        return self.edge_types[0].object == _G


RELATIONS: tuple[Relation, ...] = (
    Relation("interaction-systematic", (_INTERACTS,), 0.5, systematic=True, hypothesis_free=True),
    Relation("interaction", (_INTERACTS,), 1.0),
    Relation(
        "co-essential",
        (EdgeType(_G, _P.GENETICALLY_INTERACTS_WITH, _G),),
        0.5,
        hypothesis_free=True,
    ),
    Relation("complex", (EdgeType(_G, _P.PART_OF, _C.COMPLEX),), 0.5, hypothesis_free=True),
    Relation("process", (EdgeType(_G, _P.ACTIVELY_INVOLVED_IN, _C.BIOLOGICAL_PROCESS),), 1.0),
    Relation("activity", (EdgeType(_G, _P.ENABLES, _C.MOLECULAR_ACTIVITY),), 0.5),
    Relation("component", (EdgeType(_G, _P.LOCATED_IN, _C.CELLULAR_COMPONENT),), 0.0),
    Relation("pathway", (EdgeType(_G, _P.PARTICIPATES_IN, _C.PATHWAY),), 1.0),
    Relation("family", (EdgeType(_G, _P.MEMBER_OF, _C.GENE_FAMILY),), 1.0, hypothesis_free=True),
    Relation("domain", (EdgeType(_G, _P.HAS_PART, _C.DOMAIN),), 0.0, hypothesis_free=True),
    Relation(
        "expression",
        (EdgeType(_G, _P.EXPRESSED_IN, _C.ANATOMY), EdgeType(_G, _P.EXPRESSED_IN, _C.CELL)),
        0.0,
        hypothesis_free=True,
        largest=20000,
    ),
)
"""In the walk count those of the design's recipe; the others are features alone."""

NEAREST = 60
"""Neighbours kept for each gene and relation."""

_FEW_TERMS = 512
"""Up to so many terms a dense product is quicker than a sparse one."""


def incidence(graph: Graph, relation: Relation) -> sp.csr_matrix:
    """Genes x genes or genes x terms, float32 CSR, as the release states it."""
    blocks = [_edges(graph, relation, edge_type) for edge_type in relation.edge_types]
    return sp.hstack(blocks, format="csr") if len(blocks) > 1 else blocks[0]


def similarity(
    graph: Graph,
    relation: Relation,
    edges: Callable[[Graph, Relation], sp.csr_matrix] = incidence,
) -> sp.csr_matrix:
    """The relation as a symmetric, normalised genes x genes matrix with an empty diagonal.

    Args:
        graph: What to read.
        relation: Which.
        edges: How those between genes are weighed; shared terms count by their rarity alone.
    """
    matrix = (edges if relation.direct else incidence)(graph, relation)
    if relation.direct:
        near = matrix.maximum(matrix.T).tocsr()
    else:
        near = shared_terms(matrix, relation.largest)
    near.setdiag(0.0)
    near.eliminate_zeros()
    return normalised(strongest(near, NEAREST))


def shared_terms(incident: sp.csr_matrix, largest: int, block: int = 1024) -> sp.csr_matrix:
    """Cosine of genes over their terms, rarer terms weighing more; the nearest of each gene.

    Args:
        incident: Genes x terms.
        largest: Terms with more genes are left out, and so are terms with one.
        block: Rows compared at a time.
    """
    binary = incident.astype(bool).astype(np.float32).tocsc()
    size = np.diff(binary.indptr)
    useful = np.flatnonzero((size > 1) & (size <= largest))
    weighted = binary[:, useful] @ sp.diags(
        np.log(binary.shape[0] / size[useful]).astype(np.float32)
    )
    unit = _unit_rows(weighted.tocsr()).astype(np.float32)
    dense = unit.toarray() if len(useful) <= _FEW_TERMS else None
    rows = []
    for start in range(0, unit.shape[0], block):
        stop = min(start + block, unit.shape[0])
        if dense is not None:
            rows.append(_nearest_dense(dense[start:stop] @ dense.T, start))
        else:
            near = (unit[start:stop] @ unit.T).tocsr()
            row = np.repeat(np.arange(start, stop), np.diff(near.indptr))
            near.data[near.indices == row] = 0.0
            near.eliminate_zeros()
            rows.append(strongest(near, NEAREST))
    return sp.vstack(rows, format="csr").astype(np.float32)


def _nearest_dense(near: npt.NDArray[np.float32], first: int) -> sp.csr_matrix:
    """The nearest of some rows of a dense product, themselves left out."""
    n = near.shape[1]
    row = np.arange(len(near))
    near[row, row + first] = 0.0
    if n <= NEAREST:
        return sp.csr_matrix(near)
    best = np.argpartition(-near, NEAREST, axis=1)[:, :NEAREST]
    value = np.take_along_axis(near, best, axis=1)
    entries = (value.ravel(), (np.repeat(row, NEAREST), best.ravel()))
    kept = sp.csr_matrix(entries, shape=near.shape)
    kept.eliminate_zeros()
    return kept


def strongest(matrix: sp.csr_matrix, k: int) -> sp.csr_matrix:
    """The k largest entries of each row; ties by column, so that the result is always the same."""
    matrix = matrix.tocsr()
    matrix.sort_indices()
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, row))
    place = np.arange(len(order)) - matrix.indptr[row[order]]
    kept = order[place < k]
    entries = (matrix.data[kept], (row[kept], matrix.indices[kept]))
    return sp.csr_matrix(entries, shape=matrix.shape, dtype=np.float32)


def normalised(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Made symmetric by the larger entry, then D^-1/2 A D^-1/2."""
    both = matrix.maximum(matrix.T).tocsr()
    degree = np.asarray(both.sum(axis=1)).ravel()
    scale = sp.diags(np.divide(1.0, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0))
    return (scale @ both @ scale).tocsr().astype(np.float32)


def walk_matrix(similarities: Iterable[tuple[float, sp.csr_matrix]], k: int = 100) -> sp.csr_matrix:
    """Weighted sum of relations, the k strongest neighbours of each gene, rows summing to one."""
    total = sum(weight * matrix for weight, matrix in similarities)
    kept = strongest(sp.csr_matrix(total), k)
    out = np.asarray(kept.sum(axis=1)).ravel()
    scale = np.divide(1.0, out, out=np.zeros_like(out), where=out > 0)
    return (sp.diags(scale) @ kept).tocsr().astype(np.float32)


def _edges(graph: Graph, relation: Relation, edge_type: EdgeType) -> sp.csr_matrix:
    numbers = graph.store.edge_numbers(edge_type)
    if relation.systematic:
        numbers = numbers[graph.store.arrays["edge_flags"][numbers] & HYPOTHESIS_FREE > 0]
    return graph.matrix_of(edge_type, numbers)


def _unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    norm = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.diags(np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)) @ matrix
