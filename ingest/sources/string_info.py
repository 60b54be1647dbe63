"""STRING's protein list: the size of each gene's product, and a paragraph on what it does."""

from __future__ import annotations

from polars import col

from ingest.frames import Frames, facts, number
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel

FILE = "string/9606.protein.info.v11.0.txt.gz"
NOTHING = "annotation not available"


def read(inputs: Inputs) -> Frames:
    """Facts by the protein's preferred name, a gene symbol; long paragraphs end in [...]."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "not a human protein": col("protein_external_id").str.starts_with("9606."),
            "named by an identifier, not a symbol": ~col("preferred_name").str.contains(
                r"^ENSP\d+"
            ),
            "size is no number": number("protein_size") > 0,
        }
    )
    told = good.with_columns(annotation=col("annotation").str.strip_chars())
    found = facts(
        inputs,
        FILE,
        told.with_columns(annotation=col("annotation").replace(NOTHING, "")),
        subject="SYMBOL:" + col("preferred_name"),
        subject_category=Category.GENE,
        numbers={"protein.length": number("protein_size")},
        texts={"gene.summary": col("annotation")},
        units={"protein.length": "residues"},
    )
    return Frames(facts=found, quarantine=bad, rows=table.n_lines)


STRING_INFO = Source(
    id="string_info",
    title="STRING protein information",
    infores="infores:string",
    about="Length of each gene's protein and a paragraph on its function.",
    files=(
        SourceFile(
            FILE,
            columns=("protein_external_id", "preferred_name", "protein_size", "annotation"),
            headers=(("protein_external_id", "#string_protein_id"),),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
    knowledge_level=KnowledgeLevel.KNOWLEDGE_ASSERTION,
    agent_type=AgentType.AUTOMATED_AGENT,
)
