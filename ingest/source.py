"""What a source is: where its statements come from and how its files become frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from ingest.catalogue import PACKAGE, Catalogue, FileRelease
from ingest.frames import Frames
from ingest.tables import TSV, Table, TableFormat, read_table
from kg.biolink import AgentType, EvidenceClass, KnowledgeLevel
from kg.errors import FetchError, TableError


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file a source reads.

    Attributes:
        path: As in the catalogue.
        columns: Needed columns; empty for files that are no tables.
        format: How the table is written.
        optional: The source can do without it.
        headers: Other spellings of the columns, as the provider's current file has them:
            column -> its name there.
        current: How the provider's current file is written, where in another way.
        kinds: Of a file that is no table, the other kinds that the source reads: `.obo`.
        convert: Reads the provider's current file, where that is no table of these columns at
            all (XML, fixed width, an archive), to the declared columns; takes where it lies and
            its path, and gives None for a file that is not so written.
    """

    path: str
    columns: tuple[str, ...] = ()
    format: TableFormat = TSV
    optional: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    current: TableFormat | None = None
    kinds: tuple[str, ...] = ()
    convert: Callable[[Path, str], Table | None] | None = None

    @property
    def now(self) -> SourceFile:
        """The provider's current file: its columns and how it is written."""
        names = dict(self.headers)
        columns = tuple(names.get(c, c) for c in self.columns)
        return replace(self, columns=columns, format=self.current or self.format, headers=())


@dataclass(frozen=True)
class Source:
    """One provider's data and how it is read.

    Attributes:
        id: Short name, as `--only` and `--skip` take it.
        title: For people.
        infores: Biolink information resource.
        about: One line: what its rows say.
        files: What it reads; the source is absent when a needed one is.
        read: From the opened files to frames; no state, no store, no loop over rows.
        evidence_class, knowledge_level, agent_type: Of its evidence, unless a row says else.
        hypothesis_free: Whether it tested systematically.
        required: No graph can be built without it.
    """

    id: str
    title: str
    infores: str
    about: str
    files: tuple[SourceFile, ...]
    read: Callable[[Inputs], Frames]
    evidence_class: EvidenceClass
    knowledge_level: KnowledgeLevel = KnowledgeLevel.KNOWLEDGE_ASSERTION
    agent_type: AgentType = AgentType.MANUAL_AGENT
    hypothesis_free: bool = False
    required: bool = False


@dataclass(frozen=True)
class Inputs:
    """A source's files, found and checked, with what is known of each.

    Attributes:
        opened: Tables read so far, by path: read once, and none of their bad lines is forgotten.
    """

    source: Source
    root: Path
    catalogue: Catalogue
    opened: dict[str, Table] = field(default_factory=dict, repr=False, compare=False)

    def has(self, path: str) -> bool:
        """Whether an optional file is there, and may be read."""
        return path in self.catalogue and self.path(path).exists()

    def path(self, path: str) -> Path:
        """The file on disk."""
        return placed(self.root, path)

    def file(self, path: str) -> FileRelease:
        """Version, licence and date of a file.

        Raises:
            FetchError: the catalogue has no such file.
        """
        try:
            return self.catalogue[path]
        except KeyError:
            raise FetchError(
                f"{path} is in no catalogue; add its row with licence and date"
            ) from None

    def table(self, path: str) -> Table:
        """Read one of the source's tables with the columns it declares."""
        if path not in self.opened:
            declared = next(f for f in self.source.files if f.path == path)
            self.opened[path] = read_either(self.path(path), declared)
        return self.opened[path]

    def keep(self, table: Table) -> Table:
        """Have what another reader set aside of a file counted with the source's own."""
        return self.opened.setdefault(table.file, table)

    def tables(self, paths: Iterable[str]) -> list[Table]:
        """Read several of the source's tables that are there."""
        return [self.table(path) for path in paths if self.has(path)]


def read_either(place: Path, file: SourceFile) -> Table:
    """Read a table as it is declared or, where that fails, as its provider writes it now.

    Returns:
        The declared columns, by their declared names.

    Raises:
        TableError: it is neither; the message is that of the declared form, or that of the
            converter which knows the file for its own.
    """
    try:
        return read_table(place, file.columns, file.format, file.path)
    except TableError:
        converted = file.convert(place, file.path) if file.convert else None
        if converted is not None:
            return converted
        now = file.now
        if now.columns == file.columns and now.format == file.format:
            raise
        try:
            table = read_table(place, now.columns, now.format, file.path)
        except TableError:
            pass
        else:
            names = dict(zip(now.columns, file.columns, strict=True))
            return replace(table, rows=table.rows.rename(names))
        raise


def read(inputs: Inputs) -> Frames:
    """A source's frames; lines that were damaged in any of its tables are in the quarantine."""
    frames = inputs.source.read(inputs)
    damaged = [t.bad for t in inputs.opened.values() if len(t.bad)]
    if not damaged:
        return frames
    told = frames.quarantine.select("file", "line")
    lost = pl.concat(damaged).join(told, on=["file", "line"], how="anti")
    return replace(
        frames, quarantine=pl.concat([frames.quarantine, lost]), rows=frames.rows + len(lost)
    )


SHARE_ALIKE = "share_alike"
"""Folder of the bundled slice for files whose licence asks that copies stay under it."""


def placed(root: Path, path: str) -> Path:
    """Where a catalogue file lies below a directory: at its path, or so below `share_alike/`.

    A table that the project keeps itself has no folder and lies beside the code, for every root
    that has no copy of its own.
    """
    if "/" not in path and not (root / path).exists():
        return PACKAGE / path
    apart = root / SHARE_ALIKE / path
    return apart if apart.exists() else root / path
