"""What a file holds, decompressed: as bytes, or as text with plain line ends.

Damage of the file as a whole is told here, by its name and, where there is one, its line; nothing
is held that grows with a single endless line.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from kg.digest import digest
from kg.errors import TableError

_MARK = b"\xef\xbb\xbf"
_ZIP = b"PK\x03\x04"
_ENCRYPTED = 1
_BLOCK = 16 << 20
_MAX_BYTES = 4 << 30
_TABLES = (".tsv", ".csv")
LONGEST_LINE = 64 << 20
"""A file with a longer line, in bytes, is refused while it is read."""


_DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
_UNREADABLE = (NotImplementedError, UnicodeDecodeError, struct.error)
"""What the directory of a damaged archive raises beside these."""
_UNPACKING = (*_DAMAGED, OSError, RuntimeError, ValueError, struct.error)
"""What a damaged, encrypted or unknown file of an archive raises."""


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_bytes(path: Path, name: str) -> bytes:
    """The decompressed content of a plain, gzipped or zipped file, told apart by its first bytes.

    Of an archive of several files it is that of the only table (`.tsv`, `.csv`): a licence or the
    day of a release may lie beside it.

    Raises:
        TableError: the compression is damaged, the content is larger than 4 GB, or a line of it
            is longer than 64 MB.
    """
    with _opened(path, name) as stream:
        return _bounded(stream, name)


def read_head(path: Path, name: str, size: int = 4096) -> bytes:
    """The first bytes of a file, decompressed, without a byte order mark: what tells its kind.

    Raises:
        TableError: the compression of these is damaged.
    """
    with _opened(path, name) as stream:
        return stream.read(size).removeprefix(_MARK)


def is_archive(path: Path) -> bool:
    """Whether a file begins as a zip archive does."""
    with path.open("rb") as stream:
        return stream.read(len(_ZIP)) == _ZIP


@contextmanager
def opened_archive(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    """A zip archive, for readers of several of its files.

    Raises:
        TableError: its directory, or what is read of it, is damaged.
    """
    with _damage_told(name), zipfile.ZipFile(path) as archive:
        yield archive


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, size: int) -> bytes:
    """One file of an archive, of which no more is decompressed than a size.

    Raises:
        TableError: it is larger, damaged, or packed in a way that can't be read; names the file.
    """
    name = PurePosixPath(member.filename).name
    try:
        with archive.open(member) as stream:
            content = stream.read(size + 1)
    except _UNPACKING as error:
        raise TableError(f"{name} is damaged or can't be unpacked ({error})") from error
    if len(content) > size:
        raise TableError(f"{name} is larger than {size >> 20} MB")
    return content


def holds_many(path: Path, name: str) -> bool:
    """Whether a file is an archive of several files, none of which is the only table.

    Raises:
        TableError: it begins as an archive and is none.
    """
    if not is_archive(path):
        return False
    with opened_archive(path, name) as archive:
        return len(_files(archive)) > 1 and len(_wanted(archive)) != 1


def content_digest(path: Path, name: str) -> str:
    """SHA-256 of what a file decompresses to; of an archive that holds many, of the file as it is.

    Whole, the content need not fit into memory.

    Raises:
        TableError: the compression is damaged.
    """
    if holds_many(path, name):
        return digest(path)
    told = hashlib.sha256()
    with _opened(path, name) as stream:
        while block := stream.read(_BLOCK):
            told.update(block)
    return told.hexdigest()


def line_blocks(path: Path, name: str) -> Iterator[tuple[int, bytes]]:
    r"""A file's lines, ended by `\n` alone, in blocks of about 16 MB for files too large to hold.

    Damage at the end of a file shows when the blocks before it are out.

    Yields:
        How many lines came before, and the next ones, whole.

    Raises:
        TableError: the compression is damaged, or a line is longer than 64 MB.
    """
    before, rest = 0, b""
    with _opened(path, name) as stream:
        while block := stream.read(_BLOCK):
            whole, newline, left = block.rpartition(b"\n")
            if newline:
                lines = plain_lines(rest + whole + newline)
                yield before, lines
                before, rest = before + lines.count(b"\n"), left
            else:
                rest += left
            if len(rest) > LONGEST_LINE:
                raise _endless(name, before + 1)
    if rest:
        yield before, plain_lines(rest)


def _endless(name: str, line: int) -> TableError:
    return TableError(
        f"{name}, line {line} is longer than {LONGEST_LINE >> 20} MB; fetch the file again"
    )


@contextmanager
def _opened(path: Path, name: str) -> Iterator[_Stream]:
    """A file's content as a stream; what goes wrong with the file while it is read is told."""
    with _damage_told(name):
        if is_archive(path):
            with zipfile.ZipFile(path) as archive, archive.open(_member(archive, name)) as member:
                yield member
        else:
            with path.open("rb") as stream:
                head = stream.read(2)
            opened = gzip.open if head == b"\x1f\x8b" else open
            with opened(path, "rb") as plain:
                yield plain


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    try:
        yield
    except (*_DAMAGED, *_UNREADABLE) as error:
        raise TableError(f"{name} is truncated or damaged ({error}); fetch it again") from error
    except OSError as error:
        raise TableError(f"{name} can't be read: {error}") from error


