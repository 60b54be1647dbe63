"""What is learned from what a split leaves visible, as training does it and as it is served.

A disease is scored by models that did not see it: where diseases that are asked for have visible
evidence, the diseases are dealt into folds as in training, and each fold is learned without its
own. A gene that was found later would else have been a negative of the very disease that it is
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from gnn.boosting import Boosted, Boosting, Examples
from gnn.calibrate import Mask
from gnn.curves import Curves
from gnn.held_out import Held
from gnn.network import Walks, percentile, rank_average, tail_of
from gnn.ontology import Floats, Index
from gnn.parts import CausalModel, Parts
from gnn.path_features import Paths
from gnn.propagation import tail
from gnn.ridge import KernelRidge
from gnn.split import FOLDS, disease_folds
from gnn.towers import TowerData, claimed_by_fold, claimed_without, embed, fit

SERVED = "stacked"
"""What the served model does for a disease that was hidden from it."""
COMBINED = "causality_as_served"
"""What the served model does for a disease that it knows: direct and indirect evidence together."""
ABLATED = ("without_boosting", "without_ridge", "without_network", "without_walks")
"""The stack without one of its parts each."""


@dataclass(frozen=True)
class Folds:
    """Which diseases each model sees.

    Attributes:
        of: Fold of each disease, int64 (diseases,).
        seen: Diseases with visible evidence that the models of each fold learn from.
    """

    of: Index
    seen: tuple[Index, ...]

    @classmethod
    def over(cls, held: Held, seed: int) -> Folds:
        """One fold that sees all where no disease that is asked for is visible, else `FOLDS`."""
        labelled, ontology = held.visible.evidence_diseases, held.visible.ontology
        if not np.isin([q.disease for q in held.queries], labelled).any():
            return cls(np.zeros(ontology.n, np.int64), (labelled,))
        fold = disease_folds(ontology, labelled, FOLDS, seed)
        return cls(fold, tuple(labelled[fold[labelled] != part] for part in range(FOLDS)))

    @property
    def hidden(self) -> list[Mask]:
        """By fold, diseases that its models do not see, bool (diseases,)."""
        if len(self.seen) == 1:
            return [np.zeros(len(self.of), bool)]
        return [self.of == part for part in range(len(self.seen))]

    def claimed(self, held: Held) -> list[sp.csr_matrix]:
        """By fold, diseases x genes that are no negatives by the evidence its models see."""
        visible = held.visible
        return [claimed_without(visible.matrix, visible.ontology, mask) for mask in self.hidden]


@dataclass(frozen=True)
class Learned:
    """Kernel ridge, boosting and the graph network, fitted on what a split leaves visible.

    Attributes:
        seed: The first.
        folds: Which diseases each model saw.
        towers: Vectors of genes and of diseases, by fold and within it by seed.
        kernel, weights: Kernel features of everything, and the ridge's solution by fold.
        causal: Direct evidence and walks over what is visible.
        paths, boosting: Columns of genes for a disease, and what was learned from them by fold.
        curves: From parts to probabilities, for both together; None where no gene
            that is asked for has direct evidence.
    """

    seed: int
    folds: Folds
    towers: tuple[tuple[tuple[Floats, Floats], ...], ...]
    kernel: KernelRidge
    weights: tuple[Floats, ...]
    causal: CausalModel
    paths: Paths
    boosting: Boosting
    curves: Curves | None = None

    @classmethod
    def of(
        cls,
        held: Held,
        data: TowerData,
        seed: int,
        seeds: int = 1,
    ) -> Learned:
        """Fit all; genes that may not be learned from are no negatives either.

        Args:
            held: The split.
            data: Features of all genes and diseases; its evidence is not read.
            seed: Of the folds, and the first of towers and boosting.
            seeds: How many times towers and boosting are trained.
        """
        material, visible = held.material, held.visible
        folds, rows = Folds.over(held, seed), np.flatnonzero(held.learnable)
        kernel = KernelRidge(material.ridge.genes[rows], material.ridge.diseases)
        claimed, each = folds.claimed(held), range(seed, seed + seeds)
        paths, towers = held.paths, []
        for seen, spared in zip(folds.seen, claimed, strict=True):
            mine = replace(
                data,
                genes=data.genes[rows],
                evidence=visible.matrix[rows],
                claimed=spared[:, rows],
            )
            towers.append(tuple(embed(fit(mine, seen, one), data) for one in each))
        return cls(
            seed,
            folds,
            tuple(towers),
            material.ridge,
            tuple(kernel.fit(visible.matrix[rows], seen) for seen in folds.seen),
            material.without_network(visible),
            paths,
            boosted(held, paths, folds, claimed, each),
        )

    def with_columns_of(self, held: Held) -> Learned:
        """The same with boosting fitted again, to a split that differs in its columns alone."""
        each = range(self.seed, self.seed + self.boosting.seeds)
        paths, claimed = held.paths, self.folds.claimed(held)
        return replace(self, paths=paths, boosting=boosted(held, paths, self.folds, claimed, each))

    def asked(self, held: Held, curves: Curves | None) -> Learned:
        """The same for what a split asks, which it was not fitted to.

        Args:
            held: The split, or another that differs in its questions alone.
            curves: Of a whole model; `together` says what they tell.
        """
        return replace(self, curves=curves if held.has_direct_evidence else None)

    def ridge(self, disease: int) -> Floats:
        """Kernel ridge alone."""
        weights = self.weights[self.folds.of[disease]]
        query = self.kernel.queries(weights, np.array([disease]))[0]
        scores: Floats = self.kernel.genes @ query
        return scores

    def network(self, disease: int) -> Floats:
        """The two towers alone."""
        mine = self.towers[self.folds.of[disease]]
        scores: Floats = np.stack([genes @ diseases[disease] for genes, diseases in mine])
        return np.asarray(scores.mean(axis=0))

    def boosted(self, disease: int) -> Floats:
        """Boosting alone: the mean of the seeds' percentiles, as in `CausalModel.boosting`."""
        said = Boosted(self.paths, self.boosting).by_seed(disease, int(self.folds.of[disease]))
        each = [percentile(one) for one in said]
        return np.asarray(np.mean(each, axis=0))

    def scores(self, disease: int) -> Iterator[tuple[str, Floats]]:
        """Each part, the stack, the stack without each part, and what is served with evidence."""
        ridge, network = self.ridge(disease), self.network(disease)
        walks = self.causal.walks(disease)
        nothing = np.zeros_like(ridge)
        boosted = self.boosted(disease)
        yield "kernel_ridge", ridge
        yield "boosting", boosted
        yield "graph_network", network
        stack = rank_average(ridge, network, walks, boosted)
        yield SERVED, stack
        without = (
            rank_average(ridge, network, walks),
            rank_average(nothing, network, walks, boosted),
            rank_average(ridge, nothing, walks, boosted),
            rank_average(ridge, network, Walks.none(nothing), boosted),
        )
        yield from zip(ABLATED, without, strict=True)
        if self.curves is not None:
            yield COMBINED, self.together(disease, stack, walks, self.curves)

    def together(self, disease: int, stack: Floats, walks: Walks, curves: Curves) -> Floats:
        """Direct and indirect evidence combined as `gnn.curves.Curves` does.

        It sees the evidence that the split leaves visible, at the disease itself too, and what the
        stack was fitted on. The curves are the model's own, of its whole release: functions of one
        number each, which tell how often evidence of a strength is right and of no pair.

        Returns:
            Places in ascending order, float32 (genes,); ties of the probability go by the raw
            scores, as in `gnn.disease_scores.DiseaseScores.ranking`.
        """
        direct, indirect = self.causal.said.score(disease), tail_of(percentile(stack))
        parts = Parts(direct, tail(walks.kin), tail(walks.picture), indirect, indirect[None])
        raw = np.where(direct > 0, parts.supported, indirect - 1.0)
        order = np.column_stack([curves(parts), raw])
        return np.unique(order, axis=0, return_inverse=True)[1].ravel().astype(np.float32)


def boosted(
    held: Held, paths: Paths, folds: Folds, claimed: Sequence[sp.csr_matrix], seeds: Sequence[int]
) -> Boosting:
    """Boosting by fold on diseases drawn from the visible ones; genes not to learn from left out.

    Args:
        held: The split.
        paths: Columns over its visible evidence.
        folds: Which diseases each model sees.
        claimed: By fold, diseases x genes that are no negatives by the evidence it sees.
        seeds: Of a fold's models; the first is that of the draws.
    """
    visible = held.visible
    own = claimed_by_fold(visible.matrix, visible.ontology, folds.of, len(folds.seen))
    examples = Examples.draw(paths, own, visible.evidence_diseases, seeds[0])
    return Boosting.fit(examples.of_genes(held.learnable), folds.hidden, seeds, claimed)
