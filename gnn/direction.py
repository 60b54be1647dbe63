"""Which way to push a target: homology first, disease-matched mechanism above it, else no call.

- *Precedent*: the signs of the drugs that act on the gene.
- *Homologues*: the signs of drugs on genes that share a family or domain, shrunk to the share of
  inhibitors among all; where no homologue is labelled there is nothing to say.
- *Disease-matched mechanism*: a curated record that loss (gain) of the gene's function causes the
  disease says to activate (inhibit) it. It decides where the records of the very disease agree.
  A record of a related disease decides only where the drugs on the gene do not push the other way:
  loss of HPD causes tyrosinaemia III, and inhibiting HPD treats tyrosinaemia I.
- *Of a gene that causes the disease*, or one all but it, neither homologues nor drugs for other
  diseases say to inhibit it. Where a curated mechanism tells what is right of such a pair, 28 of
  531 and 81 of 381 of those calls are (loss causes 93 % of them), to activate 50 of 53 and 61 of
  72. What drugs that reached a late phase for the disease do agrees with mechanism in 25 of 28
  pairs, and stands. `evaluate --only direction` counts these.
That loss of a gene's function causes some disease says nothing of the others and is never used.
Signs of burden tests are shown as records and never call: they were right in 12 of 30 pairs where
this was first looked at, in 19 of 21 since traits stand for diseases, too few to tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.drugs import DrugMechanisms
from gnn.graph import Claims, Graph
from gnn.ontology import Floats, Index
from gnn.target_score import Basis
from kg.biolink import Predicate

SHRINK = 2.0
"""Labelled homologues that count as much as the prior."""
LEAST_SUPPORT = 0.05
"""Summed similarity to labelled homologues below which nothing is said."""
MATCHED = 0.8
"""Lin similarity from which a record's disease counts as the one asked for."""
PRECEDENT, CURATED, RELATED = 0.9, 0.95, 0.85
"""Probability given to a lone precedent, and to curated mechanisms that agree: of the very disease,
and of a related one."""
INHIBIT_FROM, ACTIVATE_TO = 0.75, 0.25
"""Share of a gene's signed drugs that inhibit from which, and to which, they decide."""
CAUSES_FROM = 0.5
"""Strength of a record that says so from which a gene is known to cause a disease."""
CALL_LEVEL = 0.9
"""Conformal level at which homologues decide; reports head their table of calls with it."""


@dataclass(frozen=True)
class Signs:
    """Drugs' signs on genes.

    Attributes:
        inhibitors, activators: Drugs of each kind on each gene, float32 (genes,).
    """

    inhibitors: Floats
    activators: Floats

    @classmethod
    def of(cls, graph: Graph) -> Signs:
        """From the labels of drug mechanisms that carry a sign."""
        drugs = DrugMechanisms.of(graph)
        gene, sign = drugs.gene, drugs.sign
        n = len(graph.genes)
        counts = [
            np.bincount(gene[(gene >= 0) & (sign == s)], minlength=n).astype(np.float32)
            for s in (-1, 1)
        ]
        return cls(*counts)

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """Genes with a signed drug, bool (genes,)."""
        return (self.inhibitors + self.activators) > 0

    @property
    def majority(self) -> Floats:
        """Share of a gene's signed drugs that inhibit, float32 (genes,), .5 where none."""
        total = self.inhibitors + self.activators
        unknown = np.full_like(total, 0.5)
        share: Floats = np.divide(self.inhibitors, total, out=unknown, where=total > 0)
        return share

    @property
    def told(self) -> npt.NDArray[np.int8]:
        """The way that the drugs on a gene push: -1 inhibit, +1 activate, 0 none or both."""
        inhibit = self.labelled & (self.majority >= INHIBIT_FROM)
        activate = self.labelled & (self.majority <= ACTIVATE_TO)
        return activate.astype(np.int8) - inhibit.astype(np.int8)

    def only(self, genes: npt.NDArray[np.bool_]) -> Signs:
        """The signs of some genes; the others have none."""
        return Signs(self.inhibitors * genes, self.activators * genes)

    @property
    def prior(self) -> float:
        """Share of labelled genes that most drugs inhibit."""
        return float((self.majority[self.labelled] > 0.5).mean()) if self.labelled.any() else 0.5


def by_homology(signs: Signs, likeness: sp.csr_matrix) -> tuple[Floats, Floats]:
    """Probability that inhibiting is right from labelled homologues alone.

    Args:
        signs: What drugs do.
        likeness: Genes x genes, empty diagonal, so that no gene tells of itself.

    Returns:
        Probability and support (summed similarity to labelled genes), float32 (genes,) each.
    """
    labelled = signs.labelled.astype(np.float32)
    support = np.asarray(likeness @ labelled, np.float32)
    inhibit = np.asarray(likeness @ (labelled * signs.majority), np.float32)
    scale = float(np.median(support[support > LEAST_SUPPORT])) if support.any() else 1.0
    weight = SHRINK * scale
    probability = (inhibit + weight * signs.prior) / (support + weight)
    return np.where(support > LEAST_SUPPORT, probability, 0.5).astype(np.float32), support


