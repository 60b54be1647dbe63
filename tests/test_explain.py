"""Explanations: they add up, their counterfactuals are true, their p values are fair."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp

from gnn.causality import Direct
from gnn.clinical import clinical_claims
from gnn.contributions import Arrivals, max_shares
from gnn.counterfactuals import Counterfactuals, for_disease
from gnn.disease_scores import DiseaseScores
from gnn.explain import COSINE, LIN, Explainer
from gnn.faithfulness import explanation_figures, sampled
from gnn.fidelity import TOP, GroundsModel, graph_of, metrics
from gnn.fitted import Fitted, from_arrays, to_arrays
from gnn.graph import Claims, Graph
from gnn.ledger import Ledger, Unit
from gnn.links import SIMILAR, WALKED, Links
from gnn.objective import CAUSALITY, Variant
from gnn.propagation import Walk
from gnn.proxies import proxy_claims
from gnn.rescoring import NEIGHBOURS, Pair, mean_jaccard
from gnn.score import Scorer
from gnn.strands import Strands
from gnn.target_score import Weights
from kg.biolink import Category, EdgeType, Predicate
from kg.release import Release

FH, CROHN = "MONDO:0005439", "MONDO:0005011"
PAIRS = (("LDLR", FH), ("PCSK9", FH), ("NOD2", CROHN), ("JAK1", CROHN), ("GAPDH", CROHN))


@pytest.fixture(scope="module")
def fitted(scorer: Scorer) -> Fitted:
    return scorer.fitted


# shares


def test_shares_of_a_maximum_add_up_and_equal_grounds_share_alike() -> None:
    assert max_shares(np.array([0.6, 0.6])).tolist() == pytest.approx([0.3, 0.3])
    assert max_shares(np.array([0.2, 0.8])).tolist() == pytest.approx([0.1, 0.7])
    rng = np.random.default_rng(0)
    for _ in range(20):
        values = rng.random(rng.integers(1, 9))
        assert max_shares(values).sum() == pytest.approx(values.max())


@pytest.mark.parametrize(("target", "disease"), PAIRS)
def test_contributions_add_up_to_the_probability(scorer: Scorer, target: str, disease: str) -> None:
    found = scorer.explain(target, disease)
    whole = found.score.causality.probability
    assert sum(found.by_channel.values()) == pytest.approx(whole, abs=1e-5)
    for shares in (found.by_class, found.by_source, found.by_relation):
        assert sum(shares.values()) + found.remainder == pytest.approx(whole, abs=1e-5)
    assert sum(p.contribution for p in found.paths) <= whole + 1e-5  # type: ignore[operator]
    assert all(value >= 0 for value in found.by_channel.values())


def test_what_arrives_is_divided_exactly(fitted: Fitted) -> None:
    walk, direct = fitted.causal.walk, fitted.causal.direct
    disease = int(np.bincount(direct.disease).argmax())
    seeds = direct.weighted(fitted.causal.kin(disease))
    scores = walk.leave_one_out(seeds)
    for gene in (*np.flatnonzero(seeds)[:3].tolist(), int(np.argmin(seeds))):
        arrivals = Arrivals.at(walk, gene, seeds)
        assert arrivals.total == pytest.approx(float(scores[gene]), rel=1e-3, abs=1e-7)
        _, through = arrivals.by_neighbour(walk)
        assert through.sum() == pytest.approx(float(arrivals.by_seed.sum()), rel=1e-3)
        assert sum(arrivals.by_relation(walk, fitted.strands).values()) == pytest.approx(1.0)


def test_relations_behind_an_edge_add_up_and_one_can_be_taken_out() -> None:
    left = sp.csr_matrix(np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]], np.float32))
    right = sp.csr_matrix(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]], np.float32))
    walk = sp.csr_matrix(np.array([[0, 0.6, 0.4], [1, 0, 0], [1, 0, 0]], np.float32))
    strands = Strands.of(walk, {"interaction": left, "process": right})
    assert strands.of_edge(walk, 0, 1) == pytest.approx(
        {"interaction": 0.5, "process": 0.5}, abs=0.01
    )
    assert strands.of_edge(walk, 0, 2) == pytest.approx({"interaction": 1.0, "process": 0.0})
    assert strands.of_edge(walk, 1, 2) == {}
    without = strands.without(walk, "interaction").toarray()
    assert without[0] == pytest.approx([0, 1, 0])
    assert without[2].sum() == 0


# counterfactuals


def visible(graph: Graph, variant: Variant) -> Claims:
    return graph.claims.without({*variant.excluded, *CAUSALITY.hidden_classes})


def test_a_weight_without_a_unit_is_that_of_a_build_without_it(release: Release) -> None:
    """The oracle builds direct evidence from the other records alone."""
    graph = Graph(release)
    claims = visible(graph, Variant.HEADLINE)
    direct = Direct.of(claims, graph.disease_ontology, len(graph.genes))
    ledger = Ledger.of(claims, direct)
    assert {u.kind for u in ledger.units} == {"source", "class", "predicate"}
    for unit in ledger.units:
        left = ledger.without(direct, unit)
        rest = claims.keep(~unit.of(claims))
        built = Direct.of(rest, graph.disease_ontology, left.n_genes)
        said = built.weight > 0
        for name in ("gene", "disease", "weight"):
            assert np.array_equal(getattr(left, name), getattr(built, name)[said]), (unit, name)
        for name in ("refuted_gene", "refuted_disease", "refuted_strength"):
            assert np.array_equal(getattr(left, name), getattr(built, name)), (unit, name)


@pytest.mark.parametrize(("target", "disease"), PAIRS[:3])
def test_a_counterfactual_rank_is_that_of_a_true_rescoring(
    release: Release, scorer: Scorer, target: str, disease: str
) -> None:
    """The oracle scores all genes with evidence built from the other sources' records."""
    fitted, weights, variant = scorer.fitted, Weights(), Variant(scorer.model.variant)
    graph = Graph(release)
    claims = visible(graph, variant)
    hidden = {*variant.excluded, *CAUSALITY.hidden_classes}
    said = claims.with_those_of(proxy_claims(graph).without(hidden))
    assert len(said) > len(claims)
    gene, number = scorer.gene_number(target), scorer.disease_number(disease)
    found = scorer.explain(target, disease)
    for source, rank in found.counterfactuals.items():
        direct, served = (
            Direct.of(
                those.keep(those.source != source),
                fitted.causal.direct.ontology,
                fitted.causal.direct.n_genes,
            )
            for those in (claims, said)
        )
        causal = replace(fitted.causal, direct=direct, served=served)
        model = replace(fitted, causal=causal)
        places = DiseaseScores.of(model, number).ranking(weights).places()
        assert places[gene] == rank, source


