"""Runs `merge.sql`: DuckDB on one machine, with a memory limit and spilling to disk."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from kg.sql import quoted

_BATCH = 1 << 16
_ROW_GROUP = 1 << 17
_PIECE_BUFFER = 1 << 13
"""Rows that a thread holds back for all pieces together: so few stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Block:
    """One statement of the merge: a step makes a table, a view a name, an output is written.

    `kind` is step, view, output, pieces, "piece step" or "piece output": see `merge.sql`.
    """

    kind: str
    name: str
    sql: str


def merge_blocks() -> list[Block]:
    """The blocks of `merge.sql`, in order."""
    text = Path(__file__).with_name("merge.sql").read_text(encoding="utf-8")
    pieces = re.split(
        r"^-- ((?:piece )?(?:step|output)|view|pieces) (\w+)\n", text, flags=re.MULTILINE
    )[1:]
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

    def pieces(self, name: str, sql: str) -> int:
        """Keep a query's result on disk in pieces by its column `piece`; returns how many."""

    def piece(self, name: str, number: int) -> None:
        """Let the name mean one of its pieces, from 0; others made of it follow."""

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
            "partitioned_write_flush_threshold": str(_PIECE_BUFFER),
        }
        self._connection = duckdb.connect(config=dict(settings))
        self._spill = spill
        self._pieces: dict[str, list[list[Path]]] = {}
        self._places: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        for place in self._places:
            shutil.rmtree(place, ignore_errors=True)

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
        self.view(name, _reading(paths))

    def step(self, name: str, sql: str) -> None:
        """Run a query and keep its result as a table, in place of one of that name."""
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")

    def view(self, name: str, sql: str) -> None:
        """Make a query known by a name; it runs where it is read."""
        self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")

    def pieces(self, name: str, sql: str) -> int:
        """Keep a query's result on disk in pieces by its column `piece`; returns how many."""
        self._spill.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._spill))
        self._places.append(place)
        told = "FORMAT parquet, COMPRESSION lz4, PARTITION_BY (piece)"
        self._connection.execute(f"COPY ({sql}) TO {quoted(place)} ({told})")
        found = sorted(place.glob("piece=*"), key=lambda p: int(p.name.partition("=")[2]))
        self._pieces[name] = [sorted(p.glob("*.parquet")) for p in found]
        if found:
            self.view(name, _reading([f for files in self._pieces[name] for f in files]))
        else:
            self.step(name, f"SELECT * FROM ({sql}) LIMIT 0")
        return max(1, len(found))

    def piece(self, name: str, number: int) -> None:
        """Let the name mean one of its pieces, from 0; others made of it follow."""
        if self._pieces[name]:
            self.view(name, _reading(self._pieces[name][number]))

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run a query and stream its result."""
        yield from self._connection.sql(sql).to_arrow_reader(_BATCH)


def _reading(paths: list[Path]) -> str:
    files = ", ".join(map(quoted, paths))
    return f"SELECT * FROM read_parquet([{files}], union_by_name=true, hive_partitioning=false)"


@contextmanager
def table_writer(path: Path, schema: pa.Schema) -> Iterator[TableWriter]:
    """Write one canonical Parquet file of a schema; it ends with the context."""
    options = {"compression": "zstd", "version": "2.6", "write_page_index": False}
    with pq.ParquetWriter(path, schema, **options) as writer:
        table = TableWriter(writer, schema)
        yield table
        table.flush()


class TableWriter:
    """Rows to a Parquet file, batch by batch, in row groups of one size."""

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema) -> None:
        self._writer = writer
        self._schema = schema
        self._pending: list[pa.RecordBatch] = []
        self._size = 0

    def write(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Rows after those that were written before."""
        for batch in batches:
            self._pending.append(batch)
            self._size += len(batch)
            if self._size >= _ROW_GROUP:
                self.flush()

    def flush(self) -> None:
        """Write what is held back."""
        if not self._pending:
            return
        table = pa.Table.from_batches(self._pending).select(self._schema.names).cast(self._schema)
        self._writer.write_table(table.combine_chunks(), row_group_size=_ROW_GROUP)
        self._pending, self._size = [], 0
