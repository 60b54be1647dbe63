"""What a model must beat: ways to rank genes that need no learning, or little.

Each is a function of a query disease and the evidence that is visible; none sees what the split
hides. Degree and publications use no disease at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from gnn.causality import Direct
from gnn.material import Material, hiding
from gnn.network import rank_average
from gnn.ontology import Floats, Index
from gnn.parts import CausalModel
from gnn.split import ZeroShot
from gnn.towers import TowerData, embed, fit

Ranker = Callable[[int], Floats]


@dataclass(frozen=True)
class Visible:
    """The evidence a split leaves visible, with the walks over it."""

    direct: Direct
    causal: CausalModel

    @classmethod
    def of(cls, material: Material, split: ZeroShot) -> Visible:
        """Hide the split's diseases."""
        direct = hiding(material.direct, split.hidden)
        return cls(direct, material.without_network(direct))


def simple(material: Material, visible: Visible, publications: Floats) -> Mapping[str, Ranker]:
    """Rankers without training.

    Args:
        material: The prepared release.
        visible: What may be seen.
        publications: Of each gene; a baseline and never a feature.
    """
    degree = material.graph.degree.astype(np.float32)
    published = np.nan_to_num(publications, nan=-1.0)
    return {
        "degree": lambda _: degree,
        "publications": lambda _: published,
        "direct_lin": lambda disease: visible.direct.score(disease),
        "pagerank_ontology": visible.causal.walked,
        "pagerank_phenotype": visible.causal.walked_by_phenotype,
    }


def learned(
    material: Material, visible: Visible, data: TowerData, seed: int
) -> Mapping[str, Ranker]:
    """Kernel ridge, the graph network, and the stack with the walks, fitted on what is visible."""
    seen: Index = visible.direct.evidence_diseases
    weights = material.ridge.fit(visible.direct.matrix, seen)
    genes, diseases = embed(fit(data, seen, seed), data)

    def ridge(disease: int) -> Floats:
        query = material.ridge.queries(weights, np.array([disease]))[0]
        scores: Floats = material.ridge.genes @ query
        return scores

    def network(disease: int) -> Floats:
        scores: Floats = genes @ diseases[disease]
        return scores

    def stacked(disease: int) -> Floats:
        walks = visible.causal.walked(disease), visible.causal.walked_by_phenotype(disease)
        return rank_average(ridge(disease), network(disease), walks)

    return {"kernel_ridge": ridge, "graph_network": network, "stacked": stacked}
