"""The direct part of causality: what sources say of the gene, carried over the disease hierarchy.

D(gene, disease) = max over records of strength x how much a record of that disease counts for this
one (`counting`): what causes a type of the disease causes the disease in those who have the type
(the true-path rule), evidence for a close relative of another kind counts less, and evidence for a
disease that is no relative (Lin below `RELATED`) is none; sources that agree on a cause count more
than each alone (`replicated`). Refutations are a veto: a refuted pair, and the same gene in the
refuted disease's descendants, keeps 1 - strength of it.
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
        weight: Largest strength x predicate weight of each pair, float32 (m,).
        refuted_gene, refuted_disease, refuted_strength: The refuted pairs.
        n_genes: Number of genes.
        by_source: Whether repeated associations are counted by their sources; else by studies.
    """

    ontology: Ontology
    gene: Index
    disease: Index
    weight: Floats
    refuted_gene: Index
    refuted_disease: Index
    refuted_strength: Floats
    n_genes: int
    by_source: bool = False

    @classmethod
    def of(
        cls, claims: Claims, ontology: Ontology, n_genes: int, by_source: bool = False
    ) -> Direct:
        """From claims, the strongest of each pair."""
        for_it, against = claims.keep(~claims.negated), claims.keep(claims.negated)
        scale = np.array([PREDICATE_WEIGHT.get(p, 0.0) for p in for_it.predicate], np.float32)
        strength = replicated(for_it, by_source) * scale
        gene, disease, weight = _strongest(for_it.gene, for_it.disease, strength)
        refuted = _strongest(against.gene, against.disease, against.strength)
        return cls(ontology, gene, disease, weight, *refuted, n_genes, by_source)

    @cached_property
    def matrix(self) -> sp.csr_matrix:
        """Genes x diseases, the pairs' own weights, float32 CSR."""
        shape = (self.n_genes, self.ontology.n)
        return sp.csr_matrix((self.weight, (self.gene, self.disease)), shape=shape)

    @cached_property
    def evidence_diseases(self) -> Index:
        """Diseases with supporting evidence of their own, ascending."""
        return np.unique(self.disease)

    def score(self, disease: int) -> Floats:
        """D of every gene for a disease, float32 (genes,), 0 to 1; 0 where there is no evidence."""
        return self.weighted(counting(self.ontology, disease)) * self.veto(disease)

    def weighted(self, similarity: Floats) -> Floats:
        """Max over each gene's records of weight x similarity, float32 (genes,)."""
        score = np.zeros(self.n_genes, np.float32)
        if len(self.gene):
            starts = np.flatnonzero(np.diff(self.gene, prepend=-1))
            carried = self.weight * similarity[self.disease]
            score[self.gene[starts]] = np.maximum.reduceat(carried, starts)
        return score

    def veto(self, disease: int) -> Floats:
        """What refutations leave of each gene's score for a disease, float32 (genes,), 0 to 1."""
        left = np.ones(self.n_genes, np.float32)
        applies = np.isin(self.refuted_disease, self.ontology.above(disease))
        np.minimum.at(left, self.refuted_gene[applies], 1.0 - self.refuted_strength[applies])
        return left

    def seeds(self, similarity: Floats) -> Floats:
        """Seed weights of genes for a walk: the strongest weight x similarity of each."""
        return self.weighted(similarity)


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


def replicated(claims: Claims, by_source: bool = False) -> npt.NDArray[np.float32]:
    """Each record's strength; raised where studies repeat an association, or sources a cause.

    n studies of different days that name the same gene for the same trait, the strongest with
    strength s, count 1 - (1 - s)^sqrt(n), at most `REPLICATED_CAP`: the root because studies share
    samples and name the same nearest gene. Where sources are counted, all studies that one source
    tells of are one: who can write to it gains nothing by writing more. Statements of a cause
    count 1 - product of 1 - s over the sources that make them, each at most `CURATED_CAP`.
    """
    strength = claims.strength.astype(np.float32).copy()
    mine = np.flatnonzero(claims.predicate == Predicate.GENETICALLY_ASSOCIATED_WITH.value)
    if len(mine):
        place = _pair(claims, mine)
        study = _source(claims, mine) if by_source else claims.day[mine].astype(np.int64)
        seen = np.unique(np.column_stack([place, study]), axis=0)
        studies = np.bincount(seen[:, 0])
        best = np.zeros(len(studies), np.float32)
        np.maximum.at(best, place, strength[mine])
        raised = np.minimum(1.0 - (1.0 - best) ** np.sqrt(studies), REPLICATED_CAP)
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


def _strongest(
    gene: Index, disease: Index, weight: npt.NDArray[np.float32]
) -> tuple[Index, Index, Floats]:
    """One row a pair with its largest weight, ordered by gene, then disease."""
    order = np.lexsort((-weight, disease, gene))
    gene, disease, weight = gene[order], disease[order], weight[order]
    first = (np.diff(gene, prepend=-1) != 0) | (np.diff(disease, prepend=-1) != 0)
    return gene[first], disease[first], weight[first].astype(np.float32)
