"""The lines of `make bench` on training: what they print is what was measured."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gnn import boosting, embedding_baseline, held_out, towers
from gnn.embedding_baseline import MODEL
from gnn.held_out import Held
from gnn.learned import SERVED, Learned
from gnn.ontology import Floats
from kg.release import Release
from tests import bench_training
from tests.bench_training import SHOWN, recalls, training_lines


def test_the_table_is_of_one_draw_and_its_ratios_of_its_rows(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Learners that barely learn; a ranking by degree stands in for the embedding."""
    for module, name, value in (
        (held_out, "QUERIES", 6),
        (towers, "STEPS", 2),
        (towers, "NEGATIVES", 64),
        (boosting, "DISEASES", 20),
        (boosting, "TREES", 4),
    ):
        monkeypatch.setattr(module, name, value)
    seen: list[Held] = []
    learned: list[Learned] = []

    def made(held: Held, *rest: object) -> Learned:
        seen.append(held)
        learned.append(of(held, *rest))  # type: ignore[arg-type]
        return learned[-1]

    def embedding(held: Held, _seed: int) -> object:
        seen.append(held)
        sum(i * i for i in range(2_000_000))  # takes some time, so that the ratio has a unit

        def rank(disease: int) -> Floats:
            return np.asarray(held.visible.score(disease) + held.material.graph.degree, np.float32)

        return rank

    of = Learned.of
    monkeypatch.setattr(bench_training.Learned, "of", made)
    monkeypatch.setattr(embedding_baseline, "installed", lambda: True)
    monkeypatch.setattr(embedding_baseline, "embedding", embedding)
    lines = list(training_lines(release))
    assert seen[0] is seen[1], "one draw for both"
    rows = {line[:24].strip(): line[24:].split() for line in lines[2:-1]}
    assert set(rows) == {*SHOWN, "stack of all parts", f"PyKEEN {MODEL}"}
    truth = recalls(seen[0], lambda d: dict(learned[0].scores(d)))
    assert float(rows["stack of all parts"][1]) == pytest.approx(truth[SERVED], abs=6e-4)
    assert float(rows["boosting"][0]) == pytest.approx(truth["boosting"], abs=6e-4)
    theirs = recalls(seen[0], lambda d: {"e": embedding(seen[0], 0)(d)})["e"]  # type: ignore[operator]
    assert float(rows[f"PyKEEN {MODEL}"][1]) == pytest.approx(theirs, abs=6e-4)
    told = [float(n) for n in re.findall(r"embedding: ([0-9.]+)", lines[-1])]
    assert told[1] == pytest.approx(truth[SERVED] / max(theirs, 1e-9), abs=0.06)
    assert told[0] > 0
