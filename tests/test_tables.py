"""The table reader against damaged files: an error that names the file, or a line set aside."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import quoted
from ingest.content import plain_lines
from ingest.tables import CSV, TSV, Table, TableFormat, read_table, scan_table
from kg.errors import TableError

HEADER = "id\tname\tvalue"
ROWS = [f"g{i}\tname {i}\t{i}" for i in range(200)]
GOOD = "\n".join([HEADER, *ROWS]) + "\n"
COLUMNS = ("id", "value")


def write(path: Path, content: bytes, compress: bool = True) -> Path:
    path.write_bytes(gzip.compress(content) if compress else content)
    return path


def faults(path: Path, fmt: TableFormat = TSV) -> list[tuple[int, str]]:
    table = read_table(path, COLUMNS, fmt)
    assert table.n_lines == len(table.rows) + len(table.bad)
    return list(table.bad.select("line", "reason").iter_rows())


def with_line(n: int, line: bytes) -> bytes:
    lines = GOOD.encode().split(b"\n")
    lines[n - 1] = line
    return b"\n".join(lines)


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("bom", [True, False])
def test_every_line_end_and_mark_is_read_alike(
    tmp_path: Path, compress: bool, end: str, last: bool, bom: bool
) -> None:
    text = GOOD.replace("\n", end)
    text = text if last else text.removesuffix(end)
    path = write(tmp_path / "t.tsv", (b"\xef\xbb\xbf" if bom else b"") + text.encode(), compress)
    table = read_table(path, COLUMNS)
    assert table.rows["id"].to_list() == [f"g{i}" for i in range(200)]
    assert table.rows["value"].to_list() == [str(i) for i in range(200)]
    assert table.rows["line"].to_list() == list(range(2, 202))
    assert not len(table.bad)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"g1\tname", "wrong number of fields"),
        (b"g1\tname\t1\textra", "wrong number of fields"),
        (b"g1\tna\x00me\t1", "NUL byte"),
        (b"g1\tna\xffme\t1", "not UTF-8"),
        (b"", "blank line"),
        (b"g1\t" + b"x" * (1 << 20) + b"\t1", "line too long"),
    ],
)
@pytest.mark.parametrize("number", [2, 77, 201])
def test_a_bad_line_is_set_aside_with_its_number(
    tmp_path: Path, line: bytes, reason: str, number: int
) -> None:
    path = write(tmp_path / "t.tsv.gz", with_line(number, line))
    assert faults(path) == [(number, reason)]
    assert len(read_table(path, COLUMNS).rows) == 199


def test_several_bad_lines_leave_the_others_whole(tmp_path: Path) -> None:
    lines = GOOD.encode().split(b"\n")
    lines[5], lines[6], lines[100] = b"short", b"a\tb\tc\td", b"\xfe\tb\tc"
    path = write(tmp_path / "t.tsv.gz", b"\n".join(lines))
    assert [n for n, _ in faults(path)] == [6, 7, 101]
    kept = read_table(path, COLUMNS).rows
    assert kept["id"].to_list() == [f"g{i}" for i in range(200) if i + 2 not in (6, 7, 101)]


@pytest.mark.parametrize("fmt", [TSV, TableFormat(quote='"')])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (GOOD.replace("\t", ",").encode(), "no column 'id'"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>\n", "no column 'id'"),
        (GOOD.replace("value", "other").encode(), "no column 'value'"),
        (GOOD.replace("name\tvalue", "value\tvalue").encode(), "twice"),
    ],
)
def test_a_file_that_is_another_file_is_refused(
    tmp_path: Path, content: bytes, told: str, fmt: TableFormat
) -> None:
    path = write(tmp_path / "t.tsv.gz", content)
    with pytest.raises(TableError, match=told) as caught:
        read_table(path, COLUMNS, fmt)
    assert "t.tsv.gz" in str(caught.value)
    assert "\n" not in str(caught.value)


def scanned(path: Path, fmt: TableFormat = TSV) -> Table:
    blocks = list(scan_table(path, COLUMNS, fmt))
    rows, bad = (pl.concat([getattr(b, name) for b in blocks]) for name in ("rows", "bad"))
    return Table(path.name, rows, bad)


@pytest.mark.parametrize("block", [1, 7, 100, 3000, 1 << 20])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_read_in_blocks_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, end: str
) -> None:
    lines = with_line(77, "a\tb ä\tc\td".encode()).split(b"\n")
    lines[5], lines[9], lines[100] = b"short", b"", b"\xfe\tb\tc"
    for content in (GOOD.encode(), b"\n".join(lines)[:-1], b"\xef\xbb\xbf" + GOOD.encode()):
        path = write(tmp_path / "t.tsv.gz", content.replace(b"\n", end.encode()))
        whole = read_table(path, COLUMNS)
        with monkeypatch.context() as patched:
            patched.setattr("ingest.content._BLOCK", block)
            pieces = scanned(path)
        assert pieces.rows.equals(whole.rows)
        assert pieces.bad.equals(whole.bad)


def test_fields_behind_the_last_that_is_asked_for_may_be_many_or_few(tmp_path: Path) -> None:
    head = HEADER + "\tid\tmore"
    body = ["a\tb\tc", "d\te\tf\tg", "h\ti\tj\tk\tl\tm\tn", "o\tp", "q\tr\ts\t\t"]
    path = write(tmp_path / "t.tsv", "\n".join([head, *body, ""]).encode(), compress=False)
    for table in (
        scanned(path, TableFormat(tail=True)),
        read_table(path, COLUMNS, TableFormat(tail=True)),
    ):
        assert table.rows.rows() == [("a", "c", 2), ("d", "f", 3), ("h", "j", 4), ("q", "s", 6)]
        assert table.bad.rows() == [("t.tsv", 5, "wrong number of fields")]


def test_an_endless_line_and_another_header_stop_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.content._BLOCK", 64)
    monkeypatch.setattr("ingest.content.LONGEST_LINE", 1000)
    path = write(tmp_path / "t.tsv.gz", (GOOD + "x" * 9000 + "\n").encode())
    with pytest.raises(TableError, match="line 202 is longer"):
        scanned(path)
    path = write(tmp_path / "t.tsv.gz", GOOD.encode()[:-1] + b"\n" * 9000)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(TableError, match="truncated or damaged"):
        scanned(path)
    with pytest.raises(TableError, match="no column 'value'"):
        scanned(write(tmp_path / "t.tsv.gz", GOOD.replace("value", "other").encode()))


@pytest.mark.parametrize("damage", ["truncated", "crc", "flipped"])
def test_a_damaged_gzip_is_refused(tmp_path: Path, damage: str) -> None:
    packed = bytearray(gzip.compress(GOOD.encode() * 50))
    if damage == "truncated":
        packed = packed[: len(packed) // 2]
    elif damage == "crc":
        packed[-5] ^= 0xFF
    else:
        packed[len(packed) // 2] ^= 0x10
    path = tmp_path / "t.tsv.gz"
    path.write_bytes(bytes(packed))
    with pytest.raises(TableError, match=r"t\.tsv\.gz is truncated or damaged"):
        read_table(path, COLUMNS)


def test_plain_text_named_gz_and_a_gzip_of_several_members_are_read(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.tsv.gz", GOOD.encode(), compress=False)
    half = GOOD.index("g100")
    members = gzip.compress(GOOD[:half].encode()) + gzip.compress(GOOD[half:].encode())
    several = tmp_path / "several.tsv.gz"
    several.write_bytes(members)
    for path in (plain, several):
        assert len(read_table(path, COLUMNS).rows) == 200


def test_a_zip_of_one_file_is_read_and_of_two_refused(tmp_path: Path) -> None:
    for n in (1, 2):
        with zipfile.ZipFile(tmp_path / f"{n}.zip", "w") as archive:
            for i in range(n):
                archive.writestr(f"{i}.tsv", GOOD)
    assert len(read_table(tmp_path / "1.zip", COLUMNS).rows) == 200
    with pytest.raises(TableError, match="holds 2 files"):
        read_table(tmp_path / "2.zip", COLUMNS)


def test_an_absent_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"gone\.tsv can't be read"):
        read_table(tmp_path / "gone.tsv", COLUMNS)


def test_comments_are_passed_over_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", b"#version: 1\n#license: x\n" + GOOD.encode())
    for fmt in (TableFormat(comment="#"), TableFormat(comment="#", quote='"')):
        assert read_table(path, COLUMNS, fmt).rows["line"].to_list() == list(range(4, 204))


def test_a_ragged_file_keeps_the_rest_in_its_last_column(tmp_path: Path) -> None:
    path = write(tmp_path / "sets.gmt", b"A\tR-1\tG1\tG2\nB\tR-2\tG3\n\nC\tR-3\n")
    fmt = TableFormat(header=("name", "id", "genes"), ragged=True)
    table = read_table(path, ("name", "genes"), fmt)
    assert table.rows["genes"].to_list() == ["G1\tG2", "G3", ""]
    assert list(table.bad.select("line", "reason").iter_rows()) == [(3, "blank line")]


def test_quoted_fields_with_breaks_keep_their_line_numbers(tmp_path: Path) -> None:
    content = b'id,name,value\na,"two\nlines",1\nb,"say ""hi""",2\nc,short\nd,x,3\n'
    path = write(tmp_path / "t.csv", content)
    table = read_table(path, ("id", "name", "value"), CSV)
    assert table.rows.rows() == [
        ("a", "two\nlines", "1", 2),
        ("b", 'say "hi"', "2", 4),
        ("d", "x", "3", 6),
    ]
    assert list(table.bad.select("line", "reason").iter_rows()) == [(5, "wrong number of fields")]


