"""Drugs, what they act on and with which sign, and what they are or were tried for.

Open Targets with ChEMBL and the Guide to Pharmacology. Drugs that reached people are clinical
evidence; ligands that never did are pharmacology at the bench.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import DISEASE_OR_PHENOTYPE, Frames, evidence, facts, labels, nodes, number
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, Predicate

DRUGS = "opentargets_drugs/drugs.tsv.gz"
MECHANISMS = "opentargets_drugs/drug_target_signed.tsv.gz"
INDICATIONS = "opentargets_drugs/drug_indications.tsv.gz"

COMPOUND, GENE = Category.COMPOUND, Category.GENE
APPROVED = 4
_ID = r"^CHEMBL\d+$"
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
            "no target": (col("uniprot") != "") | (col("gene_symbol") != ""),
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


OPENTARGETS_DRUGS = Source(
    id="opentargets_drugs",
    title="Drugs, mechanisms and indications",
    infores="infores:open-targets",
    about="Drugs with type and phase, signed actions on targets, and diseases they are tried for.",
    files=(
        SourceFile(
            DRUGS,
            columns=("chembl_id", "name", "drug_type", "max_phase", "approval_date", "atc"),
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
        ),
        SourceFile(INDICATIONS, columns=("chembl_id", "disease_id", "disease_name", "phase")),
    ),
    read=read,
    evidence_class=EvidenceClass.CLINICAL,
    agent_type=AgentType.MANUAL_VALIDATION_OF_AUTOMATED_AGENT,
)
