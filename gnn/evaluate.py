"""How good a model is, on what it did not see, beside the baselines; figures go to metrics.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score

from gnn import checkpoint
from gnn.baselines import Visible, learned, simple
from gnn.calibrate import Counts, Curve, brier_skill, expected_calibration_error
from gnn.calibration_sets import indirect_counts, reversible_counts, supported_counts
from gnn.direction import ACTIVATE_TO, INHIBIT_FROM, LEAST_SUPPORT
from gnn.fitted import Fitted, from_arrays
from gnn.material import Material
from gnn.objective import Variant
from gnn.ontology import Floats
from gnn.split import Query, zero_shot
from gnn.target_score import MODALITIES
from kg.errors import ModelError
from kg.release import Home, Release

DRAWS = 3
CUTS = (20, 200)
RESAMPLES = 1000
Progress = Callable[[str, float], None]
Figures = dict[str, object]


def evaluate(
    home: Home,
    release: Release,
    model: str | None = None,
    progress: Progress = lambda _stage, _share: None,
    draws: int = DRAWS,
) -> Figures:
    """Evaluate a model on its release and write the figures beside it.

    Args:
        home: Where the model lies.
        release: What it was trained on.
        model: Which; the newest when None.
        progress: Called with a stage's name and the share done.
        draws: Draws of the disease-disjoint split; the network part is trained anew for each.

    Returns:
        All figures of metrics.json.
    """
    directory = checkpoint.find(home, release, model)
    info = checkpoint.describe(directory)
    fitted = from_arrays(checkpoint.load(directory, release))
    material = Material.of(release, Variant(info.variant), info.seeds[0])
    figures: Figures = dict(info.metrics)
    figures["zero_shot"] = zero_shot_figures(material, fitted.bias.publications, draws, progress)
    figures["calibration"] = calibration_figures(material, fitted, info.seeds[0])
    progress("evaluation", 0.9)
    figures["druggability"] = druggability_figures(fitted)
    figures["direction"] = direction_figures(fitted)
    progress("evaluation", 1.0)
    checkpoint.write_metrics(directory, figures)
    return figures


def zero_shot_figures(
    material: Material, publications: Floats, draws: int, progress: Progress
) -> Figures:
    """Recall of genes of diseases never seen: every method on the same queries."""
    found: dict[str, list[tuple[float, ...]]] = {}
    sizes: list[int] = []
    data = material.tower_data()
    for draw in range(draws):
        split = zero_shot(material.direct, draw)
        visible = Visible.of(material, split)
        rankers = {**simple(material, visible, publications)}
        rankers |= learned(material, visible, data, draw)
        for query in split.queries:
            sizes.append(len(query.positives))
            for name, ranker in rankers.items():
                found.setdefault(name, []).append(recalls(ranker(query.disease), query))
        progress("evaluation", 0.7 * (draw + 1) / draws)
    if not sizes:
        return {"queries": 0}
    values = {name: np.array(rows) for name, rows in found.items()}
    best_simple = max(
        (n for n in values if n.startswith("pagerank")), key=lambda n: values[n][:, 1].mean()
    )
    return {
        "split": "disease-disjoint, strict: queries and all within Lin .5 hidden, genes known from "
        "Lin .3 left out",
        "draws": draws,
        "queries": len(sizes),
        "prevalence": round(float(np.mean(sizes)) / len(material.graph.genes), 6),
        "methods": {name: _recall_row(rows) for name, rows in values.items()},
        "paired_gain": {
            "of": "stacked",
            "over": best_simple,
            "recall@200": interval(values["stacked"][:, 1] - values[best_simple][:, 1]),
        },
    }


def recalls(score: Floats, query: Query) -> tuple[float, ...]:
    """Recall at each cut and the reciprocal rank of the first found, genes known left out."""
    ranked = np.where(query.known, -np.inf, score.astype(np.float64))
    positive = ranked[query.positives]
    # A tie is broken against the method: an uninformative score finds nothing.
    place = np.array([(ranked > p).sum() + ((ranked == p).sum() - 1) for p in positive])
    return (*(float((place < cut).mean()) for cut in CUTS), float(1.0 / (place.min() + 1)))


def _recall_row(rows: npt.NDArray[np.float64]) -> Figures:
    named = [*(f"recall@{cut}" for cut in CUTS), "mrr"]
    return {name: interval(rows[:, i]) for i, name in enumerate(named)}


def interval(values: npt.NDArray[np.float64]) -> list[float]:
    """Mean with its 95 % interval, resampling the queries: [mean, lower, upper]."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(values), (RESAMPLES, len(values)))
    lower, upper = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return [round(float(v), 4) for v in (values.mean(), lower, upper)]


