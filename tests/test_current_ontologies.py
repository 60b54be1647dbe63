"""Ontologies and trees as their providers write them now: the same rows give the same frames."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl
import pytest
from polars import col

from ingest.entry_tree import read_entry_tree
from ingest.fetch import Library
from ingest.merged_terms import read_merged
from ingest.obo import is_obo, read_obo
from ingest.source import SourceFile, placed, read_either
from ingest.sources.cross_references import EFO_XREFS
from ingest.sources.disease_ontology import JSON as DOID
from ingest.sources.efo import EDGES, LABELS, SYNONYMS
from ingest.sources.interpro import CLAN_NAMES, PARENTS
from ingest.sources.mondo import IS_A, JSON, TERMS
from ingest.sources.mouse import IS_A as MP_IS_A
from ingest.sources.mouse import TERMS as MP_TERMS
from ingest.sources.mouse import TOP_2026
from ingest.stockholm import read_clans
from ingest.tables import Table, read_table
from kg.errors import TableError
from tests.current_files import (
    DECLARED,
    HEADER,
    Current,
    alike,
    grouped,
    obo,
    quarantined,
    split,
    stanza,
    unordered,
)


@pytest.fixture
def current(library: Library, tmp_path: Path) -> Current:
    return Current(library, tmp_path)


# EFO


def efo_obo(current: Current, *, properties: bool) -> str:
    """The four pinned tables as one `efo.obo`; terms under owl:Thing alone are obsolete there.

    Properties, which have no parents, have synonyms and cross references in the tables.
    """
    parents = grouped(current.rows(EDGES), "Subject", "Object")
    names = dict(current.rows(LABELS).select("Subject", "Object").iter_rows())
    synonyms = grouped(current.rows(SYNONYMS), "Subject", "Object")
    xrefs: dict[str, list[str]] = {}
    if placed(current.library.root, EFO_XREFS).exists():
        xrefs = grouped(current.rows(EFO_XREFS), "Subject", "Object")
    others = [*synonyms, *xrefs] if properties else []
    terms = dict.fromkeys([*parents, *others])
    return obo(
        stanza(
            term,
            names.get(term, ""),
            synonyms=synonyms.get(term, ()),
            xrefs=xrefs.get(term, ()),
            parents=[p for p in parents.get(term, ()) if p != "owl:Thing"],
            obsolete=parents.get(term) == ["owl:Thing"] and term not in names,
        )
        for term in terms
    )


def test_efo_obo_gives_the_frames_of_its_tables(current: Current) -> None:
    text = efo_obo(current, properties=False)
    before, after = current.both("efo", dict.fromkeys((EDGES, LABELS, SYNONYMS), text))
    alike(before, after, "nodes", "evidence", "aliases")
    unread = ("wrong number of fields",)
    added = ("obsolete term", "term has no name")
    assert quarantined(before, *unread) == quarantined(after, *unread, *added)


def test_efo_obo_gives_the_cross_references_of_its_table(current: Current) -> None:
    rows = current.rows(EFO_XREFS)
    before, after = current.both("cross_references", {EFO_XREFS: efo_obo(current, properties=True)})
    alike(before, after, "aliases")
    assert quarantined(before) == quarantined(after)
    assert len(rows) == len(read_either(current.root / EFO_XREFS, DECLARED[EFO_XREFS]).rows)


# Mouse phenotypes


def test_mp_obo_gives_the_frames_of_its_tables(current: Current) -> None:
    parents = grouped(current.rows(MP_IS_A), "mp_id", "parent_mp_id")
    text = obo(
        stanza(
            row["mp_id"],
            row["label"],
            synonyms=split(row["synonyms"]),
            alts=split(row["alt_ids"]),
            parents=parents.get(row["mp_id"], ()),
            obsolete=row["obsolete"] == "1",
            replaced_by=row["replaced_by"],
        )
        for row in current.rows(MP_TERMS).iter_rows(named=True)
    )
    before, after = current.both("mouse", {MP_TERMS: text, MP_IS_A: text})
    alike(before, after, "nodes", "evidence", "aliases", "facts", "labels")
    assert (before.rows, quarantined(before)) == (after.rows, quarantined(after))


def test_mgis_report_gives_the_systems_of_its_table_by_the_ncbis_numbers(
    current: Current,
) -> None:
    current.rows(TOP_2026)
    columns = ("human_symbol", "human_entrez", "mouse_symbol", "mgi_id", "top_level_mp", "hgnc_id")
    table = read_table(placed(current.library.root, TOP_2026), columns)
    report = "".join(
        "\t".join([*row[:4], ", ".join(split(row[4])), "\n"]) for row in table.rows.iter_rows()
    )
    assert "\tMP:0005367, MP:0005369, MP:" in report
    before, after = current.both("mouse", {TOP_2026: report + "A1BG\t1\tA1bg\n"})
    pairs = table.rows.select("hgnc_id", new="NCBIGene:" + col("human_entrez"), line="line")
    old = before.evidence.filter(col("file") == TOP_2026).join(
        pairs, left_on=["subject", "line"], right_on=["hgnc_id", "line"], maintain_order="left"
    )
    expected = old.with_columns(subject="new", line=col("line") - 1).drop("new")
    new = after.evidence.filter(col("file") == TOP_2026)
    unnumbered = table.rows.filter(col("hgnc_id") == "")["line"] - 1
    numbered = new.filter(~col("line").is_in(unnumbered.implode()))
    assert len(expected) > 50_000
    assert unordered(expected.rename({"line": "row"})).equals(
        unordered(numbered.rename({"line": "row"}))
    )
    assert (TOP_2026, table.n_lines + 1, "wrong number of fields") in after.quarantine.rows()


# MONDO and the Disease Ontology


def test_mondo_obo_gives_the_frames_of_its_three_files(current: Current) -> None:
    parents = grouped(current.rows(IS_A), "child", "parent")
    alts = {f"MONDO:{term['id']}": term.get("alt_ids", []) for term in current.terms(JSON)}
    terms = [
        stanza(
            row["id"],
            row["label"],
            synonyms=split(row["synonyms"]),
            xrefs=split(row["xrefs"]),
            alts=[f"MONDO:{old}" for old in alts.get(row["id"], [])],  # type: ignore[attr-defined]
            parents=parents.get(row["id"], ()),
        )
        for row in current.rows(TERMS).iter_rows(named=True)
    ]
    foreign = stanza("http://identifiers.org/hgnc/10004", "RGS9", parents=["SO:0000704"])
    gone = stanza("MONDO:0999998", "obsolete x", obsolete=True)
    moved = stanza("MONDO:0999999", "obsolete y", obsolete=True, replaced_by="MONDO:0000001")
    text = obo([*terms, foreign, gone, moved])
    before, after = current.both("mondo", dict.fromkeys((TERMS, IS_A, JSON), text))
    alike(before, after, "nodes", "evidence", "facts")
    old = pl.concat([before.aliases, after.aliases]).unique(keep="none")
    assert old.select("alias", "id").rows() == [("MONDO:0999999", "MONDO:0000001")]
    new = after.quarantine.join(before.quarantine, on=["file", "reason"], how="anti")
    assert sorted(new.group_by("file", "reason").len().rows()) == [
        (JSON, "obsolete term", 1),
        (JSON, "term is not a MONDO id", 1),
        (IS_A, "child is not a MONDO id", 1),
        (IS_A, "obsolete term", 2),
        (TERMS, "obsolete term", 2),
        (TERMS, "term is not a MONDO id", 1),
    ]


def test_doid_obo_gives_the_frames_of_its_json(current: Current) -> None:
    terms = [
        stanza(str(term["id"]), str(term["name"]), alts=term.get("alt_ids", ()))  # type: ignore[arg-type]
        for term in current.terms(DOID)
    ]
    gone = stanza("DOID:1000001", "obsolete x", obsolete=True, alts=["DOID:1000009"])
    moved = stanza("DOID:1000002", "obsolete y", obsolete=True, replaced_by="DOID:4")
    before, after = current.both("disease_ontology", {DOID: obo([*terms, gone, moved])})
    alike(before, after, "nodes", "evidence")
    old = pl.concat([before.aliases, after.aliases]).unique(keep="none")
    assert old.select("alias", "id").rows() == [("DOID:1000002", "DOID:4")]
    assert [q for q in quarantined(after) if q[0] == DOID] == [(DOID, "obsolete term", 1)]


def test_the_hierarchy_of_doid_obo_tells_which_statements_follow(current: Current) -> None:
    """DISEASES repeats a statement for broader diseases; those are known by the same hierarchy."""
    terms = [
        stanza(
            str(term["id"]),
            str(term["name"]),
            parents=term.get("relations", {}).get("is_a", ()),  # type: ignore[attr-defined]
        )
        for term in current.terms(DOID)
    ]
    before, after = current.both("diseases_knowledge", {DOID: obo(terms)})
    alike(before, after, "evidence")
    bare = [term.replace("is_a: ", "xref: ") for term in terms]
    _, flat = current.both("diseases_knowledge", {DOID: obo(bare)})
    assert len(flat.evidence) > len(after.evidence) > 1000, "broader diseases stay without it"


# InterPro and Pfam


def tree(rows: pl.DataFrame) -> str:
    """Entries with a parent or a child as InterPro's tree; a shared one is written once."""
    first = col("parents").str.split("|").list.first().str.strip_prefix("interpro:")
    above = rows.select("identifier", "name", parent=first)
    children = grouped(above, "parent", "identifier")
    names = dict(above.select("identifier", "name").iter_rows())
    out = list[str]()

    def write(entry: str, depth: int) -> None:
        out.append(f"{'--' * depth}{entry}::{names[entry]}::\n")
        for child in children.get(entry, ()):
            write(child, depth + 1)

    for top in children[""]:
        if top in children:
            write(top, 0)
    return "".join(out)


