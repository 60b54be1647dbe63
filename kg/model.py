"""Single things of the graph as frozen values, valid once built.

Tables of millions of rows never pass through these classes (see `kg.layout`); they are what a
store answers, what the API serves and what tests build.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kg.biolink import (
    SCHEMA,
    AgentType,
    Category,
    EdgeType,
    EvidenceClass,
    KnowledgeLevel,
    Predicate,
    Redistributable,
)
from kg.curie import Curie
from kg.errors import InvalidGraph


@dataclass(frozen=True, slots=True)
class Node:
    """A gene, variant, disease, compound, structure ... with its names.

    Attributes:
        id: The preferred CURIE (`kg.biolink.PREFERRED_PREFIX`).
        category: What it is.
        name: Short name; for a gene its approved symbol.
        description: Longer name or definition; empty when the source has none.
        synonyms: Other names, most trusted first.
        xrefs: Identifiers of the same thing elsewhere, as CURIEs.
        source: Id of the source that made the node.
    """

    id: str
    category: Category
    name: str
    description: str = ""
    synonyms: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        Curie.parse(self.id)
        if not self.name:
            raise InvalidGraph(f"node {self.id} has no name")

    @property
    def url(self) -> str:
        """Where a person can read about it."""
        return Curie.parse(self.id).url


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record of one source that supports, or refutes, one edge.

    Attributes:
        id: Hash of the content, so that loading twice changes nothing.
        subject, predicate, object: The statement.
        source: Source id; `release` is its version.
        evidence_class: What kind of observation it is.
        score: Strength within the source, 0 to 1; None when the source grades nothing.
        value: The source's own number; `value_kind` says what it is (`-log10 p`, `pChEMBL` ...).
        effect: Effect size with its interval; `effect_kind` says which (`odds ratio`, `beta`).
        direction_on_target: -1 the record is about less of the gene's activity, +1 about more.
        direction_on_trait: -1 it protects or improves, +1 it raises risk or worsens.
        negated: True where the record is evidence *against* the statement.
        hypothesis_free: True where genes were tested systematically, not chosen.
        first_public: The earliest day on which the record is known to have been public.
        date_basis: `record`, `publication`, `mim` or `release`: where that day comes from.
        publications: PMIDs and DOIs as CURIEs.
        detail: What else the record says, by the source's words.
        licence: Under which the record may be used; `redistributable` whether it may be passed on.
        file, line: Where it stands in the source's file (1-based; header is line 1).
        original_subject, original_object: Identifiers as the source spells them.
    """

    id: str
    subject: str
    predicate: Predicate
    object: str
    source: str
    infores: str
    release: str
    evidence_class: EvidenceClass
    knowledge_level: KnowledgeLevel
    agent_type: AgentType
    first_public: date
    date_basis: str
    licence: str
    redistributable: Redistributable
    file: str
    line: int
    score: float | None = None
    value: float | None = None
    value_kind: str | None = None
    effect: float | None = None
    effect_lower: float | None = None
    effect_upper: float | None = None
    effect_kind: str | None = None
    direction_on_target: int | None = None
    direction_on_trait: int | None = None
    negated: bool = False
    hypothesis_free: bool = False
    publications: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    original_subject: str = ""
    original_object: str = ""

    def __post_init__(self) -> None:
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise InvalidGraph(f"evidence {self.id}: score {self.score} is outside 0..1")
        for sign in (self.direction_on_target, self.direction_on_trait):
            if sign not in (None, -1, 0, 1):
                raise InvalidGraph(f"evidence {self.id}: direction {sign} is not -1, 0 or 1")


@dataclass(frozen=True, slots=True)
class Edge:
    """A statement with at least one record of evidence.

    Attributes:
        score: Largest score of its supporting evidence; None when none is graded.
        n_evidence: Supporting records; `n_refuting` counts the negated ones.
        sources: Ids of the sources behind it, sorted.
        classes: Evidence classes behind it, sorted.
        first_public: Earliest supporting date; the earliest of all when none supports.
        evidence: The records, when they were asked for.
    """

    subject: str
    type: EdgeType
    object: str
    n_evidence: int
    n_refuting: int
    sources: tuple[str, ...]
    classes: tuple[EvidenceClass, ...]
    first_public: date
    score: float | None = None
    hypothesis_free: bool = False
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        if self.type not in SCHEMA:
            raise InvalidGraph(f"{self.type} is not an edge type of kg.biolink.SCHEMA")
        if self.n_evidence + self.n_refuting < 1:
            raise InvalidGraph(f"edge {self.subject} {self.type} {self.object} has no evidence")


@dataclass(frozen=True, slots=True)
class Fact:
    """One property of a node, with its origin.

    Attributes:
        key: What is stated, in dotted snake case (`constraint.loeuf`, `location.chromosome`).
        number: The value where it is a number, else None; `unit` says of what.
        text: The value where it is text, else None.
    """

    subject: str
    key: str
    number: float | None
    text: str | None
    unit: str | None
    source: str
    release: str
    evidence_class: EvidenceClass
    first_public: date
    licence: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class SourceRelease:
    """What was read of one source for one release.

    Attributes:
        quarantined: Rows set aside, by reason.
        absent: Why the source is not in the release; empty when it is.
    """

    id: str
    title: str
    infores: str
    version: str
    released: date
    licence: str
    redistributable: Redistributable
    evidence_class: str
    urls: tuple[str, ...]
    files: tuple[Mapping[str, Any], ...]
    rows: int = 0
    kept: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    absent: str = ""
