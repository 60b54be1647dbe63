"""Residue numbering, the whole difficulty of structures; and pockets."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from Bio.PDB.Residue import Residue as Atoms

from ingest.chains import ChainResidue, Segment, place, read_chain
from ingest.fetch import Library
from ingest.frames import Frames
from ingest.pockets import detect, known
from ingest.sources.structures import chain_files
from kg.errors import TableError

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
OUTSIDE = [("1opl", "P00519", 255), ("1a52", "P03372", 537)]


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


def test_most_residues_are_placed_and_all_agree(frames_of: Callable[[str], Frames]) -> None:
    frames = frames_of("structures")
    structures = frames.nodes.filter(pl.col("id").str.starts_with("PDB:"))
    assert len(structures) / frames.rows > 0.9
    assert frames.residues["structure"].n_unique() == len(structures)
    assert frames.residues["position"].min() >= 1
    looked_at = frames.facts.filter(pl.col("key") == "structure.pockets")
    assert len(looked_at) == len(structures)


def residue(number: int, letter: str) -> ChainResidue:
    return ChainResidue(number, "", letter, Atoms((" ", number, " "), "ALA", ""))


SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQ"


def test_sifts_offsets_are_used_where_they_fit() -> None:
    chain = [residue(n, SEQUENCE[n + 4]) for n in range(1, 51)]
    numbering = place(chain, [Segment(1, 50, 6, 55)], SEQUENCE)
    assert numbering.method == "sifts"
    assert numbering.positions == tuple(range(6, 56))


def test_alignment_takes_over_where_they_do_not() -> None:
    chain = [residue(n, SEQUENCE[n + 4]) for n in range(1, 51)]
    numbering = place(chain, [Segment(1, 50, 9, 58)], SEQUENCE)
    assert numbering.method == "alignment"
    assert numbering.positions == tuple(range(6, 56))


def test_a_residue_with_another_letter_has_no_place() -> None:
    chain = [residue(n, SEQUENCE[n - 1]) for n in range(1, 51)]
    chain[9] = residue(10, "W")
    numbering = place(chain, [Segment(1, 50, 1, 50)], SEQUENCE)
    assert numbering.positions[9] == 0
    assert sum(p > 0 for p in numbering.positions) == 49


def test_a_chain_of_another_protein_is_not_usable() -> None:
    chain = [residue(n, "WCHP"[n % 4]) for n in range(1, 51)]
    assert not place(chain, [], SEQUENCE).usable


def test_a_damaged_structure_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("pdb") / "x.pdb"
    path.write_text("<html>not found</html>")
    with pytest.raises(TableError, match=r"x\.pdb"):
        read_chain(path, "x.pdb")


def test_the_table_of_pockets_is_what_detection_finds(library: Library) -> None:
    pytest.importorskip("pyKVFinder")
    digest, path, chain = min(chain_files(library.root), key=lambda c: c[1].stat().st_size)
    assert detect(read_chain(path, path.name, chain)) == known()[digest]
