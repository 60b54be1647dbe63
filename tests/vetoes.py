"""What refutations leave of a gene, gone over one by one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gnn.causality import Direct


def left_for(direct: Direct, gene: int, disease: int) -> npt.NDArray[np.float64]:
    """Of a record of each disease carried to one: what refutations of the latter leave.

    Those of a record's own disease are in its weight. A type's record is of the disease itself.

    Returns:
        float64 (diseases,).
    """
    above = direct.ontology.above(disease)
    against = [
        float(strength)
        for number, of, strength in zip(
            direct.refuted_gene, direct.refuted_disease, direct.refuted_strength, strict=True
        )
        if number == gene and of in above
    ]
    types = [disease in direct.ontology.above(d) for d in range(direct.ontology.n)]
    return np.where(types, 1.0, 1.0 - max(against, default=0.0))
