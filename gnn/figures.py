"""Reading metrics.json: a figure by its path, and how it is written in a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_MEASURED = "not measured"


def at(figures: Mapping[str, Any], path: str) -> Any:
    """The value at a path of keys joined by `/`; None where there is none."""
    value: Any = figures
    for key in path.split("/"):
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value


def said(value: Any) -> str:
    """A figure in words: `mean [lower, upper]` for three numbers.

    >>> said([0.2371, 0.2031, 0.273]), said(0.01234), said(None), said(1200)
    ('0.237 [0.203, 0.273]', '0.0123', 'not measured', '1,200')
    """
    if value is None:
        return NOT_MEASURED
    if isinstance(value, list | tuple) and len(value) == 3:
        mean, lower, upper = value
        return f"{mean:.3f} [{lower:.3f}, {upper:.3f}]"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
