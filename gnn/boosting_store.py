"""Boosting and its path features as flat arrays: what is not stored with the walks already."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.boosting import Boosted, Boosting
from gnn.mouse import MouseProfiles
from gnn.parts import CausalModel
from gnn.path_features import Paths
from gnn.stored import Arrays, csr_arrays, csr_of


def boosted_arrays(boosted: Boosted) -> dict[str, npt.NDArray[Any]]:
    """Models, relations, mouse profiles and facts; the inverse of `boosted_of`."""
    paths = boosted.paths
    arrays = dict(boosted.models.to_arrays())
    arrays["relations"] = np.array(tuple(paths.relations))
    for name, matrix in paths.relations.items():
        arrays |= csr_arrays(f"relation.{name}", matrix)
    arrays |= csr_arrays("mouse.genes", paths.mouse.genes)
    arrays |= csr_arrays("mouse.diseases", paths.mouse.diseases)
    arrays["facts"] = paths.facts
    return arrays


def boosted_of(arrays: Arrays, causal: CausalModel) -> Boosted:
    """Boosting over stored arrays, with the evidence, walk and pictures of the model it is in."""
    names = [str(name) for name in arrays["relations"]]
    paths = Paths(
        causal.direct,
        {name: csr_of(f"relation.{name}", arrays) for name in names},
        causal.walk,
        causal.profiles,
        MouseProfiles(csr_of("mouse.genes", arrays), csr_of("mouse.diseases", arrays)),
        arrays["facts"],
    )
    return Boosted(paths, Boosting.from_arrays(arrays))
