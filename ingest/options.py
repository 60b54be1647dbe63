"""What goes into a release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from ingest.sources import SOURCES
from kg.biolink import EvidenceClass, Redistributable
from kg.errors import BadArgument


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What goes into a release; all of it is part of the release id.

    Attributes:
        as_of: Leave out dated evidence, facts and labels first public after this day.
        exclude_classes: Leave out evidence and facts of these classes; labels stay.
        hypothesis_free: Keep systematic measurements alone, beside hierarchies and identities.
        redistributable: Read only files, and keep only rows, whose licence lets them be passed on.
        only, skip: Source ids to read, or to leave out.
    """

    as_of: date | None = None
    exclude_classes: frozenset[EvidenceClass] = frozenset()
    hypothesis_free: bool = False
    redistributable: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = {s.id for s in SOURCES}
        for name in (*self.only, *self.skip):
            if name not in known:
                raise BadArgument(f"no source {name!r}; known are {', '.join(sorted(known))}")

    @property
    def parameters(self) -> dict[str, Any]:
        """As the manifest and the release id hold them."""
        return {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "exclude_classes": sorted(self.exclude_classes),
            "hypothesis_free": self.hypothesis_free,
            "licence": "redistributable" if self.redistributable else "any",
            "only": sorted(set(self.only)),
            "skip": sorted(set(self.skip)),
        }

    @property
    def filtered(self) -> bool:
        """Whether rows of the sources that are read are left out."""
        chosen = (self.as_of, self.exclude_classes, self.hypothesis_free, self.redistributable)
        return any(bool(c) for c in chosen)

    @property
    def licences(self) -> list[Redistributable]:
        """The kinds of licence whose rows are kept."""
        open_ones = [Redistributable.YES, Redistributable.SHARE_ALIKE]
        return open_ones if self.redistributable else list(Redistributable)


EVERYTHING = BuildOptions()
"""Every source, every row."""
