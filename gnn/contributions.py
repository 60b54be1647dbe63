"""How much each ground contributes to a pair's causality, so that the shares add up to it.

- *Channels*. What is served of 1 - (1 - s)(1 - n), with s from supported evidence and n from the
  network part, is divided in proportion to -log(1 - s) and -log(1 - n). The supported score is a
  sum, and s is divided as its terms are; the network part is an average of ranks, and n likewise.
- *Direct evidence* is a maximum over records. Its Shapley value has a closed form (the airport
  game, Littlechild and Owen 1973): each rise from one record to the next is shared by all records
  that reach it. So two sources that say the same share the credit, where leaving out one of them
  would show neither to matter.
- *Walks* are linear in their seeds and in the edges of the last step, hence divided exactly.
What kernel ridge, towers and boosting say is not divided further: it is the remainder by class
and by relation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.causality import PREDICATE_WEIGHT, Direct, replicated
from gnn.curves import Curves
from gnn.graph import Claims
from gnn.ledger import Ledger, Unit, units
from gnn.network import Walks, rank_average
from gnn.ontology import Floats, Index
from gnn.parts import WALK_WEIGHT, Parts, weighed
from gnn.propagation import STEPS, Walk
from gnn.strands import Strands

DIRECT, KIN, PICTURE = "direct", "walk", "phenotype_walk"
PERMUTATIONS = 999


def max_shares(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Shapley value of each player of the game whose worth is the largest of its players.

    Args:
        values: Not negative, (n,).

    Returns:
        float64 (n,), summing to the largest.
    """
    order = np.argsort(values, kind="stable")
    rises = np.diff(np.asarray(values, np.float64)[order], prepend=0.0)
    shares = np.zeros(len(values))
    shares[order] = np.cumsum(rises / np.arange(len(values), 0, -1))
    return shares


def channels(
    parts: Parts, gene: int, curves: Curves, terms: Mapping[str, float]
) -> dict[str, float]:
    """Share of each channel in a gene's probability of causality; they add up to it.

    Args:
        parts: Of the disease.
        gene: Local number.
        curves: Of the model.
        terms: What the network part is a sum of, by name, not negative.
    """
    direct = float(weighed(parts.direct[gene : gene + 1])[0])
    grounds = curves.grounds(parts)
    supported, network = (float(ground[gene]) for ground in grounds)
    whole = float(curves.joined(parts, *grounds)[gene])
    logs = -np.log1p(-np.clip([supported, network], 0.0, 1.0 - 1e-9))
    first, second = whole * logs / logs.sum() if logs.sum() > 0 else (0.0, 0.0)
    walks = WALK_WEIGHT * float(parts.walk[gene]), WALK_WEIGHT * float(parts.phenotype_walk[gene])
    shares = _divided(first, {DIRECT: direct, KIN: walks[0], PICTURE: walks[1]})
    for name, value in _divided(second, terms).items():
        shares[name] = shares.get(name, 0.0) + value
    return shares


def _divided(whole: float, terms: Mapping[str, float]) -> dict[str, float]:
    """A whole in proportion to terms; all to the first where none counts."""
    total = sum(terms.values())
    if total <= 0:
        return {name: whole if i == 0 else 0.0 for i, name in enumerate(terms)}
    return {name: float(whole * value / total) for name, value in terms.items()}


def network_terms(parts: Parts, gene: int, walks: Walks) -> dict[str, float]:
    """A gene's terms of the sum that the network part ranks by, each part alone in it.

    Args:
        parts: Of the disease.
        gene: Local number.
        walks: Both walks, raw.
    """
    nothing = np.zeros_like(parts.direct)
    none = Walks.none(nothing)
    terms = {}
    if parts.ridge is not None and parts.towers is not None:
        terms["ridge"] = rank_average(parts.ridge, nothing, none)
        terms["towers"] = rank_average(nothing, parts.towers, none)
    terms[PICTURE] = rank_average(nothing, nothing, walks._replace(kin=nothing))
    terms[KIN] = rank_average(nothing, nothing, walks._replace(picture=nothing))
    if parts.boosting is not None:
        boosted = parts.boosting.mean(axis=0)
        terms["boosting"] = rank_average(nothing, nothing, none, boosted)
    return {name: float(value[gene]) for name, value in terms.items()}


