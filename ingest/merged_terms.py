"""Terms of an ontology, as JSON or as OBO, with the former identifiers that stand for each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
from polars import col

from ingest.json_terms import read_terms
from ingest.obo import is_obo, read_obo
from ingest.tables import Table


def read_merged(path: Path, name: str) -> Table:
    """Columns id, alt_ids (a list) and line.

    An OBO file has, beside the terms with what was merged into them, obsolete terms which another
    has replaced: each gives a row of that other, on the obsolete term's line. Obsolete terms that
    nothing replaced are set aside.

    Raises:
        TableError: the file is damaged, or is neither.
    """
    if not is_obo(path, name):
        return read_terms(path, name)
    replaced = col("obsolete") & col("replaced_by").is_not_null()
    terms = read_obo(path, name).without({"obsolete term": ~col("obsolete") | replaced})
    rows = terms.rows.select(
        id=pl.when(replaced).then("replaced_by").otherwise("id"),
        alt_ids=pl.when(replaced).then(pl.concat_list("id")).otherwise("alt_ids"),
        line="line",
    )
    return replace(terms, rows=rows)
