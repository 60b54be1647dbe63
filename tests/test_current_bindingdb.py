"""BindingDB's one wide table, as the three pinned ones."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars import col

from ingest.build import build
from ingest.catalogue import read_catalogue
from ingest.content import content_digest
from ingest.current import fetch_current
from ingest.fetch import Library, Network, Reply
from ingest.frames import Frames
from ingest.genes import HGNC_TABLE
from ingest.lock import FetchLock
from ingest.options import BuildOptions
from ingest.source import Inputs, placed, read
from ingest.sources.bindingdb import BINDINGDB, COMPOUNDS, MEASUREMENTS, TARGETS
from ingest.tables import TSV, Table, read_table, scan_table
from kg.errors import TableError
from kg.release import Home
from tests.provider_files import own_table

CHAINS = "Number of Protein Chains in Target (>1 implies a multichain complex)"
FIRST = [
    "BindingDB Reactant_set_id",
    "Ligand SMILES",
    "Ligand InChI",
    "Ligand InChI Key",
    "BindingDB MonomerID",
    "BindingDB Ligand Name",
    "Target Name",
    "Target Source Organism According to Curator or DataSource",
    "Ki (nM)",
    "IC50 (nM)",
    "Kd (nM)",
    "EC50 (nM)",
    "kon (M-1-s-1)",
    "koff (s-1)",
    "pH",
    "Temp (C)",
    "Curation/DataSource",
    "Article DOI",
    "BindingDB Entry DOI",
    "PMID",
    "PubChem AID",
    "Patent Number",
    "Authors",
    "Institution",
    "Link to Ligand in BindingDB",
    "Link to Target in BindingDB",
    "Link to Ligand-Target Pair in BindingDB",
    "Ligand HET ID in PDB",
    "PDB ID(s) for Ligand-Target Complex",
    "PubChem CID",
    "PubChem SID",
    "ChEBI ID of Ligand",
    "ChEMBL ID of Ligand",
    "DrugBank ID of Ligand",
    "IUPHAR_GRAC ID of Ligand",
    "KEGG ID of Ligand",
    "ZINC ID of Ligand",
]
CHAIN = [
    "BindingDB Target Chain Sequence",
    "PDB ID(s) of Target Chain",
    "UniProt (SwissProt) Recommended Name of Target Chain",
    "UniProt (SwissProt) Entry Name of Target Chain",
    "UniProt (SwissProt) Primary ID of Target Chain",
    "UniProt (SwissProt) Secondary ID(s) of Target Chain",
    "UniProt (SwissProt) Alternative ID(s) of Target Chain",
    "UniProt (TrEMBL) Submitted Name of Target Chain",
    "UniProt (TrEMBL) Entry Name of Target Chain",
    "UniProt (TrEMBL) Primary ID of Target Chain",
    "UniProt (TrEMBL) Secondary ID(s) of Target Chain",
    "UniProt (TrEMBL) Alternative ID(s) of Target Chain",
]
HEADER = [*FIRST, CHAINS, *(f"{name} {n}" for n in range(1, 51) for name in CHAIN)]
PROTEIN = "UniProt (SwissProt) Primary ID of Target Chain 1"
EVERY = 80
"""Of the pinned measurements, one in so many is rewritten."""
GOOD = {
    "BindingDB Reactant_set_id": "1",
    "Ligand SMILES": "CC(=O)Oc1ccccc1C(O)=O",
    "Ligand InChI Key": "BSYNRYMUTXBXSQ-UHFFFAOYSA-N",
    "Target Name": "Prostaglandin G/H synthase 1",
    "Curation/DataSource": "US Patent",
    "Temp (C)": "25.00 C",
    CHAINS: "1",
    PROTEIN: "P23219",
}
Row = dict[str, str]


def wide(rows: Iterable[Row], header: Sequence[str] = HEADER) -> bytes:
    """BindingDB's archive with some rows; what they do not say is empty."""
    lines = ["\t".join(header), *("\t".join(row.get(c, "") for c in header) for row in rows), ""]
    return zipped("\n".join(lines))


