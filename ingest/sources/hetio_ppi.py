"""Hetionet's merged protein interactions of 2015, with methods and papers.

Some papers are systematic screens; which rows of theirs were chosen is not told, so all are
literature.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, split_list
from ingest.genes import gene_pairs, saturating
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import EvidenceClass

FILE = "interactome/hetio_protein_interactions.txt.gz"
_ENDS = ("source_code", "target_code")


def read(inputs: Inputs) -> Frames:
    """One record per row, scored by its different methods, n / (n + 1); unknown counts as one."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "gene is not an HGNC id": pl.all_horizontal(
                col(end).str.contains(r"^HGNC:\d+$") for end in _ENDS
            ),
            "a protein with itself": col(_ENDS[0]) != col(_ENDS[1]),
        }
    )
    methods = split_list("method").list.unique().list.set_difference(["-"]).list.len()
    papers = split_list("pubmed").list.eval(
        "PMID:" + pl.element().filter(pl.element().str.contains(r"^\d+$"))
    )
    found = gene_pairs(
        inputs,
        FILE,
        good,
        *map(col, _ENDS),
        score=saturating(methods.clip(1)),
        publications=papers,
        detail={"interaction": col("interaction_type"), "method": col("method")},
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


HETIO_PPI = Source(
    id="hetio_ppi",
    title="Hetionet protein interactions",
    infores="infores:hetionet",
    about="Protein interactions merged from public databases in 2015, with methods and papers.",
    files=(SourceFile(FILE, columns=(*_ENDS, "pubmed", "interaction_type", "method")),),
    read=read,
    evidence_class=EvidenceClass.LITERATURE,
)
