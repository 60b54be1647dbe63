"""Where source files are found: the bundled slice, a mirror directory, or the network.

The only file that opens a socket. What is downloaded is checked against the catalogue's SHA-256
before anything reads it; what lies in a mirror is checked too, unless changes are accepted.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit

import pooch

from ingest.catalogue import BUNDLE, Catalogue, FileRelease, read_catalogue
from ingest.content import content_digest
from ingest.lock import FetchLock
from ingest.source import Inputs, Source, placed
from kg.biolink import Redistributable
from kg.digest import digest
from kg.errors import FetchError

TIMEOUT = 20.0
"""Seconds that a server may be silent."""
_BLOCK = 1 << 20
_AS_IT_IS = "%/:?#[]@!$&'()*+,;=~"
"""What an address may hold beside letters and digits; all else is sent in its coded form."""
_OFFLINE_AFTER = 3

_NOT_BUNDLED = "not in the bundled slice (its terms do not allow it, or it was left out for size)"


@dataclass(frozen=True)
class Library:
    """A directory of source files and the catalogue that describes them.

    Attributes:
        root: Files lie under it at their catalogue paths.
        catalogue: What each file should be.
        accept_changed: Take files whose content is not the pinned one, and say so.
        withheld: Files that lie here and may not be read, for their licence.
    """

    root: Path
    catalogue: Catalogue
    accept_changed: bool = False
    withheld: frozenset[str] = frozenset()
    _digests: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def bundled(cls) -> Library:
        """The slice that ships with the project."""
        own = (f for f in read_catalogue().values() if f.own)
        return cls(BUNDLE, read_catalogue(BUNDLE / "MANIFEST.tsv").with_files(own))

    @classmethod
    def mirror(cls, root: Path, accept_changed: bool = False) -> Library:
        """A directory laid out like the catalogue; a lock file in it pins what it names.

        Raises:
            FetchError: there is no such directory, or its lock file is damaged.
        """
        if not root.is_dir():
            raise FetchError(f"mirror {root} is no directory; give the folder that holds hgnc/ ...")
        return cls(root, FetchLock.read(root).pinned(read_catalogue()), accept_changed)

    def keeping(self, licences: Collection[Redistributable]) -> Library:
        """The same without the files of any other kind of licence: nothing of them is read."""
        kept = {p: f for p, f in self.catalogue.items() if f.redistributable in licences}
        withheld = self.withheld | (set(self.catalogue) - set(kept))
        return replace(self, catalogue=Catalogue(kept), withheld=frozenset(withheld))

    def inputs(self, source: Source) -> Inputs:
        """A source's files, as they lie here."""
        return Inputs(source, self.root, self.catalogue)

    def absent(self, source: Source) -> str:
        """Why a source can't be read from here; empty when it can."""
        needed = [f.path for f in source.files if not f.optional]
        shut = [f.path for f in source.files if f.path in self.withheld]
        missing = [p for p in needed if not self._there(p)]
        there = [f.path for f in source.files if self._there(f.path)]
        if there and not missing:
            return ""
        if shut and set(missing) <= set(shut):
            return f"{shut[0]} may not be passed on"
        if self.root == BUNDLE:
            return _NOT_BUNDLED
        first = next(iter(missing or [f.path for f in source.files]))
        if there and needed:
            return f"{first} is missing beside {there[0]}"
        return f"{first} is not in {self.root}"

    def digests(self, source: Source) -> dict[str, str]:
        """SHA-256 of the decompressed content of each file of a source, checked with its pin.

        Raises:
            FetchError: a file is not the pinned one and changes are not accepted.
        """
        found = {}
        for path in sorted({f.path for f in source.files if self._there(f.path)}):
            found[path] = self._digest(path)
        return found

    def changed(self, digests: Mapping[str, str]) -> list[str]:
        """Which of the files are not the pinned ones."""
        return [p for p, d in digests.items() if d != self.catalogue[p].sha256_content]

    def _there(self, path: str) -> bool:
        return path in self.catalogue and placed(self.root, path).is_file()

    def _digest(self, path: str) -> str:
        if path not in self._digests:
            self._digests[path] = self._linked(path) or content_digest(
                placed(self.root, path), path
            )
        digest, pinned = self._digests[path], self.catalogue[path].sha256_content
        if digest != pinned and not self.accept_changed and not self._as_stored(path):
            raise FetchError(
                f"{path} is not the pinned file (content SHA-256 {digest[:12]}..., pinned "
                f"{pinned[:12]}...); fetch it again, or pass --accept-changed to use it as it is"
            )
        return digest

    def _linked(self, path: str) -> str:
        """The digest of a file that is the same one on disk; empty where none is known."""
        place = placed(self.root, path)
        known = ((placed(self.root, p), digest) for p, digest in self._digests.items())
        return next((digest for other, digest in known if place.samefile(other)), "")

    def _as_stored(self, path: str) -> bool:
        """Whether the file itself, not its content, is the pinned one: archives are pinned so."""
        return digest(placed(self.root, path)) == self.catalogue[path].sha256


