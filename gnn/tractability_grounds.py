"""What tractability is told by, in the words that an explanation uses. No learning library."""

from __future__ import annotations

from collections.abc import Mapping

FACT_PREFIXES: Mapping[str, str] = {
    "surface.": "surface",
    "protein.": "protein",
    "constraint.": "constraint",
    "selection.": "constraint",
    "expression.": "expression",
    "essentiality.depmap": "essentiality",
    "alphafold_pocket.": "predicted pockets",
}
"""Numeric facts that may tell tractability, measured or computed on all genes alike, and the ground
that each is of."""
CLASS, FUNCTION, PLACE = "protein class", "molecular function", "place in the cell"
BY_RELATION, NEIGHBOURHOOD, FAMILY = "relations", "neighbourhood", "family record"
GROUNDS = (
    *dict.fromkeys(FACT_PREFIXES.values()),
    *(CLASS, FUNCTION, PLACE),
    *(BY_RELATION, NEIGHBOURHOOD, FAMILY),
)
"""What columns are told apart by where a score is explained."""
