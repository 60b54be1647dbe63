"""Residue numbering, the whole difficulty of structures; and pockets."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from Bio.SeqUtils import seq3

from ingest.chains import Segment, place, read_atoms, read_chain
from ingest.fetch import Library
from ingest.frames import Frames
from ingest.plain_atoms import Chain
from ingest.pockets import detect, known
from ingest.sources.structures import chain_files
from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.errors import TableError
from kg.pocket_variants import LIGANDABLE

EXACT = [
    ("1opl", "P00519", 315, 334, "T"),
    ("5cnn", "P00533", 790, 98, "T"),
    ("5fm3", "P07949", 804, 146, "V"),
    ("1a52", "P03372", 394, 98, "R"),
    ("4kq8", "P11511", 437, 403, "C"),
    ("6i2t", "P06276", 98, 70, "D"),
    ("3zmz", "O60341", 761, 781, "Y"),
    ("6c2w", "P00734", 568, 525, "S"),
    ("1z8l", "Q04609", 56, 1, "H"),
    ("6crf", "Q06124", 463, 460, "C"),
    ("5wp9", "O00429", 637, 611, "S"),
]
"""Residues known from the literature: entry, protein, position, number in the file, letter."""

IN_LARGEST = [e for e in EXACT if e[0] in ("1opl", "5cnn", "5fm3", "1a52", "4kq8", "6i2t", "3zmz")]
OUTSIDE = [
    ("1opl", "P00519", 255),
    ("1pkg", "P10721", 816),
    ("1a52", "P03372", 537),
    ("1z8l", "Q04609", 56),
]
CARAZOLOL = (113, 203, 207, 286, 312, 316)
"""Residues of ADRB2 that hold the ligand in 2rh1 (Cherezov et al. 2007)."""
SOUGHT = [
    ("RET", "V804M"),
    ("ALK", "F1174L"),
    ("MET", "Y1230C"),
    ("CYP19A1", "R375C"),
    ("THRB", "R320C"),
    ("KDM1A", "D556G"),
    ("BCHE", "D98G"),
]
"""Disease variants that people look for."""


@pytest.fixture(scope="module")
def residues(frames_of: Callable[[str], Frames]) -> pl.DataFrame:
    return frames_of("structures").residues


def at(residues: pl.DataFrame, entry: str, protein: str, position: int) -> pl.DataFrame:
    found = residues.filter(
        pl.col("structure").str.starts_with(f"PDB:{entry}"),
        pl.col("uniprot") == protein,
        pl.col("position") == position,
    )
    if found.is_empty():
        pytest.skip(f"{entry} is not in this data")
    return found


@pytest.mark.parametrize(("entry", "protein", "position", "number", "letter"), EXACT)
def test_residues_have_the_number_of_the_file(
    residues: pl.DataFrame, entry: str, protein: str, position: int, number: int, letter: str
) -> None:
    found = at(residues, entry, protein, position)
    assert set(found["file_number"]) == {number}
    assert set(found["letter"]) == {letter}


@pytest.mark.parametrize(("entry", "protein", "position", "number", "letter"), IN_LARGEST)
def test_known_sites_line_the_largest_pocket(
    residues: pl.DataFrame, entry: str, protein: str, position: int, number: int, letter: str
) -> None:
    assert 1 in set(at(residues, entry, protein, position)["pocket"])


@pytest.mark.parametrize(("entry", "protein", "position"), OUTSIDE)
def test_known_surface_residues_line_none(
    residues: pl.DataFrame, entry: str, protein: str, position: int
) -> None:
    assert set(at(residues, entry, protein, position)["pocket"]) == {0}


def test_an_active_site_may_be_in_the_second_pocket(residues: pl.DataFrame) -> None:
    assert set(at(residues, "6c2w", "P00734", 568)["pocket"]) == {2}


def test_a_ligand_in_the_file_makes_its_pocket_observed(frames_of: Callable[[str], Frames]) -> None:
    frames = frames_of("structures")
    told = frames.facts.filter(pl.col("key").is_in(["pocket.basis", "pocket.ligands"]))
    known = {(s, k): v for s, k, v in told.select("subject", "key", "text").iter_rows()}
    assert known["POCKET:2rh1#1", "pocket.ligands"] == "CAU"
    assert known["POCKET:2rh1#1", "pocket.basis"] == "observed"
    observed = {s for (s, k), v in known.items() if k == "pocket.basis" and v == "observed"}
    assert {s.partition("#")[0].removeprefix("POCKET:")[:4] for s in observed} <= {
        "2rh1",
        "4wov",
        "5kh9",
        "5v2q",
    }
    for position in CARAZOLOL:
        assert 1 in set(at(frames.residues, "2rh1", "P07550", position)["pocket"])


def test_a_selenocysteine_of_the_sequence_holds_its_place(residues: pl.DataFrame) -> None:
    """Residue 648 of TXNRD1 is one; the crystal's protein has a cysteine there, as number 518."""
    chain = at(residues, "3qfb", "Q16881", 648)["structure"][0]
    found = residues.filter(pl.col("structure") == chain)
    single = found.unique(["file_number", "position"])
    assert len(single) == found["position"].n_unique() == found["file_number"].n_unique() == 490
    assert set(found["position"] - found["file_number"]) == {130}
    assert set(at(residues, "3qfb", "Q16881", 648)["letter"]) == {"C"}
    assert found["position"].max() == 649


