"""The figures that were measured of structures, pockets, variants and ligands, on the whole data.

Each was counted before there was a reader; where the readers keep other rows than the count did,
the test says which, and holds both.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from ingest.fetch import Library
from ingest.frames import Frames
from ingest.sources import SOURCES
from ingest.sources.civic import EVIDENCE, VARIANTS
from ingest.sources.phenopackets import FILE as CASES
from ingest.substitutions import checked
from ingest.variants import SEVERAL, accessions, changes, substitutions
from kg.biolink import Predicate

GNAS = "HGNC:4392"
CHAINS = 685
STOP = "*"
AT_POCKETS = ("clean", "pocket", "wide")
"""Changes on a residue that agrees with the sequence; in a pocket; in one that can hold a drug."""


@pytest.fixture(scope="module")
def chains(frames_of: Callable[[str], Frames]) -> Frames:
    frames = frames_of("structures")
    if frames.rows < CHAINS:
        pytest.skip("the slice has a part of the chains")
    return frames


@pytest.fixture(scope="module")
def residues(chains: Frames) -> pl.DataFrame:
    """Residues of the chains, with whether their pocket has 200 cubic angstrom or more."""
    volumes = chains.facts.filter(pl.col("key") == "pocket.volume", pl.col("number") >= 200)
    pocket = pl.format("POCKET:{}#{}", pl.col("structure").str.strip_prefix("PDB:"), "pocket")
    wide = pocket.is_in(volumes["subject"].implode())
    return chains.residues.with_columns(wide=wide).rename({"position": "at"})


def on_residues(told: pl.DataFrame, chains: Frames, residues: pl.DataFrame) -> pl.DataFrame:
    """Changes of one amino acid for another whose letter is the sequence's and the file's."""
    missense = checked(told.filter(pl.col("alternative") != STOP), chains.sequences)
    on = missense.filter(pl.col("fault").is_null()).join(residues, on=["uniprot", "at"])
    return on.filter(pl.col("reference") == pl.col("letter"))


def counted(on: pl.DataFrame) -> dict[str, int]:
    """How many variants lie so, by the words of AT_POCKETS."""
    kept = (on, on.filter(pl.col("pocket") > 0), on.filter("wide"))
    return {k: f["variant"].n_unique() for k, f in zip(AT_POCKETS, kept, strict=True)}


def humsavar(frames_of: Callable[[str], Frames], kind: str) -> pl.DataFrame:
    """Changes of one class, a row for each line: the file tells some twice, once a disease."""
    told = frames_of("humsavar")
    of_kind = told.facts.filter(pl.col("key") == "variant.class", pl.col("text") == kind)
    lines = of_kind.select("subject", "line")
    return told.substitutions.drop("line").join(lines, left_on="variant", right_on="subject")


@pytest.mark.parametrize(
    ("kind", "rows", "clean", "pocket", "wide"),
    [("disease", 30_877, 1914, 417, 298), ("polymorphism", 39_448, 918, 145, 96)],
)
def test_uniprots_variants(
    frames_of: Callable[[str], Frames],
    chains: Frames,
    residues: pl.DataFrame,
    kind: str,
    rows: int,
    clean: int,
    pocket: int,
    wide: int,
) -> None:
    """Within 2 %, as the residues are; rows in pockets were the same but for one."""
    told = humsavar(frames_of, kind)
    assert len(told) == rows
    on = on_residues(told, chains, residues).with_columns(variant="line")
    measured = dict(zip(AT_POCKETS, (clean, pocket, wide), strict=True))
    assert counted(on) == pytest.approx(measured, rel=0.02)


def test_variants_of_published_cases(
    frames_of: Callable[[str], Frames], chains: Frames, residues: pl.DataFrame
) -> None:
    """As measured: 54 on a clean residue, 3 in a pocket, 1 in a pocket that can hold a drug."""
    told = frames_of("phenopackets").substitutions
    on = on_residues(told, chains, residues)
    assert counted(on) == {"clean": 54, "pocket": 3, "wide": 1}
    assert set(on.filter("wide")["structure"]) == {"PDB:3mo0.B"}


def items_of_civic(library: Library) -> tuple[pl.DataFrame, pl.DataFrame]:
    """CIViC's variants and its items of evidence as the files have them, flagged ones too."""
    inputs = library.inputs(next(s for s in SOURCES if s.id == "civic"))
    proteins = accessions(inputs).select("entrez_id", "uniprot")
    rows = inputs.table(VARIANTS).rows.with_columns(
        profile=pl.col("single_variant_molecular_profile_id"), **changes(pl.col("variant"))
    )
    known = rows.with_columns(variant="variant_id").join(proteins, on="entrez_id", how="left")
    return known, inputs.table(EVIDENCE).rows


