"""The section on reversibility, run whole on small data against outcomes counted apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gnn import evaluate, report
from gnn import reversibility_figures as of_trials
from gnn.baselines import CARRIED, DIRECT_AND_WALKS, FROM_NEAR_KIN, FROM_PICTURE, whatever
from gnn.clustered import log_odds
from gnn.course import Onset
from gnn.direction import Mechanisms, Signs
from gnn.evaluate import Evaluated, reversibility_of
from gnn.network import percentile
from gnn.outcomes import SELECTIVE, Outcomes
from gnn.parts import Parts
from gnn.propagation import STEPS
from gnn.reversibility_figures import Tried, reversibility_figures, tried_pairs
from gnn.trials import Trials
from kg.biolink import EvidenceClass
from kg.compile import CLASSES
from tests.vetoes import left_for

LEAST_TRIED = 300
"""Tried genes that a disease needs here, so that few are judged."""


@pytest.fixture(scope="module")
def tried(evaluated: Evaluated) -> Tried:
    fitted = evaluated.fitted
    graph = evaluated.material.graph
    baselines = {name: whatever(score) for name, score in evaluated.fame.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_trials, "LEAST_TRIED", LEAST_TRIED)
        return tried_pairs(graph, fitted, baselines)


def reached_by_hand(evaluated: Evaluated, most: int = 10**6) -> dict[tuple[str, str], float]:
    """Highest phase of a drug that acts on the gene, and on few others, by gene and disease."""
    labels = evaluated.material.graph.release.table("labels")
    rows = zip(
        labels["kind"].cast("string").to_pylist(),
        labels["subject"].cast("string").to_pylist(),
        labels["object"].cast("string").to_pylist(),
        labels["number"].to_pylist(),
        strict=True,
    )
    told = [row for row in rows if row[0] in ("drug_mechanism", "drug_indication")]
    treats: dict[str, list[tuple[str, float]]] = {}
    for kind, drug, disease, phase in told:
        if kind == "drug_indication":
            treats.setdefault(drug, []).append((disease, float(np.nan_to_num(phase or 0.0))))
    known = set(evaluated.material.graph.genes.ids)
    acts = {(drug, gene) for kind, drug, gene, _ in told if kind == "drug_mechanism"}
    targets = Counter(drug for drug, gene in acts if gene in known)
    best: dict[tuple[str, str], float] = {}
    for drug, gene in acts:
        for disease, phase in treats.get(drug, ()) if targets[drug] <= most else ():
            best[gene, disease] = max(phase, best.get((gene, disease), 0.0))
    return best


def test_reversibility_is_judged_on_pairs_with_trials(evaluated: Evaluated, tried: Tried) -> None:
    graph = evaluated.material.graph
    genes, diseases = set(graph.genes.ids), set(graph.diseases.ids)
    best = {
        (g, d): p
        for (g, d), p in reached_by_hand(evaluated).items()
        if p >= 1.0 and g in genes and d in diseases
    }
    count = Counter(d for _, d in best)
    expected = {pair: p for pair, p in best.items() if count[pair[1]] >= LEAST_TRIED}
    found = {
        (graph.genes.ids[g], graph.diseases.ids[d]): (late, approved)
        for g, d, late, approved in zip(
            tried.gene.tolist(),
            tried.disease.tolist(),
            tried.late.tolist(),
            tried.approved.tolist(),
            strict=True,
        )
    }
    assert len(found) == len(tried.gene)
    assert found == {pair: (p >= 3.0, p >= 4.0) for pair, p in expected.items()}
    by_few = reached_by_hand(evaluated, SELECTIVE)
    told = [by_few.get(pair, 0.0) for pair in found]
    assert tried.selective.tolist() == told
    few = tried.of_selective
    assert 0 < len(few.gene) < len(tried.gene)
    assert few.approved.sum() == sum(p >= 4.0 for p in told)


def test_genetic_support_is_a_record_of_the_disease_or_one_all_but_it(
    evaluated: Evaluated, tried: Tried
) -> None:
    direct = evaluated.fitted.causal.direct
    support = tried.supported
    assert 0 < support.sum() < len(support)
    for number in [*np.flatnonzero(support)[:20], *np.flatnonzero(~support)[:20]]:
        mine = direct.disease[direct.gene == tried.gene[number]]
        like = direct.ontology.lin(int(tried.disease[number]))[mine]
        assert (like >= 0.8).any() == support[number]


def test_nothing_behind_reversibility_was_made_from_trials(evaluated: Evaluated) -> None:
    classes = np.unique(evaluated.fitted.ledger.records["evidence_class"])
    assert EvidenceClass.CLINICAL not in {CLASSES[c] for c in classes}
    assert evaluated.fitted.causal.served is None


NETWORK = ("kernel_ridge", "boosting", "graph_network", "stacked")


def test_every_baseline_of_rankings_has_a_row(evaluated: Evaluated, tried: Tried) -> None:
    walks = {CARRIED, FROM_NEAR_KIN, FROM_PICTURE, DIRECT_AND_WALKS}
    assert {*walks, *NETWORK, *evaluated.fame} < set(tried.scores)
    # No walk by clinical picture starts on the bundled slice.
    for name in (*walks - {FROM_PICTURE}, *NETWORK, *evaluated.fame):
        assert np.isfinite(tried.scores[name]).all(), name
        assert len(np.unique(tried.scores[name])) > 10, name
    degree = evaluated.fame["degree"][tried.gene]
    assert np.array_equal(tried.scores["degree"], degree.astype(np.float64))


def test_direct_evidence_by_kinship_and_picture_is_that_of_its_records(
    evaluated: Evaluated, tried: Tried
) -> None:
    causal = evaluated.fitted.causal
    direct, found = causal.direct, tried.scores[CARRIED]
    for number in [*np.argsort(-found)[:10], *np.flatnonzero(found == 0)[:10]]:
        gene, disease = int(tried.gene[number]), int(tried.disease[number])
        near = causal.profiles.neighbours(disease, direct.evidence_diseases)
        like = direct.ontology.lin(disease)
        left = left_for(direct, gene, disease)
        records = [
            (float(w * left[d]), float(like[d]), float(near[d]))
            for g, d, w in zip(direct.gene, direct.disease, direct.weight, strict=True)
            if g == gene
        ]
        by_kin = max((w * lin**3 for w, lin, _ in records), default=0.0)
        by_picture = max((w * n for w, _, n in records), default=0.0)
        expected = by_kin + 0.5 * by_picture
        assert found[number] == pytest.approx(expected, abs=1e-5)


def test_pagerank_starts_from_others_alone(evaluated: Evaluated, tried: Tried) -> None:
    """The walk written out, a tried gene's own evidence taken away before it starts."""
    causal, found = evaluated.fitted.causal, tried.scores[FROM_NEAR_KIN]
    back, stay = causal.walk.matrix.T.tocsr().astype(np.float64), causal.walk.stay
    disease = int(tried.disease[np.argmax(found)])
    mine = np.flatnonzero(tried.disease == disease)
    arrives = []
    for gene in tried.gene[mine].tolist():
        here = causal.direct.weighted(causal.kin(disease)).astype(np.float64)
        here[gene] = 0.0
        here /= here.sum()
        total = (1 - stay) * here
        for _ in range(STEPS):
            here = stay * (back @ here)
            total += (1 - stay) * here
        arrives.append(total[gene])
    whole = causal.walked(disease)
    assert whole[tried.gene[mine]] == pytest.approx(arrives, abs=1e-6)
    share = percentile(whole)[tried.gene[mine]]
    told = np.where(whole[tried.gene[mine]] > 0, -np.log10(1 - share) / 3, 0).clip(0, 1)
    assert found[mine] == pytest.approx(told, abs=1e-3)


