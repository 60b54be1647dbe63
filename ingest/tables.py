"""Delimited text, plain, gzipped or zipped, to a polars frame of strings with line numbers.

Lines are found and checked with a NumPy scan over bytes; the parser sees only lines known to be
good, so no damaged row is cut, filled or shifted in silence. Files that quote fields are read
with the csv module instead, which is slower and counts lines right.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.content import plain_lines
from ingest.content import read_bytes as read_bytes
from kg.errors import TableError

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TableFormat:
    """How a file is written.

    Attributes:
        delimiter: One ASCII character.
        quote: The quote character; None when fields are never quoted.
        comment: Lines that begin with this are no data and come before the header.
        header: The column names when the file has none of its own.
        key: For a file without a header, a column and a pattern that some of its values match:
            by these the file is known, as others are by their header.
        skip: Lines above the header that are no data, whatever they say.
        max_line: Longest line accepted, in bytes.
        ragged: Accept rows of any number of fields; the rest goes to the column `rest`.
    """

    delimiter: str = "\t"
    quote: str | None = None
    comment: str | None = None
    header: tuple[str, ...] | None = None
    key: tuple[str, str] | None = None
    skip: int = 0
    max_line: int = 1 << 20
    ragged: bool = False


TSV = TableFormat()
CSV = TableFormat(delimiter=",", quote='"')


@dataclass(frozen=True, slots=True)
class Table:
    """The good rows of a file, and where the bad ones stand.

    Attributes:
        file: Path as the catalogue gives it.
        rows: Every column as String ('' where empty), and `line`: Int64, 1-based in the
            decompressed file. Readers of terms and sequences give lists and flags too.
        bad: Columns file, line, reason.
    """

    file: str
    rows: pl.DataFrame
    bad: pl.DataFrame

    @property
    def n_lines(self) -> int:
        """Data lines read, good and bad."""
        return len(self.rows) + len(self.bad)

    def split(self, checks: Mapping[str, pl.Expr]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Good rows, and the bad ones with the reason of the first failed check.

        Args:
            checks: reason -> expression that is true where the row is good; null counts as false.
        """
        names = [f"__check{n}" for n in range(len(checks))]
        marks = zip(names, checks.values(), strict=True)
        marked = self.rows.with_columns(
            good.fill_null(value=False).alias(name) for name, good in marks
        )
        passed = marked.select(pl.all_horizontal(True, *names)).to_series()
        if passed.all():
            return self.rows, self.bad
        reason = pl.lit(None, pl.String)
        for name, told in reversed([*zip(names, checks, strict=True)]):
            reason = pl.when(name).then(reason).otherwise(pl.lit(told))
        failed = marked.filter(~passed).select(
            pl.lit(self.file).alias("file"), "line", reason.alias("reason")
        )
        return self.rows.filter(passed), pl.concat([self.bad, failed])

    def without(self, checks: Mapping[str, pl.Expr]) -> Table:
        """The table with the rows that fail a check set aside; columns `__...` are dropped."""
        good, bad = self.split(checks)
        return Table(self.file, good.drop(pl.selectors.starts_with("__")), bad)


def no_bad_rows() -> pl.DataFrame:
    """An empty quarantine frame."""
    return pl.DataFrame(schema={"file": pl.String, "line": pl.Int64, "reason": pl.String})


def read_table(
    path: Path, columns: Sequence[str], fmt: TableFormat = TSV, name: str | None = None
) -> Table:
    """Read the named columns of a file.

    Raises:
        TableError: the file is truncated, damaged or empty, or lacks a column; the message says
            which file, what is wrong, and what to do.
    """
    name = name or path.name
    data = read_bytes(path, name)
    if not data.strip():
        raise TableError(f"{name} is empty; fetch it again")
    reader = _read_quoted if fmt.quote else _read_plain
    table = reader(plain_lines(data), tuple(columns), fmt, name)
    if fmt.key and not table.rows[fmt.key[0]].str.contains(fmt.key[1]).any():
        raise TableError(
            f"{name} has no line whose field {fmt.key[0]!r} is like {fmt.key[1]!r}; it is another "
            "file or another version: fetch the pinned one, or check the delimiter"
        )
    return table


