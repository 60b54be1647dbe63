"""Whether probabilities are right, on genes they were not fitted on.

Genes are halved by family, so that neither a gene nor its homologue is on both sides; a curve is
fitted on one half and judged on the other, both ways. The figures are given at the natural
prevalence and at a sampled one, ten others a positive drawn at random: there the curve's odds are
multiplied by how much rarer the others were made, which is known by design.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.calibrate import LEVELS, Counts, Curve, brier_skill, expected_calibration_error
from gnn.calibration_sets import Judged
from gnn.ontology import Index

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Figures = dict[str, object]
SAMPLED = 10
"""Others a positive at the sampled prevalence."""
TOP_SHARE = 0.1
LEAST_IN_AREA = 20
"""Positives an area must have for its reliability to be told."""
BINS = 150
Crossed = tuple[Curve, Curve]
"""For the genes of the second half and of the first, each fitted on the other."""


@dataclass(frozen=True)
class Pairs:
    """Judged pairs of many diseases, in columns."""

    disease: Index
    gene: Index
    score: Values
    positive: Mask

    @classmethod
    def of(cls, judged: Iterable[Judged]) -> Pairs:
        """Columns of what each disease gives."""
        rows = list(judged)
        return cls(
            np.repeat([r.disease for r in rows], [len(r.gene) for r in rows]),
            np.concatenate([r.gene for r in rows]),
            np.concatenate([r.score for r in rows]),
            np.concatenate([r.positive for r in rows]),
        )

    def keep(self, mask: Mask) -> Pairs:
        """Those where the mask is true."""
        return Pairs(self.disease[mask], self.gene[mask], self.score[mask], self.positive[mask])

    def curve(self, top: float) -> Curve:
        """Fitted on these, clusters being diseases.

        Raises:
            ModelError: too few positives.
        """
        order = np.argsort(self.disease, kind="stable")
        cuts = np.flatnonzero(np.diff(self.disease[order])) + 1
        rows = [(self.score[part], self.positive[part]) for part in np.split(order, cuts)]
        return Curve.fit(Counts.of(rows, top, BINS))


@dataclass(frozen=True)
class Checked:
    """Pairs with the probability that a curve fitted on other genes gives them.

    Attributes:
        sets: By level, whether *causal* and *not causal* are in each pair's conformal set.
    """

    pairs: Pairs
    probability: Values
    sets: Mapping[float, tuple[Mask, Mask]]

    @classmethod
    def joined(cls, parts: Sequence[Checked]) -> Checked:
        """Several below one another."""
        names = ("disease", "gene", "score", "positive")
        columns = [np.concatenate([getattr(p.pairs, name) for p in parts]) for name in names]
        sets = {
            level: (
                np.concatenate([p.sets[level][0] for p in parts]),
                np.concatenate([p.sets[level][1] for p in parts]),
            )
            for level in LEVELS
        }
        return cls(Pairs(*columns), np.concatenate([p.probability for p in parts]), sets)

    def keep(self, mask: Mask) -> Checked:
        """Those where the mask is true."""
        sets = {level: (one[mask], other[mask]) for level, (one, other) in self.sets.items()}
        return Checked(self.pairs.keep(mask), self.probability[mask], sets)


def crossed(pairs: Pairs, half: Mask, top: float) -> Crossed:
    """Curves that never saw the genes they are for.

    Args:
        pairs: With outcomes.
        half: Which half each gene is of, bool (genes,).
        top: Largest possible score.

    Raises:
        ModelError: a half has too few positives to fit a curve on.
    """
    side = half[pairs.gene]
    return pairs.keep(side).curve(top), pairs.keep(~side).curve(top)


def check(pairs: Pairs, half: Mask, curves: Crossed) -> Checked:
    """Each half of the genes judged by what was fitted on the other."""
    side = half[pairs.gene]
    parts = []
    for mine, curve in zip((pairs.keep(~side), pairs.keep(side)), curves, strict=True):
        sets = {level: curve.sets(mine.score, level) for level in LEVELS}
        parts.append(Checked(mine, curve(mine.score), sets))
    return Checked.joined(parts)


def halves(group: Index, seed: int = 0) -> Mask:
    """Whole families of genes to two halves, bool (genes,)."""
    coin = np.random.default_rng(seed).random(int(group.max()) + 1) < 0.5
    return coin[group]


def figures(checked: Checked, by_area: Mapping[str, Mask], seed: int = 0) -> Figures:
    """Everything that is reported of a calibration on held-out targets.

    Args:
        checked: Pairs, judged by curves fitted on others.
        by_area: Diseases of each therapeutic area.
        seed: Of the sampled prevalence.
    """
    return {
        **at_both(checked, seed),
        "conformal": {f"{level:.0%}": _coverage(checked, level) for level in LEVELS},
        "by_area": _by_area(checked, by_area, seed),
    }


def at_both(checked: Checked, seed: int = 0) -> Figures:
    """Reliability at the natural prevalence and at the sampled one."""
    return {
        "held_out": "targets: families of genes halved, each half by a curve fitted on the other",
        "natural": reliable(checked.probability, checked.pairs.positive),
        "sampled": sampled(checked, seed),
    }


def reliable(probability: Values, positive: Mask) -> Figures:
    """ECE over bins of equal mass, Brier skill, the top tenth, and points to plot."""
    truth, one = positive.astype(np.float64), np.ones(len(positive))
    top = np.argsort(-probability, kind="stable")[: max(int(len(positive) * TOP_SHARE), 1)]
    return {
        "pairs": len(positive),
        "positives": int(positive.sum()),
        "prevalence": round(float(positive.mean()), 6),
        "ece": round(expected_calibration_error(probability, truth, one), 5),
        "brier_skill": round(brier_skill(probability, truth, one), 5),
        "top_tenth": {
            "said": round(float(probability[top].mean()), 5),
            "seen": round(float(positive[top].mean()), 5),
        },
        "reliability": reliability(probability, truth, one),
    }


def sampled(checked: Checked, seed: int) -> Figures:
    """The same with ten others a positive, odds corrected for the sampling."""
    positive = np.flatnonzero(checked.pairs.positive)
    others = np.flatnonzero(~checked.pairs.positive)
    wanted = min(SAMPLED * len(positive), len(others))
    drawn = np.random.default_rng(seed).choice(others, wanted, replace=False)
    chosen = np.sort(np.concatenate([positive, drawn]))
    said = checked.probability[chosen]
    corrected = said / (said + (1.0 - said) * (wanted / len(others)))
    return {
        "others_a_positive": round(wanted / max(len(positive), 1), 2),
        **reliable(corrected, checked.pairs.positive[chosen]),
    }


def _coverage(checked: Checked, level: float) -> Figures:
    """How often the outcome is in the set, of each class, and how often a set decides."""
    causal, not_causal = checked.sets[level]
    positive = checked.pairs.positive
    covered = np.where(positive, causal, not_causal)
    return {
        "coverage": round(float(covered.mean()), 4),
        "coverage_of_positives": round(float(covered[positive].mean()), 4),
        "coverage_of_others": round(float(covered[~positive].mean()), 4),
        "decided": round(float((causal != not_causal).mean()), 4),
        "both": round(float((causal & not_causal).mean()), 4),
        "called_causal": round(float((causal & ~not_causal).mean()), 6),
        "right_of_called_causal": _share(positive, causal & ~not_causal),
    }


def _share(of: Mask, among: Mask) -> float | None:
    return round(float(of[among].mean()), 6) if among.any() else None


def _by_area(checked: Checked, by_area: Mapping[str, Mask], seed: int) -> Figures:
    found: Figures = {}
    for name, diseases in by_area.items():
        mine = checked.keep(diseases[checked.pairs.disease])
        positive = mine.pairs.positive
        if positive.sum() < LEAST_IN_AREA:
            continue
        natural, few = reliable(mine.probability, positive), sampled(mine, seed)
        found[name] = {
            "pairs": len(positive),
            "positives": int(positive.sum()),
            "said": round(float(mine.probability.mean()), 5),
            "seen": round(float(positive.mean()), 5),
            "ece": natural["ece"],
            "sampled": {k: v for k, v in few.items() if k != "reliability"},
        }
    return found


def reliability(
    probability: Values, positive: Values, total: Values, bins: int = 10
) -> list[list[float]]:
    """Points of a reliability plot: mean probability, share of positives, and pairs, by bin.

    A bin that no pair fell into has no point.
    """
    cuts = np.unique(np.quantile(probability, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(cuts, probability, side="right") - 1, 0, max(len(cuts) - 2, 0))
    points = []
    for b in np.unique(place[total > 0]):
        mine = place == b
        mass = total[mine].sum()
        said = float((probability[mine] * total[mine]).sum() / mass)
        seen = float(positive[mine].sum() / mass)
        points.append([round(said, 5), round(seen, 5), float(mass)])
    return points


def by_state(checked: Sequence[tuple[str, Mask, Values, Mask]]) -> Figures:
    """Said against seen for groups of pairs: (name, which, probability, outcome)."""
    return {
        name: {
            "pairs": int(which.sum()),
            "said": round(float(probability[which].mean()), 6),
            "seen": round(float(positive[which].mean()), 6),
        }
        for name, which, probability, positive in checked
        if which.any()
    }
