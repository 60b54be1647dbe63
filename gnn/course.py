"""Onset and course of a disease: what sources tell, and what it changes in reversibility.

Drugs tried for diseases of one stage of onset may reach a late phase oftener or more seldom than
those for others. Reversibility takes this in as a factor on its odds, after calibration: the same
for all genes of a disease, so that it tells diseases of a gene apart and no genes of a disease.
It is learned from all diseases but those that are all but the one asked for, and drawn towards no
factor as far as they are few. It counts only where it foretells such other diseases better than
no factor does, which is measured as it is learned. Pace and death are told of too few diseases
that drugs were tried for; they are shown alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gnn.clustered import log_odds
from gnn.drugs import FIRST_PHASE
from gnn.graph import Graph
from gnn.ontology import Floats, Index, Ontology
from gnn.outcomes import SAME_DISEASE, Outcomes
from gnn.split import disease_groups
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
LEAST_TRIED = 5
"""Tried genes that a disease needs to be judged, or learned from."""
PRIOR = 20.0
"""Diseases of the mean share that are counted with those of a stage. Shares of single diseases
differ by about .3 (standard deviation), so that this says stages differ by about .07."""
LEAST_TOLD = 10
"""Tried diseases of known onset below which it is not measured what onset foretells."""
_RESAMPLES = 1_000
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Onset:
    """Stage of onset of each disease, and the factor on the odds of reversibility it brings.

    Attributes:
        stage: Place in `STAGES`, int8 (diseases,); `UNTOLD` where no source tells.
        log_odds: Logarithm of the factor, float32 (diseases,); 0 where nothing is told.
        heard: Other diseases of the stage that it was learned from, int32 (diseases,).
        gain: What the factor takes off the log loss (nats a pair, diseases counted alike) of
            diseases that did not teach it, and its 95 % interval, groups of diseases (Lin
            `gnn.outcomes.SAME_DISEASE`) resampled, float32 (3,); NaN where too few are told.
    """

    stage: npt.NDArray[np.int8]
    log_odds: Floats
    heard: npt.NDArray[np.int32]
    gain: Floats

    @property
    def counts(self) -> bool:
        """Whether the factor was shown to foretell better than none: else it is left out."""
        return bool(self.gain[1] > 0.0)

    @classmethod
    def fit(
        cls,
        outcomes: Outcomes,
        stage: npt.NDArray[np.int8],
        ontology: Ontology,
        among: Index | None = None,
    ) -> Onset:
        """Learn how often tried genes came late by stage, each disease counted once.

        No disease tells of itself, nor of one at least `gnn.outcomes.SAME_DISEASE` alike.

        Args:
            outcomes: How far drugs came.
            stage: Of each disease, as `stages` gives it.
            ontology: The disease hierarchy.
            among: Diseases to learn from; all with `LEAST_TRIED` tried genes when None.
        """
        asked = tried_enough(outcomes) if among is None else among
        share = _share_late(outcomes, asked)
        alike = ontology.lin_matrix(asked, SAME_DISEASE)
        alike.data[:] = 1.0
        others = len(asked) - np.asarray(alike.sum(axis=0)).ravel()
        base = np.divide(
            share.sum() - alike.T @ share, others, out=np.full(len(stage), np.nan), where=others > 0
        )
        total, heard = np.zeros(len(stage)), np.zeros(len(stage))
        for place in range(len(STAGES)):
            of_stage = (stage[asked] == place).astype(np.float64)
            mine = stage == place
            heard[mine] = (of_stage.sum() - alike.T @ of_stage)[mine]
            total[mine] = (of_stage @ share - alike.T @ (of_stage * share))[mine]
        told = (stage != UNTOLD) & (base > 0.0) & (base < 1.0)
        rate = np.where(told, (total + PRIOR * base) / (heard + PRIOR), base)
        shift = np.where(told, log_odds(rate) - log_odds(base), 0.0)
        judged = np.flatnonzero(told[asked])
        mine = asked[judged]
        gain = _log_loss(share[judged], base[mine]) - _log_loss(share[judged], rate[mine])
        return cls(
            stage,
            shift.astype(np.float32),
            np.rint(heard).astype(np.int32),
            _with_ends(gain, ontology, mine),
        )

    @property
    def figures(self) -> dict[str, object]:
        """Gain with its interval, and how many diseases have a stage."""
        return {
            "log_loss_gain": None
            if np.isnan(self.gain[0])
            else [round(float(v), 4) for v in self.gain],
            "counts": self.counts,
            "diseases_told": int((self.stage != UNTOLD).sum()),
        }

    def shifted(self, probability: Floats, disease: int) -> Floats:
        """Probabilities with their odds times the factor of a disease, of the same shape."""
        if not self.counts or self.log_odds[disease] == 0.0:
            return probability
        factor = np.exp(np.float64(self.log_odds[disease]))
        moved: Floats = (probability * factor / (1.0 - probability * (1.0 - factor))).astype(
            probability.dtype
        )
        return moved

    def told(self, disease: int) -> str:
        """What onset changes in the number, in words."""
        stage = int(self.stage[disease])
        if stage == UNTOLD:
            return (
                "No source here tells the age of onset of the disease, which therefore changes "
                "nothing; pace and death, where they are told, enter no score."
            )
        learned = (
            f"{np.exp(self.log_odds[disease]):.2f}, by how often drugs tried for "
            f"{self.heard[disease]} other diseases of such onset came late"
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
    """Stage of onset of each disease: the rounded mean of its terms, place in `STAGES`.

    Returns:
        int8 (diseases,); `UNTOLD` where no source tells an age.
    """
    table = graph.release.table("facts", ["subject", "key", "text"])
    rows = table.filter(pc.equal(table["key"].cast(pa.string()), COURSE_KEY))
    place = graph.diseases.position
    told = np.zeros((2, len(graph.diseases)))
    for subject, term in zip(rows["subject"].to_pylist(), rows["text"].to_pylist(), strict=True):
        if subject in place and term in _STAGE_OF:
            told[:, place[subject]] += (1.0, _STAGE_OF[term])
    mean = np.divide(told[1], told[0], out=np.full(told.shape[1], float(UNTOLD)), where=told[0] > 0)
    return np.asarray(np.rint(mean), np.int8)


def tried_enough(outcomes: Outcomes) -> Index:
    """Diseases with at least `LEAST_TRIED` genes that a drug was tried for, ascending."""
    return np.flatnonzero(outcomes.reaching(FIRST_PHASE).getnnz(axis=0) >= LEAST_TRIED)


def _share_late(outcomes: Outcomes, asked: Index) -> Values:
    """Share of each disease's tried genes with a drug that came late."""
    tried, late = (
        matrix.getnnz(axis=0)[asked] for matrix in (outcomes.reaching(FIRST_PHASE), outcomes.late)
    )
    share: Values = late / tried
    return share


def _log_loss(share: Values, probability: Values) -> Values:
    """Mean over pairs of which a share are late."""
    loss: Values = -share * np.log(probability) - (1.0 - share) * np.log1p(-probability)
    return loss


def _with_ends(gain: Values, ontology: Ontology, disease: Index) -> Floats:
    """Mean and its interval, groups of diseases resampled; NaN for too few."""
    if len(gain) < LEAST_TOLD:
        return np.full(3, np.nan, np.float32)
    rng = np.random.default_rng(0)
    code = disease_groups(ontology, disease)
    total, count = np.bincount(code, gain), np.bincount(code)
    drawn = rng.integers(0, len(count), (_RESAMPLES, len(count)))
    means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    return np.array([gain.mean(), *np.quantile(means, [0.025, 0.975])], np.float32)
