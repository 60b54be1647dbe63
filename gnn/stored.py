"""Sparse matrices and direct evidence as flat arrays by name, as a model is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.causality import Direct
from gnn.ontology import Ontology

Arrays = Mapping[str, npt.NDArray[Any]]

DIRECT = (
    "gene",
    "disease",
    "weight",
    "refuted_gene",
    "refuted_disease",
    "refuted_strength",
)


def csr_arrays(name: str, matrix: sp.csr_matrix) -> dict[str, npt.NDArray[Any]]:
    """A CSR matrix as four arrays; the inverse of `csr_of`."""
    matrix.sort_indices()
    return {
        f"{name}.indptr": matrix.indptr,
        f"{name}.indices": matrix.indices,
        f"{name}.data": matrix.data,
        f"{name}.shape": np.array(matrix.shape),
    }


def csr_of(name: str, arrays: Arrays) -> sp.csr_matrix:
    """A CSR matrix over stored arrays, which stay memory-mapped."""
    parts = (arrays[f"{name}.data"], arrays[f"{name}.indices"], arrays[f"{name}.indptr"])
    matrix = sp.csr_matrix(parts, shape=tuple(arrays[f"{name}.shape"].tolist()), copy=False)
    matrix.has_sorted_indices = True
    return matrix


def direct_arrays(name: str, direct: Direct) -> dict[str, npt.NDArray[Any]]:
    """Direct evidence without its hierarchy; the inverse of `direct_of`."""
    return {f"{name}.{field}": getattr(direct, field) for field in DIRECT}


def direct_of(name: str, arrays: Arrays, ontology: Ontology, n_genes: int) -> Direct:
    """Direct evidence over stored arrays and a hierarchy."""
    parts = {field: arrays[f"{name}.{field}"] for field in DIRECT}
    return Direct(ontology=ontology, n_genes=n_genes, **parts)
