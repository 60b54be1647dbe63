"""Files that a page lists under names with a version: the newest is found, fetched and locked."""

from __future__ import annotations

import gzip
import io
import socket
from dataclasses import replace
from http.client import HTTPMessage
from pathlib import Path
from urllib.request import Request

import pytest

from ingest.catalogue import Catalogue, read_catalogue
from ingest.current import fetch_current
from ingest.fetch import Library, Network, Reply, SafeRedirects
from ingest.index_pages import fetch_newest
from ingest.lock import FetchLock
from ingest.sources.clingen import CLINGEN
from ingest.sources.ensembl import FILE as GENES
from kg.errors import FetchError
from tests.web import Site

(VERDICTS,) = (f.path for f in CLINGEN.files)
TABLE = "hgnc_id\tmondo_disease_id\tclassification\nHGNC:1884\tMONDO:0009061\tDefinitive\n"
ENSEMBL_PAGE = """<html>
<head><title>Index of /pub/current_gtf/homo_sapiens</title></head>
<body>
<pre><a href="?C=N;O=D">Name</a> <a href="/pub/current_gtf/">Parent Directory</a>
<a href="CHECKSUMS">CHECKSUMS</a>                           2026-08-07 00:00   61
<a href="Homo_sapiens.GRCh38.{release}.abinitio.gtf.gz">Homo_sapiens...</a>   12M
<a href="Homo_sapiens.GRCh38.{release}.chr.gtf.gz">Homo_sapiens...</a>   50M
<a href="Homo_sapiens.GRCh38.{release}.chr_patch_hapl_scaff.gtf.gz">Homo_sapiens...</a>   51M
<a href="Homo_sapiens.GRCh38.{release}.gtf.gz">Homo_sapiens...</a>    50M
<a href="README">README</a>   1.8K
</pre></body></html>
"""


def listed(site: Site, page: str, glob: str, *names: str) -> Catalogue:
    """A catalogue whose table is the newest of some files on a page."""
    site.files[page] = "".join(f"<A HREF='{name}'>{name}</A>\n" for name in names).encode()
    return addressed(site.url(page) + "#" + glob)


def addressed(address: str) -> Catalogue:
    file = replace(read_catalogue()[VERDICTS], current_url=address, current_note="")
    return Catalogue({VERDICTS: file})


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        (("v9.tsv", "v10.tsv", "v1.tsv"), "v10.tsv"),
        (("v202608.tsv", "v202512.tsv"), "v202608.tsv"),
        (("v1.10.tsv", "v1.9.9.tsv"), "v1.10.tsv"),
        (("v1.chr.tsv.old", "v1.tsv", "w2.tsv", "v1.tsv?C=M"), "v1.tsv"),
        (("v1.tsv", "get.jsp?file=/data/v2.tsv&amp;all=no/v2.tsv"), "get.jsp?file=/data/v2.tsv"),
        (("v1.tsv", "/elsewhere/v2%2E1.tsv"), "../elsewhere/v2%2E1.tsv"),
    ],
    ids=["numbers", "months", "dots", "others", "script", "encoded"],
)
def test_the_newest_name_by_its_numbers_is_taken(
    names: tuple[str, ...], newest: str, site: Site, tmp_path: Path
) -> None:
    catalogue = listed(site, "all/index.html", "v[0-9]*.tsv", *names)
    page, glob = catalogue[VERDICTS].current_url.split("#")
    for path in ("all/v10.tsv", "all/v202608.tsv", "all/v1.10.tsv", "all/v1.tsv"):
        site.files[path] = path.encode()
    site.files["all/get.jsp?file=/data/v2.tsv&all=no/v2.tsv"] = b"script"
    site.files["elsewhere/v2%2E1.tsv"] = b"encoded"
    address, _ = fetch_newest(f"{page}#{glob}", tmp_path / "got", Network())
    assert newest.rpartition("../")[2] in address
    assert site.asked[-1] in address
    assert (tmp_path / "got").read_bytes() == site.files[site.asked[-1]]


