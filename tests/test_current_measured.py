"""Annotations, conditions, interactions and medians as their providers write them now."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from polars import col

from ingest.fetch import Library
from ingest.frames import Frames
from tests.mirrors import Mirror, alike, alone, mirrored, tabbed


@pytest.fixture
def mirror_of(library: Library, tmp_path: Path) -> Callable[[str, str], Mirror]:
    return partial(mirrored, library, tmp_path)


# Gene Ontology: GAF


GO = "gene_ontology/GO_annotations-9606-direct-expev.tsv.gz"
GAF_TOP = "!gaf-version: 2.2\n!generated-by: GOC\n!\n!Header from goa_human source file:\n"
LETTER = {"biological_process": "P", "molecular_function": "F", "cellular_component": "C"}
SAYS = {"P": "involved_in", "F": "enables", "C": "located_in"}


def gaf(accession: str, term: str, aspect: str, **other: str) -> list[str]:
    """One line of a GAF file."""
    said = {"qualifier": SAYS[aspect], "evidence": "IDA", "taxon": "taxon:9606", "db": "UniProtKB"}
    said |= other
    return [
        *(said["db"], accession, "SYMBOL", said["qualifier"], term, "PMID:1", said["evidence"]),
        *("", aspect, "A name", "OTHER|NAMES", "protein", said["taxon"], "20240101", "UniProt"),
        *("", ""),
    ]


def test_annotations_as_gaf_give_the_same_frames(
    mirror_of: Callable[[str, str], Mirror],
) -> None:
    mirror = mirror_of("gene_ontology", GO)
    before, protein_of = mirror.read(), alone(mirror, "uniprot_ids")
    pairs = [
        (protein_of[gene], row["go_id"], LETTER[row["go_domain"]])
        for row in mirror.rows(GO)
        for gene in row["gene_ids"].split("|")
        if gene in protein_of
    ]
    a, b = pairs[0], pairs[1]
    lines = [
        *(gaf(*pair) for pair in pairs),
        gaf(*a, evidence="IPI"),
        gaf(*a, taxon="taxon:9606|taxon:1280"),
        gaf("P12345", *b[1:], qualifier=f"NOT|{SAYS[b[2]]}"),
        gaf("P12345", *b[1:], evidence="IEA"),
        gaf("P12345", *b[1:], evidence="HDA"),
        gaf("P12345", *b[1:], taxon="taxon:10090"),
        gaf("URS0000000001_9606", *b[1:], db="RNAcentral"),
    ]
    mirror.write(GO, GAF_TOP + tabbed(lines))
    after = mirror.read()

    spelled = {f"NCBIGene:{gene}": f"UniProtKB:{p}" for gene, p in protein_of.items()}
    of_go = col("file") == GO
    old = before.evidence.filter(of_go, col("subject").is_in(list(spelled)))
    old = old.with_columns(col("subject").replace_strict(spelled))
    assert alike(old, after.evidence.filter(of_go), "line")
    assert alike(before.evidence.filter(~of_go), after.evidence.filter(~of_go))
    assert after.nodes.equals(before.nodes)

    first = after.evidence.filter(of_go, subject="UniProtKB:" + a[0], object=a[1])
    assert first["line"].to_list() == [GAF_TOP.count("\n") + 1]
    told = after.quarantine.filter(of_go, col("reason") != "term is obsolete or unknown")
    assert dict(told.select("reason", "line").iter_rows()) == {
        "said not to be so": len(pairs) + 7,
        "evidence is no experiment on single genes": len(pairs) + 9,
        "not a human annotation": len(pairs) + 10,
        "not a protein of UniProt": len(pairs) + 11,
    }
    assert len(told) == 5


def test_damaged_gaf_is_refused_or_set_aside_by_its_line(
    mirror_of: Callable[[str, str], Mirror],
) -> None:
    mirror = mirror_of("gene_ontology", GO)
    whole = GAF_TOP + tabbed(gaf("P12345", f"GO:{n:07}", "P") for n in range(1, 9))
    mirror.write(GO, whole[:-40])
    assert mirror.bad(GO) == [(12, "wrong number of fields")]
    assert f"{GO} has no data" in mirror.refused(GO, GAF_TOP)
    assert "no column 'go_id'" in mirror.refused(GO, whole.removeprefix("!gaf-version: 2.2\n"))
    other = GAF_TOP + "\t".join(["x"] * 17) + "\n"
    assert "no line whose field 'taxon'" in mirror.refused(GO, other)


# ClinVar: genes and conditions


CONDITIONS = "clinvar/gene_condition_2021-04.tsv.gz"
CONDITIONS_TOP = (
    "#GeneID\tAssociatedGenes\tRelatedGenes\tConceptID\tDiseaseName\tSourceName\tSourceID"
    "\tDiseaseMIM\tLastUpdated\n"
)


def condition(row: dict[str, str]) -> list[str]:
    """One line of NCBI's file."""
    genes = [row["symbol"] if row["relation"] == kind else "" for kind in ("associated", "related")]
    about = [row["ConceptID"], "A name, of several words", row["SourceName"], row["SourceID"]]
    return [row["GeneID"], *genes, *about, row["DiseaseMIM"], "14 Feb 2016"]


