"""One gene's probability for a disease again, with some of its grounds taken away.

The grounds are the gene's own records and what other genes' seeds bring to it along the walks.
Everything of all other genes stays, so that this takes milliseconds and tells what the gene owes
to a ground; `gnn.counterfactuals` ranks all genes anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from gnn.causality import counting, vetoed
from gnn.contributions import Arrivals, Records
from gnn.fitted import Fitted
from gnn.network import Walks
from gnn.parts import Parts
from gnn.propagation import tail

Mask = npt.NDArray[np.bool_]
NEIGHBOURS = 10


@dataclass(frozen=True)
class Grounds:
    """Which grounds are left.

    Attributes:
        records: Of the gene's records, bool (m,).
        seeds: Of all genes' seeds for this gene, bool (genes,).
    """

    records: Mask
    seeds: Mask

    @property
    def inverse(self) -> Grounds:
        """All the others."""
        return Grounds(~self.records, ~self.seeds)


@dataclass(frozen=True)
class Pair:
    """A gene and a disease, with what its score is made of.

    Attributes:
        fitted: The model.
        gene, disease: Local numbers.
        parts: Of all genes for the disease.
        walks: Raw scores of both walks, float32 (genes,) each.
        records: The gene's records.
        kin, picture: What walks bring to the gene.
    """

    fitted: Fitted
    gene: int
    disease: int
    parts: Parts
    walks: Walks
    records: Records
    kin: Arrivals
    picture: Arrivals

    @classmethod
    def of(cls, fitted: Fitted, gene: int, disease: int, parts: Parts) -> Pair:
        """Gather a pair's grounds from the stored arrays."""
        causal = fitted.causal
        counts = counting(causal.direct.ontology, disease)
        left = vetoed(causal.said, gene, disease)
        kernels = causal.kin(disease), causal.pictures(disease)
        kin, picture = (
            Arrivals.at(causal.walk, gene, causal.direct.weighted(kernel)) for kernel in kernels
        )
        return cls(
            fitted,
            gene,
            disease,
            parts,
            causal.walks(disease),
            Records.of(fitted.said_ledger, gene, counts, left),
            kin,
            picture,
        )

    @property
    def everything(self) -> Grounds:
        """Nothing taken away."""
        n = self.fitted.causal.direct.n_genes
        return Grounds(np.ones(len(self.records.claims), bool), np.ones(n, bool))

    def probability(self, left: Grounds) -> float:
        """Probability of causality from the grounds that are left."""
        return self.probability_of(
            float(self.records.carried[left.records].max(initial=0.0)),
            float(self.kin.by_seed[left.seeds].sum()),
            float(self.picture.by_seed[left.seeds].sum()),
        )

    def probability_of(self, direct: float, kin: float, picture: float) -> float:
        """Probability of causality.

        Args:
            direct: The largest record left; repeated associations count as they did together.
            kin, picture: What the seeds left bring to the gene.
        """
        by_kin, by_picture = self.walks.kin.copy(), self.walks.picture.copy()
        by_kin[self.gene] = kin / max(float(self.kin.seeds.sum()), 1e-9)
        by_picture[self.gene] = picture / max(float(self.picture.seeds.sum()), 1e-9)
        network = self.fitted.causal.network
        indirect = self.parts.indirect
        if network is not None:
            walks = self.walks._replace(kin=by_kin, picture=by_picture)
            boosting = self.parts.boosting
            indirect = self.fitted.causal.together(network, self.disease, walks, boosting)[0]
        by_records = self.parts.direct.copy()
        by_records[self.gene] = direct
        left = replace(
            self.parts,
            direct=by_records,
            walk=tail(by_kin),
            phenotype_walk=tail(by_picture),
            indirect=indirect,
        )
        return float(self.fitted.curves(left)[self.gene])

    def stability(self) -> float | None:
        """Mean Jaccard index, over trainings, of the genes of the disease nearest to this one.

        The genes of the disease and its like are those with a seed; None for one training, or
        where there are too few of them.
        """
        network = self.fitted.causal.network
        known = np.flatnonzero(self.kin.seeds + self.picture.seeds)
        if network is None or network.seeds < 2 or len(known) <= NEIGHBOURS:
            return None
        fold = int(network.fold[self.disease])
        near = []
        for vectors in network.gene_towers[:, fold]:
            alike = vectors[known].astype(np.float32) @ vectors[self.gene].astype(np.float32)
            near.append(set(known[np.argsort(-alike, kind="stable")[:NEIGHBOURS]].tolist()))
        return mean_jaccard(near)


def mean_jaccard(found: Sequence[set[int]]) -> float:
    """Mean Jaccard index of all pairs of sets, 0 to 1."""
    return float(np.mean([len(a & b) / max(len(a | b), 1) for a, b in combinations(found, 2)]))
