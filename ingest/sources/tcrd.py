"""TCRD: how far drug development has come with each human protein, as of December 2019.

Of its counts the publications are kept, for audits; antibodies, patents and text-mined scores
measure fame too and are left out.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from polars import col

from ingest.frames import Frames, labels, number
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table
from kg.biolink import AgentType, Category, EvidenceClass

TARGETS = "tcrd/tcrd_target_2019-12-12.tsv.gz"
IDS = "tcrd/tcrd_id_2019-12-12.tsv.gz"
COUNTS = "tcrd/tcrd_info_2019-12-12.tsv.gz"

LEVELS = ("Tclin", "Tchem", "Tbio", "Tdark")
YEAR = "2019"


def read(inputs: Inputs) -> Frames:
    """Labels of kinds `development_level` (text) and `publications`, by UniProt accession."""
    ids = inputs.table(IDS)
    proteins = ids.rows.filter(col("Target_id") != "").select("tcrd_id", protein="Target_id")
    return Frames.concat(
        [
            Frames(quarantine=ids.bad, rows=ids.n_lines),
            _levels(inputs, proteins),
            _publications(inputs, proteins),
        ]
    )


def _levels(inputs: Inputs, proteins: pl.DataFrame) -> Frames:
    table = _with_protein(inputs.table(TARGETS), "tcrd_id", proteins)
    good, bad = table.split(
        {
            "id leads to no protein": col("protein").is_not_null(),
            "unknown level": col("Pharos_class").is_in(LEVELS),
        }
    )
    found = labels(
        inputs,
        TARGETS,
        good,
        kind="development_level",
        subject="UniProtKB:" + col("protein"),
        subject_category=Category.GENE,
        text=col("Pharos_class"),
    )
    return Frames(labels=found, quarantine=bad, rows=table.n_lines)


def _publications(inputs: Inputs, proteins: pl.DataFrame) -> Frames:
    table = _with_protein(inputs.table(COUNTS), "protein_id", proteins)
    good, bad = table.split(
        {
            "id leads to no protein": col("protein").is_not_null(),
            "no count of publications": number("NCBI Gene PubMed Count") >= 0,
        }
    )
    found = labels(
        inputs,
        COUNTS,
        good,
        kind="publications",
        subject="UniProtKB:" + col("protein"),
        subject_category=Category.GENE,
        number=number("NCBI Gene PubMed Count"),
        text=YEAR,
    )
    return Frames(labels=found, quarantine=bad, rows=table.n_lines)


def _with_protein(table: Table, key: str, proteins: pl.DataFrame) -> Table:
    joined = table.rows.join(
        proteins, left_on=key, right_on="tcrd_id", how="left", maintain_order="left"
    )
    return replace(table, rows=joined)


TCRD = Source(
    id="tcrd",
    title="Target Central Resource Database",
    infores="infores:tcrd",
    about="Development level of each protein (Tclin, Tchem, Tbio, Tdark) in 2019: labels alone.",
    files=(
        SourceFile(TARGETS, columns=("tcrd_id", "Pharos_class")),
        SourceFile(IDS, columns=("tcrd_id", "Target_id")),
        SourceFile(COUNTS, columns=("protein_id", "NCBI Gene PubMed Count")),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
    agent_type=AgentType.AUTOMATED_AGENT,
)