class Unreachable(FetchError):
    """A server does not answer at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said of a download; empty where it said nothing."""

    etag: str = ""
    last_modified: str = ""


class Network:
    """Downloads files, and tries no server again that can't be reached.

    Cookies are kept, and sent to the site that set them: some servers give a file only to who was
    on its page before.

    Args:
        timeout: Seconds that a server may be silent.
    """

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._silent: dict[str, str] = {}
        self._answered = False
        policy = DefaultCookiePolicy(
            strict_domain=True, strict_ns_domain=DefaultCookiePolicy.DomainStrict
        )
        cookies = urllib.request.HTTPCookieProcessor(CookieJar(policy))
        self._opener = urllib.request.build_opener(cookies, SafeRedirects)

    def get(self, url: str, place: Path) -> Reply:
        """Download a file to a place; half a file is never left there.

        Raises:
            Unreachable: the server does not answer, or no server did.
            FetchError: it refuses, or sends less than it said.
        """
        host = urlsplit(url).netloc
        if urlsplit(url).scheme not in ("http", "https"):
            raise FetchError(f"{url} is no address of the web")
        if host in self._silent or (len(self._silent) >= _OFFLINE_AFTER and not self._answered):
            known = self._silent.get(host, "no server answers")
            raise Unreachable(f"{url} can't be downloaded ({known}); check the network")
        body = _Body(self._timeout, self._opener)
        pooch.get_logger().setLevel("ERROR")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        try:
            pooch.retrieve(
                url, known_hash=None, fname=place.name, path=place.parent, downloader=body
            )
        except urllib.error.HTTPError as error:
            self._answered = True
            raise FetchError(
                f"{url} answers {error.code} {error.reason}; is it still there?"
            ) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = _one_line(error)
            self._silent[host] = reason
            raise Unreachable(f"{url} can't be downloaded ({reason}); check the network") from error
        self._answered = True
        return body.reply


class SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to other addresses of the web, but none from https to http."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request to follow with.

        Raises:
            FetchError: it leads where it may not.
        """
        if urlsplit(newurl).scheme not in {"https", req.type}:
            fp.close()
            raise FetchError(f"{req.full_url} leads to {newurl}: other than https is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Body:
    """A pooch downloader over urllib that keeps the headers and counts the bytes."""

    def __init__(self, timeout: float, opener: urllib.request.OpenerDirector) -> None:
        self._timeout, self._opener = timeout, opener
        self.reply = Reply()

    def __call__(self, url: str, output: str, _pooch: object) -> None:
        """Download to a file.

        Raises:
            FetchError: the body ends before the length that the server stated.
        """
        spelled = quote(url, safe=_AS_IT_IS)
        request = urllib.request.Request(spelled, headers={"User-Agent": "target-kg"})
        total = 0
        with (
            self._opener.open(request, timeout=self._timeout) as response,
            Path(output).open("wb") as stream,
        ):
            while block := response.read(_BLOCK):
                stream.write(block)
                total += len(block)
            headers = response.headers
        stated = headers.get("Content-Length", "")
        if stated.isdigit() and int(stated) != total:
            raise FetchError(f"{url} ended after {total:,} of {int(stated):,} bytes; run it again")
        self.reply = Reply(headers.get("ETag", ""), headers.get("Last-Modified", ""))


def _one_line(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return " ".join(str(reason).split()) or type(error).__name__


def download(
    paths: Iterable[str],
    target: Path,
    catalogue: Catalogue,
    progress: Callable[[str], None] = lambda _: None,
    network: Network | None = None,
) -> list[Path]:
    """Download catalogue files below a directory; what is there and right is not fetched again.

    Raises:
        FetchError: a file has no address, the network refuses, or the content is another one.
    """
    network = network or Network()
    return [_download(catalogue[path], target, progress, network) for path in paths]


def _download(
    file: FileRelease, target: Path, progress: Callable[[str], None], network: Network
) -> Path:
    place = target / file.path
    if place.exists() and content_digest(place, file.path) == file.sha256_content:
        return place
    if not file.url:
        why = file.current_note or "the provider's present one, which fetch --current takes"
        now = f" ({file.current_url}: {why})" if file.current_url else ""
        raise FetchError(
            f"{file.path} can't be downloaded: no address is known for what was pinned{now}; "
            "use a mirror that has it"
        )
    progress(f"downloading {file.path}")
    partial = place.with_name(f".{place.name}.part")
    network.get(file.url, partial)
    digest = content_digest(partial, file.path)
    if digest != file.sha256_content:
        partial.unlink()
        raise FetchError(f"{file.url} holds other content than pinned ({digest[:12]}...)")
    partial.replace(place)
    return place
