"""Numbers of one disease's arrays as the scores that are told of each gene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gnn.direction_calls import DirectionCalls
from gnn.disease_scores import FEW_NEIGHBOURS, Interval, Ranking, percentiles
from gnn.ontology import Floats, Index
from gnn.split import SAME_GROUP
from gnn.target_score import (
    AXES,
    MODALITIES,
    AxisScore,
    BiasPanel,
    CausalityParts,
    CausalityScore,
    ConformalSet,
    DirectionCall,
    DruggabilityScore,
    ModalityScore,
    ScoreState,
    TargetScore,
)

if TYPE_CHECKING:
    from gnn.score import Scorer

_Axis = tuple[float | None, float | None, float | None, float | None, ScoreState]


class Describer:
    """Turns numbers of one disease's arrays into `TargetScore`s."""

    def __init__(self, scorer: Scorer, disease: int, ranking: Ranking) -> None:
        self._scorer, self._fitted = scorer, scorer.fitted
        self._disease = disease
        self._all = scorer.scores(disease)
        self._pictured = scorer.pictured(disease)
        self._boosting = self._all.parts.boosting_mean
        self._ranking = ranking
        self._places = ranking.places()
        self._calls = DirectionCalls(
            scorer.fitted, self._all, scorer.diseases, scorer.evidence_ids, disease
        )
        ontology = scorer.fitted.causal.direct.ontology
        self._same = ontology.around(disease, self._all.likeness, SAME_GROUP)
        self._matched = scorer.fame.matched_percentile(self._all.causality.probability)
        self._percentile = {
            axis: percentiles(told.probability)
            for axis in AXES
            if (told := getattr(self._all, axis)) is not None
        }

    def scores_of(self, genes: Index) -> list[TargetScore]:
        """Of some genes, in the order given."""
        directions = self._calls.of(genes.tolist())
        return [self._score(g, call) for g, call in zip(genes.tolist(), directions, strict=True)]

    def _score(self, g: int, direction: DirectionCall) -> TargetScore:
        ranking, scorer = self._ranking, self._scorer
        rank = int(self._places[g])
        best, worst = ranking.place_of(ranking.upper[g]), ranking.place_of(ranking.lower[g])
        return TargetScore(
            target=scorer.genes.ids[g],
            symbol=scorer.genes.names[g],
            disease=scorer.diseases.ids[self._disease],
            causality=self._causality(g),
            reversibility=AxisScore(*self._axis("reversibility", g, self._state(g))),
            druggability=DruggabilityScore(
                *self._axis("druggability", g, self._of_gene(g)), self._modalities(g)
            ),
            direction=direction,
            overall=float(ranking.overall[g]),
            rank=rank,
            rank_lower=min(best, rank),
            rank_upper=max(worst, rank),
            bias=self._bias(g),
        )

    def _of_gene(self, g: int) -> ScoreState:
        """What is said of a gene alone: columns of one that few relations know are mostly empty."""
        few = self._scorer.fitted.neighbours[g] < FEW_NEIGHBOURS
        return ScoreState.OUT_OF_DISTRIBUTION if few else ScoreState.SCORED

    def _axis(self, axis: str, g: int, state: ScoreState) -> _Axis:
        interval: Interval | None = getattr(self._all, axis)
        if interval is None:
            return None, None, None, None, ScoreState.ABSTAINED
        return (
            float(interval.probability[g]),
            float(interval.lower[g]),
            float(interval.upper[g]),
            float(self._percentile[axis][g]),
            state,
        )

    def _causality(self, g: int) -> CausalityScore:
        told = self._all.parts
        return CausalityScore(
            *self._axis("causality", g, self._state(g)),
            direct=float(told.direct[g]),
            indirect=float(told.indirect[g]),
            conformal=self._conformal(g),
            parts=self._parts(g),
        )

    def _parts(self, g: int) -> CausalityParts:
        told = self._all.parts
        return CausalityParts(
            walk=float(told.walk[g]),
            phenotype_walk=float(told.phenotype_walk[g]),
            ridge=_at(told.ridge, g),
            towers=_at(told.towers, g),
            boosting=_at(self._boosting, g),
            phenotype_evidence=float(self._pictured[g]),
        )

    def _conformal(self, g: int) -> ConformalSet:
        causal, not_causal = (bool(side[g]) for side in self._all.sets)
        if causal:
            return ConformalSet.BOTH if not_causal else ConformalSet.CAUSAL
        return ConformalSet.NOT_CAUSAL if not_causal else ConformalSet.NEITHER

    def _state(self, g: int) -> ScoreState:
        if self._all.unfamiliar[g]:
            return ScoreState.OUT_OF_DISTRIBUTION
        return ScoreState.NO_EVIDENCE if self._all.unsupported[g] else ScoreState.SCORED

    def _modalities(self, g: int) -> dict[str, ModalityScore]:
        drug = self._fitted.druggable
        return {
            modality: ModalityScore(
                _known(drug.probability[m, g]),
                _known(drug.lower[m, g]),
                _known(drug.upper[m, g]),
                bool(drug.phase[m, g] >= 1.0),
                _known(drug.phase[m, g]),
                _known(drug.controlled[m, g]),
            )
            for m, modality in enumerate(MODALITIES)
        }

    def _bias(self, g: int) -> BiasPanel:
        model = self._fitted
        direct = model.causal.direct
        start, end = np.searchsorted(direct.gene, [g, g + 1])
        free = model.hypothesis_free[start:end][self._same[direct.disease[start:end]]]
        return BiasPanel(
            _known(model.bias.publications[g]),
            float(model.bias.degree[g]),
            float(free.mean()) if len(free) else None,
            float(self._matched[g]),
        )


def _known(value: np.floating[Any]) -> float | None:
    """A number, None for NaN."""
    return None if np.isnan(value) else float(value)


def _at(part: Floats | None, g: int) -> float | None:
    """A gene's value, None where there is none."""
    return None if part is None else float(part[g])
