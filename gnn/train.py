"""Training of all heads on a release, from material to a stored model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gnn import checkpoint, druggability
from gnn.abstentions import abstentions
from gnn.boosting import Boosted, Boosting, Examples
from gnn.calibrate import Counts, Curve
from gnn.calibration_sets import (
    Panel,
    indirect_counts,
    judged_together,
    learned_onset,
    reversible_trials,
    supported_counts,
)
from gnn.curves import Curves, Line
from gnn.direction import Mechanisms
from gnn.direction_learning import LearnedSigns, SignLearner
from gnn.druggability_features import family_rates, grounded, systematic_features
from gnn.drugs import signed_records
from gnn.families import Families
from gnn.fitted import Bias, Druggable, Fitted, to_arrays
from gnn.ledger import Ledger
from gnn.locus_training import fit_loci
from gnn.material import Material
from gnn.network import Network, percentile
from gnn.objective import Variant
from gnn.ontology import Floats, Index, Ontology
from gnn.outcomes import Outcomes
from gnn.parts import CausalModel
from gnn.split import FOLDS, disease_folds
from gnn.strands import Strands
from gnn.target_score import ModelInfo
from gnn.threads import one_thread
from gnn.towers import TowerData, claimed_by_fold, claimed_without, embed, fit
from kg.biolink import EvidenceClass
from kg.errors import BadArgument
from kg.release import Home, Release

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What to train.

    Attributes:
        variant: Which evidence the model may rest on.
        seed: First of the seeds; the others follow it.
        seeds: How many times the graph network is trained.
        folds: Parts the diseases are dealt into; each is scored by models that did not see it.
        exclude: Evidence classes hidden besides the variant's.
        trust: Whether what can be forged counts by its independent sources (`gnn.trust`).
    """

    variant: Variant = Variant.HEADLINE
    seed: int = 0
    seeds: int = 3
    folds: int = FOLDS
    exclude: tuple[EvidenceClass, ...] = ()
    trust: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.seeds <= 20 and 2 <= self.folds <= 20 and self.seed >= 0):
            raise BadArgument(
                f"seed {self.seed}, seeds {self.seeds}, folds {self.folds}: seed must be at least "
                "0, seeds 1 to 20, folds 2 to 20"
            )

    def command(self, release: str) -> str:
        """What to type for the same model."""
        told = f"target-kg train --release {release} --variant {self.variant.value}"
        told += f" --seed {self.seed} --seeds {self.seeds} --folds {self.folds}"
        if self.exclude:
            told += f" --exclude-class {','.join(c.value for c in self.exclude)}"
        return told + (" --trust" if self.trust else "")

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> TrainOptions:
        """From what a model's metrics say it was trained with."""
        exclude = tuple(EvidenceClass(name) for name in settings.get("exclude", ()))
        known = {"variant": Variant(settings["variant"]), "exclude": exclude}
        return cls(**{**settings, **known})


def _silent(_stage: str, _share: float) -> None:
    """No progress shown."""


@one_thread()
def train(
    home: Home,
    release: Release,
    options: TrainOptions | None = None,
    progress: Progress = _silent,
) -> ModelInfo:
    """Train every head on a release and publish the model.

    Args:
        home: Where the model goes.
        release: What to learn from.
        options: What to train; the headline variant when None.
        progress: Called with a stage's name and the share of it done.

    Raises:
        ModelError: the release has too little evidence.
    """
    options = options or TrainOptions()
    progress("features", 0.0)
    material = Material.of(release, options.variant, options.seed, options.exclude, options.trust)
    progress("features", 1.0)
    fitted, drawn = fit_all(material, options, progress)
    settings = dataclasses.asdict(options) | {"variant": options.variant.value}
    info = ModelInfo(
        id=checkpoint.model_id(release.id, settings),
        release=release.id,
        variant=options.variant.value,
        seeds=tuple(range(options.seed, options.seed + options.seeds)),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        metrics={
            "training": {
                "settings": settings,
                **_summary(material, drawn, fitted),
                "abstains": abstentions(fitted),
            },
            "commands": {"training": options.command(release.id)},
        },
    )
    checkpoint.save(home, info, to_arrays(fitted))
    return info


