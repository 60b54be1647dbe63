"""All genes' scores for one disease, as arrays: every axis with its interval, and the ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.direction import (
    CALL_LEVEL,
    CAUSES_FROM,
    MATCHED,
    Directions,
    Signs,
    agreement,
    of_genes,
    of_pairs,
)
from gnn.fame import SMALLEST, Fame
from gnn.fitted import Fitted
from gnn.network import percentile
from gnn.ontology import Floats, Index
from gnn.parts import Parts
from gnn.reversibility import raw_score
from gnn.target_score import AXES, Weights
from kg.biolink import Predicate
from kg.errors import BadArgument

FEW_NEIGHBOURS = 3
"""Genes the network has fewer neighbours of are out of its distribution."""


@dataclass(frozen=True)
class Interval:
    """A probability of every gene with its 90 % interval, float32 (genes,) each."""

    probability: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class DiseaseScores:
    """One disease, every gene.

    Attributes:
        parts: What causality is made of.
        likeness: Lin similarity of the disease to all diseases.
        causality, reversibility, druggability: By axis; None where the model tells nothing of it.
        directions: Which way to push each gene.
        agreement: How drugs never tried for the disease agree with its mechanism, as
            `gnn.direction.agreement` gives it, float32 (genes,).
        heard: The signs of those drugs.
        unsupported: Genes without direct evidence of the disease, its types or its kin, bool.
        unfamiliar: Genes the network can say little of, bool.
        sets: Whether *causal*, and *not causal*, is in each gene's 90 % conformal set, bool.
    """

    parts: Parts
    likeness: Floats
    causality: Interval
    reversibility: Interval | None
    druggability: Interval | None
    directions: Directions
    agreement: Floats
    heard: Signs
    unsupported: npt.NDArray[np.bool_]
    unfamiliar: npt.NDArray[np.bool_]
    sets: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]

    @classmethod
    def of(cls, model: Fitted, disease: int) -> DiseaseScores:
        """Compute a disease's scores from the stored arrays.

        Args:
            model: The fitted model.
            disease: Local number.
        """
        parts = model.causal.parts(disease)
        likeness = model.causal.direct.ontology.lin(disease)
        votes = model.mechanisms.of_pairs(likeness, disease, model.causal.direct.n_genes)
        # Calibrated so: drugs tried for the disease would tell of the outcome that is asked for.
        others = model.outcomes.signs_without(likeness)
        agrees = agreement(others, votes.any_inhibit, votes.any_activate)
        cause = _causality(model, parts)
        same = model.causal.direct.ontology.around(disease, likeness, MATCHED)
        unsupported = parts.direct <= 0
        return cls(
            parts,
            likeness,
            cause,
            _reversibility(model, cause, agrees, disease),
            _druggability(model),
            of_pairs(
                by_gene(model),
                model.signs,
                votes,
                causes(model, parts.direct, same),
                model.pushes.inhibited(same, model.causal.direct.n_genes),
                model.mechanisms.measured(likeness, model.causal.direct.n_genes),
            ),
            agrees,
            others,
            unsupported,
            unsupported & ((model.neighbours < FEW_NEIGHBOURS) | model.unseen_family),
            model.curves.sets(parts),
        )

    def ranking(self, weights: Weights, fame: Fame | None = None) -> Ranking:
        """The genes in order under some weights; ties go by the raw score, then by number.

        Args:
            weights: Of the axes.
            fame: Where given, what it predicts is taken off the scores and their intervals.

        Raises:
            BadArgument: the model tells nothing of any axis that weighs.
        """
        told = {name: axis for name in AXES if (axis := getattr(self, name)) is not None}
        ends = [
            overall({name: getattr(axis, end) for name, axis in told.items()}, weights)
            for end in ("probability", "lower", "upper")
        ]
        if fame is not None:
            left = fame.debiased(ends[0]) / np.maximum(ends[0], SMALLEST)
            ends = [(end * left).astype(np.float32) for end in ends]
        raw = np.where(self.unsupported, self.parts.indirect - 1.0, self.parts.supported)
        order = np.lexsort((-raw, -ends[0]))
        return Ranking(order.astype(np.int64), *ends)


@dataclass(frozen=True)
class Ranking:
    """Genes, best first.

    Attributes:
        order: Gene numbers, best first, int64 (genes,).
        overall, lower, upper: Of each gene, by its number, float32 (genes,).
    """

    order: Index
    overall: Floats
    lower: Floats
    upper: Floats

    def places(self) -> Index:
        """Rank of each gene, 1 is best, int64 (genes,)."""
        place = np.empty(len(self.order), np.int64)
        place[self.order] = np.arange(1, len(self.order) + 1)
        return place

    def place_of(self, value: float) -> int:
        """The rank that a score would have among all."""
        ordered = self.overall[self.order]
        return int(np.searchsorted(-ordered, -value, side="left")) + 1


def causes(model: Fitted, direct: Floats, diseases: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Genes that a record not refuted says cause any of some diseases, bool (genes,).

    Args:
        model: The fitted model.
        direct: Direct evidence of the disease that is asked for, float32 (genes,).
        diseases: It, its types and those at least `MATCHED` alike, bool (diseases,).
    """
    told = model.said_ledger.genes_of(Predicate.CAUSES, CAUSES_FROM, diseases, len(direct))
    return told & (direct > 0)