def zipped(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("BindingDB_All.tsv", text)
    return out.getvalue()


def table(content: bytes, folder: Path) -> pl.DataFrame:
    told = own_table(MEASUREMENTS, folder, content)
    assert told.bad.is_empty()
    return told.rows.drop("Inchi_key")


class Subset:
    """Some of the pinned rows: the three files with these alone, and BindingDB's rows of them."""

    def __init__(self, library: Library) -> None:
        self.columns = {f.path: f.columns for f in BINDINGDB.files if f.path != HGNC_TABLE}
        if not placed(library.root, MEASUREMENTS).exists():
            pytest.skip(f"{MEASUREMENTS} is not in this data")
        tables = {p: read_table(library.root / p, c, TSV, p).rows for p, c in self.columns.items()}
        lone = tables[MEASUREMENTS].filter(col("n") == "1")
        values = lone.gather_every(EVERY)
        keys, proteins = values["Inchi_key"], values["target_id"]
        self.tables = {
            MEASUREMENTS: values,
            COMPOUNDS: tables[COMPOUNDS].filter(col("Inchi_key").is_in(keys.implode())),
            TARGETS: tables[TARGETS].filter(col("target_id").is_in(proteins.implode())),
        }

    def pinned(self, path: str) -> bytes:
        rows = self.tables[path].drop("line")
        text = rows.write_csv(separator="\t", quote_style="never")
        return gzip.compress(text.encode(), 1, mtime=0) if path.endswith(".gz") else text.encode()

    def rows(self) -> list[Row]:
        """A row for the values of one compound, protein and relation: up to four kinds."""
        drawn = dict(self.tables[COMPOUNDS].select("Inchi_key", "ligand_smiles").iter_rows())
        names = dict(self.tables[TARGETS].select("target_id", "target_name").iter_rows())
        found = dict[tuple[str, str], Row]()
        for row in self.tables[MEASUREMENTS].iter_rows(named=True):
            key, protein = row["Inchi_key"], row["target_id"]
            told = {"Ligand InChI Key": key, "Ligand SMILES": drawn[key], PROTEIN: protein}
            one = found.setdefault((key, protein), GOOD | told | {"Target Name": names[protein]})
            one[f"{row['type']} (nM)"] = spelled(row["rel"], 10 ** (9 - float(row["p_median"])))
        return list(found.values())


def spelled(relation: str, nanomolar: float) -> str:
    return f"{' ' if relation == '=' else relation}{nanomolar:.6g}"


def frames(root: Path, library: Library, files: dict[str, bytes]) -> Frames:
    hgnc = placed(library.root, HGNC_TABLE)
    for path, content in {**files, HGNC_TABLE: hgnc.read_bytes()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return read(Inputs(BINDINGDB, root, library.catalogue))


def unordered(frame: pl.DataFrame) -> pl.DataFrame:
    bare = frame.drop("line")
    return bare.sort(pl.all().exclude(pl.List(pl.String)), nulls_last=True)


# The same rows


def test_bindingdbs_own_table_gives_the_same_frames(library: Library, tmp_path: Path) -> None:
    """What is set aside is so for the same reasons; a compound with nothing else isn't told."""
    subset = Subset(library)
    before = frames(tmp_path / "old", library, {p: subset.pinned(p) for p in subset.columns})
    archive = wide(subset.rows())
    after = frames(tmp_path / "new", library, dict.fromkeys(subset.columns, archive))
    assert len(before.evidence) > 1000
    assert unordered(before.evidence).equals(unordered(after.evidence))
    told = [dict(f.quarantine.group_by("reason").len().iter_rows()) for f in (before, after)]
    foreign = "protein is of another species, or of no approved gene"
    untold = told[1].pop("target is not one protein of Swiss-Prot", 0)
    assert told[0] == told[1] | {foreign: told[1][foreign] + untold}
    lost = unordered(before.molecules).join(after.molecules, on="id", how="anti")
    kept = unordered(before.molecules).join(lost, on="id", how="anti", maintain_order="left")
    assert kept.drop("file").equals(unordered(after.molecules).drop("file"))
    assert len(lost) == untold + told[1]["affinity is no -log10 molar value from 0 to 15"] == 4


def test_lines_are_those_of_the_wide_table(library: Library, tmp_path: Path) -> None:
    subset = Subset(library)
    rows = subset.rows()
    told = own_table(MEASUREMENTS, tmp_path, wide(rows)).rows
    for line, key, protein in told.select("line", "Inchi_key", "target_id").iter_rows():
        row = rows[line - 2]
        assert (row["Ligand InChI Key"], row[PROTEIN]) == (key, protein)


# Values


def test_repeats_become_medians_by_kind_and_relation(tmp_path: Path) -> None:
    rows = [
        GOOD | {"Ki (nM)": " 10"},
        GOOD | {"Ki (nM)": "1000", "IC50 (nM)": ">100000"},
        GOOD | {"Ki (nM)": "100.0"},
        GOOD | {"Ki (nM)": "<0.1", PROTEIN: " P23219 "},
        GOOD | {"Kd (nM)": "3e2", PROTEIN: "P35354"},
    ]
    assert table(wide(rows), tmp_path).rows() == [
        ("P23219", "Ki", "=", "3", "7.0", "6.0", "8.0", 2),
        ("P23219", "IC50", ">", "1", "4.0", "4.0", "4.0", 3),
        ("P23219", "Ki", "<", "1", "10.0", "10.0", "10.0", 5),
        ("P35354", "Kd", "=", "1", "6.52", "6.52", "6.52", 6),
    ]


def test_the_pinned_medians_are_these(library: Library, tmp_path: Path) -> None:
    """Of pairs, from their lowest and highest, which have two decimals: within .01."""
    subset = Subset(library)
    path = library.root / MEASUREMENTS
    pairs = read_table(path, subset.columns[MEASUREMENTS], TSV, MEASUREMENTS).rows
    pairs = pairs.filter(col("n") == "2", col("p_min").cast(pl.Float64) > 0).gather_every(EVERY)
    rows = []
    for row in pairs.iter_rows(named=True):
        same = GOOD | {"Ligand InChI Key": row["Inchi_key"], PROTEIN: row["target_id"]}
        for p in (row["p_min"], row["p_max"]):
            value = spelled(row["rel"], 10 ** (9 - float(p)))
            rows.append(same | {f"{row['type']} (nM)": value})
    told = own_table(MEASUREMENTS, tmp_path, wide(rows)).rows
    keys = ["Inchi_key", "target_id", "type", "rel"]
    both = pairs.join(told, on=keys, suffix="_new")
    assert len(both) == len(told) == len(pairs) > 100
    change = both.select(col("p_median").cast(pl.Float64) - col("p_median_new").cast(pl.Float64))
    assert change.to_series().abs().max() < 0.0101
    for column in ("n", "p_min", "p_max"):
        assert both[column].equals(both[f"{column}_new"], check_names=False)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Ligand InChI Key": ""}, "InChIKey is malformed"),
        ({"Ligand InChI Key": "BSYNRYMUTXBXSQ-UHFFFAOYSA"}, "InChIKey is malformed"),
        ({CHAINS: "2"}, "target is not of one chain"),
        ({CHAINS: ""}, "target is not of one chain"),
        ({PROTEIN: ""}, "target is not one protein of Swiss-Prot"),
        ({PROTEIN: "P0DP25,P0DP24"}, "target is not one protein of Swiss-Prot"),
        ({PROTEIN: "P2321"}, "target is not one protein of Swiss-Prot"),
        ({"Curation/DataSource": "ChEMBL"}, "taken from ChEMBL, which has another licence"),
        ({"Ki (nM)": " "}, "no Ki, Kd, IC50 or EC50"),
        ({"Ki (nM)": "~10"}, "unknown relation"),
        ({"Ki (nM)": ">=10"}, "unknown relation"),
        ({"Ki (nM)": "10,000"}, "affinity is no positive number"),
        ({"Ki (nM)": ">"}, "affinity is no positive number"),
        ({"Ki (nM)": "n.d."}, "affinity is no positive number"),
        ({"Ki (nM)": "0"}, "affinity is no positive number"),
        ({"Ki (nM)": "-5"}, "affinity is no positive number"),
        ({"Ki (nM)": "inf"}, "affinity is no positive number"),
        ({"Ki (nM)": "nan"}, "affinity is no positive number"),
        ({"Ki (nM)": "1e10"}, "affinity is no -log10 molar value from 0 to 15"),
        ({"Ki (nM)": "1e-7"}, "affinity is no -log10 molar value from 0 to 15"),
        ({"Ligand SMILES": "C\x00C"}, "NUL byte"),
        ({"Ligand InChI": "InChI\t=1S"}, "InChIKey is malformed"),
        ({"Temp (C)": "25\t\tC"}, "target is not of one chain"),
    ],
)
def test_damaged_rows_are_set_aside_with_their_line(
    change: Row, reason: str, tmp_path: Path
) -> None:
    good = GOOD | {"Ki (nM)": " 10"}
    told = own_table(MEASUREMENTS, tmp_path, wide([good, good | change, good]))
    assert told.bad.rows() == [(MEASUREMENTS, 3, reason)]
    assert told.rows["n"].to_list() == ["2"]


