"""Who may import whom, and what serving must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.source_table import rendered
from ingest.sources import SOURCES

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "kg": {"kg"},
    "ingest": {"kg", "ingest"},
    "gnn": {"kg", "gnn"},
    "api": {"kg", "gnn", "api"},
}
COMPOSITION_ROOT = "api/cli.py"
FILES = [p for package in ALLOWED for p in sorted((ROOT / package).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = [
        alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    ] + [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    return {m.split(".")[0] for m in modules} & set(ALLOWED)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    allowed = set(ALLOWED[name.split("/")[0]])
    if name == COMPOSITION_ROOT:
        allowed.add("ingest")
    assert imported(path) <= allowed


@pytest.mark.parametrize(
    ("module", "unloaded"),
    [
        ("api.schema", {"torch", "torch_geometric", "lightgbm", "sklearn", "rdkit", "ingest"}),
        ("kg.embedded_store", {"torch", "polars", "duckdb", "networkx", "rdkit"}),
    ],
)
def test_serving_loads_no_training_library(module: str, unloaded: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert not unloaded & set(done.stdout.split())


def test_every_source_file_is_registered() -> None:
    modules = {p.stem for p in (ROOT / "ingest" / "sources").glob("*.py")} - {"__init__"}
    assert {s.read.__module__.rpartition(".")[2] for s in SOURCES} == modules
    assert len({s.id for s in SOURCES}) == len(SOURCES)


def test_no_file_is_larger_than_a_room() -> None:
    sizes = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in FILES}
    assert not {str(p): n for p, n in sizes.items() if n > 440}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[A-Z]{14}", "kg/curie.py"),
        ("file_digest(", "kg/digest.py"),
        ("stats_min", "kg/parquet.py"),
    ],
    ids=["InChIKey", "SHA-256 of a file", "damage of Parquet"],
)
def test_what_several_need_stands_in_one_place(text: str, place: str) -> None:
    found = [p for p in FILES if text in p.read_text(encoding="utf-8")]
    assert [p.relative_to(ROOT).as_posix() for p in found] == [place]


def test_the_project_speaks_of_itself_alone() -> None:
    words = ("../shared", "/work/", "subagent")
    texts = [*FILES, *(ROOT / "tests").glob("*.py"), ROOT / "README.md", ROOT / "Makefile"]
    found = {p.name for p in texts for w in words if w in p.read_text(encoding="utf-8")}
    assert found <= {Path(__file__).name}


def test_the_readmes_table_is_that_of_the_sources() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert rendered(readme) == readme
