"""A release as of a day, from build to answers: nothing newer, and what can't be learned is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest
from starlette.testclient import TestClient

from api.answers import ranking_table
from api.app import create_app
from api.cli import main
from api.shelf import Shelf
from gnn import leaks
from gnn.calibrate import Counts
from gnn.evaluate import EvaluateOptions, evaluate, held_out_calibration
from gnn.material import Material
from gnn.objective import Variant
from gnn.score import Scorer
from gnn.target_score import ModelInfo, ScoreState, Weights
from gnn.train import TrainOptions, train
from ingest.build import build
from ingest.fetch import Library
from ingest.options import BuildOptions
from ingest.sources import SOURCES
from kg.embedded_store import EmbeddedStore
from kg.errors import BadArgument
from kg.release import Home
from tests.quick import barely_learning

pytestmark = pytest.mark.slow

AS_OF = date(2022, 12, 31)
FEW = (
    "hgnc",
    "mondo",
    "hpo",
    "hgnc_families",
    "interpro",
    "homology_clusters",
    "huri",
    "gwas_catalog",
    "orphanet",
    "opentargets_drugs",
    "locus_gold_standards",
)
"""Drugs and known genes of loci among them, which all came later."""
CROHN = "Crohn disease"
AXES = "{ probability lower state }"
ASKED = f"""query ($disease: String!) {{ rank(disease: $disease, first: 3) {{ items {{
  targetId overall causality {AXES} reversibility {AXES}
  druggability {{ probability state byModality {{ antibody {{ intrinsic lower biasControlled }} }} }}
}} }} }}"""


@pytest.fixture(scope="module")
def past(library: Library, place: Path) -> Home:
    home = Home(place)
    here = tuple(s.id for s in SOURCES if s.id in FEW and not library.absent(s))
    build(home, library, BuildOptions(as_of=AS_OF, only=here))
    return home


@pytest.fixture(scope="module")
def trained(past: Home) -> ModelInfo:
    with pytest.MonkeyPatch.context() as patch:
        barely_learning(patch, judged=300)
        return train(past, past.open(), TrainOptions(seeds=1, folds=2))


@pytest.fixture(scope="module")
def opened(past: Home, trained: ModelInfo) -> Scorer:
    return Scorer.open(past, past.open(), trained.id)


@pytest.fixture
def query(past: Home, trained: ModelInfo) -> Iterator[Callable[..., dict[str, Any]]]:
    with TestClient(create_app(Shelf(past))) as client:
        yield lambda text, **given: dict(
            client.post("/graphql", json={"query": text, "variables": given}).json()
        )


def test_nothing_in_the_model_is_later(past: Home, opened: Scorer) -> None:
    release, fitted = past.open(), opened.fitted
    material = Material.of(release, Variant.HEADLINE, 0)
    served = replace(material, profiles=fitted.causal.profiles)
    assert leaks.newer_than(served, AS_OF) == []
    days = EmbeddedStore(release).evidence_table(["first_public"])["first_public"].to_numpy()
    told = fitted.ledger.records["row"]
    assert len(told) > 1000
    for rows in (told, fitted.mechanisms.row, fitted.drug_row):
        assert (days[rows] <= np.datetime64(AS_OF)).all()
    for name in ("labels", "loci"):
        newest = pc.max(release.table(name, ["first_public"])["first_public"]).as_py()
        assert newest is None or newest <= AS_OF


def test_what_cannot_be_learned_is_left_out_and_said(opened: Scorer, trained: ModelInfo) -> None:
    told: Any = trained.metrics["training"]
    assert {"reversibility", "druggability", "locus_to_gene"} <= set(told["abstains"])
    assert told["calibration"]["reversible"]["prevalence"] == 0
    assert opened.fitted.reversible is None
    assert opened.fitted.loci is None
    ranked = opened.rank(CROHN, top=20)
    for score in ranked:
        assert score.causality.probability is not None
        for axis in (score.reversibility, score.druggability):
            assert (axis.probability, axis.lower, axis.upper) == (None, None, None)
            assert (axis.percentile, axis.state) == (None, ScoreState.ABSTAINED)
        assert all(m.probability is None for m in score.druggability.by_modality.values())
        assert score.overall == pytest.approx(score.causality.probability, rel=1e-5)
    assert ranked[0].causality.direct > 0
    table = ranking_table(ranked)
    assert str(table.schema["reversibility"]) == "Float64"
    with pytest.raises(BadArgument, match="nothing but causality"):
        opened.rank(CROHN, weights=Weights(0, 1, 1))


def test_an_explanation_says_so_too(opened: Scorer) -> None:
    top = opened.rank(CROHN, top=1)[0]
    for objective in ("causality", "reversibility"):
        found = opened.explain(top.target, CROHN, objective)
        notes = " ".join(found.notes)
        assert "Reversibility has no probability" in notes
        assert "Druggability has no probability" in notes
        total = sum(found.by_channel.values())
        assert total == pytest.approx(top.causality.probability, abs=1e-4)


def test_the_service_and_the_command_line_answer(
    past: Home,
    query: Callable[..., dict[str, Any]],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    answer = query(ASKED, disease=CROHN)
    assert "errors" not in answer
    first = answer["data"]["rank"]["items"][0]
    assert first["reversibility"] == {"probability": None, "lower": None, "state": "ABSTAINED"}
    assert first["druggability"]["state"] == "ABSTAINED"
    assert first["druggability"]["byModality"]["antibody"]["intrinsic"] is None
    home = ["--home", str(past.path)]
    assert main([*home, "rank", "--disease", CROHN, "--top", "3", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["items"][0]["id"] == first["targetId"]
    assert told["items"][0]["reversibility"]["state"] == "ABSTAINED"
    assert main([*home, "rank", "--disease", CROHN, "--top", "3"]) == 0
    pairs, out = tmp_path / "pairs.csv", tmp_path / "scores.csv"
    pairs.write_text(f"target,disease\n{first['targetId']},{CROHN}\n")
    assert main([*home, "score", "--pairs", str(pairs), "--out", str(out)]) == 0
    assert "ABSTAINED" in out.read_text()
    assert main([*home, "explain", first["targetId"], CROHN]) == 0
    assert "no probability" in capfd.readouterr().out


def test_evaluation_says_what_it_cannot_measure(
    past: Home, trained: ModelInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    barely_learning(monkeypatch)
    asked = ("druggability", "direction", "reversibility", "locus_to_gene")
    figures: Any = evaluate(
        past, past.open(), trained.id, options=EvaluateOptions(embedding=False, only=asked)
    )
    assert "not_measured" in held_out_calibration(Counts.of([], 1.0, 100))
    assert "not_measured" in figures["reversibility"]
    assert "not_measured" in figures["direction"]
    assert figures["locus_to_gene"] == {"loci": 0}
    assert figures["druggability"]["served"]["antibody"] == {"positives": 0}
    card = (past.models / trained.id / "model_card.md").read_text(encoding="utf-8")
    assert "Reversibility has no probability" in card
