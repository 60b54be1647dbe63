"""The lines of a text in memory, found and checked by NumPy scans over its bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lines:
    """Where each line of a text begins and ends (without its line end), and its number.

    Attributes:
        text: The whole of it.
        data: The same bytes as an array.
        number: From 1, in the whole text.
    """

    text: bytes
    data: Bytes
    start: Counts
    end: Counts
    number: Counts

    @classmethod
    def of(cls, text: bytes) -> Lines:
        """Every line of a text."""
        data = np.frombuffer(text, np.uint8)
        end = np.flatnonzero(data == ord("\n"))
        if not text.endswith(b"\n"):
            end = np.append(end, len(data))
        start = np.concatenate(([0], end[:-1] + 1))
        return cls(text, data, start, end, np.arange(1, len(start) + 1))

    def __len__(self) -> int:
        """How many."""
        return len(self.start)

    def keep(self, mask: Mask) -> Lines:
        """Those that are marked."""
        if mask.all():
            return self
        return replace(self, start=self.start[mask], end=self.end[mask], number=self.number[mask])

    def alone(self) -> Lines:
        """The same lines, with their numbers, of a text that has no others."""
        if not len(self) or self._gaps().size:
            return replace(Lines.of(self.join()), number=self.number)
        first, text = self.start[0], self.text[self.start[0] : self.end[-1] + 1]
        data = np.frombuffer(text, np.uint8)
        return Lines(text, data, self.start - first, self.end - first, self.number)

    def decoded(self, i: int) -> str:
        """One line as text."""
        return self.text[self.start[i] : self.end[i]].decode("utf-8", "replace")

    def count(self, at: Counts) -> Counts:
        """How many of some ascending places lie in each line."""
        before = np.searchsorted(at, self.end)
        if not len(self) or self._gaps().size:
            return before - np.searchsorted(at, self.start)
        return np.diff(before, prepend=np.searchsorted(at, self.start[0]))

    def count_byte(self, byte: int) -> Counts:
        """How often a byte occurs in each line; it may not be the line feed."""
        return self.count(np.flatnonzero(self.data == byte))

    def cut(self, byte: int, count: int) -> Lines:
        """Each line without its so-manieth byte of a kind and what follows; others whole."""
        at = np.flatnonzero(self.data == byte)
        nth = np.searchsorted(at, self.start) + count - 1
        has = self.count(at) >= count
        end = self.end.copy()
        end[has] = at[nth[has]]
        return replace(self, end=end)

    def join(self) -> bytes:
        """The lines one after the other, each ended by a newline."""
        if not len(self):
            return b""
        apart = self._gaps()
        first = np.concatenate(([0], apart + 1))
        last = np.concatenate((apart, [len(self) - 1]))
        runs = zip(self.start[first].tolist(), self.end[last].tolist(), strict=True)
        return b"".join([part for a, b in runs for part in (self.text[a:b], b"\n")])

    def _gaps(self) -> Counts:
        """Lines after which one or more are left out."""
        return np.flatnonzero(self.start[1:] != self.end[:-1] + 1)

    def begins_with(self, prefix: bytes) -> Mask:
        """True for lines that begin so."""
        mask = self.end - self.start >= len(prefix)
        for k, byte in enumerate(prefix):
            mask &= self.data[np.minimum(self.start + k, len(self.data) - 1)] == byte
        return mask

    def not_utf8(self) -> Mask:
        """True for lines that hold bytes that are no UTF-8."""
        bad = np.zeros(len(self), bool)
        try:
            if not self.text.isascii():
                self.text.decode("utf-8")
        except UnicodeDecodeError:
            high = np.flatnonzero(self.data >= 0x80)
        else:
            return bad
        suspects = np.unique(np.searchsorted(self.start, high, side="right") - 1)
        for i in suspects[suspects >= 0]:
            try:
                self.text[self.start[i] : self.end[i]].decode("utf-8")
            except UnicodeDecodeError:
                bad[i] = True
        return bad
