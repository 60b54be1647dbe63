"""HGNC: approved human genes, their names and identifiers elsewhere."""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, aliases, evidence, facts, nodes, split_list
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import AgentType, Category, EvidenceClass, Predicate

FILE = "hgnc/hgnc_complete_set.txt.gz"
GENE, PROTEIN = Category.GENE, Category.PROTEIN

_XREFS = {
    "entrez_id": "NCBIGene:",
    "ensembl_gene_id": "ENSEMBL:",
    "omim_id": "OMIM:",
    "uniprot_ids": "UniProtKB:",
}


def read(inputs: Inputs) -> Frames:
    """Genes as nodes; symbols, previous symbols, aliases and cross references as aliases."""
    table = inputs.table(FILE)
    good, bad = table.split(
        {
            "gene is not an HGNC id": col("hgnc_id").str.contains(r"^HGNC:\d+$"),
            "no symbol": col("symbol") != "",
            "not an approved gene": col("status") == "Approved",
        }
    )
    products = _products(good)
    return Frames(
        nodes=pl.concat([_genes(good), _proteins(products)]),
        evidence=evidence(
            inputs,
            FILE,
            products,
            subject=col("hgnc_id"),
            predicate=Predicate.HAS_GENE_PRODUCT,
            object=col("uniprot"),
            subject_category=GENE,
            object_category=PROTEIN,
        ),
        facts=facts(
            inputs,
            FILE,
            good,
            subject=col("hgnc_id"),
            subject_category=GENE,
            texts={
                "gene.locus_type": col("locus_type"),
                "gene.locus_group": col("locus_group"),
                "location.band": col("location"),
                "gene.mane_select": col("mane_select").str.extract(r"(ENST[\d.]+)"),
            },
        ),
        aliases=_aliases(good),
        quarantine=bad,
        rows=table.n_lines,
    )


def _genes(rows: pl.DataFrame) -> pl.DataFrame:
    other = ["prev_symbol", "alias_symbol", "prev_name", "alias_name"]
    xrefs = [split_list(column, prefix=prefix) for column, prefix in _XREFS.items()]
    return nodes(
        rows,
        GENE,
        id=col("hgnc_id"),
        name=col("symbol"),
        description=col("name"),
        synonyms=pl.concat_list(split_list(c) for c in other),
        xrefs=pl.concat_list(xrefs),
    )


def _products(rows: pl.DataFrame) -> pl.DataFrame:
    listed = rows.with_columns(uniprot=split_list("uniprot_ids", prefix="UniProtKB:"))
    return listed.explode("uniprot").filter(col("uniprot").is_not_null())


def _proteins(products: pl.DataFrame) -> pl.DataFrame:
    return nodes(
        products,
        PROTEIN,
        id=col("uniprot"),
        name=col("symbol") + " protein",
        description=col("name"),
    )


def _aliases(rows: pl.DataFrame) -> pl.DataFrame:
    """Approved symbols win over previous ones, and these over aliases; ties are ambiguous."""

    def listed(column: str, prefix: str, kind: str, rank: int) -> pl.DataFrame:
        frame = rows.with_columns(alias=split_list(column, prefix=prefix)).explode("alias")
        return aliases(frame, GENE, col("alias"), col("hgnc_id"), kind, rank)

    symbols = [
        listed("symbol", "SYMBOL:", "name", 0),
        listed("prev_symbol", "SYMBOL:", "previous", 1),
        listed("alias_symbol", "SYMBOL:", "synonym", 1),
    ]
    ids = [listed(column, prefix, "xref", 1) for column, prefix in _XREFS.items()]
    return pl.concat(symbols + ids)


HGNC = Source(
    id="hgnc",
    title="HGNC",
    infores="infores:hgnc",
    about="Approved human genes, symbols and cross references; gene to protein product.",
    files=(
        SourceFile(
            FILE,
            columns=(
                "hgnc_id",
                "symbol",
                "name",
                "locus_group",
                "locus_type",
                "status",
                "location",
                "alias_symbol",
                "alias_name",
                "prev_symbol",
                "prev_name",
                "entrez_id",
                "ensembl_gene_id",
                "uniprot_ids",
                "omim_id",
                "mane_select",
            ),
            format=TableFormat(quote='"'),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.ONTOLOGY,
    agent_type=AgentType.MANUAL_AGENT,
    required=True,
)
