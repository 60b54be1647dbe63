"""Fixtures shared by all tests: real data, a release built from it, and nothing mocked."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from ingest.build import SOURCES, build
from ingest.fetch import Library
from ingest.frames import Frames
from kg.embedded_store import EmbeddedStore
from kg.release import Home, Release


@cache
def data() -> Library:
    """The full data where TARGET_KG_MIRROR names its folder, else the bundled slice."""
    mirror = os.environ.get("TARGET_KG_MIRROR")
    return Library.mirror(Path(mirror)) if mirror else Library.bundled()


@cache
def _read(source_id: str) -> Frames:
    source = next(s for s in SOURCES if s.id == source_id)
    reason = data().absent(source)
    if reason:
        pytest.skip(f"{source_id}: {reason}")
    return source.read(data().inputs(source))


@pytest.fixture(scope="session")
def library() -> Library:
    return data()


@pytest.fixture(scope="session")
def frames_of() -> Callable[[str], Frames]:
    """Read a source's real files once; skips where they are not bundled and there is no mirror."""
    return _read


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a release of the bundled slice."""
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, Library.bundled())
    return home


@pytest.fixture(scope="session")
def release(home: Home) -> Release:
    return home.open()


@pytest.fixture(scope="session")
def store(release: Release) -> EmbeddedStore:
    return EmbeddedStore(release)
