"""What leaves a release: KGX by Biolink's own model, GraphML, Parquet; verify, diff and the page."""

from __future__ import annotations

import csv
import gc
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import networkx as nx
import polars as pl
import pyarrow.parquet as pq
import pytest

from api.cli import main
from api.release_page import page
from ingest.frames import Frames
from kg.biolink import BIOLINK_PARENT, SCHEMA, AgentType, Category, EdgeType, KnowledgeLevel
from kg.compare import difference
from kg.embedded_store import EmbeddedStore
from kg.kgx import (
    EDGE_COLUMNS,
    EFFECT_TYPES,
    HOUSE_COLUMNS,
    NODE_COLUMNS,
    KgxFormat,
    category_of,
    export,
    predicate_of,
)
from kg.layout import TABLES
from kg.networkx_view import Bounds, view, write_graphml
from kg.release import Home, Release
from tests.graphs import evidence_frame, node_frame, publish, statement

NODES = node_frame(
    ("HGNC:1", Category.GENE, "A"),
    ("HGNC:2", Category.GENE, "B\twith | tab"),
    ("MONDO:0000001", Category.DISEASE, 'said "so", null'),
    ("MONDO:0000002", Category.DISEASE, "other disease"),
    ("PDB:1abc.A", Category.STRUCTURE, "chain"),
    ("UniProtKB:P00001", Category.PROTEIN, "protein"),
)
FINDING: dict[str, object] = {
    "value": 2.5e-300,
    "value_kind": "p value",
    "effect": 1.25,
    "effect_lower": 1.0625,
    "effect_upper": 1.5,
    "effect_kind": "odds ratio",
    "direction_on_target": -1,
    "direction_on_trait": 1,
    "hypothesis_free": True,
    "detail": '{"note":"said \\"so\\"","empty":""}',
}
ROWS = [
    statement("HGNC:1", "MONDO:0000001", score=0.9, publications=["PMID:1", "PMID:2"], **FINDING),
    statement("HGNC:2", "MONDO:0000001", score=0.4, value=3.0, value_kind="clinical phase"),
    statement("HGNC:2", "MONDO:0000002", score=0.5, negated=True),
    statement(
        "PDB:1abc.A",
        "UniProtKB:P00001",
        "tkg:structure_of",
        (Category.STRUCTURE, Category.PROTEIN),
        evidence_class="structure",
    ),
]


def frames(rows: list[dict[str, object]]) -> dict[str, Frames]:
    return {"test": Frames(nodes=NODES, evidence=evidence_frame(*rows), rows=len(rows))}


@pytest.fixture
def small(tmp_path: Path) -> Release:
    return publish(Home(tmp_path), frames(ROWS))[0].release


# --- KGX against the Biolink model toolkit ---


@pytest.fixture(scope="module")
def toolkit() -> Iterator[Any]:
    """Biolink's model from the package that ships it: nothing is fetched."""
    bmt = pytest.importorskip("bmt", reason="the Biolink model toolkit is not installed")
    import biolink_model

    model = Path(next(iter(biolink_model.__path__))) / "schema" / "biolink_model.yaml"
    yield bmt.Toolkit(schema=str(model), predicate_map={"predicate mappings": []})
    gc.collect()


@pytest.mark.parametrize("edge_type", sorted(SCHEMA), ids=str)
def test_every_edge_type_goes_out_as_biolink_allows_it(toolkit: Any, edge_type: EdgeType) -> None:
    subject, target = category_of(edge_type.subject)[0], category_of(edge_type.object)[0]
    predicate = predicate_of(edge_type)
    assert toolkit.is_category(subject)
    assert toolkit.is_category(target)
    assert toolkit.is_predicate(predicate)
    assert toolkit.validate_edge(subject, predicate, target)
    if predicate != edge_type.predicate and edge_type.predicate.startswith("biolink:"):
        assert predicate in toolkit.get_ancestors(edge_type.predicate, formatted=True)
        assert not toolkit.validate_edge(subject, edge_type.predicate, target)


def test_what_the_release_says_goes_out_is_what_biolink_knows(
    toolkit: Any, release: Release
) -> None:
    """Every distinct (category, predicate, category), level and agent of the whole graph."""
    names = ["subject_category", "predicate", "object_category", "knowledge_level", "agent_type"]
    told = pl.DataFrame(release.table("evidence", names)).cast(pl.String).unique()
    for subject, predicate, target, level, agent in told.iter_rows():
        assert _type(subject, predicate, target) in SCHEMA
        assert toolkit.is_permissible_value_of_enum("KnowledgeLevelEnum", level)
        assert toolkit.is_permissible_value_of_enum("AgentTypeEnum", agent)


def _type(subject: str, predicate: str, target: str) -> EdgeType:
    return next(
        t for t in SCHEMA if (t.subject, t.predicate, t.object) == (subject, predicate, target)
    )


