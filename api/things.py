"""The kinds of node, each with the lists that belong to it."""

from __future__ import annotations

import strawberry

from api import roles
from api.loaders import Siblings
from api.node import Link, Node, role_field
from api.pages import Connection, First
from api.pockets import KnownLigand, PocketVariant, ligands, pocket_variants
from api.scores import Direction, TargetScore, Weighting, direction_of, shown, weights_of
from api.variants import (
    VariantChange,
    VariantGeneTie,
    VariantLocus,
    VariantTraitFinding,
    gene_ties,
    record,
    trait_findings,
)
from kg.biolink import Category
from kg.details import Chemistry, Residue
from kg.errors import UnknownNode
from kg.model import Fact as KnownFact
from kg.model import Node as GraphNode

Links = Connection[Link]


@strawberry.type(description="A gene as a drug target.")
class Target(Node):
    """A node of category Gene."""

    diseases: Links = role_field(roles.DISEASES_OF_TARGET, "Diseases and traits it bears on.")
    variants: Links = role_field(roles.VARIANTS_OF_GENE, "Variants in or near it.")
    compounds: Links = role_field(roles.COMPOUNDS_OF_TARGET, "What is known to act on it.")
    proteins: Links = role_field(roles.PROTEINS_OF_GENE, "What it codes for.")
    interactions: Links = role_field(roles.INTERACTIONS, "Physical and genetic partners.")
    paralogues: Links = role_field(roles.PARALOGUES, "Genes of the same origin.")
    pathways: Links = role_field(roles.PATHWAYS, "Pathways it takes part in.")
    functions: Links = role_field(roles.FUNCTIONS, "Gene Ontology terms.")
    expression: Links = role_field(roles.EXPRESSION, "Tissues and cells it is expressed in.")
    families: Links = role_field(roles.FAMILIES, "Gene groups.")
    domains: Links = role_field(roles.DOMAINS, "Domains and families of its protein.")
    complexes: Links = role_field(roles.COMPLEXES, "Complexes its protein is part of.")
    phenotypes: Links = role_field(roles.GENE_PHENOTYPES, "Phenotypes of its disruption.")

    @strawberry.field(
        description="Its scores for the diseases it most likely causes, by the model and its whole "
        "release: `asOf` and what leaves evidence out do not reach them."
    )
    def scores(self, first: int = 10, weights: Weighting = None) -> list[TargetScore]:
        scorer = self._siblings.scope.scorer
        if scorer is None or not 0 < first <= _MOST_SCORES:
            return []
        try:
            return shown(scorer.diseases_of(self._graph.id, first, weights_of(weights)), scorer)
        except UnknownNode:
            return []

    @strawberry.field(
        description="Which way drugs push it, or would by its homologues, whatever the disease; "
        "`scores { direction }` tells it for one. Null where no model tells of the gene."
    )
    def direction(self) -> Direction | None:
        scorer = self._siblings.scope.scorer
        if scorer is None:
            return None
        try:
            return direction_of(scorer.direction_of(self._graph.id))
        except UnknownNode:
            return None

    @strawberry.field(description="Variants in pockets of its protein, largest pockets first.")
    def pocket_variants(self, min_volume: float = 200.0, first: int = 50) -> list[PocketVariant]:
        return pocket_variants(self._siblings.scope, self._graph.id, min_volume, first)

    @strawberry.field(description="Compounds known for its protein; 7 is 100 nM.")
    def ligands(self, least_affinity: float = 7.0, first: int = 25) -> list[KnownLigand]:
        return ligands(self._siblings.scope, self._graph.id, least_affinity, first)


_MOST_SCORES = 100


@strawberry.type(description="A disease.")
class Disease(Node):
    """A node of category Disease."""

    targets: Links = role_field(roles.TARGETS_OF_DISEASE, "Genes that bear on it.")
    variants: Links = role_field(roles.VARIANTS_OF_CONDITION, "Variants that bear on it.")
    compounds: Links = role_field(roles.TREATMENTS, "What treats it, or is tried.")
    phenotypes: Links = role_field(roles.PHENOTYPES, "Its signs and symptoms.")
    parents: Links = role_field(roles.PARENTS, "More general diseases.")
    children: Links = role_field(roles.CHILDREN, "More specific diseases.")