@dataclass(frozen=True)
class Records:
    """A gene's records as they count for a disease.

    Attributes:
        claims: The records, supporting and refuting.
        carried: Strength x predicate weight x how much a record of its disease counts, after
            vetoes, float64 (m,); 0 for refuting records and for those of diseases not related.
    """

    claims: Claims
    carried: npt.NDArray[np.float64]

    @classmethod
    def of(cls, ledger: Ledger, gene: int, counts: Floats, left: Floats) -> Records:
        """Of a gene, for the disease that `counts` belongs to.

        Args:
            ledger: The records.
            gene: Local number.
            counts: As `gnn.causality.counting` gives it, float32 (diseases,).
            left: What refutations leave of a record of each disease, float32 (diseases,), as
                `gnn.causality.vetoed` gives it.
        """
        claims = ledger.of_gene(gene)
        weight = np.array([PREDICATE_WEIGHT.get(p, 0.0) for p in claims.predicate.tolist()])
        strength = np.zeros(len(claims))
        mine = ~claims.negated
        strength[mine] = replicated(claims.keep(mine))
        return cls(claims, strength * weight * (counts * left)[claims.disease])

    def best_of(self, disease: int) -> Index:
        """Numbers of the supporting records for one disease, strongest first, int64."""
        mine = np.flatnonzero((self.claims.disease == disease) & (self.carried > 0))
        return np.asarray(mine[np.argsort(-self.carried[mine], kind="stable")], np.int64)

    def shares(self, kind: str, whole: float) -> dict[str, float]:
        """A whole divided among sources, classes or predicates, by their strongest records."""
        named = units(self.claims.keep(self.carried > 0), (kind,))
        if not named:
            return {}
        best = np.array([self.carried[u.of(self.claims)].max() for u in named])
        return _named(named, max_shares(best) * whole / best.max())


def _named(named: tuple[Unit, ...], shares: npt.NDArray[np.float64]) -> dict[str, float]:
    return {unit.name: share for unit, share in zip(named, shares.tolist(), strict=True)}


