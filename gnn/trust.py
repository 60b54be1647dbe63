"""Trust by independent sources: what one alone says counts half, what two say three quarters.

A record of a source that anybody can write to (literature, text mining) is cheap to forge; records
of several sources are not. The weight 1 - 2^-n of a statement that n sources make saturates, and
a thousand records of one source weigh no more than one. What was measured on all genes alike, and
what an expert panel judged, keeps its full weight: neither can be had by writing papers. That
studies of one source count once holds without trust too (`gnn.causality.replicated`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.graph import Claims, Graph
from gnn.ontology import Index
from gnn.relations import Relation, incidence
from kg.biolink import EvidenceClass
from kg.compile import CLASSES, HYPOTHESIS_FREE

FORGEABLE = tuple(CLASSES.index(c) for c in (EvidenceClass.LITERATURE, EvidenceClass.PREDICTION))
Weights = npt.NDArray[np.float32]


def weight_of(sources: npt.NDArray[np.integer]) -> Weights:
    """Weight of a statement by the number of independent sources, float32, 0 to below 1."""
    return (1.0 - 0.5 ** np.asarray(sources, np.float32)).astype(np.float32)


def trusted_claims(claims: Claims) -> Claims:
    """Claims, the forgeable ones by the number of sources that state the same pair.

    All sources of a pair count, whatever their class: a paper that repeats what a panel says is
    believed more than one that stands alone.
    """
    if not len(claims):
        return claims
    pair = claims.gene * (int(claims.disease.max()) + 1) + claims.disease
    _, place = np.unique(pair, return_inverse=True)
    _, source = np.unique(claims.source, return_inverse=True)
    stated = np.unique(np.stack([place, source], axis=1), axis=0)
    weight = weight_of(np.bincount(stated[:, 0]))[place]
    cheap = np.isin(claims.evidence_class, FORGEABLE) & ~claims.negated
    kept = {n: getattr(claims, n) for n in Claims.__dataclass_fields__}
    kept["strength"] = np.where(cheap, claims.strength * weight, claims.strength)
    return Claims(**kept)


def trusted_incidence(graph: Graph, relation: Relation) -> sp.csr_matrix:
    """Gene-gene edges of a relation, weighted by their sources; systematic ones count in full."""
    if relation.hypothesis_free:
        return incidence(graph, relation)
    matrices = []
    for edge_type in relation.edge_types:
        numbers = graph.store.edge_numbers(edge_type)
        weight = weight_of(_sources_of(graph, numbers))
        systematic = graph.store.arrays["edge_flags"][numbers] & HYPOTHESIS_FREE > 0
        weight[systematic] = 1.0
        for level in np.unique(weight):
            mine = graph.matrix_of(edge_type, numbers[weight == level])
            matrices.append(mine * np.float32(level))
    return sum(matrices[1:], matrices[0]).tocsr()


def _sources_of(graph: Graph, numbers: Index) -> npt.NDArray[np.int64]:
    """How many sources state each edge, int64 (len(numbers),)."""
    arrays = graph.store.arrays
    start, end = (np.asarray(arrays[f"evidence_{e}"][numbers], np.int64) for e in ("start", "end"))
    sources = graph.store.evidence_table(["source"])["source"].cast("string")
    codes = sources.combine_chunks().dictionary_encode().indices.to_numpy()
    size = end - start
    edge = np.repeat(np.arange(len(numbers)), size)
    first = np.repeat(start - np.concatenate([[0], np.cumsum(size)[:-1]]), size)
    code = codes[np.arange(int(size.sum())) + first].astype(np.int64)
    stated = np.unique(edge * (int(codes.max()) + 1) + code) // (int(codes.max()) + 1)
    return np.bincount(stated, minlength=len(numbers)).astype(np.int64)
