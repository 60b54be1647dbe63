"""Scores to probabilities, on diseases or genes the score was not made from.

Isotonic regression on binned counts; between the centres of its blocks the curve is linear, so
that a better score always has a better probability. The band comes from resampling clusters
(diseases, families), since the members of one succeed and fail together.

Beside it stand conformal thresholds of each class (split conformal, Vovk 2012): of pairs that are
positive the share `level` scores at least the one, of the others that share at most the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kg.errors import ModelError

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
RESAMPLES = 60
LEAST_POSITIVES = 10
LEVELS = (0.8, 0.9)
"""Shares of each class that its conformal set is to hold."""
SET_LEVEL = 0.9
"""Of these, what is served."""


@dataclass(frozen=True)
class Counts:
    """Binned scores and outcomes, a row a cluster.

    Attributes:
        centre: Middle of each bin, ascending, (b,).
        positive, total: Outcomes and pairs in each bin, (clusters, b).
    """

    centre: Floats
    positive: Floats
    total: Floats

    @classmethod
    def of(cls, rows: list[tuple[Floats, npt.NDArray[np.bool_]]], top: float, bins: int) -> Counts:
        """From each cluster's scores, from 0 to `top`, and outcomes."""
        edges = np.linspace(0.0, top, bins + 1)
        positive, total = np.zeros((len(rows), bins)), np.zeros((len(rows), bins))
        for i, (score, outcome) in enumerate(rows):
            place = np.clip(np.searchsorted(edges, score, side="right") - 1, 0, bins - 1)
            total[i] = np.bincount(place, minlength=bins)
            positive[i] = np.bincount(place[outcome], minlength=bins)
        return cls((edges[:-1] + edges[1:]) / 2.0, positive, total)

    def take(self, clusters: npt.NDArray[np.int64]) -> Counts:
        """Some clusters; one may be taken more than once."""
        return Counts(self.centre, self.positive[clusters], self.total[clusters])

    @property
    def prevalence(self) -> float:
        """Positives among all pairs counted."""
        return float(self.positive.sum() / max(self.total.sum(), 1.0))

    @property
    def enough(self) -> bool:
        """Whether a curve can be fitted: at least `LEAST_POSITIVES` positives."""
        return bool(self.positive.sum() >= LEAST_POSITIVES)


