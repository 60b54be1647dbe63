"""CIViC: clinical interpretations of variants in cancer, refutations included.

An item is about a molecular profile; profiles of one variant alone are kept here, since a
combination says nothing of its members. Statements on treatment, diagnosis and prognosis are
clinical evidence; those on predisposition and oncogenicity are genetic.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.dates import parse_day
from ingest.frames import DISEASE_OR_PHENOTYPE, Frames, aliases, evidence, facts, nodes
from ingest.genes import hgnc_table
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.variants import (
    accessions,
    changes,
    locus,
    place_facts,
    protein_facts,
    substitutions,
    undecided,
)
from kg.biolink import Category, EvidenceClass, Predicate

VARIANTS = "civic/variants_2025-12.tsv.gz"
EVIDENCE = "civic/clinical_evidence_2025-12.tsv.gz"
ASSERTIONS = "civic/assertions_2025-12.tsv.gz"
PROFILES = "civic/molecular_profiles_2025-12.tsv.gz"
FEATURES = "civic/features_2025-12.tsv.gz"

LEVEL = {"A": 1.0, "B": 0.8, "C": 0.5, "D": 0.3, "E": 0.1}
"""Strength by evidence level: validated, clinical, case study, preclinical, inferential."""
EFFECT = {"Gain of Function": 1, "Loss of Function": -1, "Dominant Negative": -1}
"""What a functional item says the variant does to the gene's product."""
GENETIC = ("Predisposing", "Oncogenic")
VARIANT = Category.VARIANT


def read(inputs: Inputs) -> Frames:
    """Variants with their genes, then items of evidence, then assertions."""
    variants = _rows(inputs)
    of_profile = variants.filter(col("profile") != "").select("profile", "variant", "entrez")
    return Frames.concat(
        [
            _variants(inputs, variants),
            _items(inputs, of_profile),
            _assertions(inputs, of_profile),
            _names(inputs, of_profile),
        ]
    )


def _rows(inputs: Inputs) -> pl.DataFrame:
    """Variants that are not flagged, with identifier, gene, place and protein change."""
    table = inputs.table(VARIANTS)
    proteins = accessions(inputs).select("entrez_id", "uniprot", "several")
    allele = pl.concat_str(
        [col("chromosome"), col("start"), col("reference_bases"), col("variant_bases")],
        separator=":",
    )
    own = pl.concat_str(pl.lit("CIVIC.VARIANT:"), col("variant_id"))
    return (
        table.rows.with_columns(
            own=own,
            id=pl.coalesce(as_curie(col("allele_registry_id"), "CAID"), own),
            label=col("variant"),
            entrez=col("entrez_id"),
            profile=col("single_variant_molecular_profile_id"),
            locus=pl.when(col("reference_build") == "GRCh37").then(locus("GRCh37", allele)),
            **changes(col("variant")),
        )
        .select(
            pl.all().exclude("variant"),
            variant=col("id"),
        )
        .join(proteins, left_on="entrez", right_on="entrez_id", how="left", maintain_order="left")
    )


def _variants(inputs: Inputs, rows: pl.DataFrame) -> Frames:
    table = inputs.table(VARIANTS)
    flagged = rows.filter(col("is_flagged") == "true")
    set_aside = flagged.select(
        "line", file=pl.lit(VARIANTS), reason=pl.lit("flagged by the curators")
    ).select("file", "line", "reason")
    kept = rows.filter(col("is_flagged") != "true")
    linked = evidence(
        inputs,
        VARIANTS,
        _with_genes(inputs, kept),
        subject=col("variant"),
        predicate=Predicate.IS_SEQUENCE_VARIANT_OF,
        object=pl.concat_str(pl.lit("NCBIGene:"), col("gene_entrez")),
        subject_category=VARIANT,
        object_category=Category.GENE,
        detail={"consequence": col("variant_types"), "tie": "coding"},
    )
    single = kept.unique("variant", maintain_order=True)
    kinds = facts(
        inputs,
        VARIANTS,
        single,
        subject=col("variant"),
        subject_category=VARIANT,
        texts={"variant.consequence": col("variant_types"), "variant.hgvs": _first_hgvs()},
    )
    known = [
        aliases(kept, VARIANT, col("own"), col("variant"), "id", rank=0),
        aliases(kept.filter(col("profile") != ""), VARIANT, _profile(), col("variant"), "xref", 1),
        aliases(kept, VARIANT, col("locus"), col("variant"), "xref", rank=2),
    ]
    return Frames(
        nodes=nodes(
            single,
            VARIANT,
            col("variant"),
            pl.concat_str(col("feature_name"), pl.lit(" "), col("label")),
            synonyms=col("variant_aliases").str.split(","),
            xrefs=pl.concat_list("own"),
        ),
        evidence=linked,
        facts=pl.concat(
            [
                kinds,
                place_facts(inputs, VARIANTS, single, col("variant"), col("locus")),
                protein_facts(inputs, VARIANTS, kept),
            ]
        ),
        aliases=pl.concat(known).filter(col("alias") != col("id")),
        substitutions=substitutions(VARIANTS, kept),
        quarantine=pl.concat([table.bad, set_aside, undecided(VARIANTS, kept)]),
        rows=table.n_lines,
    )


