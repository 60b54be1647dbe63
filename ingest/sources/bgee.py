"""Bgee: in which adult organs and cells a gene is present, and where it is over-expressed.

Presence alone says little: a gene is present in 61 of 188 places, the mean, and all 1.15 million
calls would drown the graph. So a gene is joined to the places where it is over-expressed, and to
those where it is present and that were never compared, if most genes are absent there.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, evidence, facts
from ingest.identifiers import as_curie
from ingest.places import bgee_places, place_category, place_nodes
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

PRESENT = "bgee/present-in-adult.tsv.gz"
COMPARED = "bgee/diffex.tsv.gz"
GENE = {PRESENT: "entrez_gene_id", COMPARED: "GeneID"}
PLACES = {PRESENT: bgee_places("present"), COMPARED: bgee_places("compared")}
CALLS = {PRESENT: ("0", "1"), COMPARED: ("-1", "0", "1")}
"""Absent and present; under-expressed, no difference and over-expressed."""

BOTH, OVER, HERE = 1.0, 0.75, 0.5
"""Strength: over-expressed and present in adults, over-expressed at some stage, present alone."""

COMMON = 0.25
"""A place where this share of genes or more is present tells genes apart no longer."""


def read(inputs: Inputs) -> Frames:
    """One record per gene and place; the number of places with presence as a fact."""
    present, bad_present, n_present = _calls(inputs, PRESENT)
    compared, bad_compared, n_compared = _calls(inputs, COMPARED)
    over = compared.join(present, on=["gene", "place"], how="left", maintain_order="left")
    over = over.with_columns(score=pl.when(col("line_right").is_null()).then(OVER).otherwise(BOTH))
    return Frames(
        nodes=place_nodes(pl.Series(sorted({*PLACES[PRESENT], *PLACES[COMPARED]}))),
        evidence=pl.concat(
            [
                _edges(inputs, COMPARED, over, "over-expressed"),
                _edges(inputs, PRESENT, _telling(present), "present"),
            ]
        ),
        facts=_counts(inputs, present),
        quarantine=pl.concat([bad_present, bad_compared]),
        rows=n_present + n_compared,
    )


def _calls(inputs: Inputs, file: str) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """A row for each positive call: gene, place, line; then the bad rows and the lines read."""
    table, places, genes = inputs.table(file), PLACES[file], col(GENE[file])
    good, bad = table.split(
        {
            "gene is not an NCBI id": as_curie(genes, "NCBIGene").is_not_null(),
            "a call is none of " + ", ".join(CALLS[file]): pl.all_horizontal(
                col(place).is_in(CALLS[file]) for place in places
            ),
        }
    )
    named = good.select("line", *(col(p) == "1" for p in places), gene=as_curie(genes, "NCBIGene"))
    long = named.unpivot(places, index=["gene", "line"], variable_name="place")
    return long.filter("value").select("place", "line", "gene"), bad, table.n_lines


def _telling(present: pl.DataFrame) -> pl.DataFrame:
    """Presence in places that were never compared and where most genes are absent."""
    never = present.filter(~col("place").is_in(PLACES[COMPARED]))
    share = pl.len().over("place") / max(1, present["gene"].n_unique())
    return never.filter(share < COMMON).with_columns(score=pl.lit(HERE))


def _edges(inputs: Inputs, file: str, rows: pl.DataFrame, call: str) -> pl.DataFrame:
    return evidence(
        inputs,
        file,
        rows,
        subject=col("gene"),
        predicate=Predicate.EXPRESSED_IN,
        object=col("place"),
        subject_category=Category.GENE,
        object_category=place_category(col("place")),
        score=col("score"),
        detail={"call": call},
    )


def _counts(inputs: Inputs, present: pl.DataFrame) -> pl.DataFrame:
    counted = present.group_by("gene", maintain_order=True).agg(col("line").first(), n=pl.len())
    return facts(
        inputs,
        PRESENT,
        counted,
        subject=col("gene"),
        subject_category=Category.GENE,
        numbers={"expression.bgee_places": col("n")},
    )


BGEE = Source(
    id="bgee",
    title="Bgee",
    infores="infores:bgee",
    about="Adult organs and cells where a gene is over-expressed, or present where few genes are.",
    files=tuple(SourceFile(f, columns=(GENE[f], *PLACES[f])) for f in (PRESENT, COMPARED)),
    read=read,
    evidence_class=EvidenceClass.EXPRESSION,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
