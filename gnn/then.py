"""A release as far as its relations and facts of genes were public by a day.

Many carry the day of their table rather than of the finding: processes, pathways, families and
domains all fall with a release that is newer than the day, however long they were known. What is
learned from the rest is a lower bound of what could have been learned then, as what is learned
from the whole release is an upper one. Claims on diseases and clinical pictures are no part of it
(`gnn.time_split.at`), and the hierarchy of diseases stays.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp

from gnn.graph import Graph
from gnn.ontology import Index
from kg.biolink import EdgeType

_SHARED = ("genes", "diseases", "phenotypes", "degree", "disease_ontology", "phenotype_ontology")
"""What does not depend on the day."""


class GraphThen(Graph):
    """A graph without the edges and facts of genes that were first public after a day."""

    def __init__(self, graph: Graph, day: date) -> None:
        super().__init__(graph.release, graph.store)
        self.day = np.datetime64(day)
        for name in _SHARED:
            vars(self)[name] = getattr(graph, name)

    def matrix_of(
        self, edge_type: EdgeType, numbers: Index, ungraded: float = 1.0
    ) -> sp.csr_matrix:
        """As of any graph, of those edges that a record of the day or before supports."""
        return super().matrix_of(edge_type, numbers[self._public[numbers]], ungraded)

    @cached_property
    def _public(self) -> npt.NDArray[np.bool_]:
        """Whether a supporting record of each edge is as old as the day, bool (edges,)."""
        table = self.store.evidence_table(["first_public", "negated"])
        day = table["first_public"].to_numpy().astype("datetime64[D]")
        old = (day <= self.day) & ~table["negated"].to_numpy().astype(bool)
        before = np.concatenate([[0], np.cumsum(old)])
        start, end = (np.asarray(self.store.arrays[f"evidence_{e}"]) for e in ("start", "end"))
        return np.asarray(before[end] > before[start])

    def _fact_rows(self) -> pa.Table:
        table = super()._fact_rows()
        return table.filter(pa.array(table["first_public"].to_numpy() <= self.day))
