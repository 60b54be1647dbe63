"""How far scores move when evidence is noisy, when a source is missing, and when it is forged.

Everything is scored again without retraining (see `gnn.forgery` for what is frozen; what a
training on noise and forgery does is measured in `gnn.retraining`), on sampled diseases whose
number is told with the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy.stats import kendalltau

from gnn.fitted import Fitted
from gnn.forgery import INTERACTION, Claimed, Forged, Laboratory
from gnn.held_out import Held, zero_shot_draw
from gnn.ledger import Unit
from gnn.material import Material
from gnn.ontology import Floats
from gnn.parts import CausalModel
from gnn.poisoning import poisoning_figures
from gnn.ranking import MEASURES, interval, measures
from gnn.trust import trusted_incidence
from gnn.trust_price import blind, price

DISEASES, TOP = 20, 100
SHARES = {"1%": 0.01, "5%": 0.05}
HUBS = 200
RECALL = MEASURES.index("recall@200")
"""Place of recall@200 in `gnn.ranking.measures`."""
Figures = dict[str, object]


def robustness_figures(
    material: Material, fitted: Fitted, diseases: int = DISEASES, draws: int = 1, seed: int = 0
) -> Figures:
    """Kendall's tau under noise, drop-out and other seeds; what poisoning takes; what trust costs.

    Args:
        material: The release as the model's variant sees it.
        fitted: The model.
        diseases: Sampled for tau; drawn among those with ten genes or more.
        draws: Of the disease-disjoint split, for what a source's absence costs.
        seed: Of all draws.
    """
    laboratory = Laboratory.of(material, fitted)
    count = np.bincount(material.direct.disease, minlength=material.ontology.n)
    able = np.flatnonzero(count >= 10)
    rng = np.random.default_rng(seed)
    asked = np.sort(rng.choice(able, min(diseases, len(able)), replace=False)).tolist()
    base = laboratory.again(asked)
    trusted = replace(laboratory, interactions=trusted_incidence(material.graph, INTERACTION))
    return {
        "diseases": len(asked),
        "measure": f"Kendall's tau of the first {TOP} before, over their order after",
        "frozen": "towers, boosting, features of relations, own return of the walk, calibration",
        "edge_noise": {
            f"{kind}{name}": interval(
                np.array(list(taus(laboratory, laboratory.frozen(forged), base)))
            )
            for kind, hubs in (("", False), ("targeted ", True))
            for name, share in SHARES.items()
            for forged in [noise(laboratory, asked, share, hubs, seed)]
        },
        "seeds": _seeds(fitted, asked),
        "without_source": _dropped(laboratory, base, draws),
        "poisoning": poisoning_figures(laboratory, trusted, seed),
        "trust_price": price(material),
    }


def tau(before: Floats, after: Floats, top: int = TOP) -> float:
    """Kendall's tau-b of the first genes before, by both scores."""
    first = np.argsort(-before, kind="stable")[:top]
    return float(kendalltau(-np.arange(len(first)), after[first]).statistic)


def noise(
    laboratory: Laboratory, diseases: Sequence[int], share: float, hubs: bool, seed: int
) -> Forged:
    """A share of forged records and interactions.

    Targeted noise goes from hubs (the `HUBS` genes of most edges) to the very diseases asked for
    and to their genes; random noise from any gene to any.
    """
    direct, rng = laboratory.material.direct, np.random.default_rng(seed)
    degree = laboratory.fitted.bias.degree
    sources = np.argsort(-degree)[:HUBS] if hubs else np.arange(direct.n_genes)
    aims = np.array(diseases) if hubs else direct.evidence_diseases
    near = direct.gene[np.isin(direct.disease, aims)]
    many = int(share * len(direct.gene))
    claimed = Claimed(
        rng.choice(sources, many), rng.choice(aims, many), rng.choice(direct.weight, many)
    )
    edges = int(share * laboratory.interactions.nnz / 2)
    return Forged(claimed, rng.choice(sources, edges), rng.choice(near, edges))


def taus(
    laboratory: Laboratory, causal: CausalModel, base: Mapping[int, Floats]
) -> Iterator[float]:
    """Tau of each disease before and after, ridge fitted again on the evidence of after."""
    ridge = laboratory.ridge(causal.direct, list(base))
    for disease, before in base.items():
        yield tau(before, laboratory.scores(causal, disease, ridge.get(disease)))


def _seeds(fitted: Fitted, asked: list[int]) -> list[float] | None:
    """Tau of the network part between its trainings; None for one training."""
    found = []
    for disease in asked:
        by_seed = fitted.causal.parts(disease).indirect_by_seed
        found += [tau(a, b) for a, b in combinations(by_seed, 2)]
    return interval(np.array(found)) if found else None


def _dropped(laboratory: Laboratory, base: Mapping[int, Floats], draws: int) -> Figures:
    """Tau without each source, and the change of recall of ridge and walks that never saw it."""
    ledger, direct = laboratory.fitted.ledger, laboratory.material.direct
    held = [zero_shot_draw(laboratory.material, draw) for draw in range(draws)]
    whole = np.concatenate([_recalls(h) for h in held])
    told: Figures = {"queries": len(whole)}
    for unit in (u for u in ledger.units if u.kind == "source"):
        left = ledger.without(direct, unit)
        causal = replace(laboratory.fitted.causal, direct=left)
        fewer = np.concatenate([_recalls(_lacking(h, laboratory, unit)) for h in held])
        told[unit.name] = {
            "tau": interval(np.array(list(taus(laboratory, causal, base)))),
            "recall@200": interval(fewer - whole),
        }
    return told


def _lacking(held: Held, laboratory: Laboratory, unit: Unit) -> Held:
    """A draw whose visible evidence has no record of a source; what is asked stays."""
    whole = laboratory.material.direct
    hidden = np.setdiff1d(np.arange(whole.ontology.n), held.visible.evidence_diseases)
    left = laboratory.fitted.ledger.without(whole, unit)
    kept = ~np.isin(left.disease, hidden)
    visible = replace(
        left, gene=left.gene[kept], disease=left.disease[kept], weight=left.weight[kept]
    )
    return replace(held, visible=visible)


def _recalls(held: Held) -> Floats:
    score = blind(held)
    rows = [measures(score(q.disease), q)[RECALL] for q in held.queries]
    return np.array(rows, np.float32)
