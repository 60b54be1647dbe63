"""The command line as users meet it: exit codes, one line on stderr, JSON on stdout, files."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from api.answers import hop_line
from api.cli import main
from gnn.score import Scorer
from gnn.target_score import ExplainedHop, ModelInfo
from kg.release import Home

Run = Callable[..., tuple[int, str, str]]
FH = "familial hypercholesterolemia"
PARTS = ("walk", "phenotype_walk", "ridge", "towers", "boosting", "phenotype_evidence")


@pytest.fixture
def run(home: Home, model: ModelInfo, capfd: pytest.CaptureFixture[str]) -> Run:
    """Exit code, stdout and stderr of a command over the test's home."""

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(["--home", str(home.path), *arguments])
        out, err = capfd.readouterr()
        return code, out, err

    return command


def ranked(run: Run, *arguments: str) -> dict[str, Any]:
    code, out, err = run("rank", "--disease", FH, "--json", *arguments)
    assert (code, err) == (0, "")
    return dict(json.loads(out))


def camel(name: str) -> str:
    """A field's name as GraphQL spells it."""
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def test_rank_prints_one_json_object(run: Run, scorer: Scorer) -> None:
    told = ranked(run, "--top", "20")
    wanted = scorer.rank(FH, top=20)
    assert told["model"] == scorer.model.id
    assert told["disease"] == {"id": "MONDO:0005439", "name": FH}
    assert [i["symbol"] for i in told["items"]] == [s.symbol for s in wanted]
    first, score = told["items"][0], wanted[0]
    assert first["overall"] == score.overall
    assert first["causality"]["probability"] == score.causality.probability
    assert {"probability", "lower", "upper", "percentile", "state", "direct", "indirect"} <= set(
        first["causality"]
    )
    assert set(first["druggability"]["by_modality"]) == {"small_molecule", "antibody", "other"}
    assert first["direction"]["call"] in ("INHIBIT", "ACTIVATE", "UNDECIDED")


def test_direction_prints_what_the_model_says(run: Run, scorer: Scorer) -> None:
    code, out, _ = run("direction", "PCSK9", "LDLR", "--json")
    told = json.loads(out)
    assert (code, told["model"]) == (0, scorer.model.id)
    for item in told["items"]:
        call = scorer.direction_of(scorer.genes.ids[scorer.gene_number(item["target"])])
        assert item["call"] == call.call.value
        assert item["probability"] == call.probability
        assert item["supporting"] == list(call.supporting)
        assert [r["evidence"] for r in item["records"]] == [r.evidence for r in call.records]
    code, out, _ = run("direction", "PCSK9")
    assert (code, "INHIBIT" in out) == (
        0,
        scorer.direction_of("HGNC:20001").call.value == "INHIBIT",
    )
    code, _, said = run("direction", "no such gene")
    assert code != 0
    assert "no such gene" in said


