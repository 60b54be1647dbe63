"""Scores as the API shows them: three axes, direction, what they rest on, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import strawberry

from api.pages import PageInfo, Place
from api.types import (
    Basis,
    Call,
    ConformalSet,
    ScoreState,
)
from gnn import target_score as made
from gnn.score import Scorer


@strawberry.type(description="One axis of one target for one disease.")
class AxisScore:
    """Mirrors `gnn.target_score.AxisScore`."""

    probability: float | None = strawberry.field(description="Calibrated; null when ABSTAINED.")
    lower: float | None = strawberry.field(description="Lower end of its 90 % interval.")
    upper: float | None = strawberry.field(description="Upper end of its 90 % interval.")
    percentile: float | None = strawberry.field(
        description="Share of protein-coding genes that score lower for this disease, 0 to 100."
    )
    state: ScoreState


@strawberry.type(description="What causality is made of beside direct evidence, each by itself.")
class CausalityParts:
    """Mirrors `gnn.target_score.CausalityParts`."""

    walk: float = strawberry.field(
        description="Walks over the graph from genes of the disease and its kin, 0 to 1: 1 for the "
        "best thousandth of genes, 2/3 for the best hundredth, 0 where none arrives. It counts "
        "beside `direct` and within `indirect`."
    )
    phenotype_walk: float = strawberry.field(
        description="The same from genes of diseases with a like clinical picture."
    )
    ridge: float | None = strawberry.field(
        description="Share of genes that score lower by kernel ridge, 0 to 1, as `indirect` has "
        "it; null where it was not trained, or walks alone are served."
    )
    towers: float | None = strawberry.field(
        description="The same by the two towers of the graph network."
    )
    boosting: float | None = strawberry.field(
        description="The same by boosting on features of paths, the mean over its trainings."
    )
    phenotype_evidence: float = strawberry.field(
        description="Evidence of the gene itself at diseases with a like clinical picture, 0 to 1: "
        "shown, and no part of any score."
    )


@strawberry.type(description="Causality with its two parts.")
class CausalityScore(AxisScore):
    """Mirrors `gnn.target_score.CausalityScore`."""

    direct: float = strawberry.field(
        description="Evidence of the disease, its types and its kin, 0 to 1."
    )
    indirect: float = strawberry.field(
        description="What the network says with the pair's own evidence hidden, 0 to 1."
    )
    conformal: ConformalSet = strawberry.field(
        description="What is not ruled out at 90 %: coverage, and no call that the gene is causal."
    )
    parts: CausalityParts = strawberry.field(description="What both rest on, each by itself.")


@strawberry.type(description="Druggability by one modality.")
class ModalityScore:
    """Mirrors `gnn.target_score.ModalityScore`."""

    intrinsic: float | None = strawberry.field(description="No ligands or fame; null: abstained.")
    lower: float | None
    upper: float | None
    precedented: bool = strawberry.field(description="A clinical candidate acts on the target.")
    pipeline: float | None = strawberry.field(description="Highest phase reached, 0 to 4.")
    bias_controlled: float | None = strawberry.field(
        description="From systematic measurements alone, publications taken off."
    )


@strawberry.type(description="Druggability by each modality.")
class ByModality:
    """One field a modality."""

    small_molecule: ModalityScore
    antibody: ModalityScore
    other: ModalityScore


@strawberry.type(description="Druggability over all modalities, and each by itself.")
class DruggabilityScore(AxisScore):
    """Mirrors `gnn.target_score.DruggabilityScore`."""

    by_modality: ByModality


@strawberry.type(description="One record that says which way to push.")
class DirectionRecord:
    """Mirrors `gnn.target_score.DirectionRecord`."""

    evidence_id: strawberry.ID
    says: Call
    decides: bool = strawberry.field(description="False for burden tests, which are only shown.")
    disease_id: strawberry.ID | None = strawberry.field(
        description="Whose mechanism it is; null for what a drug does to the target."
    )
    disease_name: str | None
    same_disease: bool = strawberry.field(description="The very disease asked for, not its kin.")


@strawberry.type(description="Which way to push the target.")
class Direction:
    """Mirrors `gnn.target_score.DirectionCall`."""

    call: Call
    probability: float = strawberry.field(description="That inhibiting is right; 0.5 is no idea.")
    supporting: list[strawberry.ID] = strawberry.field(description="Ids of records that agree.")
    conflicting: list[strawberry.ID]
    basis: Basis
    records: list[DirectionRecord] = strawberry.field(
        description="Mechanisms of the disease, then of its kin, then what drugs do to the target."
    )


@strawberry.type(description="How well studied the target is, and how its evidence was found.")
class Bias:
    """Mirrors `gnn.target_score.BiasPanel`."""

    publication_percentile: float | None
    degree_percentile: float
    hypothesis_free_share: float | None
    degree_matched_percentile: float = strawberry.field(
        description="Of its causality among genes that have about as many edges, 0 to 100."
    )


@strawberry.type(description="A gene's weights of the three axes in `overall`.")
class AxisWeights:
    """Mirrors `gnn.target_score.Weights`."""

    causality: float
    reversibility: float
    druggability: float


@strawberry.input(description="How much each axis counts; an axis not named weighs nothing.")
class WeightsInput:
    """Becomes `gnn.target_score.Weights`."""

    causality: float = 0.0
    reversibility: float = 0.0
    druggability: float = 0.0


Weighting = Annotated[
    WeightsInput | None,
    strawberry.argument(description="How much each axis counts in `overall`."),
]


def weights_of(given: WeightsInput | None) -> made.Weights:
    """The weights asked for, or the defaults."""
    if given is None:
        return made.Weights()
    return made.Weights(given.causality, given.reversibility, given.druggability)


@strawberry.type(description="One target for one disease.")
class TargetScore:
    """Built from `gnn.target_score.TargetScore`."""

    target_id: strawberry.ID
    symbol: str
    disease_id: strawberry.ID
    disease_name: str
    rank: int = strawberry.field(description="1 is best, among all protein-coding genes.")
    rank_lower: int = strawberry.field(description="The rank at the upper ends of the intervals.")
    rank_upper: int
    overall: float = strawberry.field(description="Weighted geometric mean of the axes told.")
    causality: CausalityScore
    reversibility: AxisScore
    druggability: DruggabilityScore
    direction: Direction
    bias: Bias


def shown(scores: Sequence[made.TargetScore], scorer: Scorer) -> list[TargetScore]:
    """Scores as the API shows them, in order."""
    names = {
        d: scorer.diseases.names[scorer.diseases.position[d]] for d in {s.disease for s in scores}
    }
    return [_shown(score, names[score.disease]) for score in scores]


def _shown(score: made.TargetScore, disease: str) -> TargetScore:
    causality, druggability = score.causality, score.druggability
    return TargetScore(
        target_id=strawberry.ID(score.target),
        symbol=score.symbol,
        disease_id=strawberry.ID(score.disease),
        disease_name=disease,
        rank=score.rank,
        rank_lower=score.rank_lower,
        rank_upper=score.rank_upper,
        overall=score.overall,
        causality=CausalityScore(
            **_axis(causality),
            direct=causality.direct,
            indirect=causality.indirect,
            conformal=causality.conformal,
            parts=CausalityParts(**asdict(causality.parts)),
        ),
        reversibility=AxisScore(**_axis(score.reversibility)),
        druggability=DruggabilityScore(
            **_axis(druggability),
            by_modality=ByModality(
                **{name: _modality(m) for name, m in druggability.by_modality.items()}
            ),
        ),
        direction=direction_of(score.direction),
        bias=Bias(
            publication_percentile=score.bias.publication_percentile,
            degree_percentile=score.bias.degree_percentile,
            hypothesis_free_share=score.bias.hypothesis_free_share,
            degree_matched_percentile=score.bias.degree_matched_percentile,
        ),
    )


def direction_of(call: made.DirectionCall) -> Direction:
    """A call as the API shows it."""
    return Direction(
        call=call.call,
        probability=call.probability,
        supporting=[strawberry.ID(i) for i in call.supporting],
        conflicting=[strawberry.ID(i) for i in call.conflicting],
        basis=call.basis,
        records=[_record(r) for r in call.records],
    )


def _record(record: made.DirectionRecord) -> DirectionRecord:
    return DirectionRecord(
        evidence_id=strawberry.ID(record.evidence),
        says=record.says,
        decides=record.decides,
        disease_id=None if record.disease is None else strawberry.ID(record.disease),
        disease_name=record.disease_name,
        same_disease=record.same_disease,
    )


def _axis(axis: made.AxisScore) -> dict[str, Any]:
    return {
        "probability": axis.probability,
        "lower": axis.lower,
        "upper": axis.upper,
        "percentile": axis.percentile,
        "state": axis.state,
    }


def _modality(score: made.ModalityScore) -> ModalityScore:
    return ModalityScore(
        intrinsic=score.probability,
        lower=score.lower,
        upper=score.upper,
        precedented=score.precedented,
        pipeline=score.pipeline,
        bias_controlled=score.bias_controlled,
    )


@strawberry.type(description="A page of a whole ranking: as large as you like up to all genes.")
class Ranking:
    """Targets for a disease, best first."""

    release: strawberry.ID
    model: strawberry.ID
    variant: str
    disease_id: strawberry.ID
    disease_name: str
    weights: AxisWeights
    total_count: int
    items: list[TargetScore]
    place: strawberry.Private[Place]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return self.place.info(len(self.items), self.total_count)
