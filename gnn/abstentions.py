"""What a model gives no number of, since its release tells too little to learn it from.

A release as of a day has the labels that were public then: outcomes and mechanisms of drugs carry
the day of their file, known genes of loci that of their collection. What can't be learned is not
guessed: it is left out, ABSTAINED in scores, and these words say why.
"""

from __future__ import annotations

from gnn.calibrate import LEAST_POSITIVES
from gnn.fitted import Fitted
from gnn.target_score import MODALITIES

LOCUS_TO_GENE = "locus_to_gene"


def abstentions(model: Fitted) -> dict[str, str]:
    """Why, by axis, by modality (`druggability/antibody`) and for locus to gene; empty for none."""
    found: dict[str, str] = {}
    if model.reversible is None:
        found["reversibility"] = (
            f"Reversibility has no probability: fewer than {LEAST_POSITIVES} targets of drugs with "
            "a late outcome are known in this release. The other axes carry its weight."
        )
    for modality, told in zip(MODALITIES, model.druggable.told.tolist(), strict=True):
        if not told:
            found[f"druggability/{modality}"] = (
                f"Druggability by {modality.replace('_', ' ')} has no probability: fewer than "
                f"{LEAST_POSITIVES} targets of such drugs are known in this release."
            )
    if not model.druggable.told.any():
        found["druggability"] = (
            "Druggability has no probability by any modality. The other axes carry its weight."
        )
    if model.loci is None:
        found[LOCUS_TO_GENE] = (
            "Loci are not scored: too few whose causal gene is known are in this release."
        )
    return found


def of_scores(model: Fitted) -> tuple[str, ...]:
    """The same in words, of what is part of a pair's score."""
    return tuple(why for what, why in abstentions(model).items() if what != LOCUS_TO_GENE)
