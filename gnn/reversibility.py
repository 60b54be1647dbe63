"""Reversibility: would modulating the target treat the disease, as far as records can tell.

The raw score is causality times how well the drugs known for the gene agree with what the
disease's own mechanism asks for. It is calibrated, among genes that a drug acts on, to the share
whose drug reached phase 3 or approval for the disease.

Age of onset, pace and death (`COURSE_KEY`) are shown with an explanation, each with its source, and
are not combined with the score. Two reasons: lowering the score for diseases of onset at birth or
before left AUROC on validation diseases as it was (`lowered_by_early_onset` of
`gnn.reversibility_figures`), and such facts are of the disease alone, so that they can't tell its
genes apart; most diseases have none.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gnn.drugs import LATE_PHASE
from gnn.graph import Graph
from gnn.ontology import Floats
from gnn.outcomes import SAME_DISEASE, Outcomes
from kg.model import Fact
from kg.store import GraphStore

__all__ = [
    "COURSE_KEY",
    "COURSE_MEANING",
    "EARLY_ONSET",
    "LATE_PHASE",
    "MEANING",
    "SAME_DISEASE",
    "Outcomes",
    "combined",
    "course",
    "early_onset",
    "raw_score",
]

MEANING = (
    "Reversibility is the chance that a drug on this target, of the kind tried so far, reaches "
    "phase 3 or approval for this disease: from human genetics, and from whether the drugs push "
    "the way that the disease's own mechanism asks for.",
    "It does not say that a patient's disease can be undone, nor at what dose, in which tissue or "
    "how late in its course; a target without any drug is scored as if it had one, and what was "
    "never tried is not counted as failed.",
)
"""What the number means, and what it does not."""

COURSE_MEANING = (
    "Onset and course of the disease are facts beside the score and no part of it: lowering it for "
    "diseases of onset at birth or before gained nothing where it was tried."
)
"""Said where such facts are shown."""
COURSE_KEY = "disease.course"
"""Facts of a disease: age of onset, pace, death, in words of the Human Phenotype Ontology."""
EARLY_ONSET = frozenset(
    {"Antenatal onset", "Embryonal onset", "Fetal onset", "Congenital onset"}
    | {"Third trimester onset", "Second trimester onset", "Late first trimester onset"}
)


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


def course(store: GraphStore, disease: str) -> tuple[Fact, ...]:
    """What sources say of a disease's onset and course, onset first, each with its source.

    Args:
        store: Of the release.
        disease: Identifier.

    Returns:
        Facts of `COURSE_KEY`; empty where no source has any.
    """
    told = [fact for fact in store.facts_of([disease])[0] if fact.key == COURSE_KEY]
    return tuple(
        sorted(told, key=lambda f: ("onset" not in (f.text or ""), f.text or "", f.source))
    )


def early_onset(graph: Graph) -> Floats:
    """Share of each disease's terms of onset that lie at birth or before, NaN where none is told.

    float32 (diseases,).
    """
    table = graph.release.table("facts", ["subject", "key", "text"])
    course = table.filter(pc.equal(table["key"].cast(pa.string()), COURSE_KEY))
    rows = course.filter(pc.match_substring(course["text"], "onset"))
    place = graph.diseases.position
    told = np.zeros((2, len(graph.diseases)), np.float32)
    for subject, term in zip(rows["subject"].to_pylist(), rows["text"].to_pylist(), strict=True):
        if subject in place:
            told[:, place[subject]] += (1.0, term in EARLY_ONSET)
    share: Floats = np.divide(
        told[1], told[0], out=np.full(len(graph.diseases), np.nan, np.float32), where=told[0] > 0
    )
    return share
