"""Whether what is said of tractability is what it rests on: figures beside trivial explanations.

An explanation of tractability orders kinds of columns (`gnn.tractability_grounds.GROUNDS`) by what
they add to a gene's log-odds (TreeSHAP). *Deletion* takes the first k away: their columns are
filled with those of other genes that the models did not see either, drawn at random, and the
log-odds are worked out again. *Insertion* leaves those k alone and fills all other columns. An
explanation is faithful where deletion costs, and insertion keeps, more than by k kinds at random,
or by the k that add most to all genes together, the same for each. Asked of the genes that are
ranked first, and of drugged ones, by modality, with models learned as those are that are served,
one of each view. *Stability* is how alike a gene's kinds are ordered by models of another seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from gnn.druggability import (
    Plan,
    Precedent,
    added_by,
    cluster_folds,
    cross_fit,
    gene_groups,
    kinds,
)
from gnn.druggability_features import Mask, Views, family_rates
from gnn.families import Families
from gnn.graph import Graph
from gnn.ontology import Floats, Index
from gnn.ranking import interval
from gnn.target_score import MODALITIES
from gnn.tractability_grounds import GROUNDS

FIRST, DRUGGED, SOME, FILLED = 300, 300, 600, 3
"""Genes ranked first, drugged ones and any that are drawn of a modality; fillings of a deletion."""
SIZES = (1, 3)
EXPLANATIONS = ("shown", "random", "overall")
Values = npt.NDArray[np.float64]
Figures = dict[str, object]


@dataclass(frozen=True)
class Judged:
    """One model, and the genes that it did not learn from.

    Attributes:
        model: Of one view and fold.
        columns: Of the held-out genes, float32 (m, k).
        kind: Place in `GROUNDS` of each column, int64 (k,).
        genes: Numbers of the held-out genes, int64 (m,).
    """

    model: lgb.Booster
    columns: Floats
    kind: Index
    genes: Index

    def among(self, asked: Index) -> tuple[Index, Index]:
        """Which of some genes it judges, and their places here, int64 (r,) each."""
        inside = np.flatnonzero(np.isin(asked, self.genes))
        return inside, np.searchsorted(self.genes, asked[inside])

    def margin(self, rows: Index, gone: Mask, rng: np.random.Generator) -> Values:
        """Log-odds of some held-out genes without some kinds of columns, float64 (r,).

        Args:
            rows: Their places among `genes`.
            gone: Kinds to be filled from other genes, bool (r, grounds).
            rng: Draws those genes.
        """
        total = np.zeros(len(rows))
        mine, away = self.columns[rows], gone[:, self.kind]
        for _ in range(FILLED):
            others = self.columns[rng.integers(0, len(self.columns), len(rows))]
            filled = np.where(away, others, mine)
            total += self.model.predict(filled, raw_score=True, num_threads=1)
        return np.asarray(total / FILLED)


@dataclass(frozen=True)
class Models:
    """One model of each view and fold; see `gnn.druggability.Watch`.

    Attributes:
        of_columns: Place in `GROUNDS` of each column of each view.
        judged: Filled in as models are learned.
    """

    of_columns: Sequence[Index]
    judged: list[Judged] = field(default_factory=list)

    def add(self, view: int, model: lgb.Booster, columns: Floats, genes: Mask) -> None:
        """As `Watch.add`."""
        kind = kinds(self.of_columns[view], columns.shape[1])
        self.judged.append(Judged(model, columns, kind, np.flatnonzero(genes)))

    def added(self, asked: Index) -> Floats:
        """What each ground adds to some genes' log-odds, as it is served, (asked, grounds).

        Args:
            asked: Genes, ascending.
        """
        total = np.zeros((len(asked), len(GROUNDS)), np.float32)
        for one in self.judged:
            inside, rows = one.among(asked)
            total[inside] += added_by(one.model, one.columns[rows], one.kind)
        total /= len(self.of_columns)
        return total

    def margin(self, asked: Index, gone: Mask, seed: int) -> Values:
        """Mean log-odds over the views of some genes without some kinds, float64 (asked,).

        Args:
            asked: Genes, ascending.
            gone: bool (asked, grounds).
            seed: Of the fillings: the same for the same genes.
        """
        total = np.zeros(len(asked))
        for number, one in enumerate(self.judged):
            inside, rows = one.among(asked)
            rng = np.random.default_rng([seed, number])
            total[inside] += one.margin(rows, gone[inside], rng)
        return total / len(self.of_columns)


def explained_figures(
    graph: Graph, views: Views, of_columns: Sequence[Index], seed: int = 0
) -> Figures:
    """Deletion, insertion and stability of explanations by modality.

    Args:
        graph: The release.
        views: Columns of the genes, as what is served learns from them.
        of_columns: Place in `GROUNDS` of each column of each view.
        seed: Of folds, samples, trees and draws.

    Returns:
        By modality, log-odds in means with 95 % intervals over groups of homologues.
    """
    groups, encode = gene_groups(graph), family_rates(Families.of(graph).shared)
    positive = dict(zip(MODALITIES, Precedent.of(graph).precedented, strict=True))
    fold = cluster_folds(groups, seed)
    plan = Plan(fold, lambda mine: ~mine, encode, bags=1)
    found: Figures = {
        "unit": "log-odds lost without the first kinds of columns (deletion) and kept above the "
        "mean gene by them alone (insertion), other columns filled from genes drawn at random; "
        f"the first {FIRST} genes and up to {DRUGGED} drugged ones of each modality"
    }
    for modality, mine in positive.items():
        models, again = Models(of_columns), Models(of_columns)
        score = cross_fit(views, mine, plan, seed, models).mean(axis=0)
        cross_fit(views, mine, plan, seed + 1, again)
        if not models.judged:
            continue
        asked = _asked(score, mine, seed)
        alike = _alike(models.added(asked), again.added(asked))
        found[modality] = {
            "genes": len(asked),
            "groups": len(np.unique(groups[asked])),
            **_measured(models, asked, groups[asked], seed),
            "stability": interval(alike, groups[asked].tolist()),
        }
    return found


def _asked(score: Floats, positive: Mask, seed: int) -> Index:
    """Genes ranked first, and some drugged ones, ascending."""
    drugged = np.flatnonzero(positive)
    rng = np.random.default_rng(seed)
    drawn = rng.choice(drugged, min(DRUGGED, len(drugged)), replace=False)
    return np.union1d(np.argsort(-score, kind="stable")[:FIRST], drawn)


def _measured(models: Models, asked: Index, groups: Index, seed: int) -> Figures:
    """Deletion and insertion by each explanation, and what the one shown gains over the others."""
    added, cluster = models.added(asked), groups.tolist()
    every = np.unique(np.concatenate([one.genes for one in models.judged]))
    some = np.random.default_rng(seed).choice(every, min(SOME, len(every)), replace=False)
    orders = _orders(added, models.added(np.sort(some)), seed)
    nothing, everything = np.zeros(added.shape, bool), np.ones(added.shape, bool)
    whole, mean = (models.margin(asked, gone, seed) for gone in (nothing, everything))
    lost: dict[str, dict[str, dict[str, Values]]] = {}
    for name, order in orders.items():
        lost[name] = {"deletion": {}, "insertion": {}}
        for size in SIZES:
            first = nothing.copy()
            np.put_along_axis(first, order[:, :size], True, axis=1)
            without, alone = (models.margin(asked, gone, seed) for gone in (first, ~first))
            lost[name]["deletion"][f"first {size}"] = whole - without
            lost[name]["insertion"][f"first {size}"] = alone - mean
    return {
        "above_the_mean_gene": interval(whole - mean, cluster),
        **{name: _told(by, cluster) for name, by in lost.items()},
        "gain_over": {
            name: _told(
                {
                    what: {size: lost["shown"][what][size] - v for size, v in by_size.items()}
                    for what, by_size in lost[name].items()
                },
                cluster,
            )
            for name in EXPLANATIONS[1:]
        },
    }


def _told(by: Mapping[str, Mapping[str, Values]], cluster: list[int]) -> Figures:
    return {
        what: {size: interval(value, cluster) for size, value in by_size.items()}
        for what, by_size in by.items()
    }


def _orders(added: Floats, of_any: Floats, seed: int) -> dict[str, Index]:
    """Kinds of columns in the order each explanation names them, int64 (asked, grounds)."""
    rng = np.random.default_rng(seed)
    overall = np.argsort(-np.abs(of_any).mean(axis=0), kind="stable")
    return {
        "shown": np.argsort(-added, axis=1, kind="stable"),
        "random": np.argsort(rng.random(added.shape), axis=1),
        "overall": np.tile(overall, (len(added), 1)),
    }


def _alike(one: Floats, other: Floats) -> Values:
    """Spearman correlation of each gene's kinds in two explanations, float64 (genes,)."""
    first, second = (rankdata(x, axis=1) - (x.shape[1] + 1) / 2 for x in (one, other))
    size = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    alike: Values = np.zeros(len(one))
    np.divide((first * second).sum(axis=1), size, out=alike, where=size > 0)
    return alike
