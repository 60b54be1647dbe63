"""A bounded sub-graph as a networkx multigraph, and as GraphML."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import networkx as nx

from kg.errors import UnknownNode
from kg.model import Edge
from kg.store import EVERYTHING, Direction, EdgeFilter, GraphStore


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of the graph a view holds.

    Attributes:
        hops: Steps from the seeds.
        nodes: At most so many, seeds included; those nearest to the seeds come first.
        fan: At most so many edges of a node are followed, best score first.
    """

    hops: int = 1
    nodes: int = 2_000
    fan: int = 200


def view(
    store: GraphStore,
    seeds: Sequence[str],
    bounds: Bounds | None = None,
    where: EdgeFilter = EVERYTHING,
) -> nx.MultiDiGraph:
    """The neighbourhood of some nodes.

    Args:
        store: The graph.
        seeds: Identifiers of nodes.
        bounds: How far and how much.
        where: Which edges, and which of their evidence, count.

    Returns:
        Nodes keyed by id with category, name and source; edges keyed by predicate with score,
        n_evidence, n_refuting, sources, classes and first_public. `graph["release"]` is the
        release id, `graph["complete"]` False where a bound cut something off.

    Raises:
        UnknownNode: a seed is no node.
    """
    limits = bounds or Bounds()
    missing = [s for s, node in zip(seeds, store.nodes(seeds), strict=True) if node is None]
    if missing:
        raise UnknownNode(f"{missing[0]} is no node of release {store.release.id}; search for it")
    edges, members, complete = _walk(store, seeds, limits, where)
    graph = nx.MultiDiGraph(release=store.release.id, complete=complete)
    order = list(members)
    for node in store.nodes(order):
        if node is not None:
            graph.add_node(node.id, category=str(node.category), name=node.name, source=node.source)
    for edge in edges:
        if edge.subject in members and edge.object in members:
            graph.add_edge(edge.subject, edge.object, key=str(edge.type.predicate), **_told(edge))
    return graph


def _walk(
    store: GraphStore, seeds: Sequence[str], limits: Bounds, where: EdgeFilter
) -> tuple[list[Edge], dict[str, None], bool]:
    """Edges met, nodes reached in order, and whether nothing was cut off."""
    members, frontier, complete = dict.fromkeys(seeds), list(dict.fromkeys(seeds)), True
    edges: dict[tuple[str, str, str], Edge] = {}
    for _ in range(limits.hops):
        reached: dict[str, None] = {}
        for node, found in zip(
            frontier,
            store.edges_of(frontier, Direction.BOTH, where, limits.fan + 1),
            strict=True,
        ):
            complete &= len(found) <= limits.fan
            for edge in found[: limits.fan]:
                edges[edge.subject, str(edge.type), edge.object] = edge
                other = edge.object if edge.subject == node else edge.subject
                if other not in members:
                    reached[other] = None
        room = limits.nodes - len(members)
        complete &= len(reached) <= room
        frontier = list(reached)[: max(room, 0)]
        members |= dict.fromkeys(frontier)
    return list(edges.values()), members, complete


def _told(edge: Edge) -> dict[str, str | float | int]:
    """The edge's own columns as scalars, as GraphML takes them; an ungraded edge has no score."""
    told: dict[str, str | float | int] = {
        "n_evidence": edge.n_evidence,
        "n_refuting": edge.n_refuting,
        "sources": "|".join(edge.sources),
        "classes": "|".join(edge.classes),
        "first_public": edge.first_public.isoformat(),
    }
    return told if edge.score is None else {**told, "score": float(edge.score)}


def write_graphml(graph: nx.MultiDiGraph, path: Path) -> None:
    """Write a view; the file is there whole or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    os.close(descriptor)
    try:
        nx.write_graphml(graph, temporary)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
