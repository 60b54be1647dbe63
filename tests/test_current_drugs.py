"""Drugs and diseases as their providers write them now: the same rows, the same frames."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.fetch import Library
from ingest.frames import FRAME_NAMES, Frames
from ingest.source import Inputs, Source, placed, read
from ingest.sources import SOURCES, cross_references, gtopdb, monarch
from ingest.tables import read_bytes
from kg.errors import TableError

BY_ID = {s.id: s for s in SOURCES}
BANNER = '"# GtoPdb Version: 2026.3 - published: 2026-09-16"\n'


@pytest.fixture
def copied(library: Library, tmp_path: Path) -> Any:
    """Copy a source's real files to a folder of the test's own; skips where they are not there."""

    def copy(source: Source) -> Inputs:
        reason = library.absent(source)
        if reason:
            pytest.skip(f"{source.id}: {reason}")
        for file in source.files:
            original, target = placed(library.root, file.path), tmp_path / file.path
            if original.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(original, target)
        return Inputs(source, tmp_path, library.catalogue)

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
    return [row[name] for name in EXPORTED]


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
