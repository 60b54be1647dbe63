"""The strongest attacks on a model that were measured, read from metrics.json."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gnn.figures import at, said
from gnn.measures import Measure, command_of

Values = Mapping[str, Any]
SECTIONS = ("robustness", "retraining")
DEFENDED = "_trusted"
"""End of the names of attacks on another model, one that counts by sources."""
_LIFTED = re.compile(r"lifted_by_(\d+)")


@dataclass(frozen=True, slots=True)
class Success:
    """What an attack reached at a price.

    Attributes:
        path: Of the figure in metrics.json.
        attack: Its name there.
        records: Forged for each pair.
        lifted: Share of pairs in the first ten, with its interval.
    """

    path: str
    attack: str
    records: int
    lifted: list[float]

    @property
    def share(self) -> float:
        """Of pairs, 0 to 1."""
        return self.lifted[0]


def strongest(figures: Values) -> list[Measure]:
    """Two lines: the most that the fewest records reach, and the most that any reach.

    Where no attack lifted a pair the first line says how many records were tried, with the widest
    interval; where none was measured, that.
    """
    found = list(successes(figures))
    cheapest = "strongest attack by the fewest records that lift a pair into the top 10"
    if not found:
        path = "robustness/poisoning"
        return [
            Measure(cheapest, said(None), f"{command_of(figures, SECTIONS[0])} --json : {path}")
        ]
    lifting = [s for s in found if s.share > 0]
    if not lifting:
        most = max(found, key=lambda s: (s.records, s.lifted[2]))
        return [
            _measure(figures, f"pairs in the top 10: no attack lifts any, e.g. {_said(most)}", most)
        ]
    few = min(lifting, key=lambda s: (s.records, -s.share))
    most = max(lifting, key=lambda s: (s.share, -s.records))
    return [
        _measure(figures, f"{cheapest}, share of pairs: {_said(few)}", few),
        _measure(figures, f"attack that lifts the largest share of pairs: {_said(most)}", most),
    ]


def successes(figures: Values) -> Iterator[Success]:
    """Every attack on this model and price that was measured; an older report has no intervals."""
    for section in SECTIONS:
        for attack, row in (at(figures, f"{section}/poisoning") or {}).items():
            if not isinstance(row, Mapping) or attack.endswith(DEFENDED):
                continue
            for key, value in row.items():
                price = _LIFTED.fullmatch(key)
                if price and value is not None:
                    lifted = value if isinstance(value, list) else [value] * 3
                    path = f"{section}/poisoning/{attack}/{key}"
                    yield Success(path, attack, int(price[1]), lifted)


def _said(success: Success) -> str:
    again = ", trained again" if success.path.startswith(SECTIONS[1]) else ""
    noun = "record" if success.records == 1 else "records"
    return f"{success.attack.replace('_', ' ')}, {success.records} {noun}{again}"


def _measure(figures: Values, what: str, success: Success) -> Measure:
    command = command_of(figures, success.path.partition("/")[0])
    return Measure(what, said(success.lifted), f"{command} --json : {success.path}")