def test_conditions_as_ncbi_publishes_them_give_the_same_labels(
    mirror_of: Callable[[str, str], Mirror], frames_of: Callable[[str], Frames]
) -> None:
    mirror = mirror_of("clinvar_conditions", CONDITIONS)
    before, rows = mirror.read(), mirror.rows(CONDITIONS)
    mirror.write(CONDITIONS, CONDITIONS_TOP + tabbed(condition(row) for row in rows))
    after = mirror.read()
    number = {row["hgnc_id"]: f"NCBIGene:{row['GeneID']}" for row in rows}
    old = before.labels.with_columns(col("subject").replace(number))
    constant = pl.all().exclude("subject", "object", "text", "line")
    assert old.select(constant).unique().equals(after.labels.select(constant).unique())

    of_mondo = after.labels.filter(col("object").str.starts_with("MONDO:"))
    assert len(of_mondo) > 4500
    pair = ["subject", "object", "text"]
    assert len(of_mondo.join(old, on=pair, how="anti")) <= 1, "NCBI renamed one disease since"

    at_best = frames_of("mondo").aliases.filter(col("rank") == col("rank").min().over("alias"))
    named = at_best.filter(col("id").n_unique().over("alias") == 1)
    led = after.labels.join(named, left_on="object", right_on="alias", how="left").select(
        "subject", "text", object=pl.coalesce("id", "object")
    )
    pinned = old.select(pair).unique()
    same = len(led.select(pair).unique().join(pinned, on=pair, how="semi"))
    assert same > 0.89 * len(pinned)
    assert same > 0.94 * led.n_unique()


def test_damaged_lines_of_conditions_are_set_aside(
    mirror_of: Callable[[str, str], Mirror],
) -> None:
    mirror = mirror_of("clinvar_conditions", CONDITIONS)
    good = condition(mirror.rows(CONDITIONS)[0])
    without = [*good[:1], "", "", *good[3:]]
    no_id = [*good[:5], "Human Phenotype Ontology", "HP:0002511", "", good[8]]
    whole = CONDITIONS_TOP + tabbed([good, without, ["-", *good[1:]], no_id, good])
    mirror.write(CONDITIONS, whole[:-20])
    frames = mirror.read()
    assert len(frames.labels) == 1
    assert dict(frames.quarantine.select("line", "reason").iter_rows()) == {
        3: "unknown relation",
        4: "gene is not an HGNC id",
        5: "no MONDO id",
        6: "wrong number of fields",
    }
    assert "no column 'hgnc_id'" in mirror.refused(CONDITIONS, whole.replace("#GeneID", "Gene"))


# OpenCell: interactions


OPENCELL = "interactome/opencell_interactions_2021.tsv.gz"
OPENCELL_TOP = (
    "target_gene_name,interactor_gene_name,target_ensg_id,interactor_ensg_id,"
    "interactor_uniprot_ids,pval,enrichment,interaction_stoichiometry,abundance_stoichiometry\n"
)


