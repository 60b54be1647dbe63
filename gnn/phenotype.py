"""Diseases by their clinical picture: HPO profiles and how alike they are.

A profile is the disease's phenotypes, each with its frequency, carried up the phenotype hierarchy
by their maximum, times the information content, scaled to unit length. A disease without rows of
its own takes the mean of its descendants'. Profiles are made of annotations of patients, not of
genes, but they describe subtypes that are known: in a time split a disease counts only when it
had gene evidence by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.graph import Graph
from gnn.ontology import Floats, Index, Ontology
from kg.biolink import Category, EdgeType, Predicate

_HAS_PHENOTYPE = EdgeType(Category.DISEASE, Predicate.HAS_PHENOTYPE, Category.PHENOTYPE)
_SAME = EdgeType(Category.PHENOTYPE, Predicate.CLOSE_MATCH, Category.DISEASE)
NEAREST, FLOOR = 30, 0.15


@dataclass(frozen=True)
class Profiles:
    """Unit-length phenotype profiles, diseases x phenotypes, float32 CSR; empty rows have none."""

    matrix: sp.csr_matrix

    @classmethod
    def of(cls, graph: Graph, known: npt.NDArray[np.bool_] | None = None) -> Profiles:
        """The profiles of a release; all empty where it has no phenotype annotations.

        Args:
            graph: The release.
            known: Diseases whose picture may be used, bool (diseases,), all when None: as of a
                day, those that had evidence by then.
        """
        own = graph.matrix(_HAS_PHENOTYPE, ungraded=0.5)
        if known is not None:
            own = sp.csr_matrix(sp.diags(known.astype(np.float32)) @ own)
            own.eliminate_zeros()
        if own.nnz == 0:
            return cls(own)
        rolled = graph.phenotype_ontology.roll_up(own)
        weighted = rolled @ sp.diags(graph.phenotype_ontology.information)
        unit = unit_rows(weighted.tocsr())
        return cls(unit_rows(filled_from_below(graph.disease_ontology, unit)))

    def likeness(self, disease: int) -> Floats:
        """Cosine of a disease's profile with every disease's, float32 (diseases,)."""
        row = self.matrix[disease]
        if row.nnz == 0:
            return np.zeros(self.matrix.shape[0], np.float32)
        # A dense row: the product of two sparse ones takes ten times as long.
        return np.asarray(self.matrix @ row.toarray().ravel(), np.float32)

    def neighbours(self, disease: int, allowed: Index | None = None) -> Floats:
        """Squared cosine to the nearest diseases, 0 for the others and for the disease itself.

        Args:
            disease: Whose neighbours.
            allowed: Diseases that may be neighbours; all when None.
        """
        likeness = self.likeness(disease)
        likeness[disease] = 0.0
        if allowed is not None:
            mask = np.ones(len(likeness), bool)
            mask[allowed] = False
            likeness[mask] = 0.0
        if len(likeness) > NEAREST:
            cut = max(float(np.partition(likeness, -NEAREST)[-NEAREST]), FLOOR)
        else:
            cut = FLOOR
        near: Floats = np.where(likeness >= cut, likeness**2, 0.0).astype(np.float32)
        return near


def unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Rows scaled to length one; empty rows stay empty."""
    norm = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scale = np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)
    return (sp.diags(scale) @ matrix).tocsr().astype(np.float32)


def filled_from_below(ontology: Ontology, profiles: sp.csr_matrix) -> sp.csr_matrix:
    """Diseases without a profile take the mean of their descendants'."""
    has = np.diff(profiles.indptr) > 0
    below = ontology.descendants.astype(np.float32) @ sp.diags(has.astype(np.float32))
    count = np.asarray(below.sum(axis=1)).ravel()
    lacking = np.divide(1.0, count, out=np.zeros_like(count), where=~has & (count > 0))
    return (profiles + sp.diags(lacking.astype(np.float32)) @ below @ profiles).tocsr()
