"""Fixtures shared by all tests: real data, a release built from it, and nothing mocked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from filelock import FileLock
from starlette.testclient import TestClient

from api.app import create_app
from api.shelf import Shelf
from gnn import checkpoint
from gnn.evaluate import Evaluated, EvaluateOptions, opened
from gnn.graph import Graph
from gnn.material import Material
from gnn.objective import Variant
from gnn.phenotype import Profiles, unit_rows
from gnn.score import Scorer
from gnn.target_score import ModelInfo
from gnn.train import TrainOptions, train
from ingest.build import build
from ingest.fetch import Library
from ingest.frames import Frames
from ingest.source import read
from ingest.sources import SOURCES
from kg.embedded_store import EmbeddedStore
from kg.release import Home, Release
from tests.web import Site, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in an order that leaves no process waiting for another one's release or model.

    The first builds the release and trains the model at once; meanwhile come those that need
    neither, the slow ones first.
    """
    files: dict[Path, int] = {}
    for item in items:
        files[item.path] = max(_need(item), files.get(item.path, 0))
    maker = next((path for path, need in files.items() if need == 2), None)
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def place(item: pytest.Item) -> tuple[bool, int, bool]:
        if item.path == maker:
            return False, -_need(item), False
        return True, files[item.path], item.path not in slow

    items.sort(key=place)


def _need(item: pytest.Item) -> int:
    """Whether a test needs the release, or a model too."""
    fixtures = getattr(item, "fixturenames", ())
    return 2 if "model" in fixtures else int("home" in fixtures)


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
    return read(data().inputs(source))


@pytest.fixture(scope="session")
def library() -> Library:
    return data()


@pytest.fixture(scope="session")
def frames_of() -> Callable[[str], Frames]:
    """Read a source's real files once; skips where they are not bundled and there is no mirror."""
    return _read


@pytest.fixture
def site() -> Iterator[Site]:
    """A server that has nothing yet."""
    with serving() as told:
        yield told


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of a module's own, for what is large: it goes when the module is done."""
    path = tmp_path_factory.mktemp("place")
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run of tests, the same in all processes that it has."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def home(shared: Path) -> Home:
    """A home with a release of the bundled slice; TARGET_KG_TEST_HOME keeps it between runs."""
    home, made = Home(Path(os.environ.get("TARGET_KG_TEST_HOME", shared / "home"))), shared / "made"
    with FileLock(shared / "home.lock"):
        if not made.exists():
            home.path.mkdir(exist_ok=True)
            build(home, Library.bundled())
            made.touch()
    return home


@pytest.fixture(scope="session")
def release(home: Home) -> Release:
    return home.open()


@pytest.fixture(scope="session")
def store(release: Release) -> EmbeddedStore:
    return EmbeddedStore(release)


@pytest.fixture(scope="session")
def graph(release: Release) -> Graph:
    """The same, opened for learning."""
    return Graph(release)


@pytest.fixture(scope="session")
def prepared(release: Release) -> Material:
    """What the default variant learns from."""
    return Material.of(release, Variant.HEADLINE, 0)


@pytest.fixture(scope="session")
def material(prepared: Material) -> Material:
    """The same; modules that want it smaller have one of their own."""
    return prepared


@pytest.fixture(scope="session")
def model(home: Home, shared: Path) -> ModelInfo:
    """A small model of the bundled release: the same code, fewer trainings."""
    with FileLock(shared / "model.lock"):
        if home.models.is_dir():
            return checkpoint.describe(checkpoint.find(home, home.open()))
        return train(home, home.open(), TrainOptions(seeds=1, folds=2))


@pytest.fixture(scope="session")
def scorer(home: Home, model: ModelInfo) -> Scorer:
    return Scorer.open(home, home.open(), model.id)


@pytest.fixture(scope="session")
def pictured(scorer: Scorer) -> Scorer:
    """The same with made-up clinical pictures: the bundled slice has none."""
    causal = scorer.fitted.causal
    rng = np.random.default_rng(0)
    drawn = sp.random(causal.direct.ontology.n, 40, 0.1, "csr", np.float32, rng)
    profiles = Profiles(unit_rows(drawn))
    fitted = replace(scorer.fitted, causal=replace(causal, profiles=profiles))
    return Scorer(scorer.store, fitted, scorer.model)


@pytest.fixture(scope="session")
def evaluated(home: Home, model: ModelInfo, prepared: Material) -> Evaluated:
    """The test model and its release, as `target-kg evaluate` opens them: one draw of each split."""
    release = home.open()
    options = EvaluateOptions(draws=1, embedding=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Material, "of", lambda *_: prepared)
        return opened(checkpoint.find(home, release, model.id), release, model, options)


@pytest.fixture(scope="session")
def client(home: Home, model: ModelInfo) -> Iterator[TestClient]:
    """The service over the bundled release and its model."""
    with TestClient(create_app(Shelf(home))) as client:
        yield client


@pytest.fixture(scope="session")
def ask(client: TestClient) -> Callable[..., dict[str, Any]]:
    """Answer of a query, variables as keywords; errors fail the test."""

    def run(query: str, **variables: Any) -> dict[str, Any]:
        answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    return run


@pytest.fixture(scope="session")
def graph_client(home: Home) -> Iterator[TestClient]:
    """The service over the bundled release alone: no model is trained for it."""
    with TestClient(create_app(Shelf(home))) as client:
        yield client


@pytest.fixture(scope="session")
def ask_graph(graph_client: TestClient) -> Callable[..., dict[str, Any]]:
    """Answer of a query that needs no model, variables as keywords; errors fail the test."""

    def run(query: str, **variables: Any) -> dict[str, Any]:
        sent = {"query": query, "variables": variables}
        answer = graph_client.post("/graphql", json=sent).json()
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    return run
