"""What every node of the graph shows, and how one is reached from another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import strawberry

from api.evidence import Evidence
from api.loaders import Scope, Siblings
from api.pages import After, Connection, First, Page, paged
from api.roles import EVERY, Role
from api.types import (
    Category,
    EdgeDirection,
    EvidenceClass,
    Fact,
    Identifier,
    Predicate,
    identifiers,
)
from kg.curie import Curie
from kg.model import Edge as GraphEdge
from kg.model import Node as GraphNode


@strawberry.interface(description="A gene, disease, variant, structure, compound, pathway ...")
class Node:
    """Wraps a node of the store with the list it was answered in."""

    _graph: strawberry.Private[GraphNode]
    _siblings: strawberry.Private[Siblings[str]]
    _place: strawberry.Private[int]

    @strawberry.field(description="The preferred identifier, a CURIE.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self._graph.id)

    @strawberry.field
    def category(self) -> Category:
        return self._graph.category

    @strawberry.field(description="Short name; of a gene its approved symbol.")
    def name(self) -> str:
        return self._graph.name

    @strawberry.field(description="Longer name or definition; empty where the source has none.")
    def description(self) -> str:
        return self._graph.description

    @strawberry.field
    def synonyms(self) -> list[str]:
        return list(self._graph.synonyms)

    @strawberry.field(description="The same thing elsewhere.")
    def identifiers(self) -> list[Identifier]:
        return identifiers(self._graph.xrefs)

    @strawberry.field(description="Where a person can read about it.")
    def url(self) -> str:
        return Curie.parse(self._graph.id).url

    @strawberry.field(description="Id of the source that named it.")
    def source(self) -> str:
        return self._graph.source

    @strawberry.field(description="Its properties; `prefix` keeps those whose key begins so.")
    def facts(self, prefix: str = "") -> list[Fact]:
        found = self._siblings.ask(self._place, "facts", self._siblings.scope.facts)
        return [Fact.of(fact) for fact in found if fact.key.startswith(prefix)]

    @strawberry.field(description="Every edge of the node, best score first.")
    def links(
        self, direction: EdgeDirection = EdgeDirection.BOTH, first: First = 25, after: After = None
    ) -> Connection[Link]:
        return linked(self, EVERY[direction], first, after)


@strawberry.type(description="An edge, seen from one of its ends.")
class Link:
    """Wraps an edge of the store."""

    _edge: strawberry.Private[GraphEdge]
    _siblings: strawberry.Private[Siblings[GraphEdge]]
    _place: strawberry.Private[int]
    node: Node = strawberry.field(description="What is at the other end.")
    outgoing: bool = strawberry.field(description="Whether that is the edge's object.")

    @strawberry.field
    def subject(self) -> strawberry.ID:
        return strawberry.ID(self._edge.subject)

    @strawberry.field
    def predicate(self) -> Predicate:
        return self._edge.type.predicate

    @strawberry.field
    def object(self) -> strawberry.ID:
        return strawberry.ID(self._edge.object)

    @strawberry.field(description="Largest score of its supporting evidence, 0 to 1.")
    def score(self) -> float | None:
        return self._edge.score

    @strawberry.field(description="Supporting records.")
    def evidence_count(self) -> int:
        return self._edge.n_evidence

    @strawberry.field(description="Records against it.")
    def refuting_count(self) -> int:
        return self._edge.n_refuting

    @strawberry.field
    def sources(self) -> list[str]:
        return list(self._edge.sources)

    @strawberry.field
    def evidence_classes(self) -> list[EvidenceClass]:
        return list(self._edge.classes)

    @strawberry.field(description="Earliest day on which supporting evidence was public.")
    def first_public(self) -> date:
        return self._edge.first_public

    @strawberry.field
    def hypothesis_free(self) -> bool:
        return self._edge.hypothesis_free

    @strawberry.field(description="Its records, supporting ones first, best score first.")
    def evidence(self, first: First = 25, after: After = None) -> Connection[Evidence]:
        page, siblings = Page.of(first, after), self._siblings

        def answer(edges: Sequence[GraphEdge]) -> list[Connection[Evidence]]:
            scope = siblings.scope
            questions = [(e.subject, str(e.type), e.object, scope.counted) for e in edges]
            records = scope.evidence(edges)
            return paged(
                scope, page, records, questions, lambda items: [Evidence.of(r) for _, r in items]
            )

        return siblings.ask(self._place, ("evidence", page), answer)


def linked(node: Node, role: Role, first: int, after: str | None) -> Connection[Link]:
    """A page of a node's edges in a role; its siblings' pages are found with it."""
    page = Page.of(first, after)
    scope = node._siblings.scope

    def answer(ids: Sequence[str]) -> list[Connection[Link]]:
        questions = [(i, role.name, scope.counted) for i in ids]
        return paged(
            scope,
            page,
            scope.edges(ids, role),
            questions,
            lambda items: _links(scope, [(ids[owner], edge) for owner, edge in items]),
        )

    return node._siblings.ask(node._place, (role.name, page), answer)


def _links(scope: Scope, items: Sequence[tuple[str, GraphEdge]]) -> list[Link]:
    edges = [edge for _, edge in items]
    ends = [edge.object if edge.subject == owner else edge.subject for owner, edge in items]
    siblings = Siblings(scope, edges)
    return [
        Link(
            _edge=edge,
            _siblings=siblings,
            _place=i,
            node=node,
            outgoing=edge.object == end,
        )
        for i, (edge, end, node) in enumerate(zip(edges, ends, scope.existing(ends), strict=True))
    ]


def role_field(role: Role, description: str) -> Any:
    """A field that lists a node's edges in a role."""

    def resolve(self: Node, first: First = 25, after: After = None) -> Connection[Link]:
        return linked(self, role, first, after)

    resolve.__name__ = role.name
    return strawberry.field(resolver=resolve, description=description)
