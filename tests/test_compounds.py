"""Compounds: what is one, and under which identifier."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ingest.columns import MOLECULE, NODE
from ingest.compounds import matches_of, unify
from ingest.frames import Frames
from ingest.molecules import standardise, standardise_all
from ingest.parts import Part, open_part, write_part
from kg.biolink import Category
from kg.details import Details
from kg.embedded_store import EmbeddedStore
from kg.release import Release

ASPIRIN = "CC(=O)OC1=CC=CC=C1C(O)=O"
ASPIRIN_SODIUM = "[Na+].CC(=O)OC1=CC=CC=C1C([O-])=O"
ASPIRIN_KEY = "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"
CAFFEINE = "CN1C=NC2=C1C(=O)N(C(=O)N2C)C"


def test_a_salt_has_the_identity_of_its_parent() -> None:
    salt, parent = standardise(ASPIRIN_SODIUM), standardise(ASPIRIN)
    assert salt["inchikey"] == parent["inchikey"] == ASPIRIN_KEY
    assert salt["salt"]
    assert not parent["salt"]
    assert salt["molecular_weight"] == pytest.approx(180.159, abs=0.01)


def test_enantiomers_are_two_compounds() -> None:
    one, other = standardise("C[C@H](N)C(=O)O"), standardise("C[C@@H](N)C(=O)O")
    assert one["inchikey"][:14] == other["inchikey"][:14]
    assert one["inchikey"] != other["inchikey"]


@pytest.mark.parametrize("smiles", ["not a molecule", "C1CC", "[Na+]." * 3 + "("])
def test_what_is_no_drawing_says_so(smiles: str) -> None:
    assert standardise(smiles) == {"fault": "SMILES is not understood"}


def test_many_drawings_keep_their_order() -> None:
    drawn = standardise_all([CAFFEINE, "?", ASPIRIN])
    assert drawn["drawn"].to_list() == [CAFFEINE, "?", ASPIRIN]
    assert drawn["fault"].null_count() == 2
    assert len(drawn["fingerprint"][2]) == 256


def part(directory: Path, source: str, frames: Frames) -> Part:
    write_part(directory / source, frames, {"source": source})
    return open_part(source, directory / source, reused=False)


def molecules(*rows: dict[str, object]) -> pl.DataFrame:
    blank = {"inchikey": None, "synonyms": [], "xrefs": [], "file": "f", "smiles": ""}
    return pl.DataFrame(
        [{**blank, "line": n + 2, **r} for n, r in enumerate(rows)], schema=MOLECULE
    )


def chembl(*rows: tuple[str, str]) -> pl.DataFrame:
    blank = {"description": "", "synonyms": [], "xrefs": [], "category": Category.COMPOUND.value}
    return pl.DataFrame([{**blank, "id": i, "name": n} for i, n in rows], schema=NODE)


def identities(tmp_path: Path, names: pl.DataFrame, drawn: pl.DataFrame) -> dict[str, str]:
    parts = [
        part(tmp_path, "names", Frames(nodes=names)),
        part(tmp_path, "drawings", Frames(molecules=drawn)),
    ]
    aliases = [p.load("aliases") for p in unify(parts, tmp_path, 1).parts]
    found = pl.concat([a for a in aliases if a is not None])
    return dict(found.filter(pl.col("kind") == "id").select("alias", "id").iter_rows())


def test_a_compound_is_known_by_its_name_before_its_cross_reference(tmp_path: Path) -> None:
    names = chembl(("CHEMBL.COMPOUND:CHEMBL25", "Aspirin"), ("CHEMBL.COMPOUND:CHEMBL7", "Other"))
    drawn = molecules(
        {"id": "DrugCentral:1", "name": "aspirin", "smiles": ASPIRIN},
        {
            "id": "DrugCentral:2",
            "name": "sodium aspirin",
            "smiles": ASPIRIN_SODIUM,
            "xrefs": ["CHEMBL.COMPOUND:CHEMBL7"],
        },
    )
    found = identities(tmp_path, names, drawn)
    assert found == dict.fromkeys(("DrugCentral:1", "DrugCentral:2"), "CHEMBL.COMPOUND:CHEMBL25")


def test_an_id_that_two_parents_claim_names_neither(tmp_path: Path) -> None:
    claim = ["CHEMBL.COMPOUND:CHEMBL9"]
    drawn = molecules(
        {"id": "DrugCentral:1", "name": "a", "smiles": ASPIRIN, "xrefs": claim},
        {"id": "DrugCentral:2", "name": "b", "smiles": CAFFEINE, "xrefs": claim},
    )
    found = identities(tmp_path, chembl(), drawn)
    assert found["DrugCentral:1"] == f"INCHIKEY:{ASPIRIN_KEY}"
    assert found["DrugCentral:2"].startswith("INCHIKEY:")


def test_a_faulty_drawing_is_set_aside(tmp_path: Path) -> None:
    drawn = molecules({"id": "DrugCentral:1", "name": "a", "smiles": "nonsense"})
    made = unify([part(tmp_path, "drawings", Frames(molecules=drawn))], tmp_path, 1)
    (only,) = made.parts
    assert dict(only.quarantined) == {"SMILES is not understood": 1}
    assert made.table.is_empty()


def test_compounds_of_the_release_are_nodes_with_their_chemistry(release: Release) -> None:
    table = pl.DataFrame(release.table("compounds", ["id", "inchikey", "qed"]))
    nodes = set(release.table("nodes", ["id"])["id"].to_pylist())
    assert len(table) > 3000
    assert set(table["id"]) <= nodes
    assert table["inchikey"].n_unique() == len(table)
    assert table["qed"].is_between(0, 1).all()
    imatinib = pl.DataFrame(release.table("aliases")).filter(
        pl.col("alias") == "INCHIKEY:KTUFNOKKBVMGRW-UHFFFAOYSA-N"
    )["id"][0]
    assert imatinib == "CHEMBL.COMPOUND:CHEMBL941"
    (chemistry,) = Details(release).chemistry_of([imatinib])
    assert chemistry is not None
    assert chemistry.molecular_weight == pytest.approx(493.6, abs=0.1)


def test_skeletons_shared_by_the_first_block_alone_are_counted_not_merged() -> None:
    """L- and D-alanine of two sources share a block and no key; caffeine is one compound of both."""
    left, right, caffeine = (
        standardise(s)["inchikey"] for s in ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", CAFFEINE)
    )
    drawn = pl.DataFrame(
        [("a", left), ("b", right), ("a", caffeine), ("b", caffeine), ("b", None)],
        schema={"source": pl.String, "inchikey": pl.String},
        orient="row",
    )
    assert list(matches_of(drawn).values()) == [3, 1, 2, 1, 1]
    both = pl.concat([drawn, pl.DataFrame({"source": ["b"], "inchikey": [left]})])
    assert list(matches_of(both).values()) == [3, 2, 2, 1, 0]


def test_the_release_says_how_compounds_of_sources_met(release: Release) -> None:
    told = release.manifest["compound_matches"]
    keys = pl.DataFrame(release.table("compounds", ["inchikey"]))["inchikey"]
    assert told["compounds with a drawing"] == keys.n_unique()
    assert told["skeletons (first blocks)"] == keys.str.slice(0, 14).n_unique()


def test_an_identifier_of_a_source_finds_the_compound(store: EmbeddedStore) -> None:
    (match,) = store.match(["DrugCentral:1423"], [Category.COMPOUND], near=0)
    assert match.node == "CHEMBL.COMPOUND:CHEMBL941"
