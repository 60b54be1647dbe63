"""What a score is: the three axes of a target for a disease, with what each number rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kg.errors import BadArgument
from kg.model import Fact

AXES = ("causality", "reversibility", "druggability")
MODALITIES = ("small_molecule", "antibody", "other")


class ScoreState(StrEnum):
    """What a number rests on."""

    SCORED = "SCORED"
    """Direct evidence in the graph, or features the model was trained for."""
    NO_EVIDENCE = "NO_EVIDENCE"
    """No direct evidence of the disease, a type of it or a related one (`gnn.causality.RELATED`):
    the number rests on the network alone and is *indirect*."""
    OUT_OF_DISTRIBUTION = "OUT_OF_DISTRIBUTION"
    """Too few edges, or a family the model never saw: read the interval, not the number."""
    ABSTAINED = "ABSTAINED"
    """The model gives no answer here; the probability is missing."""


class Call(StrEnum):
    """Which way to push the target."""

    INHIBIT = "INHIBIT"
    ACTIVATE = "ACTIVATE"
    UNDECIDED = "UNDECIDED"


class ConformalSet(StrEnum):
    """Which outcomes are not ruled out at 90 %: of each class nine in ten keep their own.

    That is coverage and no precision. Where positives are rare most pairs that keep *causal* alone
    are not causal all the same; metrics say how many (`right_of_called_causal`).
    """

    CAUSAL = "CAUSAL"
    """*Not causal* is ruled out; that the gene is causal is not thereby shown."""
    NOT_CAUSAL = "NOT_CAUSAL"
    """*Causal* is ruled out."""
    BOTH = "BOTH"
    """Nothing is decided."""
    NEITHER = "NEITHER"
    """Unlike either class in what the set was made from."""


@dataclass(frozen=True, slots=True)
class AxisScore:
    """One axis of one target for one disease.

    Attributes:
        probability: Calibrated, 0 to 1; None when `state` is ABSTAINED.
        lower, upper: 90 % interval of that probability.
        percentile: Share of protein-coding genes with a lower score for this disease, 0 to 100.
    """

    probability: float | None
    lower: float | None
    upper: float | None
    percentile: float | None
    state: ScoreState


@dataclass(frozen=True, slots=True)
class CausalityParts:
    """What causality is made of beside direct evidence, each 0 to 1, and what is shown with it.

    Attributes:
        walk, phenotype_walk: How near the top walks bring the gene that start from genes of the
            disease and its kin, and of diseases with a like clinical picture
            (`gnn.propagation.tail`): 1 for the best thousandth, 0 where none arrives.
        ridge, towers, boosting: Share of genes that score lower by kernel ridge, by the graph
            network's two towers, by boosting on path features; over all trainings together. None
            where it was not trained, or both walks stand in for the network part.
        phenotype_evidence: Evidence of the gene itself at diseases with a like clinical picture;
            it is shown and enters no score.
    """

    walk: float
    phenotype_walk: float
    ridge: float | None
    towers: float | None
    boosting: float | None
    phenotype_evidence: float


@dataclass(frozen=True, slots=True)
class CausalityScore(AxisScore):
    """Causality, with its two parts.

    Attributes:
        direct: Genetic evidence of the disease, its types and its kin, 0 to 1; 0 without any.
        indirect: What the network says with the pair's own evidence hidden, 0 to 1.
        conformal: What is not ruled out at 90 %: with direct evidence, of an expert panel's
            verdict; without, of strong evidence coming. Coverage, not precision.
        parts: What both rest on, each by itself.
    """

    direct: float
    indirect: float
    conformal: ConformalSet
    parts: CausalityParts


@dataclass(frozen=True, slots=True)
class ModalityScore:
    """Druggability by one modality.

    Attributes:
        probability: Intrinsic tractability, calibrated: predicted without ligands or fame; None,
            as the three beside it, where too few drugs of the modality are known to learn from.
        precedented: A drug or clinical candidate of this modality acts on the target.
        pipeline: Highest clinical phase reached by this modality, 0 to 4; None without any.
        bias_controlled: As `probability`, from systematic measurements alone, with what
            publications tell of it taken off.
    """

    probability: float | None
    lower: float | None
    upper: float | None
    precedented: bool
    pipeline: float | None
    bias_controlled: float | None


@dataclass(frozen=True, slots=True)
class DruggabilityScore(AxisScore):
    """Druggability over all modalities, and each by itself."""

    by_modality: Mapping[str, ModalityScore]


class Basis(StrEnum):
    """What a direction rests on."""

    MECHANISM = "MECHANISM"
    """Curated mechanism of this disease."""
    RELATED_MECHANISM = "RELATED_MECHANISM"
    """Curated mechanism of a related disease, which the drugs on the gene do not contradict."""
    DRUGS = "DRUGS"
    """The signs of the drugs that act on the gene; of those to inhibit one that causes the disease,
    such as reached a late phase for it."""
    HOMOLOGUES = "HOMOLOGUES"
    """Learned from the drugs on homologues; a call is a conformal set of one class."""
    CONFLICT = "CONFLICT"
    """Records disagree: no call. So it is where rare variants were measured to act the other way
    than drugs for other diseases, or on homologues, do."""
    UNKNOWN_MECHANISM = "UNKNOWN_MECHANISM"
    """The gene causes the disease or a type of it and no curated mechanism says by loss or by gain:
    no call. Drugs for other diseases, or on homologues, inhibit, and mostly loss is the cause."""
    NONE = "NONE"
    """No record, no drug, and no homologue with a drug: the model abstains."""


@dataclass(frozen=True, slots=True)
class DirectionRecord:
    """One record that says which way to push.

    Attributes:
        evidence: Its id.
        says: INHIBIT or ACTIVATE.
        decides: Whether it may decide a call; others (burden tests) are only shown.
        disease, disease_name: Whose mechanism it is; None for what a drug does to the target.
        same_disease: Whether that is the very disease asked for, and not one of its kin.
    """

    evidence: str
    says: Call
    decides: bool
    disease: str | None = None
    disease_name: str | None = None
    same_disease: bool = False


@dataclass(frozen=True, slots=True)
class DirectionCall:
    """Inhibit, activate, or undecided.

    Attributes:
        probability: That inhibiting is right, 0 to 1; 0.5 is no idea.
        supporting, conflicting: Evidence ids that agree with the call, and that do not.
        basis: What it rests on.
        records: Mechanisms of the disease, then of its kin, then the drugs on the target.
    """

    call: Call
    probability: float
    supporting: tuple[str, ...] = ()
    conflicting: tuple[str, ...] = ()
    basis: Basis = Basis.NONE
    records: tuple[DirectionRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class BiasPanel:
    """How well studied the target is, and how much of its evidence was looked for.

    Attributes:
        publication_percentile: Among protein-coding genes, 0 to 100; None where unknown.
        degree_percentile: By number of edges in the graph.
        hypothesis_free_share: Of its evidence for this disease; None without any.
        degree_matched_percentile: Of its causality among the twentieth of all genes that have
            about as many edges, 0 to 100.
    """

    publication_percentile: float | None
    degree_percentile: float
    hypothesis_free_share: float | None
    degree_matched_percentile: float = 0.0


@dataclass(frozen=True, slots=True)
class TargetScore:
    """One target for one disease.

    Attributes:
        overall: Weighted geometric mean of the axes' probabilities, so that one that is near zero
            is not made up for by the others; an axis the model abstains on weighs nothing.
        rank: 1 is best, among all protein-coding genes for this disease and these weights.
        rank_lower, rank_upper: Where the rank would lie at the ends of the intervals.
    """

    target: str
    symbol: str
    disease: str
    causality: CausalityScore
    reversibility: AxisScore
    druggability: DruggabilityScore
    direction: DirectionCall
    overall: float
    rank: int
    rank_lower: int
    rank_upper: int
    bias: BiasPanel


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each axis counts in `overall`.

    >>> Weights.parse("causality=2,druggability=1")
    Weights(causality=2.0, reversibility=0.0, druggability=1.0)
    """

    causality: float = 0.6
    reversibility: float = 0.2
    druggability: float = 0.2

    def __post_init__(self) -> None:
        values = (self.causality, self.reversibility, self.druggability)
        if any(not 0.0 <= v <= 1e6 for v in values) or sum(values) <= 0.0:
            raise BadArgument(f"weights {values} must be at least 0 and not all 0")

    @classmethod
    def parse(cls, text: str) -> Weights:
        """Read `axis=weight,...`; axes not named weigh nothing.

        Raises:
            BadArgument: an unknown axis, or a weight that is no number.
        """
        given: dict[str, float] = dict.fromkeys(AXES, 0.0)
        for item in text.split(","):
            axis, _, value = item.partition("=")
            if axis.strip() not in AXES:
                raise BadArgument(f"weights: no axis {axis.strip()!r}; axes are {', '.join(AXES)}")
            try:
                given[axis.strip()] = float(value)
            except ValueError:
                raise BadArgument(f"weights: {value!r} is no number, in {item!r}") from None
        return cls(**given)


