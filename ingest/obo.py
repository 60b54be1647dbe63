"""OBO files: terms with names, synonyms, parents and replaced ids, as a frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from polars import col

from ingest.content import read_text
from ingest.tables import Table, no_bad_rows
from kg.errors import TableError

SCHEMA: dict[str, Any] = {
    "id": pl.String,
    "name": pl.String,
    "definition": pl.String,
    "namespace": pl.String,
    "synonyms": pl.List(pl.String),
    "xrefs": pl.List(pl.String),
    "is_a": pl.List(pl.String),
    "alt_ids": pl.List(pl.String),
    "replaced_by": pl.String,
    "obsolete": pl.Boolean,
    "line": pl.Int64,
}
_SINGLE = {
    "id": "id",
    "name": "name",
    "def": "definition",
    "namespace": "namespace",
    "replaced_by": "replaced_by",
}
_LISTED = {"synonym": "synonyms", "xref": "xrefs", "is_a": "is_a", "alt_id": "alt_ids"}
"""Tags and the columns that they become."""
_BEGINS = "format-version:"
_QUOTED = r'^"((?:[^"\\]|\\.)*)"'
_BLANK = "".join(filter(str.isspace, map(chr, range(0x3001))))


def is_obo(path: Path, name: str) -> bool:
    """Whether a file begins as OBO files do.

    Raises:
        TableError: the file is damaged.
    """
    return read_text(path, name).startswith(_BEGINS)


def read_obo(path: Path, name: str, relations: Sequence[str] = ()) -> Table:
    """The `[Term]` stanzas of a file, one row each; `line` is where the stanza begins.

    Set aside: stanzas without an identifier, with one that another has, or with a line that is
    no `tag: value`.

    Args:
        path: The file.
        name: What errors call it.
        relations: Those of `relationship:` lines that are wanted, each a column of identifiers.

    Raises:
        TableError: the file is damaged, is no OBO file, ends within a line, or holds no term.
    """
    text = read_text(path, name)
    if not text.startswith(_BEGINS):
        raise TableError(
            f"{name} is no OBO file (it does not begin with format-version:); fetch it again"
        )
    stanzas, lines = _stanzas(text)
    if stanzas.is_empty():
        raise TableError(f"{name} holds no term; fetch it again")
    for tag in (*_SINGLE, *_LISTED, "is_obsolete"):
        stanzas = stanzas.join(_values(lines, tag), on="line", how="left", maintain_order="left")
    for relation in relations:
        told = _related(lines, relation)
        stanzas = stanzas.join(told, on="line", how="left", maintain_order="left")
    found = stanzas.with_columns(
        col("id", "name", "definition", "namespace").fill_null(""),
        col(*_LISTED.values(), *relations).fill_null([]),
        obsolete=(col("is_obsolete") == "true").fill_null(value=False),
    )
    return Table(name, found.select(*SCHEMA, *relations, "__whole"), no_bad_rows()).without(
        {
            "line is no tag and value": col("__whole"),
            "term has no identifier": col("id") != "",
            "term is there twice": col("id").is_first_distinct(),
        }
    )


def _stanzas(text: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Terms: line, and whether each of theirs is a tag and a value. Their lines: line, tag, value.

    The line is that of the stanza.
    """
    every = pl.DataFrame({"text": text.split("\n")}).with_row_index("number", 1)
    begins = col("text").str.starts_with("[")
    term = col("text").str.strip_chars(_BLANK) == "[Term]"
    placed = every.with_columns(
        line=pl.when(begins).then("number").forward_fill().cast(pl.Int64),
        __inside=pl.when(begins).then(term).forward_fill(),
    ).filter("__inside")
    stanzas = placed.filter(begins).select("line")
    said = (col("text").str.strip_chars(_BLANK) != "") & ~col("text").str.starts_with("!")
    parts = col("text").str.splitn(":", 2).struct
    lines = placed.filter(said & ~begins).select(
        "line", tag=parts[0], value=parts[1].str.strip_chars(_BLANK)
    )
    whole = lines.group_by("line").agg(__whole=col("value").is_not_null().all())
    marked = stanzas.join(whole, on="line", how="left", maintain_order="left")
    return marked.with_columns(col("__whole").fill_null(value=True)), lines


def _values(lines: pl.DataFrame, tag: str) -> pl.DataFrame:
    """A tag's value in each stanza, the last of several; or all of them, of tags that recur."""
    value = col("value")
    unquoted = value.str.extract(_QUOTED).str.replace_all(r"\"", '"', literal=True)
    if tag in ("def", "synonym"):
        value = pl.coalesce(unquoted, value)
    elif tag in ("xref", "is_a"):
        value = value.str.split(" ").list.first()
    found = lines.filter(col("tag") == tag).select("line", value=value.fill_null(""))
    groups = found.group_by("line", maintain_order=True)
    if tag in _LISTED:
        return groups.agg(col("value").alias(_LISTED[tag]))
    return groups.agg(col("value").last().alias(_SINGLE.get(tag, tag)))


def _related(lines: pl.DataFrame, relation: str) -> pl.DataFrame:
    """Of each stanza the terms of one relation: of `part_of GO:1 ! name` the identifier."""
    words = lines.filter(col("tag") == "relationship").select(
        "line", words=col("value").str.split(" ")
    )
    of_it = words.filter(col("words").list.first() == relation)
    named = of_it.select("line", col("words").list.get(1, null_on_oob=True).alias(relation))
    return named.drop_nulls().group_by("line", maintain_order=True).agg(relation)
