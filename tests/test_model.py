"""The model: what it may not see, that it learns, that its numbers are calibrated and kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import scipy.sparse as sp

from gnn import checkpoint
from gnn.calibrate import Counts, Curve, expected_calibration_error
from gnn.causality import REPLICATED_CAP, Direct
from gnn.counterfactuals import without
from gnn.disease_scores import DiseaseScores, overall
from gnn.features import FACTS
from gnn.fitted import from_arrays, set_aside, to_arrays
from gnn.graph import Graph, hetero_data
from gnn.held_out import without_pairs
from gnn.material import Material, hiding
from gnn.objective import (
    CAUSALITY,
    DISEASE_CLAIMS,
    DRUGGABILITY,
    LIGANDS,
    OBJECTIVES,
    TREATMENTS,
)
from gnn.parts import LONE, MOST, CausalModel, weighed
from gnn.propagation import Walk
from gnn.relations import RELATIONS
from gnn.score import Scorer
from gnn.split import FOLDS, disease_folds, zero_shot
from gnn.target_score import Call, ModelInfo, ScoreState, Weights
from gnn.towers import embed, fit
from gnn.train import ridge_queries
from kg.biolink import EvidenceClass, Predicate
from kg.compile import CLASSES
from kg.errors import AmbiguousName, BadArgument, ModelNotFound, UnknownNode
from kg.release import Home, Release
from tests.vetoes import left_for

FH = "MONDO:0005439"


# what may not be seen


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_no_relation_is_made_of_hidden_edges(objective: object) -> None:
    used = {t for relation in RELATIONS for t in relation.edge_types}
    assert not used & objective.hidden  # type: ignore[attr-defined]


def test_objectives_hide_labels_inverses_and_shortcuts() -> None:
    assert CAUSALITY.hidden >= DISEASE_CLAIMS | TREATMENTS | LIGANDS
    assert DRUGGABILITY.hidden >= LIGANDS | TREATMENTS
    assert {EvidenceClass.CLINICAL, EvidenceClass.SAFETY} <= CAUSALITY.hidden_classes


def test_no_fact_is_fame_or_precedent(release: Release) -> None:
    banned = ("publication", "pubmed", "drug", "ligand", "patent", "antibody", "safety")
    assert not [f for f in FACTS if any(word in f for word in banned)]
    known = set(pc.unique(release.table("facts", ["key"])["key"].cast(pa.string())).to_pylist())
    assert set(FACTS) <= known


def test_labels_are_no_facts_and_no_edges(release: Release) -> None:
    kinds = set(pc.unique(release.table("labels", ["kind"])["kind"].cast(pa.string())).to_pylist())
    facts = set(pc.unique(release.table("facts", ["key"])["key"].cast(pa.string())).to_pylist())
    assert {"publications", "development_level", "drug_mechanism", "drug_indication"} <= kinds
    assert not {f for f in facts if f.split(".")[0] in kinds}


def test_the_headline_rests_on_no_clinical_or_literature_claim(material: Material) -> None:
    seen = {CLASSES[i] for i in np.unique(material.claims.evidence_class)}
    assert not seen & {EvidenceClass.CLINICAL, EvidenceClass.LITERATURE, EvidenceClass.SAFETY}


def test_the_walk_never_reads_the_pairs_own_evidence() -> None:
    rng = np.random.default_rng(0)
    graph = sp.random(60, 60, 0.1, random_state=0, format="csr", dtype=np.float32)
    graph.setdiag(0)
    graph.eliminate_zeros()
    walk = Walk.over(graph)
    seeds = (rng.random(60) < 0.2).astype(np.float32)
    before = walk.leave_one_out(seeds)
    for gene in np.flatnonzero(seeds)[:8]:
        without = seeds.copy()
        without[gene] = 0.0
        assert walk.leave_one_out(without)[gene] == pytest.approx(before[gene], abs=1e-5)


def test_the_network_is_blind_to_the_diseases_own_genes(material: Material) -> None:
    """A query in the hidden fold gets the same vector whatever its own evidence says."""
    direct = material.direct
    disease = int(np.bincount(direct.disease).argmax())
    hidden = np.zeros(material.ontology.n, bool)
    hidden[disease] = True
    others = direct.evidence_diseases[direct.evidence_diseases != disease]
    whole = material.ridge.fit(direct.matrix, others)
    blind = material.ridge.fit(hiding(direct, hidden).matrix, others)
    assert np.abs(whole - blind).max() < 1e-6


def test_kernel_ridge_as_it_is_kept_is_blind_to_each_diseases_fold(material: Material) -> None:
    """Evidence of one fold's diseases taken away: their vectors stay, those of others change."""
    direct = material.direct
    labelled = direct.evidence_diseases
    fold = disease_folds(material.ontology, labelled, FOLDS, 0)
    gone = replace(material, direct=hiding(direct, fold == 0))
    whole, blind = (ridge_queries(m, fold, FOLDS) for m in (material, gone))
    mine = fold == 0
    assert np.isin(labelled, np.flatnonzero(mine)).any()
    assert np.abs(whole[mine]).max() > 0
    assert np.array_equal(whole[mine], blind[mine])
    assert not np.array_equal(whole[~mine], blind[~mine])


