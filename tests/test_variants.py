"""Variants from a source's row to the served record: exact rows, and the check of residues."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import gnn
from api.cli import main
from ingest.columns import RESIDUE, SEQUENCE, SUBSTITUTION
from ingest.fetch import Library
from ingest.frames import Frames
from ingest.substitutions import checked, constant_offset, place
from kg.biolink import Category, EvidenceClass
from kg.curated_loci import LOCUS_TO_GENE, CuratedLoci
from kg.embedded_store import EmbeddedStore
from kg.layout import LOCUS_FEATURES
from kg.release import Home, Release
from kg.store import EdgeFilter
from kg.variants import ResidueCheck, TraitFinding, VariantRecord, variants, variants_of_gene
from tests.graphs import evidence_frame, parts_of, statement

BRAF_V600E = "CAID:CA123643"
RET_C634W = "GRCh38:10-43114502-C-G"


def one(store: EmbeddedStore, identifier: str) -> VariantRecord:
    (found,) = variants(store, [identifier])
    return found


def raw_line(library: Library, path: str, line: int) -> dict[str, str]:
    """A row of a source's file by its number, read by Python's own csv."""
    with gzip.open(library.root / path, "rt", encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return next(row for n, row in enumerate(reader, 2) if n == line)


def test_a_finding_of_the_gwas_catalog(store: EmbeddedStore) -> None:
    found = one(store, "DBSNP:rs7903146")
    assert found.rsid == "rs7903146"
    assert ("GRCh38", "10", 112998590) in {
        (p.assembly, p.chromosome, p.position) for p in found.loci
    }
    assert "intron" in found.consequences
    ties = {(t.gene, t.kind) for t in found.ties}
    assert (store.match(["TCF7L2"], [Category.GENE])[0].node, "inside") in ties
    (finding,) = [f for f in found.findings if "PMID:24509480" in f.publications]
    assert finding.trait == "MONDO:0005148"
    assert (finding.p_value, finding.effect, finding.effect_kind) == (8e-75, 1.4, "odds ratio")
    assert (finding.effect_lower, finding.effect_upper) == (1.35, 1.46)
    assert (finding.allele, finding.direction) == ("rs7903146-T", 1)
    assert "East Asian ancestry" in finding.ancestry
    assert finding.study.startswith("Genome-wide trans-ancestry meta-analysis")


def test_effects_are_those_of_the_rows(
    frames_of: Callable[[str], Frames], library: Library
) -> None:
    """The direction is told by the catalogue's own words, or by an odds ratio above 1."""
    told = frames_of("gwas_catalog").evidence.filter(
        pl.col("subject_category") == Category.VARIANT.value, pl.col("effect_kind").is_not_null()
    )
    assert set(told["effect_kind"]) == {"odds ratio", "beta", "odds ratio or beta"}
    for kind in ("odds ratio", "beta", "odds ratio or beta"):
        for record in told.filter(pl.col("effect_kind") == kind).head(5).to_dicts():
            row = raw_line(library, record["file"], record["line"])
            assert float(row["OR or BETA"]) == record["effect"]
            assert float(row["P-VALUE"]) == record["value"]
            words = row["95% CI (TEXT)"]
            expected = {"decrease": -1, "increase": 1}.get(
                next((w for w in ("increase", "decrease") if w in words), ""),
                1 if record["effect"] > 1 else None,
            )
            assert record["direction_on_trait"] == expected


def test_a_missense_variant_of_uniprot(store: EmbeddedStore) -> None:
    found = one(store, "SUBSTITUTION:P07949-V804M")
    assert found.significance == ("disease",)
    (change,) = found.changes
    assert (change.uniprot, change.change, change.on_sequence) == ("P07949", "V804M", "V804M")
    assert change.check == ResidueCheck.AGREES
    assert {t.kind for t in found.ties} == {"coding"}


