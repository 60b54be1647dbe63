"""Drugs, what they act on and with which sign, and what they are or were tried for.

Open Targets with ChEMBL and the Guide to Pharmacology. Drugs that reached people are clinical
evidence; ligands that never did are pharmacology at the bench.

A release of Open Targets has the three tables as datasets of their own. They are read as the
pinned tables were made from them, with what other providers added left out: the ligands of the
Guide to Pharmacology (which is a source itself), dates of approval and ATC codes, and the names
of genes and diseases, which their identifiers lead to. Salts stand beside their parents.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars import col

from ingest.actions import SIGN
from ingest.frames import DISEASE_OR_PHENOTYPE, Frames, evidence, facts, labels, nodes, number
from ingest.identifiers import as_curie
from ingest.parquet import read_parquet
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, no_bad_rows
from kg.biolink import AgentType, Category, EvidenceClass, Predicate

DRUGS = "opentargets_drugs/drugs.tsv.gz"
MECHANISMS = "opentargets_drugs/drug_target_signed.tsv.gz"
INDICATIONS = "opentargets_drugs/drug_indications.tsv.gz"

COMPOUND, GENE = Category.COMPOUND, Category.GENE
APPROVED = 4
_ID = r"^CHEMBL\d+$"
_PHASE = {
    "APPROVAL": "4",
    "PHASE_4": "4",
    "WITHDRAWAL": "4",
    "PHASE_3": "3",
    "PHASE_2_3": "3",
    "PHASE_2": "2",
    "PHASE_1_2": "2",
    "PHASE_1": "1",
    "EARLY_PHASE_1": "1",
    "IND": "0",
    "PREAPPROVAL": "0",
    "PRECLINICAL": "0",
    "UNKNOWN": "0",
}
"""Clinical stages as the pinned tables count them, and after an approval as Open Targets does."""
_COMPOUND = pl.concat_str(pl.lit("CHEMBL.COMPOUND:"), col("chembl_id"))


def read(inputs: Inputs) -> Frames:
    """Compounds with type and phase; mechanisms and indications as edges and as labels."""
    drugs, frames = _drugs(inputs)
    return Frames.concat([frames, _mechanisms(inputs, drugs), _indications(inputs)])


def _drugs(inputs: Inputs) -> tuple[pl.DataFrame, Frames]:
    table = inputs.table(DRUGS)
    good, bad = table.split(
        {
            "compound is not a ChEMBL id": col("chembl_id").str.contains(_ID),
            "phase is no number from 0 to 4": number("max_phase").is_between(0, APPROVED),
        }
    )
    known = facts(
        inputs,
        DRUGS,
        good,
        subject=_COMPOUND,
        subject_category=COMPOUND,
        numbers={"drug.max_phase": number("max_phase")},
        texts={
            "drug.type": col("drug_type"),
            "drug.first_approval": col("approval_date"),
            "drug.atc": col("atc"),
        },
        units={"drug.max_phase": "clinical phase"},
    )
    phases = good.select(
        "chembl_id",
        reached=number("max_phase"),
        approved=col("approval_date").str.to_date("%Y-%m-%d", strict=False),
    ).unique("chembl_id", maintain_order=True)
    made = nodes(good, COMPOUND, _COMPOUND, col("name").str.to_titlecase())
    return phases, Frames(nodes=made, facts=known, quarantine=bad, rows=table.n_lines)


def _mechanisms(inputs: Inputs, drugs: pl.DataFrame) -> Frames:
    table = inputs.table(MECHANISMS)
    good, bad = table.split(
        {
            "compound is not a ChEMBL id": col("chembl_id").str.contains(_ID),
            "no target": as_curie(col("ensembl"), "ENSEMBL").is_not_null()
            | (col("uniprot") != "")
            | (col("gene_symbol") != ""),
            "sign is not -1, 0 or 1": col("sign").is_in(["-1", "0", "1"]),
        }
    )
    rows = good.join(drugs, on="chembl_id", how="left", maintain_order="left").with_columns(
        gene=pl.coalesce(
            as_curie(col("ensembl"), "ENSEMBL"),
            as_curie(col("uniprot"), "UniProtKB"),
            pl.concat_str(pl.lit("SYMBOL:"), col("gene_symbol")),
        ),
        clinical=(col("reached") >= 1).fill_null(value=False),
        direction=number("sign"),
    )
    acts = evidence(
        inputs,
        MECHANISMS,
        rows,
        subject=_COMPOUND,
        predicate=Predicate.AFFECTS,
        object=col("gene"),
        subject_category=COMPOUND,
        object_category=GENE,
        score=1.0,
        evidence_class=pl.when(col("clinical"))
        .then(pl.lit(EvidenceClass.CLINICAL.value))
        .otherwise(pl.lit(EvidenceClass.ASSAY.value)),
        direction_on_target=col("direction"),
        first_public=col("approved"),
        detail={"action": col("action_type"), "mechanism": col("mechanism")},
    )
    told = labels(
        inputs,
        MECHANISMS,
        rows,
        kind="drug_mechanism",
        subject=_COMPOUND,
        subject_category=COMPOUND,
        object=col("gene"),
        object_category=GENE,
        number=col("direction"),
        text=col("action_type"),
    )
    return Frames(evidence=acts, labels=told, quarantine=bad, rows=table.n_lines)


def _indications(inputs: Inputs) -> Frames:
    table = inputs.table(INDICATIONS)
    good, bad = table.split(
        {
            "compound is not a ChEMBL id": col("chembl_id").str.contains(_ID),
            "no disease identifier": as_curie(col("disease_id")).is_not_null(),
            "phase is no number from 0 to 4": number("phase").is_between(0, APPROVED),
        }
    )
    rows = good.with_columns(disease=as_curie(col("disease_id")), reached=number("phase"))
    treats = evidence(
        inputs,
        INDICATIONS,
        rows.filter(col("reached") >= 1),
        subject=_COMPOUND,
        predicate=pl.when(col("reached") == APPROVED)
        .then(pl.lit(Predicate.TREATS.value))
        .otherwise(pl.lit(Predicate.IN_CLINICAL_TRIALS_FOR.value)),
        object=col("disease"),
        subject_category=COMPOUND,
        object_category=DISEASE_OR_PHENOTYPE,
        score=col("reached") / APPROVED,
        value=col("reached"),
        value_kind="clinical phase",
        detail={"disease": col("disease_name")},
    )
    told = labels(
        inputs,
        INDICATIONS,
        rows,
        kind="drug_indication",
        subject=_COMPOUND,
        subject_category=COMPOUND,
        object=col("disease"),
        object_category=DISEASE_OR_PHENOTYPE,
        number=col("reached"),
    )
    return Frames(evidence=treats, labels=told, quarantine=bad, rows=table.n_lines)


def molecules_now(place: Path, name: str) -> Table | None:
    """Open Targets' `drug_molecule` with the columns of `drugs.tsv`; a line is a row.

    A molecule without a name is called by its id. Those at an unknown stage are set aside.

    Raises:
        TableError: the file is Parquet, and is damaged or another dataset.
    """
    texts = ("id", "name", "drugType", "maximumClinicalStage")
    rows = read_parquet(place, name, dict.fromkeys(texts, pl.String()))
    if rows is None:
        return None
    found = rows.select(
        chembl_id=_text("id"),
        name=pl.coalesce("name", _text("id")),
        drug_type=_text("drugType"),
        max_phase=_phase("maximumClinicalStage"),
        approval_date=pl.lit(""),
        atc=pl.lit(""),
        line="line",
    )
    return Table(name, found, no_bad_rows()).without(_staged("max_phase"))


def indications_now(place: Path, name: str) -> Table | None:
    """Open Targets' `clinical_indication` with the columns of `drug_indications.tsv`.

    Raises:
        TableError: the file is Parquet, and is damaged or another dataset.
    """
    texts = ("drugId", "diseaseId", "maxClinicalStage")
    rows = read_parquet(place, name, dict.fromkeys(texts, pl.String()))
    if rows is None:
        return None
    found = rows.select(
        chembl_id=_text("drugId"),
        disease_id=_text("diseaseId"),
        disease_name=pl.lit(""),
        phase=_phase("maxClinicalStage"),
        line="line",
    )
    return Table(name, found, no_bad_rows()).without(_staged("phase"))


def mechanisms_now(place: Path, name: str) -> Table | None:
    """Open Targets' `drug_mechanism_of_action` with the columns of `drug_target_signed.tsv`.

    A row is a mechanism, of a list of compounds on a list of genes: each pair of them is one here.
    As the pinned table's maker did, a pair has one action, the most frequent (of equals the first
    by the alphabet), and with it the mechanism that is first told of it. The sign is the project's
    own of the action's word. Rows without a human gene or a compound are set aside.

    Raises:
        TableError: the file is Parquet, and is damaged or another dataset.
    """
    text, texts = pl.String(), pl.List(pl.String)
    columns: dict[str, pl.DataType] = {
        "actionType": text,
        "mechanismOfAction": text,
        "chemblIds": texts,
        "targets": texts,
    }
    rows = read_parquet(place, name, columns)
    if rows is None:
        return None
    genes = pl.element().filter(pl.element().str.starts_with("ENSG"))
    told = rows.with_columns(col("targets").list.eval(genes), col("chemblIds").list.drop_nulls())
    table = Table(name, told, no_bad_rows()).without(
        {
            "no human gene among the targets": col("targets").list.len() > 0,
            "no compound": col("chemblIds").list.len() > 0,
        }
    )
    edges = table.rows.explode("chemblIds").explode("targets")
    return Table(name, _one_action(edges), table.bad)


def _one_action(edges: pl.DataFrame) -> pl.DataFrame:
    """A row a pair, with the most frequent of its actions."""
    said = _text("mechanismOfAction")
    first = said.filter(said != "").first()
    pair = ("chembl_id", "ensembl")
    counted = edges.group_by(
        chembl_id="chemblIds",
        ensembl="targets",
        action_type=_text("actionType"),
        maintain_order=True,
    ).agg(col("line").first(), n=pl.len(), own=first)
    any_of_it = edges.group_by(chembl_id="chemblIds", ensembl="targets").agg(any=first)
    best = counted.sort([*pair, "n", "action_type"], descending=[False, False, True, False])
    chosen = best.unique(pair, keep="first", maintain_order=True).join(any_of_it, on=pair)
    sign = col("action_type").str.to_uppercase().replace_strict(SIGN, default=0)
    return chosen.select(
        *pair,
        "action_type",
        "line",
        gene_symbol=pl.lit(""),
        uniprot=pl.lit(""),
        sign=sign.cast(pl.String),
        mechanism=pl.coalesce("own", "any", pl.lit("")),
    ).sort("line", *pair)


def _text(column: str) -> pl.Expr:
    return col(column).fill_null("").str.strip_chars()


def _phase(column: str) -> pl.Expr:
    """The phase of a clinical stage, 0 where none is told; null where it is unknown."""
    return col(column).fill_null("UNKNOWN").replace_strict(_PHASE, default=None)


def _staged(column: str) -> dict[str, pl.Expr]:
    return {"unknown clinical stage": col(column).is_not_null()}


OPENTARGETS_DRUGS = Source(
    id="opentargets_drugs",
    title="Drugs, mechanisms and indications",
    infores="infores:open-targets",
    about="Drugs with type and phase, signed actions on targets, and diseases they are tried for.",
    files=(
        SourceFile(
            DRUGS,
            columns=("chembl_id", "name", "drug_type", "max_phase", "approval_date", "atc"),
            convert=molecules_now,
        ),
        SourceFile(
            MECHANISMS,
            columns=(
                "chembl_id",
                "gene_symbol",
                "ensembl",
                "uniprot",
                "action_type",
                "sign",
                "mechanism",
            ),
            convert=mechanisms_now,
        ),
        SourceFile(
            INDICATIONS,
            columns=("chembl_id", "disease_id", "disease_name", "phase"),
            convert=indications_now,
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CLINICAL,
    agent_type=AgentType.MANUAL_VALIDATION_OF_AUTOMATED_AGENT,
)
