"""Ensembl: where genes lie on GRCh38, and Ensembl and NCBI ids that HGNC doesn't list.

Genes on patches and alternative haplotypes repeat those of the chromosomes under ids of their
own: these become aliases, and coordinates are taken from the chromosomes alone. Ensembl's current
GTF names no NCBI genes: ids on patches are matched by the approved symbol alone.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from polars import col

from ingest.frames import Frames, aliases, facts, number
from ingest.genes import approved, hgnc_table
from ingest.gtf import read_gtf
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel

FILE = "ensembl/annotables_grch38.tsv.gz"
CHROMOSOMES = (*(str(n) for n in range(1, 23)), "X", "Y", "MT")


def read(inputs: Inputs) -> Frames:
    """Coordinates as facts, ids as aliases; genes that HGNC doesn't know are set aside."""
    table = _matched(inputs, inputs.table(FILE))
    good, bad = table.split(
        {
            "gene is not an Ensembl id": as_curie(col("ensgene"), "ENSEMBL").is_not_null(),
            "no approved gene of HGNC": col("gene").is_not_null(),
        }
    )
    current = good.filter(col("by_id").is_not_null() & col("chr").is_in(CHROMOSOMES))
    return Frames(
        facts=_coordinates(inputs, current.unique("ensgene", keep="first", maintain_order=True)),
        aliases=_aliases(inputs, good),
        quarantine=bad,
        rows=table.n_lines,
    )


def _matched(inputs: Inputs, table: Table) -> Table:
    """Adds the HGNC gene of each row: `by_id`, its Ensembl id's, and `gene`, the best known.

    That is the one by its Ensembl id, else by its NCBI id, else by its approved symbol.
    """
    genes, rows = approved(inputs), table.rows
    keys = {"by_id": ("ensgene", "ensembl_gene_id"), "by_entrez": ("entrez", "entrez_id")}
    for name, (mine, theirs) in (keys | {"by_symbol": ("symbol", "symbol")}).items():
        known = genes.filter(col(theirs) != "").select(col(theirs).alias(mine), hgnc_id="hgnc_id")
        known = known.rename({"hgnc_id": name}).unique(mine, keep="none")
        rows = rows.join(known, on=mine, how="left", maintain_order="left")
    return replace(
        table, rows=rows.with_columns(gene=pl.coalesce("by_id", "by_entrez", "by_symbol"))
    )


def _coordinates(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    return facts(
        inputs,
        FILE,
        rows,
        subject=col("gene"),
        subject_category=Category.GENE,
        numbers={
            "location.start": number("start"),
            "location.end": number("end"),
            "location.strand": number("strand"),
        },
        texts={
            "location.chromosome": col("chr"),
            "gene.biotype": col("biotype"),
        },
        units=dict.fromkeys(("location.chromosome", "location.start", "location.end"), "GRCh38"),
    )


def _aliases(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """Ensembl ids of genes that HGNC lists under another, NCBI ids where HGNC lists none."""
    other = rows.filter(col("by_id").is_null())
    known = approved(inputs).filter(col("entrez_id") != "")
    without = rows.filter(
        col("by_id").is_not_null(), col("entrez") != "", col("by_entrez").is_null()
    )
    entrez = without.join(known, left_on="gene", right_on="hgnc_id", how="anti")
    ensembl_ids, ncbi_ids = "ENSEMBL:" + col("ensgene"), "NCBIGene:" + col("entrez")
    return pl.concat(
        [
            aliases(other, Category.GENE, ensembl_ids, col("gene"), "alternative", rank=2),
            aliases(entrez, Category.GENE, ncbi_ids, col("gene"), "xref", rank=2),
        ]
    )


ENSEMBL = Source(
    id="ensembl",
    title="Ensembl genes",
    infores="infores:ensembl",
    about="Coordinates of genes on GRCh38; ids of genes on patches and haplotypes.",
    files=(
        SourceFile(
            FILE,
            columns=("ensgene", "entrez", "symbol", "chr", "start", "end", "strand", "biotype"),
            convert=read_gtf,
        ),
        hgnc_table("symbol", "ensembl_gene_id", "entrez_id"),
    ),
    read=read,
    evidence_class=EvidenceClass.ONTOLOGY,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
