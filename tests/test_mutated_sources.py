"""Real rows of every source with one cell or row made absurd: never a crash, always a right count.

A source reads the first lines of its real files; then one of them is changed. What comes out is a
clear error that names a file, or good rows and a quarantine that add up, with the right line. A
row that gave evidence and gives none any more is in the quarantine.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ingest.content import plain_lines, read_bytes
from ingest.fetch import Library
from ingest.frames import Frames
from ingest.source import Inputs, Source, SourceFile, placed, read
from ingest.sources import SOURCES
from kg.errors import IngestError

GENES_OF_A_GROUP = ("reactome", "humap", "opencell")
"""Sources that count a row for each gene of a pathway, complex or protein group."""
MAY_SAY_NOTHING = frozenset(
    {
        # The row is about something without this, and gives what else it has.
        ("hgnc", "uniprot_ids"),
        ("hgnc_families", "parents"),
        ("gene_ontology", "gene_ids"),
        ("repurposing_hub", "target"),
        ("clinpgx", "SMILES"),
        ("clinpgx", "Gene Symbols"),
        ("mouse", "top_level_mp"),
    }
)
"""Source and column of cells that may be empty: their row gives no evidence then."""
LEFT_OUT = frozenset(
    {
        # The list of genes is another source's, which sets aside those that are not approved.
        ("hgnc_families", "status"),
        # An activity counts within a range and with a known relation; a mechanism where flagged.
        ("drugcentral", "ACT_VALUE"),
        ("drugcentral", "RELATION"),
        ("drugcentral", "MOA"),
        # A finding told twice counts once; its second row gives reported genes alone.
        ("gwas_catalog", "REPORTED GENE(S)"),
    }
)
"""Source and column of cells by which a row that can be read is left out by design."""
LINES = 40
"""Data lines of each table that a copy keeps."""
EXAMPLES = 12
"""Changed copies of each source's files."""

ABSURD = st.sampled_from(
    [
        "", " ", "NA", "NaN", "nan", "inf", "-inf", "1e999", "1e20", "1e300", "-1", "0", "1.5", "9" * 400,
        "0x1F",
        "2999-13-45", "31/02/0000", "HGNC:", "HGNC:x", "MONDO:12", "rs", "PMID:", "chr99:0:A:T",
        "a|b||c", ",;|:_", "[{(\\", "p.?1", "<b>x</b>", "\u202e\u0000x".replace("\u0000", ""),
        "\U0001f600", "TRUE", "None", "%s", "x" * 5000,
    ]
) | st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8)  # fmt: skip


@dataclass(frozen=True)
class Copy:
    """A folder with the first lines of a source's files, and what they give unchanged."""

    inputs: Inputs
    tables: tuple[SourceFile, ...]
    before: Frames

    @cached_property
    def gave(self) -> frozenset[Place]:
        """Where the unchanged rows that give evidence stand."""
        return giving(self.before)


Place = tuple[str, int]
"""File and line."""


def giving(frames: Frames) -> frozenset[Place]:
    return frozenset(frames.evidence.select("file", "line").unique().iter_rows())


@dataclass(frozen=True)
class Change:
    """Which cell is another one."""

    file: SourceFile
    line: int
    column: str
    empty: bool

    def may_silence(self, source: Source) -> bool:
        """Whether the row may give no evidence then, and not be named."""
        cell = (source.id, self.column)
        return cell in LEFT_OUT or (self.empty and cell in MAY_SAY_NOTHING)


@dataclass(frozen=True)
class Rows:
    """A table's records, and the lines before them."""

    head: tuple[str, ...]
    records: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str, file: SourceFile) -> Rows:
        lines = text.split("\n")[:-1]
        comments = 0
        while file.format.comment and lines[comments].startswith(file.format.comment):
            comments += 1
        first = comments + (file.format.header is None)
        if file.format.quote:
            body = csv.reader(
                io.StringIO("\n".join(lines[first:])), delimiter=file.format.delimiter
            )
            records = [tuple(field.replace("\n", " ") for field in record) for record in body]
        else:
            records = [tuple(line.split(file.format.delimiter)) for line in lines[first:]]
        return cls(tuple(lines[:first]), tuple(r for r in records if r))

    def text(self, file: SourceFile) -> str:
        out = io.StringIO()
        for line in self.head:
            out.write(line + "\n")
        if file.format.quote:
            csv.writer(out, delimiter=file.format.delimiter, lineterminator="\n").writerows(
                self.records
            )
        else:
            out.writelines(file.format.delimiter.join(r) + "\n" for r in self.records)
        return out.getvalue()

    def line(self, record: int) -> int:
        return len(self.head) + record + 1

    def columns(self, file: SourceFile) -> Sequence[str]:
        if file.format.header is not None:
            return file.format.header
        return [name.strip(' "') for name in self.head[-1].split(file.format.delimiter)]


