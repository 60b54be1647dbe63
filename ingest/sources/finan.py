"""Finan 2017: the druggable genome in tiers, and by which kind of drug."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, labels
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import CSV
from kg.biolink import Category, EvidenceClass

FILE = "finan2017/druggable_genome.csv.gz"

TIERS = {"Tier 1": 1.0, "Tier 2": 2.0, "Tier 3A": 3.0, "Tier 3B": 4.0}
"""Tiers in order: drugged; with ligands; like drugged ones, those near a locus first."""

FLAGS = {
    "small_mol_druggable": "small molecule",
    "bio_druggable": "biotherapeutic",
    "adme_gene": "drug metabolism",
}


def read(inputs: Inputs) -> Frames:
    """Labels of kind `druggable_tier`, and `druggable_modality` for each flag that says Y."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "gene is not an Ensembl id": as_curie(col("ensembl_gene_id"), "ENSEMBL").is_not_null(),
            "unknown tier": col("druggability_tier").is_in(list(TIERS)),
            "a flag is neither Y nor N": pl.all_horizontal(
                col(flag).is_in(["Y", "N"]) for flag in FLAGS
            ),
        }
    )
    tiers = good.select(
        "ensembl_gene_id",
        "line",
        kind=pl.lit("druggable_tier"),
        text="druggability_tier",
        number=col("druggability_tier").replace_strict(TIERS, return_dtype=pl.Float64),
    )
    flags = good.unpivot(list(FLAGS), index=["ensembl_gene_id", "line"], variable_name="flag")
    modalities = flags.filter(col("value") == "Y").select(
        "ensembl_gene_id",
        "line",
        kind=pl.lit("druggable_modality"),
        text=col("flag").replace_strict(FLAGS, return_dtype=pl.String),
        number=pl.lit(None, pl.Float64),
    )
    found = labels(
        inputs,
        FILE,
        pl.concat([tiers, modalities]),
        kind=col("kind"),
        subject="ENSEMBL:" + col("ensembl_gene_id"),
        subject_category=Category.GENE,
        text=col("text"),
        number=col("number"),
    )
    return Frames(labels=found, quarantine=bad, rows=table.n_lines)


FINAN = Source(
    id="finan",
    title="Druggable genome (Finan 2017)",
    infores="infores:finan-2017",
    about="Tiers of druggability and fitting kinds of drug: labels alone.",
    files=(SourceFile(FILE, columns=("ensembl_gene_id", "druggability_tier", *FLAGS), format=CSV),),
    read=read,
    evidence_class=EvidenceClass.CURATED,
)
