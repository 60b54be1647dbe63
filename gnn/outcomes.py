"""What became of drugs: which gene-disease pairs were tried, and which reached a late phase.

Labels alone: read from the labels table, never from edges. A pair is *tried* where a drug that
acts on the gene was tested in people for the disease, *late* where one reached phase 3 or
approval.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from gnn.direction import Signs
from gnn.drugs import LATE_PHASE, DrugMechanisms, modality_of
from gnn.graph import Graph
from gnn.ontology import Floats, Index
from gnn.target_score import MODALITIES
from kg.details import FIRST_BLOCK

SAME_DISEASE = 0.9
SELECTIVE = 2
"""Most genes that a drug acts on where its outcome is taken to tell of each of them."""
LEAST_LATE = 3
"""Genes with a late drug that a disease needs to be asked for."""
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pushes:
    """Pairs whose late drugs with a sign all push one way.

    Attributes:
        gene, disease: Local numbers, ascending by disease, int64 (m,).
        sign: -1 inhibit, +1 activate, int8 (m,).
    """

    gene: Index
    disease: Index
    sign: npt.NDArray[np.int8]

    def of(self, disease: int) -> list[tuple[int, int]]:
        """Gene and sign of a disease's pairs."""
        start, end = np.searchsorted(self.disease, [disease, disease + 1])
        return list(zip(self.gene[start:end].tolist(), self.sign[start:end].tolist(), strict=True))

    def inhibited(self, diseases: Mask, n_genes: int) -> Mask:
        """Genes that the late drugs for any of some diseases inhibit, bool (genes,).

        Args:
            diseases: Which, bool (diseases,).
            n_genes: Number of genes.
        """
        found = np.zeros(n_genes, bool)
        found[self.gene[(self.sign < 0) & diseases[self.disease]]] = True
        return found


