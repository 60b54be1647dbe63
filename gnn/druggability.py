"""Druggability by modality: intrinsic tractability learned, precedent and pipeline as facts.

Intrinsic tractability is predicted for every gene by models that saw neither the gene nor its
close homologues, from what the gene is (relations, neighbourhood, surface, constraint, pockets),
from how many of its wider family are drugged, and never from ligands, indications or fame. A gene
without a drug is unlabelled and no negative: each bagged model sees another sample of the
unlabelled (Mordelet and Vert 2014).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gnn.ahead import ahead
from gnn.calibrate import LEAST_POSITIVES, Counts, Curve
from gnn.druggability_features import Encoder, Views
from gnn.drugs import FIRST_PHASE, DrugMechanisms, modality_of
from gnn.graph import Graph
from gnn.network import percentile, tail_of
from gnn.ontology import Floats, Index
from gnn.publication_bias import publication_bins, without_publications
from gnn.target_score import MODALITIES
from gnn.tractability_grounds import FAMILY, GROUNDS

Mask = npt.NDArray[np.bool_]

FOLDS, BAGS, UNLABELLED = 5, 2, 4000

SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 15,
    "min_child_samples": 15,
    "feature_fraction": 0.25,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
}
TREES, PURGED_TREES = 220, 150
"""Fewer where families are held out: what is learned late is of families."""
CLUSTERS = 200
"""Groups of homologues are pooled to so many clusters before they are resampled."""


@dataclass(frozen=True)
class Precedent:
    """What drugs have already shown.

    Attributes:
        phase: Highest clinical phase by modality and gene, float32 (3, genes), NaN for none.
    """

    phase: Floats

    @property
    def precedented(self) -> npt.NDArray[np.bool_]:
        """By modality and gene, bool (3, genes)."""
        return np.asarray(np.nan_to_num(self.phase, nan=-1.0) >= FIRST_PHASE)

    @classmethod
    def of(cls, graph: Graph) -> Precedent:
        """From the labels of drug mechanisms and the drugs' types and phases."""
        told = DrugMechanisms.of(graph)
        drugs, gene = told.drug, told.gene
        kind = np.array([MODALITIES.index(m) for m in modality_of(graph, drugs)], np.int64)
        reached = graph.numbers_of("drug.max_phase", drugs)
        phase = np.full((len(MODALITIES), len(graph.genes)), -1.0, np.float32)
        known = gene >= 0
        np.maximum.at(
            phase, (kind[known], gene[known]), np.nan_to_num(reached, nan=0.0)[known].astype("f4")
        )
        return cls(np.where(phase < 0, np.nan, phase).astype(np.float32))


@dataclass(frozen=True)
class Tractability:
    """Intrinsic tractability of every gene, each by models that never saw it.

    Attributes:
        probability, lower, upper: By modality and gene, float32 (3, genes); NaN for modalities
            of fewer than `LEAST_POSITIVES` positives.
        raw: Log-odds before calibration, for evaluation.
        positive: What was learned from, bool (3, genes).
        grounds: What each of `GROUNDS` adds to the log-odds of one model of each view, their
            mean, float32 (3, genes, grounds); all 0 where columns were not told apart.
        fold: Of each gene, int64 (genes,): no gene of its own tells its family's record.
    """

    probability: Floats
    lower: Floats
    upper: Floats
    raw: Floats
    positive: npt.NDArray[np.bool_]
    grounds: Floats
    fold: Index


def gene_groups(graph: Graph) -> Index:
    """Genes that may not be on two sides of a fold, numbered, int64 (genes,).

    Homology clusters where the release has them, joined where a gene is in several.
    """
    n = len(graph.genes)
    labels = graph.release.table("labels", ["kind", "subject", "text"])
    rows = labels.filter(pc.equal(labels["kind"].cast(pa.string()), "split_cluster"))
    gene = graph.local_genes(rows["subject"])
    cluster = rows["text"].cast(pa.string()).combine_chunks().dictionary_encode()
    code = np.asarray(cluster.indices.fill_null(0).to_numpy(zero_copy_only=False), np.int64)
    known = gene >= 0
    size = n + len(cluster.dictionary)
    edges = csr_matrix(
        (np.ones(int(known.sum())), (gene[known], n + code[known])), shape=(size, size)
    )
    _, group = connected_components(edges, directed=False)
    return np.unique(group[:n], return_inverse=True)[1].astype(np.int64)


