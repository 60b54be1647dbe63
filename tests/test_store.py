"""The embedded store against networkx, which answers the same questions independently."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.frames import Frames
from kg.biolink import Category, EdgeType, EvidenceClass, Predicate
from kg.embedded_store import EmbeddedStore
from kg.errors import InvalidGraph
from kg.model import Edge, Evidence, Node
from kg.release import Home
from kg.store import Direction, EdgeFilter
from tests.graphs import DAY, evidence_frame, node_frame, publish, statement

GENES = [f"HGNC:{i}" for i in range(1, 31)]
DISEASES = [f"MONDO:{i:07d}" for i in range(1, 21)]
_IS_A = (Category.DISEASE, Category.DISEASE)
_CAUSES = EdgeType(Category.GENE, Predicate.CAUSES, Category.DISEASE)


def random_statements(seed: int, n: int) -> list[dict[str, object]]:
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        if rng.random() < 0.7:
            row = statement(rng.choice(GENES), rng.choice(DISEASES))
        else:
            child, parent = rng.sample(DISEASES, 2)
            row = statement(child, parent, Predicate.SUBCLASS_OF, _IS_A)
        rows.append(
            {
                **row,
                "score": round(rng.random(), 4),
                "negated": rng.random() < 0.2,
                "first_public": date(rng.randint(2000, 2024), rng.randint(1, 12), 1),
                "evidence_class": rng.choice(["genetic", "clinical", "literature"]),
                "hypothesis_free": rng.random() < 0.3,
            }
        )
    return rows


def as_store(path: Path, rows: list[dict[str, object]]) -> EmbeddedStore:
    nodes = node_frame(
        *((g, Category.GENE, f"G{g[5:]}") for g in GENES),
        *((d, Category.DISEASE, f"disease {d[6:]}") for d in DISEASES),
    )
    frames = {"test": Frames(nodes=nodes, evidence=evidence_frame(*rows), rows=len(rows))}
    path.mkdir(parents=True, exist_ok=True)
    published, _ = publish(Home(path), frames)
    return EmbeddedStore(published.release)


def as_networkx(rows: list[dict[str, object]]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from([*GENES, *DISEASES])
    for row in rows:
        key = str(row["predicate"])
        if not graph.has_edge(row["subject"], row["object"], key):
            graph.add_edge(row["subject"], row["object"], key, rows=[])
        graph.edges[row["subject"], row["object"], key]["rows"].append(row)
    return graph


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    return random_statements(seed=7, n=400)


@pytest.fixture(scope="module")
def random_store(
    rows: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> EmbeddedStore:
    return as_store(tmp_path_factory.mktemp("random"), rows)


@pytest.fixture(scope="module")
def oracle(rows: list[dict[str, object]]) -> nx.MultiDiGraph:
    return as_networkx(rows)


def triple(edge: Edge) -> tuple[str, str, str]:
    return edge.subject, str(edge.type.predicate), edge.object


@pytest.mark.parametrize("direction", list(Direction))
def test_edges_of_every_node_are_networkx_edges(
    random_store: EmbeddedStore, oracle: nx.MultiDiGraph, direction: Direction
) -> None:
    nodes = [*GENES, *DISEASES]
    for node, edges in zip(nodes, random_store.edges_of(nodes, direction), strict=True):
        into = {(s, k, o) for s, o, k in oracle.in_edges(node, keys=True)}
        out = {(s, k, o) for s, o, k in oracle.out_edges(node, keys=True)}
        wanted = {Direction.IN: into, Direction.OUT: out, Direction.BOTH: into | out}[direction]
        assert {triple(e) for e in edges} == wanted
        assert len(edges) == len(wanted)


def test_edge_summaries_are_those_of_their_rows(
    random_store: EmbeddedStore, oracle: nx.MultiDiGraph
) -> None:
    for edges in random_store.edges_of(DISEASES, Direction.IN):
        scores = [-1.0 if e.score is None else e.score for e in edges]
        assert scores == sorted(scores, reverse=True)
        for edge in edges:
            rows = oracle.edges[edge.subject, edge.object, str(edge.type.predicate)]["rows"]
            supporting = [r for r in rows if not r["negated"]]
            assert (edge.n_evidence, edge.n_refuting) == (
                len(supporting),
                len(rows) - len(supporting),
            )
            best = max((r["score"] for r in supporting), default=None)
            assert edge.score == (None if best is None else pytest.approx(best, abs=1e-6))
            assert edge.first_public == min(r["first_public"] for r in supporting or rows)
            assert set(edge.classes) == {r["evidence_class"] for r in rows}


def test_evidence_of_an_edge_is_every_row_once(
    random_store: EmbeddedStore, oracle: nx.MultiDiGraph
) -> None:
    edges = [e for found in random_store.edges_of(GENES, Direction.OUT) for e in found]
    for edge, records in zip(edges, random_store.evidence_of(edges), strict=True):
        rows = oracle.edges[edge.subject, edge.object, str(edge.type.predicate)]["rows"]
        assert sorted(r.line for r in records) == sorted(_lines(rows, oracle))
        assert [r.negated for r in records] == sorted(r.negated for r in records)


def _lines(rows: list[dict[str, object]], oracle: nx.MultiDiGraph) -> list[int]:
    everything = random_statements(seed=7, n=400)
    return [everything.index(row) + 2 for row in rows]


@settings(max_examples=40, deadline=None)
@given(
    source=st.sampled_from(GENES + DISEASES),
    target=st.sampled_from(GENES + DISEASES),
    longest=st.integers(1, 4),
)
def test_paths_are_the_shortest_that_networkx_finds(
    random_store: EmbeddedStore, oracle: nx.MultiDiGraph, source: str, target: str, longest: int
) -> None:
    plain = nx.Graph(oracle)
    distance = nx.shortest_path_length(plain, source).get(target)
    chains = random_store.paths(source, target, longest, limit=5)
    if source == target or distance is None or distance > longest:
        assert chains == []
        return
    assert 1 <= len(chains) <= 5
    for chain in chains:
        assert len(chain) == distance
        here = source
        for edge in chain:
            assert here in (edge.subject, edge.object)
            here = edge.object if here == edge.subject else edge.subject
        assert here == target


@settings(max_examples=30, deadline=None)
@given(
    year=st.integers(1999, 2025),
    excluded=st.sets(st.sampled_from([EvidenceClass.CLINICAL, EvidenceClass.LITERATURE])),
    systematic=st.booleans(),
)
def test_filters_keep_exactly_the_rows_that_pass(
    random_store: EmbeddedStore,
    oracle: nx.MultiDiGraph,
    year: int,
    excluded: set[EvidenceClass],
    systematic: bool,
) -> None:
    where = EdgeFilter(frozenset(), date(year, 12, 31), frozenset(excluded), systematic)
    for gene in GENES[:10]:
        wanted: dict[tuple[str, str, str], int] = {}
        for s, o, k, data in oracle.out_edges(gene, keys=True, data=True):
            passing = [
                r
                for r in data["rows"]
                if r["first_public"].year <= year
                and r["evidence_class"] not in excluded
                and (r["hypothesis_free"] or not systematic)
            ]
            if passing:
                wanted[s, k, o] = len(passing)
        edges = random_store.edges_of([gene], Direction.OUT, where)[0]
        assert {triple(e): e.n_evidence + e.n_refuting for e in edges} == wanted


def test_a_filter_on_types_and_a_limit(random_store: EmbeddedStore) -> None:
    where = EdgeFilter(types=frozenset({_CAUSES}))
    everything = random_store.edges_of([DISEASES[0]], Direction.IN, where)[0]
    assert everything
    assert {e.type for e in everything} == {_CAUSES}
    assert random_store.edges_of([DISEASES[0]], Direction.IN, where, limit=2)[0] == everything[:2]


def test_unknown_ids_are_none_and_empty(random_store: EmbeddedStore) -> None:
    assert random_store.nodes(["HGNC:1", "HGNC:999999", "nonsense"])[1:] == [None, None]
    assert random_store.edges_of(["HGNC:999999"]) == [[]]
    assert random_store.facts_of(["HGNC:999999"]) == [[]]
    assert random_store.edges_between([("HGNC:999999", DISEASES[0])]) == [[]]


def test_edges_between_pairs(random_store: EmbeddedStore, oracle: nx.MultiDiGraph) -> None:
    pairs = [(g, d) for g in GENES for d in DISEASES]
    for (gene, disease), edges in zip(pairs, random_store.edges_between(pairs), strict=True):
        assert len(edges) == oracle.number_of_edges(gene, disease)


def test_every_numpy_edge_is_in_the_table(random_store: EmbeddedStore) -> None:
    for edge_type in random_store.edge_types:
        numbers = random_store.edge_numbers(edge_type)
        subjects = random_store.ids_of(random_store.arrays["edge_subject"][numbers].astype("int64"))
        assert {n.category for n in random_store.nodes(subjects) if n} == {edge_type.subject}


def test_what_is_invalid_cannot_be_built() -> None:
    with pytest.raises(InvalidGraph, match="no evidence"):
        Edge("HGNC:1", _CAUSES, "MONDO:0000001", 0, 0, (), (), DAY)
    wrong = EdgeType(Category.DISEASE, Predicate.CAUSES, Category.GENE)
    with pytest.raises(InvalidGraph, match="not an edge type"):
        Edge("MONDO:0000001", wrong, "HGNC:1", 1, 0, (), (), DAY)
    with pytest.raises(InvalidGraph, match="no name"):
        Node("HGNC:1", Category.GENE, "")


def test_a_score_outside_its_range_is_refused(random_store: EmbeddedStore) -> None:
    edge = random_store.edges_of([GENES[0]], Direction.OUT)[0][0]
    record = random_store.evidence_of([edge])[0][0]
    values = {f: getattr(record, f) for f in Evidence.__slots__}
    with pytest.raises(InvalidGraph, match=r"outside 0\.\.1"):
        Evidence(**{**values, "score": 1.5})
