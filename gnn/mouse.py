"""Genes by the phenotypes of their mouse mutants, and diseases as those mutants would show them.

A gene's profile is its orthologue's mouse terms, carried up their hierarchy, times the information
content, scaled to unit length. A disease's is made of its human phenotypes, matched to mouse terms
by curated and logical matches (`close_match`), then carried up and scaled alike. Genes whose mouse
was never made have an empty profile: that says nothing of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from gnn.graph import Graph
from gnn.ontology import Floats
from gnn.phenotype import filled_from_below, unit_rows
from kg.biolink import Category, EdgeType, Predicate

_C, _P = Category, Predicate
_OF_GENE = EdgeType(_C.GENE, _P.HAS_PHENOTYPE, _C.PHENOTYPE)
_OF_DISEASE = EdgeType(_C.DISEASE, _P.HAS_PHENOTYPE, _C.PHENOTYPE)
_MATCH = EdgeType(_C.PHENOTYPE, _P.CLOSE_MATCH, _C.PHENOTYPE)
MOUSE_TERM = "MP:"


@dataclass(frozen=True)
class MouseProfiles:
    """Unit-length profiles over mouse terms.

    Attributes:
        genes: Genes x phenotypes, float32 CSR; empty rows have none.
        diseases: Diseases x phenotypes, float32 CSR.
    """

    genes: sp.csr_matrix
    diseases: sp.csr_matrix

    @classmethod
    def of(cls, graph: Graph) -> MouseProfiles:
        """The profiles of a release; all empty where it has no mouse phenotypes or no matches."""
        mouse = np.array([i.startswith(MOUSE_TERM) for i in graph.phenotypes.ids], np.float32)
        numbers = graph.store.edge_numbers(_OF_GENE)
        of_genes = graph.matrix_of(_OF_GENE, numbers) @ sp.diags(mouse)
        matches, of_human = graph.matrix(_MATCH), graph.matrix(_OF_DISEASE, ungraded=0.5)
        if not (of_genes.nnz and matches.nnz and of_human.nnz):
            return cls(_empty(of_genes.shape), _empty(of_human.shape))
        to_mouse = sp.diags(1.0 - mouse) @ (matches + matches.T) @ sp.diags(mouse)
        human = graph.phenotype_ontology.roll_up(of_human)
        of_diseases = sp.csr_matrix(human @ to_mouse)
        of_diseases.data = np.minimum(of_diseases.data, np.float32(1.0))
        stated = sp.csr_matrix(of_genes, copy=True)
        stated.eliminate_zeros()
        stated.data[:] = 1.0
        diseases = _profiles(graph, of_diseases, mouse)
        return cls(
            _profiles(graph, stated, mouse),
            unit_rows(filled_from_below(graph.disease_ontology, diseases)),
        )

    def likeness(self, disease: int) -> Floats:
        """Cosine of every gene's profile with a disease's, float32 (genes,)."""
        row = self.diseases[disease]
        if row.nnz == 0:
            return np.zeros(self.genes.shape[0], np.float32)
        # A dense row: the product of two sparse ones takes ten times as long.
        return np.asarray(self.genes @ row.toarray().ravel(), np.float32)


def _profiles(graph: Graph, stated: sp.csr_matrix, mouse: Floats) -> sp.csr_matrix:
    """Terms carried up, mouse terms alone, weighted by information, unit length."""
    ontology = graph.phenotype_ontology
    if stated.nnz == 0:
        return _empty(stated.shape)
    rolled = ontology.roll_up(sp.csr_matrix(stated))
    weighted = sp.csr_matrix(rolled @ sp.diags(ontology.information * mouse))
    weighted.eliminate_zeros()
    return unit_rows(weighted)


def _empty(shape: tuple[int, int]) -> sp.csr_matrix:
    return sp.csr_matrix(shape, dtype=np.float32)
