"""A source's own files in a folder, one of them written as its provider writes it now."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from polars import col

from ingest.fetch import Library
from ingest.frames import Frames
from ingest.genes import HGNC_TABLE, hgnc_table
from ingest.source import Inputs, Source, placed, read, read_either
from ingest.sources import SOURCES
from ingest.tables import Table, read_bytes
from kg.errors import TableError

BY_ID = {s.id: s for s in SOURCES}
Rows = Iterable[Sequence[str]]


@dataclass
class Mirror:
    """A source's own files in a folder of their own, where one may be written anew."""

    source: Source
    root: Path
    library: Library

    def rows(self, path: str) -> list[dict[str, str]]:
        """A pinned table's rows, by column."""
        text = read_bytes(self.root / path, path).decode()
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t", quotechar="\0"))

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_bytes(gzip.compress(text.encode(), 1))

    def read(self) -> Frames:
        return read(Inputs(self.source, self.root, self.library.catalogue))

    def table(self, path: str) -> Table:
        """One file as its reader takes it, pinned or current."""
        declared = next(f for f in self.source.files if f.path == path)
        return read_either(self.root / path, declared)

    def bad(self, path: str) -> list[tuple[int, str]]:
        """What is set aside of one file: line and reason."""
        return list(self.table(path).bad.select("line", "reason").iter_rows())

    def refused(self, path: str, text: str) -> str:
        """What is said of a file that is refused."""
        self.write(path, text)
        with pytest.raises(TableError) as error:
            self.table(path)
        return str(error.value)


def copy_of(source: Source, library: Library, root: Path) -> Inputs:
    """A source's real files in a folder of a test's own; the test is skipped without them."""
    if reason := library.absent(source):
        pytest.skip(f"{source.id}: {reason}")
    for file in source.files:
        original, target = placed(library.root, file.path), root / file.path
        if original.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, target)
    return Inputs(source, root, library.catalogue)


def mirrored(library: Library, root: Path, source_id: str, path: str) -> Mirror:
    """A mirror with the files of a source; skips where the data lacks it or one file of it."""
    source = BY_ID[source_id]
    copy_of(source, library, root)
    if not (root / path).exists():
        pytest.skip(f"{path} is not in this data")
    return Mirror(source, root, library)


def tabbed(rows: Rows) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def alike(old: pl.DataFrame, new: pl.DataFrame, *but: str) -> bool:
    """Whether two frames hold the same rows, some columns aside."""
    plain = pl.all().exclude(pl.List(pl.String))
    old, new = (f.drop(*but, strict=False).sort(plain, nulls_last=True) for f in (old, new))
    return len(old) > 1000 and old.equals(new)


def alone(mirror: Mirror, column: str) -> dict[str, str]:
    """NCBI's numbers -> another identifier, of genes where both are each other's alone."""
    path = placed(mirror.library.root, HGNC_TABLE)
    rows = read_either(path, hgnc_table("entrez_id", column)).rows
    single = rows.filter(col("entrez_id") != "", col(column).str.contains(r"^\w+$"))
    unique = single.filter(col(column).is_unique(), col("entrez_id").is_unique())
    return dict(unique.select("entrez_id", column).iter_rows())
