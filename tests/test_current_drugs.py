"""Drugs and diseases as their providers write them now: the same rows, the same frames."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.catalogue import Catalogue, read_catalogue
from ingest.current import fetch_current
from ingest.fetch import Library
from ingest.frames import FRAME_NAMES, Frames
from ingest.lock import FetchLock
from ingest.source import Inputs, Source, read
from ingest.sources import SOURCES, cross_references, gtopdb, monarch, opentargets_drugs
from ingest.tables import Table, read_bytes
from kg.errors import TableError
from tests.mirrors import copy_of

BY_ID = {s.id: s for s in SOURCES}
BANNER = '"# GtoPdb Version: 2026.3 - published: 2026-09-16"\n'


@pytest.fixture
def copied(library: Library, tmp_path: Path) -> Any:
    """Copy a source's real files to a folder of the test's own; skips where they are not there."""

    def copy(source: Source) -> Inputs:
        return copy_of(source, library, tmp_path)

    return copy


def rows_of(path: Path, delimiter: str, quote: str | None = None) -> list[dict[str, str]]:
    text = read_bytes(path, path.name).decode("utf-8")
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    lines = io.StringIO(text, newline="")
    return list(csv.DictReader(lines, delimiter=delimiter, quotechar=quote, quoting=quoting))


def write(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), 1))


def as_csv(header: Sequence[str], rows: Iterable[dict[str, str]]) -> str:
    """As the Guide to Pharmacology writes: a line with the version, and every field quoted."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(
        out, header, restval="", quoting=csv.QUOTE_ALL, lineterminator="\n", extrasaction="ignore"
    )
    writer.writeheader()
    writer.writerows(rows)
    return BANNER + out.getvalue()


def same(before: Frames, after: Frames, names: Iterable[str] = FRAME_NAMES) -> None:
    """The same frames, their order and their lines apart."""
    for name in names:
        old, new = (getattr(f, name).drop("line", strict=False) for f in (before, after))
        assert ordered(old).equals(ordered(new)), name


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    lists = pl.selectors.by_dtype(pl.List(pl.String))
    keys = frame.with_columns(lists.list.join("\x1f"))
    return frame[keys.with_row_index("__at").sort(keys.columns, nulls_last=True)["__at"]]


# Guide to Pharmacology


