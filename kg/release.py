"""Immutable releases: staged, verified, published atomically, opened by id.

Layout of a home directory::

    releases/<id>/manifest.json   written last; no manifest, no release
    releases/<id>/tables/*.parquet
    releases/<id>/arrays/*        what the embedded store maps into memory
    current                       the id that readers get when they name none

A release id is a hash of rows and parameters, so the same inputs give the same id whichever
engine merged them; the SHA-256 of each file is kept for integrity alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from kg.digest import digest
from kg.errors import ReleaseBusy, ReleaseCorrupt, ReleaseError, ReleaseNotFound
from kg.layout import ROW_KEY, SCHEMA_VERSION, TABLES

_ID_LENGTH = 16
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Home:
    """The one directory that holds everything a user keeps."""

    path: Path

    @property
    def releases(self) -> Path:
        """Where releases lie, one directory each."""
        return self.path / "releases"

    @property
    def models(self) -> Path:
        """Where trained models lie, one directory each."""
        return self.path / "models"

    @property
    def cache(self) -> Path:
        """Downloads, source parts and other things that can be made again."""
        return self.path / "cache"

    @property
    def neo4j(self) -> Path:
        """The graph server's home directories."""
        return self.path / "neo4j"

    def current(self) -> str:
        """The id of the release that readers get when they name none.

        Raises:
            ReleaseNotFound: nothing was published here yet.
        """
        try:
            return (self.path / "current").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise ReleaseNotFound(
                f"no release under {self.path}; make one with: target-kg build"
            ) from None

    def release_ids(self) -> list[str]:
        """Ids of all published releases, newest first."""
        manifests = self.releases.glob("*/manifest.json")
        return [m.parent.name for m in sorted(manifests, key=_created, reverse=True)]

    def open(self, release_id: str | None = None) -> Release:
        """Open a release by id (a unique beginning will do), or the current one.

        Raises:
            ReleaseNotFound: there is none, or several begin so.
            ReleaseCorrupt: its manifest can't be read.
        """
        wanted = release_id or self.current()
        found = [i for i in self.release_ids() if i == wanted or i.startswith(wanted)]
        if len(found) != 1:
            known = ", ".join(self.release_ids()[:5]) or "none"
            raise ReleaseNotFound(f"no single release {wanted!r} under {self.path}; known: {known}")
        return Release(self.releases / found[0])

    @contextmanager
    def stage(self) -> Iterator[Staging]:
        """A private directory to build a release in; nothing of it is seen until `publish`.

        Raises:
            ReleaseBusy: another process is building under this home.
        """
        self.releases.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / ".build.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise ReleaseBusy(f"another build is running under {self.path}; wait for it") from None
        try:
            for stale in self.releases.glob(".staging-*"):
                shutil.rmtree(stale, ignore_errors=True)
            path = Path(tempfile.mkdtemp(prefix=".staging-", dir=self.releases))
            try:
                yield Staging(self, path)
            finally:
                shutil.rmtree(path, ignore_errors=True)
        finally:
            lock.release()

    def set_current(self, release_id: str) -> None:
        """Make a published release the one that readers get."""
        write_atomically(self.path / "current", release_id + "\n")

    def prune(self, keep: int) -> list[str]:
        """Delete all but the current and the newest `keep` releases; returns the deleted ids."""
        current = self.current()
        doomed = [i for i in self.release_ids()[keep:] if i != current]
        for release_id in doomed:
            (self.releases / release_id / "manifest.json").unlink()
            shutil.rmtree(self.releases / release_id)
        return doomed


@dataclass(frozen=True, slots=True)
class Staging:
    """A release in the making."""

    home: Home
    path: Path

    @property
    def tables(self) -> Path:
        """Where the canonical Parquet files go."""
        return _made(self.path / "tables")

    @property
    def arrays(self) -> Path:
        """Where the embedded store's arrays go."""
        return _made(self.path / "arrays")

    def release_id(self, parameters: Mapping[str, Any]) -> str:
        """The id of what is staged under these parameters (`content_id`)."""
        return content_id(self.tables, parameters)

    def publish(
        self, parameters: Mapping[str, Any], contents: Mapping[str, Any], current: bool = True
    ) -> Published:
        """Write the manifest last, rename into place, and (unless told not to) make it current."""
        release_id = self.release_id(parameters)
        target = self.home.releases / release_id
        reused = (target / "manifest.json").exists()
        if not reused:
            manifest = {
                "id": release_id,
                "schema_version": SCHEMA_VERSION,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "parameters": dict(parameters),
                **contents,
                "files": self._fsync_files(),
            }
            write_atomically(self.path / "manifest.json", json.dumps(manifest, indent=1))
            shutil.rmtree(target, ignore_errors=True)
            os.rename(self.path, target)
            _fsync(self.home.releases)
        if current:
            self.home.set_current(release_id)
        return Published(Release(target), reused)

    def _fsync_files(self) -> dict[str, dict[str, Any]]:
        listing = {}
        for path in sorted(p for p in self.path.rglob("*") if p.is_file()):
            name = path.relative_to(self.path).as_posix()
            listing[name] = {"bytes": path.stat().st_size, "sha256": digest(path)}
            _fsync(path)
        for directory in (self.path, *(p for p in self.path.rglob("*") if p.is_dir())):
            _fsync(directory)
        return listing


