"""OBO files: terms with names, synonyms, parents and replaced ids, as a frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from ingest.tables import read_bytes
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


def read_obo(path: Path, name: str) -> pl.DataFrame:
    """The `[Term]` stanzas of a file, one row each; `line` is where the stanza begins.

    Raises:
        TableError: the file is damaged, is no OBO file, or holds no term.
    """
    try:
        text = read_bytes(path, name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise TableError(f"{name} is not UTF-8 at byte {error.start}; fetch it again") from error
    if not text.startswith("format-version:"):
        raise TableError(f"{name} is no OBO file (it does not begin with format-version:)")
    rows = [_term(line, tags) for line, tags in _stanzas(text)]
    if not rows:
        raise TableError(f"{name} holds no term; fetch it again")
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _stanzas(text: str) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Line number and tag-value pairs of each term."""
    start, tags, inside = 0, list[tuple[str, str]](), False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            if inside:
                yield start, tags
            start, tags, inside = number, [], line == "[Term]"
        elif inside and ": " in line:
            tag, _, value = line.partition(": ")
            tags.append((tag, value))
    if inside:
        yield start, tags


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
