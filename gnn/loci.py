"""Genes at loci, with what a credible set says of each: what locus-to-gene models learn and score.

Rows come from a release, where the causal gene is known, or from a user's table, where nobody's
verdict is read even if the table has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from gnn.graph import NodeIndex
from gnn.ontology import Floats, Index
from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.layout import LOCUS_FEATURES
from kg.release import Release

Trait = tuple[Category, int]
"""A disease or a trait, by its local number."""


@dataclass(frozen=True)
class Loci:
    """Rows of gene at locus.

    Attributes:
        features: `LOCUS_FEATURES`, float32 (rows, 28); NaN where a table leaves one empty.
        gene: Local number, int64 (rows,); -1 for what is no protein-coding gene of the release.
        locus: Number of the row's locus, int64 (rows,), from 0.
        trait: What was studied, of each row; None where it is not told or not known.
        gene_name: The genes as given.
    """

    features: Floats
    gene: Index
    locus: Index
    trait: tuple[Trait | None, ...]
    gene_name: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.gene)

    @cached_property
    def rows_of(self) -> list[Index]:
        """Rows of each locus, ascending."""
        order = np.argsort(self.locus, kind="stable")
        ends = np.cumsum(np.bincount(self.locus))[:-1]
        return [np.asarray(rows, np.int64) for rows in np.split(order, ends)]

    @cached_property
    def region(self) -> Index:
        """Number of each row's region, int64 (rows,): loci that share a gene, in chains, are one.

        Folds keep regions whole, so that no gene is on both sides.
        """
        named = np.unique(np.array(self.gene_name), return_inverse=True)[1]
        loci, genes = int(self.locus.max(initial=-1)) + 1, int(named.max(initial=-1)) + 1
        ends = (self.locus, loci + named)
        size = loci + genes
        joined = sp.csr_matrix((np.ones(len(self), np.int8), ends), shape=(size, size))
        _, part = connected_components(joined, directed=False)
        return np.unique(part[self.locus], return_inverse=True)[1].astype(np.int64)


@dataclass(frozen=True)
class Names:
    """Resolves genes and traits of loci to the local numbers of a release."""

    store: EmbeddedStore
    genes: NodeIndex
    diseases: NodeIndex
    traits: NodeIndex

    def gene_numbers(self, ids: Sequence[str]) -> Index:
        """Local numbers of genes by any identifier; -1 for what is not among them."""
        known = self._nodes(ids, (Category.GENE,))
        numbers = [self.genes.position.get(known[i] or "", -1) for i in ids]
        return np.array(numbers, np.int64)

    def trait_numbers(self, ids: Sequence[str | None]) -> tuple[Trait | None, ...]:
        """Disease or trait of each identifier; None for what is neither."""
        known = self._nodes([i for i in ids if i], (Category.DISEASE, Category.PHENOTYPE))
        return tuple(self._trait(known[i]) if i else None for i in ids)

    def _trait(self, node: str | None) -> Trait | None:
        for category, index in (
            (Category.DISEASE, self.diseases),
            (Category.PHENOTYPE, self.traits),
        ):
            if node in index.position:
                return category, index.position[str(node)]
        return None

    def _nodes(self, ids: Sequence[str], categories: Sequence[Category]) -> dict[str, str | None]:
        unique = sorted(set(ids))
        found = self.store.match(unique, list(categories), near=0)
        return dict(zip(unique, (m.node for m in found), strict=True))


def known_loci(release: Release, names: Names) -> tuple[Loci, npt.NDArray[np.bool_]]:
    """The loci of a release whose causal gene is known, and which rows are that gene.

    Returns:
        No rows where the release holds none: it was built before such loci were kept, without
        their source, or as of a day before them.
    """
    if not release.table_path("loci").exists():
        return loci_of([], [], [], np.zeros((0, len(LOCUS_FEATURES)), np.float32), names), _none()
    table = release.table("loci")
    features = np.stack([table[name].to_numpy() for name in LOCUS_FEATURES], axis=1)
    positive = table["positive"].cast(pa.int8()).to_numpy().astype(bool)
    loci, genes, traits = (table[c].to_pylist() for c in ("study_locus", "gene", "trait"))
    return loci_of(loci, genes, traits, features.astype(np.float32), names), positive


def loci_of(
    loci: Sequence[str],
    genes: Sequence[str],
    traits: Sequence[str | None],
    features: Floats,
    names: Names,
) -> Loci:
    """Rows of a table with identifiers resolved.

    Args:
        loci: Name of each row's locus.
        genes: Identifiers of genes, as CURIEs.
        traits: Identifiers of diseases or traits, as CURIEs; None where not told.
        features: float32 (rows, 28).
        names: Resolves identifiers.
    """
    number = np.unique(np.array(loci, np.str_), return_inverse=True)[1]
    return Loci(
        features,
        names.gene_numbers(genes),
        number.astype(np.int64),
        names.trait_numbers(traits),
        tuple(genes),
    )


def _none() -> npt.NDArray[np.bool_]:
    return np.zeros(0, bool)
