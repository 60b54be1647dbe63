"""A source's frames on disk: one directory a part, keyed by what it was made from.

The key is a hash of the files' content, their catalogue rows and the code that read them, so a
finished source is not read again until one of these changes.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from ingest.catalogue import BUNDLE, PACKAGE
from ingest.frames import FRAME_NAMES, Frames
from ingest.source import Inputs, read
from kg.digest import digest
from kg.errors import IngestError

_PACKAGES = ("ingest", "kg")
_TABLE_NAME = re.compile(r"[\w.-]+\.(tsv|csv|json)(\.gz)?")
_CATALOGUE = "catalogue.tsv"
"""Read by every source, but a part depends on its own files' rows alone, which are in its key."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one source gave, on disk.

    Attributes:
        path: Directory with a Parquet file for each frame that has rows.
        rows, kept: Data rows read, and how many of them were not set aside.
        quarantined: Rows set aside, by reason.
        reused: Whether it was there already.
    """

    source: str
    path: Path
    rows: int
    quarantined: Mapping[str, int]
    reused: bool

    @property
    def kept(self) -> int:
        """Rows that were not set aside while reading."""
        return self.rows - sum(self.quarantined.values())

    def frame(self, name: str) -> Path | None:
        """The Parquet file of a frame; None when it has no rows."""
        path = self.path / f"{name}.parquet"
        return path if path.exists() else None

    def load(self, name: str) -> pl.DataFrame | None:
        """A frame's rows; None when it has none."""
        path = self.frame(name)
        return None if path is None else pl.read_parquet(path)


def read_part(inputs: Inputs, cache_directory: Path, digests: Mapping[str, str]) -> Part:
    """Read a source, or find the part it made last time.

    Args:
        inputs: The source and its files.
        cache_directory: Where parts lie.
        digests: SHA-256 of the content of each file that is there.

    Raises:
        IngestError: a file is damaged as a whole, or is not what the source expects.
    """
    key = part_key(inputs, digests)
    path = cache_directory / f"{inputs.source.id}-{key}"
    if _whole(path):
        return open_part(inputs.source.id, path, reused=True)
    try:
        frames = read(inputs)
    except pl.exceptions.PolarsError as error:
        files = ", ".join(f.path for f in inputs.source.files)
        raise IngestError(f"source {inputs.source.id} can't use {files}: {error}") from error
    write_part(path, frames, {"source": inputs.source.id, "key": key})
    return open_part(inputs.source.id, path, reused=False)


def part_key(inputs: Inputs, digests: Mapping[str, str]) -> str:
    """24 hexadecimal digits that change when content, catalogue row or code does."""
    rows = {p: asdict(inputs.file(p)) for p in sorted(digests)}
    told = json.dumps([digests, rows], default=str, sort_keys=True)
    code = code_digest(inputs.source.read.__module__)
    return hashlib.sha256(f"{told}{code}".encode()).hexdigest()[:24]


@cache
def code_digest(module: str) -> str:
    """SHA-256 of all that a module's answer depends on besides its inputs (`dependencies`)."""
    files = sorted(dependencies(module) | dependencies(__name__))
    return hashlib.sha256(b"\x00".join(f.read_bytes() for f in files)).hexdigest()


@cache
def dependencies(module: str) -> frozenset[Path]:
    """The project's files behind a module: its text, what it imports, tables they name.

    A table is named by a text in the code that is the name of a file of the package.
    """
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = _file_of(waiting.pop())
        if path is None or path in found:
            continue
        modules, tables = _behind(path)
        found |= {path, *tables}
        waiting += modules
    return frozenset(found)


@cache
def _behind(path: Path) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """What a file imports, and the tables it names."""
    tree = ast.parse(path.read_bytes())
    return tuple(_imported(tree)), tuple(_tables_named(tree))


def _file_of(module: str) -> Path | None:
    """The file of one of the project's modules; None for a name inside one, or of a package."""
    package, _, rest = module.partition(".")
    path = PACKAGE.parent / package / f"{rest.replace('.', '/')}.py"
    return path if package in _PACKAGES and rest and path.exists() else None


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _tables_named(tree: ast.AST) -> Iterator[Path]:
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)} - {_CATALOGUE}
    for text in texts:
        if isinstance(text, str) and _TABLE_NAME.fullmatch(text):
            yield from (p for p in (PACKAGE / text, BUNDLE / text) if p.is_file())


def write_part(path: Path, frames: Frames, told: Mapping[str, Any]) -> None:
    """Write the frames beside their place, then rename: a half-written part is never seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".part-", dir=path.parent))
    try:
        for name in FRAME_NAMES:
            frame = getattr(frames, name)
            if len(frame):
                frame.write_parquet(staging / f"{name}.parquet", compression="zstd")
        reasons = frames.quarantine.group_by("reason").len().sort("reason")
        meta = {
            **told,
            "rows": frames.rows,
            "quarantined": dict(reasons.iter_rows()),
            "sha256": {file.name: digest(file) for file in sorted(staging.iterdir())},
        }
        (staging / "part.json").write_text(json.dumps(meta), encoding="utf-8")
        shutil.rmtree(path, ignore_errors=True)
        staging.rename(path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _whole(path: Path) -> bool:
    """Whether a part is there, every frame of it as it was written."""
    try:
        written = json.loads((path / "part.json").read_text(encoding="utf-8"))["sha256"]
        return all(digest(path / file) == told for file, told in written.items())
    except (OSError, ValueError, KeyError):
        return False


def open_part(source: str, path: Path, reused: bool) -> Part:
    """A part that lies on disk, with what was counted when it was read."""
    meta = json.loads((path / "part.json").read_text(encoding="utf-8"))
    return Part(source, path, meta["rows"], meta["quarantined"], reused)
