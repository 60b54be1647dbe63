"""Genes of curated loci: which a locus's sentinel variant is held to act through.

Read from the tables beside the graph. A verdict is a label that models learn from and are judged
by: it is shown with the variant, and is no edge and no feature.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from kg.biolink import EvidenceClass
from kg.layout import LOCUS_FEATURES
from kg.release import Release
from kg.store import EdgeFilter

LOCUS_TO_GENE = "locus to gene"
_KIND = "locus_gold_standard"
_LABEL = ("subject", "object", "number", "text", "source", "first_public", "file", "line")
_VARIANT = "DBSNP:"


@dataclass(frozen=True, slots=True)
class LocusFeatures:
    """What a credible set says of a gene near it.

    Attributes:
        study_locus: Identifier of the credible set, Open Targets' own.
        features: Name -> value, in the order of `LOCUS_FEATURES`.
    """

    study_locus: str
    features: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class CuratedLocus:
    """A verdict: the gene through which a locus acts, and the locus's sentinel variant.

    Attributes:
        trait: What was studied; empty where it is no disease or trait of the release.
        confidence: Of the curators, 0 to 1.
        credible_sets: Those of the feature matrix that name the gene as causal for the same trait.
            The matrix names no variant: they are of the gene and the trait, by any study.
    """

    variant: str
    gene: str
    trait: str
    confidence: float
    source: str
    first_public: date
    credible_sets: tuple[LocusFeatures, ...]

    def admitted(self, where: EdgeFilter) -> bool:
        """Whether the verdict counts under a filter: it is curated, and no systematic test's."""
        return (
            (where.as_of is None or self.first_public <= where.as_of)
            and EvidenceClass.CURATED not in where.exclude_classes
            and not where.hypothesis_free_only
        )


@dataclass(frozen=True)
class CuratedLoci:
    """The verdicts of a release, by variant and by gene."""

    of_variant: Mapping[str, tuple[CuratedLocus, ...]] = field(default_factory=dict)
    of_gene: Mapping[str, tuple[CuratedLocus, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, release: Release) -> CuratedLoci:
        """Read them from a release's tables `labels` and `loci`."""
        labels = ds.dataset(release.table_path("labels")).to_table(
            columns=list(_LABEL), filter=pc.field("kind") == _KIND
        )
        rows = [r for r in labels.to_pylist() if r["text"]]
        sets = _sets([r for r in rows if not r["text"].startswith(_VARIANT)], release)
        found = sorted(
            {_verdict(r, sets) for r in rows if r["text"].startswith(_VARIANT)},
            key=lambda v: (v.variant, -v.confidence, v.gene, v.trait, v.first_public),
        )
        return cls(_by((v.variant, v) for v in found), _by((v.gene, v) for v in found))


NO_LOCI = CuratedLoci()


def _verdict(
    row: Mapping[str, Any], sets: Mapping[tuple[str, str], tuple[LocusFeatures, ...]]
) -> CuratedLocus:
    gene, trait = row["subject"], row["object"] or ""
    return CuratedLocus(
        variant=row["text"],
        gene=gene,
        trait=trait,
        confidence=row["number"],
        source=row["source"],
        first_public=row["first_public"],
        credible_sets=sets.get((gene, trait), ()),
    )


def _sets(
    rows: Iterable[Mapping[str, Any]], release: Release
) -> dict[tuple[str, str], tuple[LocusFeatures, ...]]:
    """Credible sets of each gene and trait whose causal gene it is.

    A label of the matrix and a row of `loci` are of one line: the label has the graph's own gene.
    """
    table = release.table("loci", ["study_locus", "positive", "file", "line", *LOCUS_FEATURES])
    told = {(r["file"], r["line"]): r for r in _positive(table).to_pylist()}
    found: defaultdict[tuple[str, str], list[LocusFeatures]] = defaultdict(list)
    for row in rows:
        known = told.get((row["file"], row["line"]))
        if known and row["object"]:
            values = tuple((name, known[name]) for name in LOCUS_FEATURES)
            found[row["subject"], row["object"]].append(LocusFeatures(known["study_locus"], values))
    return {k: tuple(sorted(v, key=lambda f: f.study_locus)) for k, v in found.items()}


def _positive(table: pa.Table) -> pa.Table:
    return table.filter(table["positive"])


def _by(pairs: Iterable[tuple[str, CuratedLocus]]) -> dict[str, tuple[CuratedLocus, ...]]:
    found: defaultdict[str, list[CuratedLocus]] = defaultdict(list)
    for key, verdict in pairs:
        found[key].append(verdict)
    return {k: tuple(v) for k, v in found.items()}
