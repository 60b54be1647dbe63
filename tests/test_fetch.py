"""Fetching, from a real server: what is current is checked, pinned and built from; all else is refused."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.build import build, choose
from ingest.catalogue import Catalogue, read_catalogue
from ingest.current import Got, fetch_current, fetch_pinned
from ingest.fetch import Library, Network
from ingest.frames import FRAME_NAMES
from ingest.lock import NAME, FetchLock
from ingest.options import BuildOptions
from ingest.source import Inputs, Source, SourceFile, placed, read
from ingest.source_table import NOT_READ, left_out, table
from ingest.sources import SOURCES
from ingest.tables import read_bytes
from kg.errors import FetchError, IngestError
from kg.release import Home
from tests.mirrors import copy_of
from tests.web import Site

HGNC = "hgnc/hgnc_complete_set.txt.gz"
CLINGEN = "clingen/clingen_gene_disease_validity.txt.gz"
REACTOME = "reactome/ReactomePathways.gmt.gz"
BY_ID = {s.id: s for s in SOURCES}
PAGE = b"<!DOCTYPE html>\n<html><body>We have moved</body></html>\n"


def served(site: Site, *paths: str) -> Catalogue:
    """The catalogue with the current addresses of some files at the site, which has them."""
    catalogue, bundled = read_catalogue(), Library.bundled()
    for path in paths:
        site.files[path] = placed(bundled.root, path).read_bytes()
    return catalogue.with_files(
        replace(catalogue[path], current_url=site.url(path), current_note="") for path in paths
    )


def states(found: list[Got]) -> dict[str, str]:
    return {got.path: got.state for got in found}


# What is read, and where from


def test_every_file_of_the_catalogue_is_read_or_said_not_to_be() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    read_by = {f.path: s for s in SOURCES for f in s.files}
    for path in read_catalogue():
        if path not in read_by:
            line = next(x for x in readme.splitlines() if f"`{path}`" in x)
            assert line.endswith(NOT_READ[path])
            assert path in left_out()
    assert set(read_by) <= set(read_catalogue())
    assert not set(NOT_READ) & set(read_by)
    assert table().count("\n") == len(SOURCES) + 1


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.id)
def test_a_source_opens_each_of_its_files(
    source: Source, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is only declared would be as good as unread."""
    reason = library.absent(source)
    if reason:
        pytest.skip(f"{source.id}: {reason}")
    for file in source.files:
        shorten(placed(library.root, file.path), tmp_path / file.path, file)
    inputs, opened = Inputs(source, tmp_path, library.catalogue), set[str]()
    whole = Inputs.path

    def noted(self: Inputs, path: str) -> Path:
        opened.add(path)
        return whole(self, path)

    monkeypatch.setattr(Inputs, "has", lambda self, path: whole(self, path).exists())
    monkeypatch.setattr(Inputs, "path", noted)
    told = read(inputs).evidence
    flags = ("negated", "hypothesis_free", "first_public", "evidence_class", "licence")
    assert not any(told[flag].null_count() for flag in flags)
    there = {f.path for f in source.files if whole(inputs, f.path).exists()}
    assert there <= opened


def shorten(original: Path, target: Path, file: SourceFile) -> None:
    """The first lines of a table, and any other file whole."""
    if not original.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if not file.columns or file.path.endswith(".zip"):
        target.symlink_to(original.resolve())
        return
    content = read_bytes(original, file.path)
    lines = content.split(b"\n" if b"\n" in content else b"\r")
    content = b"\n".join(lines[:2_000]) + b"\n"
    target.write_bytes(gzip.compress(content, 1) if target.suffix == ".gz" else content)


def test_every_file_has_a_current_address_or_the_reason_why_not() -> None:
    for file in read_catalogue().values():
        assert file.current_url or file.current_note, file.path
        assert not file.current_url or re.match(r"https?://[\w.-]+/", file.current_url), file.path
        if file.replaceable:
            assert " " not in file.current_url
            assert not re.search(r"/[0-9a-f]{40}/", file.current_url), f"{file.path} is a commit"


def test_every_source_names_where_its_provider_is_now() -> None:
    catalogue = read_catalogue()
    frozen = [s.id for s in SOURCES if not any(catalogue[f.path].current_url for f in s.files)]
    assert frozen == ["homology_clusters", "trait_diseases"], "made by the project itself"


