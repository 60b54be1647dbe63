"""Releases: atomic, immutable, the same for the same inputs, and honest about damage."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ingest.frames import Frames
from kg.biolink import Category, Predicate
from kg.errors import ReleaseBusy, ReleaseCorrupt, ReleaseError, ReleaseNotFound
from kg.release import Home, Release
from tests.graphs import evidence_frame, node_frame, publish, statement

NODES = node_frame(
    ("HGNC:1", Category.GENE, "A"),
    ("HGNC:2", Category.GENE, "B"),
    ("MONDO:0000001", Category.DISEASE, "disease"),
    ("MONDO:0000002", Category.DISEASE, "other disease"),
)
ROWS = [
    statement("HGNC:1", "MONDO:0000001", score=0.9, publications=["PMID:1"]),
    statement("HGNC:2", "MONDO:0000001", score=0.4),
    statement("HGNC:2", "MONDO:0000002", score=0.5, negated=True),
]


def frames(rows: list[dict[str, object]]) -> dict[str, Frames]:
    return {"test": Frames(nodes=NODES, evidence=evidence_frame(*rows), rows=len(rows))}


@pytest.fixture
def empty_home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_same_rows_give_the_same_release_in_any_order(tmp_path: Path) -> None:
    ids = set()
    for n, rows in enumerate((ROWS, ROWS[::-1], [*ROWS, ROWS[0]])):
        home = Home(tmp_path / str(n))
        home.path.mkdir()
        published, _ = publish(home, frames(rows))
        ids.add(published.release.id)
    assert len(ids) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"score": 0.8},
        {"negated": True},
        {"publications": ["PMID:2"]},
        {"detail": '{"a":"b"}'},
        {"direction_on_target": -1},
        {"predicate": Predicate.ASSOCIATED_WITH},
        {"value": 1e-30, "value_kind": "p value"},
        {"value": 1e-31, "value_kind": "p value"},
        {"effect_lower": 1.1},
        {"effect_upper": 1.3},
        {"licence": "CC-BY-4.0"},
        {"redistributable": "share-alike"},
        {"knowledge_level": "prediction"},
        {"agent_type": "automated_agent"},
        {"date_basis": "file"},
    ],
)
def test_a_changed_row_gives_another_release(empty_home: Home, change: dict[str, object]) -> None:
    first, _ = publish(empty_home, frames(ROWS))
    second, _ = publish(empty_home, frames([{**ROWS[0], **change}, *ROWS[1:]]))
    assert first.release.id != second.release.id
    assert empty_home.current() == second.release.id
    assert set(empty_home.release_ids()) == {first.release.id, second.release.id}


def test_publishing_again_changes_nothing(empty_home: Home) -> None:
    first, _ = publish(empty_home, frames(ROWS))
    manifest = (first.release.path / "manifest.json").read_bytes()
    again, _ = publish(empty_home, frames(ROWS))
    assert again.reused
    assert again.release == first.release
    assert (first.release.path / "manifest.json").read_bytes() == manifest
    assert not list(empty_home.releases.glob(".staging-*"))


def test_loading_a_row_twice_changes_nothing(empty_home: Home) -> None:
    published, _ = publish(empty_home, frames([*ROWS, *ROWS]))
    assert published.release.manifest["counts"]["evidence"] == len(ROWS)


def test_verify_tells_what_is_wrong(empty_home: Home) -> None:
    published, _ = publish(empty_home, frames(ROWS))
    release = published.release
    assert release.verify() == []
    (release.path / "tables" / "extra.txt").write_text("x")
    target = release.path / "arrays" / "edge_score.npy"
    target.write_bytes(target.read_bytes()[:-1] + b"\x00")
    (release.path / "arrays" / "out_edge.npy").unlink()
    assert release.verify() == [
        "arrays/edge_score.npy was changed: its SHA-256 is not the manifest's",
        "arrays/out_edge.npy is missing",
        "tables/extra.txt is not in the manifest",
    ]


def test_no_release_several_and_unreadable_ones_are_told_apart(empty_home: Home) -> None:
    with pytest.raises(ReleaseNotFound, match="target-kg build"):
        empty_home.open()
    published, _ = publish(empty_home, frames(ROWS))
    assert empty_home.open(published.release.id[:6]).id == published.release.id
    with pytest.raises(ReleaseNotFound, match="no single release 'zzz'"):
        empty_home.open("zzz")
    (published.release.path / "manifest.json").write_text("{")
    with pytest.raises(ReleaseCorrupt, match="can't be read"):
        _ = Release(published.release.path).manifest


def test_a_release_of_another_schema_is_refused(empty_home: Home) -> None:
    published, _ = publish(empty_home, frames(ROWS))
    path = published.release.path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 99}))
    with pytest.raises(ReleaseError, match="has schema 99"):
        _ = Release(published.release.path).manifest


def test_prune_keeps_the_current_and_the_newest(empty_home: Home) -> None:
    ids = []
    for score in (0.1, 0.2, 0.3):
        published, _ = publish(empty_home, frames([{**ROWS[0], "score": score}]))
        ids.append(published.release.id)
    empty_home.set_current(ids[0])
    doomed = empty_home.prune(keep=1)
    assert ids[0] not in doomed
    assert set(empty_home.release_ids()) | set(doomed) == set(ids)
    assert empty_home.open().id == ids[0]


def test_one_writer_at_a_time(empty_home: Home) -> None:
    busy = pytest.raises(ReleaseBusy, match="another build is running")
    with empty_home.stage(), busy, empty_home.stage():
        pass


def test_an_edge_to_a_node_that_is_not_there_is_set_aside(empty_home: Home) -> None:
    rows = [*ROWS, statement("HGNC:99", "MONDO:0000001")]
    published, report = publish(empty_home, frames(rows))
    assert report.unresolved == {"HGNC": 1}
    quarantine = published.release.table("quarantine").to_pylist()
    assert [(q["line"], q["reason"]) for q in quarantine] == [(5, "unknown subject HGNC")]


_KILLED = """
    import sys
    from pathlib import Path
    from kg.release import Home
    with Home(Path(sys.argv[1])).stage() as staging:
        (staging.tables / "half.parquet").write_bytes(b"half")
        print("ready", flush=True)
        import time
        time.sleep(60)
"""


def test_a_killed_build_leaves_the_previous_release_serving(empty_home: Home) -> None:
    published, _ = publish(empty_home, frames(ROWS))
    code = textwrap.dedent(_KILLED)
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(empty_home.path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert list(empty_home.releases.glob(".staging-*"))
    assert empty_home.open().id == published.release.id
    assert empty_home.open().verify() == []
    again, _ = publish(empty_home, frames(ROWS[:1]))
    assert empty_home.current() == again.release.id
    assert not list(empty_home.releases.glob(".staging-*"))


def test_releases_are_listed_newest_first(empty_home: Home) -> None:
    first, _ = publish(empty_home, frames(ROWS[:1]))
    time.sleep(1.1)
    second, _ = publish(empty_home, frames(ROWS[:2]))
    assert empty_home.release_ids() == [second.release.id, first.release.id]
