"""MONDO: the disease hub, its full hierarchy, and what other vocabularies call its terms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
from polars import col

from ingest.frames import Frames, aliases, evidence, facts, nodes, split_list
from ingest.identifiers import as_curie
from ingest.merged_terms import read_merged
from ingest.obo import current, joined, pairs, read_if_obo
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, TableFormat
from kg.biolink import AgentType, Category, EvidenceClass, Predicate

TERMS = "mondo/mondo_terms_2024-07.tsv.gz"
IS_A = "mondo/mondo_is_a_2024-07.tsv.gz"
JSON = "mondo/mondo_2024-07.json.gz"
RARE = "mondo/mondo-rare_edges.tsv.gz"
STATS = "mondo/mondo_class-stats.tsv.gz"
OTAR = "mondo/mondo-otar-subset.template.tsv.gz"
SSSOM = tuple(
    f"mondo/mondo_exactmatch_{name}.sssom.tsv.gz"
    for name in (
        "doid",
        "efo",
        "icd10cm",
        "icd11.foundation",
        "mesh",
        "ncit",
        "omim",
        "orphanet",
        "umls",
    )
)
DISEASE = Category.DISEASE
_IS_MONDO = r"^MONDO:\d{7}$"
_IS_A_COLUMNS = ("child", "parent")


def _terms_of(place: Path, name: str) -> Table | None:
    """`mondo.obo` as the table of terms, which has no obsolete ones."""
    terms = read_if_obo(place, name)
    if terms is None:
        return None
    kept = current(terms)
    rows = kept.rows.select("id", joined("synonyms"), joined("xrefs"), label="name", line="line")
    return replace(kept, rows=rows)


def _is_a_of(place: Path, name: str) -> Table | None:
    """`mondo.obo` as the table of direct parents."""
    terms = read_if_obo(place, name)
    return terms and pairs(current(terms), "is_a", _IS_A_COLUMNS)


def read(inputs: Inputs) -> Frames:
    """Terms as nodes, is_a as edges, exact matches and cross references as aliases."""
    return Frames.concat(
        [
            _terms(inputs),
            _newer_terms(inputs),
            _hierarchy(inputs),
            _replaced(inputs),
            _subset(inputs),
        ]
        + [_mappings(table) for table in inputs.tables(SSSOM)]
    )


def _terms(inputs: Inputs) -> Frames:
    table = inputs.table(TERMS)
    good, bad = table.split({"term is not a MONDO id": col("id").str.contains(_IS_MONDO)})
    xrefs = good.select("id", xref=col("xrefs").str.split("|")).explode("xref")
    xrefs = xrefs.with_columns(xref=as_curie(col("xref"))).filter(col("xref").is_not_null())
    named = good.with_columns(label=_plain_name(col("label")))
    return Frames(
        nodes=nodes(
            named,
            DISEASE,
            id=col("id"),
            name=col("label"),
            synonyms=split_list("synonyms"),
            xrefs=split_list("xrefs").list.eval(as_curie(pl.element())).list.drop_nulls(),
        ),
        aliases=aliases(xrefs, DISEASE, col("xref"), col("id"), "xref", rank=3),
        quarantine=bad,
        rows=table.n_lines,
    )


def _newer_terms(inputs: Inputs) -> Frames:
    """Terms newer than the hierarchy: parents from the rare subset, names from the statistics."""
    edges = inputs.table(RARE)
    is_term = {
        "not a hierarchy row": col("predicate") == "biolink:subclass_of",
        "subject is not a MONDO id": col("subject").str.contains(_IS_MONDO),
        "object is not a MONDO id": col("object").str.contains(_IS_MONDO),
    }
    good, bad = edges.split(is_term)
    known = inputs.table(TERMS).rows.select("id")
    newer = good.join(known, left_on="subject", right_on="id", how="anti")
    labels = inputs.table(STATS)
    named = newer.join(labels.rows.select("cls", "cls_label"), left_on="subject", right_on="cls")
    return Frames(
        nodes=nodes(named, DISEASE, id=col("subject"), name=_plain_name(col("cls_label"))),
        evidence=_is_a(inputs, RARE, newer, col("subject"), col("object")),
        quarantine=bad,
        rows=edges.n_lines,
    )


def _hierarchy(inputs: Inputs) -> Frames:
    table = inputs.table(IS_A)
    good, bad = table.split(
        {
            "child is not a MONDO id": col("child").str.contains(_IS_MONDO),
            "parent is not a MONDO id": col("parent").str.contains(_IS_MONDO),
        }
    )
    edges = _is_a(inputs, IS_A, good, col("child"), col("parent"))
    return Frames(evidence=edges, quarantine=bad, rows=table.n_lines)


def _is_a(
    inputs: Inputs, file: str, rows: pl.DataFrame, child: pl.Expr, parent: pl.Expr
) -> pl.DataFrame:
    return evidence(
        inputs,
        file,
        rows,
        subject=child,
        predicate=Predicate.SUBCLASS_OF,
        object=parent,
        subject_category=DISEASE,
        object_category=DISEASE,
    )


def _replaced(inputs: Inputs) -> Frames:
    """Merged terms: the old id is an alias of the one it went into."""
    if not inputs.has(JSON):
        return Frames()
    table = inputs.keep(read_merged(inputs.path(JSON), JSON))
    new = as_curie("MONDO:" + col("id").str.strip_prefix("MONDO:"))
    good, bad = table.split({"term is not a MONDO id": new.is_not_null()})
    old = as_curie("MONDO:" + col("alt_ids").str.strip_prefix("MONDO:"))
    merged = aliases(good.explode("alt_ids"), DISEASE, old, new, "replaced", rank=1)
    return Frames(aliases=merged, quarantine=bad, rows=table.n_lines)


def _subset(inputs: Inputs) -> Frames:
    """Terms that Open Targets works with; the second line of the file is a template's."""
    if not inputs.has(OTAR):
        return Frames()
    table = inputs.table(OTAR)
    good, bad = table.split({"term is not a MONDO id": col("mondo_id").str.contains(_IS_MONDO)})
    told = facts(
        inputs,
        OTAR,
        good,
        subject=col("mondo_id"),
        subject_category=DISEASE,
        texts={"disease.subset": pl.lit("Open Targets")},
    )
    return Frames(facts=told, quarantine=bad, rows=table.n_lines)


