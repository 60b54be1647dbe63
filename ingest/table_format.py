"""How a delimited file is written."""

from __future__ import annotations

from dataclasses import dataclass


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
        tail: Fields after the last one that is asked for are not looked at, many or few.
        ragged: Accept rows of any number of fields; the rest goes to the column `rest`.
    """

    delimiter: str = "\t"
    quote: str | None = None
    comment: str | None = None
    header: tuple[str, ...] | None = None
    key: tuple[str, str] | None = None
    skip: int = 0
    max_line: int = 1 << 20
    tail: bool = False
    ragged: bool = False
