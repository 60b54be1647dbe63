"""Ohnologs: pairs of genes left by the two genome duplications at the root of the vertebrates."""

from __future__ import annotations

from polars import col

from ingest.frames import Frames, labels, number
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel

FILE = "ohnologs/hsapiens_pairs_intermediate_2R.tsv.gz"


def read(inputs: Inputs) -> Frames:
    """Labels of kind `ohnolog` with the number of outgroups that support it; undated."""
    table = inputs.table(FILE)
    first, second = (as_curie(col(end), "ENSEMBL") for end in ("Ohno1", "Ohno2"))
    good, bad = table.split(
        {"gene is not an Ensembl id": first.is_not_null() & second.is_not_null()}
    )
    found = labels(
        inputs,
        FILE,
        good,
        kind="ohnolog",
        subject=first,
        subject_category=Category.GENE,
        object=second,
        object_category=Category.GENE,
        number=number("Outgroup Support"),
        text=col("Duplication time"),
        first_public=None,
    )
    return Frames(labels=found, quarantine=bad, rows=table.n_lines)


OHNOLOGS = Source(
    id="ohnologs",
    title="Ohnologs",
    infores="infores:ohnologs",
    about="Gene pairs of the two whole-genome duplications: for splits alone.",
    files=(SourceFile(FILE, columns=("Ohno1", "Ohno2", "Outgroup Support", "Duplication time")),),
    read=read,
    evidence_class=EvidenceClass.PREDICTION,
    knowledge_level=KnowledgeLevel.PREDICTION,
    agent_type=AgentType.COMPUTATIONAL_MODEL,
)