def test_variants_of_civic(
    frames_of: Callable[[str], Frames], library: Library, chains: Frames, residues: pl.DataFrame
) -> None:
    """As measured: 104 on a clean residue, 41 in a pocket that can hold a drug.

    The count was of variants of which an item of evidence speaks, flagged ones included. The
    reader leaves what the curators flagged (2 variants, 1 of them in such a pocket) and keeps
    variants without an item.
    """
    rows, items = items_of_civic(library)
    spoken_of = rows.filter(pl.col("profile").is_in(items["molecular_profile_id"].implode()))
    on = on_residues(substitutions(VARIANTS, spoken_of), chains, residues)
    assert counted(on) == {"clean": 104, "pocket": 46, "wide": 41}
    read = frames_of("civic")
    kept = on_residues(read.substitutions, chains, residues)
    assert counted(kept) == {"clean": 185, "pocket": 85, "wide": 77}
    unflagged = items.filter(pl.col("is_flagged") != "true")["molecular_profile_id"]
    lines = spoken_of.filter(pl.col("profile").is_in(unflagged.implode()))["line"]
    assert counted(kept.filter(pl.col("line").is_in(lines.implode()))) == {
        "clean": 102,
        "pocket": 45,
        "wide": 40,
    }


def strong_ligands(frames: Frames) -> set[str]:
    """Proteins with a compound of 100 nM or better."""
    binding = pl.col("predicate") == Predicate.DIRECTLY_PHYSICALLY_INTERACTS_WITH.value
    strong = frames.evidence.filter(binding, pl.col("value") >= 7, pl.col("score") > 0)
    return set(strong["object"].str.strip_prefix("UniProtKB:"))


def test_genes_with_pocket_disease_variant_and_ligand(
    frames_of: Callable[[str], Frames], chains: Frames, residues: pl.DataFrame
) -> None:
    """As measured: 31, by BindingDB and the Guide to Pharmacology; DrugCentral has 3 more."""
    on = on_residues(humsavar(frames_of, "disease"), chains, residues)
    proteins = set(on.filter("wide")["uniprot"])
    measured = strong_ligands(frames_of("bindingdb")) | strong_ligands(frames_of("gtopdb"))
    assert len(proteins) == 64
    assert len(proteins & measured) == 31
    assert len(proteins & (measured | strong_ligands(frames_of("drugcentral")))) == 34


def test_changes_of_a_gene_with_several_proteins_are_counted(
    frames_of: Callable[[str], Frames], library: Library
) -> None:
    """GNAS has four proteins that share their end: which one a case's change counts on is not told.

    What the rows say of the variant, its gene and its disease is kept.
    """
    frames = frames_of("phenopackets")
    several = frames.quarantine.filter(pl.col("reason") == SEVERAL)
    assert several["line"].n_unique() == len(several) == 68
    inputs = library.inputs(next(s for s in SOURCES if s.id == "phenopackets"))
    at_gnas = inputs.table(CASES).rows.filter(pl.col("gene_hgnc") == GNAS)
    assert several["line"].is_in(at_gnas["line"].implode()).sum() == 55
    ties = frames.evidence.filter(pl.col("object") == GNAS)
    claims = frames.evidence.filter(pl.col("predicate") == Predicate.CAUSES.value)
    assert len(ties) == 57
    assert GNAS in set(claims["subject"])
    assert claims["subject"].is_in(ties["subject"].implode()).any()
    of_gene = pl.col("uniprot").is_in(["O95467", "P63092", "P84996", "Q5JWF2"])
    assert frames.substitutions.filter(of_gene).is_empty()
    assert len(frames_of("civic").quarantine.filter(pl.col("reason") == SEVERAL)) == 2
