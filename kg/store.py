"""`GraphStore`: the seam between questions and where the graph is kept.

A handful of batched methods in the words of the domain; every implementation passes the same
tests. Answers are values of `kg.model`; lists are in the order of what was asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from kg.biolink import Category, EdgeType, EvidenceClass
from kg.errors import Candidate
from kg.model import Edge, Evidence, Fact, Node


class Direction(StrEnum):
    """Which edges of a node are meant."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class EdgeFilter:
    """Which edges, and which of their evidence, count.

    Attributes:
        types: Edge types wanted; empty means all.
        as_of: Leave out evidence first public after this day.
        exclude_classes: Leave out evidence of these classes.
        hypothesis_free_only: Keep systematically measured evidence alone.
    """

    types: frozenset[EdgeType] = frozenset()
    as_of: date | None = None
    exclude_classes: frozenset[EvidenceClass] = frozenset()
    hypothesis_free_only: bool = False

    @property
    def reads_evidence(self) -> bool:
        """Whether the answer depends on single records, not on edge summaries alone."""
        return bool(self.as_of or self.exclude_classes or self.hypothesis_free_only)


EVERYTHING = EdgeFilter()
"""The filter that leaves nothing out."""


class MatchStatus(StrEnum):
    """How a term was resolved."""

    DIRECT = "direct"
    AMBIGUOUS = "ambiguous"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """What one term resolves to.

    Attributes:
        term: As given.
        node: The node's id when `status` is DIRECT, else None.
        matched_by: `id`, `xref`, `name`, `description`, `previous`, `synonym`; `replaced` or
            `retired` where the identifier is a former one; empty when nothing matched.
        candidates: All nodes that answer when AMBIGUOUS; near names when NONE, best first.
    """

    term: str
    status: MatchStatus
    node: str | None = None
    matched_by: str = ""
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """Which release a store answers from."""

    id: str
    created: str
    parameters: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    sources: tuple[dict[str, Any], ...] = ()


class GraphStore(Protocol):
    """Read access to one release of the graph."""

    @property
    def release(self) -> ReleaseInfo:
        """The release that every answer comes from."""

    def nodes(self, ids: Sequence[str]) -> list[Node | None]:
        """The nodes with these ids; None where there is none."""

    def edges_of(
        self,
        ids: Sequence[str],
        direction: Direction = Direction.BOTH,
        where: EdgeFilter = EVERYTHING,
        limit: int | None = None,
    ) -> list[list[Edge]]:
        """For each node its edges, best score first; an unknown id has none."""

    def edges_between(self, pairs: Sequence[tuple[str, str]]) -> list[list[Edge]]:
        """For each (subject, object) pair the edges from one to the other."""

    def evidence_of(
        self,
        edges: Sequence[Edge],
        where: EdgeFilter = EVERYTHING,
        limit: int | None = None,
    ) -> list[list[Evidence]]:
        """For each edge its records, supporting ones first, best score first."""

    def facts_of(self, ids: Sequence[str]) -> list[list[Fact]]:
        """For each node its facts, by key."""

    def search(
        self, text: str, categories: Collection[Category] = (), limit: int = 10
    ) -> list[Candidate]:
        """Nodes whose identifier, name or synonym is or resembles the text, best first."""

    def match(
        self, terms: Sequence[str], categories: Collection[Category] = (), near: int = 8
    ) -> list[Match]:
        """Resolve each term to one node, or say that it is ambiguous or unknown.

        At most `near` names like it are offered for an unknown term; with 0 none is looked for.
        """

    def paths(self, source: str, target: str, max_length: int, limit: int) -> list[list[Edge]]:
        """Shortest chains of edges between two nodes, in either direction, up to a length."""
