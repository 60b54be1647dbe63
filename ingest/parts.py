"""A source's frames on disk: one directory a part, keyed by what it was made from.

The key is a hash of the files' content, their catalogue rows and the code that read them, so a
finished source is not read again until one of these changes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from ingest.catalogue import PACKAGE
from ingest.frames import FRAME_NAMES, Frames
from ingest.source import Inputs, read
from kg.errors import IngestError

_COMMON_DATA = ("tissues.tsv", "data/pockets.tsv.gz")
_COMMON_CODE = (
    "actions",
    "catalogue",
    "chains",
    "columns",
    "dates",
    "frames",
    "genes",
    "identifiers",
    "obo",
    "parts",
    "places",
    "pockets",
    "source",
    "tables",
    "variants",
)


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
    if (path / "part.json").exists():
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
    """SHA-256 of the module's text and of the code that every source shares."""
    name = module.rpartition(".")[2]
    files = [PACKAGE / "sources" / f"{name}.py", PACKAGE / f"{name}.py"]
    files += [PACKAGE / f"{common}.py" for common in _COMMON_CODE]
    files += [PACKAGE / common for common in _COMMON_DATA]
    texts = (f.read_bytes() for f in files if f.exists())
    return hashlib.sha256(b"\x00".join(texts)).hexdigest()


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
        meta = {**told, "rows": frames.rows, "quarantined": dict(reasons.iter_rows())}
        (staging / "part.json").write_text(json.dumps(meta), encoding="utf-8")
        shutil.rmtree(path, ignore_errors=True)
        staging.rename(path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def open_part(source: str, path: Path, reused: bool) -> Part:
    """A part that lies on disk, with what was counted when it was read."""
    meta = json.loads((path / "part.json").read_text(encoding="utf-8"))
    return Part(source, path, meta["rows"], meta["quarantined"], reused)
