"""What a model must beat: ways to rank genes that need no learning.

Each is a function of a query disease and the evidence that is visible. Degree, publications and the
number of a gene's mouse phenotypes use no disease at all and are those of the whole release: degree
counts hidden edges too, to its own benefit. No other sees what the split hides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gnn.causality import Direct
from gnn.held_out import Held
from gnn.network import standing, walks_alone
from gnn.ontology import Floats
from gnn.phenotype import Profiles

Ranker = Callable[[int], Floats]
PHENOTYPE_WEIGHT = 0.5
FALLBACK = "pagerank_served"
"""What serves where the stack loses: the walks from near kin and by clinical picture together."""
FLOOR, ONTOLOGY, PHENOTYPE = 0.3, 0.25, 0.5
"""Of the plain walk: its seeds' least Lin similarity, and how both walks count by rank."""
CARRIED, FROM_NEAR_KIN, FROM_PICTURE = (
    "direct_lin3_phenotype",
    "pagerank_near",
    "pagerank_phenotype",
)
"""Direct evidence carried by kinship and picture; walks from near kin and by clinical picture."""
DIRECT_AND_WALKS = "direct_and_walks"
"""Direct evidence and a quarter of the tail of either walk: `gnn.parts.Parts.supported`."""
SIMPLE = (
    "degree",
    "publications",
    "mouse_terms",
    "direct_alone",
    CARRIED,
    DIRECT_AND_WALKS,
    "pagerank_ontology",
    FROM_NEAR_KIN,
    FROM_PICTURE,
    "pagerank_both",
    FALLBACK,
)
"""Baselines without training."""
READ_EVIDENCE = ("direct_alone", CARRIED, DIRECT_AND_WALKS)
"""Of these, what reads direct evidence of the pair."""


def carried(direct: Direct, profiles: Profiles, disease: int) -> Floats:
    """Evidence by the cube of Lin, and half as much by the clinical picture, float32 (genes,)."""
    near = profiles.neighbours(disease, direct.evidence_diseases)
    by_kin = direct.told(direct.ontology.lin(disease) ** 3, disease)
    score: Floats = by_kin + np.float32(PHENOTYPE_WEIGHT) * direct.told(near, disease)
    return score


def whatever(score: Floats) -> Ranker:
    """The same score of every gene whatever the disease, unknown ones last."""
    told = np.nan_to_num(score, nan=-1.0)
    return lambda _: told


def simple(held: Held, publications: Floats) -> Mapping[str, Ranker]:
    """Rankers without training.

    Args:
        held: What may be seen.
        publications: Of each gene; a baseline and never a feature.
    """
    degree = held.material.graph.degree.astype(np.float32)
    mutants = np.diff(held.material.mouse.genes.indptr).astype(np.float32)
    causal = held.material.without_network(held.visible)
    direct = held.visible

    def from_kin(disease: int) -> Floats:
        """The walk from genes of any kin, by the cube of Lin."""
        likeness = direct.ontology.lin(disease)
        seeds = direct.weighted(np.where(likeness >= FLOOR, likeness**3, np.float32(0.0)))
        return causal.walk.leave_one_out(seeds)

    def both(disease: int) -> Floats:
        """That walk and the one by clinical picture, by rank."""
        kin, picture = from_kin(disease), causal.walked_by_phenotype(disease)
        score: Floats = ONTOLOGY * standing(kin) + PHENOTYPE * standing(picture)
        return score

    rankers: tuple[Ranker, ...] = (
        whatever(degree),
        whatever(publications),
        whatever(mutants),
        direct.score,
        lambda disease: carried(direct, causal.profiles, disease),
        lambda disease: causal.parts(disease).supported,
        from_kin,
        causal.walked,
        causal.walked_by_phenotype,
        both,
        lambda disease: walks_alone(causal.walks(disease)),
    )
    return dict(zip(SIMPLE, rankers, strict=True))
