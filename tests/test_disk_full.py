"""A full disk ends a command with one line, whichever library meets it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api import cli
from api.cli import main
from api.console import FAILED, disk_full

FULL = Path("/dev/full")
MANY = 200_000


def by_python(place: Path) -> None:
    with place.open("w") as stream:
        stream.write("x" * MANY)


def by_numpy(place: Path) -> None:
    np.arange(MANY).tofile(place)


def by_polars(place: Path) -> None:
    pl.DataFrame({"n": range(MANY)}).write_parquet(place)


def by_arrow(place: Path) -> None:
    pq.write_table(pa.table({"n": list(range(MANY))}), place)


def by_duckdb(place: Path) -> None:
    options = "FORMAT csv, USE_TMP_FILE false"
    duckdb.sql(f"COPY (SELECT * FROM range({MANY})) TO '{place}' ({options})")


@pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no /dev/full")
@pytest.mark.parametrize("write", [by_python, by_numpy, by_polars, by_arrow, by_duckdb])
def test_a_full_disk_is_told_in_one_line(
    write: Callable[[Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # A library that takes away what it failed to write takes the link.
    place = tmp_path / "full"
    place.symlink_to(FULL)
    monkeypatch.setattr(cli, "app", lambda args: write(place))
    assert main([]) == FAILED
    _, err = capfd.readouterr()
    assert "the disk is full" in err
    assert err.count("\n") == 1


def test_other_errors_are_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def app(args: list[str]) -> None:
        raise ValueError("12 requested")

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(ValueError, match="12 requested"):
        main([])
    assert not disk_full(FileNotFoundError(2, "No such file"))