def test_the_walks_of_a_gene_ignore_its_own_edge(material: Material) -> None:
    """Genes with one record in all, where no other record of theirs could carry it either."""
    direct, causal = material.direct, material.without_network()
    sole = np.flatnonzero(np.bincount(direct.gene)[direct.gene] == 1)
    assert len(sole) > 20
    moved = 0
    for place in np.random.default_rng(0).permutation(sole)[:20].tolist():
        gene, disease = int(direct.gene[place]), int(direct.disease[place])
        blind = material.without_network(
            without_pairs(direct, np.arange(len(direct.gene)) == place)
        )
        for walk in ("kin", "picture"):
            before, after = (getattr(c.walks(disease), walk)[gene] for c in (causal, blind))
            assert before == pytest.approx(after, abs=1e-6)
        # Its record is a seed to others.
        moved += not np.array_equal(causal.walked(disease), blind.walked(disease))
    assert moved


# it learns


def _recall(material: Material, shuffled: bool) -> float:
    """Mean recall@200 of a small tower on diseases it never saw."""
    split = zero_shot(material.direct, 0, queries=40)
    direct = material.direct
    data = material.tower_data()
    if shuffled:
        genes = np.random.default_rng(1).permutation(direct.n_genes)[direct.gene]
        order = np.lexsort((direct.disease, genes))
        direct = replace(
            direct, gene=genes[order], disease=direct.disease[order], weight=direct.weight[order]
        )
        data = material.tower_data(direct)
    visible = direct.evidence_diseases[~split.hidden[direct.evidence_diseases]]
    genes_at, diseases_at = embed(fit(data, visible, 0), data)
    found = []
    for query in split.queries:
        score = genes_at @ diseases_at[query.disease]
        score[query.known] = -np.inf
        found.append((np.argsort(np.argsort(-score))[query.positives] < 200).mean())
    return float(np.mean(found))


def test_training_beats_a_control_with_shuffled_labels(material: Material) -> None:
    assert _recall(material, shuffled=False) > _recall(material, shuffled=True) + 0.02


# direct evidence


def claims_of(material: Material, sources: list[str], strengths: list[float]) -> Direct:
    n = len(sources)
    some = material.claims.keep(np.arange(len(material.claims)) < n)
    made = replace(
        some,
        gene=np.zeros(n, np.int64),
        disease=np.zeros(n, np.int64),
        strength=np.array(strengths, np.float32),
        negated=np.zeros(n, bool),
        predicate=np.array([Predicate.GENETICALLY_ASSOCIATED_WITH.value] * n),
        source=np.array(sources),
    )
    return Direct.of(made, material.ontology, 3)


