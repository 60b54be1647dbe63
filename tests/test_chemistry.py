"""Compounds by likeness and substructure, and their alerts, against RDKit's own searches."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rdkit import Chem, DataStructs, RDLogger
from rdkit.Chem import QED, FilterCatalog, rdFingerprintGenerator
from rdkit.Chem.MolStandardize import rdMolStandardize
from starlette.testclient import TestClient

from api.cli import main
from ingest.frames import Frames
from ingest.molecules import standardise
from kg.chemical_search import ChemicalSearch, build_chemical_index
from kg.details import Details
from kg.drawings import parent_of
from kg.errors import BadArgument, ReleaseOutdated
from kg.layout import COMPOUNDS
from kg.release import Home, Release

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
IMATINIB = "CHEMBL.COMPOUND:CHEMBL941"
PATTERNS = (
    "c1ccccc1S(=O)(=O)[NH2]",
    "C1CCCCC1",
    "[r5]",
    "[R3]",
    "[nH]",
    "[CX3](=O)[OX2H1]",
    "[$([NX3;H2]c)]",
    "[^3]N",
    "*!@*",
    "[N;!R]",
    "[C@H](N)C(=O)O",
    "[Pt]",
    "[13C]",
    "B(O)O",
)
"""Rings by size and count, recursion, hybridisation, isotopes, stereochemistry; common to absent."""


@pytest.fixture(scope="module")
def search(release: Release) -> ChemicalSearch:
    return ChemicalSearch(release)


@pytest.fixture(scope="module")
def drawings(release: Release) -> dict[str, Chem.Mol]:
    """Every compound of the release, drawn."""
    table = release.table("compounds", ["id", "smiles"])
    texts = zip(table["id"].to_pylist(), table["smiles"].to_pylist(), strict=True)
    return {i: Chem.MolFromSmiles(smiles) for i, smiles in texts}


@pytest.fixture(scope="module")
def raw(frames_of: Callable[[str], Frames]) -> list[str]:
    """Four hundred drawings as a source has them, salts and metals among them."""
    smiles = frames_of("drugcentral").molecules["smiles"]
    drawn = smiles.filter(smiles != "").unique().sort().to_list()
    salts = [s for s in drawn if "." in s]
    return [*salts[:100], *random.Random(7).sample(drawn, 300)]


def test_every_compound_with_a_drawing_is_indexed(
    search: ChemicalSearch, drawings: dict[str, Chem.Mol]
) -> None:
    assert len(search) == len(drawings) > 3000
    assert None not in drawings.values()


@pytest.mark.parametrize("threshold", [0.25, 0.4, 0.7, 1.0])
def test_likeness_is_that_of_rdkit(
    search: ChemicalSearch, drawings: dict[str, Chem.Mol], threshold: float
) -> None:
    morgan = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    ids = list(drawings)
    prints = [morgan.GetFingerprint(m) for m in drawings.values()]
    for asked in random.Random(3).sample(ids, 12):
        query = morgan.GetFingerprint(drawings[asked])
        expected = dict(zip(ids, DataStructs.BulkTanimotoSimilarity(query, prints), strict=True))
        found = search.similar(asked, threshold, len(ids))
        assert {hit.id for hit in found} == {i for i, t in expected.items() if t >= threshold}
        assert all(hit.similarity == pytest.approx(expected[hit.id], abs=1e-9) for hit in found)
        assert [h.similarity for h in found] == sorted((h.similarity for h in found), reverse=True)


def test_a_limit_keeps_the_most_similar(search: ChemicalSearch) -> None:
    everything = search.similar(ASPIRIN, 0.3, 1000)
    assert search.similar(ASPIRIN, 0.3, 5) == everything[:5]
    assert search.similar(ASPIRIN, 0.3, 0) == []


@pytest.mark.parametrize(
    "drawn",
    ["CC(=O)OC1=CC=CC=C1C(O)=O", "[Na+].CC(=O)Oc1ccccc1C(=O)[O-]", "c1ccc(OC(C)=O)c(c1)C(=O)O"],
)
def test_a_drawing_finds_its_parent_however_it_is_drawn(search: ChemicalSearch, drawn: str) -> None:
    first, *_ = search.similar(drawn)
    assert (first.id, first.similarity) == ("CHEMBL.COMPOUND:CHEMBL25", 1.0)


@pytest.mark.parametrize("smarts", PATTERNS)
def test_substructures_are_those_of_rdkit(
    search: ChemicalSearch, drawings: dict[str, Chem.Mol], smarts: str
) -> None:
    pattern = Chem.MolFromSmarts(smarts)
    expected = {i for i, m in drawings.items() if m.HasSubstructMatch(pattern)}
    found = search.containing(smarts, len(drawings) + 1, seconds=60)
    assert set(found.ids) == expected
    assert found.complete
    assert len(expected) <= found.candidates <= len(drawings)


def test_a_search_that_ends_early_says_so(search: ChemicalSearch) -> None:
    whole = search.containing("c1ccccc1", 10_000, seconds=60)
    first = search.containing("c1ccccc1", 7, seconds=60)
    assert first.ids == whole.ids[:7]
    assert not first.complete
    assert first.searched < first.candidates == whole.candidates
    nothing = search.containing("c1ccccc1", 7, seconds=0)
    assert (nothing.ids, nothing.searched, nothing.complete) == ((), 0, False)


def test_alternate_double_bonds_are_read_as_the_ring_they_draw(search: ChemicalSearch) -> None:
    drawn = search.containing("C1=CC=CC=C1S(N)(=O)=O", 10_000, seconds=60)
    assert drawn.ids == search.containing("c1ccccc1S(N)(=O)=O", 10_000, seconds=60).ids
    assert drawn.ids


@pytest.mark.parametrize(
    "smiles", ["", " ", "no drawing", "CCO ethanol", "C1CC", "C" * 1001, "c1cccc1C(C)(C)(C)(C)C"]
)
def test_what_is_no_smiles_is_refused(search: ChemicalSearch, smiles: str) -> None:
    with pytest.raises(BadArgument, match="SMILES"):
        search.similar(smiles)


@pytest.mark.parametrize("smarts", ["", "[#6", "C1CC", "no pattern", "C" * 101, "C" * 1001])
def test_what_is_no_smarts_is_refused(search: ChemicalSearch, smarts: str) -> None:
    with pytest.raises(BadArgument, match="SMARTS"):
        search.containing(smarts)


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.01, float("nan")])
def test_a_threshold_out_of_its_range_is_refused(search: ChemicalSearch, threshold: float) -> None:
    with pytest.raises(BadArgument, match="threshold"):
        search.similar(ASPIRIN, threshold)


def test_a_release_without_an_index_says_what_to_do(release: Release, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    (bare / "arrays").mkdir(parents=True)
    (bare / "manifest.json").write_text((release.path / "manifest.json").read_text())
    with pytest.raises(ReleaseOutdated, match="build it again"):
        ChemicalSearch(Release(bare))


def test_no_compounds_make_an_empty_index(release: Release, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    (empty / "arrays").mkdir(parents=True)
    (empty / "manifest.json").write_text((release.path / "manifest.json").read_text())
    pq.write_table(pa.Table.from_pylist([], COMPOUNDS), empty / "compounds.parquet")
    build_chemical_index(empty / "compounds.parquet", empty / "arrays")
    nothing = ChemicalSearch(Release(empty))
    assert len(nothing) == 0
    assert nothing.similar(ASPIRIN) == []
    assert nothing.containing("C").complete


def test_parents_are_those_of_the_whole_procedure(raw: list[str]) -> None:
    """Leaving out the steps that can't change a molecule changes no parent."""
    preferences = rdMolStandardize.CleanupParameters()
    preferences.preferOrganic = True
    chooser = rdMolStandardize.LargestFragmentChooser(preferences)
    uncharger = rdMolStandardize.Uncharger()

    def whole(mol: Chem.Mol) -> Chem.Mol:
        normal = rdMolStandardize.Normalize(rdMolStandardize.DisconnectOrganometallics(mol))
        return uncharger.uncharge(chooser.choose(normal))

    RDLogger.DisableLog("rdApp.*")
    for smiles in raw:
        drawn = Chem.MolFromSmiles(smiles)
        if drawn is not None:
            assert Chem.MolToInchiKey(parent_of(drawn)) == Chem.MolToInchiKey(whole(drawn)), smiles


