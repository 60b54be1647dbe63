"""From the parts of a causality score to its probability.

A curve each says how often direct evidence of a strength, and the network part alone, is right.
Both together are read as independent grounds: 1 - (1 - p_supported)(1 - p_indirect), the first
only where there is direct evidence. They are not quite independent, and where others looked at a
disease, a gene without a record is seldom one that a panel will call causal. A line in log-odds
(Platt 1999), fitted on a panel's verdicts, sets that right: on full data it lowers what is said
below .2 and raises it above. Its slope is positive, so the order by causality stays; what weighs
causality with other axes may change. A disease of which, and of whose kin, nothing is recorded
keeps the curve alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from gnn.calibrate import SET_LEVEL, Counts, Curve, Mask
from gnn.ontology import Floats
from gnn.parts import Parts

LOWEST, HIGHEST, BINS = -18.0, 10.0, 560
"""Log-odds that a line is fitted over, and into how many bins of .05 they are counted."""
Values = npt.NDArray[np.float64]
Verdict = tuple[int, Parts, Mask]
"""Of a disease: its number, its parts, made without the outcome, and the outcome, bool (genes,)."""


@dataclass(frozen=True)
class Line:
    """Log-odds in, log-odds out: shift + slope x log-odds.

    Attributes:
        shift: Any.
        slope: Above 0.
    """

    shift: float = 0.0
    slope: float = 1.0

    @classmethod
    def fit(cls, counts: Counts) -> Line:
        """By maximum likelihood (Platt 1999).

        Args:
            counts: Over log-odds, as `counted` gives them.

        Returns:
            The line that changes nothing where positives are too few, or where more is said of
            those that are right less often.
        """
        if not counts.enough:
            return cls()
        from sklearn.linear_model import LogisticRegression  # heavy, and needed only to fit

        positive, total = counts.positive.sum(axis=0), counts.total.sum(axis=0)
        said = np.tile(counts.centre + LOWEST, 2)[:, None]
        outcome = np.repeat([1, 0], len(counts.centre))
        weight = np.concatenate([positive, total - positive])
        model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
        fitted = model.fit(said, outcome, sample_weight=weight)
        shift, slope = float(fitted.intercept_[0]), float(fitted.coef_[0, 0])
        return cls(shift, slope) if slope > 0.0 else cls()

    def __call__(self, probability: npt.ArrayLike) -> Values:
        """Probability for probability; 0 and 1 stay what they are."""
        with np.errstate(divide="ignore"):
            said: Values = expit(self.shift + self.slope * logit(np.asarray(probability)))
        return said

    def as_array(self) -> Values:
        """Shift and slope, float64 (2,)."""
        return np.array([self.shift, self.slope])

    @classmethod
    def from_array(cls, stored: Values) -> Line:
        """The inverse of `as_array`."""
        return cls(float(stored[0]), float(stored[1]))


@dataclass(frozen=True)
class Curves:
    """What turns the parts of a disease into probabilities of causality.

    Attributes:
        supported, indirect: Of the supported score and of the network part.
        together: For both together, where the disease or its kin has any record.
    """

    supported: Curve
    indirect: Curve
    together: Line = field(default_factory=Line)

    def __call__(self, parts: Parts) -> Floats:
        """Probability of causality of every gene, float32 (genes,)."""
        return self.joined(parts, *self.grounds(parts))

    def grounds(self, parts: Parts) -> tuple[Values, Values]:
        """What direct evidence, and what the network part, says, float64 (genes,), 0 to 1."""
        direct = np.where(parts.direct > 0, self.supported(parts.supported), 0.0)
        return direct, self.indirect(parts.indirect)

    def joined(self, parts: Parts, direct: Values, network: Values) -> Floats:
        """Both grounds together, float32 (genes,), 0 to 1."""
        said = either(direct, network)
        told: Floats = (self.together(said) if parts.recorded else said).astype(np.float32)
        return told

    def ends(self, parts: Parts) -> tuple[Floats, Floats]:
        """Lower and upper end of the 90 % interval: from the curves' bands and from the seeds.

        Returns:
            float32 (genes,) each, 0 to 1.
        """
        low, high = self.supported.band(parts.supported)
        seeds = [self.indirect.band(seed) for seed in parts.indirect_by_seed]
        lowest = np.min([s[0] for s in seeds], axis=0)
        highest = np.max([s[1] for s in seeds], axis=0)
        direct = parts.direct > 0
        return (
            self.joined(parts, np.where(direct, low, 0.0), lowest),
            self.joined(parts, np.where(direct, high, 0.0), highest),
        )

    def sets(self, parts: Parts, level: float = SET_LEVEL) -> tuple[Mask, Mask]:
        """Whether *causal*, and *not causal*, is left open, by the curve that a gene asks for.

        Returns:
            bool (genes,) each.
        """
        by_evidence = self.supported.sets(parts.supported, level)
        by_network = self.indirect.sets(parts.indirect, level)
        one, other = (
            np.where(parts.direct > 0, a, b) for a, b in zip(by_evidence, by_network, strict=True)
        )
        return one, other

    def to_arrays(self) -> dict[str, Values]:
        """By name, to be stored."""
        return {f.name: getattr(self, f.name).as_array() for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Curves:
        """The inverse of `to_arrays`, among others."""
        supported, indirect = (Curve.from_array(arrays[n]) for n in ("supported", "indirect"))
        return cls(supported, indirect, Line.from_array(arrays["together"]))

    def counted(self, judged: Iterable[Verdict], genes: Mask | None = None) -> Counts:
        """Log-odds of both grounds together against outcomes, over diseases with any evidence.

        Args:
            judged: By disease.
            genes: Which are counted, bool (genes,); all when None.
        """
        rows = []
        mine = slice(None) if genes is None else genes
        for _, parts, outcome in judged:
            if parts.recorded:
                with np.errstate(divide="ignore"):
                    said = logit(either(*self.grounds(parts))[mine])
                rows.append((np.clip(said, LOWEST, HIGHEST) - LOWEST, outcome[mine]))
        return Counts.of(rows, HIGHEST - LOWEST, BINS)


def either(direct: Values, network: Values) -> Values:
    """Probability that one of two independent grounds is right."""
    return 1.0 - (1.0 - direct) * (1.0 - network)
