"""The graph neural network: propagated gene features and disease features in two towers.

Messages pass over the relations as sparse products before training (SIGN, Frasca et al. 2020):
the features of a gene's neighbourhood at one and two steps stand beside its own, so that training
needs no neighbour sampling. A score is the product of the towers' unit vectors, by a temperature.
"""

from __future__ import annotations

import warnings

import scipy.sparse as sp
import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import spmm

HIDDEN, EMBEDDING, DROPOUT = 384, 128, 0.3


class Propagate(MessagePassing):  # type: ignore[misc]
    """Weighted sums over neighbours: `x -> A x` with A a sparse CSR tensor."""

    def __init__(self) -> None:
        super().__init__(aggr="add")

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        """Propagate float32 (n, k) over sparse (n, n)."""
        passed: Tensor = self.propagate(adjacency, x=x)
        return passed

    def message(self, x_j: Tensor) -> Tensor:
        """A neighbour's features as they are (dense fallback of `message_and_aggregate`)."""
        return x_j

    def message_and_aggregate(self, adj_t: Tensor, x: Tensor) -> Tensor:
        """All messages at once, as one sparse product."""
        gathered: Tensor = spmm(adj_t, x, reduce="sum")
        return gathered


def hops(features: Tensor, adjacency: Tensor, steps: int) -> Tensor:
    """Features of each gene and of its neighbourhoods, float32 (n, k * (steps + 1))."""
    propagate, found = Propagate(), [features]
    for _ in range(steps):
        found.append(propagate(found[-1], adjacency))
    return torch.cat(found, dim=1)


def sparse_tensor(matrix: sp.csr_matrix) -> Tensor:
    """A scipy CSR matrix as a sparse CSR tensor, float32."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse (CSR|invariant)")
        return _csr(matrix)


def _csr(matrix: sp.csr_matrix) -> Tensor:
    return torch.sparse_csr_tensor(
        torch.from_numpy(matrix.indptr.astype("int64")),
        torch.from_numpy(matrix.indices.astype("int64")),
        torch.from_numpy(matrix.data.astype("float32")),
        size=matrix.shape,
    )


class Tower(nn.Module):
    """Features to unit vectors."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, HIDDEN),
            nn.LayerNorm(HIDDEN),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, EMBEDDING),
        )

    def forward(self, x: Tensor) -> Tensor:
        """float32 (n, width) -> unit vectors, float32 (n, EMBEDDING)."""
        return nn.functional.normalize(self.layers(x), dim=1)


class TwoTowers(nn.Module):
    """Genes on one side, diseases on the other."""

    def __init__(self, gene_width: int, disease_width: int) -> None:
        super().__init__()
        self.gene = Tower(gene_width)
        self.disease = Tower(disease_width)
        self.log_scale = nn.Parameter(torch.tensor(2.5))

    def scores(self, genes: Tensor, diseases: Tensor) -> Tensor:
        """Logits of each disease (rows) for each gene (columns), from their features."""
        product = self.disease(diseases) @ self.gene(genes).T
        logits: Tensor = product * self.log_scale.exp().clamp(max=50.0)
        return logits