def test_leaving_out_what_a_pair_rests_on_costs_it_its_rank(scorer: Scorer) -> None:
    found = scorer.explain("NOD2", CROHN)
    assert found.score.rank <= 20
    assert found.without_class["genetic"] > found.score.rank
    assert max(found.without_relation.values()) > found.score.rank


def test_kept_answers_of_one_disease_are_the_models_own(fitted: Fitted) -> None:
    disease = int(fitted.causal.direct.evidence_diseases[0])
    plain, quick = (m.causal.parts(disease) for m in (fitted, for_disease(fitted, disease)))
    assert quick.indirect == pytest.approx(plain.indirect, abs=1e-3)
    unit = fitted.ledger.units[0]
    asked = Counterfactuals(fitted)
    first = asked.rank(5, disease, unit, Weights())
    assert asked.rank(5, disease, unit, Weights()) == first


def test_units_that_are_not_there_are_no_units(fitted: Fitted) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        fitted.ledger.without(fitted.causal.direct, Unit("source", "nosuch"))


# p values, stability, faithfulness


def test_a_degree_null_is_uniform_where_seeds_are_random() -> None:
    rng = np.random.default_rng(0)
    matrix = sp.random(400, 400, 0.05, random_state=0, format="csr", dtype=np.float32)
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    walk = Walk.over(matrix)
    band = np.arange(400) * 4 // 400
    p = []
    for _ in range(200):
        seeds = np.zeros(400, np.float32)
        for b in range(4):
            seeds[rng.choice(np.flatnonzero(band == b), 5, replace=False)] = 1.0
        gene = int(rng.choice(np.flatnonzero(seeds == 0)))
        p.append(Arrivals.at(walk, gene, seeds).degree_null(band, int(rng.integers(1e9)), 99))
    assert np.mean(p) == pytest.approx(0.5, abs=0.07)
    assert 0.02 <= np.mean(np.array(p) <= 0.1) <= 0.18


