"""What tractability is told by: facts of the protein, its neighbourhood, and its family's record.

- *intrinsic* columns: facts that are measured or computed on all genes alike (surface, topology,
  constraint, expression, pockets of predicted models), the protein's class, and the terms for what
  it does and where it is, which families far apart share;
- *graph* columns beside them: components of each relation's similarity, and of the neighbourhood
  (features propagated along the walk).
Two views, of the intrinsic columns alone and of all, are better together than either: on purged
folds of seed 100 average precision .227 and .216, of their mean .271.
- *systematic* columns: facts propagated over relations for one and two steps (SIGN), as PyG sparse
  products.
Crystal structures, ligands, catalogues of drug targets and publications are left out: they tell
which genes people worked on. The *systematic* columns leave out relations that chose their genes,
and facts that come from chosen experiments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
import torch

from gnn.features import components, standardised
from gnn.graph import Graph
from gnn.model import hops, sparse_tensor
from gnn.objective import DRUGGABILITY
from gnn.ontology import Floats, Index, Ontology
from gnn.relations import RELATIONS
from gnn.tractability_grounds import (
    BY_RELATION,
    CLASS,
    FACT_PREFIXES,
    FUNCTION,
    GROUNDS,
    NEIGHBOURHOOD,
    PLACE,
)
from kg.biolink import Category, EdgeType, Predicate

CHOSEN_FACTS = ("surface.go", "surface.hpa", "surface.cspa", "surface.uniprot", "surface.named_by")
"""Facts that rest on curation or on experiments with chosen genes, and `surface.methods` and
`surface.catalogues`, which count them."""
COUNTED = ("surface.methods", "surface.catalogues", "surface.compartments_stars")
CLASSES = "protein.classes"
"""Fact of the classes of a gene's product, by structure and not by disease or drug."""
TERMS = (
    EdgeType(Category.GENE, Predicate.ENABLES, Category.MOLECULAR_ACTIVITY),
    EdgeType(Category.GENE, Predicate.LOCATED_IN, Category.CELLULAR_COMPONENT),
)
TERM_SIZES, LEAST_OF_A_CLASS = (60, 6000), 20
PER_BLOCK, PROPAGATED, LEADING, STEPS = 24, 64, 96, 2
SPREAD = 5.0
"""Standard deviations at which a fact is cut before it is propagated."""
Mask = npt.NDArray[np.bool_]
Views = tuple[Floats, ...]
"""Sets of columns, float32 (genes, k) each: a model is learned of each, and they are averaged."""


def intrinsic(graph: Graph, systematic: bool = False) -> Floats:
    """Facts of every gene, float32 (genes, k), NaN where unknown.

    Args:
        graph: The release.
        systematic: Leaves out facts that rest on chosen experiments.
    """
    keys = fact_keys(graph, systematic)
    columns = [graph.fact_numbers(key)[:, None] for key in keys]
    if not columns:
        return np.zeros((len(graph.genes), 1), np.float32)
    return np.hstack(columns).astype(np.float32)


def fact_keys(graph: Graph, systematic: bool = False) -> list[str]:
    """Keys of the facts that `intrinsic` has a column of, in order."""
    keys = [k for k in graph.fact_keys if k.startswith(tuple(FACT_PREFIXES))]
    if systematic:
        keys = [k for k in keys if not k.startswith(CHOSEN_FACTS) and k not in COUNTED]
    return keys


def propagated(facts: Floats, relations: Mapping[str, sp.csr_matrix]) -> Floats:
    """Means of the facts over neighbours, one and two steps along each relation.

    float32 (genes, facts x relations x STEPS); a gene's own facts are no part of the first step.
    """
    mean = np.nan_to_num(np.nanmean(facts, axis=0), nan=0.0)
    filled = standardised(np.where(np.isnan(facts), mean, facts).astype(np.float32))
    start = torch.from_numpy(filled.clip(-SPREAD, SPREAD))
    spread = []
    for matrix in relations.values():
        total = np.asarray(matrix.sum(axis=1)).ravel()
        scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        walk = (sp.diags(scale) @ matrix).tocsr().astype(np.float32)
        spread.append(hops(start, sparse_tensor(walk), STEPS)[:, start.shape[1] :].numpy())
    return np.hstack(spread) if spread else np.zeros((len(facts), 0), np.float32)


