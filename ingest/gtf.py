"""Ensembl's genes as it publishes them: GTF, a line for each gene, transcript, exon and codon.

The format: https://www.ensembl.org/info/website/upload/gff.html, and the README beside the files.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars import col

from ingest.content import read_head
from ingest.tables import Table, TableFormat, scan_table
from kg.errors import TableError

_BEGINS = b"#!genome-"
_ASSEMBLY = "GRCh38"
_HEADER = (
    "seqname",
    "source",
    "feature",
    "start",
    "end",
    "score",
    "strand",
    "frame",
    "attributes",
)
_FORMAT = TableFormat(comment="#", header=_HEADER)
_NEEDED = ("seqname", "feature", "start", "end", "strand", "attributes")
_STRANDS = {"+": "1", "-": "-1"}


def read_gtf(place: Path, name: str) -> Table | None:
    """The lines of genes, read in blocks; GTF names no NCBI genes.

    Columns ensgene (without version), entrez (empty), symbol (empty where a gene has none), chr,
    start, end, strand (1 or -1) and biotype. Lines of other features are no data here, whatever
    they say, if they have the fields of a line. Set aside: genes whose id, place or strand is
    malformed, and genes that were there before.

    Args:
        place: The file.
        name: What errors call it.

    Returns:
        None where the file does not begin as Ensembl's GTF files do.

    Raises:
        TableError: the file is damaged, holds no gene, or is of another assembly than GRCh38.
    """
    head = read_head(place, name)
    if not head.startswith(_BEGINS):
        return None
    top = [line for line in head.decode("utf-8", "replace").splitlines() if line.startswith("#!")]
    if not any(_ASSEMBLY in line for line in top):
        raise TableError(f"{name} is not of {_ASSEMBLY} ({top[0]!r}); fetch that assembly's file")
    blocks = [_genes(block) for block in scan_table(place, _NEEDED, _FORMAT, name)]
    rows = pl.concat([block.rows for block in blocks])
    if rows.is_empty():
        raise TableError(f"{name} holds no gene; fetch it again")
    genes = Table(name, rows, pl.concat([block.bad for block in blocks]))
    return genes.without({"gene is there twice": col("ensgene").is_first_distinct()})


def _genes(block: Table) -> Table:
    genes = block.rows.filter(feature="gene")
    named = genes.with_columns(
        ensgene=_attribute("gene_id").str.extract(r"^(ENSG\d{11})(?:\.\d+)?$"),
        strand=col("strand").replace_strict(_STRANDS, default=None, return_dtype=pl.String),
        __place=col("start").cast(pl.Int64, strict=False)
        <= col("end").cast(pl.Int64, strict=False),
    )
    good = Table(block.file, named, block.bad).without(
        {
            "gene_id is no Ensembl gene": col("ensgene").is_not_null(),
            "start and end are no place": col("__place"),
            "strand is neither + nor -": col("strand").is_not_null(),
        }
    )
    rows = good.rows.select(
        "ensgene",
        entrez=pl.lit(""),
        symbol=_attribute("gene_name").fill_null(""),
        chr="seqname",
        start="start",
        end="end",
        strand="strand",
        biotype=_attribute("gene_biotype").fill_null(""),
        line="line",
    )
    return Table(block.file, rows, good.bad)


def _attribute(key: str) -> pl.Expr:
    return col("attributes").str.extract(rf'(?:^|; ?){key} "([^"]*)"')
