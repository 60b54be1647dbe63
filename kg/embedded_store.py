"""`GraphStore` over a release directory: memory-mapped arrays, no server, safe to share.

Opening maps the files and reads nothing; the operating system keeps hot pages in memory and
shares them between processes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kg.biolink import (
    AgentType,
    Category,
    EdgeType,
    EvidenceClass,
    KnowledgeLevel,
    Predicate,
    Redistributable,
)
from kg.compile import CLASSES, HYPOTHESIS_FREE, id_hash
from kg.errors import Candidate
from kg.model import Edge, Evidence, Fact, Node
from kg.paths import Arrays, Index, incident, no_index, shortest_chains
from kg.release import Release
from kg.search import NameIndex
from kg.store import EVERYTHING, Direction, EdgeFilter, Match, ReleaseInfo

_ARRAYS = (
    "in_pointer",
    "out_pointer",
    "out_edge",
    "edge_subject",
    "edge_object",
    "edge_type",
    "edge_score",
    "edge_year",
    "edge_classes",
    "edge_flags",
    "evidence_start",
    "evidence_end",
    "fact_pointer",
    "id_hash",
    "id_node",
)


class EmbeddedStore:
    """One release, read in place."""

    def __init__(self, release: Release) -> None:
        self._release = release
        arrays = release.path / "arrays"
        self.arrays: Arrays = {
            name: np.load(arrays / f"{name}.npy", mmap_mode="r") for name in _ARRAYS
        }
        self._nodes = _MappedTable(arrays / "nodes.arrow")
        self._evidence = _MappedTable(arrays / "evidence.arrow")
        self._edge_rows = _MappedTable(arrays / "edges.arrow")
        self._facts = _MappedTable(arrays / "facts.arrow")
        self._names = NameIndex(arrays)
        self.edge_types = tuple(
            EdgeType(Category(s), Predicate(p), Category(o))
            for s, p, o in release.manifest["edge_types"]
        )

    @cached_property
    def release(self) -> ReleaseInfo:
        """The release that every answer comes from."""
        manifest = self._release.manifest
        return ReleaseInfo(
            id=manifest["id"],
            created=manifest["created"],
            parameters=manifest["parameters"],
            counts=manifest["counts"],
            sources=tuple(manifest["sources"]),
        )

    def index_of(self, ids: Sequence[str]) -> Index:
        """Node indices of identifiers, int64; -1 where there is no such node."""
        keys, order = self.arrays["id_hash"], self.arrays["id_node"]
        wanted = np.fromiter((id_hash(i) for i in ids), np.uint64, len(ids))
        at = np.searchsorted(keys, wanted).clip(max=max(len(keys) - 1, 0))
        found = keys[at] == wanted if len(keys) else np.zeros(len(ids), bool)
        index = np.where(found, order[at] if len(keys) else 0, -1).astype(np.int64)
        names = self.ids_of(index[found])
        checked = iter(names)
        for i in np.flatnonzero(found):
            if next(checked) != ids[int(i)]:
                index[i] = -1
        return index

    def ids_of(self, index: Index) -> list[str]:
        """Identifiers of node indices."""
        return [str(i) for i in self._nodes.take(index, ["id"])["id"].to_pylist()]

    def node_names(self, index: Index) -> list[tuple[str, str]]:
        """(id, name) of node indices."""
        rows = self._nodes.take(index, ["id", "name"])
        return list(zip(rows["id"].to_pylist(), rows["name"].to_pylist(), strict=True))

    def category_range(self, category: Category) -> range:
        """The node indices of a category."""
        start, end = self._release.manifest["categories"].get(category.value, (0, 0))
        return range(start, end)

    def nodes(self, ids: Sequence[str]) -> list[Node | None]:
        """The nodes with these ids; None where there is none."""
        index = self.index_of(ids)
        rows = iter(self._nodes.take(index[index >= 0]).to_pylist())
        return [_node(next(rows)) if i >= 0 else None for i in index]

    def edges_of(
        self,
        ids: Sequence[str],
        direction: Direction = Direction.BOTH,
        where: EdgeFilter = EVERYTHING,
        limit: int | None = None,
    ) -> list[list[Edge]]:
        """For each node its edges, best score first; an unknown id has none."""
        return [
            self._edges(
                self._best(incident(self.arrays, int(i), direction), where),
                where,
                limit,
            )
            if i >= 0
            else []
            for i in self.index_of(ids)
        ]

    def edges_between(self, pairs: Sequence[tuple[str, str]]) -> list[list[Edge]]:
        """For each (subject, object) pair the edges from one to the other."""
        subjects = self.index_of([s for s, _ in pairs])
        objects = self.index_of([o for _, o in pairs])
        found = []
        for s, o in zip(subjects, objects, strict=True):
            edges = incident(self.arrays, int(o), Direction.IN) if s >= 0 and o >= 0 else no_index()
            hits = edges[self.arrays["edge_subject"][edges] == s]
            found.append(self._edges(hits, EVERYTHING, None))
        return found

    def evidence_of(
        self,
        edges: Sequence[Edge],
        where: EdgeFilter = EVERYTHING,
        limit: int | None = None,
    ) -> list[list[Evidence]]:
        """For each edge its records, supporting ones first, best score first."""
        return [self._records(self._edge_number(edge), where)[:limit] for edge in edges]

    def facts_of(self, ids: Sequence[str]) -> list[list[Fact]]:
        """For each node its facts, by key."""
        pointer = self.arrays["fact_pointer"]
        return [
            [
                _fact(row)
                for row in self._facts.slice(int(pointer[i]), int(pointer[i + 1])).to_pylist()
            ]
            if i >= 0
            else []
            for i in self.index_of(ids)
        ]

    def search(
        self, text: str, categories: Collection[Category] = (), limit: int = 10
    ) -> list[Candidate]:
        """Nodes whose identifier, name or synonym is or resembles the text, best first."""
        return self._names.search(text, categories, limit)

    def match(
        self, terms: Sequence[str], categories: Collection[Category] = (), near: int = 8
    ) -> list[Match]:
        """Resolve each term to one node, or say that it is ambiguous or unknown."""
        return self._names.match(terms, categories, near)

    def paths(self, source: str, target: str, max_length: int, limit: int) -> list[list[Edge]]:
        """Shortest chains of edges between two nodes, either direction, at most `max_length` long.

        Only chains of the smallest length are given, those through nodes of few edges first.
        """
        start, end = (int(i) for i in self.index_of([source, target]))
        if start < 0 or end < 0 or start == end:
            return []
        chains = shortest_chains(self.arrays, start, end, max_length, limit)
        return [self._edges(chain, EVERYTHING, None) for chain in chains]

    def edge_numbers(self, edge_type: EdgeType) -> Index:
        """Numbers of all edges of a type, ascending."""
        if edge_type not in self.edge_types:
            return no_index()
        return np.flatnonzero(self.arrays["edge_type"] == self.edge_types.index(edge_type))

    def evidence_table(self, columns: list[str]) -> pa.Table:
        """Columns of all evidence rows, mapped, in the order that `evidence_start` counts in."""
        return self._evidence.table.select(columns)

    def evidence_at(self, rows: Index) -> list[Evidence]:
        """The records of some evidence rows, int64."""
        return [_evidence(row) for row in self._evidence.take(rows).to_pylist()]

    def evidence_values(self, column: str, rows: Index) -> list[Any]:
        """One column of some evidence rows, int64, as Python values."""
        return list(self._evidence.take(rows, [column])[column].to_pylist())

    def _best(self, edges: Index, where: EdgeFilter) -> Index:
        """Drop edges that the filter excludes on their summary; sort by score, best first."""
        if where.types:
            wanted = [k for k, t in enumerate(self.edge_types) if t in where.types]
            edges = edges[np.isin(self.arrays["edge_type"][edges], wanted)]
        if where.hypothesis_free_only:
            edges = edges[self.arrays["edge_flags"][edges] & HYPOTHESIS_FREE > 0]
        if where.exclude_classes:
            bits = sum(1 << CLASSES.index(c) for c in where.exclude_classes)
            edges = edges[self.arrays["edge_classes"][edges] & np.uint16(~bits & 0xFFFF) > 0]
        if where.as_of is not None:
            edges = edges[self.arrays["edge_year"][edges] <= where.as_of.year]
        score = np.nan_to_num(self.arrays["edge_score"][edges], nan=-1.0)
        return edges[np.lexsort((edges, -score))]

    def _edges(self, edges: Index, where: EdgeFilter, limit: int | None) -> list[Edge]:
        if where.reads_evidence:
            summaries = (self._summary(int(e), where) for e in edges)
            kept = [edge for edge in summaries if edge is not None]
            return sorted(kept, key=lambda e: 1.0 if e.score is None else -e.score)[:limit]
        return [_edge(row) for row in self._edge_rows.take(edges[:limit]).to_pylist()]

    def _summary(self, number: int, where: EdgeFilter) -> Edge | None:
        """The edge as its remaining evidence supports it; None when none remains."""
        records = self._records(number, where)
        if not records:
            return None
        scores = [r.score for r in records if r.score is not None and not r.negated]
        supporting = [r for r in records if not r.negated]
        return Edge(
            subject=records[0].subject,
            type=self.edge_types[self.arrays["edge_type"][number]],
            object=records[0].object,
            n_evidence=len(supporting),
            n_refuting=len(records) - len(supporting),
            sources=tuple(sorted({r.source for r in records})),
            classes=tuple(sorted({r.evidence_class for r in records})),
            first_public=min(r.first_public for r in supporting or records),
            score=max(scores, default=None),
            hypothesis_free=any(r.hypothesis_free for r in supporting),
        )

    def _records(self, number: int, where: EdgeFilter) -> list[Evidence]:
        start, end = (int(self.arrays[name][number]) for name in ("evidence_start", "evidence_end"))
        records = [_evidence(row) for row in self._evidence.slice(start, end).to_pylist()]
        return [r for r in records if admits(where, r)]

    def _edge_number(self, edge: Edge) -> int:
        subject, target = self.index_of([edge.subject, edge.object])
        candidates = incident(self.arrays, int(target), Direction.IN)
        same = (self.arrays["edge_subject"][candidates] == subject) & (
            self.arrays["edge_type"][candidates] == self.edge_types.index(edge.type)
        )
        return int(candidates[same][0])


_FEW = 512
"""Up to so many rows are cut out one by one: a common `take` joins all chunks of a column first."""


class _MappedTable:
    """An Arrow IPC file in memory-mapped form, with cheap slices."""

    def __init__(self, path: Path) -> None:
        self._map = pa.memory_map(str(path), "r")
        self.table: pa.Table = pa.ipc.open_file(self._map).read_all()

    def take(self, index: Index, columns: list[str] | None = None) -> pa.Table:
        table = self.table if columns is None else self.table.select(columns)
        if not len(index):
            return table.slice(0, 0)
        if len(index) <= _FEW:
            return pa.concat_tables([table.slice(int(i), 1) for i in index])
        return table.take(pa.array(index))

    def slice(self, start: int, end: int, columns: list[str] | None = None) -> pa.Table:
        table = self.table if columns is None else self.table.select(columns)
        return table.slice(start, end - start)


def admits(where: EdgeFilter, record: Evidence) -> bool:
    """Whether a record of evidence passes a filter."""
    return (
        (where.as_of is None or record.first_public <= where.as_of)
        and record.evidence_class not in where.exclude_classes
        and (record.hypothesis_free or not where.hypothesis_free_only)
    )


def _node(row: dict[str, Any]) -> Node:
    return Node(
        id=row["id"],
        category=Category(row["category"]),
        name=row["name"],
        description=row["description"] or "",
        synonyms=tuple(row["synonyms"] or ()),
        xrefs=tuple(row["xrefs"] or ()),
        source=row["source"],
    )


def _evidence(row: dict[str, Any]) -> Evidence:
    plain = {k: v for k, v in row.items() if k not in ("subject_category", "object_category")}
    return Evidence(
        **plain
        | {
            "predicate": Predicate(row["predicate"]),
            "evidence_class": EvidenceClass(row["evidence_class"]),
            "knowledge_level": KnowledgeLevel(row["knowledge_level"]),
            "agent_type": AgentType(row["agent_type"]),
            "redistributable": Redistributable(row["redistributable"]),
            "publications": tuple(row["publications"] or ()),
            "detail": json.loads(row["detail"] or "{}"),
            "original_subject": row["original_subject"] or "",
            "original_object": row["original_object"] or "",
        }
    )


def _edge(row: dict[str, Any]) -> Edge:
    return Edge(
        subject=row["subject"],
        type=EdgeType(
            Category(row["subject_category"]),
            Predicate(row["predicate"]),
            Category(row["object_category"]),
        ),
        object=row["object"],
        n_evidence=row["n_evidence"],
        n_refuting=row["n_refuting"],
        sources=tuple(row["sources"]),
        classes=tuple(EvidenceClass(c) for c in row["classes"]),
        first_public=row["first_public"],
        score=row["score"],
        hypothesis_free=row["hypothesis_free"],
    )


def _fact(row: dict[str, Any]) -> Fact:
    plain = {k: v for k, v in row.items() if k != "redistributable"}
    return Fact(**plain | {"evidence_class": EvidenceClass(row["evidence_class"])})