def measurements(pairs: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """A line a measurement; the values of a pair's column on one line each."""
    for pair in pairs:
        sets = {now: pair[was].split("|") for was, now in gtopdb._SETS.items()}
        sets["PubMed ID"] = [pair["gtp_pubmed_ids"]]
        for i in range(int(pair["gtp_interaction_count"])):
            told = {
                name: values[i] if i < len(values) else values[0] for name, values in sets.items()
            }
            told["Primary Target"] = told["Primary Target"].lower()
            told["Type"] = told["Type"] or "None"
            yield told | {
                "Ligand ID": pair["gtp_ligand_id"],
                "Target UniProt ID": pair["target_uniprot"],
            }


INTERACTION_HEADER = (
    "Target",
    "Target ID",
    "Target UniProt ID",
    "Target Species",
    "Ligand ID",
    "Ligand",
    "Type",
    "Action",
    "Action comment",
    "Selectivity",
    "Endogenous",
    "Primary Target",
    "Affinity Units",
    "Affinity High",
    "Affinity Median",
    "Affinity Low",
    "PubMed ID",
)


def test_measurements_are_gathered_to_pairs(copied: Any, library: Library) -> None:
    inputs = copied(BY_ID["gtopdb"])
    place = inputs.path(gtopdb.INTERACTIONS)
    lines = list(measurements(rows_of(place, ",", '"')))
    lines = lines[::2] + lines[1::2]
    nobody = {"Ligand ID": "1", "Target": "a complex", "Type": "Inhibitor"}
    write(place, as_csv(INTERACTION_HEADER, [*lines, nobody]))

    before, after = read(library.inputs(inputs.source)), read(inputs)
    same(before, after, ("evidence", "molecules", "facts"))
    gone = after.quarantine.filter(file=gtopdb.INTERACTIONS, line=len(lines) + 3)
    assert gone["reason"].to_list() == ["no accession of the target"]
    assert len(after.quarantine) == len(before.quarantine) + 1
    first = next(i for i, line in enumerate(lines) if line["Ligand ID"] == "10")
    told = after.evidence.filter(file=gtopdb.INTERACTIONS, subject="GTOPDB:10")
    assert told["line"].min() == first + 3


def test_measurements_cut_short_or_of_another_shape_are_refused(tmp_path: Path) -> None:
    lines = [{"Ligand ID": "1", "Target UniProt ID": "P08908", "Type": "Agonist"}] * 3
    whole = as_csv(INTERACTION_HEADER, lines)
    place = tmp_path / "i.csv"
    place.write_text(whole[:-40])
    table = gtopdb.pairs(place, "i.csv")
    assert table is not None
    assert table.rows["gtp_interaction_count"].to_list() == ["2"]
    assert table.bad["line"].to_list() == [5]
    place.write_text(whole.replace('"Affinity Median"', '"Median"'))
    with pytest.raises(TableError, match=r"i\.csv has no column 'Affinity Median'"):
        gtopdb.pairs(place, "i.csv")
    place.write_bytes(gzip.compress(whole.encode())[:-9])
    with pytest.raises(TableError, match="truncated or damaged"):
        gtopdb.pairs(place, "i.csv")
    place.write_text(whole.removeprefix(BANNER))
    assert gtopdb.pairs(place, "i.csv") is None


def test_the_guides_ligands_give_the_same_molecules(copied: Any, library: Library) -> None:
    inputs = copied(BY_ID["gtopdb"])
    place = inputs.path(gtopdb.LIGANDS)
    file = next(f for f in inputs.source.files if f.path == gtopdb.LIGANDS)
    rows = rows_of(place, ",", '"')
    now = [{new: row[old] for old, new in file.headers} | row for row in rows]
    header = ("Ligand ID", "Name", "Species", "Type", "INN", "Synonyms", "SMILES", "InChIKey")
    write(place, as_csv(header, now))
    same(read(library.inputs(inputs.source)), read(inputs))


# Monarch


EXPORTED = (
    "subject",
    "subject_label",
    "subject_taxon",
    "subject_taxon_label",
    "negated",
    "predicate",
    "object",
    "object_label",
    "qualifiers",
    "publications",
    "has_evidence",
    "primary_knowledge_source",
    "aggregator_knowledge_source",
)
"""What Monarch's exporter writes of every kind of association, at the least."""


@pytest.mark.parametrize("path", [monarch.GENES, monarch.PLACES, monarch.INHERITANCE])
def test_monarchs_exported_columns_give_the_same_frames(
    path: str, copied: Any, library: Library
) -> None:
    inputs = copied(BY_ID["monarch"])
    if not inputs.has(path):
        pytest.skip(f"{path} is not in this data")
    rows = rows_of(inputs.path(path), "\t")
    text = "".join("\t".join(line) + "\n" for line in (EXPORTED, *map(exported, rows)))
    write(inputs.path(path), text)
    assert read(inputs).rows > 0
    same(read(library.inputs(inputs.source)), read(inputs))


def exported(row: dict[str, str]) -> list[str]:
    return [row.get(name, "") for name in EXPORTED]


# ChEMBL


def test_chembls_mapping_of_targets_names_the_same_human_proteins(
    copied: Any, library: Library
) -> None:
    inputs = copied(BY_ID["cross_references"])
    place = inputs.path(cross_references.TARGETS)
    if not place.exists():
        pytest.skip("the file is not in this data")
    targets = rows_of(place, ";", '"')
    lines = ["# chembl_37 target list, 01/03/2026"]
    for row in targets:
        for accession in filter(None, row["UniProt Accessions"].split("|")):
            lines.append("\t".join((accession, row["ChEMBL ID"], row["Name"], row["Type"])))
    write(place, "\n".join([*lines, "P00000\tCHEMBL1\thalf a line"]) + "\n")

    before, after = read(library.inputs(inputs.source)), read(inputs)
    for name in set(FRAME_NAMES) - {"aliases", "quarantine"}:
        assert getattr(before, name).is_empty()
        assert getattr(after, name).is_empty()
    assert before.aliases.join(after.aliases, on=before.aliases.columns, how="anti").is_empty()
    more = after.aliases.join(before.aliases, on=before.aliases.columns, how="anti")
    other = {
        f"CHEMBL.TARGET:{row['ChEMBL ID']}"
        for row in targets
        if row["Tax ID"] != "9606" and row["Type"] == "SINGLE PROTEIN"
    }
    assert len(more) > 100
    assert set(more["alias"]) <= other, "proteins of other species, which no node answers to"
    half = after.quarantine.filter(file=cross_references.TARGETS, line=len(lines) + 1)
    assert half["reason"].to_list() == ["wrong number of fields"]


def test_a_mapping_of_targets_of_another_shape_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "m.txt"
    place.write_text("# chembl_37 target list, 01/03/2026\nCHEMBL1\tP00001\tname\tSINGLE PROTEIN\n")
    with pytest.raises(TableError, match=r"m\.txt has no line whose field 'ChEMBL ID'"):
        cross_references.mapped_targets(place, "m.txt")
    place.write_text("P00001\tCHEMBL1\tname\tSINGLE PROTEIN\n")
    assert cross_references.mapped_targets(place, "m.txt") is None


# Open Targets


STAGES = {"4": "APPROVAL", "3": "PHASE_2_3", "2": "PHASE_1_2", "1": "EARLY_PHASE_1", "0": "IND"}
SCHEMA: dict[str, pa.Schema] = {
    opentargets_drugs.DRUGS: pa.schema(
        {
            **dict.fromkeys(("id", "canonicalSmiles", "drugType", "name", "parentId"), pa.string()),
            "synonyms": pa.list_(pa.struct({"label": pa.string(), "source": pa.string()})),
            "maximumClinicalStage": pa.string(),
        }
    ),
    opentargets_drugs.MECHANISMS: pa.schema(
        {
            **dict.fromkeys(("actionType", "mechanismOfAction"), pa.large_string()),
            "chemblIds": pa.large_list(pa.large_string()),
            **dict.fromkeys(("targetName", "targetType"), pa.large_string()),
            "targets": pa.large_list(pa.large_string()),
        }
    ),
    opentargets_drugs.INDICATIONS: pa.schema(
        {
            **dict.fromkeys(("id", "drugId", "diseaseId", "maxClinicalStage"), pa.string()),
            "clinicalReportIds": pa.list_(pa.string()),
        }
    ),
}


def molecules(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "id": row["chembl_id"],
            "name": row["name"] if row["name"] != row["chembl_id"] else None,
            "drugType": row["drug_type"] or None,
            "maximumClinicalStage": STAGES[row["max_phase"]],
        }
        for row in rows
    ]


