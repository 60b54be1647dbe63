"""hu.MAP 3.0: protein complexes predicted from 25,000 mass spectrometry experiments.

The model behind it was trained on known complexes, and its complexes overlap.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from polars import col

from ingest.frames import Frames, evidence, nodes, split_list
from ingest.genes import approved, hgnc_table
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import CSV, Table
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

FILE = "interactome/humap3_complexes_2024-09-22.tsv.gz"

CONFIDENCE = {"1": 1.0, "2": 0.9, "3": 0.8, "4": 0.7, "5": 0.6, "6": 0.5}
"""Strength of hu.MAP's six grades, extremely high to medium high: even steps, as ranks."""

_SHOWN = 5


def read(inputs: Inputs) -> Frames:
    """Complexes as nodes, a record per complex and member."""
    table = _members(inputs, inputs.table(FILE))
    good, bad = table.split(
        {
            "complex is not a hu.MAP id": col("HuMAP3_ID").str.contains(r"^huMAP3_\d+\.\d+$"),
            "unknown confidence": col("ComplexConfidence").is_in(list(CONFIDENCE)),
            "members and names differ in number": col("accession").is_not_null(),
        }
    )
    complexes = "HUMAP3:" + col("HuMAP3_ID")
    found = evidence(
        inputs,
        FILE,
        good,
        subject=col("gene"),
        predicate=Predicate.PART_OF,
        object=complexes,
        subject_category=Category.GENE,
        object_category=Category.COMPLEX,
        score=col("ComplexConfidence").replace_strict(CONFIDENCE, return_dtype=pl.Float64),
        value=col("ComplexConfidence").cast(pl.Float64),
        value_kind="confidence, 1 highest to 6",
        detail={"protein": col("accession")},
    )
    return Frames(
        nodes=nodes(good, Category.COMPLEX, complexes, _name(), description="hu.MAP 3.0 complex"),
        evidence=found,
        quarantine=bad,
        rows=table.n_lines,
    )


def _members(inputs: Inputs, table: Table) -> Table:
    """A row a member: by its UniProt accession where that is one gene's, else by its gene name."""
    genes = approved(inputs).select(accession=split_list("uniprot_ids")).explode("accession")
    alone = genes.drop_nulls().filter(pl.len().over("accession") == 1)["accession"]
    accessions, names = split_list("Uniprot_ACCs", " "), split_list("genenames", " ")
    even = accessions.list.len() == names.list.len()
    rows = table.rows.with_columns(
        members=names,
        accession=pl.when(even).then(accessions).otherwise([None]),
        symbol=pl.when(even).then(names).otherwise([None]),
    ).explode("accession", "symbol", empty_as_null=True)
    by_protein = col("accession").is_in(alone.implode())
    gene = pl.when(by_protein).then("UniProtKB:" + col("accession"))
    return replace(table, rows=rows.with_columns(gene=gene.otherwise("SYMBOL:" + col("symbol"))))


def _name() -> pl.Expr:
    """The first members, which say more than a number."""
    shown = col("members").list.head(_SHOWN).list.join(", ")
    more = pl.when(col("members").list.len() > _SHOWN).then(pl.lit(" ...")).otherwise(pl.lit(""))
    return pl.lit("complex of ") + shown + more


HUMAP = Source(
    id="humap",
    title="hu.MAP 3.0",
    infores="infores:humap",
    about="Protein complexes predicted from many mass spectrometry experiments, graded 1 to 6.",
    files=(
        SourceFile(
            FILE,
            columns=("HuMAP3_ID", "ComplexConfidence", "Uniprot_ACCs", "genenames"),
            current=CSV,
        ),
        hgnc_table("uniprot_ids"),
    ),
    read=read,
    evidence_class=EvidenceClass.ASSAY_UNBIASED,
    knowledge_level=KnowledgeLevel.PREDICTION,
    agent_type=AgentType.COMPUTATIONAL_MODEL,
    hypothesis_free=True,
)
