"""Trained models on disk: `models/<id>/` with `model.json`, `metrics.json` and score arrays.

A model is written to a hidden directory and renamed, `model.json` last, so that a killed training
leaves nothing that could be opened. Arrays are plain `.npy`, memory-mapped when opened.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from gnn.objective import Variant
from gnn.target_score import ModelInfo
from gnn.warmed import Warmed
from kg.errors import BadArgument, ModelNotFound
from kg.release import Home, Release, write_atomically

FORMAT = 14
"""Raised when models written before can no longer be read, or their numbers mean something else."""


def model_id(release: str, settings: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits that follow from the release and the settings."""
    text = json.dumps({"format": FORMAT, "release": release, **settings}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def save(home: Home, info: ModelInfo, arrays: Mapping[str, npt.NDArray[Any]]) -> Path:
    """Publish a model; one with the same id is replaced."""
    home.models.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=home.models))
    try:
        scores = staging / "scores" / info.release
        scores.mkdir(parents=True)
        for name, array in arrays.items():
            np.save(scores / f"{name}.npy", array, allow_pickle=False)
        write_metrics(staging, info.metrics)
        described = {k: v for k, v in dataclasses.asdict(info).items() if k != "metrics"}
        write_atomically(staging / "model.json", json.dumps(described | {"format": FORMAT}))
        target = home.models / info.id
        shutil.rmtree(target, ignore_errors=True)
        os.rename(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def write_metrics(directory: Path, metrics: Mapping[str, object]) -> None:
    """Write metrics.json beside a model."""
    write_atomically(directory / "metrics.json", json.dumps(metrics, indent=1, sort_keys=True))


def metrics_lock(directory: Path) -> FileLock:
    """Held while metrics.json, or what is made of it, is written."""
    return FileLock(directory / ".metrics.lock")


def add_metrics(directory: Path, name: str, figures: object, command: str) -> None:
    """Put one section into metrics.json; what other commands wrote meanwhile stays.

    Args:
        directory: Of the model.
        name: Of the section.
        figures: What JSON can tell.
        command: What was typed for it.
    """
    with metrics_lock(directory):
        now = dict(describe(directory).metrics)
        commands = {**cast("Mapping[str, str]", now.get("commands", {})), name: command}
        write_metrics(directory, now | {name: figures, "commands": commands})


def find(
    home: Home, release: Release, model: str | None = None, variant: str | None = None
) -> Path:
    """Directory of a model of a release: by id (a unique beginning will do), else the newest.

    Args:
        home: Where models lie.
        release: Whose.
        model: Id; None for the newest.
        variant: Which evidence it may rest on; None for the headline where there is one.

    Raises:
        BadArgument: no such variant.
        ModelNotFound: there is none, or several begin so.
    """
    if variant is not None and variant not in {v.value for v in Variant}:
        known = ", ".join(v.value for v in Variant)
        raise BadArgument(f"no variant {variant!r}; variants are {known}")
    mine = [p for p in _newest_first(home) if _described(p)["release"] == release.id]
    if model is not None:
        mine = [p for p in mine if p.name.startswith(model)]
    if variant is not None:
        mine = [p for p in mine if _described(p)["variant"] == variant]
    if model is not None and len(mine) > 1:
        raise ModelNotFound(f"several models begin with {model!r}: {[p.name for p in mine]}")
    if not mine:
        wanted = f"model {model!r}" if model else f"{variant or 'trained'} model"
        raise ModelNotFound(
            f"no {wanted} of release {release.id} under {home.path}; "
            f"{_outdated(home, release)}make one with: target-kg train"
        )
    headline = [p for p in mine if _described(p)["variant"] == Variant.HEADLINE.value]
    return headline[0] if headline else mine[0]


def describe(directory: Path) -> ModelInfo:
    """What a model is, metrics included."""
    told = {k: v for k, v in _described(directory).items() if k != "format"}
    metrics = json.loads((directory / "metrics.json").read_text(encoding="utf-8"))
    return ModelInfo(**told | {"seeds": tuple(told["seeds"]), "metrics": metrics})


def load(directory: Path, release: Release) -> dict[str, npt.NDArray[Any]]:
    """The stored arrays, memory-mapped."""
    scores = directory / "scores" / release.id
    return {
        path.name.removesuffix(".npy"): np.load(path, mmap_mode="r", allow_pickle=False)
        for path in sorted(scores.glob("*.npy"))
    }


def warmed(directory: Path) -> Warmed:
    """Where what is asked ahead of a model is stored; gone with the model."""
    return Warmed(directory / "warmed")


def _described(directory: Path) -> dict[str, Any]:
    described: dict[str, Any] = json.loads((directory / "model.json").read_text(encoding="utf-8"))
    return described


def _outdated(home: Home, release: Release) -> str:
    """Which models of a release another version of this program wrote, for a message."""
    told = {p.name: _described(p) for p in _published(home)}
    old = sorted(
        f"{name} (format {one['format']})"
        for name, one in told.items()
        if one["release"] == release.id and one["format"] != FORMAT
    )
    if not old:
        return ""
    return f"other versions wrote {', '.join(old)}, and this one reads format {FORMAT} alone; "


def _published(home: Home) -> list[Path]:
    found = home.models.glob("*/model.json")
    return [p.parent for p in found if not p.parent.name.startswith(".")]


def _newest_first(home: Home) -> list[Path]:
    order = sorted(_published(home), key=lambda p: (_described(p)["created"], p.name))
    return [p for p in reversed(order) if _described(p)["format"] == FORMAT]