@dataclass(frozen=True)
class Outcomes:
    """Drugs, what they act on and with which sign, and how far they came for which disease.

    Attributes:
        acts: Drugs x genes, 1 where the drug acts on the gene, float32 CSR.
        inhibits, activates: Drugs x genes, records with that sign, float32 CSR.
        phase: Drugs x diseases, highest clinical phase of the indication, float32 CSR.
        skeleton: Number of each drug's connectivity, int64 (drugs,): a salt, an enantiomer or
            another record of the same drug has the same.
        drug_at: Node index in the release of each drug, int64 (drugs,); -1 for none.
        modality: Place of each in `MODALITIES`, int64 (drugs,).
        highest: Clinical phase for any disease, float32 (drugs,); 0 where unknown.
    """

    acts: sp.csr_matrix
    inhibits: sp.csr_matrix
    activates: sp.csr_matrix
    phase: sp.csr_matrix
    skeleton: Index
    drug_at: Index
    modality: Index
    highest: Floats

    @classmethod
    def of(cls, graph: Graph) -> Outcomes:
        """Join drug mechanisms and indications by the drug."""
        labels = graph.release.table("labels", ["kind", "subject", "object", "number"])
        kind = labels["kind"].cast(pa.string())
        indication = labels.filter(pc.equal(kind, "drug_indication"))
        mechanism = DrugMechanisms.of(graph)
        drugs = pa.array(sorted({*mechanism.drug.to_pylist()}), pa.string())
        drug, gene, sign = _place(mechanism.drug, drugs), mechanism.gene, mechanism.sign
        shape, chunked = (len(drugs), len(graph.genes)), pa.chunked_array([drugs])
        disease = _place(indication["object"], pa.array(graph.diseases.ids, pa.string()))
        reached = np.nan_to_num(indication["number"].to_numpy().astype(np.float64), nan=0.0)
        return cls(
            _largest(drug, gene, np.ones(len(drug)), shape),
            _summed(drug, gene, (sign < 0).astype(np.float64), shape),
            _summed(drug, gene, (sign > 0).astype(np.float64), shape),
            _largest(
                _place(indication["subject"], drugs),
                disease,
                reached,
                (len(drugs), len(graph.diseases)),
            ),
            _skeletons(graph, drugs),
            graph.store.index_of(drugs.to_pylist()),
            np.array([MODALITIES.index(m) for m in modality_of(graph, chunked)], np.int64),
            np.nan_to_num(graph.numbers_of("drug.max_phase", chunked), nan=0.0).astype("f4"),
        )

    @cached_property
    def late(self) -> sp.csr_matrix:
        """Genes x diseases whose drug reached a late phase, bool CSR."""
        return self.reaching(LATE_PHASE)

    def reaching(self, phase: float) -> sp.csr_matrix:
        """Genes x diseases whose drug reached at least a phase, bool CSR."""
        treats = (self.phase >= phase).astype(np.float32)
        return (self.acts.T @ treats > 0).tocsr()

    @property
    def selective(self) -> Outcomes:
        """Of drugs that act on at most `SELECTIVE` genes alone, by the mechanisms on record."""
        few = np.flatnonzero(self.acts.getnnz(axis=1) <= SELECTIVE)
        return Outcomes(*(getattr(self, name)[few] for name in self.__dataclass_fields__))

    def furthest(self, disease: int) -> Floats:
        """Highest phase of a drug on each gene for a disease, 0 for none, float32 (genes,)."""
        treats = self.acts.multiply(self.phase[:, [disease]]).tocsc()
        return np.asarray(treats.max(axis=0).todense(), np.float32).ravel()

    @property
    def drugged(self) -> Mask:
        """Genes with any drug mechanism, bool (genes,)."""
        return np.asarray(self.acts.sum(axis=0)).ravel() > 0

    @property
    def diseases(self) -> Index:
        """Diseases with at least `LEAST_LATE` late genes, ascending."""
        return np.flatnonzero(np.asarray(self.late.sum(axis=0)).ravel() >= LEAST_LATE)

    def reached(self, likeness: Floats) -> Mask:
        """Genes with a late-phase drug for a disease or one nearly the same, bool (genes,)."""
        near = (likeness >= SAME_DISEASE).astype(np.float32)
        return np.asarray(self.late.astype(np.float32) @ near) > 0

    def signs_without(self, likeness: Floats) -> Signs:
        """Signs of the drugs that were never tried for a disease or one nearly the same.

        What a pair's own drugs do can't tell of the pair's outcome, by whatever record of theirs.
        """
        others = (~self.tried(likeness)).astype(np.float32)
        return Signs(
            np.asarray(self.inhibits.T @ others, np.float32),
            np.asarray(self.activates.T @ others, np.float32),
        )

    def tried(self, likeness: Floats) -> Mask:
        """Drugs of which any of the same connectivity was tried for such a disease, bool (drugs,).

        Args:
            likeness: Lin similarity of the disease to all, float32 (diseases,).
        """
        near = (likeness >= SAME_DISEASE).astype(np.float32)
        mine = np.asarray((self.phase > 0).astype(np.float32) @ near) > 0
        known = np.zeros(int(self.skeleton.max(initial=-1)) + 1, bool)
        known[self.skeleton[mine]] = True
        return known[self.skeleton]

    @cached_property
    def pushes(self) -> Pushes:
        """Pairs whose late drugs all push one way."""
        late = (self.phase >= LATE_PHASE).astype(np.float32)
        inhibit, activate = (m.T @ late for m in (self.inhibits, self.activates))
        one_way = (inhibit > 0).astype(np.int8) - (activate > 0).astype(np.int8)
        pairs = one_way.tocoo()
        order = np.lexsort((pairs.row, pairs.col))
        order = order[pairs.data[order] != 0]
        return Pushes(
            pairs.row[order].astype(np.int64),
            pairs.col[order].astype(np.int64),
            -pairs.data[order].astype(np.int8),
        )


def _skeletons(graph: Graph, drugs: pa.Array) -> Index:
    """A number for each connectivity, by the first block of the InChIKey; else for each drug."""
    table = graph.release.table("compounds", ["id", "inchikey"])
    place = _place(table["id"], drugs)
    known = np.flatnonzero(place >= 0)
    named = np.array(drugs.to_pylist(), object)
    named[place[known]] = [k[:FIRST_BLOCK] for k in table["inchikey"].take(known).to_pylist()]
    return np.unique(named.astype(np.str_), return_inverse=True)[1].astype(np.int64)


def _place(ids: pa.ChunkedArray, among: pa.Array) -> Index:
    """Position of each identifier, -1 where it is not among them."""
    found = pc.index_in(ids.cast(pa.string()), value_set=among).fill_null(-1)
    return np.asarray(found.to_numpy(), np.int64)


def _summed(
    row: Index, column: Index, value: npt.NDArray[np.float64], shape: tuple[int, int]
) -> sp.csr_matrix:
    known = (row >= 0) & (column >= 0) & (value > 0)
    entries = (value[known].astype(np.float32), (row[known], column[known]))
    return sp.csr_matrix(entries, shape=shape)


def _largest(
    row: Index, column: Index, value: npt.NDArray[np.float64], shape: tuple[int, int]
) -> sp.csr_matrix:
    known = np.flatnonzero((row >= 0) & (column >= 0) & (value > 0))
    order = known[np.lexsort((-value[known], column[known], row[known]))]
    first = (np.diff(row[order], prepend=-1) != 0) | (np.diff(column[order], prepend=-1) != 0)
    return _summed(row[order[first]], column[order[first]], value[order[first]], shape)
