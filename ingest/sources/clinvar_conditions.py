"""ClinVar's list of genes and conditions, largely OMIM's: labels to judge by, never graph."""

from __future__ import annotations

from polars import col

from ingest.frames import Frames, labels
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass

FILE = "clinvar/gene_condition_2021-04.tsv.gz"

RELATIONS = ("associated", "related")
"""The first: the gene's variation causes the condition; the second: it may contribute."""


def read(inputs: Inputs) -> Frames:
    """Labels of kind `gene_condition`, their relation as text."""
    table = inputs.table(FILE)
    disease = as_curie(col("mondo_id"))
    good, bad = table.split(
        {
            "gene is not an HGNC id": col("hgnc_id").str.contains(r"^HGNC:\d+$"),
            "no MONDO id": disease.is_not_null(),
            "unknown relation": col("relation").is_in(RELATIONS),
        }
    )
    told = labels(
        inputs,
        FILE,
        good.unique(["hgnc_id", "mondo_id", "relation"], maintain_order=True),
        kind="gene_condition",
        subject=col("hgnc_id"),
        subject_category=Category.GENE,
        object=disease,
        object_category=Category.DISEASE,
        text=col("relation"),
    )
    return Frames(labels=told, quarantine=bad, rows=table.n_lines)


CLINVAR_CONDITIONS = Source(
    id="clinvar_conditions",
    title="ClinVar genes and conditions",
    infores="infores:clinvar",
    about="Genes and the conditions they are listed for, as of April 2021: labels alone.",
    files=(SourceFile(FILE, columns=("hgnc_id", "relation", "mondo_id")),),
    read=read,
    evidence_class=EvidenceClass.CURATED,
    agent_type=AgentType.MANUAL_AGENT,
)
