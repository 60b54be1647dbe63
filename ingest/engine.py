"""Runs `merge.sql`: DuckDB on one machine, with a memory limit and spilling to disk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

_BATCH = 1 << 16
_ROW_GROUP = 1 << 17


@dataclass(frozen=True, slots=True)
class Block:
    """One statement of the merge: a step makes a table, a view a name, an output is written."""

    kind: str
    name: str
    sql: str


def merge_blocks() -> list[Block]:
    """The blocks of `merge.sql`, in order."""
    text = Path(__file__).with_name("merge.sql").read_text(encoding="utf-8")
    pieces = re.split(r"^-- (step|view|output) (\w+)\n", text, flags=re.MULTILINE)[1:]
    return [Block(k, n, s.strip()) for k, n, s in zip(*[iter(pieces)] * 3, strict=True)]


class Engine(Protocol):
    """What the merge needs of a database."""

    def table(self, name: str, table: pa.Table) -> None:
        """Make a small in-memory table known by a name."""

    def parquet(self, name: str, paths: list[Path], empty: pa.Schema) -> None:
        """Make Parquet files known as one table; an empty one of the schema when there are none."""

    def step(self, name: str, sql: str) -> None:
        """Run a query and keep its result as a table."""

    def view(self, name: str, sql: str) -> None:
        """Make a query known by a name; it runs where it is read."""

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run a query and stream its result."""


class DuckDB:
    """The default engine.

    Args:
        spill: Directory for what does not fit in memory.
        memory_gb: Limit of its working memory.
        threads: Cores to use.
    """

    def __init__(self, spill: Path, memory_gb: float = 3.0, threads: int = 2) -> None:
        settings: Mapping[str, str] = {
            "temp_directory": str(spill),
            "memory_limit": f"{memory_gb}GB",
            "threads": str(threads),
            "preserve_insertion_order": "false",
        }
        self._connection = duckdb.connect(config=dict(settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def table(self, name: str, table: pa.Table) -> None:
        """Make a small in-memory table known by a name."""
        self._connection.register(f"_{name}", table)
        self._connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM _{name}")
        self._connection.unregister(f"_{name}")

    def parquet(self, name: str, paths: list[Path], empty: pa.Schema) -> None:
        """Make Parquet files known as one table; an empty one of the schema when there are none."""
        if not paths:
            self.table(name, empty.empty_table())
            return
        files = ", ".join(f"'{str(p).replace(chr(39), chr(39) * 2)}'" for p in paths)
        reading = f"read_parquet([{files}], union_by_name=true)"
        self._connection.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {reading}")

    def step(self, name: str, sql: str) -> None:
        """Run a query and keep its result as a table."""
        self._connection.execute(f"CREATE TEMP TABLE {name} AS {sql}")

    def view(self, name: str, sql: str) -> None:
        """Make a query known by a name; it runs where it is read."""
        self._connection.execute(f"CREATE TEMP VIEW {name} AS {sql}")

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run a query and stream its result."""
        yield from self._connection.sql(sql).to_arrow_reader(_BATCH)


def write_parquet(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path) -> int:
    """Write batches as one canonical Parquet file of the schema; returns the number of rows."""
    rows = 0
    options = {"compression": "zstd", "version": "2.6", "write_page_index": False}
    with pq.ParquetWriter(path, schema, **options) as writer:
        pending: list[pa.RecordBatch] = []
        size = 0
        for batch in batches:
            pending.append(batch)
            size += len(batch)
            if size >= _ROW_GROUP:
                rows += _flush(writer, pending, schema)
                pending, size = [], 0
        rows += _flush(writer, pending, schema)
    return rows


def _flush(writer: pq.ParquetWriter, batches: list[pa.RecordBatch], schema: pa.Schema) -> int:
    if not batches:
        return 0
    table = pa.Table.from_batches(batches).select(schema.names).cast(schema)
    writer.write_table(table.combine_chunks(), row_group_size=_ROW_GROUP)
    return len(table)
