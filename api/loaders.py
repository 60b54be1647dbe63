"""One question a level: what one item of a list is asked, all items of the list are asked at once.

Everything here lives for one request. A `Scope` is one release under one filter of evidence;
`Siblings` are the items that one list of the answer holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from api.errors import Code, Refusal
from api.roles import Role
from api.shelf import OpenRelease, Shelf
from kg.biolink import Category, EvidenceClass
from kg.model import Edge, Evidence, Fact
from kg.model import Node as GraphNode
from kg.store import EdgeFilter, MatchStatus

if TYPE_CHECKING:
    from gnn.score import Scorer

Shown = Any
"""What the API makes of a node: an `api.node.Node`, which this module need not know."""
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a request is given up."""

    at: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """So many seconds from now."""
        return cls(time.monotonic() + seconds, seconds)

    def check(self) -> None:
        """Refuse with TIMEOUT once it has passed."""
        if time.monotonic() > self.at:
            message = f"no answer within {self.seconds:g} s; ask for less"
            raise Refusal(Code.TIMEOUT, message)


@dataclass(frozen=True, slots=True)
class Counted:
    """Which evidence counts, everywhere below the field that says so.

    Attributes:
        as_of: Evidence first public after this day does not.
        exclude_classes: Evidence of these classes does not; sorted.
        hypothesis_free_only: Only systematically measured evidence does.
    """

    as_of: date | None = None
    exclude_classes: tuple[EvidenceClass, ...] = ()
    hypothesis_free_only: bool = False

    @classmethod
    def of(
        cls,
        as_of: date | None,
        exclude_classes: Collection[EvidenceClass] | None,
        hypothesis_free_only: bool,
    ) -> Counted:
        """From a field's arguments."""
        return cls(as_of, tuple(sorted(set(exclude_classes or ()))), hypothesis_free_only)

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Counted()

    def where(self, role: Role | None = None) -> EdgeFilter:
        """The same as the store takes it, for the edges of a role."""
        return EdgeFilter(
            types=frozenset(role.types) if role else frozenset(),
            as_of=self.as_of,
            exclude_classes=frozenset(self.exclude_classes),
            hypothesis_free_only=self.hypothesis_free_only,
        )


@dataclass(frozen=True)
class Scope:
    """One release under one filter of evidence, for the time of one request.

    Attributes:
        build: From a node of the graph and its siblings to what the API shows.
        model, variant: Which scores are wanted; None for the newest and the headline.
    """

    shelf: Shelf
    opened: OpenRelease
    counted: Counted
    deadline: Deadline
    build: Callable[[GraphNode, Siblings[str], int], Shown]
    model: str | None = None
    variant: str | None = None

    @property
    def release_id(self) -> str:
        """The release that answers."""
        return self.opened.release.id

    @cached_property
    def scorer(self) -> Scorer | None:
        """The model's scores; None where there is no model."""
        return self.shelf.scorer_or_none(self.opened, self.model, self.variant)

    def require(self, release_id: str) -> None:
        """Refuse where a release is gone."""
        self.shelf.require(release_id)

    def nodes(self, ids: Sequence[str]) -> list[Shown | None]:
        """What the API shows of each node; None where there is none. They become siblings."""
        self.deadline.check()
        distinct = list(dict.fromkeys(ids))
        found = [n for n in self.opened.store.nodes(distinct) if n is not None]
        siblings = Siblings(self, [n.id for n in found])
        shown = {n.id: self.build(n, siblings, place) for place, n in enumerate(found)}
        return [shown.get(i) for i in ids]

    def existing(self, ids: Sequence[str]) -> list[Shown]:
        """The same for ends of edges, which are always there."""
        return [node for node in self.nodes(ids) if node is not None]

    def resolve(self, ids: Sequence[str], categories: Collection[Category] = ()) -> list[str]:
        """The node each CURIE stands for; the CURIE itself where there is none.

        A node's own id is taken first; an identifier from elsewhere is looked up.
        """
        found = self.opened.store.nodes(ids)
        unknown = [
            i
            for i, node in zip(ids, found, strict=True)
            if node is None or (categories and node.category not in categories)
        ]
        if not unknown:
            return list(ids)
        matches = self.opened.store.match(unknown, categories, near=0)
        known = {m.term: m.node for m in matches if m.status == MatchStatus.DIRECT and m.node}
        return [known.get(i, i) for i in ids]

    def edges(self, ids: Sequence[str], role: Role) -> list[tuple[Edge, ...]]:
        """For each node its edges in a role, best first."""
        self.deadline.check()
        return self.opened.edges.edges_of(ids, role, self.counted.where(role))

    def evidence(self, edges: Sequence[Edge]) -> list[list[Evidence]]:
        """For each edge its records that count."""
        self.deadline.check()
        return self.opened.store.evidence_of(edges, self.counted.where())

    def facts(self, ids: Sequence[str]) -> list[list[Fact]]:
        """For each node its facts."""
        self.deadline.check()
        return self.opened.store.facts_of(ids)


@dataclass
class Siblings(Generic[K]):
    """The items of one list: their keys, and the answers they have had so far."""

    scope: Scope
    keys: Sequence[K]
    _answers: dict[Hashable, Sequence[Any]] = field(default_factory=dict)

    def ask(
        self, place: int, question: Hashable, answer: Callable[[Sequence[K]], Sequence[V]]
    ) -> V:
        """The answer for one of them; the first to ask has it found for all."""
        if question not in self._answers:
            self.scope.deadline.check()
            self._answers[question] = answer(self.keys)
        found: V = self._answers[question][place]
        return found