def test_sources_that_repeat_an_association_raise_it_up_to_a_cap(material: Material) -> None:
    once = claims_of(material, ["a"], [0.5]).weight[0]
    same = claims_of(material, ["a"] * 4, [0.5] * 4).weight[0]
    four = claims_of(material, list("abcd"), [0.5] * 4).weight[0]
    many = claims_of(material, [f"source {k}" for k in range(60)], [0.5] * 60).weight[0]
    assert once == same == pytest.approx(0.5)
    assert four == pytest.approx(0.75)
    assert many == pytest.approx(REPLICATED_CAP)


def test_an_association_however_sure_stays_below_a_curated_cause(material: Material) -> None:
    weights = [claims_of(material, ["a"], [s]).weight[0] for s in (0.75, 0.9, 1.0)]
    assert weights == pytest.approx([0.75, 0.774, 0.79])


def test_curators_who_agree_count_for_more_and_one_alone_for_no_more(material: Material) -> None:
    some = material.claims.keep(np.arange(len(material.claims)) < 5)
    told = replace(
        some,
        gene=np.array([0, 0, 0, 1, 1]),
        disease=np.zeros(5, np.int64),
        strength=np.array([0.8, 1.0, 0.3, 1.0, 0.9], np.float32),
        negated=np.zeros(5, bool),
        predicate=np.full(5, Predicate.CAUSES.value),
        source=np.array(["orphanet", "clingen", "clingen", "clingen", "clingen"]),
    )
    direct = Direct.of(told, material.ontology, 2)
    assert direct.weight.tolist() == pytest.approx([1 - 0.2 * 0.1, 0.9])
    one, two = (weighed(direct.weight)[g] for g in (1, 0))
    assert one == pytest.approx(0.9 + 1.0 - LONE)
    assert two == pytest.approx(0.98 - np.log10(0.02) - LONE)
    assert weighed(np.array([0.0, 0.5, 1.0], np.float32)).tolist() == pytest.approx(
        [0.0, 0.5, 1.0 + MOST - LONE]
    )


# calibration


def test_a_curve_recovers_known_probabilities() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(150):
        score = rng.random(2000)
        rows.append((score, rng.random(2000) < score**2))
    counts = Counts.of(rows, 1.0, 100)
    curve = Curve.fit(counts)
    grid = np.linspace(0.05, 0.95, 10)
    assert np.abs(curve(grid) - grid**2).max() < 0.03
    lower, upper = curve.band(grid)
    assert ((lower <= curve(grid)) & (curve(grid) <= upper)).all()
    assert (np.diff(curve(np.linspace(0, 1, 50))) >= 0).all()


def test_calibration_error_is_zero_for_the_truth_and_large_for_a_lie() -> None:
    total = np.full(10, 1000.0)
    truth = np.linspace(0.05, 0.95, 10)
    assert expected_calibration_error(truth, truth * total, total) == pytest.approx(0.0, abs=1e-9)
    assert expected_calibration_error(truth**3, truth * total, total) > 0.1


# stored models and answers


def test_a_model_read_back_scores_the_same(scorer: Scorer, home: Home, model: ModelInfo) -> None:
    directory = checkpoint.find(home, home.open(), model.id)
    again = Scorer(
        scorer.store,
        from_arrays(to_arrays(from_arrays(checkpoint.load(directory, home.open())))),
        model,
    )
    assert again.rank(FH, top=50) == scorer.rank(FH, top=50)


def test_models_of_other_versions_are_named(release: Release, tmp_path: Path) -> None:
    home = Home(tmp_path)
    info = ModelInfo("0123456789ab", release.id, "full", (0,), "2026-01-01")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "FORMAT", checkpoint.FORMAT - 1)
        checkpoint.save(home, info, {})
        assert checkpoint.find(home, release).name == info.id
    told = rf"0123456789ab \(format {checkpoint.FORMAT - 1}\).*target-kg train"
    with pytest.raises(ModelNotFound, match=told):
        checkpoint.find(home, release)


