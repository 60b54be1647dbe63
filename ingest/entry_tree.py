"""InterPro's tree of entries, `ParentChildTreeFile.txt`: the depth of a line says what is above it.

A line is `--` for each level, then `IPR000008::C2 domain::`.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
from polars import col

from ingest.content import read_head, read_text
from ingest.tables import Table, no_bad_rows
from kg.errors import TableError

_ENTRY = r"^(?:--)*(IPR\d{6})::(.+)::$"
_BEGINS = re.compile(rb"IPR\d{6}::")
_DEEPEST = 64


def read_entry_tree(path: Path, name: str) -> Table | None:
    """Columns identifier, name, parents (`interpro:IPR000008`, or empty at the top), line.

    Set aside: lines that are no entry or have no name, entries that stand twice, and those deeper
    than the line above them by more than a level or below a line that is no entry. None where the
    file does not begin with an entry.

    Raises:
        TableError: the file is damaged, or no line of it is good.
    """
    if not _BEGINS.match(read_head(path, name)):
        return None
    text = pl.Series("text", [read_text(path, name).rstrip("\n")]).str.split("\n").explode()
    parts = col("text").str.strip_chars_end().str.extract_groups(_ENTRY).struct
    lines = text.to_frame().select(
        identifier=parts[0],
        name=parts[1],
        depth=col("text").str.extract(r"^(-*)").str.len_bytes() // 2,
        line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
    )
    found = Table(name, _with_parents(lines), no_bad_rows()).without(
        {
            "line is no entry": col("identifier").is_not_null(),
            "entry is there twice": col("identifier").is_first_distinct(),
            "entry is below no other": (col("depth") == 0) | col("__parent").is_not_null(),
        }
    )
    if found.rows.is_empty():
        raise TableError(f"{name} has no entry that is whole; fetch it again")
    return Table(name, found.rows.select("identifier", "name", "parents", "line"), found.bad)


def _with_parents(lines: pl.DataFrame) -> pl.DataFrame:
    """Columns `__parent` and parents: of a line the last before it that is one level higher.

    Unless a still higher one lies between them: then a level was left out.
    """
    above = pl.lit(None, pl.Int64)
    depth, line = col("depth"), col("line")
    deepest = min(lines.select(depth.max()).item(), _DEEPEST)
    for level in range(1, deepest + 1):
        last = pl.when(depth == level - 1).then(line).forward_fill()
        higher = pl.when(depth < level - 1).then(line).forward_fill().fill_null(0)
        above = pl.when((depth == level) & (last > higher)).then(last).otherwise(above)
    entry = lines.select(above=line, __parent="identifier")
    joined = lines.with_columns(above=above).join(
        entry, on="above", how="left", maintain_order="left"
    )
    parents = pl.concat_str(pl.lit("interpro:"), "__parent")
    return joined.with_columns(parents=parents.fill_null(""))
