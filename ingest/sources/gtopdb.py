"""Guide to Pharmacology: curated ligands, what they do to human targets, and how strongly."""

from __future__ import annotations

from typing import Any

import polars as pl
from polars import col

from ingest.frames import Frames, evidence, facts, molecules, split_list
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

LIGANDS = "gtopdb/ligands_normalised.csv.gz"
MAPPING = "gtopdb/ligand_id_mapping.csv.gz"
INTERACTIONS = "gtopdb/functional_interactions.csv.gz"
TARGETS = "gtopdb/targets_and_families.csv.gz"

STRONG, WEAK = 9.0, 4.0
"""-log10 molar affinities that count as full and as none."""
_RAISES = r"(?i)^(?:full |partial |biased )?agonist|activat|positive|potentiation"
_LOWERS = r"(?i)antagonist|inverse agonist|inhibit|negative|blocker|gating inhibitor"
_ID = r"^\d+$"
COMPOUND, GENE = Category.COMPOUND, Category.GENE
_CSV = TableFormat(delimiter=",", quote='"', comment='"#')


def read(inputs: Inputs) -> Frames:
    """Ligands with their cross references, then interactions, then kinds of targets."""
    return Frames.concat([_ligands(inputs), _interactions(inputs), _targets(inputs)])


def _ligands(inputs: Inputs) -> Frames:
    table, mapping = inputs.table(LIGANDS), inputs.table(MAPPING)
    good, bad = table.split(
        {
            "identifier is no number": col("gtp_ligand_id").str.contains(_ID),
            "no structure (a peptide, an antibody or an ion)": col("gtp_ligand_smiles") != "",
        }
    )
    ids = mapping.rows.select(
        gtp_ligand_id="Ligand id",
        xrefs=pl.concat_list(
            as_curie(col("ChEMBl ID"), "CHEMBL.COMPOUND"),
            as_curie(col("PubChem CID"), "PUBCHEM.COMPOUND"),
            as_curie(col("CAS"), "CAS"),
            as_curie(col("DrugBank ID"), "DRUGBANK"),
        ).list.drop_nulls(),
    ).unique("gtp_ligand_id", maintain_order=True)
    rows = good.join(ids, on="gtp_ligand_id", how="left", maintain_order="left")
    name = pl.when(col("INN") != "").then(col("INN")).otherwise(col("gtp_ligand_name"))
    drawn = molecules(
        LIGANDS,
        rows,
        id=_ligand(),
        name=name.str.replace_all(r"<[^>]+>|&|;", ""),
        smiles=col("gtp_ligand_smiles"),
        inchikey=col("gtp_ligand_inchikey_raw"),
        synonyms=split_list("Synonyms"),
        xrefs=col("xrefs"),
    )
    bad = pl.concat([bad, mapping.bad])
    return Frames(molecules=drawn, quarantine=bad, rows=table.n_lines + mapping.n_lines)


def _ligand() -> pl.Expr:
    return pl.concat_str(pl.lit("GTOPDB:"), col("gtp_ligand_id"))


def _interactions(inputs: Inputs) -> Frames:
    table = inputs.table(INTERACTIONS)
    good, bad = table.split(
        {
            "identifier is no number": col("gtp_ligand_id").str.contains(_ID),
            "no accession of the target": as_curie(
                col("target_uniprot"), "UniProtKB"
            ).is_not_null(),
        }
    )
    rows = good.with_columns(
        sign=_sign(),
        affinity=_affinity(),
        papers=split_list("gtp_pubmed_ids", "|", "PMID:"),
    )
    found = pl.concat([_acts(inputs, rows), _binds(inputs, rows)])
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _said() -> pl.Expr:
    """Actions and types in one text."""
    return pl.concat_str("gtp_action_set", "gtp_type_set", separator=" ")


def _sign() -> pl.Expr:
    """What a ligand does to its target: 1 raises it, -1 lowers it; null where that is not plain."""
    single = ~_said().str.contains("|", literal=True)
    lowers = _said().str.contains(_LOWERS)
    raises = col("gtp_action_set").str.contains(_RAISES) | (
        (col("gtp_action_set") == "") & col("gtp_type_set").str.contains(r"^(?:Agonist|Activator)$")
    )
    return pl.when(single & lowers & ~raises).then(-1).when(single & raises & ~lowers).then(1)