def test_baselines_read_no_drug(evaluated: Evaluated, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drugs' signs tell reversibility and the direction; no other row."""
    fitted, rng = evaluated.fitted, np.random.default_rng(0)
    disease = int(fitted.causal.direct.evidence_diseases[0])
    outcomes = Outcomes.of(evaluated.material.graph)
    asked = (fitted, outcomes, disease)
    n = fitted.causal.direct.n_genes
    inhibit = rng.random(n) < 0.5
    votes = SimpleNamespace(any_inhibit=inhibit, any_activate=~inhibit)
    monkeypatch.setattr(Mechanisms, "of_pairs", lambda *_: votes)
    before = of_trials._scores(*asked)
    random = Signs(*rng.integers(0, 9, (2, n)).astype(np.float32))
    monkeypatch.setattr(Outcomes, "signs_without", lambda *_: random)
    after = of_trials._scores(*asked)
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {"without_onset", "direction_alone"}


@pytest.mark.parametrize("served", [True, False])
def test_onset_is_learned_on_the_half_to_choose_on_and_judged_as_served(
    evaluated: Evaluated, monkeypatch: pytest.MonkeyPatch, served: bool
) -> None:
    """Planted: a factor of a half for every second disease, which the model serves or not."""
    graph = evaluated.material.graph
    n, given = len(graph.diseases), []
    shift = np.where(np.arange(n) % 2 == 0, np.log(0.5), 0.0).astype(np.float32)
    gain = np.full(3, 0.1 if served else -0.1, np.float32)
    onset = replace(evaluated.fitted.onset, gain=gain)
    fitted = replace(evaluated.fitted, onset=onset)

    def fit(trials: Trials, *others: Any) -> Onset:
        given.append((trials, *others))
        return replace(onset, stage=np.zeros(n, np.int8), log_odds=shift)

    monkeypatch.setattr(of_trials, "LEAST_TRIED", LEAST_TRIED)
    monkeypatch.setattr(of_trials, "Onset", SimpleNamespace(fit=fit))
    pairs = tried_pairs(graph, fitted, {})
    ((trials, curve, *_),) = given
    half = np.unique(pairs.disease[pairs.to_choose])
    assert trials.disease.tolist() == np.intersect1d(half, fitted.outcomes.diseases).tolist()
    assert not pairs.to_choose.all()
    assert curve is trials.curve
    assert curve is not None
    raw, drugged = pairs.scores[of_trials.WITHOUT_ONSET], fitted.outcomes.drugged
    for disease, (scores, late) in zip(trials.disease.tolist(), trials.rows, strict=True):
        mine = pairs.disease == disease
        place = np.searchsorted(np.flatnonzero(drugged), pairs.gene[mine])
        assert scores[place] == pytest.approx(raw[mine])
        assert (pairs.late[mine] <= late[place]).all()
        assert len(late) == drugged.sum()
    expected = log_odds(curve(raw)) + shift[pairs.disease]
    assert pairs.scores[of_trials.WITH_ONSET] == pytest.approx(expected, abs=1e-5)
    chosen = of_trials.WITH_ONSET if served else of_trials.WITHOUT_ONSET
    assert np.array_equal(pairs.scores["reversibility"], pairs.scores[chosen])
    found: Mapping[str, Any] = reversibility_figures(pairs)
    assert found["onset"]["served"] == served
    assert found["gain_over"][chosen] == [0.0, 0.0, 0.0]


def test_parts_alone_are_as_they_are_and_those_not_trained_have_no_row() -> None:
    rng = np.random.default_rng(0)
    direct, walk, picture, indirect, ridge, towers = rng.random((6, 50)).astype(np.float32)
    boosting = rng.random((3, 50)).astype(np.float32)
    walks = (direct, walk, picture)
    whole = Parts(*walks, indirect, indirect[None], ridge, towers, boosting)
    found = of_trials._of_parts(whole)
    expected = {
        FROM_NEAR_KIN: walk,
        FROM_PICTURE: picture,
        DIRECT_AND_WALKS: whole.supported,
        "kernel_ridge": ridge,
        "boosting": boosting.mean(axis=0),
        "graph_network": towers,
        "stacked": indirect,
    }
    assert set(found) == set(expected)
    for name, score in expected.items():
        assert np.array_equal(found[name], score), name
    unboosted = of_trials._of_parts(replace(whole, boosting=None))
    assert set(found) - set(unboosted) == {"boosting"}
    assert set(found) - set(of_trials._of_parts(whole.summed)) == set(NETWORK)


def test_disease_groups_are_for_choosing_or_reported_and_never_both(
    evaluated: Evaluated, tried: Tried
) -> None:
    truth = tried.late.astype(np.float64)
    scores = {
        "knowing": truth,
        "wrong": -truth,
        "reversibility": truth,
        "causality_alone": np.zeros(len(truth)),
        "group": tried.group.astype(np.float64),
    }
    found: Mapping[str, Any] = reversibility_figures(replace(tried, scores=scores))
    methods = found["methods"]
    assert methods["knowing"]["auroc"] == [1.0, 1.0, 1.0]
    assert methods["wrong"]["auroc"] == [0.0, 0.0, 0.0]
    assert methods["causality_alone"]["auroc"][0] == 0.5
    assert found["gain_over"]["causality_alone"][0] == 0.5
    assert found["gain_over"]["wrong"] == [1.0, 1.0, 1.0]
    assert set(found["gain_over"]) == set(scores) - {"reversibility"}
    assert methods["causality_alone"]["relative_success_late_top_5"][0] == pytest.approx(1.0)
    assert found["on_validation"]["knowing"] == 1.0
    ontology = evaluated.material.ontology
    chosen = (np.random.default_rng(50).random(int(tried.group.max()) + 1) < 0.5)[tried.group]
    assert found["pairs"] == int((~chosen).sum())
    assert found["prevalence"] == pytest.approx(truth[~chosen].mean(), abs=1e-4)
    for told, judged in (
        (found, tried.keep(~chosen)),
        (found["selective"], tried.keep(~chosen).of_selective),
    ):
        assert told["pairs"] == len(judged.gene)
        assert told["support"]["pairs"] == judged.supported.sum()
        with_it, without = (
            judged.approved[m].mean() for m in (judged.supported, ~judged.supported)
        )
        ratio, lower, upper = told["support"]["relative_success_approved"]
        assert ratio == pytest.approx(with_it / without, abs=1e-3)
        assert lower <= ratio <= upper
    one, other = (np.unique(tried.disease[half]) for half in (chosen, ~chosen))
    assert not set(one.tolist()) & set(other.tolist())
    for disease in other[:20].tolist():
        assert (ontology.lin(disease)[one] < 0.9).all()


def test_the_reversibility_section_is_of_those_pairs(
    evaluated: Evaluated, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "tried_pairs", lambda *_: tried)
    found: Mapping[str, Any] = reversibility_of(evaluated)
    assert set(found["methods"]) >= {"reversibility", "direct_alone", "publications", "degree"}
    for row in found["methods"].values():
        assert row["auroc"][1] <= row["auroc"][0] <= row["auroc"][2]
    assert "--no-embedding" in found["embedding"]["not_measured"]
    page = "".join(report._reversibility(found))
    for name in found["methods"]:
        assert f"<td>{name.replace('_', ' ')}</td>" in page
    assert found["embedding"]["not_measured"] in page