def test_the_whole_data_gives_the_counts_that_were_measured(
    frames_of: Callable[[str], Frames],
) -> None:
    """Residues within 2 %; chains within 3.5 % of the 649 that were measured.

    Twenty chains more are kept: in each, tags and linkers that no sequence holds are over a tenth
    of the chain; they stay without a place, and all that has one agrees.
    """
    frames = frames_of("structures")
    if frames.rows < 685:
        pytest.skip("the slice has a part of the chains")
    single = frames.residues.unique(["structure", "file_number", "uniprot", "position"])
    assert frames.residues["structure"].n_unique() == pytest.approx(649, rel=0.035)
    assert len(single) == pytest.approx(172_455, rel=0.02)
    volumes = frames.facts.filter(pl.col("key") == "pocket.volume")["number"]
    assert len(volumes) == pytest.approx(978, rel=0.02)
    assert (volumes >= 200).sum() == pytest.approx(504, rel=0.02)


ASKED = """query($gene: ID!) { target(id: $gene) { name
  pocketVariants(first: 500) { variant { id name } change volume basis method significance
    pocket { id ... on Pocket { volume depth hydropathy method basis ligands } }
    structure { id } conditions { id name } }
  ligands(leastAffinity: 7, first: 5) { compound { id name } affinity kind } } }"""


@pytest.mark.parametrize(("gene", "change"), SOUGHT)
def test_one_query_finds_variants_in_ligandable_pockets(
    ask_graph: Callable[..., dict[str, Any]], store: EmbeddedStore, gene: str, change: str
) -> None:
    (match,) = store.match([gene], [Category.GENE])
    found = ask_graph(ASKED, gene=match.node)["target"]
    same = [v for v in found["pocketVariants"] if v["change"] == change]
    (first, *_) = [v for v in same if v["significance"] == "disease"]
    assert first["volume"] >= LIGANDABLE
    assert first["pocket"]["volume"] == first["volume"]
    assert first["method"].startswith("pyKVFinder ")
    assert first["basis"] == "predicted"
    affinities = [ligand["affinity"] for ligand in found["ligands"]]
    assert affinities == sorted(affinities, reverse=True)


def test_ligands_are_known_for_the_protein_and_not_for_the_pocket(
    ask_graph: Callable[..., dict[str, Any]],
) -> None:
    told = ask_graph(
        """{ target: __type(name: "Target") { fields { name description } }
             ligand: __type(name: "KnownLigand") { description } }"""
    )
    described = {f["name"]: f["description"] for f in told["target"]["fields"]}
    assert "known for its protein" in described["ligands"]
    assert "where it binds is not known" in told["ligand"]["description"]
    assert "binds here" not in str(told)


def test_the_slice_has_ligands_of_a_kinase(
    ask_graph: Callable[..., dict[str, Any]], store: EmbeddedStore
) -> None:
    (match,) = store.match(["RET"], [Category.GENE])
    found = ask_graph(ASKED, gene=match.node)["target"]
    assert found["ligands"]
    assert found["ligands"][0]["affinity"] >= 7


def test_most_residues_are_placed_and_all_agree(frames_of: Callable[[str], Frames]) -> None:
    frames = frames_of("structures")
    structures = frames.nodes.filter(pl.col("id").str.starts_with("PDB:"))
    assert len(structures) / frames.rows > 0.9
    assert frames.residues["structure"].n_unique() == len(structures)
    assert frames.residues["position"].min() >= 1
    looked_at = frames.facts.filter(pl.col("key") == "structure.pockets")
    assert len(looked_at) == len(structures)


def chain_of(numbers: Iterable[int], letters: str) -> Chain:
    return Chain(np.array([*numbers], np.int64), " " * len(letters), letters)


SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQ"


def test_sifts_offsets_are_used_where_they_fit() -> None:
    chain = chain_of(range(1, 51), SEQUENCE[5:55])
    numbering = place(chain, [Segment(1, 50, 6, 55)], SEQUENCE)
    assert numbering.method == "sifts"
    assert numbering.positions.tolist() == list(range(6, 56))


