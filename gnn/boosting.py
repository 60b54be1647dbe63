"""Gradient boosting on path features: models for each fold of diseases, trained without them.

Trained on diseases of 3 to 200 genes, each against 500 genes without a claim of it, half drawn
uniformly and half in proportion to their number of diseases ^ .75. Each disease is shown twice: as
one of which nothing is known, all its genes to be found, and as one of which a random half is known
and the other half, taken out of the seeds altogether, is to be found. Models of one kind learn from
the first alone and rank any disease; those of the other learn from both, and rank beside them where
genes of the disease or its near kin are known. LightGBM alone; no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.ahead import ahead
from gnn.network import standing
from gnn.ontology import Floats, Index
from gnn.path_features import Paths
from gnn.warmed import Warmed

if TYPE_CHECKING:
    from lightgbm import Booster

DISEASES, FEWEST, MOST = 600, 3, 200
"""Diseases learned from, and how many strong genes each has."""
NEGATIVES = 500
KNOWN = 0.5
"""Share of a disease's strong genes that are known where it is shown as one of which some are.

With such columns the stack finds .024 (standard error .009) more of the genes first told of from
2014 to 2016 with evidence to 2012 (400 diseases, recall@200). Models that learned both ways alone
would gain .025 (.012) and lose .018 (.012) on diseases never seen (two validation draws), where the
first kind ranks alone; models that learned the second way alone gain .018 (.009). Half the trees
at twice the rate lose .025 (.011) there.
"""
STRONG = 0.5
TREES = 120
FIRST_TREES, GO_ON = 30, 0.3
"""Trees that every gene is asked by, and the share of genes, the best by them, that all are.

