"""ClinGen gene-disease validity: verdicts of expert panels, refutations included."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, evidence
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import Category, EvidenceClass, Predicate

FILE = "clingen/clingen_gene_disease_validity.txt.gz"

VERDICT = {
    "Definitive": 1.0,
    "Strong": 0.9,
    "Moderate": 0.6,
    "Limited": 0.3,
    "Disputed": 0.5,
    "Refuted": 1.0,
}
"""Strength of each verdict; that of the two refuting ones is how strongly they refute."""

REFUTING = ("Disputed", "Refuted")


def read(inputs: Inputs) -> Frames:
    """One record per gene, disease and verdict; the file repeats each per MONDO ancestor."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "banner row": ~col("hgnc_id").str.starts_with("++"),
            "gene is not an HGNC id": col("hgnc_id").str.contains(r"^HGNC:\d+$"),
            "disease is not a MONDO id": col("mondo_disease_id").str.contains(r"^MONDO[_:]\d{7}$"),
            "verdict is no known disease relationship": col("classification")
            != "No Known Disease Relationship",
            "unknown classification": col("classification").is_in(list(VERDICT)),
        }
    )
    records = good.unique(
        ["hgnc_id", "mondo_disease_id", "classification"],
        keep="first",
        maintain_order=True,
    )
    return Frames(
        evidence=evidence(
            inputs,
            FILE,
            records,
            subject=col("hgnc_id"),
            predicate=Predicate.CAUSES,
            object=as_curie(col("mondo_disease_id")),
            subject_category=Category.GENE,
            object_category=Category.DISEASE,
            score=col("classification").replace_strict(VERDICT, return_dtype=pl.Float64),
            negated=col("classification").is_in(list(REFUTING)),
            detail={"classification": col("classification")},
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


CLINGEN = Source(
    id="clingen",
    title="ClinGen gene-disease validity",
    infores="infores:clingen",
    about="Expert verdicts on whether a gene causes a disease, disputed and refuted ones included.",
    files=(
        SourceFile(
            FILE,
            columns=("hgnc_id", "mondo_disease_id", "classification"),
            headers=(
                ("hgnc_id", "GENE ID (HGNC)"),
                ("mondo_disease_id", "DISEASE ID (MONDO)"),
                ("classification", "CLASSIFICATION"),
            ),
            current=TableFormat(delimiter=",", quote='"', skip=4),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
)