def test_alignment_takes_over_where_they_do_not() -> None:
    chain = chain_of(range(1, 51), SEQUENCE[5:55])
    numbering = place(chain, [Segment(1, 50, 9, 58)], SEQUENCE)
    assert numbering.method == "alignment"
    assert numbering.positions.tolist() == list(range(6, 56))


def test_a_residue_with_another_letter_has_no_place() -> None:
    chain = chain_of(range(1, 51), SEQUENCE[:9] + "W" + SEQUENCE[10:50])
    numbering = place(chain, [Segment(1, 50, 1, 50)], SEQUENCE)
    assert numbering.positions[9] == 0
    assert sum(p > 0 for p in numbering.positions) == 49


def test_a_selenocysteine_of_the_file_is_read_and_placed(tmp_path: Path) -> None:
    path, at_sec = tmp_path / "x.pdb", 30
    names = ["SEC" if n == at_sec else seq3(c).upper() for n, c in enumerate(SEQUENCE[:50])]
    path.write_text("".join(ATOM.format(n, "A", m, str(n)) for n, m in enumerate(names, 1)))
    sequence = SEQUENCE[:at_sec] + "U" + SEQUENCE[at_sec + 1 :]
    for read in (read_chain, read_atoms):
        chain = read(path, "x.pdb", "A")
        assert chain.letters == sequence[:50]
        numbering = place(chain, [Segment(1, 50, 1, 50)], sequence)
        assert numbering.positions.tolist() == list(range(1, 51))


def test_a_chain_of_another_protein_is_not_usable() -> None:
    chain = chain_of(range(1, 51), "CHPW" * 12 + "CH")
    assert not place(chain, [], SEQUENCE).usable


def test_the_index_chain_may_have_another_name_in_its_file(
    residues: pl.DataFrame, library: Library
) -> None:
    """Chain M of 5xtb, NDUFS1 (P28331), is called L in its file; SIFTS's L is another protein."""
    found = residues.filter(pl.col("structure") == "PDB:5xtb.M")
    if found.is_empty():
        pytest.skip("chain M of 5xtb is not in this data")
    path = library.root / "structures/pdb/P28331_5xtb_M.pdb.gz"
    with gzip.open(path, "rt") as stream:
        assert {line[21] for line in stream if line.startswith("ATOM")} == {"L"}
    assert set(found["uniprot"]) == {"P28331"}
    assert set(found["position"] - found["file_number"]) == {29}
    assert found["position"].n_unique() == 687
    assert residues.filter(pl.col("structure") == "PDB:5xtb.L").is_empty()


def test_a_damaged_structure_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("pdb") / "x.pdb"
    path.write_text("<html>not found</html>")
    with pytest.raises(TableError, match=r"x\.pdb"):
        read_chain(path, "x.pdb")


ATOM = (
    "ATOM  {0:5d}  CA  {2:3s} {1}{3:>4s}     {0:7.3f}   1.000  -1.000  1.00 10.00           C  \n"
)


def alone(chain: Chain) -> tuple[list[int], str, str]:
    """A chain without its atoms."""
    return chain.numbers.tolist(), chain.insertions, chain.letters


def test_plain_files_are_read_as_biopython_reads_them(library: Library, tmp_path: Path) -> None:
    """Some chains of the data; and chains of our own, some plain and some not."""
    lines = [ATOM.format(i, "AB"[i > 9], "ALA" if i % 3 else "MSE", str(i - 3)) for i in range(20)]
    other = lines[4].replace("  CA ", " CB ", 1)
    repeated, moved = [*lines, lines[3]], [*lines[5:], *lines[:5]]
    written = [lines, lines[:12], repeated, moved, [*lines, other], [*lines, "TER\n"]]
    written += [[line.replace("  1.000", " 1.0e0") for line in lines]]
    written += [[line[:26] + "AB "[i % 3] + line[27:] for i, line in enumerate(lines)]]
    written += [[line[:16] + "A" + line[17:] for line in lines]]
    written += [[line.replace("ALA", "CA ") for line in lines]]
    path, plain = tmp_path / "x.pdb", 0
    for case in written:
        path.write_text("".join(case))
        for chain in ("A", "B", "C", ""):
            found = read_chain(path, "x.pdb", chain)
            plain += not found.atoms
            assert alone(found) == alone(read_atoms(path, "x.pdb", chain))
    assert 0 < plain < 4 * len(written)
    files = [*chain_files(library.root)]
    assert all(
        alone(read_chain(at, at.name, chain)) == alone(read_atoms(at, at.name, chain))
        for _, at, chain in files[:: max(1, len(files) // 40)]
    )


def test_the_table_of_pockets_is_what_detection_finds(library: Library) -> None:
    pytest.importorskip("pyKVFinder")
    digest, path, chain = min(chain_files(library.root), key=lambda c: c[1].stat().st_size)
    assert detect(read_atoms(path, path.name, chain)) == known()[digest]