def test_a_bad_value_leaves_the_others_of_its_row(tmp_path: Path) -> None:
    told = own_table(MEASUREMENTS, tmp_path, wide([GOOD | {"Ki (nM)": "0", "IC50 (nM)": "5"}]))
    assert told.rows["type"].to_list() == ["IC50"]
    assert told.bad.rows() == [(MEASUREMENTS, 2, "affinity is no positive number")]


# Forms


def test_older_headers_and_rows_without_later_chains_are_read(tmp_path: Path) -> None:
    good = GOOD | {"Ki (nM)": " 10", PROTEIN.removesuffix(" 1"): "P23219"}
    good |= {"Target Name Assigned by Curator or DataSource": "PTGS1"}
    older = [*FIRST, CHAINS, *CHAIN * 3]
    older[older.index("Target Name")] = "Target Name Assigned by Curator or DataSource"
    assert table(wide([good], older), tmp_path)["target_id"].to_list() == ["P23219"]
    lines = ["\t".join(HEADER)]
    full = [good.get(c, "") for c in HEADER]
    lines += ["\t".join(full[: 38 + 12 * n] + ["x"] * more) for n, more in ((1, 0), (50, 12))]
    lines += ["\t".join(full[:42])]
    told = own_table(MEASUREMENTS, tmp_path, zipped("\r\n".join(lines) + "\r\n"))
    assert told.rows["n"].to_list() == ["2"]
    assert told.bad.rows() == [(MEASUREMENTS, 4, "wrong number of fields")]


