"""Tractability: nothing but what a gene is, labels that never tell themselves, honest folds."""

from __future__ import annotations

from functools import partial

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import Ridge
from sklearn.metrics import average_precision_score, roc_auc_score

from gnn import druggability_figures as of_tractability
from gnn.calibrate import LEAST_POSITIVES
from gnn.clustered import auroc, average_precision, interval, paired, within
from gnn.druggability import Plan, Precedent, calibrated, cross_fit, gene_groups
from gnn.druggability_baselines import EMBEDDING, PAGERANK, RIDGE, Rivals, ridged, walked
from gnn.druggability_features import (
    CHOSEN_FACTS,
    STEPS,
    Views,
    family_rates,
    intrinsic,
    propagated,
)
from gnn.druggability_figures import (
    INTRINSIC,
    LEAST,
    LEVELS,
    development_levels,
    later_figures,
    purged_figures,
    questions,
    reduced_figures,
)
from gnn.families import Families
from gnn.graph import Graph
from gnn.propagation import Walk
from gnn.publication_bias import publication_bins, without_publications
from gnn.relations import RELATIONS, similarity, walk_matrix
from gnn.ridge import GENE_PENALTY, fourier
from gnn.tractability_grounds import FACT_PREFIXES

FH = "MONDO:0005439"


@pytest.fixture(scope="module")
def positive(graph: Graph) -> np.ndarray:
    return Precedent.of(graph).precedented.any(axis=0)


@pytest.fixture(scope="module")
def families(graph: Graph) -> Families:
    return Families.of(graph)


# what may be read


def test_intrinsic_facts_tell_neither_drugs_nor_fame() -> None:
    banned = ("drug", "pharmac", "ligand", "structure", "publication", "safety", "phase", "pocket_")
    assert not [p for p in FACT_PREFIXES if any(word in p for word in banned)]


def test_the_systematic_columns_are_fewer(graph: Graph) -> None:
    everything, systematic = intrinsic(graph), intrinsic(graph, systematic=True)
    assert 0 < systematic.shape[1] < everything.shape[1]
    assert any(k.startswith(CHOSEN_FACTS) for k in graph.fact_keys)


def test_a_gene_s_own_facts_are_no_part_of_the_first_step() -> None:
    rng = np.random.default_rng(0)
    relation = sp.random(50, 50, 0.1, random_state=0, format="csr", dtype=np.float32)
    relation.setdiag(0)
    relation.eliminate_zeros()
    facts = rng.normal(size=(50, 3)).astype(np.float32)
    spread = propagated(facts, {"relation": relation})
    assert spread.shape == (50, 3 * STEPS)
    stranger = next(j for j in range(50) if j != 7 and relation[7, j] == 0)
    changed = facts.copy()
    changed[[7, stranger]] = changed[[stranger, 7]]
    again = propagated(changed, {"relation": relation})
    assert spread[7, :3] == pytest.approx(again[7, :3], abs=1e-5)


def test_a_fact_s_mean_over_neighbours_is_that_of_a_dense_product() -> None:
    rng = np.random.default_rng(1)
    relation = sp.random(40, 40, 0.2, random_state=1, format="csr", dtype=np.float32)
    facts = rng.normal(size=(40, 2)).astype(np.float32)
    z = ((facts - facts.mean(0)) / facts.std(0)).clip(-5, 5)
    dense = relation.toarray()
    total = dense.sum(axis=1, keepdims=True)
    walk = np.divide(dense, total, out=np.zeros_like(dense), where=total > 0)
    spread = propagated(facts, {"relation": relation})
    assert spread == pytest.approx(np.hstack([walk @ z, walk @ walk @ z]), abs=1e-4)


# labels


@pytest.mark.parametrize("own", [True, False])
def test_an_encoded_rate_never_depends_on_the_gene_s_own_label(
    families: Families, positive: np.ndarray, own: bool
) -> None:
    """Of genes that are learned from, and of those that are not."""
    encode = family_rates(families.shared)
    rng = np.random.default_rng(0)
    seen = rng.random(len(positive)) < 0.7
    before = encode(seen, positive, 0)
    gene = int(np.flatnonzero(positive & (seen == own))[3])
    turned = positive.copy()
    turned[gene] = False
    after = encode(seen, turned, 0)
    assert after[gene] == pytest.approx(before[gene], abs=2e-3)
    kin = np.asarray(families.shared @ families.shared[[gene]].T.toarray()).ravel() > 0
    others = kin & seen & (np.arange(len(positive)) != gene)
    if own and others.any():
        assert (np.abs(after[others] - before[others]).max(axis=1) > 0).any()


