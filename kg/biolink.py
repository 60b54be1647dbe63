"""The graph's vocabulary: Biolink categories and predicates, and which triples are allowed.

Two categories are the project's own, because Biolink has none: `tkg:ProteinStructure` and
`tkg:BindingPocket`. `BIOLINK_PARENT` says what a Biolink reader should take them for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """What a node is."""

    GENE = "biolink:Gene"
    PROTEIN = "biolink:Protein"
    VARIANT = "biolink:SequenceVariant"
    DISEASE = "biolink:Disease"
    PHENOTYPE = "biolink:PhenotypicFeature"
    COMPOUND = "biolink:ChemicalEntity"
    PATHWAY = "biolink:Pathway"
    BIOLOGICAL_PROCESS = "biolink:BiologicalProcess"
    MOLECULAR_ACTIVITY = "biolink:MolecularActivity"
    CELLULAR_COMPONENT = "biolink:CellularComponent"
    ANATOMY = "biolink:AnatomicalEntity"
    CELL = "biolink:Cell"
    GENE_FAMILY = "biolink:GeneFamily"
    DOMAIN = "biolink:ProteinDomain"
    COMPLEX = "biolink:MacromolecularComplex"
    STRUCTURE = "tkg:ProteinStructure"
    POCKET = "tkg:BindingPocket"

    @property
    def label(self) -> str:
        """The plain name: GraphQL type, Neo4j label, PyG node type."""
        return LABEL[self]


LABEL: dict[Category, str] = {
    category: {
        "SequenceVariant": "Variant",
        "PhenotypicFeature": "Phenotype",
        "ChemicalEntity": "Compound",
        "AnatomicalEntity": "Anatomy",
        "MacromolecularComplex": "Complex",
    }.get(category.split(":")[1], category.split(":")[1])
    for category in Category
}

BIOLINK_PARENT: dict[Category, str] = {
    Category.STRUCTURE: "biolink:InformationContentEntity",
    Category.POCKET: "biolink:ProteinDomain",
}
"""The Biolink class under which each of the project's own categories is exported."""

PREFERRED_PREFIX: dict[Category, tuple[str, ...]] = {
    Category.GENE: ("HGNC",),
    Category.PROTEIN: ("UniProtKB",),
    Category.VARIANT: (
        "DBSNP",
        "CAID",
        "GRCh38",
        "GRCh37",
        "CIVIC.VARIANT",
        "SUBSTITUTION",
    ),
    Category.DISEASE: ("MONDO", "EFO", "ORPHA", "HP"),
    Category.PHENOTYPE: ("HP", "EFO", "MP", "OBA", "TRAIT"),
    Category.COMPOUND: ("CHEMBL.COMPOUND", "INCHIKEY"),
    Category.PATHWAY: ("REACT",),
    Category.BIOLOGICAL_PROCESS: ("GO",),
    Category.MOLECULAR_ACTIVITY: ("GO",),
    Category.CELLULAR_COMPONENT: ("GO",),
    Category.ANATOMY: ("UBERON",),
    Category.CELL: ("CL",),
    Category.GENE_FAMILY: ("HGNC.FAMILY",),
    Category.DOMAIN: ("InterPro", "PFAM", "PFAM.CLAN"),
    Category.COMPLEX: ("HUMAP3", "ComplexPortal"),
    Category.STRUCTURE: ("PDB",),
    Category.POCKET: ("POCKET",),
}