def test_alerts_and_drug_likeness_are_those_of_rdkit(raw: list[str]) -> None:
    chosen = FilterCatalog.FilterCatalogParams()
    for name in ("BRENK", "PAINS"):
        chosen.AddCatalog(getattr(FilterCatalog.FilterCatalogParams.FilterCatalogs, name))
    catalog = FilterCatalog.FilterCatalog(chosen)
    warned = 0
    for smiles in raw[:400]:
        made = standardise(smiles)
        if "fault" in made:
            continue
        parent = Chem.MolFromSmiles(made["smiles"])
        expected = {entry.GetDescription() for entry in catalog.GetMatches(parent)}
        assert set(made["alerts"]) == expected, smiles
        assert made["qed"] == pytest.approx(QED.qed(parent), abs=1e-6), smiles
        warned += bool(expected)
    assert warned > 50


def test_stereoisomers_are_never_merged_and_name_each_other(release: Release) -> None:
    keys = pl.DataFrame(release.table("compounds", ["id", "inchikey"])).with_columns(
        block=pl.col("inchikey").str.slice(0, 14)
    )
    groups = keys.group_by("block").agg("id", "inchikey").filter(pl.col("id").list.len() > 1)
    assert len(groups) > 20
    details = Details(release)
    for ids, inchikeys in groups.select("id", "inchikey").head(50).iter_rows():
        assert len(set(inchikeys)) == len(ids)
        for known in details.chemistry_of(ids):
            assert known is not None
            assert {known.id, *known.same_skeleton} == set(ids)
    (alone,) = details.chemistry_of([IMATINIB])
    assert alone is not None
    assert alone.same_skeleton == ()


