"""`train --trust` and `--variant all`: what is asked for is prepared, stored, and told again.

Features are made for real where they differ; what is fitted on them is the test model.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.cli import main
from gnn import checkpoint, ridge
from gnn import train as training
from gnn.calibrate import Counts
from gnn.evaluate import Evaluated, trained_as
from gnn.fitted import Fitted
from gnn.forgery import INTERACTION
from gnn.material import Material
from gnn.objective import Variant
from gnn.train import TrainOptions
from kg.release import Home


@dataclass
class Studio:
    """A home of its own over the test's release, and what was to be fitted in it."""

    home: Home
    asked: list[tuple[Material, TrainOptions]] = field(default_factory=list)

    def train(self, capfd: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
        """The command's JSON."""
        code = main(["--home", str(self.home.path), "train", "--json", *arguments])
        out, err = capfd.readouterr()
        assert code == 0, err
        return dict(json.loads(out))


@pytest.fixture
def studio(
    home: Home, evaluated: Evaluated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Studio:
    (tmp_path / "releases").symlink_to(home.releases)
    (tmp_path / "current").write_text(home.open().id, encoding="utf-8")
    made = Studio(Home(tmp_path))

    def fitted(
        material: Material, options: TrainOptions, _progress: Any = None
    ) -> tuple[Fitted, dict[str, Counts]]:
        made.asked.append((material, options))
        return evaluated.fitted, {}

    monkeypatch.setattr(training, "fit_all", fitted)
    return made


def test_trust_weighs_what_can_be_forged_and_is_told_of_the_model(
    studio: Studio,
    evaluated: Evaluated,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ridge, "GENE_FEATURES", 8)
    monkeypatch.setattr(ridge, "DISEASE_FEATURES", 8)
    told = studio.train(capfd, "--trust", "--seeds", "1", "--folds", "2")
    ((material, options),) = studio.asked
    plain = evaluated.material
    assert options == TrainOptions(seeds=1, folds=2, trust=True)
    assert material.trust
    assert not plain.trust
    assert np.array_equal(material.direct.weight, plain.direct.weight)  # no literature is read
    trusted, as_stated = (m.relations.by_name[INTERACTION.name] for m in (material, plain))
    assert (trusted != as_stated).nnz
    info = checkpoint.describe(checkpoint.find(studio.home, studio.home.open()))
    assert info.id == told["model"]
    assert trained_as(info) == options
    assert str(info.metrics["commands"]["training"]).endswith("--folds 2 --trust")  # type: ignore[index]
    settings = asdict(options) | {"variant": options.variant.value}
    assert info.id == checkpoint.model_id(info.release, settings)
    assert info.id != checkpoint.model_id(info.release, settings | {"trust": False})


def test_all_variants_are_trained_and_the_headline_is_what_is_asked_for_by_none(
    studio: Studio,
    evaluated: Evaluated,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepared: list[tuple[Variant, bool]] = []

    def of(_release: Any, variant: Variant, _seed: int, _exclude: Any, trust: bool) -> Material:
        prepared.append((variant, trust))
        return evaluated.material

    monkeypatch.setattr(Material, "of", of)
    told = studio.train(capfd, "--variant", "all", "--seeds", "1", "--folds", "2")
    assert prepared == [(variant, False) for variant in Variant]
    assert [options.variant for _, options in studio.asked] == list(Variant)
    assert [m["variant"] for m in told["models"]] == [v.value for v in Variant]
    assert len({m["model"] for m in told["models"]}) == len(Variant)
    release = studio.home.open()
    for made in told["models"]:
        directory = checkpoint.find(studio.home, release, variant=made["variant"])
        assert directory.name == made["model"]
        arrays = checkpoint.load(directory, release)
        assert np.array_equal(arrays["gene_at"], evaluated.fitted.gene_at)
    default = checkpoint.describe(checkpoint.find(studio.home, release))
    assert default.variant == Variant.HEADLINE.value