@dataclass(frozen=True, slots=True)
class _Lines:
    """Where each line of a buffer begins and ends (without its line end), and its number."""

    data: Bytes
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]

    @classmethod
    def of(cls, data: bytes) -> _Lines:
        buffer = np.frombuffer(data, np.uint8)
        end = np.flatnonzero(buffer == ord("\n"))
        if not data.endswith(b"\n"):
            end = np.append(end, len(buffer))
        start = np.concatenate(([0], end[:-1] + 1))
        return cls(buffer, start, end, np.arange(1, len(start) + 1))

    def keep(self, mask: npt.NDArray[np.bool_]) -> _Lines:
        return replace(self, start=self.start[mask], end=self.end[mask], number=self.number[mask])

    def text(self, i: int) -> str:
        return self.data[self.start[i] : self.end[i]].tobytes().decode("utf-8", "replace")

    def count(self, byte: int) -> npt.NDArray[np.int64]:
        """How often a byte occurs in each line."""
        at = np.flatnonzero(self.data == byte)
        return np.searchsorted(at, self.end) - np.searchsorted(at, self.start)

    def join(self) -> bytes:
        """The lines one after the other, each ended by a newline."""
        apart = np.flatnonzero(self.start[1:] != self.end[:-1] + 1)
        first = np.concatenate(([0], apart + 1))
        last = np.concatenate((apart, [len(self.start) - 1]))
        runs = zip(self.start[first], self.end[last], strict=True)
        return b"".join(self.data[start:end].tobytes() + b"\n" for start, end in runs)


def _read_plain(data: bytes, columns: tuple[str, ...], fmt: TableFormat, name: str) -> Table:
    lines = _Lines.of(data)
    if fmt.skip:
        lines = lines.keep(lines.number > fmt.skip)
    if fmt.comment:
        lines = lines.keep(~_begins_with(lines, fmt.comment.encode()))
    if not len(lines.start):
        raise TableError(f"{name} has no data; fetch it again")
    header, lines = _header(lines, fmt)
    _check_header(header, columns, name)
    reasons = _line_faults(lines, 0 if fmt.ragged else len(header) - 1, fmt)
    good = lines.keep(reasons == 0)
    rows = _parse(good, header, columns, fmt)
    return Table(name, rows, _faults(name, lines.number, reasons))


def _header(lines: _Lines, fmt: TableFormat) -> tuple[list[str], _Lines]:
    if fmt.header is not None:
        return list(fmt.header), lines
    rest = np.ones(len(lines.start), bool)
    rest[0] = False
    return [h.strip() for h in lines.text(0).split(fmt.delimiter)], lines.keep(rest)


def _check_header(header: Sequence[str], columns: Sequence[str], name: str) -> None:
    missing = [c for c in columns if c not in header]
    if missing:
        shown = ", ".join(header[:8])[:120]
        raise TableError(
            f"{name} has no column {missing[0]!r} (its header begins {shown!r}); it is another "
            "file or another version: fetch the pinned one, or check the delimiter"
        )
    doubled = [c for c in columns if list(header).count(c) > 1]
    if doubled:
        raise TableError(f"{name} has the column {doubled[0]!r} twice; fetch the pinned version")


_FAULTS = (
    "",
    "blank line",
    "wrong number of fields",
    "NUL byte",
    "not UTF-8",
    "line too long",
)


def _line_faults(lines: _Lines, separators: int, fmt: TableFormat) -> npt.NDArray[np.int8]:
    """For each line a position in _FAULTS; 0 is good."""
    reasons = np.zeros(len(lines.start), np.int8)
    length = lines.end - lines.start
    if not fmt.ragged:
        reasons[lines.count(ord(fmt.delimiter)) != separators] = 2
    if (lines.data == 0).any():
        reasons[lines.count(0) > 0] = 3
    reasons[_not_utf8(lines)] = 4
    reasons[length > fmt.max_line] = 5
    reasons[length == 0] = 1
    return reasons


def _not_utf8(lines: _Lines) -> npt.NDArray[np.bool_]:
    """True for lines that hold bytes that are no UTF-8."""
    bad = np.zeros(len(lines.start), bool)
    try:
        lines.data.tobytes().decode("utf-8")
    except UnicodeDecodeError:
        high = np.flatnonzero(lines.data >= 0x80)
    else:
        return bad
    suspects = np.unique(np.searchsorted(lines.start, high, side="right") - 1)
    for i in suspects[suspects >= 0]:
        try:
            lines.data[lines.start[i] : lines.end[i]].tobytes().decode("utf-8")
        except UnicodeDecodeError:
            bad[i] = True
    return bad