def fit_all(
    material: Material, options: TrainOptions, progress: Progress = _silent
) -> tuple[Fitted, dict[str, Counts]]:
    """Fit every head; also returns what each calibration curve was fitted on."""
    # First, since it needs no network and is what a release as of an early day lacks.
    counts = {"supported": supported_counts(material, options.seed)}
    supported = Curve.fit(counts["supported"])
    causal = fit_causality(material, options, progress)
    progress("calibration", 0.0)
    counts["indirect"], counts["simple"] = indirect_counts(causal, options.seed)
    progress("calibration", 0.4)
    panel = Panel.of(material)
    bare = Curves(supported, Curve.fit(counts["indirect"]))
    counts["together"] = bare.counted(judged_together(panel, causal, options.seed))
    curves = replace(bare, together=Line.fit(counts["together"]))
    walks = Curves(supported, Curve.fit(counts["simple"]))
    by_walks = judged_together(panel, replace(causal, simple=True), options.seed)
    simple = replace(walks, together=Line.fit(walks.counted(by_walks)))
    progress("calibration", 0.7)
    learner = SignLearner.of(material.graph, material.blocks, material.relations.by_name)
    signs, mechanisms = learner.signs, Mechanisms.of(material.with_proxies)
    outcomes = Outcomes.of(material.graph)
    trials = reversible_trials(material, causal, curves, mechanisms, outcomes)
    counts["reversible"] = trials.counts
    progress("calibration", 1.0)
    progress("direction", 0.0)
    learned = LearnedSigns.fit(learner, druggability.gene_groups(material.graph), options.seed)
    progress("direction", 1.0)
    drug_gene, drug_sign, drug_row = signed_records(material.graph)
    fitted = Fitted(
        gene_at=material.graph.genes.at,
        disease_at=material.graph.diseases.at,
        # Curves were fitted without what is served beside, and hold no outcome of a trial.
        causal=replace(causal, served=material.served),
        curves=curves,
        reversible=trials.curve,
        onset=learned_onset(trials.curve, material, causal, curves, mechanisms, outcomes),
        simple=simple,
        druggable=fit_druggability(material, options, progress),
        signs=signs,
        homology=learned.probability,
        homology_support=learned.support,
        conformal=learned.conformal,
        mechanisms=mechanisms,
        pushes=outcomes.pushes,
        outcomes=outcomes,
        drug_gene=drug_gene,
        drug_sign=drug_sign,
        drug_row=drug_row,
        neighbours=np.diff(material.relations.walk.indptr).astype(np.int64),
        unseen_family=_unseen_family(material),
        hypothesis_free=_hypothesis_free(material),
        bias=_bias(material),
        ledger=Ledger.of(material.claims, material.direct),
        served_ledger=Ledger.of(material.served_claims, material.served)
        if material.served
        else None,
        strands=Strands.of(material.walk.matrix, material.relations.by_name),
        loci=fit_loci(material, options.seed),
    )
    return fitted, counts


def fit_causality(
    material: Material, options: TrainOptions, progress: Progress = _silent
) -> CausalModel:
    """Direct evidence, walks, and the network part, fold by fold without the fold's diseases."""
    direct = material.direct
    labelled = direct.evidence_diseases
    fold = disease_folds(material.ontology, labelled, options.folds, options.seed)
    network = Network(
        fold,
        material.ridge.genes,
        ridge_queries(material, fold, options.folds),
        *train_towers(material.tower_data(), material.ontology, fold, labelled, options, progress),
    )
    boosted = fit_boosting(material, fold, options, progress)
    return CausalModel(direct, material.walk, material.profiles, network, boosted)


def fit_boosting(
    material: Material, fold: Index, options: TrainOptions, progress: Progress = _silent
) -> Boosted:
    """Boosting on path features, fold by fold without the fold's diseases."""
    progress("boosting", 0.0)
    paths = material.paths()
    # Negatives are drawn without looking at other folds, and each fold's models leave out those
    # that the evidence they may see speaks for. Columns of a disease are made of evidence of all
    # folds, and negatives are drawn by the number of all pairs: input, as where a query is asked,
    # and no row's outcome is of another disease. What is reported hides a query from these as well.
    evidence, ontology = material.direct.matrix, material.ontology
    own = claimed_by_fold(evidence, ontology, fold, options.folds)
    hidden = [fold == held for held in range(options.folds)]
    others = [claimed_without(evidence, ontology, held) for held in hidden]
    seen = material.direct.evidence_diseases
    examples = Examples.draw(paths, own, seen, options.seed)
    progress("boosting", 0.5)
    seeds = range(options.seed, options.seed + options.seeds)
    models = Boosting.fit(examples, hidden, seeds, others)
    progress("boosting", 1.0)
    return Boosted(paths, models)


def fit_druggability(
    material: Material, options: TrainOptions, progress: Progress = _silent
) -> Druggable:
    """Intrinsic tractability and precedent of every gene."""
    graph, relations = material.graph, material.relations
    precedent = druggability.Precedent.of(graph)
    groups = druggability.gene_groups(graph)
    columns, of_columns = grounded(graph, material.blocks, relations.walk)
    learned = druggability.learn(
        columns,
        precedent.precedented,
        groups,
        family_rates(Families.of(graph).shared),
        options.seed,
        lambda share: progress("druggability", share),
        of_columns,
    )
    controlled = druggability.bias_controlled(
        systematic_features(graph, relations.by_name),
        precedent.precedented,
        groups,
        _bias(material).publications,
        options.seed,
    )
    return Druggable(
        learned.probability,
        learned.lower,
        learned.upper,
        precedent.phase,
        controlled,
        learned.grounds.astype(np.float16),
        learned.fold.astype(np.int8),
    )


