"""Gradient boosting on path features: one model a fold of diseases, trained without them.

Trained on diseases of 5 to 200 genes, each against 500 genes without a claim of it, half drawn
uniformly and half in proportion to their number of diseases ^ .75. LightGBM alone; no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.ontology import Floats, Index
from gnn.path_features import Paths

DISEASES, FEWEST, MOST = 360, 5, 200
"""Diseases learned from, and how many strong genes each has."""
NEGATIVES = 500
STRONG = 0.5
TREES = 250
SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_child_samples": 60,
    "feature_fraction": 0.5,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
_SEPARATOR = "\n=====\n"


@dataclass(frozen=True)
class Examples:
    """Pairs to learn from.

    Attributes:
        features: float32 (rows, columns).
        positive: bool (rows,).
        disease: Of each row, int64 (rows,).
    """

    features: Floats
    positive: npt.NDArray[np.bool_]
    disease: Index

    @classmethod
    def draw(cls, paths: Paths, claimed: sp.csr_matrix, visible: Index, seed: int) -> Examples:
        """Positives and negatives of diseases drawn from those visible.

        Args:
            paths: Gives the features, and the evidence.
            claimed: Diseases x genes, true where a pair is no negative.
            visible: Diseases that may be learned from.
            seed: Of the draws.
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
            others = drawn[~claimed[disease, drawn].toarray().ravel()]
            genes.append(np.concatenate([np.sort(mine), others]).astype(np.int64))
            positive.append(np.arange(len(genes[-1])) < len(mine))
        sizes = [len(g) for g in genes]
        return cls(
            paths.of_many(chosen.tolist(), genes),
            np.concatenate(positive),
            np.repeat(chosen, sizes),
        )


@dataclass(frozen=True)
class Boosting:
    """A model of each fold of diseases.

    Attributes:
        texts: LightGBM's own text of each, in the order of the folds.
    """

    texts: tuple[str, ...]

    @classmethod
    def fit(cls, examples: Examples, fold: Index, folds: int, seed: int) -> Boosting:
        """One model a fold, from the examples of the other folds' diseases."""
        return cls(
            tuple(
                train(examples, fold[examples.disease] != held, seed).model_to_string()
                for held in range(folds)
            )
        )

    def score(self, features: Floats, fold: int) -> Floats:
        """Margin of every gene from the model of a disease's fold, float32 (genes,)."""
        margin = self._models[fold].predict(features, raw_score=True)
        return np.asarray(margin, np.float32)

    @cached_property
    def _models(self) -> list[lgb.Booster]:
        return [lgb.Booster(model_str=text) for text in self.texts]

    def to_array(self) -> npt.NDArray[np.uint8]:
        """The texts as bytes, to be stored."""
        return np.frombuffer(_SEPARATOR.join(self.texts).encode(), np.uint8)

    @classmethod
    def from_array(cls, stored: npt.NDArray[np.uint8]) -> Boosting:
        """The inverse of `to_array`."""
        return cls(tuple(np.asarray(stored).tobytes().decode().split(_SEPARATOR)))


def train(examples: Examples, rows: npt.NDArray[np.bool_], seed: int) -> lgb.Booster:
    """One model on some of the examples."""
    data = lgb.Dataset(examples.features[rows], examples.positive[rows].astype(np.float32))
    return lgb.train(SETTINGS | {"seed": seed}, data, TREES)
