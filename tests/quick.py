"""Learners that barely learn, for tests that ask how a model is made and kept, not how good it is."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import pytest

from gnn import boosting, calibration_sets, towers

MOST = 12
"""Steps and trees of a learner."""
_sample, _train = calibration_sets._sample, lgb.train


def barely_learning(patch: pytest.MonkeyPatch, judged: int = 40) -> None:
    """Few steps and trees, few diseases to learn from, and as few to calibrate on as are asked."""

    def train(settings: Any, data: lgb.Dataset, trees: int, **others: Any) -> lgb.Booster:
        return _train(settings, data, min(trees, MOST), **others)

    patch.setattr(lgb, "train", train)
    patch.setattr(towers, "STEPS", MOST)
    patch.setattr(boosting, "DISEASES", 60)
    patch.setattr(calibration_sets, "_sample", lambda d, seed, most=0: _sample(d, seed, judged))
