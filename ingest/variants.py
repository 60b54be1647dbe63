"""What the sources of variants share: their coordinates, and amino-acid changes.

A variant is known by its rsID where it has one, else by chromosome, position and alleles on a
stated assembly. A change of the protein is a fact of the variant; `ingest.substitutions` puts it
on the residues of structures.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars import col

from ingest.columns import QUARANTINE, SUBSTITUTION
from ingest.frames import facts
from ingest.genes import approved
from ingest.source import Inputs
from kg.biolink import Category

THREE_LETTERS: Mapping[str, str] = {
    "Ala": "A",
    "Arg": "R",
    "Asn": "N",
    "Asp": "D",
    "Cys": "C",
    "Gln": "Q",
    "Glu": "E",
    "Gly": "G",
    "His": "H",
    "Ile": "I",
    "Leu": "L",
    "Lys": "K",
    "Met": "M",
    "Phe": "F",
    "Pro": "P",
    "Sec": "U",
    "Ser": "S",
    "Thr": "T",
    "Trp": "W",
    "Tyr": "Y",
    "Val": "V",
    "Ter": "*",
}
"""Amino acids of HGVS names, and the stop."""
SEVERAL = "the gene has several proteins, and which one is numbered is not told"
_LETTER = "ACDEFGHIKLMNPQRSTVWYU"


def locus(assembly: str, text: pl.Expr) -> pl.Expr:
    """`chr1:27551001:C:T` or `1-27551001-C-T` as a CURIE of the assembly; null when it is none.

    Args:
        assembly: GRCh37 or GRCh38.
        text: Chromosome, position, reference and alternative allele; any single separator.
    """
    parts = text.str.to_uppercase().str.extract_groups(
        r"^(?:CHR)?([0-9]{1,2}|X|Y|MT?)[:_-](\d+)[:_-]([ACGTN]+)[:_-]([ACGTN]+)$"
    )
    chromosome = parts.struct[0].replace({"M": "MT", "23": "X", "24": "Y"})
    fields = [chromosome, *(parts.struct[i] for i in (1, 2, 3))]
    return pl.concat_str(pl.lit(f"{assembly}:"), pl.concat_str(fields, separator="-"))


def changes(text: pl.Expr) -> dict[str, pl.Expr]:
    """Reference letter, position and alternative letter of `p.(Arg1830Cys)` or `R1830C`.

    Null where it is no exchange of one amino acid for another (or for a stop).
    """
    long = text.str.extract_groups(r"p\.\(?([A-Z][a-z]{2})(\d+)([A-Z][a-z]{2})\)?$")
    short = text.str.extract_groups(rf"^(?:p\.)?([{_LETTER}])(\d+)([{_LETTER}*])$")
    letters = [
        long.struct[i].replace_strict(THREE_LETTERS, default=None, return_dtype=pl.String)
        for i in (0, 2)
    ]
    position = pl.coalesce(long.struct[1], short.struct[1]).cast(pl.Int32, strict=False)
    return {
        "reference": pl.coalesce(letters[0], short.struct[0]),
        "position": position,
        "alternative": pl.coalesce(letters[1], short.struct[2]),
    }


def accessions(inputs: Inputs) -> pl.DataFrame:
    """Columns hgnc_id, entrez_id, symbol, uniprot, several: the proteins of each gene that has any.

    `uniprot` is the one protein of a gene, null where it has several: then `several` is true.
    The source declares `hgnc_table("uniprot_ids", "entrez_id", "symbol")`.
    """
    genes = approved(inputs).filter(col("uniprot_ids") != "")
    alone = col("uniprot_ids").str.contains(r"^[A-Z0-9]+$")
    return genes.select(
        "hgnc_id",
        "entrez_id",
        "symbol",
        uniprot=pl.when(alone).then(col("uniprot_ids")),
        several=~alone,
    )


def undecided(file: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of QUARANTINE for changes that no sequence can check: their gene has several proteins.

    The change alone is set aside; what else the row says of its variant is kept.

    Args:
        file: Path of the rows' file.
        rows: Columns reference, position, alternative, line, and `several` of `accessions`.
    """
    changed = rows.filter("several").drop_nulls(["reference", "position", "alternative"])
    return changed.select("line", file=pl.lit(file), reason=pl.lit(SEVERAL)).select(
        col(name).cast(dtype) for name, dtype in QUARANTINE.items()
    )


def substitutions(file: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of SUBSTITUTION from columns variant, uniprot, reference, position, alternative, line.

    Rows without one of these are left out; stops are kept, since they end the chain there.
    """
    whole = rows.drop_nulls(["variant", "uniprot", "reference", "position", "alternative"])
    told = whole.with_columns(file=pl.lit(file)).select(
        col(name).cast(dtype) for name, dtype in SUBSTITUTION.items()
    )
    return told.unique(
        ["variant", "uniprot", "position", "alternative"], keep="first", maintain_order=True
    )


def protein_facts(inputs: Inputs, file: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The protein change of each variant as a fact: `P15056:p.V600E`."""
    name = pl.concat_str(
        col("uniprot"),
        pl.lit(":p."),
        col("reference"),
        col("position").cast(pl.String),
        col("alternative"),
    )
    return facts(
        inputs,
        file,
        substitutions(file, rows),
        subject=col("variant"),
        subject_category=Category.VARIANT,
        texts={"variant.protein_change": name},
    )


def place_facts(
    inputs: Inputs, file: str, rows: pl.DataFrame, variant: pl.Expr, locus: pl.Expr
) -> pl.DataFrame:
    """Chromosome, position and assembly of variants, from a locus CURIE."""
    parts = locus.str.extract_groups(r"^(GRCh\d+):([^-]+)-(\d+)-([ACGTN]+)-([ACGTN]+)$")
    return facts(
        inputs,
        file,
        rows.unique(variant.meta.root_names(), maintain_order=True),
        subject=variant,
        subject_category=Category.VARIANT,
        numbers={"location.start": parts.struct[2].cast(pl.Float64)},
        texts={
            "location.chromosome": parts.struct[1],
            "location.assembly": parts.struct[0],
            "variant.alleles": pl.concat_str(parts.struct[3], pl.lit(">"), parts.struct[4]),
        },
    )
