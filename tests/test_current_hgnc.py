"""HGNC's gene groups as the tables of its database, fetched as several files kept as one archive."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars import col

from ingest.archives import addresses
from ingest.build import build
from ingest.catalogue import read_catalogue
from ingest.current import fetch_current
from ingest.fetch import Library
from ingest.genes import HGNC_TABLE, hgnc_table
from ingest.lock import FetchLock
from ingest.options import BuildOptions
from ingest.source import placed, read_either
from kg.digest import digest
from kg.errors import FetchError, TableError
from kg.release import Home
from tests.mirrors import alike, mirrored, tabbed
from tests.provider_files import BY_ID, at_lines, frames_with, own_table, same, served, url
from tests.test_archives import with_sum

GROUPS = "hgnc/hgnc_gene_groups_2025.tsv.gz"
MEMBERS = "hgnc/hgnc_gene_families.tsv.gz"
SOURCE = BY_ID["hgnc_families"]
FAMILY = (
    "id", "abbreviation", "name", "external_note", "pubmed_ids", "desc_comment", "desc_label",
    "desc_source", "desc_go", "typical_gene",
)  # fmt: skip
HIERARCHY = ("parent_fam_id", "child_fam_id")
ALIAS = ("id", "family_id", "alias")


def quoted(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as HGNC writes it: every field between quotes."""
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def family(number: str, short: str, name: str, definition: str) -> list[str]:
    """A group, with NULL for what there is none of."""
    return [number, short, name, "NULL", "NULL", definition or "NULL", *["NULL"] * 3, "BRAF"]


def database(rows: Iterable[dict[str, str]]) -> dict[str, str]:
    """Pinned rows as three tables; some abbreviations are NULL and their synonym an alias."""
    groups, links, aliases = [], [], []
    for n, row in enumerate(rows):
        number, others = row["identifier"], row["synonyms"].split("|") if row["synonyms"] else []
        short = others.pop(n % len(others)) if others and n % 3 else ""
        short = short or ("NULL" if n % 2 else "")
        groups.append(family(number, short, row["name"], row["definition"]))
        aliases += [[str(len(aliases)), number, other] for other in reversed(others)]
        above = [p.removeprefix("hgnc.genegroup:") for p in row["parents"].split("|")]
        links += [[parent, number] for parent in reversed(above) if parent.isdigit()]
    return {
        "family.csv": quoted(FAMILY, groups),
        "hierarchy.csv": quoted(HIERARCHY, links),
        "family_alias.csv": quoted(ALIAS, reversed(aliases)),
    }


