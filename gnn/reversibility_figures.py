"""How often reversibility is right: pairs that a drug was tried for, and which reached late.

Nothing is fitted on outcomes here but, on the half of the diseases to choose on, the curve and the
factor of onset that two rows have; the pairs of a disease's group are judged with the drugs tried
for that group left out of every sign, and the graph behind causality
has no clinical evidence in any variant. The baselines are those of rankings (`gnn.baselines`):
what reads direct evidence reads the disease's own, as causality does; ridge, boosting, network and
stack were fitted without the disease. Relative success is the share of late pairs among the best
scored over the share among the rest. A drug on many genes tells little of each: the same figures
are told of pairs that a drug on one or two genes was tried for, by what became of such drugs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gnn.ahead import ahead
from gnn.baselines import CARRIED, DIRECT_AND_WALKS, FROM_NEAR_KIN, FROM_PICTURE, Ranker, carried
from gnn.calibrate import Curve
from gnn.clustered import (
    Metric,
    Weighed,
    auroc,
    average_precision,
    interval,
    log_odds,
    paired,
    plain,
    resampled,
    within,
)
from gnn.course import Onset, stages
from gnn.direction import agreement
from gnn.drugs import APPROVED, FIRST_PHASE, LATE_PHASE
from gnn.fitted import Fitted
from gnn.graph import Graph
from gnn.learned import SERVED
from gnn.ontology import Floats, Index
from gnn.outcomes import SELECTIVE, Outcomes
from gnn.parts import Parts
from gnn.reversibility import raw_score
from gnn.split import disease_groups
from gnn.trials import Row, Trials, row_of
from kg.errors import ModelError

TOPS = (0.05, 0.1)
SUPPORT, SUPPORTING = "support", 0.8
"""Lin similarity of diseases whose records are genetic support, as Minikel and others (2024)
ask of similarity."""
VALIDATION_SEED = 50
"""Half of the disease groups are for choosing, the other half is reported."""
LEAST_TRIED = 5
"""Tried genes that a disease needs to be judged."""
WITH_ONSET, WITHOUT_ONSET = "with_onset", "without_onset"
"""Reversibility with the factor of onset and without it, whichever is served."""
REVERSIBILITY = "reversibility"
TIE = 1e-9
"""Weight of the raw score among pairs of one probability."""
Figures = dict[str, object]
Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tried:
    """Gene-disease pairs that a drug was tried for in people.

    Attributes:
        gene, disease: Local numbers, int64 (n,).
        phase, selective: Highest phase of any drug, and of one on at most `outcomes.SELECTIVE`
            genes, 0 where there was none, float64 (n,) each.
        supported: Whether the gene has a record of the disease or of one all but it, bool (n,).
        scores: By name, (n,) each.
        group: Of the disease, int64 (n,).
        onset: Learned from the half to choose on.
        served: Whether the model serves a factor of onset.
    """

    gene: Index
    disease: Index
    phase: Values
    selective: Values
    supported: Mask
    scores: Mapping[str, Values]
    group: Index
    onset: Onset
    served: bool

    @property
    def to_choose(self) -> Mask:
        """Whether the disease is of the half to choose on, bool (n,)."""
        return to_choose(self.group)

    @property
    def late(self) -> Mask:
        """Whether a drug reached a late phase, bool (n,)."""
        return np.asarray(self.phase >= LATE_PHASE)

    @property
    def approved(self) -> Mask:
        """Whether a drug was approved, bool (n,)."""
        return np.asarray(self.phase >= APPROVED)

    @property
    def of_selective(self) -> Tried:
        """Pairs that selective drugs were tried for, and what became of those."""
        return replace(self, phase=self.selective).keep(self.selective >= FIRST_PHASE)

    def keep(self, mask: Mask) -> Tried:
        """Some of the pairs."""
        scores = {name: score[mask] for name, score in self.scores.items()}
        return Tried(
            self.gene[mask],
            self.disease[mask],
            self.phase[mask],
            self.selective[mask],
            self.supported[mask],
            scores,
            self.group[mask],
            self.onset,
            self.served,
        )


def to_choose(group: Index) -> Mask:
    """Which groups of diseases are for choosing, by the group of each, bool as `group`.

    Args:
        group: Numbered from 0, each with a disease.
    """
    drawn = np.random.default_rng(VALIDATION_SEED).random(int(group.max()) + 1) < 0.5
    return np.asarray(drawn[group])


def tried_pairs(graph: Graph, fitted: Fitted, baselines: Mapping[str, Ranker]) -> Tried:
    """Score every tried pair by each method.

    Args:
        graph: The release.
        fitted: The model.
        baselines: What the parts do not hold (publications, degree), asked for each disease.

    Raises:
        ModelError: no disease has `LEAST_TRIED` tried genes.
    """
    outcomes, ontology = Outcomes.of(graph), fitted.causal.direct.ontology
    tried = outcomes.reaching(FIRST_PHASE).tocsc()
    few = outcomes.selective
    asked = np.flatnonzero(np.diff(tried.indptr) >= LEAST_TRIED)
    if not len(asked):
        raise ModelError(f"release {graph.release.id} knows too few outcomes of drugs to judge by")
    group_of = disease_groups(ontology, asked)
    taught = set(asked[to_choose(group_of)].tolist()) & set(outcomes.diseases.tolist())
    found: list[tuple[Index, Index, Floats, Floats, Mask]] = []
    scores: dict[str, list[Floats]] = {}
    rows: dict[int, Row] = {}

    def by_method(disease: int) -> dict[str, Floats]:
        told = _scores(fitted, outcomes, disease)
        return told | {name: rank(disease) for name, rank in baselines.items()}

    scored = ahead(by_method, asked.tolist())
    for disease, by_name in zip(asked.tolist(), scored, strict=True):
        gene = np.sort(tried.indices[tried.indptr[disease] : tried.indptr[disease + 1]])
        of_disease = np.full(len(gene), disease, np.int64)
        reached = outcomes.furthest(disease)[gene], few.furthest(disease)[gene]
        supported = by_name.pop(SUPPORT)[gene] > 0
        found.append((gene.astype(np.int64), of_disease, *reached, supported))
        if disease in taught:
            rows[disease] = row_of(by_name[WITHOUT_ONSET], outcomes, ontology.lin(disease))
        for name, score in by_name.items():
            scores.setdefault(name, []).append(score[gene])
    gene, of, phase, selective, supported = (
        np.concatenate(part) for part in zip(*found, strict=True)
    )
    by_method_of = {n: np.concatenate(part).astype(np.float64) for n, part in scores.items()}
    trials = Trials(np.array([*rows], np.int64), tuple(rows.values()))
    onset = Onset.fit(trials, trials.curve, stages(graph), ontology)
    return Tried(
        gene,
        of,
        phase.astype(np.float64),
        selective.astype(np.float64),
        supported,
        by_method_of | _by_onset(by_method_of[WITHOUT_ONSET], of, onset, trials.curve, fitted),
        group_of[np.searchsorted(asked, of)].astype(np.int64),
        onset,
        fitted.onset.counts,
    )


def _by_onset(
    raw: Values, disease: Index, onset: Onset, curve: Curve | None, fitted: Fitted
) -> dict[str, Values]:
    """Reversibility with the factor of onset, and the one of both that the model serves.

    Where the curve is flat the raw score tells pairs apart.
    """
    with_it = raw
    if curve is not None:
        with_it = log_odds(curve(raw)) + onset.log_odds[disease] + TIE * raw
    return {WITH_ONSET: with_it, REVERSIBILITY: with_it if fitted.onset.counts else raw}


def _scores(fitted: Fitted, outcomes: Outcomes, disease: int) -> dict[str, Floats]:
    causal, mechanisms = fitted.causal, fitted.mechanisms
    likeness = causal.direct.ontology.lin(disease)
    parts = causal.parts(disease)
    probability = fitted.curves(parts)
    votes = mechanisms.of_pairs(likeness, disease, causal.direct.n_genes)
    signs = outcomes.signs_without(likeness)
    agrees = agreement(signs, votes.any_inhibit, votes.any_activate)
    near = np.where(likeness >= SUPPORTING, likeness, np.float32(0.0))
    return {
        SUPPORT: causal.said.told(near, disease),
        WITHOUT_ONSET: raw_score(probability, agrees),
        "causality_alone": probability,
        "direct_alone": parts.direct,
        "direction_alone": agrees,
        CARRIED: carried(causal.said, causal.profiles, disease),
        **_of_parts(parts),
    }


def _of_parts(parts: Parts) -> dict[str, Floats]:
    """What causality is made of, each alone, under the names that rankings give it.

    Walks are tails, boosting is the mean of its seeds; without a network there is none of it.
    """
    told = {
        FROM_NEAR_KIN: parts.walk,
        FROM_PICTURE: parts.phenotype_walk,
        DIRECT_AND_WALKS: parts.supported,
        "kernel_ridge": parts.ridge,
        "boosting": parts.boosting_mean,
        "graph_network": parts.towers,
        SERVED: None if parts.ridge is None else parts.indirect,
    }
    return {name: score for name, score in told.items() if score is not None}


def reversibility_figures(pairs: Tried) -> Figures:
    """Figures on the disease groups that nothing was chosen on.

    Args:
        pairs: All tried pairs.

    Raises:
        ModelError: among those reported all, or none, reached a late phase.
    """
    chosen = pairs.to_choose
    judged, validation = pairs.keep(~chosen), pairs.keep(chosen)
    if judged.late.all() or not judged.late.any():
        raise ModelError(f"{len(judged.gene)} tried pairs of one outcome are too few to judge by")
    return {
        "question": "of pairs whose drug was tried in people, which reached phase 3 or approval",
        "split": "disease groups (Lin >= .9) in two halves: one to choose on, one reported",
        "late_phase": LATE_PHASE,
        **_told(judged),
        "selective": {
            "question": f"the same of pairs that a drug on at most {SELECTIVE} genes was tried for",
            **_told(judged.of_selective),
        },
        "onset": {
            "meaning": "what the factor of onset takes off the log loss of diseases of the half "
            "to choose on whose group did not teach it; it counts where the interval is above 0",
            **pairs.onset.figures,
            "served": pairs.served,
        },
        "gain_over": {
            name: paired(auroc, judged.late, judged.scores["reversibility"], score, judged.group)
            for name, score in judged.scores.items()
            if name != "reversibility"
        },
        "on_validation": {
            name: round(plain(auroc, validation.late, score), 4)
            for name, score in validation.scores.items()
        },
    }


def _told(pairs: Tried) -> Figures:
    """Counts, a row a method, and how pairs with genetic support did; short where one-sided."""
    counts = Figures(pairs=len(pairs.gene), diseases=len(np.unique(pairs.disease)))
    if not len(pairs.gene) or pairs.late.all() or not pairs.late.any():
        return counts | {"not_measured": "pairs of one outcome alone"}
    return counts | {
        "prevalence": round(float(pairs.late.mean()), 4),
        "approved_prevalence": round(float(pairs.approved.mean()), 4),
        "methods": {name: _row(pairs, name) for name in pairs.scores},
        SUPPORT: {
            "meaning": f"a record of the gene for the disease or one of Lin {SUPPORTING} or more",
            "pairs": int(pairs.supported.sum()),
            **{
                f"relative_success_{what}": success_of(outcome, pairs.supported, pairs.group)
                for what, outcome in (("late", pairs.late), ("approved", pairs.approved))
            },
        },
    }


def _row(pairs: Tried, name: str) -> Figures:
    score = pairs.scores[name]
    successes = {
        f"relative_success_{what}_top_{round(100 * top)}": relative_success(
            outcome, score, pairs.group, top
        )
        for what, outcome in (("late", pairs.late), ("approved", pairs.approved))
        for top in TOPS
    }
    return {
        "auroc": interval(auroc, pairs.late, score, pairs.group),
        "auroc_within_disease": within(auroc, pairs.late, score, pairs.disease),
        "average_precision": interval(average_precision, pairs.late, score, pairs.group),
        **successes,
    }


def relative_success(outcome: Mask, score: Values, cluster: Index, top: float) -> list[float]:
    """Rate among the best scored share over the rate among the rest: [ratio, lower, upper].

    Pairs tied at the border count with the rest's order broken evenly, by weight.
    """

    def ratio(truth: Mask, value: Values) -> Weighed:
        return lambda weight: _ratio(truth, weight, _top_weight(value, weight, top))

    return _with_ends(ratio, outcome, score, cluster)


def success_of(outcome: Mask, chosen: Mask, cluster: Index) -> list[float]:
    """Rate among some pairs over the rate among the rest: [ratio, lower, upper]."""

    def ratio(truth: Mask, value: Values) -> Weighed:
        return lambda weight: _ratio(truth, weight, weight * value)

    return _with_ends(ratio, outcome, chosen.astype(np.float64), cluster)


def _with_ends(metric: Metric, outcome: Mask, score: Values, cluster: Index) -> list[float]:
    whole = plain(metric, outcome, score)
    drawn = resampled(metric, outcome, [score], cluster)[:, 0]
    ends = np.nanquantile(drawn, [0.025, 0.975]) if np.isfinite(drawn).any() else (np.nan, np.nan)
    return [round(float(v), 3) for v in (whole, *ends)]


def _ratio(truth: Mask, weight: Values, best: Values) -> float:
    rest = weight - best
    if not best.sum() > 0 or not rest.sum() > 0:
        return float("nan")
    among, other = (truth * best).sum() / best.sum(), (truth * rest).sum() / rest.sum()
    return float(among / other) if other > 0 else float("nan")


def _top_weight(value: Values, weight: Values, top: float) -> Values:
    """How much of each pair's weight is in the best scored share; ties share what is left."""
    order = np.argsort(-value, kind="stable")
    wanted = top * weight.sum()
    border = value[order][
        np.searchsorted(np.cumsum(weight[order]), wanted).clip(max=len(order) - 1)
    ]
    above, tied = value > border, value == border
    left = max(wanted - weight[above].sum(), 0.0) / max(weight[tied].sum(), 1e-12)
    best: Values = weight * (above + tied * min(left, 1.0))
    return best
