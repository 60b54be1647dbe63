"""GWAS Catalog: variants that studies found for traits, and the genes nearest to them.

The 2015 file has a row for each reported and mapped gene of a finding. A gene named by position
alone is weak evidence: the nearest gene of a lead variant is the causal one about half of the
time, less between genes.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import DISEASE_OR_PHENOTYPE, Frames, evidence, facts, nodes, number
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

ASSOCIATIONS = "gwas_catalog/gwas_catalog_v1.0.1_2015-06-08.tsv.gz"
LOCI = "gwas_catalog/gene_associations_loci_2015.tsv.gz"

GENOME_WIDE = 5e-8
INSIDE, BETWEEN, REPORTED = 0.5, 0.3, 0.2
"""Strength for the gene a variant lies in, the nearest genes of one between genes, and genes that
authors named without being nearest."""
SUGGESTIVE = 0.5
"""Findings above genome-wide significance count half."""
LOCUS = {"HC-P": 0.5, "HC-S": 0.1, "LC-P": 0.3, "LC-S": 0.1}
"""Strength by confidence in a locus (high, low) and the gene's place in it (primary, secondary)."""

GENE, VARIANT = Category.GENE, Category.VARIANT


def read(inputs: Inputs) -> Frames:
    """Findings as variant-trait, variant-gene and gene-trait edges, then the loci's genes."""
    return Frames.concat([_associations(inputs), _loci(inputs)])


def _associations(inputs: Inputs) -> Frames:
    table = inputs.table(ASSOCIATIONS)
    good, bad = table.split(
        {
            "variant is not one rsID": col("SNPS").str.strip_chars().str.contains(r"^rs\d+$"),
            "no trait identifier": _traits().list.len() > 0,
            "p value is no number from 0 to 1": number("P-VALUE").is_between(0.0, 1.0),
        }
    )
    rows = good.with_columns(
        variant=pl.concat_str(pl.lit("DBSNP:"), col("SNPS").str.strip_chars()),
        trait=_traits(),
        p=number("P-VALUE"),
        day=pl.coalesce(
            col("DATE").str.to_date(written, strict=False) for written in ("%d-%b-%Y", "%Y-%m-%d")
        ),
        paper=pl.concat_list(pl.concat_str(pl.lit("PMID:"), col("PUBMEDID"))),
        weight=pl.when(number("P-VALUE") <= GENOME_WIDE).then(1.0).otherwise(SUGGESTIVE),
        inside=col("INTERGENIC") == "0",
    ).explode("trait")
    named = _genes(rows)
    return Frames(
        nodes=nodes(
            rows.unique("variant", maintain_order=True), VARIANT, col("variant"), col("SNPS")
        ),
        evidence=pl.concat(
            [_variant_trait(inputs, rows), _variant_gene(inputs, named), _gene_trait(inputs, named)]
        ),
        facts=_places(inputs, rows),
        quarantine=bad,
        rows=table.n_lines,
    )


def _traits() -> pl.Expr:
    """Traits of a finding: the file of today separates several by commas, that of 2015 by rows."""
    listed = col("MAPPED_TRAIT_URI").str.split(",")
    return listed.list.eval(as_curie(pl.element().str.strip_chars())).list.drop_nulls()


def _listed(column: str) -> pl.Expr:
    """Genes of a column: those to both sides of a variant between genes, or several it lies in."""
    apart = col(column).str.replace_all(r" - | x |[,;]", "|")
    return (
        apart.str.split("|")
        .list.eval(pl.element().str.strip_chars())
        .list.unique(maintain_order=True)
    )


