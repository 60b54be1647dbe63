"""Why a pair scores as it does, from stored arrays and the records behind them.

A first version: the records of the gene for the disease and its kin, each with the share of the
direct score that is lost without it; the genes through which the walk arrives, with the shares
they carry; and the rank that the target would have without each source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnn.causality import PREDICATE_WEIGHT
from gnn.disease_scores import DiseaseScores, Ranking, overall
from gnn.fitted import Fitted
from gnn.graph import NodeIndex
from gnn.objective import DISEASE_CLAIMS, Variant
from gnn.ontology import Floats
from gnn.parts import SEED_FLOOR, WALK_WEIGHT, causality
from gnn.target_score import (
    AXES,
    ExplainedHop,
    ExplainedPath,
    Explanation,
    ScoreState,
    TargetScore,
    Weights,
)
from kg.biolink import Category, EvidenceClass
from kg.errors import BadArgument
from kg.model import Edge, Evidence
from kg.store import Direction, EdgeFilter, GraphStore

_PATHS, _NEIGHBOURS, _RECORDS = 8, 4, 6


@dataclass(frozen=True)
class Ground:
    """A record of the gene for a disease, as it counts for the disease asked for.

    Attributes:
        carried: Strength x predicate weight x Lin similarity, 0 to 1.
    """

    edge: Edge
    record: Evidence
    carried: float


class Explainer:
    """Explains pairs of one fitted model."""

    def __init__(
        self,
        store: GraphStore,
        fitted: Fitted,
        genes: NodeIndex,
        diseases: NodeIndex,
        hidden: frozenset[EvidenceClass] = Variant.HEADLINE.excluded,
    ) -> None:
        self._store = store
        self._fitted = fitted
        self._genes = genes
        self._diseases = diseases
        self._hidden = hidden

    def explain(
        self,
        gene: int,
        disease: int,
        scores: DiseaseScores,
        ranking: Ranking,
        score: TargetScore,
        objective: str,
        weights: Weights,
    ) -> Explanation:
        """Paths, shares and counterfactual ranks of a pair.

        Args:
            gene, disease: Local numbers.
            scores, ranking: All genes' for the disease.
            score: The pair's own.
            objective: One of `gnn.target_score.AXES`.
            weights: Under which the ranking was made.

        Raises:
            BadArgument: an unknown objective.
        """
        if objective not in AXES:
            raise BadArgument(f"objective {objective!r}: must be one of {', '.join(AXES)}")
        grounds = self._grounds(gene, scores.likeness)
        direct = [g for g in grounds if not g.record.negated]
        paths = [*self._direct_paths(direct, disease), *self._network_paths(gene, disease, scores)]
        by_relation: dict[str, float] = defaultdict(float)
        for path in paths:
            by_relation[path.hops[0].predicate] += path.contribution
        return Explanation(
            target=score.target,
            disease=score.disease,
            objective=objective,
            score=score,
            paths=tuple(sorted(paths, key=lambda p: -p.contribution)[:_PATHS]),
            by_class=_shares(direct, lambda g: g.record.evidence_class.value),
            by_relation=dict(by_relation),
            counterfactuals=self._counterfactuals(gene, direct, scores, ranking, weights),
            notes=self._notes(score, grounds),
        )

    def _grounds(self, gene: int, likeness: Floats) -> list[Ground]:
        """All records of the gene for diseases that share any ancestor with this one."""
        where = EdgeFilter(types=DISEASE_CLAIMS, exclude_classes=self._hidden)
        edges = [
            e
            for e in self._store.edges_of([self._genes.ids[gene]], Direction.OUT, where)[0]
            if e.type.object is Category.DISEASE and e.object in self._diseases.position
        ]
        near = [(e, float(likeness[self._diseases.position[e.object]])) for e in edges]
        kept = sorted(((e, s) for e, s in near if s > 0), key=lambda pair: -pair[1])[:40]
        records = self._store.evidence_of([e for e, _ in kept], where, _RECORDS)
        return [
            Ground(edge, record, _strength(record) * PREDICATE_WEIGHT[edge.type.predicate] * s)
            for (edge, s), rows in zip(kept, records, strict=True)
            for record in rows
        ]

    def _direct_paths(self, grounds: Sequence[Ground], disease: int) -> list[ExplainedPath]:
        """A path an edge: gene to the record's disease, and from there to the one asked for."""
        by_object: dict[str, list[Ground]] = defaultdict(list)
        for ground in grounds:
            by_object[ground.edge.object].append(ground)
        asked = self._diseases.ids[disease]
        paths = []
        for found, mine in by_object.items():
            first = ExplainedHop(
                mine[0].edge.subject,
                mine[0].edge.type.predicate.value,
                found,
                tuple(g.record.id for g in sorted(mine, key=lambda g: -g.carried)),
            )
            bridge = () if found == asked else (ExplainedHop(found, "similar_to", asked, ()),)
            best = max(g.carried for g in mine)
            paths.append(ExplainedPath((first, *bridge), best, "direct"))
        return paths

    def _network_paths(self, gene: int, disease: int, scores: DiseaseScores) -> list[ExplainedPath]:
        """Through the neighbours that carry most of the walk's first step into the gene."""
        if scores.parts.walk[gene] <= 0:
            return []
        direct, walk = self._fitted.causal.direct, self._fitted.causal.walk
        near = scores.likeness
        seeds = direct.weighted(np.where(near >= SEED_FLOOR, near**3, 0.0).astype(np.float32))
        seeds[gene] = 0.0
        carried = walk.into(gene) * seeds
        total = float(carried.sum())
        if total <= 0:
            return []
        share = WALK_WEIGHT * float(scores.parts.walk[gene]) / total
        best = np.argsort(-carried, kind="stable")[:_NEIGHBOURS]
        asked = self._diseases.ids[disease]
        return [
            ExplainedPath(
                (*self._link(gene, int(n)), self._claim_of(int(n), scores.likeness, asked)),
                float(carried[n]) * share,
                "network",
            )
            for n in best
            if carried[n] > 0
        ]

    def _link(self, gene: int, neighbour: int) -> tuple[ExplainedHop, ...]:
        """How two genes relate in the graph, by the shortest chain of edges."""
        ends = self._genes.ids[gene], self._genes.ids[neighbour]
        chains = self._store.paths(*ends, max_length=2, limit=1)
        if not chains:
            return (ExplainedHop(ends[0], "similar_to", ends[1], ()),)
        records = self._store.evidence_of(chains[0], limit=2)
        return tuple(
            ExplainedHop(e.subject, e.type.predicate.value, e.object, tuple(r.id for r in rows))
            for e, rows in zip(chains[0], records, strict=True)
        )

    def _claim_of(self, gene: int, likeness: Floats, asked: str) -> ExplainedHop:
        """The strongest record that makes a neighbour a gene of the disease."""
        grounds = [g for g in self._grounds(gene, likeness) if not g.record.negated]
        if not grounds:
            return ExplainedHop(self._genes.ids[gene], "related_to", asked, ())
        best = max(grounds, key=lambda g: g.carried)
        predicate = best.edge.type.predicate.value
        return ExplainedHop(best.edge.subject, predicate, best.edge.object, (best.record.id,))

    def _counterfactuals(
        self,
        gene: int,
        grounds: Sequence[Ground],
        scores: DiseaseScores,
        ranking: Ranking,
        weights: Weights,
    ) -> dict[str, int]:
        """Rank of the target without each source of its direct evidence."""
        ranks = {}
        for source in sorted({g.record.source for g in grounds}):
            left = max((g.carried for g in grounds if g.record.source != source), default=0.0)
            ranks[source] = ranking.place_of(self._without(gene, left, scores, weights))
        return ranks

    def _without(self, gene: int, left: float, scores: DiseaseScores, weights: Weights) -> float:
        """The overall score that a smaller direct score would give."""
        parts = scores.parts
        one = replace(
            parts,
            direct=np.minimum(np.array([left], np.float32), parts.direct[[gene]]),
            walk=parts.walk[[gene]],
            phenotype_walk=parts.phenotype_walk[[gene]],
            indirect=parts.indirect[[gene]],
            indirect_by_seed=parts.indirect_by_seed[:, [gene]],
        )
        cause = causality(one, self._fitted.supported, self._fitted.indirect)
        others = scores.reversibility.probability[[gene]], scores.druggability.probability[[gene]]
        return float(overall([cause, *others], weights)[0])

    def _notes(self, score: TargetScore, grounds: Sequence[Ground]) -> tuple[str, ...]:
        notes = []
        if score.causality.direct == 0.0:
            notes.append(
                "There is no direct evidence: no source in this release ties the gene to the "
                "disease or its kin. The score is indirect, from the network alone."
            )
        if score.causality.state is ScoreState.OUT_OF_DISTRIBUTION:
            notes.append("The network has fewer than three neighbours of this gene.")
        refuting = sorted({g.record.source for g in grounds if g.record.negated})
        if refuting:
            notes.append(f"Refuted or disputed by {', '.join(refuting)}.")
        return tuple(notes)


def _strength(record: Evidence) -> float:
    return 0.5 if record.score is None else float(record.score)


def _shares(grounds: Sequence[Ground], key: Callable[[Ground], str]) -> dict[str, float]:
    """The largest carried score by key: what each alone would give."""
    best: dict[str, float] = defaultdict(float)
    for ground in grounds:
        best[key(ground)] = max(best[key(ground)], ground.carried)
    return dict(best)
