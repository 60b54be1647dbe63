"""A spine of protein-coding genes with their identifiers, and which catalogues call them surface.

Verdicts of a language model, which the file has too, are not read.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, aliases, facts, number
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel

FILE = "proteome/whole_proteome_catalog.tsv.gz"

FLAGS = ("uniprot", "go", "hpa", "surfy", "cspa")
IDENTIFIERS = {"UniProtKB": "uniprot_acc", "ENSEMBL": "ensembl_gene", "NCBIGene": "ncbi_gene_id"}


def read(inputs: Inputs) -> Frames:
    """Surface flags as facts, identifiers as weak aliases, which hold where HGNC has none."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "gene is not an HGNC id": col("hgnc_id").str.contains(r"^HGNC:\d+$"),
            "a flag is neither 0 nor 1": pl.all_horizontal(
                col(f"{flag}_surface_flag").is_in(["0", "1"]) for flag in FLAGS
            ),
        }
    )
    found = facts(
        inputs,
        FILE,
        good,
        subject=col("hgnc_id"),
        subject_category=Category.GENE,
        numbers={
            **{f"surface.{flag}": number(f"{flag}_surface_flag") for flag in FLAGS},
            "surface.catalogues": number("n_sources_surface"),
        },
    )
    names = [
        aliases(good, Category.GENE, as_curie(col(c), p), col("hgnc_id"), "xref", rank=2)
        for p, c in IDENTIFIERS.items()
    ]
    return Frames(facts=found, aliases=pl.concat(names), quarantine=bad, rows=table.n_lines)


PROTEOME_CATALOGUE = Source(
    id="proteome_catalogue",
    title="Proteome catalogue",
    infores="infores:proteome-catalogue",
    about="Protein-coding genes, their identifiers, and which catalogues call them surface.",
    files=(
        SourceFile(
            FILE,
            columns=(
                "hgnc_id",
                *IDENTIFIERS.values(),
                *(f"{flag}_surface_flag" for flag in FLAGS),
                "n_sources_surface",
            ),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
    knowledge_level=KnowledgeLevel.KNOWLEDGE_ASSERTION,
    agent_type=AgentType.AUTOMATED_AGENT,
)