def test_no_such_model_or_variant_is_said(home: Home, model: ModelInfo) -> None:
    with pytest.raises(ModelNotFound, match="target-kg train"):
        Scorer.open(home, home.open(), "nosuch")
    with pytest.raises(BadArgument, match="variants are"):
        Scorer.open(home, home.open(), None, "best")


@pytest.mark.parametrize(
    ("disease", "genes", "within"),
    [
        (FH, ("LDLR", "APOB", "PCSK9"), 5),
        ("cystic fibrosis", ("CFTR",), 3),
        ("Crohn disease", ("NOD2",), 20),
        ("type 2 diabetes mellitus", ("KCNJ11", "HNF4A", "GCK", "TCF7L2"), 25),
        ("breast cancer", ("BRCA1", "BRCA2"), 10),
    ],
)
def test_known_causal_genes_are_near_the_top(
    scorer: Scorer, disease: str, genes: tuple[str, ...], within: int
) -> None:
    place = {s.symbol: s.rank for s in scorer.rank(disease, top=200)}
    assert {g: place.get(g, 999) <= within for g in genes} == dict.fromkeys(genes, True), place


def test_numbers_of_a_ranking_are_in_their_ranges(scorer: Scorer) -> None:
    ranking = scorer.rank(FH)
    assert len(ranking) == len(scorer.genes) > 18000
    assert [s.rank for s in ranking] == list(range(1, len(ranking) + 1))
    assert [s.overall for s in ranking] == sorted((s.overall for s in ranking), reverse=True)
    for s in ranking[:: len(ranking) // 300]:
        for axis in (s.causality, s.reversibility, s.druggability):
            assert 0 <= axis.lower <= axis.probability <= axis.upper <= 1  # type: ignore[operator]
            assert 0 <= axis.percentile <= 100  # type: ignore[operator]
        assert s.rank_lower <= s.rank <= s.rank_upper


def test_each_part_of_causality_is_shown_as_the_model_has_it(scorer: Scorer) -> None:
    number = scorer.disease_number(FH)
    told, network = scorer.scores(number).parts, scorer.fitted.causal.network
    assert network is not None
    ridge, towers = network.ridge(number), network.towers(number).mean(axis=0)
    chosen = np.random.default_rng(0).choice(len(scorer.genes), 50, replace=False)
    genes = [scorer.gene_number("LDLR"), *chosen.tolist()]
    ranking = scorer.scores(number).ranking(Weights())
    for g, score in zip(genes, scorer.described(number, np.array(genes), ranking), strict=True):
        shown = score.causality.parts
        assert (shown.walk, shown.phenotype_walk) == (told.walk[g], told.phenotype_walk[g])
        assert shown.ridge == pytest.approx((ridge < ridge[g]).mean())
        assert shown.towers == pytest.approx((towers < towers[g]).mean())
        assert shown.boosting == pytest.approx(told.boosting[:, g].mean())  # type: ignore[index]


class Retrained(Scorer):
    """Whose boosting was trained twice and says the opposite the second time."""

    def scores(self, disease: int) -> DiseaseScores:
        found = super().scores(disease)
        first = found.parts.boosting[0]  # type: ignore[index]
        both = np.stack([first, 1.0 - first])
        return replace(found, parts=replace(found.parts, boosting=both))


def test_trainings_of_boosting_are_shown_together(scorer: Scorer) -> None:
    twice = Retrained(scorer.store, scorer.fitted, scorer.model)
    shown = [s.causality.parts.boosting for s in twice.rank(FH, top=20)]
    assert shown == pytest.approx([0.5] * 20)


def test_a_network_part_that_is_set_aside_shows_no_parts(scorer: Scorer) -> None:
    walks = Scorer(scorer.store, set_aside(scorer.fitted), scorer.model)
    parts = [s.causality.parts for s in walks.rank(FH, top=20)]
    assert {(p.ridge, p.towers, p.boosting) for p in parts} == {(None, None, None)}
    assert max(p.walk for p in parts) > 0.5


def test_own_evidence_by_clinical_picture_is_shown_and_enters_no_score(
    pictured: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oracle goes over a gene's records one by one."""
    number, causal = pictured.disease_number(FH), pictured.fitted.causal
    near = causal.profiles.likeness(number)
    ranked = pictured.rank(FH)
    shown = {s.symbol: s.causality.parts.phenotype_evidence for s in ranked}
    assert 0 < max(shown.values()) <= 1
    best = sorted(shown, key=shown.__getitem__, reverse=True)[:20]
    counted = np.flatnonzero(causal.pictures(number))
    assert 0 < len(counted) <= 30
    assert near[counted].min() >= 0.15
    for symbol in best:
        gene = pictured.gene_number(symbol)
        own = np.flatnonzero(causal.direct.gene == gene)
        left = left_for(causal.direct, gene, number)
        told = [
            float(causal.direct.weight[i]) * float(near[of] ** 2 * left[of])
            for i, of in zip(own.tolist(), causal.direct.disease[own].tolist(), strict=True)
            if of in counted
        ]
        assert shown[symbol] == pytest.approx(max(told), rel=1e-5)

    monkeypatch.setattr(
        CausalModel, "pictured", lambda *_: np.ones(len(pictured.genes), np.float32)
    )
    other = Scorer(pictured.store, pictured.fitted, pictured.model).rank(FH)
    assert {s.causality.parts.phenotype_evidence for s in other} == {1.0}
    for mine, theirs in zip(other, ranked, strict=True):
        parts = replace(mine.causality.parts, phenotype_evidence=shown[mine.symbol])
        assert replace(mine, causality=replace(mine.causality, parts=parts)) == theirs


def test_no_evidence_is_said_and_still_scored(scorer: Scorer) -> None:
    ranked = scorer.rank(FH)
    unsupported = [s for s in ranked if s.causality.direct == 0]
    assert len(unsupported) > 10000
    states = {s.causality.state for s in unsupported}
    assert states == {ScoreState.NO_EVIDENCE, ScoreState.OUT_OF_DISTRIBUTION}
    indirect = [s for s in ranked if s.causality.state is ScoreState.NO_EVIDENCE]
    assert len(indirect) > len(unsupported) / 2
    assert all(s.causality.direct == 0 for s in indirect)
    assert len({s.causality.probability for s in indirect}) > 20
    notes = " ".join(scorer.explain(indirect[0].symbol, FH).notes)
    assert "no direct evidence" in notes.lower()


def test_weights_change_the_order_and_not_the_axes(scorer: Scorer) -> None:
    druggable = scorer.rank(FH, weights=Weights(0, 0, 1), top=5)
    assert [s.druggability.probability for s in druggable] == sorted(
        (s.druggability.probability or 0 for s in druggable), reverse=True
    )
    (one,) = scorer.rank(FH, targets=["LDLR"])
    (same,) = scorer.rank(FH, targets=["LDLR"], weights=Weights(0, 0, 1))
    assert (one.causality, one.druggability) == (same.causality, same.druggability)


def test_an_axis_that_is_not_there_weighs_nothing() -> None:
    causality, druggability = (np.array(v, np.float32) for v in ([0.9, 0.1], [0.2, 0.8]))
    alone = overall({"causality": causality}, Weights(1, 5, 0))
    assert alone == pytest.approx(causality)
    both = overall({"causality": causality, "druggability": druggability}, Weights(1, 2, 1))
    assert both == pytest.approx(np.sqrt(causality * druggability))
    with pytest.raises(BadArgument, match="nothing but causality"):
        overall({"causality": causality}, Weights(0, 1, 1))


def test_pairs_keep_their_order_and_say_what_is_wrong(scorer: Scorer) -> None:
    asked = [("LDLR", FH), ("NOSUCHGENE", FH), ("CFTR", "cystic fibrosis"), ("LDLR", "no disease")]
    found = scorer.pairs(asked)
    assert [isinstance(f, str) for f in found] == [False, True, False, True]
    assert "NOSUCHGENE" in str(found[1])
    assert "target-kg search" in str(found[1])
    assert found[0] == scorer.rank(FH, targets=["LDLR"])[0]


def test_a_misspelt_disease_offers_candidates(scorer: Scorer) -> None:
    with pytest.raises(UnknownNode) as error:
        scorer.rank("hypercholesterolaemia")
    assert any("hypercholesterol" in c.name for c in error.value.candidates)


def test_a_name_of_something_else_is_said_to_be_that(scorer: Scorer) -> None:
    """`Hypercholesterolemia` is a phenotype; of diseases only familial and other kinds are named."""
    with pytest.raises(UnknownNode, match=r"; HP:0003124, which does, is a phenotype$") as error:
        scorer.rank("hypercholesterolemia")
    assert any("familial" in c.name for c in error.value.candidates)
    with pytest.raises(UnknownNode, match=r"^no gene answers to .* is a disease$"):
        scorer.gene_number("cystic fibrosis")
    with pytest.raises(UnknownNode, match=r"answers to 'asthmaa'$") as error:
        scorer.rank("asthmaa")
    assert error.value.candidates[0].name == "asthma"


def test_an_ambiguous_alias_is_not_resolved(scorer: Scorer) -> None:
    terms = scorer.store.match(["MLL"])[0]
    if terms.node is None and terms.candidates:
        with pytest.raises((AmbiguousName, UnknownNode)):
            scorer.gene_number("MLL")


def test_explanations_name_records_that_exist(scorer: Scorer) -> None:
    found = scorer.explain("LDLR", FH)
    assert found.paths
    ids = {i for p in found.paths for h in p.hops for i in h.evidence}
    known = scorer.store.evidence_table(["id"])["id"]
    assert ids
    assert pc.all(pc.is_in(pa.array(sorted(ids)), value_set=known.combine_chunks())).as_py()
    assert {"clingen"} & set(found.counterfactuals)


def test_without_a_source_a_gene_keeps_at_most_the_evidence_it_had(scorer: Scorer) -> None:
    """Its rank may rise all the same: the source is taken from all genes."""
    found, fitted = scorer.explain("LDLR", FH), scorer.fitted
    gene, disease = scorer.genes.names.index("LDLR"), scorer.diseases.position[FH]
    before = fitted.causal.said.score(disease)[gene]
    after = {
        unit.name: without(fitted, unit).said.score(disease)[gene]
        for unit in fitted.said_ledger.units
        if unit.name in found.counterfactuals
    }
    assert after.keys() == found.counterfactuals.keys()
    assert max(after.values()) <= before
    assert after["clingen"] < before
    assert all(1 <= rank <= len(scorer.genes) for rank in found.counterfactuals.values())


def test_direction_calls_abstain_where_nothing_is_known(scorer: Scorer) -> None:
    calls = {s.direction.call for s in scorer.rank(FH)}
    assert calls == set(Call)


def test_the_graph_is_heterodata_without_what_is_hidden(release: Release) -> None:
    graph = Graph(release)
    seen = [t for relation in RELATIONS for t in relation.edge_types]
    data = hetero_data(graph, seen)
    assert len(data.edge_types) > 8
    assert not {t.pyg for t in CAUSALITY.hidden} & set(data.edge_types)
    interactions = data["Gene", "physically_interacts_with", "Gene"]
    assert interactions.edge_index.shape == (2, len(interactions.edge_attr))
    assert int(interactions.edge_index.max()) < data["Gene"].num_nodes
