"""What several gene-level sources share: pairs of genes, and Ensembl ids that were retired.

Files of other years carry Ensembl ids that HGNC no longer lists. Where such a row also has a
symbol that means one gene alone, the retired id becomes an alias of that gene, for every source.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars import col

from ingest.frames import Value, aliases, evidence, split_list
from ingest.source import Inputs, SourceFile
from ingest.tables import TableFormat
from kg.biolink import Category, Predicate

HGNC_TABLE = "hgnc/hgnc_complete_set.txt.gz"


def hgnc_table(*columns: str) -> SourceFile:
    """HGNC's table as a further file of a source, with the columns that source needs of it."""
    needed = dict.fromkeys(("hgnc_id", "status", *columns))
    return SourceFile(HGNC_TABLE, columns=tuple(needed), format=TableFormat(quote='"'))


SYMBOL_COLUMNS = ("symbol", "prev_symbol", "alias_symbol", "ensembl_gene_id")
"""What `retired_ids` needs of HGNC's table."""


def approved(inputs: Inputs) -> pl.DataFrame:
    """HGNC's approved genes, with the columns the source declared."""
    return inputs.table(HGNC_TABLE).rows.filter(col("status") == "Approved")


def by_symbol(genes: pl.DataFrame) -> pl.DataFrame:
    """Columns symbol, hgnc_id: approved symbols, then former ones and aliases of one gene alone."""
    current = genes.select("symbol", "hgnc_id")
    former = pl.concat(
        genes.select("hgnc_id", symbol=split_list(column)).explode("symbol")
        for column in ("prev_symbol", "alias_symbol")
    )
    free = former.drop_nulls("symbol").unique().join(current, on="symbol", how="anti")
    alone = free.filter(pl.len().over("symbol") == 1)
    return pl.concat([current, alone.select("symbol", "hgnc_id")])


def retired_ids(inputs: Inputs, rows: pl.DataFrame, ensembl: str, symbol: str) -> pl.DataFrame:
    """Aliases for the Ensembl ids of a file that HGNC doesn't list, by the symbol beside them.

    A gene that the file also has under its current id gets none, so that no row is counted for
    it twice; nor does an id or a gene with two partners.

    Args:
        inputs: Files of a source that declares `hgnc_table(*SYMBOL_COLUMNS)`.
        rows: Rows of the file.
        ensembl, symbol: Their columns.
    """
    genes = approved(inputs)
    named = rows.select(ensembl=ensembl, symbol=symbol).unique()
    current = genes.join(named, left_on="ensembl_gene_id", right_on="ensembl", how="semi")
    unlisted = named.join(genes, left_on="ensembl", right_on="ensembl_gene_id", how="anti")
    found = unlisted.join(by_symbol(genes), on="symbol").join(current, on="hgnc_id", how="anti")
    pairs = found.select("ensembl", "hgnc_id").unique(maintain_order=True)
    one_to_one = (pl.len().over("ensembl") == 1) & (pl.len().over("hgnc_id") == 1)
    return aliases(
        pairs.filter(one_to_one),
        Category.GENE,
        "ENSEMBL:" + col("ensembl"),
        col("hgnc_id"),
        "retired",
        rank=2,
    )


def gene_pairs(
    inputs: Inputs,
    file: str,
    rows: pl.DataFrame,
    a: pl.Expr,
    b: pl.Expr,
    *,
    predicate: Predicate = Predicate.PHYSICALLY_INTERACTS_WITH,
    detail: Mapping[str, Value] | None = None,
    **columns: Value,
) -> pl.DataFrame:
    """Evidence that two genes, or their products, interact; columns as `frames.evidence` takes."""
    return evidence(
        inputs,
        file,
        rows,
        subject=a,
        predicate=predicate,
        object=b,
        subject_category=Category.GENE,
        object_category=Category.GENE,
        detail=detail,
        **columns,
    )


def saturating(count: pl.Expr) -> pl.Expr:
    """Strength of n independent observations: n / (n + 1), so that the first weighs most."""
    number = count.cast(pl.Float64)
    return number / (number + 1)
