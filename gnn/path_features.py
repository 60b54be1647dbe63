"""What paths say of every gene for a disease: the columns that boosting learns from.

Four kinds of seeds are the genes of close kin of the disease, of any kin, of diseases with a like
clinical picture, and the known genes: those of the disease itself and its near kin. They reach a
gene by one step over each relation and by the walk over all. The first three never read evidence of
the disease itself, of its descendants or of terms that are all but the same. The last does, and is
learned from as it is asked for: where nothing is known, and where some genes are and others are to
be found (`gnn.boosting`). A gene is never a seed of itself, so that no column reads a pair's own
evidence, at the disease or at any kin. Columns that depend on the disease are scaled within it, so
that diseases with many genes and few look the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.causality import Direct, near_kin
from gnn.mouse import MouseProfiles
from gnn.ontology import Floats, Index
from gnn.phenotype import Profiles
from gnn.propagation import Walk

HIDDEN_FROM = 0.9
"""Lin similarity from which a term's evidence is hidden with the disease's own."""
CLOSE_KIN, KIN = 0.6, 0.3
"""Lin similarity from which a disease's genes are seeds, by its cube."""
SEEDS = ("close kin", "kin", "clinical picture", "known genes")


@dataclass(frozen=True)
class Paths:
    """Everything the columns are computed from.

    Attributes:
        direct: Visible evidence.
        relations: Similarity matrix of each relation.
        walk: Over all of them.
        profiles: Clinical pictures of diseases.
        mouse: Phenotypes of mouse mutants.
        facts: Columns of genes that hold for any disease, float32 (genes, k).
    """

    direct: Direct
    relations: Mapping[str, sp.csr_matrix]
    walk: Walk
    profiles: Profiles
    mouse: MouseProfiles
    facts: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in order."""
        ways = (*self.relations, "walk")
        stepped = [f"{way} from {seed}" for way in ways for seed in SEEDS]
        facts = [f"fact {i}" for i in range(self.facts.shape[1])]
        return (*stepped, "mouse phenotypes", *facts)

    @property
    def of_known(self) -> Index:
        """Places of the columns that start from known genes, int64."""
        last, kinds = len(SEEDS) - 1, len(SEEDS)
        return np.arange(last, kinds * (len(self.relations) + 1), kinds, dtype=np.int64)

    def of(self, disease: int) -> Floats:
        """Columns of every gene for one disease, float32 (genes, columns)."""
        every = np.arange(self.direct.n_genes, dtype=np.int64)
        return self.of_many([disease], [every])

    def of_many(
        self,
        diseases: Sequence[int],
        genes: Sequence[Index],
        known: Sequence[Floats] | None = None,
    ) -> Floats:
        """Columns of some genes for each of some diseases, below one another.

        Args:
            diseases: By number.
            genes: Which genes of each, int64.
            known: Known genes of each as seeds, float32 (genes,); all that there are when None.
        """
        told = known or [self.known(d) for d in diseases]
        seeds = np.concatenate([self.seeds(*each) for each in zip(diseases, told, strict=True)]).T
        where = (np.concatenate(genes), np.repeat(np.arange(len(diseases)), [*map(len, genes)]))
        columns = [_picked(_scaled(m @ seeds), where) for m in self.relations.values()]
        columns.append(_picked(_scaled(self.walk.leave_one_out(seeds)), where))
        mouse = np.stack([self.mouse.likeness(d) for d in diseases], axis=1)
        columns.append(mouse[where][:, None])
        columns.append(self.facts[where[0]])
        return np.hstack(columns)

    def known(self, disease: int) -> Floats:
        """Genes of a disease and its near kin as seeds, float32 (genes,)."""
        return self.direct.weighted(near_kin(self.direct.ontology.lin(disease)))

    def seeds(self, disease: int, known: Floats) -> Floats:
        """Each kind of seed for a disease, float32 (4, genes); what is hidden is no seed.

        Args:
            disease: By number.
            known: The last kind.
        """
        likeness = self.direct.ontology.lin(disease)
        shown = ~self.hidden(disease, likeness)
        cube = np.where(shown, likeness**3, np.float32(0.0))
        others = self.direct.evidence_diseases
        picture = self.profiles.neighbours(disease, others[shown[others]])
        return np.stack(
            [
                self.direct.weighted(np.where(likeness >= CLOSE_KIN, cube, np.float32(0.0))),
                self.direct.weighted(np.where(likeness >= KIN, cube, np.float32(0.0))),
                self.direct.weighted(picture),
                known,
            ]
        )

    def hidden(self, disease: int, likeness: Floats) -> npt.NDArray[np.bool_]:
        """Whose evidence tells of known genes alone: itself, those below, those all but it."""
        return self.direct.ontology.around(disease, likeness, HIDDEN_FROM)


def _scaled(columns: Floats) -> Floats:
    """Each column by its root mean square, so that it is about 1; empty ones stay 0."""
    spread = np.sqrt((columns**2).mean(axis=0))
    scaled: Floats = np.divide(columns, spread, out=np.zeros_like(columns), where=spread > 0)
    return scaled


def _picked(columns: Floats, where: tuple[Index, Index]) -> Floats:
    """Of columns (genes, 4 x diseases) those of each (gene, disease), float32 (rows, 4)."""
    genes, place = where
    kinds = len(SEEDS)
    return np.stack([columns[genes, kinds * place + kind] for kind in range(kinds)], axis=1)
