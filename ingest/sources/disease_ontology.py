"""Disease Ontology: former numbers, cross references, and the diseases that MONDO has no term for.

Where MONDO has the term, the DOID is only another name of it; its place in the hierarchy is
MONDO's. The others become nodes with their Disease Ontology parents.
"""

from __future__ import annotations

from dataclasses import replace

from polars import col

from ingest.frames import Frames, aliases, evidence, nodes
from ingest.identifiers import as_curie
from ingest.mappings import OTHER_RANK
from ingest.merged_terms import read_merged
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import Category, EvidenceClass, Predicate

TERMS = "disease_ontology/HumanDO.tsv.gz"
XREFS = "disease_ontology/allXREFinDO.tsv.gz"
JSON = "disease_ontology/doid_2024-07.json.gz"
MONDO_DOID = "mondo/mondo_exactmatch_doid.sssom.tsv.gz"
DISEASE = Category.DISEASE
ROOT = "disease"
"""Parent of the topmost terms, which the table leaves out."""
_QUOTED = TableFormat(quote='"')


def read(inputs: Inputs) -> Frames:
    """Terms that MONDO lacks, then cross references, then merged numbers."""
    return Frames.concat([_terms(inputs), _xrefs(inputs), _replaced(inputs)])


def _terms(inputs: Inputs) -> Frames:
    """Terms with their parents, by name; of one whose parent is unknown the term alone is kept."""
    table = inputs.table(TERMS)
    mapped = inputs.table(MONDO_DOID).rows["object_id"].implode()
    numbers = table.rows.select(parent_id="id", subClassOf="label").unique("subClassOf")
    good, bad = table.split(
        {
            "term is not a DOID": as_curie(col("id")).is_not_null(),
            "MONDO has the term": ~col("id").is_in(mapped),
        }
    )
    named = col("subClassOf").is_in([*numbers["subClassOf"], ROOT])
    _, bad = replace(table, rows=good, bad=bad).split({"parent is not in the table": named})
    parents = good.join(numbers, on="subClassOf", maintain_order="left")
    edges = evidence(
        inputs,
        TERMS,
        parents,
        subject=col("id"),
        predicate=Predicate.SUBCLASS_OF,
        object=col("parent_id"),
        subject_category=DISEASE,
        object_category=DISEASE,
    )
    return Frames(
        nodes=nodes(good, DISEASE, col("id"), col("label")),
        evidence=edges,
        quarantine=bad,
        rows=table.n_lines,
    )


def _xrefs(inputs: Inputs) -> Frames:
    table = inputs.table(XREFS)
    other = as_curie(col("xref").str.replace(r"^SNOMEDCT_US_[0-9_]+:", "SCTID:"))
    good, bad = table.split(
        {
            "term is not a DOID": as_curie(col("id")).is_not_null(),
            "vocabulary is not used here": other.is_not_null(),
        }
    )
    found = aliases(good, DISEASE, other, col("id"), "xref", rank=OTHER_RANK)
    return Frames(aliases=found, quarantine=bad, rows=table.n_lines)


def _replaced(inputs: Inputs) -> Frames:
    """Merged terms: the old number is an alias of the one it went into."""
    table = inputs.keep(read_merged(inputs.path(JSON), JSON))
    good, bad = table.split({"term is not a DOID": col("id").str.contains(r"^DOID:\d+$")})
    old, new = as_curie(col("alt_ids")), as_curie(col("id"))
    merged = aliases(good.explode("alt_ids"), DISEASE, old, new, "replaced", 1)
    return Frames(aliases=merged, quarantine=bad, rows=table.n_lines)


DISEASE_ONTOLOGY = Source(
    id="disease_ontology",
    title="Disease Ontology",
    infores="infores:disease-ontology",
    about="Cross references and former numbers of diseases; diseases that MONDO lacks.",
    files=(
        SourceFile(TERMS, columns=("id", "label", "subClassOf"), format=_QUOTED),
        SourceFile(XREFS, columns=("id", "xref"), format=_QUOTED),
        SourceFile(JSON, kinds=(".obo",)),
        SourceFile(MONDO_DOID, columns=("object_id",), format=TableFormat(comment="#")),
    ),
    read=read,
    evidence_class=EvidenceClass.ONTOLOGY,
)
