"""What `verify` names: files, counts, references and summaries that are not what they should be."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kg.release import Home, Release
from kg.verify import problems
from tests.graphs import publish
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
