"""The files the project knows: provider, version, licence, hashes and address of each.

`ingest/catalogue.tsv` pins every file of the full data; `ingest/data/MANIFEST.tsv` describes the
slice that ships with the project, in the same columns.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path

from kg.biolink import Redistributable
from kg.errors import FetchError

PACKAGE = Path(__file__).parent
BUNDLE = PACKAGE / "data"


@dataclass(frozen=True, slots=True)
class FileRelease:
    """One file of one provider at one version.

    Attributes:
        path: Below the mirror's root, POSIX separators.
        released: The day by which its content was public.
        evidence_class: As `kg.biolink.EvidenceClass`, or identity, ontology, compound,
            druggability-label, bias, split, sample, which make no evidence of their own.
        bytes: Size as stored; 0 where it is not known.
        sha256: Of the file as stored; `sha256_content` of what it decompresses to.
        url: Where the same content can be downloaded; empty when nowhere.
        current_url: Where the provider has what is current; empty when nowhere. A folder of parts
            where it ends in a slash; several files where it has a choice in braces; `PAGE#GLOB`
            where a page lists files with a version in their names: the newest whose name is like
            the glob.
        current_note: Why that can't be read in place of this file; empty when it can.
        selection: What was left out, for a file of the bundled slice; empty for a whole file.
    """

    path: str
    provider: str
    version: str
    released: date
    licence: str
    redistributable: Redistributable
    evidence_class: str
    description: str
    bytes: int
    sha256: str
    sha256_content: str
    url: str
    selection: str = ""
    current_url: str = ""
    current_note: str = ""

    @property
    def own(self) -> bool:
        """Whether the project keeps the file itself, beside its code."""
        return "/" not in self.path

    @property
    def replaceable(self) -> bool:
        """Whether the provider's current file can be read in place of this one."""
        return bool(self.current_url) and not self.current_note

    def __post_init__(self) -> None:
        if Path(self.path).is_absolute() or ".." in Path(self.path).parts:
            raise FetchError(f"catalogue path {self.path!r} leaves the mirror; use a relative path")


class Catalogue(Mapping[str, FileRelease]):
    """Files by path."""

    def __init__(self, files: Mapping[str, FileRelease]) -> None:
        self._files = dict(files)

    def __getitem__(self, path: str) -> FileRelease:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def with_files(self, files: Iterable[FileRelease]) -> Catalogue:
        """The same with some files in place of what was known of them."""
        return Catalogue({**self._files, **{f.path: f for f in files}})


@cache
def read_catalogue(path: Path = PACKAGE / "catalogue.tsv") -> Catalogue:
    """Read a catalogue file.

    Raises:
        FetchError: it can't be read, or a row is malformed.
    """
    names = {f.name for f in fields(FileRelease)}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t"))
        files = [_file({k: v for k, v in row.items() if k in names}) for row in rows]
    except (OSError, ValueError, KeyError) as error:
        raise FetchError(f"{path} is no catalogue of files: {error}") from error
    return Catalogue({f.path: f for f in files})


def _file(row: Mapping[str, str]) -> FileRelease:
    parsed = {
        "released": date.fromisoformat(row["released"]),
        "redistributable": Redistributable(row["redistributable"]),
        "bytes": int(row["bytes"] or 0),
    }
    return FileRelease(**{**row, **parsed})  # type: ignore[arg-type]
