"""What each objective learns from is hidden, however it is told; and what is clinical is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gnn import leaks
from gnn.clinical import clinical_claims
from gnn.graph import Graph
from gnn.objective import (
    CAUSALITY,
    DIRECTION,
    DRUGGABILITY,
    OBJECTIVES,
    REVERSIBILITY,
    Objective,
)
from gnn.relations import RELATIONS, Relation
from ingest.frames import Frames
from kg.biolink import Category, EdgeType, Predicate
from kg.compile import CLASSES
from kg.errors import BadArgument
from kg.release import Home, Release
from tests.graphs import evidence_frame, node_frame, publish, statement

G, C, D = Category.GENE, Category.COMPOUND, Category.DISEASE
OTHER = frozenset({EdgeType(Category.POCKET, Predicate.PART_OF, Category.STRUCTURE)})


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_relations_hold_no_label_and_no_way_round(release: Release, objective: Objective) -> None:
    graph = Graph(release)
    assert leaks.in_relations(objective) == []
    assert leaks.in_edges(graph, objective) == []
    assert leaks.in_declaration(objective, graph.store.edge_types) == []


# planted leaks are found


@pytest.mark.parametrize(
    "edge_types",
    [
        (EdgeType(G, Predicate.CAUSES, D),),
        (EdgeType(C, Predicate.AFFECTS, G), EdgeType(C, Predicate.TREATS, D)),
        (EdgeType(C, Predicate.AFFECTS, G), EdgeType(C, Predicate.IN_CLINICAL_TRIALS_FOR, D)),
        (
            EdgeType(Category.VARIANT, Predicate.IS_SEQUENCE_VARIANT_OF, G),
            EdgeType(Category.VARIANT, Predicate.GENETICALLY_ASSOCIATED_WITH, D),
        ),
        (EdgeType(G, Predicate.ASSOCIATED_WITH, Category.PHENOTYPE),),
    ],
    ids=["label", "treatment", "trial", "variant", "trait"],
)
def test_a_planted_relation_is_found(edge_types: tuple[EdgeType, ...]) -> None:
    planted = Relation("planted", edge_types, 1.0)
    assert leaks.in_relations(CAUSALITY, (*RELATIONS, planted)) != []
    blind = replace(CAUSALITY, label_edges=OTHER, hidden=OTHER)
    # Even where the declaration forgot to hide it, the chain from gene to disease is seen.
    assert any("lead from genes" in said for said in leaks.in_relations(blind, (planted,)))


def test_an_inverse_that_is_not_hidden_is_found() -> None:
    inverse = EdgeType(D, Predicate.ASSOCIATED_WITH, G)
    assert leaks.in_declaration(CAUSALITY, [inverse]) != []
    hidden = replace(CAUSALITY, hidden=CAUSALITY.hidden | {inverse})
    assert leaks.in_declaration(hidden, [inverse]) == []


def test_ligands_among_the_relations_are_found_by_druggability_and_direction() -> None:
    planted = Relation("ligands", (EdgeType(C, Predicate.AFFECTS, G),), 0.0)
    for objective in (DRUGGABILITY, DIRECTION):
        assert leaks.in_relations(objective, (planted,)) != []


def planted(label: EdgeType) -> dict[str, tuple[EdgeType, ...]]:
    """Ways in which a label's statement may come into the graph."""
    families = {G: Category.GENE_FAMILY, C: C, Category.VARIANT: Category.VARIANT}
    middle = Category.POCKET
    rolled = {**families, D: Category.PHENOTYPE, Category.PHENOTYPE: D}
    subject, target = rolled[label.subject], rolled[label.object]
    return {
        "label": (label,),
        "inverse": (EdgeType(label.object, label.predicate, label.subject),),
        "roll-up": (EdgeType(subject, Predicate.PART_OF, target),),
        "two hops": (
            EdgeType(label.subject, Predicate.LOCATED_IN, middle),
            EdgeType(middle, Predicate.PART_OF, label.object),
        ),
    }


