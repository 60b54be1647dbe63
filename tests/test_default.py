"""Which ranking is the default: what loses where choices are made does not serve."""

from __future__ import annotations

import numpy as np
import pytest

from gnn import checkpoint
from gnn.baselines import DIRECT_AND_WALKS, FALLBACK
from gnn.curves import Line
from gnn.evaluate import Evaluated
from gnn.learned import COMBINED, SERVED
from gnn.network import walks_alone
from gnn.ranking import Tally
from gnn.score import Scorer, lost_to_baselines
from gnn.split_figures import Bench, default_figures, earlier_draw
from gnn.target_score import ModelInfo
from kg.release import Home
from tests.tallies import ABLATIONS, ALL_METHODS, a_bench, lifted, made_up


@pytest.mark.parametrize(("best", "chosen"), [("stacked", "stacked"), ("degree", FALLBACK)])
def test_a_model_that_loses_is_not_the_default(best: str, chosen: str) -> None:
    tally = made_up(best, (*ALL_METHODS, *ABLATIONS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bench, "tally", lambda *_args, **_kw: tally)
        found = default_figures(a_bench())
    assert found["indirect"] == chosen
    assert found["validation_period"] == ["2012-12-31", "2014-01-01", "2016-12-31"]
    assert (best in found["not_beaten"]) == (best != "stacked")  # type: ignore[operator]
    assert chosen in str(found["reason"])
    info = ModelInfo("m", "r", "full", (0,), "2026-01-01", {"default": found})
    assert lost_to_baselines(info) == (chosen == FALLBACK)


def test_a_loss_on_either_kind_of_choice_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beaten on diseases never seen but not on genes found later, or the other way round."""
    won, lost = (made_up(best, (*ALL_METHODS, *ABLATIONS)) for best in ("stacked", "degree"))
    nothing = Tally({})
    never, later = "diseases never seen", "genes found later"
    for given, chosen, named, unnamed in (
        ((won, lost), FALLBACK, later, never),
        ((lost, won), FALLBACK, never, later),
        ((won, nothing), "stacked", never, later),
        ((nothing, won), "stacked", later, never),
    ):
        told = iter(given)
        monkeypatch.setattr(Bench, "tally", lambda *_args, told=told: next(told))
        found = default_figures(a_bench())
        assert found["indirect"] == chosen
        assert named in str(found["reason"])
        assert unnamed not in str(found["reason"])
        assert ("degree" in found["not_beaten"]) == (chosen == FALLBACK)  # type: ignore[operator]
        assert [name in found for name in ("zero_shot", "time")] == [bool(t.queries) for t in given]


@pytest.mark.parametrize(
    ("lifts", "lost"),
    [
        ({SERVED: 0.4, COMBINED: 0.8, DIRECT_AND_WALKS: 0.4}, []),
        ({SERVED: 0.4, COMBINED: 0.4, DIRECT_AND_WALKS: 0.8}, [DIRECT_AND_WALKS]),
        ({SERVED: 0.4, COMBINED: 0.8, "pagerank_near": 0.6}, ["pagerank_near"]),
        ({SERVED: 0.4, COMBINED: 0.8, "boosting": 0.9}, ["boosting"]),
        ({SERVED: 0.6, COMBINED: 0.6, "boosting": 0.6}, []),
    ],
)
def test_like_is_compared_with_like(
    lifts: dict[str, float], lost: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reads direct evidence with what is served beside it; a trained method must be worse."""
    never = made_up(SERVED, (*ALL_METHODS, *ABLATIONS))
    told = iter((never, lifted(lifts, (*ALL_METHODS, COMBINED, *ABLATIONS))))
    monkeypatch.setattr(Bench, "tally", lambda *_args: next(told))
    found = default_figures(a_bench())
    assert found["time"]["not_beaten"] == lost  # type: ignore[index]
    assert found["indirect"] == (FALLBACK if lost else SERVED)


def test_choices_are_made_on_what_was_found_by_the_cut(evaluated: Evaluated) -> None:
    draw = earlier_draw(evaluated.bench)
    period = evaluated.bench.period.before
    assert period.end == evaluated.bench.period.cut
    claims = draw.material.claims
    assert claims.day.max() <= np.datetime64(period.cut)
    every = evaluated.material.claims
    for query in draw.queries:
        for gene in query.positives.tolist():
            days = every.day[(every.gene == gene) & (every.disease == query.disease)]
            assert np.datetime64(period.start) <= days.min() <= np.datetime64(period.end)


def test_walks_serve_where_the_network_lost(home: Home, model: ModelInfo, scorer: Scorer) -> None:
    directory = checkpoint.find(home, home.open(), model.id)
    kept = dict(model.metrics)
    checkpoint.write_metrics(directory, kept | {"default": {"not_beaten": ["degree"]}})
    try:
        fallen = Scorer.open(home, home.open(), model.id)
    finally:
        checkpoint.write_metrics(directory, kept)
    number = fallen.disease_number("familial hypercholesterolemia")
    parts, causal = fallen.scores(number).parts, fallen.fitted.causal
    walks = causal.walks(number)
    assert np.array_equal(parts.indirect, walks_alone(walks))
    assert not np.array_equal(parts.indirect, scorer.scores(number).parts.indirect)
    assert np.array_equal(parts.direct, scorer.scores(number).parts.direct)
    gene = int(np.flatnonzero((parts.direct == 0) & (parts.indirect > 0.5))[0])
    told = fallen.explain(fallen.genes.ids[gene], fallen.diseases.ids[number])
    assert any("lost to a simple baseline" in note for note in told.notes)
    curves = scorer.fitted.simple
    assert fallen.fitted.curves.together == curves.together != Line()
    expected = curves(parts)
    assert np.array_equal(fallen.scores(number).causality.probability, expected)
    assert not {"ridge", "towers", "boosting"} & set(told.by_channel)
