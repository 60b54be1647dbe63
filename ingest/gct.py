"""GTEx's medians of tissues as it publishes them: GCT, a row a gene and a column a tissue.

The format: https://software.broadinstitute.org/cancer/software/gsea/wiki/index.php/Data_formats.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
from polars import col

from ingest.content import plain_lines, read_bytes
from ingest.frames import number
from ingest.tables import Table, TableFormat, read_table
from kg.errors import TableError

_BEGINS = b"#1."
_ABOVE = 1.0
"""TPM above which a gene counts as expressed in a tissue."""


def read_gct(place: Path, name: str) -> Table | None:
    """Each gene's number of tissues above 1 TPM and its median over tissues, as text.

    Columns ensg (without version), n1tpm and medtpm, as the pinned table was made of v7:
    https://github.com/ericminikel/drug_target_lof, src/drug_target_lof_analysis.R. Set aside: a
    gene with a median that is no number, a copy on the Y chromosome, and a gene named before.

    Args:
        place: The file.
        name: What errors call it.

    Returns:
        None where the file does not begin as GCT files do.

    Raises:
        TableError: the file is damaged, or has not the genes and tissues that its second line
            says.
    """
    data = read_bytes(place, name)
    if not data.startswith(_BEGINS):
        return None
    top = plain_lines(data[: 1 << 20]).decode("utf-8", "replace").split("\n", 3)
    genes, tissues = _size(top, name)
    id_, _, *places = top[2].split("\t")
    if len(places) != tissues:
        raise TableError(
            f"{name}, line 3 names {len(places)} tissues where line 2 says {tissues}; fetch the "
            "file again"
        )
    table = read_table(place, (id_, *places), TableFormat(skip=2), name)
    if table.n_lines != genes:
        raise TableError(
            f"{name} has {table.n_lines} of the {genes} genes that its second line says; fetch it "
            "again"
        )
    return _summary(table, id_, places)


def _size(top: list[str], name: str) -> tuple[int, int]:
    """Genes and tissues by the second line."""
    size = re.match(r"(\d+)\t(\d+)", top[1]) if len(top) > 3 else None
    if size is None:
        raise TableError(f"{name}, line 2 does not say how many genes and tissues; fetch it again")
    return int(size[1]), int(size[2])


def _summary(table: Table, id_: str, places: list[str]) -> Table:
    values = table.with_columns(__values=pl.concat_list(number(place) for place in places))
    measured, bad = values.split(
        {
            "a median is no number": col("__values").list.drop_nulls().list.len() == len(places),
            "the copy on the Y chromosome": ~col(id_).str.ends_with("_PAR_Y"),
        }
    )
    rows = measured.select(
        ensg=col(id_).str.replace(r"\.\d+$", ""),
        n1tpm=col("__values").list.eval(pl.element() > _ABOVE).list.sum().cast(pl.String),
        medtpm=col("__values").list.median().cast(pl.String),
        line="line",
    )
    return Table(table.file, rows, bad).without(
        {"gene is there twice": col("ensg").is_first_distinct()}
    )
