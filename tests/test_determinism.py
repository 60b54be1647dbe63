"""Training and scoring twice: every head, in other processes, on other numbers of threads and hash seeds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from kg.release import Home, Release

SCRIPT = """
import os
import sys
from pathlib import Path
import numpy as np
import pytest
from gnn import train
from gnn.disease_scores import DiseaseScores
from gnn.fitted import to_arrays
from gnn.material import Material
from gnn.target_score import Weights
from gnn.threads import one_thread
from kg.release import Home
from tests.quick import barely_learning

barely_learning(pytest.MonkeyPatch())
os.cpu_count = lambda: int(os.environ["OMP_NUM_THREADS"])

@one_thread()
def trained(home):
    options = train.TrainOptions(seeds=1, folds=2)
    material = Material.of(Home(Path(home)).open(), options.variant, options.seed)
    fitted = train.fit_all(material, options)[0]
    arrays = to_arrays(fitted)
    for disease in material.direct.evidence_diseases[:: len(material.direct.evidence_diseases) // 3]:
        ranking = DiseaseScores.of(fitted, int(disease)).ranking(Weights())
        arrays[f"score.{disease}"] = np.stack([ranking.overall, ranking.lower, ranking.upper])
    return arrays

np.savez(sys.argv[2], **trained(sys.argv[1]))
"""
HEADS = ("network.", "boosted.", "supported", "together", "conformal", "homology", "reversible")
SCORES = "score."
"""Of the arrays that every head leaves, some that must be among those compared; and scores."""


def _trained(home: Home, out: Path, threads: int, hash_seed: int) -> subprocess.Popen[bytes]:
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    environment["PYTHONHASHSEED"] = str(hash_seed)
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(home.path), str(out)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


def test_training_twice_gives_the_same_model(home: Home, release: Release, tmp_path: Path) -> None:
    runs = [
        _trained(home, tmp_path / f"{threads}.npz", threads, seed)
        for threads, seed in ((1, 1), (3, 77))
    ]
    for run in runs:
        _, said = run.communicate(timeout=900)
        assert run.returncode == 0, said.decode()
    one, other = (np.load(tmp_path / f"{threads}.npz") for threads in (1, 3))
    assert one.files == other.files
    for head in (*HEADS, SCORES):
        assert any(head in name for name in one.files), head
    for name in one.files:
        first, second = one[name], other[name]
        assert first.shape == second.shape, name
        if first.dtype.kind == "f":
            scale = max(float(np.abs(first[np.isfinite(first)]).max(initial=0.0)), 1e-30)
            ours, theirs = (a.astype(np.float64) / scale for a in (first, second))
            assert np.allclose(ours, theirs, rtol=0.0, atol=1e-6, equal_nan=True), name
        else:
            assert np.array_equal(first, second), name
