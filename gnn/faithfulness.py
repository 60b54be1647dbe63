"""Whether explanations tell what the scores rest on: report figures, beside trivial explanations.

- *Deletion and insertion*: the k grounds that an explanation names first are taken out of the
  model (or are all that is left), and the pair is scored again by `gnn.rescoring`; an explanation
  is faithful when that costs (or keeps) more than k random grounds, or the k of highest degree.
  Grounds are the gene's own records and the seeds that walks bring to it.
- *Fidelity+/- and unfaithfulness* are PyTorch Geometric's own metrics (GraphFramEx, Amara et al.
  2022; GEF, Agarwal et al. 2023) of the same explanations, over the pair's graph of grounds. The
  class is whether the gene is in the disease's first `TOP`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from gnn.ahead import ahead
from gnn.contributions import channels, network_terms
from gnn.counterfactuals import Counterfactuals, for_disease
from gnn.fitted import Fitted
from gnn.grounds import Items
from gnn.ledger import Unit
from gnn.ranking import interval
from gnn.rescoring import Pair
from gnn.target_score import Weights

PAIRS, PAIRS_A_DISEASE = 120, 3
SIZES = (1, 3, 5)
EXPLANATIONS = ("shown", "random", "degree")
TOP = 200
"""Rank to which a gene counts as found."""
Values = npt.NDArray[np.float64]
Figures = dict[str, object]


def explanation_figures(fitted: Fitted, pairs: int = PAIRS, seed: int = 0) -> Figures:
    """Faithfulness of explanations beside random and degree-only ones.

    Args:
        fitted: The model, as it is served.
        pairs: Pairs of high-ranking genes and diseases, a few a disease.
        seed: Of their draw.

    Returns:
        Share of the probability that is lost by deletion and kept by insertion, what the
        explanation gains over the others, with 95 % intervals over diseases, PyG's metrics, and
        what asking boosting again changes in ranks without a source.
    """
    from gnn.fidelity import pyg_metrics  # torch

    items = list(sampled(fitted, pairs, seed))
    clusters = [i.pair.disease for i in items]
    measured = [_measured(i, n) for n, i in enumerate(items)]
    found = {name: np.stack([m[name] for m in measured]) for name in EXPLANATIONS}
    ours = found["shown"]

    def told(values: Values) -> Figures:
        return {
            what: {f"first {k}": interval(values[:, i, j], clusters) for j, k in enumerate(SIZES)}
            for i, what in enumerate(("deletion", "insertion"))
        }

    stable = [v for v in (i.pair.stability() for i in items) if v is not None]
    metrics = pyg_metrics(items, seed)
    return {
        "pairs": len(items),
        "diseases": len(set(clusters)),
        "unit": "share of the probability of causality lost without the first grounds (deletion) "
        "and kept with them alone (insertion); all other genes, ridge and towers as they are",
        **{name: told(values) | metrics[name] for name, values in found.items()},
        "gain_over": {name: told(ours - found[name]) for name in EXPLANATIONS[1:]},
        "stability": interval(np.array(stable)) if stable else None,
        "pyg": "fidelity and unfaithfulness of the first 5 grounds; the class is whether the "
        f"probability reaches that of the disease's gene at rank {TOP}",
        "counterfactuals": exact_figures(fitted, items),
    }


def exact_figures(fitted: Fitted, items: Sequence[Items]) -> Figures:
    """How far ranks without a source move where boosting is asked again of what is left.

    Args:
        fitted: The model.
        items: Pairs; of each disease the first is asked for, without every source of its records
            and seeds.

    Returns:
        Number of ranks, the share that is the same, and by what factor ranks differ (the larger
        over the smaller): median, ninth decile and most; empty without boosting.
    """
    if fitted.causal.boosted is None or fitted.causal.simple:
        return {}
    pairs = {i.pair.disease: i.pair for i in reversed(items)}.values()
    ledger, asked, weights = fitted.said_ledger, Counterfactuals(fitted), Weights()
    sources = [unit for unit in ledger.units if unit.kind == "source"]
    wanted = [(pair, unit) for pair in pairs for unit in sources]

    def both(one: tuple[Pair, Unit]) -> tuple[int, int]:
        pair, unit = one
        asked.model(pair.disease, pair.parts.boosting)  # prepared by what boosting said already
        known = (pair.gene, pair.disease, unit, weights)
        return asked.rank(*known), asked.rank(*known, exact=True)

    ranks = np.array(list(ahead(both, wanted)), np.float64)
    factor = ranks.max(axis=1) / ranks.min(axis=1)
    return {
        "ranks": len(ranks),
        "same": round(float((factor == 1.0).mean()), 4),
        "factor": {
            name: round(float(np.quantile(factor, share)), 3)
            for name, share in (("median", 0.5), ("ninth decile", 0.9), ("most", 1.0))
        },
    }


def sampled(fitted: Fitted, pairs: int, seed: int) -> Iterator[Items]:
    """Pairs among the first `TOP` of sampled diseases with evidence, with their grounds."""
    direct = fitted.causal.direct
    spread = np.bincount(direct.disease, minlength=direct.ontology.n).astype(np.float64)
    rng = np.random.default_rng(seed)
    left = pairs
    for disease in rng.permutation(direct.evidence_diseases).tolist():
        model = for_disease(fitted, disease)
        parts = model.causal.parts(disease)
        probability = model.curves(parts)
        best = np.argsort(-probability, kind="stable")[:TOP]
        for gene in rng.choice(best, PAIRS_A_DISEASE, replace=False).tolist():
            pair = Pair.of(model, gene, disease, parts)
            terms = network_terms(parts, gene, pair.walks)
            shares = channels(parts, gene, model.curves, terms)
            items = Items.of(pair, shares, spread)
            if len(items) > max(SIZES) and left > 0:
                left -= 1
                yield items
        if left <= 0:
            return


def _measured(items: Items, seed: int) -> dict[str, Values]:
    """By explanation: share of the probability lost and kept at each size, (2, sizes)."""
    pair = items.pair
    whole = pair.probability(pair.everything)
    found = {}
    for name, order in items.orders(seed).items():
        chosen = [items.chosen(order[:k]) for k in SIZES]
        lost = [whole - pair.probability(c.inverse) for c in chosen]
        kept = [pair.probability(c) for c in chosen]
        found[name] = np.array([lost, kept]) / max(whole, 1e-12)
    return found
