"""Random walks with restart from a disease's genes, with each gene's own return taken out.

p = (1 - a) sum_k a^k W^T^k s over four steps, from seeds s. What a gene's own seed brings back
to it is subtracted exactly, and the seeds are normalised without it, so that a gene's score does
not depend on its own evidence (leave-one-out in closed form). Four steps hold 97 % of the walk at
a = .5, and the diagonals of four powers follow from the first two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Floats = npt.NDArray[np.float32]

STEPS = 4
"""Where the series is cut."""


@dataclass(frozen=True)
class Walk:
    """A walk matrix and how far to walk.

    Attributes:
        matrix: Rows sum to one (or to zero for genes without neighbours), float32 CSR (n, n).
        stay: Probability of going on at each step, 0 to 1.
        own: What one unit of seed at a gene brings back to it, float32 (n,).
    """

    matrix: sp.csr_matrix
    stay: float
    own: Floats

    @classmethod
    def over(cls, matrix: sp.csr_matrix, stay: float = 0.5) -> Walk:
        """Prepare a walk; computes every gene's own return, in blocks of rows."""
        return cls(matrix, stay, _own_return(matrix, stay))

    @cached_property
    def _backward(self) -> sp.csr_matrix:
        return self.matrix.T.tocsr()

    def into(self, node: int) -> Floats:
        """The first step of walks into a node from every other, float32 (n,)."""
        return np.asarray(self._backward[node].todense(), np.float32).ravel()

    def spread(self, seeds: Floats) -> Floats:
        """Where walks from the seeds are found.

        Args:
            seeds: Not negative, float32 (n,) or (n, q), one column a query.
        """
        return _series(self._backward, seeds, self.stay)

    def leave_one_out(self, seeds: Floats) -> Floats:
        """Each gene's score from all other seeds, float32 of the seeds' shape.

        A gene that is no seed gets its share of the whole; a seed gets that of the others, as if
        its own evidence were not known.
        """
        total = seeds.sum(axis=0, keepdims=True)
        own = self.own[:, None] if seeds.ndim == 2 else self.own
        others = np.maximum(self.spread(seeds) - seeds * own, 0.0)
        rest = total - seeds
        score: Floats = np.divide(others, rest, out=np.zeros_like(others), where=rest > 1e-9)
        return score


def origins(matrix: sp.csr_matrix, nodes: npt.NDArray[np.int64], stay: float = 0.5) -> Floats:
    """Where walks that arrive at some nodes come from: the walk's operator, row by row.

    Args:
        matrix: Walk matrix, rows sum to one or zero, float32 CSR (n, n).
        nodes: Which rows of the operator, int64 (q,).
        stay: Probability of going on at each step.

    Returns:
        float32 (q, n): what one unit of seed at each node brings to those asked for, so that
        `origins(W, nodes) @ seeds` is `Walk.spread(seeds)[nodes]`.
    """
    asked = np.zeros((matrix.shape[0], len(nodes)), np.float32)
    asked[nodes, np.arange(len(nodes))] = 1.0
    return np.ascontiguousarray(_series(matrix, asked, stay).T)


def _series(backward: sp.csr_matrix, seeds: Floats, stay: float) -> Floats:
    here, total = seeds.astype(np.float32), (1.0 - stay) * seeds.astype(np.float32)
    for _ in range(STEPS):
        here = stay * (backward @ here)
        total = total + (1.0 - stay) * here
    return total.astype(np.float32)


def _own_return(matrix: sp.csr_matrix, stay: float, block: int = 1024) -> Floats:
    """(1 - a) (1 + sum_k a^k diag(W^k)), the diagonals from W, W^2 and their transposes."""
    n = matrix.shape[0]
    backward = matrix.T.tocsr()
    own = np.ones(n, np.float64)
    for start in range(0, n, block):
        rows = slice(start, min(start + block, n))
        once, once_back = matrix[rows], backward[rows]
        twice, twice_back = once @ matrix, once_back @ backward
        for power, (left, right) in {
            2: (once, once_back),
            3: (twice, once_back),
            4: (twice, twice_back),
        }.items():
            back = np.asarray(left.multiply(right).sum(axis=1)).ravel()
            own[rows] += stay**power * back
        own[rows] += stay * matrix.diagonal()[rows]
    return ((1.0 - stay) * own).astype(np.float32)


def tail(score: Floats) -> Floats:
    """How far into the top each gene is: -log10(1 - percentile) / 3, clipped to 0..1.

    The best thousandth gets 1, the best hundredth 2/3, the best tenth 1/3; ties share the worse
    place, and genes with no score get 0.
    """
    order = np.sort(score)
    above = len(score) - np.searchsorted(order, score, side="left")
    value = -np.log10(above / len(score)) / 3.0
    return np.where(score > 0, value, 0.0).clip(0.0, 1.0).astype(np.float32)