SIMILAR = """query($smiles: String, $id: ID, $threshold: Float!) {
  similarCompounds(smiles: $smiles, id: $id, threshold: $threshold, first: 3) {
    similarity compound { id name chemistry { inchikey sameSkeleton alerts } } } }"""


def test_likeness_over_graphql(ask_graph: Callable[..., dict[str, Any]]) -> None:
    by_id = ask_graph(SIMILAR, id=IMATINIB, threshold=0.3)["similarCompounds"]
    assert by_id[0]["compound"]["id"] == IMATINIB
    assert by_id[0]["similarity"] == 1.0
    drawn = ask_graph(SIMILAR, smiles=ASPIRIN, threshold=0.3)["similarCompounds"]
    assert drawn[0]["compound"]["chemistry"]["inchikey"] == "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"


CONTAINING = """query($smarts: String!) { compoundsContaining(smarts: $smarts, first: 5) {
  complete candidates searched compounds { id } } }"""


def test_substructures_over_graphql(ask_graph: Callable[..., dict[str, Any]]) -> None:
    found = ask_graph(CONTAINING, smarts="c1ccccc1S(=O)(=O)[NH2]")["compoundsContaining"]
    assert len(found["compounds"]) == 5
    assert not found["complete"]
    absent = ask_graph(CONTAINING, smarts="[Pt]")["compoundsContaining"]
    assert (absent["compounds"], absent["complete"]) == ([], True)


@pytest.mark.parametrize(
    ("query", "variables", "told"),
    [
        (SIMILAR, {"threshold": 0.5}, "smiles or id"),
        (SIMILAR, {"smiles": "C", "id": IMATINIB, "threshold": 0.5}, "smiles or id"),
        (SIMILAR, {"smiles": "C1CC", "threshold": 0.5}, "no SMILES"),
        (SIMILAR, {"smiles": "C", "threshold": 2.0}, "threshold"),
        (CONTAINING, {"smarts": "[#6"}, "SMARTS"),
    ],
)
def test_bad_questions_are_refused_over_graphql(
    graph_client: TestClient, query: str, variables: dict[str, Any], told: str
) -> None:
    answer = graph_client.post("/graphql", json={"query": query, "variables": variables}).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_ARGUMENT"
    assert told in error["message"]


def test_the_command_line_finds_compounds(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    at = ("--home", str(home.path))
    assert main([*at, "similar", "imatinib", "--threshold", "0.3", "--json"]) == 0
    (first, *_) = json.loads(capfd.readouterr().out)["hits"]
    assert first == {"id": IMATINIB, "name": "Imatinib", "similarity": 1.0}
    assert main([*at, "substructure", "c1ccccc1S(=O)(=O)[NH2]", "--limit", "2"]) == 0
    told = capfd.readouterr()
    assert len(told.out.splitlines()) == 2
    assert "candidates were looked at" in told.err


def test_the_command_line_refuses_what_is_no_pattern(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(home.path), "substructure", "[#6"]) == 2
    assert "is not understood" in capfd.readouterr().err


def test_fingerprints_are_of_2048_bits(release: Release) -> None:
    table = release.table("compounds", ["fingerprint", "pattern"])
    for name in ("fingerprint", "pattern"):
        assert {len(v) for v in table[name].to_pylist()} == {256}
    bits = np.load(release.path / "arrays" / "compound_bits.npy")
    assert (np.diff(bits.astype(int)) >= 0).all()
