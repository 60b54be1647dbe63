"""Gene-burden tests: rare variants of a gene, pooled, against diseases and traits.

The sign of a burden says which way the pooled variants move the trait; what they do to the gene is
known only where the test counted loss-of-function variants alone.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import DISEASE_OR_PHENOTYPE, Frames, evidence, number
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

FILE = "opentargets/gene_burden_curated_evidence.tsv.gz"

EXOME_WIDE = 2.5e-6
""".05 over 20,000 genes."""
STRONG = 1e-10
STRENGTH = (0.85, 0.7, 0.3)
"""Below `STRONG`, below `EXOME_WIDE`, and weaker."""
_LOSS = r"(?i)\bp?LoF\b|loss.of.function|protein.truncating|\bPTVs?\b"
_MORE = r"(?i)missense|moderate|nonsynonymous|non-synonymous|damaging|deleterious"


def read(inputs: Inputs) -> Frames:
    """A row is a test of a gene for a trait."""
    table = inputs.table(FILE)
    gene = _gene()
    p = number("pValueMantissa") * pl.lit(10.0).pow(number("pValueExponent"))
    good, bad = table.split(
        {
            "no gene": gene.is_not_null(),
            "no disease identifier": as_curie(col("diseaseFromSourceMappedId")).is_not_null(),
            "p value is no number from 0 to 1": p.is_between(0.0, 1.0),
        }
    )
    odds, beta = number("oddsRatio"), number("beta")
    is_odds = odds.is_not_null()
    method = col("statisticalMethodOverview")
    found = evidence(
        inputs,
        FILE,
        good,
        subject=gene,
        predicate=Predicate.GENETICALLY_ASSOCIATED_WITH,
        object=as_curie(col("diseaseFromSourceMappedId")),
        subject_category=Category.GENE,
        object_category=DISEASE_OR_PHENOTYPE,
        score=pl.when(p <= STRONG)
        .then(STRENGTH[0])
        .when(p <= EXOME_WIDE)
        .then(STRENGTH[1])
        .otherwise(STRENGTH[2]),
        value=p,
        value_kind="p value",
        effect=pl.coalesce(odds, beta),
        effect_lower=number("ConfidenceIntervalLower"),
        effect_upper=number("ConfidenceIntervalUpper"),
        effect_kind=pl.when(is_odds)
        .then(pl.lit("odds ratio"))
        .when(beta.is_not_null())
        .then(pl.lit("beta")),
        direction_on_target=pl.when(method.str.contains(_LOSS) & ~method.str.contains(_MORE)).then(
            -1
        ),
        direction_on_trait=pl.when(is_odds).then((odds - 1).sign()).otherwise(beta.sign()),
        publications=pl.when(col("literature").str.contains(r"^\d+$"))
        .then(pl.concat_list(pl.concat_str(pl.lit("PMID:"), col("literature"))))
        .otherwise(pl.lit([], dtype=pl.List(pl.String))),
        detail={
            "project": col("projectId"),
            "trait": col("diseaseFromSource"),
            "ancestry": col("ancestry"),
            "cases": col("studyCases"),
            "sample": col("studySampleSize"),
            "method": col("statisticalMethod"),
            "test": method,
        },
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _gene() -> pl.Expr:
    """The Ensembl id where there is one, else a symbol; null where there is neither."""
    return pl.coalesce(
        as_curie(col("targetFromSourceId"), "ENSEMBL"),
        *(
            pl.when(col(name) != "").then("SYMBOL:" + col(name))
            for name in ("targetFromSourceId", "targetFromSource")
        ),
    )


GENE_BURDEN = Source(
    id="gene_burden",
    title="Gene-burden tests",
    infores="infores:open-targets",
    about="Rare variants of a gene tested together against diseases and traits, with effect sign.",
    files=(
        SourceFile(
            FILE,
            columns=(
                "projectId",
                "targetFromSource",
                "targetFromSourceId",
                "diseaseFromSource",
                "diseaseFromSourceMappedId",
                "pValueMantissa",
                "pValueExponent",
                "oddsRatio",
                "ConfidenceIntervalLower",
                "ConfidenceIntervalUpper",
                "beta",
                "ancestry",
                "studySampleSize",
                "studyCases",
                "statisticalMethod",
                "statisticalMethodOverview",
                "literature",
            ),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
    knowledge_level=KnowledgeLevel.STATISTICAL_ASSOCIATION,
    agent_type=AgentType.MANUAL_AGENT,
    hypothesis_free=True,
)
