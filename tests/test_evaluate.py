"""Figures of a model: checked against scikit-learn, against what must come out, and as served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, ndcg_score, roc_auc_score

from gnn import checkpoint, held_out, markdown
from gnn import evaluate as evaluate_module
from gnn import figures as figures_module
from gnn.calibration_sets import JUDGES, Panel, judges_of
from gnn.curves import Line
from gnn.evaluate import SECTIONS, Evaluated, EvaluateOptions, evaluate
from gnn.families import Families
from gnn.held_out import family_draw, random_draw, zero_shot_draw
from gnn.material import Material
from gnn.ranking import (
    CUTS,
    MEASURES,
    Tally,
    deciles,
    interval,
    matched_auroc,
    measures,
)
from gnn.report import report, write_reports
from gnn.risk_profile import CHARACTERISTICS
from gnn.split import SAME_GROUP, Query
from gnn.split_figures import table
from gnn.target_score import ModelInfo
from gnn.time_split import Period
from kg.errors import BadArgument
from kg.release import Home, Release
from tests.quick import barely_learning
from tests.tallies import ABLATIONS, ALL_METHODS, GENES, a_bench, a_query, made_up

# one ranking


def test_measures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        query, score = a_query(rng), rng.random(GENES).astype(np.float32)
        score[query.positives] += 0.3
        truth = np.zeros(GENES)
        truth[query.positives] = 1
        asked = ~query.known
        found = dict(zip(MEASURES, measures(score, query), strict=True))
        order = np.argsort(-score[asked])
        for cut in CUTS:
            hits = truth[asked][order[:cut]].sum() / len(query.positives)
            assert found[f"recall@{cut}"] == pytest.approx(hits)
        assert found["auroc"] == pytest.approx(roc_auc_score(truth[asked], score[asked]))
        assert found["average_precision"] == pytest.approx(
            average_precision_score(truth[asked], score[asked])
        )
        assert found["ndcg@100"] == pytest.approx(
            ndcg_score(truth[asked][None], score[asked][None], k=100)
        )
        first = np.flatnonzero(truth[asked][order])[0] + 1
        assert found["mrr"] == pytest.approx(1 / first)


def test_a_score_that_says_nothing_finds_nothing() -> None:
    query = a_query(np.random.default_rng(1))
    found = dict(zip(MEASURES, measures(np.ones(GENES, np.float32), query), strict=True))
    assert [found[f"recall@{cut}"] for cut in CUTS] == [0.0] * len(CUTS)
    assert found["auroc"] == pytest.approx(0.5)


def test_known_genes_take_no_place() -> None:
    query = a_query(np.random.default_rng(2))
    score = np.random.default_rng(3).random(GENES).astype(np.float32)
    raised = score.copy()
    raised[query.known] = 9.0
    assert (measures(score, query) == measures(raised, query)).all()


def test_matching_takes_away_what_is_owed_to_fame() -> None:
    rng = np.random.default_rng(4)
    fame = rng.random(GENES).astype(np.float32)
    famous = np.argsort(-fame)[:400]
    query = Query(0, np.sort(rng.permutation(famous)[:60]), np.zeros(GENES, bool))
    plain = dict(zip(MEASURES, measures(fame, query), strict=True))["auroc"]
    assert plain > 0.85
    assert matched_auroc(fame, query, deciles(fame)) == pytest.approx(0.5, abs=0.1)
    real = fame.copy()
    real[query.positives] += 0.05
    assert matched_auroc(real, query, deciles(fame)) > 0.8


def test_deciles_are_tenths_and_the_unknown_come_first() -> None:
    value = np.arange(1000, dtype=np.float32)
    value[:5] = np.nan
    found = deciles(value)
    assert np.bincount(found).tolist() == [100] * 10
    assert (found[:5] == 0).all()


def test_queries_of_one_disease_are_drawn_together() -> None:
    values = np.repeat(np.random.default_rng(5).random(20), 10)
    apart, together = interval(values), interval(values, np.repeat(np.arange(20), 10).tolist())
    assert apart[0] == together[0]
    assert together[2] - together[1] > 2 * (apart[2] - apart[1])


def test_paired_gains_are_over_the_queries_of_both() -> None:
    rng = np.random.default_rng(6)
    tally = Tally({"fame": deciles(rng.random(GENES).astype(np.float32))})
    for number in range(30):
        query = replace(a_query(rng), disease=number)
        good = rng.random(GENES).astype(np.float32)
        good[query.positives] += 0.5
        scores = {"good": good, "bad": rng.random(GENES).astype(np.float32)}
        tally.add(query, scores if number < 20 else {"good": good})
    gain = tally.gain("good", "bad")
    assert gain[1] > 0
    assert tally.gain("bad", "good") == [-gain[0], -gain[2], -gain[1]]
    assert tally.row("bad")["queries"] == 20


# splits


def test_families_that_are_held_out_leave_no_evidence(material: Material) -> None:
    families = Families.of(material.graph)
    held = family_draw(material, families, 0)
    assert held.queries
    hidden = ~held.queries[0].known
    assert not hidden[held.visible.gene].any()
    assert not (held.learnable & hidden).any()
    group = families.group
    assert not set(group[hidden]) & set(group[~hidden])
    for query in held.queries:
        assert hidden[query.positives].all()


def test_random_pairs_leave_their_kin_and_zero_shot_does_not(material: Material) -> None:
    drawn, strict = random_draw(material, 0), zero_shot_draw(material, 0)
    score = [
        np.mean([h.visible.score(q.disease)[q.positives].max() > 0.5 for q in h.queries])
        for h in (drawn, strict)
    ]
    assert score[0] > 0.1 > 0.05 > score[1]
    hidden = drawn.queries[0]
    pairs = drawn.visible.gene[drawn.visible.disease == hidden.disease]
    assert not set(hidden.positives.tolist()) & set(pairs.tolist())


def test_genes_known_from_kin_can_be_left_out(material: Material) -> None:
    held = random_draw(material, 0)
    fewer = held.without_known(0.3)
    assert sum(len(q.positives) for q in fewer.queries) < sum(
        len(q.positives) for q in held.queries
    )
    for query in fewer.queries:
        near = held.visible.ontology.lin(query.disease)[held.visible.disease] >= 0.3
        assert not set(query.positives.tolist()) & set(held.visible.gene[near].tolist())


def test_a_period_must_run_forward() -> None:
    with pytest.raises(BadArgument, match="must be after"):
        Period(cut=Period().start, start=Period().cut)
    with pytest.raises(BadArgument, match="must not be before"):
        Period(end=Period().cut)


# tables, the gate, and what is written


def test_a_table_says_who_was_not_beaten_and_what_is_not_installed() -> None:
    found = table(made_up("degree", (*ALL_METHODS, *ABLATIONS)), a_bench())
    assert "degree" in found["not_beaten"]  # type: ignore[operator]
    assert "not_measured" in found["methods"]["embedding"]  # type: ignore[index]
    assert set(found["ablation"]) == set(ABLATIONS)  # type: ignore[call-overload]


def test_an_unknown_section_is_said() -> None:
    with pytest.raises(BadArgument, match="sections are"):
        EvaluateOptions(only=("fame",))


def test_another_panel_judges_diseases_of_its_own(evaluated: Evaluated) -> None:
    material = evaluated.material
    first, ontology = Panel.of(material), material.ontology
    _, name, *_ = judges_of(material)
    whole = Panel.of(material, name)
    apart = whole.beyond(first)
    assert 0 < len(apart.judged) < len(whole.judged)
    for disease in whole.judged[:200].tolist():
        alike = ontology.lin(disease)[first.judged].max() >= SAME_GROUP
        assert (disease in apart.judged) != alike
    without = material.keeping(material.claims.source != name)
    assert np.array_equal(apart.others.weight, without.weight)


def test_a_disease_of_which_nothing_is_recorded_keeps_the_curve(evaluated: Evaluated) -> None:
    fitted = evaluated.fitted
    causal, curves = fitted.causal, fitted.curves
    some = np.random.default_rng(0).permutation(causal.direct.ontology.n)[:400].tolist()
    blank = next(d for d in some if not causal.said.score(d).any())
    known = int(causal.direct.evidence_diseases[0])
    for disease, recorded in ((blank, False), (known, True)):
        parts = causal.parts(disease)
        assert parts.recorded == recorded
        alone = curves.indirect(parts.indirect).astype(np.float32)
        said, unsupported = curves(parts), parts.direct == 0
        same = np.allclose(said[unsupported], alone[unsupported], rtol=1e-5, atol=0.0)
        assert same != recorded
    assert curves.together != Line()


@pytest.mark.slow
def test_evaluation_writes_figures_report_card_and_profile(home: Home, model: ModelInfo) -> None:
    directory = checkpoint.find(home, home.open(), model.id)
    with pytest.MonkeyPatch.context() as patch:
        barely_learning(patch, judged=60)
        patch.setattr(held_out, "QUERIES", 6)
        options = EvaluateOptions(draws=1, embedding=False, only=("zero_shot", "calibration"))
        first = evaluate(home, home.open(), model.id, options=options)
    stored = json.loads((directory / "metrics.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(first))
    split = stored["zero_shot"]
    assert set(ALL_METHODS) <= set(split["methods"])
    assert split["queries"] > 0
    for row in split["methods"].values():
        if "not_measured" not in row:
            mean, lower, upper = row["recall@200"]
            assert 0 <= lower <= mean <= upper <= 1
    calibration = stored["calibration"]
    others = [f"causality_by_{name}" for name in JUDGES if f"causality_by_{name}" in calibration]
    assert others, "the slice has two panels at least"
    for name in ("causality", *others):
        for prevalence in ("natural", "sampled"):
            with_line, bare = calibration[name], calibration[f"{name}_without_line"]
            assert with_line[prevalence]["pairs"] == bare[prevalence]["pairs"] > 0
            assert with_line[prevalence] != bare[prevalence]
    assert all(slope > 0 for _, slope in calibration["causality"]["lines"])
    beside = calibration["causality_beside"]
    assert beside["pairs"] >= beside["positives"] >= 0
    for name in ("report.html", "model_card.md", "model_card.html", "risk_profile.md"):
        text = (directory / name).read_text(encoding="utf-8")
        assert model.id in text
        assert "src=" not in text
        assert "http://" not in text.replace("http://www.w3.org", "").replace(
            "http://purl.org", ""
        ).replace("http://creativecommons.org", "")
    profile = (directory / "risk_profile.md").read_text(encoding="utf-8")
    for characteristic in CHARACTERISTICS:
        assert f"## {characteristic}" in profile
    assert f"target-kg evaluate --release {home.open().id} --model {model.id} --only" in profile
    assert "not measured" in profile


def test_the_report_is_the_same_for_the_same_figures(home: Home, model: ModelInfo) -> None:
    told = {"zero_shot": table_of_made_up(), "commands": {"zero_shot": "target-kg evaluate"}}
    release = home.open()
    assert report(release, model, told) == report(release, model, told)


def table_of_made_up() -> dict[str, object]:
    tally = made_up("stacked", (*ALL_METHODS, *ABLATIONS))
    return {"split": "made up", **table(tally, a_bench())}


def test_sections_have_names_of_their_own() -> None:
    names = [name for name, _ in SECTIONS]
    assert len(names) == len(set(names)) >= 9


def test_reports_are_written_beside_the_model(home: Home, model: ModelInfo, tmp_path: Path) -> None:
    write_reports(tmp_path, home.open(), model, {"commands": {}})
    assert {p.name for p in tmp_path.iterdir()} == {
        "report.html",
        "model_card.md",
        "model_card.html",
        "risk_profile.md",
        "risk_profile.html",
    }


def test_the_card_ends_with_the_plots_of_the_report(
    home: Home, model: ModelInfo, tmp_path: Path
) -> None:
    write_reports(tmp_path, home.open(), model, {"zero_shot": table_of_made_up(), "commands": {}})
    page, card = ((tmp_path / f"{n}.html").read_text("utf-8") for n in ("report", "model_card"))
    assert card.count("<figure>") == page.count("<figure>") > 0
    assert card.count("<svg") == page.count("<svg") > 0


@pytest.fixture
def reported(
    home: Home, release: Release, model: ModelInfo, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[dict[str, object]]]:
    """Figures that pages would have been written of; the model's own are put back."""
    directory = checkpoint.find(home, release, model.id)
    before = dict(checkpoint.describe(directory).metrics)
    told: list[dict[str, object]] = []
    monkeypatch.setattr(evaluate_module, "opened", lambda *_: None)
    monkeypatch.setattr(evaluate_module, "write_reports", lambda *given: told.append(given[-1]))
    yield told
    checkpoint.write_metrics(directory, before)


