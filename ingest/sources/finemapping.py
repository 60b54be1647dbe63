"""Fine-mapping of 94 traits in BioBank Japan, FinnGen and UK Biobank: credible sets and PIPs.

A variant's posterior inclusion probability (PIP, 0 to 1) is the chance that it is the causal one
of its locus. Terms are not stated by the authors, so the files are read from a mirror alone.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.biobank_traits import TERM
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
_PROTEIN = 0.9
"""Strength of a fine-mapped change of the protein, times its PIP."""


def read(inputs: Inputs) -> Frames:
    """Variant-trait pairs with PIP, then colocalised genes, then genes with several variants."""
    traits = _traits(inputs)
    return Frames.concat(
        [
            _trait_nodes(inputs, traits),
            _pairs(inputs, traits),
            _sets(inputs, traits),
            _coloc(inputs, traits),
            _series(inputs, traits, CODING, "n_uniq_variants"),
            _series(inputs, traits, MIXED, "n_uniq_nonsyn_variants"),
        ]
    )


def _traits(inputs: Inputs) -> pl.DataFrame:
    """Columns trait (as abbreviated), term, description: one row a trait."""
    described = inputs.table(TRAITS).rows.unique("trait", keep="first", maintain_order=True)
    own = pl.concat_str(pl.lit("TRAIT:"), col("description"))
    return described.select(
        "trait",
        "description",
        "line",
        term=pl.coalesce(
            col("trait").replace_strict(TERM, default=None, return_dtype=pl.String), own
        ),
    )


def _trait_nodes(inputs: Inputs, traits: pl.DataFrame) -> Frames:
    own = traits.filter(col("term").str.starts_with("TRAIT:"))
    tissues, table = inputs.table(TISSUES), inputs.table(TRAITS)
    return Frames(
        nodes=nodes(own, Category.PHENOTYPE, col("term"), col("description")),
        quarantine=pl.concat([table.bad, tissues.bad]),
        rows=table.n_lines + tissues.n_lines,
    )


def _variant(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `variant` and `place`: rsID where there is one, and the GRCh37 locus."""
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


def _joined(inputs: Inputs, file: str, traits: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A file's rows with their trait's term, and the lines whose trait is unknown."""
    table = inputs.table(file)
    rows = table.rows.join(traits.drop("line"), on="trait", how="left", maintain_order="left")
    lost = rows.filter(col("term").is_null()).select(
        "line", file=pl.lit(file), reason=pl.lit("trait is not in the table of traits")
    )
    bad = pl.concat([table.bad, lost.select("file", "line", "reason")])
    return rows.filter(col("term").is_not_null()), bad


def _pairs(inputs: Inputs, traits: pl.DataFrame) -> Frames:
    rows, bad = _joined(inputs, PAIRS, traits)
    rows = _variant(rows.filter(number("pip").is_between(0.0, 1.0)))
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
    coding = rows.filter(
        col("most_severe").str.contains(CODING_TERMS)
        & col("gene_most_severe").str.contains(r"^[A-Z]")
    )
    coding = coding.filter(col("gene_most_severe") != "NA")
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
    """Merged credible sets: the size and best variant, for the pair of variant and trait."""
    rows, bad = _joined(inputs, SETS, traits)
    rows = (
        rows.with_columns(place=locus("GRCh37", col("max_pip_variant")))
        .filter(col("place").is_not_null() & number("max_pip").is_between(0.0, 1.0))
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
    rows, bad = _joined(inputs, COLOC, traits)
    rows = _variant(rows.filter(number("max_pip_coloc").is_between(0.0, 1.0)))
    rows = rows.filter(col("eqtl_symbol").str.contains(r"^[A-Z][A-Za-z0-9.-]*$"))
    detail: dict[str, Value] = {
        "tie": "colocalised eQTL",
        "tissue": col("tissue_max_pip_coloc"),
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
        score=number("eqtl_pip").clip(0.0, 1.0),
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
                quarantine=bad,
                rows=inputs.table(COLOC).n_lines,
            ),
        ]
    )


def _series(inputs: Inputs, traits: pl.DataFrame, file: str, count: str) -> Frames:
    """Genes with several fine-mapped variants for one trait: an allelic series."""
    rows, bad = _joined(inputs, file, traits)
    rows = rows.filter(number(count) >= 1)
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
        SourceFile(TISSUES, columns=("study_qtl", "tissue_ontology_term")),
        SourceFile(TRAITS, columns=("trait", "description")),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
    knowledge_level=KnowledgeLevel.STATISTICAL_ASSOCIATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
