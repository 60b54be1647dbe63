"""GTEx: in how many tissues a gene is expressed, and how much of it there is.

The pinned table summarises the 53 tissues of v7; later releases name a few more.
"""

from __future__ import annotations

from polars import col

from ingest.frames import Frames, facts, number
from ingest.gct import read_gct
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel

FILE = "gtex/tissue_expression_v7_summary.tsv.gz"


def read(inputs: Inputs) -> Frames:
    """Two facts a gene: tissues above 1 TPM, and the median over tissues."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "gene is not an Ensembl id": as_curie(col("ensg"), "ENSEMBL").is_not_null(),
            "number of tissues is no number": number("n1tpm") >= 0,
            "median is no number": number("medtpm") >= 0,
        }
    )
    found = facts(
        inputs,
        FILE,
        good,
        subject="ENSEMBL:" + col("ensg"),
        subject_category=Category.GENE,
        numbers={
            "expression.gtex_tissues": number("n1tpm"),
            "expression.gtex_median": number("medtpm"),
        },
        units={"expression.gtex_median": "TPM"},
    )
    return Frames(facts=found, quarantine=bad, rows=table.n_lines)


GTEX = Source(
    id="gtex",
    title="GTEx v7 summary",
    infores="infores:gtex",
    about="Number of tissues in which a gene is above 1 TPM, and its median over tissues.",
    files=(SourceFile(FILE, columns=("ensg", "n1tpm", "medtpm"), convert=read_gct),),
    read=read,
    evidence_class=EvidenceClass.EXPRESSION,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
