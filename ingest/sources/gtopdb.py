"""Guide to Pharmacology: curated ligands, what they do to human targets, and how strongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from polars import col

from ingest.content import read_head
from ingest.frames import Frames, evidence, facts, molecules, split_list
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, TableFormat, read_table
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
_BANNER = b'"# GtoPdb Version'
_SETS = {
    "gtp_action_set": "Action",
    "gtp_type_set": "Type",
    "gtp_selectivity_set": "Selectivity",
    "gtp_primary_target_set": "Primary Target",
    "gtp_affinity_units_set": "Affinity Units",
    "gtp_affinity_median_set": "Affinity Median",
    "gtp_pubmed_ids": "PubMed ID",
}
"""What a pair's measurements say, each once, and the column of a measurement that says it."""


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


def pairs(place: Path, name: str) -> Table | None:
    """`interactions.csv`, a line a measurement, as the pinned file has it: a row a pair.

    As its maker did, of a ligand and a target's accession: how many measurements there are, and
    of each column the values that occur, sorted and joined by `|`. The word None, for a type or
    an action that is not known, is no value. A row's line is that of its first measurement; those
    without a ligand or an accession are set aside.

    Raises:
        TableError: the file begins as the provider's do, and is damaged or lacks a column.
    """
    if not read_head(place, name).startswith(_BANNER):
        return None
    columns = ("Ligand ID", "Target UniProt ID", *_SETS.values())
    table = read_table(place, columns, _CSV, name).without(
        {
            "no ligand": col("Ligand ID") != "",
            "no accession of the target": col("Target UniProt ID") != "",
        }
    )
    flag, median = col("Primary Target"), col("Affinity Median")
    rows = table.rows.with_columns(
        flag.str.to_lowercase().replace({"true": "True", "false": "False"}),
        pl.coalesce(median.cast(pl.Float64, strict=False).cast(pl.String), median),
    )
    grouped = rows.group_by(
        gtp_ligand_id="Ligand ID", target_uniprot="Target UniProt ID", maintain_order=True
    ).agg(
        pl.len().cast(pl.String).alias("gtp_interaction_count"),
        *(_values(column).alias(name) for name, column in _SETS.items()),
        col("line").first(),
    )
    return Table(name, grouped, table.bad)


def _values(column: str) -> pl.Expr:
    """The values of a group's column, each once, sorted and joined."""
    text = col(column).str.strip_chars()
    return text.filter(~text.is_in(["", "None"])).unique().sort().str.join("|")


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
            headers=(
                ("gtp_ligand_id", "Ligand ID"),
                ("gtp_ligand_name", "Name"),
                ("gtp_ligand_smiles", "SMILES"),
                ("gtp_ligand_inchikey_raw", "InChIKey"),
            ),
            current=_CSV,
        ),
        SourceFile(
            MAPPING,
            columns=("Ligand id", "ChEMBl ID", "PubChem CID", "CAS", "DrugBank ID"),
            format=_CSV,
        ),
        SourceFile(
            INTERACTIONS,
            columns=("gtp_ligand_id", "target_uniprot", "gtp_interaction_count", *_SETS),
            format=TableFormat(delimiter=",", quote='"'),
            convert=pairs,
        ),
        SourceFile(TARGETS, columns=("Type", "Family name", "HGNC id"), format=_CSV),
    ),
    read=read,
    evidence_class=EvidenceClass.ASSAY,
    agent_type=AgentType.MANUAL_AGENT,
)
