"""Segments of SIFTS: which residues of a chain are which of a protein's sequence."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from polars import col

from ingest.chains import Segment

SEGMENT = ("RES_BEG", "RES_END", "SP_BEG", "SP_END")
Segments = dict[tuple[str, str], list[tuple[str, Segment]]]
"""Chains and their segments, by entry and accession."""


def segments_of(sifts: pl.DataFrame, index: pl.DataFrame) -> Segments:
    """SIFTS rows of the index's entries, by entry and accession; rows without numbers left out."""
    wanted = sifts.join(
        index.select(PDB=col("pdb").str.to_lowercase(), SP_PRIMARY="uniprot").unique(),
        on=["PDB", "SP_PRIMARY"],
        how="semi",
    )
    numbers = wanted.with_columns(col(c).cast(pl.Int64, strict=False) for c in SEGMENT)
    whole = numbers.drop_nulls(SEGMENT).sort("PDB", "SP_PRIMARY", "CHAIN", "RES_BEG")
    found: Segments = {}
    for entry, protein, chain, *ends in whole.select(
        "PDB", "SP_PRIMARY", "CHAIN", *SEGMENT
    ).iter_rows():
        found.setdefault((entry, protein), []).append((chain, Segment(*ends)))
    return found


def of_chain(known: Sequence[tuple[str, Segment]], chain: str) -> list[Segment]:
    """The segments of the chain; of the protein's first chain where the index names another."""
    names = [name for name, _ in known]
    chosen = chain if chain in names else "".join(names[:1])
    return [segment for name, segment in known if name == chosen]
