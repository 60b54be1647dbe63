"""ClinPGx (PharmGKB): drugs with their drawings, and variants that change the response to drugs."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, aliases, evidence, facts, molecules, nodes, split_list
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import Category, EvidenceClass, Predicate

DRUGS = "clinpgx/drugs_2025-12.tsv.gz"
VARIANTS = "clinpgx/variants_2025-12.tsv.gz"
COMPOUND, VARIANT = Category.COMPOUND, Category.VARIANT
_XREFS = {
    "DrugBank:": "DRUGBANK:",
    "ChEBI:CHEBI:": "CHEBI:",
    "ChEMBL:": "CHEMBL.COMPOUND:",
    "PubChem Compound:": "PUBCHEM.COMPOUND:",
}
_CHROMOSOMES = {f"NC_{i:06d}": str(i) for i in range(1, 23)} | {
    "NC_000023": "X",
    "NC_000024": "Y",
    "NC_012920": "MT",
}
"""RefSeq accessions of the chromosomes, versions left off; `.12`-like versions are GRCh38's."""


def read(inputs: Inputs) -> Frames:
    """Drawings and cross references of drugs; variants with place and gene."""
    return Frames.concat([_drugs(inputs), _variants(inputs)])


def _drugs(inputs: Inputs) -> Frames:
    table = inputs.table(DRUGS)
    drug = as_curie(col("PharmGKB Accession Id"), "PHARMGKB")
    good, bad = table.split({"no PharmGKB accession": drug.is_not_null()})
    xrefs = (
        col("Cross-references")
        .str.replace_all('"', "", literal=True)
        .str.replace_many(list(_XREFS), list(_XREFS.values()))
        .str.split(",")
        .list.eval(as_curie(pl.element().str.strip_chars()))
        .list.drop_nulls()
    )
    drawn = molecules(
        DRUGS,
        good.filter((col("SMILES") != "") | xrefs.list.eval(_is_chembl()).list.any()),
        id=drug,
        name=col("Name"),
        smiles=col("SMILES"),
        synonyms=split_list("Generic Names", ","),
        xrefs=xrefs,
    )
    return Frames(molecules=drawn, quarantine=bad, rows=table.n_lines)


def _is_chembl() -> pl.Expr:
    return pl.element().str.starts_with("CHEMBL.COMPOUND:")


def _variants(inputs: Inputs) -> Frames:
    table = inputs.table(VARIANTS)
    rsid = pl.lit("DBSNP:") + col("Variant Name")
    good, bad = table.split({"no rsID (a haplotype or star allele)": rsid.str.contains(r":rs\d+$")})
    place = col("Location").str.extract_groups(r"^(NC_\d+)\.\d+:(\d+)$")
    rows = good.with_columns(
        variant=rsid,
        symbol=split_list("Gene Symbols", ",", "SYMBOL:"),
        start=place.struct[1].cast(pl.Float64),
        chromosome=place.struct[0].replace_strict(
            _CHROMOSOMES, default=None, return_dtype=pl.String
        ),
        former=col("Synonyms")
        .str.extract_all(r"(?:^|, )rs\d+")
        .list.eval(pl.lit("DBSNP:") + pl.element().str.strip_chars(", ")),
    )
    linked = evidence(
        inputs,
        VARIANTS,
        rows.explode("symbol").filter(col("symbol").is_not_null()),
        subject=col("variant"),
        predicate=Predicate.IS_NEARBY_VARIANT_OF,
        object=col("symbol"),
        subject_category=VARIANT,
        object_category=Category.GENE,
        detail={"tie": "annotated"},
    )
    known = facts(
        inputs,
        VARIANTS,
        rows.filter(col("chromosome").is_not_null()),
        subject=col("variant"),
        subject_category=VARIANT,
        numbers={"location.start": col("start")},
        texts={
            "location.chromosome": col("chromosome"),
            "location.assembly": pl.lit("GRCh38"),
        },
    )
    # two records may name each other (rs3064744, rs8175347): what has a record is not a former one
    merged = rows.explode("former").filter(~col("former").is_in(rows["variant"].implode()))
    return Frames(
        nodes=nodes(rows, VARIANT, col("variant"), col("Variant Name")),
        evidence=linked,
        facts=known,
        aliases=aliases(merged, VARIANT, col("former"), col("variant"), "replaced", rank=1),
        quarantine=bad,
        rows=table.n_lines,
    )


CLINPGX = Source(
    id="clinpgx",
    title="ClinPGx",
    infores="infores:pharmgkb",
    about="Drugs with drawings, and variants with place and gene that change drug response.",
    files=(
        SourceFile(
            DRUGS,
            columns=(
                "PharmGKB Accession Id",
                "Name",
                "Generic Names",
                "Cross-references",
                "SMILES",
            ),
            format=TableFormat(quote='"'),
        ),
        SourceFile(
            VARIANTS,
            columns=("Variant Name", "Gene Symbols", "Location", "Synonyms"),
            format=TableFormat(quote='"'),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
)
