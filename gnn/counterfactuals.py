"""What would be without: the whole ranking of a disease again, from what is left.

A source, a class of evidence or a predicate is taken out of *all* genes' records: direct
evidence, seeds and both walks follow. A relation is taken out of the walk. What ridge, towers and
boosting learned stays as it was, of the whole release, and so do the calibration curves, the
curated mechanisms and what onset changes in reversibility. Boosting reads evidence of the disease
and its kin when it is asked, too: that is kept as well, unless an *exact* rank is wanted, for which
it is asked again of what is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from gnn.ahead import ahead
from gnn.boosting import Boosted
from gnn.disease_scores import DiseaseScores
from gnn.fitted import Fitted
from gnn.kept import Kept
from gnn.ledger import Unit
from gnn.network import Network, Walks, percentile, rank_average, tail_of
from gnn.ontology import Floats
from gnn.parts import CausalModel
from gnn.target_score import Weights

RELATION = "relation"
"""Kind of the units that are relations of the walk, beside `gnn.ledger.KINDS`."""
_KEPT_SCORES, _KEPT_MODELS, _KEPT_DISEASES = 48, 16, 8
_Asked = tuple[int, Unit, bool]
"""Disease, what is left out, and whether boosting is asked again."""


@dataclass(frozen=True)
class OneDisease(Network):
    """The network part with what ridge, towers and boosting say of one disease worked out once.

    Attributes:
        by_ridge: float32 (genes,).
        by_towers: Mean of the seeds, float32 (genes,).
        by_boosting: The same; None where it was not trained.
    """

    by_ridge: Floats
    by_towers: Floats
    by_boosting: Floats | None

    @classmethod
    def of(cls, network: Network, disease: int, boosting: Floats | None) -> OneDisease:
        """Of a disease; asking the result for another one is a mistake."""
        stored = {f.name: getattr(network, f.name) for f in fields(Network)}
        towers = network.towers(disease).mean(axis=0)
        mean = None if boosting is None else boosting.mean(axis=0)
        return cls(**stored, by_ridge=network.ridge(disease), by_towers=towers, by_boosting=mean)

    def ridge(self, disease: int) -> Floats:
        """What was worked out."""
        return self.by_ridge

    def towers(self, disease: int) -> Floats:
        """What was worked out, as of one seed, float32 (1, genes)."""
        return self.by_towers[None]

    def stacked(
        self,
        disease: int,
        walks: Walks,
        boosted: Floats | None = None,
        said: tuple[Floats, Floats] | None = None,
    ) -> tuple[Floats, Floats]:
        """All parts together as a tail; only the walks are taken from what is given."""
        nothing = np.zeros_like(self.by_ridge)
        total = self._still + rank_average(nothing, nothing, walks)
        together = tail_of(percentile(total))
        return together, together[None]

    @cached_property
    def _still(self) -> Floats:
        nothing = np.zeros_like(self.by_ridge)
        return rank_average(self.by_ridge, self.by_towers, Walks.none(nothing), self.by_boosting)


@dataclass(frozen=True, kw_only=True)
class OneDiseaseBoosted(Boosted):
    """Boosting with what it says of one disease worked out once.

    Attributes:
        said: float32 (seeds, genes).
    """

    said: Floats

    def by_seed(self, disease: int, fold: int) -> Floats:
        """What was worked out."""
        return self.said


def for_disease(fitted: Fitted, disease: int, said: Floats | None = None) -> Fitted:
    """A model that answers quicker for one disease, with the same numbers but no intervals.

    Args:
        fitted: The model.
        disease: Which.
        said: What boosting says of it, where that is known already.
    """
    causal = fitted.causal
    network, boosted = causal.network, causal.boosted
    if network is None:
        return fitted
    said = causal.boosting(disease) if said is None else said
    if boosted is not None and said is not None:
        boosted = OneDiseaseBoosted(boosted.paths, boosted.models, said=said)
    known = OneDisease.of(network, disease, said)
    return replace(fitted, causal=replace(causal, network=known, boosted=boosted))


class Counterfactuals:
    """Rankings of one model with something left out; the latest are kept. Safe between threads."""

    def __init__(self, fitted: Fitted) -> None:
        self._fitted = fitted
        self._left: Kept[Unit, CausalModel] = Kept(lambda unit: without(fitted, unit), _KEPT_MODELS)
        self._scores: Kept[_Asked, DiseaseScores] = Kept(self._scored, _KEPT_SCORES)
        self._models: Kept[int, Fitted] = Kept(lambda d: for_disease(fitted, d), _KEPT_DISEASES)

    def model(self, disease: int, said: Floats | None = None) -> Fitted:
        """The model, prepared for a disease; `said` as of `for_disease`."""
        return self._models.get(disease, lambda d: for_disease(self._fitted, d, said))

    def ranks(
        self,
        gene: int,
        disease: int,
        named: Iterable[Unit],
        weights: Weights,
        exact: bool = False,
    ) -> dict[str, int]:
        """The gene's rank for a disease without each of some units, by their names.

        Args:
            gene, disease: Local numbers.
            named: What is left out, each alone.
            weights: Under which genes are ranked.
            exact: Whether boosting is asked again, .2 to .3 s of CPU a unit.
        """
        units = list(named)
        found = ahead(lambda unit: self.rank(gene, disease, unit, weights, exact), units)
        return {unit.name: rank for unit, rank in zip(units, found, strict=True)}

    def rank(
        self, gene: int, disease: int, unit: Unit, weights: Weights, exact: bool = False
    ) -> int:
        """The gene's rank for a disease without a unit; arguments as of `ranks`."""
        ranking = self._scores[disease, unit, exact].ranking(weights)
        return int(ranking.places()[gene])

    def _scored(self, asked: _Asked) -> DiseaseScores:
        disease, unit, exact = asked
        model = self._models[disease]
        known = model.causal
        left = replace(self._left[unit], network=known.network, boosted=known.boosted)
        if exact:
            left = asked_again(left, unit, disease)
        return DiseaseScores.of(replace(model, causal=left), disease)


def asked_again(left: CausalModel, unit: Unit, disease: int) -> CausalModel:
    """What is left of a model for one disease, with what boosting says of that.

    Args:
        left: With a network and boosting of one disease; without either it is returned as it is.
        unit: What was left out. Columns of a relation are empty.
        disease: Which.
    """
    network, boosted = left.network, left.boosted
    if not isinstance(network, OneDisease) or not isinstance(boosted, OneDiseaseBoosted):
        return left
    relations = dict(boosted.paths.relations)
    if unit.kind == RELATION and unit.name in relations:
        relations[unit.name] = 0.0 * relations[unit.name]
    paths = replace(boosted.paths, direct=left.direct, walk=left.walk, relations=relations)
    said = replace(left, boosted=Boosted(paths, boosted.models)).boosting(disease)
    if said is None:
        return left
    return replace(
        left,
        network=replace(network, by_boosting=said.mean(axis=0)),
        boosted=OneDiseaseBoosted(paths, boosted.models, said=said),
    )


def without(fitted: Fitted, unit: Unit) -> CausalModel:
    """The parts of causality that are left without a unit."""
    causal = fitted.causal
    if unit.kind == RELATION:
        matrix = fitted.strands.without(causal.walk.matrix, unit.name)
        return replace(causal, walk=replace(causal.walk, matrix=matrix))
    known, said = unit in fitted.ledger.units, causal.served
    direct = fitted.ledger.without(causal.direct, unit) if known or said is None else causal.direct
    if said is not None:
        said = fitted.said_ledger.without(said, unit)
    return replace(causal, direct=direct, served=said)
