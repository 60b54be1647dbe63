"""DGIdb categories: what kinds of druggable protein a gene is called, and by how many sources."""

from __future__ import annotations

from polars import col

from ingest.frames import Frames, labels, split_list
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass

FILE = "dgidb/categories.2022-02.tsv.gz"


def read(inputs: Inputs) -> Frames:
    """Labels of kind `druggable_category`: its name, and the number of sources."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {"no symbol": col("entrez_gene_symbol") != "", "no category": col("category") != ""}
    )
    found = labels(
        inputs,
        FILE,
        good,
        kind="druggable_category",
        subject="SYMBOL:" + col("entrez_gene_symbol"),
        subject_category=Category.GENE,
        text=col("category"),
        number=split_list("category_sources", ",").list.len(),
    )
    return Frames(labels=found, quarantine=bad, rows=table.n_lines)


DGIDB = Source(
    id="dgidb",
    title="DGIdb gene categories",
    infores="infores:dgidb",
    about="Categories of druggable genes by source: labels alone.",
    files=(
        SourceFile(
            FILE,
            columns=("entrez_gene_symbol", "category_sources", "category"),
            headers=(
                ("entrez_gene_symbol", "name"),
                ("category_sources", "source_db_name"),
                ("category", "name-2"),
            ),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
    agent_type=AgentType.AUTOMATED_AGENT,
)