@dataclass(frozen=True, slots=True)
class Published:
    """A release and whether it was there already."""

    release: Release
    reused: bool


@dataclass(frozen=True)
class Release:
    """A published release directory."""

    path: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest: parameters, counts, sources, hashes.

        Raises:
            ReleaseCorrupt: it can't be read, or was written by a newer schema.
        """
        try:
            manifest = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ReleaseCorrupt(f"{self.path}/manifest.json can't be read: {error}") from error
        if manifest.get("schema_version") != SCHEMA_VERSION:
            raise ReleaseError(
                f"release {self.path.name} has schema {manifest.get('schema_version')}, this "
                f"program reads {SCHEMA_VERSION}; build it again"
            )
        return dict(manifest)

    @property
    def id(self) -> str:
        """The release id."""
        return self.path.name

    def table_path(self, name: str) -> Path:
        """The Parquet file of a table of `kg.layout.TABLES`."""
        return self.path / "tables" / f"{name}.parquet"

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Read a whole table, or some of its columns."""
        return pq.read_table(self.table_path(name), columns=columns)

    def verify(self) -> list[str]:
        """What is wrong with the files: missing, changed or unlisted. Empty when all is well."""
        listed = self.manifest["files"]
        problems = []
        for name, expected in listed.items():
            path = self.path / name
            if not path.exists():
                problems.append(f"{name} is missing")
                continue
            if digest(path) != expected["sha256"]:
                problems.append(f"{name} was changed: its SHA-256 is not the manifest's")
        present = {p.relative_to(self.path).as_posix() for p in self.path.rglob("*") if p.is_file()}
        problems += [
            f"{name} is not in the manifest" for name in present - {*listed, "manifest.json"}
        ]
        return sorted(problems)


def content_id(tables: Path, parameters: Mapping[str, Any]) -> str:
    """Hash of every table's rows and of the parameters: 16 hexadecimal digits."""
    told = hashlib.sha256(_json({"schema": SCHEMA_VERSION, "parameters": parameters}))
    for name in sorted(TABLES):
        path = tables / f"{name}.parquet"
        if path.exists() and name != "quarantine":
            told.update(f"{name}:{rows_digest(path, name)}\n".encode())
    return told.hexdigest()[:_ID_LENGTH]


def rows_digest(path: Path, table: str) -> str:
    """SHA-256 over a table's rows in their order, independent of how the file is encoded."""
    told = hashlib.sha256()
    columns = list(ROW_KEY.get(table, TABLES[table].names))
    for batch in pq.ParquetFile(path).iter_batches(columns=columns, batch_size=1 << 17):
        texts = [_as_text(batch.column(name)) for name in columns]
        rows = pc.binary_join_element_wise(
            *texts, _SEPARATOR, null_handling="replace", null_replacement="\x00"
        )
        for row in rows.to_pylist():
            told.update(row.encode())
            told.update(b"\n")
    return told.hexdigest()


def _as_text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.dictionary_decode()
    if pa.types.is_list(kind):
        return pc.binary_join(column, "\x1e")
    if pa.types.is_floating(kind):
        return _significant(column)
    if pa.types.is_binary(kind):
        return pa.array([None if v is None else v.hex() for v in column.to_pylist()], pa.string())
    return column.cast(pa.string())


def _significant(column: pa.Array) -> pa.Array:
    """Numbers by six significant digits: the same on any machine, however small they are."""
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    finite = np.isfinite(values) & (values != 0)
    size = np.abs(np.where(finite, values, 1.0))
    power = np.floor(np.log10(size)).astype(np.int64).clip(-300)
    digits = np.rint(np.where(finite, values, 0.0) * 10.0 ** (5.0 - power))
    texts = pc.binary_join_element_wise(
        pa.array(digits.astype(np.int64)).cast(pa.string()), pa.array(power).cast(pa.string()), "e"
    )
    texts = pc.if_else(pa.array(np.isinf(values)), pa.array(values).cast(pa.string()), texts)
    return pc.if_else(column.is_null(), pa.scalar(None, pa.string()), texts)


def write_atomically(path: Path, text: str) -> None:
    """Replace a small file in one step: readers see the old text or the new, never a part."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _fsync(path.parent)


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _created(manifest: Path) -> tuple[str, str]:
    try:
        return str(
            json.loads(manifest.read_text(encoding="utf-8"))["created"]
        ), manifest.parent.name
    except (OSError, ValueError, KeyError):
        return "", manifest.parent.name


def _made(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path


def _fsync(path: Path) -> None:
    """Of a file or of a directory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