def test_a_planted_neighbour_has_a_small_p_value() -> None:
    n = 200
    entries = (np.ones(5, np.float32), (np.arange(1, 6), np.zeros(5, int)))
    walk = Walk.over(sp.csr_matrix(entries, shape=(n, n)))
    seeds = np.zeros(n, np.float32)
    seeds[1:6] = 1.0
    assert Arrivals.at(walk, 0, seeds).degree_null(np.zeros(n, np.int64)) < 0.01


def test_paths_are_typed_and_carry_their_records(scorer: Scorer) -> None:
    found = scorer.explain("PCSK9", FH)
    channels = {p.channel for p in found.paths}
    assert {"direct", "walk"} <= channels
    for path in found.paths:
        ends = {path.hops[0].subject, path.hops[0].object}
        assert found.target in ends
        assert path.hops[-1].object == found.disease
    assert found.permutations > 0
    assert all(0 < p <= 1 for p in found.degree_null.values())
    assert found.faithfulness is not None
    assert found.faithfulness.without_paths < found.faithfulness.paths_alone


def test_a_hop_has_records_of_its_own_or_says_what_it_rests_on(pictured: Scorer) -> None:
    """The oracles are the store, the hierarchy's similarity, and two clinical pictures' product."""
    causal, place, store = pictured.fitted.causal, pictured.diseases.position, pictured.store
    pictures, measured = causal.profiles.matrix, set()
    for target, disease in PAIRS:
        for path in pictured.explain(target, disease).paths:
            for hop in path.hops:
                told = hop.basis, hop.similarity
                if hop.evidence:
                    assert told == (None, None)
                    ends = [(hop.subject, hop.object), (hop.object, hop.subject)]
                    edges = [e for found in store.edges_between(ends) for e in found]
                    known = {r.id for rows in store.evidence_of(edges) for r in rows}
                    assert set(hop.evidence) <= known, hop
                    continue
                assert hop.predicate == SIMILAR
                if hop.subject not in place:
                    assert told == (WALKED, None)
                    continue
                found, asked = place[hop.subject], place[hop.object]
                if path.channel == "phenotype_walk":
                    like, basis = float((pictures[found] @ pictures[asked].T).sum()), COSINE
                else:
                    ontology = causal.direct.ontology
                    assert asked not in ontology.above(found), "a type has its way up shown"
                    like, basis = float(ontology.lin(found)[asked]), LIN
                assert told == (basis, pytest.approx(like, abs=1e-5))
                measured.add(basis)
    assert measured == {LIN, COSINE}


def test_a_type_leads_up_to_the_disease_by_the_shortest_way(scorer: Scorer) -> None:
    """The oracle walks the hierarchy's own edges breadth first."""
    store, graph = scorer.store, nx.DiGraph()
    kind = EdgeType(Category.DISEASE, Predicate.SUBCLASS_OF, Category.DISEASE)
    numbers = store.edge_numbers(kind)
    ends = [store.ids_of(store.arrays[f"edge_{end}"][numbers]) for end in ("subject", "object")]
    graph.add_edges_from(zip(*ends, strict=True))
    links, seen = Links(store, scorer.genes), set()
    above = scorer.diseases.ids[scorer.disease_number(FH)]
    for below in sorted(nx.ancestors(graph, above)):
        hops = links.up(below, above)
        assert len(hops) == nx.shortest_path_length(graph, below, above)
        assert [below, *(h.object for h in hops)] == [*(h.subject for h in hops), above]
        for hop in hops:
            assert hop.predicate == Predicate.SUBCLASS_OF
            edges = store.edges_between([(hop.subject, hop.object)])[0]
            known = [r.id for rows in store.evidence_of(edges) for r in rows]
            assert hop.evidence
            assert set(hop.evidence) <= set(known)
        seen.add(len(hops))
    assert seen, "no type of it in this release"


