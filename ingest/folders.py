"""A dataset that a server keeps as a folder of Parquet parts, downloaded and kept as one file."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.fetch import Network, Reply
from ingest.index_pages import links
from kg.digest import digest
from kg.errors import FetchError

_PART = re.compile(r"[\w.=-]+\.parquet")


def fetch_folder(url: str, place: Path, network: Network) -> tuple[Reply, dict[str, str]]:
    """Download the parts that a folder's index page lists, and keep them as one file.

    One part is kept byte for byte; of several, in the order of their names, the rows are written
    anew. What lies beside the place is left as it was.

    Args:
        url: The folder's address, which ends in a slash.
        place: The file to write, alone in a folder of its own.
        network: Downloads.

    Returns:
        What the server said of a sole part (nothing, of several), and each part's SHA-256.

    Raises:
        Unreachable: the server does not answer.
        FetchError: it refuses, the page lists no part, or the parts are damaged or no one table.
    """
    page = place.with_name("index.html")
    network.get(url, page)
    names = _listed(url, page)
    parts, reply = [place.with_name(f"part-{name}") for name in names], Reply()
    for name, part in zip(names, parts, strict=True):
        reply = network.get(url + name, part)
    digests = {name: digest(part) for name, part in zip(names, parts, strict=True)}
    _join(url, dict(zip(names, parts, strict=True)), place)
    return reply if len(names) == 1 else Reply(), digests


def _listed(url: str, page: Path) -> list[str]:
    """Names of the Parquet files in a folder, in order."""
    names = {link.removeprefix(url) for link in links(url, page) if link.startswith(url)}
    found = sorted(name for name in names if _PART.fullmatch(name))
    if not found:
        raise FetchError(f"{url} lists no Parquet file; has the dataset moved?")
    return found


def _join(url: str, parts: dict[str, Path], place: Path) -> None:
    """Parts as one file, all of them opened and none of another schema."""
    (first, *_), name = parts.values(), next(iter(parts))
    try:
        schema = pq.read_schema(first)
        if len(parts) == 1:
            os.replace(first, place)
            return
        with pq.ParquetWriter(place, schema, compression="zstd") as writer:
            for name, part in parts.items():
                with pq.ParquetFile(part, page_checksum_verification=True) as file:
                    if not file.schema_arrow.equals(schema):
                        raise FetchError(
                            f"{url}{name} has other columns than the parts before it; is the "
                            "release complete?"
                        )
                    for group in range(file.num_row_groups):
                        writer.write_table(file.read_row_group(group))
    except (pa.ArrowException, OSError) as error:
        told = " ".join(str(error).split())
        raise FetchError(f"{url}{name} is truncated or damaged ({told}); run it again") from error
