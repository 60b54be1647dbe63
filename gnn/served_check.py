"""Whether what is served is right: causality from both parts together, and druggability.

- *Causality*, as `gnn.curves` makes it of both grounds, over all genes of diseases that an expert
  panel has looked at, against its verdicts. Its own records are no direct evidence and no seeds of
  walks, the network has the disease hidden, and the curves and the line over both are fitted on
  the other half of the families. A verdict on a type of the disease counts as one on the disease,
  and the network may have learned from it: diseases without such types are judged apart as well.
  Other panels judge it too, on diseases of their own.
- *Druggability* of the modality that suits each gene best, and of each modality, against a drug of
  it in the clinic. The models saw neither a gene nor its homologues; as the served curve did, one
  fitted on the other half of the families stands before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gnn.calibrate import LEVELS
from gnn.calibration_check import (
    Checked,
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
from gnn.calibration_sets import Panel, judged_together
from gnn.causality import ABOVE_CAP, REPLICATED_CAP
from gnn.curves import Curves, Line, Verdict
from gnn.druggability import CLUSTERS
from gnn.drugs import FIRST_PHASE
from gnn.fitted import Druggable
from gnn.ontology import Index
from gnn.parts import CausalModel, Parts
from gnn.target_score import MODALITIES
from kg.errors import ModelError

BELOW_CURATED = REPLICATED_CAP + ABOVE_CAP * (1.0 - REPLICATED_CAP) + 1e-6
"""What associations come to at most."""
EVIDENCE: Mapping[str, float] = {
    "none": -1.0,
    "associations, or causes of related diseases": 0.0,
    "a curated source says that it causes the disease or a type": BELOW_CURATED,
    "curated sources agree that it causes the disease or a type": 0.95,
}
"""Kinds of direct evidence by the value that each lies above; two sources of .8 come to .96."""


def combined(
    disease: int, parts: Parts, positive: Mask, half: Mask, curves: Sequence[Curves]
) -> Checked:
    """All genes of a disease with the probability served.

    Args:
        disease: Its number.
        parts: Made without the outcome.
        positive: Outcome, bool (genes,).
        half: Which half each gene is of, bool (genes,).
        curves: For the genes of the second half and of the first, each fitted on the other.
    """
    one, other = curves
    said = np.where(half, other(parts), one(parts)).astype(np.float64)
    sets = {}
    for level in LEVELS:
        first, second = (of_half.sets(parts, level) for of_half in curves)
        causal, not_causal = (np.where(half, b, a) for a, b in zip(first, second, strict=True))
        sets[level] = causal, not_causal
    n = len(said)
    pairs = Pairs(np.full(n, disease, np.int64), np.arange(n, dtype=np.int64), said, positive)
    return Checked(pairs, said, sets)


def lined(judged: Sequence[Verdict], half: Mask, curves: Sequence[Curves]) -> list[Curves]:
    """The same curves with a line over both grounds, fitted on the genes that the curves were.

    Args:
        judged: By disease, as of `gnn.calibration_sets.judged_together`.
        half: Which half each gene is of, bool (genes,).
        curves: As of `combined`.
    """
    return [
        replace(of_half, together=Line.fit(of_half.counted(judged, genes)))
        for of_half, genes in zip(curves, (half, ~half), strict=True)
    ]


def causality_figures(
    judged: Iterable[Verdict],
    curves: Sequence[Curves],
    half: Mask,
    by_area: Mapping[str, Mask],
    seed: int = 0,
    untyped: Mask | None = None,
    beside: Iterable[Verdict] = (),
) -> Figures:
    """Reliability of the probability of causality as it is served, and without the line over it.

    Args:
        judged: By disease, as of `gnn.calibration_sets.judged_together`.
        curves: As of `combined`, without lines.
        half: From `gnn.calibration_check.halves`.
        by_area: Diseases of each therapeutic area.
        seed: Of the sampled prevalence.
        untyped: As `gnn.calibration_sets.Panel` tells them; they are judged apart too.
        beside: As of `gnn.calibration_sets.judged_beside`.
    """
    known = list(judged)
    served = lined(known, half, curves)
    checked = Checked.joined([combined(*told, half, served) for told in known])
    said, positive = checked.probability, checked.pairs.positive
    evidence = np.concatenate([parts.direct > 0 for _, parts, _ in known])
    states = (("SCORED", evidence, said, positive), ("NO_EVIDENCE", ~evidence, said, positive))
    one, other = curves
    bare = np.concatenate([np.where(half, other(p), one(p)) for _, p, _ in known])
    apart = Figures()
    if untyped is not None:
        alone = checked.keep(untyped[checked.pairs.disease])
        apart["causality_where_no_type_is_judged"] = at_both(alone, seed)
    lines = [[round(float(v), 4) for v in c.together.as_array()] for c in served]
    return {
        "causality": figures(checked, by_area, seed)
        | {
            "by_state": by_state(states),
            "by_evidence": by_evidence(known, said, positive),
            "lines": lines,
        },
        "causality_without_line": at_both(replace(checked, probability=bare.astype(float)), seed),
        "causality_beside": beside_figures(known, beside, half, served),
        **apart,
    }


def beside_figures(
    known: Iterable[Verdict], beside: Iterable[Verdict], half: Mask, curves: Sequence[Curves]
) -> Figures:
    """Said against seen of the pairs whose direct evidence is more where it is served.

    Args:
        known: By disease, from what is learned from alone.
        beside: Some of these diseases, as they are served.
        half: From `gnn.calibration_check.halves`.
        curves: As of `lined`.
    """
    one, other = curves
    learned_of, rows = {disease: parts for disease, parts, _ in known}, []
    for disease, served, positive in beside:
        learned = learned_of[disease]
        raised = served.direct > learned.direct
        said = (np.where(half, other(p), one(p))[raised] for p in (learned, served))
        rows.append(np.stack([*said, positive[raised]]).astype(np.float64))
    told: Figures = {
        "of": "pairs whose direct evidence is raised by what is served beside what is learned "
        "from: traits that stand for a disease, and in `full` clinical statements",
        "diseases": len(rows),
    }
    if not rows:
        return told | {"pairs": 0}
    without, said, seen = np.hstack(rows)
    return told | {
        "pairs": len(seen),
        "positives": int(seen.sum()),
        "said": round(float(said.mean()), 5),
        "said_without": round(float(without.mean()), 5),
        "seen": round(float(seen.mean()), 5),
    }


def by_evidence(known: Sequence[Verdict], said: Values, positive: Mask) -> Figures:
    """Said against seen by what direct evidence there is: no average over all pairs shows that.

    Args:
        known: By disease, the panel's own records taken out.
        said: Probability of all genes of each disease, one below another.
        positive: Outcome, the same.
    """
    direct = np.concatenate([parts.direct for _, parts, _ in known])
    ends = dict(zip(EVIDENCE, (*EVIDENCE.values(), np.inf)[1:], strict=True))
    kinds = [
        (name, (direct > start) & (direct <= ends[name]), said, positive)
        for name, start in EVIDENCE.items()
    ]
    return by_state(kinds)


def beyond_figures(
    panel: Panel, judge: str, causal: CausalModel, curves: Curves, seed: int
) -> Figures:
    """Reliability by another panel, on diseases that the line and the curves knew nothing of.

    Args:
        panel: The other one, of those diseases alone.
        judge: Its name.
        causal: The model.
        curves: As served.
        seed: Of the sample of diseases and of the sampled prevalence.
    """
    known = list(judged_together(panel, causal, seed))
    positive = np.concatenate([outcome for *_, outcome in known])
    everything, found = np.arange(len(positive)), Figures()
    for name, by in (("", curves), ("_without_line", replace(curves, together=Line()))):
        said = np.concatenate([by(parts) for _, parts, _ in known]).astype(np.float64)
        checked = Checked(Pairs(everything, everything, said, positive), said, {})
        held_out = {"held_out": "diseases that the panel of the calibration has not looked at"}
        found[f"causality_by_{judge}{name}"] = at_both(checked, seed) | held_out
    return found


def druggability_figures(drug: Druggable, cluster: Index, half: Mask, seed: int = 0) -> Figures:
    """Reliability of druggability as it is served, and of each modality.

    Args:
        drug: Of every gene.
        cluster: Homology group of each gene, int64 (genes,).
        half: From `gnn.calibration_check.halves`.
        seed: Of the sampled prevalence.
    """
    precedented = np.nan_to_num(drug.phase, nan=-1.0) >= FIRST_PHASE
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
