"""Reversibility: would modulating the target treat the disease, as far as records can tell.

The raw score is causality times how well the drugs known for the gene agree with what the
disease's own mechanism asks for. It is calibrated, among genes that a drug acts on, to the share
whose drug reached phase 3 or approval for the disease.

After calibration the odds are taken times what the stage of onset brings, where it was shown to
bring anything (`gnn.course`).
"""

from __future__ import annotations

import numpy as np

from gnn.drugs import LATE_PHASE
from gnn.ontology import Floats
from gnn.outcomes import SAME_DISEASE, Outcomes

__all__ = [
    "LATE_PHASE",
    "MEANING",
    "SAME_DISEASE",
    "Outcomes",
    "combined",
    "raw_score",
]

MEANING = (
    "Reversibility is the chance that a drug on this target, of the kind tried so far, reaches "
    "phase 3 or approval for this disease: from human genetics, from whether the drugs push the "
    "way that the disease's own mechanism asks for, and, where a note says so, from its onset.",
    "It does not say that a patient's disease can be undone, nor at what dose, in which tissue or "
    "how late in its course; a target without any drug is scored as if it had one, and what was "
    "never tried is not counted as failed.",
)
"""What the number means, and what it does not."""


def raw_score(causality: Floats, agreement: Floats) -> Floats:
    """Causality, halved where drugs push against the genetics and never raised by ignorance.

    Args:
        causality: Probability, float32 (genes,).
        agreement: `gnn.direction.agreement`, 0 to 1, .5 where unknown.
    """
    score: Floats = (causality * (0.5 + 0.5 * agreement)).astype(np.float32)
    return score


def combined(agreement: float, inhibit: int, activate: int) -> str:
    """What the number is made of, in words.

    Args:
        agreement: Of the gene for the disease, 0 to 1, .5 where unknown.
        inhibit, activate: Drugs with that sign that were never tried for the disease.
    """
    factor = 0.5 + 0.5 * agreement
    if agreement == 0.5:
        why = "no curated mechanism of the disease says which way, or such drugs tell no sign"
    else:
        why = "1 is all the way that the disease's mechanism asks for, 0 all the other way"
    return (
        f"Before calibration it is causality times {factor:.2f}: drugs never tried for the disease "
        f"({inhibit} inhibit, {activate} activate) agree with its mechanism by {agreement:.2f} "
        f"({why}). Records of direction beside it are of all drugs."
    )
