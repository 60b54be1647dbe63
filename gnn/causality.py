"""The direct part of causality: what sources say of the gene, carried over the disease hierarchy.

D(gene, disease) = max over records of strength x how much a record of that disease counts for this
one (`counting`): what causes a type of the disease causes the disease in those who have the type
(the true-path rule), evidence for a close relative of another kind counts less, and evidence for a
disease that is no relative (Lin below `RELATED`) is none; sources that agree on a cause count more
than each alone (`replicated`). Refutations are a veto: a refuted pair, and the same gene in the
refuted disease's descendants, keeps 1 - strength of it, for itself and for what it is carried to.
No training happens here; the weights are stated, not learned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.graph import Claims
from gnn.ontology import Floats, Index, Ontology
from kg.biolink import Predicate

PREDICATE_WEIGHT: Mapping[str, float] = {
    Predicate.CAUSES: 1.0,
    Predicate.GENETICALLY_ASSOCIATED_WITH: 1.0,
    Predicate.ASSOCIATED_WITH: 0.5,
}
"""A record's strength is already that of its source (a nearest gene of a locus .3 to .5); mere
association, from literature or text, counts half."""

RELATED = 0.4
"""Lin similarity from which a record of one disease is evidence for another that it is no type of.

Nearly all diseases share some ancestor: without a floor half of all genes have "evidence" for any
disease, the same ones for each. With one of eight sources after another taken for the truth (full
data, up to 300 diseases of each), genes whose nearest record in the others lies from .4 to .5 turn
out right 3 to 19 times as often as genes of unrelated diseases (below .1), from .5 to .6 it is 6 to
90 times, from .2 to .3 at most 5 and for most sources under 2. Relatives that clinicians name lie
above it (Crohn disease and ulcerative colitis .65, schizophrenia and bipolar disorder .46,
amyotrophic lateral sclerosis and frontotemporal dementia .46, cystic fibrosis and bronchiectasis
.43), what only shares a heading below (Crohn disease and rheumatoid arthritis .31, familial
hypercholesterolaemia and type 2 diabetes .24, asthma and schizophrenia .005). Seeds of walks have
floors of their own (`gnn.parts`, `gnn.path_features`), with which the network was validated.
"""

WITHIN = 0.7
"""What a record of a type of the disease counts for at least; the rest of 1 goes by their Lin."""
KIN_POWER = 3
"""Power of Lin that a record of any other relative counts for.

Chosen on 600 diseases that an expert panel has looked at, its own records left out, and on half of
the disease groups that drugs were tried for. Where types fade by Lin as all relatives do, the log
loss of the panel's verdicts on the disease and its types is 5,500, where types count .8 4,094, and
3,759 with the cube for all others besides; of its verdicts on the disease itself 2,897, 2,782 and
2,784. Of pairs tried, the best twentieth by direct evidence were approved 1.61, 1.83 and 1.95 times
as often as the rest. Types that fade less (.9) lose on verdicts of the disease itself (2,852); so
do types that fade by Lin where all others do by its cube on those of its types (4,025). That types
agree tells little more (3,725 at best).
"""

REPLICATED_CAP, ABOVE_CAP = 0.75, 0.16
"""Most that repeated associations of a locus can come to, and what counts of one that is stronger:
at most .79, below a curated statement of a cause (.8), however sure a statistic is of a locus. By
an expert panel 12 % of genes with an association of .86 or more, and no such statement, are causal.
"""
CURATED_CAP = 0.9
"""Most that one source's statement of a cause counts for; sources that agree come to more."""


