"""Monarch: genes of diseases, the seats of diseases, and how diseases are inherited."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, evidence, facts
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, Predicate

GENES = "monarch/correlated_gene_to_disease.tsv.gz"
PLACES = "monarch/disease_to_location.tsv.gz"
INHERITANCE = "monarch/disease_to_inheritance.tsv.gz"

STRENGTH = {
    "biolink:causes": 0.9,
    "biolink:contributes_to": 0.5,
    "biolink:gene_associated_with_condition": 0.5,
}
"""Causal, susceptibility, and associated without more being said."""
_CAUSES = "biolink:causes"


def read(inputs: Inputs) -> Frames:
    """Genes with their diseases, then diseases with anatomy and mode of inheritance."""
    return Frames.concat([_genes(inputs), _places(inputs), _inheritance(inputs)])


def _genes(inputs: Inputs) -> Frames:
    table = inputs.table(GENES)
    good, bad = table.split(
        {
            "gene is not an HGNC id": col("subject").str.contains(r"^HGNC:\d+$"),
            "no disease identifier": as_curie(col("object")).is_not_null(),
            "unknown predicate": col("predicate").is_in(list(STRENGTH)),
        }
    )
    found = evidence(
        inputs,
        GENES,
        good,
        subject=col("subject"),
        predicate=pl.when(col("predicate") == _CAUSES)
        .then(pl.lit(Predicate.CAUSES.value))
        .otherwise(pl.lit(Predicate.GENETICALLY_ASSOCIATED_WITH.value)),
        object=as_curie(col("object")),
        subject_category=Category.GENE,
        object_category=Category.DISEASE,
        score=col("predicate").replace_strict(STRENGTH, return_dtype=pl.Float64),
        negated=col("negated").str.to_lowercase() == "true",
        detail={
            "predicate": col("predicate"),
            "given_by": col("primary_knowledge_source"),
            "disease": col("object_label"),
        },
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _places(inputs: Inputs) -> Frames:
    table = inputs.table(PLACES)
    place = as_curie(col("object"))
    good, bad = table.split(
        {
            "no disease identifier": as_curie(col("subject")).is_not_null(),
            "place is in neither UBERON nor CL": place.str.contains(r"^(UBERON|CL):"),
        }
    )
    found = evidence(
        inputs,
        PLACES,
        good,
        subject=as_curie(col("subject")),
        predicate=Predicate.LOCATED_IN,
        object=place,
        subject_category=Category.DISEASE,
        object_category=pl.when(place.str.starts_with("CL:"))
        .then(pl.lit(Category.CELL.value))
        .otherwise(pl.lit(Category.ANATOMY.value)),
        evidence_class=EvidenceClass.ONTOLOGY,
        detail={"place": col("object_label")},
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _inheritance(inputs: Inputs) -> Frames:
    if not inputs.has(INHERITANCE):
        return Frames()
    table = inputs.table(INHERITANCE)
    good, bad = table.split(
        {
            "no disease identifier": as_curie(col("subject")).is_not_null(),
            "mode is not an HP term": col("object").str.contains(r"^HP:\d{7}$"),
            "mode has no name": col("object_label").str.strip_chars() != "",
            "negated": col("negated").str.to_lowercase() != "true",
        }
    )
    told = facts(
        inputs,
        INHERITANCE,
        good,
        subject=as_curie(col("subject")),
        subject_category=Category.DISEASE,
        texts={"disease.inheritance": col("object_label")},
        evidence_class=EvidenceClass.CURATED,
    )
    return Frames(facts=told, quarantine=bad, rows=table.n_lines)


MONARCH = Source(
    id="monarch",
    title="Monarch Initiative",
    infores="infores:monarchinitiative",
    about="Genes of rare diseases or contributing to any; seats and inheritance of diseases.",
    files=(
        SourceFile(
            GENES,
            columns=(
                "subject",
                "negated",
                "predicate",
                "object",
                "object_label",
                "primary_knowledge_source",
            ),
        ),
        SourceFile(PLACES, columns=("subject", "object", "object_label")),
        SourceFile(
            INHERITANCE, columns=("subject", "negated", "object", "object_label"), optional=True
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
    agent_type=AgentType.MANUAL_AGENT,
)