def packed(tables: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in tables.items():
            archive.writestr(name, text)
    return out.getvalue()


def bodies(tables: dict[str, str]) -> dict[str, bytes]:
    return {address: tables[n].encode() for n, address in addresses(url(GROUPS)).items()}


FEW = {
    "family.csv": quoted(
        FAMILY,
        [
            family("3", "FSCN", 'Fascins, "so called"', "two\nlines"),
            family("16", "", "Cadherins", ""),
            family("17", "CDH", "Major cadherins", ""),
            family("3", "", "Fascins again", ""),
            family("x", "", "no number", ""),
        ],
    ),
    "hierarchy.csv": quoted(
        HIERARCHY, [["16", "17"], ["99", "17"], ["16", "98"], ["16", "16"], ["16", "17"]]
    ),
    "family_alias.csv": quoted(
        ALIAS, [["1", "17", "classical cadherins"], ["2", "97", "none"], ["3", "16", "NULL"]]
    ),
}


def test_hgncs_tables_give_the_same_frames(library: Library, tmp_path: Path) -> None:
    """But for a synonym that the pinned table has twice or with a blank before it (3 groups)."""
    rows = mirrored(library, tmp_path, "hgnc_families", GROUPS).rows(GROUPS)
    tables = database(rows)
    old, new = frames_with(SOURCE, library, tmp_path, {GROUPS: packed(tables)})
    ends = list(csv_lines(tables["family.csv"]))
    ordered = col("synonyms").list.unique().list.sort()
    assert len(old.nodes.filter(ordered != col("synonyms"))) == 3
    old = replace(old, nodes=old.nodes.with_columns(synonyms=ordered))
    same(old, new, at_lines(GROUPS, dict(enumerate(ends, 2))))
    parents = new.evidence.filter(file=GROUPS)
    assert len(new.nodes) > 1500
    assert len(parents) > 1000


def csv_lines(text: str) -> Iterable[int]:
    """The line on which each row below the header begins."""
    line = 1 + text.split("\n")[0].count("\n")
    for record in list(csv.reader(io.StringIO(text, newline="")))[1:]:
        line += 1
        yield line
        line += sum(field.count("\n") for field in record)


def test_odd_rows_are_set_aside_with_their_table_and_line(tmp_path: Path) -> None:
    cut = FEW | {"family_alias.csv": FEW["family_alias.csv"] + '"4","16"\n'}
    table = own_table(GROUPS, tmp_path, packed(cut))
    told = table.rows.select("identifier", "name", "definition", "synonyms", "parents", "line")
    assert told.rows() == [
        ("3", 'Fascins, "so called"', "two\nlines", "FSCN", "so:0005855", 2),
        ("16", "Cadherins", "", "", "so:0005855", 4),
        ("17", "Major cadherins", "", "CDH|classical cadherins", "hgnc.genegroup:16", 5),
        ("x", "no number", "", "", "so:0005855", 7),
    ]
    assert sorted(table.bad.rows()) == [
        (GROUPS, 3, "family_alias.csv: alias of no group of family.csv"),
        (GROUPS, 3, "hierarchy.csv: parent is no group of family.csv"),
        (GROUPS, 4, "family_alias.csv: alias is empty"),
        (GROUPS, 4, "hierarchy.csv: child is no group of family.csv"),
        (GROUPS, 5, "family_alias.csv: wrong number of fields"),
        (GROUPS, 5, "hierarchy.csv: group is its own parent"),
        (GROUPS, 6, "family.csv: group is there twice"),
    ]


def test_what_is_set_aside_is_in_the_quarantine(library: Library, tmp_path: Path) -> None:
    old, new = frames_with(SOURCE, library, tmp_path, {GROUPS: packed(FEW)})
    told = new.quarantine.filter(file=GROUPS)
    assert (len(told), len(told.filter(reason="group is not a number"))) == (7, 1)
    assert not old.quarantine.filter(file=GROUPS, reason="group is not a number").height


def spoiled(content: bytes) -> bytes:
    """Another byte within the first table."""
    return content.replace(b"Fascins", b"Fascinz", 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed({n: t for n, t in FEW.items() if n != "hierarchy.csv"}), "holds no hierarchy.csv"),
        (packed(FEW | {"hierarchy.csv": quoted(("a", "b"), [])}), "hierarchy.csv has no column"),
        (packed(FEW | {"family_alias.csv": ""}), "family_alias.csv is empty"),
        (packed(FEW | {"family.csv": "<!DOCTYPE html>\n"}), "family.csv has no column 'id'"),
        (packed(FEW)[:-40], "truncated or damaged"),
        (spoiled(packed(FEW)), "family.csv is damaged"),
        (with_sum(packed(FEW), b"\0\0\0\0"), "family.csv is damaged"),
        (packed({"other.csv": "a,b\n1,2\n"}), "no column 'identifier'"),
        (packed({"a.csv": "a,b\n1,2\n", "b.csv": "a,b\n"}), "holds 2 files, 2 of them tables"),
    ],
    ids=[
        "table missing",
        "other columns",
        "empty",
        "page",
        "cut",
        "byte",
        "sum",
        "other",
        "others",
    ],
)
def test_a_damaged_archive_of_tables_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=rf"^{GROUPS}.*{said}|^{said}"):
        own_table(GROUPS, tmp_path, content)


# Memberships


def test_direct_memberships_give_the_same_frames(library: Library, tmp_path: Path) -> None:
    """The pinned list's direct ones by HGNC's number: the gene is another name of the same one."""
    mirror = mirrored(library, tmp_path, "hgnc_families", MEMBERS)
    table = read_either(placed(library.root, HGNC_TABLE), hgnc_table("entrez_id")).rows
    numbers = table.filter(status="Approved").select("entrez_id", "hgnc_id").rows()
    hgnc_of = {f"NCBIGene:{entrez}": hgnc for entrez, hgnc in numbers if entrez}
    rows = [r for r in mirror.rows(MEMBERS) if "NCBIGene:" + r["entrez_gene_id"] in hgnc_of]
    direct = [r for r in rows if r["leaf"] == "1"]
    mirror.write(MEMBERS, tabbed([direct[0].keys(), *(r.values() for r in direct)]))
    before = mirror.read()
    now = [
        [hgnc_of["NCBIGene:" + r["entrez_gene_id"]].removeprefix("HGNC:"), r["family_id"]]
        for r in direct
    ]
    mirror.write(MEMBERS, quoted(("hgnc_id", "family_id"), now))
    after = mirror.read()
    renamed = col("subject").replace(hgnc_of)
    old = before.evidence.with_columns(pl.when(file=MEMBERS).then(renamed).otherwise("subject"))
    assert alike(old, after.evidence)
    assert len(after.evidence.filter(file=MEMBERS)) > 10_000
    assert after.nodes.equals(before.nodes)
    assert after.quarantine.equals(before.quarantine)
    assert after.quarantine.filter(file=MEMBERS)["reason"].unique().to_list() == [
        "no longer a member in HGNC"
    ]


