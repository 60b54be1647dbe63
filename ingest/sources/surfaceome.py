"""Candidates for the cell surface: topology, surface proteomics, and how sure each method is."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, facts, number
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel

FILE = "proteome/surfaceome_candidates.tsv.gz"

NUMBERS = {
    "surface.surfy_score": "surfy_ml_score",
    "surface.compartments_stars": "compartments_integrated_stars_max",
    "surface.methods": "n_sources_surface",
    "surface.go_experimental": "go_has_experimental",
}
"""SURFY's probability 0..1, the confidence of COMPARTMENTS 0..5, and how many methods agree."""

TEXTS = {
    "surface.topology": "deeptmhmm_label",
    "surface.cspa_category": "cspa_category",
    "surface.hpa_membrane": "hpa_pm_reliability",
    "surface.hpa_junction": "hpa_junction_reliability",
    "surface.named_by": "sources_present",
}
"""DeepTMHMM's topology (SP signal peptide, TM membrane-spanning), grades of CSPA and of HPA."""


def read(inputs: Inputs) -> Frames:
    """Facts by gene: its HGNC id where the file has one, else its UniProt accession."""
    table = inputs.table(FILE)
    accession = as_curie(col("uniprot_accession"), "UniProtKB")
    good, bad = table.split(
        {
            "protein is not a UniProt accession": accession.is_not_null(),
            "mapped from several proteins at once": col("split_mapping_ambiguous_any_source")
            == "0",
        }
    )
    found = facts(
        inputs,
        FILE,
        good,
        subject=pl.when(col("hgnc_id") != "").then(col("hgnc_id")).otherwise(accession),
        subject_category=Category.GENE,
        numbers={key: number(column) for key, column in NUMBERS.items()},
        texts={key: col(column) for key, column in TEXTS.items()},
    )
    return Frames(facts=found, quarantine=bad, rows=table.n_lines)


SURFACEOME = Source(
    id="surfaceome",
    title="Cell-surface candidates",
    infores="infores:surfaceome",
    about="Topology, surface proteomics and location of proteins that may reach the cell surface.",
    files=(
        SourceFile(
            FILE,
            columns=(
                "uniprot_accession",
                "hgnc_id",
                "split_mapping_ambiguous_any_source",
                *NUMBERS.values(),
                *TEXTS.values(),
            ),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
    knowledge_level=KnowledgeLevel.KNOWLEDGE_ASSERTION,
    agent_type=AgentType.AUTOMATED_AGENT,
)
