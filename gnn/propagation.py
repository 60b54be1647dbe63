"""Random walks with restart from a disease's genes, with each gene's own return taken out.

p = (1 - a) sum_k a^k W^T^k s over `steps` steps, from seeds s. What a gene's own seed brings back
to it is subtracted exactly, and the seeds are normalised without it, so that a gene's score does
not depend on its own evidence (leave-one-out in closed form).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Walk:
    """A walk matrix and how far to walk.

    Attributes:
        matrix: Rows sum to one (or to zero for genes without neighbours), float32 CSR (n, n).
        stay: Probability of going on at each step, 0 to 1.
        steps: Where the series is cut.
        own: What one unit of seed at a gene brings back to it, float32 (n,).
    """

    matrix: sp.csr_matrix
    stay: float
    steps: int
    own: Floats

    @classmethod
    def over(cls, matrix: sp.csr_matrix, stay: float = 0.5, steps: int = 8) -> Walk:
        """Prepare a walk; computes every gene's own return, in blocks."""
        backward = matrix.T.tocsr()
        return cls(matrix, stay, steps, _own_return(backward, stay, steps))

    def spread(self, seeds: Floats) -> Floats:
        """Where walks from the seeds are found.

        Args:
            seeds: Not negative, float32 (n,) or (n, q), one column a query.
        """
        return _series(self.matrix.T.tocsr(), seeds, self.stay, self.steps)

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


def _series(backward: sp.csr_matrix, seeds: Floats, stay: float, steps: int) -> Floats:
    here, total = seeds.astype(np.float32), (1.0 - stay) * seeds.astype(np.float32)
    for _ in range(steps):
        here = stay * (backward @ here)
        total = total + (1.0 - stay) * here
    return total.astype(np.float32)


def _own_return(backward: sp.csr_matrix, stay: float, steps: int, block: int = 512) -> Floats:
    n = backward.shape[0]
    own = np.zeros(n, np.float32)
    for start in range(0, n, block):
        stop = min(start + block, n)
        unit = np.zeros((n, stop - start), np.float32)
        unit[np.arange(start, stop), np.arange(stop - start)] = 1.0
        spread = _series(backward, unit, stay, steps)
        own[start:stop] = spread[np.arange(start, stop), np.arange(stop - start)]
    return own


def tail(score: Floats) -> Floats:
    """How far into the top each gene is: -log10(1 - percentile) / 3, clipped to 0..1.

    The best thousandth gets 1, the best hundredth 2/3, the best tenth 1/3; ties share the worse
    place, and genes with no score get 0.
    """
    order = np.sort(score)
    above = len(score) - np.searchsorted(order, score, side="left")
    value = -np.log10(above / len(score)) / 3.0
    return np.where(score > 0, value, 0.0).clip(0.0, 1.0).astype(np.float32)
