"""One gene's probability for a disease again, with some of its grounds taken away.

The grounds are the gene's own records and what other genes' seeds bring to it along the walks.
Everything of all other genes stays, so that this takes milliseconds and tells what the gene owes
to a ground; `gnn.counterfactuals` ranks all genes anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gnn.contributions import Arrivals, Records
from gnn.fitted import Fitted
from gnn.network import Walks
from gnn.ontology import Floats
from gnn.parts import Parts, causality
from gnn.propagation import tail

Mask = npt.NDArray[np.bool_]


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
        likeness = causal.direct.ontology.lin(disease)
        veto = float(causal.direct.veto(disease)[gene])
        kernels = causal.kin(disease), causal.pictures(disease)
        kin, picture = (
            Arrivals.at(causal.walk, gene, causal.direct.weighted(kernel)) for kernel in kernels
        )
        return cls(
            fitted,
            gene,
            disease,
            parts,
            (causal.walked(disease), causal.walked_by_phenotype(disease)),
            Records.of(fitted.ledger, gene, likeness, veto),
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
        direct = self._direct(left.records)
        walks = self._walks(left.seeds)
        network = self.fitted.causal.network
        indirect = network.stacked(self.disease, walks)[0] if network else self.parts.indirect
        one = replace(
            self.parts,
            direct=np.array([direct], np.float32),
            walk=tail(walks[0])[[self.gene]],
            phenotype_walk=tail(walks[1])[[self.gene]],
            indirect=indirect[[self.gene]],
        )
        return float(causality(one, self.fitted.supported, self.fitted.indirect)[0])

    def _direct(self, kept: Mask) -> float:
        """The largest record left; repeated associations count together as they did."""
        return float(self.records.carried[kept].max(initial=0.0))

    def _walks(self, kept: Mask) -> Walks:
        by_kin, by_picture = self.walks[0].copy(), self.walks[1].copy()
        by_kin[self.gene] = _left(self.kin, kept)
        by_picture[self.gene] = _left(self.picture, kept)
        return by_kin, by_picture


def _left(arrivals: Arrivals, kept: Mask) -> Floats:
    brought = float(arrivals.by_seed[kept].sum())
    return np.float32(brought / max(float(arrivals.seeds.sum()), 1e-9))
