"""Parquet files as frames: the wanted columns, checked, with the row each value stands in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from kg import parquet
from kg.errors import TableError
from kg.parquet import DamagedParquet

_MAGIC = b"PAR1"


def read_parquet(place: Path, name: str, columns: Mapping[str, pl.DataType]) -> pl.DataFrame | None:
    """Read the named columns of a file.

    Args:
        place: The file.
        name: What errors call it.
        columns: Those wanted, each with its type.

    Returns:
        The columns and `line`: Int64, the row's number from 1; None where it is no Parquet file.

    Raises:
        TableError: the file is damaged, lacks a column, or has one of another type.
    """
    try:
        with place.open("rb") as stream:
            if stream.read(len(_MAGIC)) != _MAGIC:
                return None
    except OSError as error:
        raise TableError(f"{name} can't be read: {error}") from error
    try:
        frame = parquet.read_parquet(place, columns)
    except DamagedParquet as error:
        raise TableError(f"{name} is truncated or damaged ({error}); fetch it again") from error
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise TableError(
            f"{name} has no column {missing[0]!r}; it is another dataset or another version: "
            "fetch the pinned one"
        )
    for column, wanted in columns.items():
        if frame[column].dtype not in (wanted, pl.Null):
            raise TableError(
                f"{name} has {frame[column].dtype} in the column {column!r}, where {wanted} was "
                "expected; it is another version: fetch the pinned one"
            )
    lines = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line")
    return frame.select(*(pl.col(c).cast(t) for c, t in columns.items()), lines)
