"""Gradient boosting on path features: models for each fold of diseases, trained without them.

Trained on diseases of 3 to 200 genes, each against 500 genes without a claim of it, half drawn
uniformly and half in proportion to their number of diseases ^ .75. LightGBM alone; no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.ontology import Floats, Index
from gnn.path_features import Paths

if TYPE_CHECKING:
    from lightgbm import Booster

DISEASES, FEWEST, MOST = 600, 3, 200
"""Diseases learned from, and how many strong genes each has."""
NEGATIVES = 500
STRONG = 0.5
TREES = 120
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
    """

    features: Floats
    positive: npt.NDArray[np.bool_]
    disease: Index
    gene: Index

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
        rng = np.random.default_rng(seed)
        strong = sp.csc_matrix(paths.direct.matrix >= STRONG)
        count = np.diff(strong.indptr)[visible]
        fit = visible[(count >= FEWEST) & (count <= MOST)]
        chosen = np.sort(rng.permutation(fit)[:DISEASES])
        degree = np.bincount(paths.direct.gene, minlength=paths.direct.n_genes) ** 0.75
        chance = 0.5 / len(degree) + 0.5 * degree / degree.sum()
        genes, positive = [], []
        for disease in chosen.tolist():
            mine = strong.indices[strong.indptr[disease] : strong.indptr[disease + 1]]
            drawn = np.unique(rng.choice(len(degree), NEGATIVES, p=chance))
            if kept is not None and not kept[disease]:
                continue
            others = drawn[~claimed[disease, drawn].toarray().ravel()]
            genes.append(np.concatenate([np.sort(mine), others]).astype(np.int64))
            positive.append(np.arange(len(genes[-1])) < len(mine))
        chosen = chosen if kept is None else chosen[kept[chosen]]
        sizes = [len(g) for g in genes]
        return cls(
            paths.of_many(chosen.tolist(), genes),
            np.concatenate(positive),
            np.repeat(chosen, sizes),
            np.concatenate(genes),
        )

    def of_genes(self, kept: Mask) -> Examples:
        """Rows of some genes, bool (genes,), alone."""
        rows = kept[self.gene]
        return Examples(
            self.features[rows], self.positive[rows], self.disease[rows], self.gene[rows]
        )

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
    """Models of each fold of diseases, as many as there are seeds.

    Attributes:
        texts: LightGBM's own text of each, by fold and within it by seed.
        seeds: How many models a fold has.
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
        models = [train(examples, mine, seed) for mine in rows for seed in seeds]
        return cls(tuple(m.model_to_string() for m in models), len(seeds))

    def by_seed(self, features: Floats, fold: int) -> Floats:
        """Margin of every gene from each model of a disease's fold, float32 (seeds, genes)."""
        mine = self._models[fold * self.seeds : (fold + 1) * self.seeds]
        return np.stack([np.asarray(m.predict(features, raw_score=True), np.float32) for m in mine])

    def score(self, features: Floats, fold: int) -> Floats:
        """Mean margin of every gene from the models of a disease's fold, float32 (genes,)."""
        mean: Floats = self.by_seed(features, fold).mean(axis=0)
        return mean

    @cached_property
    def _models(self) -> list[Booster]:
        # Loaded when first asked: the service starts without the library.
        from lightgbm import Booster

        return [Booster(model_str=text) for text in self.texts]

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
    """Boosting ready to be asked for any disease: its columns and its models."""

    paths: Paths
    models: Boosting

    def by_seed(self, disease: int, fold: int) -> Floats:
        """Margins of every gene by the models that did not see the fold, float32 (seeds, g)."""
        return self.models.by_seed(self.paths.of(disease), fold)


def train(examples: Examples, rows: npt.NDArray[np.bool_], seed: int) -> Booster:
    """One model on some of the examples."""
    import lightgbm as lgb

    data = lgb.Dataset(examples.features[rows], examples.positive[rows].astype(np.float32))
    return lgb.train(SETTINGS | {"seed": seed}, data, TREES)