def ridge_queries(material: Material, fold: Index, folds: int) -> npt.NDArray[Any]:
    """Ridge's vector of each disease, learned without its fold, float16 (diseases, k).

    Args:
        material: The prepared release.
        fold: Of each disease, int64 (diseases,).
        folds: How many there are.
    """
    vectors = np.zeros((len(fold), material.ridge.genes.shape[1]), np.float16)
    labelled = material.direct.evidence_diseases
    for held in range(folds):
        weights = material.ridge.fit(material.direct.matrix, labelled[fold[labelled] != held])
        mine = np.flatnonzero(fold == held)
        vectors[mine] = material.ridge.queries(weights, mine)
    return vectors


def train_towers(
    data: TowerData,
    ontology: Ontology,
    fold: Index,
    labelled: Index,
    options: TrainOptions,
    progress: Progress = _silent,
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Embeddings of genes by seed and fold, and of diseases by seed, as half precision.

    Nothing that a fold's diseases have for evidence changes the towers that score them.

    Args:
        data: Features and all evidence.
        ontology: The disease hierarchy.
        fold: Of each disease, int64 (diseases,).
        labelled: Diseases with evidence.
        options: Seeds and folds.
        progress: Called with the share done.
    """
    views = [data.seeing(labelled[fold[labelled] != h], ontology) for h in range(options.folds)]
    genes, diseases = [], []
    total = options.seeds * options.folds
    for seed in range(options.seeds):
        by_fold, mine = [], np.zeros((len(fold), 0), np.float16)
        for held in range(options.folds):
            done = seed * options.folds + held
            visible = labelled[fold[labelled] != held]
            towers = fit(
                views[held],
                visible,
                options.seed + seed,
                lambda share, done=done: progress("network", (done + share) / total),  # type: ignore[misc]
            )
            gene, disease = embed(towers, data)
            by_fold.append(gene.astype(np.float16))
            mine = mine if mine.shape[1] else np.zeros(disease.shape, np.float16)
            mine[fold == held] = disease[fold == held]
        genes.append(np.stack(by_fold))
        diseases.append(mine)
    return np.stack(genes), np.stack(diseases)


def _unseen_family(material: Material) -> npt.NDArray[np.bool_]:
    """Genes that share nothing with a gene that has evidence for any disease, bool (genes,)."""
    has_evidence = np.zeros(material.direct.n_genes, bool)
    has_evidence[material.direct.gene] = True
    return Families.of(material.graph).unrelated(has_evidence)


def _hypothesis_free(material: Material) -> Floats:
    """Share of hypothesis-free records of each direct pair."""
    flags = material.graph.store.evidence_table(["hypothesis_free"])["hypothesis_free"]
    claims, direct = material.claims, material.direct
    free = np.asarray(flags.to_numpy()[claims.row], bool) & ~claims.negated
    n = len(material.graph.diseases)
    key = direct.gene * n + direct.disease
    place = np.searchsorted(key, claims.gene * n + claims.disease).clip(max=len(key) - 1)
    mine = (key[place] == claims.gene * n + claims.disease) & ~claims.negated
    count = np.bincount(place[mine], minlength=len(key))
    yes = np.bincount(place[mine & free], minlength=len(key))
    return np.divide(yes, count, out=np.zeros(len(key)), where=count > 0).astype(np.float32)


def _bias(material: Material) -> Bias:
    graph = material.graph
    labels = graph.release.table("labels", ["kind", "subject", "number"])
    rows = labels.filter(pc.equal(labels["kind"].cast(pa.string()), "publications"))
    gene = graph.local_genes(rows["subject"])
    count = np.full(len(graph.genes), -1.0, np.float32)
    known = gene >= 0
    np.maximum.at(count, gene[known], rows["number"].to_numpy()[known].astype(np.float32))
    share = np.full(len(count), np.nan, np.float32)
    share[count >= 0] = percentile(count[count >= 0]) * 100.0
    return Bias(share, percentile(graph.degree.astype(np.float32)) * 100.0)


def _summary(material: Material, counts: dict[str, Counts], fitted: Fitted) -> dict[str, object]:
    """Sizes and sampled prevalences, for the metrics."""
    return {
        "genes": len(material.graph.genes),
        "diseases": len(material.graph.diseases),
        "diseases_with_evidence": len(material.direct.evidence_diseases),
        "pairs": len(material.direct.gene),
        "clinical_records": len(material.clinical),
        "pairs_served": len((material.served or material.direct).gene),
        "refuted_pairs": len(material.direct.refuted_gene),
        "relations": {n: int(m.nnz // 2) for n, m in material.relations.by_name.items()},
        "phenotype_profiles": int((np.diff(material.profiles.matrix.indptr) > 0).sum()),
        "calibration": {
            name: {
                "clusters": len(c.positive),
                "pairs": int(c.total.sum()),
                "prevalence": round(c.prevalence, 6),
            }
            for name, c in counts.items()
        },
        "onset": fitted.onset.figures,
        "line": dataclasses.asdict(fitted.curves.together),
    }
