"""Training of locus to gene on the loci of a release whose causal gene is known.

Known genes serve as labels and as seeds of walks; for each row those of its own region are left
out. Probabilities come from margins of regions held out (Platt 1999).
"""

from __future__ import annotations

from collections.abc import Sequence

import lightgbm as lgb
import numpy as np
from sklearn.linear_model import LogisticRegression

from gnn.graph import Graph
from gnn.loci import Loci, Names, known_loci
from gnn.locus_prior import FREE, OF_TRAIT, Evidence, Known, LocusWalks, Prior
from gnn.locus_to_gene import Bools, LocusToGene, Margins, Trees, mean_margin, with_prior
from gnn.material import Material
from gnn.ontology import Floats, Index
from kg.biolink import Category
from kg.errors import ModelError
from kg.layout import LOCUS_FEATURES

FOLDS, MODELS = 5, 3
"""Parts the regions are dealt into; boosting runs whose mean is taken."""
TREES = 150
LEAST_KNOWN = 40
UNTOLD = 0.5
"""Weight of each row's second copy, in which it is not told what was studied."""
SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 7,
    "min_child_samples": 20,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
FREE_OF_TRAIT = tuple(FREE.index(channel) for channel in FREE if channel in OF_TRAIT)


def fit_loci(material: Material, seed: int) -> LocusToGene | None:
    """The head of a release; None where it holds too few loci to learn from."""
    loci, positive = known_loci(material.graph.release, names_of(material.graph))
    return learn(prior_of(material), loci, positive, seed) if enough(loci, positive) else None


def enough(loci: Loci, positive: Bools) -> bool:
    """Whether there are `LEAST_KNOWN` known genes, and regions to hold out."""
    return bool(positive.sum() >= LEAST_KNOWN) and loci.region.max(initial=-1) + 1 >= 2 * FOLDS


def names_of(graph: Graph) -> Names:
    """Resolves genes and traits to the graph's local numbers."""
    return Names(graph.store, graph.genes, graph.diseases, graph.phenotypes)


def prior_of(material: Material) -> Prior:
    """What a release's graph says of genes at loci; evidence as the variant may see it."""
    graph, n_genes = material.graph, len(material.graph.genes)
    traits = graph.trait_claims.without(material.hidden)
    return Prior(
        {
            Category.DISEASE: Evidence.of(material.claims, graph.disease_ontology, n_genes),
            Category.PHENOTYPE: Evidence.of(traits, graph.phenotype_ontology, n_genes),
        },
        material.relations.walk,
        material.relations.only_hypothesis_free().walk,
    )


def learn(prior: Prior, loci: Loci, positive: Bools, seed: int) -> LocusToGene:
    """Fit both models on loci whose causal gene is known.

    Args:
        prior: What the graph knows.
        loci: Rows to learn from.
        positive: Which of them are the causal gene.
        seed: Of folds and boosting.

    Raises:
        ModelError: fewer than `LEAST_KNOWN` known genes, or regions too few to hold out.
    """
    if not enough(loci, positive):
        raise ModelError(
            f"{int(positive.sum())} known genes of loci are too few to learn from (at least "
            f"{LEAST_KNOWN}); build the release with the source locus_gold_standards"
        )
    known = Known.of(loci, positive)
    walks = prior.over(loci, known.gene)
    held_out = cross_fitted(walks, known, positive, seed)
    every, free = walks.channels(known, own_region=True)
    return LocusToGene(
        prior,
        known,
        _trees(loci, every, OF_TRAIT, positive, held_out[0], seed),
        _trees(loci, free, FREE_OF_TRAIT, positive, held_out[1], seed),
    )


def cross_fitted(
    walks: LocusWalks, known: Known, positive: Bools, seed: int
) -> tuple[Margins, Margins]:
    """Margins of every row from models, and seeds, without the row's fold of regions."""
    loci = walks.loci
    fold = region_folds(loci, positive, FOLDS, seed)
    every, free = np.zeros(len(loci)), np.zeros(len(loci))
    for held in range(FOLDS):
        test = fold[loci.region] == held
        seeds = known.keep(fold[known.region] != held)
        channels = walks.channels(seeds, own_region=True)
        every[test] = held_out(loci, channels[0], OF_TRAIT, positive, test, seed)
        free[test] = held_out(loci, channels[1], FREE_OF_TRAIT, positive, test, seed)
    return every, free


def held_out(
    loci: Loci,
    channels: Floats,
    of_trait: Sequence[int],
    positive: Bools,
    test: Bools,
    seed: int,
) -> Margins:
    """Margins of the test rows from models fitted on the others."""
    models = boosted(loci, channels, of_trait, positive, ~test, seed)
    return mean_margin(models, with_prior(loci, channels)[test])


def boosted(
    loci: Loci,
    channels: Floats,
    of_trait: Sequence[int],
    positive: Bools,
    rows: Bools,
    seed: int,
) -> list[lgb.Booster]:
    """Models fitted on some rows, each a second time without what hangs on the trait.

    A row of a region with k known genes weighs 1 / sqrt(k): the same few genes are known at many
    loci of lipids, and should not be all that is learned.
    """
    untold = channels.copy()
    untold[:, list(of_trait)] = np.nan
    features = np.vstack([with_prior(loci, c)[rows] for c in (channels, untold)])
    weight = _weights(loci, positive)[rows]
    data = lgb.Dataset(
        features,
        np.tile(positive[rows], 2).astype(np.float32),
        weight=np.concatenate([weight, UNTOLD * weight]),
    )
    rising = [0] * len(LOCUS_FEATURES) + [1] * (features.shape[1] - len(LOCUS_FEATURES))
    settings = SETTINGS | {"monotone_constraints": rising}
    return [
        lgb.train(settings | {"seed": seed * MODELS + run}, data, TREES) for run in range(MODELS)
    ]


def region_folds(loci: Loci, positive: Bools, folds: int, seed: int) -> Index:
    """A fold for every region, int64 (regions,), about as many known genes in each."""
    size = np.bincount(loci.region, positive, minlength=int(loci.region.max()) + 1)
    order = np.random.default_rng(seed).permutation(len(size))
    order = order[np.argsort(-size[order], kind="stable")]
    fold, load = np.zeros(len(size), np.int64), np.zeros(folds)
    for region in order.tolist():
        fold[region] = int(np.argmin(load))
        load[fold[region]] += size[region] + 0.01
    return fold


def platt(margins: Margins, positive: Bools) -> tuple[float, float]:
    """Slope and offset of the logistic line through held-out margins."""
    line = LogisticRegression(C=1e6).fit(margins[:, None], positive)
    return float(line.coef_[0, 0]), float(line.intercept_[0])


def _trees(
    loci: Loci,
    channels: Floats,
    of_trait: Sequence[int],
    positive: Bools,
    margins: Margins,
    seed: int,
) -> Trees:
    models = boosted(loci, channels, of_trait, positive, np.ones(len(loci), bool), seed)
    return Trees(tuple(m.model_to_string() for m in models), *platt(margins, positive))


def _weights(loci: Loci, positive: Bools) -> Floats:
    count = np.bincount(loci.region, positive)[loci.region]
    weights: Floats = (1.0 / np.sqrt(np.maximum(count, 1.0))).astype(np.float32)
    return weights
