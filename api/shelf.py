"""Releases and models, opened once and shared by all requests of a process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from api.errors import Code, Refusal, shown
from api.roles import Role
from kg.chemical_search import ChemicalSearch
from kg.curated_loci import CuratedLoci
from kg.details import Details
from kg.embedded_store import EmbeddedStore
from kg.errors import ModelNotFound, ReleaseNotFound
from kg.model import Edge
from kg.release import Home, Release
from kg.store import EdgeFilter, GraphStore

if TYPE_CHECKING:
    from gnn.score import Scorer

_OPEN_RELEASES = 4
_KEPT_EDGES = 200_000


class EdgeCache:
    """The edges of nodes asked for lately; a release never changes, so neither do they."""

    def __init__(self, store: GraphStore, capacity: int = _KEPT_EDGES) -> None:
        self._store = store
        self._capacity = capacity
        self._kept: OrderedDict[tuple[str, Role, EdgeFilter], tuple[Edge, ...]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def edges_of(self, ids: Sequence[str], role: Role, where: EdgeFilter) -> list[tuple[Edge, ...]]:
        """For each node its edges in a role, best score first; one store call for the unknown."""
        with self._lock:
            known = {i: self._kept[i, role, where] for i in ids if (i, role, where) in self._kept}
            for i in known:
                self._kept.move_to_end((i, role, where))
        missing = [i for i in dict.fromkeys(ids) if i not in known]
        if missing:
            found = self._store.edges_of(missing, role.direction, where)
            new = {i: tuple(edges) for i, edges in zip(missing, found, strict=True)}
            self._keep(new, role, where)
            known |= new
        return [known[i] for i in ids]

    def _keep(self, new: dict[str, tuple[Edge, ...]], role: Role, where: EdgeFilter) -> None:
        with self._lock:
            for i, edges in new.items():
                if (i, role, where) not in self._kept:
                    self._kept[i, role, where] = edges
                    self._size += len(edges) + 1
            while self._size > self._capacity:
                _, dropped = self._kept.popitem(last=False)
                self._size -= len(dropped) + 1


@dataclass(frozen=True)
class OpenRelease:
    """A release as requests use it."""

    release: Release
    store: GraphStore

    @cached_property
    def details(self) -> Details:
        """Residues and chemistry."""
        return Details(self.release)

    @cached_property
    def chemicals(self) -> ChemicalSearch:
        """Its compounds by likeness and by substructure."""
        return ChemicalSearch(self.release)

    @cached_property
    def edges(self) -> EdgeCache:
        """Edges, remembered."""
        return EdgeCache(self.store)

    @cached_property
    def loci(self) -> CuratedLoci:
        """Verdicts on the genes of loci."""
        return CuratedLoci.of(self.release)

    @cached_property
    def titles(self) -> dict[str, dict[str, Any]]:
        """The manifest's entry of each source, by id."""
        return {entry["id"]: entry for entry in self.release.manifest["sources"]}


@dataclass
class Shelf:
    """The releases and models of one home; safe to share between threads.

    Attributes:
        open_store: From a release to the store that answers for it.
    """

    home: Home
    open_store: Callable[[Release], GraphStore] = EmbeddedStore
    _releases: OrderedDict[str, OpenRelease] = field(default_factory=OrderedDict)
    _scorers: dict[tuple[str, str | None, str | None], Scorer] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def ids(self) -> list[str]:
        """Ids of all releases, newest first."""
        return self.home.release_ids()

    def current(self) -> str:
        """The id of the release that answers where none is named.

        Raises:
            Refusal: RELEASE_GONE, there is none yet.
        """
        try:
            return self.home.current()
        except ReleaseNotFound:
            message = "no release was built yet; build one with: target-kg build"
            raise Refusal(Code.RELEASE_GONE, message) from None

    def open(self, release_id: str | None = None) -> OpenRelease:
        """A release by id, or the current one.

        Raises:
            Refusal: RELEASE_GONE, it is not there (any more).
        """
        wanted = release_id or self.current()
        self.require(wanted)
        with self._lock:
            if wanted not in self._releases:
                release = Release(self.home.releases / wanted)
                self._releases[wanted] = OpenRelease(release, self.open_store(release))
            self._releases.move_to_end(wanted)
            while len(self._releases) > _OPEN_RELEASES:
                self._releases.popitem(last=False)
            return self._releases[wanted]

    def has(self, release_id: str) -> bool:
        """Whether a release with exactly this id is published here."""
        if not release_id.isalnum():
            return False
        return (self.home.releases / release_id / "manifest.json").is_file()

    def require(self, release_id: str) -> None:
        """Refuse with RELEASE_GONE where there is no such release."""
        if not self.has(release_id):
            message = f"release {shown(release_id)} is not here (any more); "
            raise Refusal(Code.RELEASE_GONE, f"{message}the query `releases` lists those that are")

    def scorer(self, opened: OpenRelease, model: str | None, variant: str | None) -> Scorer:
        """The scores of a model over a release, the newest model where none is named.

        Raises:
            ModelNotFound: there is none.
        """
        from gnn.score import Scorer

        key = (opened.release.id, model, variant)
        with self._lock:
            if key not in self._scorers:
                self._scorers[key] = Scorer.open(self.home, opened.release, model, variant)
            return self._scorers[key]

    def scorer_or_none(
        self, opened: OpenRelease, model: str | None, variant: str | None
    ) -> Scorer | None:
        """The same, and None where no model was trained."""
        try:
            return self.scorer(opened, model, variant)
        except ModelNotFound:
            return None

    def warm(self, ids: Iterable[str | None] = (None,)) -> None:
        """Open releases before the first request asks for them."""
        for release_id in ids:
            self.open(release_id)
