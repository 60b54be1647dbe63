"""Attacks on a release that is learned from again: what a forger puts in for each pair.

Besides the pair itself, whose own record no model sees that scores it, and besides interactions
with the disease's known genes, records that name the gene with *related* diseases are forged: these
are what boosting, towers and ridge learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gnn.forgery import NOBODY, Claimed, Forged
from gnn.material import Material
from gnn.ontology import Index
from gnn.path_features import HIDDEN_FROM, KIN
from gnn.poisoning import STUDY, Aim, interaction_strength

MANY = 64
"""Records in all."""
_PAIR = ("gene", "disease")
NOTHING = Claimed(NOBODY, NOBODY, np.zeros(0, np.float32))


@dataclass(frozen=True)
class Attack:
    """One kind of forgery at one price.

    Attributes:
        name: Of the kind, a key of metrics.json.
        records: How many a pair.
        what: In words.
        make: From release, pairs and number what is forged.
    """

    name: str
    records: int
    what: str
    make: Callable[[Material, Sequence[Aim], int], Forged]

    @property
    def key(self) -> str:
        """Kind and price."""
        return f"{self.name} {self.records}"

    def on(self, material: Material, aims: Sequence[Aim]) -> Forged:
        """What is forged for some pairs, all at once."""
        return self.make(material, aims, self.records)


def attacks() -> tuple[Attack, ...]:
    """Those that are measured, each with as many records as a frozen model is given at most."""
    edges = "interactions of the gene with the disease's known genes, the strongest first"
    studies = (
        "one study that associates the gene with the disease itself (more of a source weigh no "
        "more), the others with related diseases, one each, the nearest first"
    )
    return (
        Attack("interactions", MANY, edges, with_known_genes),
        Attack("genetic_studies_and_kin", MANY, studies, of_pair_and_kin),
    )


def with_known_genes(material: Material, aims: Sequence[Aim], records: int) -> Forged:
    """Interactions of each gene with its disease's known genes."""
    one = np.concatenate([np.full(len(a.known[:records]), a.gene) for a in aims])
    other = np.concatenate([a.known[:records] for a in aims])
    return Forged(NOTHING, one, other, interaction_strength(material))


def of_pair_and_kin(material: Material, aims: Sequence[Aim], records: int) -> Forged:
    """One study of each pair itself, the others of its disease's kin."""
    own, kin = of_the_pair(aims).records, of_kin(material, aims, records - 1).records
    both = (np.concatenate([getattr(c, n) for c in (own, kin)]) for n in (*_PAIR, "weight"))
    return Forged(Claimed(*both), NOBODY, NOBODY)


def of_the_pair(aims: Sequence[Aim]) -> Forged:
    """A study of each pair itself."""
    genes, diseases = (np.array([getattr(a, n) for a in aims], np.int64) for n in _PAIR)
    claimed = Claimed(genes, diseases, np.full(len(aims), STUDY, np.float32))
    return Forged(claimed, NOBODY, NOBODY)


def of_kin(material: Material, aims: Sequence[Aim], records: int) -> Forged:
    """One association of each gene with each of its disease's nearest kin."""
    kin = [relatives(material, a.disease)[:records] for a in aims]
    gene = np.repeat(np.array([a.gene for a in aims], np.int64), [len(k) for k in kin])
    weight = np.full(len(gene), STUDY, np.float32)
    return Forged(Claimed(gene, np.concatenate(kin), weight), NOBODY, NOBODY)


def relatives(material: Material, disease: int) -> Index:
    """Diseases with evidence that are kin but hidden from no column, the nearest first, int64."""
    likeness = material.ontology.lin(disease)
    shown = (likeness >= KIN) & (likeness < HIDDEN_FROM)
    shown[material.ontology.below(disease)] = False
    known = material.direct.evidence_diseases
    kin = known[shown[known]]
    return np.asarray(kin[np.argsort(-likeness[kin], kind="stable")], np.int64)
