"""Therapeutic areas: the terms just below *human disease* in MONDO; a disease may be of many."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from gnn.graph import NodeIndex
from gnn.ontology import Ontology

HUMAN_DISEASE = "MONDO:0700096"
_HEADINGS = ("disease by ", "syndromic disease", "hereditary disease", "acute disease")
"""Terms that say how diseases are sorted, or nearly all of them, rather than an area."""


def areas(diseases: NodeIndex, ontology: Ontology) -> Mapping[str, npt.NDArray[np.bool_]]:
    """Diseases of each area by its name, bool (diseases,), largest first; {} without that root."""
    root = diseases.position.get(HUMAN_DISEASE)
    if root is None:
        return {}
    found = {}
    below = ontology.below(root)
    depth = np.diff(ontology.ancestors.indptr)
    # A child of the root has no ancestor but itself, the root, and what is above the root.
    for term in below[depth[below] == depth[root] + 1].tolist():
        if not diseases.names[term].startswith(_HEADINGS):
            mine = np.zeros(ontology.n, bool)
            mine[ontology.below(term)] = True
            found[diseases.names[term]] = mine
    return dict(sorted(found.items(), key=lambda pair: -int(pair[1].sum())))
