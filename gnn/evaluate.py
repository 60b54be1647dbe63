"""How good a model is, on what it did not see, beside the baselines; figures go to metrics.json.

A plain tuple of sections: each is a function from what is prepared once to the figures of its key.
Beside metrics.json lie a report with plots, a model card and a risk profile (`gnn.report`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from gnn import (
    calibration_check,
    checkpoint,
    druggability_features,
    embedding_baseline,
    served_check,
)
from gnn.areas import areas
from gnn.audits import AUDITS
from gnn.baselines import Ranker, whatever
from gnn.calibrate import Counts, Curve, brier_skill, expected_calibration_error
from gnn.calibration_check import Crossed, Mask, Pairs, reliability
from gnn.calibration_sets import (
    CHECKED,
    Panel,
    indirect_pairs,
    judged_beside,
    judged_together,
    judges_of,
    reversible_trials,
    supported_pairs,
)
from gnn.curves import Curves
from gnn.direction_figures import (
    causal_gene_figures,
    direction_figures,
    pair_direction_figures,
)
from gnn.direction_learning import SignLearner
from gnn.direction_served import called_pairs_figures
from gnn.disease_scores import by_gene as directions
from gnn.druggability import gene_groups
from gnn.druggability_baselines import Rivals
from gnn.druggability_faithfulness import explained_figures
from gnn.druggability_figures import druggability_figures
from gnn.embedding_baseline import Embedding
from gnn.fitted import Fitted, from_arrays
from gnn.held_out import Held, without_pairs
from gnn.locus_figures import l2g_figures
from gnn.material import Material
from gnn.objective import Variant
from gnn.ontology import Floats
from gnn.parts import TOP
from gnn.report import write_reports
from gnn.reversibility_figures import reversibility_figures, tried_pairs
from gnn.split_figures import EMBEDDING, RANKING_SECTIONS, Bench, no_embedding
from gnn.target_score import MODALITIES, ModelInfo
from gnn.time_split import Period
from gnn.train import TrainOptions
from kg.biolink import EvidenceClass
from kg.errors import BadArgument, ModelError
from kg.release import Home, Release

DRAWS = 3
ASKED = ("any", "tclin")
"""Questions of tractability with families held out."""
Progress = Callable[[str, float], None]
Figures = dict[str, object]


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What to measure.

    Attributes:
        draws: Draws of the disease-disjoint split; the network part is trained anew for each.
        period: Cut and start of the time split.
        embedding: Whether to train the embedding baseline where PyKEEN is installed.
        only: Sections to measure, all when empty; figures of the others stay as they were.
    """

    draws: int = DRAWS
    period: Period = field(default_factory=Period)
    embedding: bool = True
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.only:
            if name not in dict(SECTIONS):
                known = ", ".join(dict(SECTIONS))
                raise BadArgument(f"--only {name!r}: sections are {known}")

    def command(self, release: str, model: str, section: str) -> str:
        """What to type for the same figures, whatever release is the current one."""
        told = f"target-kg evaluate --release {release} --model {model} --only {section}"
        told += f" --draws {self.draws}"
        if self.period != Period():
            told += f" --cut {self.period.cut} --from {self.period.start}"
        return told + ("" if self.embedding else " --no-embedding")


@dataclass(frozen=True)
class Evaluated:
    """A model, opened with the release it was trained on."""

    fitted: Fitted
    bench: Bench
    seed: int

    @property
    def material(self) -> Material:
        """The release as the model's variant sees it."""
        return self.bench.material

    @property
    def fame(self) -> Mapping[str, Floats]:
        """Baselines that know nothing of biology, by gene."""
        bias = self.fitted.bias
        return {
            "publications": np.nan_to_num(bias.publications, nan=-1.0),
            "degree": np.asarray(bias.degree),
        }

    @cached_property
    def rivals(self) -> Rivals:
        """What baselines of genes read; the embedding saw no statement on a disease."""
        embedded = self.embedding(of_diseases=False)
        vectors = None if embedded is None else embedded.genes
        return Rivals(self.fame, self.material.walk, self.material.ridge.genes, vectors)

    def embedding(self, of_diseases: bool) -> Embedding | None:
        """Trained on the whole release; None where it is left out or PyKEEN is not installed.

        Args:
            of_diseases: Whether it sees the evidence of genes for diseases.
        """
        if not self.bench.embed or not embedding_baseline.installed():
            return None
        direct = self.material.direct
        visible = without_pairs(direct, np.full(len(direct.gene), not of_diseases))
        held = Held(self.material, visible, np.ones(direct.n_genes, bool), ())
        return embedding_baseline.embedding(held, self.seed)


