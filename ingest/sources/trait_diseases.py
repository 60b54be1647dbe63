"""Quantitative traits that stand for a disease: a table the project keeps, with its reasons.

Genetic studies measure LDL cholesterol where a scientist asks for hypercholesterolemia. A row says
which disease a trait defines, diagnoses or causes, and whether a higher value means more of it.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, evidence
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

FILE = "trait_diseases.tsv"
SIGNS = {"1": 1, "-1": -1}


def read(inputs: Inputs) -> Frames:
    """A row is an edge from a trait to a disease; `direction_on_trait` is the disease's."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "trait is not an EFO term": as_curie(col("trait")).str.starts_with("EFO:"),
            "disease is not a MONDO term": as_curie(col("disease")).str.starts_with("MONDO:"),
            "sign is neither 1 nor -1": col("sign").is_in(list(SIGNS)),
            "no reason": col("reason").str.strip_chars() != "",
            "reference is no PMID": as_curie(col("reference")).str.starts_with("PMID:"),
            "pair is there twice": pl.struct("trait", "disease").is_first_distinct(),
        }
    )
    said = evidence(
        inputs,
        FILE,
        good,
        subject=as_curie(col("trait")),
        predicate=Predicate.ASSOCIATED_WITH,
        object=as_curie(col("disease")),
        subject_category=Category.PHENOTYPE,
        object_category=Category.DISEASE,
        score=1.0,
        direction_on_trait=col("sign").replace_strict(SIGNS, default=None, return_dtype=pl.Int8),
        publications=pl.concat_list(col("reference")),
        detail={
            "trait": col("trait_name"),
            "disease": col("disease_name"),
            "reason": col("reason"),
        },
    )
    return Frames(evidence=said, quarantine=bad, rows=table.n_lines)


TRAIT_DISEASES = Source(
    id="trait_diseases",
    title="Traits that stand for diseases",
    infores="infores:target-kg",
    about="Quantitative traits and the diseases they define, diagnose or cause, with sign.",
    files=(
        SourceFile(
            FILE,
            columns=(
                "trait",
                "trait_name",
                "disease",
                "disease_name",
                "sign",
                "reason",
                "reference",
            ),
            format=TableFormat(comment="#"),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
    knowledge_level=KnowledgeLevel.KNOWLEDGE_ASSERTION,
    agent_type=AgentType.MANUAL_AGENT,
)
