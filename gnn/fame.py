"""How much is published on genes and how many edges they have: for audits and for mitigation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gnn.fitted import Bias
from gnn.ontology import Floats, Index

SMALLEST = 1e-9
BANDS = 20


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

        The logarithm is regressed on both percentiles and their squares; a gene is put where it
        would be if it had the fame that predicts least.

        Args:
            score: Of all genes for one disease, not negative.
        """
        logs = np.log(np.maximum(score.astype(np.float64), SMALLEST))
        weights, *_ = np.linalg.lstsq(self._design, logs, rcond=None)
        predicted = self._design @ weights
        left: Floats = np.exp(logs - (predicted - predicted.min())).astype(np.float32)
        return left

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