def test_odd_memberships_are_set_aside(library: Library, tmp_path: Path) -> None:
    mirror = mirrored(library, tmp_path, "hgnc_families", MEMBERS)
    lines = quoted(("hgnc_id", "family_id"), [["11148", "3"], ["FSCN1", "3"], ["11148", "9999"]])
    mirror.write(MEMBERS, lines + '"11148"\n')
    frames = mirror.read()
    (row,) = frames.evidence.filter(file=MEMBERS).to_dicts()
    assert (row["subject"], row["object"], row["line"]) == ("HGNC:11148", "HGNC.FAMILY:3", 2)
    told = frames.quarantine.filter(file=MEMBERS).select("line", "reason")
    assert sorted(told.rows()) == [
        (3, "gene is not an HGNC number"),
        (4, "no longer a member in HGNC"),
        (5, "wrong number of fields"),
    ]
    assert "no column" in mirror.refused(MEMBERS, lines.replace("hgnc_id", "gene_id"))


# Addresses of several files


def test_several_files_are_kept_as_one_archive_and_locked(tmp_path: Path) -> None:
    got = [served(tmp_path / name, SOURCE, bodies(FEW)) for name in ("one", "two")]
    assert got == [{GROUPS: "current"}] * 2
    first, second = (tmp_path / name / GROUPS for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == list(FEW)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("hierarchy.csv") == FEW["hierarchy.csv"].encode()
    locked = FetchLock.read(tmp_path / "one")[GROUPS]
    (tmp_path / "table").write_text(FEW["hierarchy.csv"])
    assert list(locked.parts) == list(FEW)
    assert locked.parts["hierarchy.csv"] == digest(tmp_path / "table")
    assert locked.sha256 == locked.sha256_content == digest(first)
    assert locked.url == url(GROUPS)
    assert served(tmp_path / "one", SOURCE, bodies(FEW)) == {GROUPS: "unchanged"}


def test_a_locked_archive_is_built_from_and_no_other(library: Library, tmp_path: Path) -> None:
    served(tmp_path, SOURCE, bodies(FEW))
    for file in (HGNC_TABLE, MEMBERS):
        (tmp_path / file).write_bytes(placed(library.root, file).read_bytes())
    options = BuildOptions(only=("hgnc_families",), skip=("mondo",))
    mirror = Library.mirror(tmp_path, accept_changed=True)
    report = build(Home(tmp_path / "home"), mirror, options)
    told = {s["id"]: s for s in report.release.manifest["sources"]}["hgnc_families"]
    assert next(f for f in told["files"] if f["path"] == GROUPS)["pinned"]
    (tmp_path / GROUPS).write_bytes(packed(FEW | {"hierarchy.csv": quoted(HIERARCHY, [])}))
    only = replace(SOURCE, files=tuple(f for f in SOURCE.files if f.path == GROUPS))
    with pytest.raises(FetchError, match="not the pinned file"):
        Library.mirror(tmp_path).digests(only)


@pytest.mark.parametrize("name", FEW)
def test_one_part_that_fails_leaves_what_was_there(name: str, tmp_path: Path) -> None:
    served(tmp_path, SOURCE, bodies(FEW))
    before, lock = (tmp_path / GROUPS).read_bytes(), FetchLock.read(tmp_path)
    only = replace(SOURCE, files=tuple(f for f in SOURCE.files if f.path == GROUPS))
    (tmp_path / GROUPS).write_bytes(before + b" ")
    told = served(tmp_path, only, bodies(FEW | {name: "<!DOCTYPE html>\n<html></html>\n"}))
    assert told[GROUPS].startswith(f"failed {url(GROUPS)} can't stand for {GROUPS}")
    assert f"{name} has no column" in told[GROUPS]
    gone = read_catalogue().with_files(
        [replace(read_catalogue()[GROUPS], current_url="http://127.0.0.1:9/{a,b}.csv")]
    )
    (got,) = fetch_current([only], tmp_path, gone)
    assert (got.state, "check the network" in got.said) == ("failed", True)
    assert (tmp_path / GROUPS).read_bytes() == before + b" "
    assert FetchLock.read(tmp_path).files == lock.files
    assert {p.name for p in tmp_path.iterdir()} == {"hgnc", "fetch.lock.json"}


@pytest.mark.parametrize(
    "address",
    ["https://a.org/{b}", "https://a.org/{b,b}", "https://a.org/{b,}", "https://a.org/{b,c}/{d,e}",
     "https://a.org/{b,c}/x.csv", "https://a.org/{b,c", "https://a.org/b", "https://a.org/{b c,d}"],
)  # fmt: skip
def test_braces_that_name_no_several_files_are_refused(address: str) -> None:
    with pytest.raises(FetchError, match="names no several files"):
        addresses(address)


def test_every_address_with_braces_can_be_read() -> None:
    several = [f for f in read_catalogue().values() if "{" in f.current_url]
    assert [f.path for f in several] == [GROUPS]
    assert list(addresses(several[0].current_url)) == list(FEW)
