"""Parquet files that others wrote: what is damaged is refused, and nothing it says is believed.

Parquet has no checksum of its own but of pages, and few writers add it. So pages are checked where
they have one; what the footer says twice must agree; and values must lie within the least and the
largest, and be null as often, as it says of each column. What none of these tells - an
uncompressed value changed to another within the bounds of its column - can't be known, unless the
file was written with checksums of its pages, as `write_parquet` does.
"""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MOST_BYTES = 8 << 30
"""A file whose rows take more memory than this is refused: few bytes can stand for any number."""
_BATCH = 1 << 13
_BOUNDED = (
    pa.types.is_large_string,
    pa.types.is_string,
    pa.types.is_integer,
    pa.types.is_floating,
)
_FOREIGN = (
    OSError,
    ValueError,
    MemoryError,
    pa.ArrowException,
    pl.exceptions.PolarsError,
    duckdb.Error,
)
_FOOTER = """
SELECT row_group_id, path_in_schema, num_values, row_group_num_rows, stats_min_value,
       stats_max_value, stats_null_count, total_uncompressed_size
FROM parquet_metadata(?) ORDER BY row_group_id, column_id"""


class _Chunk(NamedTuple):
    group: int
    column: str
    values: int
    rows: int
    least: str | None
    largest: str | None
    nulls: int | None
    bytes: int


class DamagedParquet(ValueError):
    """A Parquet file contradicts itself, or is too large; the message says how, in one line."""


def read_parquet(
    path: Path, columns: Collection[str] | None = None, most_bytes: int = MOST_BYTES
) -> pl.DataFrame:
    """Columns of a file, binary ones as the text they hold.

    Args:
        path: The file.
        columns: Which, of those that are there; all when None.
        most_bytes: A file that holds more is refused.

    Raises:
        DamagedParquet: the file can't be read, or contradicts itself.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            chunks, whole = _footer(path), file.schema_arrow.remove_metadata()
            _check_footer(chunks, whole, file.metadata.num_rows, most_bytes)
            schema = pa.schema([f for f in whole if columns is None or f.name in columns])
            groups = _groups(file, chunks, schema, most_bytes) if schema.names else ()
            table = pa.Table.from_batches(groups, schema)
        table.validate(full=True)
        texts = pa.schema(
            [f.with_type(pa.large_string()) if _bytes(f.type) else f for f in table.schema]
        )
        return pl.DataFrame(table.cast(texts))
    except DamagedParquet:
        raise
    except _FOREIGN as error:
        raise DamagedParquet(str(error).partition("\n")[0] or type(error).__name__) from None


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a table with a checksum of every page."""
    pq.write_table(frame.to_arrow(), path, compression="zstd", write_page_checksum=True)


def _bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _footer(path: Path) -> list[_Chunk]:
    """What the footer says of each column of each group of rows.

    By DuckDB, for on a damaged one pyarrow's own accessors end the process.
    """
    try:
        told = _engine().cursor().execute(_FOOTER, [glob.escape(str(path))]).fetchall()
    except (duckdb.InternalException, duckdb.FatalException):
        _engine.cache_clear()
        raise
    return [_Chunk(*row) for row in told]


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _check_footer(chunks: Sequence[_Chunk], schema: pa.Schema, rows: int, most_bytes: int) -> None:
    """What the footer says twice is the same."""
    groups = {chunk.group: chunk.rows for chunk in chunks}
    if sum(groups.values()) != rows:
        raise DamagedParquet(f"it has {rows:,} rows, its row groups {sum(groups.values()):,}")
    size = sum(chunk.bytes for chunk in chunks)
    if size > most_bytes:
        raise DamagedParquet(f"it holds {size:,} bytes, more than {most_bytes:,}")
    by_place = {(chunk.group, chunk.column): chunk for chunk in chunks}
    for field in (f for f in schema if not pa.types.is_nested(f.type)):
        for group in groups:
            chunk = by_place.get((group, field.name))
            if chunk is None or chunk.values != chunk.rows:
                raise DamagedParquet(f"its footer disagrees on the values of {field.name!r}")


def _groups(
    file: pq.ParquetFile, chunks: Sequence[_Chunk], schema: pa.Schema, most_bytes: int
) -> Iterator[pa.RecordBatch]:
    """What is read of a file by its groups of rows, each checked against what the footer says."""
    taken = 0
    of_group: dict[int, list[_Chunk]] = {}
    for chunk in chunks:
        of_group.setdefault(chunk.group, []).append(chunk)
    for group, columns in of_group.items():
        batches = []
        read = file.iter_batches(_BATCH, [group], schema.names, use_threads=False)
        for batch in read:
            taken += batch.nbytes
            if taken > most_bytes:
                raise DamagedParquet(f"its rows take more than {most_bytes:,} bytes")
            batches.append(batch.replace_schema_metadata())
        rows = pa.Table.from_batches(batches, schema)
        if len(rows) != columns[0].rows:
            raise DamagedParquet(f"{len(rows):,} rows are there of {columns[0].rows:,}")
        for chunk in columns:
            if schema.names.count(chunk.column) == 1:
                _check_values(chunk, rows[chunk.column])
        yield from rows.to_batches()


def _check_values(chunk: _Chunk, values: pa.ChunkedArray) -> None:
    """Every value is within its column's bounds, and as many are null as the footer says."""
    if chunk.nulls is not None and chunk.nulls != values.null_count:
        raise DamagedParquet(
            f"{values.null_count:,} values of {chunk.column!r} are null, its footer says "
            f"{chunk.nulls:,}"
        )
    bounds = [chunk.least, chunk.largest]
    if None in bounds or not any(of(values.type) for of in _BOUNDED):
        return
    low, high = pa.array(bounds, pa.string()).cast(values.type).to_pylist()
    found = pc.min_max(values).as_py()
    if found["min"] is not None and (found["min"] < low or found["max"] > high):
        raise DamagedParquet(f"values of {chunk.column!r} are not between {low!r} and {high!r}")
