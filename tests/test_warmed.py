"""Diseases asked ahead: what is read is what would be computed, and nothing half-written is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from api.cli import main
from gnn import checkpoint
from gnn.disease_scores import DiseaseScores
from gnn.score import Scorer
from gnn.target_score import AXES, ModelInfo
from gnn.warmed import Warmed
from kg.release import Home

NAMES = ("familial hypercholesterolemia", "Crohn disease")


@pytest.fixture
def cold(home: Home, model: ModelInfo) -> Iterator[Scorer]:
    """The test's model with nothing stored beside it, before and after."""
    directory = checkpoint.find(home, home.open(), model.id)
    shutil.rmtree(directory / "warmed", ignore_errors=True)
    yield Scorer.open(home, home.open(), model.id)
    shutil.rmtree(directory / "warmed", ignore_errors=True)


def test_what_is_stored_scores_the_same_to_the_last_bit(
    home: Home, model: ModelInfo, cold: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [cold.disease_number(name) for name in NAMES]
    before = [DiseaseScores.of(cold.fitted, d) for d in numbers]
    told = cold.explain("LDLR", NAMES[0])
    assert list(cold.warm(numbers)) == numbers
    assert list(cold.warm(numbers)) == [], "they are stored"
    again = Scorer.open(home, home.open(), model.id)
    boosted = again.fitted.causal.boosted
    assert boosted is not None
    monkeypatch.setattr(type(boosted.models), "by_seed", lambda *_: pytest.fail("asked again"))
    for disease, cold_scores in zip(numbers, before, strict=True):
        scores = DiseaseScores.of(again.fitted, disease)
        assert np.array_equal(scores.parts.indirect_by_seed, cold_scores.parts.indirect_by_seed)
        for axis in AXES:
            ours, theirs = getattr(scores, axis), getattr(cold_scores, axis)
            for end in ("probability", "lower", "upper"):
                assert np.array_equal(getattr(ours, end), getattr(theirs, end)), (axis, end)
    assert again.explain("LDLR", NAMES[0]) == told


def test_a_store_that_fails_leaves_nothing_and_a_reader_sees_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warmed = Warmed(tmp_path / "warmed")
    said = np.random.default_rng(0).random((3, 500)).astype(np.float32)
    assert warmed.of(7) is None

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", full)
        with pytest.raises(OSError, match="No space"):
            warmed.keep(7, said)
    assert list(warmed.directory.iterdir()) == []
    assert not warmed.has(7)
    warmed.keep(7, said)
    found = warmed.of(7)
    assert found is not None
    assert np.array_equal(np.argsort(found, axis=1), np.argsort(said, axis=1))


def test_the_command_stores_what_it_is_given_and_goes_on_where_it_stopped(
    home: Home, cold: Scorer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["--home", str(home.path), "warm", *arguments])
        return (code, *capfd.readouterr())

    def asked(text: str) -> Path:
        return _written(tmp_path / "diseases.txt", text)

    list(cold.warm([cold.disease_number(NAMES[0])]))
    code, out, _ = run("--diseases", str(asked("\n".join(NAMES))), "--json")
    told = json.loads(out)
    assert (code, told["asked"], told["stored"]) == (0, 2, 1)
    code, _, said = run("--diseases", str(asked("disease\nno such disease\n")))
    assert (code, "no such disease" in said) == (2, True)
    code, _, said = run("--diseases", str(tmp_path / "none.txt"))
    assert code == 2
    assert "--diseases" in said


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