def _mappings(table: Table) -> Frames:
    good, bad = table.split(
        {
            "subject is not a MONDO id": col("subject_id").str.contains(_IS_MONDO),
            "not an exact match": col("predicate_id") == "skos:exactMatch",
            "object is not an identifier": as_curie(col("object_id")).is_not_null(),
        }
    )
    found = aliases(good, DISEASE, as_curie(col("object_id")), col("subject_id"), "mapping", rank=1)
    return Frames(aliases=found, quarantine=bad, rows=table.n_lines)


def _plain_name(label: pl.Expr) -> pl.Expr:
    return label.str.strip_chars(' "')


_MAPPING_COLUMNS = ("subject_id", "predicate_id", "object_id")
_COMMENTED = TableFormat(comment="#")

MONDO = Source(
    id="mondo",
    title="MONDO Disease Ontology",
    infores="infores:mondo",
    about="Diseases, their full is_a hierarchy, and exact matches in nine other vocabularies.",
    files=(
        SourceFile(TERMS, columns=("id", "label", "synonyms", "xrefs"), convert=_terms_of),
        SourceFile(IS_A, columns=_IS_A_COLUMNS, convert=_is_a_of),
        SourceFile(RARE, columns=("subject", "predicate", "object")),
        SourceFile(STATS, columns=("cls", "cls_label")),
        SourceFile(JSON, optional=True, kinds=(".obo",)),
        SourceFile(OTAR, columns=("mondo_id",), optional=True),
        *(
            SourceFile(path, columns=_MAPPING_COLUMNS, format=_COMMENTED, optional=True)
            for path in SSSOM
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.ONTOLOGY,
    agent_type=AgentType.MANUAL_AGENT,
    required=True,
)