def mechanisms(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """A row a mechanism of all its compounds, and one without a human gene.

    Left out: rows on several genes at once, which the Guide to Pharmacology gave the pinned table.
    """
    shared = dict[tuple[str, str, str], list[str]]()
    for row in rows:
        if "|" in row["ensembl"]:
            continue
        key = row["action_type"], row["mechanism"], row["ensembl"]
        shared.setdefault(key, []).append(row["chembl_id"])
    found: list[dict[str, Any]] = [
        {
            "actionType": action,
            "mechanismOfAction": mechanism or None,
            "chemblIds": compounds,
            "targets": [gene],
        }
        for (action, mechanism, gene), compounds in shared.items()
    ]
    return [*found, {"actionType": "INHIBITOR", "chemblIds": ["CHEMBL1000"], "targets": []}]


def indications(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "drugId": row["chembl_id"],
            "diseaseId": row["disease_id"],
            "maxClinicalStage": STAGES[row["phase"]],
        }
        for row in rows
    ]


PLATFORM = {
    opentargets_drugs.DRUGS: molecules,
    opentargets_drugs.MECHANISMS: mechanisms,
    opentargets_drugs.INDICATIONS: indications,
}


def as_platform(inputs: Inputs, path: str) -> pa.Table:
    """The real rows of a pinned table as Open Targets has such rows."""
    rows = PLATFORM[path](rows_of(inputs.path(path), "\t"))
    return pa.Table.from_pylist(rows, SCHEMA[path])


