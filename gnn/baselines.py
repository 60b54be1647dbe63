"""What a model must beat: ways to rank genes that need no learning, or little.

Each is a function of a query disease and the evidence that is visible; none sees what the split
hides. Degree, publications and the number of a gene's mouse phenotypes use no disease at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from gnn.boosting import FEWEST, MOST, STRONG, Boosting, Examples, train
from gnn.calibrate import Curve
from gnn.held_out import Held
from gnn.network import percentile, rank_average, tail_of, walks_alone
from gnn.ontology import Floats, Index
from gnn.parts import CausalModel, Parts, causality
from gnn.path_features import Paths
from gnn.propagation import tail
from gnn.ridge import KernelRidge
from gnn.towers import TowerData, claimed_pairs, embed, fit

Ranker = Callable[[int], Floats]
PHENOTYPE_WEIGHT = 0.5
SERVED = "stacked"
"""What the served model does for a disease that was hidden from it."""
FALLBACK = "pagerank_both"
"""What serves where the stack loses: both walks by `gnn.network.rank_average`."""
COMBINED = "causality_as_served"
"""What the served model does for a disease that it knows: direct and indirect evidence together."""
DIRECT_AND_WALKS = "direct_and_walks"
"""Direct evidence and a quarter of the tail of either walk: `gnn.parts.Parts.supported`."""
Curves = tuple[Curve, Curve]
SIMPLE = (
    "degree",
    "publications",
    "mouse_terms",
    "direct_lin",
    "direct_lin3_phenotype",
    DIRECT_AND_WALKS,
    "pagerank_ontology",
    "pagerank_phenotype",
    FALLBACK,
)
"""Baselines without training."""
ABLATED = ("without_boosting", "without_ridge", "without_network", "without_walks")
"""The stack without one of its parts each."""


def simple(held: Held, publications: Floats) -> Mapping[str, Ranker]:
    """Rankers without training.

    Args:
        held: What may be seen.
        publications: Of each gene; a baseline and never a feature.
    """
    degree = held.material.graph.degree.astype(np.float32)
    published = np.nan_to_num(publications, nan=-1.0)
    mutants = np.diff(held.material.mouse.genes.indptr).astype(np.float32)
    walks = Walks(held.material.without_network(held.visible))
    direct = held.visible

    def carried(disease: int) -> Floats:
        """Evidence by the cube of Lin, and half as much by the clinical picture."""
        near = walks.causal.profiles.neighbours(disease, direct.evidence_diseases)
        by_kin = direct.weighted(direct.ontology.lin(disease) ** 3)
        score: Floats = by_kin + np.float32(PHENOTYPE_WEIGHT) * direct.weighted(near)
        return score * direct.veto(disease)

    rankers: tuple[Ranker, ...] = (
        lambda _: degree,
        lambda _: published,
        lambda _: mutants,
        direct.score,
        carried,
        lambda disease: walks.causal.parts(disease).supported,
        walks.by_kin,
        walks.by_picture,
        walks.by_both,
    )
    return dict(zip(SIMPLE, rankers, strict=True))


@dataclass(frozen=True)
class Walks:
    """Walks over what a split leaves visible."""

    causal: CausalModel

    def by_kin(self, disease: int) -> Floats:
        """Personalised PageRank from genes of the disease and its kin."""
        return self.causal.walked(disease)

    def by_picture(self, disease: int) -> Floats:
        """The same from diseases with a like clinical picture."""
        return self.causal.walked_by_phenotype(disease)

    def by_both(self, disease: int) -> Floats:
        """Both together, by rank."""
        return walks_alone((self.by_kin(disease), self.by_picture(disease)))


@dataclass(frozen=True)
class Learned:
    """Kernel ridge, boosting and the graph network, fitted on what a split leaves visible.

    Attributes:
        genes, diseases: Towers' vectors.
        kernel, weights: Kernel features of everything, and the ridge's solution.
        walks: Over the visible evidence.
        paths, boosting: Columns of genes for a disease, and what was learned from them.
        curves: Of the supported and the indirect score, for both together; None where no gene
            that is asked for has direct evidence.
    """

    genes: Floats
    diseases: Floats
    kernel: KernelRidge
    weights: Floats
    walks: Walks
    paths: Paths
    boosting: Boosting
    curves: Curves | None = None

    @classmethod
    def of(cls, held: Held, data: TowerData, seed: int, curves: Curves | None = None) -> Learned:
        """Fit all; genes that may not be learned from are no negatives either.

        Args:
            held: The split.
            data: Features of all genes and diseases; its evidence is not read.
            seed: Of the towers.
            curves: Of a whole model; `together` says what they tell.
        """
        material, seen = held.material, held.visible.evidence_diseases
        rows = np.flatnonzero(held.learnable)
        kernel = KernelRidge(material.ridge.genes[rows], material.ridge.diseases)
        weights = kernel.fit(held.visible.matrix[rows], seen)
        towers = fit(visible_data(held, data, rows), seen, seed)
        genes, diseases = embed(towers, data)
        walks = Walks(material.without_network(held.visible))
        paths = held.paths
        boosting = boosted(held, paths, seed)
        asked = curves if held.has_direct_evidence else None
        return cls(genes, diseases, material.ridge, weights, walks, paths, boosting, asked)

    def ridge(self, disease: int) -> Floats:
        """Kernel ridge alone."""
        query = self.kernel.queries(self.weights, np.array([disease]))[0]
        scores: Floats = self.kernel.genes @ query
        return scores

    def network(self, disease: int) -> Floats:
        """The two towers alone."""
        scores: Floats = self.genes @ self.diseases[disease]
        return scores

    def scores(self, disease: int) -> Iterator[tuple[str, Floats]]:
        """Each part, the stack, the stack without each part, and what is served with evidence."""
        ridge, network = self.ridge(disease), self.network(disease)
        walks = self.walks.by_kin(disease), self.walks.by_picture(disease)
        nothing = np.zeros_like(ridge)
        boosted = self.boosting.score(self.paths.of(disease), 0)
        yield "kernel_ridge", ridge
        yield "boosting", boosted
        yield "graph_network", network
        stack = rank_average(ridge, network, walks, boosted)
        yield SERVED, stack
        without = (
            rank_average(ridge, network, walks),
            rank_average(nothing, network, walks, boosted),
            rank_average(ridge, nothing, walks, boosted),
            rank_average(ridge, network, (nothing, nothing), boosted),
        )
        yield from zip(ABLATED, without, strict=True)
        if self.curves is not None:
            yield COMBINED, self.together(disease, stack, walks, self.curves)

    def together(
        self, disease: int, stack: Floats, walks: tuple[Floats, Floats], curves: Curves
    ) -> Floats:
        """Direct and indirect evidence combined as `gnn.parts.causality` does.

        It sees the evidence that the split leaves visible, at the disease itself too, and what the
        stack was fitted on. The curves are the model's own, of its whole release: two functions of
        one number each, which tell how often evidence of a strength is right and of no pair.

        Returns:
            Places in ascending order, float32 (genes,); ties of the probability go by the raw
            scores, as in `gnn.disease_scores.DiseaseScores.ranking`.
        """
        direct, indirect = self.walks.causal.said.score(disease), tail_of(percentile(stack))
        parts = Parts(direct, tail(walks[0]), tail(walks[1]), indirect, indirect[None])
        raw = np.where(direct > 0, parts.supported, indirect - 1.0)
        order = np.column_stack([causality(parts, *curves), raw])
        return np.unique(order, axis=0, return_inverse=True)[1].ravel().astype(np.float32)


def boosted(held: Held, paths: Paths, seed: int) -> Boosting:
    """Boosting on diseases drawn from the visible ones; what is not learned from is no negative."""
    visible = held.visible
    claimed = claimed_pairs(visible.matrix, visible.ontology)
    if not held.learnable.all():
        strong = np.bincount(
            visible.disease[visible.weight >= STRONG], minlength=visible.ontology.n
        )
        drawn = (strong >= FEWEST) & (strong <= MOST)
        barred = sp.csr_matrix(drawn[:, None]) @ sp.csr_matrix(~held.learnable[None, :])
        claimed = sp.csr_matrix((claimed + barred).astype(bool))
    examples = Examples.draw(paths, claimed, visible.evidence_diseases, seed)
    model = train(examples, np.ones(len(examples.positive), bool), seed)
    return Boosting((model.model_to_string(),))


def visible_data(held: Held, data: TowerData, rows: Index) -> TowerData:
    """What the towers may learn from: some genes, and the visible evidence alone."""
    claimed = claimed_pairs(held.visible.matrix, held.visible.ontology)
    return replace(
        data, genes=data.genes[rows], evidence=held.visible.matrix[rows], claimed=claimed[:, rows]
    )
