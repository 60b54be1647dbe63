"""What each head predicts, and what it may not see.

An objective is a declaration that code and tests both read: the label's kind, the edge types and
evidence classes that are hidden from message passing and features, the negatives and the metric.
Hidden are the label edge itself, its inverse, its ontology roll-up, and the shortcuts that lead
round it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kg.biolink import Category, EdgeType, EvidenceClass, Predicate
from kg.errors import BadArgument

_C, _P, _E = Category, Predicate, EvidenceClass


class Variant(StrEnum):
    """Which evidence a model may rest on; the last is the headline.

    All learn without clinical and safety claims, since trials are outcomes. `full` differs from
    `no-clinical` in its direct part alone: there it reads what clinical items on a gene's variants
    say of diagnosis and course (`gnn.clinical`). No source states a gene-disease pair clinically.
    """

    FULL = "full"
    NO_CLINICAL = "no-clinical"
    HEADLINE = "no-clinical-no-literature"

    @property
    def excluded(self) -> frozenset[EvidenceClass]:
        """Evidence classes that the variant leaves out of graph and features."""
        return {
            Variant.FULL: frozenset(),
            Variant.NO_CLINICAL: frozenset({_E.CLINICAL}),
            Variant.HEADLINE: frozenset({_E.CLINICAL, _E.LITERATURE}),
        }[self]

    @property
    def about(self) -> str:
        """In words, for the model card."""
        beside = (
            "Clinical statements on a gene's variants (diagnosis and course, none on treatments) "
            "count in direct evidence, and make no seed, feature or label; no source states a "
            "gene-disease pair clinically. All figures are without them."
        )
        return {
            Variant.FULL: beside,
            Variant.NO_CLINICAL: "No clinical statement counts; those of the literature do.",
            Variant.HEADLINE: "Neither clinical statements nor those of the literature count.",
        }[self]


DISEASE_CLAIMS: frozenset[EdgeType] = frozenset(
    EdgeType(subject, predicate, condition)
    for subject in (_C.GENE, _C.VARIANT)
    for predicate in (_P.CAUSES, _P.GENETICALLY_ASSOCIATED_WITH, _P.ASSOCIATED_WITH)
    for condition in (_C.DISEASE, _C.PHENOTYPE)
)
"""Statements that a gene or variant bears on a disease or trait."""

TREATMENTS: frozenset[EdgeType] = frozenset(
    EdgeType(_C.COMPOUND, predicate, condition)
    for predicate in (_P.TREATS, _P.IN_CLINICAL_TRIALS_FOR)
    for condition in (_C.DISEASE, _C.PHENOTYPE)
)
LIGANDS: frozenset[EdgeType] = frozenset(
    {
        EdgeType(_C.COMPOUND, _P.AFFECTS, _C.GENE),
        EdgeType(_C.COMPOUND, _P.DIRECTLY_PHYSICALLY_INTERACTS_WITH, _C.GENE),
    }
)


@dataclass(frozen=True, slots=True)
class Objective:
    """One head.

    Attributes:
        name: As metrics and the API call it.
        labels: Kinds of rows of the labels table it learns from; empty when it learns from
            `label_edges`.
        label_edges: Edge types whose statements are the labels themselves, or say the same; all
            are hidden.
        hidden: Edge types that no message passes over and no feature is made of.
        hidden_classes: Evidence classes hidden whatever the variant.
        negatives: How unlabelled pairs or genes are drawn.
        metric: What decides between models on validation.
    """

    name: str
    labels: frozenset[str]
    label_edges: frozenset[EdgeType]
    hidden: frozenset[EdgeType]
    hidden_classes: frozenset[EvidenceClass]
    negatives: str
    metric: str

    def __post_init__(self) -> None:
        if not self.label_edges or not self.label_edges <= self.hidden:
            raise BadArgument(
                f"objective {self.name}: name the edges that state its labels, and hide them all"
            )

    def sees(self, edge_type: EdgeType) -> bool:
        """Whether messages may pass over this edge type."""
        return edge_type not in self.hidden


CAUSALITY = Objective(
    name="causality",
    labels=frozenset(),
    label_edges=DISEASE_CLAIMS,
    # A drug's path compound -> target and compound -> disease restates the pair, and so does a
    # variant's path; the disease's own genes reach the network only as seeds of *other* diseases.
    hidden=DISEASE_CLAIMS | TREATMENTS | LIGANDS,
    hidden_classes=frozenset({_E.CLINICAL, _E.SAFETY}),
    negatives="half in proportion to degree^0.75, half uniform; positives after roll-up left out",
    metric="recall@200",
)

DRUGGABILITY = Objective(
    name="druggability",
    labels=frozenset({"drug_mechanism"}),
    label_edges=LIGANDS,
    # Ligands are the label's cause; indications lead back to them.
    hidden=LIGANDS | TREATMENTS | DISEASE_CLAIMS,
    hidden_classes=frozenset({_E.CLINICAL, _E.SAFETY, _E.ASSAY}),
    negatives="all unlabelled genes, as positive-unlabelled",
    metric="average precision",
)

DIRECTION = Objective(
    name="direction",
    labels=frozenset({"drug_mechanism"}),
    label_edges=LIGANDS,
    hidden=LIGANDS | TREATMENTS,
    hidden_classes=frozenset({_E.CLINICAL, _E.SAFETY, _E.ASSAY}),
    negatives="the other sign",
    metric="balanced accuracy",
)

REVERSIBILITY = Objective(
    name="reversibility",
    labels=frozenset({"drug_mechanism", "drug_indication"}),
    # Which drug acts on the gene and how far it came for the disease, either half of it. How far
    # drugs came for other diseases is read: by the curve, and by stage of onset (`gnn.course`,
    # which reads facts `disease.course` and leaves out the disease's own group).
    label_edges=TREATMENTS | LIGANDS,
    hidden=TREATMENTS | LIGANDS | DISEASE_CLAIMS,
    hidden_classes=frozenset({_E.CLINICAL, _E.SAFETY, _E.ASSAY}),
    negatives="genes with a drug that reached no late phase for the disease",
    metric="share that reached approval, best twentieth against the rest",
)

LOCUS_TO_GENE = Objective(
    name="locus_to_gene",
    labels=frozenset({"locus_gold_standard"}),
    # A verdict on a locus says that a gene bears on the trait; what sources say of the pair enters
    # as a column of its own, with the locus's genes never seeds.
    label_edges=DISEASE_CLAIMS,
    hidden=DISEASE_CLAIMS | TREATMENTS | LIGANDS,
    hidden_classes=frozenset({_E.CLINICAL, _E.SAFETY}),
    negatives="the other genes of the locus",
    metric="average precision",
)

OBJECTIVES: tuple[Objective, ...] = (
    CAUSALITY,
    REVERSIBILITY,
    DRUGGABILITY,
    DIRECTION,
    LOCUS_TO_GENE,
)