@pytest.fixture
def platform(copied: Any) -> tuple[Inputs, dict[str, pa.Table]]:
    inputs = copied(BY_ID["opentargets_drugs"])
    return inputs, {path: as_platform(inputs, path) for path in PLATFORM}


def test_the_platforms_mechanisms_give_the_same_edges(
    platform: tuple[Inputs, dict[str, pa.Table]], library: Library
) -> None:
    inputs, tables = platform
    table = tables[opentargets_drugs.MECHANISMS]
    pq.write_table(table, inputs.path(opentargets_drugs.MECHANISMS))
    before, after = read(library.inputs(inputs.source)), read(inputs)
    same(before, after, ("nodes", "facts"))
    # the project's sign of the word, where the pinned table gives the word none
    edited = pl.col("detail").str.contains('"GENE EDITING NEGATIVE MODULATOR"')
    for frames, sign in ((before, 0), (after, -1)):
        told = frames.evidence.filter(edited & (pl.col("predicate") == "biolink:affects"))
        assert set(told["direction_on_target"]) <= {sign}
    one = ~pl.col("object").str.contains("|", literal=True)
    known = {
        "evidence": ~edited & one,
        "labels": (pl.col("text") != "GENE EDITING NEGATIVE MODULATOR").fill_null(True) & one,
    }
    for name, kept in known.items():
        old, new = (getattr(f, name).filter(kept) for f in (before, after))
        assert len(old) > 1_000
        same(Frames(**{name: old}), Frames(**{name: new}), (name,))
    gone = after.quarantine.filter(file=opentargets_drugs.MECHANISMS, line=len(table))
    assert gone["reason"].to_list() == ["no human gene among the targets"]
    assert len(after.quarantine) == len(before.quarantine) + 1


def test_the_platforms_indications_give_the_same_edges(
    platform: tuple[Inputs, dict[str, pa.Table]], library: Library
) -> None:
    inputs, tables = platform
    table = tables[opentargets_drugs.INDICATIONS]
    pq.write_table(table, inputs.path(opentargets_drugs.INDICATIONS), compression="zstd")
    before, after = read(library.inputs(inputs.source)), read(inputs)
    same(before, after, ("nodes", "facts", "labels"))
    named = Frames(evidence=before.evidence.drop("detail"))
    same(named, Frames(evidence=after.evidence.drop("detail")), ("evidence",))


def test_the_platforms_molecules_give_the_same_facts_but_dates_and_codes(
    platform: tuple[Inputs, dict[str, pa.Table]], library: Library
) -> None:
    inputs, tables = platform
    pq.write_table(tables[opentargets_drugs.DRUGS], inputs.path(opentargets_drugs.DRUGS))
    before, after = read(library.inputs(inputs.source)), read(inputs)
    same(before, after, ("nodes", "labels"))
    kept = ~pl.col("key").is_in(["drug.first_approval", "drug.atc"])
    same(Frames(facts=before.facts.filter(kept)), Frames(facts=after.facts), ("facts",))
    undated = (frames.evidence.drop("first_public", "date_basis") for frames in (before, after))
    same(*(Frames(evidence=e) for e in undated), ("evidence",))
    assert set(after.evidence["date_basis"]) == {"release"}


