"""A release as Neo4j sees it: rows for each label and each relationship type.

=====================  ==========================================================================
(:Gene), (:Disease) …  one label a node (`Category.label`); `id` is the CURIE, `name` is short
[:CAUSES] …            one relationship a (subject, predicate, object), named as Biolink names it
(:Evidence)            one a record, found by `edge`, the `id` of its relationship
(:Fact)                one a statement about a node, found by `node`
(:Name), (:Identifier) what nodes are called, found by `folded` or by full text
(:Release)             one: what was loaded, from which sources
=====================  ==========================================================================

Records hang on no hub: a double click on a well-studied disease would otherwise draw thousands.
`hash` on a relationship is 32 bits of its row, so that a loaded graph can be summed and compared.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from kg.biolink import Category, EdgeType, Predicate
from kg.curie import PREFIXES
from kg.release import Release
from kg.sql import quoted

_BATCH = 1 << 16
_VIEWS = Path(__file__).with_name("neo4j_assets") / "tables.sql"
LIST_SEPARATOR = "\x1f"

FACT_PROPERTIES = {
    "gene.locus_type": "locus_type",
    "location.band": "band",
    "location.chromosome": "chromosome",
    "location.start": "start",
    "location.end": "end",
    "location.strand": "strand",
    "constraint.loeuf": "loeuf",
    "constraint.pli": "pli",
    "constraint.missense_z": "missense_z",
}
"""Facts that also stand on the node itself, under a short name."""

COMPOUND_TEXTS = ("smiles", "inchikey")
COMPOUND_NUMBERS = ("molecular_weight", "logp", "qed")
RECORD_LABELS = ("Evidence", "Fact", "Name", "Identifier")
"""Labels whose nodes have no relationships."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The nodes of one label, or the relationships of one edge type.

    Attributes:
        label: The nodes' label, or the relationships' type.
        sql: Query for them; an edge's ends are its columns `subject` and `object`.
        order: Columns that put them in a total order.
        ends: Labels of subject and object; None for nodes.
    """

    label: str
    sql: str
    order: str
    ends: tuple[str, str] | None = None


class ReleaseTables:
    """A release's tables, opened for the queries that shape them.

    Args:
        spill: Directory for what does not fit in memory.
        memory_gb: Limit of the working memory.
    """

    def __init__(self, release: Release, spill: Path, memory_gb: float = 2.0) -> None:
        self.release = release
        settings = {"temp_directory": str(spill), "memory_limit": f"{memory_gb}GB"}
        self._connection = duckdb.connect(config=settings)
        for name in ("nodes", "edges", "evidence", "facts", "compounds"):
            path = quoted(release.table_path(name))
            self._connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({path})")
        self._connection.register("prefix_table", _prefixes())
        self._connection.register("term_stream", _terms(release.path / "arrays" / "names.sqlite"))
        for statement in _VIEWS.read_text(encoding="utf-8").split(";\n"):
            self._connection.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    @property
    def edge_types(self) -> list[EdgeType]:
        """The edge types that the release has, in its own order."""
        return [
            EdgeType(Category(s), Predicate(p), Category(o))
            for s, p, o in self.release.manifest["edge_types"]
        ]

    @property
    def category_counts(self) -> dict[Category, int]:
        """The categories that the release has nodes of, and how many."""
        counts = self.release.manifest["counts"]["nodes_by_category"]
        return {category: counts[category] for category in Category if counts.get(category)}

    def nodes(self) -> list[Rows]:
        """Every label: those of the graph first, then records, facts and names."""
        graph = [Rows(c.label, self._nodes_sql(c), "id") for c in self.category_counts]
        orders = ("id", "ALL", "folded, node, kind, term", "folded, node, kind, term")
        records = zip(RECORD_LABELS, orders, strict=True)
        return [*graph, *(Rows(n, f"SELECT * FROM {n.lower()}_node", o) for n, o in records)]

    def edges(self) -> list[Rows]:
        """Every edge type."""
        return [
            Rows(
                t.predicate.relationship,
                f"SELECT * EXCLUDE (subject_category, object_category) FROM edge WHERE "
                f"subject_category = '{t.subject}' AND predicate = '{t.predicate}' AND "
                f"object_category = '{t.object}'",
                "object, subject",
                (t.subject.label, t.object.label),
            )
            for t in self.edge_types
        ]

    def write_csv(self, sql: str, path: Path, special: Mapping[str, str]) -> int:
        """Write a query's rows as Neo4j's import tool reads them; returns how many.

        Args:
            special: column -> header field, where it is not `name:type`.
        """
        described = self._connection.execute(f"DESCRIBE {sql}").fetchall()
        fields = [
            f'{_csv_value(name, kind)} AS "{special.get(name, f"{name}:{_neo4j_type(kind)}")}"'
            for name, kind, *_ in described
        ]
        select = f"SELECT {', '.join(fields)} FROM ({sql})"
        return self.count(f"COPY ({select}) TO {quoted(path)} (HEADER, DELIMITER ',')")

    def batches(self, rows: Rows, size: int) -> Iterator[list[dict[str, Any]]]:
        """The rows in their order, `size` at a time."""
        cursor = self._connection.cursor()
        cursor.execute(f"{rows.sql} ORDER BY {rows.order}")
        every = (row for batch in cursor.to_arrow_reader(size) for row in batch.to_pylist())
        while batch := list(islice(every, size)):
            yield batch

    def count(self, sql: str) -> int:
        """The one number that a query gives."""
        row = self._connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def sums(self) -> dict[str, list[int]]:
        """Relationship type -> number, sum of `hash`, sum of `n_evidence`."""
        rows = self._connection.execute(
            "SELECT predicate, count(*), sum(hash)::BIGINT, sum(n_evidence)::BIGINT "
            "FROM edge GROUP BY predicate ORDER BY predicate"
        ).fetchall()
        return {Predicate(p).relationship: [int(v) for v in values] for p, *values in rows}

    def _nodes_sql(self, category: Category) -> str:
        """Nodes with the facts, and for compounds the properties, that stand on them."""
        facts = self._fact_columns(category)
        chosen = [f"f.{name}" for name in facts]
        joins = ""
        if facts:
            picked = ", ".join(f"{value} AS {name}" for name, value in facts.items())
            joins += (
                f" LEFT JOIN (SELECT subject, {picked} FROM facts GROUP BY subject) f"
                " ON f.subject = n.id"
            )
        if category == Category.COMPOUND:
            chosen += [f"c.{name}" for name in COMPOUND_TEXTS]
            chosen += [f"short(c.{name}) AS {name}" for name in COMPOUND_NUMBERS]
            joins += " LEFT JOIN compounds c ON c.id = n.id"
        columns = ", ".join(["n.* EXCLUDE (description)", *chosen, "n.description"])
        return f"SELECT {columns} FROM node n{joins} WHERE n.category = '{category}'"

    def _fact_columns(self, category: Category) -> dict[str, str]:
        """Property -> expression over the facts of one node; the first source's, where several."""
        present = self._connection.execute(
            "SELECT DISTINCT f.key::VARCHAR, f.text IS NULL FROM facts f "
            f"JOIN nodes n ON n.id = f.subject WHERE n.category = '{category}' ORDER BY ALL"
        ).fetchall()
        return {
            FACT_PROPERTIES[key]: f"arg_min({'number' if is_number else 'text'}, "
            f"(source, file, line)) FILTER (WHERE key = '{key}')"
            for key, is_number in present
            if key in FACT_PROPERTIES
        }