@dataclass(frozen=True)
class Arrivals:
    """What walks from seeds bring to one gene, its own seed left out.

    Attributes:
        gene: Which.
        seeds: Seed weight of each gene, 0 for itself, float32 (genes,).
        brought: What a unit of seed at each gene brings to it, float32 (genes,).
    """

    gene: int
    seeds: Floats
    brought: Floats

    @classmethod
    def at(cls, walk: Walk, gene: int, seeds: Floats) -> Arrivals:
        """At a gene, from seeds of which its own is taken out."""
        others = seeds.copy()
        others[gene] = 0.0
        asked = np.zeros_like(others)
        asked[gene] = 1.0
        backwards = Walk(walk.matrix.T, walk.stay, walk.own)
        return cls(gene, others, backwards.spread(asked))

    @property
    def total(self) -> float:
        """The walk's score: the mean of what is brought, weighted by the seeds."""
        return float(self.by_seed.sum()) / max(float(self.seeds.sum()), 1e-9)

    @property
    def by_seed(self) -> Floats:
        """What each seed brings, float32 (genes,)."""
        found: Floats = self.seeds * self.brought
        return found

    def strongest(self, most: int) -> Index:
        """Seeds that bring most, best first, int64."""
        best = np.argsort(-self.by_seed, kind="stable")[:most]
        return np.asarray(best[self.by_seed[best] > 0], np.int64)

    def by_unit(self, ledger: Ledger, strongest: Index, kind: str) -> dict[str, float]:
        """Share of each source, class or predicate, by the strongest record of every seed.

        Args:
            ledger: The records.
            strongest: Number of each gene's record there, -1 for none, int64 (genes,).
            kind: One of `gnn.ledger.KINDS`.
        """
        mine = np.flatnonzero((self.by_seed > 0) & (strongest >= 0))
        total = float(self.by_seed[mine].sum())
        claims = ledger.records_at(strongest[mine])
        share = self.by_seed[mine] / max(total, 1e-30)
        return {u.name: float(share[u.of(claims)].sum()) for u in units(claims, (kind,))}

    def by_neighbour(self, walk: Walk) -> tuple[Index, Floats]:
        """Neighbours that the last step comes from, and what comes through each.

        Returns:
            Places of the edges in the walk matrix, int64 (k,), and the amounts, (k,), which sum
            to `total` times the sum of the seeds.
        """
        edges = np.flatnonzero(walk.matrix.indices == self.gene)
        neighbour = np.searchsorted(walk.matrix.indptr, edges, side="right") - 1
        here = arriving(walk, self.seeds)
        through = walk.stay * walk.matrix.data[edges] * here[neighbour]
        return edges, through

    def by_relation(self, walk: Walk, strands: Strands) -> dict[str, float]:
        """Share of each relation of the last step in what arrives; they add up to 1."""
        edges, through = self.by_neighbour(walk)
        total = float(through.sum())
        if total <= 0:
            return {}
        shares = through @ strands.fraction(edges) / total
        return dict(zip(strands.names, shares.astype(float).tolist(), strict=True))

    def stops(self, walk: Walk, seed: int) -> list[int]:
        """Genes on the likeliest way from a seed of at most two steps; none where one step does."""
        start, end = walk.matrix.indptr[seed : seed + 2]
        ahead, chance = walk.matrix.indices[start:end], walk.matrix.data[start:end]
        if self.gene in ahead or not len(ahead):
            return []
        onward = np.asarray(walk.matrix[ahead][:, [self.gene]].todense()).ravel()
        best = int(np.argmax(chance * onward))
        return [int(ahead[best])] if onward[best] > 0 else []

    def degree_null(self, band: Index, seed: int = 0, n: int = PERMUTATIONS) -> float:
        """P value of what arrives against seeds moved to random genes of the same degree.

        Args:
            band: Degree band of each gene, int64 (genes,).
            seed: Of the draws.
            n: Draws.

        Returns:
            (1 + draws that bring as much) / (1 + n).
        """
        where = np.flatnonzero(self.seeds)
        rng = np.random.default_rng(seed)
        order = np.argsort(band, kind="stable")
        start = np.searchsorted(band[order], np.arange(band.max() + 2))
        size = np.diff(start)[band[where]]
        drawn = order[start[band[where]] + (rng.random((n, len(where))) * size).astype(np.int64)]
        brought = np.where(drawn == self.gene, 0.0, self.brought[drawn])
        null = brought @ self.seeds[where]
        own = float(self.by_seed.sum())
        return float((1 + (null >= own * (1.0 - 1e-6)).sum()) / (1 + n))


def arriving(walk: Walk, seeds: Floats) -> Floats:
    """Where walks are one step before their last, float32 (genes,)."""
    here, total = seeds, (1.0 - walk.stay) * seeds
    for _ in range(STEPS - 1):
        here = walk.stay * (walk.matrix.T @ here)
        total = total + (1.0 - walk.stay) * here
    return np.asarray(total, np.float32)


def best_disease(direct: Direct, kernel: Floats) -> Index:
    """The disease through which each gene is a seed most, int64 (genes,); -1 where it is none."""
    carried = direct.weight * kernel[direct.disease]
    order = np.argsort(carried, kind="stable")
    order = order[carried[order] > 0]
    best = np.full(direct.n_genes, -1, np.int64)
    best[direct.gene[order]] = direct.disease[order]
    return best