def test_blocks_give_what_the_whole_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [GOOD | {"Ki (nM)": f"{n % 97}", "IC50 (nM)": f">{n}"} for n in range(300)]
    whole = own_table(MEASUREMENTS, tmp_path, wide(rows))
    monkeypatch.setattr("ingest.content._BLOCK", 5000)
    pieces = own_table(MEASUREMENTS, tmp_path, gzip.compress(unzipped(wide(rows))))
    assert whole.rows.equals(pieces.rows)
    assert whole.bad.equals(pieces.bad)
    assert len(whole.bad) == 5


def unzipped(archive: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(opened.namelist()[0])


@pytest.mark.parametrize("path", [MEASUREMENTS, COMPOUNDS, TARGETS])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (wide([GOOD | {"Ki (nM)": "1"}])[:-40], "truncated or damaged"),
        (wide([GOOD], [c for c in HEADER if c != CHAINS]), "no column 'Number of Protein Chains"),
        (wide([GOOD], [c for c in HEADER if c != PROTEIN]), "no column 'UniProt \\(SwissProt"),
        (wide([GOOD], ["Reactant_set_id", *HEADER[1:]]), "has no column"),
    ],
    ids=["cut", "no chains", "no accession", "another table"],
)
def test_other_files_are_refused(path: str, content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=said):
        own_table(path, tmp_path, content)


def test_each_compound_and_protein_is_told_once(tmp_path: Path) -> None:
    other = {"Ligand InChI Key": "RZVAJINKPMORJF-UHFFFAOYSA-N", "Ligand SMILES": ""}
    rows = [
        GOOD | {"Ki (nM)": "0", "Ligand SMILES": "C", "Target Name": "not measured"},
        GOOD | {"Ki (nM)": "5", "Ligand SMILES": ""},
        GOOD | {"Ki (nM)": "5"},
        GOOD | {"Ki (nM)": "5", "Ligand SMILES": "CC", "Target Name": "COX-1"},
        GOOD | other | {"Ki (nM)": "5"},
    ]
    compounds = own_table(COMPOUNDS, tmp_path, wide(rows))
    assert sorted(compounds.rows.rows()) == [
        (GOOD["Ligand InChI Key"], GOOD["Ligand SMILES"], 4),
        (other["Ligand InChI Key"], "", 6),
    ]
    targets = own_table(TARGETS, tmp_path, wide(rows))
    assert targets.rows.rows() == [("P23219", GOOD["Target Name"], 3)]
    assert compounds.bad.is_empty()
    assert targets.bad.is_empty()


# fetch --current


class Site(Network):
    """BindingDB's page, archives of it, and HGNC's table."""

    def __init__(self, library: Library, *archives: tuple[str, bytes]) -> None:
        super().__init__()
        page = read_catalogue()[MEASUREMENTS].current_url.partition("#")[0]
        script = "/rwd/bind/chemsearch/marvin/SDFdownload.jsp?download_file=/rwd/bind/downloads/"
        links = [f'<a href="{script}{name}">{name}</a>' for name, _ in archives]
        links += [f'<a href="{script}BindingDB_All_2D_202612_sdf.zip">SDF</a>']
        self.bodies = {page: ("<html>" + "\n".join(links)).encode()}
        self.bodies |= {f"https://www.bindingdb.org{script}{n}": body for n, body in archives}
        hgnc = placed(library.root, HGNC_TABLE).read_bytes()
        self.bodies[read_catalogue()[HGNC_TABLE].current_url] = hgnc
        self.asked: list[str] = []

    def get(self, url: str, place: Path) -> Reply:
        self.asked.append(url)
        place.write_bytes(self.bodies[url])
        return Reply()


