"""What publications tell of a score, taken off: an audit and a correction, never a feature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gnn.ontology import Floats, Index

BINS = 20
Mask = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]


def publication_bins(publications: Floats) -> Index:
    """Genes in bins of equally many by publications; unknown ones (negative, NaN) in their own."""
    known = publications >= 0
    bins = np.full(len(publications), BINS, np.int64)
    place = np.argsort(np.argsort(publications[known], kind="stable"))
    bins[known] = place * BINS // max(int(known.sum()), 1)
    return bins


def without_publications(score: Scores, bins: Index, positive: Mask) -> Scores:
    """A score less its mean among unlabelled genes with as many publications, (genes,)."""
    corrected = score.copy()
    for b in np.unique(bins):
        mine = bins == b
        unlabelled = mine & ~positive
        corrected[mine] -= score[unlabelled if unlabelled.any() else mine].mean()
    return corrected
