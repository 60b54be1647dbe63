"""OBO files: terms with names, synonyms, parents and replaced ids, as a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
from polars import col

from ingest.content import read_head, read_text
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
_PLAIN = ("name", "synonym", "xref")
"""Tags in whose values characters are escaped."""
_TERMS = ("id", "is_a", "alt_id", "replaced_by")
"""Tags whose values are a term, then perhaps qualifiers and a comment."""
_BEGINS = "format-version:"
_QUOTED = r'^"((?:[^"\\]|\\.)*)"'
_XREF = r'^(.*?)(?:\s+["{!].*)?$'
"""An identifier, then perhaps its description, qualifiers and a comment."""
_ESCAPED = r"\\([^n])"
"""In names, synonyms and cross references; an escaped line break is left alone."""
_BLANK = "".join(filter(str.isspace, map(chr, range(0x3001))))


def is_obo(path: Path, name: str) -> bool:
    """Whether a file begins as OBO files do; no more of it is read.

    Raises:
        TableError: the file is damaged.
    """
    return read_head(path, name).startswith(_BEGINS.encode())


def read_obo(path: Path, name: str, relations: Sequence[str] = ()) -> Table:
    """The `[Term]` stanzas of a file, one row each; `line` is where the stanza begins.

    Set aside: stanzas without an identifier, with one that another has, or with a line that is
    no `tag: value`.

    Args:
        path: The file.
        name: What errors call it.
        relations: Those of `relationship:` lines that are wanted, each a column of identifiers.

    Raises:
        TableError: the file is damaged, is no OBO file, or holds no term.
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


def read_if_obo(path: Path, name: str) -> Table | None:
    """The terms of a file, as `read_obo` gives them; None where it does not begin as OBO files do.

    Raises:
        TableError: as `read_obo`.
    """
    return read_obo(path, name) if is_obo(path, name) else None


def pairs(terms: Table, listed: str, columns: tuple[str, str]) -> Table:
    """A row for each value of a column of lists: the term, the value, and the stanza's line.

    Args:
        terms: As `read_obo` gives them.
        listed: The column of lists.
        columns: What the table calls term and value.
    """
    term, value = columns
    each = terms.rows.select(col("id").alias(term), col(listed).alias(value), "line")
    return replace(terms, rows=each.explode(value).drop_nulls(value))


def current(terms: Table) -> Table:
    """Without the obsolete terms, which are set aside."""
    return terms.without({"obsolete term": ~col("obsolete")})


def joined(listed: str) -> pl.Expr:
    """A column of lists as the texts that `split_list` reads: values with bars between.

    A bar within a value becomes a broken one, lest it be split there.
    """
    return (
        col(listed).list.eval(pl.element().str.replace_all("|", "¦", literal=True)).list.join("|")
    )


def _stanzas(text: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Terms: line, and whether each of theirs is a tag and a value. Their lines: line, tag, value.

    The line is that of the stanza.
    """
    lines = pl.Series("text", [text]).str.split("\n").explode()
    every = lines.to_frame().with_row_index("number", 1)
    begins = col("text").str.starts_with("[")
    term = col("text").str.strip_chars(_BLANK) == "[Term]"
    placed = every.with_columns(
        line=pl.when(begins).then("number").forward_fill().cast(pl.Int64),
        __inside=pl.when(begins).then(term).forward_fill(),
    ).filter("__inside")
    stanzas = placed.filter(begins).select("line")
    said = (col("text").str.strip_chars(_BLANK) != "") & ~col("text").str.starts_with("!")
    parts = col("text").str.splitn(":", 2).struct
    told = placed.filter(said & ~begins).select(
        "line", tag=parts[0], value=parts[1].str.strip_chars(_BLANK)
    )
    whole = told.group_by("line").agg(__whole=col("value").is_not_null().all())
    marked = stanzas.join(whole, on="line", how="left", maintain_order="left")
    return marked.with_columns(col("__whole").fill_null(value=True)), told


def _values(lines: pl.DataFrame, tag: str) -> pl.DataFrame:
    """A tag's value in each stanza, the last of several; or all of them, of tags that recur."""
    value = col("value")
    unquoted = value.str.extract(_QUOTED)
    if tag == "def":
        value = pl.coalesce(unquoted.str.replace_all(r"\"", '"', literal=True), value)
    elif tag in _TERMS:
        value = value.str.split(" ").list.first()
    elif tag in _PLAIN:
        bare = {"xref": value.str.extract(_XREF), "synonym": pl.coalesce(unquoted, value)}
        value = bare.get(tag, value).str.replace_all(_ESCAPED, "$1")
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