@pytest.mark.parametrize("way", ["label", "inverse", "roll-up", "two hops"])
@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_a_planted_label_of_every_objective_is_found(objective: Objective, way: str) -> None:
    assert leaks.in_relations(objective) == []
    assert objective.label_edges
    for label in objective.label_edges:
        edges = planted(label)[way]
        assert leaks.in_relations(objective, (*RELATIONS, Relation("planted", edges, 0.0))) != []
        if way in ("inverse", "roll-up"):
            assert leaks.in_declaration(objective, edges) != []


def test_phenotypes_of_genes_are_of_mice(release: Release, tmp_path: Path) -> None:
    """A patient's phenotype of a gene would lead back to the disease that it causes."""
    assert leaks.in_measured(Graph(release)) == []
    ends = Category.GENE, Category.PHENOTYPE
    for terms, said in (
        (("MP:0000001", "MP:0000002"), []),
        (("MP:0000001", "HP:0000118"), ["1 phenotypes of genes are of no mouse"]),
    ):
        rows = [statement("HGNC:1", t, Predicate.HAS_PHENOTYPE, ends) for t in terms]
        nodes = node_frame(
            ("HGNC:1", Category.GENE, "A"), *((t, Category.PHENOTYPE, t) for t in terms)
        )
        home = Home(tmp_path / terms[-1].replace(":", "_"))
        publish(home, {"planted": Frames(nodes=nodes, evidence=evidence_frame(*rows))})
        assert leaks.in_measured(Graph(home.open())) == said


def test_an_objective_hides_its_labels() -> None:
    with pytest.raises(BadArgument, match="hide them all"):
        replace(DIRECTION, label_edges=frozenset())
    with pytest.raises(BadArgument, match="hide them all"):
        replace(REVERSIBILITY, hidden=DIRECTION.hidden - REVERSIBILITY.label_edges)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_labels_of_every_objective_are_in_the_release(
    release: Release, objective: Objective
) -> None:
    kinds = pc.unique(release.table("labels", ["kind"])["kind"].cast(pa.string())).to_pylist()
    assert objective.labels <= set(kinds)


def test_verdicts_on_loci_are_no_evidence(release: Release) -> None:
    """No record in the graph comes from the lists that locus to gene learns from."""
    labels = release.table("labels", ["kind", "source"])
    mine = pc.equal(labels["kind"].cast(pa.string()), "locus_gold_standard")
    sources = set(labels.filter(mine)["source"].cast(pa.string()).unique().to_pylist())
    told = Graph(release).store.evidence_table(["source"])["source"].cast(pa.string())
    assert sources
    assert not sources & set(told.unique().to_pylist())


# clinical statements


def test_no_source_states_a_pair_of_gene_and_disease_clinically(release: Release) -> None:
    """What README and the model card say of `full`; were there one, `full` should read it."""
    claims = Graph(release).claims
    assert not (claims.evidence_class == CLASSES.index("clinical")).any()


def test_clinical_statements_are_those_of_the_records(release: Release) -> None:
    """Against DuckDB over the tables; none is on a treatment, which would restate a trial."""
    graph = Graph(release)
    found = clinical_claims(graph)
    pairs = {
        (graph.genes.ids[g], graph.diseases.ids[d])
        for g, d in zip(found.gene.tolist(), found.disease.tolist(), strict=True)
    }
    evidence = release.path / "tables" / "evidence.parquet"
    told = duckdb.sql(f"""
        SELECT DISTINCT tie.object, item.object FROM '{evidence}' item JOIN '{evidence}' tie
        ON tie.subject = item.subject AND tie.source = item.source
        WHERE tie.predicate = 'biolink:is_sequence_variant_of'
        AND item.evidence_class = 'clinical' AND NOT item.negated
        AND item.object_category = 'biolink:Disease' AND (item.detail->>'significance')
        IN ('Positive', 'Poor Outcome', 'Better Outcome')
    """).fetchall()
    assert pairs == {(g, d) for g, d in told if g in graph.genes.position}
    assert len(pairs) > 200
    details = [json.loads(d) for d in graph.store.evidence_values("detail", found.row) if d]
    assert {d["type"] for d in details} == {"Diagnostic", "Prognostic"}
    assert not any(d.get("therapies") for d in details)