def test_precedent_is_of_the_labels_and_no_gene_without_a_drug_has_any(graph: Graph) -> None:
    precedent = Precedent.of(graph)
    assert precedent.phase.shape == precedent.precedented.shape
    reached = precedent.phase[precedent.precedented]
    assert (reached >= 1).all()
    assert np.nanmax(precedent.phase) <= 4


def test_questions_are_different_things(graph: Graph) -> None:
    asked = questions(Precedent.of(graph), development_levels(graph))
    assert asked["approved"].sum() < asked["any"].sum()
    assert asked["tclin"].sum() > 300
    assert (asked["any"] >= asked["small_molecule"]).all()


# learning


def test_tractability_is_learned_and_a_shuffled_label_is_not(
    graph: Graph, positive: np.ndarray
) -> None:
    x = intrinsic(graph)
    cluster = gene_groups(graph)
    fold = np.random.default_rng(0).integers(0, 3, int(cluster.max()) + 1)[cluster]
    plan = Plan(fold, lambda mine: ~mine, bags=1, trees=60)
    learned = roc_auc_score(positive, cross_fit((x,), positive, plan, 0)[0])
    shuffled = np.random.default_rng(1).permutation(positive)
    control = roc_auc_score(shuffled, cross_fit((x,), shuffled, plan, 0)[0])
    assert learned > 0.7
    assert control == pytest.approx(0.5, abs=0.05)


def test_probabilities_lie_within_their_intervals(positive: np.ndarray, graph: Graph) -> None:
    rng = np.random.default_rng(0)
    bags = (positive + rng.normal(size=(2, len(positive)))).astype(np.float32)
    probability, lower, upper = calibrated(bags, positive, gene_groups(graph))
    assert ((lower <= probability) & (probability <= upper)).all()
    assert probability.mean() == pytest.approx(positive.mean(), abs=0.02)


def test_a_modality_of_too_few_targets_has_no_probability(graph: Graph) -> None:
    positive = np.arange(len(graph.genes)) < LEAST_POSITIVES - 1
    bags = np.random.default_rng(0).normal(size=(2, len(positive))).astype(np.float32)
    for part in calibrated(bags, positive, gene_groups(graph)):
        assert np.isnan(part).all()


# baselines that know labels


def a_walk(n: int, share: float) -> Walk:
    links = sp.random(n, n, share, random_state=0, format="csr", dtype=np.float32)
    return Walk.over(walk_matrix([(1.0, (links + links.T).tocsr())]))


@pytest.fixture(scope="module")
def rivals(graph: Graph) -> Rivals:
    """What baselines read, on links and columns drawn at random."""
    n, rng = len(graph.genes), np.random.default_rng(0)
    columns = rng.normal(size=(n, 8)).astype(np.float32)
    plain = {"degree": graph.degree.astype(np.float32)}
    return Rivals(plain, a_walk(n, 3.0 / n), fourier(columns, 64, 0), columns)


def test_pagerank_starts_from_the_drugged_genes_that_a_fold_may_learn_from() -> None:
    walk, rng = a_walk(80, 0.05), np.random.default_rng(1)
    positive, fold = rng.random(80) < 0.3, rng.integers(0, 4, 80)
    found = walked(walk, positive, fold, lambda mine: ~mine)
    network = nx.from_scipy_sparse_array(walk.matrix, create_using=nx.DiGraph)
    for held in range(4):
        seeds = dict.fromkeys(np.flatnonzero(positive & (fold != held)).tolist(), 1.0)
        whole = nx.pagerank(network, alpha=walk.stay, personalization=seeds, tol=1e-12)
        asked = np.flatnonzero(fold == held)
        # What is beyond the steps of the series, and spread over all genes.
        assert found[asked] == pytest.approx([whole[g] for g in asked.tolist()], abs=0.004)
        assert found[asked].max() > 0.01


def test_the_ridge_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    columns = rng.normal(size=(300, 5)).astype(np.float32)
    positive = columns[:, 0] * columns[:, 1] + rng.normal(size=300) > 0.5
    kernel, fold = fourier(columns, 100, 0), rng.integers(0, 3, 300)
    found = ridged(kernel, positive, fold, lambda mine: ~mine)
    for held in range(3):
        mine = fold == held
        answer = positive[~mine] - positive[~mine].mean()
        theirs = Ridge(GENE_PENALTY, fit_intercept=False).fit(kernel[~mine], answer)
        assert found[mine] == pytest.approx(theirs.predict(kernel[mine]), abs=1e-4)


