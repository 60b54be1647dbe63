"""Simple graphs with given degrees: the configuration model, its clashes swapped away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingest.copula import Degrees

Ends = npt.NDArray[np.int64]
_ROUNDS = 40


def pair(
    out: Degrees, into: Degrees, same_kind: bool, rng: np.random.Generator
) -> tuple[Ends, Ends]:
    """Subjects and objects of edges between two kinds of node, each pair once.

    Args:
        out: Edges out of each subject.
        into: Edges into each object; where the sums differ, ends of the larger are left over.
        same_kind: Whether subjects and objects are the same nodes: none is joined to itself.
        rng: Draws.

    Returns:
        Node numbers, int64, of the edges. Fewer than asked where degrees can't all be had.
    """
    subjects = np.repeat(np.arange(len(out)), out)
    objects = np.repeat(np.arange(len(into)), into)
    size = min(len(subjects), len(objects))
    subjects, objects = rng.permutation(subjects)[:size], rng.permutation(objects)[:size]
    return _simple(subjects, objects, len(into), same_kind, False, rng)


def pair_undirected(degrees: Degrees, rng: np.random.Generator) -> tuple[Ends, Ends]:
    """Both ends of undirected edges within one kind of node, each pair once, none with itself."""
    ends = rng.permutation(np.repeat(np.arange(len(degrees)), degrees))
    half = len(ends) // 2
    return _simple(ends[:half], ends[half : 2 * half], len(degrees), True, True, rng)


def _simple(
    subjects: Ends,
    objects: Ends,
    base: int,
    same_kind: bool,
    undirected: bool,
    rng: np.random.Generator,
) -> tuple[Ends, Ends]:
    """Swap objects of clashing edges with those of others; what clashes to the end is erased."""

    def key(s: Ends, o: Ends) -> Ends:
        return np.minimum(s, o) * base + np.maximum(s, o) if undirected else s * base + o

    subjects, objects = subjects.copy(), objects.copy()
    for _ in range(_ROUNDS):
        keys = key(subjects, objects)
        ordered = np.sort(keys)
        wrong = _clashes(keys, subjects == objects if same_kind else None)
        if not len(wrong):
            break
        other = np.setdiff1d(rng.choice(len(keys), min(2 * len(wrong), len(keys))), wrong)
        size = min(len(other), len(wrong))
        a, b = rng.permutation(wrong)[:size], rng.permutation(other)[:size]
        first, second = key(subjects[a], objects[b]), key(subjects[b], objects[a])
        free = ~_among(first, ordered) & ~_among(second, ordered)
        if same_kind:
            free &= (subjects[a] != objects[b]) & (subjects[b] != objects[a])
        free &= _once(np.concatenate([first, second])).reshape(2, -1).all(axis=0)
        objects[a[free]], objects[b[free]] = objects[b[free]], objects[a[free]]
    kept = np.ones(len(subjects), bool)
    kept[_clashes(key(subjects, objects), subjects == objects if same_kind else None)] = False
    return subjects[kept], objects[kept]


def _clashes(keys: Ends, loops: npt.NDArray[np.bool_] | None) -> Ends:
    """Edges that are there already, the first of each apart, and edges from a node to itself."""
    order = np.argsort(keys, kind="stable")
    again = order[1:][keys[order[1:]] == keys[order[:-1]]]
    return again if loops is None else np.union1d(again, np.flatnonzero(loops))


def _among(values: Ends, ordered: Ends) -> npt.NDArray[np.bool_]:
    at = np.searchsorted(ordered, values).clip(max=max(len(ordered) - 1, 0))
    there: npt.NDArray[np.bool_] = ordered[at] == values
    return there


def _once(values: Ends) -> npt.NDArray[np.bool_]:
    """Which values stand there once."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    single: npt.NDArray[np.bool_] = counts[inverse] == 1
    return single
