"""Reactome: human pathways and the genes that take part in them.

Sets of its disease branch are left out: they were drawn from what is known of diseases, and would
tell a model its answers. The file has no hierarchy, so the branch is told by the set `Disease`,
which holds every gene of it, together with what a set's name or members say; where a file lacks
that set, name and members alone decide.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from polars import col

from ingest.frames import Frames, evidence, nodes, split_list
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, TableFormat
from kg.biolink import Category, EvidenceClass, Predicate

FILE = "reactome/ReactomePathways.gmt.gz"
_COLUMNS = ("name", "id", "genes")

DISEASE_WORDS = (
    r"(?i)disease|disorder|defect|deficienc|syndrome|cancer|carcinoma|mutant|mutation|variant|"
    r"truncations|translocations|deletions|fusions?\b|loss[- ]of|overexpressed|aberrant|abnormal|"
    r"oncogenic|constitutive signaling|-resistant|resistance of|failed conversion|intolerance|"
    r"[ot]osuria|ketonuria|saccharidoses|neutropenia|epilepsy|retinal degradation|\bmps |egfrviii|"
    r"kinase inactive|bind tkis|drug-mediated"
)
INFECTION_WORDS = (
    r"(?i)infecti|\bhiv|influenza|sars|hcmv|\bvir(?:al|us|ion)|\bmtb\b|leishman|listeria|parasite|"
    r"toxin|toxicity of|antimicrobial|\bnef\b|\brev\b|\bvif\b|\bvpr\b|\bvpu\b|\btat\b|\bgag|"
    r"\bns1\b|provirus|autointegration|phagosom"
)
SILENT_DISEASE = (
    "Alternative Lengthening of Telomeres (ALT)",
    "HHAT G278V doesn't palmitoylate Hh-Np",
    "LGK974 inhibits PORCN",
    "Signaling by FGFR2 IIIa TM",
    "XAV939 stabilizes AXIN",
)
SILENT_INFECTION = (
    "ADORA2B mediated anti-inflammatory cytokines production",
    "CD163 mediating an anti-inflammatory response",
    "Cell recruitment (pro-inflammatory response)",
    "FCGR3A-mediated IL10 synthesis",
    "FCGR3A-mediated phagocytosis",
    "Inhibition of nitric oxide production",
    "Killing mechanisms",
    "LTC4-CYSLTR mediated IL4 production",
)
"""Sets of the branch whose names don't say so: tumour cells' ways, answers to Leishmania."""

PATHOGEN_GENE = r"^(?:[a-z0-9]|Rv\d|(?:NS|NP|PA|HA|NA|M|N|S|E|PB[12])$)"
"""Members of pathogens: of HIV, influenza and coronaviruses, and of M. tuberculosis."""


def read(inputs: Inputs) -> Frames:
    """One record per pathway and gene: a line of the file is a pathway, a row one of its genes."""
    table = _members(inputs.table(FILE))
    good, bad = table.split(
        {
            "a pathway without genes": col("gene").is_not_null(),
            "not a human pathway": col("id").str.contains(r"^R-HSA-\d+$"),
            "pathway of a disease or defect": ~(col("in_disease") & col("of_disease")),
            "pathway of an infection or toxin": ~(col("in_disease") & col("of_infection")),
            "gene of a pathogen": ~col("gene").str.contains(PATHOGEN_GENE),
        }
    )
    found = evidence(
        inputs,
        FILE,
        good,
        subject="SYMBOL:" + col("gene"),
        predicate=Predicate.PARTICIPATES_IN,
        object="REACT:" + col("id"),
        subject_category=Category.GENE,
        object_category=Category.PATHWAY,
    )
    pathways = nodes(good, Category.PATHWAY, id="REACT:" + col("id"), name=col("name"))
    return Frames(nodes=pathways, evidence=found, quarantine=bad, rows=table.n_lines)


def _members(table: Table) -> Table:
    """A row a gene, with whether its set lies in the disease branch, and what the set tells."""
    rows = table.rows.with_columns(genes=split_list("genes", "\t"))
    branch = rows.filter(col("name") == "Disease")["genes"].explode()
    outside = col("genes").list.set_difference(branch.to_list()).list.len()
    pathogen = col("genes").list.eval(pl.element().str.contains(PATHOGEN_GENE)).list.any()
    marked = rows.with_columns(
        in_disease=(outside == 0) | pl.lit(branch.is_empty()),
        of_disease=_named(DISEASE_WORDS, SILENT_DISEASE),
        of_infection=_named(INFECTION_WORDS, SILENT_INFECTION) | pathogen,
    )
    return replace(
        table, rows=marked.explode("genes", empty_as_null=True).rename({"genes": "gene"})
    )


def _named(words: str, names: tuple[str, ...]) -> pl.Expr:
    return col("name").str.contains(words) | col("name").is_in(names)


REACTOME = Source(
    id="reactome",
    title="Reactome",
    infores="infores:reactome",
    about="Genes of human pathways, the sets of the disease branch left out.",
    files=(
        SourceFile(
            FILE,
            columns=_COLUMNS,
            format=TableFormat(header=_COLUMNS, key=("id", r"^R-[A-Z]{3}-\d+$"), ragged=True),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
)
