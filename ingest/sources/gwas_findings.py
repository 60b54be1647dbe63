"""Further findings of the GWAS Catalog: loci of 2015 with their disease, p values of 2020.

The file of 2020 names traits by the catalogue's own words: a word that the catalogue of 2015 maps
to one term takes that term, and the others become traits under their words.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import DISEASE_OR_PHENOTYPE, Frames, evidence, nodes, number
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.sources.gwas_catalog import ASSOCIATIONS, GENOME_WIDE, SUGGESTIVE
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

LOCI = "gwas_catalog/snp_associations_loci_2015.tsv.gz"
LATER = "gwas_catalog/snp_trait_p_2020.tsv.gz"
VARIANT, GENE = Category.VARIANT, Category.GENE
_RSID = r"^rs\d+$"
_LONGEST = 300
INSIDE, BESIDE = 0.5, 0.3
"""Strength of a tie to a gene the variant lies in, and to the nearest on either side."""


def read(inputs: Inputs) -> Frames:
    """Variants of loci with disease and genes, then variants of 2020 with traits."""
    return Frames.concat([_loci(inputs), _later(inputs)])


def _loci(inputs: Inputs) -> Frames:
    table = inputs.table(LOCI)
    good, bad = table.split(
        {
            "lead variant is not one rsID": col("lead_snp").str.contains(_RSID),
            "disease is not a DOID": as_curie(col("doid_code")).is_not_null(),
            "p value is no number": number("mlog_pvalue").is_between(0.0, 10000.0),
        }
    )
    rows = good.with_columns(
        variant=pl.lit("DBSNP:") + col("lead_snp"),
        p=pl.lit(10.0).pow(-number("mlog_pvalue").clip(0.0, 307.0)),
        day=col("date").str.to_date("%Y-%m-%d", strict=False),
        papers=pl.concat_list(pl.lit("PMID:") + col("pubmed_id")),
    )
    return Frames.concat(
        [
            Frames(
                nodes=nodes(rows, VARIANT, col("variant"), col("lead_snp")),
                evidence=_findings(inputs, rows),
                quarantine=bad,
                rows=table.n_lines,
            ),
            *(
                _ties(inputs, rows, column)
                for column in ("containing_genes", "upstream_gene", "downstream_gene")
            ),
        ]
    )


def _findings(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    found = rows.unique(["variant", "doid_code", "pubmed_id", "mlog_pvalue"], maintain_order=True)
    return evidence(
        inputs,
        LOCI,
        found,
        subject=col("variant"),
        predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
        object=as_curie(col("doid_code")),
        subject_category=VARIANT,
        object_category=DISEASE_OR_PHENOTYPE,
        score=pl.when(col("p") <= GENOME_WIDE).then(1.0).otherwise(SUGGESTIVE),
        value=col("p"),
        value_kind="p value",
        publications=col("papers"),
        first_public=col("day"),
        detail={
            "cases": col("cases"),
            "controls": col("controls"),
            "locus": col("locus"),
            "region": pl.concat_str(
                [
                    col("lead_chrom"),
                    pl.lit(":"),
                    col("lower_coord"),
                    pl.lit("-"),
                    col("upper_coord"),
                ]
            ),
        },
    )


def _ties(inputs: Inputs, rows: pl.DataFrame, column: str) -> Frames:
    inside = column == "containing_genes"
    genes = rows.with_columns(gene=col(column).str.split("|")).explode("gene")
    numbered = genes.with_columns(gene=as_curie(col("gene").str.strip_suffix(".0"), "NCBIGene"))
    tied = numbered.drop_nulls("gene").unique(["variant", "gene"], maintain_order=True)
    found = evidence(
        inputs,
        LOCI,
        tied,
        subject=col("variant"),
        predicate=Predicate.IS_SEQUENCE_VARIANT_OF if inside else Predicate.IS_NEARBY_VARIANT_OF,
        object=col("gene"),
        subject_category=VARIANT,
        object_category=GENE,
        score=INSIDE if inside else BESIDE,
        first_public=col("day"),
        detail={"tie": "inside" if inside else column.replace("_", " ")},
    )
    return Frames(evidence=found)


def _later(inputs: Inputs) -> Frames:
    table = inputs.table(LATER)
    good, bad = table.split(
        {
            "variant is not one rsID": col("SNP").str.contains(_RSID),
            "p value is no number from 0 to 1": number("P.VALUE").is_between(0.0, 1.0),
            "no trait": col("DISEASE.TRAIT").str.len_bytes().is_between(1, _LONGEST),
        }
    )
    rows = good.join(_terms(inputs), on="DISEASE.TRAIT", how="left", maintain_order="left")
    rows = rows.with_columns(
        variant=pl.lit("DBSNP:") + col("SNP"),
        trait=pl.coalesce("term", pl.lit("TRAIT:") + col("DISEASE.TRAIT")),
    )
    own = rows.filter(col("term").is_null()).unique("trait", maintain_order=True)
    p = number("P.VALUE")
    found = evidence(
        inputs,
        LATER,
        rows,
        subject=col("variant"),
        predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
        object=col("trait"),
        subject_category=VARIANT,
        object_category=DISEASE_OR_PHENOTYPE,
        score=pl.when(p <= GENOME_WIDE).then(1.0).otherwise(SUGGESTIVE),
        value=p,
        value_kind="p value",
        publications=pl.concat_list(pl.lit("PMID:") + col("PUBMEDID")),
        detail={"study": col("STUDY.ACCESSION"), "trait": col("DISEASE.TRAIT")},
    )
    single = rows.unique("variant", maintain_order=True)
    made = [
        nodes(single, VARIANT, col("variant"), col("SNP")),
        nodes(own, Category.PHENOTYPE, col("trait"), col("DISEASE.TRAIT")),
    ]
    return Frames(nodes=pl.concat(made), evidence=found, quarantine=bad, rows=table.n_lines)


def _terms(inputs: Inputs) -> pl.DataFrame:
    """Columns DISEASE.TRAIT, term: words that the catalogue of 2015 maps to one term alone."""
    known = inputs.table(ASSOCIATIONS).rows.select(
        col("DISEASE/TRAIT").alias("DISEASE.TRAIT"), term=as_curie(col("MAPPED_TRAIT_URI"))
    )
    pairs = known.drop_nulls().unique(maintain_order=True)
    return pairs.filter(pl.len().over("DISEASE.TRAIT") == 1)


GWAS_FINDINGS = Source(
    id="gwas_findings",
    title="GWAS Catalog, further findings",
    infores="infores:gwas-catalog",
    about="Lead variants of loci with disease (2015), and of traits with p values (2020).",
    files=(
        SourceFile(
            LOCI,
            columns=(
                "doid_code",
                "pubmed_id",
                "upstream_gene",
                "date",
                "containing_genes",
                "lead_snp",
                "mlog_pvalue",
                "downstream_gene",
                "cases",
                "controls",
                "lead_chrom",
                "lower_coord",
                "upper_coord",
                "locus",
            ),
        ),
        SourceFile(
            LATER,
            columns=("PUBMEDID", "DISEASE.TRAIT", "SNP", "P.VALUE", "STUDY.ACCESSION"),
        ),
        SourceFile(ASSOCIATIONS, columns=("DISEASE/TRAIT", "MAPPED_TRAIT_URI")),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
    knowledge_level=KnowledgeLevel.STATISTICAL_ASSOCIATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