def test_one_download_renews_all_three_and_is_built_from(library: Library, tmp_path: Path) -> None:
    rows = [GOOD | {"Ki (nM)": " 10"}, GOOD | {"IC50 (nM)": ">1000"}, GOOD | {"Ki (nM)": "x"}]
    site = Site(
        library,
        ("BindingDB_All_202612_tsv.zip", wide(rows)),
        ("BindingDB_All_202609_tsv.zip", b"older"),
    )
    mirror = tmp_path / "mirror"
    found = fetch_current([BINDINGDB], mirror, read_catalogue(), network=site)
    assert {got.path: got.state for got in found} == dict.fromkeys(
        (COMPOUNDS, MEASUREMENTS, TARGETS, HGNC_TABLE), "current"
    )
    assert sum("tsv.zip" in url for url in site.asked) == 1
    lock = FetchLock.read(mirror)
    assert lock[COMPOUNDS].url.endswith("/BindingDB_All_202612_tsv.zip")
    assert lock[COMPOUNDS] == lock[MEASUREMENTS] == lock[TARGETS]

    options = BuildOptions(only=("bindingdb",), skip=("mondo",))
    report = build(Home(tmp_path / "home"), Library.mirror(mirror), options)
    (told,) = [s for s in report.release.manifest["sources"] if s["id"] == "bindingdb"]
    assert told["version"].startswith("current, fetched ")
    assert all(file["pinned"] for file in told["files"])
    read_again = read(Library.mirror(mirror).inputs(BINDINGDB))
    assert read_again.evidence["line"].to_list() == [2, 3]
    assert read_again.molecules["id"].to_list() == ["INCHIKEY:" + GOOD["Ligand InChI Key"]]
    assert read_again.quarantine.rows() == [(MEASUREMENTS, 4, "affinity is no positive number")]
    assert told["quarantined"] == {"affinity is no positive number": 1}


def test_links_are_read_and_digested_once(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(library, ("BindingDB_All_202612_tsv.zip", wide([GOOD | {"Ki (nM)": " 10"}])))
    read_places, digested = list[Path](), list[str]()

    def scanned(place: Path, *rest: Any) -> Iterator[Table]:
        read_places.append(place)
        return scan_table(place, *rest)

    def noted(place: Path, name: str) -> str:
        digested.append(name)
        return content_digest(place, name)

    monkeypatch.setattr("ingest.bindingdb_wide.scan_table", scanned)
    monkeypatch.setattr("ingest.current.content_digest", noted)
    monkeypatch.setattr("ingest.fetch.content_digest", noted)
    fetch_current([BINDINGDB], tmp_path, read_catalogue(), network=site)
    assert (len(read_places), len(digested)) == (1, 2)
    mirror = Library.mirror(tmp_path)
    assert len(set(mirror.digests(BINDINGDB).values())) == 2
    assert len(digested) == 4
    assert len(read(mirror.inputs(BINDINGDB)).evidence) == 1
    assert len(read_places) == 1
    read(mirror.inputs(BINDINGDB))
    assert len(read_places) == 2, "let go of once the source was read"


def test_pinned_files_give_way_to_the_one_download(library: Library, tmp_path: Path) -> None:
    subset = Subset(library)
    for path in subset.columns:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(subset.pinned(path))
    site = Site(library, ("BindingDB_All_202612_tsv.zip", wide(subset.rows())))
    found = fetch_current([BINDINGDB], tmp_path, read_catalogue(), network=site)
    assert {got.state for got in found} == {"current"}
    assert (tmp_path / TARGETS).samefile(tmp_path / MEASUREMENTS)
    site.asked.clear()
    found = fetch_current([BINDINGDB], tmp_path, read_catalogue(), network=site)
    assert {got.state for got in found} == {"unchanged"}
    assert not site.asked


def test_an_archive_that_can_not_be_read_leaves_the_pinned_files(
    library: Library, tmp_path: Path
) -> None:
    subset = Subset(library)
    for path in subset.columns:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(subset.pinned(path))
    site = Site(library, ("BindingDB_All_202612_tsv.zip", wide([GOOD])))
    found = fetch_current([BINDINGDB], tmp_path, read_catalogue(), network=site)
    failed = {got.path: got.said for got in found if got.state == "failed"}
    assert set(failed) == set(subset.columns)
    assert all("no row of it is good" in said and "\n" not in said for said in failed.values())
    assert all((tmp_path / path).read_bytes() == subset.pinned(path) for path in failed)
    assert len({p.stat().st_ino for p in (tmp_path / "bindingdb").iterdir()}) == 3
