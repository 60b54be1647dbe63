"""Gene Ontology annotations as the consortium writes them: GAF 2, a line for each of its grounds.

The format: https://geneontology.org/docs/go-annotation-file-gaf-format-2.2/.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars import col

from ingest.content import read_head
from ingest.identifiers import as_curie
from ingest.tables import Table, TableFormat, read_table

_BEGINS = b"!gaf-version:"
_COLUMNS = (
    "db",
    "object_id",
    "object_symbol",
    "qualifier",
    "go_id",
    "reference",
    "evidence",
    "with_or_from",
    "aspect",
    "object_name",
    "synonym",
    "object_type",
    "taxon",
    "date",
    "assigned_by",
    "extension",
    "form_id",
)
_FORMAT = TableFormat(comment="!", header=_COLUMNS, key=("taxon", r"^taxon:\d+"))
_NEEDED = ("db", "object_id", "qualifier", "go_id", "evidence", "aspect", "taxon")

ASPECTS = {"P": "biological_process", "F": "molecular_function", "C": "cellular_component"}
EXPERIMENTS = ("EXP", "IDA", "IPI", "IMP", "IGI", "IEP")
"""Codes of experiments on single genes. Those of high throughput (HTP and the like) are not among
them, nor are they in the pinned table: https://github.com/dhimmel/gene-ontology, process.ipynb."""


def read_gaf(place: Path, name: str) -> Table | None:
    """Annotations of human proteins by experiment, a row for each protein and term.

    Columns go_id, go_domain, tax_id, annotation_type (all `direct`) and gene_ids: one CURIE of
    UniProtKB. Of several lines on a protein and a term, one each reference and code, the first
    stands; qualifiers other than NOT are not told, as in the pinned table. Set aside, with their
    reason: what is no protein of UniProt or not human, what is said not to be so, and what rests
    on no such experiment.

    Args:
        place: The file.
        name: What errors call it.

    Returns:
        None where the file does not begin as GAF files do.

    Raises:
        TableError: the file is damaged, or holds no annotation.
    """
    if not read_head(place, name).startswith(_BEGINS):
        return None
    protein = as_curie(col("object_id"), "UniProtKB")
    judged = read_table(place, _NEEDED, _FORMAT, name).without(
        {
            "not a protein of UniProt": (col("db") == "UniProtKB") & protein.is_not_null(),
            "not a human annotation": col("taxon").str.split("|").list.first() == "taxon:9606",
            "unknown aspect": col("aspect").is_in(list(ASPECTS)),
            "said not to be so": ~col("qualifier").str.split("|").list.contains("NOT"),
            "evidence is no experiment on single genes": col("evidence").is_in(EXPERIMENTS),
        }
    )
    rows = judged.rows.unique(["go_id", "object_id"], keep="first", maintain_order=True).select(
        "go_id",
        go_domain=col("aspect").replace_strict(ASPECTS, return_dtype=pl.String),
        tax_id=pl.lit("9606"),
        annotation_type=pl.lit("direct"),
        gene_ids=protein,
        line="line",
    )
    return Table(name, rows, judged.bad)
