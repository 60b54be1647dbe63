"""Noise, drop-out and forgery: planted cases with known answers, and the ranges of real figures."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import scipy.sparse as sp

from gnn import poisoning
from gnn.causality import replicated
from gnn.features import Relations
from gnn.fitted import Fitted
from gnn.forgery import INTERACTION, NOBODY, Claimed, Laboratory
from gnn.graph import Graph
from gnn.material import Material
from gnn.objective import Variant
from gnn.poisoning import MOST, Aim, by_claims, by_interactions
from gnn.relations import RELATIONS, incidence, similarity
from gnn.ridge import KernelRidge
from gnn.robustness import tau
from gnn.score import Scorer
from gnn.trust import trusted_claims, trusted_incidence, weight_of
from kg.biolink import EvidenceClass, Predicate
from kg.compile import CLASSES
from kg.release import Release


@pytest.fixture(scope="module")
def laboratory(release: Release, scorer: Scorer) -> Laboratory:
    """The test model over real interactions; the ridge has two features, to be quick."""
    fitted: Fitted = scorer.fitted.as_learned
    graph, causal = Graph(release), fitted.causal
    assert causal.network is not None
    ridge = KernelRidge(
        np.asarray(causal.network.gene_kernel[:, :64]),
        np.random.default_rng(0).random((causal.direct.ontology.n, 64), np.float32),
    )
    interactions = incidence(graph, INTERACTION)
    known = {
        "graph": graph,
        "direct": causal.direct,
        "relations": Relations(
            {INTERACTION.name: similarity(graph, INTERACTION)}, causal.walk.matrix
        ),
        "profiles": causal.profiles,
        "walk": causal.walk,
        "ridge": ridge,
    }
    unused = dict.fromkeys(f.name for f in fields(Material))
    return Laboratory(Material(**{**unused, **known}), fitted, interactions)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def aim(laboratory: Laboratory) -> Aim:
    return poisoning.drawn(laboratory, 0, 1)[0]


# forgery


def test_nothing_forged_changes_nothing(laboratory: Laboratory, aim: Aim) -> None:
    first, second = (laboratory.again([aim.disease])[aim.disease] for _ in range(2))
    assert np.array_equal(first, second)
    assert tau(first, second) == pytest.approx(1.0)


def test_forged_pairs_join_the_evidence_at_their_larger_weight(laboratory: Laboratory) -> None:
    direct = laboratory.material.direct
    gene, disease = int(direct.gene[3]), int(direct.disease[3])
    forged = Claimed(
        np.array([gene, gene, 0]),
        np.array([disease, disease, disease]),
        np.array([0.01, 0.02, 0.7], np.float32),
    )
    found = forged.added_to(direct)
    assert found.matrix[gene, disease] == max(direct.weight[3], np.float32(0.02))
    assert found.matrix[0, disease] == max(direct.matrix[0, disease], np.float32(0.7))
    key = found.gene * direct.ontology.n + found.disease
    assert (np.diff(key) > 0).all()


def test_forged_records_are_counted_to_the_step_that_lifts(
    laboratory: Laboratory, aim: Aim
) -> None:
    """A weight above all others lifts at once, one below the tenth never, one planted at four."""
    assert by_claims(laboratory, [aim], dict.fromkeys(poisoning.STEPS, 1.0)).tolist() == [1]
    never = by_claims(laboratory, [aim], dict.fromkeys(poisoning.STEPS, 1e-6))
    assert never.tolist() == [MOST + 1]
    planted = {k: 1.0 if k >= 4 else 1e-6 for k in poisoning.STEPS}
    assert by_claims(laboratory, [aim], planted).tolist() == [4]


def test_counting_sources_raises_what_forged_papers_it_takes(
    laboratory: Laboratory, aim: Aim
) -> None:
    """A claim a fifth above the least that lifts the pair: one paper, or as many as four sources.

    Half of it is too little, and so are three quarters.
    """
    least, lifts = 0.0, 1.0
    for _ in range(10):
        middle = (least + lifts) / 2
        once = by_claims(laboratory, [aim], dict.fromkeys(poisoning.STEPS, middle))
        least, lifts = (least, middle) if once[0] == 1 else (middle, lifts)
    weight = min(1.2 * lifts, 1.0)
    believed = {k: weight * float(weight_of(np.array([k]))[0]) for k in poisoning.STEPS}
    plain = by_claims(laboratory, [aim], dict.fromkeys(poisoning.STEPS, weight))
    assert plain.tolist() == [1]
    trusted = by_claims(laboratory, [aim], believed)
    assert trusted.tolist() == [next(k for k, w in believed.items() if w >= lifts)]
    assert trusted[0] >= 4


def test_forged_interactions_bring_walks_to_the_gene(laboratory: Laboratory, aim: Aim) -> None:
    nothing = laboratory.walked_on(NOBODY, NOBODY)
    known = aim.known[:20]
    forged = laboratory.walked_on(np.full(len(known), aim.gene), known)
    before, after = (c.walked(aim.disease)[aim.gene] for c in (nothing, forged))
    assert after > before
    found = by_interactions(laboratory, [aim], 1.0)
    assert found[0] in (*poisoning.STEPS, MOST + 1)


def test_an_aim_is_a_gene_without_evidence_and_far_down(laboratory: Laboratory, aim: Aim) -> None:
    assert laboratory.material.direct.score(aim.disease)[aim.gene] == 0
    score = laboratory.scores(laboratory.fitted.causal, aim.disease)
    assert (score > score[aim.gene]).sum() >= poisoning.FAR - 1
    weight = laboratory.material.direct.matrix[aim.known][:, [aim.disease]].toarray().ravel()
    assert (np.diff(weight) <= 0).all()


# noise


def test_tau_is_one_for_the_same_order_and_minus_one_for_its_reverse() -> None:
    score = np.random.default_rng(0).random(500).astype(np.float32)
    assert tau(score, score * 2) == pytest.approx(1.0)
    assert tau(score, -score) == pytest.approx(-1.0)


def test_kernel_ridge_is_fitted_again_without_each_diseases_fold(laboratory: Laboratory) -> None:
    network = laboratory.fitted.causal.network
    assert network is not None
    direct = laboratory.material.direct
    disease = int(direct.evidence_diseases[0])
    mine = direct.disease == disease
    blind = replace(
        direct, gene=direct.gene[~mine], disease=direct.disease[~mine], weight=direct.weight[~mine]
    )
    first, second = (laboratory.ridge(d, [disease])[disease] for d in (direct, blind))
    assert first == pytest.approx(second, abs=1e-5)


# trust


def test_trust_saturates_and_needs_independent_sources() -> None:
    assert weight_of(np.array([1, 2, 3])).tolist() == [0.5, 0.75, 0.875]
    assert (np.diff(weight_of(np.arange(1, 20))) > 0).all()


def test_cheap_claims_weigh_by_their_sources(release: Release) -> None:
    claims = Graph(release).claims
    some = claims.keep(np.arange(len(claims)) < 4)
    planted = replace(
        some,
        gene=np.array([0, 0, 1, 2]),
        disease=np.zeros(4, np.int64),
        strength=np.ones(4, np.float32),
        negated=np.zeros(4, bool),
        source=np.array(["papers", "text", "papers", "panel"]),
        evidence_class=np.array(
            [CLASSES.index(EvidenceClass.LITERATURE)] * 3 + [CLASSES.index(EvidenceClass.GENETIC)],
            np.int8,
        ),
    )
    assert trusted_claims(planted).strength.tolist() == [0.75, 0.75, 0.5, 1.0]
    many = replace(planted, source=np.array(["papers"] * 4), gene=np.zeros(4, np.int64))
    assert trusted_claims(many).strength.tolist() == [0.5, 0.5, 0.5, 1.0]


def test_studies_that_one_source_tells_of_count_once(
    release: Release,
) -> None:
    graph = Graph(release)
    some = graph.claims.keep(np.arange(len(graph.claims)) < 5)
    planted = replace(
        some,
        gene=np.array([0, 0, 0, 0, 1]),
        disease=np.zeros(5, np.int64),
        strength=np.full(5, 0.4, np.float32),
        negated=np.zeros(5, bool),
        predicate=np.full(5, Predicate.GENETICALLY_ASSOCIATED_WITH.value),
        source=np.array(["gwas", "gwas", "gwas", "burden", "gwas"]),
        day=np.array([f"{year}-01-01" for year in (2010, 2011, 2012, 2013, 2010)], "M8[D]"),
    )
    assert replicated(planted).tolist() == pytest.approx([1 - 0.6 ** np.sqrt(2)] * 4 + [0.4])
    many = replace(planted, gene=np.zeros(5, np.int64), source=np.full(5, "gwas"))
    assert replicated(many).tolist() == pytest.approx([0.4] * 5)
    each = replace(many, source=np.array(["gwas", "burden", "loci", "finemapping", "exomes"]))
    assert replicated(each).tolist() == pytest.approx([1 - 0.6 ** np.sqrt(5)] * 5)


def test_trusted_relations_differ_where_papers_count_alone(release: Release) -> None:
    graph = Graph(release)
    plain = similarity(graph, INTERACTION)
    trusted = similarity(graph, INTERACTION, trusted_incidence)
    assert (plain != trusted).nnz
    free = next(r for r in RELATIONS if r.hypothesis_free and r.direct)
    assert (similarity(graph, free) != similarity(graph, free, trusted_incidence)).nnz == 0


def test_trusted_interactions_lose_weight_and_no_edge(laboratory: Laboratory) -> None:
    plain = laboratory.interactions
    trusted = trusted_incidence(laboratory.material.graph, INTERACTION)
    assert (plain != 0).nnz == (trusted != 0).nnz
    share = trusted.multiply(plain.power(-1)).tocsr()
    assert isinstance(share, sp.csr_matrix)
    assert 0.4999 <= share.data.min() <= share.data.max() <= 1.0001


def test_only_literature_can_be_forged_by_papers() -> None:
    assert Variant.HEADLINE.excluded >= {EvidenceClass.LITERATURE}
    reads = {CLASSES[c] for c in poisoning.FORGEABLE}
    assert EvidenceClass.LITERATURE in reads
    assert EvidenceClass.GENETIC not in reads
