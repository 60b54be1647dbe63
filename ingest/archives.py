"""Several files of a server, such as the tables of a database, kept as one archive."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from ingest.fetch import Network
from kg.digest import digest
from kg.errors import FetchError

_CHOICE = re.compile(r"([^{}]*)\{([^{}]+)\}([^{}]*)")
_NAME = re.compile(r"[\w.=-]+")
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest time that an archive can tell; every file of it has this one."""
_UNIX, _FILE_MODE = 3, 0o100644


def addresses(url: str) -> dict[str, str]:
    """The addresses that one with braces stands for, by the name of the file there.

    >>> addresses("https://a.org/db/{gene,group}.csv")
    {'gene.csv': 'https://a.org/db/gene.csv', 'group.csv': 'https://a.org/db/group.csv'}

    Raises:
        FetchError: it has not one pair of braces, or names no two files apart.
    """
    told = _CHOICE.fullmatch(url)
    choices = told[2].split(",") if told else []
    found = dict[str, str]()
    for choice in choices:
        one = f"{told[1]}{choice}{told[3]}" if told else ""
        found[PurePosixPath(urlsplit(one).path).name] = one
    if len(found) < max(2, len(choices)) or not all(map(_NAME.fullmatch, found)):
        raise FetchError(f"{url} names no several files in one pair of braces")
    return found


def fetch_archive(url: str, place: Path, network: Network) -> dict[str, str]:
    """Download the files that an address with braces names, and keep them as one zip archive.

    The same files give the same bytes: they are stored uncompressed, in the order of the address
    and with one time for all.

    Args:
        url: As `addresses` reads it.
        place: The archive to write, alone in a folder of its own.
        network: Downloads.

    Returns:
        Each file's SHA-256 by name.

    Raises:
        Unreachable: the server does not answer.
        FetchError: it refuses, sends less than it said, or the address is none of several files.
    """
    digests = dict[str, str]()
    found = addresses(url)
    for name, address in found.items():
        part = place.with_name(f"part-{name}")
        network.get(address, part)
        digests[name] = digest(part)
    with zipfile.ZipFile(place, "w") as archive:
        for name in found:
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.create_system, entry.external_attr = _UNIX, _FILE_MODE << 16
            archive.writestr(entry, place.with_name(f"part-{name}").read_bytes())
    return digests