def test_a_section_that_fails_leaves_pages_of_those_before_it(
    home: Home,
    release: Release,
    model: ModelInfo,
    reported: list[dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(_: Evaluated) -> dict[str, object]:
        raise KeyboardInterrupt

    sections = ("zero_shot", lambda _: table_of_made_up()), ("time", killed)
    monkeypatch.setattr(evaluate_module, "SECTIONS", sections)
    with pytest.raises(KeyboardInterrupt):
        evaluate(home, release, model.id, options=EvaluateOptions())
    assert reported[0]["zero_shot"] == json.loads(json.dumps(table_of_made_up()))


def test_markdown_is_escaped() -> None:
    assert markdown.as_html("# a <b>\n\n| x | y |\n| --- | --- |\n| `1` | **2** |") == (
        "<h1>a &lt;b&gt;</h1>\n<table><tr><th>x</th><th>y</th></tr>"
        "<tr><td><code>1</code></td><td><b>2</b></td></tr></table>"
    )


def test_figures_are_found_by_path_and_written() -> None:
    told = {"a": {"b/c": 1, "b": [0.5, 0.25, 0.75]}}
    assert figures_module.at(told, "a/b") == [0.5, 0.25, 0.75]
    assert figures_module.at(told, "a/x/y") is None
    assert figures_module.said([0.5, 0.25, 0.75]) == "0.500 [0.250, 0.750]"


def test_two_evaluations_at_once_keep_each_others_figures(
    home: Home,
    release: Release,
    model: ModelInfo,
    reported: list[dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another command writes its section while one is being measured."""
    directory = checkpoint.find(home, release, model.id)

    def slow(_: Evaluated) -> dict[str, object]:
        checkpoint.add_metrics(directory, "time", {"queries": 3}, "the other command")
        return {"queries": 5, "nothing": float("nan")}

    monkeypatch.setattr(evaluate_module, "SECTIONS", (("zero_shot", slow),))
    told = evaluate(home, release, model.id, options=EvaluateOptions(only=("zero_shot",)))
    assert reported == [told]
    assert told["zero_shot"] == {"queries": 5, "nothing": None}
    assert told["time"] == {"queries": 3}
    commands = told["commands"]
    assert isinstance(commands, dict)
    assert commands["time"] == "the other command"
    expected = f"target-kg evaluate --release {release.id} --model {model.id} --only zero_shot "
    assert commands["zero_shot"].startswith(expected)
    assert commands["training"].startswith("target-kg train")
