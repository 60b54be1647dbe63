"""How often reversibility is right: pairs that a drug was tried for, and which reached late.

Nothing is fitted on outcomes here but the calibration curve; the pairs of a disease's group are
judged with the drugs tried for that group left out of every sign, and the graph behind causality
has no clinical evidence in any variant. Relative success is the share of late pairs among the best
scored over the share among the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.ahead import ahead
from gnn.clustered import (
    Weighed,
    auroc,
    average_precision,
    interval,
    paired,
    plain,
    resampled,
    within,
)
from gnn.curves import Curves
from gnn.direction import Mechanisms, agreement
from gnn.graph import Graph
from gnn.ontology import Floats, Index
from gnn.outcomes import APPROVED, FIRST_PHASE, LATE_PHASE, Outcomes
from gnn.parts import CausalModel
from gnn.reversibility import early_onset, raw_score
from gnn.split import disease_groups
from kg.errors import ModelError

TOPS = (0.05, 0.1)
LEAST_TRIED = 5
"""Tried genes that a disease needs to be judged."""
VALIDATION_SEED = 50
"""Half of the disease groups are for choosing, the other half is reported."""
EARLY = 0.5
"""What a disease of onset before birth would keep of its score; tried on the validation half."""
Figures = dict[str, object]
Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tried:
    """Gene-disease pairs that a drug was tried for in people.

    Attributes:
        gene, disease: Local numbers, int64 (n,).
        late, approved: What became of the best drug, bool (n,).
        scores: By name, (n,) each.
        group: Of the disease, int64 (n,).
    """

    gene: Index
    disease: Index
    late: Mask
    approved: Mask
    scores: Mapping[str, Values]
    group: Index

    def keep(self, mask: Mask) -> Tried:
        """Some of the pairs."""
        scores = {name: score[mask] for name, score in self.scores.items()}
        return Tried(
            self.gene[mask],
            self.disease[mask],
            self.late[mask],
            self.approved[mask],
            scores,
            self.group[mask],
        )


def tried_pairs(
    graph: Graph,
    causal: CausalModel,
    curves: Curves,
    mechanisms: Mechanisms,
    baselines: Mapping[str, Floats],
) -> Tried:
    """Score every tried pair by each method.

    Args:
        graph: The release.
        causal: The parts of causality.
        curves: From its parts to a probability.
        mechanisms: Curated directions.
        baselines: Scores of every gene whatever the disease (publications, degree).

    Raises:
        ModelError: no disease has `LEAST_TRIED` tried genes.
    """
    outcomes = Outcomes.of(graph)
    tried = outcomes.reaching(FIRST_PHASE).tocsc()
    late, approved = outcomes.late.tocsc(), outcomes.reaching(APPROVED).tocsc()
    asked = np.flatnonzero(np.diff(tried.indptr) >= LEAST_TRIED)
    if not len(asked):
        raise ModelError(f"release {graph.release.id} knows too few outcomes of drugs to judge by")
    early = np.nan_to_num(early_onset(graph), nan=0.0)
    found: list[tuple[Index, Index, Mask, Mask]] = []
    scores: dict[str, list[Floats]] = {}
    scored = ahead(lambda d: _scores(causal, curves, mechanisms, outcomes, d), asked.tolist())
    for disease, by_name in zip(asked.tolist(), scored, strict=True):
        gene = np.sort(tried.indices[tried.indptr[disease] : tried.indptr[disease + 1]])
        of_disease = np.full(len(gene), disease, np.int64)
        outcome = [_column(m, disease)[gene] for m in (late, approved)]
        found.append((gene.astype(np.int64), of_disease, outcome[0], outcome[1]))
        for name, score in by_name.items():
            scores.setdefault(name, []).append(score[gene])
        lowered = scores["reversibility"][-1] * (1.0 - (1.0 - EARLY) * (early[disease] >= 1.0))
        scores.setdefault("lowered_by_early_onset", []).append(lowered)
        for name, value in baselines.items():
            scores.setdefault(name, []).append(np.nan_to_num(value, nan=-1.0)[gene])
    group = dict(zip(asked.tolist(), disease_groups(causal.direct.ontology, asked), strict=True))
    gene, disease_, is_late, is_approved = (
        np.concatenate(part) for part in zip(*found, strict=True)
    )
    return Tried(
        gene,
        disease_,
        is_late,
        is_approved,
        {name: np.concatenate(part).astype(np.float64) for name, part in scores.items()},
        np.array([group[d] for d in disease_.tolist()], np.int64),
    )


def _scores(
    causal: CausalModel,
    curves: Curves,
    mechanisms: Mechanisms,
    outcomes: Outcomes,
    disease: int,
) -> dict[str, Floats]:
    likeness = causal.direct.ontology.lin(disease)
    parts = causal.parts(disease)
    probability = curves(parts)
    votes = mechanisms.of_pairs(likeness, disease, causal.direct.n_genes)
    signs = outcomes.signs_without(likeness)
    agrees = agreement(signs, votes.any_inhibit, votes.any_activate)
    return {
        "reversibility": raw_score(probability, agrees),
        "causality_alone": probability,
        "direct_alone": parts.direct,
        "direction_alone": agrees,
    }


def reversibility_figures(pairs: Tried, seed: int = VALIDATION_SEED) -> Figures:
    """Figures on the disease groups that nothing was chosen on.

    Args:
        pairs: All tried pairs.
        seed: Which groups are for choosing and which are reported.

    Raises:
        ModelError: among those reported all, or none, reached a late phase.
    """
    chosen = (np.random.default_rng(seed).random(int(pairs.group.max()) + 1) < 0.5)[pairs.group]
    judged, validation = pairs.keep(~chosen), pairs.keep(chosen)
    if judged.late.all() or not judged.late.any():
        raise ModelError(f"{len(judged.gene)} tried pairs of one outcome are too few to judge by")
    return {
        "question": "of pairs whose drug was tried in people, which reached phase 3 or approval",
        "split": "disease groups (Lin >= .9) in two halves: one to choose on, one reported",
        "pairs": len(judged.gene),
        "diseases": len(np.unique(judged.disease)),
        "prevalence": round(float(judged.late.mean()), 4),
        "approved_prevalence": round(float(judged.approved.mean()), 4),
        "late_phase": LATE_PHASE,
        "methods": {name: _row(judged, name) for name in judged.scores},
        "gain_over_causality_alone": paired(
            auroc,
            judged.late,
            judged.scores["reversibility"],
            judged.scores["causality_alone"],
            judged.group,
        ),
        "on_validation": {
            name: round(plain(auroc, validation.late, score), 4)
            for name, score in validation.scores.items()
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

    whole = plain(ratio, outcome, score)
    ends = np.nanquantile(resampled(ratio, outcome, [score], cluster)[:, 0], [0.025, 0.975])
    return [round(float(v), 3) for v in (whole, *ends)]


def _ratio(truth: Mask, weight: Values, best: Values) -> float:
    rest = weight - best
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


def _column(matrix: object, disease: int) -> Mask:
    """A disease's column of a genes x diseases matrix, bool (genes,)."""
    return np.asarray(matrix[:, [disease]].todense()).ravel() > 0  # type: ignore[index]
