"""Archives and Parquet files against what can damage them: refused by name, never half read."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from api.answers import read_pairs
from ingest.parquet import read_parquet as read_source_parquet
from ingest.tables import TSV, read_table
from kg.errors import BadArgument, IngestError, TableError
from kg.parquet import DamagedParquet, read_parquet, write_parquet
from tests.test_readers import NAME, PAGE, TABLE, write

PAIRS = pl.DataFrame({"target": ["BRAF"] * 9, "disease": ["MONDO:0005105"] * 9})


def parquet(frame: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def zipped(content: bytes, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        archive.writestr("inner.tsv", content)
    return stream.getvalue()


def with_sum(archive: bytes, crc: bytes) -> bytes:
    """An archive with another checksum in its directory."""
    at = archive.index(b"PK\x01\x02") + 16
    return archive[:at] + crc + archive[at + 4 :]


def middle_flipped(content: bytes) -> bytes:
    return content[: len(content) // 2] + b"\xff" * 8 + content[len(content) // 2 + 8 :]


def encrypted(archive: bytes) -> bytes:
    """An archive whose directory says that its file needs a password."""
    at = archive.index(b"PK\x01\x02") + 8
    return archive[:at] + b"\x01\x00" + archive[at + 2 :]


ARCHIVES: dict[str, tuple[bytes, str]] = {
    "truncated": (zipped(TABLE * 50)[:-30], "is truncated or damaged"),
    "wrong CRC": (with_sum(zipped(TABLE), b"\0\0\0\0"), "is truncated or damaged"),
    "LZMA": (middle_flipped(zipped(TABLE * 50, zipfile.ZIP_LZMA)), "is truncated or damaged"),
    "encrypted": (encrypted(zipped(TABLE)), "is encrypted"),
    "empty": (zipped(b""), "is empty"),
    "web page": (zipped(PAGE), "has no column"),
    "not an archive": (b"PK\x03\x04" + b"x" * 300, "is truncated or damaged"),
}  # fmt: skip


@pytest.mark.parametrize("damage", ARCHIVES)
def test_a_damaged_archive_is_refused(tmp_path: Path, damage: str) -> None:
    content, told = ARCHIVES[damage]
    with pytest.raises(IngestError, match=f"file.x ({told})"):
        read_table(write(tmp_path / "f.zip", content), ("id", "value"), TSV, NAME)


WHOLE = parquet(PAIRS)
NO_LINES = "Parquet has no lines: it is read as a whole by its footer"
PARQUETS: Mapping[str, bytes | str] = {
    "truncated": WHOLE[:-40],
    "without its end": WHOLE[: len(WHOLE) // 2],
    "empty": b"",
    "web page": PAGE,
    "missing column": parquet(PAIRS.rename({"disease": "other"})),
    "gzipped": gzip.compress(WHOLE),
    "flipped bytes in the footer": WHOLE[:-300] + b"\xff" * 8 + WHOLE[-292:],
    "ragged row": NO_LINES,
    "wrong delimiter": NO_LINES,
    "carriage returns alone": NO_LINES,
    "endless line": NO_LINES,
}


@pytest.mark.parametrize("damage", PARQUETS)
def test_a_damaged_parquet_file_is_refused(tmp_path: Path, damage: str) -> None:
    """As a user's file of pairs or of loci."""
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


VARIED = pl.DataFrame(
    {
        "target": [f"HGNC:{i}" for i in range(12)],
        "disease": ["MONDO:0005010", "MONDO:0005105", None] * 4,
        "n": [1.5] * 12,
    }
)


def other_answers(path: Path, content: bytes, mask: int) -> Iterator[tuple[int, object]]:
    """Bytes whose flip is not refused by name and makes other pairs than the file's."""
    path.write_bytes(content)
    whole = read_pairs(path)
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :])
        try:
            found = read_pairs(path)
        except BadArgument as error:
            if str(path) not in str(error):
                yield at, error
        else:
            if found != whole:
                yield at, found


