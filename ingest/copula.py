"""How many edges of each kind a node has: marginals as counted, dependence as a Gaussian copula.

A node's degrees over edge types are not independent: a gene with many diseases has many drugs.
Each degree is a step function of a hidden normal variable; the hidden variables' correlations are
those under which the degrees have the Spearman correlations that were observed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import rankdata

Degrees = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_TERMS = 80
"""Terms of the Hermite series; what is left out is below 0.02 for correlations up to 0.95."""
_STRONGEST = 0.98
_GRID = np.linspace(-_STRONGEST, _STRONGEST, 393)


@dataclass(frozen=True)
class DegreeModel:
    """The degrees of one category's nodes over D kinds of edge ends.

    Attributes:
        size: Nodes it was fitted on.
        margins: For each kind the degrees in ascending order, int64 of `size`; nodes without such
            an edge count with 0.
        correlation: Of the hidden variables, float64 D x D, positive definite.
    """

    size: int
    margins: tuple[Degrees, ...]
    correlation: Floats

    @classmethod
    def fit(cls, degrees: Degrees) -> DegreeModel:
        """Fit on the degrees of all nodes of a category, int64 nodes x D."""
        margins = tuple(np.sort(column) for column in degrees.T)
        return cls(len(degrees), margins, _hidden(spearman(degrees), margins))

    def draw(self, size: int, rng: np.random.Generator) -> Degrees:
        """Degrees of new nodes, int64 size x D: the margins stretched, the dependence drawn."""
        drawn = np.empty((size, len(self.margins)), np.int64)
        if not drawn.size:
            return drawn
        hidden = rng.standard_normal(drawn.shape) @ np.linalg.cholesky(self.correlation).T
        at = (np.arange(size) * self.size + self.size // 2) // size
        for k, margin in enumerate(self.margins):
            drawn[np.argsort(hidden[:, k]), k] = margin[at]
        return drawn


def spearman(degrees: Degrees) -> Floats:
    """Spearman correlations of columns, D x D; 0 with a column that is constant."""
    ranks = np.column_stack([rankdata(c) for c in degrees.T]) if degrees.size else degrees
    centred = ranks - ranks.mean(axis=0) if degrees.size else ranks.astype(np.float64)
    spread = np.sqrt((centred**2).sum(axis=0))
    scaled = centred / np.where(spread > 0, spread, 1)
    found: Floats = scaled.T @ scaled
    np.fill_diagonal(found, 1.0)
    return found


def _hidden(observed: Floats, margins: tuple[Degrees, ...]) -> Floats:
    """Correlations of normals whose steps have the observed Spearman correlations.

    The correlation of two step functions of normals with correlation r is the power series
    sum_k a_k b_k r^k over their Hermite coefficients (Mehler's formula); it is inverted on a grid.
    """
    coefficients = [_hermite(m) for m in margins]
    powers = _GRID[:, None] ** np.arange(1, _TERMS + 1)
    found = np.eye(len(margins))
    for i in range(len(margins)):
        for j in range(i):
            reached = powers @ (coefficients[i] * coefficients[j])
            at = np.abs(reached - observed[i, j]).argmin()
            found[i, j] = found[j, i] = _GRID[at] if reached.any() else 0.0
    return _positive_definite(found)


def _hermite(margin: Degrees) -> Floats:
    """Coefficients 1.._TERMS of a margin's ranks as a function of a normal, of norm 1.

    Of a step from a to b the integral against the normalised polynomial h_k and the normal density
    f is (h_{k-1}(a) f(a) - h_{k-1}(b) f(b)) / sqrt(k); the recurrence is
    h_{k+1} = (z h_k - sqrt(k) h_{k-1}) / sqrt(k + 1).
    """
    _, counts = np.unique(margin, return_counts=True)
    upto = np.cumsum(counts) / max(len(margin), 1)
    score = upto - counts / max(len(margin), 1) / 2
    if len(counts) < 2:
        return np.zeros(_TERMS)
    z = ndtri(upto[:-1])
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    before, now = np.zeros_like(z), np.ones_like(z)
    jumps = np.diff(score) * density
    found = np.empty(_TERMS)
    for k in range(1, _TERMS + 1):
        found[k - 1] = (jumps * now).sum() / np.sqrt(k)
        before, now = now, (z * now - np.sqrt(k - 1) * before) / np.sqrt(k)
    weight = counts / len(margin)
    scaled: Floats = found / np.sqrt((weight * (score - 0.5) ** 2).sum())
    return scaled


def _positive_definite(matrix: Floats) -> Floats:
    """The nearest by clipping eigenvalues, with ones on its diagonal."""
    if not len(matrix):
        return matrix
    values, vectors = np.linalg.eigh(matrix)
    clipped = (vectors * values.clip(min=1e-6)) @ vectors.T
    scale = np.sqrt(np.diag(clipped))
    found: Floats = clipped / np.outer(scale, scale)
    return found