def test_opencells_own_list_gives_the_same_frames(
    mirror_of: Callable[[str, str], Mirror],
) -> None:
    mirror = mirror_of("opencell", OPENCELL)
    before = mirror.read()
    lines = [
        [
            row["target"],
            row["prey"],
            row["ensg_id"],
            row["prey_ensg"],
            "P1;P2",
            "7.1",
            "3.2",
            "",
            "",
        ]
        for row in mirror.rows(OPENCELL)
    ]
    whole = OPENCELL_TOP + "".join(",".join(line) + "\n" for line in lines)
    mirror.write(OPENCELL, whole)
    after = mirror.read()
    assert alike(before.evidence, after.evidence, "detail")
    assert after.evidence["detail"].unique().to_list() == ["{}"]
    assert after.quarantine.equals(before.quarantine)

    mirror.write(OPENCELL, whole[: whole.rindex(",P1")])
    assert mirror.bad(OPENCELL) == [(len(lines) + 1, "wrong number of fields")]
    assert "no column 'target'" in mirror.refused(OPENCELL, whole.replace("interactor_ensg", "x"))


# GTEx: medians of tissues


GTEX = "gtex/tissue_expression_v7_summary.tsv.gz"
TISSUES = 53


def medians(n_above: int, median: float, text: str) -> list[str]:
    """Values of 53 tissues, of which so many are above 1, and whose median is this one."""
    half = TISSUES // 2
    if median > 1:
        low = ["0"] * (TISSUES - n_above)
        return [text] * (n_above - half) + low + [str(median + 5)] * half
    return [text] * (TISSUES - n_above) + ["7.5"] * n_above


def gct(rows: list[dict[str, str]]) -> str:
    header = ["Name", "Description", *(f"Brain - Part {n}" for n in range(TISSUES))]
    lines = [
        [f"{row['ensg']}.{n % 15}", "SYMBOL", *medians(int(row["n1tpm"]), number, row["medtpm"])]
        for n, row in enumerate(rows)
        for number in [float(row["medtpm"])]
    ]
    return f"#1.2\n{len(rows)}\t{TISSUES}\n" + tabbed([header, *lines])


def test_medians_of_gtex_give_the_same_frames(mirror_of: Callable[[str, str], Mirror]) -> None:
    mirror = mirror_of("gtex", GTEX)
    rows = [row for row in mirror.rows(GTEX) if row["ensg"].startswith("ENSG0")][::9]
    mirror.write(GTEX, tabbed([("ensg", "n1tpm", "medtpm"), *(row.values() for row in rows)]))
    before = mirror.read()
    mirror.write(GTEX, gct(rows))
    after = mirror.read()
    assert after.facts.with_columns(col("line") - 2).equals(before.facts)
    assert len(before.facts) == 2 * len(rows) > 2000


def test_damaged_medians_are_refused_or_set_aside(
    mirror_of: Callable[[str, str], Mirror],
) -> None:
    mirror = mirror_of("gtex", GTEX)
    whole = gct(mirror.rows(GTEX)[:9])
    lines = whole.splitlines(keepends=True)
    lines[4] = lines[4].rsplit("\t", 1)[0] + "\tabsent\n"
    lines[6] = lines[6].replace(".3\t", ".3_PAR_Y\t")
    lines[7] = lines[3].replace(".0\t", ".8\t")
    mirror.write(GTEX, "".join(lines))
    assert mirror.bad(GTEX) == [
        (5, "a median is no number"),
        (7, "the copy on the Y chromosome"),
        (8, "gene is there twice"),
    ]
    cut = "".join(whole.splitlines(keepends=True)[:-2])
    assert f"{GTEX} has 7 of the 9 genes" in mirror.refused(GTEX, cut)
    wide = whole.replace(f"9\t{TISSUES}\n", f"9\t{TISSUES + 1}\n")
    assert f"{GTEX}, line 3 names {TISSUES} tissues" in mirror.refused(GTEX, wide)
    assert f"{GTEX}, line 2" in mirror.refused(GTEX, whole.replace("9\t53\n", "nine\n"))
