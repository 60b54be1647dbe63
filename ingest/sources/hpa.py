"""Human Protein Atlas: RNA in tissues and blood cells, places inside the cell, and summaries.

An edge says that a gene's normalised expression (NX) is at least 1 in a place and half again its
mean over all places measured; all values above 1 would be 850,000. An empty cell was not measured
and counts for nothing. HPA's current files, read by the same rule, give transcripts per million
normalised between samples (nTPM) in place of NX, with the same limit of 1, and fewer places.
Classes of proteins that name drug targets or disease genes are labels and are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl
from polars import col

from ingest.frames import Frames, evidence, facts, number, split_list
from ingest.genes import SYMBOL_COLUMNS, hgnc_table, retired_ids
from ingest.identifiers import as_curie
from ingest.long_tables import as_matrix
from ingest.places import place_category, place_nodes, words
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, read_if
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

SUMMARY = "hpa/proteinatlas.tsv.zip"
TISSUES = "hpa/rna_tissue_consensus_2021-03.tsv.gz"
BLOOD = "hpa/rna_blood_cell_2021-03.tsv.gz"
INSIDE = "hpa/subcellular_location_2021.tsv.gz"

EXPRESSED = 1.0
"""NX, or nTPM, at which HPA calls a gene expressed."""
ABOVE_MEAN = 1.5
"""How many times its mean a gene must reach for an edge."""

RELIABILITY = {"Enhanced": 1.0, "Supported": 0.8, "Approved": 0.5}
"""Strength of HPA's grades of antibody staining; Uncertain is left out."""

LABEL_CLASSES = (
    "FDA approved drug targets",
    "Potential drug targets",
    "Disease related genes",
    "Cancer-related genes",
    "Candidate cardiovascular disease genes",
)
"""Classes that are answers, not observations."""

_GRADED = ("Main location", "Additional location", "Extracellular location")


def read(inputs: Inputs) -> Frames:
    """Places with clearly more than the gene's mean as edges; how specific it is as facts."""
    return Frames.concat(
        [
            _summary(inputs),
            _rna(inputs, TISSUES, words("hpa_tissue"), "tissue"),
            _rna(inputs, BLOOD, words("hpa_blood_cell"), "blood_cell"),
            _inside(inputs),
        ]
    )


def _summary(inputs: Inputs) -> Frames:
    table = inputs.table(SUMMARY)
    good, bad = table.split(
        {"gene is not an Ensembl id": as_curie(col("Ensembl"), "ENSEMBL").is_not_null()}
    )
    classes = split_list("Protein class", ",").list.set_difference(list(LABEL_CLASSES))
    found = _facts(
        inputs,
        SUMMARY,
        good,
        subject="ENSEMBL:" + col("Ensembl"),
        texts={
            "protein.classes": classes.list.sort().list.join(", "),
            "protein.evidence": col("Evidence"),
            "expression.hpa_tissue_category": col("RNA tissue category"),
            "expression.hpa_enriched_in": col("RNA TS TPM"),
            "expression.hpa_cell_line_category": col("RNA cell line category"),
        },
    )
    return Frames(
        facts=found,
        aliases=retired_ids(inputs, good, "Ensembl", "Gene"),
        quarantine=bad,
        rows=table.n_lines,
    )


def _rna(inputs: Inputs, file: str, columns: Mapping[str, str], kind: str) -> Frames:
    """Edges and facts of one table of NX; `columns` gives the term of each column."""
    table = inputs.table(file)
    numbers = table.rows.with_columns(number(column) for column in columns)
    good, bad = replace(table, rows=numbers).split(
        {
            "gene is not an Ensembl id": as_curie(col("GeneID"), "ENSEMBL").is_not_null(),
            "not measured anywhere": pl.any_horizontal(
                col(column).is_not_null() for column in columns
            ),
        }
    )
    unit = "nTPM" if NTPM in good.columns else "NX"
    long = _measured(good, columns)
    compared = long.with_columns(mean=col("nx").mean().over("gene"))
    high = compared.filter(
        col("nx") >= EXPRESSED, col("nx") >= ABOVE_MEAN * col("mean")
    ).with_columns(place=col("column").replace_strict(columns, return_dtype=pl.String))
    return Frames(
        nodes=place_nodes(pl.Series(list(columns.values()))),
        evidence=_rna_edges(inputs, file, high.sort("line", "column"), unit),
        facts=_specificity(inputs, file, long, kind, unit),
        quarantine=bad,
        rows=table.n_lines,
    )


