"""Drug Repurposing Hub: compounds that reached people or the bench, their targets and mechanisms.

The sign of an action is known where the mechanism ends in a word that has one and names no
second mechanism.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.actions import SIGN
from ingest.frames import Frames, evidence, facts, labels, molecules, split_list
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import AgentType, Category, EvidenceClass, Predicate

DRUGS = "repurposing_hub/repurposing_drugs_20200324.txt.gz"
SAMPLES = "repurposing_hub/repurposing_samples_20200324.txt.gz"
PHASE = {
    "Preclinical": 0.0,
    "Phase 1": 1.0,
    "Phase 1/Phase 2": 1.5,
    "Phase 2": 2.0,
    "Phase 2/Phase 3": 2.5,
    "Phase 3": 3.0,
    "Launched": 4.0,
    "Withdrawn": 4.0,
}
COMPOUND, GENE = Category.COMPOUND, Category.GENE
_QUOTED = TableFormat(quote='"')


def read(inputs: Inputs) -> Frames:
    """Drawings of the samples under the drug's name; then what the drugs act on."""
    samples, bad_samples = _samples(inputs)
    table = inputs.table(DRUGS)
    good, bad = table.split(
        {
            "no name": col("pert_iname").str.strip_chars() != "",
            "unknown phase": col("clinical_phase").is_in(list(PHASE)),
            "no sample has its name": col("pert_iname").is_in(samples["pert_iname"].implode()),
        }
    )
    compound = samples.unique("pert_iname", maintain_order=True).select("pert_iname", compound="id")
    word = col("moa").str.extract(r"(\w+)$").str.to_uppercase()
    rows = good.join(compound, on="pert_iname", maintain_order="left").with_columns(
        phase=col("clinical_phase").replace_strict(PHASE, return_dtype=pl.Float64),
        sign=pl.when(~col("moa").str.contains("|", literal=True)).then(
            word.replace_strict(SIGN, default=None, return_dtype=pl.Int8)
        ),
        symbol=split_list("target", "|", "SYMBOL:"),
    )
    drawn = molecules(
        SAMPLES,
        samples,
        id=col("id"),
        name=col("pert_iname"),
        smiles=col("smiles"),
        inchikey=col("InChIKey"),
        xrefs=pl.concat_list(as_curie(col("pubchem_cid"), "PUBCHEM.COMPOUND")).list.drop_nulls(),
    )
    phases = facts(
        inputs,
        DRUGS,
        rows,
        subject=col("compound"),
        subject_category=COMPOUND,
        numbers={"drug.repurposing_phase": col("phase")},
        texts={"drug.indication_text": col("indication"), "drug.disease_area": col("disease_area")},
        units={"drug.repurposing_phase": "clinical phase"},
    )
    acts = rows.explode("symbol").filter(col("symbol").is_not_null())
    return Frames(
        molecules=drawn,
        facts=phases,
        evidence=_acts(inputs, acts),
        labels=_mechanisms(inputs, acts),
        quarantine=pl.concat([bad_samples, bad]),
        rows=table.n_lines + inputs.table(SAMPLES).n_lines,
    )


def _samples(inputs: Inputs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row a compound: purchased samples of one drug share the first 13 signs of their id."""
    good, bad = inputs.table(SAMPLES).split(
        {
            "identifier is not a Broad id": col("broad_id").str.contains(r"^BRD-[A-Z]\d{8}-"),
            "no structure": col("smiles").str.strip_chars() != "",
        }
    )
    named = good.with_columns(
        id=pl.lit("BROAD:") + col("broad_id").str.slice(0, 13),
        smiles=col("smiles").str.split(",").list.first().str.strip_chars(),
        InChIKey=col("InChIKey").str.split(",").list.first().str.strip_chars(),
    )
    return named.unique(["id", "pert_iname"], maintain_order=True), bad


def _acts(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    clinical = col("phase") >= 1.0
    return evidence(
        inputs,
        DRUGS,
        rows,
        subject=col("compound"),
        predicate=Predicate.AFFECTS,
        object=col("symbol"),
        subject_category=COMPOUND,
        object_category=GENE,
        score=0.8,
        direction_on_target=col("sign"),
        evidence_class=pl.when(clinical)
        .then(pl.lit(EvidenceClass.CLINICAL.value))
        .otherwise(pl.lit(EvidenceClass.ASSAY.value)),
        detail={"mechanism": col("moa"), "phase": col("clinical_phase")},
    )


def _mechanisms(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    return labels(
        inputs,
        DRUGS,
        rows.filter(col("sign").is_not_null() & (col("phase") >= 1.0)),
        kind="drug_mechanism",
        subject=col("compound"),
        subject_category=COMPOUND,
        object=col("symbol"),
        object_category=GENE,
        number=col("sign").cast(pl.Float64),
        text=col("moa"),
    )


REPURPOSING_HUB = Source(
    id="repurposing_hub",
    title="Drug Repurposing Hub",
    infores="infores:drug-repurposing-hub",
    about="Launched, clinical and preclinical compounds, their targets and mechanisms.",
    files=(
        SourceFile(
            DRUGS,
            columns=(
                "pert_iname",
                "clinical_phase",
                "moa",
                "target",
                "disease_area",
                "indication",
            ),
            format=_QUOTED,
        ),
        SourceFile(
            SAMPLES,
            columns=("broad_id", "pert_iname", "smiles", "InChIKey", "pubchem_cid"),
            format=_QUOTED,
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CLINICAL,
    agent_type=AgentType.MANUAL_AGENT,
)
