"""What sources of names and cross references share: identifiers that mean one node.

A mapping becomes an alias, so that the merge follows it: an identifier that two nodes answer to
at the same rank stays ambiguous and resolves nothing.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import aliases
from kg.biolink import Category

OTHER_RANK = 5
"""Of mappings by vocabularies that are not the hub's own: they never overrule the hub's."""

SPACE: dict[str, Category] = {
    "MONDO": Category.DISEASE,
    "DOID": Category.DISEASE,
    "EFO": Category.DISEASE,
    "ORPHA": Category.DISEASE,
    "NCIT": Category.DISEASE,
    "HP": Category.PHENOTYPE,
    "CHEBI": Category.COMPOUND,
    "CHEMBL.COMPOUND": Category.COMPOUND,
    "HGNC": Category.GENE,
    "UniProtKB": Category.GENE,
    "UBERON": Category.ANATOMY,
    "CL": Category.CELL,
    "REACT": Category.PATHWAY,
    "GO": Category.BIOLOGICAL_PROCESS,
}
"""In which space the nodes of a vocabulary are looked up."""


def equivalents(rows: pl.DataFrame, other: str, known: str, rank: int = OTHER_RANK) -> pl.DataFrame:
    """Aliases from columns of CURIEs: `other` means the node that `known` is, or leads to."""
    prefix = col(known).str.split(":").list.first()
    spaced = rows.with_columns(
        __space=prefix.replace_strict(SPACE, default=None, return_dtype=pl.String)
    ).filter(col("__space").is_not_null() & col(other).is_not_null() & (col(other) != col(known)))
    return aliases(spaced, col("__space"), col(other), col(known), "mapping", rank)