def test_the_readme_says_how_many_files_have_a_current_form() -> None:
    catalogue = read_catalogue()
    read_ones = {f.path for s in SOURCES for f in s.files if f.path in catalogue and "/" in f.path}
    renewed = sum(catalogue[path].replaceable for path in read_ones)
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert f"renews {renewed} of the {len(read_ones)} files" in readme


# Headers


RESPELLED = [(s, f) for s in SOURCES for f in s.files if f.headers or f.current]


@pytest.mark.parametrize(("source", "file"), RESPELLED, ids=[f.path for _, f in RESPELLED])
def test_a_current_header_gives_the_same_frames(
    source: Source, file: SourceFile, library: Library, tmp_path: Path
) -> None:
    inputs = copy_of(source, library, tmp_path)
    if not (tmp_path / file.path).exists():
        pytest.skip(f"{file.path} is not in this data")
    shift = rewritten(tmp_path / file.path, file)
    before = read(library.inputs(source))
    after = read(inputs)
    for name in FRAME_NAMES:
        old, new = getattr(before, name), getattr(after, name)
        if {"file", "line"} <= set(old.columns):
            moved = pl.col("line") + pl.when(pl.col("file") == file.path).then(shift).otherwise(0)
            old = old.with_columns(moved.cast(pl.Int64))
        assert unordered(old).equals(unordered(new)), name
    assert before.rows == after.rows > 0


def as_obo(terms: list[dict[str, Any]]) -> str:
    """Terms as the Gene Ontology writes `go.obo`, and an obsolete one among them."""
    out = ["format-version: 1.2", "ontology: go", "", "[Term]", "id: GO:0000005"]
    out += ["name: obsolete x", "namespace: molecular_function", "is_obsolete: true"]
    for term in terms:
        related = term.get("relations", {})
        out += ["", "[Term]", f"id: {term['id']}", f"name: {term['name']}"]
        out += [f"namespace: {term['namespace']}"]
        out += [f"alt_id: {other}" for other in term.get("alt_ids", [])]
        quoted = [s.replace('"', '\\"') for s in term.get("synonyms", [])]
        out += [f'synonym: "{text}" EXACT []' for text in quoted]
        out += [f"is_a: {parent} ! a name" for parent in related.get("is_a", [])]
        out += [f"relationship: regulates {p} ! a name" for p in related.get("regulates", [])]
        out += [f"relationship: part_of {p} ! a name" for p in related.get("part_of", [])]
    out += ["", "[Typedef]", "id: part_of", "name: part of", "namespace: external", ""]
    return "\n".join(out)


def test_the_gene_ontologys_own_file_gives_the_same_frames(
    library: Library, tmp_path: Path
) -> None:
    source, terms = BY_ID["gene_ontology"], "gene_ontology/go_2024-07.json.gz"
    inputs = copy_of(source, library, tmp_path)
    listed = json.loads(read_bytes(tmp_path / terms, terms))
    (tmp_path / terms).write_bytes(gzip.compress(as_obo(listed).encode(), 1))
    before = read(library.inputs(source))
    after = read(inputs)
    for name in ("nodes", "evidence", "aliases"):
        old, new = (getattr(frames, name).drop("line", strict=False) for frames in (before, after))
        assert len(old) > 1000
        assert unordered(old).equals(unordered(new)), name
    new = after.quarantine.filter(pl.col("reason") == "obsolete term")
    assert (len(new), len(after.quarantine)) == (1, len(before.quarantine) + 1)


def unordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(pl.all().exclude(pl.List(pl.String)), nulls_last=True)


def rewritten(path: Path, file: SourceFile) -> int:
    """Write a file as its provider does now; returns by how many lines its rows moved."""
    now, names = file.current or file.format, dict(file.headers)
    text = read_bytes(path, file.path).decode("utf-8")
    was = file.format
    lines = (
        list(
            csv.reader(io.StringIO(text, newline=""), delimiter=was.delimiter, quotechar=was.quote)
        )
        if was.quote
        else [line.split(was.delimiter) for line in text.splitlines()]
    )
    lines[0] = [names.get(name, name) for name in lines[0]]
    if now.header:
        lines = headless(lines, now.header)
    out = io.StringIO(newline="")
    for i in range(now.skip):
        out.write(f'"ABOVE THE HEADER {i}","",""\n')
    if now.quote:
        csv.writer(out, delimiter=now.delimiter, lineterminator="\n").writerows(lines)
    else:
        out.writelines(now.delimiter.join(line) + "\n" for line in lines)
    content = out.getvalue().encode()
    if path.suffix == ".zip":
        path.unlink()
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)
    return now.skip - bool(now.header)


