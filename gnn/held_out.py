"""Every split as the same thing: what may be seen, what may be learned from, what is asked.

- *zero-shot*: whole groups of diseases are hidden (`gnn.split.zero_shot`).
- *family*: all evidence of whole families of genes is hidden, and what is kin to them is not
  learned from, though its evidence starts walks; the hidden genes are ranked among themselves.
- *random*: single pairs are hidden. Their likes stay visible, so that it flatters every method
  that knows kin; it is there to show by how much.
The time split has a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gnn.causality import Direct
from gnn.families import Families
from gnn.material import Material, hiding
from gnn.mouse import MouseProfiles
from gnn.path_features import Paths
from gnn.split import Query, zero_shot

Mask = npt.NDArray[np.bool_]

STRONG = 0.5
"""Weight from which a pair is one to find."""
LEAST_INFORMATION = 0.35
"""Terms with less information content are headings rather than diseases."""
QUERIES = 56
FAMILY_PARTS = 5
RANDOM_SHARE = 0.2
KIN = 0.3
"""Lin similarity from which evidence elsewhere makes a gene known."""


@dataclass(frozen=True)
class Held:
    """One draw of a split.

    Attributes:
        material: Features and relations that may be used.
        visible: Evidence that may be used.
        learnable: Genes that may be learned from, bool (genes,).
        queries: What is asked.
        mouse: Whether phenotypes of mouse mutants are used. They carry the day of their
            table alone, and mutants are made of genes that are known to cause a disease.
    """

    material: Material
    visible: Direct
    learnable: Mask
    queries: tuple[Query, ...]
    mouse: bool = True

    @property
    def paths(self) -> Paths:
        """Columns that boosting learns from, over what is visible."""
        paths = self.material.paths(self.visible)
        if self.mouse:
            return paths
        none = MouseProfiles(*(0.0 * m for m in (paths.mouse.genes, paths.mouse.diseases)))
        return replace(paths, mouse=none)

    @property
    def has_direct_evidence(self) -> bool:
        """Whether a gene that is asked for has visible evidence at the disease, types or kin.

        None has in the strict disease-disjoint split nor in the family-disjoint one, by
        construction: there all that is served is indirect, and orders genes as the stack does.
        """
        return any(self.visible.score(q.disease)[~q.known].any() for q in self.queries)

    def without_known(self, floor: float) -> Held:
        """The same, genes with visible evidence at diseases at least so alike left out too."""
        asked = []
        for query in self.queries:
            known = query.known | known_from_kin(self.visible, query.disease, floor)
            found = query.positives[~known[query.positives]]
            if len(found):
                asked.append(Query(query.disease, found, known))
        return replace(self, queries=tuple(asked))


def zero_shot_draw(material: Material, seed: int) -> Held:
    """Diseases never seen, nor their kin."""
    split = zero_shot(material.direct, seed, QUERIES)
    visible = hiding(material.direct, split.hidden)
    return Held(material, visible, np.ones(visible.n_genes, bool), split.queries)


def family_draw(material: Material, families: Families, seed: int) -> Held:
    """One fifth of the families never seen; their genes are ranked among themselves."""
    direct = material.direct
    positive = np.zeros(direct.n_genes, bool)
    positive[direct.gene[direct.weight >= STRONG]] = True
    fold = families.folds(positive, FAMILY_PARTS)
    hidden = fold == seed % FAMILY_PARTS
    visible = without_pairs(direct, hidden[direct.gene])
    rng = np.random.default_rng(seed)
    queries = []
    for disease in _candidates(direct, rng):
        found = _strong(direct, disease) & hidden
        if found.any():
            queries.append(Query(disease, np.flatnonzero(found), ~hidden))
        if len(queries) == QUERIES:
            break
    return Held(material, visible, families.unrelated(hidden), tuple(queries))


def random_draw(material: Material, seed: int) -> Held:
    """A fifth of all pairs hidden one by one, whatever is known of their kin."""
    direct, rng = material.direct, np.random.default_rng(seed)
    gone = rng.random(len(direct.gene)) < RANDOM_SHARE
    visible = without_pairs(direct, gone)
    hidden = without_pairs(direct, ~gone)
    queries = []
    for disease in _candidates(hidden, rng):
        found = _strong(hidden, disease)
        known = np.zeros(direct.n_genes, bool)
        known[visible.gene[visible.disease == disease]] = True
        if found.any():
            queries.append(Query(disease, np.flatnonzero(found), known))
        if len(queries) == QUERIES:
            break
    return Held(material, visible, np.ones(direct.n_genes, bool), tuple(queries))


def without_pairs(direct: Direct, gone: Mask) -> Direct:
    """Direct evidence with some of its pairs taken out, bool (pairs,)."""
    kept = ~gone
    return replace(
        direct, gene=direct.gene[kept], disease=direct.disease[kept], weight=direct.weight[kept]
    )


def known_from_kin(visible: Direct, disease: int, floor: float) -> Mask:
    """Genes with visible evidence at diseases at least so alike, bool (genes,)."""
    known = np.zeros(visible.n_genes, bool)
    known[visible.gene[visible.ontology.lin(disease)[visible.disease] >= floor]] = True
    return known


def _strong(direct: Direct, disease: int) -> Mask:
    found = np.zeros(direct.n_genes, bool)
    found[direct.gene[(direct.disease == disease) & (direct.weight >= STRONG)]] = True
    return found


def _candidates(direct: Direct, rng: np.random.Generator) -> Iterator[int]:
    """Diseases with something to find, in random order."""
    asked = np.unique(direct.disease[direct.weight >= STRONG])
    asked = asked[direct.ontology.information[asked] >= LEAST_INFORMATION]
    yield from rng.permutation(asked).tolist()