def _measured(rows: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """A row for each cell that holds a number: gene, line, column, nx."""
    named = rows.with_columns(gene="ENSEMBL:" + col("GeneID"))
    long = named.unpivot(
        list(columns), index=["gene", "line"], variable_name="column", value_name="nx"
    )
    return long.drop_nulls("nx")


def _rna_edges(inputs: Inputs, file: str, rows: pl.DataFrame, unit: str) -> pl.DataFrame:
    """The score is the share of the value that lies above the gene's mean."""
    return evidence(
        inputs,
        file,
        rows,
        subject=col("gene"),
        predicate=Predicate.EXPRESSED_IN,
        object=col("place"),
        subject_category=Category.GENE,
        object_category=place_category(col("place")),
        score=1 - col("mean") / col("nx"),
        value=col("nx"),
        value_kind=unit,
        detail={"column": col("column")},
    )


def _specificity(
    inputs: Inputs, file: str, long: pl.DataFrame, kind: str, unit: str
) -> pl.DataFrame:
    """Tau (Yanai 2005) on log2(1 + NX): 0 for the same everywhere, 1 for one place alone."""
    level = (col("nx") + 1).log(2)
    apart = (1 - level / level.max()).sum() / (pl.len() - 1)
    genes = long.group_by("gene", maintain_order=True).agg(
        col("line").first(),
        places=(col("nx") >= EXPRESSED).sum(),
        highest=col("nx").max(),
        tau=pl.when(pl.len() > 1).then(apart),
    )
    return _facts(
        inputs,
        file,
        genes,
        subject=col("gene"),
        numbers={
            f"expression.hpa_{kind}_places": col("places"),
            f"expression.hpa_{kind}_max": col("highest"),
            f"expression.hpa_{kind}_tau": col("tau"),
        },
        units={f"expression.hpa_{kind}_max": unit},
    )


def _inside(inputs: Inputs) -> Frames:
    """Locations with a reliable grade, each by its GO term."""
    table = inputs.table(INSIDE)
    good, bad = table.split(
        {
            "gene is not an Ensembl id": as_curie(col("Gene"), "ENSEMBL").is_not_null(),
            "staining is uncertain": col("Reliability") != "Uncertain",
            "unknown reliability": col("Reliability").is_in(list(RELIABILITY)),
        }
    )
    found = evidence(
        inputs,
        INSIDE,
        _locations(good),
        subject="ENSEMBL:" + col("Gene"),
        predicate=Predicate.LOCATED_IN,
        object=col("term"),
        subject_category=Category.GENE,
        object_category=Category.CELLULAR_COMPONENT,
        score=col("score"),
        detail={"location": col("location"), "kind": col("kind")},
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _locations(rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each location with a GO term and a reliable grade of its own."""
    listed = rows.with_columns(entry=split_list("GO id", ";")).explode("entry")
    named = listed.with_columns(
        location=col("entry").str.extract(r"^(.+) \("),
        term=col("entry").str.extract(r"\((GO:\d{7})\)$"),
    ).drop_nulls("term")
    graded = named.with_columns(
        score=pl.coalesce(
            pl.when(_lists(grade)).then(strength) for grade, strength in RELIABILITY.items()
        ),
        kind=pl.coalesce(
            pl.when(_lists(column)).then(pl.lit(column.split()[0].lower())) for column in _GRADED
        ),
    )
    return graded.drop_nulls("score")


def _lists(column: str) -> pl.Expr:
    return split_list(column, ";").list.contains(col("location"))


def _as_listed(
    place: Path, name: str, *, column: str, kind: str, others: Mapping[str, str]
) -> Table | None:
    """HPA's file of a line a gene and place as a matrix, with a further column that says so.

    Args:
        place: The file.
        name: What errors call it.
        column: What the file calls the column of places.
        kind: As `words` takes it: which table the matrix is of.
        others: Names of places that are not the matrix's with blanks for underscores.
    """
    table = read_if(place, ("Gene", column, _VALUE), name)
    if table is None:
        return None
    measured = table.without({"value is no number": number(_VALUE) >= 0})
    spelled = col(column).str.replace_all(r"[ ,-]+", "_").replace(others)
    named = measured.rows.select("line", gene="Gene", place=spelled, value=_VALUE)
    matrix = as_matrix(replace(measured, rows=named), "GeneID", list(words(kind)))
    return replace(matrix, rows=matrix.rows.with_columns(pl.lit("").alias(NTPM)))


_VALUE = "nTPM"
NTPM = "__ntpm"
"""Column of a table whose values are nTPM."""
_tissues = partial(
    _as_listed, column="Tissue", kind="hpa_tissue", others={"cervix": "cervix_uterine"}
)
_blood_cells = partial(_as_listed, column="Immune cell", kind="hpa_blood_cell", others={})

_facts = partial(facts, subject_category=Category.GENE)

HPA = Source(
    id="hpa",
    title="Human Protein Atlas",
    infores="infores:hpa",
    about="Where genes are expressed above their own mean, and where in the cell proteins lie.",
    files=(
        SourceFile(
            SUMMARY,
            columns=(
                "Gene",
                "Ensembl",
                "Protein class",
                "Evidence",
                "RNA tissue category",
                "RNA TS TPM",
                "RNA cell line category",
            ),
            headers=(
                ("RNA tissue category", "RNA tissue specificity"),
                ("RNA TS TPM", "RNA tissue specific nTPM"),
                ("RNA cell line category", "RNA cell line specificity"),
            ),
        ),
        SourceFile(TISSUES, columns=("GeneID", *words("hpa_tissue")), convert=_tissues),
        SourceFile(BLOOD, columns=("GeneID", *words("hpa_blood_cell")), convert=_blood_cells),
        SourceFile(INSIDE, columns=("Gene", "Reliability", *_GRADED, *RELIABILITY, "GO id")),
        hgnc_table(*SYMBOL_COLUMNS),
    ),
    read=read,
    evidence_class=EvidenceClass.EXPRESSION,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
