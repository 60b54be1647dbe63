"""What asking the store costs, beside networkx and SQLite on the same graph."""

from __future__ import annotations

import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import networkx as nx
import numpy as np
import polars as pl

from kg.embedded_store import EmbeddedStore
from kg.release import Release
from kg.store import Direction

ASKED = 200
SLOW_ASKED = 20
PATIENCE = 2.0
"""Seconds after which SQLite's search for a path is stopped and counted as this long."""
_PATH = """
    SELECT 1 FROM side a JOIN side b ON b.s = a.o JOIN side c ON c.s = b.o
    WHERE a.s = ? AND c.o = ? LIMIT 1
"""


@dataclass(frozen=True)
class Graph:
    """One release in three stores, and what is asked of them."""

    store: EmbeddedStore
    networkx: nx.MultiDiGraph
    sqlite: sqlite3.Connection
    nodes: Sequence[str]
    diseases: Sequence[str]
    hubs: Sequence[str]
    pairs: Sequence[tuple[str, str]]


def opened(release: Release) -> tuple[Graph, dict[str, float]]:
    """The release in each store, with the seconds it took."""
    spent = {}
    began = time.perf_counter()
    store = EmbeddedStore(release)
    store.nodes([store.ids_of(np.array([0]))[0]])
    spent["store"], began = time.perf_counter() - began, time.perf_counter()
    names = ["subject", "predicate", "object", "score"]
    edges = pl.DataFrame(release.table("edges", names)).with_columns(
        pl.col("predicate").cast(pl.String)
    )
    graph = nx.MultiDiGraph()
    nodes = pl.DataFrame(release.table("nodes", ["id", "name"])).rows()
    graph.add_nodes_from((i, {"name": n}) for i, n in nodes)
    graph.add_edges_from((s, o, {"predicate": p, "score": w}) for s, p, o, w in edges.iter_rows())
    spent["networkx"], began = time.perf_counter() - began, time.perf_counter()
    sqlite = _sqlite(release, edges, nodes)
    spent["sqlite"] = time.perf_counter() - began
    chosen = random.Random(0)
    into = edges.group_by("object").len().sort("len", descending=True)
    conditions = [o for o in into["object"].to_list() if not o.startswith(("UBERON", "GO", "CL"))]
    some = sorted(chosen.sample(conditions, min(ASKED, len(conditions))))
    degree = sorted(chosen.sample([i for i, _ in nodes], min(ASKED, len(nodes))))
    pairs = list(zip(degree, some, strict=False))[:SLOW_ASKED]
    hubs = into["object"].to_list()[:SLOW_ASKED]
    return Graph(store, graph, sqlite, degree, some, hubs, pairs), spent


def _sqlite(
    release: Release, edges: pl.DataFrame, nodes: list[tuple[str, str]]
) -> sqlite3.Connection:
    sqlite = sqlite3.connect(":memory:")
    sqlite.execute("CREATE TABLE node (id TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID")
    sqlite.executemany("INSERT INTO node VALUES (?, ?)", nodes)
    sqlite.execute("CREATE TABLE edge (s TEXT, p TEXT, o TEXT, w REAL)")
    sqlite.executemany("INSERT INTO edge VALUES (?, ?, ?, ?)", edges.iter_rows())
    sqlite.execute("CREATE TABLE evidence (o TEXT, w REAL, s TEXT, p TEXT, source TEXT, day TEXT)")
    names = ["object", "score", "subject", "predicate", "source", "first_public"]
    evidence = pl.DataFrame(release.table("evidence", names)).with_columns(
        pl.col("predicate", "source", "first_public").cast(pl.String)
    )
    sqlite.executemany("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?)", evidence.iter_rows())
    sqlite.execute("CREATE INDEX by_s ON edge (s, o)")
    sqlite.execute("CREATE INDEX by_o ON edge (o, s)")
    sqlite.execute("CREATE INDEX by_object ON evidence (o, w DESC)")
    sqlite.execute("CREATE VIEW side AS SELECT s, o FROM edge UNION ALL SELECT o, s FROM edge")
    return sqlite


def bench_store(release: Release) -> None:
    """A table of medians in milliseconds, and the others' as ratios to the store's."""
    graph, spent = opened(release)
    edges = release.manifest["counts"]["edges"]
    print(f"\n{edges:,} edges; opening: " + ", ".join(f"{k} {v:.2f} s" for k, v in spent.items()))
    print(f"{'question':34} {'store ms':>9} {'networkx':>9} {'SQLite':>9}")
    for name, mine, theirs, sql in questions(graph):
        print(f"{name:34} {mine * 1e3:9.3f} {theirs / mine:8.2f}x {sql / mine:8.2f}x")