def cluster_folds(cluster: Index, seed: int, folds: int = FOLDS) -> Index:
    """Fold of each gene, whole clusters in one, int64 (genes,)."""
    return np.random.default_rng(seed).integers(0, folds, int(cluster.max()) + 1)[cluster]


def learn(
    x: Views,
    precedented: npt.NDArray[np.bool_],
    groups: Index,
    encode: Encoder,
    seed: int,
    progress: Callable[[float], None] = lambda _: None,
    of_columns: Sequence[Index] = (),
) -> Tractability:
    """Cross-fitted, bagged and calibrated tractability.

    Args:
        x: Views of the genes, NaN where unknown.
        precedented: Positives by modality, bool (3, genes).
        groups: Of homologues, int64 (genes,).
        encode: Rates of families among genes that are learned from.
        seed: Of folds, samples and trees.
        progress: Called with the share done, 0 to 1.
        of_columns: Place in `GROUNDS` of each column of each view; the rates are told apart here.
    """
    raw = np.zeros(precedented.shape, np.float32)
    fold = cluster_folds(groups, seed)
    by_bag = []
    grounds = np.zeros((*precedented.shape, len(GROUNDS)), np.float32)
    for modality in range(len(MODALITIES)):
        plan = Plan(fold, lambda mine: ~mine, encode=encode)
        told = Shares(of_columns, grounds[modality]) if of_columns else None
        bags = cross_fit(x, precedented[modality], plan, seed, told)
        raw[modality] = bags.mean(axis=0)
        by_bag.append(bags)
        progress((modality + 1) / len(MODALITIES))
    stacked = [
        calibrated(bags, positive, groups)
        for bags, positive in zip(by_bag, precedented, strict=True)
    ]
    probability, lower, upper = (
        np.stack(part).astype(np.float32) for part in zip(*stacked, strict=True)
    )
    return Tractability(probability, lower, upper, raw, precedented, grounds, fold)


def bias_controlled(
    x: Views, precedented: Mask, groups: Index, publications: Floats, seed: int
) -> Floats:
    """Tractability from systematic columns alone, with what publications tell of it taken off.

    Args:
        x: Views of what was measured without choosing genes.
        precedented: Positives by modality, bool (3, genes).
        groups: Of homologues, int64 (genes,).
        publications: Of each gene, NaN or negative where unknown; taken off, never read.
        seed: Of folds and trees.

    Returns:
        Calibrated probability by modality and gene, float32 (3, genes); NaN as in `learn`.
    """
    fold = cluster_folds(groups, seed)
    plan = Plan(fold, lambda mine: ~mine, bags=1, trees=PURGED_TREES)
    bins = publication_bins(publications)
    found = []
    for positive in precedented:
        score = cross_fit(x, positive, plan, seed).mean(axis=0).astype(np.float64)
        left = without_publications(score, bins, positive)
        found.append(calibrated(left[None].astype(np.float32), positive, groups)[0])
    return np.stack(found)


@dataclass(frozen=True)
class Plan:
    """How genes are held out, and how many models score each.

    Attributes:
        fold: Of each gene, int64 (genes,).
        seen: From the genes of a fold to those that may be learned from.
        encode: Rates of families as further columns; None where families are held out.
        bags: Models for each fold and view, each with another sample of the unlabelled.
        unlabelled: Unlabelled genes in a sample; all where it is more than there are.
        trees: Of each model.
    """

    fold: Index
    seen: Callable[[Mask], Mask]
    encode: Encoder | None = None
    bags: int = BAGS
    unlabelled: int = UNLABELLED
    trees: int = TREES


class Watch(Protocol):
    """Told of every first model of a view as it is learned."""

    def add(self, view: int, model: lgb.Booster, columns: Floats, genes: Mask) -> None:
        """A model and the genes that it did not learn from.

        Args:
            view: Number of its view.
            model: Of a fold.
            columns: Of those genes, float32 (m, k).
            genes: Which they are, bool (genes,).
        """


@dataclass(frozen=True)
class Shares:
    """What each ground adds to log-odds, by the first model of each view: their mean.

    Attributes:
        of_columns: Place in `GROUNDS` of each column of each view.
        found: Filled in as models are learned, float32 (genes, grounds).
    """

    of_columns: Sequence[Index]
    found: Floats

    def add(self, view: int, model: lgb.Booster, columns: Floats, genes: Mask) -> None:
        """As `Watch.add`."""
        kind = kinds(self.of_columns[view], columns.shape[1])
        self.found[genes] += added_by(model, columns, kind) / len(self.of_columns)


