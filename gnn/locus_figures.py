"""How good locus-to-gene is on regions held out, beside what it must beat.

Folds keep regions whole: loci that share a gene, in chains, are on one side, so that no gene is
both learned from and asked for. Intervals resample regions. Beside what is learned stand channels
of the prior alone, with nothing fitted, and kernel ridge on all columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from gnn.calibrate import brier_skill, expected_calibration_error
from gnn.features import standardised
from gnn.loci import Loci, known_loci
from gnn.locus_prior import (
    BY_EVIDENCE,
    BY_KNOWN,
    BY_KNOWN_TRAIT,
    BY_LOCI,
    CHANNELS,
    OF_TRAIT,
    OWN,
    STRONGEST,
    Known,
)
from gnn.locus_to_gene import Bools, Margins, with_prior
from gnn.locus_training import (
    FOLDS,
    FREE_OF_TRAIT,
    enough,
    held_out,
    names_of,
    platt,
    prior_of,
    region_folds,
)
from gnn.material import Material
from gnn.ontology import Floats
from gnn.ridge import GENE_FEATURES, fourier, linear
from kg.errors import ModelError
from kg.layout import LOCUS_FEATURES

LIPIDS = (
    "EFO:0004612",
    "EFO:0004611",
    "EFO:0004530",
    "EFO:0004574",
    "HP:0003124",
    "MONDO:0005439",
)
"""HDL and LDL cholesterol, triglycerides, total and high cholesterol, familial high cholesterol:
two thirds of the rows, and a few famous genes."""

RESAMPLES = 1000
_NEAREST = LOCUS_FEATURES.index("distanceSentinelTss")
_ALL = tuple(range(len(CHANNELS)))
PARTS: Mapping[str, tuple[int, ...]] = {
    "features": (),
    "features_and_prior": _ALL,
    "prior_without_own_evidence": tuple(c for c in _ALL if c not in (OWN, STRONGEST)),
    "prior_without_known_genes": tuple(c for c in _ALL if c not in (BY_KNOWN, BY_KNOWN_TRAIT)),
}
"""Channels beside the features in each method."""
BARE: Mapping[str, int] = {
    "direct_evidence": OWN,
    "evidence_for_anything": STRONGEST,
    "pagerank_from_evidence": BY_EVIDENCE,
    "pagerank_from_other_loci": BY_LOCI,
    "pagerank_from_known_genes": BY_KNOWN,
    "pagerank_from_known_genes_of_trait": BY_KNOWN_TRAIT,
}
"""Channels that are scores by themselves: evidence apart from association studies, and walks."""
SERVED, RIDGE = "features_and_prior", "kernel_ridge"


def l2g_figures(material: Material, publications: Floats, seed: int = 0) -> dict[str, object]:
    """Average precision of every method on the same held-out regions, all loci and non-lipid ones.

    Args:
        material: The prepared release.
        publications: Of each gene; a baseline and never part of the model.
        seed: Of folds and boosting.

    Returns:
        `{"loci": 0}` where the release knows none.

    Raises:
        ModelError: it knows some, but too few to learn from.
    """
    names = names_of(material.graph)
    loci, positive = known_loci(material.graph.release, names)
    if not positive.any():
        return {"loci": 0}
    if not enough(loci, positive):
        raise ModelError(f"{int(positive.sum())} known genes of loci are too few to learn from")
    margins = margins_of_methods(material, loci, positive, publications, seed)
    lipids = {t for t in names.trait_numbers(LIPIDS) if t is not None}
    other = np.array([t not in lipids for t in loci.trait], bool)
    return {
        "split": "regions held out whole: loci that share a gene are one; known genes of the "
        "held-out fold are no seeds",
        "folds": FOLDS,
        "regions": int(loci.region.max()) + 1,
        "interval": "95 %, resampling regions",
        "all": _rows(margins, loci, positive, np.ones(len(loci), bool)),
        "non_lipid": _rows(margins, loci, positive, other),
        "calibration": _calibration(margins[SERVED], loci, positive),
        "embedding": {
            "not_measured": "its triples hold what association studies say of these very loci"
        },
    }


def margins_of_methods(
    material: Material, loci: Loci, positive: Bools, publications: Floats, seed: int
) -> dict[str, Margins]:
    """Held-out score of every row by each method, float64 (rows,)."""
    known = Known.of(loci, positive)
    walks = prior_of(material).over(loci, known.gene)
    fold = region_folds(loci, positive, FOLDS, seed)
    published = _of_genes(loci, publications)
    asked = (*PARTS, "hypothesis_free", "features_and_publications", RIDGE, *BARE)
    margins = {name: np.zeros(len(loci)) for name in asked}
    for held in range(FOLDS):
        test = fold[loci.region] == held
        every, free = walks.channels(known.keep(fold[known.region] != held), own_region=True)
        inputs: dict[str, tuple[Floats, Sequence[int]]] = {
            name: (every[:, list(part)], [part.index(c) for c in part if c in OF_TRAIT])
            for name, part in PARTS.items()
        }
        inputs["hypothesis_free"] = free, FREE_OF_TRAIT
        inputs["features_and_publications"] = published[:, None], ()
        for name, (channels, of_trait) in inputs.items():
            margins[name][test] = held_out(loci, channels, of_trait, positive, test, seed)
        margins[RIDGE][test] = ridged(with_prior(loci, every), positive, test, seed)
        for name, channel in BARE.items():
            margins[name][test] = np.nan_to_num(every[test, channel], nan=-1.0)
    return margins | {
        "publications": published.astype(np.float64),
        "degree": _of_genes(loci, material.graph.degree).astype(np.float64),
        "nearest_gene": loci.features[:, _NEAREST].astype(np.float64),
    }


def ridged(columns: Floats, positive: Bools, test: Bools, seed: int) -> Margins:
    """Kernel ridge in closed form, fitted on the other rows: margins of the test rows.

    Args:
        columns: What boosting reads, NaN where unknown: the column's mean stands in.
        positive: Which rows are the known gene.
        test: Rows that are held out.
        seed: Of kernel features.
    """
    known = np.isfinite(columns)
    mean = np.where(known, columns, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, columns, mean).astype(np.float32)
    kernel = fourier(standardised(filled), GENE_FEATURES, seed)
    weights = linear(kernel[~test], positive[~test].astype(np.float32))
    return np.asarray(kernel[test] @ weights, np.float64)


def _of_genes(loci: Loci, score: npt.ArrayLike) -> Floats:
    """A score of genes for each row, -1 where unknown, float32 (rows,)."""
    told = np.nan_to_num(np.asarray(score, np.float32), nan=-1.0)
    return np.where(loci.gene >= 0, told[loci.gene], np.float32(-1.0))


def _rows(
    margins: Mapping[str, Margins], loci: Loci, positive: Bools, rows: Bools
) -> dict[str, object]:
    drawn = _draws(loci.region[rows])
    truth = positive[rows]
    found = {
        name: np.array([average_precision_score(truth[d], m[rows][d]) for d in drawn])
        for name, m in margins.items()
    }
    return {
        "rows": int(rows.sum()),
        "known_genes": int(truth.sum()),
        "regions": len(np.unique(loci.region[rows])),
        "prevalence": round(float(truth.mean()), 4),
        "average_precision": {
            name: _interval(float(average_precision_score(truth, m[rows])), found[name])
            for name, m in margins.items()
        },
        "top_of_its_locus": {
            name: round(_top_share(m, loci, positive, rows), 4) for name, m in margins.items()
        },
        "paired_gain": {
            f"{one}_over_{other}": _interval(
                float(average_precision_score(truth, margins[one][rows]))
                - float(average_precision_score(truth, margins[other][rows])),
                found[one] - found[other],
            )
            for one, other in (
                *((SERVED, name) for name in margins if name != SERVED),
                ("hypothesis_free", "features"),
            )
        },
    }


def _draws(region: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Rows of regions drawn with replacement, so often."""
    rng = np.random.default_rng(0)
    order = np.argsort(region, kind="stable")
    _, start, count = np.unique(region[order], return_index=True, return_counts=True)
    rows = [order[s : s + n] for s, n in zip(start.tolist(), count.tolist(), strict=True)]
    picks = (rng.integers(0, len(rows), len(rows)) for _ in range(RESAMPLES))
    return [np.concatenate([rows[i] for i in pick.tolist()]) for pick in picks]