def test_a_pair_has_its_most_frequent_action(tmp_path: Path) -> None:
    rows = [
        {
            "actionType": action,
            "mechanismOfAction": told,
            "chemblIds": ["CHEMBL1"],
            "targets": ["ENSG1"],
        }
        for action, told in (
            ("ANTAGONIST", "first told"),
            ("INHIBITOR", None),
            ("BLOCKER", "a blocker"),
            ("INHIBITOR", None),
        )
    ]
    tied = [
        row | {"targets": ["ENSG2", "P12345"], "chemblIds": ["CHEMBL1", "CHEMBL2"]}
        for row in rows[::2]
    ]
    place = tmp_path / "m.parquet"
    schema = SCHEMA[opentargets_drugs.MECHANISMS]
    pq.write_table(pa.Table.from_pylist([*rows, *tied], schema), place)
    table = opentargets_drugs.mechanisms_now(place, "m")
    assert table is not None
    told = table.rows.select("chembl_id", "ensembl", "action_type", "sign", "mechanism", "line")
    assert told.rows() == [
        ("CHEMBL1", "ENSG1", "INHIBITOR", "-1", "first told", 2),
        ("CHEMBL1", "ENSG2", "ANTAGONIST", "-1", "first told", 5),
        ("CHEMBL2", "ENSG2", "ANTAGONIST", "-1", "first told", 5),
    ]


def test_a_stage_that_nobody_knows_is_set_aside(tmp_path: Path) -> None:
    place = tmp_path / "i.parquet"
    stages = ["APPROVAL", "PHASE_9", None, "WITHDRAWAL"]
    rows = [
        {"drugId": "CHEMBL1", "diseaseId": "EFO_0003956", "maxClinicalStage": s} for s in stages
    ]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA[opentargets_drugs.INDICATIONS]), place)
    table = opentargets_drugs.indications_now(place, "i")
    assert table is not None
    assert table.rows["phase"].to_list() == ["4", "0", "4"]
    assert table.bad.rows() == [("i", 2, "unknown clinical stage")]


@pytest.mark.parametrize(
    ("convert", "path"),
    [
        (opentargets_drugs.molecules_now, opentargets_drugs.DRUGS),
        (opentargets_drugs.mechanisms_now, opentargets_drugs.MECHANISMS),
        (opentargets_drugs.indications_now, opentargets_drugs.INDICATIONS),
    ],
)
def test_parquet_that_is_damaged_or_another_dataset_is_refused(
    convert: Callable[[Path, str], Table | None], path: str, tmp_path: Path
) -> None:
    place = tmp_path / "x"
    pq.write_table(SCHEMA[path].empty_table(), place)
    whole = place.read_bytes()
    table = convert(place, "x")
    assert table is not None
    assert table.rows.is_empty()
    place.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TableError, match="x is truncated or damaged"):
        convert(place, "x")
    pq.write_table(pa.table({"other": [1]}), place)
    with pytest.raises(TableError, match="x has no column"):
        convert(place, "x")
    numbers = pa.table({name: [1] for name in SCHEMA[path].names})
    pq.write_table(numbers, place)
    with pytest.raises(TableError, match=r"x has Int64 in the column .* expected"):
        convert(place, "x")
    place.write_bytes(gzip.compress(b"chembl_id\tname\n"))
    assert convert(place, "x") is None
    place.unlink()
    with pytest.raises(TableError, match="x can't be read"):
        convert(place, "x")


