"""Sections beside the rankings, each run whole on small data: planted answers, counts made apart.

Bias, robustness with poisoning, and locus to gene, and the pages that show them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from gnn import (
    audit_pages,
    bias,
    held_out,
    locus_figures,
    locus_training,
    poisoning,
    robustness,
    trust_price,
)
from gnn.evaluate import Evaluated
from gnn.fame import Fame
from gnn.forgery import NOBODY, Laboratory
from gnn.held_out import Held, zero_shot_draw
from gnn.learned import Learned
from gnn.loci import Loci, known_loci
from gnn.locus_figures import l2g_figures
from gnn.locus_training import names_of
from gnn.material import Material
from gnn.ontology import Floats
from gnn.report import report
from gnn.ridge import KernelRidge
from gnn.target_score import ModelInfo
from kg.ancestry import ancestries
from kg.release import Release
from kg.variants import sample_of
from tests.quick import barely_learning

QUERIES, DISEASES = 12, 3


@pytest.fixture(scope="module")
def few() -> Iterator[None]:
    """Few queries, one draw of validation, learners that barely learn, three forged records."""
    with pytest.MonkeyPatch.context() as patch:
        barely_learning(patch)
        patch.setattr(held_out, "QUERIES", QUERIES)
        patch.setattr(bias, "VALIDATION", (50,))
        patch.setattr(trust_price, "QUERIES", QUERIES)
        patch.setattr(robustness, "price", partial(trust_price.price, draws=(50,)))
        patch.setattr(bias, "followed", partial(bias.followed, diseases=DISEASES))
        patch.setattr(poisoning, "drawn", partial(poisoning.drawn, pairs=2))
        patch.setattr(poisoning, "STEPS", (1, 4, 64))
        patch.setattr(robustness, "SHARES", {"0%": 0.0, "5%": 0.05})
        yield


@pytest.fixture(scope="module")
def material(evaluated: Evaluated) -> Material:
    """The release, with fewer features of the kernel, to be quick."""
    ridge = evaluated.material.ridge
    small = KernelRidge(ridge.genes[:, :64], ridge.diseases[:, :64])
    return replace(evaluated.material, ridge=small)


def knowing(held: Held) -> Any:
    """A score that has the answers first."""

    def score(disease: int) -> Floats:
        value = np.linspace(0.0, 0.1, held.visible.n_genes, dtype=np.float32)
        for query in held.queries:
            if query.disease == disease:
                value[query.positives] = 1.0 + np.arange(len(query.positives))
        return value

    return score


# bias


@pytest.fixture(scope="module")
def biased(evaluated: Evaluated, material: Material, few: None) -> Mapping[str, Any]:
    return bias.bias_figures(material, evaluated.fitted, test=(0,))


def test_a_score_that_is_fame_follows_fame_wholly(
    evaluated: Evaluated, monkeypatch: pytest.MonkeyPatch
) -> None:
    fame = Fame.of(evaluated.fitted.bias)
    for name in ("publications", "degree"):
        by = np.nan_to_num(getattr(fame, name), nan=0.0) + 1.0
        monkeypatch.setattr(bias, "served", lambda _fitted, _disease, by=by: by)
        found = bias.followed(evaluated.fitted, fame, 0, diseases=2)
        assert found["spearman"][name] == [1.0, 1.0, 1.0]  # type: ignore[index]
        assert found["spearman_debiased"][name][0] < 0.5  # type: ignore[index]
        monkeypatch.setattr(bias, "served", lambda _fitted, _disease, by=by: 1.0 / by)
        found = bias.followed(evaluated.fitted, fame, 0, diseases=2)
        assert found["spearman"][name] == [-1.0, -1.0, -1.0]  # type: ignore[index]


def test_every_positive_counts_in_one_quartile_and_planted_recall_is_told(
    evaluated: Evaluated, material: Material, few: None
) -> None:
    held = zero_shot_draw(material, 0)
    fame = Fame.of(evaluated.fitted.bias)
    for share, make in ((1.0, knowing), (0.0, lambda h: lambda d: -knowing(h)(d))):
        rows = bias.recalled(held, evaluated.fitted, fame, make(held))
        told = bias._recalls(rows)
        assert told["all"] == [share] * 3
        low = sum(int((fame.publications[q.positives] <= 25.0).sum()) for q in held.queries)
        asked = sum(len(q.positives) for q in held.queries)
        assert (told["lowest_quartile_genes"], told["other_quartiles_genes"]) == (low, asked - low)
        assert told["other_quartiles"] == [share] * 3


def test_the_bias_section_counts_what_was_measured_on_all_genes(
    biased: Mapping[str, Any], evaluated: Evaluated
) -> None:
    claims = evaluated.material.claims
    flags = evaluated.material.graph.store.evidence_table(["hypothesis_free"])["hypothesis_free"]
    free = flags.to_pylist()
    shares: dict[tuple[int, int], list[bool]] = {}
    for gene, disease, row, negated in zip(
        claims.gene.tolist(),
        claims.disease.tolist(),
        claims.row.tolist(),
        claims.negated.tolist(),
        strict=True,
    ):
        if not negated:
            shares.setdefault((gene, disease), []).append(bool(free[row]))
    expected = np.mean([np.mean(s) for s in shares.values()])
    assert biased["hypothesis_free_share"] == pytest.approx(expected, abs=1e-4)
    assert biased["diseases"] == DISEASES
    assert set(biased["price"]) == {"validation", "test"}
    for told in (*biased["spearman"].values(), *biased["price"].values(), biased["recall"]["all"]):
        assert told[1] <= told[0] <= told[2]


def test_the_bias_section_tells_whom_studies_sampled(
    biased: Mapping[str, Any], evaluated: Evaluated
) -> None:
    """Records that name an ancestry themselves are counted apart; those of variants add to them."""
    claims, told = evaluated.material.claims, biased["ancestry"]
    rows = np.unique(claims.row[~claims.negated])
    assert told["records"] == len(rows)
    records = evaluated.material.graph.store.evidence_at(rows)
    stated = sum(bool(ancestries(sample_of(r.detail))) for r in records)
    named = sum(bool(r.detail.get("variant")) for r in records)
    assert 0 < stated <= told["ancestry_told"] <= stated + named
    shares = told["shares"]
    assert next(iter(shares)) == "European"
    assert all(0 < share <= 1 for share in shares.values())
    assert sum(shares.values()) >= 1


def test_recall_of_the_understudied_is_of_the_stack_that_serves(
    evaluated: Evaluated, material: Material, few: None
) -> None:
    held, data = zero_shot_draw(material, 0), material.tower_data()
    score, learned = bias.stacked(held, data), Learned.of(held, data, 0)
    for query in held.queries[:3]:
        said = dict(learned.scores(query.disease))
        assert np.array_equal(score(query.disease), said["stacked"])
        assert not np.array_equal(score(query.disease), said["without_network"])


# robustness and poisoning


@pytest.fixture(scope="module")
def shaken(evaluated: Evaluated, material: Material, few: None) -> Mapping[str, Any]:
    return robustness.robustness_figures(material, evaluated.fitted, diseases=DISEASES)


def test_nothing_added_moves_nothing_and_noise_moves_something(shaken: Mapping[str, Any]) -> None:
    noise = shaken["edge_noise"]
    assert set(noise) == {"0%", "5%", "targeted 0%", "targeted 5%"}
    assert noise["0%"] == noise["targeted 0%"] == [1.0, 1.0, 1.0]
    for name in ("5%", "targeted 5%"):
        assert -1.0 <= noise[name][1] <= noise[name][0] < 1.0
    assert shaken["diseases"] == DISEASES


def test_every_source_is_dropped_once(shaken: Mapping[str, Any], evaluated: Evaluated) -> None:
    claims = evaluated.material.claims
    counted = Counter(claims.source[~claims.negated].tolist())
    rows = {n: r for n, r in shaken["without_source"].items() if n != "queries"}
    assert set(rows) == set(counted)
    for row in rows.values():
        for told in row.values():
            assert told[1] <= told[0] <= told[2]
    assert min(row["tau"][0] for row in rows.values()) < 1.0


def test_more_forged_records_lift_more_and_never_less(shaken: Mapping[str, Any]) -> None:
    section = shaken["poisoning"]
    attacks = {n: row for n, row in section.items() if isinstance(row, Mapping)}
    assert {"interactions", "genetic_studies"} <= set(attacks)
    for row in attacks.values():
        told = [row[f"lifted_by_{records}"] for records in (1, 4, 64)]
        for share, lower, upper in told:
            assert 0.0 <= lower <= share <= upper <= 1.0
        assert told == sorted(told)
    one, many = attacks["genetic_studies"], attacks["genetic_studies_in_all_sources"]
    assert one["lifted_by_64"] <= many["lifted_by_64"]
    assert one["lifted_by_1"] == one["lifted_by_64"]


def test_a_poisoned_pair_climbs_with_the_budget(
    evaluated: Evaluated, material: Material, few: None
) -> None:
    laboratory = Laboratory.of(material, evaluated.fitted)
    aim = poisoning.drawn(laboratory, 0)[0]
    causal, base = evaluated.fitted.causal, laboratory.walked_on(NOBODY, NOBODY)

    def place(model: Any) -> int:
        score = laboratory.scores(model, aim.disease)
        return int((score > score[aim.gene]).sum())

    places = [place(causal)]
    for weight in (0.1, 0.3, 0.6, 0.9, 1.0):
        forged = poisoning.Claimed(
            np.array([aim.gene]), np.array([aim.disease]), np.array([weight], np.float32)
        )
        places.append(place(replace(causal, direct=forged.added_to(causal.direct))))
    # The first record also makes the gene a seed, which may lift a neighbour past it.
    assert places[1:] == sorted(places[1:], reverse=True), places
    # Genes of equal score stand at one place, the draw goes by their order.
    assert places[0] >= 0.9 * poisoning.FAR
    assert places[-1] < poisoning.WITHIN
    known = aim.known[:64]
    attacked = laboratory.walked_on(np.full(len(known), aim.gene), known)
    assert attacked.walked(aim.disease)[aim.gene] > base.walked(aim.disease)[aim.gene]


# locus to gene


@pytest.fixture(scope="module")
def loci(evaluated: Evaluated) -> tuple[Loci, np.ndarray]:
    graph = evaluated.material.graph
    return known_loci(graph.release, names_of(graph))


def test_folds_of_loci_share_no_region_and_no_gene(
    evaluated: Evaluated, loci: tuple[Loci, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, positive = loci
    tests: list[np.ndarray] = []
    monkeypatch.setattr(locus_training, "MODELS", 1)
    monkeypatch.setattr(locus_training, "TREES", 4)
    monkeypatch.setattr(locus_figures, "RESAMPLES", 20)
    plain = locus_figures.held_out

    def watched(*args: Any) -> Any:
        tests.append(args[4])
        return plain(*args)

    monkeypatch.setattr(locus_figures, "held_out", watched)
    publications = evaluated.fitted.bias.publications
    found: Mapping[str, Any] = l2g_figures(evaluated.material, publications)
    methods = len(tests) // found["folds"]
    assert (np.sum(tests, axis=0) == methods).all()
    names = np.array(rows.gene_name)
    for test in tests[::methods]:
        assert not set(rows.region[test].tolist()) & set(rows.region[~test].tolist())
        assert not set(names[test].tolist()) & set(names[~test].tolist())
    told = found["all"]
    assert (told["rows"], told["known_genes"]) == (len(rows), int(positive.sum()))
    assert told["prevalence"] == pytest.approx(np.mean(positive.tolist()), abs=1e-4)
    for value in (*told["average_precision"].values(), *told["paired_gain"].values()):
        assert value[1] <= value[0] <= value[2]
    page = report(evaluated.material.graph.release, _info(evaluated), {"locus_to_gene": found})
    for name in told["average_precision"]:
        assert f"<td>{name.replace('_', ' ')}</td>" in page
        assert (
            f"features_and_prior_over_{name}" in told["paired_gain"] or name == locus_figures.SERVED
        )
    assert {*locus_figures.BARE, "degree", "kernel_ridge"} < set(told["average_precision"])
    assert found["embedding"]["not_measured"] in page


def test_a_method_that_knows_the_gene_of_each_locus_has_it_first(
    evaluated: Evaluated, loci: tuple[Loci, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, positive = loci
    truth = positive.astype(np.float64)
    known = ("features", "features_and_prior", "features_and_publications", "hypothesis_free")
    margins = dict.fromkeys(known, truth) | {"wrong": -truth}
    monkeypatch.setattr(locus_figures, "RESAMPLES", 20)
    monkeypatch.setattr(locus_figures, "margins_of_methods", lambda *_: margins)
    found: Mapping[str, Any] = l2g_figures(evaluated.material, evaluated.fitted.bias.publications)
    for part in ("all", "non_lipid"):
        told = found[part]
        assert told["average_precision"]["features"] == [1.0, 1.0, 1.0]
        assert told["top_of_its_locus"]["features"] == 1.0
        assert told["average_precision"]["wrong"][0] <= told["prevalence"] + 1e-4
        assert told["paired_gain"]["features_and_prior_over_features"] == [0.0, 0.0, 0.0]
    alone = [r for r in rows.rows_of if positive[r].any() and not positive[r].all()]
    shared = sum(bool(positive[r].any()) for r in rows.rows_of) - len(alone)
    assert found["all"]["top_of_its_locus"]["wrong"] == pytest.approx(
        shared / (shared + len(alone)), abs=1e-4
    )


# pages


def _info(evaluated: Evaluated) -> ModelInfo:
    release: Release = evaluated.material.graph.release
    return ModelInfo("0" * 12, release.id, "full", (0,), "2026-01-01T00:00:00+00:00", {})


def leaves(section: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths to everything that was measured."""
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, name))
        elif isinstance(value, int | float | list) and not isinstance(value, bool):
            yield (*path, name)


@pytest.mark.parametrize("name", ["bias", "robustness"])
def test_the_pages_name_all_that_was_measured(
    biased: Mapping[str, Any], shaken: Mapping[str, Any], name: str
) -> None:
    section = {"bias": biased, "robustness": shaken}[name]
    page = "".join(getattr(audit_pages, name)(section)).lower()
    measured = list(leaves(section))
    assert len(measured) > 15
    for path in measured:
        for part in path[1:] or path:
            assert part.lower() in page or part.replace("_", " ").lower() in page, path
