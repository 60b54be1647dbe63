"""A hierarchy of diseases or phenotypes: ancestors, information content, Lin similarity.

Information content is Seco's intrinsic one, 1 - log(descendants + 1) / log(terms), so that it
depends on the hierarchy alone and never on how much a disease was studied (Seco, Veale and Hayes
2004). Similarity is Lin's, 2 IC(lowest common ancestor) / (IC(a) + IC(b)) (Lin 1998).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from kg.errors import ModelError

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ontology:
    """A directed acyclic hierarchy over terms numbered 0 .. n-1.

    Attributes:
        ancestors: Boolean CSR, n x n; row i marks i itself and everything above it.
        counted: Terms that count as descendants in the information content, bool, shape (n,).
    """

    ancestors: sp.csr_matrix
    counted: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, n: int, child: Index, parent: Index, counted: npt.NDArray[np.bool_] | None = None
    ) -> Ontology:
        """From is_a pairs.

        Args:
            n: Number of terms.
            child, parent: Term numbers of each is_a pair.
            counted: Terms to count; all when None. Their ancestors are counted with them.

        Raises:
            ModelError: the hierarchy has a cycle.
        """
        step = sp.csr_matrix((np.ones(len(child), np.int8), (child, parent)), shape=(n, n))
        closed = sp.identity(n, dtype=np.int8, format="csr")
        frontier = closed
        for _ in range(64):
            frontier = (frontier @ step).astype(bool).astype(np.int8)
            grown = (closed + frontier).astype(bool).astype(np.int8)
            if grown.nnz == closed.nnz:
                break
            closed = grown
        else:
            raise ModelError("the hierarchy has a cycle, or is more than 64 levels deep")
        closed.sort_indices()
        everything = np.ones(n, bool) if counted is None else counted
        above = np.asarray((closed.T @ everything.astype(np.int32)) > 0).ravel()
        return cls(closed.astype(bool), above)

    @property
    def n(self) -> int:
        """Number of terms."""
        return int(self.ancestors.shape[0])

    @cached_property
    def descendants(self) -> sp.csr_matrix:
        """Boolean CSR, n x n; row i marks i itself and everything below it."""
        return self.ancestors.T.tocsr()

    @cached_property
    def information(self) -> Floats:
        """Information content of each term, 0 at the root to 1 at a leaf, float32 (n,)."""
        below = np.asarray(self.descendants @ self.counted.astype(np.int32)).ravel()
        below = np.maximum(below - self.counted, 0)
        total = max(int(self.counted.sum()), 2)
        content: Floats = (1.0 - np.log(below + 1.0) / np.log(total)).astype(np.float32)
        return content.clip(0.0, 1.0)

    def above(self, term: int) -> Index:
        """A term and all its ancestors, by number."""
        pointer = self.ancestors.indptr
        return np.asarray(self.ancestors.indices[pointer[term] : pointer[term + 1]], np.int64)

    def below(self, term: int) -> Index:
        """A term and all its descendants, by number."""
        pointer = self.descendants.indptr
        return np.asarray(self.descendants.indices[pointer[term] : pointer[term + 1]], np.int64)

    def around(self, term: int, likeness: Floats, floor: float) -> npt.NDArray[np.bool_]:
        """A term, all below it, and all that are at least so much like it, bool (n,).

        Args:
            term: Which.
            likeness: As `lin` gives it for the term.
            floor: Likeness from which others are meant too.
        """
        meant = likeness >= floor
        meant[self.below(term)] = True
        return meant

    def lin(self, term: int) -> Floats:
        """Lin similarity of a term to every term, float32 (n,); 0 where only the root is shared."""
        shared = np.zeros(self.n, np.float32)
        above = self.above(term)
        pointer, members = self.descendants.indptr, self.descendants.indices
        for ancestor in above[np.argsort(self.information[above])]:
            shared[members[pointer[ancestor] : pointer[ancestor + 1]]] = self.information[ancestor]
        both = self.information[term] + self.information
        similarity: Floats = np.divide(2.0 * shared, both, out=np.zeros_like(both), where=both > 0)
        similarity[term] = 1.0
        return similarity.clip(0.0, 1.0)

    def lin_matrix(self, terms: Index, floor: float) -> sp.csr_matrix:
        """Lin similarities of some terms to all, float32 CSR (len(terms), n), above a floor."""
        rows, columns, values = [], [], []
        for row, term in enumerate(terms.tolist()):
            similarity = self.lin(term)
            near = np.flatnonzero(similarity >= floor)
            rows.append(np.full(len(near), row, np.int64))
            columns.append(near)
            values.append(similarity[near])
        shape = (len(terms), self.n)
        if not rows:
            return sp.csr_matrix(shape, dtype=np.float32)
        entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        return sp.csr_matrix(entries, shape=shape)

    def roll_up(self, values: sp.csr_matrix) -> sp.csr_matrix:
        """Each row's values carried to all ancestors by their maximum (the true-path rule).

        Args:
            values: CSR (m, n), not negative.
        """
        if not values.nnz:
            return sp.csr_matrix(values.shape, dtype=np.float32)
        coo = values.tocoo()
        counts = np.diff(self.ancestors.indptr)[coo.col]
        start = self.ancestors.indptr[coo.col].astype(np.int64)
        offset = np.repeat(start - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
        column = self.ancestors.indices[np.arange(int(counts.sum())) + offset]
        row, value = np.repeat(coo.row, counts), np.repeat(coo.data, counts)
        order = np.lexsort((value, column, row))
        row, column, value = row[order], column[order], value[order]
        last = np.append((np.diff(row) != 0) | (np.diff(column) != 0), True)
        kept = (value[last], (row[last], column[last]))
        return sp.csr_matrix(kept, shape=values.shape, dtype=np.float32)
