"""Genes that cell lines need together: pairs whose knockouts cost the same lines their growth."""

from __future__ import annotations

from polars import col

from ingest.frames import Frames
from ingest.genes import gene_pairs
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, EvidenceClass, KnowledgeLevel, Predicate

FILE = "interactome/co_essential.tsv.gz"


def read(inputs: Inputs) -> Frames:
    """One record per pair; the file grades none."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "no symbol": (col("GENEA") != "") & (col("GENEB") != ""),
            "a gene with itself": col("GENEA") != col("GENEB"),
        }
    )
    found = gene_pairs(
        inputs,
        FILE,
        good,
        "SYMBOL:" + col("GENEA"),
        "SYMBOL:" + col("GENEB"),
        predicate=Predicate.GENETICALLY_INTERACTS_WITH,
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


CO_ESSENTIAL = Source(
    id="co_essential",
    title="Co-essential gene pairs",
    infores="infores:co-essential",
    about="Pairs of genes whose CRISPR knockouts have the same effect over many cell lines.",
    files=(SourceFile(FILE, columns=("GENEA", "GENEB")),),
    read=read,
    evidence_class=EvidenceClass.ASSAY_UNBIASED,
    knowledge_level=KnowledgeLevel.STATISTICAL_ASSOCIATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
