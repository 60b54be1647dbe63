"""What became of drugged genes, by disease: what reversibility is calibrated on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gnn.calibrate import Counts, Curve
from gnn.ontology import Floats, Index
from gnn.outcomes import Outcomes

BINS = 100
Row = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]


def row_of(raw: Floats, outcomes: Outcomes, likeness: Floats) -> Row:
    """Raw scores of drugged genes, and for which a drug came late.

    Args:
        raw: Reversibility before calibration, float32 (genes,).
        outcomes: How far drugs came.
        likeness: Lin similarity of the disease to all, float32 (diseases,).
    """
    asked = outcomes.drugged
    return raw[asked].astype(np.float64), outcomes.reached(likeness)[asked]


@dataclass(frozen=True)
class Trials:
    """A row a disease.

    Attributes:
        disease: Local numbers, int64 (n,).
        rows: Of each, raw reversibility of drugged genes, 0 to 1, float64 (drugged,), and whether
            a drug on the gene came late for the disease, bool (drugged,).
    """

    disease: Index
    rows: tuple[Row, ...]

    @cached_property
    def counts(self) -> Counts:
        """Binned scores and outcomes, a cluster a disease."""
        return Counts.of(list(self.rows), 1.0, BINS)

    @cached_property
    def curve(self) -> Curve | None:
        """From the raw score to the share that came late; None where too few did."""
        return Curve.fit(self.counts) if self.counts.enough else None
