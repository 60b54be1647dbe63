"""How good a ranking of genes is: recall, reciprocal rank, nDCG, and figures over pairs.

Ties are broken against the method in everything that looks at the top of the list, so that an
uninformative score finds nothing; in AUROC they count half, as usual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gnn.ontology import Floats, Index
from gnn.split import Query

Rows = npt.NDArray[np.float64]
CUTS = (10, 20, 50, 100, 200, 500, 1000)
NDCG_CUT = 100
MEASURES = (*(f"recall@{cut}" for cut in CUTS), "mrr", "ndcg@100", "auroc", "average_precision")
HEADLINE = "recall@200"
"""What decides between methods."""
RESAMPLES = 1000
DECILES = 10


def measures(score: Floats, query: Query) -> Rows:
    """Every one of `MEASURES` for one query, float64 (measures,), genes already known left out.

    Average precision is that of the ranked list; its lift needs the prevalence beside it.
    """
    asked = np.sort(score[~query.known].astype(np.float64))
    found = score[query.positives].astype(np.float64)
    # A positive's place is the last among those that tie with it.
    place = np.sort(len(asked) - np.searchsorted(asked, found, side="left") - 1)
    hits = np.arange(1, len(place) + 1)
    return np.array(
        [
            *((place < cut).mean() for cut in CUTS),
            1.0 / (place[0] + 1),
            _ndcg(place),
            _auroc(found, asked),
            (hits / (place + 1)).mean(),
        ]
    )


def _ndcg(place: Index) -> float:
    """Normalised discounted cumulative gain of the first hundred, Jarvelin and Kekalainen 2002."""
    gain = (1.0 / np.log2(place[place < NDCG_CUT] + 2.0)).sum()
    best = (1.0 / np.log2(np.arange(min(len(place), NDCG_CUT)) + 2.0)).sum()
    return float(gain / best)


def _auroc(found: Rows, asked: Rows) -> float:
    """Share of (positive, other) pairs in the right order; `asked` holds both, ascending."""
    mine = np.sort(found)
    below = _below(found, asked) - _below(found, mine)
    others = len(asked) - len(found)
    return float(below.mean() / others) if others else 0.5


def _below(found: Rows, ordered: Rows) -> Rows:
    """How many of an ascending array are less than each, ties counting half."""
    left = np.searchsorted(ordered, found, side="left")
    right = np.searchsorted(ordered, found, side="right")
    return (left + right) / 2.0


def deciles(value: Floats) -> Index:
    """Tenth of the genes that each belongs to by a value, int64 (genes,), 0 to 9; NaN is lowest."""
    known = np.nan_to_num(value, nan=-np.inf)
    order = np.argsort(known, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    first = np.searchsorted(known[order], known, side="left")
    return np.asarray(first * DECILES // max(len(order), 1), np.int64)


def matched_auroc(score: Floats, query: Query, decile: Index) -> float:
    """AUROC of each positive against the other genes of its own decile alone.

    What a method owes to fame or to degree is gone here: positive and negative have as much.
    """
    other = ~query.known
    other[query.positives] = False
    shares = []
    for band in np.unique(decile[query.positives]):
        rivals = np.sort(score[other & (decile == band)].astype(np.float64))
        mine = score[query.positives[decile[query.positives] == band]].astype(np.float64)
        if len(rivals):
            shares.extend((_below(mine, rivals) / len(rivals)).tolist())
    return float(np.mean(shares)) if shares else 0.5


def interval(values: Rows, clusters: Sequence[int] | None = None) -> list[float]:
    """Mean with its 95 % interval as `with_ends` gives it, rounded for a report."""
    return [round(float(v), 4) for v in with_ends(values, clusters)]


def with_ends(values: Rows, clusters: Sequence[int] | Index | None = None) -> Rows:
    """Mean with its 95 % interval, [mean, lower, upper], clusters resampled whole.

    Args:
        values: One a query.
        clusters: What each belongs to (its disease); each its own when None.

    Returns:
        float64 (3,).
    """
    _, cluster = np.unique(
        np.arange(len(values)) if clusters is None else clusters, return_inverse=True
    )
    total, size = np.bincount(cluster, values), np.bincount(cluster)
    drawn = np.random.default_rng(0).integers(0, len(size), (RESAMPLES, len(size)))
    means = total[drawn].sum(axis=1) / size[drawn].sum(axis=1)
    return np.array([values.mean(), *np.quantile(means, [0.025, 0.975])])


@dataclass
class Tally:
    """What was measured of each method, query by query; a method may answer only some.

    Attributes:
        deciles: By what negatives are matched, and each gene's tenth by it.
        queries: Disease of each query, and the share of its genes that are positive.
        found: Of each method by query number: `MEASURES` and the matched AUROCs.
    """

    deciles: Mapping[str, Index]
    queries: list[tuple[int, float]] = field(default_factory=list)
    found: dict[str, dict[int, Rows]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """What is measured, in order."""
        return (*MEASURES, *(f"auroc_matched_by_{d}" for d in self.deciles))

    def add(self, query: Query, scores: Mapping[str, Floats]) -> None:
        """Measure all methods on one query."""
        number = len(self.queries)
        share = len(query.positives) / max(int((~query.known).sum()), 1)
        self.queries.append((query.disease, share))
        for name, score in scores.items():
            matched = [matched_auroc(score, query, d) for d in self.deciles.values()]
            row = np.concatenate([measures(score, query), matched])
            self.found.setdefault(name, {})[number] = row

    def values(self, name: str, measure: str, among: Sequence[int]) -> Rows:
        """A measure of a method on some queries."""
        column, rows = self.names.index(measure), self.found[name]
        return np.array([rows[q][column] for q in among])

    def row(self, name: str) -> dict[str, object]:
        """All measures of a method with their intervals."""
        asked = list(self.found[name])
        diseases = [self.queries[q][0] for q in asked]
        base = float(np.mean([self.queries[q][1] for q in asked]))
        told: dict[str, object] = {
            m: interval(self.values(name, m, asked), diseases) for m in self.names
        }
        precision = self.values(name, "average_precision", asked)
        told["lift"] = [round(v, 2) for v in interval(precision / base, diseases)]
        told["queries"] = len(asked)
        return told

    def gain(self, name: str, over: str, measure: str = HEADLINE) -> list[float]:
        """Paired difference of two methods on the queries of both, with its interval."""
        both = [q for q in self.found[name] if q in self.found[over]]
        difference = self.values(name, measure, both) - self.values(over, measure, both)
        return interval(difference, [self.queries[q][0] for q in both])

    def mean(self, name: str, measure: str = HEADLINE) -> float:
        """Of a method over its queries."""
        return float(self.values(name, measure, list(self.found[name])).mean())