@dataclass(frozen=True)
class Curve:
    """A calibration curve with a 90 % band.

    Attributes:
        score: Knots, ascending, (k,).
        probability, lower, upper: At the knots, not falling, 0 to 1.
        positive_from, other_to: At each of `LEVELS` the score from which *positive* is in the
            conformal set, and the score to which the other class is, (levels,).
    """

    score: Floats
    probability: Floats
    lower: Floats
    upper: Floats
    positive_from: Floats
    other_to: Floats

    @classmethod
    def fit(cls, counts: Counts, seed: int = 0) -> Curve:
        """Fit on counts, the band by resampling clusters.

        Raises:
            ModelError: fewer than `LEAST_POSITIVES` positives: nothing can be calibrated.
        """
        if not counts.enough:
            found = int(counts.positive.sum())
            raise ModelError(
                f"{found} positives are too few to calibrate on (at least {LEAST_POSITIVES}); "
                "build the release from more sources, or as of a later day"
            )
        score, probability = _isotonic(counts)
        rng = np.random.default_rng(seed)
        n = len(counts.positive)
        curves = []
        for _ in range(RESAMPLES):
            drawn = counts.take(rng.integers(0, n, n))
            if drawn.positive.sum() > 0:
                curves.append(np.interp(score, *_isotonic(drawn)))
        lower, upper = np.quantile(np.array([*curves, probability]), [0.05, 0.95], axis=0)
        band = np.minimum(lower, probability), np.maximum(upper, probability)
        return cls(score, probability, *band, *_conformal(counts))

    def __call__(self, score: npt.ArrayLike) -> Floats:
        """Probability of scores."""
        probability: Floats = np.interp(np.asarray(score), self.score, self.probability)
        return probability

    def band(self, score: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Lower and upper end of the 90 % band at scores."""
        at = np.asarray(score)
        return np.interp(at, self.score, self.lower), np.interp(at, self.score, self.upper)

    def sets(self, score: npt.ArrayLike, level: float = SET_LEVEL) -> tuple[Mask, Mask]:
        """Whether *positive*, and whether the other class, is in each score's conformal set."""
        at, place = np.asarray(score), LEVELS.index(level)
        return at >= self.positive_from[place], at <= self.other_to[place]

    def as_array(self) -> Floats:
        """Knots, probability, lower and upper as (4, k), then a column of thresholds."""
        thresholds = np.concatenate([self.positive_from, self.other_to])
        rows = np.stack([self.score, self.probability, self.lower, self.upper])
        return np.column_stack([rows, thresholds])

    @classmethod
    def from_array(cls, stored: Floats) -> Curve:
        """The inverse of `as_array`."""
        score, probability, lower, upper = stored[:, :-1]
        positive_from, other_to = np.split(stored[:, -1], 2)
        return cls(score, probability, lower, upper, positive_from, other_to)


def _conformal(counts: Counts) -> tuple[Floats, Floats]:
    """Thresholds of both classes at each level, from counts; a bin is in the set as a whole."""
    half = (counts.centre[1] - counts.centre[0]) / 2.0 if len(counts.centre) > 1 else 0.0
    positive = counts.positive.sum(axis=0)
    other = counts.total.sum(axis=0) - positive
    least = [counts.centre[::-1][_reached(positive[::-1], level)] - half for level in LEVELS]
    most = [counts.centre[_reached(other, level)] + half for level in LEVELS]
    return np.array(least), np.array(most)


def _reached(mass: Floats, level: float) -> int:
    """The first bin by which ceil((n + 1) level) of the mass is counted."""
    wanted = np.ceil((mass.sum() + 1.0) * level)
    return int(min(np.searchsorted(np.cumsum(mass), wanted), len(mass) - 1))


def _isotonic(counts: Counts) -> tuple[Floats, Floats]:
    """Knots at the centre of each block of equal probability."""
    positive, total = counts.positive.sum(axis=0), counts.total.sum(axis=0)
    seen = total > 0
    x, y, weight = counts.centre[seen], positive[seen] / total[seen], total[seen]
    from sklearn.isotonic import IsotonicRegression  # heavy, and needed only to fit

    fitted = IsotonicRegression(out_of_bounds="clip").fit_transform(x, y, sample_weight=weight)
    block = np.cumsum(np.diff(fitted, prepend=fitted[0]) > 1e-12)
    mass = np.bincount(block, weight)
    return np.bincount(block, weight * x) / mass, np.bincount(block, weight * fitted) / mass


def expected_calibration_error(
    probability: Floats, positive: Floats, total: Floats, bins: int = 10
) -> float:
    """Mean gap of probability and outcome over bins of equal mass (ECE).

    Args:
        probability: Of each row, (n,).
        positive, total: Outcomes and pairs of each row, (n,).
        bins: How many.
    """
    order = np.argsort(probability, kind="stable")
    mass = np.cumsum(total[order])
    place = np.minimum((mass - total[order] / 2.0) / max(mass[-1], 1.0) * bins, bins - 1).astype(
        int
    )
    share = np.bincount(place, total[order], bins)
    said = np.bincount(place, (probability * total)[order], bins)
    seen = np.bincount(place, positive[order], bins)
    gap = np.abs(said - seen)[share > 0]
    return float(gap.sum() / max(share.sum(), 1.0))


def brier_skill(probability: Floats, positive: Floats, total: Floats) -> float:
    """1 - Brier / Brier of the prevalence: above 0 is better than saying the prevalence always."""
    prevalence = positive.sum() / total.sum()
    score = (positive * (1.0 - probability) ** 2 + (total - positive) * probability**2).sum()
    reference = total.sum() * prevalence * (1.0 - prevalence)
    return float(1.0 - score / reference)