@strawberry.type(description="A phenotype, measurement or trait.")
class Phenotype(Node):
    """A node of category PhenotypicFeature."""

    targets: Links = role_field(roles.TARGETS_OF_DISEASE, "Genes that bear on it.")
    variants: Links = role_field(roles.VARIANTS_OF_CONDITION, "Variants that bear on it.")
    parents: Links = role_field(roles.PARENTS, "More general terms.")
    children: Links = role_field(roles.CHILDREN, "More specific terms.")


@strawberry.type(description="A sequence variant.")
class Variant(Node):
    """A node of category SequenceVariant."""

    targets: Links = role_field(roles.GENES_OF_VARIANT, "Genes it lies in or near.")
    diseases: Links = role_field(roles.CONDITIONS_OF_VARIANT, "Diseases and traits.")
    places: Links = role_field(roles.PLACES_OF_VARIANT, "Structures and pockets it lies in.")

    @strawberry.field(description="`rs...`; null where it has none.")
    def rsid(self) -> str | None:
        return record(self._siblings, self._place).rsid or None

    @strawberry.field(description="Where it lies on the genome, on each assembly that is told.")
    def loci(self) -> list[VariantLocus]:
        return [VariantLocus.of(known) for known in record(self._siblings, self._place).loci]

    @strawberry.field(description="Of the sequence, in the sources' words.")
    def consequences(self) -> list[str]:
        return list(record(self._siblings, self._place).consequences)

    @strawberry.field(description="ACMG or UniProt class, where a source says one.")
    def significance(self) -> list[str]:
        return list(record(self._siblings, self._place).significance)

    @strawberry.field(description="Amino acids it exchanges, checked against the sequence.")
    def protein_changes(self) -> list[VariantChange]:
        return [VariantChange.of(known) for known in record(self._siblings, self._place).changes]

    @strawberry.field(description="Genes, with the kind of evidence; the strongest edge first.")
    def gene_ties(self, first: First = 25) -> list[VariantGeneTie]:
        return gene_ties(self._siblings, self._place, first)

    @strawberry.field(description="Diseases and traits, record by record.")
    def trait_findings(self, first: First = 25) -> list[VariantTraitFinding]:
        return trait_findings(self._siblings, self._place, first)


@strawberry.type(description="A protein.")
class Protein(Node):
    """A node of category Protein."""

    genes: Links = role_field(roles.GENES_OF_PROTEIN, "The genes that code for it.")
    structures: Links = role_field(roles.STRUCTURES_OF_PROTEIN, "Its structures.")


@strawberry.type(description="A residue of a structure whose letter is the sequence's.")
class StructureResidue:
    """Built from `kg.details.Residue`."""

    file_number: int = strawberry.field(description="Number in the structure's file.")
    uniprot: str
    position: int = strawberry.field(description="Place in the protein's sequence, from 1.")
    letter: str
    pocket: int = strawberry.field(description="Number of the pocket it lines; 0 for none.")

    @classmethod
    def of(cls, residue: Residue) -> StructureResidue:
        """As the API shows it."""
        return cls(
            file_number=residue.file_number,
            uniprot=residue.uniprot,
            position=residue.position,
            letter=residue.letter,
            pocket=residue.pocket,
        )


def _residues(siblings: Siblings[str], place: int, structure: str) -> list[StructureResidue]:
    details = siblings.scope.opened.details
    found = details.residues_of([structure])[0]
    return [StructureResidue.of(r) for r in found]


@strawberry.type(description="An experimental structure of a protein.")
class Structure(Node):
    """A node of category ProteinStructure."""

    proteins: Links = role_field(roles.PROTEINS_OF_STRUCTURE, "Whose structure it is.")
    pockets: Links = role_field(roles.POCKETS_OF_STRUCTURE, "Cavities that were detected.")
    variants: Links = role_field(roles.VARIANTS_IN_PLACE, "Variants of its residues.")

    @strawberry.field(description="Residues by file number; one in two pockets is listed twice.")
    def residues(self) -> list[StructureResidue]:
        return _residues(self._siblings, self._place, self._graph.id)


def _fact(node: Node, key: str) -> KnownFact | None:
    found = node._siblings.ask(node._place, "facts", node._siblings.scope.facts)
    return next((fact for fact in found if fact.key == key), None)


def _number(node: Node, key: str) -> float | None:
    fact = _fact(node, key)
    return None if fact is None else fact.number


def _text(node: Node, key: str) -> str:
    fact = _fact(node, key)
    return "" if fact is None else fact.text or ""


