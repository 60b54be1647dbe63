"""`GraphStore` over Bolt: the same answers as the embedded store, from a Neo4j server.

Each method is one round trip, or one a thousand identifiers. What is returned is sorted as the
embedded store sorts, ties included.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from kg.biolink import (
    AgentType,
    Category,
    EdgeType,
    EvidenceClass,
    KnowledgeLevel,
    Predicate,
    Redistributable,
)
from kg.errors import Candidate, StoreUnavailable
from kg.model import Edge, Evidence, Fact, Node
from kg.neo4j_bolt import Address, Bolt, Row
from kg.search import Found, decide, fold, lookup_keys, rank
from kg.store import EVERYTHING, Direction, EdgeFilter, Match, MatchStatus, ReleaseInfo

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_AT_ONCE = 1000
_POOL = 200
_PATH_POOL = 2000
"""Shortest paths looked at before the best are chosen; between hubs there may be millions."""

_ARROWS = {Direction.IN: "<-[r]-", Direction.OUT: "-[r]->", Direction.BOTH: "-[r]-"}
_EDGE = (
    "{subject: s.id, object: o.id, predicate: r.predicate, subject_category: s.category, "
    "object_category: o.category, n_evidence: r.n_evidence, n_refuting: r.n_refuting, "
    "sources: r.sources, classes: r.classes, first_public: r.first_public, score: r.score, "
    "hypothesis_free: r.hypothesis_free}"
)
_EDGE_ORDER = "coalesce(r.score, -1) DESC, o.category, o.id, r.predicate, s.id"
_RECORD_ORDER = "e.negated, coalesce(e.score, -1) DESC, e.id"
_ADMITTED = (
    "($as_of IS NULL OR e.first_public <= $as_of) AND NOT e.evidence_class IN $excluded "
    "AND (e.hypothesis_free OR NOT $systematic)"
)
_SUMMARY = (
    "sum(CASE WHEN e.negated THEN 0 ELSE 1 END) AS n_evidence, "
    "sum(CASE WHEN e.negated THEN 1 ELSE 0 END) AS n_refuting, "
    "collect(DISTINCT e.source) AS sources, collect(DISTINCT e.evidence_class) AS classes, "
    "coalesce(min(CASE WHEN NOT e.negated THEN e.first_public END), min(e.first_public)) "
    "AS first_public, max(CASE WHEN NOT e.negated THEN e.score END) AS score, "
    "max(CASE WHEN e.hypothesis_free AND NOT e.negated THEN 1 ELSE 0 END) = 1 AS hypothesis_free"
)
_REMAINING = (
    "{subject: s.id, object: o.id, predicate: r.predicate, subject_category: s.category, "
    "object_category: o.category, n_evidence: n_evidence, n_refuting: n_refuting, "
    "sources: sources, classes: classes, first_public: first_public, score: score, "
    "hypothesis_free: hypothesis_free}"
)


class Neo4jStore:
    """One loaded release, asked over Bolt; safe to share between threads.

    Raises:
        BadArgument: the address is no Bolt URL.
    """

    def __init__(self, address: Address) -> None:
        self._bolt = Bolt(address)

    def close(self) -> None:
        """Close every connection."""
        self._bolt.close()

    @cached_property
    def release(self) -> ReleaseInfo:
        """The release that every answer comes from.

        Raises:
            StoreUnavailable: no server answers, or it holds no whole release.
        """
        rows = self._bolt.read("MATCH (r:Release) RETURN properties(r) AS r")
        if not rows:
            raise StoreUnavailable(
                f"Neo4j at {self._bolt.address.url} holds no release; "
                "load one: target-kg neo4j load"
            )
        told = rows[0]["r"]
        return ReleaseInfo(
            id=told["id"],
            created=told["created"],
            parameters=json.loads(told["parameters_json"]),
            counts=json.loads(told["counts_json"]),
            sources=tuple(json.loads(told["sources_json"])),
        )

    def nodes(self, ids: Sequence[str]) -> list[Node | None]:
        """The nodes with these ids; None where there is none."""
        cypher = f"UNWIND $keys AS key MATCH (n:{self._any} {{id: key}}) RETURN properties(n) AS n"
        found = {row["n"]["id"]: _node(row["n"]) for row in self._of_keys(cypher, ids)}
        return [found.get(i) for i in ids]

    def edges_of(
        self,
        ids: Sequence[str],
        direction: Direction = Direction.BOTH,
        where: EdgeFilter = EVERYTHING,
        limit: int | None = None,
    ) -> list[list[Edge]]:
        """For each node its edges, best score first; an unknown id has none."""
        cypher = _edges_cypher(self._any, direction, where, limit)
        rows = self._of_keys(cypher, ids, **_filter_parameters(where), limit=limit)
        return _grouped(ids, ((row["key"], _edge(row["edge"])) for row in rows))

    def edges_between(self, pairs: Sequence[tuple[str, str]]) -> list[list[Edge]]:
        """For each (subject, object) pair the edges from one to the other."""
        cypher = (
            f"UNWIND $keys AS key MATCH (s:{self._any} {{id: key[0]}}) "
            f"MATCH (o:{self._any} {{id: key[1]}}) MATCH (s)-[r]->(o) "
            f"WITH s, r, o ORDER BY {_EDGE_ORDER} RETURN {_EDGE} AS edge"
        )
        edges = [_edge(row["edge"]) for row in self._of_keys(cypher, [list(p) for p in pairs])]
        return _grouped(pairs, (((edge.subject, edge.object), edge) for edge in edges))

    def evidence_of(
        self,
        edges: Sequence[Edge],
        where: EdgeFilter = EVERYTHING,
        limit: int | None = None,
    ) -> list[list[Evidence]]:
        """For each edge its records, supporting ones first, best score first."""
        keys = [_edge_key(edge) for edge in edges]
        cut = "" if limit is None else "LIMIT $limit "
        cypher = (
            "UNWIND $keys AS key CALL (key) { MATCH (e:Evidence {edge: key}) "
            f"WHERE {_ADMITTED} WITH e ORDER BY {_RECORD_ORDER} {cut}RETURN properties(e) AS e }} "
            "RETURN key, e"
        )
        rows = self._of_keys(cypher, keys, **_filter_parameters(where), limit=limit)
        return _grouped(keys, ((row["key"], _evidence(row["e"])) for row in rows))

    def facts_of(self, ids: Sequence[str]) -> list[list[Fact]]:
        """For each node its facts, by key."""
        cypher = (
            "UNWIND $keys AS key MATCH (f:Fact {node: key}) "
            "WITH f ORDER BY f.key, f.source, f.file, f.line, f.number, f.text "
            "RETURN properties(f) AS f"
        )
        rows = self._of_keys(cypher, ids)
        return _grouped(ids, ((row["f"]["node"], _fact(row["f"])) for row in rows))

    def search(
        self, text: str, categories: Collection[Category] = (), limit: int = 10
    ) -> list[Candidate]:
        """Nodes whose identifier, name or synonym is or resembles the text, best first."""
        exact = self._terms(lookup_keys(text), categories)
        return rank(text, exact, self._near(text, categories), limit)

    def match(
        self, terms: Sequence[str], categories: Collection[Category] = (), near: int = 8
    ) -> list[Match]:
        """Resolve each term to one node, or say that it is ambiguous or unknown."""
        keys = {term: lookup_keys(term) for term in terms}
        by_key: dict[str, list[Found]] = {}
        for found in self._terms({k for listed in keys.values() for k in listed}, categories):
            by_key.setdefault(found.folded, []).append(found)
        return [
            decide(term, [f for key in keys[term] for f in by_key.get(key, ())])
            or Match(term, MatchStatus.NONE, candidates=self._offered(term, categories, near))
            for term in terms
        ]

    def _offered(
        self, term: str, categories: Collection[Category], near: int
    ) -> tuple[Candidate, ...]:
        return tuple(self.search(term, categories, near)) if near else ()

    def paths(self, source: str, target: str, max_length: int, limit: int) -> list[list[Edge]]:
        """Shortest chains of edges between two nodes, either direction, at most `max_length` long.

        Those through nodes of few edges come first.
        """
        if source == target or max_length < 1:
            return []
        cypher = (
            f"MATCH (a:{self._any} {{id: $source}}), (b:{self._any} {{id: $target}}) "
            f"MATCH p = allShortestPaths((a)-[*..{int(max_length)}]-(b)) WITH p LIMIT {_PATH_POOL} "
            "WITH p, reduce(n = 0, m IN nodes(p)[1..-1] | n + COUNT { (m)--() }) AS crowd "
            "ORDER BY crowd, [m IN nodes(p) | m.id], [r IN relationships(p) | r.id] LIMIT $limit "
            "RETURN [r IN relationships(p) | r {.*, subject: startNode(r).id, "
            "object: endNode(r).id, subject_category: startNode(r).category, "
            "object_category: endNode(r).category}] AS chain"
        )
        rows = self._bolt.read(cypher, source=source, target=target, limit=limit)
        return [[_edge(edge) for edge in row["chain"]] for row in rows]

    @cached_property
    def _any(self) -> str:
        """The labels of the loaded graph as one label expression; each has its own index."""
        counts = self.release.counts["nodes_by_category"]
        return "|".join(Category(name).label for name in counts)

    def _of_keys(self, cypher: str, keys: Sequence[Any], **parameters: Any) -> Iterator[Row]:
        """The rows of a query over `$keys`, asked for a thousand distinct keys at a time."""
        distinct = iter({json.dumps(key): key for key in keys}.values())
        while some := list(islice(distinct, _AT_ONCE)):
            yield from self._bolt.read(cypher, keys=some, **parameters)

    def _terms(self, keys: Collection[str], categories: Collection[Category]) -> list[Found]:
        """The terms filed under these folded forms."""
        cypher = (
            "UNWIND $keys AS key MATCH (t:Name|Identifier {folded: key}) "
            f"WHERE $categories = [] OR t.category IN $categories MATCH (n:{self._any} "
            "{id: t.node}) RETURN t.node AS node, n.name AS name, t.term AS term, "
            "t.folded AS folded, t.kind AS kind"
        )
        rows = self._of_keys(cypher, list(keys), categories=[c.value for c in categories])
        return [Found(**row) for row in rows]

    def _near(self, text: str, categories: Collection[Category]) -> list[Found]:
        """Names that share words with the text, or words within two letters of its own."""
        words = fold(text).split()
        if not words:
            return []
        cypher = (
            "CALL db.index.fulltext.queryNodes('spellings', $query) YIELD node AS t, score "
            "WHERE $categories = [] OR t.category IN $categories WITH t, score LIMIT $pool "
            f"MATCH (n:{self._any} {{id: t.node}}) RETURN t.node AS node, n.name AS name, "
            "t.term AS term, t.folded AS folded, t.kind AS kind"
        )
        query = " ".join(f"{word} {word}* {word}~" for word in words)
        chosen = [c.value for c in categories]
        rows = self._bolt.read(cypher, query=query, categories=chosen, pool=_POOL)
        return [Found(**row) for row in rows]


def _edges_cypher(labels: str, direction: Direction, where: EdgeFilter, limit: int | None) -> str:
    arrow = _ARROWS[direction]
    if where.types:
        names = "|".join(sorted({t.predicate.relationship for t in where.types}))
        arrow = arrow.replace("[r]", f"[r:{names}]")
    cut = "" if limit is None else " LIMIT $limit"
    typed = "WHERE [s.category, r.predicate, o.category] IN $types " if where.types else ""
    counted, order, shown = "", _EDGE_ORDER, _EDGE
    if where.reads_evidence:
        counted = f"MATCH (e:Evidence {{edge: r.id}}) WHERE {_ADMITTED} WITH s, r, o, {_SUMMARY} "
        order, shown = f"coalesce(score, -1) DESC, {_EDGE_ORDER}", _REMAINING
        carried = "s, r, o, n_evidence, n_refuting, sources, classes, first_public, score, "
        carried += "hypothesis_free"
    else:
        carried = "s, r, o"
    return (
        f"UNWIND $keys AS key MATCH (n:{labels} {{id: key}}) CALL (n) {{ MATCH (n){arrow}() "
        f"WITH startNode(r) AS s, r, endNode(r) AS o {typed}{counted}"
        f"WITH {carried} ORDER BY {order}{cut} RETURN {shown} AS edge }} RETURN key, edge"
    )


def _filter_parameters(where: EdgeFilter) -> dict[str, Any]:
    return {
        "types": [[t.subject.value, t.predicate.value, t.object.value] for t in where.types],
        "as_of": where.as_of,
        "excluded": [c.value for c in where.exclude_classes],
        "systematic": where.hypothesis_free_only,
    }


def _grouped(keys: Sequence[_Key], pairs: Iterable[tuple[_Key, _Value]]) -> list[list[_Value]]:
    """For each key its values, in the order they came."""
    groups: dict[_Key, list[_Value]] = {key: [] for key in keys}
    for key, value in pairs:
        groups[key].append(value)
    return [groups[key] for key in keys]


def _edge_key(edge: Edge) -> str:
    """The `id` of an edge's relationship, as `tables.sql` makes it."""
    triple = "\x1f".join((edge.subject, edge.type.predicate, edge.object))
    return hashlib.sha256(triple.encode()).hexdigest()[:16]