def test_a_record_of_a_trait_that_stands_for_the_disease_is_shown_as_of_the_trait(
    scorer: Scorer,
) -> None:
    hops = [h for p in scorer.explain("LDLR", FH).paths if p.channel == "direct" for h in p.hops]
    at = next(i for i, h in enumerate(hops) if h.predicate == Predicate.ASSOCIATED_WITH)
    trait, stands = hops[at - 1], hops[at]
    assert trait.object == stands.subject
    assert scorer.store.nodes([trait.object])[0].category == Category.PHENOTYPE  # type: ignore[union-attr]
    assert stands.object in scorer.diseases.position
    assert stands.evidence


def test_genes_that_no_edge_joins_are_said_to_be_joined_by_a_walk(scorer: Scorer) -> None:
    (hop,) = Links(scorer.store, scorer.genes).between(3, 5, {})
    assert (hop.subject, hop.object) == (scorer.genes.ids[3], scorer.genes.ids[5])
    assert (hop.predicate, hop.evidence, hop.basis) == (SIMILAR, (), WALKED)


def test_explanations_are_more_faithful_than_random_ones(scorer: Scorer) -> None:
    figures = explanation_figures(scorer.fitted, pairs=6)
    assert figures["pairs"] == 6
    gain = figures["gain_over"]
    assert gain["random"]["deletion"]["first 5"][0] > 0  # type: ignore[index]
    assert gain["random"]["insertion"]["first 5"][0] > 0  # type: ignore[index]
    for name in ("shown", "random", "degree"):
        assert 0 <= figures[name]["fidelity_plus"][0] <= 1  # type: ignore[index]
        assert 0 <= figures[name]["unfaithfulness"][0] <= 1  # type: ignore[index]


def test_the_graph_of_grounds_predicts_as_the_model_does(fitted: Fitted) -> None:
    for items in sampled(fitted, 4, 0):
        pair = items.pair
        causal = pair.fitted.causal
        parts = causal.parts(pair.disease)
        whole = fitted.curves(parts)[pair.gene]
        assert pair.probability(pair.everything) == pytest.approx(float(whole), abs=2e-4)


def test_pygs_graph_of_grounds_predicts_the_models_probability(fitted: Fitted) -> None:
    for items in sampled(fitted, 6, 0):
        pair = items.pair
        everyone = np.sort(fitted.curves(pair.parts))
        odds = pair.probability(pair.everything) / everyone[-TOP]
        found = GroundsModel(pair)(*graph_of(items))[0].tolist()
        assert found == pytest.approx([1 / (1 + odds), odds / (1 + odds)], abs=1e-4)


def test_pygs_metrics_of_all_grounds_and_of_none(fitted: Fitted) -> None:
    """Of pairs among the first that would not be there without any of their grounds."""
    judged = 0
    for items in sampled(fitted, 12, 0):
        pair = items.pair
        cut = float(np.sort(fitted.curves(pair.parts))[-TOP])
        if pair.probability(pair.everything) > 1.01 * cut and pair.probability_of(0, 0, 0) < cut:
            judged += 1
            plus, minus, unlike = metrics(items, np.arange(len(items)))
            assert (plus, minus) == (1.0, 0.0)
            assert unlike == pytest.approx(0.0, abs=1e-4)
            plus, minus, unlike = metrics(items, np.zeros(0, np.int64))
            assert (plus, minus) == (0.0, 1.0)
            assert unlike > 0.01
    assert judged > 2


