"""What `verify` names: files, counts, references and summaries that are not what they should be."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kg.layout import TABLES
from kg.release import Home, Release
from kg.verify import problems
from tests.graphs import publish, statement
from tests.test_exports import ROWS, frames


@pytest.fixture
def small(tmp_path: Path) -> Release:
    return publish(Home(tmp_path), frames(ROWS))[0].release


def signed_again(release: Release, **counts: object) -> Release:
    """The release with its manifest made to agree with its files, as a careless tool would."""
    path = release.path / "manifest.json"
    manifest = json.loads(path.read_text())
    for name, entry in manifest["files"].items():
        content = (release.path / name).read_bytes()
        entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest["counts"] |= counts
    path.write_text(json.dumps(manifest))
    return Release(release.path)


def rewritten(release: Release, name: str, change: Callable[[pa.Table], pa.Table]) -> Release:
    pq.write_table(change(release.table(name)), release.table_path(name))
    return signed_again(release)


def test_a_sound_release_has_no_problems(small: Release, release: Release) -> None:
    assert problems(small) == []
    assert problems(release) == []


def test_a_flipped_byte_in_any_file_is_named(small: Release) -> None:
    names = list(small.manifest["files"])
    assert {n.rpartition(".")[2] for n in names} == {"parquet", "npy", "arrow", "sqlite"}
    for name in names:
        path = small.path / name
        content = path.read_bytes()
        at = len(content) // 2
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert problems(small) == [f"{name} was changed: its SHA-256 is not the manifest's"]
        path.write_bytes(content)
    assert problems(small) == []


@pytest.mark.parametrize("table", ["nodes", "edges", "evidence"])
def test_a_dropped_row_is_named(small: Release, table: str) -> None:
    found = problems(rewritten(small, table, lambda t: t.slice(1)))
    n = len(small.table(table))
    assert any(f"{table} has {n} rows, the manifest says {n + 1}" in p for p in found)
    assert any("rows and parameters make it release" in p for p in found)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("evidence", "subject"),
        ("evidence", "object"),
        ("edges", "subject"),
        ("edges", "object"),
        ("facts", "subject"),
        ("labels", "subject"),
        ("labels", "object"),
        ("compounds", "id"),
        ("residues", "structure"),
        ("aliases", "id"),
    ],
)
def test_a_dangling_reference_is_named(small: Release, table: str, column: str) -> None:
    def with_stray(rows: pa.Table) -> pa.Table:
        first = rows.slice(0, 1).to_pylist() or [dict.fromkeys(rows.schema.names)]
        stray = pa.Table.from_pylist([first[0] | {column: "HGNC:404"}], rows.schema)
        return pa.concat_tables([rows, stray])

    found = problems(rewritten(small, table, with_stray))
    assert f"{table}.{column} names HGNC:404, which is no node (1 such)" in found


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"facts": 7}, "facts has 0 rows, the manifest says 7"),
        ({"labels": 7}, "labels has 0 rows, the manifest says 7"),
        ({"compounds": 7}, "compounds has 0 rows, the manifest says 7"),
        ({"residues": 7}, "residues has 0 rows, the manifest says 7"),
        ({"loci": 7}, "loci has 0 rows, the manifest says 7"),
        ({"quarantine": 7}, "quarantine has 0 rows, the manifest says 7"),
        ({"aliases": 70}, "aliases has 0 rows, the manifest says 70"),
        ({"nodes_by_category": {"biolink:Gene": 3}}, "nodes of biolink:Gene: there are 2, the"),
        ({"edges_by_type": {"Gene causes Disease": 9}}, "edges Gene causes Disease: there are 3"),
    ],
)
def test_a_wrong_count_is_named(small: Release, counts: dict[str, object], told: str) -> None:
    assert any(told in p for p in problems(signed_again(small, **counts)))


def test_edges_that_miscount_their_records_are_named(small: Release) -> None:
    def more(rows: pa.Table) -> pa.Table:
        more = pa.array([n + 1 for n in rows["n_evidence"].to_pylist()], pa.int32())
        return rows.set_column(rows.schema.get_field_index("n_evidence"), "n_evidence", more)

    assert any(
        "counts other records than it has" in p for p in problems(rewritten(small, "edges", more))
    )


@pytest.mark.parametrize(
    "name",
    [
        "in_pointer",
        "out_pointer",
        "out_edge",
        "id_node",
        "edge_subject",
        "edge_type",
        "evidence_end",
    ],
)
def test_an_array_that_points_astray_is_named(small: Release, name: str) -> None:
    path = small.path / "arrays" / f"{name}.npy"
    values = np.load(path)
    values[-1] += 100
    np.save(path, values)
    found = problems(signed_again(small))
    assert any(re.search(rf"arrays/{name}|_end do not share", p) for p in found), found


def test_a_release_under_another_name_is_named(small: Release) -> None:
    moved = small.path.with_name("0" * 16)
    os.rename(small.path, moved)
    assert any("its directory says 0000" in p for p in problems(Release(moved)))


def test_every_table_is_counted_and_releases_that_counted_fewer_hold(small: Release) -> None:
    path = small.path / "manifest.json"
    manifest = json.loads(path.read_text())
    assert set(TABLES) <= set(manifest["counts"])
    for name in ("residues", "loci", "aliases", "quarantine"):
        del manifest["counts"][name]
    path.write_text(json.dumps(manifest))
    assert problems(Release(small.path)) == []


def with_cell(rows: pa.Table, number: int, name: str, value: object) -> pa.Table:
    listed = rows.to_pylist()
    listed[number][name] = value
    return pa.Table.from_pylist(listed, rows.schema)


@pytest.mark.parametrize("edge", ["one record", "several", "refuted alone"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("score", 0.125),
        ("score", None),
        ("sources", ["other"]),
        ("sources", ["other", "test"]),
        ("sources", []),
        ("sources", None),
        ("classes", ["literature"]),
        ("classes", ["clinical", "genetic"]),
        ("first_public", date(1999, 1, 1)),
        ("first_public", None),
        ("hypothesis_free", True),
    ],
)
def test_a_summary_that_is_not_of_the_records_is_named(
    tmp_path: Path, edge: str, name: str, value: object
) -> None:
    """The score of an edge that is refuted alone is none: there it is no damage."""
    second = statement(
        "HGNC:2", "MONDO:0000001", score=0.2, evidence_class="literature", hypothesis_free=True
    )
    refuting = statement("HGNC:1", "MONDO:0000001", score=0.95, negated=True, hypothesis_free=True)
    older = {**refuting, "first_public": date(1990, 1, 1)}
    sound = publish(Home(tmp_path), frames([*ROWS, second, older]))[0].release
    assert problems(sound) == []
    whom = {
        "one record": ("PDB:1abc.A", "UniProtKB:P00001"),
        "several": ("HGNC:1", "MONDO:0000001"),
        "refuted alone": ("HGNC:2", "MONDO:0000002"),
    }[edge]
    rows = sound.table("edges").to_pylist()
    number = next(i for i, r in enumerate(rows) if (r["subject"], r["object"]) == whom)
    before = rows[number][name]
    if name == "hypothesis_free":
        value = not before
    found = problems(rewritten(sound, "edges", lambda t: with_cell(t, number, name, value)))
    named = [p for p in found if p.startswith(f"edge {whom[0]} ") and f" has {name} " in p]
    assert bool(named) == (before != value), found


def test_a_locus_that_names_what_it_can_not_is_named(small: Release) -> None:
    def with_locus(gene: str, trait: str) -> list[str]:
        row = {"study_locus": "x", "gene": gene, "trait": trait, "file": "test.tsv", "line": 2}
        pq.write_table(pa.Table.from_pylist([row], TABLES["loci"]), small.table_path("loci"))
        return problems(signed_again(small, loci=1))

    for found in (with_locus("HGNC:1", "MONDO:0000001"), with_locus("ENSEMBL:E1", "EFO:1")):
        assert not any("loci" in p for p in found)
    told = "loci.gene names MONDO:0000001, which is a biolink:Disease (1 such)"
    assert told in with_locus("MONDO:0000001", "EFO:1")
    told = "loci.trait names HGNC:1, which is a biolink:Gene (1 such)"
    assert told in with_locus("ENSEMBL:E1", "HGNC:1")
    path = small.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["sources"] = [{"id": "test", "files": [{"path": "other.tsv"}]}]
    path.write_text(json.dumps(manifest))
    found = problems(Release(small.path))
    assert "loci comes from test.tsv, which the manifest does not list" in found
