"""How often the call for a gene and a disease is right: the coverage-accuracy curve of pairs.

The truth is the sign of the drugs that reached a late phase for the disease. Calls are made by the
rules that serve, from the disease's own mechanism down to homologues, on the model as it was
learned (no traits that stand for diseases, no clinical statements), but no drug that was ever tried
for the disease, or for one nearly the same, is heard on the gene, nor another record of the same
connectivity. Salts under another structure may be. Homologues are heard by all drugs, and a drug
that acts on several relatives tells of each by the others; pairs of which no such drug is among the
late ones are told apart. A drug's sign on a gene depends on no disease: what is measured is how far
drugs on a gene, and on its relatives, agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.clustered import Values, Weighed, interval
from gnn.direction import BASES, CALL_LEVEL, MATCHED, Directions, of_genes, of_pairs
from gnn.direction_figures import curve_of, right
from gnn.disease_scores import causes
from gnn.drugs import LATE_PHASE
from gnn.families import Families
from gnn.fitted import Fitted
from gnn.ontology import Floats, Index
from gnn.outcomes import Outcomes

Mask = npt.NDArray[np.bool_]
Figures = dict[str, object]
LEAST = 20
"""Pairs below which nothing is measured."""


@dataclass(frozen=True)
class Called:
    """Pairs whose late drugs all push one way, and what is said of them without those drugs.

    Attributes:
        gene, disease: Local numbers, int64 (n,).
        truth: Whether the late drugs inhibit, bool (n,).
        inhibit: Probability that inhibiting is right, float32 (n,).
        call, basis: As in `Directions`, int8 (n,).
        alone: Whether no late drug of the pair acts on a relative of the gene, bool (n,).
    """

    gene: Index
    disease: Index
    truth: Mask
    inhibit: Floats
    call: npt.NDArray[np.int8]
    basis: npt.NDArray[np.int8]
    alone: Mask

    @classmethod
    def of(cls, model: Fitted, families: Families) -> Called:
        """Ask the model for every disease of such a pair."""
        pushes, outcomes = model.pushes, model.outcomes
        rows = [
            (directions.inhibit[gene], directions.call[gene], directions.basis[gene])
            for gene, directions in _asked(model)
        ]
        inhibit, call, basis = (
            (np.concatenate(c) for c in zip(*rows, strict=True))
            if rows
            else (
                np.zeros(0, np.float32),
                np.zeros(0, np.int8),
                np.zeros(0, np.int8),
            )
        )
        alone = _alone(outcomes, families, pushes.gene, pushes.disease)
        return cls(pushes.gene, pushes.disease, pushes.sign < 0, inhibit, call, basis, alone)

    def keep(self, rows: Mask) -> Called:
        """Some pairs, bool (n,)."""
        return replace(self, **{k: getattr(self, k)[rows] for k in self.__dataclass_fields__})

    def figures(self) -> Figures:
        """Share called and right, by what calls rest on, and the curve."""
        if len(self.gene) < LEAST:
            return {"pairs": len(self.gene)}
        called = self.call != 0
        # What is called comes first, the surest first; then whatever the probability leans to.
        certainty = np.abs(self.inhibit - 0.5) * 2.0 + called
        rows = np.stack([self.gene, self.call, np.where(self.truth, -1, 1)], axis=1)
        said = self.call[called] < 0
        return {
            "pairs": len(self.gene),
            "genes": len(np.unique(self.gene)),
            "inhibit_share": round(float(self.truth.mean()), 4),
            "called": round(float(called.mean()), 4),
            "called_right": interval(
                _accuracy, self.truth[called], said.astype(np.float64), self.gene[called]
            )
            if called.any()
            else None,
            "curve": curve_of(certainty.astype(np.float32), self.truth, self.inhibit),
            "by_basis": {
                basis.value.lower(): right(rows[mine])
                for number, basis in enumerate(BASES)
                if (mine := called & (self.basis == number)).any()
            },
        }


def called_pairs_figures(model: Fitted, families: Families) -> Figures:
    """Figures of all pairs, and of those that no shared drug tells of.

    Args:
        model: The fitted model.
        families: Of its genes.
    """
    pairs = Called.of(model, families)
    return {
        "truth": "sign of the drugs on the gene that reached phase 3 or approval for the disease; "
        "no drug tried for the disease is heard",
        **pairs.figures(),
        "no_shared_drug": pairs.keep(pairs.alone).figures(),
    }


def _asked(model: Fitted) -> Iterator[tuple[Index, Directions]]:
    """Genes of each disease's pairs, and all directions for it without its own drugs."""
    calls = model.conformal.calls(model.homology, CALL_LEVEL)
    direct, n = model.causal.said, model.causal.direct.n_genes
    for disease in np.unique(model.pushes.disease).tolist():
        likeness = direct.ontology.lin(disease)
        signs = model.outcomes.signs_without(likeness)
        same = direct.ontology.around(disease, likeness, MATCHED)
        yield (
            model.pushes.gene[model.pushes.disease == disease],
            of_pairs(
                of_genes(signs, model.homology, model.homology_support, calls),
                signs,
                model.mechanisms.of_pairs(likeness, disease, n),
                causes(model, direct.score(disease), same),
                np.zeros(n, bool),
                model.mechanisms.measured(likeness, n),
            ),
        )


def _alone(outcomes: Outcomes, families: Families, gene: Index, disease: Index) -> Mask:
    """Pairs no late drug of which acts on a gene that shares anything with theirs, bool (n,)."""
    acts = outcomes.acts > 0
    late = (outcomes.phase >= LATE_PHASE).tocsc()
    shared = families.shared.astype(np.float32).tocsr()
    found = np.ones(len(gene), bool)
    for place, (g, d) in enumerate(zip(gene.tolist(), disease.tolist(), strict=True)):
        drugs = late.indices[late.indptr[d] : late.indptr[d + 1]]
        mine = acts[drugs][np.asarray(acts[drugs][:, [g]].todense()).ravel()]
        others = np.setdiff1d(sp.csr_matrix(mine).indices, [g])
        found[place] = not (shared[others] @ shared[[g]].T).nnz
    return found


def _accuracy(truth: Mask, said: Values) -> Weighed:
    """Share of calls that are right."""
    good = truth == (said > 0)
    return lambda weight: float((weight * good).sum() / weight.sum())
