"""Orphanet's classification: rare diseases that MONDO has no term for, with their parents."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest import orphadata
from ingest.frames import Frames, evidence, nodes
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import Category, EvidenceClass, Predicate

IS_A = "orphanet/orpha_is_a_2025-12.tsv.gz"
NAMES = "orphanet/orphanumbers_to_name.csv.gz"
MONDO_ORPHANET = "mondo/mondo_exactmatch_orphanet.sssom.tsv.gz"
DISEASE = Category.DISEASE
_ID = r"^ORPHA:\d+$"


def read(inputs: Inputs) -> Frames:
    """Terms that MONDO lacks become nodes; their parents may be of either vocabulary."""
    table, names = inputs.table(IS_A), inputs.table(NAMES)
    number = col("object_id").str.extract(r"(\d+)$")
    mapped = inputs.table(MONDO_ORPHANET).rows.select(id=pl.concat_str(pl.lit("ORPHA:"), number))[
        "id"
    ]
    good, bad = table.split(
        {
            "child is not an Orphanet number": col("child").str.contains(_ID),
            "parent is not an Orphanet number": col("parent").str.contains(_ID),
        }
    )
    own = good.filter(~col("child").is_in(mapped.implode()))
    older = names.rows.with_columns(id=pl.concat_str(pl.lit("ORPHA:"), col("number"))).filter(
        ~col("id").is_in(mapped.implode()) & col("number").str.contains(r"^\d+$")
    )
    parents = good.filter(~col("parent").is_in(mapped.implode()))
    terms = pl.concat(
        [
            own.select(id="child", name="child_label"),
            parents.select(id="parent", name="parent_label"),
            older.select("id", "name"),
        ]
    )
    edges = evidence(
        inputs,
        IS_A,
        own,
        subject=col("child"),
        predicate=Predicate.SUBCLASS_OF,
        object=col("parent"),
        subject_category=DISEASE,
        object_category=DISEASE,
        detail={"type": col("child_type"), "classification": col("classification")},
    )
    return Frames(
        nodes=nodes(terms, DISEASE, col("id"), col("name")),
        evidence=edges,
        quarantine=bad,
        rows=table.n_lines + names.n_lines,
    )


ORPHANET_CLASSIFICATION = Source(
    id="orphanet_classification",
    title="Orphanet classification",
    infores="infores:orphanet",
    about="Rare diseases that MONDO lacks, under their parents in Orphanet's classifications.",
    files=(
        SourceFile(
            IS_A,
            columns=(
                "child",
                "child_label",
                "child_type",
                "parent",
                "parent_label",
                "classification",
            ),
        ),
        SourceFile(
            NAMES,
            columns=("number", "name"),
            format=TableFormat(
                delimiter=",", quote='"', header=("number", "name"), key=("number", r"^\d+$")
            ),
            convert=orphadata.names,
        ),
        SourceFile(MONDO_ORPHANET, columns=("object_id",), format=TableFormat(comment="#")),
    ),
    read=read,
    evidence_class=EvidenceClass.ONTOLOGY,
)
