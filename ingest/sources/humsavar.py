"""UniProt's index of human missense variants: disease, polymorphism, or not classified.

The file names no disease: a variant's class is a fact of it, and no gene-disease statement.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest import humsavar
from ingest.frames import Frames, evidence, facts, nodes
from ingest.source import Inputs, Source, SourceFile
from ingest.variants import protein_facts, substitutions
from kg.biolink import Category, EvidenceClass, Predicate

FILE = "uniprot/humsavar_missense_2020-02.tsv.gz"
CLASSES = ("DISEASE", "POLYMORPHISM", "UNCLASSIFIED")
_ACCESSION = r"^[A-Z0-9]{6,10}$"
_LETTER = r"^[ACDEFGHIKLMNPQRSTVWYU]$"


def read(inputs: Inputs) -> Frames:
    """A row is a substitution in the numbering of the canonical sequence."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "no UniProt accession": col("id").str.contains(_ACCESSION),
            "reference is no amino acid": col("ref").str.contains(_LETTER),
            "replacement is no amino acid": col("mutant").str.contains(_LETTER),
            "position is no number from 1": col("position").str.contains(r"^[1-9]\d{0,4}$"),
            "unknown class": col("target").is_in(CLASSES),
        }
    )
    change = pl.concat_str(col("id"), pl.lit("-"), col("ref"), col("position"), col("mutant"))
    rows = good.with_columns(
        variant=pl.concat_str(pl.lit("SUBSTITUTION:"), change),
        uniprot=col("id"),
        reference=col("ref"),
        position=col("position").cast(pl.Int32),
        alternative=col("mutant"),
    )
    name = pl.concat_str(col("id"), pl.lit(" p."), col("ref"), col("position"), col("mutant"))
    linked = evidence(
        inputs,
        FILE,
        rows,
        subject=col("variant"),
        predicate=Predicate.IS_SEQUENCE_VARIANT_OF,
        object=pl.concat_str(pl.lit("UniProtKB:"), col("id")),
        subject_category=Category.VARIANT,
        object_category=Category.GENE,
        detail={"consequence": "missense variant", "tie": "coding"},
    )
    told = facts(
        inputs,
        FILE,
        rows,
        subject=col("variant"),
        subject_category=Category.VARIANT,
        texts={"variant.class": col("target").str.to_lowercase()},
    )
    return Frames(
        nodes=nodes(rows, Category.VARIANT, col("variant"), name),
        evidence=linked,
        facts=pl.concat([told, protein_facts(inputs, FILE, rows)]),
        substitutions=substitutions(FILE, rows),
        quarantine=bad,
        rows=table.n_lines,
    )


HUMSAVAR = Source(
    id="humsavar",
    title="UniProt humsavar",
    infores="infores:uniprot",
    about="Missense variants of human proteins, each classed disease, polymorphism or neither.",
    files=(
        SourceFile(
            FILE,
            columns=("id", "ref", "position", "mutant", "target"),
            convert=humsavar.convert,
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
)
