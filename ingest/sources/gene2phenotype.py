"""Gene2Phenotype: curated genes of developmental and other Mendelian disease, with mechanism.

Two vintages are read: the panels of 2021 to 2023, and those of 2026, which state the molecular
mechanism and have disputed and refuted records. A panel is a file; a record may be in several.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars import col

from ingest.frames import Frames, evidence, split_list
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import CSV
from kg.biolink import Category, EvidenceClass, Predicate

CURRENT = tuple(
    f"gene2phenotype/2026-01/{panel}.csv.gz"
    for panel in ("dd", "eye", "skin", "skeletal", "cardiac", "cancer", "ear")
)
FORMER = tuple(
    f"gene2phenotype/{name}.csv.gz"
    for name in ("DDG2P", "CancerG2P", "CardiacG2P_curated_20210723", "EyeG2P", "SkinG2P")
)

CONFIDENCE: Mapping[str, float] = {
    "definitive": 1.0,
    "confirmed": 1.0,
    "both rd and if": 1.0,
    "strong": 0.9,
    "moderate": 0.6,
    "probable": 0.6,
    "child if": 0.6,
    "limited": 0.3,
    "possible": 0.3,
    "disputed": 0.5,
    "refuted": 1.0,
}
"""Strength of each confidence; that of the two refuting ones is how strongly they refute."""
REFUTING = ("disputed", "refuted")

EFFECT: Mapping[str, int] = {
    "loss of function": -1,
    "dominant negative": -1,
    "gain of function": 1,
    "activating": 1,
    "increased gene dosage": 1,
}
"""What the disease-causing change does to the gene's function; other mechanisms say nothing."""


def read(inputs: Inputs) -> Frames:
    """All panels that are there."""
    frames = [_panel(inputs, path, _CURRENT) for path in CURRENT if inputs.has(path)]
    frames += [_panel(inputs, path, _FORMER) for path in FORMER if inputs.has(path)]
    return Frames.concat(frames)


_CURRENT: Mapping[str, str] = {
    "confidence": "confidence",
    "mim": "disease mim",
    "mechanism": "molecular mechanism",
    "papers": "publications",
    "reviewed": "date of last review",
}
_FORMER: Mapping[str, str] = {
    "confidence": "DDD category",
    "mim": "disease mim",
    "mechanism": "mutation consequence",
    "papers": "pmids",
    "reviewed": "gene disease pair entry date",
}


def _panel(inputs: Inputs, path: str, names: Mapping[str, str]) -> Frames:
    table = inputs.table(path)
    confidence = col(names["confidence"]).str.to_lowercase()
    mondo = as_curie(col("disease MONDO")) if names is _CURRENT else pl.lit(None, pl.String)
    disease = pl.coalesce(mondo, as_curie(col(names["mim"]).str.strip_chars(), "OMIM"))
    good, bad = table.split(
        {
            "gene is not an HGNC number": as_curie(col("hgnc id"), "HGNC").is_not_null(),
            "disease has neither MONDO nor MIM number": disease.is_not_null(),
            "unknown confidence": confidence.is_in(list(CONFIDENCE)),
        }
    )
    mechanism = col(names["mechanism"]).str.to_lowercase()
    return Frames(
        evidence=evidence(
            inputs,
            path,
            good,
            subject=as_curie(col("hgnc id"), "HGNC"),
            predicate=Predicate.CAUSES,
            object=disease,
            subject_category=Category.GENE,
            object_category=Category.DISEASE,
            score=confidence.replace_strict(CONFIDENCE, return_dtype=pl.Float64),
            negated=confidence.is_in(list(REFUTING)),
            direction_on_target=mechanism.replace_strict(
                EFFECT, default=None, return_dtype=pl.Int8
            ),
            direction_on_trait=pl.lit(1, pl.Int8),
            publications=_papers(names["papers"]),
            detail={
                "disease": col("disease name"),
                "confidence": col(names["confidence"]),
                "mechanism": col(names["mechanism"]),
                "allelic_requirement": col("allelic requirement"),
                "last_review": col(names["reviewed"]),
            },
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


def _papers(column: str) -> pl.Expr:
    """PubMed numbers separated by semicolons, as CURIEs."""
    listed = split_list(column, separator=";")
    numbers = listed.list.eval(pl.element().filter(pl.element().str.contains(r"^\d+$")))
    return numbers.list.eval(pl.lit("PMID:") + pl.element())


def _file(path: str, names: Mapping[str, str], *more: str) -> SourceFile:
    columns = ("hgnc id", "disease name", "allelic requirement", *more, *names.values())
    return SourceFile(path, columns=columns, format=CSV, optional=True)


GENE2PHENOTYPE = Source(
    id="gene2phenotype",
    title="Gene2Phenotype",
    infores="infores:gene2phenotype",
    about="Curated gene-disease pairs with confidence, inheritance and molecular mechanism.",
    files=(
        *(_file(path, _CURRENT, "disease MONDO") for path in CURRENT),
        *(_file(path, _FORMER) for path in FORMER),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
)
