"""Words of the schema: enumerations, and small values that are plain attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum

import strawberry

from gnn.causality import RELATED
from gnn.target_score import Basis, Call, ConformalSet, ScoreState
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate
from kg.curie import Curie
from kg.errors import InvalidCurie
from kg.model import Fact as GraphFact
from kg.store import Direction as EdgeDirection
from kg.store import MatchStatus

for _enumeration, _name, _about in (
    (Category, "Category", "What a node is."),
    (Predicate, "Predicate", "How a subject relates to an object (Biolink)."),
    (EvidenceClass, "EvidenceClass", "What kind of observation stands behind a statement."),
    (KnowledgeLevel, "KnowledgeLevel", "On what ground a statement is made (Biolink)."),
    (AgentType, "AgentType", "Who made a statement (Biolink)."),
    (MatchStatus, "MatchStatus", "How a term was resolved."),
    (
        ScoreState,
        "ScoreState",
        "What a score rests on. NO_EVIDENCE: no record is of the disease, of a type of it or of a "
        f"relative (Lin similarity of {RELATED} or more), and the network alone speaks.",
    ),
    (
        ConformalSet,
        "ConformalSet",
        "Which outcomes are not ruled out at 90 %: of each class nine in ten keep their own. "
        "CAUSAL is no call: most pairs that say so are not causal.",
    ),
    (Call, "DirectionCall", "Which way to push the target."),
    (Basis, "DirectionBasis", "What a direction rests on."),
    (EdgeDirection, "EdgeDirection", "Whether edges into a node, out of it, or both are meant."),
):
    strawberry.enum(_enumeration, name=_name, description=_about)


@strawberry.enum(description="What a record says of the gene's activity.")
class TargetEffect(Enum):
    """Values of `Evidence.direction_on_target`."""

    LOSS = -1
    NEUTRAL = 0
    GAIN = 1


@strawberry.enum(description="What a record says of the disease's risk or course.")
class TraitEffect(Enum):
    """Values of `Evidence.direction_on_trait`."""

    PROTECTIVE = -1
    NEUTRAL = 0
    RISK = 1


@strawberry.enum(description="Which way round a list is sorted.")
class SortDirection(Enum):
    """Ascending or descending."""

    ASC = "asc"
    DESC = "desc"


@strawberry.type
class Identifier:
    """An identifier of the same thing, here or elsewhere."""

    id: strawberry.ID
    prefix: str
    url: str


@strawberry.type
class NamedCount:
    """How many there are of something."""

    name: str
    count: int


@strawberry.type
class NamedText:
    """A key and its value, in a source's own words."""

    key: str
    value: str


@strawberry.type
class NamedNumber:
    """A key and its number."""

    key: str
    value: float


@strawberry.type
class Fact:
    """One property of a node, with its origin: `number` or `text` holds the value."""

    key: str
    number: float | None
    text: str | None
    unit: str | None
    source: str
    release: str = strawberry.field(description="The source's version.")
    evidence_class: EvidenceClass
    first_public: date
    licence: str
    file: str
    line: int

    @classmethod
    def of(cls, fact: GraphFact) -> Fact:
        """As the API shows it."""
        return cls(
            key=fact.key,
            number=fact.number,
            text=fact.text,
            unit=fact.unit,
            source=fact.source,
            release=fact.release,
            evidence_class=fact.evidence_class,
            first_public=fact.first_public,
            licence=fact.licence,
            file=fact.file,
            line=fact.line,
        )


def identifiers(curies: Iterable[str]) -> list[Identifier]:
    """Identifiers with their pages; what is no CURIE of a known prefix is left out."""
    return [
        Identifier(id=strawberry.ID(text), prefix=curie.prefix, url=curie.url)
        for text in curies
        if (curie := _curie(text)) is not None
    ]


def _curie(text: str) -> Curie | None:
    try:
        return Curie.parse(text)
    except InvalidCurie:
        return None


def counts(numbers: Mapping[str, int]) -> list[NamedCount]:
    """A mapping as a list, largest first."""
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return [NamedCount(name=name, count=count) for name, count in ordered]


def texts(values: Mapping[str, object]) -> list[NamedText]:
    """A mapping as a list, by key."""
    return [NamedText(key=key, value=str(value)) for key, value in sorted(values.items())]


__all__ = [
    "AgentType",
    "Basis",
    "Call",
    "Category",
    "ConformalSet",
    "EdgeDirection",
    "EvidenceClass",
    "Fact",
    "Identifier",
    "KnowledgeLevel",
    "MatchStatus",
    "NamedCount",
    "NamedNumber",
    "NamedText",
    "Predicate",
    "ScoreState",
    "SortDirection",
    "TargetEffect",
    "TraitEffect",
]