def test_command_line_and_service_give_the_same_numbers(
    run: Run, ask: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    told = ranked(run, "--top", "50")["items"]
    query = """query($d: String!) { rank(disease: $d, first: 50) { items { symbol rank overall
      causality { probability lower upper direct indirect parts { walk phenotypeWalk ridge towers
        boosting phenotypeEvidence } } reversibility { probability }
      druggability { probability } direction { call probability } } } }"""
    served = ask(query, d=FH)["rank"]["items"]
    for mine, theirs in zip(told, served, strict=True):
        shown = theirs["causality"].pop("parts")
        assert {camel(name): part for name, part in mine["causality"]["parts"].items()} == shown
        for axis in ("causality", "reversibility", "druggability", "direction"):
            assert {k: mine[axis][k] for k in theirs[axis]} == theirs[axis]
        assert (mine["symbol"], mine["rank"], mine["overall"]) == (
            theirs["symbol"],
            theirs["rank"],
            theirs["overall"],
        )
    pairs, scores = tmp_path / "pairs.tsv", tmp_path / "scores.parquet"
    rows = "".join(f"{i['symbol']}\t{FH}\n" for i in told)
    pairs.write_text("target\tdisease\n" + rows, encoding="utf-8")
    assert run("score", "--pairs", str(pairs), "--out", str(scores))[0] == 0
    table = pl.read_parquet(scores)
    assert table["causality"].to_list() == [i["causality"]["probability"] for i in told]
    for name in PARTS:
        shown = [i["causality"]["parts"][name] for i in told]
        assert None not in shown
        assert table[f"causality_{name}"].to_list() == shown


def test_columns_of_parts_stand_behind_those_that_were_there(run: Run, tmp_path: Path) -> None:
    pairs, scores, ranking = (tmp_path / n for n in ("pairs.tsv", "scores.csv", "ranking.csv"))
    pairs.write_text(f"target\tdisease\nLDLR\t{FH}\n", encoding="utf-8")
    assert run("score", "--pairs", str(pairs), "--out", str(scores))[0] == 0
    assert run("rank", "--disease", FH, "--top", "3", "--out", str(ranking))[0] == 0
    added = [f"causality_{name}" for name in PARTS]
    for file, last in ((scores, "reason"), (ranking, "direction_basis")):
        columns = pl.read_csv(file).columns
        assert columns[-len(added) :] == added
        assert columns[-len(added) - 1] == last


def test_every_gene_is_ranked_unless_a_list_is_given(
    run: Run, tmp_path: Path, scorer: Scorer
) -> None:
    assert len(ranked(run)["items"]) == len(scorer.genes)
    targets = tmp_path / "targets.txt"
    targets.write_text("CFTR\nLDLR\n\nHGNC:20001\n", encoding="utf-8")
    items = ranked(run, "--targets", str(targets))["items"]
    assert {i["symbol"] for i in items} == {"LDLR", "PCSK9", "CFTR"}
    assert [i["rank"] for i in items] == sorted(i["rank"] for i in items)


def test_pairs_come_back_in_order_with_reasons(run: Run, tmp_path: Path) -> None:
    pairs, out = tmp_path / "pairs.csv", tmp_path / "scores.csv"
    pairs.write_text(
        "disease,target\nMONDO:0005439,LDLR\nMONDO:0005439,NOTAGENE\ncystic fibrosis,CFTR\n,\n"
        "MONDO:0005439,LDLR\n",
        encoding="utf-8",
    )
    code, stdout, _ = run("score", "--pairs", str(pairs), "--out", str(out), "--json")
    assert code == 0
    assert json.loads(stdout)["scored"] == 3
    table = pl.read_csv(out)
    assert table["target"].to_list() == ["LDLR", "NOTAGENE", "CFTR", "", "LDLR"]
    assert table["causality"].is_null().to_list() == [False, True, False, True, False]
    assert "NOTAGENE" in table["reason"][1]
    assert table.row(0) == table.row(4)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["rank", "--disease", "hypercholesterolaemia"], 2, "familial hypercholesterolemia"),
        (["rank", "--disease", FH, "--weights", "fame=1"], 2, "axes are"),
        (["rank", "--disease", FH, "--variant", "best"], 2, "variants are"),
        (["rank", "--disease", FH, "--release", "zzzz"], 1, "no single release"),
        (["rank", "--disease", FH, "--model", "zzzz"], 1, "target-kg train"),
        (["rank"], 2, "disease"),
        (["score", "--pairs", "no-such.csv", "--out", "x.csv"], 2, "no-such.csv"),
        (["explain", "LDLR", FH, "--objective", "fame"], 2, "must be one of"),
        (["build", "--only", "no_such_source"], 2, "known are"),
        (["build", "--mirror", "/no/such/folder"], 1, "is no directory"),
        (["build", "--exclude-class", "rumour"], 2, "must be of"),
        (["build", "--licence", "none"], 2, "redistributable"),
        (["train", "--variant", "x"], 2, "must be one of"),
        (["search", "x", "--category", "planet"], 2, "must be one of"),
        (["no-such-command"], 2, "no-such-command"),
    ],
)
def test_misuse_and_failure_have_their_codes(
    run: Run, arguments: list[str], code: int, said: str
) -> None:
    ended, out, err = run(*arguments)
    assert ended == code, err
    assert said in err
    assert out == ""
    assert "Traceback" not in err


