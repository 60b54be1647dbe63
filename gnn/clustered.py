"""How well scores tell positives apart, with intervals that resample families or diseases whole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from gnn.ontology import Index

RESAMPLES = 200
Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Weighed = Callable[[Values], float]
"""A metric by the weight of each row."""
Metric = Callable[[Mask, Values], Weighed]
"""Prepared once from truth and score, so that a draw costs no sorting."""


def auroc(truth: Mask, score: Values) -> Weighed:
    """Area under the ROC curve, ties counted half."""
    _, place = np.unique(score, return_inverse=True)

    def weighed(weight: Values) -> float:
        yes, no = np.bincount(place, weight * truth), np.bincount(place, weight * ~truth)
        below = np.cumsum(no) - no
        return float((yes * (below + no / 2.0)).sum() / (yes.sum() * no.sum()))

    return weighed


def average_precision(truth: Mask, score: Values) -> Weighed:
    """Average precision: precision at each distinct score, weighted by what it finds."""
    _, place = np.unique(-score, return_inverse=True)

    def weighed(weight: Values) -> float:
        yes, every = np.bincount(place, weight * truth), np.bincount(place, weight)
        found, asked = np.cumsum(yes), np.cumsum(every)
        precision = np.divide(found, asked, out=np.zeros_like(found), where=asked > 0)
        return float((yes * precision).sum() / yes.sum())

    return weighed


def plain(metric: Metric, truth: Mask, score: Values) -> float:
    """A metric with every row counted once."""
    return metric(truth, score)(np.ones(len(truth)))


def interval(metric: Metric, truth: Mask, score: Values, cluster: Index) -> list[float]:
    """A metric with its 95 % interval, clusters drawn with replacement: [value, lower, upper]."""
    values = resampled(metric, truth, [score], cluster)[:, 0]
    ends = np.nanquantile(values, [0.025, 0.975])
    return [round(float(v), 4) for v in (plain(metric, truth, score), *ends)]


def paired(
    metric: Metric, truth: Mask, score: Values, other: Values, cluster: Index
) -> list[float]:
    """How much better one score is than another, on the same draws: [gain, lower, upper]."""
    values = resampled(metric, truth, [score, other], cluster)
    whole = plain(metric, truth, score) - plain(metric, truth, other)
    ends = np.nanquantile(values[:, 0] - values[:, 1], [0.025, 0.975])
    return [round(float(v), 4) for v in (whole, *ends)]


def resampled(metric: Metric, truth: Mask, scores: list[Values], cluster: Index) -> Values:
    """The metric of each score on each draw, (draws, scores); NaN where a draw has one class."""
    rng = np.random.default_rng(0)
    _, code = np.unique(cluster, return_inverse=True)
    n = int(code.max()) + 1
    prepared = [metric(truth, score) for score in scores]
    values = np.full((RESAMPLES, len(scores)), np.nan)
    for draw in range(RESAMPLES):
        weight = np.bincount(rng.integers(0, n, n), minlength=n)[code].astype(np.float64)
        if weight[truth].sum() > 0 and weight[~truth].sum() > 0:
            values[draw] = [weighed(weight) for weighed in prepared]
    return values


def log_odds(probability: npt.ArrayLike) -> Values:
    """log(p / (1 - p)), cut off at one in a million."""
    p = np.clip(np.asarray(probability, np.float64), 1e-6, 1.0 - 1e-6)
    odds: Values = np.log(p / (1.0 - p))
    return odds


def within(metric: Metric, truth: Mask, score: Values, fold: Index) -> float:
    """Mean of the metric over the folds that have both classes: no fold's base rate helps."""
    found = [
        plain(metric, truth[mine], score[mine])
        for mine in (fold == f for f in np.unique(fold))
        if truth[mine].any() and not truth[mine].all()
    ]
    return round(float(np.mean(found)), 4) if found else float("nan")