def _genes(rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each gene of a finding, with how it is tied to the variant and how strongly."""
    known = rows.with_columns(near=_listed("MAPPED_GENE"), named=_listed("REPORTED GENE(S)"))
    mapped = known.with_columns(
        gene=col("near"),
        tie=pl.when(col("inside")).then(pl.lit("inside")).otherwise(pl.lit("nearest")),
        strength=pl.when(col("inside")).then(INSIDE).otherwise(BETWEEN),
    ).explode("gene")
    reported = known.with_columns(
        gene=col("named").list.set_difference("near"),
        tie=pl.lit("reported"),
        strength=pl.lit(REPORTED),
    ).explode("gene")
    both = pl.concat([mapped, reported])
    return both.filter(col("gene").str.contains(r"^[A-Za-z][A-Za-z0-9.-]*$")).with_columns(
        gene="SYMBOL:" + col("gene")
    )


def _variant_trait(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    findings = rows.unique(["variant", "trait", "PUBMEDID", "P-VALUE"], maintain_order=True)
    return evidence(
        inputs,
        ASSOCIATIONS,
        findings,
        subject=col("variant"),
        predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
        object=col("trait"),
        subject_category=VARIANT,
        object_category=DISEASE_OR_PHENOTYPE,
        score=col("weight"),
        value=col("p"),
        value_kind="p value",
        publications=col("paper"),
        first_public=col("day"),
        hypothesis_free=True,
        **_effect(),
        detail={
            "study": col("STUDY"),
            "risk_allele": col("STRONGEST SNP-RISK ALLELE"),
            "odds_ratio_or_beta": col("OR or BETA"),
            "interval": col("95% CI (TEXT)"),
            "sample": col("INITIAL SAMPLE DESCRIPTION"),
        },
    )


def _effect() -> dict[str, pl.Expr]:
    """Size, interval and direction of the risk allele's effect, where the words tell which it is.

    The catalogue turns odds ratios so that they are at least 1 and says of other effects whether
    they increase or decrease the trait; a size below 1 without such a word may be either.
    """
    size, words = number("OR or BETA"), col("95% CI (TEXT)")
    ends = words.str.extract_groups(r"\[(-?[0-9.]+)\s*[-\u2013]\s*(-?[0-9.]+)\]")
    sign = (
        pl.when(words.str.contains("increase"))
        .then(1)
        .when(words.str.contains("decrease"))
        .then(-1)
        .when(size > 1)
        .then(1)
    )
    beta = words.str.contains("increase|decrease")
    kind = (
        pl.when(beta)
        .then(pl.lit("beta"))
        .when(size >= 1)
        .then(pl.lit("odds ratio"))
        .otherwise(pl.lit("odds ratio or beta"))
    )
    return {
        "effect": size,
        "effect_lower": ends.struct[0].cast(pl.Float64, strict=False),
        "effect_upper": ends.struct[1].cast(pl.Float64, strict=False),
        "effect_kind": pl.when(size.is_not_null()).then(kind),
        "direction_on_trait": pl.when(size.is_not_null()).then(sign),
    }


def _variant_gene(inputs: Inputs, named: pl.DataFrame) -> pl.DataFrame:
    ties = named.filter(col("tie") != "reported").unique(["variant", "gene"], maintain_order=True)
    return evidence(
        inputs,
        ASSOCIATIONS,
        ties,
        subject=col("variant"),
        predicate=pl.when(col("tie") == "inside")
        .then(pl.lit(Predicate.IS_SEQUENCE_VARIANT_OF.value))
        .otherwise(pl.lit(Predicate.IS_NEARBY_VARIANT_OF.value)),
        object=col("gene"),
        subject_category=VARIANT,
        object_category=GENE,
        score=col("strength"),
        first_public=col("day"),
        detail={"tie": col("tie"), "consequence": col("CONTEXT")},
    )


def _gene_trait(inputs: Inputs, named: pl.DataFrame) -> pl.DataFrame:
    findings = named.unique(["gene", "trait", "PUBMEDID", "variant", "tie"], maintain_order=True)
    return evidence(
        inputs,
        ASSOCIATIONS,
        findings,
        subject=col("gene"),
        predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
        object=col("trait"),
        subject_category=GENE,
        object_category=DISEASE_OR_PHENOTYPE,
        score=col("strength") * col("weight"),
        value=col("p"),
        value_kind="p value",
        publications=col("paper"),
        first_public=col("day"),
        hypothesis_free=col("tie") != "reported",
        detail={"variant": col("SNPS"), "tie": col("tie")},
    )


def _places(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    placed = rows.unique("variant", maintain_order=True).filter(number("CHR_POS").is_not_null())
    return facts(
        inputs,
        ASSOCIATIONS,
        placed,
        subject=col("variant"),
        subject_category=VARIANT,
        numbers={"location.start": number("CHR_POS")},
        texts={
            "location.chromosome": col("CHR_ID"),
            "location.assembly": pl.lit("GRCh38"),
            "variant.consequence": col("CONTEXT"),
        },
    )


def _loci(inputs: Inputs) -> Frames:
    if not inputs.has(LOCI):
        return Frames()
    table = inputs.table(LOCI)
    good, bad = table.split(
        {
            "gene is not an NCBI number": as_curie(col("gene"), "NCBIGene").is_not_null(),
            "disease is not a DOID": as_curie(col("doid_code")).is_not_null(),
            "unknown status": col("status").is_in(list(LOCUS)),
        }
    )
    return Frames(
        evidence=evidence(
            inputs,
            LOCI,
            good,
            subject=as_curie(col("gene"), "NCBIGene"),
            predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
            object=as_curie(col("doid_code")),
            subject_category=GENE,
            object_category=Category.DISEASE,
            score=col("status").replace_strict(LOCUS, return_dtype=pl.Float64),
            infores="infores:gwas-catalog",
            detail={"locus": col("locus"), "status": col("status")},
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


GWAS_CATALOG = Source(
    id="gwas_catalog",
    title="NHGRI-EBI GWAS Catalog",
    infores="infores:gwas-catalog",
    about="Variants found by genome-wide studies, with p value, study and the genes at each locus.",
    files=(
        SourceFile(
            ASSOCIATIONS,
            columns=(
                "PUBMEDID",
                "DATE",
                "STUDY",
                "INITIAL SAMPLE DESCRIPTION",
                "CHR_ID",
                "CHR_POS",
                "REPORTED GENE(S)",
                "MAPPED_GENE",
                "STRONGEST SNP-RISK ALLELE",
                "SNPS",
                "CONTEXT",
                "INTERGENIC",
                "P-VALUE",
                "OR or BETA",
                "95% CI (TEXT)",
                "MAPPED_TRAIT_URI",
            ),
            headers=(("INITIAL SAMPLE DESCRIPTION", "INITIAL SAMPLE SIZE"),),
        ),
        SourceFile(LOCI, columns=("doid_code", "locus", "status", "gene"), optional=True),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
    knowledge_level=KnowledgeLevel.STATISTICAL_ASSOCIATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
