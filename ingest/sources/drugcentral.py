"""DrugCentral: structures of drugs, their activities and mechanisms on human targets, indications.

Activities are -log10 of the molar value, as the source gives them. Measurements on animals'
proteins are set aside, since the target would be another gene's.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.actions import SIGN
from ingest.frames import (
    DISEASE_OR_PHENOTYPE,
    Frames,
    evidence,
    labels,
    molecules,
    number,
)
from ingest.identifiers import as_curie, well_formed
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

STRUCTURES = "drugcentral/structures.smiles.tsv.gz"
INTERACTIONS = "drugcentral/drug.target.interaction.2017-08.tsv.gz"
INDICATIONS = "drugcentral/drug_indication_2016.tsv.gz"

COMPOUND, GENE = Category.COMPOUND, Category.GENE
STRONG, WEAK = 9.0, 4.0
"""-log10 molar activities that count as full and as none."""
RELATIONS = ("=", "~", "", ">", "<")
"""Of an activity, as a concentration, to the value told."""


def read(inputs: Inputs) -> Frames:
    """Drawings of compounds, then what they bind, then what they treat."""
    return Frames.concat([_structures(inputs), _interactions(inputs), _indications(inputs)])


def _structures(inputs: Inputs) -> Frames:
    table = inputs.table(STRUCTURES)
    good, bad = table.split(
        {
            "identifier is no number": col("ID").str.contains(r"^\d+$"),
            "no structure": col("SMILES").str.strip_chars() != "",
            "InChIKey is malformed": well_formed(col("InChIKey"), "INCHIKEY"),
        }
    )
    cas = as_curie(col("CAS_RN"), "CAS")
    drawn = molecules(
        STRUCTURES,
        good,
        id=pl.concat_str(pl.lit("DrugCentral:"), col("ID")),
        name=col("INN"),
        smiles=col("SMILES"),
        inchikey=col("InChIKey"),
        xrefs=pl.concat_list(cas.fill_null("")).list.eval(pl.element().filter(pl.element() != "")),
    )
    return Frames(molecules=drawn, quarantine=bad, rows=table.n_lines)


def _interactions(inputs: Inputs) -> Frames:
    table = inputs.table(INTERACTIONS)
    good, bad = table.split(
        {
            "target is not human": col("ORGANISM") == "Homo sapiens",
            "identifier is no number": col("STRUCT_ID").str.contains(r"^\d+$"),
            "no accession of the target": col("ACCESSION").str.contains(r"^[A-Z0-9|]+$"),
            "activity is no number": (col("ACT_VALUE") == "") | number("ACT_VALUE").is_not_null(),
        }
    )
    rows = good.with_columns(
        compound=pl.concat_str(pl.lit("DrugCentral:"), col("STRUCT_ID")),
        accession=col("ACCESSION").str.split("|"),
        family=col("ACCESSION").str.contains("|", literal=True),
        activity=number("ACT_VALUE"),
        mechanism=col("MOA") == "1",
        sign=col("ACTION_TYPE").replace_strict(SIGN, default=0, return_dtype=pl.Int8),
    ).explode("accession")
    targets = rows.with_columns(gene=as_curie(col("accession"), "UniProtKB"))
    told = targets.filter(col("mechanism"))
    return Frames.concat(
        [
            Frames(
                molecules=_named_by_chembl(rows),
                quarantine=bad,
                rows=table.n_lines,
                labels=_mechanism_labels(inputs, told),
            ),
            Frames(evidence=_mechanisms(inputs, told)),
            Frames(evidence=_activities(inputs, targets)),
        ]
    )


def _named_by_chembl(rows: pl.DataFrame) -> pl.DataFrame:
    """Which ChEMBL compound a record was taken from, as a cross reference of the drug."""
    address = pl.concat_str("ACT_SOURCE_URL", "MOA_SOURCE_URL", separator=" ")
    known = rows.with_columns(
        chembl=address.str.extract(r"compound(?:/inspect|_report_card)/(CHEMBL\d+)")
    ).filter(col("chembl").is_not_null())
    return molecules(
        INTERACTIONS,
        known.unique(["compound", "chembl"], maintain_order=True),
        id=col("compound"),
        name=col("DRUG_NAME"),
        smiles="",
        xrefs=pl.concat_list(pl.concat_str(pl.lit("CHEMBL.COMPOUND:"), col("chembl"))),
    )


def _mechanisms(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    return evidence(
        inputs,
        INTERACTIONS,
        rows.unique(["compound", "gene", "ACTION_TYPE"], maintain_order=True),
        subject=col("compound"),
        predicate=Predicate.AFFECTS,
        object=col("gene"),
        subject_category=COMPOUND,
        object_category=GENE,
        score=pl.when(col("family")).then(0.7).otherwise(1.0),
        evidence_class=EvidenceClass.CLINICAL,
        direction_on_target=col("sign"),
        detail={
            "action": col("ACTION_TYPE"),
            "target": col("TARGET_NAME"),
            "given_by": col("MOA_SOURCE"),
        },
    )


def _mechanism_labels(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    return labels(
        inputs,
        INTERACTIONS,
        rows.filter(~col("family")).unique(["compound", "gene", "sign"], maintain_order=True),
        kind="drug_mechanism",
        subject=col("compound"),
        subject_category=COMPOUND,
        object=col("gene"),
        object_category=GENE,
        number=col("sign"),
        text=col("ACTION_TYPE"),
    )


def _activities(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """The strongest activity of each kind on each single protein.

    A relation is the concentration's: `>` says that more than so much is needed. Such a bound is
    kept where nothing better is known, and scores nothing.
    """
    single = rows.filter(
        col("activity").is_between(0, 15), ~col("family"), col("RELATION").is_in(RELATIONS)
    )
    weaker = col("RELATION") == ">"
    best = single.sort(~weaker, "activity", descending=True, maintain_order=True).unique(
        ["compound", "gene", "ACT_TYPE"], keep="first", maintain_order=True
    )
    return evidence(
        inputs,
        INTERACTIONS,
        best,
        subject=col("compound"),
        predicate=Predicate.DIRECTLY_PHYSICALLY_INTERACTS_WITH,
        object=col("gene"),
        subject_category=COMPOUND,
        object_category=GENE,
        score=pl.when(weaker)
        .then(0.0)
        .otherwise(((col("activity") - WEAK) / (STRONG - WEAK)).clip(0.0, 1.0)),
        value=col("activity"),
        value_kind=pl.concat_str(pl.lit("-log10 "), col("ACT_TYPE"), pl.lit(" / M")),
        knowledge_level=KnowledgeLevel.OBSERVATION,
        detail={
            "relation": col("RELATION"),
            "given_by": col("ACT_SOURCE"),
            "comment": col("ACT_COMMENT"),
        },
    )


def _indications(inputs: Inputs) -> Frames:
    table = inputs.table(INDICATIONS)
    disease = pl.coalesce(as_curie(col("DOID")), as_curie(col("UMLS_CUI"), "UMLS"))
    good, bad = table.split(
        {
            "identifier is no number": col("DRUG_ID").str.contains(r"^\d+$"),
            "no disease identifier": disease.is_not_null(),
        }
    )
    treats = evidence(
        inputs,
        INDICATIONS,
        good,
        subject=pl.concat_str(pl.lit("DrugCentral:"), col("DRUG_ID")),
        predicate=Predicate.TREATS,
        object=disease,
        subject_category=COMPOUND,
        object_category=DISEASE_OR_PHENOTYPE,
        score=1.0,
        evidence_class=EvidenceClass.CLINICAL,
        detail={"indication": col("INDICATION_FDB")},
    )
    return Frames(evidence=treats, quarantine=bad, rows=table.n_lines)


DRUGCENTRAL = Source(
    id="drugcentral",
    title="DrugCentral",
    infores="infores:drugcentral",
    about="Drawings of drugs, activities and mechanisms on human targets, and indications.",
    files=(
        SourceFile(STRUCTURES, columns=("SMILES", "InChIKey", "ID", "INN", "CAS_RN")),
        SourceFile(
            INTERACTIONS,
            columns=(
                "DRUG_NAME",
                "STRUCT_ID",
                "TARGET_NAME",
                "ACCESSION",
                "ACT_VALUE",
                "ACT_TYPE",
                "ACT_COMMENT",
                "ACT_SOURCE",
                "RELATION",
                "MOA",
                "MOA_SOURCE",
                "ACT_SOURCE_URL",
                "MOA_SOURCE_URL",
                "ACTION_TYPE",
                "ORGANISM",
            ),
            format=TableFormat(quote='"'),
        ),
        SourceFile(
            INDICATIONS,
            columns=("DRUG_ID", "INDICATION_FDB", "UMLS_CUI", "DOID"),
            format=TableFormat(quote='"'),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.ASSAY,
    agent_type=AgentType.MANUAL_AGENT,
)
