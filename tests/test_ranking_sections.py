"""Sections that rank genes, each run whole on small data: what methods saw, and planted answers.

Two planted methods stand among the baselines of every section: one that knows what is asked and
one that is wrong about it. Learned parts are trained for a few steps only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from unittest.mock import ANY

import numpy as np
import pyarrow.compute as pc
import pytest
import scipy.sparse as sp
from scipy.stats import rankdata

from gnn import boosting, held_out, split_figures, time_split, towers
from gnn.baselines import DIRECT_AND_WALKS, SIMPLE, Ranker, simple
from gnn.evaluate import Evaluated
from gnn.held_out import Held, zero_shot_draw
from gnn.learned import ABLATED, COMBINED, SERVED, Learned
from gnn.mouse import MouseProfiles
from gnn.ontology import Floats
from gnn.parts import weighed
from gnn.split_figures import RANKING_SECTIONS, VALIDATION, Bench, Way
from gnn.time_split import Period
from kg.biolink import Predicate
from kg.errors import ModelError

QUERIES = 4
SECTIONS = ("zero_shot", "time", "family", "random")
NESTED = (
    "zero_shot/apart_from_choices",
    "time/new_to_kin",
    "time/without_mouse",
    "time/relations_as_of",
)
TABLES = (*SECTIONS, *NESTED)
INTERACTS = Predicate.PHYSICALLY_INTERACTS_WITH.value
BLIND = ("zero_shot", "zero_shot/apart_from_choices", "family", "time/new_to_kin")
"""Where no gene that is asked for has direct evidence."""


@dataclass(frozen=True)
class Measured:
    """Each table by its path, with the draw that it is of."""

    tables: Mapping[str, Mapping[str, Any]]
    held: Mapping[str, Held]


def planted(held: Held, publications: Floats) -> dict[str, Ranker]:
    """The baselines, with one that knows the answers and one that has them last."""
    genes = np.arange(held.visible.n_genes, dtype=np.float32)

    def knowing(disease: int) -> Floats:
        score = -genes
        for query in held.queries:
            if query.disease == disease:
                score[query.positives] = 1.0 + np.arange(len(query.positives))
        return score

    return {
        **simple(held, publications),
        "knowing": knowing,
        "wrong": lambda d: -knowing(d),
    }


@pytest.fixture(scope="module")
def few() -> Iterator[None]:
    """Few queries, and learners that barely learn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_out, "QUERIES", QUERIES)
        patch.setattr(time_split, "MOST_QUERIES", QUERIES)
        patch.setattr(towers, "STEPS", 2)
        patch.setattr(towers, "NEGATIVES", 64)
        patch.setattr(boosting, "DISEASES", 20)
        patch.setattr(boosting, "TREES", 4)
        yield


@pytest.fixture(scope="module")
def measured(evaluated: Evaluated, few: None) -> Measured:
    """All sections run once, and every draw that a method was given."""
    seen: list[Held] = []
    measure = Bench.measure

    def watched(self: Bench, ways: Sequence[Way], seed: int, embed: bool = False) -> None:
        seen.extend(way.held for way in ways)
        measure(self, ways, seed, embed)

    tables: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split_figures, "simple", planted)
        patch.setattr(Bench, "measure", watched)
        for name in SECTIONS:
            tables[name] = RANKING_SECTIONS[name](evaluated.bench)
    for name in NESTED:
        section, part = name.split("/")
        tables[name] = tables[section][part]
    order = (*("zero_shot", NESTED[0]), *("time", *NESTED[1:]), "family", "random")
    return Measured(tables, dict(zip(order, seen, strict=True)))


