"""OBO files: terms with names, synonyms, parents and replaced ids, as a frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from ingest.content import read_text
from ingest.tables import Table, no_bad_rows
from kg.errors import TableError

SCHEMA: dict[str, Any] = {
    "id": pl.String,
    "name": pl.String,
    "definition": pl.String,
    "synonyms": pl.List(pl.String),
    "xrefs": pl.List(pl.String),
    "is_a": pl.List(pl.String),
    "alt_ids": pl.List(pl.String),
    "replaced_by": pl.String,
    "obsolete": pl.Boolean,
    "line": pl.Int64,
}
_QUOTED = re.compile(r'^"((?:[^"\\]|\\.)*)"')


def read_obo(path: Path, name: str) -> Table:
    """The `[Term]` stanzas of a file, one row each; `line` is where the stanza begins.

    Set aside: stanzas without an identifier, with one that another has, or with a line that is
    no `tag: value`.

    Raises:
        TableError: the file is damaged, is no OBO file, ends within a line, or holds no term.
    """
    text = read_text(path, name)
    if not text.startswith("format-version:"):
        raise TableError(
            f"{name} is no OBO file (it does not begin with format-version:); fetch it again"
        )
    terms = [(line, tags, fault) for line, tags, fault in _stanzas(text)]
    if not terms:
        raise TableError(f"{name} holds no term; fetch it again")
    rows = pl.DataFrame([_term(line, tags) for line, tags, _ in terms], SCHEMA, orient="row")
    found = rows.with_columns(__fault=pl.Series([f for *_, f in terms], dtype=pl.String))
    return Table(name, found, no_bad_rows()).without(
        {
            "line is no tag and value": pl.col("__fault") == "",
            "term has no identifier": pl.col("id") != "",
            "term is there twice": pl.col("id").is_first_distinct(),
        }
    )


def _stanzas(text: str) -> Iterator[tuple[int, list[tuple[str, str]], str]]:
    """Line number, tag-value pairs and fault ('' where there is none) of each term."""
    start, tags, inside, fault = 0, list[tuple[str, str]](), False, ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("["):
            if inside:
                yield start, tags, fault
            start, tags, inside, fault = number, [], line.strip() == "[Term]", ""
        elif inside and line.strip() and not line.startswith("!"):
            tag, colon, value = line.partition(":")
            tags.append((tag, value.strip()))
            fault = fault if colon else line
    if inside:
        yield start, tags, fault


def _term(line: int, tags: list[tuple[str, str]]) -> tuple[object, ...]:
    single = dict(tags)
    return (
        single.get("id", ""),
        single.get("name", ""),
        _unquoted(single.get("def", "")),
        [_unquoted(v) for t, v in tags if t == "synonym"],
        [v.split(" ")[0] for t, v in tags if t == "xref"],
        [v.split(" ")[0] for t, v in tags if t == "is_a"],
        [v for t, v in tags if t == "alt_id"],
        single.get("replaced_by"),
        single.get("is_obsolete") == "true",
        line,
    )


def _unquoted(value: str) -> str:
    found = _QUOTED.match(value)
    return found.group(1).replace('\\"', '"') if found else value
