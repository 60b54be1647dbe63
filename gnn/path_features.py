"""What paths say of every gene for a disease: the columns that boosting learns from.

Three kinds of seeds are the genes of close kin of the disease, of any kin, and of diseases with a
like clinical picture. They reach a gene by one step over each relation and by the walk over all.
The evidence of the disease itself, of its descendants and of terms that are all but the same is
hidden, in training and in serving alike, and a gene is never a seed of itself. Columns that depend
on the disease are scaled within it, so that diseases with many genes and few look the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.causality import Direct
from gnn.mouse import MouseProfiles
from gnn.ontology import Floats, Index
from gnn.phenotype import Profiles
from gnn.propagation import Walk

HIDDEN_FROM = 0.9
"""Lin similarity from which a term's evidence is hidden with the disease's own."""
CLOSE_KIN, KIN = 0.6, 0.3
"""Lin similarity from which a disease's genes are seeds, by its cube."""
SEEDS = ("close kin", "kin", "clinical picture")


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

    def of(self, disease: int) -> Floats:
        """Columns of every gene for one disease, float32 (genes, columns)."""
        every = np.arange(self.direct.n_genes, dtype=np.int64)
        return self.of_many([disease], [every])

    def of_many(self, diseases: Sequence[int], genes: Sequence[Index]) -> Floats:
        """Columns of some genes for each of some diseases, below one another.

        Args:
            diseases: By number.
            genes: Which genes of each, int64.
        """
        seeds = np.concatenate([self.seeds(d) for d in diseases]).T
        where = (np.concatenate(genes), np.repeat(np.arange(len(diseases)), [*map(len, genes)]))
        columns = [_picked(_scaled(m @ seeds), where) for m in self.relations.values()]
        columns.append(_picked(_scaled(self.walk.leave_one_out(seeds)), where))
        mouse = np.stack([self.mouse.likeness(d) for d in diseases], axis=1)
        columns.append(mouse[where][:, None])
        columns.append(self.facts[where[0]])
        return np.hstack(columns)

    def seeds(self, disease: int) -> Floats:
        """Each kind of seed for a disease, float32 (3, genes); what is hidden is no seed."""
        likeness = self.direct.ontology.lin(disease)
        shown = ~self.hidden(disease, likeness)
        cube = np.where(shown, likeness**3, np.float32(0.0))
        known = self.direct.evidence_diseases
        picture = self.profiles.neighbours(disease, known[shown[known]])
        return np.stack(
            [
                self.direct.weighted(np.where(likeness >= CLOSE_KIN, cube, np.float32(0.0))),
                self.direct.weighted(np.where(likeness >= KIN, cube, np.float32(0.0))),
                self.direct.weighted(picture),
            ]
        )

    def hidden(self, disease: int, likeness: Floats) -> npt.NDArray[np.bool_]:
        """Diseases whose evidence is not seen for one: itself, those below, those all but it."""
        return self.direct.ontology.around(disease, likeness, HIDDEN_FROM)


def _scaled(columns: Floats) -> Floats:
    """Each column by its root mean square, so that it is about 1; empty ones stay 0."""
    spread = np.sqrt((columns**2).mean(axis=0))
    scaled: Floats = np.divide(columns, spread, out=np.zeros_like(columns), where=spread > 0)
    return scaled


def _picked(columns: Floats, where: tuple[Index, Index]) -> Floats:
    """Of columns (genes, 3 x diseases) those of each (gene, disease), float32 (rows, 3)."""
    genes, place = where
    kinds = len(SEEDS)
    return np.stack([columns[genes, kinds * place + kind] for kind in range(kinds)], axis=1)
