"""Pfam's clans, `Pfam-C`: records of Stockholm lines, of which the accession and name are read.

`#=GF AC   CL0001.39` and `#=GF ID   EGF`, in either order; a record ends with `//`. Names of
authors in it are not always UTF-8, so only what is read must be.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars import col

from ingest.content import plain_lines, read_bytes, read_head
from ingest.tables import Table, no_bad_rows
from kg.errors import TableError

_BEGINS = b"# STOCKHOLM"
_END = "//"
_UNREADABLE = "\ufffd"


def read_clans(path: Path, name: str) -> Table | None:
    """Columns identifier (without its version), name, and line: where the accession stands.

    Set aside: records without an accession or a name, with one that is not UTF-8, and those whose
    accession another has. None where the file does not begin as Stockholm files do.

    Raises:
        TableError: the file is damaged, ends within a record, or no record of it is good.
    """
    if not read_head(path, name).startswith(_BEGINS):
        return None
    text = plain_lines(read_bytes(path, name)).decode("utf-8", "replace").rstrip()
    lines = pl.Series("text", [text]).str.split("\n").explode().to_frame()
    if not text.endswith(f"\n{_END}"):
        raise TableError(f"{name} ends within a record at line {len(lines)}; fetch it again")
    records = _records(lines.with_row_index("line", 1))
    clans = Table(name, records, no_bad_rows()).without(
        {
            "clan has no accession": col("identifier").is_not_null(),
            "clan has no name": col("name").str.len_bytes() > 0,
            "clan's name is not UTF-8": ~col("name").str.contains(_UNREADABLE, literal=True),
            "clan is there twice": col("identifier").is_first_distinct(),
        }
    )
    if clans.rows.is_empty():
        raise TableError(f"{name} has no clan; it is another file: fetch it again")
    return clans


def _records(lines: pl.DataFrame) -> pl.DataFrame:
    """A row for each record; its line is that of the accession, else that of its first line."""
    ended = (col("text").str.strip_chars() == _END).cast(pl.Int64)
    placed = lines.with_columns(
        col("line").cast(pl.Int64),
        record=ended.cum_sum() - ended,
        accession=col("text").str.extract(r"^#=GF\s+AC\s+(CL\d{4})(?:\.\d+)?\s*$"),
        name=col("text").str.extract(r"^#=GF\s+ID\s+(.*?)\s*$"),
    )
    said = col("accession").is_not_null()
    records = placed.group_by("record", maintain_order=True).agg(
        identifier=col("accession").drop_nulls().first(),
        name=col("name").drop_nulls().first(),
        line=pl.coalesce(col("line").filter(said).first(), col("line").first()),
    )
    return records.drop("record")
