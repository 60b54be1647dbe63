"""What counting by sources costs in recall, on a release prepared as `train --trust` prepares it.

Evidence, relations, features, walk and kernel are made again by trust. Kernel ridge and walks are
fitted on what each validation draw leaves visible, with trust and without, and are asked the same
questions; towers and boosting, which would take minutes for each draw, are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gnn.bias import VALIDATION
from gnn.held_out import QUERIES, Held
from gnn.material import Material, hiding
from gnn.network import rank_average
from gnn.ontology import Floats
from gnn.parts import CausalModel
from gnn.ranking import HEADLINE, MEASURES, interval, measures
from gnn.split import zero_shot

TOGETHER = "kernel ridge and walks"
Figures = dict[str, object]


def price(material: Material, draws: tuple[int, ...] = VALIDATION) -> Figures:
    """Change of recall@200 when what can be forged counts by its sources.

    Args:
        material: The release as the model's variant sees it, with trust or without.
        draws: Of the disease-disjoint split; questions are those of the release without trust.
    """
    plain, trusted = (material.believing(trust) for trust in (False, True))
    change, diseases = [], []
    for draw in draws:
        before, after = held(plain, plain, draw), held(trusted, plain, draw)
        change.append(recalls(after) - recalls(before))
        diseases += [q.disease for q in before.queries]
    by_method = np.concatenate(change).T
    told = dict(zip(METHODS, (interval(row, diseases) for row in by_method), strict=True))
    return {
        "split": "disease-disjoint, validation draws; towers and boosting left out",
        "queries": len(diseases),
        HEADLINE: told[TOGETHER],
        "by_method": told,
    }


def held(material: Material, asking: Material, draw: int) -> Held:
    """A draw over one material, asked what it is asked over another."""
    split = zero_shot(asking.direct, draw, QUERIES)
    visible = hiding(material.direct, split.hidden)
    return Held(material, visible, np.ones(visible.n_genes, bool), split.queries)


def recalls(drawn: Held) -> Floats:
    """recall@200 of each query by each of `METHODS`, float64 (queries, methods)."""
    score = [make(drawn) for make in METHODS.values()]
    column = MEASURES.index(HEADLINE)
    return np.array(
        [[measures(rank(q.disease), q)[column] for rank in score] for q in drawn.queries]
    )


def _ridge(drawn: Held) -> Callable[[int], Floats]:
    kernel, visible = drawn.material.ridge, drawn.visible
    weights = kernel.fit(visible.matrix, visible.evidence_diseases)

    def score(disease: int) -> Floats:
        found: Floats = kernel.genes @ kernel.queries(weights, np.array([disease]))[0]
        return found

    return score


def blind(drawn: Held) -> Callable[[int], Floats]:
    """Kernel ridge and walks, fitted on what a draw leaves visible."""
    by_ridge, causal = _ridge(drawn), drawn.material.without_network(drawn.visible)

    def score(disease: int) -> Floats:
        told = by_ridge(disease)
        return rank_average(told, np.zeros_like(told), causal.walks(disease))

    return score


def _walked(by: Callable[[CausalModel, int], Floats]) -> Callable[[Held], Callable[[int], Floats]]:
    def make(drawn: Held) -> Callable[[int], Floats]:
        causal = drawn.material.without_network(drawn.visible)
        return lambda disease: by(causal, disease)

    return make


METHODS: Mapping[str, Callable[[Held], Callable[[int], Floats]]] = {
    TOGETHER: blind,
    "kernel ridge": _ridge,
    "walk from kin": _walked(CausalModel.walked),
    "walk by clinical picture": _walked(CausalModel.walked_by_phenotype),
}
"""What is asked, the first told as the price."""