def test_a_quote_that_never_closes_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", b'id,name,value\na,x,1\nb,"open,2\nc,y,3\n')
    with pytest.raises(TableError, match=r"t\.csv, line 3: a quote is never closed"):
        read_table(path, COLUMNS, CSV)


def test_split_gives_each_bad_row_its_first_reason(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "t.tsv", GOOD.encode()), COLUMNS)
    value = pl.col("value").cast(pl.Int64)
    good, bad = table.split({"odd": value % 2 == 0, "large": value < 100})
    assert good["value"].to_list() == [str(i) for i in range(0, 100, 2)]
    assert dict(bad.group_by("reason").len().iter_rows()) == {"odd": 100, "large": 50}
    assert len(good) + len(bad) == table.n_lines


_cells = st.text(
    st.characters(blacklist_characters="\t\n\r\x00", blacklist_categories=["Cs"]), max_size=12
)


@given(st.lists(st.tuples(_cells.filter(bool), _cells, _cells), min_size=1, max_size=30))
def test_any_text_comes_back_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    text = "\n".join([HEADER, *("\t".join(row) for row in rows)]) + "\n"
    table = _read(text.encode(), TSV)
    assert table.select("id", "value").rows() == [(row[0], row[2]) for row in rows]


@given(
    st.lists(
        st.tuples(
            _cells.filter(bool),
            st.text(
                st.characters(blacklist_characters="\x00", blacklist_categories=["Cs"]), max_size=12
            ),
            _cells,
        ),
        min_size=1,
        max_size=30,
    )
)
def test_any_quoted_text_comes_back_as_the_csv_module_wrote_it(
    rows: list[tuple[str, str, str]],
) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [HEADER.split("\t"), *rows]
    )
    table = _read(out.getvalue().encode(), CSV)
    assert table["id"].to_list() == [row[0] for row in rows]


