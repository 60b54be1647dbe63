"""What tractability rests on: what columns add, drugs on the gene, and drugs on its relatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gnn.druggability import Plan, Shares, cross_fit, gene_groups
from gnn.drugs import modality_of
from gnn.explain_druggability import PRECEDENT
from gnn.graph import Graph
from gnn.score import Scorer
from gnn.target_score import MODALITIES
from gnn.tractability_grounds import FAMILY, GROUNDS
from kg.biolink import Predicate

FH = "MONDO:0005439"


def test_what_columns_add_is_what_a_model_says_above_the_mean(graph: Graph) -> None:
    """The oracle is each model's own margin, by what it adds; a ground without columns adds 0."""
    rng = np.random.default_rng(0)
    n = len(graph.genes)
    told, useless = rng.normal(size=(n, 1)).astype(np.float32), np.zeros((n, 1), np.float32)
    positive = told[:, 0] + rng.normal(size=n) > 1.5
    fold = rng.integers(0, 3, n)
    place, other = GROUNDS.index("surface"), GROUNDS.index("constraint")
    shares = Shares((np.array([place, other]),), np.zeros((n, len(GROUNDS)), np.float32))
    plan = Plan(fold, lambda mine: ~mine, bags=1, trees=30)
    margin = cross_fit((np.hstack([told, useless]),), positive, plan, 0, shares)[0]
    left = np.delete(shares.found, place, axis=1)
    assert not left.any()
    for mine in (fold == f for f in range(3)):
        base = margin[mine] - shares.found[mine, place]
        assert base == pytest.approx(np.full(mine.sum(), base.mean()), abs=1e-4)


def test_druggability_is_explained_by_its_own_grounds_and_by_drugs(
    scorer: Scorer, graph: Graph
) -> None:
    drug, ids = scorer.fitted.druggable, scorer.genes.ids
    best = drug.suited
    place = np.arange(len(ids))
    own = (drug.phase >= 1.0).any(axis=0)
    family = drug.grounds[best, place, GROUNDS.index(FAMILY)].astype(np.float32)
    away = np.where(own, -np.inf, family)
    asked = [*np.flatnonzero(own)[:6], *np.argsort(-away)[:3], *np.argsort(family)[:2]]
    cluster = gene_groups(graph)
    for gene in map(int, asked):
        found = scorer.explain(ids[gene], FH, "druggability")
        assert found.objective == "druggability"
        assert (found.by_class, found.by_channel, found.counterfactuals) == ({}, {}, {})
        for modality, added in found.grounds.items():
            at = MODALITIES.index(modality)
            assert list(added) == list(GROUNDS)
            assert list(added.values()) == pytest.approx(drug.grounds[at, gene].tolist())
        channels = {p.channel for p in found.paths}
        assert (PRECEDENT in channels) == own[gene]
        relatives = [p for p in found.paths if p.channel == FAMILY]
        assert bool(relatives) <= (family[gene] > 0)
        if relatives:
            whole = sum(p.contribution for p in relatives)
            assert whole == pytest.approx(float(family[gene]), abs=1e-3)
        for path in found.paths:
            assert path.hops[-1].predicate == Predicate.AFFECTS
            assert ids[gene] in {h.subject for h in path.hops} | {h.object for h in path.hops}
            for hop in path.hops:
                edges = scorer.store.edges_between([(hop.subject, hop.object)])[0]
                known = {r.id for rows in scorer.store.evidence_of(edges) for r in rows}
                assert hop.evidence
                assert set(hop.evidence) <= known
        for path in relatives:
            first, second, last = path.hops
            assert first.object == second.object
            assert last.object == second.subject != ids[gene]
            number = scorer.genes.position[second.subject]
            assert drug.phase[best[gene], number] >= 1.0
            assert cluster[number] != cluster[gene]
            assert drug.fold[number] != drug.fold[gene]
            drugs = pa.chunked_array([pa.array([last.subject], pa.string())])
            assert modality_of(graph, drugs) == [MODALITIES[best[gene]]]


def test_the_service_tells_what_tractability_rests_on(
    ask: Callable[..., dict[str, Any]], scorer: Scorer
) -> None:
    found = ask(
        """query($d: String!) { explain(target: "LDLR", disease: $d, objective: "druggability") {
        objective grounds { modality added { key value } } byClass { key } notes
        paths { channel contribution hops { subjectName predicate evidence { id } } } } }""",
        d=FH,
    )["explain"]
    mine = scorer.explain("LDLR", FH, "druggability")
    assert [g["modality"] for g in found["grounds"]] == list(mine.grounds)
    for told in found["grounds"]:
        assert {v["key"]: v["value"] for v in told["added"]} == mine.grounds[told["modality"]]
    assert found["byClass"] == []
    assert len(found["paths"]) == len(mine.paths)
    assert all(hop["evidence"] for path in found["paths"] for hop in path["hops"])
