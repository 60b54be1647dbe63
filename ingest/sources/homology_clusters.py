"""Clusters of human proteins at 30 % identity over half their length, for splits by family."""

from __future__ import annotations

from polars import col

from ingest.frames import Frames, labels, number
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel

FILE = "uniprot/homology_clusters_30id_50cov.tsv.gz"


def read(inputs: Inputs) -> Frames:
    """Labels of kind `split_cluster`: its representative and size; undated, as sequences are."""
    table = inputs.table(FILE)
    protein = as_curie(col("uniprot"), "UniProtKB")
    good, bad = table.split(
        {
            "protein is not a UniProt accession": protein.is_not_null(),
            "no representative": col("cluster_rep") != "",
        }
    )
    found = labels(
        inputs,
        FILE,
        good,
        kind="split_cluster",
        subject=protein,
        subject_category=Category.GENE,
        text=col("cluster_rep"),
        number=number("cluster_size"),
        first_public=None,
    )
    return Frames(labels=found, quarantine=bad, rows=table.n_lines)


HOMOLOGY_CLUSTERS = Source(
    id="homology_clusters",
    title="Homology clusters",
    infores="infores:uniprot",
    about="Clusters of similar human proteins: for splits alone.",
    files=(SourceFile(FILE, columns=("cluster_rep", "uniprot", "cluster_size")),),
    read=read,
    evidence_class=EvidenceClass.PREDICTION,
    knowledge_level=KnowledgeLevel.PREDICTION,
    agent_type=AgentType.COMPUTATIONAL_MODEL,
)
