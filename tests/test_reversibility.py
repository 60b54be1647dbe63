"""Reversibility: no outcome reaches what predicts it, and its figures are what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from api.answers import course_json, explanation_lines
from gnn import explain as explain_module
from gnn.course import COURSE_KEY, course
from gnn.direction import Mechanisms, Signs, agreement
from gnn.disease_scores import DiseaseScores
from gnn.drugs import FIRST_PHASE
from gnn.graph import Graph
from gnn.objective import CAUSALITY, Variant
from gnn.outcomes import SAME_DISEASE, Outcomes
from gnn.reversibility import MEANING, raw_score
from gnn.reversibility_figures import relative_success
from gnn.score import Scorer
from kg.biolink import EvidenceClass
from kg.compile import CLASSES
from kg.embedded_store import EmbeddedStore
from kg.model import Fact
from kg.release import Release
from tests.signs import tried_for, turned_round

FH = "MONDO:0005439"


@pytest.fixture(scope="module")
def outcomes(graph: Graph) -> Outcomes:
    return Outcomes.of(graph)


def test_served_reversibility_hears_no_drug_that_was_tried_for_the_disease(scorer: Scorer) -> None:
    """Turned round, the signs of such drugs change no gene's; those of the others change some.

    Planted: a mechanism of every gene, which asks to activate it.
    """
    outcomes = scorer.fitted.outcomes
    number = scorer.disease_number(FH)
    genes = np.arange(outcomes.acts.shape[1], dtype=np.int64)
    asks = Mechanisms(
        genes,
        np.full_like(genes, number),
        np.ones(len(genes), np.int8),
        np.ones(len(genes), bool),
        np.zeros_like(genes),
    )
    model = replace(scorer.fitted, mechanisms=asks)
    tried = tried_for(outcomes, model.causal.direct.ontology.lin(number))
    assert tried.any()
    before = DiseaseScores.of(model, number).reversibility
    assert before is not None
    for turned, same in ((tried, True), (~tried, False)):
        again = replace(model, outcomes=turned_round(outcomes, turned))
        after = DiseaseScores.of(again, number).reversibility
        assert after is not None
        assert np.array_equal(after.probability, before.probability) == same


def test_late_pairs_are_tried_pairs_and_their_drugs_act_on_the_gene(outcomes: Outcomes) -> None:
    tried, late = outcomes.reaching(FIRST_PHASE), outcomes.late
    assert 0 < late.nnz < tried.nnz
    assert (late.astype(int) - late.multiply(tried).astype(int)).nnz == 0
    assert outcomes.drugged[late.tocoo().row].all()


def test_signs_of_all_drugs_are_those_of_the_labels(graph: Graph, outcomes: Outcomes) -> None:
    nowhere = np.zeros(len(graph.diseases), np.float32)
    everything, labels = outcomes.signs_without(nowhere), Signs.of(graph)
    assert everything.inhibitors == pytest.approx(labels.inhibitors)
    assert everything.activators == pytest.approx(labels.activators)


def test_the_drugs_of_a_pair_tell_nothing_of_its_outcome(graph: Graph, outcomes: Outcomes) -> None:
    """Nor does another record of such a drug: the oracle is the first block of its InChIKey."""
    table = graph.release.table("compounds", ["id", "inchikey"]).to_pylist()
    keys = {row["id"]: row["inchikey"].split("-")[0] for row in table if row["inchikey"]}
    names = [keys.get(i, i) for i in graph.store.ids_of(outcomes.drug_at)]
    twins = 0
    for disease in outcomes.diseases[:20].tolist():
        likeness = graph.disease_ontology.lin(disease)
        signs = outcomes.signs_without(likeness)
        near = np.flatnonzero(likeness >= SAME_DISEASE)
        own = np.asarray((outcomes.phase[:, near] > 0).sum(axis=1)).ravel() > 0
        known = {names[i] for i in np.flatnonzero(own)}
        tried = np.array([name in known for name in names])
        assert tried.any()
        left = outcomes.inhibits[~tried].sum()
        assert signs.inhibitors.sum() == pytest.approx(left)
        assert left < outcomes.inhibits.sum()
        twins += int((tried & ~own).sum())
    assert twins, "no drug of this release has another record"


@pytest.mark.parametrize("variant", list(Variant), ids=lambda v: v.value)
def test_no_variant_s_claims_are_clinical(graph: Graph, variant: Variant) -> None:
    """A pair's clinical edges are hidden from causality even where the variant is `full`."""
    hidden = variant.excluded | CAUSALITY.hidden_classes
    seen = {CLASSES[c] for c in np.unique(graph.claims.without(hidden).evidence_class)}
    assert seen
    assert not seen & {EvidenceClass.CLINICAL, EvidenceClass.SAFETY}


