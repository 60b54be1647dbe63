"""Where source files are found: the bundled slice, a mirror directory, or the network.

The only file that opens a socket. What is downloaded is checked against the catalogue's SHA-256
before anything reads it; what lies in a mirror is checked too, unless changes are accepted.
"""

from __future__ import annotations

import hashlib
import urllib.error
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pooch

from ingest.catalogue import BUNDLE, Catalogue, FileRelease, read_catalogue
from ingest.source import Inputs, Source, placed
from ingest.tables import read_bytes
from kg.errors import FetchError

_NOT_BUNDLED = "not in the bundled slice (its terms do not allow it, or it was left out for size)"


@dataclass(frozen=True)
class Library:
    """A directory of source files and the catalogue that describes them.

    Attributes:
        root: Files lie under it at their catalogue paths.
        catalogue: What each file should be.
        accept_changed: Take files whose content is not the pinned one, and say so.
    """

    root: Path
    catalogue: Catalogue
    accept_changed: bool = False
    _digests: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def bundled(cls) -> Library:
        """The slice that ships with the project."""
        return cls(BUNDLE, read_catalogue(BUNDLE / "MANIFEST.tsv"))

    @classmethod
    def mirror(cls, root: Path, accept_changed: bool = False) -> Library:
        """A directory laid out like the catalogue.

        Raises:
            FetchError: there is no such directory.
        """
        if not root.is_dir():
            raise FetchError(f"mirror {root} is no directory; give the folder that holds hgnc/ ...")
        return cls(root, read_catalogue(), accept_changed)

    def inputs(self, source: Source) -> Inputs:
        """A source's files, as they lie here."""
        return Inputs(source, self.root, self.catalogue)

    def absent(self, source: Source) -> str:
        """Why a source can't be read from here; empty when it can."""
        needed = [f.path for f in source.files if not f.optional]
        missing = [p for p in needed if not self._there(p)]
        there = [f.path for f in source.files if self._there(f.path)]
        if there and not missing:
            return ""
        if self.root == BUNDLE:
            return _NOT_BUNDLED
        first = next(iter(missing or [f.path for f in source.files]))
        if there and needed:
            return f"{first} is missing beside {there[0]}"
        return f"{first} is not in {self.root}"

    def digests(self, source: Source) -> dict[str, str]:
        """SHA-256 of the decompressed content of each file of a source, checked with its pin.

        Raises:
            FetchError: a file is not the pinned one and changes are not accepted.
        """
        found = {}
        for path in sorted({f.path for f in source.files if self._there(f.path)}):
            found[path] = self._digest(path)
        return found

    def changed(self, digests: Mapping[str, str]) -> list[str]:
        """Which of the files are not the pinned ones."""
        return [p for p, d in digests.items() if d != self.catalogue[p].sha256_content]

    def _there(self, path: str) -> bool:
        return path in self.catalogue and placed(self.root, path).is_file()

    def _digest(self, path: str) -> str:
        if path not in self._digests:
            content = read_bytes(placed(self.root, path), path)
            self._digests[path] = hashlib.sha256(content).hexdigest()
        digest, pinned = self._digests[path], self.catalogue[path].sha256_content
        if digest != pinned and not self.accept_changed and not self._as_stored(path):
            raise FetchError(
                f"{path} is not the pinned file (content SHA-256 {digest[:12]}..., pinned "
                f"{pinned[:12]}...); fetch it again, or pass --accept-changed to use it as it is"
            )
        return digest

    def _as_stored(self, path: str) -> bool:
        """Whether the file itself, not its content, is the pinned one: archives are pinned so."""
        with placed(self.root, path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == self.catalogue[path].sha256


def download(
    paths: Iterable[str],
    target: Path,
    catalogue: Catalogue,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Download catalogue files below a directory; what is there and right is not fetched again.

    Raises:
        FetchError: a file has no address, the network refuses, or the content is another one.
    """
    return [_download(catalogue[path], target, progress) for path in paths]


def _download(file: FileRelease, target: Path, progress: Callable[[str], None]) -> Path:
    place = target / file.path
    if place.exists() and _content_digest(place, file.path) == file.sha256_content:
        return place
    if not file.url:
        raise FetchError(
            f"{file.path} can't be downloaded: no address is known; use a mirror that has it"
        )
    progress(f"downloading {file.path}")
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.part")
    try:
        pooch.retrieve(
            file.url,
            known_hash=None,
            fname=partial.name,
            path=place.parent,
            progressbar=False,
        )
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise FetchError(f"{file.url} can't be downloaded ({error}); check the network") from error
    digest = _content_digest(partial, file.path)
    if digest != file.sha256_content:
        partial.unlink()
        raise FetchError(f"{file.url} holds other content than pinned ({digest[:12]}...)")
    partial.replace(place)
    return place


def _content_digest(path: Path, name: str) -> str:
    return hashlib.sha256(read_bytes(path, name)).hexdigest()
