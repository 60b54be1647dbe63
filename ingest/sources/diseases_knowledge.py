"""DISEASES, knowledge channel: genes that curated resources tie to diseases.

The file repeats each statement for every broader disease; only the most specific one is kept,
since the rest follow from the hierarchy.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, evidence, number
from ingest.json_terms import read_terms
from ingest.obo import is_obo, read_obo
from ingest.source import Inputs, Source, SourceFile
from ingest.sources.disease_ontology import JSON
from ingest.tables import TableFormat
from kg.biolink import Category, EvidenceClass, Predicate

FILE = "diseases_jensen/human_disease_knowledge_full.tsv.gz"
STARS = 5.0
"""The most stars a statement can have."""
_COLUMNS = ("protein", "symbol", "doid", "disease", "given_by", "kind", "stars")


def read(inputs: Inputs) -> Frames:
    """A row is a gene, a disease and the resource that says so."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "disease is not a DOID": col("doid").str.contains(r"^DOID:\d+$"),
            "no gene symbol": col("symbol").str.contains(r"^[A-Za-z0-9]"),
            "stars are no number from 0 to 5": number("stars").is_between(0.0, STARS),
        }
    )
    above = _ancestors(inputs, good["doid"])
    implied = (
        good.select("symbol", "given_by", child="doid")
        .join(above, on="child")
        .select("symbol", "given_by", doid="ancestor")
        .unique()
    )
    specific = good.join(
        implied, on=["symbol", "given_by", "doid"], how="anti", maintain_order="left"
    )
    found = evidence(
        inputs,
        FILE,
        specific,
        subject=pl.lit("SYMBOL:") + col("symbol"),
        predicate=Predicate.ASSOCIATED_WITH,
        object=col("doid"),
        subject_category=Category.GENE,
        object_category=Category.DISEASE,
        score=number("stars") / STARS,
        detail={"given_by": col("given_by"), "disease": col("disease")},
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _ancestors(inputs: Inputs, terms: pl.Series) -> pl.DataFrame:
    """Columns child, ancestor: every broader term of some terms of the Disease Ontology."""
    path = inputs.path(JSON)
    known = inputs.keep(
        read_obo(path, JSON) if is_obo(path, JSON) else read_terms(path, JSON, ("is_a",))
    )
    edges = known.rows.select(child="id", ancestor="is_a").explode("ancestor").drop_nulls()
    found = newest = edges.join(terms.unique().to_frame("child"), on="child", how="semi").unique()
    while len(newest):
        further = newest.join(edges, left_on="ancestor", right_on="child", suffix="_next")
        longer = further.select("child", ancestor="ancestor_next").unique()
        newest = longer.join(found, on=["child", "ancestor"], how="anti")
        found = pl.concat([found, newest])
    return found


DISEASES_KNOWLEDGE = Source(
    id="diseases_knowledge",
    title="DISEASES, knowledge channel",
    infores="infores:diseases",
    about="Genes that UniProt keywords and Genetics Home Reference tie to diseases.",
    files=(
        SourceFile(
            FILE,
            columns=_COLUMNS,
            format=TableFormat(header=_COLUMNS, key=("doid", r"^DOID:\d+$")),
        ),
        SourceFile(JSON, kinds=(".obo",)),
    ),
    read=read,
    evidence_class=EvidenceClass.LITERATURE,
)
