"""Outcomes of drugs with some signs turned round: what must not be heard changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from gnn.ontology import Floats
from gnn.outcomes import SAME_DISEASE, Mask, Outcomes


def tried_for(outcomes: Outcomes, likeness: Floats) -> Mask:
    """Drugs that were tried for a disease or one nearly the same, and their twins, bool (drugs,)."""
    near = (likeness >= SAME_DISEASE).astype(np.float32)
    mine = np.asarray((outcomes.phase > 0) @ near).ravel() > 0
    return np.isin(outcomes.skeleton, outcomes.skeleton[mine])


def turned_round(outcomes: Outcomes, drugs: Mask) -> Outcomes:
    """What some drugs inhibit they activate, and the other way round."""
    turned, kept = (sp.diags(mine.astype(np.float32)) for mine in (drugs, ~drugs))
    inhibits, activates = outcomes.inhibits, outcomes.activates
    return replace(
        outcomes,
        inhibits=sp.csr_matrix(kept @ inhibits + turned @ activates),
        activates=sp.csr_matrix(kept @ activates + turned @ inhibits),
    )
