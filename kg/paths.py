"""Walks over the memory-mapped adjacency, a whole frontier at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kg.store import Direction

Index = npt.NDArray[np.int64]
Arrays = Mapping[str, npt.NDArray[Any]]


def no_index() -> Index:
    """An empty array of indices."""
    return np.zeros(0, np.int64)


def incident(arrays: Arrays, node: int, direction: Direction) -> Index:
    """Numbers of the edges into, out of, or at a node, ascending."""
    inward, outward = arrays["in_pointer"], arrays["out_pointer"]
    into = np.arange(inward[node], inward[node + 1], dtype=np.int64)
    if direction == Direction.IN:
        return into
    out = arrays["out_edge"][outward[node] : outward[node + 1]].astype(np.int64)
    return out if direction == Direction.OUT else np.unique(np.concatenate((into, out)))


@dataclass(frozen=True, slots=True)
class Hops:
    """Edges walked from a frontier: each from `source` over `edge` to `target`."""

    source: Index
    edge: Index
    target: Index

    def keep(self, mask: npt.NDArray[np.bool_]) -> Hops:
        """The hops where the mask is true."""
        return Hops(self.source[mask], self.edge[mask], self.target[mask])


def hops_from(arrays: Arrays, frontier: Index) -> Hops:
    """All edges at the nodes of a frontier, walked in either direction."""
    inward_source, inward = _ranges(arrays["in_pointer"], frontier)
    outward_source, slots = _ranges(arrays["out_pointer"], frontier)
    outward = arrays["out_edge"][slots].astype(np.int64)
    return Hops(
        np.concatenate((inward_source, outward_source)),
        np.concatenate((inward, outward)),
        np.concatenate((arrays["edge_subject"][inward], arrays["edge_object"][outward])).astype(
            np.int64
        ),
    )


def degree(arrays: Arrays, nodes: Index) -> Index:
    """Number of edges at each node."""
    inward, outward = arrays["in_pointer"], arrays["out_pointer"]
    return (inward[nodes + 1] - inward[nodes] + outward[nodes + 1] - outward[nodes]).astype(
        np.int64
    )


def shortest_chains(
    arrays: Arrays, start: int, end: int, max_length: int, limit: int
) -> list[Index]:
    """Edge numbers of the shortest chains between two nodes, those through small nodes first.

    Breadth first from both ends; at most `max_length` edges; at most `limit` chains.
    """
    forward, backward = _meet(arrays, start, end, max_length)
    if not forward and not backward:
        return []
    middle = np.intersect1d(_ends(forward, start), _ends(backward, end))
    middle = middle[np.argsort(degree(arrays, middle), kind="stable")]
    chains: list[Index] = []
    for node in middle.tolist():
        heads = _back(arrays, forward, node, limit)
        tails = _back(arrays, backward, node, limit)
        chains += [np.array([*h, *reversed(t)], np.int64) for h in heads for t in tails]
        if len(chains) >= limit:
            break
    return chains[:limit]


def _meet(arrays: Arrays, start: int, end: int, max_length: int) -> tuple[list[Hops], list[Hops]]:
    """Grow the smaller frontier until the two touch; empty lists when they never do."""
    sides: tuple[list[Hops], list[Hops]] = ([], [])
    fronts = [np.array([start], np.int64), np.array([end], np.int64)]
    seen = [fronts[0], fronts[1]]
    for _ in range(max_length):
        side = int(degree(arrays, fronts[1]).sum() < degree(arrays, fronts[0]).sum())
        hops = hops_from(arrays, fronts[side])
        hops = hops.keep(~np.isin(hops.target, seen[side]))
        sides[side].append(hops)
        fronts[side] = np.unique(hops.target)
        seen[side] = np.union1d(seen[side], fronts[side])
        if np.isin(fronts[side], fronts[1 - side], assume_unique=True).any():
            return sides
        if not len(fronts[side]):
            break
    return [], []


def _ends(layers: list[Hops], origin: int) -> Index:
    return np.unique(layers[-1].target) if layers else np.array([origin], np.int64)


def _back(arrays: Arrays, layers: list[Hops], node: int, limit: int) -> list[list[int]]:
    """Chains of edges from the origin of the layers to a node of the last layer."""
    chains: list[tuple[int, list[int]]] = [(node, [])]
    for hops in reversed(layers):
        longer = []
        for here, chain in chains:
            at = np.flatnonzero(hops.target == here)
            at = at[np.argsort(degree(arrays, hops.source[at]), kind="stable")][:limit]
            longer += [(int(hops.source[i]), [int(hops.edge[i]), *chain]) for i in at]
        chains = longer[:limit]
    return [chain for _, chain in chains]


def _ranges(pointer: npt.NDArray[Any], nodes: Index) -> tuple[Index, Index]:
    """For row pointers: each node repeated, and the positions of its row, concatenated."""
    start, length = pointer[nodes], pointer[nodes + 1] - pointer[nodes]
    total = int(length.sum())
    offset = np.repeat(start - np.concatenate(([0], np.cumsum(length)[:-1])), length)
    return np.repeat(nodes, length), (np.arange(total) + offset).astype(np.int64)