def by_gene(model: Fitted) -> Directions:
    """Directions of all genes whatever the disease."""
    calls = model.conformal.calls(model.homology, CALL_LEVEL)
    return of_genes(model.signs, model.homology, model.homology_support, calls)


def overall(axes: Mapping[str, Floats], weights: Weights) -> Floats:
    """Weighted geometric mean of the axes' probabilities, float32 (genes,).

    Args:
        axes: By name; an axis that is not there weighs nothing.
        weights: Of all axes.

    Raises:
        BadArgument: all the weight is on axes that are not there.
    """
    values = {name: getattr(weights, name) for name in axes}
    total = sum(values.values())
    if total <= 0.0:
        raise BadArgument(
            f"weights: this model tells nothing but {', '.join(axes)}; give one of them a weight"
        )
    logs = sum(
        (values[name] / total) * np.log(np.maximum(axis, SMALLEST)) for name, axis in axes.items()
    )
    mean: Floats = np.exp(np.asarray(logs)).astype(np.float32)
    return mean


def percentiles(score: Floats) -> Floats:
    """Percentile of every gene among all, 0 to 100."""
    share: Floats = percentile(score) * np.float32(100.0)
    return share


def _causality(model: Fitted, parts: Parts) -> Interval:
    """Probability from both curves; the ends from their bands and from the seeds."""
    middle, (lower, upper) = model.curves(parts), model.curves.ends(parts)
    return Interval(middle, np.minimum(lower, middle), np.maximum(upper, middle))


def _reversibility(model: Fitted, cause: Interval, agrees: Floats, disease: int) -> Interval | None:
    """The calibrated raw score with what onset brings; the ends are causality's, on the band."""
    curve = model.reversible
    if curve is None:
        return None
    middle = curve(raw_score(cause.probability, agrees)).astype(np.float32)
    lower = curve.band(raw_score(cause.lower, agrees))[0].astype(np.float32)
    upper = curve.band(raw_score(cause.upper, agrees))[1].astype(np.float32)
    ends = middle, np.minimum(lower, middle), np.maximum(upper, middle)
    return Interval(*(model.onset.shifted(end, disease) for end in ends))


def _druggability(model: Fitted) -> Interval | None:
    """Intrinsic tractability by the modality that suits the gene best, of those learned."""
    drug = model.druggable
    if not drug.told.any():
        return None
    best = drug.suited[None]
    parts = (drug.probability, drug.lower, drug.upper)
    return Interval(*(np.take_along_axis(part, best, axis=0)[0] for part in parts))