def headless(lines: list[list[str]], header: tuple[str, ...]) -> list[list[str]]:
    """The rows under other columns and no header; clans without the prefix of an identifier."""
    places = [lines[0].index(name) if name in lines[0] else None for name in header]
    return [
        ["" if at is None else line[at].removeprefix("pfam.clan:") for at in places]
        for line in lines[1:]
    ]


def test_a_table_that_is_neither_is_refused_as_the_declared_one(tmp_path: Path) -> None:
    path = tmp_path / CLINGEN
    path.parent.mkdir()
    path.write_bytes(gzip.compress(b"one\ttwo\n1\t2\n"))
    with pytest.raises(IngestError, match="no column 'hgnc_id'"):
        read(Inputs(BY_ID["clingen"], tmp_path, read_catalogue()))


# fetch --current


def test_current_files_are_pinned_and_built_from(site: Site, tmp_path: Path) -> None:
    catalogue = served(site, HGNC, CLINGEN)
    mirror = tmp_path / "mirror"
    wanted = [BY_ID["hgnc"], BY_ID["clingen"]]
    assert states(fetch_current(wanted, mirror, catalogue)) == {HGNC: "current", CLINGEN: "current"}
    lock = FetchLock.read(mirror)
    today = datetime.now(UTC).date().isoformat()
    assert lock[HGNC].url == site.url(HGNC)
    assert (lock[HGNC].etag, lock[HGNC].bytes) == (
        f'"{len(site.files[HGNC])}"',
        len(site.files[HGNC]),
    )
    assert lock[HGNC].last_modified.startswith("Mon, 02 Nov")
    assert lock[HGNC].fetched.startswith(today)
    assert not [p for p in mirror.rglob("*") if ".fetch-" in p.name or p.name.endswith(".part")]

    report = build(
        Home(tmp_path / "home"),
        Library.mirror(mirror),
        BuildOptions(only=("clingen",), skip=("mondo",)),
    )
    told = {s["id"]: s for s in report.release.manifest["sources"]}
    assert told["clingen"]["version"] == f"current, fetched {today}"
    (file,) = told["clingen"]["files"]
    assert file["pinned"]
    assert file["sha256_content"] == lock[CLINGEN].sha256_content
    assert file["url"] == site.url(CLINGEN)


def test_what_is_locked_and_there_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    catalogue = served(site, CLINGEN, REACTOME)
    wanted = [BY_ID["clingen"], BY_ID["reactome"]]
    del site.files[REACTOME]
    first = states(fetch_current(wanted, tmp_path, catalogue))
    assert first == {CLINGEN: "current", REACTOME: "failed"}
    served(site, REACTOME)
    site.asked.clear()
    second = states(fetch_current(wanted, tmp_path, catalogue))
    assert second == {CLINGEN: "unchanged", REACTOME: "current"}
    assert site.asked == [REACTOME]
    (tmp_path / CLINGEN).write_bytes(b"damaged since")
    third = states(fetch_current(wanted, tmp_path, catalogue))
    assert third == {CLINGEN: "current", REACTOME: "unchanged"}