def evaluate(
    home: Home,
    release: Release,
    model: str | None = None,
    progress: Progress = lambda _stage, _share: None,
    options: EvaluateOptions | None = None,
) -> Figures:
    """Evaluate a model on its release; figures, report, card and risk profile go beside it.

    Args:
        home: Where the model lies.
        release: What it was trained on.
        model: Which; the newest when None.
        progress: Called with a stage's name and the share done.
        options: What to measure.

    Returns:
        All figures of metrics.json.
    """
    options = options or EvaluateOptions()
    directory = checkpoint.find(home, release, model)
    info = checkpoint.describe(directory)
    subject = opened(directory, release, info, options)
    training = trained_as(info).command(release.id)
    checkpoint.add_metrics(directory, "training", info.metrics.get("training", {}), training)
    try:
        for name, section in SECTIONS:
            if name in (options.only or dict(SECTIONS)):
                progress(name, 0.0)
                found = _finite(section(subject))
                checkpoint.add_metrics(
                    directory, name, found, options.command(release.id, info.id, name)
                )
                progress(name, 1.0)
    finally:
        # Pages are of what was measured, after a failure or an interruption too.
        with checkpoint.metrics_lock(directory):
            figures = dict(checkpoint.describe(directory).metrics)
            write_reports(directory, release, info, figures)
    return figures


def trained_as(info: ModelInfo) -> TrainOptions:
    """What a model was trained with; of an early one, what it says of itself."""
    told = cast("Mapping[str, Any]", info.metrics.get("training", {})).get("settings")
    own = {"variant": info.variant, "seed": info.seeds[0], "seeds": len(info.seeds)}
    return TrainOptions.of(told or own)


def _finite(value: Any) -> Any:
    """The same, with None in place of what is no number: JSON has no NaN."""
    if isinstance(value, Mapping):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def opened(
    directory: Path, release: Release, info: ModelInfo, options: EvaluateOptions
) -> Evaluated:
    """The model's arrays and the release as its variant sees it."""
    fitted = from_arrays(checkpoint.load(directory, release)).as_learned
    told = cast("Mapping[str, Any]", info.metrics.get("training", {})).get("settings", {})
    exclude = [EvidenceClass(name) for name in told.get("exclude", ())]
    trust = bool(told.get("trust"))
    material = Material.of(release, Variant(info.variant), info.seeds[0], exclude, trust)
    bench = Bench(
        material,
        fitted.bias.publications,
        options.draws,
        options.period,
        options.embedding,
        fitted.curves,
        len(info.seeds),
    )
    return Evaluated(fitted, bench, info.seeds[0])


def calibration_figures(subject: Evaluated) -> Figures:
    """Each curve and what is served by them, fitted on some families and judged on the others."""
    material, fitted, seed = subject.material, subject.fitted, subject.seed
    cluster = gene_groups(material.graph)
    half = calibration_check.halves(cluster)
    by_area = areas(material.graph.diseases, material.ontology)
    sets: Mapping[str, tuple[Callable[[], Pairs], float]] = {
        "supported": (lambda: Pairs.of(supported_pairs(material, seed)), TOP),
        "indirect": (lambda: Pairs.of(indirect_pairs(fitted.causal, seed, CHECKED)), 1.0),
    }
    told, crossed = Figures(), {}
    for name, (make, top) in sets.items():
        try:
            told[name], crossed[name] = _curve_figures(make(), half, top, by_area)
        except ModelError as error:
            told[name] = {"not_measured": str(error)}
    if len(crossed) == len(sets):
        panel, both = Panel.of(material), zip(*(crossed[name] for name in sets), strict=True)
        judged = judged_together(panel, fitted.causal, seed)
        told |= served_check.causality_figures(
            judged,
            tuple(Curves(*of_half) for of_half in both),
            half,
            by_area,
            seed,
            panel.untyped,
            judged_beside(panel, material, fitted.causal, seed),
        )
        for judge in judges_of(material)[1:]:
            beyond = Panel.of(material, judge).beyond(panel)
            told |= served_check.beyond_figures(beyond, judge, fitted.causal, fitted.curves, seed)
    told |= served_check.druggability_figures(fitted.druggable, cluster, half, seed)
    told["reversible"] = held_out_calibration(
        reversible_trials(
            material, fitted.causal, fitted.curves, fitted.mechanisms, fitted.outcomes
        ).counts
    )
    return told


