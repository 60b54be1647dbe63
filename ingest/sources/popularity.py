"""How much was published on each gene: for audits of bias and for baselines, never a feature."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, labels, number
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel

IN_2017 = "popularity/publications_per_gene_2017.tsv.gz"
IN_2021 = "popularity/publications_per_gene_2021.csv.gz"


def read(inputs: Inputs) -> Frames:
    """Labels of kind `publications`: the count, and in `text` the year it was taken."""
    symbol = pl.when(col("symbol") != "").then("SYMBOL:" + col("symbol"))
    return Frames.concat(
        [
            _counts(inputs, path, gene, year)
            for path, gene, year in (
                (IN_2017, as_curie(col("ensembl_gene_id"), "ENSEMBL"), "2017"),
                (IN_2021, symbol, "2021"),
            )
            if inputs.has(path)
        ]
    )


def _counts(inputs: Inputs, file: str, gene: pl.Expr, year: str) -> Frames:
    table = inputs.table(file)
    count = number("n_pubmed_ids")
    good, bad = table.split({"no gene": gene.is_not_null(), "count is no number": count >= 0})
    found = labels(
        inputs,
        file,
        good,
        kind="publications",
        subject=gene,
        subject_category=Category.GENE,
        number=count,
        text=year,
    )
    return Frames(labels=found, quarantine=bad, rows=table.n_lines)


POPULARITY = Source(
    id="popularity",
    title="Publications per gene",
    infores="infores:pubmed",
    about="Counts of papers on each gene in two years, for audits and baselines alone.",
    files=(
        SourceFile(IN_2017, columns=("ensembl_gene_id", "n_pubmed_ids"), optional=True),
        SourceFile(
            IN_2021,
            columns=("symbol", "n_pubmed_ids"),
            format=TableFormat(
                delimiter=",", header=("symbol", "n_pubmed_ids"), key=("n_pubmed_ids", r"^\d+$")
            ),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.LITERATURE,
    knowledge_level=KnowledgeLevel.STATISTICAL_ASSOCIATION,
    agent_type=AgentType.AUTOMATED_AGENT,
)
