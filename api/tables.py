"""Tables that a user gives, and those that are written for one: delimited text or Parquet."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from kg.errors import BadArgument
from kg.parquet import DamagedParquet, read_parquet, write_parquet

_SEPARATORS = {".tsv": "\t", ".txt": "\t", ".csv": ","}
_ENDINGS = f"{', '.join(_SEPARATORS)} (also with .gz) or .parquet"


def read_table(path: Path) -> pl.DataFrame:
    """A table by the file's ending; columns of delimited text are text.

    Raises:
        BadArgument: another ending, or a file that can't be read whole.
    """
    ending = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    parquet = path.suffix == ".parquet"
    if ending not in _SEPARATORS and not parquet:
        raise BadArgument(f"{path}: ending must be one of {_ENDINGS}")
    try:
        if parquet:
            return read_parquet(path)
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return pl.read_csv(data, separator=_SEPARATORS[ending], infer_schema=False)
    except (OSError, EOFError, zlib.error, DamagedParquet, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        remedy = "; write it again, or give it as .tsv" if parquet else ""
        raise BadArgument(f"{path} can't be read as a table: {reason}{remedy}") from None


def texts(path: Path, table: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Some columns as text, '' where there is none.

    Raises:
        BadArgument: a column holds lists or records.
    """
    for name in columns:
        if table[name].dtype.is_nested():
            kind = table[name].dtype
            raise BadArgument(f"{path}: column {name!r} holds {kind}; it must be text or numbers")
    return table.select(pl.col(*columns).cast(pl.String).fill_null(""))


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write CSV, TSV or Parquet by the file's ending, whole or not at all.

    Raises:
        BadArgument: another ending, or a folder that is not there.
    """
    writers: dict[str, Callable[[Path], object]] = {
        ".csv": frame.write_csv,
        ".tsv": partial(frame.write_csv, separator="\t"),
        ".parquet": partial(write_parquet, frame),
    }
    if path.suffix not in writers:
        raise BadArgument(f"--out {path}: ending must be one of {', '.join(writers)}")
    if not path.parent.is_dir():
        raise BadArgument(f"--out {path}: there is no folder {path.parent}")
    staging = path.with_name(f".{path.name}.part")
    writers[path.suffix](staging)
    staging.replace(path)