def test_the_tree_of_interpro_gives_the_hierarchy_of_its_table(current: Current) -> None:
    rows = current.rows(PARENTS)
    before, after = current.both("interpro", {PARENTS: tree(rows)})
    alike(before, after, "evidence")
    old, new = (f.nodes.drop("name").sort("id") for f in (before, after))
    assert old.equals(new)
    named = before.nodes.join(after.nodes, on="id")
    other = named.filter(col("name") != col("name_right"))
    in_tree = set(re.findall(r"IPR\d{6}", tree(rows)))
    assert not in_tree & set(other["id"].str.strip_prefix("InterPro:"))
    assert len(other) < 0.1 * len(named)
    top = col("parents") == ""
    converted = read_either(current.root / PARENTS, DECLARED[PARENTS])
    assert converted.rows.filter(~top).height == rows.filter(~top).height
    assert converted.bad.is_empty()


def test_pfam_c_gives_the_clans_of_its_table(current: Current) -> None:
    records = [
        f"# STOCKHOLM 1.0\n#=GF ID   {name}\n#=GF AC   {clan}.{i}\n#=GF DE   It: a {name}; AC\n"
        "#=GF AU   Bateman A;0000-0002-6982-4660\n#=GF CC   ID lines\n#=GF MB   PF00008;\n//\n"
        for i, (clan, name) in enumerate(
            current.rows(CLAN_NAMES).select("identifier", "name").iter_rows()
        )
    ]
    before, after = current.both("interpro", {CLAN_NAMES: "".join(records)})
    alike(before, after, "nodes", "evidence")
    assert quarantined(before) == quarantined(after)
    again = read_either(current.root / CLAN_NAMES, DECLARED[CLAN_NAMES])
    assert again.rows["line"].to_list() == [8 * i + 3 for i in range(len(again.rows))]


