"""Loci whose causal gene is known: what locus-to-gene models learn from, never graph.

The curated loci of 2019 without drug targets, and the verdicts of the feature matrix of 2025. A
locus's verdict is a label; its features go to a table of their own, which the model that scores
loci learns from.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.dates import parse_day
from ingest.frames import DISEASE_OR_PHENOTYPE, Frames, labels, loci, number
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import Category, EvidenceClass
from kg.layout import LOCUS_FEATURES

CURATED = "opentargets/gwas_gold_standards_2019_non_drug.tsv.gz"
MATRIX = "opentargets/l2g_feature_matrix.tsv.gz"
CONFIDENCE = {"High": 1.0, "Medium": 0.7, "Low": 0.4}
_GENE = "gold_standard_info.gene_id"
_SURE = "gold_standard_info.highest_confidence"
_TRAIT = "trait_info.ontology"
_RSID = "sentinel_variant.rsid"
_ADDED = "metadata.date_added"


def read(inputs: Inputs) -> Frames:
    """Curated loci, then the matrix's positives and negatives."""
    return Frames.concat([_curated(inputs), _matrix(inputs)])


def _curated(inputs: Inputs) -> Frames:
    table = inputs.table(CURATED)
    trait = as_curie(col(_TRAIT).str.split("|").list.first())
    good, bad = table.split(
        {
            "gene is not an Ensembl id": as_curie(col(_GENE), "ENSEMBL").is_not_null(),
            "unknown confidence": col(_SURE).is_in(list(CONFIDENCE)),
        }
    )
    told = labels(
        inputs,
        CURATED,
        good,
        kind="locus_gold_standard",
        subject=as_curie(col(_GENE), "ENSEMBL"),
        subject_category=Category.GENE,
        object=trait,
        object_category=DISEASE_OR_PHENOTYPE,
        number=col(_SURE).replace_strict(CONFIDENCE, return_dtype=pl.Float64),
        text=pl.when(col(_RSID) != "").then(pl.lit("DBSNP:") + col(_RSID)),
        first_public=pl.coalesce(parse_day(col(_ADDED)), pl.lit(inputs.file(CURATED).released)),
    )
    return Frames(labels=told, quarantine=bad, rows=table.n_lines)


def _matrix(inputs: Inputs) -> Frames:
    table = inputs.table(MATRIX)
    good, bad = table.split(
        {
            "gene is not an Ensembl id": as_curie(col("geneId"), "ENSEMBL").is_not_null(),
            "neither positive nor negative": col("goldStandardSet").is_in(["positive", "negative"]),
            "a feature is no number": pl.all_horizontal(
                number(name).is_not_null() for name in LOCUS_FEATURES
            ),
        }
    )
    trait = as_curie(col("traitFromSourceMappedId").str.split(",").list.first())
    told = labels(
        inputs,
        MATRIX,
        good,
        kind="locus_gold_standard",
        subject=as_curie(col("geneId"), "ENSEMBL"),
        subject_category=Category.GENE,
        object=trait,
        object_category=DISEASE_OR_PHENOTYPE,
        number=(col("goldStandardSet") == "positive").cast(pl.Float64),
        text=col("studyLocusId"),
    )
    learned_from = loci(
        inputs,
        MATRIX,
        good,
        study_locus=col("studyLocusId"),
        gene=as_curie(col("geneId"), "ENSEMBL"),
        trait=trait,
        positive=col("goldStandardSet") == "positive",
        **{name: number(name) for name in LOCUS_FEATURES},
    )
    return Frames(labels=told, loci=learned_from, quarantine=bad, rows=table.n_lines)


LOCUS_GOLD_STANDARDS = Source(
    id="locus_gold_standards",
    title="Loci with a known gene",
    infores="infores:open-targets",
    about="Verdicts on genes at loci, curated; labels alone, never graph.",
    files=(
        SourceFile(CURATED, columns=(_GENE, _SURE, _TRAIT, _RSID, _ADDED)),
        SourceFile(
            MATRIX,
            columns=(
                "studyLocusId",
                "geneId",
                "goldStandardSet",
                "traitFromSourceMappedId",
                *LOCUS_FEATURES,
            ),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
)