@strawberry.type(description="A cavity of a structure.")
class Pocket(Node):
    """A node of category BindingPocket."""

    structures: Links = role_field(roles.STRUCTURES_OF_POCKET, "The structure it is part of.")
    variants: Links = role_field(roles.VARIANTS_IN_PLACE, "Variants of residues that line it.")

    @strawberry.field(description="Cubic angstrom.")
    def volume(self) -> float | None:
        return _number(self, "pocket.volume")

    @strawberry.field(description="Of its deepest point, angstrom.")
    def depth(self) -> float | None:
        return _number(self, "pocket.depth")

    @strawberry.field(description="Mean of its surface, -1.42 (hydrophobic) to 2.6.")
    def hydropathy(self) -> float | None:
        return _number(self, "pocket.hydropathy")

    @strawberry.field(description="What found it, with its version.")
    def method(self) -> str:
        return _text(self, "pocket.method")

    @strawberry.field(description="observed where the file has a ligand in it, or predicted.")
    def basis(self) -> str:
        return _text(self, "pocket.basis")

    @strawberry.field(description="PDB codes of the ligands that the file has in it.")
    def ligands(self) -> list[str]:
        return [code for code in _text(self, "pocket.ligands").split(",") if code]

    @strawberry.field(description="The residues that line it.")
    def residues(self) -> list[StructureResidue]:
        structure, _, number = self._graph.id.removeprefix("POCKET:").partition("#")
        found = _residues(self._siblings, self._place, f"PDB:{structure}")
        return [r for r in found if r.pocket == int(number)]


@strawberry.type(description="What follows from a compound's drawing.")
class CompoundChemistry:
    """Built from `kg.details.Chemistry`."""

    inchikey: str
    smiles: str = strawberry.field(description="Of the standardised parent.")
    standardised_by: str | None
    salt: bool = strawberry.field(description="Whether a source drew a salt or mixture.")
    molecular_weight: float | None
    logp: float | None
    tpsa: float | None
    hydrogen_bond_donors: int | None
    hydrogen_bond_acceptors: int | None
    rotatable_bonds: int | None
    rings: int | None
    aromatic_rings: int | None
    fraction_sp3: float | None
    heavy_atoms: int | None
    formal_charge: int | None
    qed: float | None = strawberry.field(description="Drug-likeness, 0 to 1.")
    alerts: list[str]
    same_skeleton: list[strawberry.ID] = strawberry.field(
        description="Other compounds with the first block of its InChIKey: stereoisomers, isotopes "
        "and charges, which are never merged."
    )

    @classmethod
    def of(cls, known: Chemistry) -> CompoundChemistry:
        """As the API shows it."""
        same = {
            name: getattr(known, name)
            for name in Chemistry.__slots__
            if name not in ("id", "standard", "alerts", "same_skeleton")
        }
        return cls(
            **same,
            standardised_by=known.standard,
            alerts=list(known.alerts),
            same_skeleton=[strawberry.ID(i) for i in known.same_skeleton],
        )


@strawberry.type(description="A compound or biological drug.")
class Compound(Node):
    """A node of category ChemicalEntity."""

    targets: Links = role_field(roles.TARGETS_OF_COMPOUND, "What it acts on.")
    indications: Links = role_field(roles.INDICATIONS, "What it treats, or is tried for.")

    @strawberry.field(description="Null where no drawing is known.")
    def chemistry(self) -> CompoundChemistry | None:
        details = self._siblings.scope.opened.details
        known = self._siblings.ask(self._place, "chemistry", details.chemistry_of)
        return None if known is None else CompoundChemistry.of(known)


@strawberry.type(description="A pathway, function, place, family, domain or complex.")
class Group(Node):
    """A node of any other category."""

    members: Links = role_field(roles.MEMBERS, "The genes that belong to it.")
    parents: Links = role_field(roles.PARENTS, "More general groups.")
    children: Links = role_field(roles.CHILDREN, "More specific groups.")


KINDS: dict[Category, type[Node]] = {
    Category.GENE: Target,
    Category.DISEASE: Disease,
    Category.PHENOTYPE: Phenotype,
    Category.VARIANT: Variant,
    Category.PROTEIN: Protein,
    Category.STRUCTURE: Structure,
    Category.POCKET: Pocket,
    Category.COMPOUND: Compound,
}
"""What the API makes of each category; a `Group` of all others."""


def build(node: GraphNode, siblings: Siblings[str], place: int) -> Node:
    """A node of the store as the API shows it."""
    return KINDS.get(node.category, Group)(_graph=node, _siblings=siblings, _place=place)
