"""Every reader against every damage: refused by name and line, or set aside and counted.

A reader is given a small well-formed file, then the same file damaged. What a combination must
come to stands in `EXPECTED`; where a damage can't happen to a format, the reason stands there.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from ingest.chains import read_chain, read_fasta
from ingest.json_terms import read_terms
from ingest.obo import read_obo
from ingest.sources.structures import SUMS, sums_of
from ingest.tables import CSV, TSV, Table, TableFormat, no_bad_rows, read_table
from kg.errors import IngestError

NAME = "file.x"


def rows_of(count: int) -> Table:
    """The outcome of a reader that takes a file whole or not at all."""
    return Table(NAME, pl.DataFrame({"line": range(count)}), no_bad_rows())


@dataclass(frozen=True)
class Reader:
    """A reader and a well-formed file for it.

    Attributes:
        read: From the file to its good and bad rows.
        content: Uncompressed; its third line is the one that is damaged.
        rows: Rows it gives.
        endless: What comes before a line that never ends.
    """

    read: Callable[[Path], Table]
    content: bytes
    rows: int
    endless: bytes


TABLE = b"id\tname\tvalue\n" + b"".join(b"g%d\tname %d\t%d\n" % (i, i, i) for i in range(9))
SSSOM = b"#curie_map:\n" + TABLE.replace(b"id\tname\tvalue", b"subject_id\tpredicate_id\tobject_id")
SETS = b"".join(b"set %d\tR-HSA-%d\tA1\tB2\n" % (i, i) for i in range(9))
BARE = b"".join(b"Gene%d\n" % i for i in range(9))
TERMS = json.dumps(
    [{"id": f"X:{i}", "name": "t", "namespace": "x", "alt_ids": [f"X:9{i}"]} for i in range(9)],
    indent=0,
).encode()
ONE_A_LINE = (
    b"[\n"
    + b",\n".join(
        b'{"id": "X:%d", "name": "t", "namespace": "x", "alt_ids": ["X:9%d"]}' % (i, i)
        for i in range(9)
    )
    + b"\n]\n"
)
OBO = b"format-version: 1.2\n" + b"".join(
    b"\n[Term]\nid: HP:%07d\nname: term %d\n" % (i, i) for i in range(9)
)
FASTA = b"".join(b">sp|P%05d|X_HUMAN title\nMKVLAAGIVGLCAKAYN\nMKKL\n" % i for i in range(9))
ATOM = "ATOM  {0:5d}  CA  ALA A{0:4d}    {1:8.3f}{1:8.3f}{1:8.3f}  1.00 10.00           C  \n"
PDB = "".join(ATOM.format(i, 1.5 * i) for i in range(1, 10)).encode()
LISTED = b"".join(b"%064x  chain%d.pdb\n" % (i, i) for i in range(9))


def delimited(content: bytes, columns: tuple[str, ...], fmt: TableFormat, rows: int = 9) -> Reader:
    def read(path: Path) -> Table:
        return read_table(path, columns, fmt, NAME)

    return Reader(read, content, rows, content[: content.index(b"\n") + 1])


READERS: dict[str, Reader] = {
    "tab-separated": delimited(TABLE, ("id", "value"), TSV),
    "comma-separated, quoted": delimited(TABLE.replace(b"\t", b","), ("id", "value"), CSV),
    "without header": delimited(
        BARE, ("gene",), TableFormat(header=("gene",), key=("gene", r"^Gene\d+$"))
    ),
    "SSSOM": delimited(
        SSSOM, ("subject_id", "predicate_id", "object_id"), TableFormat(comment="#")
    ),
    "gene sets": delimited(
        SETS,
        ("name", "id", "genes"),
        TableFormat(header=("name", "id", "genes"), key=("id", r"^R-HSA-\d+$"), ragged=True),
    ),
    "JSON": Reader(lambda p: read_terms(p, NAME), ONE_A_LINE, 9, b'[\n{"id": "X:1", "name": "'),
    "OBO": Reader(lambda p: read_obo(p, NAME), OBO, 9, b"format-version: 1.2\n\n[Term]\nid: X:1\n"),
    "FASTA": Reader(lambda p: read_fasta(p, NAME), FASTA, 9, b">sp|P00001|X_HUMAN\n"),
    "PDB": Reader(lambda p: rows_of(len(read_chain(p, NAME, "A"))), PDB, 9, PDB),
    "SHA-256 sums": Reader(lambda p: rows_of(len(sums_of(p))), LISTED, 9, LISTED[:78]),
}


@dataclass(frozen=True)
class Refused:
    """The whole file, with an error that says this; `{}` stands for the file's name."""

    told: str