def test_a_variant_of_civic(store: EmbeddedStore) -> None:
    found = one(store, BRAF_V600E)
    assert ("GRCh37", "7", 140453136, "A", "T") in {
        (p.assembly, p.chromosome, p.position, p.reference, p.alternative) for p in found.loci
    }
    assert found.consequences == ("missense_variant",)
    (change,) = found.changes
    assert (change.uniprot, change.on_sequence, change.check) == ("P15056", "V600E", "agrees")
    assert any("Vemurafenib" in f.therapies for f in found.findings)
    assert {f.negated for f in found.findings} == {True, False}
    (near,) = store.match(["GRCh37:7-140453136-A-T"], [Category.VARIANT])
    assert near.node == BRAF_V600E


def test_a_variant_of_a_published_case(store: EmbeddedStore) -> None:
    found = one(store, RET_C634W)
    assert [(p.assembly, p.chromosome, p.position) for p in found.loci] == [
        ("GRCh38", "10", 43114502)
    ]
    assert found.significance == ("pathogenic",)
    (change,) = found.changes
    assert (change.uniprot, change.change, change.check) == ("P07949", "C634W", "agrees")
    (finding,) = found.findings
    assert (finding.trait, finding.predicate) == ("MONDO:0008234", "biolink:causes")
    assert "PMID:24331334" in finding.publications


def test_renumbered_changes_tell_both_numbers(release: Release, store: EmbeddedStore) -> None:
    facts = pl.DataFrame(release.table("facts", ["subject", "key", "text"])).filter(
        pl.col("key").cast(pl.String) == "variant.renumbered"
    )
    assert len(facts) > 0
    for subject, text in facts.select("subject", "text").head(5).iter_rows():
        protein, _, offset = str(text).removesuffix(")").partition(" (offset ")
        uniprot, _, moved = protein.partition(":p.")
        changes = one(store, str(subject)).changes
        (change,) = [c for c in changes if (c.uniprot, c.on_sequence) == (uniprot, moved)]
        assert change.check == ResidueCheck.RENUMBERED
        assert int(change.on_sequence[1:-1]) - int(change.change[1:-1]) == int(offset)


@pytest.mark.parametrize(("uniprot", "offset"), [("Q13362", -55), ("Q9Y5I7", 70), ("Q9BZ23", 110)])
def test_offsets_of_genes(frames_of: Callable[[str], Frames], uniprot: str, offset: int) -> None:
    """PPP2R5C, CLDN16 and PANK2 are repaired by one offset."""
    sequences = frames_of("structures").sequences
    of_gene = pl.col("uniprot") == uniprot
    rows = checked(frames_of("phenopackets").substitutions.filter(of_gene), sequences)
    letters = dict(sequences.select("uniprot", "sequence").iter_rows()).get(uniprot)
    if letters is None:
        pytest.skip(f"the sequence of {uniprot} is not in this data")
    assert len(rows) > 0
    right = rows.filter(pl.col("fault").is_null())
    for reference, position in right.select("reference", "at").iter_rows():
        assert letters[position - 1] == reference
    moved = rows.filter(pl.col("offset") != 0)
    assert set(moved["offset"].to_list()) == {offset}


def test_four_positions_are_too_few_for_an_offset() -> None:
    sequence = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIE"
    rows = [
        {"position": n + 3, "reference": sequence[n - 1], "sequence": sequence}
        for n in range(5, 10)
    ]
    assert constant_offset(pl.DataFrame(rows)) == -3
    assert constant_offset(pl.DataFrame(rows[:4])) is None
    assert constant_offset(pl.DataFrame([*rows, {**rows[0], "position": 25}])) is None