def test_the_lock_names_the_file_and_a_second_run_leaves_it(site: Site, tmp_path: Path) -> None:
    catalogue = listed(site, "all/", "verdicts_*.tsv", "verdicts_9.tsv", "verdicts_10.tsv")
    site.files["all/verdicts_10.tsv"] = TABLE.encode()
    (got,) = fetch_current([CLINGEN], tmp_path, catalogue)
    assert (got.state, got.said) == ("current", "")
    locked = FetchLock.read(tmp_path)[VERDICTS]
    assert locked.url == site.url("all/verdicts_10.tsv")
    assert locked.page == site.url("all/#verdicts_*.tsv") == locked.address
    assert Library.mirror(tmp_path).catalogue[VERDICTS].url == locked.url
    site.asked.clear()
    (got,) = fetch_current([CLINGEN], tmp_path, catalogue)
    assert got.state == "unchanged"
    assert site.asked == []
    other = listed(site, "all/", "verdicts_1*.tsv", "verdicts_10.tsv")
    (got,) = fetch_current([CLINGEN], tmp_path, other)
    assert got.state == "current"
    assert {p.name for p in tmp_path.iterdir()} == {"clingen", "fetch.lock.json"}


def test_a_page_without_such_a_file_and_files_that_are_gone_say_so(
    site: Site, tmp_path: Path
) -> None:
    catalogue = listed(site, "all/", "verdicts_*.tsv", "verdicts.tsv", "verdicts_9.tsv.md5")
    (got,) = fetch_current([CLINGEN], tmp_path, catalogue)
    page = site.url("all/")
    assert got.said == f"{page} lists no file like verdicts_*.tsv; has it moved?"
    catalogue = listed(site, "all/", "verdicts_*.tsv", "verdicts_9.tsv")
    (got,) = fetch_current([CLINGEN], tmp_path, catalogue)
    assert got.said == f"{page}verdicts_9.tsv answers 404 Not Found; is it still there?"
    (got,) = fetch_current([CLINGEN], tmp_path, addressed(site.url("none/#verdicts_*")))
    assert got.said == f"{site.url('none/')} answers 404 Not Found; is it still there?"
    assert not list(tmp_path.iterdir())


def test_a_silent_server_says_so_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    (got,) = fetch_current([CLINGEN], tmp_path, addressed(f"http://127.0.0.1:{port}/#v*"))
    assert got.state == "failed"
    assert got.said.endswith("; check the network")
    assert f"127.0.0.1:{port}/ can't be downloaded" in got.said
    assert "\n" not in got.said


def test_a_page_in_place_of_the_file_is_refused(site: Site, tmp_path: Path) -> None:
    catalogue = listed(site, "all/", "verdicts_*.tsv", "verdicts_9.tsv")
    site.files["all/verdicts_9.tsv"] = b"<!DOCTYPE html><html>Sign in</html>"
    (got,) = fetch_current([CLINGEN], tmp_path, catalogue)
    assert got.state == "failed"
    assert "it is a web page" in got.said


def test_a_file_that_only_visitors_of_the_page_get_is_fetched(site: Site, tmp_path: Path) -> None:
    catalogue = listed(site, "all/", "verdicts_*.tsv", "verdicts_9.tsv")
    site.files["all/verdicts_9.tsv"] = TABLE.encode()
    site.gated.add("all/verdicts_9.tsv")
    with pytest.raises(FetchError, match="403"):
        Network().get(site.url("all/verdicts_9.tsv"), tmp_path / "alone")
    (got,) = fetch_current([CLINGEN], tmp_path, catalogue)
    assert got.state == "current"