def test_no_baseline_sees_a_label_of_a_family_held_out(
    families: Families, positive: np.ndarray, rivals: Rivals
) -> None:
    """Nor of its kin: those labels change nothing, and those of other families do."""
    fold = families.folds(positive, seed=0)
    before = rivals.scores(positive, fold, families.unrelated)
    mine = fold == 3
    unseen = ~families.unrelated(mine)
    assert (positive & unseen & ~mine).any()
    turned, others = positive.copy(), positive.copy()
    turned[unseen] = ~turned[unseen]
    seen = np.flatnonzero(positive & ~unseen)
    others[seen[::2]] = False
    after, changed = (rivals.scores(p, fold, families.unrelated) for p in (turned, others))
    assert set(before) == {PAGERANK, RIDGE, EMBEDDING, "degree"}
    for name in (PAGERANK, RIDGE, EMBEDDING):
        assert np.array_equal(before[name][mine], after[name][mine]), name
        assert not np.allclose(before[name][mine], changed[name][mine], rtol=1e-3), name


def test_no_label_leaves_nothing_to_walk_from(families: Families, rivals: Rivals) -> None:
    nothing = np.zeros(len(families.group), bool)
    found = rivals.scores(nothing, families.group % 3, lambda mine: ~mine)
    for name in (PAGERANK, RIDGE, EMBEDDING):
        assert not found[name].any()


# figures


def test_purged_figures_name_what_they_are_judged_beside(
    graph: Graph, families: Families, positive: np.ndarray, rivals: Rivals
) -> None:
    family = next(r for r in RELATIONS if r.name == "family")
    facts = intrinsic(graph)
    columns = {
        "with_relatives": (facts, propagated(facts, {"f": similarity(graph, family)})),
        "facts_alone": (facts,),
    }
    figures = purged_figures(families, columns, positive, rivals, seed=0)
    methods = figures["methods"]
    beside = {INTRINSIC, "family_precedent", PAGERANK, RIDGE, EMBEDDING, "degree"}
    assert set(methods) == {*columns, *beside}  # type: ignore[call-overload]
    assert methods[INTRINSIC] == methods["facts_alone"]  # type: ignore[index]
    assert methods[INTRINSIC] != methods["with_relatives"]  # type: ignore[index]
    for by_chance in (RIDGE, EMBEDDING):
        assert methods[by_chance]["auroc"][0] == pytest.approx(0.5, abs=0.08)  # type: ignore[index]
    assert figures["prevalence"] == pytest.approx(positive.mean(), abs=1e-4)
    value, lower, upper = methods["facts_alone"]["auroc"]  # type: ignore[index]
    assert 0.6 < lower <= value <= upper < 1
    assert methods["family_precedent"]["auroc"][0] == pytest.approx(0.5, abs=0.06)  # type: ignore[index]
    assert set(figures["gain"]) == {"facts_alone", *beside}  # type: ignore[call-overload]
    assert "publication_bias" not in figures
    by_degree = figures["degree_bias"]["with_relatives"]  # type: ignore[index]
    assert abs(by_degree["spearman_after"]) < abs(by_degree["spearman_before"])
    assert by_degree["auroc_before"] == pytest.approx(methods["with_relatives"]["auroc"][0])  # type: ignore[index]


