"""The section on reversibility, run whole on small data against outcomes counted apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gnn import evaluate
from gnn import reversibility_figures as of_trials
from gnn.evaluate import Evaluated, reversibility_of
from gnn.outcomes import SELECTIVE
from gnn.reversibility_figures import Tried, reversibility_figures, tried_pairs
from kg.biolink import EvidenceClass
from kg.compile import CLASSES

LEAST_TRIED = 300
"""Tried genes that a disease needs here, so that few are judged."""


@pytest.fixture(scope="module")
def tried(evaluated: Evaluated) -> Tried:
    fitted = evaluated.fitted
    graph = evaluated.material.graph
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_trials, "LEAST_TRIED", LEAST_TRIED)
        return tried_pairs(graph, fitted.causal, fitted.curves, fitted.mechanisms, evaluated.fame)


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
    assert found["gain_over_causality_alone"][0] == 0.5
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