def test_the_strongest_findings_of_a_gene_come_first(store: EmbeddedStore) -> None:
    gene = store.match(["TCF7L2"], [Category.GENE])[0].node
    found = variants_of_gene(store, str(gene), 5)
    assert 0 < len(found) <= 5

    def best(findings: Sequence[TraitFinding]) -> float:
        return max((f.score or 0.0 for f in findings if not f.negated), default=-1.0)

    scores = [best(v.findings) for v in found]
    assert scores == sorted(scores, reverse=True)
    assert all(gene in {t.gene for t in v.ties} for v in found)
    assert variants_of_gene(store, str(gene), 0) == []


CURATED = "opentargets/gwas_gold_standards_2019_non_drug.tsv.gz"


@pytest.mark.parametrize(
    ("rsid", "line", "ensembl", "symbol"),
    [
        ("rs11591147", 63, "ENSG00000169174", "PCSK9"),
        ("rs10882272", 14, "ENSG00000138207", "RBP4"),
    ],
)
def test_a_sentinel_variant_is_tied_to_the_gene_of_its_curated_locus(
    release: Release, store: EmbeddedStore, rsid: str, line: int, ensembl: str, symbol: str
) -> None:
    """The first is in the gene by other sources too; the second is tied to it by the locus alone."""
    row = raw_line(Library.bundled(), CURATED, line)
    assert (row["sentinel_variant.rsid"], row["gold_standard_info.gene_id"]) == (rsid, ensembl)
    loci = CuratedLoci.of(release)
    gene = str(store.match([symbol], [Category.GENE])[0].node)
    (record,) = variants(store, [f"DBSNP:{rsid}"], loci=loci)
    (tie,) = [t for t in record.ties if t.kind == LOCUS_TO_GENE]
    assert (tie.gene, tie.source, tie.score) == (gene, "locus_gold_standards", 1.0)
    assert record.id in {v.id for v in variants_of_gene(store, gene, 10_000, loci=loci)}
    hidden = [
        EdgeFilter(as_of=date(2019, 5, 16)),
        EdgeFilter(exclude_classes=frozenset({EvidenceClass.CURATED})),
        EdgeFilter(hypothesis_free_only=True),
    ]
    for where in hidden:
        (filtered,) = variants(store, [record.id], where, loci)
        assert LOCUS_TO_GENE not in {t.kind for t in filtered.ties}
    (bare,) = variants(store, [record.id])
    assert [t for t in record.ties if t != tie] == list(bare.ties)


def test_a_curated_locus_has_the_features_of_its_gene_and_trait(
    release: Release, store: EmbeddedStore
) -> None:
    """28 credible sets of LDL cholesterol name PCSK9; each row's numbers are the matrix's."""
    (record,) = variants(store, ["DBSNP:rs11591147"], loci=CuratedLoci.of(release))
    (tie,) = [t for t in record.ties if t.kind == LOCUS_TO_GENE]
    assert (tie.trait, len(tie.credible_sets)) == ("EFO:0004611", 28)
    matrix = pl.read_csv(
        Library.bundled().root / "opentargets/l2g_feature_matrix.tsv.gz", separator="\t"
    ).filter(pl.col("geneId") == "ENSG00000169174", pl.col("goldStandardSet") == "positive")
    of_locus = {row["studyLocusId"]: row for row in matrix.to_dicts()}
    for told in tie.credible_sets:
        assert [name for name, _ in told.features] == list(LOCUS_FEATURES)
        for name, value in told.features:
            assert value == pytest.approx(of_locus[told.study_locus][name], rel=1e-6)


def test_curated_loci_are_no_part_of_the_graph(release: Release) -> None:
    for table in ("evidence", "facts"):
        sources = pl.DataFrame(release.table(table, ["source"])).cast(pl.String)["source"]
        assert "locus_gold_standards" not in set(sources)
    code = Path(gnn.__file__).parent.glob("*.py")
    assert not [p.name for p in code if re.search(r"kg\.(curated_loci|variants)", p.read_text())]