def _interval(value: float, drawn: npt.NDArray[np.float64]) -> list[float]:
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    return [round(float(v), 4) for v in (value, lower, upper)]


def _top_share(margins: Margins, loci: Loci, positive: Bools, rows: Bools) -> float:
    """Share of loci whose best gene is the known one, among those that have it as a row."""
    asked = [r for r in loci.rows_of if positive[r].any() and rows[r[0]]]
    return float(np.mean([positive[r[np.argmax(margins[r])]] for r in asked]))


def _calibration(margins: Margins, loci: Loci, positive: Bools) -> dict[str, object]:
    """The line fitted on half of the regions and judged on the other half, both ways."""
    half = np.random.default_rng(0).permutation(int(loci.region.max()) + 1) % 2
    side = half[loci.region]
    probability = np.zeros(len(margins))
    for held in (0, 1):
        slope, offset = platt(margins[side != held], positive[side != held])
        mine = side == held
        probability[mine] = 1.0 / (1.0 + np.exp(-(slope * margins[mine] + offset)))
    told, total = positive.astype(np.float64), np.ones(len(margins))
    return {
        "pairs": len(margins),
        "prevalence": round(float(told.mean()), 4),
        "ece": round(expected_calibration_error(probability, told, total), 5),
        "brier_skill": round(brier_skill(probability, told, total), 5),
    }
