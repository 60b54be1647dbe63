"""Evidence as the API shows it: one record of one source, with where it stands."""

from __future__ import annotations

from datetime import date

import strawberry

from api.types import (
    AgentType,
    EvidenceClass,
    Identifier,
    KnowledgeLevel,
    NamedText,
    Predicate,
    TargetEffect,
    TraitEffect,
    identifiers,
    texts,
)
from kg.model import Evidence as Record


@strawberry.type(description="A source's record that supports, or refutes, a statement.")
class Evidence:
    """Built from `kg.model.Evidence`."""

    id: strawberry.ID
    subject: strawberry.ID
    predicate: Predicate
    object: strawberry.ID
    source: str = strawberry.field(description="The source's id; `sources` tells of it.")
    infores: str
    release: str = strawberry.field(description="The source's version.")
    evidence_class: EvidenceClass
    knowledge_level: KnowledgeLevel
    agent_type: AgentType
    negated: bool = strawberry.field(description="True where the record is evidence against it.")
    hypothesis_free: bool = strawberry.field(description="Tested systematically, not chosen.")
    score: float | None = strawberry.field(description="Strength within the source, 0 to 1.")
    value: float | None = strawberry.field(description="The source's own number.")
    value_kind: str | None
    effect: float | None
    effect_lower: float | None
    effect_upper: float | None
    effect_kind: str | None
    direction_on_target: TargetEffect | None
    direction_on_trait: TraitEffect | None
    first_public: date
    date_basis: str = strawberry.field(
        description="Where that day comes from: record, publication, mim or release."
    )
    publications: list[Identifier]
    detail: list[NamedText] = strawberry.field(description="The rest, in the source's words.")
    licence: str
    redistributable: str
    file: str
    line: int = strawberry.field(description="Line in the source's file; its header is line 1.")
    original_subject: str
    original_object: str

    @classmethod
    def of(cls, record: Record) -> Evidence:
        """As the API shows it."""
        on_target, on_trait = record.direction_on_target, record.direction_on_trait
        return cls(
            id=strawberry.ID(record.id),
            subject=strawberry.ID(record.subject),
            predicate=record.predicate,
            object=strawberry.ID(record.object),
            source=record.source,
            infores=record.infores,
            release=record.release,
            evidence_class=record.evidence_class,
            knowledge_level=record.knowledge_level,
            agent_type=record.agent_type,
            negated=record.negated,
            hypothesis_free=record.hypothesis_free,
            score=record.score,
            value=record.value,
            value_kind=record.value_kind,
            effect=record.effect,
            effect_lower=record.effect_lower,
            effect_upper=record.effect_upper,
            effect_kind=record.effect_kind,
            direction_on_target=None if on_target is None else TargetEffect(on_target),
            direction_on_trait=None if on_trait is None else TraitEffect(on_trait),
            first_public=record.first_public,
            date_basis=record.date_basis,
            publications=identifiers(record.publications),
            detail=texts(record.detail),
            licence=record.licence,
            redistributable=record.redistributable.value,
            file=record.file,
            line=record.line,
            original_subject=record.original_subject,
            original_object=record.original_object,
        )
