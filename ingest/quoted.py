"""Lines of files that quote fields, told apart by how their quotes stand.

Nearly all lines are plain or well formed: then a line is a record, and all of them are read at
once. Those that are not go through the csv module, which alone says what they mean.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ingest.lines import Counts, Lines
from ingest.table_format import TableFormat
from kg.errors import TableError

Record = tuple[int, int, list[str] | str]
"""First and last line, and the fields or the fault."""

WELL, LITERAL, ODD = range(3)
"""Quotes enclose whole fields, or there are none; none begins a field, so that they are text; else.

Lines that hold a NUL byte or no UTF-8, or are too long, are odd too."""


def kinds(lines: Lines, fmt: TableFormat) -> npt.NDArray[np.int8]:
    """For each line how its quotes stand; lines follow one another without a gap."""
    found = np.full(len(lines), WELL, np.int8)
    found[lines.not_utf8() | (lines.end - lines.start > fmt.max_line)] = ODD
    if b"\x00" in lines.text:
        found[lines.count_byte(0) > 0] = ODD
    quote, outside = ord(fmt.quote or '"'), (ord(fmt.delimiter), ord("\n"))
    at = np.flatnonzero(lines.data == quote)
    at = at[at >= lines.start[0]] if len(lines) else at[:0]
    if not len(at):
        return found
    first = np.searchsorted(at, lines.start)
    of = np.searchsorted(lines.start, at, side="right") - 1
    nth = np.arange(len(at)) - first[of]
    before = np.where(at > 0, lines.data[at - 1], ord("\n"))
    after = np.append(lines.data, np.uint8(ord("\n")))[at + 1]
    begins, ends = np.isin(before, outside), np.isin(after, outside)
    opening = begins | ((before == quote) & (nth > 0))
    closing = ends | (after == quote)
    wrong = np.diff(first, append=len(at)) % 2 == 1
    wrong[of[~np.where(nth % 2 == 0, opening, closing)]] = True
    quoting = np.zeros(len(lines), bool)
    quoting[of[begins]] = True
    found[wrong & (found == WELL)] = LITERAL
    found[wrong & quoting] = ODD
    return found


def separators(lines: Lines, fmt: TableFormat) -> Counts:
    """Delimiters of each line outside of quotes; the text has well-formed lines alone."""
    at = lines.data == ord(fmt.delimiter)
    if fmt.quote and fmt.quote.encode() in lines.text:
        quotes = lines.data == ord(fmt.quote)
        at &= np.bitwise_xor.accumulate(quotes.view(np.uint8)) == 0
    return lines.count(np.flatnonzero(at))


def records(texts: Iterable[str], fmt: TableFormat, name: str, begin: int = 1) -> Iterator[Record]:
    """What the csv module makes of lines.

    Args:
        texts: The lines, with their ends.
        fmt: How they are written.
        name: What errors call the file.
        begin: Number of the first line.

    Raises:
        TableError: a quote is never closed.
    """
    csv.field_size_limit(fmt.max_line)
    reader = csv.reader(texts, delimiter=fmt.delimiter, quotechar=fmt.quote, strict=True)
    skipped = begin - 1
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


def odd_records(
    lines: Lines, kind: npt.NDArray[np.int8], fmt: TableFormat, name: str
) -> Iterator[Record]:
    """The records that begin on odd lines, which may take in lines of any kind."""
    upto = 0
    for i in np.flatnonzero(kind == ODD):
        if lines.number[i] > upto:
            texts = (_text(lines, n) for n in range(i, len(lines)))
            record = next(records(texts, fmt, name, int(lines.number[i])))
            upto = record[1]
            yield record


def _text(lines: Lines, i: int) -> str:
    ended = lines.end[i] + 1
    return lines.text[lines.start[i] : ended].decode("utf-8", "surrogateescape")


@dataclass(slots=True)
class Collected:
    """Records of as many fields as the header has, and the faults of others.

    Attributes:
        spans: First and last line of every record.
    """

    width: int
    fmt: TableFormat
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)

    def add(self, line: int, end: int, record: list[str] | str) -> None:
        """Keep a record, or what is wrong with it for each of its lines."""
        self.spans.append((line, end))
        fault = record if isinstance(record, str) else _fault(record, self.width, self.fmt)
        if fault or isinstance(record, str):
            self.faults += [(n, fault) for n in range(line, end + 1)]
        else:
            self.rows.append(record)
            self.lines.append(line)

    def taken(self, numbers: Counts) -> npt.NDArray[np.bool_]:
        """Which lines belong to a record; numbers ascend."""
        mask = np.zeros(len(numbers), bool)
        for first, last in self.spans:
            mask[slice(*np.searchsorted(numbers, (first, last + 1)))] = True
        return mask


def _fault(record: list[str], width: int, fmt: TableFormat) -> str:
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
