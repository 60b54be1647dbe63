"""Whether what is served is right: causality from both parts together, and druggability.

- *Causality*, 1 - (1 - p_supported)(1 - p_indirect), over all genes of diseases that an expert
  panel has looked at, against its verdicts. Its own records are no evidence and no seeds here, the
  network has the disease hidden, and both curves are fitted on the other half of the families.
- *Druggability* of the modality that suits each gene best, and of each modality, against a drug of
  it in the clinic. The models saw neither a gene nor its homologues; as the served curve did, one
  fitted on the other half of the families stands before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gnn.ahead import ahead
from gnn.calibrate import LEVELS
from gnn.calibration_check import (
    Checked,
    Crossed,
    Figures,
    Mask,
    Pairs,
    Values,
    at_both,
    by_state,
    check,
    crossed,
    figures,
    reliable,
)
from gnn.calibration_sets import Panel
from gnn.druggability import CLINICAL, CLUSTERS
from gnn.fitted import Druggable
from gnn.ontology import Index
from gnn.parts import CausalModel, Parts, causality, conformal_sets
from gnn.target_score import MODALITIES
from kg.errors import ModelError


def combined(
    parts: Parts, disease: int, positive: Mask, half: Mask, curves: tuple[Crossed, Crossed]
) -> tuple[Checked, Mask]:
    """All genes of a disease with the probability served, and which have direct evidence.

    Args:
        parts: Of the disease, made without the outcome.
        disease: Its number.
        positive: Outcome, bool (genes,).
        half: Which half each gene is of, bool (genes,).
        curves: Of the supported score and of the network part.
    """
    one, other = zip(*curves, strict=True)
    probability = np.where(half, causality(parts, *other), causality(parts, *one))
    sets = {}
    for level in LEVELS:
        first, second = (conformal_sets(parts, *pair, level) for pair in (one, other))
        causal, not_causal = (np.where(half, b, a) for a, b in zip(first, second, strict=True))
        sets[level] = causal, not_causal
    n = len(probability)
    said = probability.astype(np.float64)
    pairs = Pairs(np.full(n, disease, np.int64), np.arange(n, dtype=np.int64), said, positive)
    return Checked(pairs, said, sets), parts.direct > 0


def causality_figures(
    panel: Panel,
    causal: CausalModel,
    curves: tuple[Crossed, Crossed],
    half: Mask,
    by_area: Mapping[str, Mask],
    seed: int,
) -> Figures:
    """Reliability of the probability of causality, as both parts give it together.

    Args:
        panel: Whose verdicts are the outcome.
        causal: The model.
        curves: As of `combined`.
        half: From `gnn.calibration_check.halves`.
        by_area: Diseases of each therapeutic area.
        seed: Of the sample of diseases and of the sampled prevalence.
    """
    blind = replace(causal, direct=panel.others)

    def judge_one(disease: int) -> tuple[Checked, Mask]:
        parts = blind.parts(disease)
        return combined(parts, disease, panel.curated(disease), half, curves)

    found, told = zip(*ahead(judge_one, panel.sample(seed)), strict=True)
    checked, evidence = Checked.joined(found), np.concatenate(told)
    said, positive = checked.probability, checked.pairs.positive
    states = (("SCORED", evidence, said, positive), ("NO_EVIDENCE", ~evidence, said, positive))
    return figures(checked, by_area, seed) | {"by_state": by_state(states)}


def druggability_figures(drug: Druggable, cluster: Index, half: Mask, seed: int = 0) -> Figures:
    """Reliability of druggability as it is served, and of each modality.

    Args:
        drug: Of every gene.
        cluster: Homology group of each gene, int64 (genes,).
        half: From `gnn.calibration_check.halves`.
        seed: Of the sampled prevalence.
    """
    precedented = np.nan_to_num(drug.phase, nan=-1.0) >= CLINICAL
    best = drug.suited[None]
    asked = {
        "druggability": tuple(
            np.take_along_axis(a, best, axis=0)[0] for a in (drug.probability, precedented)
        )
    }
    for name, *of_modality in zip(MODALITIES, drug.probability, precedented, strict=True):
        asked[f"druggability_{name}"] = tuple(of_modality)
    return {
        name: _judged(probability.astype(np.float64), positive, cluster, half, seed)
        for name, (probability, positive) in asked.items()
    }


def _judged(probability: Values, positive: Mask, cluster: Index, half: Mask, seed: int) -> Figures:
    everything = np.arange(len(probability), dtype=np.int64)
    pairs = Pairs(cluster % CLUSTERS, everything, probability, positive)
    try:
        checked = check(pairs, half, crossed(pairs, half, 1.0))
    except ModelError as error:
        return {"not_measured": str(error)}
    return at_both(checked, seed) | {"as_served": reliable(probability, positive)}