def kinds(of_columns: Index, columns: int) -> Index:
    """Place in `GROUNDS` of each column of a view with the rates beside it, int64 (columns,)."""
    rates = np.full(columns - len(of_columns), GROUNDS.index(FAMILY), np.int64)
    return np.concatenate([of_columns, rates])


def added_by(model: lgb.Booster, columns: Floats, kind: Index) -> Floats:
    """Shapley values of columns (TreeSHAP, Lundberg 2020), summed by ground, (m, grounds)."""
    told = np.asarray(model.predict(columns, pred_contrib=True, num_threads=1))[:, :-1]
    summed: Floats = (told @ np.eye(len(GROUNDS), dtype=np.float32)[kind]).astype(np.float32)
    return summed


def cross_fit(
    x: Views, positive: Mask, plan: Plan, seed: int, watch: Watch | None = None
) -> npt.NDArray[np.float32]:
    """Each gene's log-odds by models that saw none of its fold, float32 (bags x views, genes).

    Genes of a fold that leaves too few positives to learn from get the log-odds of them all.

    Args:
        x: Views of the genes.
        positive: Labels, bool (genes,).
        plan: How genes are held out.
        seed: Of samples and trees.
        watch: What is told of the first model of every view and fold, if any.
    """
    rng = np.random.default_rng(seed)
    share = positive.mean().clip(1e-6, 1.0 - 1e-6)
    scores = np.full((plan.bags * len(x), len(positive)), np.log(share / (1.0 - share)), np.float32)

    def asked() -> Iterator[tuple[int, Mask, Floats, Index]]:
        for held in np.unique(plan.fold):
            mine = plan.fold == held
            seen = plan.seen(mine)
            if positive[seen].sum() < LEAST_POSITIVES:
                continue
            rates = () if plan.encode is None else (plan.encode(seen, positive, seed),)
            given = [np.hstack([view, *rates]) for view in x]
            for number in range(len(scores)):
                rows = _sample(np.flatnonzero(seen), positive, plan.unlabelled, rng)
                yield number, mine, given[number % len(given)], rows

    def learned(one: tuple[int, Mask, Floats, Index]) -> tuple[int, Mask, Floats, lgb.Booster]:
        number, mine, view, rows = one
        data = lgb.Dataset(view[rows], positive[rows].astype(np.float32), free_raw_data=True)
        model = lgb.train({**SETTINGS, "seed": seed * 100 + number}, data, plan.trees)
        scores[number, mine] = model.predict(view[mine], raw_score=True, num_threads=1)
        return number, mine, view, model

    for number, mine, view, model in ahead(learned, asked()):
        if watch is not None and number < len(x):
            watch.add(number, model, view[mine], mine)
    return scores


def _sample(seen: Index, positive: Mask, most: int, rng: np.random.Generator) -> Index:
    """All positives that are seen, and some of the others."""
    unlabelled = seen[~positive[seen]]
    drawn = rng.choice(unlabelled, min(most, len(unlabelled)), replace=False)
    return np.sort(np.concatenate([seen[positive[seen]], drawn]))


def calibrated(
    bags: npt.NDArray[np.float32], positive: npt.NDArray[np.bool_], groups: Index
) -> tuple[Floats, Floats, Floats]:
    """Probability and 90 % interval of cross-fitted scores, each (genes,).

    NaN where fewer than `LEAST_POSITIVES` positives are known: nothing can be calibrated.
    """
    if positive.sum() < LEAST_POSITIVES:
        nothing = np.full(bags.shape[1], np.nan, np.float32)
        return nothing, nothing, nothing
    score = tail_of(percentile(bags.mean(axis=0))).astype(np.float64)
    bucket = [np.flatnonzero(groups % CLUSTERS == b) for b in range(CLUSTERS)]
    curve = Curve.fit(Counts.of([(score[b], positive[b]) for b in bucket], 1.0, 100))
    ends = [tail_of(percentile(bag)) for bag in bags]
    lower = np.min([curve.band(e)[0] for e in ends], axis=0)
    upper = np.max([curve.band(e)[1] for e in ends], axis=0)
    probability = curve(score)
    return (
        probability.astype(np.float32),
        np.minimum(lower, probability).astype(np.float32),
        np.maximum(upper, probability).astype(np.float32),
    )
