"""Why a pair scores as it does, from arrays stored with the model and the records behind them.

Paths lead from the target to the disease: through a record of its own, or through a gene that
walks come from. Their contributions are shares of the probability of causality; what kernel
ridge, towers and boosting add is the remainder. Counterfactual ranks say what would be without a
source, a class of evidence, or a relation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, pairwise

import numpy as np

from gnn.abstentions import of_scores
from gnn.causality import RELATED, counting
from gnn.contributions import (
    DIRECT,
    KIN,
    PERMUTATIONS,
    PICTURE,
    Arrivals,
    best_disease,
    channels,
    max_shares,
    network_terms,
)
from gnn.counterfactuals import RELATION, Counterfactuals
from gnn.course import course
from gnn.direction import MATCHED
from gnn.disease_scores import FEW_NEIGHBOURS, DiseaseScores, causes
from gnn.explain_druggability import DruggabilityExplainer
from gnn.fame import Fame
from gnn.fitted import Fitted
from gnn.graph import Claims, NodeIndex
from gnn.ledger import Unit, units
from gnn.links import SIMILAR, Links
from gnn.ontology import Floats, Index
from gnn.rescoring import Grounds, Mask, Pair
from gnn.reversibility import MEANING, combined
from gnn.target_score import (
    AXES,
    Basis,
    Call,
    DirectionCall,
    ExplainedHop,
    ExplainedPath,
    Explanation,
    Faithfulness,
    ScoreState,
    TargetScore,
    Weights,
)
from kg.ancestry import by_ancestry
from kg.embedded_store import EmbeddedStore
from kg.errors import BadArgument
from kg.model import Fact

_PATHS, _RECORDS, _SEEDS, _READ = 5, 6, 4, 200
_LEAST = 0.01
"""Share below which a relation or a source of seeds is not tried without."""
LIN = "Lin similarity in the disease hierarchy"
COSINE = "cosine of the clinical pictures"
Shares = dict[str, float]


class Explainer:
    """Explains pairs of one fitted model; safe between threads."""

    def __init__(
        self,
        store: EmbeddedStore,
        fitted: Fitted,
        genes: NodeIndex,
        diseases: NodeIndex,
        evidence_ids: Callable[[Sequence[int]], list[str]],
    ) -> None:
        self._store = store
        self._evidence_ids = evidence_ids
        self._fitted = fitted
        self._genes = genes
        self._diseases = diseases
        self._links = Links(store, genes)
        self._without = Counterfactuals(fitted)
        self._druggability = DruggabilityExplainer(store, fitted, genes)
        self._fame = Fame.of(fitted.bias)

    def explain(
        self,
        gene: int,
        disease: int,
        scores: DiseaseScores,
        score: TargetScore,
        objective: str,
        weights: Weights,
        exact: bool = False,
    ) -> Explanation:
        """Paths, shares and counterfactual ranks of a pair.

        Args:
            gene, disease: Local numbers.
            scores: All genes' for the disease.
            score: The pair's own.
            objective: One of `gnn.target_score.AXES`.
            weights: Under which genes are ranked.
            exact: Whether boosting is asked again for each counterfactual rank.

        Raises:
            BadArgument: an unknown objective.
        """
        if objective not in AXES:
            raise BadArgument(f"objective {objective!r}: must be one of {', '.join(AXES)}")
        if objective == "druggability":
            return self._druggability.explain(gene, score)
        pair = Pair.of(
            self._without.model(disease, scores.parts.boosting), gene, disease, scores.parts
        )
        shares = self._channels(pair)
        seeds = {channel: self._strongest(pair, channel) for channel in (KIN, PICTURE)}
        kinds = {kind: self._by(pair, shares, seeds, kind) for kind in ("class", "source")}
        relations = self._by_relation(pair, shares)
        paths, shown = self._paths(pair, shares, seeds)
        ranks = self._ranks(pair, kinds, relations, weights, exact)
        told, said = self._course(pair, scores) if objective == "reversibility" else ((), ())
        return Explanation(
            target=score.target,
            disease=score.disease,
            objective=objective,
            score=score,
            paths=tuple(paths),
            by_class=kinds["class"],
            by_relation=relations,
            counterfactuals=ranks["source"],
            notes=self._notes(score, pair) + said,
            by_channel=shares,
            by_source=kinds["source"],
            remainder=sum(v for c, v in shares.items() if c not in (DIRECT, KIN, PICTURE)),
            without_class=ranks["class"],
            without_relation=ranks["predicate"] | ranks[RELATION],
            degree_null=self._nulls(pair),
            permutations=PERMUTATIONS,
            stability=pair.stability(),
            ancestry=self._ancestry(pair),
            faithfulness=Faithfulness(pair.probability(shown.inverse), pair.probability(shown)),
            course=told,
        )

    def _channels(self, pair: Pair) -> Shares:
        model = pair.fitted
        terms = network_terms(pair.parts, pair.gene, pair.walks)
        return channels(pair.parts, pair.gene, model.curves, terms)

    def _ranks(
        self,
        pair: Pair,
        kinds: Mapping[str, Shares],
        relations: Shares,
        weights: Weights,
        exact: bool,
    ) -> dict[str, dict[str, int]]:
        """The target's rank without each unit that it rests on, by kind of unit."""
        named = {k: tuple(Unit(k, n) for n, v in by.items() if v) for k, by in kinds.items()}
        named["predicate"] = units(pair.records.claims, ("predicate",))
        named[RELATION] = _heaviest(relations, self._fitted.strands.names)
        return {
            kind: self._without.ranks(pair.gene, pair.disease, mine, weights, exact)
            for kind, mine in named.items()
        }

    def _strongest(self, pair: Pair, channel: str) -> Index:
        """Number of the record that makes each gene a seed, -1 for none."""
        causal = self._fitted.causal
        kernel = (causal.kin if channel == KIN else causal.pictures)(pair.disease)
        return self._fitted.ledger.strongest(best_disease(causal.direct, kernel))

    def _by(self, pair: Pair, shares: Shares, seeds: Mapping[str, Index], kind: str) -> Shares:
        """Shares of classes or sources: of the gene's own records and of those of seeds."""
        total = pair.records.shares(kind, shares.get(DIRECT, 0.0))
        for channel, arrivals in _arrivals(pair).items():
            found = arrivals.by_unit(self._fitted.ledger, seeds[channel], kind)
            _add(total, found, shares.get(channel, 0.0))
        return total

    def _by_relation(self, pair: Pair, shares: Shares) -> Shares:
        """Shares of the records' predicates, and of relations that walks come along."""
        total = pair.records.shares("predicate", shares.get(DIRECT, 0.0))
        model = self._fitted
        for channel, arrivals in _arrivals(pair).items():
            found = arrivals.by_relation(model.causal.walk, model.strands)
            _add(total, found, shares.get(channel, 0.0))
        return total

    def _paths(
        self, pair: Pair, shares: Shares, seeds: Mapping[str, Index]
    ) -> tuple[list[ExplainedPath], Grounds]:
        """The paths that are shown, best first, and the grounds they stand for."""
        paths, records = self._direct_paths(pair, shares.get(DIRECT, 0.0))
        shown = np.zeros(self._fitted.causal.direct.n_genes, bool)
        for channel, arrivals in _arrivals(pair).items():
            if shares.get(channel, 0.0) > 0:
                best = arrivals.strongest(_SEEDS)
                shown[best] = True
                share = shares[channel] * arrivals.by_seed[best] / arrivals.by_seed.sum()
                told = self._fitted.ledger.records_at(seeds[channel][best])
                paths += self._walk_paths(pair, arrivals, best, told, share, channel)
        return sorted(paths, key=lambda p: -p.contribution), Grounds(records, shown)

    def _direct_paths(self, pair: Pair, whole: float) -> tuple[list[ExplainedPath], Mask]:
        """A path for each disease with a record, and which records are shown."""
        claims, carried = pair.records.claims, pair.records.carried
        diseases = np.unique(claims.disease[carried > 0])
        if not len(diseases):
            return [], np.zeros(len(claims), bool)
        best = np.array([carried[claims.disease == d].max() for d in diseases])
        share = max_shares(best) * whole / best.max()
        order = np.argsort(-best, kind="stable")[:_PATHS]
        records = [pair.records.best_of(int(diseases[i]))[:_RECORDS] for i in order]
        ids = iter(self._evidence_ids(claims.row[np.concatenate(records)].tolist()))
        alike = self._likeness(pair.disease, DIRECT)
        paths = []
        for i, mine in zip(order.tolist(), records, strict=True):
            found = int(diseases[i])
            told = tuple(islice(ids, len(mine)))
            hops = (
                *self._links.claim(self._diseases.ids[found], claims.keep(mine), told),
                *self._bridge(found, pair.disease, *alike),
            )
            paths.append(ExplainedPath(hops, float(share[i]), DIRECT))
        return paths, np.isin(claims.disease, diseases[order])

    def _walk_paths(
        self,
        pair: Pair,
        arrivals: Arrivals,
        seeds: Index,
        told: Claims,
        share: Floats,
        channel: str,
    ) -> list[ExplainedPath]:
        """From the gene along the walk to each seed, and along its record to the disease."""
        ids = self._evidence_ids(told.row.tolist())
        alike = self._likeness(pair.disease, channel)
        paths = []
        for i, seed in enumerate(seeds.tolist()):
            found = int(told.disease[i])
            name = self._diseases.ids[found]
            claim = ExplainedHop(self._genes.ids[seed], str(told.predicate[i]), name, (ids[i],))
            way = self._way(pair.gene, seed, arrivals)
            hops = (*way, claim, *self._bridge(found, pair.disease, *alike))
            paths.append(ExplainedPath(hops, float(share[i]), channel))
        return paths

    def _way(self, gene: int, seed: int, arrivals: Arrivals) -> list[ExplainedHop]:
        """The edges of the graph from a gene to a seed, by the relations that bring most."""
        walk, strands = self._fitted.causal.walk, self._fitted.strands
        stops = [gene, *arrivals.stops(walk, seed), seed]
        hops: list[ExplainedHop] = []
        for here, there in pairwise(stops):
            hops += self._links.between(here, there, strands.of_edge(walk.matrix, there, here))
        return hops

    def _likeness(self, asked: int, channel: str) -> tuple[str, Floats]:
        """What likeness to a disease a channel reads, and that of all diseases, (diseases,)."""
        causal = self._fitted.causal
        if channel == PICTURE:
            return COSINE, causal.profiles.likeness(asked)
        return LIN, causal.direct.ontology.lin(asked)

    def _bridge(
        self, found: int, asked: int, basis: str, likeness: Floats
    ) -> tuple[ExplainedHop, ...]:
        """From the disease of a record to the one asked for; no hop where they are the same.

        From a type of it step by step up the hierarchy, each with its records.
        """
        if found == asked:
            return ()
        ids, alike = self._diseases.ids, min(float(likeness[found]), 1.0)
        above = self._fitted.causal.direct.ontology.above(found)
        if basis == LIN and asked in above:
            return self._links.up(ids[found], ids[asked])
        return (ExplainedHop(ids[found], SIMILAR, ids[asked], (), basis, alike),)

    def _ancestry(self, pair: Pair) -> dict[str, int]:
        """Supporting records by the ancestry of those studied, where the source says it."""
        mine = np.argsort(-pair.records.carried, kind="stable")[:_READ]
        rows = pair.records.claims.row[mine[pair.records.carried[mine] > 0]]
        return by_ancestry(self._store, self._store.evidence_at(rows))

    def _nulls(self, pair: Pair) -> Shares:
        return {
            channel: arrivals.degree_null(self._fame.bands)
            for channel, arrivals in _arrivals(pair).items()
            if arrivals.seeds.any()
        }

    def _course(
        self, pair: Pair, scores: DiseaseScores
    ) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
        """Facts beside reversibility, what it is made of, and what it means."""
        heard = scores.heard.inhibitors[pair.gene], scores.heard.activators[pair.gene]
        made_of = combined(float(scores.agreement[pair.gene]), *map(int, heard))
        told = course(self._store, self._diseases.ids[pair.disease])
        if self._fitted.reversible is None:
            return told, (made_of, *MEANING)
        return told, (made_of, self._fitted.onset.told(pair.disease), *MEANING)

    def _notes(self, score: TargetScore, pair: Pair) -> tuple[str, ...]:
        claims = pair.records.claims
        ontology = self._fitted.causal.direct.ontology
        near = counting(ontology, pair.disease)[claims.disease] > 0
        notes = []
        if score.causality.direct == 0.0:
            notes.append(_unsupported(~claims.negated, near))
        if self._fitted.causal.simple:
            notes.append(
                "The network part lost to a simple baseline on the validation draws of this "
                "release: walks over the graph stand in for it."
            )
        if score.causality.state is ScoreState.OUT_OF_DISTRIBUTION:
            notes += _unfamiliar(self._fitted, pair.gene)
        refuting = claims.source[claims.negated & near]
        if len(refuting):
            notes.append(f"Refuted or disputed by {', '.join(sorted(set(refuting.tolist())))}.")
        same = ontology.around(pair.disease, ontology.lin(pair.disease), MATCHED)
        if causes(self._fitted, pair.parts.direct, same)[pair.gene]:
            notes += _open_direction(score.direction)
        return (*notes, *of_scores(self._fitted))


