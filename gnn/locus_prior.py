"""What the graph says of the genes at a locus, without any evidence from the locus itself.

Three kinds of evidence speak for a gene: statements that rest on no association study (rare
variants, curators, burden tests), genes near the trait's *other* loci, and the known genes of
other loci. They reach a gene by themselves (the first kind alone) and by walks over the relations.
The genes of the locus are never seeds of a walk, so that nothing found at the locus, nor the
locus's own verdict, comes back to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.causality import Direct
from gnn.graph import Claims
from gnn.loci import Loci, Trait
from gnn.ontology import Floats, Index, Ontology
from gnn.propagation import origins
from kg.biolink import Category

FROM_LOCI = frozenset({"gwas_catalog", "gwas_findings", "finemapping"})
"""Sources whose statements on genes are made from loci of association studies."""

SEED_FLOOR = 0.3
"""Lin similarity from which evidence for another disease or trait counts, by its cube."""

OWN, STRONGEST, BY_EVIDENCE, BY_LOCI, BY_KNOWN, BY_KNOWN_TRAIT = range(6)
CHANNELS: tuple[str, ...] = (
    "own evidence for the trait",
    "strongest evidence for anything",
    "walk from genes with evidence for the trait",
    "walk from genes at the trait's other loci",
    "walk from known genes of other loci",
    "walk from known genes of the trait's other loci",
)
OF_TRAIT = (OWN, BY_EVIDENCE, BY_LOCI, BY_KNOWN_TRAIT)
"""Channels that need to know what was studied."""
FREE = (BY_LOCI, BY_KNOWN, BY_KNOWN_TRAIT)
"""Channels of the hypothesis-free prior: walks alone, over systematic relations."""

_AT_ONCE = 512
"""Genes whose walks are computed together: 40 MB."""


@dataclass(frozen=True)
class Evidence:
    """Direct evidence for diseases, or for traits, by whether it rests on association studies."""

    apart: Direct
    from_loci: Direct

    @classmethod
    def of(cls, claims: Claims, ontology: Ontology, n_genes: int) -> Evidence:
        """Split the claims by their source."""
        studies = np.isin(claims.source, sorted(FROM_LOCI))
        return cls(
            Direct.of(claims.keep(~studies), ontology, n_genes),
            Direct.of(claims.keep(studies), ontology, n_genes),
        )


@dataclass(frozen=True)
class Known:
    """Causal genes of loci that may be used as seeds.

    Attributes:
        gene: Local numbers, int64 (k,).
        trait: What was studied at each.
        region: Region of each among the loci learned from, int64 (k,).
    """

    gene: Index
    trait: tuple[Trait | None, ...]
    region: Index

    @classmethod
    def of(cls, loci: Loci, positive: npt.NDArray[np.bool_]) -> Known:
        """The known genes of loci."""
        rows = np.flatnonzero(positive & (loci.gene >= 0))
        return cls(loci.gene[rows], tuple(loci.trait[i] for i in rows.tolist()), loci.region[rows])

    def keep(self, mask: npt.NDArray[np.bool_]) -> Known:
        """Some of them."""
        chosen = np.flatnonzero(mask)
        return Known(
            self.gene[mask], tuple(self.trait[i] for i in chosen.tolist()), self.region[mask]
        )

    def to_arrays(self) -> dict[str, npt.NDArray[np.int64]]:
        """Flat arrays by name; a trait is its category's place and its number, or -1 twice."""
        traits = [
            (-1, -1) if t is None else (_TRAIT_CATEGORIES.index(t[0]), t[1]) for t in self.trait
        ]
        return {
            "known.gene": self.gene,
            "known.trait": np.array(traits, np.int64).reshape(-1, 2),
            "known.region": self.region,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Known:
        """The inverse of `to_arrays`."""
        traits = tuple(
            None if category < 0 else (_TRAIT_CATEGORIES[category], number)
            for category, number in arrays["known.trait"].tolist()
        )
        return cls(np.asarray(arrays["known.gene"]), traits, np.asarray(arrays["known.region"]))


_TRAIT_CATEGORIES = (Category.DISEASE, Category.PHENOTYPE)


@dataclass(frozen=True)
class Prior:
    """Everything the priors of loci are computed from.

    Attributes:
        evidence: For diseases and for traits.
        walk: Walk matrix over all relations.
        free: Walk matrix over those that chose no genes.
    """

    evidence: Mapping[Category, Evidence]
    walk: sp.csr_matrix
    free: sp.csr_matrix

    def over(self, loci: Loci, known: Index) -> LocusWalks:
        """Walks to the genes of some loci, ready to be asked with any of the known genes.

        Args:
            loci: Whose genes.
            known: Genes that may be seeds later, int64.
        """
        return LocusWalks(self, loci, np.unique(known))

    @property
    def strongest(self) -> Floats:
        """Largest weight of each gene's evidence, for anything, loci apart, float32 (genes,)."""
        best = np.zeros(self.walk.shape[0], np.float32)
        for evidence in self.evidence.values():
            np.maximum.at(best, evidence.apart.gene, evidence.apart.weight)
        return best


class LocusWalks:
    """The channels of some loci; what does not depend on the known genes is computed once."""

    def __init__(self, prior: Prior, loci: Loci, known: Index) -> None:
        self.loci = loci
        self._here = loci.gene >= 0
        self._genes = np.unique(loci.gene[self._here])
        self._row = np.searchsorted(self._genes, loci.gene)
        self._known = known
        self._fixed = np.full((len(loci), 2), np.nan, np.float32)
        self._fixed[self._here, 1] = prior.strongest[loci.gene[self._here]]
        self._seeds = self._seeds_of_traits(prior)
        walks = {"all": self._walk(prior.walk), "free": self._walk(prior.free)}
        self._walked = {name: walked for name, (walked, _) in walks.items()}
        self._between = {name: between for name, (_, between) in walks.items()}

    def channels(self, known: Known, own_region: bool) -> tuple[Floats, Floats]:
        """Channels of every row over all relations and over the hypothesis-free ones.

        Args:
            known: Genes that may be seeds, besides those of the row's locus.
            own_region: Whether `known` holds genes of these very loci, whose regions are then
                left out row by row.

        Returns:
            float32 (rows, 6) in the order of `CHANNELS` and (rows, 3) in that of `FREE`; NaN where
            the gene or what was studied is not known.
        """
        free = np.hstack([self._walked["free"][:, 1:], self._from_known("free", known, own_region)])
        every = [
            self._fixed,
            self._walked["all"],
            self._from_known("all", known, own_region),
        ]
        return np.hstack(every), free

    def _seeds_of_traits(self, prior: Prior) -> dict[Trait, tuple[Floats, Floats]]:
        """Seeds by evidence and by loci of each trait; fills in the rows' own evidence."""
        seeds: dict[Trait, tuple[Floats, Floats]] = {}
        own: dict[Trait, Floats] = {}
        for trait in dict.fromkeys(t for t in self.loci.trait if t is not None):
            evidence = prior.evidence[trait[0]]
            likeness = evidence.apart.ontology.lin(trait[1])
            near = np.where(likeness >= SEED_FLOOR, likeness**3, np.float32(0.0))
            seeds[trait] = (evidence.apart.weighted(near), evidence.from_loci.weighted(near))
            own[trait] = evidence.apart.told(likeness, trait[1])
        for row in np.flatnonzero(self._here).tolist():
            trait_of_row = self.loci.trait[row]
            if trait_of_row is not None:
                self._fixed[row, 0] = own[trait_of_row][self.loci.gene[row]]
        return seeds

    def _walk(self, matrix: sp.csr_matrix) -> tuple[Floats, Floats]:
        """Walks from the seeds of the traits, and from each known gene to each gene asked for."""
        walked = np.full((len(self.loci), 2), np.nan, np.float32)
        between = [np.zeros((0, len(self._known)), np.float32)]
        for start in range(0, len(self._genes), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            arrives = origins(matrix, self._genes[some])
            between.append(arrives[:, self._known])
            for rows, trait in self._groups():
                mine = rows[(self._row[rows] >= start) & (self._row[rows] < start + _AT_ONCE)]
                if trait is not None and len(mine):
                    inside = self.loci.gene[rows]
                    rows_of_operator = arrives[self._row[mine] - start]
                    walked[mine] = _without(rows_of_operator, self._seeds[trait], inside)
        return walked, np.vstack(between)

    def _groups(self) -> Iterator[tuple[Index, Trait | None]]:
        """Rows of each locus whose gene is known, and what was studied there."""
        for rows in self.loci.rows_of:
            known = rows[self._here[rows]]
            if len(known):
                yield known, self.loci.trait[int(known[0])]

    def _from_known(self, name: str, known: Known, own_region: bool) -> Floats:
        """Walks from known genes, of any trait and of the row's, float32 (rows, 2)."""
        walked = np.full((len(self.loci), 2), np.nan, np.float32)
        region = self.loci.region
        for rows, trait in self._groups():
            usable = ~np.isin(known.gene, self.loci.gene[rows])
            if own_region:
                usable &= known.region != region[rows[0]]
            arrives = self._between[name][self._row[rows]]
            walked[rows, 0] = self._mean_of(arrives, known.gene[usable])
            if trait is not None:
                same = usable & np.array([t == trait for t in known.trait], bool)
                walked[rows, 1] = self._mean_of(arrives, known.gene[same])
        return walked

    def _mean_of(self, arrives: Floats, seeds: Index) -> Floats:
        """What one unit spread evenly over seeds brings, float32 (rows,); 0 without seeds."""
        if not len(seeds):
            return np.zeros(len(arrives), np.float32)
        place = np.searchsorted(self._known, np.unique(seeds))
        mean: Floats = arrives[:, place].mean(axis=1)
        return mean


def relative(channels: Floats, loci: Loci) -> Floats:
    """Channels beside their share of the locus's largest, float32 (rows, 2 k).

    The share is 0 where no gene of the locus has anything, and NaN where the channel is.
    """
    largest = np.full((len(loci.rows_of), channels.shape[1]), -1.0, np.float32)
    np.maximum.at(largest, loci.locus, np.nan_to_num(channels, nan=-1.0))
    top = largest[loci.locus]
    share = np.divide(channels, top, out=np.zeros_like(channels), where=top > 0)
    return np.hstack([channels, np.where(np.isnan(channels), np.nan, share)]).astype(np.float32)


def _without(arrives: Floats, seeds: tuple[Floats, Floats], inside: Index) -> Floats:
    """Walks from seeds outside the locus, by each kind of seed, float32 (rows, 2)."""
    columns = []
    for kind in seeds:
        outside = kind.copy()
        outside[inside] = 0.0
        columns.append(arrives @ outside / max(float(outside.sum()), 1e-9))
    return np.stack(columns, axis=1).astype(np.float32)