@pytest.mark.parametrize("mask", [0xFF, 0x01])
def test_a_flipped_byte_is_refused_or_changes_no_pair(tmp_path: Path, mask: int) -> None:
    assert list(other_answers(tmp_path / "f.parquet", WHOLE, mask)) == []


@pytest.mark.parametrize("mask", [0xFF, 0x01])
def test_a_flipped_byte_in_a_sources_file_is_refused_or_changes_no_row(
    tmp_path: Path, mask: int
) -> None:
    """Sources are read with the same checks as what users give."""
    place, columns = tmp_path / "f.parquet", dict.fromkeys(PAIRS.columns, pl.String())

    def rows(content: bytes) -> pl.DataFrame | None:
        place.write_bytes(content)
        return read_source_parquet(place, "f", columns)

    whole = rows(WHOLE)
    assert whole is not None
    assert whole.drop("line").equals(PAIRS)
    refused = 0
    for at in range(4, len(WHOLE)):
        try:
            found = rows(WHOLE[:at] + bytes([WHOLE[at] ^ mask]) + WHOLE[at + 1 :])
        except TableError:
            refused += 1
        else:
            assert found is not None
            assert found.equals(whole), at
    assert refused


def test_some_columns_are_read_as_they_stand_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    odd = VARIED.with_columns(pl.lit([1, 2]).alias("list"))
    write_parquet(odd, path)
    assert read_parquet(path, ["list", "target", "absent"]).equals(odd.select("target", "list"))
    assert read_parquet(path, ["absent"]).is_empty()


@pytest.mark.parametrize("mask", [0xFF, 0x01])
def test_pages_with_checksums_hide_no_flip(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "f.parquet"
    write_parquet(VARIED, path)
    assert list(other_answers(path, path.read_bytes(), mask)) == []


def test_without_checksums_only_values_can_change_unseen(tmp_path: Path) -> None:
    """A limit of the format: a value that becomes another within the bounds of its column."""
    path, content = tmp_path / "f.parquet", parquet(VARIED)
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    changed = list(other_answers(path, content, 0x01))
    assert changed
    for at, found in changed:
        assert at < footer
        assert isinstance(found, list)
        assert len(found) == len(VARIED)


def test_parquet_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a[1]*.parquet"
    odd = VARIED.with_columns(
        pl.lit([1, 2]).alias("list"),
        pl.Series("nan", [float("nan"), -0.0, *[1e-300] * 10]),
        pl.lit("x" * 5000 + "\U0010ffff").alias("long"),
        pl.Series("day", ["2020-02-29"] * 12).str.to_date(),
        pl.Series("code", ["a", "b"] * 6, pl.Categorical),
        pl.lit(None, pl.String).alias("none"),
    )
    for frame in (odd, odd.head(0), pl.concat([odd] * 2000)):
        for write_it in (frame.write_parquet, lambda p, f=frame: write_parquet(f, p)):
            write_it(path)
            assert read_parquet(path).equals(frame)
    pq.write_table(odd.to_arrow(), path, row_group_size=5)
    assert read_parquet(path).equals(odd)
    pq.write_table(VARIED.cast({"target": pl.Binary}).to_arrow(), path)
    assert read_parquet(path).equals(VARIED)


def test_few_bytes_that_stand_for_many_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pl.DataFrame({"target": ["x" * 1000] * 100_000}).to_arrow(), path)
    assert path.stat().st_size < 20_000
    with pytest.raises(DamagedParquet, match="take more than 1,000,000 bytes"):
        read_parquet(path, most_bytes=1_000_000)
    with pytest.raises(DamagedParquet, match="more than 100"):
        read_parquet(path, most_bytes=100)


def test_a_column_of_lists_is_no_name(tmp_path: Path) -> None:
    content = parquet(PAIRS.with_columns(disease=pl.lit(["MONDO:0005105"])))
    with pytest.raises(BadArgument, match="column 'disease' holds List"):
        read_pairs(write(tmp_path / "f.parquet", content))
