"""The graph in a real Neo4j server and its Browser, against the release it was loaded from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.errors import BadArgument, ServerError, StoreUnavailable
from kg.model import Edge
from kg.neo4j_bolt import Address, Bolt
from kg.neo4j_config import ServerSettings
from kg.neo4j_guide import GuideQuery, browser_files, read_guide
from kg.neo4j_jars import Java
from kg.neo4j_load import Installation, LoadOptions, load
from kg.neo4j_schema import census_of_release, census_of_server
from kg.neo4j_server import Running
from kg.neo4j_store import Neo4jStore
from kg.neo4j_tables import ReleaseTables
from kg.release import Release
from kg.store import Direction, EdgeFilter

REQUIRED = "TARGET_KG_REQUIRE_SERVERS"
"""Set where a missing server is a failure and no reason to skip."""


def missing(reason: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Loaded:
    """A server that holds the release."""

    installation: Installation
    running: Running
    bolt: Bolt


@pytest.fixture(scope="module")
def loaded(release: Release, place: Path) -> Iterator[Loaded]:
    try:
        Java.find()
    except ServerError as error:
        missing(str(error))
    if shutil.which("mvn") is None:
        missing("no Maven; Debian: apt install maven")
    kept = os.environ.get("TARGET_KG_TEST_NEO4J")
    path = Path(kept) if kept else place
    installation = Installation(path, browser=browser_files())
    load(release, installation, LoadOptions(dump=False))
    running = installation.server.start(ServerSettings())
    bolt = Bolt(running.address())
    try:
        yield Loaded(installation, running, bolt)
    finally:
        bolt.close()
        installation.server.stop()


@pytest.fixture(scope="module")
def neo4j_store(loaded: Loaded) -> Iterator[Neo4jStore]:
    store = Neo4jStore(loaded.running.address())
    yield store
    store.close()


pytestmark = pytest.mark.neo4j


def test_every_node_and_relationship_is_there(
    loaded: Loaded, release: Release, tmp_path: Path
) -> None:
    with ReleaseTables(release, tmp_path) as tables:
        wanted = census_of_release(tables)
    found = census_of_server(loaded.bolt)
    assert found.differences(wanted) == []
    counts = release.manifest["counts"]
    edges = sum(n[0] for n in found.relationships.values())
    assert edges == sum(counts["edges_by_type"].values())
    for category, n in counts["nodes_by_category"].items():
        assert found.nodes[Category(category).label] == n
    assert found.nodes["Evidence"] == counts["evidence"]


def test_constraints_and_full_text_index_are_online(loaded: Loaded) -> None:
    constraints = loaded.bolt.read("SHOW CONSTRAINTS YIELD labelsOrTypes, properties RETURN *")
    unique = {(c["labelsOrTypes"][0], c["properties"][0]) for c in constraints}
    assert {("Gene", "id"), ("Disease", "id"), ("Compound", "id"), ("Release", "id")} <= unique
    indexes = loaded.bolt.read("SHOW INDEXES YIELD name, type, state RETURN *")
    assert {i["state"] for i in indexes} == {"ONLINE"}
    assert "FULLTEXT" in {i["type"] for i in indexes}
    hits = loaded.bolt.read(
        "CALL db.index.fulltext.queryNodes('names', 'name:\"cystic fibrosis\"') "
        "YIELD node RETURN node.name AS name LIMIT 5"
    )
    assert "cystic fibrosis" in {h["name"] for h in hits}


@pytest.mark.parametrize("query", read_guide().queries, ids=lambda q: q.name)
def test_the_guides_queries_find_something(
    query: GuideQuery, loaded: Loaded, release: Release
) -> None:
    have = {str(t) for t in EmbeddedStore(release).edge_types}
    rows = loaded.bolt.read(query.cypher)
    assert rows or not set(query.needs) <= have


def test_the_graph_is_read_only(loaded: Loaded) -> None:
    with pytest.raises((StoreUnavailable, BadArgument)):
        loaded.bolt.write(("CREATE (n:Gene {id: 'HGNC:0'})", {}))


def test_loading_again_changes_nothing(loaded: Loaded, release: Release) -> None:
    before = census_of_server(loaded.bolt)
    report = load(release, loaded.installation, LoadOptions(dump=False))
    assert report.reused
    assert census_of_server(loaded.bolt) == before


def plain(edges: list[Edge]) -> set[tuple[object, ...]]:
    return {
        (e.subject, str(e.type), e.object, e.n_evidence, e.n_refuting, e.sources, e.first_public)
        for e in edges
    }


@pytest.mark.parametrize("node", ["HGNC:6547", "MONDO:0005439", "CHEMBL.COMPOUND:CHEMBL941"])
def test_both_stores_answer_alike(node: str, neo4j_store: Neo4jStore, store: EmbeddedStore) -> None:
    assert neo4j_store.release.id == store.release.id
    assert neo4j_store.nodes([node, "HGNC:0"]) == store.nodes([node, "HGNC:0"])
    for direction in Direction:
        mine = neo4j_store.edges_of([node], direction)[0]
        assert plain(mine) == plain(store.edges_of([node], direction)[0])
    edges = store.edges_of([node])[0][:5]
    theirs = neo4j_store.evidence_of(edges)
    for a, b in zip(theirs, store.evidence_of(edges), strict=True):
        assert {r.id for r in a} == {r.id for r in b}
        assert {(r.id, r.source, r.first_public, r.licence) for r in a} == {
            (r.id, r.source, r.first_public, r.licence) for r in b
        }
    assert neo4j_store.facts_of([node]) == store.facts_of([node])


def test_both_stores_filter_and_match_alike(neo4j_store: Neo4jStore, store: EmbeddedStore) -> None:
    where = EdgeFilter(hypothesis_free_only=True)
    ours, theirs = (
        s.edges_of(["HGNC:6547"], Direction.OUT, where)[0] for s in (store, neo4j_store)
    )
    assert plain(ours) == plain(theirs)
    terms = ["LDLR", "ENSG00000130164", "nothing like it", "cystic fibrosis"]
    assert [(m.status, m.node) for m in neo4j_store.match(terms, near=0)] == [
        (m.status, m.node) for m in store.match(terms, near=0)
    ]


def test_a_server_that_is_not_there_is_said() -> None:
    store = Neo4jStore(Address("bolt://localhost:1", timeout=2))
    with pytest.raises(StoreUnavailable, match="localhost:1"):
        store.nodes(["HGNC:6547"])
    store.close()


@pytest.mark.browser
def test_the_browser_draws_the_graph(loaded: Loaded, release: Release) -> None:
    from tests.neo4j_browser import chromium, open_browser

    program = chromium()
    if program is None:
        missing("no Chromium; Debian: apt install chromium")
        return
    guide = read_guide()
    cypher = (
        "MATCH (d:Disease {id: 'MONDO:0009061'})<-[r:CAUSES|GENETICALLY_ASSOCIATED_WITH]-(g:Gene) "
        "WITH d, r, g ORDER BY g.name LIMIT 6 RETURN d, r, g"
    )
    rows = loaded.bolt.read(
        cypher.replace("RETURN d, r, g", "RETURN g.name AS name, type(r) AS kind")
    )
    assert rows
    with open_browser(program) as page:
        page.connect(loaded.running.browser_url)
        drawing = page.drawing(page.run(cypher))
        shots = Path(os.environ.get("TARGET_KG_SCREENSHOTS", "build/screenshots"))
        shots.mkdir(parents=True, exist_ok=True)
        page.screenshot(shots / "neo4j-browser.png")
    assert drawing.nodes == len({r["name"] for r in rows}) + 1
    assert drawing.relationships >= len(rows)
    assert drawing.fills[guide.colours["Gene"].lower()] == len({r["name"] for r in rows})
    assert drawing.fills[guide.colours["Disease"].lower()] == 1
    told = {guide.relationship_colours[r["kind"]].lower() for r in rows}
    assert set(drawing.strokes) & told
    assert any(str(rows[0]["name"])[:4] in caption for caption in drawing.captions)
    assert (shots / "neo4j-browser.png").stat().st_size > 20_000
