"""Genes that cells or mice can't live without, and genes that cells never need."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, facts
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel

CORE = "essentiality/CEGv2.txt.gz"
NEVER = "essentiality/NEGv1.txt.gz"
MOUSE = "essentiality/mouse_lethal_genes.tsv.gz"
_SYMBOL = r"^[A-Za-z0-9][A-Za-z0-9.()/-]*$"


def read(inputs: Inputs) -> Frames:
    """`essentiality.core` is 1 or 0 for genes of the two lists; `mouse_lethal` is 1 or absent."""
    return Frames.concat(
        [_reference(inputs, CORE, 1.0), _reference(inputs, NEVER, 0.0), _mouse(inputs)]
    )


def _reference(inputs: Inputs, file: str, core: float) -> Frames:
    table = inputs.table(file)
    good, bad = table.split({"gene is not an HGNC id": col("HGNC_ID").str.contains(r"^HGNC:\d+$")})
    found = facts(
        inputs,
        file,
        good,
        subject=col("HGNC_ID"),
        subject_category=Category.GENE,
        numbers={"essentiality.core": pl.lit(core)},
    )
    return Frames(facts=found, quarantine=bad, rows=table.n_lines)


def _mouse(inputs: Inputs) -> Frames:
    """Mouse symbols are the human ones in lower case, but for a few, which lead to no gene."""
    table = inputs.table(MOUSE)
    good, bad = table.split(
        {"not like a symbol": col("symbol").str.strip_chars().str.contains(_SYMBOL)}
    )
    found = facts(
        inputs,
        MOUSE,
        good,
        subject="SYMBOL:" + col("symbol").str.strip_chars().str.to_uppercase(),
        subject_category=Category.GENE,
        numbers={"essentiality.mouse_lethal": pl.lit(1.0)},
        evidence_class=EvidenceClass.GENETIC,
    )
    return Frames(facts=found, quarantine=bad, rows=table.n_lines)


ESSENTIALITY = Source(
    id="essentiality",
    title="Essential genes",
    infores="infores:hart-essential-genes",
    about="Core essential and non-essential genes of human cells; genes whose loss kills mice.",
    files=(
        SourceFile(CORE, columns=("HGNC_ID",)),
        SourceFile(NEVER, columns=("HGNC_ID",)),
        SourceFile(
            MOUSE,
            columns=("symbol",),
            format=TableFormat(header=("symbol",), key=("symbol", _SYMBOL)),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.ASSAY_UNBIASED,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