def test_links_to_other_sites_and_what_is_no_address_are_not_taken(
    site: Site, tmp_path: Path
) -> None:
    other = ("http://elsewhere.org/verdicts_99.tsv", "ftp://127.0.0.1/verdicts_98.tsv")
    odd = ("http://[half/verdicts_97.tsv", "//127.0.0.1.elsewhere.org/verdicts_96.tsv")
    own = "new%20ones/verdicts_9.tsv"
    catalogue = listed(site, "all/", "verdicts_*.tsv", *other, *odd, "new ones/verdicts_9.tsv")
    site.files[f"all/{own}"] = TABLE.encode()
    (got,) = fetch_current([CLINGEN], tmp_path, catalogue)
    assert (got.state, site.asked) == ("current", ["all/", f"all/{own}"])
    catalogue = listed(site, "all/", "verdicts_*.tsv", *other, *odd)
    (got,) = fetch_current([CLINGEN], tmp_path / "none", catalogue)
    assert "lists no file like" in got.said


def test_a_page_of_https_names_no_file_of_http(tmp_path: Path) -> None:
    place = tmp_path / "page"
    links = ["http://www.a.org/v3.tsv", "https://files.a.org/v2.tsv", "/v1.tsv"]

    class Told(Network):
        def get(self, url: str, place: Path) -> Reply:
            place.write_text("".join(f"<a href='{link}'>a</a>" for link in links))
            return Reply()

    address, _ = fetch_newest("https://www.a.org/all/#v*.tsv", place, Told())
    assert address == "https://files.a.org/v2.tsv"


def test_redirects_are_followed_within_the_web_alone(site: Site, tmp_path: Path) -> None:
    site.files["there"] = TABLE.encode()
    site.moved = {"here": site.url("there"), "out": "ftp://127.0.0.1/there"}
    Network().get(site.url("here"), tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == TABLE.encode()
    with pytest.raises(FetchError, match=r"leads to ftp://127\.0\.0\.1/there"):
        Network().get(site.url("out"), tmp_path / "other")
    assert not (tmp_path / "other").exists()
    for old, new, followed in (("https", "http", False), ("http", "https", True)):
        asked = Request(f"{old}://a.org/x")
        told = asked, io.BytesIO(), 302, "Found", HTTPMessage(), f"{new}://a.org/y"
        if followed:
            assert SafeRedirects().redirect_request(*told) is not None
        else:
            with pytest.raises(FetchError, match="leads to"):
                SafeRedirects().redirect_request(*told)


def test_files_of_one_address_are_downloaded_once(site: Site, tmp_path: Path) -> None:
    (own,), other = CLINGEN.files, "clingen/twin.tsv"
    twin = replace(CLINGEN, files=(replace(own, path=other), own))
    site.files["one"] = TABLE.encode()
    file = addressed(site.url("one"))[VERDICTS]
    catalogue = Catalogue({path: replace(file, path=path) for path in (VERDICTS, other)})
    found = fetch_current([twin], tmp_path, catalogue)
    assert [got.state for got in found] == ["current", "current"]
    assert site.asked == ["one"]
    lock = FetchLock.read(tmp_path)
    assert lock[VERDICTS] == lock[other]
    assert (tmp_path / VERDICTS).samefile(tmp_path / other)
    (tmp_path / VERDICTS).unlink()
    (tmp_path / VERDICTS).write_bytes(b"damaged since")
    found = fetch_current([twin], tmp_path, catalogue)
    assert sorted(got.state for got in found) == ["current", "unchanged"]
    assert (tmp_path / VERDICTS).read_bytes() == site.files["one"]
    assert site.asked == ["one"]


@pytest.mark.parametrize("release", ["9", "99", "116"])
def test_ensembls_page_has_one_file_with_the_genes_of_patches(
    release: str, site: Site, tmp_path: Path
) -> None:
    _, _, glob = read_catalogue()[GENES].current_url.partition("#")
    name = f"Homo_sapiens.GRCh38.{release}.chr_patch_hapl_scaff.gtf.gz"
    site.files["gtf/"] = ENSEMBL_PAGE.format(release=release).encode()
    site.files[f"gtf/{name}"] = gzip.compress(b"genes")
    address, _ = fetch_newest(site.url("gtf/") + "#" + glob, tmp_path / "got", Network())
    assert address == site.url(f"gtf/{name}")