@dataclass(frozen=True)
class Aside:
    """These lines, each with this reason; all other rows are kept, `added` ones too."""

    lines: tuple[int, ...]
    reason: str
    added: int = 0


@dataclass(frozen=True)
class Alike:
    """Read as if nothing were wrong."""

    why: str


@dataclass(frozen=True)
class Never:
    """The damage can't happen to the format, or is told elsewhere."""

    why: str


Damage = Callable[[Reader], bytes]


def packed(reader: Reader) -> bytearray:
    return bytearray(gzip.compress(reader.content * 3))


def truncated(reader: Reader) -> bytes:
    return bytes(packed(reader)[:-12])


def wrong_sum(reader: Reader) -> bytes:
    content = packed(reader)
    content[-5] ^= 0xFF
    return bytes(content)


def flipped_bit(reader: Reader) -> bytes:
    content = packed(reader)
    content[len(content) // 2] ^= 0x10
    return bytes(content)


def on_line(number: int, line: bytes) -> Damage:
    """The file with another text on one of its lines."""

    def damage(reader: Reader) -> bytes:
        lines = reader.content.split(b"\n")
        lines[number - 1] = line
        return gzip.compress(b"\n".join(lines))

    return damage


def inside(number: int, byte: bytes) -> Damage:
    """The file with a byte put into one of its lines, two characters before its end."""

    def damage(reader: Reader) -> bytes:
        line = reader.content.split(b"\n")[number - 1]
        return on_line(number, line[:-2] + byte + line[-2:])(reader)

    return damage


def twice(number: int, lines: int = 1) -> Damage:
    """The file with some of its lines repeated at the end."""

    def damage(reader: Reader) -> bytes:
        again = reader.content.split(b"\n")[number - 1 : number - 1 + lines]
        return gzip.compress(reader.content.rstrip(b"\n") + b"\n" + b"\n".join(again) + b"\n")

    return damage


def replaced(old: bytes, new: bytes, count: int = -1) -> Damage:
    def damage(reader: Reader) -> bytes:
        assert old in reader.content
        return gzip.compress(reader.content.replace(old, new, count))

    return damage


def whole(content: bytes) -> Damage:
    return lambda _reader: gzip.compress(content)


def carriage_returns(reader: Reader) -> bytes:
    return gzip.compress(reader.content.replace(b"\n", b"\r"))


def endless_line(reader: Reader) -> bytes:
    """A gigabyte without a line end, in a megabyte."""
    return gzip.compress(reader.endless) + gzip.compress(b"x" * (16 << 20)) * 64


PAGE = b"<!doctype html>\n<html><head><title>404</title></head>\n<body>Not found</body></html>\n"
TEXT = Never("cells are text; each source checks its own (test_mutated_sources.py)")
MERGED = Never("a table's rows are handed on; the merge keeps one of equal ones (test_release.py)")
NO_HEADER = Never("the format has no header")
NO_FIELDS = Never("the format has no delimited fields")
Case = tuple[Damage, Refused | Aside | Alike] | Never

COMMON: dict[str, Case] = {
    "truncated gzip": (truncated, Refused(r"{} is truncated or damaged")),
    "wrong CRC": (wrong_sum, Refused(r"{} is truncated or damaged")),
    "flipped bit": (flipped_bit, Refused(r"{} is truncated or damaged")),
    "web page": (whole(PAGE), Refused(r"{}")),
    "empty": (whole(b""), Refused(r"{} is empty")),
    "carriage returns alone": (carriage_returns, Alike("old line ends are line ends")),
    "endless line": (endless_line, Refused(r"{}, line \d+ is longer than 64 MB")),
}
SPECIFIC: dict[str, dict[str, Case]] = {
    "tab-separated": {
        "missing column": (replaced(b"value", b"other"), Refused("{} has no column 'value'")),
        "wrong delimiter": (replaced(b"\t", b";"), Refused("{} has no column 'id'")),
        "ragged row": (on_line(3, b"g1\tname"), Aside((3,), "wrong number of fields")),
        "not UTF-8": (inside(3, b"\xff"), Aside((3,), "not UTF-8")),
        "NUL byte": (inside(3, b"\x00"), Aside((3,), "NUL byte")),
        "absurd value": TEXT,
        "duplicate row": MERGED,
    },
    "comma-separated, quoted": {
        "missing column": (replaced(b"value", b"other"), Refused("{} has no column 'value'")),
        "wrong delimiter": (replaced(b",", b"\t"), Refused("{} has no column 'id'")),
        "ragged row": (on_line(3, b"g1,name"), Aside((3,), "wrong number of fields")),
        "stray quote": (
            on_line(3, b'g1,"na"me,2'),
            Aside((3,), "quotes inside a field"),
        ),
        "open quote": (on_line(3, b'g1,"name,2'), Refused("{}, line 3: a quote is never closed")),
        "two stray quotes": (
            lambda r: on_line(3, b'g1,"x,1')(
                Reader(r.read, r.content.replace(b"name 4", b'na"me'), r.rows, b"")
            ),
            Aside((3, 4, 5, 6), "quotes inside a field"),
        ),
        "not UTF-8": (inside(3, b"\xff"), Aside((3,), "not UTF-8")),
        "NUL byte": (inside(3, b"\x00"), Aside((3,), "NUL byte")),
        "absurd value": TEXT,
        "duplicate row": MERGED,
    },
    "without header": {
        "missing column": NO_HEADER,
        "wrong delimiter": Never("one field a line"),
        "ragged row": (on_line(3, b"Gene2\tx"), Aside((3,), "wrong number of fields")),
        "not UTF-8": (inside(3, b"\xff"), Aside((3,), "not UTF-8")),
        "NUL byte": (inside(3, b"\x00"), Aside((3,), "NUL byte")),
        "absurd value": TEXT,
        "duplicate row": MERGED,
    },
    "SSSOM": {
        "missing column": (
            replaced(b"predicate_id", b"predicate"),
            Refused("{} has no column 'predicate_id'"),
        ),
        "wrong delimiter": (replaced(b"\t", b","), Refused("{} has no column 'subject_id'")),
        "ragged row": (on_line(3, b"g1\tname"), Aside((3,), "wrong number of fields")),
        "not UTF-8": (inside(3, b"\xff"), Aside((3,), "not UTF-8")),
        "NUL byte": (inside(3, b"\x00"), Aside((3,), "NUL byte")),
        "absurd value": TEXT,
        "duplicate row": MERGED,
    },
    "gene sets": {
        "missing column": NO_HEADER,
        "wrong delimiter": (replaced(b"\t", b","), Refused("{} has no line whose field 'id'")),
        "ragged row": Never("a set has any number of genes; one without is the source's to refuse"),
        "not UTF-8": (inside(3, b"\xff"), Aside((3,), "not UTF-8")),
        "NUL byte": (inside(3, b"\x00"), Aside((3,), "NUL byte")),
        "absurd value": TEXT,
        "duplicate row": MERGED,
    },
    "JSON": {
        "missing column": (
            replaced(b'"id"', b'"key"', 1),
            Aside((2,), "no term with id, name and lists of texts"),
        ),
        "wrong delimiter": (replaced(b",", b";"), Refused("{}, line 2 is no JSON")),
        "ragged row": (on_line(3, b'["X:1"],'), Aside((3,), "no term with id, name")),
        "not UTF-8": (inside(3, b"\xff"), Refused("{}, line 3 is not UTF-8")),
        "NUL byte": (inside(3, b"\x00"), Refused("{}, line 3 holds a NUL byte")),
        "absurd value": (
            replaced(b'"X:91"', b"1e999"),
            Aside((3,), "no term with id, name and lists of texts"),
        ),
        "deep nesting": (on_line(3, b"[" * 200_000), Refused("{}, term of line 3 is no JSON")),
        "another value": (whole(b'{"id": "X:1"}'), Refused("{} is no JSON list")),
        "duplicate row": (
            replaced(b'"X:2"', b'"X:1"'),
            Aside((4,), "term is there twice"),
        ),
        "cut list": (whole(ONE_A_LINE[:200]), Refused(r"{}, line \d is no JSON")),
    },
    "OBO": {
        "missing column": (
            on_line(4, b"name: without id"),
            Aside((3,), "term has no identifier"),
        ),
        "wrong delimiter": (on_line(4, b"id=HP1"), Aside((3,), "line is no tag and value")),
        "ragged row": (on_line(5, b"name"), Aside((3,), "line is no tag and value")),
        "not UTF-8": (inside(3, b"\xff"), Refused("{}, line 3 is not UTF-8")),
        "NUL byte": (inside(3, b"\x00"), Refused("{}, line 3 holds a NUL byte")),
        "absurd value": Never("the identifier's form is the source's to check"),
        "duplicate row": (
            replaced(b"id: HP:0000001", b"id: HP:0000000"),
            Aside((7,), "term is there twice"),
        ),
    },
    "FASTA": {
        "missing column": (on_line(1, b">title alone"), Aside((1,), "title has no accession")),
        "wrong delimiter": (
            replaced(b"|P00001|", b" P00001 "),
            Aside((4,), "title has no accession"),
        ),
        "ragged row": (
            replaced(b"title\n", b"title\n>sp|P99999|X\n", 1),
            Aside((1,), "no sequence", added=1),
        ),
        "not UTF-8": (inside(3, b"\xff"), Refused("{}, line 3 is not UTF-8")),
        "NUL byte": (inside(3, b"\x00"), Refused("{}, line 3 holds a NUL byte")),
        "absurd value": (on_line(2, b"MKVL4J"), Aside((1,), "a letter is no amino acid")),
        "duplicate row": (twice(1, 3), Aside((28,), "accession is there twice", added=1)),
    },
    "PDB": {
        "missing column": (on_line(3, PDB[:30]), Refused("{} is no PDB file .*line 3")),
        "wrong delimiter": Never("the format has columns of fixed width"),
        "ragged row": Never("the format has columns of fixed width; a short one lacks a column"),
        "not UTF-8": (inside(3, b"\xff"), Refused("{}, line 3 is not UTF-8")),
        "not ASCII": (inside(3, b"\xc3\xa9"), Refused("{}, line 3 is not ASCII")),
        "NUL byte": (inside(3, b"\x00"), Refused("{}, line 3 holds a NUL byte")),
        "absurd value": (
            replaced(b"   3.000   3.000", b"     nan   3.000"),
            Refused("{}, residue 2 has a coordinate that is no number"),
        ),
        "duplicate row": (twice(3), Alike("an atom that is there twice is taken once")),
    },
    "SHA-256 sums": {
        "missing column": (on_line(3, b"%064x" % 3), Refused("{}, line 3 is no SHA-256")),
        "wrong delimiter": (replaced(b"  ", b","), Refused("{}, line 1 is no SHA-256")),
        "ragged row": (on_line(3, b"abc  chain.pdb"), Refused("{}, line 3 is no SHA-256")),
        "not UTF-8": (inside(3, b"\xff"), Refused("{}, line 3 is not UTF-8")),
        "NUL byte": (inside(3, b"\x00"), Refused("{}, line 3 holds a NUL byte")),
        "absurd value": Never("a wrong sum is told of the chain file it is not the sum of"),
        "duplicate row": (twice(3), Alike("the same sum twice says the same")),
    },
}
EXPECTED: dict[tuple[str, str], Case] = {
    (reader, damage): case
    for reader, cases in SPECIFIC.items()
    for damage, case in {**COMMON, **cases}.items()
}


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def named(reader: str) -> str:
    return re.escape(SUMS if reader == "SHA-256 sums" else NAME)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("compress", [True, False])
def test_a_whole_file_is_read(tmp_path: Path, reader: str, compress: bool) -> None:
    content = READERS[reader].content
    table = READERS[reader].read(
        write(tmp_path / "f", gzip.compress(content) if compress else content)
    )
    assert len(table.rows) == READERS[reader].rows
    assert not len(table.bad)


@pytest.mark.parametrize(("reader", "damage"), EXPECTED)
def test_a_damage_is_told(tmp_path: Path, reader: str, damage: str) -> None:
    case = EXPECTED[reader, damage]
    if isinstance(case, Never):
        pytest.skip(case.why)
    do, expected = case
    path = write(tmp_path / "f.gz", do(READERS[reader]))
    if isinstance(expected, Refused):
        with pytest.raises(IngestError, match=expected.told.format(named(reader))) as caught:
            READERS[reader].read(path)
        assert re.search(named(reader), str(caught.value))
        assert "\n" not in str(caught.value)
        return
    table = READERS[reader].read(path)
    told = dict(table.bad.select("line", "reason").iter_rows())
    if isinstance(expected, Alike):
        assert told == {}
        assert len(table.rows) == READERS[reader].rows
        return
    assert tuple(told) == expected.lines
    assert all(reason.startswith(expected.reason) for reason in told.values())
    assert table.n_lines == len(table.rows) + len(told)
    assert len(table.rows) == READERS[reader].rows + expected.added - len(expected.lines)


def test_every_reader_meets_every_damage() -> None:
    """None is forgotten: what can't happen says why."""
    damages = {
        "truncated gzip", "wrong CRC", "flipped bit", "missing column", "wrong delimiter",
        "web page", "ragged row", "not UTF-8", "NUL byte", "carriage returns alone",
        "absurd value", "duplicate row", "empty", "endless line",
    }  # fmt: skip
    assert set(SPECIFIC) == set(READERS)
    for reader in READERS:
        assert damages <= {damage for r, damage in EXPECTED if r == reader}


@pytest.mark.parametrize("reader", READERS)
def test_an_endless_line_costs_neither_memory_nor_time(tmp_path: Path, reader: str) -> None:
    """A line of 1 GB, compressed to 1 MB, is given up after 64 MB."""
    path = write(tmp_path / "f.gz", endless_line(READERS[reader]))
    line = READERS[reader].endless.count(b"\n") + 1
    began = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(IngestError, match=rf"line {line} is longer than 64 MB"):
            READERS[reader].read(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 256 << 20
    assert time.monotonic() - began < 20