def _curve_figures(
    pairs: Pairs, half: Mask, top: float, by_area: Mapping[str, Mask]
) -> tuple[Figures, Crossed]:
    """A curve's figures on the genes it was not fitted on, and the curves of both halves."""
    curves = calibration_check.crossed(pairs, half, top)
    return calibration_check.figures(calibration_check.check(pairs, half, curves), by_area), curves


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
        "held_out": "diseases, halved",
        "natural": {
            "pairs": int(total.sum()),
            "positives": int(positive.sum()),
            "prevalence": round(float(positive.sum() / total.sum()), 6),
            "ece": round(expected_calibration_error(probability, positive, total), 5),
            "brier_skill": round(brier_skill(probability, positive, total), 5),
            "reliability": reliability(probability, positive, total),
        },
    }


def tractability(subject: Evaluated) -> Figures:
    """Intrinsic tractability with families held out, and as it is served."""
    material = subject.material
    graph, relations = material.graph, material.relations.by_name
    views, of_columns = druggability_features.grounded(
        graph, material.blocks, material.relations.walk
    )
    columns = {
        "model": views,
        "systematic": druggability_features.systematic_features(graph, relations),
    }
    told = druggability_figures(graph, columns, subject.rivals, ASKED)
    told |= _unless(subject.rivals.vectors is not None, subject)
    explained = explained_figures(graph, views, of_columns)
    return told | {"served": served_tractability(subject), "explanation": explained}


def _unless(embedded: bool, subject: Evaluated) -> Figures:
    """Why a section has no row of the embedding, where it has none."""
    return {} if embedded else {EMBEDDING: {"not_measured": no_embedding(subject.bench)}}


def served_tractability(subject: Evaluated) -> Figures:
    """What is served, cross-fitted by homology group, against precedent of each modality."""
    drug, figures = subject.fitted.druggable, Figures()
    for m, modality in enumerate(MODALITIES):
        positive = np.nan_to_num(drug.phase[m], nan=-1.0) >= 1.0
        figures[modality] = {"positives": int(positive.sum())}
        if drug.told[m] and 0 < positive.sum() < len(positive):
            figures[modality] = {
                "positives": int(positive.sum()),
                "prevalence": round(float(positive.mean()), 5),
                "intrinsic": _discrimination(positive, drug.probability[m]),
                **{name: _discrimination(positive, score) for name, score in subject.fame.items()},
            }
    return figures


def _discrimination(positive: npt.NDArray[np.bool_], score: Floats) -> dict[str, float]:
    return {
        "auroc": round(float(roc_auc_score(positive, score)), 4),
        "average_precision": round(float(average_precision_score(positive, score)), 4),
    }


def reversibility_of(subject: Evaluated) -> Figures:
    """How often reversibility is right among pairs that a drug was tried for."""
    fitted, graph = subject.fitted, subject.material.graph
    baselines: dict[str, Ranker] = {n: whatever(score) for n, score in subject.fame.items()}
    embedded = subject.embedding(of_diseases=True)
    if embedded is not None:
        baselines[EMBEDDING] = embedded
    try:
        pairs = tried_pairs(graph, fitted, baselines)
        return reversibility_figures(pairs) | _unless(embedded is not None, subject)
    except ModelError as error:
        return {"not_measured": str(error)}


def direction_of(subject: Evaluated) -> Figures:
    """Calls by gene under each split, and by disease-matched mechanism."""
    material = subject.material
    learner = SignLearner.of(material.graph, material.blocks, material.relations.by_name)
    try:
        by_gene = direction_figures(material.graph, learner, subject.rivals, subject.seed)
        by_gene |= _unless(subject.rivals.vectors is not None, subject)
    except ModelError as error:
        by_gene = {"not_measured": str(error)}
    mechanisms = subject.fitted.mechanisms
    return by_gene | {
        "pairs": pair_direction_figures(material.graph, mechanisms),
        "served_pairs": called_pairs_figures(subject.fitted, subject.bench.families),
        "known_causes": causal_gene_figures(directions(subject.fitted), mechanisms),
    }


def locus_figures(subject: Evaluated) -> Figures:
    """Locus-to-gene on regions held out."""
    try:
        return l2g_figures(subject.material, subject.fitted.bias.publications, subject.seed)
    except ModelError as error:
        return {"not_measured": str(error)}


SECTIONS: tuple[tuple[str, Callable[[Evaluated], Figures]], ...] = (
    *((name, lambda s, make=make: make(s.bench)) for name, make in RANKING_SECTIONS.items()),
    ("calibration", calibration_figures),
    ("druggability", tractability),
    ("direction", direction_of),
    ("reversibility", reversibility_of),
    ("locus_to_gene", locus_figures),
    *((name, lambda s, make=make: make(s.material, s.fitted)) for name, make in AUDITS),
)
"""Keys of metrics.json and what fills them, in order."""
