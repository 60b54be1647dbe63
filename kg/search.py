"""Names and identifiers to nodes: exact, prefix and fuzzy, with ambiguity reported.

One SQLite file per release holds every identifier, name and synonym in folded form; near
spellings come from a trigram index over the names (`kg.trigrams`), ranked by RapidFuzz.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rapidfuzz import fuzz

from kg.biolink import Category
from kg.curie import Curie
from kg.errors import Candidate, InvalidCurie
from kg.store import Match, MatchStatus
from kg.trigrams import Trigrams, build_trigrams

_NAMED = frozenset(
    set(Category) - {Category.VARIANT, Category.STRUCTURE, Category.POCKET, Category.PROTEIN}
)
"""Categories whose names are worth a fuzzy search; the others are asked for by identifier."""

_CATEGORIES = tuple(c.value for c in Category)
Term = tuple[str, str, str, str, str]
"""(node, category, term, folded, kind)"""
_RANK = {
    "id": 0,
    "xref": 1,
    "replaced": 1,
    "retired": 1,
    "name": 2,
    "description": 3,
    "previous": 4,
    "synonym": 4,
}
"""Trust in a kind of term; kinds of one rank compete, so that a former symbol of one gene that is
an alias of another stays ambiguous."""
_IDENTIFIERS = ("id", "xref", "replaced", "retired")
_SCHEMA = """
CREATE TABLE label (node TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;
CREATE TABLE term (
  number INTEGER PRIMARY KEY, node TEXT, category TEXT, term TEXT, folded TEXT, kind TEXT);
"""
_FOUND = "SELECT node, name, term, folded, kind FROM term JOIN label USING (node)"
_POOL = 200
_MIN_RATIO = 0.62


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Case, accents, punctuation and repeated spaces removed.

    >>> fold("Crohn's  Disease")
    'crohns disease'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", " ", plain.replace("'", "")).strip()


def fold_identifier(text: str) -> str:
    """An identifier in the form it is looked up by: `MONDO_0005148` -> `mondo:0005148`."""
    try:
        return str(Curie.parse(text)).casefold()
    except InvalidCurie:
        return text.strip().casefold()


def build_name_index(nodes: Path, aliases: Path, directory: Path) -> int:
    """Write the index of a release from its node and alias tables; returns the number of terms.

    Names come first, numbered as the trigram index counts them; identifiers follow.
    """
    connection = sqlite3.connect(directory / "names.sqlite")
    with connection:
        connection.executescript(_SCHEMA)
        connection.executemany("INSERT INTO label VALUES (?, ?)", _labels(nodes))
        insert = "INSERT INTO term (node, category, term, folded, kind) VALUES (?, ?, ?, ?, ?)"
        for fuzzy in (True, False):
            wanted = (t for t in _terms(nodes, aliases) if _is_fuzzy(t) is fuzzy)
            connection.executemany(insert, wanted)
            if fuzzy:
                _write_trigrams(connection, directory)
        connection.execute("CREATE INDEX by_folded ON term (folded, category)")
    (count,) = connection.execute("SELECT count(*) FROM term").fetchone()
    connection.close()
    return int(count)


def _is_fuzzy(term: Term) -> bool:
    return term[4] not in _IDENTIFIERS and len(term[3]) > 1 and Category(term[1]) in _NAMED


def _write_trigrams(connection: sqlite3.Connection, directory: Path) -> None:
    rows = connection.execute("SELECT folded, category FROM term ORDER BY number").fetchall()
    build_trigrams([folded for folded, _ in rows], directory)
    codes = np.array([_CATEGORIES.index(category) for _, category in rows], np.uint8)
    np.save(directory / "trigram_category.npy", codes)


def _labels(nodes: Path) -> Iterator[tuple[str, str]]:
    for batch in pq.ParquetFile(nodes).iter_batches(columns=["id", "name"]):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _terms(nodes: Path, aliases: Path) -> Iterator[Term]:
    columns = ["id", "category", "name", "description", "synonyms"]
    for batch in pq.ParquetFile(nodes).iter_batches(columns=columns):
        yield from _node_terms(batch)
    for batch in pq.ParquetFile(aliases).iter_batches(columns=["id", "category", "alias", "kind"]):
        for row in batch.to_pylist():
            yield _alias_term(row["id"], row["category"], row["alias"], row["kind"])


def _node_terms(batch: pa.RecordBatch) -> Iterator[Term]:
    for row in batch.to_pylist():
        node, category = row["id"], row["category"]
        yield node, category, node, node.casefold(), "id"
        if Category(category) not in _NAMED:
            continue
        yield node, category, row["name"], fold(row["name"]), "name"
        if category == Category.GENE and row["description"]:
            yield (
                node,
                category,
                row["description"],
                fold(row["description"]),
                "description",
            )
        for synonym in row["synonyms"] or ():
            yield node, category, synonym, fold(synonym), "synonym"


def _alias_term(node: str, category: str, alias: str, kind: str) -> Term:
    if alias.startswith(("SYMBOL:", "NAME:")):
        text = alias.split(":", 1)[1]
        return node, category, text, fold(text), kind if kind in _RANK else "synonym"
    return node, category, alias, alias.casefold(), kind if kind in _IDENTIFIERS else "xref"


class NameIndex:
    """Look-ups over one release's name index; safe to share between threads."""

    def __init__(self, directory: Path) -> None:
        self._connection = sqlite3.connect(
            f"file:{directory / 'names.sqlite'}?mode=ro&immutable=1",
            uri=True,
            check_same_thread=False,
        )
        self._trigrams = Trigrams(directory)
        self._category = np.load(directory / "trigram_category.npy", mmap_mode="r")

    def match(
        self, terms: Sequence[str], categories: Collection[Category], near: int
    ) -> list[Match]:
        """Resolve each term, in order; see `kg.store.GraphStore.match`."""
        return [self._match(term, tuple(categories), near) for term in terms]

    def search(self, text: str, categories: Collection[Category], limit: int) -> list[Candidate]:
        """Exact hits first, then prefixes and near spellings, best first, a node once."""
        within = tuple(categories)
        return rank(text, self._exact(text, within), self._near(text, within), limit)

    def _match(self, term: str, categories: tuple[Category, ...], near: int) -> Match:
        found = decide(term, self._exact(term, categories))
        if found is not None:
            return found
        offered = tuple(self.search(term, categories, near)) if near else ()
        return Match(term, MatchStatus.NONE, candidates=offered)

    def _exact(self, text: str, categories: tuple[Category, ...]) -> list[Found]:
        """Terms that are the text, as an identifier or as a name."""
        keys = lookup_keys(text)
        sql, values = _within(f"{_FOUND} WHERE folded IN ({_marks(keys)})", categories)
        return [Found(*row) for row in self._connection.execute(sql, [*keys, *values])]

    def _near(self, text: str, categories: tuple[Category, ...]) -> list[Found]:
        """Terms that share trigrams with the text."""
        allowed = None
        if categories:
            allowed = np.isin(self._category, [_CATEGORIES.index(c) for c in categories])
        numbers = (self._trigrams.nearest(fold(text), allowed, _POOL) + 1).tolist()
        sql = f"{_FOUND} WHERE number IN ({_marks(numbers)})"
        return [Found(*row) for row in self._connection.execute(sql, numbers)]


@dataclass(frozen=True, slots=True)
class Found:
    """A term that answers to a text.

    Attributes:
        node, name: Whose term it is, and what that node is called.
        term, folded: The term as written, and as it is looked up.
        kind: `id`, `xref`, `replaced` or `retired` (an identifier that another took the place
            of), `name`, `description`, `previous` or `synonym`.
    """

    node: str
    name: str
    term: str
    folded: str
    kind: str

    def candidate(self, score: float) -> Candidate:
        """The node as an answer."""
        return Candidate(id=self.node, name=self.name, matched=self.term, score=round(score, 4))


def lookup_keys(text: str) -> list[str]:
    """The folded forms under which a text may be filed: as an identifier, as a name.

    >>> lookup_keys("ENSG00000130164")
    ['ensembl:ensg00000130164', 'ensg00000130164']
    """
    bare = Curie.of_bare(text)
    identifier = str(bare).casefold() if bare else fold_identifier(text)
    return list(dict.fromkeys((identifier, fold(text))))


def decide(term: str, found: Sequence[Found]) -> Match | None:
    """The one node, or the several, that a term stands for; None where nothing was found.

    The most trusted kind of term decides; where one node bears the very spelling, the others
    don't compete.
    """
    if not found:
        return None
    same = [f for f in found if f.term == term.strip() and f.kind in ("id", "name")]
    competing = same or found
    first = min(competing, key=lambda f: (_RANK[f.kind], f.kind))
    kind = first.kind
    best = {f.node: f for f in competing if _RANK[f.kind] == _RANK[kind]}
    if len(best) == 1:
        return Match(term, MatchStatus.DIRECT, next(iter(best)), kind)
    candidates = tuple(best[node].candidate(1.0) for node in sorted(best))
    return Match(term, MatchStatus.AMBIGUOUS, matched_by=kind, candidates=candidates)


def rank(text: str, exact: Iterable[Found], near: Iterable[Found], limit: int) -> list[Candidate]:
    """The nodes found, best first, each once: exact terms by kind, others by likeness."""
    folded = fold(text)
    offered = [f.candidate(1.0 - _RANK[f.kind] / 100) for f in exact]
    ratios = ((f, _likeness(folded, f.folded)) for f in near)
    offered += [f.candidate(0.94 * ratio) for f, ratio in ratios if ratio >= _MIN_RATIO]
    best: dict[str, Candidate] = {}
    for candidate in offered:
        if candidate.id not in best or best[candidate.id].score < candidate.score:
            best[candidate.id] = candidate
    return sorted(best.values(), key=lambda c: (-c.score, len(c.name), c.id))[:limit]


def _likeness(wanted: str, found: str) -> float:
    """0 to 1: edit similarity, with credit where one text begins with, or contains, the other."""
    ratio = fuzz.ratio(wanted, found) / 100
    if found.startswith(wanted):
        ratio = max(ratio, 0.9 + 0.1 * len(wanted) / len(found))
    return max(ratio, 0.97 * fuzz.token_sort_ratio(wanted, found) / 100)


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _within(sql: str, categories: tuple[Category, ...]) -> tuple[str, list[str]]:
    if not categories:
        return sql, []
    return f"{sql} AND category IN ({_marks(categories)})", [c.value for c in categories]