def test_a_locked_file_that_changed_is_refused(site: Site, tmp_path: Path) -> None:
    catalogue = served(site, HGNC, CLINGEN)
    fetch_current([BY_ID["hgnc"], BY_ID["clingen"]], tmp_path, catalogue)
    library = Library.mirror(tmp_path)
    assert library.digests(BY_ID["clingen"])
    content = gzip.decompress((tmp_path / CLINGEN).read_bytes())
    (tmp_path / CLINGEN).write_bytes(gzip.compress(content + b"\n"))
    with pytest.raises(FetchError, match="not the pinned file"):
        Library.mirror(tmp_path).digests(BY_ID["clingen"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (PAGE, "web page"),
        (gzip.compress(PAGE), "web page"),
        (b"", "is empty"),
        (gzip.compress(b"gene\tdisease\n1\t2\n"), "no column 'hgnc_id'"),
        (gzip.compress(b"hgnc_id\tmondo_disease_id\tclassification\n"), "no row of it is good"),
        (gzip.compress(b"x" * 9000)[:-9], "truncated or damaged"),
    ],
    ids=["page", "packed page", "empty", "other columns", "no rows", "cut gzip"],
)
def test_what_no_source_can_read_is_refused_and_leaves_the_old_file(
    body: bytes, said: str, site: Site, tmp_path: Path
) -> None:
    catalogue = served(site, CLINGEN)
    fetch_current([BY_ID["clingen"]], tmp_path, catalogue)
    before, lock = (tmp_path / CLINGEN).read_bytes(), (tmp_path / NAME).read_text()
    moved = site.url("moved")
    site.files["moved"] = body
    changed = catalogue.with_files([replace(catalogue[CLINGEN], current_url=moved)])
    (got,) = fetch_current([BY_ID["clingen"]], tmp_path, changed)
    assert got.state == "failed"
    assert said in got.said
    assert moved in got.said
    assert "\n" not in got.said
    assert (tmp_path / CLINGEN).read_bytes() == before
    assert (tmp_path / NAME).read_text() == lock
    assert {p.name for p in tmp_path.iterdir()} == {"clingen", NAME}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"graphs": [{"nodes": []}]}', "it is no json file"),
        (b'[{"id": "GO:0000001", "name": ', "line 1"),
        (b"[]", "no term"),
        (b"format-version: 1.2\nontology: go\n", "no term"),
    ],
    ids=["OBO graph", "cut", "no term", "no stanza"],
)
def test_an_ontology_that_no_source_can_read_is_refused(
    body: bytes, said: str, site: Site, tmp_path: Path
) -> None:
    path = "gene_ontology/go_2024-07.json.gz"
    only = Catalogue({path: served(site, path)[path]})
    site.files[path] = body
    (got,) = fetch_current([BY_ID["gene_ontology"]], tmp_path, only)
    assert got.state == "failed"
    assert said in got.said
    assert not (tmp_path / path).exists()


def test_half_a_body_is_refused(site: Site, tmp_path: Path) -> None:
    catalogue = served(site, CLINGEN)
    site.short.add(CLINGEN)
    (got,) = fetch_current([BY_ID["clingen"]], tmp_path, catalogue)
    assert (got.state, got.said.count("\n")) == ("failed", 0)
    assert re.search(r"ended after [\d,]+ of [\d,]+ bytes", got.said)
    assert not (tmp_path / CLINGEN).exists()
    assert not FetchLock.read(tmp_path)


def test_a_file_that_is_gone_says_so(site: Site, tmp_path: Path) -> None:
    catalogue = served(site, CLINGEN)
    site.files.clear()
    (got,) = fetch_current([BY_ID["clingen"]], tmp_path, catalogue)
    assert got.said == f"{site.url(CLINGEN)} answers 404 Not Found; is it still there?"


def test_other_column_names_of_the_provider_are_read(site: Site, tmp_path: Path) -> None:
    catalogue = served(site, CLINGEN)
    above = b'"CLINGEN GENE DISEASE VALIDITY CURATIONS","",""\n' + b'"x","",""\n' * 3
    site.files[CLINGEN] = (
        above
        + b'"GENE SYMBOL","GENE ID (HGNC)","DISEASE LABEL","DISEASE ID (MONDO)","CLASSIFICATION"\n'
        b'"+++++++","+++++++","+++++++","+++++++","+++++++"\n'
        b'"CFTR","HGNC:1884","cystic fibrosis","MONDO:0009061","Definitive"\n'
    )
    assert states(fetch_current([BY_ID["clingen"]], tmp_path, catalogue)) == {CLINGEN: "current"}
    library = Library.mirror(tmp_path)
    (row,) = read(library.inputs(BY_ID["clingen"])).evidence.to_dicts()
    assert (row["subject"], row["object"], row["line"]) == ("HGNC:1884", "MONDO:0009061", 7)
    assert row["release"].startswith("current, fetched ")


