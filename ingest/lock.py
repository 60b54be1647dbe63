"""What `fetch --current` got: a file beside the downloads that pins each of them.

A build from that folder takes exactly these contents, as `current, fetched DAY`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ingest.catalogue import Catalogue, FileRelease
from kg.errors import FetchError
from kg.release import write_atomically

NAME = "fetch.lock.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Locked:
    """One download.

    Attributes:
        url: Where it came from.
        sha256: Of the file as it lies here; `sha256_content` of what it decompresses to, or of the
            file as it lies here where it is an archive of several.
        bytes: Size of the file as it lies here.
        fetched: ISO 8601, UTC, to the second.
        etag, last_modified: As the server gave them; empty when it did not.
        page: Where that was listed, and what names were looked for, as the catalogue has it; empty
            where the catalogue has the address itself.
        parts: Of the files of which this one was made, the SHA-256 by name.
    """

    url: str
    sha256: str
    sha256_content: str
    bytes: int
    fetched: str
    etag: str = ""
    last_modified: str = ""
    page: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if datetime.fromisoformat(self.fetched).tzinfo is None:
            raise ValueError(f"{self.fetched} names no time zone")
        if len(self.sha256) != 64 or len(self.sha256_content) != 64:
            raise ValueError("a SHA-256 has 64 hexadecimal digits")

    @property
    def address(self) -> str:
        """The catalogue's address at the time."""
        return self.page or self.url

    def pins(self, file: FileRelease) -> FileRelease:
        """A catalogue row with this content in place of the pinned one."""
        day = datetime.fromisoformat(self.fetched).date()
        return replace(
            file,
            version=f"current, fetched {day.isoformat()}",
            released=day,
            bytes=self.bytes,
            sha256=self.sha256,
            sha256_content=self.sha256_content,
            url=self.url,
        )


@dataclass(frozen=True)
class FetchLock(Mapping[str, Locked]):
    """Downloads by catalogue path.

    Attributes:
        folder: Where they lie, and this lock with them.
    """

    folder: Path
    files: Mapping[str, Locked] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> FetchLock:
        """The lock in a folder; an empty one where there is none.

        Raises:
            FetchError: it can't be read.
        """
        place = folder / NAME
        if not place.exists():
            return cls(folder)
        try:
            told = json.loads(place.read_text(encoding="utf-8"))
            if told["format"] != _FORMAT:
                raise ValueError(f"format {told['format']}, {_FORMAT} is known")
            return cls(folder, {path: Locked(**row) for path, row in told["files"].items()})
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise FetchError(
                f"{place} is no lock file ({error}); delete it and run fetch --current again"
            ) from error

    def __getitem__(self, path: str) -> Locked:
        return self.files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def adding(self, path: str, locked: Locked) -> FetchLock:
        """Write the lock anew with one more download, and return it."""
        files = {**self.files, path: locked}
        told = {"format": _FORMAT, "files": {p: asdict(files[p]) for p in sorted(files)}}
        write_atomically(self.folder / NAME, json.dumps(told, indent=1) + "\n")
        return replace(self, files=files)

    def pinned(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue with these contents in place of the pinned ones.

        Raises:
            FetchError: the lock names a file that the catalogue does not know.
        """
        unknown = [path for path in self.files if path not in catalogue]
        if unknown:
            raise FetchError(
                f"{self.folder / NAME} names {unknown[0]}, which is in no catalogue; delete the "
                "lock and run fetch --current again"
            )
        return catalogue.with_files(row.pins(catalogue[p]) for p, row in self.files.items())