def test_ignorance_never_raises_and_drugs_against_the_genetics_halve() -> None:
    signs = Signs(np.array([4, 0, 0], np.float32), np.array([0, 4, 0], np.float32))
    inhibit, none = np.ones(3, np.float32), np.zeros(3, np.float32)
    agrees = agreement(signs, inhibit, none)
    assert agrees.tolist() == [1.0, 0.0, 0.5]
    score = raw_score(np.full(3, 0.8, np.float32), agrees)
    assert score == pytest.approx([0.8, 0.4, 0.6])


def test_relative_success_is_a_ratio_of_rates() -> None:
    score = np.arange(100, dtype=np.float64)
    outcome = np.zeros(100, bool)
    outcome[[99, 98, 97, 50, 40, 30, 20, 10]] = True
    ratio, lower, upper = relative_success(outcome, score, np.arange(100), 0.05)
    assert ratio == pytest.approx((3 / 5) / (5 / 95), abs=1e-3)
    assert lower <= ratio <= upper


def test_scores_that_are_all_tied_have_no_success() -> None:
    outcome = np.arange(200) % 4 == 0
    ratio, _, _ = relative_success(outcome, np.ones(200), np.arange(200), 0.1)
    assert ratio == pytest.approx(1.0)


def test_an_explanation_says_what_reversibility_means(scorer: Scorer) -> None:
    notes = scorer.explain("PCSK9", "MONDO:0005439", "reversibility").notes
    assert set(MEANING) <= set(notes)


# onset and course, as they are shown; what they change: test_course.py


def told(disease: str, text: str, line: int) -> Fact:
    return Fact(
        subject=disease,
        key=COURSE_KEY,
        number=None,
        text=text,
        unit=None,
        source="hpo",
        release="2025-03",
        evidence_class=EvidenceClass.GENETIC,
        first_public=date(2020, 1, 2),
        licence="HPO",
        file="hpo/phenotype.hpoa",
        line=line,
    )


class WithCourse(EmbeddedStore):
    """The store of the release, as if a source told of the course of every disease."""

    def facts_of(self, ids: Sequence[str]) -> list[list[Fact]]:
        found = super().facts_of(ids)
        more = [[told(i, "Progressive", 8), told(i, "Adult onset", 9)] for i in ids]
        return [a + b for a, b in zip(found, more, strict=True)]


def test_course_facts_are_those_of_the_store(release: Release) -> None:
    found = course(WithCourse(release), FH)
    assert [(f.text, f.line) for f in found] == [("Adult onset", 9), ("Progressive", 8)]
    assert {f.subject for f in found} == {FH}
    assert {f.key for f in course(EmbeddedStore(release), FH)} <= {COURSE_KEY}


@pytest.fixture
def with_course(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    store = WithCourse(release)
    monkeypatch.setattr(explain_module, "course", lambda _, disease: course(store, disease))


@pytest.mark.usefixtures("with_course")
def test_course_is_shown_with_reversibility_alone(scorer: Scorer) -> None:
    found = scorer.explain("PCSK9", FH, "reversibility")
    assert [f.text for f in found.course] == ["Adult onset", "Progressive"]
    assert found.score == scorer.rank(FH, ["PCSK9"])[0]
    assert any("Adult onset (hpo 2025-03" in line for line in explanation_lines(found))
    assert json.loads(json.dumps(course_json(found)))[0]["file"] == "hpo/phenotype.hpoa"
    assert scorer.explain("PCSK9", FH, "causality").course == ()
    scores, gene = scorer.scores(scorer.disease_number(FH)), scorer.gene_number("PCSK9")
    (made_of,) = [note for note in found.notes if "causality times" in note]
    assert f"causality times {0.5 + 0.5 * scores.agreement[gene]:.2f}" in made_of
    heard = scores.heard.inhibitors[gene], scores.heard.activators[gene]
    assert f"({heard[0]:.0f} inhibit, {heard[1]:.0f} activate)" in made_of
    whole = scorer.fitted.signs.inhibitors[gene] + scorer.fitted.signs.activators[gene]
    assert sum(heard) < whole, "some drugs on it were tried for the disease"


@pytest.mark.usefixtures("with_course")
def test_course_is_shown_over_graphql(ask: Callable[..., dict[str, Any]]) -> None:
    query = """query($d: String!) { explain(target: "PCSK9", disease: $d, objective: "reversibility") {
        notes course { text source release file line } } }"""
    found = ask(query, d=FH)["explain"]
    assert [f["text"] for f in found["course"]] == ["Adult onset", "Progressive"]
    assert found["course"][0]["source"] == "hpo"