def test_a_server_that_does_not_answer_is_asked_once(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    catalogue = read_catalogue()
    dead = catalogue.with_files(
        replace(catalogue[p], current_url=f"{address}/{p}", current_note="")
        for p in (HGNC, CLINGEN)
    )
    asked = Asked()
    found = fetch_current([BY_ID["hgnc"], BY_ID["clingen"]], tmp_path, dead, network=asked)
    assert [got.state for got in found] == ["failed", "failed"]
    assert all("check the network" in got.said and "\n" not in got.said for got in found)
    assert asked.silent == 1
    assert not list(tmp_path.iterdir())


class Asked(Network):
    """A network that tells how many servers were found silent."""

    @property
    def silent(self) -> int:
        return len(self._silent)


def test_files_without_a_current_form_are_taken_as_pinned(site: Site, tmp_path: Path) -> None:
    bundled = Library.bundled()
    path = "mondo/mondo_is_a_2024-07.tsv.gz"
    site.files[path] = placed(bundled.root, path).read_bytes()
    file = replace(read_catalogue()[path], url=site.url(path), current_note="made from others")
    pinned = replace(file, sha256_content=bundled.catalogue[path].sha256_content)
    only = Catalogue({path: pinned})
    (got,) = fetch_current([BY_ID["mondo"]], tmp_path, only)
    assert (got.state, got.said) == ("pinned", file.current_note)
    assert (tmp_path / path).exists()
    assert not FetchLock.read(tmp_path)
    wrong = Catalogue({path: replace(pinned, sha256_content="0" * 64)})
    (got,) = fetch_current([BY_ID["mondo"]], tmp_path / "other", wrong)
    assert got.state == "failed"
    assert "other content than pinned" in got.said


def test_pinned_files_do_not_mix_with_current_ones(site: Site, tmp_path: Path) -> None:
    catalogue = served(site, CLINGEN)
    fetch_current([BY_ID["clingen"]], tmp_path, catalogue)
    with pytest.raises(FetchError, match="give another folder, or --current"):
        fetch_pinned([BY_ID["clingen"]], tmp_path, catalogue)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 9, "files": {}}',
        '{"format": 1, "files": {"a": {"url": "u"}}}',
        '{"format": 1, "files": {"a": 3}}',
    ],
)
def test_a_damaged_lock_is_an_error_that_names_it(text: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(FetchError, match=re.escape(str(tmp_path / NAME))):
        Library.mirror(tmp_path)


def test_a_lock_of_an_unknown_file_is_refused(tmp_path: Path) -> None:
    row = {
        "url": "u",
        "sha256": "0" * 64,
        "sha256_content": "0" * 64,
        "bytes": 1,
        "fetched": "2026-11-02T10:00:00+00:00",
    }
    (tmp_path / NAME).write_text(json.dumps({"format": 1, "files": {"no/such": row}}))
    with pytest.raises(FetchError, match="no/such, which is in no catalogue"):
        Library.mirror(tmp_path)


def test_without_a_network_each_file_says_so_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "api.cli", "fetch", str(tmp_path), "--current"]
    command += ["--source", "hgnc", "--source", "clingen"]
    nowhere = {f"{s}_proxy": "http://127.0.0.1:9" for s in ("http", "https")}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parent.parent,
        env={"PATH": "/usr/bin:/bin", **nowhere},
    )
    assert done.returncode == 1
    assert done.stdout == ""
    failed = [line for line in done.stderr.splitlines() if "check the network" in line]
    assert len(failed) == 2
    assert done.stderr.splitlines()[-1] == f"0 of 2 files in {tmp_path}"
    assert "Traceback" not in done.stderr


def test_own_tables_are_not_fetched_and_a_file_without_address_says_where_its_like_is(
    tmp_path: Path,
) -> None:
    whole = read_catalogue()
    assert fetch_pinned([BY_ID["trait_diseases"]], tmp_path, whole) == []
    (got,) = fetch_pinned([BY_ID["clinvar_conditions"]], tmp_path, whole)
    assert got.state == "failed"
    assert whole[got.path].current_url in got.said
    assert "use a mirror that has it" in got.said


def test_a_mirror_with_only_what_was_fetched_says_what_it_lacks(site: Site, tmp_path: Path) -> None:
    catalogue = served(site, HGNC)
    fetch_current([BY_ID["hgnc"]], tmp_path, catalogue)
    library = Library.mirror(tmp_path)
    with pytest.raises(IngestError, match=r"mondo can't be read: .* is not in .* --skip mondo"):
        choose(library, BuildOptions())
    present, absent = choose(library, BuildOptions(only=("hgnc",), skip=("mondo",)))
    assert [s.id for s in present] == ["hgnc"]
    assert absent["mondo"] == "left out by --only or --skip"