@dataclass(frozen=True, slots=True)
class ExplainedHop:
    """One edge of an explaining path, with the records behind it, or a likeness that is computed.

    Attributes:
        evidence: Ids of records; none where the hop is computed.
        basis: In words, what a hop without records rests on; None for an edge of the graph.
        similarity: How alike its ends are, 0 to 1; None where `basis` is no measure.
    """

    subject: str
    predicate: str
    object: str
    evidence: tuple[str, ...]
    basis: str | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class ExplainedPath:
    """A typed path from target to disease and how much of the score it carries.

    Attributes:
        contribution: Share of the score, -1 to 1; of a path to druggability in log-odds.
        channel: Which part of the model reads it: `direct`, `phenotype`, `network` ...
    """

    hops: tuple[ExplainedHop, ...]
    contribution: float
    channel: str


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """The probability of causality when only some of a pair's grounds are left.

    Attributes:
        without_paths: Without the records and neighbours that the paths show; how far it falls
            is how necessary they are.
        paths_alone: With those alone; how near it comes is how sufficient they are.
    """

    without_paths: float
    paths_alone: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a pair scores as it does; shares are of the probability of causality.

    Attributes:
        by_class, by_relation: Contribution of each evidence class, and of each predicate and
            relation; either adds up to the probability with `remainder`.
        counterfactuals: Rank of the target without a source, by source id.
        notes: In words: what the score rests on, and what it does not.
        by_channel: Contribution of each part of the model; they add up to the probability.
        by_source: As `by_class`, by source id.
        remainder: What is of the network part and rests on no single record.
        without_class, without_relation: Rank without a class, or a predicate or relation.
        degree_null: p value of what each walk brings, against seeds moved to random genes of the
            same degree; `permutations` says how often.
        ancestry: Records behind the direct evidence by the ancestry of those studied, where the
            source says it.
        stability: Mean Jaccard index, over the network's trainings, of the ten genes of the
            disease and its like that it places nearest to the target; None for one training.
        course: Onset and course of the disease as sources tell them, where reversibility is
            explained; notes say what onset changes.
        grounds: Where druggability is explained: what each of
            `gnn.tractability_grounds.GROUNDS` adds to the log-odds of intrinsic tractability, by
            modality. Shares and ranks, which are of causality, are empty then.
    """

    target: str
    disease: str
    objective: str
    score: TargetScore
    paths: tuple[ExplainedPath, ...]
    by_class: Mapping[str, float] = field(default_factory=dict)
    by_relation: Mapping[str, float] = field(default_factory=dict)
    counterfactuals: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    by_channel: Mapping[str, float] = field(default_factory=dict)
    by_source: Mapping[str, float] = field(default_factory=dict)
    remainder: float = 0.0
    without_class: Mapping[str, int] = field(default_factory=dict)
    without_relation: Mapping[str, int] = field(default_factory=dict)
    degree_null: Mapping[str, float] = field(default_factory=dict)
    permutations: int = 0
    stability: float | None = None
    ancestry: Mapping[str, int] = field(default_factory=dict)
    faithfulness: Faithfulness | None = None
    course: tuple[Fact, ...] = ()
    grounds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A trained model as it is served.

    Attributes:
        variant: `full`, `no-clinical` or `no-clinical-no-literature`.
        metrics: What `metrics.json` holds.
    """

    id: str
    release: str
    variant: str
    seeds: tuple[int, ...]
    created: str
    metrics: Mapping[str, object] = field(default_factory=dict)