def gene_probability(signs: Signs, homology: Floats) -> Floats:
    """Probability that inhibiting is right for each gene, precedent before homology."""
    total = signs.inhibitors + signs.activators
    own = 0.5 + (signs.majority - 0.5) * 2.0 * (PRECEDENT - 0.5) * total / (total + 0.25)
    probability: Floats = np.where(signs.labelled, own, homology).astype(np.float32)
    return probability


@dataclass(frozen=True)
class Mechanisms:
    """Curated records of what a change of the gene does, ready to be matched to a disease.

    Attributes:
        gene, disease: Local numbers, ascending by gene, int64 (m,).
        desired: Which way to push the target: -1 inhibit, +1 activate.
        calls: Whether the record may decide; the others are only shown.
        row: Row of the evidence table, int64 (m,).
    """

    gene: Index
    disease: Index
    desired: npt.NDArray[np.int8]
    calls: npt.NDArray[np.bool_]
    row: Index

    @classmethod
    def of(cls, claims: Claims) -> Mechanisms:
        """From supporting claims that state a direction on the target.

        A record that states none on the trait is of a disease that the change causes.
        """
        causes = claims.predicate == Predicate.CAUSES.value
        trait = np.where((claims.direction_on_trait == 0) & causes, 1, claims.direction_on_trait)
        desired = -(claims.direction_on_target * trait)
        told = claims.keep((desired != 0) & ~claims.negated)
        order = np.argsort(told.gene, kind="stable")
        return cls(
            told.gene[order],
            told.disease[order],
            desired[(desired != 0) & ~claims.negated][order].astype(np.int8),
            causes[(desired != 0) & ~claims.negated][order],
            told.row[order],
        )

    def matched(self, likeness: Floats) -> npt.NDArray[np.int64]:
        """Records of diseases at least `MATCHED` alike, by their place here.

        Args:
            likeness: Lin similarity of the disease asked for to all, float32 (diseases,).
        """
        return np.flatnonzero(likeness[self.disease] >= MATCHED)

    def of_pairs(self, likeness: Floats, disease: int, n_genes: int) -> Votes:
        """Which way the records that may decide push, for a disease.

        Args:
            likeness: Lin similarity of the disease to all, float32 (diseases,).
            disease: Its number.
            n_genes: Number of genes.
        """
        matched = self.matched(likeness)
        same = self.disease[matched] == disease
        return Votes(
            *self.votes(matched[same], n_genes),
            *self.votes(matched[~same], n_genes),
        )

    def votes(self, places: Iterable[int], n_genes: int) -> tuple[Floats, Floats]:
        """Records among `places` that call to inhibit and to activate, float32 (genes,) each."""
        chosen = np.asarray(list(places), np.int64)
        return self._counted(chosen[self.calls[chosen]], n_genes)

    def measured(self, likeness: Floats, n_genes: int) -> npt.NDArray[np.int8]:
        """Which way all records push that may not decide, such as burdens of rare variants.

        Args:
            likeness: Lin similarity of the disease to all, float32 (diseases,).
            n_genes: Number of genes.

        Returns:
            int8 (genes,): -1 inhibit, +1 activate, 0 where there is none or they disagree.
        """
        matched = self.matched(likeness)
        return one_way(*self._counted(matched[~self.calls[matched]], n_genes))

    def _counted(self, chosen: Index, n_genes: int) -> tuple[Floats, Floats]:
        gene, desired = self.gene[chosen], self.desired[chosen]
        inhibit = np.bincount(gene[desired < 0], minlength=n_genes).astype(np.float32)
        activate = np.bincount(gene[desired > 0], minlength=n_genes).astype(np.float32)
        return inhibit, activate


@dataclass(frozen=True)
class Votes:
    """Curated records that may decide, by gene, float32 (genes,) each.

    Attributes:
        inhibit, activate: Of the very disease.
        near_inhibit, near_activate: Of diseases at least `MATCHED` alike.
    """

    inhibit: Floats
    activate: Floats
    near_inhibit: Floats
    near_activate: Floats

    @property
    def any_inhibit(self) -> Floats:
        """Of the disease and of its kin."""
        return self.inhibit + self.near_inhibit

    @property
    def any_activate(self) -> Floats:
        """Of the disease and of its kin."""
        return self.activate + self.near_activate


BASES = tuple(Basis)


@dataclass(frozen=True)
class Directions:
    """The direction of every gene for a disease.

    Attributes:
        inhibit: Probability that inhibiting is right, float32 (genes,), .5 for no idea.
        call: -1 inhibit, +1 activate, 0 undecided, int8 (genes,).
        basis: Position in `BASES`, int8 (genes,).
    """

    inhibit: Floats
    call: npt.NDArray[np.int8]
    basis: npt.NDArray[np.int8]


