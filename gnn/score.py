"""Answers from a trained model: ranks, pairs, diseases of a target, reasons. No torch here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial

import numpy as np

from gnn import checkpoint
from gnn.ahead import ahead
from gnn.describer import Describer
from gnn.direction import Directions
from gnn.direction_calls import of_gene
from gnn.disease_scores import DiseaseScores, Ranking, by_gene
from gnn.explain import Explainer
from gnn.fame import Fame
from gnn.fitted import Fitted, from_arrays, set_aside, with_warmed
from gnn.graph import NodeIndex
from gnn.kept import Kept
from gnn.ontology import Floats, Index
from gnn.target_score import DirectionCall, Explanation, ModelInfo, TargetScore, Weights
from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.errors import AmbiguousName, UnknownNode
from kg.release import Home, Release
from kg.store import Match, MatchStatus

_KEPT_DISEASES = 32
_DEFAULT = Weights()


class Scorer:
    """A model opened over its release; safe to share between threads."""

    def __init__(self, store: EmbeddedStore, fitted: Fitted, model: ModelInfo) -> None:
        self.store = store
        self.fitted = fitted
        self.model = model
        self._kept = Kept[int, DiseaseScores](partial(DiseaseScores.of, fitted), _KEPT_DISEASES)
        self._pictured = Kept[int, Floats](fitted.causal.pictured, _KEPT_DISEASES)

    @classmethod
    def open(
        cls,
        home: Home,
        release: Release | None = None,
        model: str | None = None,
        variant: str | None = None,
    ) -> Scorer:
        """Open a model of a release; the newest headline model where none is named.

        Where its evaluation says that its network part lost to a baseline without training, both
        walks stand in for that part.

        Raises:
            ModelNotFound: no such model of this release.
        """
        release = release or home.open()
        directory = checkpoint.find(home, release, model, variant)
        info = checkpoint.describe(directory)
        fitted = with_warmed(
            from_arrays(checkpoint.load(directory, release)), checkpoint.warmed(directory)
        )
        served = set_aside(fitted) if lost_to_baselines(info) else fitted
        return cls(EmbeddedStore(release), served, info)

    @cached_property
    def genes(self) -> NodeIndex:
        """The protein-coding genes that are ranked."""
        return nodes_at(self.store, self.fitted.gene_at)

    @cached_property
    def diseases(self) -> NodeIndex:
        """The diseases they can be ranked for."""
        return nodes_at(self.store, self.fitted.disease_at)

    @cached_property
    def fame(self) -> Fame:
        """How well studied the genes are."""
        return Fame.of(self.fitted.bias)

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self.store, self.fitted, self.genes, self.diseases, self.evidence_ids)

    def warm(self, diseases: Sequence[int]) -> Iterator[int]:
        """Ask boosting of diseases ahead and store it, on all cores; those stored are left out.

        Args:
            diseases: Local numbers.

        Yields:
            Each that is stored now, in order.
        """
        boosted, network = self.fitted.causal.boosted, self.fitted.causal.network
        if boosted is None or network is None or boosted.warmed is None:
            return
        warmed = boosted.warmed
        left = [d for d in diseases if not warmed.has(d)]
        said = ahead(lambda d: boosted.by_seed(d, int(network.fold[d])), left)
        for disease, by_seed in zip(left, said, strict=True):
            warmed.keep(disease, by_seed)
            yield disease

    def scores(self, disease: int) -> DiseaseScores:
        """All genes' scores for a disease by its local number; the latest are kept."""
        return self._kept[disease]

    def pictured(self, disease: int) -> Floats:
        """Genes' own evidence at diseases with a like clinical picture, float32 (genes,), 0 to 1.

        Shown beside the scores and in none of them; the latest are kept.
        """
        return self._pictured[disease]

    def scores_of(self, diseases: Sequence[int]) -> Iterator[tuple[int, DiseaseScores]]:
        """The same of many diseases, each with its number, on as many threads as there are cores.

        What is made of them is the same as one by one; few are held at a time.
        """
        return zip(diseases, ahead(self.scores, diseases), strict=True)

    def rank(
        self,
        disease_id: str,
        targets: Sequence[str] | None = None,
        weights: Weights = _DEFAULT,
        top: int | None = None,
        debias: bool = False,
    ) -> list[TargetScore]:
        """Genes for a disease, best first.

        Args:
            disease_id: Identifier or name of a disease.
            targets: Which genes; all protein-coding ones when None. Ranks are among all genes.
            weights: Of the axes.
            top: How many; all when None.
            debias: Take off what publications and degree predict within the disease.

        Raises:
            UnknownNode: the disease, or a target, is unknown; near names are offered.
            AmbiguousName: several nodes answer to a name.
        """
        number = self.disease_number(disease_id)
        return self.page(number, targets, weights, 0, top, debias)[0]

    def page(
        self,
        disease: int,
        targets: Sequence[str] | None,
        weights: Weights,
        start: int,
        first: int | None,
        debias: bool = False,
    ) -> tuple[list[TargetScore], int]:
        """Part of a ranking, and how long the whole is.

        Args:
            disease: Local number.
            targets, weights, debias: As for `rank`.
            start: Items to pass over.
            first: Items at most; all when None.
        """
        ranking = self.scores(disease).ranking(weights, self.fame if debias else None)
        order = ranking.order
        if targets is not None:
            wanted = np.unique([self.gene_number(t) for t in targets]).astype(np.int64)
            order = order[np.isin(order, wanted)]
        end = None if first is None else start + first
        return self.described(disease, order[start:end], ranking), len(order)

    def pairs(
        self, pairs: Sequence[tuple[str, str]], weights: Weights = _DEFAULT
    ) -> list[TargetScore | str]:
        """Each (target, disease) pair's score, or in words why it has none, in the same order."""
        targets = self.store.match([t for t, _ in pairs], [Category.GENE], near=0)
        diseases = self.store.match([d for _, d in pairs], [Category.DISEASE], near=0)
        answers: list[TargetScore | str] = [""] * len(pairs)
        by_disease: dict[int, list[tuple[int, int]]] = {}
        for i, (target, disease) in enumerate(zip(targets, diseases, strict=True)):
            g, d = self._numbers(target, disease)
            if isinstance(g, str) or isinstance(d, str):
                answers[i] = "; ".join(r for r in (g, d) if isinstance(r, str))
            else:
                by_disease.setdefault(d, []).append((i, g))
        for d, scores in self.scores_of(list(by_disease)):
            asked, ranking = by_disease[d], scores.ranking(weights)
            found = self.described(d, np.array([g for _, g in asked], np.int64), ranking)
            for (i, _), score in zip(asked, found, strict=True):
                answers[i] = score
        return answers

    def diseases_of(
        self, target: str, first: int = 25, weights: Weights = _DEFAULT
    ) -> list[TargetScore]:
        """A gene's diseases, most causal first: those with evidence, then the network's best.

        Args:
            target: Identifier or symbol of a gene.
            first: At most so many.
            weights: Of the axes, for the overall score of each.
        """
        gene = self.gene_number(target)
        found = [
            self.described(d, np.array([gene]), scores.ranking(weights))[0]
            for d, scores in self.scores_of(self._candidates(gene, first))
        ]
        return sorted(found, key=lambda s: (-(s.causality.probability or 0.0), s.disease))

    def explain(
        self,
        target: str,
        disease: str,
        objective: str = "causality",
        weights: Weights = _DEFAULT,
        exact: bool = False,
    ) -> Explanation:
        """Why a pair scores as it does: paths, records, shares, and ranks without each source.

        Args:
            target, disease: Identifier or name.
            objective: One of `AXES`.
            weights: Of the axes, for ranks.
            exact: Whether boosting is asked again of what is left for each rank without
                something, .2 to .3 s of CPU each; else what it says of the disease is kept.

        Raises:
            BadArgument: an unknown objective.
            UnknownNode, AmbiguousName: as for `rank`.
        """
        gene, number = self.gene_number(target), self.disease_number(disease)
        scores = self.scores(number)
        ranking = scores.ranking(weights)
        score = self.described(number, np.array([gene]), ranking)[0]
        return self._explainer.explain(gene, number, scores, score, objective, weights, exact)

    def disease_number(self, term: str) -> int:
        """Local number of a disease by identifier or name."""
        return self.diseases.position[self._resolved(term, Category.DISEASE)]

    def gene_number(self, term: str) -> int:
        """Local number of a protein-coding gene by identifier or symbol.

        Raises:
            UnknownNode: no gene, or one that codes for no protein.
        """
        node = self._resolved(term, Category.GENE)
        if node not in self.genes.position:
            raise UnknownNode(f"{term!r} ({node}) is not a protein-coding gene; those are ranked")
        return self.genes.position[node]

    def described(self, disease: int, genes: Index, ranking: Ranking) -> list[TargetScore]:
        """Full scores of some genes for a disease, in the order given."""
        return Describer(self, disease, ranking).scores_of(genes)

    def direction_of(self, target: str) -> DirectionCall:
        """Which way drugs push a target, or would by its homologues, whatever the disease.

        Args:
            target: Id of a node.

        Raises:
            UnknownNode: it is no protein-coding gene.
        """
        gene = self.gene_number(target)
        return of_gene(self.fitted, self._directions, gene, self.evidence_ids)

    @cached_property
    def _directions(self) -> Directions:
        """Of all genes whatever the disease."""
        return by_gene(self.fitted)

    def evidence_ids(self, rows: Sequence[int]) -> list[str]:
        """Ids of evidence records by their row."""
        return [str(i) for i in self.store.evidence_values("id", np.array(rows, np.int64))]

    def _candidates(self, gene: int, first: int) -> list[int]:
        direct = self.fitted.causal.said
        start, end = np.searchsorted(direct.gene, [gene, gene + 1])
        mine = direct.disease[start:end][np.argsort(-direct.weight[start:end], kind="stable")]
        chosen = dict.fromkeys(mine[:first].tolist())
        network = self.fitted.causal.network
        if network is not None and len(chosen) < first:
            known = direct.evidence_diseases
            vectors = network.disease_kernel[known].astype(np.float32)
            best = known[np.argsort(-(vectors @ network.gene_kernel[gene]), kind="stable")]
            chosen |= dict.fromkeys(best[: min(10, first - len(chosen))].tolist())
        return list(chosen)

    def _resolved(self, term: str, category: Category) -> str:
        match = self.store.match([term], [category])[0]
        if match.status is MatchStatus.AMBIGUOUS:
            message = f"{term!r} is ambiguous; give one of the identifiers"
            raise AmbiguousName(message, match.candidates)
        if match.node is None:
            message = f"no {category.name.lower()} answers to {term!r}{self._elsewhere(term)}"
            raise UnknownNode(message, match.candidates)
        return match.node

    def _elsewhere(self, term: str) -> str:
        """What else bears a name that was not found, in words to end a message with."""
        match = self.store.match([term], near=0)[0]
        node = self.store.nodes([match.node])[0] if match.node else None
        if node is None:
            return ""
        return f"; {node.id}, which does, is a {node.category.name.lower().replace('_', ' ')}"

    def _numbers(self, target: Match, disease: Match) -> tuple[int | str, int | str]:
        return (
            _number(target, self.genes, "target", "codes for no protein"),
            _number(disease, self.diseases, "disease", "is no disease of this release"),
        )


def lost_to_baselines(info: ModelInfo) -> bool:
    """Whether the validation draws showed no gain over some baseline without training."""
    told = info.metrics.get("default")
    return isinstance(told, dict) and bool(told.get("not_beaten"))


def nodes_at(store: EmbeddedStore, at: Index) -> NodeIndex:
    """Local numbers of nodes by their place in the release."""
    rows = store.node_names(np.asarray(at))
    return NodeIndex(tuple(i for i, _ in rows), tuple(n for _, n in rows), np.asarray(at))


def _number(match: Match, index: NodeIndex, what: str, unfit: str) -> int | str:
    if match.status is MatchStatus.AMBIGUOUS:
        ids = ", ".join(c.id for c in match.candidates[:5])
        return f"{what} {match.term!r} is ambiguous: {ids}"
    if match.node is None:
        return f"{what} {match.term!r} is unknown; near names are found by: target-kg search"
    if match.node not in index.position:
        return f"{what} {match.term!r} ({match.node}) {unfit}"
    return index.position[match.node]