def questions(graph: Graph) -> list[tuple[str, float, float, float]]:
    """(question, seconds of the store, of networkx, of SQLite): medians over what is asked."""
    n, s, ask = graph.networkx, graph.sqlite, graph.store
    both = n.to_undirected(as_view=True)
    named = "SELECT * FROM node WHERE id = ?"
    top = "SELECT * FROM evidence WHERE o = ? ORDER BY w DESC LIMIT 50"
    return [
        (
            "node look-up",
            median(lambda i: ask.nodes([i]), graph.nodes),
            median(lambda i: n.nodes[i], graph.nodes),
            median(lambda i: s.execute(named, (i,)).fetchall(), graph.nodes),
        ),
        (
            "top 50 evidence of a condition",
            median(lambda i: top_evidence(ask, i), graph.diseases),
            median(lambda i: networkx_top(n, i), graph.diseases),
            median(lambda i: s.execute(top, (i,)).fetchall(), graph.diseases),
        ),
        (
            "2 hops from a hub",
            median(lambda i: two_hops(ask, i), graph.hubs),
            median(
                lambda i: nx.single_source_shortest_path_length(both, i, cutoff=2), graph.hubs[:5]
            ),
            median(lambda i: sqlite_two_hops(s, i), graph.hubs[:5]),
        ),
        (
            "path of at most 3 hops",
            median(lambda p: ask.paths(*p, 3, 1), graph.pairs),
            median(lambda p: networkx_path(both, p), graph.pairs),
            median(lambda p: sqlite_path(s, p), graph.pairs),
        ),
        (
            "edge_index of all edges",
            median(lambda _: edge_index(ask), [0, 1, 2]),
            median(lambda _: networkx_index(n), [0]),
            median(lambda _: s.execute("SELECT s, o FROM edge").fetchall(), [0]),
        ),
    ]


def top_evidence(store: EmbeddedStore, node: str) -> list[object]:
    edges = store.edges_of([node], Direction.IN, limit=50)[0]
    return list(chain.from_iterable(store.evidence_of(edges, limit=1)))


def networkx_top(graph: nx.MultiDiGraph, node: str) -> list[object]:
    edges = graph.in_edges(node, data=True)
    return sorted(edges, key=lambda e: -(e[2]["score"] or 0.0))[:50]


def two_hops(store: EmbeddedStore, node: str) -> int:
    """How many nodes are at most 2 steps away, by the arrays."""
    reached = np.zeros(len(store.arrays["id_node"]), bool)
    frontier = store.index_of([node])
    reached[frontier] = True
    for _ in range(2):
        edges_in = spans(store.arrays["in_pointer"], frontier)
        edges_out = store.arrays["out_edge"][spans(store.arrays["out_pointer"], frontier)]
        found = np.concatenate(
            [store.arrays["edge_subject"][edges_in], store.arrays["edge_object"][edges_out]]
        )
        fresh = np.zeros(len(reached), bool)
        fresh[found] = True
        frontier = np.flatnonzero(fresh & ~reached)
        reached |= fresh
    return int(reached.sum())


def spans(pointer: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """All positions between the pointers of some nodes."""
    starts, sizes = pointer[nodes], pointer[nodes + 1] - pointer[nodes]
    begun = np.cumsum(sizes) - sizes
    return np.repeat(starts - begun, sizes) + np.arange(sizes.sum())


def sqlite_two_hops(sqlite: sqlite3.Connection, node: str) -> int:
    query = "SELECT DISTINCT b.o FROM side a JOIN side b ON b.s = a.o WHERE a.s = ?"
    return len(sqlite.execute(query, (node,)).fetchall())


def networkx_path(graph: nx.Graph, pair: tuple[str, str]) -> list[str] | None:
    try:
        return list(nx.bidirectional_shortest_path(graph, *pair))
    except nx.NetworkXNoPath:
        return None


def sqlite_path(sqlite: sqlite3.Connection, pair: tuple[str, str]) -> object:
    until = time.perf_counter() + PATIENCE
    sqlite.set_progress_handler(lambda: time.perf_counter() > until, 10_000)
    try:
        return sqlite.execute(_PATH, pair).fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        sqlite.set_progress_handler(None, 0)


def edge_index(store: EmbeddedStore) -> np.ndarray:
    subjects = store.arrays["edge_subject"]
    index = np.empty((2, len(subjects)), np.int64)
    index[0], index[1] = subjects, store.arrays["edge_object"]
    return index


def networkx_index(graph: nx.MultiDiGraph) -> np.ndarray:
    number = {node: i for i, node in enumerate(graph)}
    return np.array([(number[s], number[o]) for s, o in graph.edges()]).T


def median(ask: Callable[[Any], object], asked: Sequence[Any]) -> float:
    spent = []
    for one in asked:
        began = time.perf_counter()
        ask(one)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)