def _affinity() -> pl.Expr:
    """The median of the only kind of affinity.

    pKi, pIC50 ... and their medians stand in lists that pair up only when there is one of each.
    """
    units = col("gtp_affinity_units_set")
    one = ~units.str.contains(r"[|]") & (units != "-")
    value = col("gtp_affinity_median_set").cast(pl.Float64, strict=False)
    return pl.when(one & value.is_between(0.0, 15.0)).then(value)


def _ends() -> dict[str, Any]:
    """Subject and object of a row's statements."""
    return {
        "subject": _ligand(),
        "object": as_curie(col("target_uniprot"), "UniProtKB"),
        "subject_category": COMPOUND,
        "object_category": GENE,
    }


def _acts(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    return evidence(
        inputs,
        INTERACTIONS,
        rows.filter(_said().str.strip_chars() != ""),
        **_ends(),
        predicate=Predicate.AFFECTS,
        score=pl.when(col("gtp_primary_target_set") == "True").then(1.0).otherwise(0.7),
        direction_on_target=col("sign"),
        publications=col("papers"),
        detail={
            "action": col("gtp_action_set"),
            "type": col("gtp_type_set"),
            "selectivity": col("gtp_selectivity_set"),
        },
    )


def _binds(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    return evidence(
        inputs,
        INTERACTIONS,
        rows.filter(col("affinity").is_not_null()),
        **_ends(),
        predicate=Predicate.DIRECTLY_PHYSICALLY_INTERACTS_WITH,
        score=((col("affinity") - WEAK) / (STRONG - WEAK)).clip(0.0, 1.0),
        value=col("affinity"),
        value_kind=pl.concat_str(
            pl.lit("-log10 "),
            col("gtp_affinity_units_set").str.strip_prefix("p"),
            pl.lit(" / M"),
        ),
        publications=col("papers"),
        knowledge_level=KnowledgeLevel.OBSERVATION,
        detail={"interactions": col("gtp_interaction_count")},
    )


def _targets(inputs: Inputs) -> Frames:
    table = inputs.table(TARGETS)
    good, bad = table.split({"no human gene": as_curie(col("HGNC id"), "HGNC").is_not_null()})
    told = facts(
        inputs,
        TARGETS,
        good,
        subject=as_curie(col("HGNC id"), "HGNC"),
        subject_category=GENE,
        texts={
            "pharmacology.class": col("Type"),
            "pharmacology.family": col("Family name").str.replace_all(r"<[^>]+>", ""),
        },
        evidence_class=EvidenceClass.CURATED,
    )
    return Frames(facts=told, quarantine=bad, rows=table.n_lines)


GTOPDB = Source(
    id="gtopdb",
    title="Guide to Pharmacology",
    infores="infores:gtopdb",
    about="Ligands, their signed actions on human targets, affinities, and classes of targets.",
    files=(
        SourceFile(
            LIGANDS,
            columns=(
                "gtp_ligand_id",
                "gtp_ligand_name",
                "gtp_ligand_smiles",
                "gtp_ligand_inchikey_raw",
                "INN",
                "Synonyms",
            ),
            format=TableFormat(delimiter=",", quote='"'),
        ),
        SourceFile(
            MAPPING,
            columns=("Ligand id", "ChEMBl ID", "PubChem CID", "CAS", "DrugBank ID"),
            format=_CSV,
        ),
        SourceFile(
            INTERACTIONS,
            columns=(
                "gtp_ligand_id",
                "target_uniprot",
                "gtp_interaction_count",
                "gtp_action_set",
                "gtp_type_set",
                "gtp_selectivity_set",
                "gtp_primary_target_set",
                "gtp_affinity_units_set",
                "gtp_affinity_median_set",
                "gtp_pubmed_ids",
            ),
            format=TableFormat(delimiter=",", quote='"'),
        ),
        SourceFile(TARGETS, columns=("Type", "Family name", "HGNC id"), format=_CSV),
    ),
    read=read,
    evidence_class=EvidenceClass.ASSAY,
    agent_type=AgentType.MANUAL_AGENT,
)
