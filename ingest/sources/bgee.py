"""Bgee: in which adult organs and cells a gene is present, and where it is over-expressed.

Presence alone says little: a gene is present in 61 of 188 places, the mean, and all 1.15 million
calls would drown the graph. So a gene is joined to the places where it is over-expressed, and to
those where it is present and that were never compared, if most genes are absent there.

Bgee's current calls of presence are of all stages of life, not of adults alone, and of Ensembl
genes: those that HGNC ties to a number of NCBI are read under it, so that they meet the calls of
over-expression, which Bgee made until its release 13 and which stay as they are pinned.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
from polars import col

from ingest.frames import Frames, evidence, facts
from ingest.genes import HGNC_TABLE, approved, hgnc_table
from ingest.identifiers import as_curie
from ingest.long_tables import as_matrix
from ingest.places import bgee_places, place_category, place_nodes
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, TableFormat, read_if
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
    ensembl = as_curie(genes, "ENSEMBL").replace(_numbers(inputs))
    gene = pl.coalesce(as_curie(genes, "NCBIGene"), ensembl)
    good, bad = table.split(
        {
            "gene is not an NCBI id": gene.is_not_null(),
            "a call is none of " + ", ".join(CALLS[file]): pl.all_horizontal(
                col(place).is_in(CALLS[file]) for place in places
            ),
        }
    )
    named = good.select("line", *(col(p) == "1" for p in places), gene=gene)
    long = named.unpivot(places, index=["gene", "line"], variable_name="place")
    return long.filter("value").select("place", "line", "gene"), bad, table.n_lines


def _numbers(inputs: Inputs) -> dict[str, str]:
    """Ensembl genes -> NCBI's, as HGNC ties them, where its table is there."""
    if not inputs.has(HGNC_TABLE):
        return {}
    tied = approved(inputs).filter(
        col("entrez_id") != "", col("ensembl_gene_id") != "", col("ensembl_gene_id").is_unique()
    )
    pairs = tied.select(a="ENSEMBL:" + col("ensembl_gene_id"), b="NCBIGene:" + col("entrez_id"))
    return dict(pairs.iter_rows())


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


_CALL = ("Gene ID", "Anatomical entity ID", "Expression", "Call quality")
_QUALITIES = ("gold quality", "silver quality", "bronze quality")


def as_called(place: Path, name: str) -> Table | None:
    """Bgee's file of calls, a line a gene and place, as the matrix of presence.

    A call counts by the rule by which the pinned matrix was made: `present`, and not of the
    poorest quality, which is bronze now (https://github.com/dhimmel/bgee, bgee.ipynb). Places
    that are cells of an organ (`CL:1 ∩ UBERON:2`) are among those that the matrix has not. The
    columns: https://bgee.org/support/tutorial-expression-call-download-documentation.
    """
    table = read_if(place, _CALL, name, TableFormat(quote='"'))
    if table is None:
        return None
    calls = table.without(
        {
            "call is neither present nor absent": col("Expression").is_in(["present", "absent"]),
            "unknown quality of a call": col("Call quality").is_in(_QUALITIES),
        }
    )
    counts = (col("Expression") == "present") & (col("Call quality") != _QUALITIES[-1])
    named = calls.rows.select(
        gene="Gene ID",
        place="Anatomical entity ID",
        value=pl.when(counts).then(pl.lit("1")).otherwise(pl.lit("0")),
        line="line",
    )
    matrix = as_matrix(replace(calls, rows=named), GENE[PRESENT], PLACES[PRESENT])
    return replace(matrix, rows=matrix.rows.with_columns(col(*PLACES[PRESENT]).replace("", "0")))


BGEE = Source(
    id="bgee",
    title="Bgee",
    infores="infores:bgee",
    about="Adult organs and cells where a gene is over-expressed, or present where few genes are.",
    files=(
        SourceFile(PRESENT, columns=(GENE[PRESENT], *PLACES[PRESENT]), convert=as_called),
        SourceFile(COMPARED, columns=(GENE[COMPARED], *PLACES[COMPARED])),
        replace(hgnc_table("entrez_id", "ensembl_gene_id"), optional=True),
    ),
    read=read,
    evidence_class=EvidenceClass.EXPRESSION,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
