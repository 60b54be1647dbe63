"""The sign that suits a gene, learned from the drugs on other genes.

Boosting on what a gene is (the components of its relations, and measured facts) beside what its
relatives' drugs do: homologues by family and domain, and relatives by activity, process and
pathway. A gene's own drugs never reach its own number: relations have empty diagonals, and the
number of a labelled gene comes from models that saw none of its 30 % cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.conformal import ClassConformal
from gnn.direction import LEAST_SUPPORT, Signs, by_homology
from gnn.druggability import SETTINGS, cluster_folds
from gnn.druggability_features import PER_BLOCK, intrinsic
from gnn.graph import Graph
from gnn.ontology import Floats, Index
from kg.errors import ModelError

HOMOLOGY, RELATED = ("family", "domain"), ("family", "domain", "activity", "process", "pathway")
"""Relations that make homologues, and relatives."""
FOLDS, TREES, LEAST_GENES = 10, 150, 60
_SETTINGS = {**SETTINGS, "min_child_samples": 10}
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SignLearner:
    """What signs are learned from.

    Attributes:
        signs: Of drugs on genes.
        features: float32 (genes, k), NaN where unknown; nothing of drugs or fame.
        homologues, related: Genes x genes, empty diagonal.
    """

    signs: Signs
    features: Floats
    homologues: sp.csr_matrix
    related: sp.csr_matrix

    @classmethod
    def of(
        cls, graph: Graph, blocks: Mapping[str, Floats], relations: Mapping[str, sp.csr_matrix]
    ) -> SignLearner:
        """From a release's relations and blocks of gene features.

        Raises:
            ModelError: no relation tells homologues.
        """
        homologues = [relations[n] for n in HOMOLOGY if n in relations]
        if not homologues:
            raise ModelError(
                "the release has no gene family or domain; build it with hgnc_families"
            )
        related = [relations[n] for n in RELATED if n in relations]
        columns = [*(b[:, :PER_BLOCK] for b in blocks.values()), intrinsic(graph)]
        return cls(
            Signs.of(graph),
            np.hstack(columns).astype(np.float32),
            sum(homologues[1:], homologues[0]).tocsr(),
            sum(related[1:], related[0]).tocsr(),
        )

    @cached_property
    def told(self) -> Mask:
        """Genes whose drugs have a majority, bool (genes,): what is learned and judged."""
        return np.asarray(self.signs.labelled & (self.signs.majority != 0.5))

    @cached_property
    def truth(self) -> Mask:
        """Whether most drugs on a gene inhibit it, bool (genes,)."""
        return np.asarray(self.signs.majority > 0.5)

    def predict(self, seen: Mask, asked: Mask, seed: int = 0) -> Floats:
        """Probability that inhibiting is right, float32 (genes,), NaN for genes not asked.

        Args:
            seen: Genes whose drugs may be read.
            asked: Genes to answer for.
            seed: Of the trees.
        """
        rows = np.flatnonzero(seen & self.told)
        given = self._inputs(seen)
        answer = np.full(len(seen), np.nan, np.float32)
        if len(rows) < LEAST_GENES:
            answer[asked] = given[asked, -1]
            return answer
        data = lgb.Dataset(given[rows], self.truth[rows].astype(np.float32))
        model = lgb.train({**_SETTINGS, "seed": seed}, data, TREES)
        answer[asked] = model.predict(given[asked], num_threads=1)
        return answer

    def by_homologues(self, seen: Mask) -> tuple[Floats, Floats]:
        """The shrunk share of homologues' drugs that inhibit, with its support, (genes,) each."""
        return by_homology(self.signs.only(seen), self.homologues)

    def cross_fitted(self, fold: Index, seen: Callable[[Mask], Mask], seed: int = 0) -> Floats:
        """Each labelled gene's probability by models that saw none of its fold, (genes,).

        Args:
            fold: Of each gene.
            seen: From the genes of a fold to those whose drugs may be read.
            seed: Of the trees.
        """
        answer = np.full(len(fold), np.nan, np.float32)
        for held in np.unique(fold[self.told]):
            mine = fold == held
            asked = mine & self.told
            answer[asked] = self.predict(seen(mine), asked, seed)[asked]
        return answer

    def _inputs(self, seen: Mask) -> Floats:
        signs = self.signs.only(seen)
        near, relative = by_homology(signs, self.homologues), by_homology(signs, self.related)
        columns = (*near, relative[1], relative[0])
        return np.hstack([self.features, np.stack(columns, axis=1)]).astype(np.float32)


@dataclass(frozen=True)
class LearnedSigns:
    """What is served of a gene's direction where no drug tells it.

    Attributes:
        probability: That inhibiting is right, float32 (genes,), .5 where no homologue is labelled;
            of labelled genes by models that saw none of their cluster.
        support: Summed likeness of labelled homologues, float32 (genes,).
        conformal: Thresholds of a call, from labelled genes of other clusters.
    """

    probability: Floats
    support: Floats
    conformal: ClassConformal

    @classmethod
    def fit(cls, learner: SignLearner, groups: Index, seed: int) -> LearnedSigns:
        """Learn, and calibrate on genes whose homologues of the same group were hidden.

        Args:
            learner: What to learn from.
            groups: 30 % clusters, joined, int64 (genes,).
            seed: Of folds and trees.
        """
        fold = cluster_folds(groups, seed, FOLDS)
        held = learner.cross_fitted(fold, lambda mine: ~mine, seed)
        everyone = np.ones(len(fold), bool)
        _, support = learner.by_homologues(everyone)
        own = np.where(learner.told, held, learner.predict(everyone, ~learner.told, seed))
        heard = support > LEAST_SUPPORT
        judged = learner.told & heard
        conformal = ClassConformal.fit(held[judged], learner.truth[judged])
        return cls(np.where(heard, own, 0.5).astype(np.float32), support, conformal)
