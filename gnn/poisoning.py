"""How many forged records lift a gene into the first ten of a disease.

Attacks: literature records that name gene and disease; genetic studies that do; literature
interactions of the gene with the disease's known genes, those of most weight first. Genes are
drawn among those without direct evidence, whose rank is worse than `FAR`; an attack that is given
up after `MOST` records is told as more than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from gnn.causality import PREDICATE_WEIGHT, REPLICATED_CAP
from gnn.forgery import Claimed, Laboratory
from gnn.material import Material
from gnn.ontology import Floats, Index
from gnn.parts import CausalModel
from gnn.trust import FORGEABLE, weight_of
from kg.biolink import Predicate

PAIRS, WITHIN, FAR = 24, 10, 1000
STEPS = (1, 2, 4, 8, 16, 32, 64)
MOST = STEPS[-1]
STUDY = 0.5
"""Strength of one forged association: that of a nearest gene of a locus."""
ALONE = float(weight_of(np.array([1]))[0])
"""Weight of what one source says, where sources are counted."""
Figures = dict[str, object]


@dataclass(frozen=True)
class Aim:
    """A pair to be lifted.

    Attributes:
        known: The disease's genes, those of most weight first.
    """

    gene: int
    disease: int
    known: Index


def poisoning_figures(plain: Laboratory, trusted: Laboratory, seed: int) -> Figures:
    """Records it takes by attack, plain and with trust by sources.

    Args:
        plain: The model as it is.
        trusted: The same over interactions weighed by their sources.
        seed: Of the draw of pairs.
    """
    aims = drawn(plain, seed)
    reads = plain.fitted.ledger.records["evidence_class"]
    literature = bool(np.isin(reads, FORGEABLE).any())
    weight = PREDICATE_WEIGHT[Predicate.ASSOCIATED_WITH]
    papers = dict.fromkeys(STEPS, weight)
    believed = {k: weight * float(weight_of(np.array([k]))[0]) for k in STEPS}
    writable = association_sources(plain)
    edges = by_interactions(plain, aims, interaction_strength(plain.material))
    attacks = {
        "interactions": edges,
        "interactions_trusted": by_interactions(trusted, aims, ALONE),
        "genetic_studies": by_claims(plain, aims, dict.fromkeys(STEPS, STUDY)),
        "genetic_studies_in_all_sources": by_claims(
            plain, aims, {k: of_studies(min(k, writable)) for k in STEPS}
        ),
    }
    cheapest = edges
    if literature:
        attacks["literature_claims"] = by_claims(plain, aims, papers)
        attacks["literature_claims_trusted"] = by_claims(plain, aims, believed)
        cheapest = np.minimum(edges, attacks["literature_claims"])
    return {
        "pairs": len(aims),
        "median_records": _said(cheapest),
        "literature_claims_read": literature,
        **{name: _told(found) for name, found in attacks.items()},
        "sources_of_associations": writable,
        "genetic_studies_are": "of one source, which counts once however many it tells of; in all "
        "sources, one in each that tells of associations until none is left",
        "trust": "a statement of n sources weighs 1 - 2^-n; a trusted literature claim needs as "
        "many sources as records are told",
    }


def interaction_strength(material: Material) -> float:
    """Score of one forged interaction: less where sources are counted."""
    return ALONE if material.trust else 1.0


def of_studies(sources: int) -> float:
    """Weight of a pair that forged studies in so many sources name (`gnn.causality.replicated`)."""
    return float(min(1 - (1 - STUDY) ** np.sqrt(sources), REPLICATED_CAP))


def association_sources(laboratory: Laboratory) -> int:
    """How many sources of the release tell of associations: all that a forger could write to."""
    claims = laboratory.material.claims
    told = claims.predicate == Predicate.GENETICALLY_ASSOCIATED_WITH.value
    return len(np.unique(claims.source[told & ~claims.negated]))


def drawn(
    laboratory: Laboratory,
    seed: int,
    pairs: int = PAIRS,
    among: npt.NDArray[np.bool_] | None = None,
) -> list[Aim]:
    """Pairs without direct evidence and of low rank, one a disease of ten genes or more.

    Args:
        laboratory: The model.
        seed: Of the draw.
        pairs: How many.
        among: Diseases that may be drawn, bool (diseases,); all when None.
    """
    direct = laboratory.material.direct
    rng = np.random.default_rng(seed)
    count = np.bincount(direct.disease, minlength=direct.ontology.n)
    aims = []
    able = count >= 10 if among is None else (count >= 10) & among
    for disease in rng.permutation(np.flatnonzero(able))[:pairs].tolist():
        score = laboratory.scores(laboratory.fitted.causal, disease)
        far = np.argsort(-score, kind="stable")[FAR:]
        far = far[direct.score(disease)[far] == 0]
        if len(far):
            mine = direct.disease == disease
            known = direct.gene[mine][np.argsort(-direct.weight[mine], kind="stable")]
            aims.append(Aim(int(rng.choice(far)), disease, known))
    return aims


def by_interactions(laboratory: Laboratory, aims: Sequence[Aim], strength: float) -> Index:
    """Forged interactions that each pair takes, int64; more than `MOST` where none suffice.

    All pairs are attacked at once, each with interactions of its own gene.
    """
    needed = np.full(len(aims), MOST + 1, np.int64)
    for k in STEPS:
        one = np.concatenate([np.full(len(a.known[:k]), a.gene) for a in aims])
        other = np.concatenate([a.known[:k] for a in aims])
        causal = laboratory.walked_on(one, other, strength)
        _note(needed, k, [_lifted(laboratory, causal, a) for a in aims])
    return needed


def by_claims(laboratory: Laboratory, aims: Sequence[Aim], weight: Mapping[int, float]) -> Index:
    """Forged records of the pair itself that it takes, int64.

    Args:
        laboratory: The model.
        aims: The pairs.
        weight: Direct weight that so many records come to.
    """
    needed = np.full(len(aims), MOST + 1, np.int64)
    for k in STEPS:
        _note(needed, k, [_claimed(laboratory, a, weight[k]) for a in aims])
    return needed


def _claimed(laboratory: Laboratory, aim: Aim, weight: float) -> bool:
    forged = Claimed(np.array([aim.gene]), np.array([aim.disease]), np.array([weight], np.float32))
    causal = laboratory.fitted.causal
    return _lifted(laboratory, replace(causal, direct=forged.added_to(causal.direct)), aim)


def _lifted(laboratory: Laboratory, causal: CausalModel, aim: Aim) -> bool:
    score: Floats = laboratory.scores(causal, aim.disease)
    return int((score > score[aim.gene]).sum()) < WITHIN


def _note(needed: Index, k: int, lifted: Sequence[bool]) -> None:
    first = np.array(lifted) & (needed > MOST)
    needed[first] = k


def _said(needed: Index) -> int | str:
    middle = int(np.median(needed)) if len(needed) else MOST + 1
    return middle if middle <= MOST else f"more than {MOST}"


def _told(needed: Index) -> Figures:
    return {
        "median_records": _said(needed),
        **{f"lifted_by_{k}": share(needed <= k) for k in STEPS},
    }


def share(lifted: npt.NDArray[np.bool_]) -> list[float] | None:
    """Of pairs that were lifted, with its exact 95 % interval (Clopper and Pearson 1934).

    The bootstrap would say of none in 24 that there can be none.
    """
    if not len(lifted):
        return None
    found = int(lifted.sum())
    ends = binomtest(found, len(lifted)).proportion_ci(method="exact")
    return [round(float(v), 4) for v in (found / len(lifted), ends.low, ends.high)]