def test_clusters_held_out_have_the_same_baselines(
    graph: Graph,
    families: Families,
    positive: np.ndarray,
    rivals: Rivals,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(of_tractability, "Plan", partial(Plan, bags=2, trees=5))
    facts = intrinsic(graph)
    alone, both = (
        reduced_figures(graph, families, x, positive, rivals, seed=0)["methods"]
        for x in ((facts,), (facts, facts[:, :1]))
    )
    assert {INTRINSIC, "family_precedent", PAGERANK, RIDGE, EMBEDDING, "degree"} < set(both)  # type: ignore[call-overload]
    assert alone[INTRINSIC] == alone["without_family_rates"]  # type: ignore[index]
    assert both[INTRINSIC] != both["without_family_rates"]  # type: ignore[index]
    for name in (PAGERANK, RIDGE, EMBEDDING):
        value, lower, upper = both[name]["auroc"]  # type: ignore[index]
        assert lower <= value <= upper


def test_later_targets_are_told_by_the_targets_of_2019_alone(
    graph: Graph, families: Families, rivals: Rivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: half of the genes then drugged are told to have been none. Oracle: the tables."""
    monkeypatch.setattr(of_tractability, "Plan", partial(Plan, bags=1, trees=5))
    labels_seen: list[np.ndarray] = []

    def watched(x: Views, positive: np.ndarray, plan: Plan, seed: int) -> np.ndarray:
        labels_seen.append(positive)
        return cross_fit(x, positive, plan, seed)

    monkeypatch.setattr(of_tractability, "cross_fit", watched)
    levels = development_levels(graph)
    demoted = np.flatnonzero(levels == LEVELS.index("Tclin"))[::2]
    levels[demoted] = LEVELS.index("Tbio")
    columns = {"model": (intrinsic(graph),), "systematic": (intrinsic(graph, systematic=True),)}
    told = later_figures(graph, families, columns, levels, rivals, 0)
    assert len(labels_seen) == 3
    for positive in labels_seen:
        assert np.array_equal(positive, levels == LEVELS.index("Tclin"))
    phase, day = (_fact_of_drugs(graph, key) for key in ("drug.max_phase", "drug.first_approval"))
    approved: dict[int, list[str]] = {}
    labels = graph.release.table("labels", ["kind", "subject", "object"]).to_pylist()
    for row in labels:
        if row["kind"] == "drug_mechanism" and float(phase.get(row["subject"]) or 0) >= 4:
            approved.setdefault(row["object"], []).append(str(day.get(row["subject"]) or ""))
    then = {g for g, level in zip(graph.genes.ids, levels, strict=True) if 0 <= level < 3}
    assert told["not_tclin_in_2019"]["positives"] == len(then & approved.keys())  # type: ignore[index]
    dark = {g for g, level in zip(graph.genes.ids, levels, strict=True) if 0 <= level < 2}
    assert told["no_ligand_in_2019"]["positives"] == len(dark & approved.keys())  # type: ignore[index]
    since = {g for g in then & approved.keys() if min(approved[g]) > "2019-12-31"}
    if len(since) >= LEAST:
        assert told["approved_since_2020"]["positives"] == len(since)  # type: ignore[index]
    methods = told["not_tclin_in_2019"]["methods"]  # type: ignore[index]
    assert {"model", "systematic", INTRINSIC, PAGERANK, RIDGE, "degree"} <= set(methods)
    assert methods["model"]["auroc"][0] > 0.6


def _fact_of_drugs(graph: Graph, key: str) -> dict[str, object]:
    rows = graph.release.table("facts", ["subject", "key", "text", "number"]).to_pylist()
    return {r["subject"]: r["text"] or r["number"] for r in rows if r["key"] == key}


def test_no_question_of_later_targets_is_asked_where_no_level_is_known(
    graph: Graph, families: Families, rivals: Rivals
) -> None:
    none = np.full(len(graph.genes), -1, np.int8)
    assert later_figures(graph, families, {"model": (intrinsic(graph),)}, none, rivals, 0) == {}


def test_publications_are_taken_off(positive: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    published = rng.lognormal(size=len(positive)).astype(np.float32)
    published[:50] = np.nan
    score = np.nan_to_num(np.log(published), nan=0.0) + rng.normal(size=len(positive))
    bins = publication_bins(published)
    corrected = without_publications(score, bins, positive)
    known = np.isfinite(published)
    before = np.corrcoef(score[known], np.log(published[known]))[0, 1]
    after = np.corrcoef(corrected[known], np.log(published[known]))[0, 1]
    assert before > 0.5
    assert abs(after) < 0.1


def test_intervals_by_cluster_hold_the_value_and_widen_with_larger_clusters() -> None:
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(60), 20)
    truth = np.repeat(rng.random(60) < 0.4, 20)
    score = truth * 0.5 + np.repeat(rng.normal(size=60), 20)
    value, lower, upper = interval(auroc, truth, score, cluster)
    alone = interval(auroc, truth, score, np.arange(len(truth)))
    assert lower <= value <= upper
    assert value == pytest.approx(roc_auc_score(truth, score), abs=1e-4)
    weight, rough = rng.integers(0, 4, len(truth)), score.round(1)
    for mine, theirs in ((auroc, roc_auc_score), (average_precision, average_precision_score)):
        expected = theirs(truth, rough, sample_weight=weight)
        assert mine(truth, rough)(weight.astype(float)) == pytest.approx(expected)
    assert upper - lower > alone[2] - alone[1]
    assert paired(auroc, truth, score, score, cluster) == [0.0, 0.0, 0.0]
    assert within(auroc, truth, score, np.zeros(len(truth), np.int64)) == value
