"""Audits of a model: sections of `target-kg evaluate` like the others."""

from __future__ import annotations

from collections.abc import Callable

from gnn.bias import bias_figures
from gnn.faithfulness import explanation_figures
from gnn.fitted import Fitted
from gnn.material import Material
from gnn.retraining import retraining_figures
from gnn.robustness import robustness_figures

Figures = dict[str, object]

AUDITS: tuple[tuple[str, Callable[[Material, Fitted], Figures]], ...] = (
    ("explanation", lambda _, fitted: explanation_figures(fitted)),
    ("bias", lambda material, fitted: bias_figures(material, fitted)),
    ("robustness", lambda material, fitted: robustness_figures(material, fitted)),
    ("retraining", lambda material, fitted: retraining_figures(material, fitted)),
)
"""Keys of metrics.json and what fills them."""
