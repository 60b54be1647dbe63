"""How far scores follow fame, what a mitigation changes, and what it costs.

The mitigation (`rank --debias`): within a disease the logarithm of the score is regressed on the
genes' publications and edges (percentiles and their squares), and so much of what these predict
is taken off that ranks no longer follow them (`gnn.fame.Fame.debiased`). Fame is read here and in
baselines alone; no score is made of it unless this is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from gnn.areas import areas
from gnn.fame import Fame
from gnn.fitted import Fitted
from gnn.held_out import Held, zero_shot_draw
from gnn.learned import SERVED, Learned
from gnn.material import Material
from gnn.network import percentile, tail_of
from gnn.ontology import Floats
from gnn.parts import Parts
from gnn.ranking import interval
from gnn.split import Query
from gnn.towers import TowerData
from kg.ancestry import ancestries_of

VALIDATION, TEST = (50, 51, 52), (0, 1, 2)
DISEASES, TOP, LOWEST, LEAST = 100, 200, 25.0, 20
"""Diseases sampled; the cut of recall; percentile of publications below which a gene counts as
understudied; queries an area must have to be shown."""
Values = npt.NDArray[np.float64]
Figures = dict[str, object]


@dataclass(frozen=True)
class Found:
    """Recall of one query by a score, before and after mitigation.

    Attributes:
        disease: The query.
        before, after: Which positives are among the first `TOP`, bool (positives,).
        understudied: Which are in the lowest publication quartile, bool (positives,).
    """

    disease: int
    before: npt.NDArray[np.bool_]
    after: npt.NDArray[np.bool_]
    understudied: npt.NDArray[np.bool_]


def bias_figures(
    material: Material, fitted: Fitted, test: tuple[int, ...] = TEST, seed: int = 0
) -> Figures:
    """Fame of what is ranked high, recall of understudied genes, and the price of mitigation.

    Args:
        material: The release as the model's variant sees it.
        fitted: The model.
        test: Draws of the disease-disjoint split that are reported; the price is told on the
            validation draws too.
        seed: Of the sample of diseases.
    """
    fame, data = Fame.of(fitted.bias), material.tower_data()

    def of_draw(seed: int) -> list[Found]:
        held = zero_shot_draw(material, seed)
        return recalled(held, fitted, fame, stacked(held, data))

    found = {
        name: [row for draw in draws for row in of_draw(draw)]
        for name, draws in (("validation", VALIDATION), ("test", test))
    }
    return {
        **followed(fitted, fame, seed),
        "hypothesis_free_share": round(float(np.mean(fitted.hypothesis_free)), 4),
        "ancestry": studied(material),
        "recall": _recalls(found["test"]),
        "by_area": _by_area(found["test"], material),
        "price": {
            name: interval(_shares(rows, "after") - _shares(rows, "before"), _clusters(rows))
            for name, rows in found.items()
        },
        "recalled_by": f"recall@{TOP} of the stack learned on each draw by one seed; "
        "disease-disjoint, strict",
        "mitigation": "of what publications and degree predict of the log score within the disease "
        "as much taken off as brings their rank correlations to 0; price is its change of recall",
    }


def studied(material: Material) -> Figures:
    """Whom the studies behind direct evidence sampled, of those records where a source says it.

    Returns:
        Numbers of records and of those whose sample names an ancestry, and the share of these
        that each ancestry has part in; one record may have several.
    """
    store, claims = material.graph.store, material.claims
    rows = np.unique(claims.row[~claims.negated])
    told = [a for a in ancestries_of(store, store.evidence_at(rows)) if a]
    counted = Counter(a for names in told for a in names)
    return {
        "records": len(rows),
        "ancestry_told": len(told),
        "shares": {a: round(n / len(told), 4) for a, n in counted.most_common()},
    }


def followed(fitted: Fitted, fame: Fame, seed: int, diseases: int = DISEASES) -> Figures:
    """Spearman's correlation of causality with fame within diseases, and ranks displaced."""
    known = fitted.causal.direct.evidence_diseases
    rng = np.random.default_rng(seed)
    asked = np.sort(rng.choice(known, min(diseases, len(known)), replace=False)).tolist()
    rows = [_followed(served(fitted, disease), fame) for disease in asked]
    table = np.array(rows)
    told = dict(zip(_FOLLOWED, (interval(column) for column in table.T), strict=True))
    return {
        "diseases": len(asked),
        "spearman": {n: told[n] for n in ("publications", "degree")},
        "spearman_debiased": {n: told[f"{n}_debiased"] for n in ("publications", "degree")},
        "top_100": {n: told[n] for n in ("kept", "displaced")},
    }