# Folders of parts


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and its address; the server lists what is in it, as providers' servers do."""
    root = tmp_path / "served"
    root.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """A test's output is its own."""

    handler = partial(Quiet, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield root, f"http://127.0.0.1:{found.server_port}/"
        found.shutdown()


def at(address: str, path: str) -> Catalogue:
    catalogue = read_catalogue()
    folder = catalogue[path].current_url.rstrip("/").rpartition("/")[2]
    return catalogue.with_files([replace(catalogue[path], current_url=f"{address}{folder}/")])


def test_a_folder_of_parts_is_fetched_checked_and_pinned(
    platform: tuple[Inputs, dict[str, pa.Table]], server: tuple[Path, str], tmp_path: Path
) -> None:
    (inputs, tables), (root, address) = platform, server
    catalogue, mirror = read_catalogue(), tmp_path / "mirror"
    for path, table in tables.items():
        folder = root / catalogue[path].current_url.rstrip("/").rpartition("/")[2]
        folder.mkdir()
        cut = len(table) // 3
        pq.write_table(table[cut:], folder / "part-00001-abc-c000.snappy.parquet")
        if path != opentargets_drugs.DRUGS:
            pq.write_table(table[:cut], folder / "part-00000-abc-c000.snappy.parquet")
        (folder / "_SUCCESS").touch()
        catalogue = catalogue.with_files([at(address, path)[path]])
    found = fetch_current([inputs.source], mirror, catalogue)
    assert {got.path: (got.state, got.said) for got in found} == dict.fromkeys(
        tables, ("current", "")
    )
    lock = FetchLock.read(mirror)
    for path in tables:
        folder = root / catalogue[path].current_url.rstrip("/").rpartition("/")[2]
        digests = {
            part.name: hashlib.sha256(part.read_bytes()).hexdigest()
            for part in folder.glob("*.parquet")
        }
        assert lock[path].parts == digests
    (alone,) = lock[opentargets_drugs.DRUGS].parts.values()
    assert alone == lock[opentargets_drugs.DRUGS].sha256, "a sole part is kept as it is"
    assert lock[opentargets_drugs.DRUGS].last_modified
    whole = pq.read_table(io.BytesIO((mirror / opentargets_drugs.MECHANISMS).read_bytes()))
    assert whole.equals(tables[opentargets_drugs.MECHANISMS])
    assert not [p for p in mirror.iterdir() if p.name.startswith(".fetch-")]

    made = Library.mirror(mirror)
    assert not made.changed(made.digests(inputs.source))
    assert len(read(made.inputs(inputs.source)).labels) > 1_000
    again = fetch_current([inputs.source], mirror, catalogue)
    assert {got.state for got in again} == {"unchanged"}


def test_a_folder_that_is_no_dataset_leaves_what_was_there(
    server: tuple[Path, str], tmp_path: Path
) -> None:
    root, address = server
    path, mirror = opentargets_drugs.INDICATIONS, tmp_path / "mirror"
    place = mirror / path
    place.parent.mkdir(parents=True)
    place.write_bytes(b"what was there")
    source = replace(
        BY_ID["opentargets_drugs"],
        files=tuple(f for f in BY_ID["opentargets_drugs"].files if f.path == path),
    )
    folder = root / "clinical_indication"
    folder.mkdir()
    rows = [{"drugId": "CHEMBL1", "diseaseId": "EFO_0003956", "maxClinicalStage": "APPROVAL"}]
    good = pa.Table.from_pylist(rows, SCHEMA[path])

    def said() -> str:
        (got,) = fetch_current([source], mirror, at(address, path))
        assert got.state == "failed"
        assert place.read_bytes() == b"what was there"
        assert not FetchLock.read(mirror)
        assert not [p for p in mirror.iterdir() if p.name.startswith(".fetch-")]
        return got.said

    (folder / "README.txt").touch()
    assert "lists no Parquet file" in said()
    pq.write_table(good, folder / "a.parquet")
    pq.write_table(good.drop_columns(["id"]), folder / "b.parquet")
    assert "b.parquet has other columns" in said()
    (folder / "b.parquet").write_bytes((folder / "a.parquet").read_bytes()[:-20])
    assert "b.parquet is truncated or damaged" in said()
    (folder / "b.parquet").unlink()
    pq.write_table(pa.table({"other": ["x"]}), folder / "a.parquet")
    assert "no column 'drugId'" in said() or "no column 'chembl_id'" in said()
    shutil.rmtree(folder)
    assert "404" in said()
