"""A build resumes: parts are kept by content, version and code, and a killed build goes on."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from ingest.build import build, read_source
from ingest.catalogue import BUNDLE, read_catalogue
from ingest.fetch import Library
from ingest.options import BuildOptions
from ingest.parts import code_digest, dependencies, part_key
from ingest.source import placed
from ingest.sources import SOURCES
from kg.release import Home

ROOT = Path(__file__).parent.parent
SMALL = ("clingen", "lit_bm", "surfaceome")


@pytest.fixture
def mirror(tmp_path: Path) -> Library:
    """A folder with the bundled files of some small sources, free to be changed."""
    root = tmp_path / "mirror"
    for source in SOURCES:
        for file in source.files:
            found = placed(BUNDLE, file.path)
            if (source.id in SMALL or source.required) and found.exists():
                (root / file.path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(found, root / file.path)
    return Library(root, read_catalogue(BUNDLE / "MANIFEST.tsv"), accept_changed=True)


def without_its_last_line(path: Path) -> None:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as stream:
        lines = stream.read().splitlines(keepends=True)
    with opened(path, "wb") as stream:
        stream.write(b"".join(lines[:-1]))


def test_only_the_source_whose_file_changed_is_read_again(mirror: Library, tmp_path: Path) -> None:
    cache = tmp_path / "parts"
    before = {s: read_source(s, mirror, cache) for s in SMALL}
    assert not any(p.reused for p in before.values())
    assert all(read_source(s, mirror, cache).reused for s in SMALL)
    changed = next(s for s in SOURCES if s.id == "lit_bm").files[0].path
    without_its_last_line(placed(mirror.root, changed))
    fresh = Library(mirror.root, mirror.catalogue, accept_changed=True)
    after = {s: read_source(s, fresh, cache) for s in SMALL}
    assert {s for s, p in after.items() if not p.reused} == {"lit_bm"}
    assert after["lit_bm"].rows == before["lit_bm"].rows - 1


def test_another_version_of_the_same_bytes_is_another_part(mirror: Library) -> None:
    source = next(s for s in SOURCES if s.id == "lit_bm")
    digests = mirror.digests(source)
    path = source.files[0].path
    newer = {**mirror.catalogue, path: replace(mirror.catalogue[path], version="another")}
    one = part_key(mirror.inputs(source), digests)
    other = part_key(replace(mirror, catalogue=newer).inputs(source), digests)
    unrelated = {p: replace(f, version="x") for p, f in mirror.catalogue.items() if p != path}
    same = replace(mirror, catalogue={**unrelated, path: mirror.catalogue[path]})
    assert one != other
    assert part_key(same.inputs(source), digests) == one


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.id)
def test_a_key_follows_all_code_that_the_reader_uses(source: object) -> None:
    """Against what Python itself bound: every project module that a name of it comes from."""
    module = sys.modules[source.read.__module__]  # type: ignore[attr-defined]
    assert bound(module, set()) <= dependencies(module.__name__)


def bound(module: ModuleType, seen: set[str]) -> set[Path]:
    """Files of the project's modules whose classes and functions a module can name."""
    if module.__name__ in seen or not module.__file__:
        return set()
    seen.add(module.__name__)
    names = {getattr(value, "__module__", None) for value in vars(module).values()}
    mine = {n for n in names if isinstance(n, str) and n.split(".")[0] in ("ingest", "kg")}
    below = [bound(sys.modules[n], seen) for n in mine if n in sys.modules]
    return {Path(module.__file__)}.union(*below)


def test_what_a_source_builds_on_is_in_its_key() -> None:
    names = {p.name for p in dependencies("ingest.sources.gwas_findings")}
    assert {"gwas_catalog.py", "tables.py", "frames.py", "biolink.py"} <= names
    assert "clingen.py" not in names
    assert "tissues.tsv" in {p.name for p in dependencies("ingest.sources.hpa")}
    assert "catalogue.tsv" not in {p.name for p in dependencies("ingest.sources.hpa")}
    assert code_digest("ingest.sources.hpa") != code_digest("ingest.sources.bgee")


_KILLED = """
    import os, signal, sys
    from pathlib import Path
    from ingest.build import build
    from ingest.catalogue import BUNDLE, read_catalogue
    from ingest.fetch import Library
    from ingest.options import BuildOptions
    from kg.release import Home

    def die(said, done, steps):
        print(said, flush=True)
        if done == 2:
            os.killpg(os.getpid(), signal.SIGKILL)

    if __name__ == "__main__":
        catalogue = read_catalogue(BUNDLE / "MANIFEST.tsv")
        library = Library(Path(sys.argv[2]), catalogue, accept_changed=True)
        build(Home(Path(sys.argv[1])), library, BuildOptions(only=tuple(sys.argv[3:])), 1, die)
"""


def test_a_killed_build_goes_on_from_finished_parts(mirror: Library, tmp_path: Path) -> None:
    home, script = tmp_path / "home", tmp_path / "killed.py"
    home.mkdir()
    script.write_text(textwrap.dedent(_KILLED))
    child = subprocess.run(
        [sys.executable, str(script), str(home), str(mirror.root), *SMALL],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.returncode == -signal.SIGKILL
    finished = [line.partition(":")[0] for line in child.stdout.splitlines()]
    assert len(finished) == 2
    assert not list(home.glob("releases/*/manifest.json"))
    said: list[str] = []
    found = build(
        Home(home),
        mirror,
        BuildOptions(only=SMALL),
        1,
        lambda what, _done, _steps: said.append(what),
    )
    again = {line.partition(":")[0] for line in said if line.endswith(": unchanged")}
    assert set(finished) <= again
    assert found.release.manifest["counts"]["evidence"] > 1_000
    assert not list(home.glob("releases/.staging-*"))