def test_the_vocabulary_is_biolinks(toolkit: Any) -> None:
    for level in KnowledgeLevel:
        assert toolkit.is_permissible_value_of_enum("KnowledgeLevelEnum", level.value)
    for effect in EFFECT_TYPES.values():
        assert toolkit.is_permissible_value_of_enum("EffectTypeEnum", effect)
    for agent in AgentType:
        assert toolkit.is_permissible_value_of_enum("AgentTypeEnum", agent.value)
    for category in Category:
        own = category.startswith("tkg:")
        assert own == (category in BIOLINK_PARENT)
        assert toolkit.is_category(category.value) != own
        assert category_of(category)[-1] == category


def test_columns_are_biolink_slots_and_the_required_ones_are_there(toolkit: Any) -> None:
    for column in set(EDGE_COLUMNS) - set(HOUSE_COLUMNS):
        slot = toolkit.get_element(column.replace("_", " "))
        assert slot is not None, column
    for name, columns in (("association", EDGE_COLUMNS), ("named thing", NODE_COLUMNS)):
        slots = toolkit.view.class_induced_slots(name)
        assert {s.name.replace(" ", "_") for s in slots if s.required} <= set(columns)


@pytest.mark.parametrize("form", list(KgxFormat))
def test_an_export_reads_back_row_by_row(small: Release, tmp_path: Path, form: KgxFormat) -> None:
    counts = export(small, tmp_path / "out", form)
    nodes = list(rows_of(tmp_path / "out" / f"nodes.{form}", form))
    edges = list(rows_of(tmp_path / "out" / f"edges.{form}", form))
    assert counts == {"nodes": len(NODES), "edges": len(ROWS)}
    assert (len(nodes), len(edges)) == (len(NODES), len(ROWS))
    by_id = {n["id"]: n for n in nodes}
    assert by_id["MONDO:0000001"]["name"] == 'said "so", null'
    chain = by_id["PDB:1abc.A"]["category"]
    both = ["biolink:InformationContentEntity", "tkg:ProteinStructure"]
    assert chain == (both if form == KgxFormat.JSONL else "|".join(both))
    first = next(e for e in edges if e["subject"] == "HGNC:1")
    pubs = ["PMID:1", "PMID:2"]
    assert first["publications"] == (pubs if form == KgxFormat.JSONL else "|".join(pubs))
    for name, value in FINDING.items():
        assert told(first, {"effect": "effect_size"}.get(name, name), form) == value
    assert told(first, "p_value", form) == FINDING["value"]
    assert told(first, "effect_type", form) == "odds_ratio"
    phase = next(e for e in edges if told(e, "value_kind", form) == "clinical phase")
    assert told(phase, "value", form) == 3
    for absent in ("p_value", "effect_size", "effect_type", "direction_on_trait"):
        assert told(phase, absent, form) is None
    assert told(phase, "hypothesis_free", form) is False
    assert {e["predicate"] for e in edges} == {"biolink:causes", "biolink:related_to"}
    house = next(e for e in edges if e["predicate"] == "biolink:related_to")
    assert house["original_predicate"] == "tkg:structure_of"
    assert sum(e["negated"] in (True, "true") for e in edges) == 1
    for edge in edges:
        for required in ("id", "subject", "predicate", "object", "knowledge_level", "agent_type"):
            assert edge[required]


def told(row: dict[str, Any], name: str, form: KgxFormat) -> object:
    """A cell as its value: JSON lines leave out what is absent, delimited text leaves it empty."""
    cell = row.get(name)
    plain = isinstance(cell, str) and form == KgxFormat.TSV and name != "detail"
    if not plain:
        return cell
    try:
        return json.loads(cell) if cell else None
    except ValueError:
        return cell


def test_nothing_that_evidence_says_is_left_behind(small: Release, tmp_path: Path) -> None:
    """Every column of the table goes out, by its own name or as a slot or pair of Biolink's."""
    as_slots = {
        "infores": "primary_knowledge_source",
        "effect": "effect_size",
        "file": "source_record",
        "line": "source_record",
    }
    by_nodes = {"subject_category", "object_category"}
    names = [n for n in TABLES["evidence"].names if n not in by_nodes]
    assert {as_slots.get(n, n) for n in names} <= set(EDGE_COLUMNS)
    export(small, tmp_path / "out")
    edges = pl.read_csv(
        tmp_path / "out" / "edges.tsv", separator="\t", quote_char=None, infer_schema=False
    )
    assert tuple(edges.columns) == EDGE_COLUMNS
    table = pl.DataFrame(small.table("evidence")).cast({pl.Categorical: pl.String})
    for name in set(names) & set(EDGE_COLUMNS) - {"predicate"}:
        own, cells = table[name], edges[name].replace("", None)
        if not own.dtype.is_nested():
            number = own.dtype.is_numeric()
            read = cells.cast(own.dtype) if number else cells
            assert read.equals(own if number else own.cast(pl.String), null_equal=True), name


def rows_of(path: Path, form: KgxFormat) -> Iterator[dict[str, Any]]:
    """Read apart from the writer, by csv and json of the standard library."""
    with path.open(encoding="utf-8", newline="") as stream:
        if form == KgxFormat.JSONL:
            yield from (json.loads(line) for line in stream)
        else:
            yield from csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)


# --- sub-graphs ---