@dataclass(frozen=True)
class Direct:
    """Direct evidence, ready to be asked for any disease.

    Attributes:
        ontology: The disease hierarchy.
        gene, disease: Local numbers of supporting pairs, ascending by gene, int64 (m,).
        weight: Largest strength x predicate weight of each pair and what refutations of it leave,
            float32 (m,); 0 where nothing is left.
        refuted_gene, refuted_disease, refuted_strength: The refuted pairs.
        n_genes: Number of genes.
    """

    ontology: Ontology
    gene: Index
    disease: Index
    weight: Floats
    refuted_gene: Index
    refuted_disease: Index
    refuted_strength: Floats
    n_genes: int

    @classmethod
    def of(cls, claims: Claims, ontology: Ontology, n_genes: int) -> Direct:
        """From claims, the strongest of each pair."""
        for_it, against = claims.keep(~claims.negated), claims.keep(claims.negated)
        scale = np.array([PREDICATE_WEIGHT.get(p, 0.0) for p in for_it.predicate], np.float32)
        strength = replicated(for_it) * scale
        gene, disease, weight = _strongest(for_it.gene, for_it.disease, strength)
        refuted = _strongest(against.gene, against.disease, against.strength)
        left = _left(ontology, gene, disease, refuted)
        return cls(ontology, gene, disease, weight * left, *refuted, n_genes)

    @cached_property
    def matrix(self) -> sp.csr_matrix:
        """Genes x diseases, the pairs' own weights, float32 CSR; none is stored as 0."""
        some, shape = self.weight > 0, (self.n_genes, self.ontology.n)
        pairs = self.gene[some], self.disease[some]
        return sp.csr_matrix((self.weight[some], pairs), shape=shape)

    @cached_property
    def evidence_diseases(self) -> Index:
        """Diseases with supporting evidence of their own, ascending."""
        return np.unique(self.disease[self.weight > 0])

    def score(self, disease: int) -> Floats:
        """D of every gene for a disease, float32 (genes,), 0 to 1; 0 where there is no evidence."""
        return self.told(counting(self.ontology, disease), disease)

    def told(self, similarity: Floats, disease: int) -> Floats:
        """The same by another measure of how much a record of each disease counts.

        Refutations of a pair are in its weight. Those of the gene at the disease asked for, or
        above it, veto what other diseases' records would carry over to it.

        Args:
            similarity: Float32 (diseases,).
            disease: For which.

        Returns:
            float32 (genes,).
        """
        of_it = np.zeros(self.ontology.n, bool)
        of_it[self.ontology.below(disease)] = True
        own = self.weighted(np.where(of_it, similarity, np.float32(0.0)))
        others = self.weighted(np.where(of_it, np.float32(0.0), similarity))
        score: Floats = np.maximum(own, others * self.veto(disease))
        return score

    def weighted(self, similarity: Floats) -> Floats:
        """Max over each gene's records of weight x similarity, float32 (genes,)."""
        score = np.zeros(self.n_genes, np.float32)
        if len(self.gene):
            starts = np.flatnonzero(np.diff(self.gene, prepend=-1))
            carried = self.weight * similarity[self.disease]
            score[self.gene[starts]] = np.maximum.reduceat(carried, starts)
        return score

    def veto(self, disease: int) -> Floats:
        """What refutations at a disease or above it leave of a gene, float32 (genes,), 0 to 1."""
        left = np.ones(self.n_genes, np.float32)
        applies = np.isin(self.refuted_disease, self.ontology.above(disease))
        np.minimum.at(left, self.refuted_gene[applies], 1.0 - self.refuted_strength[applies])
        return left


def vetoed(direct: Direct, gene: int, disease: int) -> Floats:
    """What refutations leave of a gene's record of each disease, for the one asked for.

    Returns:
        float32 (diseases,), 0 to 1, as `Direct.told` takes it from the records of all genes.
    """
    ontology = direct.ontology
    mine = direct.refuted_gene == gene
    refuted = (
        direct.refuted_gene[mine],
        direct.refuted_disease[mine],
        direct.refuted_strength[mine],
    )
    left = _left(ontology, np.full(ontology.n, gene), np.arange(ontology.n), refuted)
    elsewhere = np.ones(ontology.n, bool)
    elsewhere[ontology.below(disease)] = False
    left[elsewhere] *= direct.veto(disease)[gene]
    return left


def counting(ontology: Ontology, disease: int) -> Floats:
    """How much a record of each disease counts as evidence for one, float32 (diseases,), 0 to 1.

    The disease itself counts 1, a type of it `WITHIN` and the rest by Lin, any other relative the
    power `KIN_POWER` of Lin, a disease that is neither (Lin below `RELATED`) 0.
    """
    similarity = ontology.lin(disease)
    counts = np.where(similarity >= RELATED, similarity**KIN_POWER, 0.0).astype(np.float32)
    types = ontology.below(disease)
    counts[types] = WITHIN + (1.0 - WITHIN) * similarity[types]
    counts[disease] = 1.0
    return counts


SEED_FLOOR, SEED_POWER = 0.5, 6
"""Lin similarity from which a disease's genes are seeds of walks, and the power that they count by.

Chosen on genes found from 2006 to 2016, each time with evidence of two years before (690 diseases),
and on validation draws of diseases never seen: against seeds from .3 by the cube, with the weight
of `gnn.network.WEIGHTS` each, recall@200 gains .030 (standard error .010) on the first and .009
(.006) on the second, where such near kin are hidden with the disease and no walk starts.
"""


