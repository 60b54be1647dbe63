"""Ways to hold diseases and genes out, by cluster and never by edge alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from gnn.causality import Direct
from gnn.ontology import Index, Ontology

FOLDS = 3
"""Parts that diseases are dealt into for learning, unless asked for otherwise."""
SAME_GROUP = 0.9
"""Lin similarity from which two diseases are never on different sides of a split."""


def disease_folds(ontology: Ontology, labelled: Index, folds: int, seed: int) -> Index:
    """A fold for every disease, int64 (diseases,), 0 to folds - 1.

    Labelled diseases that are alike (Lin of at least `SAME_GROUP`, chains of them too) share one;
    the largest groups are placed first, each into the emptiest fold. Other diseases, which no
    model learns from, are dealt out evenly.
    """
    group = disease_groups(ontology, labelled)
    rng = np.random.default_rng(seed)
    fold = rng.integers(0, folds, ontology.n)
    size = np.bincount(group)
    load = np.zeros(folds, np.int64)
    place = np.zeros(len(size), np.int64)
    for number in np.lexsort((rng.random(len(size)), -size)):
        place[number] = int(np.argmin(load))
        load[place[number]] += size[number]
    fold[labelled] = place[group]
    return fold.astype(np.int64)


def disease_groups(ontology: Ontology, labelled: Index) -> Index:
    """Number of the group of each labelled disease, int64 (len(labelled),)."""
    near = ontology.lin_matrix(labelled, SAME_GROUP)[:, labelled]
    _, group = connected_components(near, directed=False)
    return np.asarray(group, np.int64)


@dataclass(frozen=True)
class Query:
    """A disease never seen, and the genes to find.

    Attributes:
        disease: Its number.
        positives: Genes to find, int64.
        known: Genes with evidence at related diseases that stay visible, bool (genes,); they are
            left out of the ranking, so that nothing is found by its own evidence elsewhere.
    """

    disease: int
    positives: Index
    known: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ZeroShot:
    """One draw of the strict disease-disjoint split.

    Attributes:
        hidden: Diseases whose evidence no method sees, bool (diseases,): the queries and all
            within Lin .5 of one.
        queries: What is asked.
    """

    hidden: npt.NDArray[np.bool_]
    queries: tuple[Query, ...]


def zero_shot(direct: Direct, seed: int, queries: int = 56, at_least: int = 3) -> ZeroShot:
    """Draw diseases with at least so many strict positives, and hide them and their kin.

    Args:
        direct: All evidence.
        seed: Which draw.
        queries: How many diseases to ask for.
        at_least: Genes with evidence of weight .5 or more that each must have to find.
    """
    ontology, matrix = direct.ontology, direct.matrix.tocsc()
    strong = np.asarray((matrix >= 0.5).sum(axis=0)).ravel()
    rng = np.random.default_rng(seed)
    hidden = np.zeros(ontology.n, bool)
    asked: list[int] = []
    for disease in rng.permutation(np.flatnonzero(strong >= at_least)).tolist():
        if len(asked) == queries:
            break
        if hidden[disease] or ontology.information[disease] < 0.35:
            continue
        asked.append(disease)
        hidden |= ontology.lin(disease) >= 0.5
    visible = sp.csc_matrix(matrix @ sp.diags((~hidden).astype(np.float32)))
    drawn = (_query(ontology, matrix, visible, disease) for disease in asked)
    return ZeroShot(hidden, tuple(q for q in drawn if len(q.positives) >= at_least))


def _query(
    ontology: Ontology, matrix: sp.csc_matrix, visible: sp.csc_matrix, disease: int
) -> Query:
    kin = np.flatnonzero(ontology.lin(disease) >= 0.3)
    known = np.asarray(visible[:, kin].sum(axis=1)).ravel() > 0
    strong = np.asarray(matrix[:, [disease]].todense()).ravel() >= 0.5
    return Query(disease, np.flatnonzero(strong & ~known), known)
