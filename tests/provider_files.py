"""Reading a provider's own file in place of the pinned one: what the tests of such files share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ingest.archives import addresses
from ingest.catalogue import read_catalogue
from ingest.current import fetch_current
from ingest.fetch import Library, Network, Reply
from ingest.frames import FRAME_NAMES, Frames
from ingest.source import Source, placed, read, read_either
from ingest.sources import SOURCES
from ingest.tables import Table, read_bytes
from tests.mirrors import copy_of

BY_ID = {s.id: s for s in SOURCES}


def frames_with(
    source: Source, library: Library, folder: Path, files: dict[str, bytes]
) -> tuple[Frames, Frames]:
    """A source's frames of the data that is there, and with other content for some files."""
    inputs = copy_of(source, library, folder)
    if missing := [p for p in files if not (folder / p).exists()]:
        pytest.skip(f"{source.id}: {missing}")
    for path, content in files.items():
        (folder / path).write_bytes(content)
    return read(library.inputs(source)), read(inputs)


def pinned(library: Library, path: str) -> str:
    place = placed(library.root, path)
    if not place.exists():
        pytest.skip(f"{path} is not in this data")
    return read_bytes(place, path).decode()


def same(old: Frames, new: Frames, moved: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """All frames equal, whatever the order, once the lines of the old are those of the new."""
    for name in FRAME_NAMES:
        before, after = moved(getattr(old, name)), getattr(new, name)
        order = pl.all().exclude(pl.List(pl.String))
        assert before.sort(order, nulls_last=True).equals(after.sort(order, nulls_last=True)), name
    assert old.rows == new.rows > 0


def at_lines(path: str, lines: dict[int, int]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Has the rows of a file stand at other lines."""

    def moved(frame: pl.DataFrame) -> pl.DataFrame:
        if not {"file", "line"} <= set(frame.columns):
            return frame
        here = pl.col("line").replace_strict(lines, default=None, return_dtype=pl.Int64)
        return frame.with_columns(line=pl.when(pl.col("file") == path).then(here).otherwise("line"))

    return moved


def own_table(path: str, folder: Path, content: bytes) -> Table:
    """What a source reads of a file's content."""
    place = folder / Path(path).name
    place.write_bytes(content)
    declared = next(f for s in SOURCES for f in s.files if f.path == path)
    return read_either(place, declared)


def served(folder: Path, source: Source, bodies: dict[str, bytes]) -> dict[str, str]:
    """What `fetch --current` makes of bodies, by path: the state and what is said."""

    class Told(Network):
        def get(self, url: str, place: Path) -> Reply:
            place.write_bytes(bodies[url])
            return Reply()

    only = replace(source, files=tuple(f for f in source.files if _asked(url(f.path)) <= {*bodies}))
    found = fetch_current([only], folder, read_catalogue(), network=Told())
    return {got.path: f"{got.state} {got.said}".strip() for got in found}


def _asked(address: str) -> set[str]:
    """The addresses that one stands for."""
    return {*addresses(address).values()} if "{" in address else {address}


def url(path: str) -> str:
    return read_catalogue()[path].current_url