def _parse(
    lines: _Lines, header: Sequence[str], columns: tuple[str, ...], fmt: TableFormat
) -> pl.DataFrame:
    schema = dict.fromkeys(columns, pl.String)
    if not len(lines.start):
        return pl.DataFrame(schema=schema | {"line": pl.Int64})
    if fmt.ragged:
        return _parse_ragged(lines, header, columns, fmt)
    wanted = sorted(header.index(c) for c in columns)
    frame = pl.read_csv(
        io.BytesIO(lines.join()),
        has_header=False,
        separator=fmt.delimiter,
        quote_char=None,
        columns=wanted,
        infer_schema=False,
        empty_string_is_null=False,
        new_columns=[f"{i}" for i in range(len(header))],
    ).rename({f"{i}": header[i] for i in wanted})
    return frame.select(columns).with_columns(pl.Series("line", lines.number))


def _parse_ragged(
    lines: _Lines, header: Sequence[str], columns: tuple[str, ...], fmt: TableFormat
) -> pl.DataFrame:
    """The first len(header) fields by name; the last takes what remains, delimiters included."""
    text = pl.Series("text", lines.join().decode().split("\n")[:-1])
    split = text.str.splitn(fmt.delimiter, len(header)).struct.rename_fields(list(header)).struct
    frame = split.unnest().with_columns(pl.all().fill_null(""))
    return frame.select(columns).with_columns(pl.Series("line", lines.number))


def _begins_with(lines: _Lines, prefix: bytes) -> npt.NDArray[np.bool_]:
    mask = lines.end - lines.start >= len(prefix)
    for k, byte in enumerate(prefix):
        mask &= lines.data[np.minimum(lines.start + k, len(lines.data) - 1)] == byte
    return mask


def _faults(
    name: str, number: npt.NDArray[np.int64], reasons: npt.NDArray[np.int8]
) -> pl.DataFrame:
    bad = np.flatnonzero(reasons)
    return pl.DataFrame(
        {
            "file": [name] * len(bad),
            "line": number[bad],
            "reason": [_FAULTS[reasons[i]] for i in bad],
        },
        schema=no_bad_rows().schema,
    )


@dataclass(slots=True)
class _Collected:
    """Rows of a quoted file as they come, and the faults among them."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)


def _read_quoted(data: bytes, columns: tuple[str, ...], fmt: TableFormat, name: str) -> Table:
    text = data.decode("utf-8", "surrogateescape")
    records = _records(text, fmt, name)
    header = list(fmt.header) if fmt.header is not None else None
    found = _Collected()
    for line, end, record in records:
        if isinstance(record, str):
            found.faults += [(n, record) for n in range(line, end + 1)]
        elif header is None:
            header = [h.strip() for h in record]
            _check_header(header, columns, name)
        elif fault := _record_fault(record, len(header), fmt):
            found.faults += [(n, fault) for n in range(line, end + 1)]
        else:
            found.rows.append(record)
            found.lines.append(line)
    if header is None:
        raise TableError(f"{name} has no data; fetch it again")
    _check_header(header, columns, name)
    at = [header.index(c) for c in columns]
    frame = pl.DataFrame(
        {c: [row[i] for row in found.rows] for c, i in zip(columns, at, strict=True)},
        schema=dict.fromkeys(columns, pl.String),
    ).with_columns(pl.Series("line", found.lines, pl.Int64))
    bad = [{"file": name, "line": line, "reason": reason} for line, reason in found.faults]
    return Table(name, frame, pl.DataFrame(bad, schema=no_bad_rows().schema))


def _records(text: str, fmt: TableFormat, name: str) -> Iterator[tuple[int, int, list[str] | str]]:
    """Each record that is no comment: its first and last line, its fields or its fault."""
    stream, skipped = io.StringIO(text, newline=""), 0
    while skipped < fmt.skip or (fmt.comment and text.startswith(fmt.comment, stream.tell())):
        stream.readline()
        skipped += 1
    csv.field_size_limit(fmt.max_line)
    reader = csv.reader(stream, delimiter=fmt.delimiter, quotechar=fmt.quote, strict=True)
    begin = skipped + 1
    while True:
        try:
            record: list[str] | str = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            too_long = "limit" in str(error)
            if "unexpected end" in str(error) or (too_long and skipped + reader.line_num > begin):
                raise TableError(
                    f"{name}, line {begin}: a quote is never closed; fetch the file again"
                ) from error
            record = "line too long" if too_long else "quotes inside a field"
        end = skipped + reader.line_num
        yield begin, end, record
        begin = end + 1


def _record_fault(record: list[str], width: int, fmt: TableFormat) -> str:
    if not record:
        return "blank line"
    if len(record) != width:
        return "wrong number of fields"
    text = fmt.delimiter.join(record)
    if "\x00" in text:
        return "NUL byte"
    if not text.isascii() and any("\udc80" <= c <= "\udcff" for c in text):
        return "not UTF-8"
    return ""
