"""How well scores tell positives apart, with intervals that resample families or diseases whole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from gnn.ontology import Index

RESAMPLES = 200
Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Metric = Callable[[Mask, Values, Values], float]
"""Of truth, score and weight of each row."""


def auroc(truth: Mask, score: Values, weight: Values) -> float:
    """Area under the ROC curve."""
    return float(roc_auc_score(truth, score, sample_weight=weight))


def average_precision(truth: Mask, score: Values, weight: Values) -> float:
    """Average precision."""
    return float(average_precision_score(truth, score, sample_weight=weight))


def interval(metric: Metric, truth: Mask, score: Values, cluster: Index) -> list[float]:
    """A metric with its 95 % interval, clusters drawn with replacement: [value, lower, upper]."""
    values = resampled(metric, truth, [score], cluster)[:, 0]
    whole = metric(truth, score, np.ones(len(truth)))
    return [round(float(v), 4) for v in (whole, *np.nanquantile(values, [0.025, 0.975]))]


def paired(
    metric: Metric, truth: Mask, score: Values, other: Values, cluster: Index
) -> list[float]:
    """How much better one score is than another, on the same draws: [gain, lower, upper]."""
    values = resampled(metric, truth, [score, other], cluster)
    one = np.ones(len(truth))
    whole = metric(truth, score, one) - metric(truth, other, one)
    ends = np.nanquantile(values[:, 0] - values[:, 1], [0.025, 0.975])
    return [round(float(v), 4) for v in (whole, *ends)]


def resampled(metric: Metric, truth: Mask, scores: list[Values], cluster: Index) -> Values:
    """The metric of each score on each draw, (draws, scores); NaN where a draw has one class."""
    rng = np.random.default_rng(0)
    _, code = np.unique(cluster, return_inverse=True)
    n = int(code.max()) + 1
    values = np.full((RESAMPLES, len(scores)), np.nan)
    for draw in range(RESAMPLES):
        weight = np.bincount(rng.integers(0, n, n), minlength=n)[code].astype(np.float64)
        if weight[truth].sum() > 0 and weight[~truth].sum() > 0:
            values[draw] = [metric(truth, score, weight) for score in scores]
    return values


def log_odds(probability: npt.ArrayLike) -> Values:
    """log(p / (1 - p)), cut off at one in a million."""
    p = np.clip(np.asarray(probability, np.float64), 1e-6, 1.0 - 1e-6)
    odds: Values = np.log(p / (1.0 - p))
    return odds


def within(metric: Metric, truth: Mask, score: Values, fold: Index) -> float:
    """Mean of the metric over the folds that have both classes: no fold's base rate helps."""
    found = [
        metric(truth[mine], score[mine], np.ones(int(mine.sum())))
        for mine in (fold == f for f in np.unique(fold))
        if truth[mine].any() and not truth[mine].all()
    ]
    return round(float(np.mean(found)), 4) if found else float("nan")