def of_genes(
    signs: Signs, homology: Floats, support: Floats, calls: npt.NDArray[np.int8]
) -> Directions:
    """Directions by the gene alone: its drugs, else its homologues, else none.

    Args:
        signs: What drugs do.
        homology: Probability from homologues, float32 (genes,).
        support: Their summed likeness.
        calls: What conformal sets of `homology` say, int8 (genes,).
    """
    heard = support > LEAST_SUPPORT
    basis = np.where(heard, _at(Basis.HOMOLOGUES), _at(Basis.NONE))
    call = np.where(heard, calls, 0)
    split = signs.labelled & (signs.told == 0)
    basis = np.where(signs.labelled, np.where(split, _at(Basis.CONFLICT), _at(Basis.DRUGS)), basis)
    call = np.where(signs.labelled, signs.told, call)
    return Directions(
        gene_probability(signs, homology), call.astype(np.int8), basis.astype(np.int8)
    )


def of_pairs(
    genes: Directions,
    signs: Signs,
    votes: Votes,
    causes: npt.NDArray[np.bool_],
    inhibited: npt.NDArray[np.bool_],
    measured: npt.NDArray[np.int8],
) -> Directions:
    """Directions for a disease: its own mechanism first, then that of its kin, then the gene's.

    Args:
        genes: By the gene alone.
        signs: What drugs do.
        votes: Curated records of the disease and its kin.
        causes: Whether a record says that the gene causes it, bool (genes,).
        inhibited: Whether drugs that reached a late phase for it inhibit the gene, bool (genes,).
        measured: Which way to push by variants whose effect on its risk was measured, int8
            (genes,); they decide nothing, and no call that knows less of the disease stands
            against them.
    """
    genes = _unopposed(_spared(genes, causes, inhibited), inhibited, measured)
    own, near = (
        one_way(votes.inhibit, votes.activate),
        one_way(votes.near_inhibit, votes.near_activate),
    )
    told = (votes.inhibit + votes.activate) > 0
    kin = ~told & ((votes.near_inhibit + votes.near_activate) > 0)
    against = kin & (near * signs.told < 0)
    conflict = (told & (own == 0)) | (kin & (near == 0)) | against
    push = np.where(told, own, np.where(kin, near, 0)) * ~conflict
    sure = np.where(told, CURATED, RELATED)
    inhibit = np.where(push < 0, sure, np.where(push > 0, 1.0 - sure, genes.inhibit))
    basis = np.where(told, _at(Basis.MECHANISM), _at(Basis.RELATED_MECHANISM))
    basis = np.where(told | kin, np.where(conflict, _at(Basis.CONFLICT), basis), genes.basis)
    return Directions(
        np.where(conflict, 0.5, inhibit).astype(np.float32),
        np.where(told | kin, push, genes.call).astype(np.int8),
        basis.astype(np.int8),
    )


def _spared(
    genes: Directions, causes: npt.NDArray[np.bool_], inhibited: npt.NDArray[np.bool_]
) -> Directions:
    """Without calls to inhibit a gene that causes the disease, but by drugs for that disease."""
    by_drugs = genes.basis == _at(Basis.DRUGS)
    by_others = (genes.basis == _at(Basis.HOMOLOGUES)) | (by_drugs & ~inhibited)
    return _undecided(genes, causes & (genes.call < 0) & by_others, Basis.UNKNOWN_MECHANISM)


def _unopposed(
    genes: Directions, inhibited: npt.NDArray[np.bool_], measured: npt.NDArray[np.int8]
) -> Directions:
    """Without calls by drugs for other diseases, or homologues, that measured effects oppose."""
    late = (genes.basis == _at(Basis.DRUGS)) & (genes.call < 0) & inhibited
    return _undecided(genes, (genes.call * measured < 0) & ~late, Basis.CONFLICT)


def _undecided(genes: Directions, those: npt.NDArray[np.bool_], basis: Basis) -> Directions:
    """The same without the calls of some genes, bool (genes,), and what their want rests on."""
    return Directions(
        np.where(those, 0.5, genes.inhibit).astype(np.float32),
        np.where(those, 0, genes.call).astype(np.int8),
        np.where(those, _at(basis), genes.basis).astype(np.int8),
    )


def one_way(inhibit: npt.NDArray[Any], activate: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
    """-1 where records only inhibit, +1 where they only activate, else 0."""
    only_activate, only_inhibit = (activate > 0) & (inhibit == 0), (inhibit > 0) & (activate == 0)
    return np.asarray(only_activate.astype(np.int8) - only_inhibit.astype(np.int8))


def _at(basis: Basis) -> int:
    return BASES.index(basis)


def agreement(signs: Signs, inhibit: Floats, activate: Floats) -> Floats:
    """How well drugs on a gene agree with the disease's genetics, float32 (genes,), 0 to 1.

    1: all drugs push the way that curated mechanism asks for; 0: all push the other way; .5 where
    either is unknown or the records conflict.
    """
    agree = (inhibit > 0) != (activate > 0)
    wanted = np.where(inhibit > 0, signs.majority, 1.0 - signs.majority)
    known = agree & signs.labelled
    return np.where(known, wanted, 0.5).astype(np.float32)