def grounded(
    graph: Graph, blocks: Mapping[str, Floats], walk: sp.csr_matrix
) -> tuple[Views, tuple[Index, Index]]:
    """The two views, and the place in `GROUNDS` of every column of each, int64.

    Intrinsic columns with classes and terms, and these with graph columns.
    """
    facts = intrinsic(graph)
    keys = fact_keys(graph) or [next(iter(FACT_PREFIXES))]
    of_facts = [next(g for p, g in FACT_PREFIXES.items() if k.startswith(p)) for k in keys]
    own = [(CLASS, classes(graph))]
    own += zip((FUNCTION, PLACE), (terms(graph, t) for t in TERMS), strict=True)
    joined = np.hstack(list(blocks.values())).astype(np.float32)
    around = standardised(components(sp.csr_matrix(walk @ joined), PROPAGATED))
    near = [(BY_RELATION, block[:, :PER_BLOCK]) for block in blocks.values()]
    near.append((NEIGHBOURHOOD, around))
    first = np.hstack([facts, *(columns for _, columns in own)])
    second = np.hstack([first, *(columns for _, columns in near)])
    of_own = of_facts + [g for g, columns in own for _ in range(columns.shape[1])]
    of_all = of_own + [g for g, columns in near for _ in range(columns.shape[1])]
    places = [np.array([GROUNDS.index(g) for g in names], np.int64) for names in (of_own, of_all)]
    return (first.astype(np.float32), second.astype(np.float32)), (places[0], places[1])


def classes(graph: Graph) -> Floats:
    """Whether each gene's product is of each class that enough are of, float32 (genes, k)."""
    told = graph.texts_of(CLASSES, pa.chunked_array([pa.array(graph.genes.ids, pa.string())]))
    rows = [{c.strip() for c in (text or "").split(",")} - {""} for text in told]
    counts = Counter(c for row in rows for c in row)
    kept = sorted(c for c, count in counts.items() if count >= LEAST_OF_A_CLASS)
    if not kept:
        return np.zeros((len(rows), 0), np.float32)
    return np.array([[c in row for c in kept] for row in rows], np.float32)


def terms(graph: Graph, edge_type: EdgeType) -> Floats:
    """Terms of middling size that genes have, carried to what is above them, float32 (genes, k)."""
    own = graph.matrix(edge_type, DRUGGABILITY.hidden_classes)
    child, parent = graph.pairs(EdgeType(edge_type.object, Predicate.SUBCLASS_OF, edge_type.object))
    has = Ontology.of(own.shape[1], child, parent).roll_up(own) > 0
    size = np.asarray(has.sum(axis=0)).ravel()
    kept = np.flatnonzero((size >= TERM_SIZES[0]) & (size <= TERM_SIZES[1]))
    return np.asarray(has[:, kept].todense(), np.float32)


def systematic_features(graph: Graph, relations: Mapping[str, sp.csr_matrix]) -> Views:
    """Facts and propagated facts over relations that were measured without choosing genes."""
    free = {r.name for r in RELATIONS if r.hypothesis_free}
    facts = intrinsic(graph, systematic=True)
    chosen = {name: matrix for name, matrix in relations.items() if name in free}
    return (np.hstack([facts, leading(propagated(facts, chosen))]).astype(np.float32),)


def leading(spread: Floats) -> Floats:
    """The leading components of propagated facts, which repeat each other, float32 (genes, k)."""
    if not spread.shape[1]:
        return spread
    return components(sp.csr_matrix(standardised(spread)), LEADING)


Encoder = Callable[[Mask, Mask, int], Floats]
"""From genes that may be read, positives and a seed to columns for every gene."""
INNER_FOLDS, SHRINK = 5, 2.0


def family_rates(shared: sp.csr_matrix) -> Encoder:
    """K-fold encoding of labels: how often a gene's relatives are positive.

    The rates of a gene that is learned from come from other folds of these genes; those of all
    others from all of them. Leaving out single genes instead would tell each its own label.

    Args:
        shared: Genes x what they share (`gnn.families.Families.shared`).
    """
    member = shared.astype(np.float32).tocsr()

    def encode(seen: Mask, positive: Mask, seed: int) -> Floats:
        fold = np.random.default_rng(seed).integers(0, INNER_FOLDS, len(seen))
        columns = _rates(member, seen, positive)
        for held in range(INNER_FOLDS):
            mine = seen & (fold == held)
            columns[mine] = _rates(member, seen & (fold != held), positive)[mine]
        return columns

    return encode


def _rates(member: sp.csr_matrix, readable: Mask, positive: Mask) -> Floats:
    """Largest and mean shrunk rate of what a gene shares, and how many genes stand behind it."""
    base = float(positive[readable].mean()) if readable.any() else 0.0
    count = np.asarray(member.T @ readable.astype(np.float32)).ravel()
    hits = np.asarray(member.T @ (readable & positive).astype(np.float32)).ravel()
    rate = (hits + SHRINK * base) / (count + SHRINK)
    by_gene = (member @ sp.diags(rate.astype(np.float32))).tocsr()
    shares = np.maximum(np.diff(member.indptr), 1)
    largest = np.asarray(by_gene.max(axis=1).todense()).ravel()
    mean = np.asarray(by_gene.sum(axis=1)).ravel() / shares
    behind = np.asarray(member @ count).ravel()
    return np.stack([largest, mean, np.log1p(behind)], axis=1).astype(np.float32)