VARIANT = """query($id: ID!) { variant(id: $id) { id rsid consequences significance
  loci { assembly chromosome position reference alternative }
  proteinChanges { uniprot change check onSequence }
  geneTies { gene { id name } kind tissue tissueIds { id } study posterior consequence source trait
     credibleSets { studyLocus features { key value } } }
  traitFindings(first: 100) { trait { id name } pValue effect effectLower effectUpper effectKind
    allele direction pip credibleSet cohort study ancestry significance therapies negated source
    publications { id url } } } }"""


def test_a_variant_over_graphql(ask_graph: Callable[..., dict[str, Any]]) -> None:
    found = ask_graph(VARIANT, id="DBSNP:rs7903146")["variant"]
    assert found["rsid"] == "rs7903146"
    (finding,) = [f for f in found["traitFindings"] if f["pValue"] == 8e-75]
    assert finding["trait"]["name"] == "type 2 diabetes mellitus"
    assert (finding["effect"], finding["direction"]) == (1.4, "RISK")
    ties = ask_graph(VARIANT, id="DBSNP:rs11591147")["variant"]["geneTies"]
    (tie,) = [t for t in ties if t["kind"] == LOCUS_TO_GENE]
    assert (tie["gene"]["name"], tie["trait"]) == ("PCSK9", "EFO:0004611")
    assert {len(s["features"]) for s in tie["credibleSets"]} == {len(LOCUS_FEATURES)}
    change = ask_graph(VARIANT, id=BRAF_V600E)["variant"]["proteinChanges"][0]
    assert change == {
        "uniprot": "P15056",
        "change": "V600E",
        "check": "AGREES",
        "onSequence": "V600E",
    }


def test_variants_on_the_command_line(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    at = ("--home", str(home.path))
    assert main([*at, "variants", "rs7903146", "--json"]) == 0
    (found,) = json.loads(capfd.readouterr().out)["variants"]
    assert found["loci"][0]["assembly"] == "GRCh38"
    assert main([*at, "variants", "rs10882272", "--json"]) == 0
    (found,) = json.loads(capfd.readouterr().out)["variants"]
    assert LOCUS_TO_GENE in {t["kind"] for t in found["ties"]}
    assert main([*at, "variants", "TCF7L2", "--limit", "2"]) == 0
    assert "rs" in capfd.readouterr().out
    assert main([*at, "variants", "no such gene"]) == 2
    assert "is none" in capfd.readouterr().err


def test_a_placed_change_is_dated_by_its_own_record(tmp_path: Path) -> None:
    days = [date(2001, 1, 1), date(2019, 5, 5), date(2015, 3, 3)]
    alike = (Category.VARIANT, Category.DISEASE)
    told = evidence_frame(
        *(
            statement(f"V:{i}", "MONDO:0000001", categories=alike, first_public=day)
            for i, day in enumerate(days)
        )
    )
    # Line 9 gave no record of its own.
    changes = [(f"V:{i}", i + 2) for i in range(3)] + [("V:9", 9)]
    own = pl.DataFrame(
        [(v, "P1", 2, "A", "V", "test.tsv", line) for v, line in changes],
        schema=SUBSTITUTION,
        orient="row",
    )
    chains = Frames(
        sequences=pl.DataFrame([("P1", "MAG")], schema=SEQUENCE, orient="row"),
        residues=pl.DataFrame([("PDB:1", 2, "P1", 2, "A", 1)], schema=RESIDUE, orient="row"),
    )
    frames = {"chains": chains, "said": Frames(evidence=told, substitutions=own)}
    (placed,) = place(parts_of(tmp_path / "parts", frames), tmp_path)
    evidence = placed.load("evidence")
    assert evidence is not None
    in_structure = evidence.filter(pl.col("object") == "PDB:1")
    found = dict(in_structure.select("subject", "first_public").iter_rows())
    assert found == {"V:0": days[0], "V:1": days[1], "V:2": days[2], "V:9": max(days)}


def test_changes_without_a_sequence_are_not_called_wrong(tmp_path: Path) -> None:
    assert place([], tmp_path) == []