def _open_direction(direction: DirectionCall) -> Iterator[str]:
    """What is not known of the way to push a gene that causes the disease."""
    if direction.basis is Basis.UNKNOWN_MECHANISM:
        yield (
            "It causes the disease or a type of it, and no curated mechanism here says whether by "
            "loss or by gain of its function. That drugs for other diseases, or on its homologues, "
            "inhibit tells nothing of that, and where loss is the cause inhibiting would harm."
        )
    elif direction.basis is Basis.DRUGS and direction.call is Call.INHIBIT:
        yield (
            "INHIBIT is what drugs that reached a late phase for the disease do. The gene causes "
            "it, or a type of it, and no curated mechanism here says whether by loss or by gain of "
            "its function."
        )


def _unsupported(supporting: Mask, near: Mask) -> str:
    """What a pair without direct evidence lacks.

    Args:
        supporting: Which of the gene's records support, bool (m,).
        near: Which are of the disease, a type of it or a related one, bool (m,).
    """
    if (supporting & near).any():
        ground = "what sources say of the gene for the disease, its types or its kin is refuted"
    else:
        others = "; its records are of other diseases" if supporting.any() else ""
        ground = (
            "no source in this release ties the gene to the disease, to a type of it or to one "
            f"related to it (Lin similarity of {RELATED} or more){others}"
        )
    return f"There is no direct evidence: {ground}. The score is indirect, from the network alone."


def _unfamiliar(model: Fitted, gene: int) -> Iterator[str]:
    """Why the network can say little of a gene."""
    if model.neighbours[gene] < FEW_NEIGHBOURS:
        yield (
            f"Out of distribution: the network has {int(model.neighbours[gene])} neighbours of "
            f"this gene, fewer than {FEW_NEIGHBOURS}."
        )
    if model.unseen_family[gene]:
        yield (
            "Out of distribution: no gene that shares a family, a domain or a cluster with this "
            "one has evidence for any disease."
        )


def _arrivals(pair: Pair) -> dict[str, Arrivals]:
    return {KIN: pair.kin, PICTURE: pair.picture}


def _add(total: Shares, found: Mapping[str, float], whole: float) -> None:
    for name, share in found.items():
        total[name] = total.get(name, 0.0) + whole * share


def _heaviest(relations: Shares, names: Sequence[str], most: int = 3) -> tuple[Unit, ...]:
    """Relations of the walk that contribute most."""
    whole = sum(relations.values())
    mine = sorted((n for n in names if relations.get(n, 0.0) > _LEAST * whole), key=relations.get)  # type: ignore[arg-type]
    return tuple(Unit(RELATION, name) for name in mine[::-1][:most])
