"""What a drug's action does to its target: raises it, lowers it, or can't be told from the word.

The words are those of ChEMBL, DrugCentral and the Guide to Pharmacology.
"""

from __future__ import annotations

from collections.abc import Mapping

_RAISES = (
    "ACTIVATOR",
    "AGONIST",
    "OPENER",
    "PARTIAL AGONIST",
    "POSITIVE ALLOSTERIC MODULATOR",
    "POSITIVE MODULATOR",
    "STABILISER",
)
_LOWERS = (
    "ALLOSTERIC ANTAGONIST",
    "ANTAGONIST",
    "ANTISENSE INHIBITOR",
    "BLOCKER",
    "DEGRADER",
    "DISRUPTING AGENT",
    "GATING INHIBITOR",
    "GENE EDITING NEGATIVE MODULATOR",
    "INHIBITOR",
    "INVERSE AGONIST",
    "NEGATIVE ALLOSTERIC MODULATOR",
    "NEGATIVE MODULATOR",
    "RNAI INHIBITOR",
)

SIGN: Mapping[str, int] = {**dict.fromkeys(_RAISES, 1), **dict.fromkeys(_LOWERS, -1)}
"""+1 more activity of the target, -1 less; words that are not here say neither."""
