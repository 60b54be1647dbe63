"""Looks for labels where a model could read them; an empty list is the answer wanted.

- an edge type that a head learns from, its inverse or roll-up, or any way round it, among those
  that messages pass over: no chain of visible edge types joins genes with diseases or compounds,
  nor the two ends of any label, however long, but for the phenotypes of mouse mutants;
- a phenotype of a gene that was seen in patients and not in a mouse;
- an edge that rests on hidden evidence alone;
- a fact that is a label, or fame;
- claims, and clinical pictures of diseases without evidence, that are newer than a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np

from gnn.graph import Graph
from gnn.material import Material
from gnn.mouse import MOUSE_TERM
from gnn.objective import Objective
from gnn.relations import RELATIONS, Relation
from gnn.time_split import with_evidence
from kg.biolink import Category, EdgeType, Predicate
from kg.compile import CLASSES

DISEASE_SIDE = frozenset({Category.DISEASE, Category.PHENOTYPE})
ROLL_UPS = (
    DISEASE_SIDE,
    frozenset(
        {
            Category.GENE,
            Category.PROTEIN,
            Category.GENE_FAMILY,
            Category.DOMAIN,
            Category.COMPLEX,
            Category.PATHWAY,
        }
    ),
)
"""Categories whose statements repeat one another: of a term, and of what stands for it."""
DISEASE_FEATURES: tuple[EdgeType, ...] = (
    EdgeType(Category.DISEASE, Predicate.SUBCLASS_OF, Category.DISEASE),
    EdgeType(Category.PHENOTYPE, Predicate.SUBCLASS_OF, Category.PHENOTYPE),
    EdgeType(Category.DISEASE, Predicate.HAS_PHENOTYPE, Category.PHENOTYPE),
    EdgeType(Category.PHENOTYPE, Predicate.CLOSE_MATCH, Category.DISEASE),
)
"""What features of diseases are made of."""
MEASURED = EdgeType(Category.GENE, Predicate.HAS_PHENOTYPE, Category.PHENOTYPE)
"""What is seen in a mouse without the gene: measured, and no statement on a disease."""
FAME = ("publication", "pubmed", "citation", "popularity", "grant")
PRECEDENT = ("drug", "ligand", "patent", "development_level", "indication", "clinical", "safety")


def in_relations(objective: Objective, relations: Iterable[Relation] = RELATIONS) -> list[str]:
    """Hidden edge types among the relations, labels told otherwise, and chains that go round."""
    used = [t for r in relations for t in r.edge_types]
    found = [f"{objective.name}: {t} is hidden and used" for t in used if not objective.sees(t)]
    found += in_declaration(objective, used)
    chain = [t for t in used if t != MEASURED] + [*DISEASE_FEATURES]
    reached = _reached({Category.GENE}, chain) & (DISEASE_SIDE | {Category.COMPOUND})
    if reached:
        names = ", ".join(sorted(reached))
        found.append(f"{objective.name}: visible edge types lead from genes to {names}")
    found += [
        f"{objective.name}: visible edge types lead from one end of the label {label} to the other"
        for label in sorted(objective.label_edges)
        if label.object in _reached({label.subject}, chain)
    ]
    return found


def in_declaration(objective: Objective, edge_types: Iterable[EdgeType]) -> list[str]:
    """Edge types of a release that state what the labels state, and are seen.

    Either way round, and of what the ends are rolled up to: a family in place of its gene, a
    phenotype in place of a disease.

    Args:
        objective: Whose `hidden` is looked at.
        edge_types: All that the release has.
    """
    labels = {
        frozenset((subject, target))
        for t in objective.label_edges
        for subject in _rolled_up(t.subject)
        for target in _rolled_up(t.object)
    }
    return [
        f"{objective.name}: {t} joins the ends of a label and is not hidden"
        for t in edge_types
        if frozenset((t.subject, t.object)) in labels
        and t.predicate not in (Predicate.HAS_PHENOTYPE, Predicate.EXPRESSED_IN)
        and objective.sees(t)
    ]


def in_edges(
    graph: Graph, objective: Objective, relations: Iterable[Relation] = RELATIONS
) -> list[str]:
    """Edges of the relations that rest on evidence of hidden classes alone."""
    bits = sum(1 << CLASSES.index(c) for c in objective.hidden_classes)
    found = []
    for edge_type in dict.fromkeys(t for r in relations for t in r.edge_types):
        numbers = graph.store.edge_numbers(edge_type)
        classes = graph.store.arrays["edge_classes"][numbers]
        count = int(((classes & np.uint16(~bits & 0xFFFF)) == 0).sum())
        if count:
            found.append(f"{objective.name}: {count} edges {edge_type} rest on hidden evidence")
    return found


def in_measured(graph: Graph) -> list[str]:
    """Phenotypes of genes that are none of a mouse's.

    What patients of a gene show is said of it because it causes their disease: with the pictures
    of diseases it would lead from gene to disease and back to the label. A mouse without the gene
    is measured whatever is known of patients, and only such phenotypes make profiles of genes.
    """
    numbers = graph.store.edge_numbers(MEASURED)
    objects = graph.store.ids_of(graph.store.arrays["edge_object"][numbers])
    human = sum(not o.startswith(MOUSE_TERM) for o in objects)
    return [f"{human} phenotypes of genes are of no mouse"] if human else []


def in_facts(keys: Iterable[str], label_kinds: Iterable[str]) -> list[str]:
    """Keys of facts that name a label, precedent or fame."""
    banned = (*FAME, *PRECEDENT, *label_kinds)
    return [f"fact {k} is {w}" for k in keys for w in banned if w in k.lower()]


def in_claims(material: Material) -> list[str]:
    """Claims of classes that the variant or the objective hides."""
    seen = {CLASSES[i] for i in np.unique(material.claims.evidence_class)}
    return [f"claims of class {c}" for c in sorted(seen & {h.value for h in material.hidden})]


def newer_than(material: Material, day: date) -> list[str]:
    """Claims and clinical pictures that were not there by a day."""
    claims, found = material.claims, []
    late = int((claims.day > np.datetime64(day)).sum())
    if late:
        found.append(f"{late} claims are newer than {day}")
    then = claims.keep(claims.day <= np.datetime64(day))
    known = with_evidence(then, material.ontology.n)
    # A disease without a picture of its own has the mean of those below it.
    allowed = np.asarray(material.ontology.ancestors.T @ known.astype(np.int32)) > 0
    pictures = np.diff(material.profiles.matrix.indptr) > 0
    unknown = int((pictures & ~allowed).sum())
    if unknown:
        found.append(f"{unknown} clinical pictures are of diseases without evidence by {day}")
    return found


def _rolled_up(category: Category) -> frozenset[Category]:
    """A category, and those that stand for many of it."""
    return next((group for group in ROLL_UPS if category in group), frozenset({category}))


def _reached(start: set[Category], edge_types: Iterable[EdgeType]) -> set[Category]:
    """All categories that chains of the edge types, either way, lead to from some."""
    near: dict[Category, set[Category]] = {}
    for t in edge_types:
        near.setdefault(t.subject, set()).add(t.object)
        near.setdefault(t.object, set()).add(t.subject)
    seen = frontier = start
    while frontier:
        frontier = {n for c in frontier for n in near.get(c, ())} - seen
        seen = seen | frontier
    return seen
