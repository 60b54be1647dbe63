"""What SQL texts are made of."""

from __future__ import annotations

from pathlib import Path


def quoted(path: Path) -> str:
    """A path as a literal."""
    return "'" + str(path).replace("'", "''") + "'"
