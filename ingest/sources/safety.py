"""Open Targets target safety: what goes wrong when a target is inhibited or activated."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.dates import parse_day
from ingest.frames import DISEASE_OR_PHENOTYPE, Frames, evidence, facts
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import Category, EvidenceClass, Predicate

EFFECTS = "opentargets/safety_adverse_effects.tsv.gz"
RISKS = "opentargets/safety_risks.tsv.gz"
TOXICITY = "opentargets/safety_experimental_toxicity.tsv.gz"

DIRECTION = {"inhibition": -1, "activation": 1}
"""What was done to the target, as the first word of `effect` tells."""

_CONDITION = r"^(?:EFO|MONDO|HP|NCIT|ORPHA):"
"""Terms that may be a disease or phenotype; a GO process that is disturbed is told as a fact."""

_IS_GENE = {"gene is not an Ensembl id": as_curie(col("ensemblId"), "ENSEMBL").is_not_null()}


def read(inputs: Inputs) -> Frames:
    """Adverse events and risks as edges, those without a term as facts; assays as facts."""
    return Frames.concat([_effects(inputs), _risks(inputs), _toxicity(inputs)])


def _effects(inputs: Inputs) -> Frames:
    table = inputs.table(EFFECTS)
    known = col("effect").str.extract(r"^([a-z]+)_").is_in(list(DIRECTION))
    good, bad = table.split(_IS_GENE | {"neither inhibition nor activation": known})
    events = good.with_columns(
        event=as_curie(col("efoId")),
        done=col("effect").str.extract(r"^([a-z]+)_"),
        dosing=col("effect").str.extract(r"^[a-z]+_(.+)$"),
    )
    has_term = col("event").str.contains(_CONDITION).fill_null(value=False)
    return Frames(
        evidence=_edges(
            inputs,
            EFFECTS,
            events.filter(has_term),
            direction_on_target=col("done").replace_strict(DIRECTION, return_dtype=pl.Int8),
            detail={
                "event": col("symptom"),
                "dosing": col("dosing"),
                "organ_system": col("biologicalSystem"),
                "organ": as_curie(col("uberonCode")),
                "reference": col("ref"),
                "url": col("url"),
            },
        ),
        facts=_told(inputs, events.filter(~has_term)),
        quarantine=bad,
        rows=table.n_lines,
    )


def _told(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """Events without a term of a disease or phenotype, in words."""
    text = col("symptom") + " (" + col("done") + ", " + col("dosing") + ")"
    return facts(
        inputs,
        EFFECTS,
        rows,
        subject="ENSEMBL:" + col("ensemblId"),
        subject_category=Category.GENE,
        texts={"safety.event": text},
        first_public=_year(),
    )


def _risks(inputs: Inputs) -> Frames:
    """The file tells what happens, not whether by inhibition or activation."""
    table = inputs.table(RISKS)
    term = as_curie(col("eventId"))
    good, bad = table.split(_IS_GENE | {"event has no known term": term.is_not_null()})
    found = _edges(
        inputs,
        RISKS,
        good.with_columns(event=term),
        detail={
            "event_name": col("event"),
            "liability": col("liability"),
            "organ_system": col("biologicalSystem"),
            "organ": as_curie(col("uberonId")),
            "reference": col("ref"),
        },
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _edges(
    inputs: Inputs,
    file: str,
    rows: pl.DataFrame,
    detail: dict[str, pl.Expr],
    direction_on_target: pl.Expr | None = None,
) -> pl.DataFrame:
    """Each event is a harm; a record without a paper is dated by the year of its reference."""
    papers = pl.concat_list(as_curie("PMID:" + col("pmid"))).list.drop_nulls()
    return evidence(
        inputs,
        file,
        rows,
        subject="ENSEMBL:" + col("ensemblId"),
        predicate=Predicate.ASSOCIATED_WITH,
        object=col("event"),
        subject_category=Category.GENE,
        object_category=DISEASE_OR_PHENOTYPE,
        direction_on_target=direction_on_target,
        direction_on_trait=1,
        publications=papers,
        first_public=pl.when(papers.list.len() == 0).then(_year()),
        detail=detail,
    )


def _year() -> pl.Expr:
    return parse_day(col("ref").str.extract(r"\((\d{4})\)"))


def _toxicity(inputs: Inputs) -> Frames:
    """Assays of Tox21 and preclinical data of eTOX that touch the target."""
    table = inputs.table(TOXICITY)
    gene = as_curie(col("ensembl_gene_id"), "ENSEMBL")
    good, bad = table.split(
        {
            "gene is not an Ensembl id": gene.is_not_null(),
            "no description": col("assay_description") != "",
        }
    )
    organ = pl.when(col("tissue") != "").then(" (" + col("tissue") + ")").otherwise(pl.lit(""))
    found = facts(
        inputs,
        TOXICITY,
        good,
        subject=gene,
        subject_category=Category.GENE,
        texts={"safety.assay": col("data_source") + organ + ": " + col("assay_description")},
    )
    return Frames(facts=found, quarantine=bad, rows=table.n_lines)


SAFETY = Source(
    id="safety",
    title="Open Targets target safety",
    infores="infores:open-targets",
    about="Adverse events of inhibiting or activating targets, risks, and toxicity assays.",
    files=(
        SourceFile(
            EFFECTS,
            columns=(
                "symptom",
                "biologicalSystem",
                "effect",
                "efoId",
                "ensemblId",
                "pmid",
                "ref",
                "uberonCode",
                "url",
            ),
        ),
        SourceFile(
            RISKS,
            columns=(
                "biologicalSystem",
                "ensemblId",
                "event",
                "eventId",
                "liability",
                "pmid",
                "ref",
                "uberonId",
            ),
        ),
        SourceFile(
            TOXICITY,
            columns=("ensembl_gene_id", "tissue", "assay_description", "data_source"),
            format=TableFormat(quote='"'),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.SAFETY,
)
