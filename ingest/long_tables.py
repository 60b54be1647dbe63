"""Tables of a line for each gene and place, turned to the matrices that readers declare."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from polars import col

from ingest.tables import Table


def as_matrix(table: Table, gene: str, places: Sequence[str]) -> Table:
    """A row a gene and a column a place, empty where the file says nothing of the two.

    A gene's line is that of its first good row. Set aside: a second row of one gene and place;
    and each place that is not asked for, once, at its first line, lest its millions of rows be
    named one by one.

    Args:
        table: Columns gene, place and value: texts; and `line`.
        gene: What the column of genes becomes.
        places: The columns of the matrix.
    """
    rows = table.rows.with_columns(col("place").cast(pl.Categorical))
    known = col("place").cast(pl.String).is_in(list(places))
    strange = rows.filter(~known).unique("place", keep="first", maintain_order=True)
    asked = rows.filter(known)
    cells = asked.unique(["gene", "place"], keep="first", maintain_order=True)
    doubled = asked.join(cells.select("line"), on="line", how="anti", maintain_order="left")
    lines = rows.group_by("gene", maintain_order=True).agg(col("line").min())
    wide = cells.pivot("place", index="gene", values="value", maintain_order=True)
    matrix = lines.join(wide, on="gene", how="left", maintain_order="left")
    absent = [place for place in places if place not in matrix.columns]
    filled = matrix.with_columns(pl.lit("").alias(place) for place in absent)
    bad = [
        told.select(pl.lit(table.file).alias("file"), "line", pl.lit(reason).alias("reason"))
        for told, reason in (
            (strange, "a place that the graph does not have, told once"),
            (doubled, "gene and place are there twice"),
        )
    ]
    return Table(
        table.file,
        filled.select(col("gene").alias(gene), col(*places).fill_null(""), "line"),
        pl.concat([table.bad, *bad]).sort("line"),
    )
