"""Web pages that list files: what they link to, and the newest of a name that has a version."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from ingest.fetch import Network, Reply
from kg.errors import FetchError

_LINK = re.compile(r'href\s*=\s*(?:"([^"]+)"|\'([^\']+)\')', re.IGNORECASE)


def links(url: str, page: Path) -> list[str]:
    """Addresses that a downloaded page links to, in its order; what is no address is left out.

    Args:
        url: The page's own.
        page: Where it lies.
    """
    text = page.read_text(encoding="utf-8", errors="replace")
    told = (_joined(url, unescape(a or b).strip()) for a, b in _LINK.findall(text))
    return [link for link in told if link]


def _joined(url: str, link: str) -> str:
    try:
        return urljoin(url, link)
    except ValueError:
        return ""


def fetch_newest(address: str, place: Path, network: Network) -> tuple[str, Reply]:
    """Download the newest file that a page lists under names like a pattern.

    Args:
        address: `PAGE#GLOB`. The glob is of the last part of a link, behind its last slash; of
            several links that match, the one whose numbers are highest is taken. Links to other
            sites than the page's, and from https to http, are not looked at.
        place: The file to write, alone in a folder of its own.
        network: Downloads.

    Returns:
        The file's address and what its server said.

    Raises:
        Unreachable: a server does not answer.
        FetchError: it refuses, or the page lists no such file.
    """
    url, glob = urldefrag(address)
    page = place.with_name("index.html")
    network.get(url, page)
    own = (link for link in links(url, page) if _of_its_site(link, url))
    found = {link for link in own if fnmatchcase(_name(link), glob)}
    if not found:
        raise FetchError(f"{url} lists no file like {glob}; has it moved?")
    newest = max(found, key=lambda link: (_natural(_name(link)), link))
    return newest, network.get(newest, place)


def _of_its_site(link: str, page: str) -> bool:
    """Whether a link leads to the page's host or one below it, and is no less safe."""
    home, there = urlsplit(page), urlsplit(link)
    site, host = (home.hostname or "").removeprefix("www."), there.hostname or ""
    return there.scheme in (home.scheme, "https") and (host == site or host.endswith("." + site))


def _name(link: str) -> str:
    """Behind the last slash, be that in the path or in a question to a script."""
    return unquote(urldefrag(link).url).rpartition("/")[2]


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers by their size, what stands between them by letters."""
    return [(int(n or -1), text) for text, n in re.findall(r"(\D*)(\d*)", name)]
