"""The edges of the graph by which two genes relate, with their records."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gnn.graph import NodeIndex
from gnn.relations import RELATIONS, Relation
from gnn.target_score import ExplainedHop
from kg.embedded_store import EmbeddedStore
from kg.model import Edge
from kg.store import Direction, EdgeFilter

_BY_NAME: Mapping[str, Relation] = {r.name: r for r in RELATIONS}
_RECORDS = 2


class Links:
    """Looks up how two genes relate."""

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
            `similar_to` hop where the graph holds neither.
        """
        ends = self._genes.ids[one], self._genes.ids[other]
        for name in sorted(shares, key=lambda n: -shares[n]):
            if shares[name] > 0:
                edges = self._edges(ends, _BY_NAME[name])
                if edges:
                    return self._hops(edges)
        return [ExplainedHop(ends[0], "similar_to", ends[1], ())]

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