class Predicate(StrEnum):
    """How a subject relates to an object."""

    CAUSES = "biolink:causes"
    GENETICALLY_ASSOCIATED_WITH = "biolink:genetically_associated_with"
    ASSOCIATED_WITH = "biolink:associated_with"
    HAS_PHENOTYPE = "biolink:has_phenotype"
    SUBCLASS_OF = "biolink:subclass_of"
    EXACT_MATCH = "biolink:exact_match"
    CLOSE_MATCH = "biolink:close_match"
    HAS_GENE_PRODUCT = "biolink:has_gene_product"
    PHYSICALLY_INTERACTS_WITH = "biolink:physically_interacts_with"
    GENETICALLY_INTERACTS_WITH = "biolink:genetically_interacts_with"
    PARTICIPATES_IN = "biolink:participates_in"
    ACTIVELY_INVOLVED_IN = "biolink:actively_involved_in"
    ENABLES = "biolink:enables"
    LOCATED_IN = "biolink:located_in"
    EXPRESSED_IN = "biolink:expressed_in"
    MEMBER_OF = "biolink:member_of"
    PART_OF = "biolink:part_of"
    HAS_PART = "biolink:has_part"
    HOMOLOGOUS_TO = "biolink:homologous_to"
    IS_SEQUENCE_VARIANT_OF = "biolink:is_sequence_variant_of"
    IS_NEARBY_VARIANT_OF = "biolink:is_nearby_variant_of"
    AFFECTS = "biolink:affects"
    DIRECTLY_PHYSICALLY_INTERACTS_WITH = "biolink:directly_physically_interacts_with"
    TREATS = "biolink:treats"
    IN_CLINICAL_TRIALS_FOR = "biolink:in_clinical_trials_for"
    STRUCTURE_OF = "tkg:structure_of"

    @property
    def relationship(self) -> str:
        """The Neo4j relationship type: `biolink:has_phenotype` -> `HAS_PHENOTYPE`."""
        return self.split(":")[1].upper()


class KnowledgeLevel(StrEnum):
    """Biolink's knowledge_level: on what ground a statement is made."""

    KNOWLEDGE_ASSERTION = "knowledge_assertion"
    LOGICAL_ENTAILMENT = "logical_entailment"
    PREDICTION = "prediction"
    STATISTICAL_ASSOCIATION = "statistical_association"
    OBSERVATION = "observation"
    NOT_PROVIDED = "not_provided"


class AgentType(StrEnum):
    """Biolink's agent_type: who made the statement."""

    MANUAL_AGENT = "manual_agent"
    AUTOMATED_AGENT = "automated_agent"
    DATA_ANALYSIS_PIPELINE = "data_analysis_pipeline"
    COMPUTATIONAL_MODEL = "computational_model"
    TEXT_MINING_AGENT = "text_mining_agent"
    MANUAL_VALIDATION_OF_AUTOMATED_AGENT = "manual_validation_of_automated_agent"
    NOT_PROVIDED = "not_provided"


class EvidenceClass(StrEnum):
    """What kind of observation stands behind a statement; releases and models filter on it."""

    GENETIC = "genetic"
    LITERATURE = "literature"
    CLINICAL = "clinical"
    ASSAY = "assay"
    ASSAY_UNBIASED = "assay-unbiased"
    EXPRESSION = "expression"
    STRUCTURE = "structure"
    CURATED = "curated"
    SAFETY = "safety"
    PREDICTION = "prediction"
    ONTOLOGY = "ontology"
    """Hierarchy and identity: what joins terms, never a reason to believe in a target."""


class Redistributable(StrEnum):
    """Whether a file's rows may be passed on."""

    YES = "yes"
    SHARE_ALIKE = "share-alike"
    CHECK = "check"
    NO = "no"


@dataclass(frozen=True, slots=True, order=True)
class EdgeType:
    """A metaedge: Biolink triple, PyG edge type."""

    subject: Category
    predicate: Predicate
    object: Category

    def __str__(self) -> str:
        return f"{self.subject.label} {self.predicate.split(':')[1]} {self.object.label}"

    @property
    def pyg(self) -> tuple[str, str, str]:
        """The triple as PyTorch Geometric's `HeteroData` keys it."""
        return (self.subject.label, self.predicate.split(":")[1], self.object.label)


_C, _P = Category, Predicate
_FUNCTIONS = (_C.BIOLOGICAL_PROCESS, _C.MOLECULAR_ACTIVITY, _C.CELLULAR_COMPONENT)
_HIERARCHIES = (
    _C.DISEASE,
    _C.PHENOTYPE,
    _C.GENE_FAMILY,
    _C.DOMAIN,
    _C.ANATOMY,
    _C.CELL,
)
_CONDITIONS = (_C.DISEASE, _C.PHENOTYPE)


