"""Near spellings: an inverted index of character trigrams over folded names, memory-mapped.

Folded names use 37 symbols (space, digits, letters), so a trigram is a number below 37**3 and the
index is one row pointer and one array of term numbers. Counting shared trigrams is then one
`bincount` over a few rows, which finds every near spelling; a full-text engine's ranked subset
missed the nearest and took ten times the space.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

_SYMBOLS = " 0123456789abcdefghijklmnopqrstuvwxyz"
_N = len(_SYMBOLS)
_CODE = np.zeros(256, np.int32)
_CODE[np.frombuffer(_SYMBOLS.encode(), np.uint8)] = np.arange(_N)


class Trigrams:
    """Which terms share trigrams with a text."""

    def __init__(self, directory: Path) -> None:
        self._pointer = np.load(directory / "trigram_pointer.npy", mmap_mode="r")
        self._terms = np.load(directory / "trigram_terms.npy", mmap_mode="r")
        self._sizes = np.load(directory / "trigram_sizes.npy", mmap_mode="r")

    def nearest(
        self, folded: str, allowed: npt.NDArray[np.bool_] | None, limit: int
    ) -> npt.NDArray[np.int64]:
        """Term numbers by the share of trigrams in common (Dice coefficient), best first."""
        grams = trigrams([folded])[0]
        if not len(grams):
            return np.zeros(0, np.int64)
        rows = [self._terms[self._pointer[g] : self._pointer[g + 1]] for g in grams]
        shared = np.bincount(np.concatenate(rows), minlength=len(self._sizes))
        dice = 2.0 * shared / (self._sizes + np.float64(len(grams)))
        if allowed is not None:
            dice *= allowed
        best: npt.NDArray[np.int64] = np.argpartition(dice, -min(limit, len(dice)))[-limit:]
        best = best[dice[best] > 0.0]
        order: npt.NDArray[np.int64] = best[np.lexsort((best, -dice[best]))]
        return order


def trigrams(folded: Sequence[str]) -> list[npt.NDArray[np.int64]]:
    """Distinct trigram numbers of each folded text, with a space at either end."""
    codes, owner = _codes(folded)
    bounds = np.searchsorted(owner, np.arange(len(folded) + 1))
    return [np.unique(codes[a:b]) for a, b in pairwise(bounds)]


def build_trigrams(folded: Sequence[str], directory: Path) -> None:
    """Write the index of terms numbered 0 .. len(folded) - 1."""
    codes, owner = _codes(folded)
    pairs = _distinct(codes * max(len(folded), 1) + owner)
    codes, owner = np.divmod(pairs, max(len(folded), 1))
    pointer = np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=_N**3))))
    np.save(directory / "trigram_pointer.npy", pointer.astype(np.int64))
    np.save(directory / "trigram_terms.npy", owner.astype(np.int32))
    np.save(
        directory / "trigram_sizes.npy",
        np.bincount(owner, minlength=len(folded)).astype(np.int32),
    )


def _distinct(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The distinct values, ascending; sorting is many times faster than hashing here."""
    values.sort()
    return values[np.diff(values, prepend=-1) > 0]


def _codes(
    folded: Sequence[str],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Trigram number and term number at each position of all texts."""
    padded = [f" {text} " for text in folded]
    data = np.frombuffer("".join(padded).encode("ascii"), np.uint8)
    owner = np.repeat(np.arange(len(padded)), [len(p) for p in padded])
    if len(data) < 3:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    symbol = _CODE[data].astype(np.int64)
    codes = (symbol[:-2] * _N + symbol[1:-1]) * _N + symbol[2:]
    whole = owner[:-2] == owner[2:]
    return codes[whole], owner[:-2][whole]
