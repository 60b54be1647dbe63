"""Delimited text, plain, gzipped or zipped, to a polars frame of strings with line numbers.

Lines are found and checked with a NumPy scan over bytes; the parser sees only lines known to be
good, so no damaged row is cut, filled or shifted in silence. Of files that quote fields, records
of several lines and lines with stray quotes are read with the csv module instead.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest import quoted
from ingest.content import line_blocks, plain_lines, read_head
from ingest.content import read_bytes as read_bytes
from ingest.lines import Lines
from ingest.table_format import TableFormat as TableFormat
from kg.errors import TableError

_TOP = 1 << 18
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

    def with_columns(self, **columns: pl.Expr) -> Table:
        """The table with further columns, for checks that ask of them several times."""
        return replace(self, rows=self.rows.with_columns(**columns))

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
    _check_top(path, columns, fmt, name)
    return parse_table(read_bytes(path, name), columns, fmt, name)


def parse_table(data: bytes, columns: Sequence[str], fmt: TableFormat, name: str) -> Table:
    """As `read_table`, of what a file holds."""
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


def _check_top(path: Path, columns: Sequence[str], fmt: TableFormat, name: str) -> None:
    """Refuse another table by its first line, before the rest is read: that may be large."""
    if fmt.header is not None or fmt.skip or fmt.comment or fmt.quote:
        return
    top, newline, _ = plain_lines(read_head(path, name, _TOP)).partition(b"\n")
    if newline and top.strip():
        header, _ = _header(Lines.of(top), fmt, columns)
        _check_header(header, columns, name)


def scan_table(
    path: Path, columns: Sequence[str], fmt: TableFormat = TSV, name: str | None = None
) -> Iterator[Table]:
    """As `read_table`, a block of lines at a time: a file that quotes nothing and may be large.

    Raises:
        TableError: as `read_table`; where the file's end is damaged, after the blocks before it.
    """
    name, header = name or path.name, None
    for before, block in line_blocks(path, name):
        every = Lines.of(block)
        lines = _data_lines(replace(every, number=every.number + before), fmt)
        if header is None and len(lines):
            header, lines = _header(lines, fmt, columns)
            _check_header(header, columns, name)
        if header is not None:
            yield _of_lines(lines, header, tuple(columns), fmt, name)
    if header is None:
        raise TableError(f"{name} has no data; fetch it again")


def read_if(path: Path, columns: Sequence[str], name: str, fmt: TableFormat = TSV) -> Table | None:
    """As `read_table`; None where the file can't be read so, or is another."""
    try:
        return read_table(path, columns, fmt, name)
    except TableError:
        return None


def _read_plain(data: bytes, columns: tuple[str, ...], fmt: TableFormat, name: str) -> Table:
    lines = _data_lines(Lines.of(data), fmt)
    if not len(lines):
        raise TableError(f"{name} has no data; fetch it again")
    header, lines = _header(lines, fmt, columns)
    _check_header(header, columns, name)
    return _of_lines(lines, header, columns, fmt, name)


def _data_lines(lines: Lines, fmt: TableFormat) -> Lines:
    """Without the lines that are skipped, and comments."""
    if fmt.skip:
        lines = lines.keep(lines.number > fmt.skip)
    if fmt.comment:
        lines = lines.keep(~lines.begins_with(fmt.comment.encode()))
    return lines


def _of_lines(
    lines: Lines, header: Sequence[str], columns: tuple[str, ...], fmt: TableFormat, name: str
) -> Table:
    if fmt.tail:
        lines = lines.cut(ord(fmt.delimiter), len(header))
    reasons = _line_faults(lines, 0 if fmt.ragged else len(header) - 1, fmt)
    rows = _parse(lines.keep(reasons == 0), header, columns, fmt)
    return Table(name, rows, _faults(name, lines.number, reasons))


def _header(lines: Lines, fmt: TableFormat, columns: Sequence[str]) -> tuple[list[str], Lines]:
    """Names of the fields, without those that are not looked at, and the lines below."""
    if fmt.header is not None:
        return list(fmt.header), lines
    names = [h.strip() for h in lines.decoded(0).split(fmt.delimiter)]
    if fmt.tail:
        names = names[: max((names.index(c) for c in columns if c in names), default=0) + 1]
    return names, lines.keep(np.arange(len(lines)) > 0)


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


def _line_faults(lines: Lines, separators: int, fmt: TableFormat) -> npt.NDArray[np.int8]:
    """For each line a position in _FAULTS; 0 is good."""
    reasons = np.zeros(len(lines), np.int8)
    length = lines.end - lines.start
    if not fmt.ragged:
        reasons[lines.count_byte(ord(fmt.delimiter)) != separators] = 2
    if b"\x00" in lines.text:
        reasons[lines.count_byte(0) > 0] = 3
    reasons[lines.not_utf8()] = 4
    reasons[length > fmt.max_line] = 5
    reasons[length == 0] = 1
    return reasons