def _schema() -> frozenset[EdgeType]:
    triples = {
        (_C.GENE, _P.HAS_GENE_PRODUCT, _C.PROTEIN),
        (_C.GENE, _P.PHYSICALLY_INTERACTS_WITH, _C.GENE),
        (_C.GENE, _P.GENETICALLY_INTERACTS_WITH, _C.GENE),
        (_C.GENE, _P.HOMOLOGOUS_TO, _C.GENE),
        (_C.GENE, _P.PARTICIPATES_IN, _C.PATHWAY),
        (_C.GENE, _P.ACTIVELY_INVOLVED_IN, _C.BIOLOGICAL_PROCESS),
        (_C.GENE, _P.ENABLES, _C.MOLECULAR_ACTIVITY),
        (_C.GENE, _P.LOCATED_IN, _C.CELLULAR_COMPONENT),
        (_C.GENE, _P.EXPRESSED_IN, _C.ANATOMY),
        (_C.GENE, _P.EXPRESSED_IN, _C.CELL),
        (_C.GENE, _P.MEMBER_OF, _C.GENE_FAMILY),
        (_C.GENE, _P.HAS_PART, _C.DOMAIN),
        (_C.GENE, _P.PART_OF, _C.COMPLEX),
        (_C.GENE, _P.HAS_PHENOTYPE, _C.PHENOTYPE),
        (_C.DISEASE, _P.HAS_PHENOTYPE, _C.PHENOTYPE),
        (_C.DISEASE, _P.LOCATED_IN, _C.ANATOMY),
        (_C.DISEASE, _P.LOCATED_IN, _C.CELL),
        (_C.VARIANT, _P.IS_SEQUENCE_VARIANT_OF, _C.GENE),
        (_C.VARIANT, _P.IS_NEARBY_VARIANT_OF, _C.GENE),
        (_C.VARIANT, _P.LOCATED_IN, _C.POCKET),
        (_C.VARIANT, _P.LOCATED_IN, _C.STRUCTURE),
        (_C.COMPOUND, _P.AFFECTS, _C.GENE),
        (_C.COMPOUND, _P.DIRECTLY_PHYSICALLY_INTERACTS_WITH, _C.GENE),
        (_C.STRUCTURE, _P.STRUCTURE_OF, _C.PROTEIN),
        (_C.POCKET, _P.PART_OF, _C.STRUCTURE),
        (_C.PATHWAY, _P.PART_OF, _C.PATHWAY),
        (_C.PHENOTYPE, _P.CLOSE_MATCH, _C.PHENOTYPE),
        (_C.PHENOTYPE, _P.CLOSE_MATCH, _C.DISEASE),
        (_C.PHENOTYPE, _P.ASSOCIATED_WITH, _C.DISEASE),
    }
    triples |= {(c, _P.SUBCLASS_OF, c) for c in (*_HIERARCHIES, *_FUNCTIONS)}
    triples |= {(c, _P.PART_OF, d) for c in _FUNCTIONS for d in _FUNCTIONS}
    triples |= {
        (_C.DISEASE, _P.SUBCLASS_OF, _C.PHENOTYPE),
        (_C.PHENOTYPE, _P.SUBCLASS_OF, _C.DISEASE),
    }
    for condition in _CONDITIONS:
        for predicate in (
            _P.CAUSES,
            _P.GENETICALLY_ASSOCIATED_WITH,
            _P.ASSOCIATED_WITH,
        ):
            triples |= {
                (_C.GENE, predicate, condition),
                (_C.VARIANT, predicate, condition),
            }
        triples |= {(_C.COMPOUND, _P.TREATS, condition)}
        triples |= {(_C.COMPOUND, _P.IN_CLINICAL_TRIALS_FOR, condition)}
    return frozenset(EdgeType(*triple) for triple in triples)


SCHEMA: frozenset[EdgeType] = _schema()
"""The triples an edge may be. Anything else is quarantined by the merge."""
