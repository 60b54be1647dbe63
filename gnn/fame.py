"""How much is published on genes and how many edges they have: for audits and for mitigation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from gnn.fitted import Bias
from gnn.ontology import Floats, Index

SMALLEST = 1e-9
"""Probabilities below this count as this where their logarithm is taken."""
BANDS = 20
STEPS = 64
"""Into how many steps the share of a prediction that is taken off is cut."""


@dataclass(frozen=True)
class Fame:
    """Percentiles of genes, 0 to 100.

    Attributes:
        publications: NaN where unknown, float32 (genes,).
        degree: By edges of any type, float32 (genes,).
    """

    publications: Floats
    degree: Floats

    @classmethod
    def of(cls, bias: Bias) -> Fame:
        """As a model keeps it."""
        return cls(np.asarray(bias.publications), np.asarray(bias.degree))

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Genes whose publications are known, bool (genes,)."""
        return ~np.isnan(self.publications)

    @cached_property
    def bands(self) -> Index:
        """Twentieth of the genes that each belongs to by degree, int64 (genes,)."""
        place = np.argsort(np.argsort(self.degree, kind="stable"), kind="stable")
        return (place * BANDS // max(len(place), 1)).astype(np.int64)

    def debiased(self, score: Floats) -> Floats:
        """A score with what fame predicts taken off, float32 (genes,), never more than it was.

        The logarithm is regressed on both percentiles and their squares, and a gene is put nearer
        to where it would be if it had the fame that predicts least. Few high scores weigh more in
        a regression than in ranks, so the whole of the prediction would turn the correlation round:
        that share of it is taken, to 1 in 64, which brings the mean of the rank correlations
        (Spearman) with publications and with degree to 0.

        Args:
            score: Of all genes for one disease, not negative.
        """
        logs = np.log(np.maximum(score.astype(np.float64), SMALLEST))
        weights, *_ = np.linalg.lstsq(self._design, logs, rcond=None)
        predicted = self._design @ weights
        excess = predicted - predicted.min()
        low, high = 0, STEPS
        while low < high:
            middle = (low + high) // 2
            if self._followed(logs - excess * (middle / STEPS)) > 0.0:
                low = middle + 1
            else:
                high = middle
        left: Floats = np.exp(logs - excess * (low / STEPS)).astype(np.float32)
        return left

    def _followed(self, score: npt.NDArray[np.float64]) -> float:
        """Mean of Spearman's correlations of a score with publications and with degree."""
        published, degree = self._ranks
        return (correlated(score[self.known], published) + correlated(score, degree)) / 2.0

    @cached_property
    def _ranks(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Standardised ranks by publications, of genes where they are known, and by degree."""
        return standardised(self.publications[self.known]), standardised(self.degree)

    def matched_percentile(self, score: Floats) -> Floats:
        """Percentile of each gene among those of its band of degree, float32 (genes,), 0 to 100."""
        share = np.zeros(len(score), np.float32)
        for band in range(BANDS):
            mine = np.flatnonzero(self.bands == band)
            ordered = np.sort(score[mine])
            share[mine] = np.searchsorted(ordered, score[mine], side="left") / max(len(mine), 1)
        return share * np.float32(100.0)

    @cached_property
    def _design(self) -> npt.NDArray[np.float64]:
        """Intercept, percentiles, their squares, and whether publications are unknown."""
        published = np.where(self.known, self.publications, 0.0) / 100.0
        degree = self.degree / 100.0
        columns = (np.ones(len(degree)), published, published**2, degree, degree**2, ~self.known)
        return np.stack(columns, axis=1).astype(np.float64)


def standardised(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Ranks, ties sharing their mean, with mean 0 and length 1; zeros where all tie."""
    ranks = rankdata(values)
    centred = ranks - ranks.mean() if len(ranks) else ranks
    length = np.sqrt((centred**2).sum())
    return np.asarray(centred / length if length > 0 else np.zeros(len(ranks)), np.float64)


def correlated(score: npt.NDArray[np.float64], ranks: npt.NDArray[np.float64]) -> float:
    """Spearman's correlation of a score with what has standardised ranks, (n,) each."""
    return float(standardised(score) @ ranks)