def _parse(
    lines: Lines, header: Sequence[str], columns: tuple[str, ...], fmt: TableFormat
) -> pl.DataFrame:
    schema = dict.fromkeys(columns, pl.String)
    if not len(lines):
        return pl.DataFrame(schema=schema | {"line": pl.Int64})
    if fmt.ragged:
        return _parse_ragged(lines, header, columns, fmt)
    wanted = sorted(header.index(c) for c in columns)
    frame = pl.read_csv(
        io.BytesIO(lines.join()),
        has_header=False,
        separator=fmt.delimiter,
        quote_char=fmt.quote,
        columns=wanted,
        infer_schema=False,
        empty_string_is_null=False,
        new_columns=[f"{i}" for i in range(len(header))],
    ).rename({f"{i}": header[i] for i in wanted})
    return frame.select(columns).with_columns(pl.Series("line", lines.number))


def _parse_ragged(
    lines: Lines, header: Sequence[str], columns: tuple[str, ...], fmt: TableFormat
) -> pl.DataFrame:
    """The first len(header) fields by name; the last takes what remains, delimiters included."""
    text = pl.Series("text", lines.join().decode().split("\n")[:-1])
    split = text.str.splitn(fmt.delimiter, len(header)).struct.rename_fields(list(header)).struct
    frame = split.unnest().with_columns(pl.all().fill_null(""))
    return frame.select(columns).with_columns(pl.Series("line", lines.number))


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


def _read_quoted(data: bytes, columns: tuple[str, ...], fmt: TableFormat, name: str) -> Table:
    lines = _below_top(Lines.of(data), fmt)
    kinds = quoted.kinds(lines, fmt)
    if b"\r" in data or (fmt.header is None and len(lines) and kinds[0] == quoted.ODD):
        return _read_records(lines, columns, fmt, name)
    header, body = _quoted_header(lines, fmt, name)
    _check_header(header, columns, name)
    kinds = kinds[len(lines) - len(body) :]
    apart = quoted.Collected(len(header), fmt)
    for record in quoted.odd_records(body, kinds, fmt, name):
        apart.add(*record)
    free = ~apart.taken(body.number)
    parts = [_collected(apart, header, columns, name)]
    for kind, quote in ((quoted.WELL, fmt.quote), (quoted.LITERAL, None)):
        of_kind = free & (kinds == kind)
        if of_kind.any():
            one = replace(fmt, quote=quote)
            parts.append(_in_lines(body.keep(of_kind).alone(), header, columns, one, name))
    return parts[-1] if len(parts) == 2 and not parts[0].n_lines else _in_order(parts)


def _below_top(lines: Lines, fmt: TableFormat) -> Lines:
    """Without the lines that are skipped and the comments below them."""
    top = np.arange(len(lines)) < fmt.skip
    if fmt.comment:
        comments = lines.begins_with(fmt.comment.encode())
        top |= np.logical_and.accumulate(comments | top)
    return lines.keep(~top)


def _quoted_header(lines: Lines, fmt: TableFormat, name: str) -> tuple[list[str], Lines]:
    if fmt.header is not None:
        return list(fmt.header), lines
    if not len(lines):
        raise TableError(f"{name} has no data; fetch it again")
    _, _, fields = next(quoted.records([lines.decoded(0)], fmt, name))
    return [h.strip() for h in fields], lines.keep(np.arange(len(lines)) > 0)


def _in_lines(
    lines: Lines, header: Sequence[str], columns: tuple[str, ...], fmt: TableFormat, name: str
) -> Table:
    """Lines of one kind, a record each."""
    reasons = np.where(quoted.separators(lines, fmt) == len(header) - 1, 0, 2).astype(np.int8)
    reasons[lines.end == lines.start] = 1
    rows = _parse(lines.keep(reasons == 0), header, columns, fmt)
    return Table(name, rows, _faults(name, lines.number, reasons))


def _read_records(lines: Lines, columns: tuple[str, ...], fmt: TableFormat, name: str) -> Table:
    """All records by the csv module."""
    text = lines.text[lines.start[0] :] if len(lines) else b""
    stream = io.StringIO(text.decode("utf-8", "surrogateescape"), newline="")
    records = quoted.records(stream, fmt, name, int(lines.number[0]) if len(lines) else 1)
    header = list(fmt.header) if fmt.header is not None else None
    found = quoted.Collected(len(header or ()), fmt)
    for line, end, record in records:
        if header is None and not isinstance(record, str):
            header = [h.strip() for h in record]
            _check_header(header, columns, name)
            found.width = len(header)
        else:
            found.add(line, end, record)
    if header is None:
        raise TableError(f"{name} has no data; fetch it again")
    _check_header(header, columns, name)
    return _collected(found, header, columns, name)


def _collected(
    found: quoted.Collected, header: Sequence[str], columns: tuple[str, ...], name: str
) -> Table:
    at = {c: header.index(c) for c in columns}
    frame = pl.DataFrame(
        {c: [row[i] for row in found.rows] for c, i in at.items()},
        schema=dict.fromkeys(columns, pl.String),
    ).with_columns(pl.Series("line", found.lines, pl.Int64))
    bad = [{"file": name, "line": line, "reason": reason} for line, reason in found.faults]
    return Table(name, frame, pl.DataFrame(bad, schema=no_bad_rows().schema))


def _in_order(parts: Sequence[Table]) -> Table:
    """The parts' rows and faults by line."""
    rows = pl.concat([p.rows for p in parts]).sort("line")
    return Table(parts[0].file, rows, pl.concat([p.bad for p in parts]).sort("line"))