def _first_hgvs() -> pl.Expr:
    return col("hgvs_descriptions").str.split(",").list.first()


def _profile() -> pl.Expr:
    return pl.concat_str(pl.lit("CIVIC.PROFILE:"), col("profile"))


def _with_genes(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each gene of a variant: its own, or both partners of a fusion."""
    features = inputs.table(FEATURES).rows.select(
        "feature_id",
        partners=pl.concat_list(
            "entrez_id", "five_prime_gene_entrez_id", "three_prime_gene_entrez_id"
        ),
    )
    joined = rows.join(features, on="feature_id", how="left", maintain_order="left")
    genes = pl.concat_list(pl.concat_list("entrez"), col("partners").fill_null([])).list.unique(
        maintain_order=True
    )
    return (
        joined.with_columns(gene_entrez=genes)
        .explode("gene_entrez")
        .with_columns(gene_entrez=col("gene_entrez").str.strip_suffix(".0"))
        .filter(col("gene_entrez").str.contains(r"^\d+$"))
        .unique(["variant", "gene_entrez"], maintain_order=True)
    )


def _items(inputs: Inputs, of_profile: pl.DataFrame) -> Frames:
    table = inputs.table(EVIDENCE)
    single = col("molecular_profile_id").is_in(of_profile["profile"].implode())
    good, bad = table.split(
        {
            "a combination of variants": single,
            "flagged by the curators": col("is_flagged") != "true",
            "unknown level": col("evidence_level").is_in(list(LEVEL)),
            "no disease": col("doid").str.contains(r"^\d+$")
            | ((col("evidence_type") == "Functional") & (col("doid") == "")),
            "direction is not told": col("evidence_direction").is_in(
                ["Supports", "Does Not Support"]
            ),
        }
    )
    rows = good.join(
        of_profile, left_on="molecular_profile_id", right_on="profile", maintain_order="left"
    ).with_columns(
        disease=pl.concat_str(pl.lit("DOID:"), col("doid")),
        papers=pl.when(col("source_type") == "PubMed")
        .then(pl.concat_list(pl.concat_str(pl.lit("PMID:"), col("citation_id"))))
        .otherwise(pl.lit([], dtype=pl.List(pl.String))),
        negated=col("evidence_direction") == "Does Not Support",
    )
    about_disease = rows.filter(col("doid") != "")
    return Frames(
        evidence=pl.concat([_claims(inputs, about_disease), _effects(inputs, rows)]),
        quarantine=bad,
        rows=table.n_lines,
    )


def _claims(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    genetic = col("evidence_type").is_in(GENETIC)
    uncertain = col("significance").is_in(["Uncertain Significance", "N/A"])
    return evidence(
        inputs,
        EVIDENCE,
        rows.filter(~(genetic & uncertain)),
        subject=col("variant"),
        predicate=pl.when(genetic)
        .then(pl.lit(Predicate.GENETICALLY_ASSOCIATED_WITH.value))
        .otherwise(pl.lit(Predicate.ASSOCIATED_WITH.value)),
        object=col("disease"),
        subject_category=VARIANT,
        object_category=DISEASE_OR_PHENOTYPE,
        evidence_class=pl.when(genetic)
        .then(pl.lit(EvidenceClass.GENETIC.value))
        .otherwise(pl.lit(EvidenceClass.CLINICAL.value)),
        score=col("evidence_level").replace_strict(LEVEL, return_dtype=pl.Float64),
        negated=col("negated"),
        direction_on_trait=pl.when(col("significance") == "Protectiveness")
        .then(-1)
        .when(col("significance").is_in(["Predisposition", "Oncogenicity"]))
        .then(1),
        publications=col("papers"),
        detail={
            "type": col("evidence_type"),
            "significance": col("significance"),
            "level": col("evidence_level"),
            "therapies": col("therapies"),
            "origin": col("variant_origin"),
            "item": col("evidence_id"),
        },
    )


def _effects(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """What a variant does to its gene's product, where an item tells."""
    told = rows.filter(
        (col("evidence_type") == "Functional")
        & col("significance").is_in(list(EFFECT))
        & col("entrez").str.contains(r"^\d+$")
    )
    return evidence(
        inputs,
        EVIDENCE,
        told,
        subject=col("variant"),
        predicate=Predicate.IS_SEQUENCE_VARIANT_OF,
        object=pl.concat_str(pl.lit("NCBIGene:"), col("entrez")),
        subject_category=VARIANT,
        object_category=Category.GENE,
        score=col("evidence_level").replace_strict(LEVEL, return_dtype=pl.Float64),
        negated=col("negated"),
        direction_on_target=col("significance").replace_strict(EFFECT, return_dtype=pl.Int8),
        publications=col("papers"),
        detail={"effect": col("significance"), "item": col("evidence_id"), "tie": "coding"},
    )


def _assertions(inputs: Inputs, of_profile: pl.DataFrame) -> Frames:
    table = inputs.table(ASSERTIONS)
    good, bad = table.split(
        {
            "a combination of variants": col("molecular_profile_id").is_in(
                of_profile["profile"].implode()
            ),
            "flagged by the curators": col("is_flagged") != "true",
            "no disease": col("doid").str.contains(r"^\d+$"),
        }
    )
    rows = good.join(
        of_profile, left_on="molecular_profile_id", right_on="profile", maintain_order="left"
    )
    genetic = col("assertion_type").is_in(GENETIC)
    said = evidence(
        inputs,
        ASSERTIONS,
        rows,
        subject=col("variant"),
        predicate=pl.when(genetic)
        .then(pl.lit(Predicate.GENETICALLY_ASSOCIATED_WITH.value))
        .otherwise(pl.lit(Predicate.ASSOCIATED_WITH.value)),
        object=pl.concat_str(pl.lit("DOID:"), col("doid")),
        subject_category=VARIANT,
        object_category=DISEASE_OR_PHENOTYPE,
        evidence_class=pl.when(genetic)
        .then(pl.lit(EvidenceClass.GENETIC.value))
        .otherwise(pl.lit(EvidenceClass.CLINICAL.value)),
        score=1.0,
        negated=col("assertion_direction") == "Does Not Support",
        detail={
            "type": col("assertion_type"),
            "significance": col("significance"),
            "therapies": col("therapies"),
            "amp": col("amp_category"),
            "acmg": col("acmg_codes"),
            "reviewed": parse_day(col("last_review_date")).cast(pl.String),
        },
    )
    return Frames(evidence=said, quarantine=bad, rows=table.n_lines)


def _names(inputs: Inputs, of_profile: pl.DataFrame) -> Frames:
    """Names of single-variant profiles: `BRAF V600E` finds the variant."""
    table = inputs.table(PROFILES)
    named = table.rows.join(
        of_profile, left_on="molecular_profile_id", right_on="profile", maintain_order="left"
    )
    lone = named.filter(pl.len().over("name") == 1)
    return Frames(
        aliases=aliases(
            lone, VARIANT, pl.concat_str(pl.lit("NAME:"), col("name")), col("variant"), "name", 2
        ),
        quarantine=table.bad,
        rows=table.n_lines,
    )


CIVIC = Source(
    id="civic",
    title="CIViC",
    infores="infores:civic",
    about="Variants in cancer: treatment, diagnosis, prognosis, predisposition; refutations too.",
    files=(
        SourceFile(
            VARIANTS,
            columns=(
                "variant_id",
                "feature_id",
                "feature_name",
                "variant",
                "variant_aliases",
                "is_flagged",
                "variant_types",
                "single_variant_molecular_profile_id",
                "entrez_id",
                "chromosome",
                "start",
                "reference_bases",
                "variant_bases",
                "reference_build",
                "hgvs_descriptions",
                "allele_registry_id",
            ),
        ),
        SourceFile(
            EVIDENCE,
            columns=(
                "molecular_profile_id",
                "doid",
                "therapies",
                "evidence_type",
                "evidence_direction",
                "evidence_level",
                "significance",
                "citation_id",
                "source_type",
                "evidence_id",
                "variant_origin",
                "is_flagged",
            ),
        ),
        SourceFile(
            ASSERTIONS,
            columns=(
                "molecular_profile_id",
                "doid",
                "therapies",
                "assertion_type",
                "assertion_direction",
                "significance",
                "acmg_codes",
                "amp_category",
                "last_review_date",
                "is_flagged",
            ),
        ),
        SourceFile(PROFILES, columns=("name", "molecular_profile_id")),
        SourceFile(
            FEATURES,
            columns=(
                "feature_id",
                "entrez_id",
                "five_prime_gene_entrez_id",
                "three_prime_gene_entrez_id",
            ),
        ),
        hgnc_table("uniprot_ids", "entrez_id", "symbol"),
    ),
    read=read,
    evidence_class=EvidenceClass.CLINICAL,
)
