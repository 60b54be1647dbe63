"""`fetch --current`: what the providers have now, checked, and pinned in a lock file.

A download takes its place only when each source that reads the file can: a web page, half a file
or a table with other columns is refused and leaves what was there before.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ingest.archives import fetch_archive
from ingest.catalogue import Catalogue, FileRelease
from ingest.content import content_digest, holds_many, read_head
from ingest.fetch import Network, Reply, download
from ingest.folders import fetch_folder
from ingest.index_pages import fetch_newest
from ingest.json_terms import read_terms
from ingest.lock import FetchLock, Locked
from ingest.obo import read_obo
from ingest.source import Source, SourceFile, read_either
from ingest.sources import SOURCES
from kg.digest import digest
from kg.errors import FetchError, TableError

_BEGINS = {".obo": b"format-version:", ".fasta": b">", ".json": b"["}
"""How a file that is no table begins; JSON is a list of terms."""
_READERS = {".obo": read_obo, ".json": read_terms}
"""What has to be able to read it."""
_PAGES = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True)
class Got:
    """What became of one file: `current`, `unchanged` (it was there), `pinned` or `failed`.

    Attributes:
        said: Why it is pinned, or why it failed, in one line; empty otherwise.
    """

    path: str
    state: str
    said: str = ""


def fetch_current(
    sources: Iterable[Source],
    target: Path,
    catalogue: Catalogue,
    progress: Callable[[str], None] = lambda _: None,
    network: Network | None = None,
) -> list[Got]:
    """Download the files of some sources as their providers have them now.

    Files that can't be replaced by the provider's current one are downloaded as they are pinned.
    What the lock names and is still there is not downloaded again, not even for another file with
    the same address: that becomes a link to it. One file's failure stops none of the others.

    Args:
        sources: Whose files.
        target: Folder to download to; the lock lies in it.
        catalogue: Addresses.
        progress: Called with what is being done.
        network: Downloads.

    Raises:
        FetchError: the lock that is there can't be read.
    """
    network = network or Network()
    target.mkdir(parents=True, exist_ok=True)
    lock = FetchLock.read(target)
    found = []
    for path in _paths(sources, catalogue):
        file = catalogue[path]
        try:
            if _held(lock, target, file):
                found.append(Got(path, "unchanged"))
            elif file.replaceable:
                progress(f"downloading {file.current_url}")
                lock = lock.adding(path, _fetched(file, target, network, lock))
                found.append(Got(path, "current"))
            else:
                download([path], target, catalogue, progress, network)
                found.append(Got(path, "pinned", file.current_note))
        except (FetchError, TableError) as error:
            found.append(Got(path, "failed", str(error)))
    return found


def fetch_pinned(
    sources: Iterable[Source],
    target: Path,
    catalogue: Catalogue,
    progress: Callable[[str], None] = lambda _: None,
    network: Network | None = None,
) -> list[Got]:
    """Download the files of some sources as they are pinned; arguments as of `fetch_current`.

    Raises:
        FetchError: the folder holds current files, which a lock pins.
    """
    network = network or Network()
    target.mkdir(parents=True, exist_ok=True)
    if FetchLock.read(target):
        raise FetchError(
            f"{target} holds files that fetch --current pinned; give another folder, or --current"
        )
    found = []
    for path in _paths(sources, catalogue):
        try:
            download([path], target, catalogue, progress, network)
            found.append(Got(path, "pinned"))
        except (FetchError, TableError) as error:
            found.append(Got(path, "failed", str(error)))
    return found


def _paths(sources: Iterable[Source], catalogue: Catalogue) -> Iterable[str]:
    """Files to get, once each; the project's own tables lie in no folder and come with it."""
    paths = dict.fromkeys(f.path for source in sources for f in source.files)
    return (path for path in paths if path in catalogue and "/" in path)


def _held(lock: FetchLock, target: Path, file: FileRelease) -> bool:
    """Whether the lock's content from today's address is still there."""
    return file.path in _held_by(lock, target, file.current_url, [file.path])


def _held_by(lock: FetchLock, target: Path, address: str, among: Iterable[str]) -> Iterator[str]:
    """Which of some paths are files from an address, as the lock has them."""
    for path in among:
        named = path in lock and lock[path].address == address
        if named and (target / path).exists() and digest(target / path) == lock[path].sha256:
            yield path


def _fetched(file: FileRelease, target: Path, network: Network, lock: FetchLock) -> Locked:
    """Download a file, or the parts of one, beside its place, check it, and move it there."""
    place = target / file.path
    staging = Path(tempfile.mkdtemp(prefix=".fetch-", dir=target))
    try:
        partial = staging / place.name
        if twin := next(_held_by(lock, target, file.current_url, lock), None):
            _link(target / twin, partial)
            _check(file, partial)
            locked = lock[twin]
        else:
            locked = _downloaded(file, partial, network)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(partial, place)
    except TableError as error:
        raise FetchError(f"{file.current_url} can't stand for {file.path}: {error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return locked


def _link(held: Path, place: Path) -> None:
    """The same file under another name; a copy where the file system has no links."""
    try:
        os.link(held, place)
    except OSError:
        shutil.copyfile(held, place)


def _downloaded(file: FileRelease, partial: Path, network: Network) -> Locked:
    """Download and check what is at a file's current address."""
    address, page, parts = file.current_url, "", dict[str, str]()
    if address.endswith("/"):
        reply, parts = fetch_folder(address, partial, network)
    elif "{" in address:
        reply, parts = Reply(), fetch_archive(address, partial, network)
    elif "#" in address:
        page = address
        address, reply = fetch_newest(page, partial, network)
    else:
        reply = network.get(address, partial)
    content = content_digest(partial, file.path)
    _check(file, partial)
    return Locked(
        url=address,
        sha256=digest(partial),
        sha256_content=content,
        bytes=partial.stat().st_size,
        fetched=datetime.now(UTC).isoformat(timespec="seconds"),
        etag=reply.etag,
        last_modified=reply.last_modified,
        page=page,
        parts=parts,
    )


def _check(file: FileRelease, partial: Path) -> None:
    """Raise where a file is no data, or a source that reads the file could not."""
    head = b"" if holds_many(partial, file.path) else read_head(partial, file.path)
    _refuse_pages(head)
    for declared in _declared(file.path):
        _readable(declared, partial, head)


def _declared(path: str) -> list[SourceFile]:
    """What each source that reads a file wants of it."""
    return [f for source in SOURCES for f in source.files if f.path == path]


def _refuse_pages(head: bytes) -> None:
    if head[:512].lstrip().lower().startswith(_PAGES):
        raise TableError("it is a web page, no data; has the address changed?")


def _readable(declared: SourceFile, partial: Path, head: bytes) -> None:
    """Raise where a source could not read a file."""
    if declared.columns:
        if not len(read_either(partial, declared).rows):
            raise TableError("no row of it is good")
        return
    kinds = (PurePosixPath(declared.path.removesuffix(".gz")).suffix, *declared.kinds)
    text = head.lstrip()
    kind = next((k for k in kinds if text and text.startswith(_BEGINS.get(k, b""))), None)
    if kind is None:
        raise TableError(f"it is no {kinds[0].removeprefix('.') or 'such'} file")
    if kind in _READERS and not len(_READERS[kind](partial, declared.path).rows):
        raise TableError("no term of it is good")
