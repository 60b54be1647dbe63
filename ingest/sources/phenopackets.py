"""Phenopackets: published cases, each with its disease and the variants held to cause it.

A line is that of the pinned table; of the store's own archive, the number of the case's file.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.dates import parse_day
from ingest.frames import Frames, evidence, facts, nodes, split_list
from ingest.genes import hgnc_table, saturating
from ingest.identifiers import as_curie
from ingest.phenopackets import COLUMNS, cases
from ingest.source import Inputs, Source, SourceFile
from ingest.variants import (
    accessions,
    changes,
    locus,
    place_facts,
    protein_facts,
    substitutions,
    undecided,
)
from kg.biolink import Category, EvidenceClass, KnowledgeLevel, Predicate

FILE = "phenopackets/case_variants_2026-06.tsv.gz"
CAUSING = ("PATHOGENIC", "LIKELY_PATHOGENIC")
"""ACMG classes that say the variant causes the disease; others are reported without a claim."""
GENE, VARIANT = Category.GENE, Category.VARIANT


def read(inputs: Inputs) -> Frames:
    """A row is a variant in a case; cases of the same variant and disease are counted."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "no disease identifier": as_curie(col("disease_id")).is_not_null(),
            "no gene (a deletion of several, or none told)": col("gene_hgnc").str.contains(
                r"^HGNC:\d+$"
            ),
        }
    )
    proteins = accessions(inputs).select("hgnc_id", "uniprot", "several")
    rows = good.with_columns(
        variant=locus("GRCh38", col("vcf").str.replace("hg38:", "", literal=True)),
        disease=as_curie(col("disease_id")),
        papers=split_list("pmids", ";"),
        day=parse_day(col("created")),
        causing=col("acmg").str.to_uppercase().is_in(CAUSING),
        **changes(col("hgvs_p")),
    ).join(proteins, left_on="gene_hgnc", right_on="hgnc_id", how="left", maintain_order="left")
    return Frames.concat(
        [Frames(quarantine=bad, rows=table.n_lines), _genes(inputs, rows), _variants(inputs, rows)]
    )


def _genes(inputs: Inputs, rows: pl.DataFrame) -> Frames:
    """Each gene of a disease with the number of cases whose variant in it is pathogenic."""
    told = _counted(rows.filter(col("causing")), ["gene_hgnc", "disease"])
    return Frames(
        evidence=evidence(
            inputs,
            FILE,
            told,
            subject=col("gene_hgnc"),
            predicate=Predicate.CAUSES,
            object=col("disease"),
            subject_category=GENE,
            object_category=Category.DISEASE,
            score=0.5 + 0.5 * saturating(col("cases")),
            value=col("cases"),
            value_kind="cases",
            publications=col("papers"),
            detail={"variants": col("variants"), "disease": col("disease_label")},
        )
    )


def _variants(inputs: Inputs, rows: pl.DataFrame) -> Frames:
    placed = rows.filter(col("variant").is_not_null())
    single = placed.unique("variant", maintain_order=True)
    named = pl.coalesce(
        pl.when(col("hgvs_c") != "").then(
            pl.concat_str(col("gene_symbol"), pl.lit(" "), col("hgvs_c"))
        ),
        col("variant"),
    )
    linked = evidence(
        inputs,
        FILE,
        placed.unique(["variant", "gene_hgnc"], maintain_order=True),
        subject=col("variant"),
        predicate=Predicate.IS_SEQUENCE_VARIANT_OF,
        object=col("gene_hgnc"),
        subject_category=VARIANT,
        object_category=GENE,
        detail={"hgvs_c": col("hgvs_c"), "hgvs_p": col("hgvs_p"), "tie": "coding"},
    )
    claimed = evidence(
        inputs,
        FILE,
        _counted(placed.filter(col("causing")), ["variant", "disease"]),
        subject=col("variant"),
        predicate=Predicate.CAUSES,
        object=col("disease"),
        subject_category=VARIANT,
        object_category=Category.DISEASE,
        score=0.5 + 0.5 * saturating(col("cases")),
        value=col("cases"),
        value_kind="cases",
        publications=col("papers"),
        detail={"acmg": col("acmg"), "disease": col("disease_label")},
    )
    known = facts(
        inputs,
        FILE,
        single,
        subject=col("variant"),
        subject_category=VARIANT,
        texts={"variant.hgvs": col("hgvs_c"), "variant.acmg": col("acmg").str.to_lowercase()},
    )
    return Frames(
        nodes=nodes(single, VARIANT, col("variant"), named),
        evidence=pl.concat([linked, claimed]),
        facts=pl.concat(
            [
                known,
                place_facts(inputs, FILE, single, col("variant"), col("variant")),
                protein_facts(inputs, FILE, placed),
            ]
        ),
        substitutions=substitutions(FILE, placed),
        quarantine=undecided(FILE, placed),
    )


def _counted(rows: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """One row a group, with its cases, papers and variants."""
    return rows.group_by(by, maintain_order=True).agg(
        col("line").first(),
        col("acmg").first(),
        col("disease_label").first(),
        cases=col("case_id").n_unique(),
        variants=col("variant").n_unique(),
        papers=col("papers").list.explode(keep_nulls=False, empty_as_null=False).unique().sort(),
    )


PHENOPACKETS = Source(
    id="phenopackets",
    title="Phenopacket Store",
    infores="infores:phenopackets",
    about="Published cases: disease, pathogenic variants with coordinates and protein change.",
    files=(
        SourceFile(FILE, columns=COLUMNS, convert=cases),
        hgnc_table("uniprot_ids", "entrez_id", "symbol"),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
    knowledge_level=KnowledgeLevel.OBSERVATION,
)