Asking takes .56 of the time so, and of each disease's first thousand by all trees .07 % are missed,
of its first 200 none (13 diseases).
"""
SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 15,
    "min_child_samples": 60,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
Mask = npt.NDArray[np.bool_]
_SEPARATOR = "\n=====\n"


@dataclass(frozen=True)
class Examples:
    """Pairs to learn from.

    Attributes:
        features: float32 (rows, columns).
        positive: bool (rows,).
        disease, gene: Of each row, int64 (rows,).
        unknown: Whether nothing is known of the disease in it, bool (rows,).
    """

    features: Floats
    positive: Mask
    disease: Index
    gene: Index
    unknown: Mask

    @classmethod
    def draw(
        cls,
        paths: Paths,
        claimed: sp.csr_matrix,
        visible: Index,
        seed: int,
        kept: Mask | None = None,
    ) -> Examples:
        """Positives and negatives of diseases drawn from those visible.

        Args:
            paths: Gives the features, and the evidence.
            claimed: Diseases x genes, true where a pair is no negative.
            visible: Diseases that may be learned from.
            seed: Of the draws.
            kept: Diseases whose rows are wanted, bool (diseases,); all when None. The others are
                drawn, so that the rows are the same, but their features are not worked out.
        """
        rng, known_by = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        strong = sp.csc_matrix(paths.direct.matrix >= STRONG)
        count = np.diff(strong.indptr)[visible]
        fit = visible[(count >= FEWEST) & (count <= MOST)]
        chosen = np.sort(rng.permutation(fit)[:DISEASES])
        degree = np.bincount(paths.direct.gene, minlength=paths.direct.n_genes) ** 0.75
        chance = 0.5 / len(degree) + 0.5 * degree / degree.sum()
        genes, positive, found = [], [], []
        for disease in chosen.tolist():
            mine = np.sort(strong.indices[strong.indptr[disease] : strong.indptr[disease + 1]])
            drawn = np.unique(rng.choice(len(degree), NEGATIVES, p=chance))
            hidden = known_by.permutation(mine)[int(KNOWN * len(mine)) :]
            if kept is not None and not kept[disease]:
                continue
            others = drawn[~claimed[disease, drawn].toarray().ravel()]
            genes.append(np.concatenate([mine, others]).astype(np.int64))
            positive.append(np.arange(len(genes[-1])) < len(mine))
            found.append(hidden)
        chosen = chosen if kept is None else chosen[kept[chosen]]
        known = [paths.known(d) for d in chosen.tolist()]
        for seeds, hidden in zip(known, found, strict=True):
            seeds[hidden] = 0.0
        sizes = [len(g) for g in genes]
        half_known = cls(
            paths.of_many(chosen.tolist(), genes, known),
            np.concatenate(positive),
            np.repeat(chosen, sizes),
            np.concatenate(genes),
            np.repeat([not seeds.any() for seeds in known], sizes),
        )
        asked = [~mine | np.isin(g, h) for g, mine, h in zip(genes, positive, found, strict=True)]
        return half_known.forgotten(paths).and_of(half_known.keep(np.concatenate(asked)))

    def forgotten(self, paths: Paths) -> Examples:
        """The same as of diseases of which nothing is known."""
        features = self.features.copy()
        features[:, paths.of_known] = 0.0
        return replace(self, features=features, unknown=np.ones_like(self.unknown))

    def and_of(self, others: Examples) -> Examples:
        """These rows, then the others."""
        each = ((getattr(e, name) for e in (self, others)) for name in self.__dataclass_fields__)
        return Examples(*(np.concatenate([*both]) for both in each))

    def of_genes(self, kept: Mask) -> Examples:
        """Rows of some genes, bool (genes,), alone."""
        return self.keep(kept[self.gene])

    def keep(self, rows: Mask) -> Examples:
        """Some rows, bool (rows,)."""
        return Examples(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def without(self, held: npt.NDArray[np.bool_], claimed: sp.csr_matrix | None) -> Mask:
        """Rows to learn from where some diseases are hidden, bool (rows,).

        Args:
            held: Hidden diseases, bool (diseases,).
            claimed: Diseases x genes that are no negatives, by the other diseases' evidence.
        """
        rows: Mask = ~held[self.disease]
        if claimed is not None:
            rows &= self.positive | ~np.asarray(claimed[self.disease, self.gene]).ravel()
        return rows


@dataclass(frozen=True)
class Boosting:
    """Models of each fold of diseases, as many of either kind as there are seeds.

    Attributes:
        texts: LightGBM's own text of each, by fold; within it those that learned of diseases of
            which nothing is known, by seed, then those that learned of both, by seed.
        seeds: How many models of a kind a fold has.
    """

    texts: tuple[str, ...]
    seeds: int = 1

    @classmethod
    def fit(
        cls,
        examples: Examples,
        hidden: Sequence[Mask],
        seeds: Sequence[int],
        claimed: Sequence[sp.csr_matrix] = (),
    ) -> Boosting:
        """Models of every fold, from the examples of the diseases that it sees.

        Args:
            examples: Of all folds.
            hidden: By fold, diseases that its models do not see, bool (diseases,).
            seeds: Of a fold's models.
            claimed: By fold, as `Examples.without` takes it; negatives are as drawn where empty.
        """
        spared = claimed or [None] * len(hidden)
        rows = [examples.without(*of_fold) for of_fold in zip(hidden, spared, strict=True)]
        kinds = [kind for mine in rows for kind in (mine & examples.unknown, mine)]
        asked = ((kind, seed) for kind in kinds for seed in seeds)
        models = ahead(lambda one: train(examples, *one).model_to_string(), asked)
        return cls(tuple(models), len(seeds))

    def by_seed(self, features: Floats, fold: int, known: bool) -> Floats:
        """What the models of a disease's fold say of every gene, float32 (seeds, genes).

        Args:
            features: Of every gene for the disease.
            fold: Of the disease.
            known: Whether any of its genes or of its near kin's is known.

        Returns:
            The margin of the first kind, or the sum of the standings by both kinds' margins.
        """
        first = 2 * fold * self.seeds
        unknown = self._margins(features, first)
        if not known:
            return unknown
        both = zip(unknown, self._margins(features, first + self.seeds), strict=True)
        return np.stack([sum(map(standing, each)) for each in both])

    def _margins(self, features: Floats, first: int) -> Floats:
        mine = self._models[first : first + self.seeds]
        return np.stack([trees.margins(features) for trees in mine])

    @cached_property
    def _models(self) -> list[Trees]:
        # Loaded when first asked: the service starts without the library.
        from lightgbm import Booster

        return [Trees.of(Booster(model_str=text)) for text in self.texts]

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The texts as bytes, and the number of seeds, to be stored."""
        texts = np.frombuffer(_SEPARATOR.join(self.texts).encode(), np.uint8)
        return {"texts": texts, "seeds": np.array(self.seeds)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Boosting:
        """The inverse of `to_arrays`."""
        texts = np.asarray(arrays["texts"]).tobytes().decode().split(_SEPARATOR)
        return cls(tuple(texts), int(arrays["seeds"]))


@dataclass(frozen=True)
class Boosted:
    """Boosting ready to be asked for any disease.

    Attributes:
        paths: Its columns.
        models: Its models.
        warmed: Places of diseases that were asked ahead; None where nothing is stored.
    """

    paths: Paths
    models: Boosting
    warmed: Warmed | None = None

    def by_seed(self, disease: int, fold: int) -> Floats:
        """What the models that did not see the fold say of every gene, float32 (seeds, genes).

        Of a disease that was asked ahead percentiles, which have the same order.
        """
        if self.warmed is not None and (told := self.warmed.of(disease)) is not None:
            return told
        known = self.paths.known(disease)
        every = np.arange(len(known), dtype=np.int64)
        columns = self.paths.of_many([disease], [every], [known])
        return self.models.by_seed(columns, fold, bool(known.any()))


@dataclass(frozen=True)
class Trees:
    """A model in two: LightGBM keeps how many trees are asked in the model, for all threads.

    A model that was asked by some of its trees would answer another thread by as many.

    Attributes:
        first: The first `FIRST_TREES`.
        others: The others; None where there are none.
    """

    first: Booster
    others: Booster | None

    @classmethod
    def of(cls, model: Booster) -> Trees:
        """From a whole model."""
        from lightgbm import Booster

        if model.num_trees() <= FIRST_TREES:
            return cls(model, None)
        texts = (
            model.model_to_string(num_iteration=FIRST_TREES),
            model.model_to_string(start_iteration=FIRST_TREES),
        )
        return cls(*(Booster(model_str=text) for text in texts))

    def margins(self, features: Floats) -> Floats:
        """Log-odds of every row; those that the first trees put last follow the others.

        Returns:
            float32 (rows,): of the best `GO_ON` by the first trees what all trees say; the others
            in the order of the first trees, below them.
        """
        said = np.asarray(self.first.predict(features, raw_score=True))
        if self.others is None:
            return said.astype(np.float32)
        least = max(int(GO_ON * len(said)), 1)
        best = said >= np.partition(said, -least)[-least]
        said[best] += self.others.predict(features[best], raw_score=True)
        if not best.all():
            said[~best] += said[best].min() - said[~best].max() - 1.0
        return said.astype(np.float32)


def train(examples: Examples, rows: npt.NDArray[np.bool_], seed: int) -> Booster:
    """One model on some of the examples."""
    import lightgbm as lgb

    data = lgb.Dataset(examples.features[rows], examples.positive[rows].astype(np.float32))
    return lgb.train(SETTINGS | {"seed": seed}, data, TREES)
