"""Reversibility, in a first version: would modulating the target treat the disease.

The raw score is causality times how well the drugs known for the gene agree with what the
disease's curated mechanism asks for. It is calibrated, among genes that a drug acts on, to the
share whose drug reached phase 3 or approval for the disease: a probability that a drug on this
target gets that far, not that a patient is cured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from gnn.graph import Graph
from gnn.ontology import Floats, Index

LATE_PHASE = 3.0
SAME_DISEASE = 0.9


@dataclass(frozen=True)
class Outcomes:
    """Genes whose drugs reached a late phase for a disease.

    Attributes:
        late: Genes x diseases, bool CSR.
        drugged: Genes with any drug mechanism, bool (genes,).
    """

    late: sp.csr_matrix
    drugged: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, graph: Graph) -> Outcomes:
        """Join drug mechanisms and late-phase indications by the drug."""
        labels = graph.release.table("labels", ["kind", "subject", "object", "number"])
        kind = labels["kind"].cast(pa.string())
        mechanism = labels.filter(pc.equal(kind, "drug_mechanism"))
        late = pc.and_(
            pc.equal(kind, "drug_indication"), pc.greater_equal(labels["number"], LATE_PHASE)
        )
        indication = labels.filter(late)
        drugs = pa.array(sorted({*mechanism["subject"].to_pylist()}), pa.string())
        acts = _incidence(
            pc.index_in(mechanism["subject"].cast(pa.string()), value_set=drugs),
            graph.local_genes(mechanism["object"]),
            (len(drugs), len(graph.genes)),
        )
        disease = pc.index_in(
            indication["object"].cast(pa.string()), value_set=pa.array(graph.diseases.ids)
        )
        treats = _incidence(
            pc.index_in(indication["subject"].cast(pa.string()), value_set=drugs),
            np.asarray(disease.fill_null(-1).to_numpy(), np.int64),
            (len(drugs), len(graph.diseases)),
        )
        drugged = np.asarray(acts.sum(axis=0)).ravel() > 0
        return cls((acts.T @ treats > 0).tocsr(), drugged)

    @property
    def diseases(self) -> Index:
        """Diseases with at least three such genes, ascending."""
        return np.flatnonzero(np.asarray(self.late.sum(axis=0)).ravel() >= 3)

    def reached(self, likeness: Floats) -> npt.NDArray[np.bool_]:
        """Genes with a late-phase drug for a disease or one nearly the same, bool (genes,)."""
        near = (likeness >= SAME_DISEASE).astype(np.float32)
        return np.asarray(self.late.astype(np.float32) @ near) > 0


def raw_score(causality: Floats, agreement: Floats) -> Floats:
    """Causality, halved where drugs push against the genetics and never raised by ignorance.

    Args:
        causality: Probability, float32 (genes,).
        agreement: `gnn.direction.agreement`, 0 to 1, .5 where unknown.
    """
    score: Floats = (causality * (0.5 + 0.5 * agreement)).astype(np.float32)
    return score


def _incidence(rows: pa.ChunkedArray, columns: Index, shape: tuple[int, int]) -> sp.csr_matrix:
    row = np.asarray(rows.fill_null(-1).to_numpy(), np.int64)
    known = (row >= 0) & (columns >= 0)
    entries = (np.ones(int(known.sum()), np.float32), (row[known], columns[known]))
    return sp.csr_matrix(entries, shape=shape)
