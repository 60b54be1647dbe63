"""Join rates: how the identifiers of a source led to nodes of the graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

WAYS: Mapping[str, str] = {
    "id": "direct",
    "name": "direct",
    "previous": "former",
    "synonym": "former",
    "xref": "cross_reference",
    "mapping": "cross_reference",
    "replaced": "replaced",
    "retired": "replaced",
    "ambiguous": "ambiguous",
    "unknown": "unknown",
}
"""Kind of alias, or what stood in the way -> the count it goes to."""


@dataclass(frozen=True, slots=True)
class Joins:
    """Distinct identifiers of a source's evidence, facts and labels, by how they were resolved.

    Attributes:
        direct: The node's own identifier, or its approved symbol or name.
        former: A previous or alias symbol that is one node's alone.
        cross_reference: An identifier of another vocabulary.
        replaced: An obsolete, merged or retired identifier, followed to what replaced it.
        ambiguous: Several nodes answer to it; its rows are set aside.
        unknown: No node answers to it; its rows are set aside.
    """

    direct: int = 0
    former: int = 0
    cross_reference: int = 0
    replaced: int = 0
    ambiguous: int = 0
    unknown: int = 0

    @property
    def seen(self) -> int:
        """All of them."""
        return sum(getattr(self, f.name) for f in fields(self))

    @property
    def rate(self) -> float | None:
        """Share that led to one node, 0 to 1; None where there is no identifier."""
        return 1 - (self.ambiguous + self.unknown) / self.seen if self.seen else None

    def as_json(self) -> dict[str, Any]:
        """For the manifest: every count, all seen, and the rate."""
        counts = {f.name: getattr(self, f.name) for f in fields(self)}
        rate = None if self.rate is None else round(self.rate, 4)
        return {"seen": self.seen, **counts, "rate": rate}


NO_JOINS = Joins()


def read_joins(rows: Iterable[Mapping[str, Any]]) -> dict[str, Joins]:
    """From rows of source, how and ids, as the merge gives them, to the joins of each source."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        way = WAYS.get(row["how"], "cross_reference")
        of_source = counts.setdefault(row["source"], {})
        of_source[way] = of_source.get(way, 0) + row["ids"]
    return {source: Joins(**found) for source, found in counts.items()}
