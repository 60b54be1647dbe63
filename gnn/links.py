"""The edges of the graph by which two genes relate, or a gene and a disease, with records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gnn.graph import Claims, NodeIndex
from gnn.proxies import PROXY
from gnn.relations import RELATIONS, Relation
from gnn.target_score import ExplainedHop
from kg.biolink import Category, EdgeType, EvidenceClass, Predicate
from kg.compile import CLASSES
from kg.embedded_store import EmbeddedStore
from kg.model import Edge
from kg.store import Direction, EdgeFilter

_BY_NAME: Mapping[str, Relation] = {r.name: r for r in RELATIONS}
_RECORDS = 2
SIMILAR = "similar_to"
"""Predicate of hops that are computed, and no edges of the graph."""
WALKED = "a walk over several edges of the graph"
_HIERARCHY = EdgeFilter(
    types=frozenset({EdgeType(Category.DISEASE, Predicate.SUBCLASS_OF, Category.DISEASE)})
)


class Links:
    """Looks up how two genes relate, and what a gene's claims are of."""

    def __init__(self, store: EmbeddedStore, genes: NodeIndex) -> None:
        self._store = store
        self._genes = genes

    def between(self, one: int, other: int, shares: Mapping[str, float]) -> list[ExplainedHop]:
        """Hops from one gene to another by the relation that brings most of the edge.

        Args:
            one, other: Local numbers.
            shares: Of each relation in the walk's edge between them.

        Returns:
            The edge between them, or the two edges to the rarest term they share; a single
            `similar_to` hop where the graph holds neither, as between the ends of a walk of
            three or four steps.
        """
        ends = self._genes.ids[one], self._genes.ids[other]
        for name in sorted(shares, key=lambda n: -shares[n]):
            if shares[name] > 0:
                edges = self._edges(ends, _BY_NAME[name])
                if edges:
                    return self._hops(edges)
        return [ExplainedHop(ends[0], SIMILAR, ends[1], (), WALKED)]

    def claim(self, disease: str, claims: Claims, told: Sequence[str]) -> tuple[ExplainedHop, ...]:
        """From a gene to the disease of its records, by way of what the strongest is truly of.

        A clinical record is of a variant of the gene; one of a trait that stands for the disease
        is of the trait.

        Args:
            disease: Its id.
            claims: Of one gene and disease, strongest first.
            told: Their ids.
        """
        gene, predicate = self._genes.ids[int(claims.gene[0])], str(claims.predicate[0])
        subjects, objects = (
            [str(end) for end in self._store.evidence_values(column, claims.row)]
            for column in ("subject", "object")
        )
        clinical = claims.evidence_class == CLASSES.index(EvidenceClass.CLINICAL)
        if clinical[0]:
            own = tuple(i for i, s in zip(told, subjects, strict=True) if s == subjects[0])
            tie = self._edge(subjects[0], Predicate.IS_SEQUENCE_VARIANT_OF, gene)
            back = replace(tie, subject=gene, object=subjects[0])
            return (back, ExplainedHop(subjects[0], predicate, disease, own))
        mine = ~clinical & np.array([o == objects[0] for o in objects])
        own = tuple(i for i, chosen in zip(told, mine, strict=True) if chosen)
        first = ExplainedHop(gene, predicate, objects[0], own)
        if objects[0] == disease:
            return (first,)
        return (first, self._edge(objects[0], PROXY.predicate, disease))

    def up(self, below: str, above: str) -> tuple[ExplainedHop, ...]:
        """The shortest way up the disease hierarchy, each step with its records.

        Args:
            below, above: Ids of a disease and of what it is a type of.
        """
        came: dict[str, Edge] = {}
        rim = [below]
        while rim and above not in came:
            found = self._store.edges_of(rim, Direction.OUT, _HIERARCHY)
            steps = sorted((e for mine in found for e in mine), key=lambda e: (e.object, e.subject))
            new = {e.object: e for e in reversed(steps) if e.object not in came}
            came |= new
            rim = sorted(new)
        way: list[Edge] = []
        while above != below:
            way.append(came[above])
            above = came[above].subject
        return tuple(self._hops(way[::-1]))

    def _edge(self, subject: str, predicate: Predicate, object_: str) -> ExplainedHop:
        """An edge between two nodes with its first records."""
        found = self._store.edges_between([(subject, object_)])[0]
        edges = [e for e in found if e.type.predicate is predicate]
        told = [r.id for rows in self._store.evidence_of(edges, limit=_RECORDS) for r in rows]
        return ExplainedHop(subject, predicate.value, object_, tuple(told))

    def _edges(self, ends: tuple[str, str], relation: Relation) -> list[Edge]:
        if relation.direct:
            found = self._store.edges_between([ends, ends[::-1]])
            return [e for edges in found for e in edges if e.type in relation.edge_types][:1]
        where = EdgeFilter(types=frozenset(relation.edge_types))
        mine, theirs = (
            {e.object: e for e in edges}
            for edges in self._store.edges_of(list(ends), Direction.OUT, where)
        )
        shared = sorted(mine.keys() & theirs.keys())
        if not shared:
            return []
        at = self._store.index_of(shared)
        pointer = self._store.arrays["in_pointer"]
        rarest = shared[int(np.argmin(pointer[at + 1] - pointer[at]))]
        return [mine[rarest], theirs[rarest]]

    def _hops(self, edges: list[Edge]) -> list[ExplainedHop]:
        records = self._store.evidence_of(edges, limit=_RECORDS)
        return [
            ExplainedHop(e.subject, e.type.predicate.value, e.object, tuple(r.id for r in rows))
            for e, rows in zip(edges, records, strict=True)
        ]
