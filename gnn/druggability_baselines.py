"""What tractability must beat besides fame: ways to tell that know which genes are drugged.

Each gene is told by the labels that its fold may learn from, and by no other: a walk starts from
the drugged genes among them, and what is fitted is fitted to them. What is read of a gene has no
label in it, no ligand and no statement on a disease.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from gnn.clustered import log_odds
from gnn.features import standardised
from gnn.ontology import Floats, Index
from gnn.propagation import Walk
from gnn.ridge import linear

Mask = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]
Side = Callable[[Mask], Mask]
"""From the genes of a fold to those that may be learned from."""
PAGERANK, RIDGE, EMBEDDING = "pagerank", "kernel_ridge", "embedding"


@dataclass(frozen=True)
class Rivals:
    """What the baselines read of genes.

    Attributes:
        plain: Scores that hold whatever is asked (publications, degree), float32 (genes,) each.
        walk: Over the relations.
        kernel: Kernel features, float32 (genes, p).
        vectors: Of an embedding that saw no statement on a disease, float32 (genes, k); None
            where none was trained.
    """

    plain: Mapping[str, Floats]
    walk: Walk
    kernel: Floats
    vectors: Floats | None = None

    def scores(self, positive: Mask, fold: Index, seen: Side) -> dict[str, Scores]:
        """Every baseline's score of each gene, float64 (genes,).

        Args:
            positive: Labels; those of a fold's own genes are not read for it.
            fold: Of each gene.
            seen: Who may be learned from.
        """
        told = {
            PAGERANK: walked(self.walk, positive, fold, seen),
            RIDGE: ridged(self.kernel, positive, fold, seen),
        }
        if self.vectors is not None:
            told[EMBEDDING] = regressed(self.vectors, positive, fold, seen)
        return told | {
            name: np.nan_to_num(score, nan=-1.0).astype(np.float64)
            for name, score in self.plain.items()
        }


def walked(walk: Walk, positive: Mask, fold: Index, seen: Side) -> Scores:
    """Where walks from drugged genes arrive, what a seed brings back to itself taken out, (genes,).

    Each walk starts from one unit, however many genes its fold may know of.
    """
    score = np.zeros(len(fold))
    for mine, side in _sides(fold, seen):
        score[mine] = walk.leave_one_out((positive & side).astype(np.float32))[mine]
    return score


def ridged(kernel: Floats, positive: Mask, fold: Index, seen: Side) -> Scores:
    """Kernel ridge in closed form: how far a gene is above the rate it learned from, (genes,)."""
    score = np.zeros(len(fold))
    for mine, side in _sides(fold, seen):
        score[mine] = kernel[mine] @ linear(kernel[side], positive[side].astype(np.float32))
    return score


def regressed(vectors: Floats, positive: Mask, fold: Index, seen: Side) -> Scores:
    """Logistic regression: log-odds above those of the genes that it learned from, (genes,)."""
    x, score = standardised(vectors), np.zeros(len(fold))
    for mine, side in _sides(fold, seen):
        if positive[side].any() and not positive[side].all():
            fit = LogisticRegression(max_iter=1000).fit(x[side], positive[side])
            score[mine] = fit.decision_function(x[mine]) - log_odds(positive[side].mean())
    return score


def _sides(fold: Index, seen: Side) -> Iterator[tuple[Mask, Mask]]:
    """Of each fold its genes, and those that it may learn from, bool (genes,) each."""
    for held in np.unique(fold):
        mine = fold == held
        yield mine, seen(mine)