def _score(value: float | None) -> float | None:
    """A release keeps scores in 32 bits; Neo4j has them by their shortest text."""
    return None if value is None else float(np.float32(value))


def _node(row: Row) -> Node:
    return Node(
        id=row["id"],
        category=Category(row["category"]),
        name=row["name"],
        description=row.get("description", ""),
        synonyms=tuple(row.get("synonyms", ())),
        xrefs=tuple(row.get("xrefs", ())),
        source=row["source"],
    )


def _edge(row: Row) -> Edge:
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
        sources=tuple(sorted(row["sources"])),
        classes=tuple(EvidenceClass(c) for c in sorted(row["classes"])),
        first_public=row["first_public"].to_native(),
        score=_score(row.get("score")),
        hypothesis_free=row["hypothesis_free"],
    )


def _evidence(row: Row) -> Evidence:
    plain = {k: v for k, v in row.items() if k not in ("edge", "url")}
    return Evidence(
        **plain
        | {
            "predicate": Predicate(row["predicate"]),
            "evidence_class": EvidenceClass(row["evidence_class"]),
            "knowledge_level": KnowledgeLevel(row["knowledge_level"]),
            "agent_type": AgentType(row["agent_type"]),
            "redistributable": Redistributable(row["redistributable"]),
            "first_public": row["first_public"].to_native(),
            "score": _score(row.get("score")),
            "publications": tuple(row.get("publications", ())),
            "detail": json.loads(row.get("detail", "{}")),
            "original_subject": row.get("original_subject", row["subject"]),
            "original_object": row.get("original_object", row["object"]),
        }
    )


def _fact(row: Row) -> Fact:
    empty = {"number": None, "text": None, "unit": None}
    plain = {k: v for k, v in row.items() if k != "node"}
    return Fact(
        **empty
        | plain
        | {
            "subject": row["node"],
            "evidence_class": EvidenceClass(row["evidence_class"]),
            "first_public": row["first_public"].to_native(),
        }
    )