@pytest.fixture(scope="session")
def copies(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Source], Copy]:
    @cache
    def make(source: Source) -> Copy:
        reason = library.absent(source)
        if reason:
            pytest.skip(f"{source.id}: {reason}")
        root = tmp_path_factory.mktemp(source.id)
        tables = tuple(f for f in source.files if _copied(library, f, root))
        inputs = Inputs(source, root, library.catalogue)
        return Copy(inputs, tables, read(inputs))

    return make


def _copied(library: Library, file: SourceFile, root: Path) -> bool:
    """Put a file, or the head of a table, into a folder; whether it is a table to change."""
    original, target = placed(library.root, file.path), root / file.path
    if not original.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    if not file.columns:
        _copy_head(original, target)
        return False
    text = plain_lines(read_bytes(original, file.path)).decode("utf-8", "replace")
    lines = text.split("\n")
    start = next(i for i, x in enumerate(lines) if not x.startswith(file.format.comment or "\0"))
    head = "\n".join(lines[: start + LINES]) + "\n"
    target.write_text(Rows.of(head, file).text(file), encoding="utf-8")
    return True


def _copy_head(original: Path, target: Path) -> None:
    """The first terms or sequences of a file that is no table, so that reading it is fast."""
    text = plain_lines(read_bytes(original, original.name)).decode("utf-8", "replace")
    if ".json" in target.name:
        text = json.dumps(json.loads(text)[:LINES], indent=1)
    elif ".obo" in target.name:
        text = "\n[".join(text.split("\n[")[: LINES + 1]) + "\n"
    elif ".fasta" in target.name:
        text = "\n>".join(text.split("\n>")[:LINES]) + "\n"
    target.write_text(text, encoding="utf-8")


def either(some: Sequence[int], count: int) -> st.SearchStrategy[int]:
    """One of some, or any from 0 to below the count."""
    anyone = st.integers(0, count - 1)
    return st.sampled_from(some) | anyone if some else anyone


def changed(rows: Rows, record: int, fields: Sequence[str]) -> Rows:
    records = list(rows.records)
    records[record] = tuple(fields)
    return replace(rows, records=tuple(records))


@pytest.mark.parametrize("source", SOURCES, ids=[s.id for s in SOURCES])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_an_absurd_cell_is_refused_or_set_aside(
    copies: Callable[[Source], Copy], source: Source, data: st.DataObject
) -> None:
    copy = copies(source)
    assume(copy.tables)
    file = data.draw(st.sampled_from(copy.tables))
    place = copy.inputs.path(file.path)
    whole = place.read_text(encoding="utf-8")
    rows = Rows.of(whole, file)
    assume(rows.records)
    # Half of the time a row that gives evidence, and a cell that is read.
    giving_rows = [n for n in range(len(rows.records)) if (file.path, rows.line(n)) in copy.gave]
    record = data.draw(either(giving_rows, len(rows.records)))
    fields, columns = list(rows.records[record]), rows.columns(file)
    cells_read = [n for n, name in enumerate(columns[: len(fields)]) if name in file.columns]
    at = data.draw(either(cells_read, len(fields)))
    fields[at] = data.draw(ABSURD)
    column = columns[at] if at < len(columns) else ""
    change = Change(file, rows.line(record), column, empty=not fields[at].strip())
    try:
        place.write_text(changed(rows, record, fields).text(file), encoding="utf-8")
        check(copy, change)
    finally:
        place.write_text(whole, encoding="utf-8")


def check(copy: Copy, change: Change) -> None:
    """The changed file is refused by name, or its rows are all accounted for."""
    file = change.file.path
    after, told = outcome(copy)
    if after is None:
        assert Path(file).name in told
        return
    aside = set(after.quarantine.select("file", "line").iter_rows())
    assert after.rows >= len(aside)
    new = aside - set(copy.before.quarantine.select("file", "line").iter_rows())
    assert {n for f, n in new if f == file} <= {change.line}
    if copy.inputs.source.id not in GENES_OF_A_GROUP:
        # Of a table that another source counts, only the lines set aside are counted.
        assert after.rows in (copy.before.rows, copy.before.rows + len(new))
    if not change.may_silence(copy.inputs.source):
        lost = copy.gave - giving(after) - aside
        assert (file, change.line) not in lost, f"{change.column} is absurd, and no one says so"


def outcome(copy: Copy) -> tuple[Frames | None, str]:
    """What the source gives, or the error it is refused with."""
    try:
        return read(replace(copy.inputs, opened={})), ""
    except IngestError as error:
        return None, str(error)
