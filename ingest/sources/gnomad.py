"""gnomAD v2.1: how little loss-of-function and missense variation each gene bears."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, facts, number
from ingest.genes import SYMBOL_COLUMNS, hgnc_table, retired_ids
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel

CONSTRAINT = "gnomad/gnomad.v2.1.1.lof_metrics.by_gene.txt.gz"
HOMOZYGOUS = "gnomad/homozygous_lof_genes.tsv.gz"

MEASURES = {
    "constraint.pli": "pLI",
    "constraint.loeuf": "oe_lof_upper",
    "constraint.oe_lof": "oe_lof",
    "constraint.oe_lof_lower": "oe_lof_lower",
    "constraint.oe_missense": "oe_mis",
    "constraint.oe_missense_upper": "oe_mis_upper",
    "constraint.lof_z": "lof_z",
    "constraint.missense_z": "mis_z",
    "constraint.synonymous_z": "syn_z",
    "constraint.lof_observed": "obs_lof",
    "constraint.lof_expected": "exp_lof",
    "constraint.cds_length": "cds_length",
}
"""Fact -> column. LOEUF is the upper end of the 90 % interval of observed / expected."""

STUDIES = ("sulem2015", "saleheen2017", "elgh", "karcewski2019", "deboever2018")


def read(inputs: Inputs) -> Frames:
    """Constraint by Ensembl gene id, then which studies saw people without a working copy."""
    return Frames.concat([_constraint(inputs), _homozygous(inputs)])


def _constraint(inputs: Inputs) -> Frames:
    table = inputs.table(CONSTRAINT)
    good, bad = table.split(
        {
            "gene is not an Ensembl id": as_curie(col("gene_id"), "ENSEMBL").is_not_null(),
            "no measure of constraint": pl.any_horizontal(
                number(column).is_not_null() for column in MEASURES.values()
            ),
        }
    )
    return Frames(
        facts=facts(
            inputs,
            CONSTRAINT,
            good,
            subject="ENSEMBL:" + col("gene_id"),
            subject_category=Category.GENE,
            numbers={key: number(column) for key, column in MEASURES.items()},
            texts={"constraint.flag": col("constraint_flag")},
        ),
        aliases=retired_ids(inputs, good, "gene_id", "gene"),
        quarantine=bad,
        rows=table.n_lines,
    )


def _homozygous(inputs: Inputs) -> Frames:
    """The number of studies is 0 where none saw any: the file lists every gene it asked for."""
    table = inputs.table(HOMOZYGOUS)
    flags = pl.all_horizontal(col(c).is_in(["TRUE", "FALSE"]) for c in STUDIES)
    good, bad = table.split({"no symbol": col("gene") != "", "a study is not TRUE or FALSE": flags})
    seen = [pl.when(col(c) == "TRUE").then(pl.lit(c)) for c in STUDIES]
    count = pl.sum_horizontal((col(c) == "TRUE").cast(pl.Int64) for c in STUDIES)
    found = facts(
        inputs,
        HOMOZYGOUS,
        good,
        subject="SYMBOL:" + col("gene"),
        subject_category=Category.GENE,
        numbers={"constraint.homozygous_lof_studies": count},
        texts={
            "constraint.homozygous_lof_seen_in": pl.concat_list(seen)
            .list.drop_nulls()
            .list.join(", ")
        },
    )
    return Frames(facts=found, quarantine=bad, rows=table.n_lines)


GNOMAD = Source(
    id="gnomad",
    title="gnomAD constraint",
    infores="infores:gnomad",
    about="Observed against expected variation of each gene, and homozygous loss of function seen.",
    files=(
        SourceFile(CONSTRAINT, columns=("gene", "gene_id", "constraint_flag", *MEASURES.values())),
        SourceFile(HOMOZYGOUS, columns=("gene", *STUDIES)),
        hgnc_table(*SYMBOL_COLUMNS),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
