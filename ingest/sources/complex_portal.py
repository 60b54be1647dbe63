"""Complex Portal: names and definitions of human complexes; the file lists no members."""

from __future__ import annotations

from polars import col

from ingest.frames import Frames, nodes, split_list
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import Category, EvidenceClass

FILE = "complexportal/complexes_2025-08-08.tsv.gz"


def read(inputs: Inputs) -> Frames:
    """Human complexes as nodes, to be found by name."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "complex is not a Complex Portal id": col("identifier").str.contains(r"^CPX-\d+$"),
            "not a human complex": col("species").is_in(["ncbitaxon:9606", "9606"]),
        }
    )
    complexes = nodes(
        good,
        Category.COMPLEX,
        "ComplexPortal:" + col("identifier"),
        col("name"),
        description=col("definition"),
        synonyms=split_list("synonyms"),
    )
    return Frames(nodes=complexes, quarantine=bad, rows=table.n_lines)


COMPLEX_PORTAL = Source(
    id="complex_portal",
    title="Complex Portal",
    infores="infores:complex-portal",
    about="Curated human complexes: names and what they do, without their members.",
    files=(
        SourceFile(
            FILE,
            columns=("identifier", "name", "definition", "synonyms", "species"),
            headers=(
                ("identifier", "#Complex ac"),
                ("name", "Recommended name"),
                ("definition", "Description"),
                ("synonyms", "Aliases for complex"),
                ("species", "Taxonomy identifier"),
            ),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
)
