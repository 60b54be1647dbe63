"""Explanations as the API shows them: typed paths with records, shares, and ranks without each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import strawberry

from api.evidence import Evidence
from api.loaders import Scope
from api.scores import TargetScore, shown
from api.types import Fact, NamedCount, NamedNumber, counts
from gnn import target_score as made
from gnn.score import Scorer


@strawberry.type(
    description="One edge of an explaining path with the records behind it, or a computed step."
)
class Hop:
    """Built from `gnn.target_score.ExplainedHop`."""

    subject: strawberry.ID
    subject_name: str
    predicate: str = strawberry.field(
        description="A Biolink predicate, or similar_to: the model's own likeness of diseases, or "
        "of genes."
    )
    object: strawberry.ID
    object_name: str
    evidence: list[Evidence] = strawberry.field(description="None where the hop is computed.")
    basis: str | None = strawberry.field(
        description="What a computed hop rests on, in words; null for an edge of the graph."
    )
    similarity: float | None = strawberry.field(
        description="How alike the ends of a computed hop are, 0 to 1; null where `basis` is no "
        "measure of that."
    )


@strawberry.type(description="A typed path from target to disease.")
class ExplainingPath:
    """Built from `gnn.target_score.ExplainedPath`."""

    hops: list[Hop]
    contribution: float = strawberry.field(
        description="Share of the score, -1 to 1; of a path to druggability in log-odds."
    )
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


@strawberry.type(description="What columns add to a gene's tractability by one modality.")
class TractabilityGrounds:
    """One entry of `gnn.target_score.Explanation.grounds`."""

    modality: str
    added: list[NamedNumber] = strawberry.field(
        description="Log-odds that each kind of column adds, against the mean gene."
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
        description="The target's rank without each source in direct evidence and walks; ridge "
        "and graph network say what they said, and so does boosting unless `exact` is asked for."
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
        description="Mean Jaccard index, over trainings of the graph network, of those genes of "
        "the disease and its like that it places nearest to the target."
    )
    faithfulness: Faithfulness | None
    ancestry: list[NamedCount] = strawberry.field(
        description="Records by the ancestry of those studied, where the source says it."
    )
    notes: list[str]
    course: list[Fact] = strawberry.field(
        description="Onset and course of the disease as sources tell them, where reversibility is "
        "explained. Onset counts where it was shown to foretell how far drugs come: notes say so."
    )
    grounds: list[TractabilityGrounds] = strawberry.field(
        description="What intrinsic tractability rests on, where druggability is explained; shares "
        "and ranks, which are of causality, are empty then."
    )


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
        course=[Fact.of(fact) for fact in found.course],
        grounds=[
            TractabilityGrounds(modality=modality, added=_numbers(added))
            for modality, added in found.grounds.items()
        ],
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
        basis=hop.basis,
        similarity=hop.similarity,
    )


def _numbers(values: Mapping[str, float]) -> list[NamedNumber]:
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    return [NamedNumber(key=key, value=value) for key, value in ordered]
