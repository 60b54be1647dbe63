"""UniProt's own `humsavar.txt`, columns of fixed width below a ruler, as the table made from it."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
from polars import col

from ingest.content import read_text
from ingest.tables import Table, no_bad_rows
from ingest.variants import THREE_LETTERS
from kg.errors import TableError

CLASSES = {
    "LP/P": "DISEASE",
    "LB/B": "POLYMORPHISM",
    "US": "UNCLASSIFIED",
    "Disease": "DISEASE",
    "Polymorphism": "POLYMORPHISM",
    "Unclassified": "UNCLASSIFIED",
}
"""As UniProt writes a variant's class, and the table: since 2020 likely pathogenic or pathogenic,
likely benign or benign, and of uncertain significance; before that by the words of old."""
_HEAD = 4096
_NAMED = r"(?m)^Name: +humsavar\.txt"
"""The line that names the file, in so many characters from its beginning."""
_RULER = r"^_+(?: +_+){6} *$"
_END = r"^-{20,} *$"
_FIELDS = r"^\S+ +(\S+) +VAR_\d+ +(\S+) +(\S+) +\S+(?: +\S.*)?$"
"""Gene, accession, id of the feature, change, class, dbSNP, and a disease with blanks in it."""
_CHANGE = r"^p\.([A-Z][a-z]{2})(\d+)([A-Z][a-z]{2})$"


def convert(path: Path, name: str) -> Table | None:
    """The variants of a file: id, ref, position, mutant, target, line.

    A variant of several diseases has a row for each, as in the table. Set aside: lines that do
    not fit the columns, and changes that are no substitution of one amino acid by another.

    Returns:
        None for a file that is not so written.

    Raises:
        TableError: the file is damaged, has no ruler, or ends within its variants.
    """
    text = read_text(path, name)
    if not re.search(_NAMED, text[:_HEAD]):
        return None
    found = _variants(text, name).with_columns(
        __fits=col("text").str.contains(_FIELDS),
        __fields=col("text").str.extract_groups(_FIELDS),
    )
    fields = col("__fields").struct
    change = fields[1].str.extract_groups(_CHANGE).struct
    rows = found.select(
        id=fields[0],
        ref=change[0].replace_strict(THREE_LETTERS, default=None, return_dtype=pl.String),
        position=change[1],
        mutant=change[2].replace_strict(THREE_LETTERS, default=None, return_dtype=pl.String),
        target=fields[2].replace(CLASSES),
        line="line",
        __fits="__fits",
    )
    return Table(name, rows, no_bad_rows()).without(
        {
            "line does not fit the columns": col("__fits"),
            "no substitution of an amino acid": pl.all_horizontal(
                col("ref", "position", "mutant").is_not_null()
            ),
        }
    )


def _variants(text: str, name: str) -> pl.DataFrame:
    """The lines between the ruler and the notice of copyright: text, line."""
    lines = pl.DataFrame({"text": text.split("\n")}).with_row_index("line", 1)
    lines = lines.with_columns(col("line").cast(pl.Int64))
    ruler = lines.filter(col("text").str.contains(_RULER))["line"].min()
    if ruler is None:
        raise TableError(f"{name} has no ruler above its variants; fetch it again")
    below = lines.filter(col("line") > ruler)
    end = below.filter(col("text").str.contains(_END))["line"].min()
    if end is None:
        raise TableError(
            f"{name} ends within its variants, at line {len(lines)}, before the notice of "
            "copyright; fetch it again"
        )
    return below.filter((col("line") < end) & (col("text").str.strip_chars() != ""))
