"""Systematic yeast two-hybrid screens of the human interactome: HuRI and the screens before it.

Every pair of a matrix of proteins was tried, so a pair that is there was not looked for because
someone knew its genes.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from polars import col

from ingest.frames import Frames
from ingest.genes import gene_pairs, saturating
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from kg.biolink import AgentType, EvidenceClass, KnowledgeLevel

_HURI = "interactome/HuRI.tsv.gz"
_UNION = "interactome/HI-union.tsv.gz"

_GENES = ("Ensembl_gene_id_a", "Ensembl_gene_id_b")
_SCREENS = tuple(f"in_screen_{n}" for n in range(1, 10))
_ASSAYS = ("in_assay_v1", "in_assay_v2", "in_assay_v3")

STUDIES = {
    "in_Rual": "PMID:16189514",
    "in_Venkatesan": "PMID:19060904",
    "in_Yu": "PMID:21516116",
    "in_Rolland": "PMID:25416956",
    "in_Yang": "PMID:26871637",
    "in_test_space": "PMID:32296183",
}
"""The other screens of the union and the papers that report them."""

HURI_PAPER = "PMID:32296183"

_ENDS = tuple(as_curie(col(gene), "ENSEMBL") for gene in _GENES)

_CHECKS = {
    "gene is not an Ensembl id": pl.all_horizontal(end.is_not_null() for end in _ENDS),
    "a protein with itself": col(_GENES[0]) != col(_GENES[1]),
}


def read(inputs: Inputs) -> Frames:
    """One record per pair and file: HuRI with its nine screens, then all other screens."""
    return Frames.concat([_huri(inputs), _others(inputs)])


def _huri(inputs: Inputs) -> Frames:
    table = inputs.table(_HURI)
    good, bad = table.split(_CHECKS)
    found = gene_pairs(
        inputs,
        _HURI,
        good,
        *_ENDS,
        score=saturating(_count(_SCREENS)),
        value=_count(_SCREENS),
        value_kind="screens",
        publications=pl.lit([HURI_PAPER]),
        detail={
            "screens": _listed(_SCREENS, "in_screen_"),
            "assays": _listed(_ASSAYS, "in_assay_"),
        },
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _others(inputs: Inputs) -> Frames:
    """Pairs of HuRI alone are told by its own file, with more detail."""
    table = inputs.table(_UNION)
    other = {"in HuRI alone, which has a file of its own": _count(STUDIES) > 0}
    good, bad = table.split(_CHECKS | other)
    papers = [pl.when(col(c) == "1").then(pl.lit(p)) for c, p in STUDIES.items()]
    found = gene_pairs(
        inputs,
        _UNION,
        good,
        *_ENDS,
        score=saturating(_count(STUDIES)),
        value=_count(STUDIES),
        value_kind="screens",
        publications=pl.concat_str(papers, separator=" ", ignore_nulls=True).str.split(" "),
        detail={"screens": _listed(STUDIES, "in_")},
    )
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _count(screens: Iterable[str]) -> pl.Expr:
    return pl.sum_horizontal((col(screen) == "1").cast(pl.Int64) for screen in screens)


def _listed(columns: Iterable[str], prefix: str) -> pl.Expr:
    """The columns that say 1, without the prefix of their names."""
    names = [pl.when(col(c) == "1").then(pl.lit(c.removeprefix(prefix))) for c in columns]
    return pl.concat_str(names, separator=",", ignore_nulls=True)


HURI = Source(
    id="huri",
    title="HuRI and earlier systematic two-hybrid screens",
    infores="infores:huri",
    about="Protein pairs found by testing all against all; scored by screens, n / (n + 1).",
    files=(
        SourceFile(_HURI, columns=(*_GENES, *_SCREENS, *_ASSAYS)),
        SourceFile(_UNION, columns=(*_GENES, *STUDIES)),
    ),
    read=read,
    evidence_class=EvidenceClass.ASSAY_UNBIASED,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    agent_type=AgentType.DATA_ANALYSIS_PIPELINE,
    hypothesis_free=True,
)
