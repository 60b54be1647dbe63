"""Organs, tissues and cells in which expression was measured: names, and each file's own words.

`ingest/tissues.tsv` was written by hand: UBERON and CL terms, which of Bgee's matrices have them,
and which columns of the Human Protein Atlas mean them. Its names are those of MONDO's and Monarch's
files where these have the term, else UBERON's and CL's own. Two columns match no term well: the
olfactory region is taken as the olfactory system, pons and medulla as the brainstem.
"""

from __future__ import annotations

from functools import cache

import polars as pl
from polars import col

from ingest.catalogue import PACKAGE
from ingest.frames import nodes, split_list
from kg.biolink import Category

_TABLE = PACKAGE / "tissues.tsv"


@cache
def places() -> pl.DataFrame:
    """Columns id, name, bgee, hpa_tissue, hpa_blood_cell: text, several words joined by `|`."""
    return pl.read_csv(
        _TABLE, separator="\t", quote_char=None, infer_schema=False, empty_string_is_null=False
    )


def words(column: str) -> dict[str, str]:
    """What a file calls a place -> its term; `column` is hpa_tissue or hpa_blood_cell."""
    rows = places().select("id", word=split_list(column)).explode("word").drop_nulls("word")
    return dict(rows.select("word", "id").iter_rows())


def bgee_places(matrix: str) -> tuple[str, ...]:
    """The terms that a matrix of Bgee has as columns; `matrix` is present or compared."""
    rows = places().filter(split_list("bgee").list.contains(matrix))
    return tuple(rows["id"])


def place_nodes(ids: pl.Series) -> pl.DataFrame:
    """Nodes of the places with these ids; a term that the table lacks is named by its id."""
    asked = pl.DataFrame({"id": ids.unique().sort()})
    rows = asked.join(places(), on="id", how="left", maintain_order="left")
    return nodes(rows, place_category(col("id")), col("id"), col("name").fill_null(""))


def place_category(place: pl.Expr) -> pl.Expr:
    """Cells by their prefix, all else anatomy."""
    is_cell = place.str.starts_with("CL:")
    return pl.when(is_cell).then(pl.lit(Category.CELL)).otherwise(pl.lit(Category.ANATOMY))
