"""Kernel ridge regression of gene x disease, in closed form over random Fourier features.

Y = Zg W Zd' is solved for W by least squares with a penalty on either side,
W = (Zg'Zg + a)^-1 Zg' Y Zd (Zd'Zd + b)^-1, where Z are random Fourier features of a Gaussian
kernel (Rahimi and Recht 2007). A fit takes seconds and needs no tuning of steps or rates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.linalg import cho_factor, cho_solve

from gnn.ontology import Floats, Index
from gnn.threads import one_thread

GENE_FEATURES, DISEASE_FEATURES = 1024, 1024
GENE_PENALTY, DISEASE_PENALTY = 20.0, 3.0
BANDWIDTH = 0.7
"""Spread of the random directions: of the kernel exp(-(.7 d)^2 / 2) of distance d."""
STRONG = 0.5
"""Weight from which a pair is learned from."""


def fourier(features: Floats, count: int, seed: int) -> Floats:
    """Random Fourier features of a Gaussian kernel on the sphere, float32 (rows, count).

    Args:
        features: Rows, scaled to unit length here: what counts is the kind, not how much of it.
        count: How many.
        seed: Of the random directions.
    """
    rng = np.random.default_rng(seed)
    length = np.linalg.norm(features, axis=1, keepdims=True)
    features = features / np.maximum(length, np.float32(1e-6))
    direction = rng.normal(0.0, BANDWIDTH, (features.shape[1], count)).astype(np.float32)
    phase = rng.uniform(0.0, 2.0 * np.pi, count).astype(np.float32)
    wave: Floats = np.cos(features @ direction + phase) * np.float32(np.sqrt(2.0 / count))
    return wave


@dataclass(frozen=True)
class KernelRidge:
    """Kernel features of all genes and diseases; fits are made for the diseases one may see.

    Attributes:
        genes, diseases: Fourier features, float32 (genes, p) and (diseases, q).
    """

    genes: Floats
    diseases: Floats

    @classmethod
    def over(cls, genes: Floats, diseases: Floats, seed: int) -> KernelRidge:
        """Features from joined blocks of genes and of diseases."""
        return cls(
            fourier(genes, GENE_FEATURES, seed),
            fourier(diseases, DISEASE_FEATURES, seed + 1),
        )

    @one_thread()
    def fit(self, evidence: sp.csr_matrix, visible: Index) -> Floats:
        """W, float32 (p, q), from the columns of the visible diseases.

        Args:
            evidence: Weights, genes x diseases; strong pairs count alike, each disease as much
                as any other however many genes it has.
            visible: Diseases to learn from.
        """
        strong = (evidence[:, visible] >= STRONG).astype(np.float32)
        genes_of = np.maximum(np.asarray(strong.sum(axis=0)).ravel(), 1.0)
        scaled = self.diseases[visible] / np.sqrt(genes_of)[:, None].astype(np.float32)
        inner = strong @ scaled
        left = _solve(self._gene_gram(), self.genes.T @ inner, GENE_PENALTY)
        gram = self.diseases[visible].T @ self.diseases[visible]
        weights: Floats = _solve(gram, left.T, DISEASE_PENALTY).T.astype(np.float32)
        return weights

    def queries(self, weights: Floats, diseases: Index) -> Floats:
        """For each disease the vector whose product with `genes` is its scores, float32 (n, p)."""
        vectors: Floats = self.diseases[diseases] @ weights.T
        return vectors

    def _gene_gram(self) -> Floats:
        gram: Floats = self.genes.T @ self.genes
        return gram


@one_thread()
def linear(features: Floats, answer: Floats, penalty: float = GENE_PENALTY) -> Floats:
    """Weights of the ridge regression of one answer on kernel features, float32 (p,).

    Args:
        features: Of rows that are learned from, float32 (rows, p).
        answer: Of each, from whose mean deviations are learned, so that a fold of few positives
            says no less than another, float32 (rows,).
        penalty: On the squared weights.
    """
    moment = features.T @ (answer - answer.mean())
    weights: Floats = _solve(features.T @ features, moment, penalty).astype(np.float32)
    return weights


def _solve(gram: Floats, right: Floats, penalty: float) -> Floats:
    penalised = gram.astype(np.float64) + penalty * np.eye(len(gram))
    solution: Floats = cho_solve(cho_factor(penalised), right.astype(np.float64))
    return solution
