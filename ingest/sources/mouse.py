"""Mouse models: phenotypes of the orthologues of human genes, and how viable mutants are.

A gene that was never knocked out has no phenotype for that reason alone: whether the screen tested
it is kept as a label for audits.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
from polars import col

from ingest.frames import Frames, aliases, evidence, facts, labels, nodes, number, split_list
from ingest.obo import joined, pairs, read_if_obo
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, TableFormat, read_if
from kg.biolink import Category, EvidenceClass, KnowledgeLevel, Predicate

GENES = "mouse/gene_mp_terms_2024.tsv.gz"
TOP_2015 = "mouse/hmd_human_phenotype_2015-09.tsv.gz"
TOP_2026 = "mouse/hmd_human_phenotype_2026-05.tsv.gz"
TERMS = "mouse/mp_terms_2025-08.tsv.gz"
IS_A = "mouse/mp_is_a_2025-08.tsv.gz"
UPHENO = "mouse/hp_mp_upheno_exact_2026-04.tsv.gz"
BEST = "mouse/hp_to_mp_bestmatches_2019.tsv.gz"
MGI = "mouse/mp_hp_mgi_2026-06.sssom.tsv.gz"
TESTED = "mouse/impc_dr20_gene_tested.tsv.gz"
VIABILITY = "mouse/viability_depmap_shet_2024.tsv.gz"

GENE, PHENOTYPE = Category.GENE, Category.PHENOTYPE
_IS_MP, _IS_HP, _IS_HGNC = r"^MP:\d{7}$", r"^HP:\d{7}$", r"^HGNC:\d+$"
_IS_GENE = r"^(?:HGNC|NCBIGene):\d+$"
_TOP_COLUMNS = ("mgi_id", "top_level_mp", "hgnc_id")
_REPORT = TableFormat(
    header=("human_symbol", "entrez", "mouse_symbol", "mgi_id", "top_level_mp", "empty"),
    key=("mgi_id", r"^MGI:\d+$"),
)
"""`HMD_HumanPhenotype.rpt`: no header, and a tab at the end of each line."""
EXACT, NEAR = 1.0, 0.7
"""Strength of a curated mapping between the vocabularies, and of a broad one."""


def _terms_of(place: Path, name: str) -> Table | None:
    """`mp.obo` as the table of terms, which has the obsolete ones with what replaced them."""
    terms = read_if_obo(place, name)
    if terms is None:
        return None
    rows = terms.rows.select(
        col("obsolete").cast(pl.Int8).cast(pl.String),
        col("replaced_by").fill_null(""),
        joined("alt_ids"),
        joined("synonyms"),
        mp_id="id",
        label="name",
        line="line",
    )
    return replace(terms, rows=rows)


def _is_a_of(place: Path, name: str) -> Table | None:
    """`mp.obo` as the table of direct parents."""
    terms = read_if_obo(place, name)
    return terms and pairs(terms, "is_a", _PARENT_COLUMNS)


def read(inputs: Inputs) -> Frames:
    """Terms and hierarchy, genes with terms, mappings to human phenotypes, screens."""
    return Frames.concat(
        [
            _terms(inputs),
            _hierarchy(inputs),
            _upheno(inputs),
            _best(inputs),
            _mgi(inputs),
            *(_top(inputs, file) for file in (TOP_2015, TOP_2026) if inputs.has(file)),
            *(part(inputs) for file, part in _OPTIONAL if inputs.has(file)),
        ]
    )


def _top_of(place: Path, name: str) -> Table | None:
    """MGI's `HMD_HumanPhenotype.rpt` as the table of systems.

    The report has no HGNC number: the gene is the NCBI's, `NCBIGene:1`, as which it is known too.
    """
    table = read_if(place, ("entrez", *_TOP_COLUMNS[:2], "empty"), name, _REPORT)
    if table is None or (table.rows["empty"] != "").any():
        return None
    rows = table.rows.select(
        "mgi_id",
        col("top_level_mp").str.replace_all(r",\s*", "|"),
        hgnc_id="NCBIGene:" + col("entrez"),
        line="line",
    )
    return replace(table, rows=rows)


def _terms(inputs: Inputs) -> Frames:
    table = inputs.table(TERMS)
    good, bad = table.split({"term is not an MP id": col("mp_id").str.contains(_IS_MP)})
    current = good.filter(col("obsolete") == "0")
    merged = current.select(alt=split_list("alt_ids"), id="mp_id").explode("alt").drop_nulls()
    replaced = good.filter((col("obsolete") == "1") & col("replaced_by").str.contains(_IS_MP))
    return Frames(
        nodes=nodes(
            current,
            PHENOTYPE,
            col("mp_id"),
            pl.concat_str(col("label"), pl.lit(" (mouse)")),
            synonyms=split_list("synonyms"),
        ),
        aliases=pl.concat(
            [
                aliases(merged, PHENOTYPE, col("alt"), col("id"), "replaced", rank=1),
                aliases(replaced, PHENOTYPE, col("mp_id"), col("replaced_by"), "replaced", 1),
            ]
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


def _hierarchy(inputs: Inputs) -> Frames:
    table = inputs.table(IS_A)
    good, bad = table.split(
        {
            "child is not an MP id": col("mp_id").str.contains(_IS_MP),
            "parent is not an MP id": col("parent_mp_id").str.contains(_IS_MP),
        }
    )
    edges = evidence(
        inputs,
        IS_A,
        good,
        subject=col("mp_id"),
        predicate=Predicate.SUBCLASS_OF,
        object=col("parent_mp_id"),
        subject_category=PHENOTYPE,
        object_category=PHENOTYPE,
        evidence_class=EvidenceClass.ONTOLOGY,
    )
    return Frames(evidence=edges, quarantine=bad, rows=table.n_lines)


def _has_phenotype(
    inputs: Inputs, file: str, rows: pl.DataFrame, **detail: pl.Expr
) -> pl.DataFrame:
    return evidence(
        inputs,
        file,
        rows,
        subject=col("hgnc_id"),
        predicate=Predicate.HAS_PHENOTYPE,
        object=col("term_id"),
        subject_category=GENE,
        object_category=PHENOTYPE,
        detail={"organism": "Mus musculus", **detail},
    )


def _genes(inputs: Inputs) -> Frames:
    table = inputs.table(GENES)
    good, bad = table.split(
        {
            "gene is not an HGNC id": col("hgnc_id").str.contains(_IS_HGNC),
            "term is not an MP id": col("term_id").str.contains(_IS_MP),
        }
    )
    found = _has_phenotype(inputs, GENES, good)
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _top(inputs: Inputs, file: str) -> Frames:
    """Organ systems in which an orthologue's mutants are abnormal, as known at the file's date.

    Genes whose row has none are left out: none is known, or no mutant was looked at.
    """
    table = inputs.table(file).with_columns(term_id=split_list("top_level_mp"))
    terms = col("term_id").list
    good, bad = table.split(
        {
            "gene is not an HGNC id": col("hgnc_id").str.contains(_IS_GENE),
            "system is not an MP id": terms.eval(pl.element().str.contains(_IS_MP)).list.all(),
        }
    )
    systems = good.explode("term_id").drop_nulls("term_id")
    found = _has_phenotype(inputs, file, systems, orthologue=col("mgi_id"))
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _matches(
    inputs: Inputs, file: str, rows: pl.DataFrame, hp: str, mp: str, score: pl.Expr | float
) -> pl.DataFrame:
    return evidence(
        inputs,
        file,
        rows,
        subject=col(mp),
        predicate=Predicate.CLOSE_MATCH,
        object=col(hp),
        subject_category=PHENOTYPE,
        object_category=PHENOTYPE,
        score=score,
        evidence_class=EvidenceClass.ONTOLOGY,
    )


def _upheno(inputs: Inputs) -> Frames:
    table = inputs.table(UPHENO)
    good, bad = table.split(_ARE_TERMS)
    found = _matches(inputs, UPHENO, good, "hp_id", "mp_id", EXACT)
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


_ARE_TERMS = {
    "not an HP id": col("hp_id").str.contains(_IS_HP),
    "not an MP id": col("mp_id").str.contains(_IS_MP),
}


def _best(inputs: Inputs) -> Frames:
    """Best matches by logical definition; the strength is the lower of their two similarities."""
    table = inputs.table(BEST)
    both = pl.min_horizontal(number("score1"), number("score2"))
    good, bad = table.split({**_ARE_TERMS, "similarity is not 0 to 1": both.is_between(0.0, 1.0)})
    found = _matches(inputs, BEST, good, "hp_id", "mp_id", both)
    return Frames(
        evidence=found.with_columns(
            knowledge_level=pl.lit(KnowledgeLevel.PREDICTION.value),
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


def _mgi(inputs: Inputs) -> Frames:
    table = inputs.table(MGI)
    good, bad = table.split(
        {
            "not an HP id": col("object_id").str.contains(_IS_HP),
            "not an MP id": col("subject_id").str.contains(_IS_MP),
        }
    )
    score = pl.when(col("predicate_id") == "skos:exactMatch").then(EXACT).otherwise(NEAR)
    found = _matches(inputs, MGI, good, "object_id", "subject_id", score)
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _tested(inputs: Inputs) -> Frames:
    table = inputs.table(TESTED)
    good, bad = table.split(
        {
            "gene is not an HGNC id": col("hgnc_id").str.contains(_IS_HGNC),
            "neither yes nor no": col("IMPC_pipeline").is_in(["yes", "no"]),
        }
    )
    told = labels(
        inputs,
        TESTED,
        good,
        kind="impc_tested",
        subject=col("hgnc_id"),
        subject_category=GENE,
        number=(col("IMPC_pipeline") == "yes").cast(pl.Float64),
    )
    return Frames(labels=told, quarantine=bad, rows=table.n_lines)


def _viability(inputs: Inputs) -> Frames:
    table = inputs.table(VIABILITY)
    good, bad = table.split({"gene is not an HGNC id": col("hgnc_id").str.contains(_IS_HGNC)})
    said = {
        key: pl.when(col(column) != "-").then(col(column))
        for key, column in (
            ("mouse.viability", "viability_combined"),
            ("mouse.viability_impc", "viability_impc"),
            ("mouse.viability_mgi", "viability_mgi"),
        )
    }
    told = facts(
        inputs,
        VIABILITY,
        good,
        subject=col("hgnc_id"),
        subject_category=GENE,
        numbers={
            "essentiality.depmap_mean_effect": number("mean_depmap_gene_effect_score"),
            "selection.shet_mean": number("shet_rgcme_mean"),
            "selection.shet_lower": number("shet_rgcme_lower"),
            "selection.shet_upper": number("shet_rgcme_upper"),
        },
        texts=said,
    )
    return Frames(facts=told, quarantine=bad, rows=table.n_lines)


_PARENT_COLUMNS = ("mp_id", "parent_mp_id")

_OPTIONAL = ((GENES, _genes), (TESTED, _tested), (VIABILITY, _viability))
"""What genes have, apart from the vocabulary: their licences differ."""

MOUSE = Source(
    id="mouse",
    title="Mouse Genome Informatics and IMPC",
    infores="infores:mgi",
    about="Phenotypes of mouse orthologues, their ontology and human matches; viability.",
    files=(
        SourceFile(
            TERMS,
            columns=("mp_id", "label", "obsolete", "replaced_by", "alt_ids", "synonyms"),
            convert=_terms_of,
        ),
        SourceFile(IS_A, columns=_PARENT_COLUMNS, convert=_is_a_of),
        SourceFile(GENES, columns=("hgnc_id", "term_id"), optional=True),
        SourceFile(TOP_2015, columns=_TOP_COLUMNS, optional=True),
        SourceFile(TOP_2026, columns=_TOP_COLUMNS, optional=True, convert=_top_of),
        SourceFile(UPHENO, columns=("hp_id", "mp_id")),
        SourceFile(BEST, columns=("hp_id", "mp_id", "score1", "score2")),
        SourceFile(
            MGI,
            columns=("object_id", "predicate_id", "subject_id"),
            format=TableFormat(comment="#"),
        ),
        SourceFile(TESTED, columns=("hgnc_id", "IMPC_pipeline"), optional=True),
        SourceFile(
            VIABILITY,
            columns=(
                "hgnc_id",
                "mean_depmap_gene_effect_score",
                "viability_impc",
                "viability_mgi",
                "viability_combined",
                "shet_rgcme_mean",
                "shet_rgcme_lower",
                "shet_rgcme_upper",
            ),
            optional=True,
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.GENETIC,
    knowledge_level=KnowledgeLevel.OBSERVATION,
)
