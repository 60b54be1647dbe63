"""BindingDB: measured affinities of compounds for proteins, and the compounds' drawings.

Values are -log10 of the molar affinity, medians over the measurements of one compound, protein
and kind. Proteins of other species are set aside: an orthologue's affinity is another gene's. All
three files are made from BindingDB's one table, which `fetch --current` links to each of their
places; what that has from ChEMBL is set aside, for ChEMBL's licence asks that copies stay under it.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest import bindingdb_wide
from ingest.bindingdb_wide import HIGHEST, KINDS, NO_AFFINITY
from ingest.frames import Frames, evidence, molecules, number
from ingest.genes import approved, hgnc_table
from ingest.identifiers import well_formed
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

COMPOUNDS = "bindingdb/bindingdb_2019-12_compounds.tsv.gz"
MEASUREMENTS = "bindingdb/bindingdb_2019-12_measurements.tsv.gz"
TARGETS = "bindingdb/bindingdb_2019-12_targets.tsv"

STRONG, WEAK = 9.0, 4.0
"""-log10 molar affinities that count as full and as none."""


def read(inputs: Inputs) -> Frames:
    """Drawings, then affinities for human proteins."""
    try:
        return Frames.concat([_compounds(inputs), _measurements(inputs)])
    finally:
        bindingdb_wide.forget()


def _compounds(inputs: Inputs) -> Frames:
    table = inputs.table(COMPOUNDS)
    good, bad = table.split(
        {
            "InChIKey is malformed": well_formed(col("Inchi_key"), "INCHIKEY"),
            "no structure": col("ligand_smiles").str.strip_chars() != "",
        }
    )
    drawn = molecules(
        COMPOUNDS,
        good,
        id=pl.concat_str(pl.lit("INCHIKEY:"), col("Inchi_key")),
        smiles=col("ligand_smiles"),
        inchikey=col("Inchi_key"),
    )
    return Frames(molecules=drawn, quarantine=bad, rows=table.n_lines)


def _measurements(inputs: Inputs) -> Frames:
    table, targets = inputs.table(MEASUREMENTS), inputs.table(TARGETS)
    human = approved(inputs)["uniprot_ids"].str.split("|").explode().drop_nulls().unique()
    good, bad = table.split(
        {
            "InChIKey is malformed": well_formed(col("Inchi_key"), "INCHIKEY"),
            "protein is of another species, or of no approved gene": col("target_id").is_in(
                human.implode()
            ),
            "unknown kind of affinity": col("type").is_in(KINDS),
            "unknown relation": col("rel").is_in(["=", "<", ">"]),
            NO_AFFINITY: number("p_median").is_between(0.0, HIGHEST),
        }
    )
    names = targets.rows.select("target_id", "target_name")
    rows = good.join(names, on="target_id", how="left", maintain_order="left")
    strength = ((number("p_median") - WEAK) / (STRONG - WEAK)).clip(0.0, 1.0)
    found = evidence(
        inputs,
        MEASUREMENTS,
        rows,
        subject=pl.concat_str(pl.lit("INCHIKEY:"), col("Inchi_key")),
        predicate=Predicate.DIRECTLY_PHYSICALLY_INTERACTS_WITH,
        object=pl.concat_str(pl.lit("UniProtKB:"), col("target_id")),
        subject_category=Category.COMPOUND,
        object_category=Category.GENE,
        score=pl.when(col("rel") == ">").then(0.0).otherwise(strength),
        value=number("p_median"),
        value_kind=pl.concat_str(pl.lit("-log10 "), col("type"), pl.lit(" / M")),
        detail={
            "relation": col("rel"),
            "measurements": col("n"),
            "lowest": col("p_min"),
            "highest": col("p_max"),
        },
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines + len(targets.rows))


BINDINGDB = Source(
    id="bindingdb",
    title="BindingDB",
    infores="infores:bindingdb",
    about="Affinities of 290,000 compounds for human proteins, with kind and relation.",
    files=(
        SourceFile(
            COMPOUNDS,
            columns=("Inchi_key", "ligand_smiles"),
            convert=bindingdb_wide.converter(lambda wide: wide.compounds),
        ),
        SourceFile(
            MEASUREMENTS,
            columns=("Inchi_key", "target_id", "type", "rel", "n", "p_median", "p_min", "p_max"),
            convert=bindingdb_wide.converter(lambda wide: wide.measurements),
        ),
        SourceFile(
            TARGETS,
            columns=("target_id", "target_name"),
            convert=bindingdb_wide.converter(lambda wide: wide.targets),
        ),
        hgnc_table("uniprot_ids"),
    ),
    read=read,
    evidence_class=EvidenceClass.ASSAY,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.MANUAL_AGENT,
)