def near_kin(likeness: Floats) -> Floats:
    """How much genes of each disease count as seeds for one, float32 (diseases,), 0 to 1.

    Args:
        likeness: Lin similarity of the one to all.
    """
    return np.where(likeness >= SEED_FLOOR, likeness**SEED_POWER, 0.0).astype(np.float32)


def replicated(claims: Claims) -> npt.NDArray[np.float32]:
    """Each record's strength; raised where sources repeat an association, or state a cause.

    n sources that name the same gene for the same trait, the strongest with strength s, count
    1 - (1 - s)^sqrt(n), at most `REPLICATED_CAP`: the root because sources tell of the same samples
    and name the same nearest gene. All studies that one source tells of are one: who can write to
    it gains nothing by writing more, and a panel's verdicts are foretold no worse than by counting
    studies (log loss 3,752 against 3,759 as in `counting`). Statements of a cause count 1 - product
    of 1 - s over the sources that make them, each at most `CURATED_CAP`.
    """
    strength = claims.strength.astype(np.float32).copy()
    mine = np.flatnonzero(claims.predicate == Predicate.GENETICALLY_ASSOCIATED_WITH.value)
    if len(mine):
        place = _pair(claims, mine)
        told = np.unique(np.column_stack([place, _source(claims, mine)]), axis=0)
        sources = np.bincount(told[:, 0])
        best = np.zeros(len(sources), np.float32)
        np.maximum.at(best, place, strength[mine])
        raised = np.minimum(1.0 - (1.0 - best) ** np.sqrt(sources), REPLICATED_CAP)
        at_least = np.maximum(strength[mine], raised[place])
        over = np.maximum(at_least - REPLICATED_CAP, 0.0)
        strength[mine] = np.minimum(at_least, REPLICATED_CAP) + np.float32(ABOVE_CAP) * over
    curated = np.flatnonzero(claims.predicate == Predicate.CAUSES.value)
    if len(curated):
        strength[curated] = _agreed(claims, curated)
    return strength


def _agreed(claims: Claims, mine: Index) -> Floats:
    """1 - product of 1 - strength over the sources that name a pair's gene as a cause, (m,)."""
    place, source = _pair(claims, mine), _source(claims, mine)
    said = np.minimum(claims.strength[mine].astype(np.float64), CURATED_CAP)
    n_sources = int(source.max()) + 1
    key, of_key = np.unique(place * n_sources + source, return_inverse=True)
    best = np.zeros(len(key))
    np.maximum.at(best, of_key, said)
    left = np.exp(np.bincount(key // n_sources, np.log1p(-best)))
    together: Floats = (1.0 - left[place]).astype(np.float32)
    return together


def _pair(claims: Claims, mine: Index) -> Index:
    """Which pair each of some claims is of, from 0 on, int64 (m,)."""
    pair = claims.gene[mine] * (int(claims.disease.max()) + 1) + claims.disease[mine]
    return np.asarray(np.unique(pair, return_inverse=True)[1], np.int64)


def _source(claims: Claims, mine: Index) -> Index:
    """Which source each of some claims is of, from 0 on, int64 (m,)."""
    return np.asarray(np.unique(claims.source[mine], return_inverse=True)[1], np.int64)


def _left(
    ontology: Ontology, gene: Index, disease: Index, refuted: tuple[Index, Index, Floats]
) -> Floats:
    """What refutations of a pair, or of its gene at a disease above, leave of it, float32 (m,)."""
    left = np.ones(len(gene), np.float32)
    of_it = np.zeros(ontology.n, bool)
    for number, at, strength in zip(*refuted, strict=True):
        of_it[:] = False
        of_it[ontology.below(int(at))] = True
        start, end = np.searchsorted(gene, [number, number + 1])
        mine = start + np.flatnonzero(of_it[disease[start:end]])
        left[mine] = np.minimum(left[mine], np.float32(1.0) - strength)
    return left


def _strongest(
    gene: Index, disease: Index, weight: npt.NDArray[np.float32]
) -> tuple[Index, Index, Floats]:
    """One row a pair with its largest weight, ordered by gene, then disease."""
    order = np.lexsort((-weight, disease, gene))
    gene, disease, weight = gene[order], disease[order], weight[order]
    first = (np.diff(gene, prepend=-1) != 0) | (np.diff(disease, prepend=-1) != 0)
    return gene[first], disease[first], weight[first].astype(np.float32)
