"""Archives and Parquet files against what can damage them: refused by name, never half read."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from api.answers import read_pairs
from ingest.tables import TSV, read_table
from kg.errors import BadArgument, IngestError
from tests.test_readers import NAME, PAGE, TABLE, write

PAIRS = pl.DataFrame({"target": ["BRAF"] * 9, "disease": ["MONDO:0005105"] * 9})


def parquet(frame: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.tsv", content)
    return stream.getvalue()


def with_sum(archive: bytes, crc: bytes) -> bytes:
    """An archive with another checksum in its directory."""
    at = archive.index(b"PK\x01\x02") + 16
    return archive[:at] + crc + archive[at + 4 :]


ARCHIVES: dict[str, tuple[bytes, str]] = {
    "truncated": (zipped(TABLE * 50)[:-30], "is truncated or damaged"),
    "wrong CRC": (with_sum(zipped(TABLE), b"\0\0\0\0"), "is truncated or damaged"),
    "empty": (zipped(b""), "is empty"),
    "web page": (zipped(PAGE), "has no column"),
    "not an archive": (b"PK\x03\x04" + b"x" * 300, "is truncated or damaged"),
}  # fmt: skip


@pytest.mark.parametrize("damage", ARCHIVES)
def test_a_damaged_archive_is_refused(tmp_path: Path, damage: str) -> None:
    content, told = ARCHIVES[damage]
    with pytest.raises(IngestError, match=f"file.x ({told})"):
        read_table(write(tmp_path / "f.zip", content), ("id", "value"), TSV, NAME)


def middle_flipped(content: bytes) -> bytes:
    return content[: len(content) // 2] + b"\xff" * 8 + content[len(content) // 2 + 8 :]


WHOLE = parquet(PAIRS)
NO_LINES = "Parquet has no lines: it is read as a whole by its footer"
PARQUETS: Mapping[str, bytes | str] = {
    "truncated": WHOLE[:-40],
    "without its end": WHOLE[: len(WHOLE) // 2],
    "empty": b"",
    "web page": PAGE,
    "missing column": parquet(PAIRS.rename({"disease": "other"})),
    "gzipped": gzip.compress(WHOLE),
    "flipped bytes in the footer": WHOLE[:-30] + b"\xff" * 8 + WHOLE[-22:],
    "ragged row": NO_LINES,
    "wrong delimiter": NO_LINES,
    "carriage returns alone": NO_LINES,
    "endless line": NO_LINES,
}


@pytest.mark.parametrize("damage", PARQUETS)
def test_a_damaged_parquet_file_is_refused(tmp_path: Path, damage: str) -> None:
    """The one reader of Parquet that takes a user's file is that of pairs to score."""
    content = PARQUETS[damage]
    if isinstance(content, str):
        pytest.skip(content)
    with pytest.raises(BadArgument, match=r"f\.parquet"):
        read_pairs(write(tmp_path / "f.parquet", content))


def test_absurd_values_in_a_parquet_file_are_handed_on_as_text(tmp_path: Path) -> None:
    odd = pl.DataFrame({"target": [None, float("nan"), 1e308], "disease": ["x\x00", "", "é"]})
    pairs = read_pairs(write(tmp_path / "f.parquet", parquet(odd)))
    assert len(pairs) == 3
    assert pairs[0] == ("", "x\x00")
