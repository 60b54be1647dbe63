"""Every source given damaged files: a clear error that names the file, or a counted quarantine."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.fetch import Library
from ingest.source import Inputs, Source, SourceFile, placed, read
from ingest.sources import SOURCES
from ingest.tables import read_bytes
from kg.errors import IngestError

LINES = 60
"""Data lines of each table that a damaged copy keeps."""

TABLES = [(s, f) for s in SOURCES for f in s.files if f.columns and f.format.header is None]
Damage = Callable[[bytes, SourceFile], bytes]


def without_a_column(content: bytes, file: SourceFile) -> bytes:
    lines = content.decode("utf-8", "replace").split("\n")
    first = next(i for i, x in enumerate(lines) if not x.startswith(file.format.comment or "\0"))
    lines[first] = lines[first].replace(file.columns[-1], "no_such_column")
    return "\n".join(lines).encode()


def web_page(content: bytes, file: SourceFile) -> bytes:
    return b"<!doctype html><html><body>Not found</body></html>\n" * 3


def nothing(content: bytes, file: SourceFile) -> bytes:
    return b""


WHOLE_FILE: dict[str, Damage] = {
    "no column": without_a_column,
    "web page": web_page,
    "empty": nothing,
}


@pytest.fixture
def copy(tmp_path: Path, library: Library) -> Callable[[Source], Inputs]:
    """A folder with the first lines of each of a source's files."""

    def make(source: Source) -> Inputs:
        reason = library.absent(source)
        if reason:
            pytest.skip(f"{source.id}: {reason}")
        for file in source.files:
            original = placed(library.root, file.path)
            if not original.exists():
                continue
            target = tmp_path / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.columns and not file.path.endswith(".zip"):
                content = read_bytes(original, file.path)
                if b"\n" not in content.strip():
                    content = content.replace(b"\r", b"\n")
                write(target, head(content, file))
            else:
                shutil.copyfile(original, target)
        return Inputs(source, tmp_path, library.catalogue)

    return make


def head(content: bytes, file: SourceFile) -> bytes:
    """The comments before the header, however many, the header, and the first data lines."""
    lines, comment = content.split(b"\n"), (file.format.comment or "\0").encode()
    first = next(i for i, line in enumerate(lines) if not line.startswith(comment))
    return b"\n".join(lines[: first + LINES + 2]) + b"\n"


def write(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.mark.parametrize("damage", WHOLE_FILE)
@pytest.mark.parametrize(("source", "file"), TABLES, ids=[f.path for _, f in TABLES])
def test_a_damaged_file_is_refused_by_name(
    source: Source, file: SourceFile, damage: str, copy: Callable[[Source], Inputs]
) -> None:
    inputs = copy(source)
    path = inputs.path(file.path)
    if not path.exists():
        pytest.skip(f"{file.path} is not here")
    write(path, WHOLE_FILE[damage](read_bytes(path, file.path), file))
    with pytest.raises(IngestError, match=Path(file.path).name.replace(".", r"\.")):
        source.read(inputs)


@pytest.mark.parametrize(("source", "file"), TABLES, ids=[f.path for _, f in TABLES])
def test_a_truncated_file_is_refused_by_name(
    source: Source, file: SourceFile, copy: Callable[[Source], Inputs]
) -> None:
    inputs = copy(source)
    path = inputs.path(file.path)
    if not path.exists() or path.suffix != ".gz":
        pytest.skip(f"{file.path} is not here, or not compressed")
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(IngestError, match="truncated or damaged"):
        source.read(inputs)


@pytest.mark.parametrize(("source", "file"), TABLES, ids=[f.path for _, f in TABLES])
def test_damaged_lines_are_set_aside_with_their_number(
    source: Source, file: SourceFile, copy: Callable[[Source], Inputs]
) -> None:
    inputs = copy(source)
    path = inputs.path(file.path)
    if not path.exists() or path.suffix == ".zip" or file.format.ragged:
        pytest.skip(f"{file.path} is not here, or takes ragged lines")
    before = read(inputs)
    content = read_bytes(path, file.path)
    fields = file.format.delimiter.encode() * 400
    write(path, content + b"x" + fields + b"\n" + b"\xff\xfe" + fields + b"\n")
    after = read(replace(inputs, opened={}))
    new = after.quarantine.filter(after.quarantine["file"] == file.path)
    old = before.quarantine.filter(before.quarantine["file"] == file.path)
    first = content.count(b"\n") + 1
    assert {first, first + 1} <= set(new["line"].to_list())
    assert len(new) == len(old) + 2
    assert after.rows == before.rows + 2