def _bounded(stream: _Stream, name: str) -> bytes:
    blocks, total, unbroken = list[bytes](), 0, 0
    while block := stream.read(_BLOCK):
        total += len(block)
        if total > _MAX_BYTES:
            raise TableError(f"{name} holds more than {_MAX_BYTES >> 30} GB; split it")
        last = max(block.rfind(b"\n"), block.rfind(b"\r"))
        unbroken = unbroken + len(block) if last < 0 else len(block) - last - 1
        blocks.append(block)
        if unbroken > LONGEST_LINE:
            raise _endless(name, _lines(blocks) + 1)
    return b"".join(blocks)


def _lines(blocks: list[bytes]) -> int:
    """Whole lines so far; of a file whose lines end in carriage returns alone, those."""
    newlines = sum(block.count(b"\n") for block in blocks)
    return newlines or sum(block.count(b"\r") for block in blocks)


def _member(archive: zipfile.ZipFile, name: str) -> str:
    """The one file of an archive, or the one table among several."""
    wanted = _wanted(archive)
    if len(wanted) != 1:
        told = f"{len(_tables(archive))} of them tables; one was expected"
        raise TableError(f"{name} holds {len(_files(archive))} files, {told}")
    if archive.getinfo(wanted[0]).flag_bits & _ENCRYPTED:
        raise TableError(f"{name} is encrypted; fetch it again, or another")
    return wanted[0]


def _wanted(archive: zipfile.ZipFile) -> list[str]:
    files = _files(archive)
    return files if len(files) == 1 else _tables(archive)


def _files(archive: zipfile.ZipFile) -> list[str]:
    return [m for m in archive.namelist() if not m.endswith("/")]


def _tables(archive: zipfile.ZipFile) -> list[str]:
    return [m for m in _files(archive) if m.lower().endswith(_TABLES)]


def plain_lines(data: bytes) -> bytes:
    r"""Content without a byte order mark, its lines ended by `\n` alone."""
    data = data.removeprefix(_MARK)
    if b"\r" not in data:
        return data
    return data.replace(b"\r\n", b"\n") if b"\n" in data else data.replace(b"\r", b"\n")


def read_text(path: Path, name: str) -> str:
    r"""A file's text, its lines ended by `\n` alone.

    Raises:
        TableError: as `read_bytes`; or the file is empty, or holds a NUL byte or bytes that are
            no UTF-8, with the line of the first.
    """
    data = plain_lines(read_bytes(path, name))
    if not data.strip():
        raise TableError(f"{name} is empty; fetch it again")
    fault, at = "holds a NUL byte", data.find(b"\x00")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not 0 <= at < error.start:
            fault, at = "is not UTF-8", error.start
    if at >= 0:
        line = data.count(b"\n", 0, at) + 1
        raise TableError(f"{name}, line {line} {fault}; fetch the file again")
    return text
