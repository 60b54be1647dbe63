"""The merge: identifiers resolved or set aside, filters that hold, directions kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ingest.columns import FACT, LABEL
from ingest.engine import DuckDB
from ingest.frames import DISEASE_OR_PHENOTYPE, Frames
from ingest.merge import SYMMETRIC, TIMELESS_LABELS, merge
from ingest.options import EVERYTHING, BuildOptions
from kg.biolink import Category, EvidenceClass, Predicate
from kg.release import Home, Release
from tests.graphs import (
    alias_frame,
    evidence_frame,
    node_frame,
    parts_of,
    publish,
    statement,
)

NODES = node_frame(
    ("HGNC:1", Category.GENE, "A"),
    ("HGNC:2", Category.GENE, "B"),
    ("HGNC:3", Category.GENE, "C"),
    ("MONDO:0000001", Category.DISEASE, "disease"),
    ("HP:0000001", Category.PHENOTYPE, "finding"),
)
ALIASES = alias_frame(
    (Category.GENE, "SYMBOL:A", "HGNC:1", "name", 0),
    (Category.GENE, "SYMBOL:OLD", "HGNC:1", "previous", 1),
    (Category.GENE, "SYMBOL:TWICE", "HGNC:1", "previous", 1),
    (Category.GENE, "SYMBOL:TWICE", "HGNC:2", "synonym", 1),
    (Category.GENE, "SYMBOL:WINS", "HGNC:2", "name", 0),
    (Category.GENE, "SYMBOL:WINS", "HGNC:3", "synonym", 1),
    (Category.DISEASE, "OMIM:100100", "MONDO:0000001", "mapping", 1),
    (Category.DISEASE, "MONDO:0000009", "MONDO:0000001", "replaced", 1),
    (Category.DISEASE, "EFO:0000009", "MONDO:0000009", "mapping", 1),
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def merged(
    home: Home, *rows: dict[str, object], options: BuildOptions = BuildOptions()
) -> tuple[Release, pl.DataFrame]:
    frames = {
        "first": Frames(nodes=NODES, aliases=ALIASES),
        "second": Frames(evidence=evidence_frame(*rows), rows=len(rows)),
    }
    published, _ = publish(home, frames, options)
    table = published.release.table("evidence")
    return published.release, pl.DataFrame(table)


@pytest.mark.parametrize(
    ("subject", "target", "wanted"),
    [
        ("SYMBOL:A", "MONDO:0000001", ("HGNC:1", "MONDO:0000001")),
        ("SYMBOL:OLD", "OMIM:100100", ("HGNC:1", "MONDO:0000001")),
        ("SYMBOL:WINS", "MONDO:0000009", ("HGNC:2", "MONDO:0000001")),
        ("HGNC:3", "EFO:0000009", ("HGNC:3", "MONDO:0000001")),
    ],
)
def test_identifiers_resolve_to_the_preferred_one(
    home: Home, subject: str, target: str, wanted: tuple[str, str]
) -> None:
    _, evidence = merged(home, statement(subject, target))
    assert evidence.select("subject", "object").rows() == [wanted]
    assert evidence.select("original_subject", "original_object").rows() == [(subject, target)]


@pytest.mark.parametrize(
    ("subject", "target", "reason"),
    [
        ("SYMBOL:TWICE", "MONDO:0000001", "ambiguous subject SYMBOL"),
        ("SYMBOL:NONE", "MONDO:0000001", "unknown subject SYMBOL"),
        ("HGNC:1", "OMIM:999999", "unknown object OMIM"),
        ("HGNC:1", "HP:0000001", "unknown object HP"),
    ],
)
def test_what_does_not_resolve_is_set_aside_with_a_reason(
    home: Home, subject: str, target: str, reason: str
) -> None:
    release, evidence = merged(home, statement(subject, target))
    assert not len(evidence)
    assert [q["reason"] for q in release.table("quarantine").to_pylist()] == [reason]


def test_a_trait_may_turn_out_a_disease_or_a_phenotype(home: Home) -> None:
    either = (Category.GENE, DISEASE_OR_PHENOTYPE)
    rows = [statement("HGNC:1", o, categories=either) for o in ("HP:0000001", "OMIM:100100")]
    _, evidence = merged(home, *rows)
    found = dict(evidence.select("object", "object_category").rows())
    assert found == {"HP:0000001": Category.PHENOTYPE, "MONDO:0000001": Category.DISEASE}


def test_undirected_relations_are_stored_once(home: Home) -> None:
    pair = (Category.GENE, Category.GENE)
    predicate = Predicate.PHYSICALLY_INTERACTS_WITH
    rows = [
        statement(a, b, predicate, pair) for a, b in (("HGNC:2", "HGNC:1"), ("HGNC:1", "HGNC:2"))
    ]
    release, evidence = merged(home, *rows, statement("HGNC:3", "SYMBOL:A", predicate, pair))
    assert set(evidence.select("subject", "object").rows()) == {
        ("HGNC:1", "HGNC:2"),
        ("HGNC:1", "HGNC:3"),
    }
    assert release.manifest["counts"]["edges"] == 2


def test_a_relation_of_a_node_to_itself_is_set_aside(home: Home) -> None:
    pair = (Category.GENE, Category.GENE)
    row = statement("SYMBOL:A", "HGNC:1", Predicate.PHYSICALLY_INTERACTS_WITH, pair)
    release, _ = merged(home, row)
    (told,) = release.table("quarantine").to_pylist()
    assert told["reason"] == "subject and object are the same"


def test_a_triple_that_the_schema_lacks_is_set_aside(home: Home) -> None:
    backwards = statement("MONDO:0000001", "HGNC:1", categories=(Category.DISEASE, Category.GENE))
    release, _ = merged(home, backwards)
    (told,) = release.table("quarantine").to_pylist()
    assert told["reason"] == "triple not in the schema"


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (BuildOptions(as_of=date(2015, 12, 31)), {"old", "structure of its time"}),
        (
            BuildOptions(exclude_classes=frozenset({EvidenceClass.CLINICAL})),
            {"old", "new", "structure of its time", "closed"},
        ),
        (BuildOptions(redistributable=True), {"old", "new", "clinical", "structure of its time"}),
    ],
)
def test_filters_hold_for_every_row(home: Home, options: BuildOptions, kept: set[str]) -> None:
    told = {k: {"detail": f'{{"is":"{k}"}}'} for k in ("old", "new", "clinical", "closed")}
    is_in = statement(
        "HGNC:1",
        "HGNC:2",
        Predicate.PHYSICALLY_INTERACTS_WITH,
        (Category.GENE, Category.GENE),
        detail='{"is":"structure of its time"}',
        first_public=date(2022, 1, 1),
    )
    rows = [
        statement("HGNC:1", "MONDO:0000001", first_public=date(2010, 1, 1), **told["old"]),
        statement("HGNC:2", "MONDO:0000001", first_public=date(2020, 1, 1), **told["new"]),
        statement(
            "HGNC:3",
            "MONDO:0000001",
            evidence_class="clinical",
            first_public=date(2020, 1, 1),
            **told["clinical"],
        ),
        statement(
            "HGNC:3",
            "MONDO:0000001",
            redistributable="no",
            first_public=date(2020, 1, 1),
            **told["closed"],
        ),
        is_in,
    ]
    release, evidence = merged(home, *rows, options=options)
    found = {d.split('"')[3] for d in evidence["detail"]}
    assert found == kept
    assert release.manifest["parameters"] == options.parameters
    plain, _ = merged(home, *rows)
    assert plain.id != release.id


def test_the_first_source_names_a_node_and_all_add_names(tmp_path: Path) -> None:
    first = node_frame(("HGNC:1", Category.GENE, "A")).with_columns(
        synonyms=pl.lit(["one"], pl.List(pl.String))
    )
    second = node_frame(("HGNC:1", Category.GENE, "a")).with_columns(
        synonyms=pl.lit(["two"], pl.List(pl.String)), description=pl.lit("told later")
    )
    published, _ = publish(Home(tmp_path), {"x": Frames(nodes=first), "y": Frames(nodes=second)})
    (node,) = published.release.table("nodes").to_pylist()
    assert (node["name"], node["source"], node["description"]) == ("A", "x", "told later")
    assert sorted(node["synonyms"]) == ["one", "two"]


def test_no_order_of_rows_decides_what_a_node_is_called(tmp_path: Path) -> None:
    """Salts and a labelled ligand of one parent: the shortest name without a label, then by letter."""
    rows = [
        ("CHEBI:1", Category.COMPOUND, "Bismuth Subsalicylate"),
        ("CHEBI:1", Category.COMPOUND, "Salicylic Acid"),
        ("CHEBI:2", Category.COMPOUND, "Zinc Oxide"),
        ("CHEBI:2", Category.COMPOUND, "Lead Oxide"),
        ("CHEBI:2", Category.COMPOUND, "Zinc Oxido"),
        ("CHEBI:2", Category.COMPOUND, "[3H]Zinc"),
    ]
    frames = [node_frame(*order) for order in (rows, rows[::-1])]
    told = [f.with_columns(description=pl.col("name").str.slice(0, 3)) for f in frames]
    first, second = (
        publish(Home(tmp_path / str(i)), {"x": Frames(nodes=nodes)})[0].release
        for i, nodes in enumerate(told)
    )
    found = first.table("nodes").to_pylist()
    assert [n["name"] for n in found] == ["Salicylic Acid", "Lead Oxide"]
    assert [n["description"] for n in found] == ["Bis", "Lea"]
    assert second.table("nodes").to_pylist() == found
    assert first.id == second.id


def test_a_node_without_a_name_takes_one_from_another_source_or_its_identifier(
    tmp_path: Path,
) -> None:
    nameless = node_frame(("HGNC:1", Category.GENE, "-"), ("HGNC:2", Category.GENE, "-"))
    first = nameless.with_columns(name=pl.lit(None, pl.String))
    second = node_frame(("HGNC:1", Category.GENE, "B"))
    published, _ = publish(Home(tmp_path), {"x": Frames(nodes=first), "y": Frames(nodes=second)})
    names = {n["id"]: n["name"] for n in published.release.table("nodes").to_pylist()}
    assert names == {"HGNC:1": "B", "HGNC:2": "2"}


def test_labels_are_cut_by_date_and_never_become_edges(home: Home) -> None:
    label = {
        "kind": "drug_indication",
        "subject": "SYMBOL:A",
        "subject_category": Category.GENE,
        "object": "OMIM:100100",
        "object_category": Category.DISEASE,
        "number": 4.0,
        "release": "1",
        "licence": "CC0-1.0",
        "redistributable": "yes",
        "file": "t",
        "line": 2,
    }
    rows = [{**label, "first_public": date(y, 1, 1)} for y in (2010, 2020)]
    frames = {
        "first": Frames(nodes=NODES, aliases=ALIASES),
        "second": Frames(labels=pl.DataFrame(rows, schema=LABEL)),
    }
    published, _ = publish(home, frames, BuildOptions(as_of=date(2015, 1, 1)))
    (kept,) = published.release.table("labels").to_pylist()
    assert (kept["subject"], kept["object"], kept["first_public"].year) == (
        "HGNC:1",
        "MONDO:0000001",
        2010,
    )
    assert published.release.manifest["counts"]["edges"] == 0


def test_homology_is_kept_whatever_the_day(home: Home) -> None:
    """Split labels have no day: a sequence is what it was. Others without one are not kept."""
    label = {
        "subject": "HGNC:1",
        "subject_category": Category.GENE,
        "text": "cluster 1",
        "release": "1",
        "licence": "CC0-1.0",
        "redistributable": "yes",
        "file": "t",
        "line": 2,
    }
    rows = [{**label, "kind": kind} for kind in (*TIMELESS_LABELS, "druggable_tier")]
    frames = {"first": Frames(nodes=NODES, labels=pl.DataFrame(rows, schema=LABEL))}
    published, _ = publish(home, frames, BuildOptions(as_of=date(2015, 1, 1)))
    kept = published.release.table("labels")["kind"].to_pylist()
    assert sorted(kept) == sorted(TIMELESS_LABELS)


def test_records_that_differ_in_a_small_p_value_are_two(home: Home) -> None:
    values = (1e-8, 1e-30, 1e-30, 2.5e-301)
    rows = [
        statement("HGNC:1", "MONDO:0000001", value=v, value_kind="p value", line=9) for v in values
    ]
    release, evidence = merged(home, *rows)
    assert sorted(evidence["value"]) == [2.5e-301, 1e-30, 1e-8]
    assert release.manifest["report"]["repeated"] == {"second": 1}


@pytest.mark.parametrize(
    ("absurd", "reason"),
    [
        ({"score": 1.5}, "score is not from 0 to 1"),
        ({"score": float("nan")}, "score is not from 0 to 1"),
        ({"value": 1.5, "value_kind": "p value"}, "p value is not from 0 to 1"),
        ({"value": -1e-9, "value_kind": "p value"}, "p value is not from 0 to 1"),
        ({"value": 1e300, "value_kind": "count"}, "value is absurdly large"),
        ({"effect": 1e20}, "effect is absurdly large"),
        ({"effect": 1.0, "effect_upper": float("inf")}, "effect is absurdly large"),
        ({"effect": float("nan")}, "effect is absurdly large"),
    ],
)
def test_an_absurd_number_is_set_aside_with_its_line(
    home: Home, absurd: dict[str, object], reason: str
) -> None:
    rows = [statement("HGNC:1", "MONDO:0000001"), statement("HGNC:2", "MONDO:0000001", **absurd)]
    release, evidence = merged(home, *rows)
    assert evidence["subject"].to_list() == ["HGNC:1"]
    (aside,) = release.table("quarantine").to_pylist()
    assert aside == {"source": "second", "file": "test.tsv", "line": 3, "reason": reason}


def test_facts_and_labels_that_lead_nowhere_are_set_aside(home: Home) -> None:
    common = {
        "subject_category": Category.GENE,
        "release": "1",
        "first_public": date(2010, 1, 1),
        "licence": "CC0-1.0",
        "redistributable": "yes",
        "file": "t",
    }
    fact = {**common, "key": "protein.length", "evidence_class": "structure"}
    facts = [
        {**fact, "subject": "SYMBOL:OLD", "number": 1.0, "line": 2},
        {**fact, "subject": "SYMBOL:NONE", "number": 1.0, "line": 3},
        {**fact, "subject": "SYMBOL:TWICE", "number": 1.0, "line": 4},
        {**fact, "subject": "SYMBOL:A", "number": 1e300, "line": 5},
    ]
    label = {**common, "kind": "drug_indication", "object_category": Category.DISEASE}
    labels = [
        {**label, "subject": "SYMBOL:A", "object": "OMIM:100100", "line": 6},
        {**label, "subject": "SYMBOL:A", "object": "OMIM:9", "line": 7},
        {**label, "subject": "SYMBOL:TWICE", "line": 8},
        {**label, "subject": "SYMBOL:A", "line": 9},
    ]
    frames = {
        "first": Frames(nodes=NODES, aliases=ALIASES),
        "second": Frames(
            facts=pl.DataFrame(facts, schema=FACT), labels=pl.DataFrame(labels, schema=LABEL)
        ),
    }
    published, report = publish(home, frames)
    aside = {r["line"]: r["reason"] for r in published.release.table("quarantine").to_pylist()}
    assert aside == {
        3: "unknown subject SYMBOL",
        4: "ambiguous subject SYMBOL",
        5: "value is absurdly large",
        7: "unknown object OMIM",
        8: "ambiguous subject SYMBOL",
    }
    assert published.release.table("facts")["line"].to_pylist() == [2]
    assert published.release.table("labels")["line"].to_pylist() == [6, 9]
    assert report.by_source["second"] == {
        "unknown SYMBOL": 1,
        "ambiguous SYMBOL": 2,
        "unknown OMIM": 1,
    }


@pytest.mark.parametrize(
    "options", [EVERYTHING, BuildOptions(exclude_classes=frozenset({EvidenceClass.LITERATURE}))]
)
def test_a_graph_made_in_many_pieces_is_the_one_made_in_one(
    tmp_path: Path,
    frames_of: Callable[[str], Frames],
    monkeypatch: pytest.MonkeyPatch,
    options: BuildOptions,
) -> None:
    """Of real interactions, symmetric ones among them, and gene-disease records told twice."""
    frames = {name: frames_of(name) for name in ("hgnc", "mondo", "clingen", "huri")}
    frames["clingen"] = Frames.concat([frames["clingen"], frames["clingen"]])
    parts = parts_of(tmp_path / "parts", frames)
    reports = []
    for rows in (1 << 30, 3000):
        monkeypatch.setattr("ingest.merge.PIECE_ROWS", rows)
        tables = tmp_path / str(rows)
        tables.mkdir()
        with DuckDB(tmp_path / "spill") as engine:
            reports.append(merge(engine, parts, (), pl.DataFrame(), tables, options))
    assert not list((tmp_path / "spill").iterdir())
    one, many = tmp_path / str(1 << 30), tmp_path / "3000"
    evidence = pl.read_parquet(one / "evidence.parquet")
    assert len(evidence) > 10 * 3000
    assert SYMMETRIC & set(evidence["predicate"].unique())
    assert reports[0].repeated == reports[1].repeated
    assert reports[0].repeated["clingen"] > 3000
    for table in sorted(one.iterdir()):
        assert pl.read_parquet(table).equals(pl.read_parquet(many / table.name)), table.name