_FOLLOWED = (
    "publications",
    "degree",
    "publications_debiased",
    "degree_debiased",
    "kept",
    "displaced",
)


def _followed(score: Floats, fame: Fame) -> tuple[float, ...]:
    after = fame.debiased(score)
    measured = [
        float(spearmanr(s[fame.known], by[fame.known]).statistic)
        for s in (score, after)
        for by in (fame.publications, fame.degree)
    ]
    first, places = np.argsort(-score, kind="stable")[:100], np.argsort(np.argsort(-after))
    moved = np.abs(places[first] - np.arange(len(first)))
    return (*measured, float((places[first] < 100).mean()), float(np.median(moved)))


def served(fitted: Fitted, disease: int) -> Floats:
    """Causality of all genes; ties of the curve are broken by the raw scores."""
    return served_of(fitted, fitted.causal.parts(disease))


def served_of(fitted: Fitted, parts: Parts) -> Floats:
    """The same from the parts of a disease."""
    probability = fitted.curves(parts)
    raw: Floats = probability * (1.0 + 1e-3 * (parts.supported + parts.indirect))
    return raw


def recalled(held: Held, fitted: Fitted, fame: Fame, score: Callable[[int], Floats]) -> list[Found]:
    """Each query's positives that are found, before and after mitigation.

    Args:
        held: The draw.
        fitted: The model, whose curve makes probabilities of scores.
        fame: Of the genes.
        score: All genes' for a disease, float32 (genes,), learned from what the draw leaves.
    """
    rows = []
    for query in held.queries:
        said = tail_of(percentile(score(query.disease)))
        probability = fitted.curves.indirect(said).astype(np.float32) * (1.0 + 1e-3 * said)
        understudied = fame.publications[query.positives] <= LOWEST
        before, after = _first(probability, query), _first(fame.debiased(probability), query)
        rows.append(Found(query.disease, before, after, understudied))
    return rows


def stacked(held: Held, data: TowerData) -> Callable[[int], Floats]:
    """What is served of a disease never seen, learned by one seed on what a draw leaves visible."""
    learned = Learned.of(held, data, 0)
    return lambda disease: dict(learned.scores(disease))[SERVED]


def _first(score: Floats, query: Query) -> npt.NDArray[np.bool_]:
    """Which positives are among the first `TOP`; ties are broken against the score."""
    asked = np.sort(score[~query.known])
    place = len(asked) - np.searchsorted(asked, score[query.positives], side="left") - 1
    return np.asarray(place < TOP)


def _shares(rows: list[Found], name: str) -> Values:
    return np.array([getattr(row, name).mean() for row in rows], np.float64)


def _clusters(rows: list[Found]) -> list[int]:
    return [row.disease for row in rows]


def _recalls(rows: list[Found]) -> Figures:
    """Recall by publication quartile: each positive counts, diseases are the clusters."""
    told: Figures = {"queries": len(rows), "all": interval(_shares(rows, "before"))}
    for name, wanted in (("lowest_quartile", True), ("other_quartiles", False)):
        for when in ("before", "after"):
            values = [getattr(r, when)[r.understudied == wanted] for r in rows]
            clusters = np.repeat(_clusters(rows), [len(v) for v in values]).tolist()
            found = np.concatenate(values).astype(np.float64)
            key = name if when == "before" else f"{name}_debiased"
            told[key] = interval(found, clusters) if len(found) else None
            told[f"{name}_genes"] = len(found)
    return told


def _by_area(rows: list[Found], material: Material) -> Mapping[str, object]:
    shares, told = _shares(rows, "before"), {}
    for name, inside in areas(material.graph.diseases, material.ontology).items():
        mine = np.flatnonzero(inside[_clusters(rows)])
        if len(mine) >= LEAST:
            told[name] = {"queries": len(mine), "recall": interval(shares[mine])}
    return told