def test_what_choices_were_made_on_is_told_apart(
    evaluated: Evaluated, measured: Measured, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oracle goes over the validation draws' queries; a draw that is one of them asks none."""
    ontology = evaluated.material.ontology
    asked = [q.disease for s in VALIDATION for q in zero_shot_draw(evaluated.material, s).queries]
    for query in measured.held["zero_shot/apart_from_choices"].queries:
        assert ontology.lin(query.disease)[asked].max() < 0.5
    monkeypatch.setattr(split_figures, "VALIDATION", (0,))
    told = RANKING_SECTIONS["zero_shot"](replace(evaluated.bench, draws=1))
    assert told["queries"] > 0
    assert told["apart_from_choices"] == {"split": ANY, "queries": 0, "methods": {}}


def recall(table: Mapping[str, Any], method: str, cut: int = 200) -> float:
    return float(table["methods"][method][f"recall@{cut}"][0])


@pytest.mark.parametrize("name", TABLES)
def test_planted_rankings_are_the_best_and_the_worst_there_are(
    measured: Measured, name: str
) -> None:
    table = measured.tables[name]
    methods = table["methods"]
    assert recall(table, "knowing") == 1.0
    assert recall(table, "wrong", 1000) == 0.0
    for measure, best in (("mrr", 1.0), ("auroc", 1.0), ("average_precision", 1.0)):
        assert methods["knowing"][measure] == [best] * 3
    assert methods["wrong"]["auroc"] == [0.0] * 3
    gain = table["paired_gain"]["recall@200"]
    assert gain["knowing"][0] == pytest.approx(recall(table, SERVED) - 1.0, abs=1e-4)
    assert gain["wrong"][0] == pytest.approx(recall(table, SERVED), abs=1e-4)
    assert "knowing" in table["not_beaten"]


@pytest.mark.parametrize("name", TABLES)
def test_every_figure_lies_in_its_interval(measured: Measured, name: str) -> None:
    rows = [r for r in measured.tables[name]["methods"].values() if "not_measured" not in r]
    assert len(rows) >= len(SIMPLE) + 6
    for row in rows:
        for measure, told in row.items():
            if measure not in ("queries", "lift"):
                mean, lower, upper = told
                assert 0.0 <= lower <= mean <= upper <= 1.0, measure


@pytest.mark.parametrize("name", TABLES)
def test_queries_and_prevalence_are_those_counted_apart(measured: Measured, name: str) -> None:
    table, held = measured.tables[name], measured.held[name]
    assert table["queries"] == len(held.queries) > 0
    assert table["diseases"] == len({q.disease for q in held.queries})
    assert set(ABLATED) == set(table["ablation"])
    shares = []
    for query in held.queries:
        assert not query.known[query.positives].any()
        asked = [g for g in range(held.visible.n_genes) if not query.known[g]]
        shares.append(len(set(query.positives.tolist())) / len(asked))
    assert table["prevalence"] == pytest.approx(np.mean(shares), abs=1e-6)


# what methods saw


def test_diseases_never_seen_and_their_kin_have_no_evidence(measured: Measured) -> None:
    visible = measured.held["zero_shot"].visible
    for query in measured.held["zero_shot"].queries:
        likeness = visible.ontology.lin(query.disease)
        assert (likeness[visible.disease] < 0.5).all()
        near = visible.gene[likeness[visible.disease] >= 0.3]
        assert not set(query.positives.tolist()) & set(near.tolist())


def test_families_never_seen_have_no_evidence_and_teach_nothing(measured: Measured) -> None:
    held = measured.held["family"]
    for query in held.queries:
        hidden = ~query.known
        assert not hidden[held.visible.gene].any()
        assert not held.learnable[hidden].any()


def test_random_pairs_are_hidden_where_they_are_asked_for(measured: Measured) -> None:
    visible = measured.held["random"].visible
    pairs = set(zip(visible.gene.tolist(), visible.disease.tolist(), strict=True))
    for query in measured.held["random"].queries:
        assert not pairs & {(g, query.disease) for g in query.positives.tolist()}


def test_the_time_split_sees_what_was_public_and_asks_for_what_was_not(
    measured: Measured, evaluated: Evaluated
) -> None:
    claims, period = evaluated.material.claims, Period()
    earliest: dict[tuple[int, int], Any] = {}
    for gene, disease, day, negated in zip(
        claims.gene.tolist(), claims.disease.tolist(), claims.day, claims.negated, strict=True
    ):
        if not negated:
            key = gene, disease
            earliest[key] = min(day, earliest.get(key, day))
    for name in ("time", *(n for n in NESTED if n.startswith("time/"))):
        held = measured.held[name]
        for pair in zip(held.visible.gene.tolist(), held.visible.disease.tolist(), strict=True):
            assert earliest[pair] <= np.datetime64(period.cut)
        pictured = np.diff(held.material.profiles.matrix.indptr) > 0
        assert np.isin(np.flatnonzero(pictured), held.visible.evidence_diseases).all()
        for query in held.queries:
            likeness = held.visible.ontology.lin(query.disease)[held.visible.disease]
            floor = 0.3 if name.endswith("kin") else 0.9
            known = set(held.visible.gene[likeness >= floor].tolist())
            for gene in query.positives.tolist():
                assert earliest[gene, query.disease] >= np.datetime64(period.start)
                assert gene not in known


def test_a_period_in_which_nothing_was_found_says_what_was_asked(evaluated: Evaluated) -> None:
    later = Period(date(2090, 1, 1), date(2091, 1, 1))
    told = RANKING_SECTIONS["time"](replace(evaluated.bench, period=later))
    assert told["queries"] == 0
    assert (told["split"], told["cut"]) == ("time: genes new for the disease", "2090-01-01")


def test_relations_as_of_a_day_rest_on_records_of_it_or_before(measured: Measured) -> None:
    """The oracle goes over the records themselves."""
    now, then = (measured.held[n].material for n in ("time", "time/relations_as_of"))
    table = now.graph.store.evidence_table(
        ["subject", "predicate", "object", "first_public", "negated"]
    )
    told = table.filter(pc.equal(table["predicate"].cast("string"), INTERACTS)).to_pylist()
    cut, at = Period().cut, now.graph.genes.position
    pairs = {
        (at[row[a]], at[row[b]])
        for row in told
        if row["first_public"] <= cut and not row["negated"]
        for a, b in (("subject", "object"), ("object", "subject"))
        if row["subject"] in at and row["object"] in at
    }
    for relation in ("interaction", "interaction-systematic"):
        of_now, of_then = (m.relations.by_name[relation].tocoo() for m in (now, then))
        assert of_then.nnz > 0
        assert set(zip(of_then.row.tolist(), of_then.col.tolist(), strict=True)) <= pairs
        assert not set(zip(of_now.row.tolist(), of_now.col.tolist(), strict=True)) <= pairs
    assert set(then.relations.by_name) < set(now.relations.by_name)
    assert measured.tables["time/relations_as_of"]["relations"] == sorted(then.relations.by_name)


def test_relations_as_of_a_day_when_all_was_public_are_those_of_today(
    evaluated: Evaluated,
) -> None:
    material = evaluated.material
    then = material.then(date(2099, 1, 1))
    for name, matrix in material.relations.by_name.items():
        assert (then.relations.by_name[name] != matrix).nnz == 0
    assert np.array_equal(then.genes, material.genes)
    with pytest.raises(ModelError, match="no relation of genes"):
        material.then(date(1900, 1, 1))


def test_without_mouse_means_that_no_mutant_is_seen(measured: Measured) -> None:
    """Planted, since the small release has no phenotypes of mutants."""
    for name, seen in (("time", True), ("time/new_to_kin", True), ("time/without_mouse", False)):
        held = measured.held[name]
        material = replace(held.material)
        shape = held.material.mouse.genes.shape
        mutants = sp.csr_matrix(([1.0], ([3], [0])), shape=shape, dtype=np.float32)
        vars(material)["mouse"] = MouseProfiles(mutants, held.material.mouse.diseases)
        assert replace(held, material=material).paths.mouse.genes.data.any() == seen


@pytest.fixture(scope="module")
def blind(evaluated: Evaluated, few: None) -> tuple[Held, Learned]:
    """One draw of diseases never seen, and what was learned on it."""
    held = zero_shot_draw(evaluated.material, 1)
    learned = Learned.of(held, evaluated.bench.towers, 0)
    return held, replace(learned, curves=evaluated.fitted.curves)


def test_hidden_evidence_changes_no_score(
    evaluated: Evaluated, blind: tuple[Held, Learned]
) -> None:
    """All methods are fitted again where the hidden pairs are not there at all."""
    held, learned = blind
    gone = replace(evaluated.material, direct=held.visible)
    assert len(gone.direct.gene) < len(evaluated.material.direct.gene)
    again = Learned.of(replace(held, material=gone), gone.tower_data(), 0)
    publications = evaluated.bench.publications
    plain, bare = (simple(h, publications) for h in (held, replace(held, material=gone)))
    disease = held.queries[0].disease
    first, second = dict(learned.scores(disease)), dict(again.scores(disease))
    assert set(first) - set(second) == {COMBINED}
    for name, score in second.items():
        assert np.array_equal(first[name], score), name
    for name in SIMPLE:
        assert np.array_equal(plain[name](disease), bare[name](disease)), name


# what is served together


def test_causality_as_served_has_a_row_where_it_is_another_order(measured: Measured) -> None:
    for name in TABLES:
        row = measured.tables[name]["methods"][COMBINED]
        assert ("not_measured" in row) == (name in BLIND), name
        assert measured.held[name].has_direct_evidence == (name not in BLIND), name
        assert "recall@200" in measured.tables[name]["methods"][DIRECT_AND_WALKS]


def test_without_direct_evidence_what_is_served_is_the_stack(
    blind: tuple[Held, Learned],
) -> None:
    held, learned = blind
    for query in held.queries:
        scores = dict(learned.scores(query.disease))
        asked = np.flatnonzero(~query.known)
        assert not held.visible.score(query.disease)[asked].any()
        order = asked[np.argsort(scores[SERVED][asked], kind="stable")]
        # The two best of all genes share the largest tail.
        assert (np.diff(scores[COMBINED][order]) >= 0).all()
        assert (np.diff(scores[COMBINED][order[:-2]]) > 0).sum() == (
            np.diff(scores[SERVED][order[:-2]]) > 0
        ).sum()


def test_what_is_served_together_is_a_noisy_or_of_both_curves(
    evaluated: Evaluated, blind: tuple[Held, Learned]
) -> None:
    held, learned = blind
    disease = int(held.visible.evidence_diseases[0])
    scores = dict(learned.scores(disease))
    direct = held.visible.score(disease)
    supported = simple(held, evaluated.bench.publications)[DIRECT_AND_WALKS](disease)
    share = (rankdata(scores[SERVED], "min") - 1) / len(direct)
    said = (-np.log10(1.0 - share) / 4.0).clip(0, 1)
    curves = evaluated.fitted.curves
    by_network = curves.indirect(said)
    by_evidence = np.where(direct > 0, curves.supported(supported), 0.0)
    probability = 1.0 - (1.0 - by_evidence) * (1.0 - by_network)
    assert (direct > 0).any()
    order = np.argsort(scores[COMBINED], kind="stable")
    assert (np.diff(probability[order]) >= -1e-6).all()


def test_walks_add_a_quarter_of_their_tails_to_direct_evidence(
    evaluated: Evaluated, blind: tuple[Held, Learned]
) -> None:
    held, _ = blind
    rankers = simple(held, evaluated.bench.publications)
    disease = int(held.visible.evidence_diseases[0])
    expected = weighed(held.visible.score(disease)).astype(np.float64)
    for walk in ("pagerank_near", "pagerank_phenotype"):
        reached = rankers[walk](disease)
        share = (rankdata(reached, "min") - 1) / len(reached)
        tail = (-np.log10(1.0 - share) / 3.0).clip(0, 1)
        expected += 0.25 * np.where(reached > 0, tail, 0.0)
    assert rankers[DIRECT_AND_WALKS](disease) == pytest.approx(expected, abs=1e-5)