# Damage

TERM = stanza("EFO:0000400", "diabetes", synonyms=["DM"], xrefs=["X:1"], parents=["EFO:0000408"])
TERM = TERM.replace("EFO:0000400", "MONDO:0000400")


def convert(path: Path, declared: SourceFile, text: bytes) -> Table:
    path.write_bytes(text)
    return read_either(path, declared)


OBO_TABLES = [EDGES, LABELS, SYNONYMS, EFO_XREFS, MP_TERMS, MP_IS_A, TERMS, IS_A]


@pytest.mark.parametrize("name", OBO_TABLES)
def test_damage_of_an_ontology_is_told(name: str, tmp_path: Path) -> None:
    declared, place = DECLARED[name], tmp_path / "file"
    whole = obo([TERM, TERM.replace("0000400", "0000401")])
    assert len(convert(place, declared, whole.encode()).rows) == 2
    assert {*convert(place, declared, whole.encode()).rows.columns} == {*declared.columns, "line"}
    packed = gzip.compress(obo(TERM.replace("400", str(i)) for i in range(100, 999)).encode())
    refused: Iterable[tuple[bytes, str]] = (
        (packed[: len(packed) // 2], "truncated or damaged"),
        (HEADER.encode(), "holds no term"),
        (b'{"graphs": []}\n', "has no column"),
        (whole.replace("diabetes", "diab\x00tes").encode(), "line 10 holds a NUL byte"),
        (whole.replace("diabetes", "diab\xe9tes").encode("latin-1"), "line 10 is not UTF-8"),
    )
    for text, said in refused:
        with pytest.raises(TableError, match=said):
            convert(place, declared, text)
    broken = convert(place, declared, whole.replace("id: MONDO:0000401", "id MONDO").encode())
    line = whole.split("\n").index("[Term]", 9) + 1
    assert broken.bad.rows() == [(name, line, "line is no tag and value")]
    assert len(broken.rows) == 1


def test_the_kind_of_a_file_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    whole = obo(stanza(f"DOID:{i * 7919 % 1000003}", f"name {i}") for i in range(2000)).encode()
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(whole)[:-200])
    assert is_obo(cut, "it")
    for reader in (read_obo, read_merged):
        with pytest.raises(TableError, match="it is truncated or damaged"):
            reader(cut, "it")
    (tmp_path / "marked").write_bytes(b"\xef\xbb\xbf" + whole)
    assert is_obo(tmp_path / "marked", "it")
    (tmp_path / "no.gz").write_bytes(b"\x1f\x8bnothing")
    with pytest.raises(TableError, match="it is truncated or damaged"):
        is_obo(tmp_path / "no.gz", "it")


def test_an_escaped_text_is_read_as_it_was(tmp_path: Path) -> None:
    name, synonym = 'rac-{2,6-"x"} \\ y', "a|b (c) [d] \\{"
    place = tmp_path / "file"
    text = obo(
        [stanza("MP:0000001", name, synonyms=[synonym], xrefs=["A B:1,2", "X:a:b", "plain"])]
    )
    place.write_text(text)
    (row,) = read_obo(place, "it").rows.to_dicts()
    assert (row["name"], row["synonyms"]) == (name, [synonym])
    assert row["xrefs"] == ["A B:1,2", "X:a:b", "plain"]
    (row,) = read_either(place, DECLARED[MP_TERMS]).rows.to_dicts()
    assert row["synonyms"] == "a¦b (c) [d] \\{"


TREE = b"""IPR000008::C2 domain::
--IPR002420::PI3K type, C2::
------IPR000010::A level is left out::
--IPR014020::Tensin phosphatase, C2 domain::
---IPR000011::Odd::
----IPR000012::Below a line that is none::
----IPR00:: ::
IPR000013::Top, again::
----IPR000014::Deeper at once::
IPR000008::C2 domain::
--IPR000015::Cut of
"""


def test_damaged_lines_of_the_tree_are_set_aside(tmp_path: Path) -> None:
    place = tmp_path / "tree"
    place.write_bytes(TREE)
    found = read_entry_tree(place, "tree")
    assert found is not None
    assert found.rows.rows() == [
        ("IPR000008", "C2 domain", "", 1),
        ("IPR002420", "PI3K type, C2", "interpro:IPR000008", 2),
        ("IPR014020", "Tensin phosphatase, C2 domain", "interpro:IPR000008", 4),
        ("IPR000013", "Top, again", "", 8),
    ]
    assert found.bad.select("line", "reason").rows() == [
        (3, "entry is below no other"),
        (5, "line is no entry"),
        (6, "entry is below no other"),
        (7, "line is no entry"),
        (9, "entry is below no other"),
        (10, "entry is there twice"),
        (11, "line is no entry"),
    ]


CLAN = b"# STOCKHOLM 1.0\n#=GF AC   CL%04d.3\n#=GF ID   N%d\n#=GF AU   M\xfcller\n//\n"


def test_damaged_records_of_clans_are_set_aside(tmp_path: Path) -> None:
    place = tmp_path / "Pfam-C"
    parts = [CLAN % (i, i) for i in (1, 1, 2, 3, 4, 5)]
    parts[2] = parts[2].replace(b"ID   N2", b"ID   ")
    parts[3] = parts[3].replace(b"AC   CL0003.3", b"AC   PF00003")
    parts[4] = parts[4].replace(b"N4", b"\xfc4")
    place.write_bytes(b"".join(parts))
    found = read_clans(place, "clans")
    assert found is not None
    assert found.rows.rows() == [("CL0001", "N1", 2), ("CL0005", "N5", 27)]
    assert found.bad.rows() == [
        ("clans", 7, "clan is there twice"),
        ("clans", 12, "clan has no name"),
        ("clans", 16, "clan has no accession"),
        ("clans", 22, "clan's name is not UTF-8"),
    ]


@pytest.mark.parametrize(
    ("reader", "text", "said"),
    [
        (read_entry_tree, gzip.compress(TREE)[:-30], "truncated or damaged"),
        (read_entry_tree, b"IPR000008::C2 domain", "no entry that is whole"),
        (read_entry_tree, b"IPR000008::C\xfc::\n", "line 1 is not UTF-8"),
        (read_clans, CLAN % (1, 1) + (CLAN % (2, 2))[:-4], "ends within a record at line 9"),
        (read_clans, b"# STOCKHOLM 1.0\n#=GF AC   PF00001\n#=GF ID   x\n//\n", "no clan"),
        (read_clans, gzip.compress(CLAN % (1, 1))[:-9], "truncated or damaged"),
    ],
    ids=["cut tree", "half a line", "tree no text", "cut record", "no clan", "cut clans"],
)
def test_a_damaged_tree_or_list_of_clans_is_refused(
    reader: Callable[[Path, str], Table | None], text: bytes, said: str, tmp_path: Path
) -> None:
    place = tmp_path / "file"
    place.write_bytes(text)
    with pytest.raises(TableError, match=said):
        reader(place, "file")


@pytest.mark.parametrize("reader", [read_entry_tree, read_clans])
def test_another_file_is_not_theirs(
    reader: Callable[[Path, str], Table | None], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"identifier\tname\nIPR000008\tC2\n")
    assert reader(tmp_path / "file", "file") is None
