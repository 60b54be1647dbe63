"""Class-conditional split conformal sets for two classes, so that a rare class keeps its promise.

Of genes of a class whose probability was made without them, the share `level` is in the set of
that class: the threshold of each class is the ceil((n + 1) level)-th smallest of 1 - P(class) over
its own calibration genes (Vovk 2012; Angelopoulos and Bates 2021, section 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.ontology import Floats

LEVELS = (0.8, 0.9)
LEAST_OF_A_CLASS = 10
"""Calibration genes of a class below which the class is in every set."""
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ClassConformal:
    """Thresholds of both classes at each of `LEVELS`.

    Attributes:
        most: Largest 1 - P(class) that stays in the set, float32 (levels, 2), inhibit before
            activate; 1 where too few genes calibrate it.
    """

    most: Floats

    @classmethod
    def fit(cls, inhibit: npt.ArrayLike, truth: npt.ArrayLike) -> ClassConformal:
        """From genes that the probability was made without.

        Args:
            inhibit: Probability that inhibiting is right, (n,).
            truth: Whether it is, bool (n,).
        """
        p, is_inhibited = np.asarray(inhibit, np.float64), np.asarray(truth, bool)
        misses = ((1.0 - p)[is_inhibited], p[~is_inhibited])
        most = [[_threshold(miss, level) for miss in misses] for level in LEVELS]
        return cls(np.array(most, np.float32))

    def sets(self, inhibit: npt.ArrayLike, level: float) -> tuple[Mask, Mask]:
        """Whether each class is in the set of each gene, bool (n,) each: inhibit, activate."""
        p = np.asarray(inhibit, np.float32)
        most = self.most[LEVELS.index(level)]
        return 1.0 - p <= most[0], p <= most[1]

    def calls(self, inhibit: npt.ArrayLike, level: float) -> npt.NDArray[np.int8]:
        """-1 (inhibit) or +1 (activate) where the set has that class alone, else 0; int8 (n,).

        A set promises that a class is rarely missed and not that it is likely: the rare class is
        called only where it is the likelier one too.
        """
        first, second = self.sets(inhibit, level)
        p = np.asarray(inhibit, np.float32)
        call = second.astype(np.int8) - first.astype(np.int8)
        return np.where(call * (0.5 - p) >= 0, call, 0).astype(np.int8)


def _threshold(misses: npt.NDArray[np.float64], level: float) -> float:
    place = int(np.ceil((len(misses) + 1) * level))
    if len(misses) < LEAST_OF_A_CLASS or place > len(misses):
        return 1.0
    return float(np.sort(misses)[place - 1])
