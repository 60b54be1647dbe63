"""What tractability is told by: facts of the protein, its neighbourhood, and its family's record.

- *intrinsic* columns: facts that are measured or computed on all genes alike (surface, topology,
  constraint, expression, pockets of predicted models);
- the same *propagated* over every relation for one and two steps (SIGN), as PyG sparse products;
- components of each relation's similarity.
Crystal structures, ligands, catalogues of drug targets and publications are left out: they tell
which genes people worked on. The *systematic* columns leave out relations that chose their genes,
and facts that come from chosen experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch

from gnn.features import components, standardised
from gnn.graph import Graph
from gnn.model import hops, sparse_tensor
from gnn.ontology import Floats
from gnn.relations import RELATIONS

FACT_PREFIXES = (
    "surface.",
    "protein.",
    "constraint.",
    "selection.",
    "expression.",
    "essentiality.depmap",
    "alphafold_pocket.",
)
"""Numeric facts that may tell tractability: measured or computed on all genes alike."""
CHOSEN_FACTS = ("surface.go", "surface.hpa", "surface.cspa", "surface.uniprot", "surface.named_by")
"""Facts that rest on curation or on experiments with chosen genes, and `surface.methods` and
`surface.catalogues`, which count them."""
COUNTED = ("surface.methods", "surface.catalogues", "surface.compartments_stars")
PER_BLOCK, PROPAGATED, STEPS = 24, 64, 2
SPREAD = 5.0
"""Standard deviations at which a fact is cut before it is propagated."""
Mask = npt.NDArray[np.bool_]


def intrinsic(graph: Graph, systematic: bool = False) -> Floats:
    """Facts of every gene, float32 (genes, k), NaN where unknown.

    Args:
        graph: The release.
        systematic: Leaves out facts that rest on chosen experiments.
    """
    keys = [k for k in graph.fact_keys if k.startswith(FACT_PREFIXES)]
    if systematic:
        keys = [k for k in keys if not k.startswith(CHOSEN_FACTS) and k not in COUNTED]
    columns = [graph.fact_numbers(key)[:, None] for key in keys]
    if not columns:
        return np.zeros((len(graph.genes), 1), np.float32)
    return np.hstack(columns).astype(np.float32)


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


def features(
    graph: Graph,
    blocks: Mapping[str, Floats],
    relations: Mapping[str, sp.csr_matrix],
    walk: sp.csr_matrix,
) -> Floats:
    """All columns: facts, the facts propagated, and components of relations and neighbourhood."""
    facts = intrinsic(graph)
    own = [block[:, :PER_BLOCK] for block in blocks.values()]
    joined = np.hstack(list(blocks.values())).astype(np.float32)
    around = standardised(components(sp.csr_matrix(walk @ joined), PROPAGATED))
    return np.hstack([facts, propagated(facts, relations), *own, around]).astype(np.float32)


def systematic_features(graph: Graph, relations: Mapping[str, sp.csr_matrix]) -> Floats:
    """Facts and propagated facts over relations that were measured without choosing genes."""
    free = {r.name for r in RELATIONS if r.hypothesis_free}
    facts = intrinsic(graph, systematic=True)
    chosen = {name: matrix for name, matrix in relations.items() if name in free}
    return np.hstack([facts, propagated(facts, chosen)]).astype(np.float32)


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
