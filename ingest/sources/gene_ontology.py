"""Gene Ontology: terms, their hierarchy, and annotations of human genes from experiments.

Regulation and the other relations are left out: only is_a and part_of say where a term belongs.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, aliases, evidence, nodes, split_list
from ingest.gaf import read_gaf
from ingest.json_terms import read_terms
from ingest.obo import current, is_obo, read_obo
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table
from kg.biolink import Category, EvidenceClass, Predicate

TERMS = "gene_ontology/go_2024-07.json.gz"
ANNOTATIONS = "gene_ontology/GO_annotations-9606-direct-expev.tsv.gz"

CATEGORY = {
    "biological_process": Category.BIOLOGICAL_PROCESS,
    "molecular_function": Category.MOLECULAR_ACTIVITY,
    "cellular_component": Category.CELLULAR_COMPONENT,
}
PREDICATE = {
    "biological_process": Predicate.ACTIVELY_INVOLVED_IN,
    "molecular_function": Predicate.ENABLES,
    "cellular_component": Predicate.LOCATED_IN,
}
PART_OF = "part_of"
RELATIONS = {"is_a": Predicate.SUBCLASS_OF, PART_OF: Predicate.PART_OF}


def read(inputs: Inputs) -> Frames:
    """Terms as nodes, is_a and part_of as edges, merged ids as aliases, annotations as edges."""
    table = inputs.keep(_terms(inputs))
    good, bad = table.split(
        {
            "not a GO term": col("id").str.contains(r"^GO:\d{7}$"),
            "unknown namespace": col("namespace").is_in(list(CATEGORY)),
        }
    )
    terms = good.with_columns(
        category=col("namespace").replace_strict(CATEGORY, return_dtype=pl.String)
    )
    read_of_terms = Frames(quarantine=bad, rows=table.n_lines)
    return Frames.concat([read_of_terms, _ontology(inputs, terms), _annotations(inputs, terms)])


def _terms(inputs: Inputs) -> Table:
    """Terms as a list in JSON, without the obsolete ones, or as the consortium's own OBO file."""
    path = inputs.path(TERMS)
    if not is_obo(path, TERMS):
        return read_terms(path, TERMS, tuple(RELATIONS))
    return current(read_obo(path, TERMS, (PART_OF,)))


def _ontology(inputs: Inputs, terms: pl.DataFrame) -> Frames:
    edges = [_edges(inputs, terms, relation) for relation in RELATIONS]
    merged = terms.explode("alt_ids")
    return Frames(
        nodes=nodes(terms, col("category"), col("id"), col("name"), synonyms=col("synonyms")),
        evidence=pl.concat(edges),
        aliases=aliases(merged, col("category"), col("alt_ids"), col("id"), "replaced", rank=1),
    )


def _edges(inputs: Inputs, terms: pl.DataFrame, relation: str) -> pl.DataFrame:
    parents = terms.select("id", parent_category="category")
    pairs = terms.explode(relation).join(
        parents, left_on=relation, right_on="id", maintain_order="left"
    )
    return evidence(
        inputs,
        TERMS,
        pairs,
        subject=col("id"),
        predicate=RELATIONS[relation],
        object=col(relation),
        subject_category=col("category"),
        object_category=col("parent_category"),
        evidence_class=EvidenceClass.ONTOLOGY,
    )


def _annotations(inputs: Inputs, terms: pl.DataFrame) -> Frames:
    """A line is a term with its genes; terms that the ontology has dropped since are set aside.

    Genes are numbers of NCBI or, of the consortium's own file, CURIEs of their proteins.
    """
    table = inputs.table(ANNOTATIONS)
    known = pl.concat([terms["id"], terms["alt_ids"].explode().drop_nulls()])
    good, bad = table.split(
        {
            "not a human annotation": col("tax_id") == "9606",
            "not annotated directly": col("annotation_type") == "direct",
            "unknown namespace": col("go_domain").is_in(list(CATEGORY)),
            "term is obsolete or unknown": col("go_id").is_in(known.implode()),
        }
    )
    genes = good.with_columns(gene=split_list("gene_ids")).explode("gene")
    is_curie = col("gene").str.contains(":", literal=True)
    found = evidence(
        inputs,
        ANNOTATIONS,
        genes,
        subject=pl.when(is_curie).then("gene").otherwise("NCBIGene:" + col("gene")),
        predicate=col("go_domain").replace_strict(PREDICATE, return_dtype=pl.String),
        object=col("go_id"),
        subject_category=Category.GENE,
        object_category=col("go_domain").replace_strict(CATEGORY, return_dtype=pl.String),
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


GENE_ONTOLOGY = Source(
    id="gene_ontology",
    title="Gene Ontology",
    infores="infores:go",
    about="Processes, activities and places of gene products, from experiments; the terms' tree.",
    files=(
        SourceFile(TERMS, kinds=(".obo",)),
        SourceFile(
            ANNOTATIONS,
            columns=("go_id", "go_domain", "tax_id", "annotation_type", "gene_ids"),
            convert=read_gaf,
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
)
