"""The parts of a causality score for one disease, computed from arrays in a fraction of a second.

- *direct*: what sources say of the gene, carried over the hierarchy and cut by refutations;
- *walks* from the disease's genes, and from those of diseases with a like clinical picture, each
  gene's own evidence taken out of its own score;
- *indirect*: ridge, towers and boosting, fitted with the disease hidden, with the walks.
Where there is direct evidence the score is direct + .25 x walk tail + .25 x phenotype walk tail;
where there is none, it is the network part alone, and is labelled so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnn.boosting import Boosted
from gnn.causality import Direct, near_kin
from gnn.network import Network, Walks, percentile, walks_alone
from gnn.ontology import Floats
from gnn.phenotype import Profiles
from gnn.propagation import Walk, tail

WALK_WEIGHT = 0.25
LONE, MOST = 0.5, 3.5
"""Decades of agreement (-log10 of 1 - direct evidence) that add nothing, and that are counted."""
TOP = 1.0 + MOST - LONE + 2 * WALK_WEIGHT
"""Largest possible supported score."""


def weighed(direct: Floats) -> Floats:
    """Direct evidence as it counts in the supported score: itself and the decades of agreement.

    That curators agree tells more than any walk. By an expert panel whose own records were taken
    out (300 diseases), 30 % of the genes that one curated source calls a cause are causal, 78 % of
    those that two do and 94 % of those that three do, whatever the walks say.

    Args:
        direct: 0 to 1, float32 (genes,).

    Returns:
        float32 (genes,), 0 to 1 + `MOST` - `LONE`.
    """
    decades = -np.log10(np.maximum(1.0 - direct, 10.0**-MOST))
    score: Floats = (direct + np.maximum(decades - LONE, 0.0)).astype(np.float32)
    return score


@dataclass(frozen=True)
class Parts:
    """Scores of all genes for one disease, each float32 (genes,), 0 to 1.

    Attributes:
        direct: After vetoes; 0 where no record is of the disease, a type of it or a related one,
            and where all is vetoed.
        walk, phenotype_walk: Tails; all zero where there are no seeds.
        indirect: The network part; all zero where no network was trained.
        indirect_by_seed: (seeds, genes).
        ridge, towers, boosting: Percentiles by each part of the network, as 0 to 1; the seeds of
            boosting are rows, float32 (seeds, genes). None where it was not trained.
    """

    direct: Floats
    walk: Floats
    phenotype_walk: Floats
    indirect: Floats
    indirect_by_seed: Floats
    ridge: Floats | None = None
    towers: Floats | None = None
    boosting: Floats | None = None

    @property
    def recorded(self) -> bool:
        """Whether any gene has direct evidence of the disease, a type of it or a related one."""
        return bool((self.direct > 0).any())

    @property
    def boosting_mean(self) -> Floats | None:
        """Of the seeds of boosting, float32 (genes,); None where it was not trained."""
        return None if self.boosting is None else self.boosting.mean(axis=0)

    @property
    def summed(self) -> Parts:
        """Without what the network part was made of: less to keep of many diseases."""
        return replace(self, ridge=None, towers=None, boosting=None)

    @property
    def supported(self) -> Floats:
        """Direct evidence and what the walks add to it, 0 to `TOP`."""
        score: Floats = weighed(self.direct) + WALK_WEIGHT * (self.walk + self.phenotype_walk)
        return score


@dataclass(frozen=True)
class CausalModel:
    """Everything a disease's causality is computed from.

    Attributes:
        direct: Evidence that seeds are made of and the network part was trained on.
        network: None before the network part is trained.
        boosted: Boosting on path features; None where it was not trained.
        simple: Whether the network part is set aside for both walks, as where it did not beat the
            baselines.
        served: Evidence that the direct part is made of, where that is more than `direct`.
    """

    direct: Direct
    walk: Walk
    profiles: Profiles
    network: Network | None
    boosted: Boosted | None = None
    simple: bool = False
    served: Direct | None = None

    @property
    def said(self) -> Direct:
        """Evidence that the direct part is made of."""
        return self.served or self.direct

    def parts(self, disease: int) -> Parts:
        """All parts for a disease, by its number."""
        direct = self.said.score(disease)
        walks = self.walks(disease)
        supported = direct, tail(walks.kin), tail(walks.picture)
        if self.network is None:
            nothing = np.zeros_like(direct)
            return Parts(*supported, nothing, nothing[None])
        boosting = self.boosting(disease)
        if self.simple:
            together = self.together(self.network, disease, walks, boosting)
            return Parts(*supported, *together)
        said = self.network.ridge(disease), self.network.towers(disease)
        return Parts(
            *supported,
            *self.network.stacked(disease, walks, boosting, said),
            percentile(said[0]),
            percentile(said[1].mean(axis=0)),
            boosting,
        )

    def together(
        self, network: Network, disease: int, walks: Walks, boosting: Floats | None
    ) -> tuple[Floats, Floats]:
        """The indirect score, and the same by seed.

        Args:
            network: Ridge and towers.
            disease: By number.
            walks: As `walks` gives them.
            boosting: As `boosting` gives it.

        Returns:
            float32 (genes,) and (seeds, genes), tails.
        """
        if self.simple:
            alone = walks_alone(walks)
            return alone, alone[None]
        return network.stacked(disease, walks, boosting)

    def boosting(self, disease: int) -> Floats | None:
        """Percentiles by boosting of each seed, from models that did not see the disease.

        Returns:
            float32 (seeds, genes), 0 to 1; None where it was not trained.
        """
        if self.boosted is None or self.network is None or self.simple:
            return None
        said = self.boosted.by_seed(disease, int(self.network.fold[disease]))
        return np.stack([percentile(one) for one in said])

    def walks(self, disease: int) -> Walks:
        """Both walks for a disease."""
        return Walks(self.walked(disease), self.walked_by_phenotype(disease))

    def walked(self, disease: int) -> Floats:
        """Where walks from genes of the disease and its kin arrive, own seeds taken out."""
        seeds = self.direct.weighted(self.kin(disease))
        return self.walk.leave_one_out(seeds) if seeds.any() else seeds

    def walked_by_phenotype(self, disease: int) -> Floats:
        """The same from diseases with a like clinical picture."""
        seeds = self.direct.weighted(self.pictures(disease))
        return self.walk.leave_one_out(seeds) if seeds.any() else seeds

    def pictured(self, disease: int) -> Floats:
        """What the same gene is known for at diseases with a like clinical picture, after vetoes.

        It is shown beside a score and enters none: walks start from such genes, and leave the
        gene's own evidence out.

        Returns:
            float32 (genes,), 0 to 1: the largest weight x squared cosine of the two pictures.
        """
        return self.direct.told(self.pictures(disease), disease)

    def kin(self, disease: int) -> Floats:
        """How much the genes of each disease count as seeds by kinship, float32 (diseases,)."""
        return near_kin(self.direct.ontology.lin(disease))

    def pictures(self, disease: int) -> Floats:
        """How much they count by a like clinical picture, float32 (diseases,)."""
        return self.profiles.neighbours(disease, self.direct.evidence_diseases)
