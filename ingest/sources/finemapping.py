"""Fine-mapping of 94 traits in BioBank Japan, FinnGen and UK Biobank: credible sets and PIPs.

A variant's posterior inclusion probability (PIP, 0 to 1) is the chance that it is the causal one
of its locus. Terms are not stated by the authors, so the files are read from a mirror alone.

Every row of the five tables of results gives evidence or is in the quarantine. Three things are
left out by design. A variant with a high PIP ties a gene only where it changes the gene's protein.
Of a trait that several cohorts describe, the first description is taken. The variants that the
tables of allelic series list are not read: their genes are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
from polars import col

from ingest import biobank_traits, eqtl_tissues
from ingest.frames import DISEASE_OR_PHENOTYPE, Frames, Value, aliases, evidence, nodes, number
from ingest.source import Inputs, Source, SourceFile
from ingest.variants import locus, place_facts
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

FOLDER = "finemapping"
PAIRS = f"{FOLDER}/STable_high_pip_pairs.tsv.gz"
COLOC = f"{FOLDER}/STable_coloc.tsv.gz"
SETS = f"{FOLDER}/STable_CS_summary.tsv.gz"
CODING = f"{FOLDER}/STable_allelic_series_coding.tsv.gz"
MIXED = f"{FOLDER}/STable_allelic_series_coding_non_coding.tsv.gz"
TISSUES = f"{FOLDER}/eqtl_tissues.txt.gz"
TRAITS = f"{FOLDER}/trait_summary.txt.gz"

VARIANT, GENE = Category.VARIANT, Category.GENE
COHORT = {"BBJ": "East Asian", "FG": "Finnish", "UKBB": "European"}
"""Ancestry of each cohort's participants."""
CODING_TERMS = r"missense|stop_|frameshift|inframe|start_lost|splice_(?:acceptor|donor)"
IS_SYMBOL = r"^[A-Za-z][A-Za-z0-9.-]*$"
_PROTEIN = 0.9
"""Strength of a fine-mapped change of the protein, times its PIP."""


def read(inputs: Inputs) -> Frames:
    """Variant-trait pairs with PIP, then colocalised genes, then genes with several variants."""
    traits, bad = biobank_traits.traits(inputs.table(TRAITS))
    return Frames.concat(
        [
            _trait_nodes(inputs, traits, bad),
            _pairs(inputs, traits),
            _sets(inputs, traits),
            _coloc(inputs, traits),
            _series(inputs, traits, CODING, "n_uniq_variants"),
            _series(inputs, traits, MIXED, "n_uniq_nonsyn_variants"),
        ]
    )


def _trait_nodes(inputs: Inputs, traits: pl.DataFrame, bad: pl.DataFrame) -> Frames:
    own = traits.filter(col("term").str.starts_with("TRAIT:"))
    return Frames(
        nodes=nodes(own, Category.PHENOTYPE, col("term"), col("description")),
        quarantine=bad,
        rows=inputs.table(TRAITS).n_lines,
    )