def test_stability_is_whole_for_equal_trainings_and_none_for_opposite_ones(
    fitted: Fitted,
) -> None:
    assert mean_jaccard([{1, 2}, {1, 2}]) == 1.0
    assert mean_jaccard([{1, 2}, {3, 4}]) == 0.0
    assert mean_jaccard([{1, 2, 3}, {2, 3, 4}, {1, 2, 3}]) == pytest.approx((0.5 + 1.0 + 0.5) / 3)
    items = next(
        i for i in sampled(fitted, 12, 0) if np.count_nonzero(i.pair.kin.seeds) > 2 * NEIGHBOURS
    )
    network = fitted.causal.network
    assert network is not None
    first = network.gene_towers[:1]
    for towers, expected in (([first, first], 1.0), ([first, _turned(first, items.pair)], 0.0)):
        planted = replace(
            network,
            gene_towers=np.concatenate(towers),
            disease_towers=np.repeat(network.disease_towers[:1], len(towers), axis=0),
        )
        causal = replace(fitted.causal, network=planted)
        pair = replace(items.pair, fitted=replace(fitted, causal=causal))
        assert pair.stability() == expected
    once = replace(network, gene_towers=first, disease_towers=network.disease_towers[:1])
    alone = replace(fitted.causal, network=once)
    assert replace(items.pair, fitted=replace(fitted, causal=alone)).stability() is None


def _turned(towers: npt.NDArray[np.float16], pair: Pair) -> npt.NDArray[np.float16]:
    """All genes but one the other way round: what was nearest to it is farthest."""
    turned = -towers
    turned[:, :, pair.gene] = towers[:, :, pair.gene]
    return turned


def test_a_clinical_record_is_shown_by_its_variant(scorer: Scorer, release: Release) -> None:
    """As `full` serves it: in the direct part alone, and told of the variant that it is of."""
    graph, fitted = Graph(release), scorer.fitted
    causal, clinical = fitted.causal, clinical_claims(graph)
    learned = visible(graph, Variant(scorer.model.variant))
    claims = learned.with_those_of(clinical)
    served = Direct.of(claims, causal.direct.ontology, causal.direct.n_genes)
    full = replace(
        fitted,
        causal=replace(causal, served=served),
        served_ledger=Ledger.of(claims, served),
    )
    again = from_arrays(to_arrays(full))
    assert again.causal.said.weight.tobytes() == served.weight.tobytes()
    assert again.as_learned.causal.said is again.causal.direct

    strong = clinical.keep(clinical.strength >= 0.8)
    alone = [
        (g, d)
        for g, d in zip(strong.gene.tolist(), strong.disease.tolist(), strict=True)
        if causal.direct.score(d)[g] == 0.0
    ]
    gene, disease = alone[0]
    scores = DiseaseScores.of(again, disease)
    assert scores.parts.direct[gene] > 0.0
    score = scorer.described(disease, np.array([gene]), scores.ranking(Weights()))[0]
    explainer = Explainer(scorer.store, again, scorer.genes, scorer.diseases, scorer.evidence_ids)
    found = explainer.explain(gene, disease, scores, score, "causality", Weights())
    tie, told = found.paths[0].hops[:2]
    assert tie.predicate == Predicate.IS_SEQUENCE_VARIANT_OF
    assert scorer.store.nodes([tie.object])[0].category == Category.VARIANT  # type: ignore[union-attr]
    assert (told.subject, told.object) == (tie.object, scorer.diseases.ids[disease])
    own = scorer.store.edges_between([(tie.object, tie.subject)])[0]
    assert tie.evidence
    assert set(tie.evidence) <= {r.id for rows in scorer.store.evidence_of(own) for r in rows}
    edge = scorer.store.edges_between([(told.subject, told.object)])[0]
    ids = {r.id for rows in scorer.store.evidence_of(edge) for r in rows}
    assert told.evidence
    assert set(told.evidence) <= ids
    assert set(found.by_class) >= {"clinical"}
    assert found.without_class["clinical"] > score.rank
    assert sum(found.by_channel.values()) == pytest.approx(
        float(scores.causality.probability[gene]), abs=1e-5
    )