@settings(max_examples=500)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["a,b,c", '"a","b","c"', 'a,"b,""c""",d', '"",b,c', ',"",', 'a "b",c,d', '5",b,c']
            ),
            st.text('ab"",,,', max_size=9),
            st.text('a",\n\r\x00\xe9', max_size=9),
        ),
        max_size=12,
    )
)
def test_quotes_mean_what_the_csv_module_makes_of_them(written: list[str]) -> None:
    text = "\n".join([",".join(HEADER.split("\t")), *written])
    told: list[tuple[int, str]] = []
    kept: list[tuple[str, str, int]] = []
    try:
        with io.StringIO(plain_lines(text.encode()).decode(), newline="") as stream:
            for line, end, record in quoted.records(stream, CSV, "t"):
                if isinstance(record, str):
                    told += [(n, record) for n in range(line, end + 1)]
                elif len(record) != 3:
                    fault = "wrong number of fields" if record else "blank line"
                    told += [(n, fault) for n in range(line, end + 1)]
                elif any("\x00" in cell for cell in record):
                    told += [(n, "NUL byte") for n in range(line, end + 1)]
                elif line > 1:
                    kept.append((record[0], record[2], line))
    except TableError as error:
        with pytest.raises(TableError, match=str(error).partition("line ")[2]):
            _table(text.encode(), CSV)
        return
    table = _table(text.encode(), CSV)
    assert list(table.bad.select("line", "reason").iter_rows()) == told
    assert table.rows.rows() == kept


def _table(content: bytes, fmt: TableFormat) -> Table:
    with tempfile.TemporaryDirectory() as directory:
        return read_table(write(Path(directory) / "t", content, compress=False), COLUMNS, fmt)


def _read(content: bytes, fmt: TableFormat) -> pl.DataFrame:
    table = _table(content, fmt)
    assert not len(table.bad)
    return table.rows
