"""The relations that fields are named after: which edge types, walked in which direction."""

from __future__ import annotations

from dataclasses import dataclass

from kg.biolink import SCHEMA, Category, EdgeType, Predicate
from kg.store import Direction

_C, _P = Category, Predicate


@dataclass(frozen=True, slots=True)
class Role:
    """Edges of a node that mean one thing.

    Attributes:
        name: Names the list in cursors.
        types: Edge types, sorted; empty means all.
        direction: Seen from the node that the list belongs to.
    """

    name: str
    types: tuple[EdgeType, ...]
    direction: Direction


def _role(name: str, direction: Direction, *types: EdgeType) -> Role:
    unknown = [t for t in types if t not in SCHEMA]
    if unknown:
        raise ValueError(f"role {name}: {unknown[0]} is no edge type")
    return Role(name, tuple(sorted(types)), direction)


def _types(
    subjects: tuple[Category, ...],
    predicates: tuple[Predicate, ...],
    objects: tuple[Category, ...],
) -> list[EdgeType]:
    every = (EdgeType(s, p, o) for s in subjects for p in predicates for o in objects)
    return [edge_type for edge_type in every if edge_type in SCHEMA]


_OUT, _IN, _BOTH = Direction.OUT, Direction.IN, Direction.BOTH
_GENE, _CONDITIONS = (_C.GENE,), (_C.DISEASE, _C.PHENOTYPE)
_CLAIMS = (_P.CAUSES, _P.GENETICALLY_ASSOCIATED_WITH, _P.ASSOCIATED_WITH)
_FUNCTIONS = (_C.BIOLOGICAL_PROCESS, _C.MOLECULAR_ACTIVITY, _C.CELLULAR_COMPONENT)
_ACTS_ON = (_P.AFFECTS, _P.DIRECTLY_PHYSICALLY_INTERACTS_WITH)
_OF_GENE = (_P.IS_SEQUENCE_VARIANT_OF, _P.IS_NEARBY_VARIANT_OF)

GENE_CLAIMS = tuple(_types(_GENE, _CLAIMS, _CONDITIONS))
"""Statements that a gene bears on a disease or trait."""

DISEASES_OF_TARGET = _role("diseases", _OUT, *GENE_CLAIMS)
TARGETS_OF_DISEASE = _role("targets", _IN, *GENE_CLAIMS)

INTERACTIONS = _role(
    "interactions",
    _BOTH,
    *_types(_GENE, (_P.PHYSICALLY_INTERACTS_WITH, _P.GENETICALLY_INTERACTS_WITH), _GENE),
)
PARALOGUES = _role("paralogues", _BOTH, *_types(_GENE, (_P.HOMOLOGOUS_TO,), _GENE))
PATHWAYS = _role("pathways", _OUT, *_types(_GENE, (_P.PARTICIPATES_IN,), (_C.PATHWAY,)))
FUNCTIONS = _role(
    "functions",
    _OUT,
    *_types(_GENE, (_P.ACTIVELY_INVOLVED_IN, _P.ENABLES, _P.LOCATED_IN), _FUNCTIONS),
)
EXPRESSION = _role("expression", _OUT, *_types(_GENE, (_P.EXPRESSED_IN,), (_C.ANATOMY, _C.CELL)))
FAMILIES = _role("families", _OUT, *_types(_GENE, (_P.MEMBER_OF,), (_C.GENE_FAMILY,)))
DOMAINS = _role("domains", _OUT, *_types(_GENE, (_P.HAS_PART,), (_C.DOMAIN,)))
COMPLEXES = _role("complexes", _OUT, *_types(_GENE, (_P.PART_OF,), (_C.COMPLEX,)))
GENE_PHENOTYPES = _role("phenotypes", _OUT, *_types(_GENE, (_P.HAS_PHENOTYPE,), (_C.PHENOTYPE,)))

PROTEINS_OF_GENE = _role("proteins", _OUT, *_types(_GENE, (_P.HAS_GENE_PRODUCT,), (_C.PROTEIN,)))
GENES_OF_PROTEIN = _role("genes", _IN, *_types(_GENE, (_P.HAS_GENE_PRODUCT,), (_C.PROTEIN,)))
STRUCTURES_OF_PROTEIN = _role(
    "structures", _IN, *_types((_C.STRUCTURE,), (_P.STRUCTURE_OF,), (_C.PROTEIN,))
)
PROTEINS_OF_STRUCTURE = _role(
    "proteins", _OUT, *_types((_C.STRUCTURE,), (_P.STRUCTURE_OF,), (_C.PROTEIN,))
)
POCKETS_OF_STRUCTURE = _role("pockets", _IN, *_types((_C.POCKET,), (_P.PART_OF,), (_C.STRUCTURE,)))
STRUCTURES_OF_POCKET = _role(
    "structures", _OUT, *_types((_C.POCKET,), (_P.PART_OF,), (_C.STRUCTURE,))
)
VARIANTS_IN_PLACE = _role(
    "variants", _IN, *_types((_C.VARIANT,), (_P.LOCATED_IN,), (_C.POCKET, _C.STRUCTURE))
)
PLACES_OF_VARIANT = _role(
    "places", _OUT, *_types((_C.VARIANT,), (_P.LOCATED_IN,), (_C.POCKET, _C.STRUCTURE))
)
VARIANTS_OF_GENE = _role("variants", _IN, *_types((_C.VARIANT,), _OF_GENE, _GENE))
GENES_OF_VARIANT = _role("targets", _OUT, *_types((_C.VARIANT,), _OF_GENE, _GENE))
CONDITIONS_OF_VARIANT = _role("diseases", _OUT, *_types((_C.VARIANT,), _CLAIMS, _CONDITIONS))
VARIANTS_OF_CONDITION = _role("variants", _IN, *_types((_C.VARIANT,), _CLAIMS, _CONDITIONS))

COMPOUNDS_OF_TARGET = _role("compounds", _IN, *_types((_C.COMPOUND,), _ACTS_ON, _GENE))
TARGETS_OF_COMPOUND = _role("targets", _OUT, *_types((_C.COMPOUND,), _ACTS_ON, _GENE))
_TREATS = (_P.TREATS, _P.IN_CLINICAL_TRIALS_FOR)
INDICATIONS = _role("indications", _OUT, *_types((_C.COMPOUND,), _TREATS, _CONDITIONS))
TREATMENTS = _role("compounds", _IN, *_types((_C.COMPOUND,), _TREATS, _CONDITIONS))

_HIERARCHY = tuple(sorted(t for t in SCHEMA if t.predicate == _P.SUBCLASS_OF))
PARENTS = Role("parents", _HIERARCHY, _OUT)
CHILDREN = Role("children", _HIERARCHY, _IN)
PHENOTYPES = _role("phenotypes", _OUT, *_types((_C.DISEASE,), (_P.HAS_PHENOTYPE,), (_C.PHENOTYPE,)))
MEMBERS = Role("members", tuple(sorted(t for t in SCHEMA if t.subject == _C.GENE)), _IN)

EVERY = {d: Role(f"all-{d}", (), d) for d in Direction}
"""All edges of a node."""
