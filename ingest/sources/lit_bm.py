"""Lit-BM: pairs of proteins that several publications or methods show to bind, with first dates."""

from __future__ import annotations

from polars import col

from ingest.dates import parse_day
from ingest.frames import Frames, number
from ingest.genes import gene_pairs, saturating
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import EvidenceClass

FILE = "interactome/Lit-BM-17_with_date.tsv.gz"


def read(inputs: Inputs) -> Frames:
    """One record per pair, scored by the number of different methods, n / (n + 1)."""
    table = inputs.table(FILE)
    a, b = (as_curie(col(f"ensembl_gene_id_{end}"), "ENSEMBL") for end in "ab")
    good, bad = table.split(
        {
            "gene is not an Ensembl id": a.is_not_null() & b.is_not_null(),
            "a protein with itself": a != b,
            "number of methods is no number": number("n_methods") > 0,
        }
    )
    found = gene_pairs(
        inputs,
        FILE,
        good,
        a,
        b,
        score=saturating(number("n_methods")),
        value=number("n_methods"),
        value_kind="methods",
        first_public=parse_day(col("date")),
        detail={"evidences": col("n_evidences")},
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


LIT_BM = Source(
    id="lit_bm",
    title="Lit-BM-17",
    infores="infores:lit-bm",
    about="Binary protein interactions of the literature with several pieces of evidence, dated.",
    files=(
        SourceFile(
            FILE,
            columns=(
                "ensembl_gene_id_a",
                "ensembl_gene_id_b",
                "n_methods",
                "n_evidences",
                "date",
            ),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.LITERATURE,
)