def test_graphml_is_read_back_equal_by_networkx(store: EmbeddedStore, tmp_path: Path) -> None:
    seed = store.match(["LDLR"], [Category.GENE])[0].node
    assert seed is not None
    graph = view(store, [seed], Bounds(hops=2, nodes=150, fan=20))
    assert 20 < graph.number_of_nodes() <= 150
    write_graphml(graph, tmp_path / "g.graphml")
    again = nx.read_graphml(tmp_path / "g.graphml", force_multigraph=True)
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert list(again.edges(keys=True)) == list(graph.edges(keys=True))
    for *edge, told in graph.edges(keys=True, data=True):
        assert again.edges[tuple(edge)] == pytest.approx(told)
    assert again.graph["release"] == store.release.id


def test_a_view_is_the_tables_neighbourhood(store: EmbeddedStore, release: Release) -> None:
    seed = store.match(["LDLR"], [Category.GENE])[0].node
    assert seed is not None
    graph = view(store, [seed], Bounds(hops=1, nodes=100_000, fan=100_000))
    assert graph.graph["complete"]
    edges = pl.DataFrame(release.table("edges", ["subject", "predicate", "object"]))
    around = edges.filter((pl.col("subject") == seed) | (pl.col("object") == seed))
    members = {*around["subject"], *around["object"]}
    inside = edges.filter(pl.col("subject").is_in(members) & pl.col("object").is_in(members))
    assert set(graph) == members
    own = {(s, o, k) for s, o, k in graph.edges(keys=True) if seed in (s, o)}
    assert own == {(s, o, p) for s, p, o in around.cast(pl.String).iter_rows()}
    assert {(s, o, k) for s, o, k in graph.edges(keys=True)} <= {
        (s, o, p) for s, p, o in inside.cast(pl.String).iter_rows()
    }


def test_parquet_export_is_the_tables(small: Release, tmp_path: Path) -> None:
    home = ["--home", str(small.path.parent.parent)]
    assert main([*home, "export", "--format", "parquet", "--out", str(tmp_path / "pq")]) == 0
    for name in TABLES:
        assert pq.read_table(tmp_path / "pq" / f"{name}.parquet").equals(small.table(name))
    assert main([*home, "export", "--format", "parquet", "--out", str(tmp_path / "pq")]) == 2


# --- diff ---


def test_diff_tells_what_a_source_and_a_changed_file_brought(tmp_path: Path) -> None:
    home = Home(tmp_path)
    old = publish(home, frames(ROWS))[0].release
    changed = [{**ROWS[0], "score": 0.7}, *ROWS[1:]]
    more = statement("HGNC:1", "MONDO:0000002", score=0.3, evidence_class="literature")
    added = {"papers": Frames(evidence=evidence_frame(more), rows=1)}
    new = publish(home, {**frames(changed), **added})[0].release
    found = difference(old, new)
    assert found["totals"] == {"came": 2, "went": 1, "same": 3}
    rows = {(r["source"], r["evidence_class"]): r for r in found["evidence"]}
    assert set(rows) == {("test", "genetic"), ("papers", "literature")}
    genetic, papers = rows["test", "genetic"], rows["papers", "literature"]
    assert (genetic["came"], genetic["went"]) == (1, 1)
    assert (papers["came"], papers["went"]) == (1, 0)
    assert genetic["examples_went"][0]["score"] == pytest.approx(0.9)
    assert genetic["examples_came"][0]["score"] == pytest.approx(0.7)
    assert papers["examples_came"] == [
        {"subject": "HGNC:1", "object": "MONDO:0000002", "score": pytest.approx(0.3)}
    ]
    assert difference(new, old)["totals"] == {"came": 1, "went": 2, "same": 3}
    assert difference(old, old)["evidence"] == []


def test_diff_command_prints_json_and_examples(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path)
    old = publish(home, frames(ROWS))[0].release
    new = publish(home, frames(ROWS[1:]))[0].release
    assert main(["--home", str(tmp_path), "diff", old.id, new.id, "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told == json.loads(json.dumps(difference(old, new)))
    assert main(["--home", str(tmp_path), "diff", old.id, new.id]) == 0
    assert "- test: HGNC:1 biolink:causes MONDO:0000001" in capfd.readouterr().out


# --- the page ---


class Shape(HTMLParser):
    """Elements that were opened, and addresses that would be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.loaded: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        self.loaded += [
            v or "" for k, v in attrs if k in ("src", "href") and not (v or "").startswith("#")
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_tells_all_and_loads_nothing(release: Release) -> None:
    text = page(release)
    shape = Shape()
    shape.feed(text)
    assert shape.loaded == []
    assert "script" not in shape.opened
    assert "url(" not in text
    assert shape.opened.count("svg") > 10
    for source in release.manifest["sources"]:
        assert source["title"] in shape.text
    for number in ("nodes", "edges", "evidence"):
        assert f"{release.manifest['counts'][number]:,}" in shape.text
    quarantine = pl.DataFrame(release.table("quarantine", ["reason"])).cast(pl.String)
    assert quarantine["reason"].value_counts(sort=True)["reason"][0] in shape.text
