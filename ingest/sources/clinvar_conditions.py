"""ClinVar's list of genes and conditions, largely OMIM's: labels to judge by, never graph.

The pinned table adds numbers of HGNC and MONDO to what NCBI publishes. Of NCBI's own file genes
are numbers of NCBI, and a condition is MONDO's, OMIM's or Orphanet's, whichever is named first;
the merge leads all of them to the graph's genes and diseases.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars import col

from ingest.frames import Frames, labels
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, read_if
from kg.biolink import AgentType, Category, EvidenceClass

FILE = "clinvar/gene_condition_2021-04.tsv.gz"

RELATIONS = ("associated", "related")
"""The first: the gene's variation causes the condition; the second: it may contribute."""


def read(inputs: Inputs) -> Frames:
    """Labels of kind `gene_condition`, their relation as text."""
    table = inputs.table(FILE)
    disease = as_curie(col("mondo_id"))
    good, bad = table.split(
        {
            "gene is not an HGNC id": col("hgnc_id").str.contains(r"^(HGNC|NCBIGene):\d+$"),
            "no MONDO id": disease.is_not_null(),
            "unknown relation": col("relation").is_in(RELATIONS),
        }
    )
    told = labels(
        inputs,
        FILE,
        good.unique(["hgnc_id", "mondo_id", "relation"], maintain_order=True),
        kind="gene_condition",
        subject=col("hgnc_id"),
        subject_category=Category.GENE,
        object=disease,
        object_category=Category.DISEASE,
        text=col("relation"),
    )
    return Frames(labels=told, quarantine=bad, rows=table.n_lines)


_AS_PUBLISHED = (
    "#GeneID",
    "AssociatedGenes",
    "RelatedGenes",
    "SourceName",
    "SourceID",
    "DiseaseMIM",
)


def as_published(place: Path, name: str) -> Table | None:
    """NCBI's `gene_condition_source_id` under the pinned table's columns.

    A condition is MONDO's where that names the row's source, then OMIM's entry or series, then
    OMIM's entry beside it, then Orphanet's; empty where it is none of these.
    """
    table = read_if(place, _AS_PUBLISHED, name)
    if table is None:
        return None
    from_, number = col("SourceName"), col("SourceID")
    disease = (
        pl.when(from_ == "MONDO")
        .then(number)
        .when(from_ == "OMIM")
        .then("OMIM:" + number)
        .when(from_ == "OMIM phenotypic series")
        .then("OMIMPS:" + number.str.strip_prefix("PS"))
        .when(col("DiseaseMIM").str.contains(r"^\d+$"))
        .then("OMIM:" + col("DiseaseMIM"))
        .when(from_ == "Orphanet")
        .then("ORPHA:" + number.str.strip_prefix("ORPHA"))
    )
    kinds = zip(RELATIONS, ("AssociatedGenes", "RelatedGenes"), strict=True)
    named = (pl.when(~col(genes).is_in(["", "-"])).then(pl.lit(kind)) for kind, genes in kinds)
    rows = table.rows.select(
        hgnc_id="NCBIGene:" + col("#GeneID"),
        relation=pl.coalesce(*named, pl.lit("")),
        mondo_id=disease.fill_null(""),
        line="line",
    )
    return Table(name, rows, table.bad)


CLINVAR_CONDITIONS = Source(
    id="clinvar_conditions",
    title="ClinVar genes and conditions",
    infores="infores:clinvar",
    about="Genes and the conditions they are listed for, as of April 2021: labels alone.",
    files=(SourceFile(FILE, columns=("hgnc_id", "relation", "mondo_id"), convert=as_published),),
    read=read,
    evidence_class=EvidenceClass.CURATED,
    agent_type=AgentType.MANUAL_AGENT,
)
