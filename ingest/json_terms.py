"""Ontologies as JSON: a list of terms, one object each, as a table with the line each begins on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ingest.content import read_text
from ingest.tables import Table, no_bad_rows
from kg.errors import TableError

_NAMED = ("id", "name", "namespace")
_LISTED = ("synonyms", "alt_ids")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_terms(path: Path, name: str, relations: Sequence[str] = ()) -> Table:
    """The terms of a file: id, name, namespace, synonyms, alt_ids, a list a relation, line.

    Set aside: terms that are no objects or lack a text or list of texts where there should be
    one, and terms whose identifier another has.

    Args:
        path: JSON: a list of objects with `id`, `name`, `namespace` and, where there are any,
            `synonyms`, `alt_ids` and `relations` (a list of identifiers a relation).
        name: What errors call the file.
        relations: Those wanted, each a column.

    Raises:
        TableError: the file is damaged, is no JSON, or no list of terms; with the line.
    """
    text = read_text(path, name)
    rows = [_row(line, term, relations) for line, term in _elements(text, name)]
    if not rows:
        raise TableError(f"{name} holds no term; fetch it again")
    *values, lines = zip(*rows, strict=True)
    columns = dict(zip((*_NAMED, *_LISTED, *relations), values, strict=True))
    found = pl.DataFrame(
        {
            **{name: pl.Series(columns[name], dtype=pl.String) for name in _NAMED},
            **{name: _lists(columns[name]) for name in (*_LISTED, *relations)},
            "line": lines,
        }
    )
    return Table(name, found, no_bad_rows()).without(
        {
            "no term with id, name and lists of texts": pl.col("id").is_not_null(),
            "term is there twice": pl.col("id").is_first_distinct(),
        }
    )


def _lists(values: Sequence[Sequence[str] | None]) -> pl.Series:
    """A column of lists of texts; null where there is none."""
    sizes = np.array([-1 if items is None else len(items) for items in values], np.int64)
    filled = sizes > 0
    texts = pl.Series([*chain.from_iterable(filter(None, values))], dtype=pl.String)
    flat = pl.DataFrame({"of": np.repeat(np.flatnonzero(filled), sizes[filled]), "text": texts})
    found = flat.group_by("of", maintain_order=True).agg("text")["text"]
    others = pl.Series([[], None], dtype=pl.List(pl.String))
    place = np.where(filled, np.cumsum(filled) - 1, len(found) + (sizes < 0))
    return pl.concat([found, others]).gather(place)


def _elements(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Each element of the list that a text is, and the line on which it begins."""
    decoder, line, counted = json.JSONDecoder(), 1, 0
    at = WHITESPACE.match(text, 0).end()
    if not text.startswith("[", at):
        raise TableError(f"{name} is no JSON list of terms; it is another file: fetch it again")
    try:
        at = WHITESPACE.match(text, at + 1).end()
        while not text.startswith("]", at):
            line, counted = line + text.count("\n", counted, at), at
            element, at = decoder.raw_decode(text, at)
            yield line, element
            at = WHITESPACE.match(text, at).end()
            if text.startswith(",", at):
                at = WHITESPACE.match(text, at + 1).end()
            elif not text.startswith("]", at):
                raise json.JSONDecodeError("Expecting ',' or ']'", text, at)
        if text[at + 1 :].strip():
            raise json.JSONDecodeError("Extra data", text, at + 1)
    except json.JSONDecodeError as error:
        raise TableError(
            f"{name}, line {error.lineno} is no JSON ({error.msg}); fetch the file again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise TableError(
            f"{name}, term of line {line} is no JSON ({error}); fetch the file again"
        ) from error


def _row(line: int, term: Any, relations: Sequence[str]) -> tuple[Any, ...]:
    """A term as a row; all null but its line where it is none."""
    related = term.get("relations", {}) if isinstance(term, dict) else None
    if isinstance(related, dict):
        texts = [term.get(key) for key in _NAMED]
        lists = [term.get(key, []) for key in _LISTED] + [related.get(k, []) for k in relations]
        if {*map(type, lists)} == {list} and _are_texts([*texts, *chain.from_iterable(lists)]):
            return (*texts, *lists, line)
    return (*(None for _ in (*_NAMED, *_LISTED, *relations)), line)


def _are_texts(values: Sequence[Any]) -> bool:
    """Whether all values are texts that are not empty and can be written as UTF-8."""
    if {*map(type, values)} != {str} or "" in values:
        return False
    joined = "".join(values)
    return joined.isascii() or not _SURROGATE.search(joined)
