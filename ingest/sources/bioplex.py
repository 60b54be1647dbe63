"""BioPlex 3.0: proteins that came down with a tagged bait in 293T cells."""

from __future__ import annotations

from polars import col

from ingest.frames import Frames, number
from ingest.genes import gene_pairs
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, EvidenceClass, KnowledgeLevel

FILE = "interactome/bioplex3_293T_2021-01.tsv.gz"


def read(inputs: Inputs) -> Frames:
    """One record per bait and prey; its score is BioPlex's probability of a true interaction."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "no symbol": (col("Gene1") != "") & (col("Gene2") != ""),
            "a protein with itself": col("Gene1") != col("Gene2"),
            "probability outside 0 to 1": number("pInt").is_between(0, 1),
        }
    )
    found = gene_pairs(
        inputs,
        FILE,
        good,
        "SYMBOL:" + col("Gene1"),
        "SYMBOL:" + col("Gene2"),
        score=number("pInt"),
        value=number("pInt"),
        value_kind="probability of interaction",
        detail={"p_background": col("pNI"), "p_wrong_identification": col("pW")},
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


BIOPLEX = Source(
    id="bioplex",
    title="BioPlex 3.0",
    infores="infores:bioplex",
    about="Affinity purification and mass spectrometry of tagged baits in 293T cells.",
    files=(
        SourceFile(
            FILE,
            columns=("Gene1", "Gene2", "pInt", "pNI", "pW"),
            headers=(("Gene1", "SymbolA"), ("Gene2", "SymbolB")),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.ASSAY_UNBIASED,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
