"""OpenCell: what comes down with proteins tagged at their own gene, in living HEK293T cells.

OpenCell's own list of interactions does not say, as the pinned one does, which of them others saw.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
from polars import col

from ingest.frames import Frames, split_list
from ingest.genes import gene_pairs
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import CSV, Table, read_if
from kg.biolink import AgentType, EvidenceClass, KnowledgeLevel

FILE = "interactome/opencell_interactions_2021.tsv.gz"
_ENDS = {"target": "ensg_id", "prey": "prey_ensg"}
ALSO_IN = {"plex": "BioPlex", "huri": "HuRI", "Hein": "Hein 2015"}


def read(inputs: Inputs) -> Frames:
    """One record per pair of genes.

    A prey of several genes is a group whose peptides can't be told apart: it becomes a record for
    each, and the score is 1 over their number.
    """
    table = _pairs(inputs.table(FILE))
    good, bad = table.split(
        {
            "no gene": col("target_gene").is_not_null() & col("prey_gene").is_not_null(),
            "a protein with itself": col("target_gene") != col("prey_gene"),
        }
    )
    seen = [pl.when(col(c) == "True").then(pl.lit(name)) for c, name in ALSO_IN.items()]
    found = gene_pairs(
        inputs,
        FILE,
        good,
        col("target_gene"),
        col("prey_gene"),
        score=1 / col("group"),
        detail={"also_in": pl.concat_list(seen).list.drop_nulls().list.join(", ")},
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _pairs(table: Table) -> Table:
    """A row for each gene of a group: target_gene, prey_gene, and how many pairs the row made."""
    named = table.rows.with_columns(
        _genes(name, ensembl).alias(f"{name}_gene") for name, ensembl in _ENDS.items()
    )
    size = col("target_gene").list.len() * col("prey_gene").list.len()
    rows = named.with_columns(group=size)
    for end in ("target_gene", "prey_gene"):
        rows = rows.explode(end, empty_as_null=True)
    return replace(table, rows=rows)


def _genes(name: str, ensembl: str) -> pl.Expr:
    """Symbols of a group; of a single gene its Ensembl id where there is one."""
    symbols = split_list(name, ";", prefix="SYMBOL:").list.unique(maintain_order=True)
    alone = (symbols.list.len() == 1) & col(ensembl).str.starts_with("ENSG")
    return pl.when(alone).then(pl.concat_list("ENSEMBL:" + col(ensembl))).otherwise(symbols)


_AS_PUBLISHED = {
    "target": "target_gene_name",
    "prey": "interactor_gene_name",
    "ensg_id": "target_ensg_id",
    "prey_ensg": "interactor_ensg_id",
}


def as_published(place: Path, name: str) -> Table | None:
    """OpenCell's own list of its interactions under the pinned one's columns.

    Its columns: https://github.com/czbiohub-sf/opencell-portal-pub, the script of the downloads.
    """
    table = read_if(place, tuple(_AS_PUBLISHED.values()), name, CSV)
    if table is None:
        return None
    named = table.rows.select(
        *(col(theirs).alias(ours) for ours, theirs in _AS_PUBLISHED.items()),
        *(pl.lit("").alias(other) for other in ALSO_IN),
        "line",
    )
    return replace(table, rows=named)


OPENCELL = Source(
    id="opencell",
    title="OpenCell",
    infores="infores:opencell",
    about="Interactions of proteins tagged at their own gene, by mass spectrometry of live cells.",
    files=(SourceFile(FILE, columns=(*_ENDS, *_ENDS.values(), *ALSO_IN), convert=as_published),),
    read=read,
    evidence_class=EvidenceClass.ASSAY_UNBIASED,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
