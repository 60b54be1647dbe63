"""The network part of causality as stored arrays: what is said of a pair with its disease hidden.

Three models make it: kernel ridge, the graph network's towers, and boosting on path features
(`gnn.boosting`), several seeds of the last two. Each was fitted without the fold the disease
belongs to, so none ever saw the pair's own record, nor those of diseases alike. Walks from other
genes' evidence join them, the gene's own taken out. No torch; training is in `gnn.train`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gnn.ontology import Floats, Index

Half = npt.NDArray[np.float16]

WEIGHTS: Mapping[str, float] = {
    "boosting": 3.0,
    "ridge": 1.0,
    "towers": 1.0,
    "picture": 0.5,
    "kin": 2.0,
}
"""How much each part counts in the network's score."""
ORDER = ("ridge", "towers", "kin", "picture", "boosting")
"""Of the sum: floats added in another order differ in their last digits."""


class Walks(NamedTuple):
    """Where walks arrive, the gene's own evidence taken out.

    Attributes:
        kin: From genes of the disease and its kin, float32 (g,).
        picture: From those of diseases with a like clinical picture, float32 (g,).
    """

    kin: Floats
    picture: Floats

    @classmethod
    def none(cls, like: Floats) -> Walks:
        """No walk arrives anywhere."""
        return cls(np.zeros_like(like), np.zeros_like(like))


@dataclass(frozen=True)
class Network:
    """Scores of all genes for a disease, as products of stored vectors.

    Attributes:
        fold: Fold of each disease, int64 (d,).
        gene_kernel: Kernel features of genes, float32 (g, p).
        disease_kernel: Query vector of each disease from the ridge fitted without its fold,
            float16 (d, p).
        gene_towers: Embeddings of genes by seed and fold, float16 (s, f, g, e).
        disease_towers: Embeddings of diseases by seed, from the model of their fold, float16
            (s, d, e).
    """

    fold: Index
    gene_kernel: Floats
    disease_kernel: Half
    gene_towers: Half
    disease_towers: Half

    @property
    def seeds(self) -> int:
        """How many times the towers were trained."""
        return int(self.disease_towers.shape[0])

    def ridge(self, disease: int) -> Floats:
        """Kernel ridge, float32 (g,)."""
        scores: Floats = self.gene_kernel @ self.disease_kernel[disease].astype(np.float32)
        return scores

    def towers(self, disease: int) -> Floats:
        """Each seed's cosine, float32 (s, g)."""
        genes = self._towers_of(int(self.fold[disease]))
        vectors = self.disease_towers[:, disease].astype(np.float32)
        return np.stack([genes[seed] @ vectors[seed] for seed in range(self.seeds)])

    def _towers_of(self, fold: int) -> Floats:
        """Embeddings of genes by the models of a fold, float32 (s, g, e), kept once converted."""
        if fold not in self._converted:
            self._converted[fold] = self.gene_towers[:, fold].astype(np.float32)
        return self._converted[fold]

    @cached_property
    def _converted(self) -> dict[int, Floats]:
        # Half precision is for the file: to convert takes six times as long as to multiply.
        return {}

    def stacked(
        self,
        disease: int,
        walks: Walks,
        boosted: Floats | None = None,
        said: tuple[Floats, Floats] | None = None,
    ) -> tuple[Floats, Floats]:
        """All parts together as a tail, and the same by seed.

        Args:
            disease: By number.
            walks: Over the visible evidence.
            boosted: Boosting's margins by seed, float32 (s, g); None where it was not trained.
            said: `ridge` and `towers` of the disease, where they are known already.

        Returns:
            float32 (g,), from all seeds together, and float32 (s, g).
        """
        ridge, towers = said or (self.ridge(disease), self.towers(disease))
        still = {"ridge": ridge, "kin": walks.kin, "picture": walks.picture}
        standings = {name: standing(score) for name, score in still.items()}

        def all_with(tower: Floats, run: Floats | None) -> Floats:
            moved = {"towers": standing(tower)}
            if run is not None:
                moved["boosting"] = standing(run)
            return tail_of(percentile(weighted(standings | moved)))

        runs = [None] * len(towers) if boosted is None else list(boosted)
        mean = None if boosted is None else boosted.mean(axis=0)
        each = [all_with(tower, run) for tower, run in zip(towers, runs, strict=True)]
        return all_with(towers.mean(axis=0), mean), np.stack(each)


def rank_average(
    ridge: Floats, towers: Floats, walks: Walks, boosted: Floats | None = None
) -> Floats:
    """Weighted sum of the parts, each as -log10 of the share of genes that score as high.

    What counts is who is near the top by a part, and by several parts more. The weights were
    chosen on draws of the disease-disjoint split and on earlier periods that no figure is reported
    of. A part without a
    score for any gene, as a walk without seeds, adds nothing.

    Args:
        ridge, towers: As the network part has them, float32 (g,) each.
        walks: As the network part has them.
        boosted: Boosting's margins; None where it was not trained.
    """
    parts = {"ridge": ridge, "towers": towers, "kin": walks.kin, "picture": walks.picture}
    if boosted is not None:
        parts["boosting"] = boosted
    return weighted({name: standing(score) for name, score in parts.items()})


def standing(score: Floats) -> Floats:
    """-log10 of the share of genes that score as high, float32 (g,)."""
    place: Floats = -np.log10(1.0 - percentile(score))
    return place


def weighted(standings: Mapping[str, Floats]) -> Floats:
    """Sum of the parts' standings by their weights, float32 (g,), in an order of its own."""
    total = np.zeros(len(next(iter(standings.values()))), np.float32)
    for name in ORDER:
        if name in standings:
            total += np.float32(WEIGHTS[name]) * standings[name]
    return total


def walks_alone(walks: Walks) -> Floats:
    """Both walks together as a tail, float32 (g,): what is left where the network is set aside."""
    nothing = np.zeros_like(walks[0])
    return tail_of(percentile(rank_average(nothing, nothing, walks)))


def percentile(score: Floats) -> Floats:
    """Share of genes with a lower score, float32 (g,), 0 to below 1; ties share the worse place."""
    if not len(score):
        return np.zeros(0, np.float32)
    order = np.argsort(score)
    ordered = score[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    place = np.empty(len(score), np.float32)
    place[order] = np.repeat(starts, np.diff(np.append(starts, len(score))))
    return place / np.float32(len(score))


def tail_of(share: Floats) -> Floats:
    """Percentile as a tail, -log10(1 - percentile) / 4 clipped to 0..1: 1 is one in 10,000."""
    value: Floats = (-np.log10(np.maximum(1.0 - share, 1e-6)) / 4.0).astype(np.float32)
    return value.clip(0.0, 1.0)
