"""The network part of causality: blind to the pair's own evidence, and the same each time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kg.release import Home, Release

SCRIPT = """
import sys
from pathlib import Path
import numpy as np
from gnn.causality import Direct
from gnn.features import components, disease_blocks, joined, standardised
from gnn.graph import Graph
from gnn.objective import CAUSALITY
from gnn.phenotype import Profiles
from gnn.relations import RELATIONS, similarity, walk_matrix
from gnn.ridge import KernelRidge
from gnn.threads import one_thread
from gnn.towers import TowerData, embed, fit
from kg.release import Home

@one_thread()
def scores(home):
    graph = Graph(Home(Path(home)).open())
    claims = graph.claims.without(CAUSALITY.hidden_classes)
    direct = Direct.of(claims, graph.disease_ontology, len(graph.genes))
    chosen = [r for r in RELATIONS if r.name in ("family", "interaction-systematic")]
    near = {r.name: similarity(graph, r) for r in chosen}
    walk = walk_matrix((1.0, m) for m in near.values())
    genes = joined(standardised(components(m, 32)) for m in near.values())
    profiles = Profiles.of(graph)
    diseases = joined(disease_blocks(graph.disease_ontology, profiles).values())
    data = TowerData.of(genes, diseases, walk, direct.matrix, graph.disease_ontology)
    seen = direct.evidence_diseases
    gene, disease = embed(fit(data, seen, 3), data)
    ridge = KernelRidge.over(genes, diseases, 3)
    query = ridge.queries(ridge.fit(direct.matrix, seen), seen[:20])
    return gene @ disease[seen[:20]].T, ridge.genes @ query.T

np.savez(sys.argv[2], *scores(sys.argv[1]))
"""


def _trained(home: Home, out: Path, threads: int, hash_seed: int) -> subprocess.Popen[bytes]:
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    environment["PYTHONHASHSEED"] = str(hash_seed)
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(home.path), str(out)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


def test_training_twice_gives_the_same_scores(home: Home, release: Release, tmp_path: Path) -> None:
    """Other processes, numbers of threads and hash seeds; ridge and towers agree to 1e-6."""
    runs = [
        _trained(home, tmp_path / f"{threads}.npz", threads, seed)
        for threads, seed in ((1, 1), (3, 77))
    ]
    for run in runs:
        assert run.wait(timeout=300) == 0, run.stderr.read().decode() if run.stderr else ""
    one, other = (np.load(tmp_path / f"{threads}.npz") for threads in (1, 3))
    for name in one.files:
        assert np.abs(one[name]).max() > 0.01
        assert one[name] == pytest.approx(other[name], abs=1e-6)