def _variant(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `place`, the GRCh37 locus; `variant` is the rsID where there is one, else the place."""
    place = locus("GRCh37", col("variant"))
    rsid = pl.when(col("rsid").str.contains(r"^rs\d+$")).then(pl.lit("DBSNP:") + col("rsid"))
    return rows.with_columns(place=place).with_columns(variant=pl.coalesce(rsid, col("place")))


def _nodes(inputs: Inputs, file: str, rows: pl.DataFrame) -> Frames:
    single = rows.unique("variant", maintain_order=True)
    known = aliases(single, VARIANT, col("place"), col("variant"), "xref", rank=1)
    return Frames(
        nodes=nodes(single, VARIANT, col("variant"), col("variant").str.split(":").list.last()),
        aliases=known.filter(col("alias") != col("id")),
        facts=place_facts(inputs, file, single, col("variant"), col("place")),
    )


def _good(
    inputs: Inputs, file: str, traits: pl.DataFrame, checks: Mapping[str, pl.Expr]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A file's good rows with their trait's term, and where the others stand."""
    table = inputs.table(file)
    rows = table.rows.join(traits, on="trait", how="left", maintain_order="left")
    known = {"trait is not in the table of traits": col("term").is_not_null()}
    return replace(table, rows=rows).split({**known, **checks})


def _share(column: str) -> pl.Expr:
    return number(column).is_between(0.0, 1.0)


def _pairs(inputs: Inputs, traits: pl.DataFrame) -> Frames:
    """Variants with a PIP of 0.9 or more, and the genes whose protein they change."""
    of_protein = col("most_severe").str.contains(CODING_TERMS)
    gene = col("gene_most_severe")
    named = gene.str.contains(IS_SYMBOL) & (gene != "NA")
    rows, bad = _good(
        inputs,
        PAIRS,
        traits,
        {
            "variant is not a locus": locus("GRCh37", col("variant")).is_not_null(),
            "PIP is not between 0 and 1": _share("pip"),
            "p value is not between 0 and 1": _share("pvalue"),
            "gene of a changed protein is not a symbol": ~of_protein | named,
        },
    )
    rows = _variant(rows)
    beta, error = number("beta_marginal"), number("se_marginal")
    found = evidence(
        inputs,
        PAIRS,
        rows,
        subject=col("variant"),
        predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
        object=col("term"),
        subject_category=VARIANT,
        object_category=DISEASE_OR_PHENOTYPE,
        score=number("pip"),
        value=number("pvalue"),
        value_kind="p value",
        effect=beta,
        effect_lower=beta - 1.96 * error,
        effect_upper=beta + 1.96 * error,
        effect_kind="beta",
        direction_on_trait=beta.sign(),
        detail={
            "pip": col("pip"),
            "cohort": col("cohort"),
            "ancestry": col("cohort").replace_strict(COHORT, default=None, return_dtype=pl.String),
            "credible_set": col("susie.cs_id"),
            "allele_frequency": col("af"),
            "trait": col("description"),
        },
    )
    coding = rows.filter(of_protein)
    return Frames.concat(
        [
            _nodes(inputs, PAIRS, rows),
            Frames(
                evidence=pl.concat([found, _coding(inputs, coding), _ties(inputs, coding)]),
                quarantine=bad,
                rows=inputs.table(PAIRS).n_lines,
            ),
        ]
    )


def _coding(inputs: Inputs, coding: pl.DataFrame) -> pl.DataFrame:
    """The gene whose protein a fine-mapped variant changes, for the trait."""
    return evidence(
        inputs,
        PAIRS,
        coding,
        subject=pl.lit("SYMBOL:") + col("gene_most_severe"),
        predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
        object=col("term"),
        subject_category=GENE,
        object_category=DISEASE_OR_PHENOTYPE,
        score=_PROTEIN * number("pip"),
        value=number("pvalue"),
        value_kind="p value",
        detail={
            "variant": col("variant"),
            "tie": "coding",
            "consequence": col("most_severe"),
            "pip": col("pip"),
            "cohort": col("cohort"),
        },
    )


def _ties(inputs: Inputs, coding: pl.DataFrame) -> pl.DataFrame:
    return evidence(
        inputs,
        PAIRS,
        coding.unique(["variant", "gene_most_severe"], maintain_order=True),
        subject=col("variant"),
        predicate=Predicate.IS_SEQUENCE_VARIANT_OF,
        object=pl.lit("SYMBOL:") + col("gene_most_severe"),
        subject_category=VARIANT,
        object_category=GENE,
        detail={"tie": "coding", "consequence": col("most_severe")},
    )


def _sets(inputs: Inputs, traits: pl.DataFrame) -> Frames:
    """Merged credible sets: the size and best variant, for the pair of variant and trait.

    Where several variants share a set's greatest PIP, the row names them all; each has the row's
    statement, with the same PIP, set and line.
    """
    places = (
        col("max_pip_variant")
        .str.split(eqtl_tissues.BETWEEN)
        .list.eval(locus("GRCh37", pl.element()))
    )
    rows, bad = _good(
        inputs,
        SETS,
        traits,
        {
            "variant is not a locus": places.list.eval(pl.element().is_not_null()).list.all(),
            "PIP is not between 0 and 1": _share("max_pip"),
            "number of variants is not 1 or more": number("n_variants") >= 1,
        },
    )
    rows = (
        rows.with_columns(place=places)
        .explode("place")
        .unique(["line", "place"], maintain_order=True)
        .join(_rsids(inputs), on="place", how="left", maintain_order="left")
        .with_columns(variant=pl.coalesce("rsid", "place"))
    )
    found = evidence(
        inputs,
        SETS,
        rows,
        subject=col("variant"),
        predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
        object=col("term"),
        subject_category=VARIANT,
        object_category=DISEASE_OR_PHENOTYPE,
        score=number("max_pip"),
        value=number("n_variants"),
        value_kind="variants in the credible set",
        detail={
            "credible_set": col("csm_id"),
            "cohorts": col("cohorts"),
            "pip": col("max_pip"),
            "trait": col("description"),
        },
    )
    return Frames.concat(
        [
            _nodes(inputs, SETS, rows),
            Frames(evidence=found, quarantine=bad, rows=inputs.table(SETS).n_lines),
        ]
    )


def _rsids(inputs: Inputs) -> pl.DataFrame:
    """Columns place, rsid: what the other files call the variant at a place."""
    both = pl.concat(
        _variant(inputs.table(file).rows.select("variant", "rsid")).select("place", rsid="variant")
        for file in (PAIRS, COLOC)
    )
    return both.drop_nulls().unique("place", keep="first", maintain_order=True)


def _coloc(inputs: Inputs, traits: pl.DataFrame) -> Frames:
    """Genes whose expression a fine-mapped variant also drives, with the tissue."""
    known, unknown = eqtl_tissues.terms(inputs.table(TISSUES))
    rows, bad = _good(
        inputs,
        COLOC,
        traits,
        {
            "variant is not a locus": locus("GRCh37", col("variant")).is_not_null(),
            "colocalisation is not between 0 and 1": _share("max_pip_coloc"),
            "PIP for the expression is not between 0 and 1": _share("eqtl_pip"),
            "gene is not a symbol": col("eqtl_symbol").str.contains(IS_SYMBOL),
        },
    )
    rows = eqtl_tissues.with_terms(_variant(rows), "eqtl_study", "tissue_max_pip_coloc", known)
    detail: dict[str, Value] = {
        "tie": "colocalised eQTL",
        "tissue": col("tissue_max_pip_coloc"),
        "tissue_ids": col("tissue_ids"),
        "study": col("eqtl_study"),
        "eqtl_pip": col("eqtl_pip"),
    }
    gene = pl.lit("SYMBOL:") + col("eqtl_symbol")
    ties = evidence(
        inputs,
        COLOC,
        rows.unique(
            ["variant", "eqtl_symbol", "tissue_max_pip_coloc", "eqtl_study"], maintain_order=True
        ),
        subject=col("variant"),
        predicate=Predicate.IS_NEARBY_VARIANT_OF,
        object=gene,
        subject_category=VARIANT,
        object_category=GENE,
        score=number("eqtl_pip"),
        detail=detail,
    )
    said = evidence(
        inputs,
        COLOC,
        rows,
        subject=gene,
        predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
        object=col("term"),
        subject_category=GENE,
        object_category=DISEASE_OR_PHENOTYPE,
        score=number("max_pip_coloc"),
        value=number("max_pip_coloc"),
        value_kind="colocalisation posterior",
        detail={"variant": col("variant"), **detail},
    )
    return Frames.concat(
        [
            _nodes(inputs, COLOC, rows),
            Frames(
                evidence=pl.concat([ties, said]),
                quarantine=pl.concat([bad, unknown]),
                rows=inputs.table(COLOC).n_lines + inputs.table(TISSUES).n_lines,
            ),
        ]
    )


def _series(inputs: Inputs, traits: pl.DataFrame, file: str, count: str) -> Frames:
    """Genes with several fine-mapped variants for one trait: an allelic series."""
    rows, bad = _good(
        inputs,
        file,
        traits,
        {
            "gene is not a symbol": col("gene").str.contains(IS_SYMBOL),
            "number of variants is not 1 or more": number(count) >= 1,
        },
    )
    said = evidence(
        inputs,
        file,
        rows,
        subject=pl.lit("SYMBOL:") + col("gene"),
        predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
        object=col("term"),
        subject_category=GENE,
        object_category=DISEASE_OR_PHENOTYPE,
        score=_PROTEIN,
        value=number(count),
        value_kind="variants that change the protein",
        detail={"tie": "allelic series", "cohorts": col("cohorts"), "trait": col("description")},
    )
    return Frames(evidence=said, quarantine=bad, rows=inputs.table(file).n_lines)


FINEMAPPING = Source(
    id="finemapping",
    title="Fine-mapping in three biobanks",
    infores="infores:finemapping",
    about="Variants with posterior probability, credible sets, and genes by coding or eQTL.",
    files=(
        SourceFile(
            PAIRS,
            columns=(
                "variant",
                "rsid",
                "trait",
                "cohort",
                "most_severe",
                "gene_most_severe",
                "af",
                "beta_marginal",
                "se_marginal",
                "pvalue",
                "pip",
                "susie.cs_id",
            ),
        ),
        SourceFile(
            COLOC,
            columns=(
                "variant",
                "rsid",
                "trait",
                "max_pip_coloc",
                "tissue_max_pip_coloc",
                "eqtl_study",
                "eqtl_symbol",
                "eqtl_pip",
            ),
        ),
        SourceFile(
            SETS,
            columns=("trait", "csm_id", "cohorts", "max_pip", "max_pip_variant", "n_variants"),
        ),
        SourceFile(CODING, columns=("gene", "trait", "n_uniq_variants", "cohorts")),
        SourceFile(MIXED, columns=("gene", "trait", "n_uniq_nonsyn_variants", "cohorts")),
        SourceFile(TISSUES, columns=("study", "qtl_group", "tissue_ontology_term")),
        SourceFile(TRAITS, columns=("trait", "description")),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
    knowledge_level=KnowledgeLevel.STATISTICAL_ASSOCIATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
