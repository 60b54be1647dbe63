"""A build over damaged files: nothing is published, and what was published stays as it was."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.build import build
from ingest.catalogue import BUNDLE, read_catalogue
from ingest.fetch import Library
from ingest.options import BuildOptions
from ingest.parts import Part, read_part
from ingest.source import placed
from ingest.sources.clingen import CLINGEN
from ingest.sources.hgnc import HGNC
from ingest.sources.mondo import MONDO
from kg.errors import IngestError
from kg.release import Home

ONLY = BuildOptions(only=(CLINGEN.id,))
FILE = "clingen/clingen_gene_disease_validity.txt.gz"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundled files of what every graph needs and of ClinGen."""
    whole, root = Library.bundled(), tmp_path_factory.mktemp("mirror")
    for path in {f.path for s in (HGNC, MONDO, CLINGEN) for f in s.files}:
        original = placed(BUNDLE, path)
        if path in whole.catalogue and original.exists():
            copy = root / original.relative_to(BUNDLE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, copy)
    return root


@pytest.fixture
def original(root: Path) -> Iterator[bytes]:
    """ClinGen's file; it is put back after the test."""
    content = placed(root, FILE).read_bytes()
    yield content
    placed(root, FILE).write_bytes(content)


def library(root: Path, accept_changed: bool = False) -> Library:
    return Library(root, read_catalogue(BUNDLE / "MANIFEST.tsv"), accept_changed=accept_changed)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "web page": lambda _: gzip.compress(b"<!doctype html><html><body>404</body></html>\n"),
    "endless line": lambda _: gzip.compress(b"x" * (16 << 20)) * 8,
}


@pytest.mark.parametrize(
    ("damage", "accept"),
    [("truncated", True), ("web page", False), ("web page", True), ("endless line", True)],
)
def test_nothing_of_a_failed_build_is_seen(
    home: Home, root: Path, original: bytes, damage: str, accept: bool
) -> None:
    current, releases = home.current(), sorted(p.name for p in home.releases.iterdir())
    placed(root, FILE).write_bytes(DAMAGES[damage](original))
    with pytest.raises(IngestError, match="clingen_gene_disease_validity"):
        build(home, library(root, accept), ONLY, jobs=1)
    assert home.current() == current
    assert sorted(p.name for p in home.releases.iterdir()) == releases
    assert not list(home.cache.rglob(".part-*"))


def read_clingen(root: Path, cache: Path) -> Part:
    files = library(root)
    return read_part(files.inputs(CLINGEN), cache, files.digests(CLINGEN))


@pytest.mark.parametrize("damage", ["flipped bit", "truncated", "removed", "no listing"])
def test_a_damaged_part_is_read_again(root: Path, tmp_path: Path, damage: str) -> None:
    first = read_clingen(root, tmp_path)
    frame, content = first.path / "evidence.parquet", (first.path / "evidence.parquet").read_bytes()
    assert read_clingen(root, tmp_path).reused
    if damage == "removed":
        frame.unlink()
    elif damage == "no listing":
        (first.path / "part.json").write_text("{}")
    elif damage == "truncated":
        frame.write_bytes(content[:-100])
    else:
        frame.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
    again = read_clingen(root, tmp_path)
    assert not again.reused
    assert frame.read_bytes() == content
