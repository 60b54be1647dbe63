"""Names and identifiers to nodes: exact, prefix and fuzzy, with ambiguity reported.

One SQLite file per release holds every identifier, name and synonym in folded form; near
spellings come from a trigram index over the names (`kg.trigrams`), ranked by RapidFuzz.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
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
_RANK = {"id": 0, "xref": 1, "name": 2, "description": 3, "previous": 4, "synonym": 5}
_SCHEMA = """
CREATE TABLE label (node TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;
CREATE TABLE term (
  number INTEGER PRIMARY KEY, node TEXT, category TEXT, term TEXT, folded TEXT, kind TEXT);
"""
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
    return term[4] not in ("id", "xref") and len(term[3]) > 1 and Category(term[1]) in _NAMED


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
            if row["kind"] != "id":
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
    return node, category, alias, alias.casefold(), "xref"


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

    def match(self, terms: Sequence[str], categories: Collection[Category]) -> list[Match]:
        """Resolve each term, in order; see `kg.store.GraphStore.match`."""
        return [self._match(term, tuple(categories)) for term in terms]

    def search(self, text: str, categories: Collection[Category], limit: int) -> list[Candidate]:
        """Exact hits first, then prefixes and near spellings, best first, a node once."""
        found = self._exact(text, tuple(categories))
        best = {c.id: c for c in (self._candidate(row, 1.0 - _RANK[row[3]] / 100) for row in found)}
        for candidate in self._fuzzy(text, tuple(categories)):
            known = best.get(candidate.id)
            if known is None or known.score < candidate.score:
                best[candidate.id] = candidate
        return sorted(best.values(), key=lambda c: (-c.score, len(c.name), c.id))[:limit]

    def _match(self, term: str, categories: tuple[Category, ...]) -> Match:
        rows = self._exact(term, categories)
        if not rows:
            near = tuple(self.search(term, categories, limit=8))
            return Match(term, MatchStatus.NONE, candidates=near)
        rows = _prefer_case(term, rows)
        kind = min((row[3] for row in rows), key=_RANK.__getitem__)
        best = {row[0]: row for row in rows if row[3] == kind}
        if len(best) == 1:
            return Match(term, MatchStatus.DIRECT, next(iter(best)), kind)
        candidates = tuple(self._candidate(row, 1.0) for row in sorted(best.values()))
        return Match(term, MatchStatus.AMBIGUOUS, matched_by=kind, candidates=candidates)

    def _exact(
        self, text: str, categories: tuple[Category, ...]
    ) -> list[tuple[str, str, str, str]]:
        """Rows (node, category, term, kind) whose identifier or name is the text."""
        keys = list(dict.fromkeys((fold_identifier(text), fold(text))))
        sql = f"SELECT node, category, term, kind FROM term WHERE folded IN ({_marks(keys)})"
        sql, values = _within(sql, categories)
        return self._connection.execute(sql, [*keys, *values]).fetchall()

    def _fuzzy(self, text: str, categories: tuple[Category, ...]) -> Iterator[Candidate]:
        folded = fold(text)
        allowed = None
        if categories:
            allowed = np.isin(self._category, [_CATEGORIES.index(c) for c in categories])
        numbers = (self._trigrams.nearest(folded, allowed, _POOL) + 1).tolist()
        columns = "node, category, term, kind, folded"
        sql = f"SELECT {columns} FROM term WHERE number IN ({_marks(numbers)})"
        for *row, found in self._connection.execute(sql, numbers):
            ratio = _likeness(folded, found)
            if ratio >= _MIN_RATIO:
                yield self._candidate(tuple(row), 0.94 * ratio)

    def _candidate(self, row: tuple[str, ...], score: float) -> Candidate:
        sql = "SELECT name FROM label WHERE node = ?"
        (name,) = self._connection.execute(sql, (row[0],)).fetchone()
        return Candidate(id=row[0], name=name, matched=row[2], score=round(score, 4))


def _likeness(wanted: str, found: str) -> float:
    """0 to 1: edit similarity, with credit where one text begins with, or contains, the other."""
    ratio = fuzz.ratio(wanted, found) / 100
    if found.startswith(wanted):
        ratio = max(ratio, 0.9 + 0.1 * len(wanted) / len(found))
    return max(ratio, 0.97 * fuzz.token_sort_ratio(wanted, found) / 100)


def _prefer_case(
    term: str, rows: list[tuple[str, str, str, str]]
) -> list[tuple[str, str, str, str]]:
    """Where one of the names is spelled exactly so, the others don't compete."""
    same = [row for row in rows if row[2] == term.strip() and row[3] in ("id", "name")]
    return same or rows


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _within(sql: str, categories: tuple[Category, ...]) -> tuple[str, list[str]]:
    if not categories:
        return sql, []
    return f"{sql} AND category IN ({_marks(categories)})", [c.value for c in categories]
