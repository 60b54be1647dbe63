"""What noise and forgery do to a model that is trained again on them.

`gnn.robustness` leaves boosting and towers as they were trained; here a forger waits for the next
training. Kernel features, ridge, towers and boosting are fitted anew on the tampered release, once
and with one seed, and compared with a training on the clean release with the same seed. To be
cheap, the diseases asked for are all of one fold, so that one fold's models are enough. Still as
they were: the features of diseases and the calibration curves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gnn.attacks import Attack, attacks
from gnn.bias import served, served_of
from gnn.boosting import Boosted, Boosting, Examples
from gnn.fitted import Fitted
from gnn.forgery import Forged, Laboratory
from gnn.material import Material
from gnn.network import Network
from gnn.ontology import Floats, Index
from gnn.parts import CausalModel
from gnn.poisoning import WITHIN, Aim, drawn, share
from gnn.ranking import interval
from gnn.robustness import TOP, noise, tau, taus
from gnn.threads import one_thread
from gnn.towers import claimed_by_fold, claimed_without, embed, fit

DISEASES, PAIRS, FOLD = 20, 24, 0
NOISE = 0.05
Figures = dict[str, object]
Scores = Mapping[int, Floats]
Pair = tuple[Floats, Floats]
"""Served scores of all genes for a disease, and those of the network part."""


@dataclass(frozen=True)
class Retrainer:
    """Trains the network part of one fold again and scores that fold's diseases.

    Attributes:
        fitted: The model; its curves, and everything but causality, are kept.
        folds: Of all diseases, int64 (diseases,); only those of `FOLD` are scored.
        seed: Of every training.
    """

    fitted: Fitted
    folds: Index
    seed: int

    @one_thread()
    def trained(self, material: Material, seed: int | None = None) -> Fitted:
        """The model with the network part fitted on a release, as `gnn.train` fits the fold's.

        Args:
            material: What to learn from.
            seed: That of this object when None.
        """
        seed = self.seed if seed is None else seed
        direct, held = material.direct, self.folds == FOLD
        visible = direct.evidence_diseases[~held[direct.evidence_diseases]]
        network = Network(
            self.folds,
            material.ridge.genes,
            self._ridge(material, visible),
            *_towers(material, visible, seed),
        )
        boosted = self._boosted(material, seed)
        causal = CausalModel(direct, material.walk, material.profiles, network, boosted)
        return replace(self.fitted, causal=causal)

    def _ridge(self, material: Material, visible: Index) -> npt.NDArray[np.float16]:
        weights = material.ridge.fit(material.direct.matrix, visible)
        every = np.arange(material.ontology.n, dtype=np.int64)
        return material.ridge.queries(weights, every).astype(np.float16)

    def _boosted(self, material: Material, seed: int) -> Boosted:
        direct, ontology = material.direct, material.ontology
        held, count = self.folds == FOLD, int(self.folds.max()) + 1
        own = claimed_by_fold(direct.matrix, ontology, self.folds, count)
        paths = material.paths()
        examples = Examples.draw(paths, own, direct.evidence_diseases, seed, ~held)
        spared = claimed_without(direct.matrix, ontology, held)
        return Boosted(paths, Boosting.fit(examples, [held], [seed], [spared]))


def _towers(
    material: Material, visible: Index, seed: int
) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.float16]]:
    data = material.tower_data()
    towers = fit(data.seeing(visible, material.ontology), visible, seed)
    genes, diseases = embed(towers, data)
    return genes.astype(np.float16)[None, None], diseases.astype(np.float16)[None]


def retraining_figures(
    material: Material, fitted: Fitted, diseases: int = DISEASES, pairs: int = PAIRS, seed: int = 0
) -> Figures:
    """Tau under noise and under another seed, and what poisoning reaches, after training again.

    Args:
        material: The release as the model's variant sees it.
        fitted: The model.
        diseases: Sampled for tau, among those of the fold with ten genes or more.
        pairs: Sampled for poisoning, one a disease.
        seed: Of all draws and of the training; the other seed is the next.
    """
    network = fitted.causal.network
    if network is None:
        return {"not_measured": "the model has no network part"}
    retrainer = Retrainer(fitted, np.asarray(network.fold, np.int64), seed)
    clean = retrainer.trained(material)
    laboratory = Laboratory.of(material, clean)
    count = np.bincount(material.direct.disease, minlength=material.ontology.n)
    able = np.flatnonzero((count >= 10) & (retrainer.folds == FOLD))
    rng = np.random.default_rng(seed)
    asked = np.sort(rng.choice(able, min(diseases, len(able)), replace=False)).tolist()
    aims = drawn(laboratory, seed, pairs, retrainer.folds == FOLD)
    base = {a.disease: served(clean, a.disease) for a in aims}
    before = {d: _scored(clean, d) for d in asked}
    planned = attacks()
    return {
        "diseases": len(asked),
        "pairs": len(aims),
        "trainings": 4 + len(planned),
        "seed": seed,
        "measure": f"Kendall's tau of the first {TOP} of a training on the clean release, over "
        "their order after; one fold's models, one seed",
        "frozen": "features of diseases, calibration curves",
        "other_seed": _order(before, retrainer.trained(material, seed + 1)),
        "edge_noise": {
            f"{kind}{NOISE:.0%}": _noisy(laboratory, retrainer, before, hubs)
            for kind, hubs in (("", False), ("targeted ", True))
        },
        "poisoning": _poisoned(laboratory, retrainer, base, aims, planned),
        "attacks": {attack.key: attack.what for attack in planned},
    }


def _scored(fitted: Fitted, disease: int) -> Pair:
    parts = fitted.causal.parts(disease)
    return served_of(fitted, parts), parts.indirect


def _order(before: Mapping[int, Pair], after: Fitted) -> Figures:
    """Tau of the served score, and of the network part alone."""
    pairs = [zip(was, _scored(after, d), strict=True) for d, was in before.items()]
    rows = np.array([[tau(one, other) for one, other in pair] for pair in pairs])
    return {"tau": interval(rows[:, 0]), "network": interval(rows[:, 1])}


def _noisy(
    laboratory: Laboratory, retrainer: Retrainer, before: Mapping[int, Pair], hubs: bool
) -> Figures:
    """Tau after training again, beside that of the same noise under frozen towers and boosting."""
    asked = list(before)
    forged = noise(laboratory, asked, NOISE, hubs, retrainer.seed)
    after = retrainer.trained(laboratory.tampered(forged))
    still = list(taus(laboratory, laboratory.frozen(forged), laboratory.again(asked)))
    return _order(before, after) | {"frozen": interval(np.array(still))}


def _poisoned(
    laboratory: Laboratory,
    retrainer: Retrainer,
    base: Scores,
    aims: Sequence[Aim],
    planned: Sequence[Attack],
) -> Figures:
    """Share of pairs in the first ten after each attack, all pairs attacked in one training."""
    told: dict[str, Figures] = {}
    for attack in planned:
        forged = attack.on(laboratory.material, aims)
        after = retrainer.trained(laboratory.tampered(forged))
        trained = {a.disease: served(after, a.disease) for a in aims}
        frozen = dict(_frozen(laboratory, forged, aims))
        lifted, still = _lifted(trained, aims), _lifted(frozen, aims)
        told.setdefault(attack.name, {})[f"lifted_by_{attack.records}"] = share(lifted)
        told[attack.name] |= {
            f"frozen_lifted_by_{attack.records}": share(still),
            f"gain_by_{attack.records}": interval(lifted.astype(float) - still),
            f"median_rank_by_{attack.records}": {
                name: int(np.median(_ranks(scores, aims)))
                for name, scores in (("before", base), ("frozen", frozen), ("trained", trained))
            },
        }
    return dict(told)


def _frozen(
    laboratory: Laboratory, forged: Forged, aims: Sequence[Aim]
) -> Iterator[tuple[int, Floats]]:
    """Scores of each aim's disease with the forged things under frozen towers and boosting."""
    causal = laboratory.frozen(forged)
    ridge = laboratory.ridge(causal.direct, [a.disease for a in aims])
    for disease in (a.disease for a in aims):
        yield disease, laboratory.scores(causal, disease, ridge.get(disease))


def _ranks(scores: Scores, aims: Sequence[Aim]) -> Index:
    """Rank of each aim's gene, 1 the best, int64 (aims,)."""
    better = [int((scores[a.disease] > scores[a.disease][a.gene]).sum()) for a in aims]
    return np.array(better, np.int64) + 1


def _lifted(scores: Scores, aims: Sequence[Aim]) -> npt.NDArray[np.bool_]:
    return np.asarray(_ranks(scores, aims) <= WITHIN)
