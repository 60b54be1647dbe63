"""What a split learns from: a disease that is asked for is scored by models that did not see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from gnn import boosting, held_out, towers
from gnn.boosting import Examples, Mask
from gnn.evaluate import Evaluated
from gnn.held_out import Held, family_draw, random_draw, without_pairs, zero_shot_draw
from gnn.learned import FOLDS, Folds, Learned
from gnn.split import SAME_GROUP
from gnn.time_split import Period, time_draw


@pytest.fixture(scope="module")
def held(evaluated: Evaluated) -> Iterator[Held]:
    """The time split, and learners that barely learn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_out, "QUERIES", 4)
        patch.setattr(towers, "STEPS", 2)
        patch.setattr(towers, "NEGATIVES", 64)
        patch.setattr(boosting, "DISEASES", 60)
        patch.setattr(boosting, "TREES", 4)
        draw = time_draw(evaluated.material, Period(), 0)
        yield replace(draw, queries=draw.queries[:12])


def known(held: Held) -> int:
    """A disease that is asked for and has visible genes."""
    asked = [q.disease for q in held.queries]
    return next(d for d in asked if (held.visible.disease == d).sum() > 1)


def test_a_visible_disease_is_in_the_fold_of_models_that_do_not_see_it(held: Held) -> None:
    folds = Folds.over(held, 0)
    assert len(folds.seen) == FOLDS
    for query in held.queries:
        seen = folds.seen[folds.of[query.disease]]
        assert query.disease not in seen
        if query.disease in held.visible.evidence_diseases:
            assert (held.visible.ontology.lin(query.disease)[seen] < SAME_GROUP).all()
    assert set(np.concatenate(folds.seen)) == set(held.visible.evidence_diseases)


def test_diseases_hidden_whole_need_no_folds(evaluated: Evaluated, held: Held) -> None:
    blind = zero_shot_draw(evaluated.material, 0)
    folds = Folds.over(blind, 0)
    assert len(folds.seen) == 1
    assert not folds.hidden[0].any()
    assert len(Folds.over(random_draw(evaluated.material, 0), 0).seen) == FOLDS


def test_evidence_of_the_disease_that_is_asked_for_teaches_nothing_about_it(
    evaluated: Evaluated, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ridge and towers say the same of a disease whose own genes were never there."""
    disease, data = known(held), held.material.tower_data()
    folds = Folds.over(held, 0)
    gone = without_pairs(held.visible, held.visible.disease == disease)
    monkeypatch.setattr(Folds, "over", lambda *_: folds)
    first, second = (Learned.of(replace(held, visible=v), data, 0) for v in (held.visible, gone))
    assert np.array_equal(first.ridge(disease), second.ridge(disease))
    assert np.array_equal(first.network(disease), second.network(disease))
    # It does teach about the diseases of other folds.
    other = next(d for d in range(len(folds.of)) if folds.of[d] != folds.of[disease])
    assert not np.array_equal(first.ridge(other), second.ridge(other))


def test_boosting_learns_from_no_row_of_its_fold_nor_of_genes_set_apart(
    evaluated: Evaluated, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[tuple[Examples, Mask]] = []

    def watched(examples: Examples, mine: Mask, seed: int) -> object:
        rows.append((examples, mine))
        return train(examples, mine, seed)

    train = boosting.train
    monkeypatch.setattr(boosting, "train", watched)
    draws = (family_draw(evaluated.material, evaluated.bench.families, s) for s in range(5))
    draw = next(d for d in draws if len(Folds.over(d, 0).seen) == FOLDS)
    Learned.of(draw, evaluated.bench.towers, 0, seeds=2)
    folds = Folds.over(draw, 0)
    assert not draw.learnable.all()
    assert len(rows) == 2 * 2 * FOLDS
    for number, (examples, mine) in enumerate(rows):
        assert np.isin(examples.disease[mine], folds.seen[number // 4]).all()
        assert examples.unknown[mine].all() == (number % 4 < 2)
        assert draw.learnable[examples.gene[mine]].all()
        assert examples.positive[mine].any()
