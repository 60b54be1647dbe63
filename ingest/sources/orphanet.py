"""Orphanet: rare diseases and the genes associated with them."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest import orphadata
from ingest.frames import Frames, evidence, split_list
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import Category, EvidenceClass, Predicate

GENES = "orphanet/disease_gene_association.tsv.gz"

STRENGTH = 0.8
"""The table of 2021 does not say how a gene is associated (causal, risk factor, candidate): less
than an expert panel's strong verdict, more than a moderate one. Of Orphadata's own file the genes
that cause their disease alone are read, and the strength is the same."""


def read(inputs: Inputs) -> Frames:
    """A line is a disease with all of its genes: one record a gene."""
    table = inputs.table(GENES)
    good, bad = table.split(
        {
            "disease is not an Orphanet number": as_curie(col("orphaID")).is_not_null(),
            "no gene": col("genes").str.strip_chars() != "",
        }
    )
    pairs = good.with_columns(gene=split_list("genes", separator=";", prefix="SYMBOL:")).explode(
        "gene"
    )
    return Frames(
        evidence=evidence(
            inputs,
            GENES,
            pairs,
            subject=col("gene"),
            predicate=Predicate.CAUSES,
            object=as_curie(col("orphaID")),
            subject_category=Category.GENE,
            object_category=Category.DISEASE,
            score=pl.lit(STRENGTH),
            detail={"disease": col("label")},
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


ORPHANET = Source(
    id="orphanet",
    title="Orphanet",
    infores="infores:orphanet",
    about="Rare diseases and their genes, curated from the literature.",
    files=(SourceFile(GENES, columns=("orphaID", "label", "genes"), convert=orphadata.genes),),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
)