def test_the_nearest_names_of_an_unknown_disease_are_listed(run: Run) -> None:
    code, out, err = run("rank", "--disease", "hypercholesterolemia")
    assert (code, out) == (2, "")
    message, heading, *offered = err.splitlines()
    assert "HP:0003124, which does, is a phenotype" in message
    assert heading == "the nearest names:"
    assert f"  MONDO:0005439\t{FH}" in offered
    assert "nearest" not in run("rank", "--disease", "qqqqqqqqqq")[2]


def test_unknown_disease_is_told_as_json(run: Run) -> None:
    code, out, err = run("rank", "--disease", "hypercholesterolaemia", "--json")
    told = json.loads(err)
    assert (code, out) == (2, "")
    assert told["error"] == "UnknownNode"
    assert any("hypercholesterol" in c["name"] for c in told["candidates"])


def test_explain_names_paths_and_counterfactuals(run: Run) -> None:
    code, out, _ = run("explain", "PCSK9", FH, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["paths"]
    assert told["counterfactuals"]
    code, out, _ = run("explain", "PCSK9", FH)
    assert code == 0
    assert "causes" in out
    assert " records)" in out
    assert "(0 records)" not in out
    assert re.search(r"similar_to .* \(Lin similarity in the disease hierarchy 0\.\d\d\)", out)


def test_a_hop_is_told_with_what_it_rests_on() -> None:
    names = {"A": "gene", "B": "disease", "C": "other disease"}
    cases = [
        (ExplainedHop("A", "biolink:causes", "B", ("1",)), "gene causes disease (1 record)"),
        (ExplainedHop("A", "biolink:causes", "B", ("1", "2")), "gene causes disease (2 records)"),
        (
            ExplainedHop("B", "similar_to", "C", (), "likeness", 0.6253),
            "disease similar_to other disease (likeness 0.63)",
        ),
        (
            ExplainedHop("B", "similar_to", "C", (), "a walk"),
            "disease similar_to other disease (a walk)",
        ),
        (ExplainedHop("A", "biolink:causes", "B", ()), "gene causes disease"),
    ]
    for hop, line in cases:
        assert hop_line(hop, names) == line


def test_releases_report_search_and_verify(run: Run, home: Home) -> None:
    assert json.loads(run("releases", "--json")[1])["releases"][0]["id"] == home.current()
    told = json.loads(run("report", "--json")[1])
    assert {"sources", "counts"} <= set(told)
    assert json.loads(run("search", "crohn disease", "--category", "disease", "--json")[1])["hits"]
    assert run("verify", "--json")[0] == 0
    code, out, _ = run("report")
    assert code == 0
    assert "HGNC" in out


def test_terms_of_a_file_are_mapped(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "genes.txt"
    file.write_text("LDLR\nnothing like it\n", encoding="utf-8")
    rows = json.loads(run("map-ids", str(file), "--category", "gene", "--json")[1])["terms"]
    assert [r["status"] for r in rows] == ["direct", "none"]


def test_a_killed_build_leaves_the_previous_release_serving(home: Home, model: ModelInfo) -> None:
    before = home.current()
    command = [sys.executable, "-m", "api.cli", "--home", str(home.path), "build", "--skip", "tcrd"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not list(home.releases.glob(".staging-*/tables/*")):
        assert process.poll() is None
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(home.releases.glob(".staging-*"))
    assert home.current() == before
    assert home.open().verify() == []
    assert Scorer.open(home).rank(FH, top=1)
    with home.stage():
        pass
    assert not list(home.releases.glob(".staging-*"))
