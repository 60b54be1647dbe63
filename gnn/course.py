"""Onset and course of a disease: what sources tell, and what it changes in reversibility.

Drugs for diseases of one stage of onset may come late oftener or more seldom, for what the
calibrated score says, than those for other diseases of known onset. Reversibility takes this in as
a factor on its odds, after calibration: the same for all genes of a disease, so that it tells
diseases of a gene apart and no genes of a disease. It is learned from what became of drugged genes
for all diseases but those of the disease's own group, and drawn towards no factor as far as they
are few. It counts only where it foretells diseases of groups that did not teach it better than the
calibrated score does, which is measured as it is learned. Pace and death are told of too few
diseases that drugs were tried for; they are shown alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gnn.calibrate import Curve
from gnn.graph import Graph
from gnn.ontology import Floats, Index, Ontology
from gnn.ranking import with_ends
from gnn.split import disease_groups
from gnn.trials import Trials
from kg.model import Fact
from kg.store import GraphStore

COURSE_KEY = "disease.course"
"""Facts of a disease: age of onset, pace, death, in words of the Human Phenotype Ontology."""
STAGES = ("at birth or before", "in infancy", "in childhood or youth", "in adult life")
_STAGE_OF: Mapping[str, int] = {
    "Embryonal onset": 0,
    "Fetal onset": 0,
    "Antenatal onset": 0,
    "Congenital onset": 0,
    "Late first trimester onset": 0,
    "Second trimester onset": 0,
    "Third trimester onset": 0,
    "Neonatal onset": 1,
    "Infantile onset": 1,
    "Childhood onset": 2,
    "Pediatric onset": 2,
    "Juvenile onset": 2,
    "Young adult onset": 3,
    "Early young adult onset": 3,
    "Intermediate young adult onset": 3,
    "Late young adult onset": 3,
    "Adult onset": 3,
    "Middle age onset": 3,
    "Late onset": 3,
}
"""Place in `STAGES` of each term of age; others (`Insidious onset`) tell none."""
UNTOLD = -1
PRIOR = 20.0
"""Diseases of the mean of all stages that are counted with those of a stage."""
LEAST_GROUPS = 20
"""Groups of diseases of known onset below which it is not measured what onset foretells."""
Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Onset:
    """Stage of onset of each disease, and the factor on the odds of reversibility it brings.

    Attributes:
        stage: Place in `STAGES`, int8 (diseases,); `UNTOLD` where no source tells.
        log_odds: Logarithm of the factor, float32 (diseases,); 0 where nothing is told.
        heard: Diseases of the stage and of other groups that it was learned from, int32
            (diseases,).
        gain: What the factor takes off the log loss (nats a drugged gene, diseases counted alike)
            of diseases whose group did not teach it, and its 95 % interval, groups resampled,
            float32 (3,); NaN where fewer than `LEAST_GROUPS` groups are told.
        taught_by: Diseases of known onset with outcomes, and their groups, int32 (2,).
    """

    stage: npt.NDArray[np.int8]
    log_odds: Floats
    heard: npt.NDArray[np.int32]
    gain: Floats
    taught_by: npt.NDArray[np.int32]

    @classmethod
    def fit(
        cls,
        trials: Trials,
        curve: Curve | None,
        stage: npt.NDArray[np.int8],
        ontology: Ontology,
    ) -> Onset:
        """Learn by stage how many genes came late for each that the calibrated score says.

        Each disease is counted once, by late genes over the sum of probabilities, and stages are
        told against all diseases of known onset: these are rare ones with few drugs, whatever
        their stage, and that is no effect of onset. No disease tells of itself, nor of one of its
        group: those that chains of Lin similarity of `gnn.split.SAME_GROUP` join.

        Args:
            trials: What became of drugged genes, by disease.
            curve: From the raw score to a probability; without one nothing is learned.
            stage: Of each disease, as `stages` gives it.
            ontology: The disease hierarchy.
        """
        log_factor, heard = np.zeros(len(stage), np.float32), np.zeros(len(stage), np.int32)
        told = np.flatnonzero(stage != UNTOLD)
        mine = np.flatnonzero(stage[trials.disease] != UNTOLD)
        if curve is None or not len(mine):
            return cls(stage, log_factor, heard, np.full(3, np.nan, np.float32), _counted([], []))
        group = np.zeros(len(stage), np.int64)
        group[told] = disease_groups(ontology, told)
        teacher = trials.disease[mine]
        rows = [(curve(score), late) for score, late in (trials.rows[i] for i in mine)]
        ratio = np.array([late.sum() / max(p.sum(), 1e-12) for p, late in rows])
        for place in range(len(STAGES)):
            of, at = stage[teacher] == place, np.flatnonzero(stage == place)
            n_told, told_total = _elsewhere(ratio, group[teacher], group[at])
            mean = np.where(told_total > 0, told_total / np.maximum(n_told, 1.0), 1.0)
            n, total = _elsewhere(ratio[of], group[teacher[of]], group[at])
            heard[at] = n
            log_factor[at] = np.log((total + PRIOR * mean) / (n + PRIOR) / mean)
        gain = [_gain(*row, f) for row, f in zip(rows, log_factor[teacher], strict=True)]
        found, ends = _counted(teacher, group[teacher]), np.full(3, np.nan)
        if found[1] >= LEAST_GROUPS:
            ends = with_ends(np.array(gain), group[teacher])
        return cls(stage, log_factor, heard, ends.astype(np.float32), found)

    @property
    def counts(self) -> bool:
        """Whether the factor was shown to foretell better than none: else it is left out."""
        return bool(self.gain[1] > 0.0)

    @property
    def figures(self) -> dict[str, object]:
        """Gain with its interval, and how many diseases have a stage."""
        measured = not np.isnan(self.gain[0])
        return {
            "log_loss_gain": [round(float(v), 6) for v in self.gain] if measured else None,
            "counts": self.counts,
            "diseases_told": int((self.stage != UNTOLD).sum()),
            "diseases_with_outcomes": int(self.taught_by[0]),
            "groups_with_outcomes": int(self.taught_by[1]),
        }

    def shifted(self, probability: Floats, disease: int) -> Floats:
        """Probabilities with their odds times the factor of a disease, of the same shape.

        The factor is taken as known: the ends of an interval are moved as its middle is.
        """
        if not self.counts or self.log_odds[disease] == 0.0:
            return probability
        moved: Floats = _moved(probability, self.log_odds[disease]).astype(probability.dtype)
        return moved

    def told(self, disease: int) -> str:
        """What onset changes in the number, in words."""
        stage = int(self.stage[disease])
        if stage == UNTOLD:
            return (
                "No source here tells the age of onset of the disease, which therefore changes "
                "nothing; pace and death, where they are told, enter no score."
            )
        if np.isnan(self.gain[0]):
            return (
                f"Onset is {STAGES[stage]}. It changes nothing: too few diseases of known onset "
                "have drugs that came late to learn from. Pace and death enter no score."
            )
        learned = (
            f"{np.exp(self.log_odds[disease]):.2f}, by how often drugs for {self.heard[disease]} "
            "other diseases of such onset came late, against those of any known onset"
        )
        if self.counts:
            return (
                f"Onset is {STAGES[stage]}: after calibration the odds of all genes are taken "
                f"times {learned}. Pace and death enter no score."
            )
        return (
            f"Onset is {STAGES[stage]}. It changes nothing: the factor learned for the odds "
            f"({learned}) is not shown to foretell diseases that did not teach it better than "
            "none. Pace and death enter no score."
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


def stages(graph: Graph) -> npt.NDArray[np.int8]:
    """Stage of onset of each disease: of those that its terms tell the middle, the earlier of two.

    Returns:
        Place in `STAGES`, int8 (diseases,); `UNTOLD` where no source tells an age.
    """
    table = graph.release.table("facts", ["subject", "key", "text"])
    rows = table.filter(pc.equal(table["key"].cast(pa.string()), COURSE_KEY))
    place = graph.diseases.position
    told: dict[int, list[int]] = {}
    for subject, term in zip(rows["subject"].to_pylist(), rows["text"].to_pylist(), strict=True):
        if subject in place and term in _STAGE_OF:
            told.setdefault(place[subject], []).append(_STAGE_OF[term])
    found = np.full(len(graph.diseases), UNTOLD, np.int8)
    for disease, places in told.items():
        found[disease] = sorted(places)[(len(places) - 1) // 2]
    return found


def _elsewhere(ratio: Values, taught: Index, asked: Index) -> tuple[Values, Values]:
    """Number and sum of ratios of diseases in other groups than each that is asked for."""
    size = int(max(taught.max(initial=-1), asked.max(initial=-1))) + 1
    count = np.bincount(taught, minlength=size)
    total = np.bincount(taught, ratio, minlength=size)
    return (count.sum() - count[asked]).astype(np.float64), total.sum() - total[asked]


def _moved(probability: Floats | Values, log_factor: float) -> Values:
    factor, p = np.exp(np.float64(log_factor)), np.asarray(probability, np.float64)
    moved: Values = p * factor / (1.0 - p * (1.0 - factor))
    return moved


def _gain(probability: Floats | Values, late: Mask, log_factor: float) -> float:
    """Log loss of a disease's genes as they are, less that with the factor, a mean over genes."""
    as_is = np.clip(np.asarray(probability, np.float64), 1e-6, 1.0 - 1e-6)
    with_it = _moved(as_is, log_factor)
    better = np.where(late, np.log(with_it / as_is), np.log((1.0 - with_it) / (1.0 - as_is)))
    return float(better.mean())


def _counted(diseases: npt.ArrayLike, groups: npt.ArrayLike) -> npt.NDArray[np.int32]:
    return np.array([np.size(diseases), len(np.unique(groups))], np.int32)