def _prefixes() -> pa.Table:
    names, uris = zip(*((p.prefix, p.uri_prefix) for p in PREFIXES), strict=True)
    return pa.table({"prefix": names, "uri": uris})


def _terms(index: Path) -> pa.RecordBatchReader:
    """The rows of a release's name index, streamed."""
    columns = ("node", "category", "term", "folded", "kind")
    schema = pa.schema([(name, pa.string()) for name in columns])

    def batches() -> Iterator[pa.RecordBatch]:
        address = f"file:{index}?mode=ro&immutable=1"
        # DuckDB pulls from whichever of its threads is free, one at a time.
        with closing(sqlite3.connect(address, uri=True, check_same_thread=False)) as connection:
            cursor = connection.execute(f"SELECT {', '.join(columns)} FROM term")
            while rows := cursor.fetchmany(_BATCH):
                arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
                yield pa.record_batch(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _neo4j_type(kind: str) -> str:
    """The import tool's name of a DuckDB type."""
    if kind.endswith("[]"):
        return f"{_neo4j_type(kind[:-2])}[]"
    return {
        "VARCHAR": "string",
        "BOOLEAN": "boolean",
        "DATE": "date",
        "DOUBLE": "double",
        "FLOAT": "double",
    }.get(kind, "long")


def _csv_value(name: str, kind: str) -> str:
    """A column as the import tool reads it: lists joined, line breaks made spaces."""
    if kind == "VARCHAR[]":
        return f"translate(array_to_string({name}, chr(31)), chr(10) || chr(13), '  ')"
    if kind == "VARCHAR":
        return f"translate({name}, chr(10) || chr(13), '  ')"
    return name
