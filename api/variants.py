"""What a release knows of a variant, as the API shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import strawberry

from api.loaders import Siblings
from api.node import Node
from api.types import Identifier, NamedNumber, Predicate, TraitEffect, identifiers
from kg.curated_loci import LocusFeatures
from kg.variants import (
    GeneTie,
    Locus,
    ProteinChange,
    ResidueCheck,
    TraitFinding,
    VariantRecord,
    variants,
)

strawberry.enum(
    ResidueCheck,
    description="Whether a change's reference residue is that of the protein's sequence.",
)


@strawberry.type(description="A place of a variant on the genome.")
class VariantLocus:
    """Built from `kg.variants.Locus`."""

    assembly: str
    chromosome: str
    position: int = strawberry.field(description="1-based.")
    reference: str = strawberry.field(description="Allele; empty where the source names none.")
    alternative: str

    @classmethod
    def of(cls, known: Locus) -> VariantLocus:
        """As the API shows it."""
        return cls(**_same(known))


@strawberry.type(name="VariantProteinChange", description="An exchange of one amino acid.")
class VariantChange:
    """Built from `kg.variants.ProteinChange`."""

    uniprot: str
    change: str = strawberry.field(description="`V600E`, numbered as the source does.")
    check: ResidueCheck
    on_sequence: str = strawberry.field(
        description="Numbered as UniProt's sequence, where the letter fits; else empty."
    )

    @classmethod
    def of(cls, known: ProteinChange) -> VariantChange:
        """As the API shows it."""
        return cls(**_same(known))


@strawberry.type(description="What a credible set of a locus says of a gene near it.")
class LocusCredibleSet:
    """Built from `kg.curated_loci.LocusFeatures`."""

    study_locus: str = strawberry.field(description="Open Targets' identifier of the set.")
    features: list[NamedNumber] = strawberry.field(
        description="Distances, consequences, colocalisation; 0 to 1 but for counts of genes."
    )

    @classmethod
    def of(cls, known: LocusFeatures) -> LocusCredibleSet:
        """As the API shows it."""
        return cls(
            study_locus=known.study_locus,
            features=[NamedNumber(key=key, value=value) for key, value in known.features],
        )


@strawberry.type(description="Why a variant is held to bear on a gene.")
class VariantGeneTie:
    """Built from `kg.variants.GeneTie`."""

    gene: Node
    kind: str = strawberry.field(
        description="coding, inside, nearest, colocalised eQTL, locus to gene ...; empty where "
        "none is told."
    )
    consequence: str
    tissue: str = strawberry.field(description="Of the expression that colocalises.")
    tissue_ids: list[Identifier] = strawberry.field(
        description="Terms of UBERON, CL or EFO for the tissues; empty where none is known."
    )
    study: str
    posterior: float | None = strawberry.field(
        description="That the variant is causal for that expression, 0 to 1."
    )
    score: float | None
    source: str
    trait: str = strawberry.field(
        description="Identifier of the disease or trait a curated locus is of; else empty."
    )
    credible_sets: list[LocusCredibleSet] = strawberry.field(
        description="Of a curated locus: what sets of the same trait that name the gene as causal "
        "say of it. The matrix of features names no variant."
    )

    @classmethod
    def of(cls, known: GeneTie, gene: Node) -> VariantGeneTie:
        """As the API shows it."""
        told = {
            "gene": gene,
            "tissue_ids": identifiers(known.tissue_ids),
            "credible_sets": [LocusCredibleSet.of(s) for s in known.credible_sets],
        }
        return cls(**_same(known) | told)


@strawberry.type(description="A record that ties a variant to a disease or trait, or denies it.")
class VariantTraitFinding:
    """Built from `kg.variants.TraitFinding`."""

    trait: Node
    predicate: Predicate
    score: float | None
    p_value: float | None
    effect: float | None
    effect_lower: float | None
    effect_upper: float | None
    effect_kind: str
    allele: str = strawberry.field(description="Which allele the effect is of, where told.")
    direction: TraitEffect | None
    pip: float | None = strawberry.field(description="Posterior inclusion probability, 0 to 1.")
    credible_set: str
    cohort: str
    study: str
    ancestry: str = strawberry.field(description="Of the cohort, or the sample's description.")
    significance: str
    therapies: str = strawberry.field(description="For which treatment, where told.")
    negated: bool = strawberry.field(description="Whether the record speaks against the tie.")
    source: str
    publications: list[Identifier]

    @classmethod
    def of(cls, known: TraitFinding, trait: Node) -> VariantTraitFinding:
        """As the API shows it."""
        told = _same(known) | {
            "trait": trait,
            "direction": None if known.direction is None else TraitEffect(known.direction),
            "publications": identifiers(known.publications),
        }
        return cls(**told)


def record(siblings: Siblings[str], place: int) -> VariantRecord:
    """The record of one variant of a list; the first to ask has all read."""
    scope = siblings.scope

    def answer(ids: Sequence[str]) -> list[VariantRecord]:
        opened = scope.opened
        return variants(opened.store, ids, scope.counted.where(), opened.loci)

    found: VariantRecord = siblings.ask(place, "variant", answer)
    return found


def gene_ties(siblings: Siblings[str], place: int, first: int) -> list[VariantGeneTie]:
    """Of one variant of a list."""
    found = record(siblings, place).ties[:first]
    nodes = siblings.scope.existing([t.gene for t in found])
    return [VariantGeneTie.of(t, node) for t, node in zip(found, nodes, strict=True)]


def trait_findings(siblings: Siblings[str], place: int, first: int) -> list[VariantTraitFinding]:
    """Of one variant of a list."""
    found = record(siblings, place).findings[:first]
    nodes = siblings.scope.existing([f.trait for f in found])
    return [VariantTraitFinding.of(f, node) for f, node in zip(found, nodes, strict=True)]


def _same(known: Locus | ProteinChange | GeneTie | TraitFinding) -> dict[str, Any]:
    return {name: getattr(known, name) for name in known.__slots__}