def calibration_figures(material: Material, fitted: Fitted, seed: int) -> Figures:
    """Each curve, fitted on half of the clusters and judged on the other half, both ways."""
    curves = fitted.supported, fitted.indirect
    sets: Mapping[str, Callable[[], Counts]] = {
        "supported": lambda: supported_counts(material, seed),
        "indirect": lambda: indirect_counts(fitted.causal, seed),
        "reversible": lambda: reversible_counts(
            material, fitted.causal, curves, fitted.signs, fitted.mechanisms
        ),
    }
    return {name: held_out_calibration(make()) for name, make in sets.items()}


def held_out_calibration(counts: Counts, seed: int = 0) -> Figures:
    """ECE and Brier skill of curves on clusters they were not fitted on."""
    order = np.random.default_rng(seed).permutation(len(counts.positive))
    halves = order[::2], order[1::2]
    rows = []
    for fitted_on, judged_on in (halves, halves[::-1]):
        try:
            curve = Curve.fit(counts.take(fitted_on), seed)
        except ModelError as error:
            return {"not_measured": str(error)}
        judged = counts.take(judged_on)
        positive, total = judged.positive.sum(axis=0), judged.total.sum(axis=0)
        rows.append((curve(counts.centre), positive, total))
    probability, positive, total = (np.concatenate(part) for part in zip(*rows, strict=True))
    return {
        "pairs": int(total.sum()),
        "prevalence": round(float(positive.sum() / total.sum()), 6),
        "ece": round(expected_calibration_error(probability, positive, total), 5),
        "brier_skill": round(brier_skill(probability, positive, total), 5),
        "reliability": reliability(probability, positive, total),
    }


def reliability(
    probability: npt.NDArray[np.float64],
    positive: npt.NDArray[np.float64],
    total: npt.NDArray[np.float64],
    bins: int = 10,
) -> list[list[float]]:
    """Points of a reliability plot: mean probability, share of positives, and pairs, by bin."""
    cuts = np.unique(np.quantile(probability, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(cuts, probability, side="right") - 1, 0, len(cuts) - 2)
    points = []
    for b in range(len(cuts) - 1):
        mine = place == b
        mass = total[mine].sum()
        if mass > 0:
            said = float((probability[mine] * total[mine]).sum() / mass)
            points.append([round(said, 5), round(float(positive[mine].sum() / mass), 5), mass])
    return points


def druggability_figures(fitted: Fitted) -> Figures:
    """Cross-fitted tractability against precedent, beside publications and degree."""
    drug = fitted.druggable
    rankers = {
        "intrinsic": drug.probability,
        "publications": np.nan_to_num(fitted.bias.publications, nan=-1.0),
        "degree": fitted.bias.degree,
    }
    figures: Figures = {
        "split": "homology groups cross-fitted; unlabelled genes count as negatives"
    }
    for m, modality in enumerate(MODALITIES):
        positive = np.nan_to_num(drug.phase[m], nan=-1.0) >= 1.0
        if not 0 < positive.sum() < len(positive):
            figures[modality] = {"positives": int(positive.sum())}
            continue
        figures[modality] = {
            "positives": int(positive.sum()),
            "prevalence": round(float(positive.mean()), 5),
            **{
                name: _discrimination(positive, score[m] if score.ndim == 2 else score)
                for name, score in rankers.items()
            },
        }
    return figures


def _discrimination(positive: npt.NDArray[np.bool_], score: Floats) -> dict[str, float]:
    return {
        "auroc": round(float(roc_auc_score(positive, score)), 4),
        "average_precision": round(float(average_precision_score(positive, score)), 4),
    }


def direction_figures(fitted: Fitted) -> Figures:
    """Calls from homologues alone on genes whose drugs agree, by coverage."""
    signs = fitted.signs
    told = np.flatnonzero(signs.labelled & (signs.majority != 0.5))
    inhibit, said = signs.majority[told] > 0.5, fitted.homology[told]
    reachable = fitted.homology_support[told] > LEAST_SUPPORT
    called = reachable & ((said >= INHIBIT_FROM) | (said <= ACTIVATE_TO))
    if len(told) == 0 or not called.any():
        return {"genes": len(told)}
    return {
        "split": "each gene from its homologues, itself left out",
        "genes": len(told),
        "inhibit_share": round(float(inhibit.mean()), 4),
        "coverage": round(float(called.mean()), 4),
        "balanced_accuracy": round(
            float(balanced_accuracy_score(inhibit[called], said[called] > 0.5)), 4
        ),
        "accuracy_by_call": _by_call(inhibit[called], said[called] > 0.5),
    }


def _by_call(truth: npt.NDArray[np.bool_], call: npt.NDArray[np.bool_]) -> dict[str, object]:
    right = truth == call
    return {
        name: {"calls": int(mine.sum()), "right": round(float(right[mine].mean()), 4)}
        for name, mine in (("INHIBIT", call), ("ACTIVATE", ~call))
        if mine.any()
    }
