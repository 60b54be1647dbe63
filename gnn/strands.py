"""Which relation brings how much of each edge that the walk goes along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.ontology import Floats, Index
from gnn.relations import RELATIONS


@dataclass(frozen=True)
class Strands:
    """Shares of the walk's edges by relation.

    Attributes:
        names: Relations that the walk is made of, (r,).
        share: In 255ths, uint8 (edges of the walk matrix in its order, r); rows sum to 255 but
            for rounding.
    """

    names: tuple[str, ...]
    share: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, walk: sp.csr_matrix, relations: Mapping[str, sp.csr_matrix]) -> Strands:
        """From the walk matrix and the similarity matrices it was made of."""
        walk.sort_indices()
        mine = [r for r in RELATIONS if r.walk and r.name in relations]
        parts = np.stack([r.walk * _at(relations[r.name], walk) for r in mine], axis=1)
        total = parts.sum(axis=1, keepdims=True)
        share = np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)
        return cls(tuple(r.name for r in mine), np.rint(share * 255.0).astype(np.uint8))

    def fraction(self, edges: Index | slice) -> Floats:
        """Shares of some edges, float32 (len, r), rows summing to one."""
        share = np.asarray(self.share[edges], np.float32)
        total = share.sum(axis=1, keepdims=True)
        even = np.full_like(share, 1.0 / max(share.shape[1], 1))
        fraction: Floats = np.divide(share, total, out=even, where=total > 0)
        return fraction

    def of_edge(self, walk: sp.csr_matrix, start: int, end: int) -> dict[str, float]:
        """Shares of one edge of the walk by relation; empty where there is no such edge."""
        first, last = walk.indptr[start], walk.indptr[start + 1]
        place = first + int(np.searchsorted(walk.indices[first:last], end))
        if place >= last or walk.indices[place] != end:
            return {}
        return dict(zip(self.names, self.fraction(slice(place, place + 1))[0], strict=True))

    def without(self, walk: sp.csr_matrix, relation: str) -> sp.csr_matrix:
        """The walk matrix without a relation, its rows scaled to one again.

        Neighbours that would move up into the places left free are not known here.
        """
        lost = np.asarray(self.share[:, self.names.index(relation)], np.float32) / 255.0
        data = walk.data * (1.0 - lost)
        matrix = sp.csr_matrix((data, walk.indices, walk.indptr), shape=walk.shape)
        total = np.asarray(matrix.sum(axis=1)).ravel()
        scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 1e-9)
        matrix.data = (matrix.data * np.repeat(scale, np.diff(walk.indptr))).astype(np.float32)
        return matrix


def _at(matrix: sp.csr_matrix, pattern: sp.csr_matrix) -> Floats:
    """Entries of a matrix at the places of another, float32 (pattern.nnz,)."""
    matrix.sort_indices()
    stored, wanted = _keys(matrix), _keys(pattern)
    if not len(stored):
        return np.zeros(len(wanted), np.float32)
    place = np.searchsorted(stored, wanted).clip(max=len(stored) - 1)
    return np.where(stored[place] == wanted, matrix.data[place], 0.0).astype(np.float32)


def _keys(matrix: sp.csr_matrix) -> Index:
    row = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    keys: Index = row * matrix.shape[1] + matrix.indices
    return keys
