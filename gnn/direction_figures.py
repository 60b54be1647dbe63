"""How often direction is right: the coverage-accuracy curve, by how far homologues are held out.

- *random*: folds of single genes, so that a gene's close homologues tell of it;
- *homology-reduced*: folds of 30 % clusters;
- *purged*: families, and all that shares anything with them, held out (`gnn.families`).
Accuracy alone rises where only easy INHIBIT calls are left, so that balanced accuracy and the
share right of each class stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import balanced_accuracy_score

from gnn.clustered import Values, auroc, interval, log_odds, within
from gnn.conformal import LEVELS, ClassConformal
from gnn.direction import BASES, CALL_LEVEL, LEAST_SUPPORT, Directions, Mechanisms, one_way
from gnn.direction_learning import FOLDS, LEAST_GENES, SignLearner
from gnn.druggability import gene_groups
from gnn.druggability_baselines import PAGERANK, Rivals, Side, walked
from gnn.families import Families
from gnn.graph import Graph
from gnn.ontology import Floats, Index
from gnn.reversibility import Outcomes
from gnn.target_score import Basis
from kg.errors import ModelError

STEPS = tuple(round(0.1 * k, 1) for k in range(1, 11))
"""Shares of the genes called, most certain first."""
LEAST_ARRIVED = 1e-6
"""What is added to the arrivals of two walks before they are compared."""
Mask = npt.NDArray[np.bool_]
Figures = dict[str, object]


@dataclass(frozen=True)
class Judged:
    """Labelled genes and what was said of them by models that did not see them.

    Attributes:
        truth: Whether most drugs inhibit, bool (n,).
        inhibit: Probability that inhibiting is right, (n,).
        homologues: The same from homologues alone.
        heard: Whether a homologue that may be read is labelled, bool (n,).
        base: Share of inhibitors among what each gene's model learned from.
        fold, family: Of each gene.
    """

    truth: Mask
    inhibit: Floats
    homologues: Floats
    heard: Mask
    base: Floats
    fold: Index
    family: Index

    @classmethod
    def of(
        cls, learner: SignLearner, fold: Index, family: Index, seen: Callable[[Mask], Mask]
    ) -> Judged:
        """Cross-fit the learner, and homology alone, over folds."""
        told = np.flatnonzero(learner.told)
        base, near = np.zeros(len(fold), np.float32), np.full(len(fold), 0.5, np.float32)
        heard = np.zeros(len(fold), bool)
        for held in np.unique(fold[told]):
            mine = fold == held
            readable = seen(mine)
            base[mine] = learner.truth[readable & learner.told].mean()
            probability, support = learner.by_homologues(readable)
            near[mine], heard[mine] = probability[mine], support[mine] > LEAST_SUPPORT
        said = learner.cross_fitted(fold, seen)
        return cls(
            learner.truth[told],
            said[told],
            near[told],
            heard[told],
            base[told],
            fold[told],
            family[told],
        )

    @property
    def certainty(self) -> Floats:
        """How far from undecided, 0 to 1; what was never heard of last."""
        far: Floats = np.abs(self.inhibit - 0.5) * 2.0
        return np.where(self.heard, far, -1.0).astype(np.float32)


def direction_figures(graph: Graph, learner: SignLearner, rivals: Rivals, seed: int = 0) -> Figures:
    """Figures of calls by the gene alone under each split.

    Args:
        graph: The release.
        learner: What signs are learned from.
        rivals: What the baselines read.
        seed: Of the folds.

    Raises:
        ModelError: the drugs of fewer than `LEAST_GENES` genes tell a sign.
    """
    if learner.told.sum() < LEAST_GENES:
        raise ModelError(
            f"drugs tell the sign of {int(learner.told.sum())} genes, too few to judge by (at "
            f"least {LEAST_GENES})"
        )
    families, cluster = Families.of(graph), gene_groups(graph)
    rng = np.random.default_rng(seed)
    n = len(graph.genes)
    purged = families.folds(learner.told, seed=seed)
    splits: Mapping[str, tuple[Index, Index, Callable[[Mask], Mask]]] = {
        "random": (rng.integers(0, FOLDS, n), np.arange(n), lambda mine: ~mine),
        "homology_reduced": (
            rng.integers(0, FOLDS, int(cluster.max()) + 1)[cluster],
            cluster,
            lambda mine: ~mine,
        ),
        "purged": (purged, families.group, families.unrelated),
    }
    return {
        "genes": int(learner.told.sum()),
        "inhibit_share": round(float(learner.truth[learner.told].mean()), 4),
        "labels": "genes most of whose signed drugs inhibit, against those most activate",
        "served_level": str(CALL_LEVEL),
        **{
            name: _split(
                Judged.of(learner, fold, family, seen),
                rival_scores(rivals, learner.told, learner.truth, fold, seen),
            )
            for name, (fold, family, seen) in splits.items()
        },
    }


def rival_scores(
    rivals: Rivals, told: Mask, truth: Mask, fold: Index, seen: Side
) -> dict[str, Values]:
    """Every baseline's score of the genes that are judged, higher for those to inhibit.

    What is fitted tells inhibited genes from activated ones. Walks start from either: the score is
    the logarithm of how much more arrives from the first.

    Args:
        rivals: What they read.
        told: Genes that are learned from and judged, bool (genes,).
        truth: Whether most drugs inhibit them, bool (genes,).
        fold: Of each gene.
        seen: From the genes of a fold to those whose drugs may be read.

    Returns:
        float64 (judged genes,) each.
    """

    def side(mine: Mask) -> Mask:
        return seen(mine) & told

    scores = rivals.scores(truth & told, fold, side)
    activated = walked(rivals.walk, told & ~truth, fold, side)
    scores[PAGERANK] = np.log((scores[PAGERANK] + LEAST_ARRIVED) / (activated + LEAST_ARRIVED))
    return {name: score[told] for name, score in scores.items()}


def _split(judged: Judged, others: Mapping[str, Values]) -> Figures:
    offset = log_odds(judged.inhibit) - log_odds(judged.base)
    scores = {
        "learned": offset,
        "homologues_alone": log_odds(judged.homologues) - log_odds(judged.base),
        **others,
    }
    return {
        "auroc": {
            name: interval(auroc, judged.truth, score, judged.family)
            for name, score in scores.items()
        },
        "auroc_within_fold": within(auroc, judged.truth, offset, judged.fold),
        "abstained": round(float(1.0 - judged.heard.mean()), 4),
        "always_inhibit_accuracy": round(float(judged.truth.mean()), 4),
        "curve": curve(judged),
        "conformal": conformal_figures(judged),
    }


def curve(judged: Judged) -> Figures:
    """Arrays over the share called, most certain first; NaN (null) where a class is not there."""
    return curve_of(judged.certainty, judged.truth, judged.inhibit)


def curve_of(certainty: Floats, truths: Mask, inhibit: Floats) -> Figures:
    """The same of any calls.

    Args:
        certainty: The order in which they are made, float32 (n,).
        truths: Whether inhibiting is right, bool (n,).
        inhibit: Probability that it is, float32 (n,); called from .5.
    """
    order = np.argsort(-certainty, kind="stable")
    rows = []
    for step in STEPS:
        chosen = order[: max(round(step * len(order)), 1)]
        truth, call = truths[chosen], inhibit[chosen] >= 0.5
        good = truth == call
        both = truth.any() and not truth.all()
        rows.append(
            (
                step,
                good.mean(),
                balanced_accuracy_score(truth, call) if both else None,
                good[truth].mean() if truth.any() else None,
                good[~truth].mean() if not truth.all() else None,
            )
        )
    names = ("coverage", "accuracy", "balanced_accuracy", "inhibit_found", "activate_found")
    return {
        name: [None if v is None else round(float(v), 4) for v in column]
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }


def conformal_figures(judged: Judged, halves: int = 10) -> Figures:
    """Coverage reached and what the calls are worth, families on one side of each halving."""
    rng = np.random.default_rng(0)
    _, code = np.unique(judged.family, return_inverse=True)
    found: dict[float, list[tuple[float, ...]]] = {level: [] for level in LEVELS}
    for _ in range(halves):
        calibrates = (rng.random(int(code.max()) + 1) < 0.5)[code] & judged.heard
        judge = ~calibrates & judged.heard
        if not calibrates.any() or not judge.any():
            continue
        fitted = ClassConformal.fit(judged.inhibit[calibrates], judged.truth[calibrates])
        for level in LEVELS:
            found[level].append(_worth(fitted, judged, judge, level))
    names = (
        "inhibit_covered",
        "activate_covered",
        "called",
        "inhibit_calls_right",
        "activate_calls_right",
        "balanced_accuracy",
    )
    return {
        str(level): {
            name: round(float(v), 4)
            for name, v in zip(names, np.nanmean(np.array(rows), axis=0), strict=True)
        }
        for level, rows in found.items()
        if rows
    }


def _worth(fitted: ClassConformal, judged: Judged, judge: Mask, level: float) -> tuple[float, ...]:
    truth, said = judged.truth[judge], judged.inhibit[judge]
    inhibit, activate = fitted.sets(said, level)
    call = fitted.calls(said, level)
    found = [_share(truth == (call < 0), (call != 0) & mine) for mine in (truth, ~truth)]
    return (
        _share(inhibit, truth),
        _share(activate, ~truth),
        float((call != 0).mean()),
        _share(truth, call < 0),
        _share(~truth, call > 0),
        float(np.mean(found)),
    )


def _share(good: Mask, among: Mask) -> float:
    return float(good[among].mean()) if among.any() else float("nan")


def pair_direction_figures(graph: Graph, mechanisms: Mechanisms) -> Figures:
    """Disease-matched mechanism against the sign of drugs that reached a late phase for it.

    Only pairs whose late drugs all push one way are judged; mechanisms of the very disease and of
    diseases at least `gnn.direction.MATCHED` alike are told apart. A drug's sign for the pair is
    the truth here and is no part of the call.
    """
    pushes = Outcomes.of(graph).pushes
    rows: dict[str, list[tuple[int, int, int]]] = {"same_disease": [], "related_disease": []}
    conflicts = 0
    for disease in np.unique(pushes.disease).tolist():
        likeness = graph.disease_ontology.lin(disease)
        votes = mechanisms.of_pairs(likeness, disease, len(graph.genes))
        for gene, push in pushes.of(disease):
            same = int(np.sign(votes.activate[gene]) - np.sign(votes.inhibit[gene]))
            near = int(np.sign(votes.near_activate[gene]) - np.sign(votes.near_inhibit[gene]))
            told = votes.inhibit[gene] + votes.activate[gene] > 0
            kin = votes.near_inhibit[gene] + votes.near_activate[gene] > 0
            conflicts += int((told and same == 0) or (not told and kin and near == 0))
            if told and same:
                rows["same_disease"].append((gene, same, push))
            elif not told and near:
                rows["related_disease"].append((gene, near, push))
    told_pairs = sum(len(r) for r in rows.values())
    return {
        "truth": "sign of the drugs on the gene that reached phase 3 or approval for the disease",
        "pairs_with_a_late_drug": len(pushes.disease),
        "inhibit_share": round(float((pushes.sign < 0).mean()), 4) if len(pushes.sign) else None,
        "coverage": round(told_pairs / max(len(pushes.disease), 1), 5),
        "conflicts": conflicts,
        **{name: right(found) for name, found in rows.items()},
    }


def causal_gene_figures(genes: Directions, mechanisms: Mechanisms) -> Figures:
    """What drugs and homologues say of genes that cause a disease, against how they cause it.

    Truth is what the curated mechanism of the pair asks for, which is no part of these calls. A
    pair is judged where all its mechanisms ask for one thing, and where the gene alone calls.

    Args:
        genes: By the gene alone.
        mechanisms: Curated directions.
    """
    may = mechanisms.calls
    pairs = np.stack([mechanisms.gene[may], mechanisms.disease[may]], axis=1)
    found, place = np.unique(pairs, axis=0, return_inverse=True)
    inhibit, activate = (
        np.bincount(place.ravel(), mechanisms.desired[may] == sign, len(found)) for sign in (-1, 1)
    )
    wanted = one_way(inhibit, activate)
    gene, truth = found[wanted != 0, 0], wanted[wanted != 0]
    if not len(gene):
        return {"pairs": 0}
    rows = np.stack([gene, genes.call[gene], truth], axis=1)
    by_basis = {
        basis.value.lower(): rows[(rows[:, 1] != 0) & (genes.basis[gene] == BASES.index(basis))]
        for basis in (Basis.DRUGS, Basis.HOMOLOGUES)
    }
    return {
        "truth": "curated mechanism of the pair, which these calls do not read",
        "pairs": len(gene),
        "activate_share": round(float((truth > 0).mean()), 4),
        **{name: right(mine) for name, mine in by_basis.items()},
    }


def right(rows: npt.ArrayLike) -> Figures:
    """How many pairs are right by call, over how many genes, with the 95 % Wilson interval.

    Args:
        rows: Gene, call and truth of each pair, int (n, 3).
    """
    table = np.asarray(rows)
    if not len(table):
        return {"pairs": 0}
    gene, said, truth = table.T
    good = said == truth
    return {
        "pairs": len(table),
        "genes": len(np.unique(gene)),
        "right": int(good.sum()),
        "share_right": wilson(int(good.sum()), len(table)),
        "right_to_inhibit": [int(good[said < 0].sum()), int((said < 0).sum())],
        "right_to_activate": [int(good[said > 0].sum()), int((said > 0).sum())],
        "always_inhibit": round(float((truth < 0).mean()), 4),
    }


def wilson(right: int, n: int, z: float = 1.96) -> list[float]:
    """A share with its 95 % interval (Wilson 1927): [share, lower, upper]."""
    share, square = right / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z * np.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return [round(float(v), 4) for v in (share, middle - half, middle + half)]
