"""Training of the two towers: propagated features, sampled negatives, a fold of diseases hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch
from torch import Tensor, nn

from gnn.model import TwoTowers, hops, sparse_tensor
from gnn.ontology import Floats, Index, Ontology
from gnn.threads import one_thread

Mask = npt.NDArray[np.bool_]
STEPS, BATCH, NEGATIVES = 160, 1024, 512
RATE, DECAY, HOPS = 2e-3, 1e-4, 2


@dataclass(frozen=True)
class TowerData:
    """What the towers are trained on.

    Attributes:
        genes: Features with those of the neighbourhoods, float32 (g, k).
        diseases: Features, float32 (d, q).
        evidence: Weights of the supporting pairs, genes x diseases.
        claimed: Pairs that are no negatives: evidence carried up and down the hierarchy, diseases
            x genes, bool.
    """

    genes: Tensor
    diseases: Tensor
    evidence: sp.csr_matrix
    claimed: sp.csr_matrix

    @classmethod
    @one_thread()
    def of(
        cls,
        genes: Floats,
        diseases: Floats,
        walk: sp.csr_matrix,
        evidence: sp.csr_matrix,
        ontology: Ontology,
    ) -> TowerData:
        """Propagate the gene features and find what is no negative."""
        propagated = hops(torch.from_numpy(genes), sparse_tensor(walk), HOPS)
        scale = propagated.std(dim=0, keepdim=True).clamp(min=1e-6)
        return cls(
            (propagated - propagated.mean(dim=0, keepdim=True)) / scale,
            torch.from_numpy(diseases) * float(np.sqrt(diseases.shape[1])),
            evidence,
            claimed_pairs(evidence, ontology),
        )

    def seeing(self, visible: Index, ontology: Ontology) -> TowerData:
        """The same, what is no negative told by the evidence of some diseases alone.

        A hidden disease's genes, carried to visible diseases above or below it, would otherwise be
        spared as negatives there, and tell of it.
        """
        hidden = np.ones(self.evidence.shape[1], bool)
        hidden[visible] = False
        return replace(self, claimed=claimed_without(self.evidence, ontology, hidden))


def claimed_pairs(evidence: sp.csr_matrix, ontology: Ontology) -> sp.csr_matrix:
    """Diseases x genes, true where evidence exists for the disease, above it or below it."""
    stated = (evidence > 0).astype(np.float32)
    above = stated @ ontology.ancestors.astype(np.float32)
    below = stated @ ontology.descendants.astype(np.float32)
    return ((above + below) > 0).T.tocsr()


def claimed_by_fold(
    evidence: sp.csr_matrix, ontology: Ontology, fold: Index, folds: int
) -> sp.csr_matrix:
    """Pairs that are no negatives, by evidence of diseases of the same fold alone.

    Args:
        evidence: Genes x diseases.
        ontology: The disease hierarchy.
        fold: Of each disease, int64 (diseases,).
        folds: How many.

    Returns:
        Diseases x genes, bool CSR, as `claimed_pairs`.
    """
    own = [claimed_without(evidence, ontology, fold != held) for held in range(folds)]
    parts = [
        sp.diags((fold == held).astype(np.float32)) @ claimed.astype(np.float32)
        for held, claimed in enumerate(own)
    ]
    return (sum(parts[1:], parts[0]) > 0).tocsr()


def claimed_without(evidence: sp.csr_matrix, ontology: Ontology, hidden: Mask) -> sp.csr_matrix:
    """`claimed_pairs` by evidence of diseases that are not hidden, bool (diseases,)."""
    left = evidence @ sp.diags((~hidden).astype(np.float32))
    return claimed_pairs(left.tocsr(), ontology)


class Sampler:
    """Draws positive pairs and negatives from the visible diseases.

    A disease is drawn by the square root of its number of genes, a gene of it by its weight.
    Negatives are half uniform, half in proportion to the gene's number of diseases ^ .75.
    """

    def __init__(self, data: TowerData, visible: Index, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        pairs = data.evidence[:, visible].tocoo()
        self._gene, self._disease = pairs.row.astype(np.int64), visible[pairs.col]
        count = np.bincount(pairs.col, minlength=len(visible))
        chance = pairs.data / np.sqrt(count[pairs.col])
        self._edges = np.cumsum(chance) / chance.sum()
        degree = np.bincount(self._gene, minlength=data.evidence.shape[0]) ** 0.75
        self._by_degree = np.cumsum(degree) / degree.sum()
        self._n = data.evidence.shape[0]

    def draw(self) -> tuple[Index, Index, Index]:
        """Genes and diseases of `BATCH` positives, and `NEGATIVES` genes shared by them."""
        pick = np.searchsorted(self._edges, self._rng.random(BATCH)).clip(max=len(self._edges) - 1)
        half = NEGATIVES // 2
        uniform = self._rng.integers(0, self._n, half)
        popular = np.searchsorted(self._by_degree, self._rng.random(half)).clip(max=self._n - 1)
        return self._gene[pick], self._disease[pick], np.concatenate([uniform, popular])


@one_thread()
def fit(
    data: TowerData, visible: Index, seed: int, progress: Callable[[float], None] = lambda _: None
) -> TwoTowers:
    """Train on the evidence of the visible diseases; the same seed gives the same towers.

    Args:
        data: Features and evidence.
        visible: Diseases that may be learned from.
        seed: Of weights, dropout and sampling.
        progress: Called with the share done, 0 to 1.
    """
    torch.manual_seed(seed)
    towers = TwoTowers(data.genes.shape[1], data.diseases.shape[1])
    optimiser = torch.optim.AdamW(towers.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
    sampler = Sampler(data, visible, seed)
    towers.train()
    for step in range(STEPS):
        optimiser.zero_grad()
        loss = _loss(towers, data, *sampler.draw())
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        progress((step + 1) / STEPS)
    return towers.eval()


def _loss(
    towers: TwoTowers, data: TowerData, genes: Index, diseases: Index, negatives: Index
) -> Tensor:
    """Each positive against the shared negatives that are none of its disease's genes."""
    asked, which = np.unique(diseases, return_inverse=True)
    queries = towers.disease(data.diseases[asked])[which]
    both = towers.gene(data.genes[np.concatenate([genes, negatives])])
    positive, negative = both[: len(genes)], both[len(genes) :]
    scale = towers.log_scale.exp().clamp(max=50.0)
    right = (queries * positive).sum(dim=1, keepdim=True) * scale
    wrong = queries @ negative.T * scale
    known = data.claimed[asked][:, negatives].toarray()[which]
    wrong = wrong.masked_fill(torch.from_numpy(known), -1e4)
    logits = torch.cat([right, wrong], dim=1)
    return nn.functional.cross_entropy(logits, torch.zeros(len(genes), dtype=torch.long))


@one_thread()
@torch.no_grad()
def embed(towers: TwoTowers, data: TowerData) -> tuple[Floats, Floats]:
    """Unit vectors of all genes and all diseases, float32 (g, e) and (d, e)."""
    return towers.gene(data.genes).numpy(), towers.disease(data.diseases).numpy()
