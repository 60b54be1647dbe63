"""Scores as the API shows them: three axes, direction, what they rest on, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import strawberry

from api.evidence import Evidence
from api.loaders import Scope
from api.pages import PageInfo, Place
from api.types import Basis, Call, ConformalSet, NamedCount, NamedNumber, ScoreState, counts
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


@strawberry.type(description="Causality with its two parts.")
class CausalityScore(AxisScore):
    """Mirrors `gnn.target_score.CausalityScore`."""

    direct: float = strawberry.field(description="Evidence of the disease and its kin, 0 to 1.")
    indirect: float = strawberry.field(
        description="What the network says with the pair's own evidence hidden, 0 to 1."
    )
    conformal: ConformalSet = strawberry.field(
        description="What is not ruled out at 90 %: coverage, and no call that the gene is causal."
    )


@strawberry.type(description="Druggability by one modality.")
class ModalityScore:
    """Mirrors `gnn.target_score.ModalityScore`."""

    intrinsic: float = strawberry.field(description="Predicted without ligands, drugs or fame.")
    lower: float
    upper: float
    precedented: bool = strawberry.field(description="A clinical candidate acts on the target.")
    pipeline: float | None = strawberry.field(description="Highest phase reached, 0 to 4.")
    bias_controlled: float = strawberry.field(
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
    overall: float = strawberry.field(description="Weighted geometric mean of the three axes.")
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
        ),
        reversibility=AxisScore(**_axis(score.reversibility)),
        druggability=DruggabilityScore(
            **_axis(druggability),
            by_modality=ByModality(
                **{name: _modality(m) for name, m in druggability.by_modality.items()}
            ),
        ),
        direction=Direction(
            call=score.direction.call,
            probability=score.direction.probability,
            supporting=[strawberry.ID(i) for i in score.direction.supporting],
            conflicting=[strawberry.ID(i) for i in score.direction.conflicting],
            basis=score.direction.basis,
            records=[_record(r) for r in score.direction.records],
        ),
        bias=Bias(
            publication_percentile=score.bias.publication_percentile,
            degree_percentile=score.bias.degree_percentile,
            hypothesis_free_share=score.bias.hypothesis_free_share,
            degree_matched_percentile=score.bias.degree_matched_percentile,
        ),
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


@strawberry.type(description="One edge of an explaining path, with the records behind it.")
class Hop:
    """Built from `gnn.target_score.ExplainedHop`."""

    subject: strawberry.ID
    subject_name: str
    predicate: str = strawberry.field(
        description="A Biolink predicate, or similar_to: the model's own likeness of diseases."
    )
    object: strawberry.ID
    object_name: str
    evidence: list[Evidence]


@strawberry.type(description="A typed path from target to disease.")
class ExplainingPath:
    """Built from `gnn.target_score.ExplainedPath`."""

    hops: list[Hop]
    contribution: float = strawberry.field(description="Share of the score, -1 to 1.")
    channel: str = strawberry.field(description="Which part of the model reads it.")


@strawberry.type(description="Probability of causality when only some grounds are left.")
class Faithfulness:
    """Mirrors `gnn.target_score.Faithfulness`."""

    without_paths: float = strawberry.field(
        description="Without the records and neighbours of the paths: they are needed as it falls."
    )
    paths_alone: float = strawberry.field(
        description="With those alone: they suffice as it comes near the probability itself."
    )


@strawberry.type(description="Why a pair scores as it does.")
class Explanation:
    """Built from `gnn.target_score.Explanation`."""

    objective: str
    score: TargetScore
    paths: list[ExplainingPath]
    by_channel: list[NamedNumber] = strawberry.field(
        description="Shares of the parts of the model; they add up to causality's probability."
    )
    by_class: list[NamedNumber] = strawberry.field(
        description="Shares by evidence class; with `remainder` they add up to the probability."
    )
    by_source: list[NamedNumber] = strawberry.field(description="The same by source.")
    by_relation: list[NamedNumber] = strawberry.field(
        description="The same by predicate of the records and by relation between genes."
    )
    remainder: float = strawberry.field(
        description="What the network adds that rests on no single record."
    )
    counterfactuals: list[NamedCount] = strawberry.field(
        description="The target's rank without each source."
    )
    without_class: list[NamedCount] = strawberry.field(description="Without an evidence class.")
    without_relation: list[NamedCount] = strawberry.field(
        description="Without a predicate, or without a relation between genes."
    )
    degree_null: list[NamedNumber] = strawberry.field(
        description="P value of what each walk brings, against seeds at random genes of the same "
        "degree."
    )
    permutations: int = strawberry.field(description="How often the seeds were moved for that.")
    stability: float | None = strawberry.field(
        description="Mean Jaccard index, over trainings, of the disease's genes placed nearest."
    )
    faithfulness: Faithfulness | None
    ancestry: list[NamedCount] = strawberry.field(
        description="Records by the ancestry of those studied, where the source says it."
    )
    notes: list[str]


def explained(found: made.Explanation, scorer: Scorer, scope: Scope) -> Explanation:
    """An explanation with the names and records of its hops."""
    ends = {i for path in found.paths for hop in path.hops for i in (hop.subject, hop.object)}
    names = {n.id: n.name for n in scope.opened.store.nodes(sorted(ends)) if n is not None}
    records = _records(found, scope)
    return Explanation(
        objective=found.objective,
        score=shown([found.score], scorer)[0],
        paths=[
            ExplainingPath(
                hops=[_hop(hop, names, records) for hop in path.hops],
                contribution=path.contribution,
                channel=path.channel,
            )
            for path in found.paths
        ],
        by_channel=_numbers(found.by_channel),
        by_class=_numbers(found.by_class),
        by_source=_numbers(found.by_source),
        by_relation=_numbers(found.by_relation),
        remainder=found.remainder,
        counterfactuals=counts(found.counterfactuals),
        without_class=counts(found.without_class),
        without_relation=counts(found.without_relation),
        degree_null=_numbers(found.degree_null),
        permutations=found.permutations,
        stability=found.stability,
        ancestry=counts(found.ancestry),
        faithfulness=_faithfulness(found.faithfulness),
        notes=list(found.notes),
    )


def _faithfulness(found: made.Faithfulness | None) -> Faithfulness | None:
    return None if found is None else Faithfulness(**asdict(found))


def _records(found: made.Explanation, scope: Scope) -> dict[str, Evidence]:
    """The records of all hops, by id."""
    pairs = sorted({(h.subject, h.object) for p in found.paths for h in p.hops})
    both = [*pairs, *((o, s) for s, o in pairs)]
    edges = [e for found_edges in scope.opened.store.edges_between(both) for e in found_edges]
    return {r.id: Evidence.of(r) for rows in scope.evidence(edges) for r in rows}


def _hop(hop: made.ExplainedHop, names: dict[str, str], records: dict[str, Evidence]) -> Hop:
    return Hop(
        subject=strawberry.ID(hop.subject),
        subject_name=names.get(hop.subject, hop.subject),
        predicate=hop.predicate,
        object=strawberry.ID(hop.object),
        object_name=names.get(hop.object, hop.object),
        evidence=[records[i] for i in hop.evidence if i in records],
    )


def _numbers(values: Mapping[str, float]) -> list[NamedNumber]:
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    return [NamedNumber(key=key, value=value) for key, value in ordered]
