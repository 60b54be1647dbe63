"""Human Phenotype Ontology: phenotypes, the clinical picture of diseases, and their genes.

`genes_to_phenotype` is left unread: it carries phenotypes from diseases to their genes, which the
graph says by two edges. Age of onset, course and inheritance of a disease are facts of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars import col

from ingest.frames import Frames, aliases, evidence, facts, nodes
from ingest.identifiers import as_curie
from ingest.obo import read_obo
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import Category, EvidenceClass, Predicate

TERMS = "hpo/hp_2025-01-16.obo.gz"
ANNOTATIONS = "hpo/phenotype_2025-01-16.hpoa.gz"
GENES = "hpo/genes_to_disease.txt.gz"

PHENOTYPE, DISEASE = Category.PHENOTYPE, Category.DISEASE

FREQUENCY: Mapping[str, float] = {
    "HP:0040280": 1.0,
    "HP:0040281": 0.9,
    "HP:0040282": 0.55,
    "HP:0040283": 0.17,
    "HP:0040284": 0.025,
    "HP:0040285": 0.0,
}
"""Middle of the range that each frequency term stands for, from obligate to excluded."""
UNKNOWN_FREQUENCY = 0.5

ASPECT: Mapping[str, str] = {"C": "disease.course", "I": "disease.inheritance"}
"""Key of the facts that rows of these aspects become; onset is part of the course."""

STRENGTH: Mapping[str, float] = {"MENDELIAN": 0.9, "UNKNOWN": 0.7, "POLYGENIC": 0.4}
"""Strength by type of association; that of Orphanet's rows is not told in the file."""


def read(inputs: Inputs) -> Frames:
    """Terms and hierarchy, then phenotypes of diseases, then genes of diseases."""
    return Frames.concat([_terms(inputs), _annotations(inputs), _genes(inputs)])


