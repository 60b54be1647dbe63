"""What a loaded graph must have: constraints, indexes, the release node; and how it is checked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kg.biolink import Category
from kg.errors import ServerError
from kg.neo4j_bolt import Bolt
from kg.neo4j_tables import RECORD_LABELS, ReleaseTables

_LOOKED_UP = {"Evidence": "edge", "Fact": "node", "Name": "folded", "Identifier": "folded"}
_BY_IDENTIFIER = ("Variant", "ProteinStructure", "BindingPocket", "Protein")
"""Labels whose names are identifiers, or another node's: left out of the full-text index."""

_ANALYZER = "OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-no-stop-words'}}"
_INDEX_SECONDS = 7200


@dataclass(frozen=True, slots=True)
class Census:
    """What a graph holds.

    Attributes:
        nodes: Label -> number.
        relationships: Type -> number, sum of `hash`, sum of `n_evidence`.
    """

    nodes: dict[str, int]
    relationships: dict[str, list[int]]

    def differences(self, wanted: Census) -> list[str]:
        """What this graph has that the wanted one has not, and the reverse; empty when equal."""
        mine = {**self.nodes, **self.relationships}
        theirs = {**wanted.nodes, **wanted.relationships}
        return [
            f"{name}: {mine.get(name, 0)} in Neo4j, {theirs.get(name, 0)} in the release"
            for name in sorted({*mine, *theirs})
            if mine.get(name) != theirs.get(name)
        ]


def constraints(categories: Iterable[Category]) -> list[str]:
    """Commands for look-up of nodes by identifier, which loading over Bolt needs from the start."""
    return [
        f"CREATE CONSTRAINT {name.lower()}_id IF NOT EXISTS FOR (n:{name}) REQUIRE n.id IS UNIQUE"
        for name in (*(c.label for c in categories), "Release")
    ]


def indexes(categories: Iterable[Category]) -> list[str]:
    """Commands for what makes the other look-ups fast; cheaper to run when the rows are there."""
    labels = [category.label for category in categories]
    searched = "|".join(name for name in labels if name not in _BY_IDENTIFIER)
    keys = [*((name, "name") for name in labels), *_LOOKED_UP.items()]
    plain = [
        f"CREATE INDEX {label.lower()}_{key} IF NOT EXISTS FOR (n:{label}) ON (n.{key})"
        for label, key in keys
    ]
    return [
        *plain,
        f"CREATE FULLTEXT INDEX names IF NOT EXISTS FOR (n:{searched}) "
        f"ON EACH [n.name, n.synonyms, n.description] {_ANALYZER}",
        "CREATE FULLTEXT INDEX spellings IF NOT EXISTS FOR (n:Name) "
        f"ON EACH [n.folded] {_ANALYZER}",
    ]


def create(bolt: Bolt, statements: Iterable[str]) -> None:
    """Run schema commands and wait until every index is there."""
    for statement in statements:
        bolt.command(statement)
    bolt.command(f"CALL db.awaitIndexes({_INDEX_SECONDS})")


def census_of_release(tables: ReleaseTables) -> Census:
    """What a faithful copy of the release would hold."""
    counts = {c.label: n for c, n in tables.category_counts.items()}
    records = {name: tables.count(f"SELECT count(*) FROM {name}_node") for name in RECORD_LABELS}
    return Census({k: n for k, n in {**counts, **records}.items() if n}, tables.sums())


def census_of_server(bolt: Bolt) -> Census:
    """What the server holds, but for the release node itself and marks of loading."""
    labels = [row["label"] for row in bolt.read("CALL db.labels() YIELD label RETURN label")]
    types = [
        row["type"]
        for row in bolt.read(
            "CALL db.relationshipTypes() YIELD relationshipType AS type RETURN type"
        )
    ]
    counts = {
        label: bolt.read(f"MATCH (n:`{label}`) RETURN count(n) AS n")[0]["n"]
        for label in labels
        if label not in ("Release", "LoadBatch")
    }
    sums = {name: _sums(bolt, name) for name in types}
    return Census({k: n for k, n in counts.items() if n}, {k: v for k, v in sums.items() if v[0]})


def _sums(bolt: Bolt, relationship: str) -> list[int]:
    (row,) = bolt.read(
        f"MATCH ()-[r:`{relationship}`]->() "
        "RETURN count(r) AS n, sum(r.hash) AS hashes, sum(r.n_evidence) AS evidence"
    )
    return [row["n"], row["hashes"], row["evidence"]]


def verify(bolt: Bolt, tables: ReleaseTables) -> Census:
    """Compare the server's graph with the release's.

    Raises:
        ServerError: they differ; the message tells where first.
    """
    found, wanted = census_of_server(bolt), census_of_release(tables)
    differences = found.differences(wanted)
    if differences:
        more = f" and {len(differences) - 1} more" if len(differences) > 1 else ""
        raise ServerError(f"the loaded graph is not the release: {differences[0]}{more}")
    return found


def write_release_node(bolt: Bolt, manifest: dict[str, Any], census: Census) -> None:
    """Write the node that says which release is loaded, and that it is whole."""
    plain = {
        "id": manifest["id"],
        "name": f"release {manifest['id']}",
        "created": manifest["created"],
        "sources": [s["id"] for s in manifest["sources"] if not s["absent"]],
        "nodes": manifest["counts"]["nodes"],
        "edges": manifest["counts"]["edges"],
        "evidence": manifest["counts"]["evidence"],
    }
    texts = {
        f"{key}_json": json.dumps(manifest[key], separators=(",", ":"))
        for key in ("parameters", "counts", "sources")
    }
    whole = {**plain, **texts, "relationship_sums": json.dumps(census.relationships)}
    bolt.write(("CREATE (r:Release) SET r = $properties", {"properties": whole}))


def loaded_release(bolt: Bolt) -> str | None:
    """The id of the release that the server holds whole; None when it holds none."""
    rows = bolt.read("MATCH (r:Release) RETURN r.id AS id")
    return str(rows[0]["id"]) if rows else None