def _terms(inputs: Inputs) -> Frames:
    table = inputs.keep(read_obo(inputs.path(TERMS), TERMS))
    terms, bad = table.split({"term is not an HP id": col("id").str.contains(r"^HP:\d{7}$")})
    current = terms.filter(~col("obsolete"))
    merged = current.select("id", alt=col("alt_ids")).explode("alt").drop_nulls()
    replaced = terms.filter(col("obsolete") & col("replaced_by").is_not_null())
    parents = current.select("id", "line", parent=col("is_a")).explode("parent").drop_nulls()
    return Frames(
        nodes=nodes(
            current,
            PHENOTYPE,
            col("id"),
            col("name"),
            description=col("definition"),
            synonyms=col("synonyms"),
            xrefs=col("xrefs").list.eval(as_curie(pl.element())).list.drop_nulls(),
        ),
        evidence=evidence(
            inputs,
            TERMS,
            parents,
            subject=col("id"),
            predicate=Predicate.SUBCLASS_OF,
            object=col("parent"),
            subject_category=PHENOTYPE,
            object_category=PHENOTYPE,
            evidence_class=EvidenceClass.ONTOLOGY,
        ),
        aliases=pl.concat(
            [
                aliases(merged, PHENOTYPE, col("alt"), col("id"), "replaced", rank=1),
                aliases(replaced, PHENOTYPE, col("id"), col("replaced_by"), "replaced", rank=1),
            ]
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


def _annotations(inputs: Inputs) -> Frames:
    table = inputs.table(ANNOTATIONS)
    good, bad = table.split(
        {
            "neither phenotype nor onset, course or inheritance": col("aspect").is_in(
                ["P", *ASPECT]
            ),
            "disease is not an identifier": as_curie(col("database_id")).is_not_null(),
            "phenotype is not an HP term": col("hpo_id").str.contains(r"^HP:\d{7}$"),
        }
    )
    share = frequency(col("frequency"))
    return Frames(
        facts=_course(inputs, good),
        evidence=evidence(
            inputs,
            ANNOTATIONS,
            good.filter(col("aspect") == "P"),
            subject=as_curie(col("database_id")),
            predicate=Predicate.HAS_PHENOTYPE,
            object=col("hpo_id"),
            subject_category=DISEASE,
            object_category=PHENOTYPE,
            score=share.fill_null(UNKNOWN_FREQUENCY),
            value=share,
            value_kind="frequency",
            negated=(col("qualifier") == "NOT") | (share == 0.0).fill_null(value=False),
            publications=pl.when(col("reference").str.starts_with("PMID:"))
            .then(pl.concat_list(col("reference")))
            .otherwise(pl.lit([], pl.List(pl.String))),
            evidence_class=EvidenceClass.CURATED,
            detail={
                "evidence": col("evidence"),
                "frequency": col("frequency"),
                "onset": col("onset"),
                "modifier": col("modifier"),
            },
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


def _course(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """Names of the terms of onset, course and inheritance, a fact each; what is excluded is not."""
    terms = inputs.opened[TERMS].rows.select(hpo_id="id", term="name")
    told = rows.filter(col("aspect").is_in(list(ASPECT)), col("qualifier") != "NOT").join(
        terms, on="hpo_id", maintain_order="left"
    )
    aspects = {key: pl.when(col("aspect") == aspect).then("term") for aspect, key in ASPECT.items()}
    return facts(
        inputs,
        ANNOTATIONS,
        told,
        subject=as_curie(col("database_id")),
        subject_category=DISEASE,
        texts=aspects,
        evidence_class=EvidenceClass.CURATED,
    )


def frequency(text: pl.Expr) -> pl.Expr:
    """`3/7`, `45%` or a frequency term, as a share from 0 to 1; null where none is told."""
    seen = text.str.extract(r"^(\d+)/\d+$").cast(pl.Float64)
    asked = text.str.extract(r"^\d+/(\d+)$").cast(pl.Float64)
    percent = text.str.extract(r"^(\d+(?:\.\d+)?)%$").cast(pl.Float64) / 100.0
    term = text.replace_strict(FREQUENCY, default=None, return_dtype=pl.Float64)
    fraction = pl.when(asked > 0).then(seen / asked)
    return pl.coalesce(fraction, percent, term).clip(0.0, 1.0)


def _genes(inputs: Inputs) -> Frames:
    table = inputs.table(GENES)
    good, bad = table.split(
        {
            "gene is not an NCBI number": as_curie(col("ncbi_gene_id")).is_not_null(),
            "disease is not an identifier": as_curie(col("disease_id")).is_not_null(),
            "unknown type of association": col("association_type").is_in(list(STRENGTH)),
        }
    )
    polygenic = col("association_type") == "POLYGENIC"
    return Frames(
        evidence=evidence(
            inputs,
            GENES,
            good,
            subject=as_curie(col("ncbi_gene_id")),
            predicate=pl.when(polygenic)
            .then(pl.lit(Predicate.GENETICALLY_ASSOCIATED_WITH.value))
            .otherwise(pl.lit(Predicate.CAUSES.value)),
            object=as_curie(col("disease_id")),
            subject_category=Category.GENE,
            object_category=DISEASE,
            score=col("association_type").replace_strict(STRENGTH, return_dtype=pl.Float64),
            detail={"association_type": col("association_type"), "from": col("source")},
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


HPO = Source(
    id="hpo",
    title="Human Phenotype Ontology",
    infores="infores:hpo-annotations",
    about="Phenotypes, which diseases have them and how often, and the genes of those diseases.",
    files=(
        SourceFile(TERMS),
        SourceFile(
            ANNOTATIONS,
            columns=(
                "database_id",
                "qualifier",
                "hpo_id",
                "reference",
                "evidence",
                "onset",
                "frequency",
                "modifier",
                "aspect",
            ),
            format=TableFormat(comment="#"),
        ),
        SourceFile(
            GENES,
            columns=("ncbi_gene_id", "association_type", "disease_id", "source"),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
)
