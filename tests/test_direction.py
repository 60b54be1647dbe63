"""Direction: what decides, what conflicts, when nothing is said, and how often sets hold."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnn.conformal import LEVELS, ClassConformal
from gnn.direction import (
    BASES,
    CALL_LEVEL,
    CAUSES_FROM,
    LEAST_SUPPORT,
    MATCHED,
    Directions,
    Mechanisms,
    Signs,
    Votes,
    of_genes,
    of_pairs,
)
from gnn.direction_figures import (
    causal_gene_figures,
    direction_figures,
    pair_direction_figures,
)
from gnn.direction_learning import SignLearner
from gnn.disease_scores import by_gene, causes
from gnn.druggability import gene_groups
from gnn.druggability_baselines import Rivals
from gnn.features import components, standardised
from gnn.graph import Graph
from gnn.propagation import Walk
from gnn.relations import RELATIONS, similarity, walk_matrix
from gnn.report import DIRECTION_SPLITS, _by_pair, _calls
from gnn.score import Scorer
from gnn.target_score import Basis, Call
from ingest.build import build
from ingest.fetch import Library
from ingest.options import BuildOptions
from kg.errors import UnknownNode
from kg.release import Home

FH = "MONDO:0005439"

# conformal sets


def test_each_class_is_covered_as_promised_however_rare() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        truth = rng.random(800) < 0.85
        said = np.where(truth, rng.beta(5, 2, 800), rng.beta(3, 3, 800))
        fitted = ClassConformal.fit(said[:400], truth[:400])
        for level in LEVELS:
            inhibit, activate = fitted.sets(said[400:], level)
            found.append((level, inhibit[truth[400:]].mean(), activate[~truth[400:]].mean()))
    for level in LEVELS:
        both = np.array([row[1:] for row in found if row[0] == level]).mean(axis=0)
        assert both == pytest.approx(level, abs=0.025)


def test_a_surer_level_has_larger_sets() -> None:
    rng = np.random.default_rng(1)
    fitted = ClassConformal.fit(rng.random(300), rng.random(300) < 0.5)
    asked = np.linspace(0, 1, 101)
    for small, large in zip(fitted.sets(asked, 0.8), fitted.sets(asked, 0.9), strict=True):
        assert not (small & ~large).any()


def test_a_class_with_too_few_genes_is_never_ruled_out() -> None:
    said, truth = np.linspace(0.5, 1.0, 60), np.ones(60, bool)
    truth[:5] = False
    calls = ClassConformal.fit(said, truth).calls(np.linspace(0, 1, 50), 0.9)
    assert not (calls < 0).any()


def test_the_rare_class_is_called_only_where_it_is_the_likelier() -> None:
    """Nine in ten inhibit: sets that seldom miss an activator hold genes that rather inhibit."""
    rng = np.random.default_rng(2)
    truth = rng.random(2000) < 0.9
    said = np.where(truth, rng.beta(6, 1, 2000), rng.beta(6, 3, 2000))
    fitted, asked = ClassConformal.fit(said, truth), np.linspace(0, 1, 501)
    inhibit, activate = fitted.sets(asked, 0.8)
    calls = fitted.calls(asked, 0.8)
    assert (activate & ~inhibit & (asked > 0.5)).any()
    assert (asked[calls > 0] <= 0.5).all()
    assert (asked[calls < 0] >= 0.5).all()
    assert (calls > 0).any()
    assert (calls < 0).any()


# what decides


def only(**votes: float) -> Votes:
    names = ("inhibit", "activate", "near_inhibit", "near_activate")
    return Votes(*(np.array([votes.get(n, 0.0)], np.float32) for n in names))


def decided(
    votes: Votes,
    inhibitors: float = 0.0,
    activators: float = 0.0,
    causes: bool = False,
    inhibited: bool = False,
    measured: int = 0,
) -> tuple[Call, Basis]:
    signs = Signs(np.array([inhibitors], np.float32), np.array([activators], np.float32))
    nothing = np.zeros(1, np.float32)
    genes = of_genes(signs, nothing + 0.5, nothing, np.zeros(1, np.int8))
    flags = np.array([causes]), np.array([inhibited])
    found = of_pairs(genes, signs, votes, *flags, np.array([measured], np.int8))
    call = {-1: Call.INHIBIT, 0: Call.UNDECIDED, 1: Call.ACTIVATE}[int(found.call[0])]
    return call, BASES[int(found.basis[0])]


@pytest.mark.parametrize(
    ("votes", "drugs", "expected"),
    [
        (only(activate=1), (0, 0), (Call.ACTIVATE, Basis.MECHANISM)),
        (only(activate=1), (3, 0), (Call.ACTIVATE, Basis.MECHANISM)),
        (only(activate=1, near_inhibit=4), (0, 0), (Call.ACTIVATE, Basis.MECHANISM)),
        (only(activate=1, inhibit=1), (0, 0), (Call.UNDECIDED, Basis.CONFLICT)),
        (only(near_inhibit=1), (0, 0), (Call.INHIBIT, Basis.RELATED_MECHANISM)),
        (only(near_inhibit=1), (3, 0), (Call.INHIBIT, Basis.RELATED_MECHANISM)),
        (only(near_activate=1), (3, 0), (Call.UNDECIDED, Basis.CONFLICT)),
        (only(near_activate=1, near_inhibit=1), (0, 0), (Call.UNDECIDED, Basis.CONFLICT)),
        (only(), (3, 0), (Call.INHIBIT, Basis.DRUGS)),
        (only(), (0, 2), (Call.ACTIVATE, Basis.DRUGS)),
        (only(), (1, 1), (Call.UNDECIDED, Basis.CONFLICT)),
        (only(), (0, 0), (Call.UNDECIDED, Basis.NONE)),
    ],
)
def test_the_disease_s_own_mechanism_decides_before_all_else(
    votes: Votes, drugs: tuple[int, int], expected: tuple[Call, Basis]
) -> None:
    assert decided(votes, *drugs) == expected
    assert decided(votes, *drugs, causes=True, inhibited=True) == expected
    elsewhere = decided(votes, *drugs, causes=True)
    by_drugs = expected == (Call.INHIBIT, Basis.DRUGS)
    assert elsewhere == ((Call.UNDECIDED, Basis.UNKNOWN_MECHANISM) if by_drugs else expected)


@pytest.mark.parametrize(
    ("causes", "says", "votes", "expected"),
    [
        (False, -1, only(), (-1, Basis.HOMOLOGUES)),
        (True, -1, only(), (0, Basis.UNKNOWN_MECHANISM)),
        (True, 1, only(), (1, Basis.HOMOLOGUES)),
        (True, 0, only(), (0, Basis.HOMOLOGUES)),
        (True, -1, only(inhibit=1), (-1, Basis.MECHANISM)),
        (True, -1, only(near_activate=1), (1, Basis.RELATED_MECHANISM)),
    ],
)
def test_homologues_alone_never_inhibit_a_gene_that_causes_the_disease(
    causes: bool, says: int, votes: Votes, expected: tuple[int, Basis]
) -> None:
    nothing = np.zeros(1, np.float32)
    signs = Signs(nothing, nothing)
    genes = of_genes(signs, nothing + 0.9, nothing + 1.0, np.array([says], np.int8))
    flags = np.array([causes]), np.array([True])
    found = of_pairs(genes, signs, votes, *flags, np.zeros(1, np.int8))
    assert (int(found.call[0]), BASES[int(found.basis[0])]) == expected
    assert (found.inhibit[0] == 0.5) == (expected[1] is Basis.UNKNOWN_MECHANISM)


@pytest.mark.parametrize(
    ("drugs", "inhibited", "measured", "votes", "expected"),
    [
        ((3, 0), False, 1, only(), (Call.UNDECIDED, Basis.CONFLICT)),
        ((0, 3), False, -1, only(), (Call.UNDECIDED, Basis.CONFLICT)),
        ((3, 0), True, 1, only(), (Call.INHIBIT, Basis.DRUGS)),
        ((3, 0), False, -1, only(), (Call.INHIBIT, Basis.DRUGS)),
        ((3, 0), False, 1, only(inhibit=1), (Call.INHIBIT, Basis.MECHANISM)),
        ((0, 0), False, 1, only(), (Call.UNDECIDED, Basis.NONE)),
    ],
)
def test_measured_effects_call_nothing_and_no_call_of_elsewhere_stands_against_them(
    drugs: tuple[int, int],
    inhibited: bool,
    measured: int,
    votes: Votes,
    expected: tuple[Call, Basis],
) -> None:
    assert decided(votes, *drugs, inhibited=inhibited, measured=measured) == expected


def test_effects_are_of_records_that_may_not_decide_and_of_one_way() -> None:
    mechanisms = Mechanisms(
        np.array([0, 1, 1, 2, 3]),
        np.array([0, 0, 1, 0, 2]),
        np.array([1, 1, -1, -1, 1], np.int8),
        np.array([True, False, False, False, False]),
        np.arange(5),
    )
    likeness = np.array([1.0, 0.9, 0.3], np.float32)
    assert mechanisms.measured(likeness, 5).tolist() == [0, 0, -1, 0, 0]


def test_calls_by_the_gene_are_judged_by_how_it_causes() -> None:
    """Genes 0 to 3; gene 1 has mechanisms of both kinds for a disease, a burden test decides not."""
    mechanisms = Mechanisms(
        np.array([0, 0, 1, 1, 2, 3]),
        np.array([5, 6, 5, 5, 5, 5]),
        np.array([1, -1, 1, -1, 1, -1], np.int8),
        np.array([True, True, True, True, True, False]),
        np.arange(6),
    )
    basis = [BASES.index(b) for b in (Basis.HOMOLOGUES, Basis.DRUGS, Basis.DRUGS, Basis.DRUGS)]
    genes = Directions(
        np.zeros(4, np.float32), np.array([-1, -1, 1, -1], np.int8), np.array(basis, np.int8)
    )
    told = causal_gene_figures(genes, mechanisms)
    assert (told["pairs"], told["activate_share"]) == (3, pytest.approx(2 / 3, abs=1e-4))
    assert told["homologues"]["right_to_inhibit"] == [1, 2]  # type: ignore[index]
    assert told["drugs"]["right_to_activate"] == [1, 1]  # type: ignore[index]
    assert told["drugs"]["pairs"] == 1  # type: ignore[index]
    page = "".join(_by_pair({"known_causes": told}))
    assert "<td>1 of 2</td><td>0 of 0</td>" in page
    assert page.count("curated mechanism") == 2


# learned from homologues


@pytest.fixture(scope="module")
def learner(graph: Graph) -> SignLearner:
    """The learner over families and domains alone, which is quick to prepare."""
    relations = {r.name: similarity(graph, r) for r in RELATIONS if r.name in ("family", "domain")}
    blocks = {name: standardised(components(m, 24)) for name, m in relations.items()}
    return SignLearner.of(graph, blocks, relations)


def test_a_gene_s_own_drugs_never_reach_its_own_number(graph: Graph, learner: SignLearner) -> None:
    cluster = gene_groups(graph)
    gene = int(np.flatnonzero(learner.told)[7])
    mine = cluster == cluster[gene]
    before = learner.predict(~mine, mine)[mine]
    turned = Signs(
        np.where(mine, learner.signs.activators, learner.signs.inhibitors),
        np.where(mine, learner.signs.inhibitors, learner.signs.activators),
    )
    after = replace(learner, signs=turned).predict(~mine, mine)[mine]
    assert before == pytest.approx(after, abs=1e-6)


@pytest.fixture(scope="module")
def figures(graph: Graph, learner: SignLearner) -> dict[str, object]:
    """Beside degree, walks between homologues, columns of features, and vectors of fame."""
    degree = graph.degree.astype(np.float32)
    walk, vectors = Walk.over(walk_matrix([(1.0, learner.homologues)])), degree[:, None]
    rivals = Rivals({"degree": degree}, walk, standardised(learner.features[:, :64]), vectors)
    return direction_figures(graph, learner, rivals)


def test_figures_fall_as_homologues_are_held_out(figures: dict) -> None:  # type: ignore[type-arg]
    splits = [figures[name] for name in ("random", "homology_reduced", "purged")]
    learned = [s["auroc"]["learned"][0] for s in splits]
    assert learned[0] > 0.85
    assert learned[0] > learned[1] > learned[2]
    assert learned[0] > splits[0]["auroc"]["degree"][0]
    assert splits[0]["abstained"] <= splits[1]["abstained"] <= splits[2]["abstained"]


def test_every_baseline_stands_beside_the_learned_sign(figures: dict) -> None:  # type: ignore[type-arg]
    """Walks between homologues know what homologues know, and less where they are held out."""
    names = {"learned", "homologues_alone", "degree", "pagerank", "kernel_ridge", "embedding"}
    assert all(set(figures[n]["auroc"]) == names for n in DIRECTION_SPLITS)
    near, far = (figures[n]["auroc"]["pagerank"][0] for n in ("random", "purged"))
    assert near > 0.75 > far


def test_conformal_coverage_is_reached_on_families_not_calibrated_on(figures: dict) -> None:  # type: ignore[type-arg]
    reached = figures["random"]["conformal"]
    for level in LEVELS:
        assert reached[str(level)]["inhibit_covered"] >= level - 0.05
        assert reached[str(level)]["activate_covered"] >= level - 0.08
    assert reached["0.9"]["called"] <= 1.0


def test_the_curve_starts_better_than_it_ends(figures: dict) -> None:  # type: ignore[type-arg]
    curve = figures["homology_reduced"]["curve"]
    assert curve["coverage"] == sorted(curve["coverage"])
    assert curve["accuracy"][0] >= curve["accuracy"][-1]


# served


def test_what_is_served_heads_the_table_of_calls(figures: dict) -> None:  # type: ignore[type-arg]
    assert CALL_LEVEL == 0.9
    assert CALL_LEVEL in LEVELS
    assert figures["served_level"] == str(CALL_LEVEL)
    told = figures["random"]["conformal"][str(CALL_LEVEL)]
    first = _calls(figures).split("<tr>")[2]
    assert "<td>90%, served</td><td>random</td>" in first
    assert f"<td class=n>{told['activate_calls_right']:,}</td>" in first
    assert _calls(figures).count("served") == sum(
        str(CALL_LEVEL) in figures[name]["conformal"] for name in DIRECTION_SPLITS
    )


def test_where_no_homologue_is_labelled_nothing_is_said(scorer: Scorer) -> None:
    model = scorer.fitted
    found = scorer.scores(scorer.disease_number(FH)).directions
    silent = ~model.signs.labelled & (model.homology_support <= LEAST_SUPPORT)
    told = np.isin(found.basis, [BASES.index(b) for b in (Basis.NONE, Basis.HOMOLOGUES)])
    assert silent.any()
    assert not found.call[silent & told].any()
    assert (found.basis[silent & told] == BASES.index(Basis.NONE)).all()


def test_homologues_decide_by_the_stored_thresholds(scorer: Scorer) -> None:
    model = scorer.fitted
    found: Directions = scorer.scores(scorer.disease_number(FH)).directions
    mine = found.basis == BASES.index(Basis.HOMOLOGUES)
    assert (found.call[mine] == model.conformal.calls(model.homology[mine], CALL_LEVEL)).all()
    assert mine.sum() > 1000


def test_a_cause_is_not_inhibited_by_what_its_homologues_are(scorer: Scorer) -> None:
    """The bundled slice has no mechanism of LDLR, and drugs inhibit most of its homologues."""
    model, (ldlr,) = scorer.fitted, scorer.rank(FH, targets=["LDLR"])
    gene = scorer.genes.names.index("LDLR")
    assert not model.signs.labelled[gene]
    assert model.conformal.calls(model.homology[[gene]], CALL_LEVEL)[0] == -1
    assert ldlr.causality.direct >= CAUSES_FROM
    assert (ldlr.direction.call, ldlr.direction.basis) == (Call.UNDECIDED, Basis.UNKNOWN_MECHANISM)
    assert any("by loss or by gain" in note for note in scorer.explain("LDLR", FH).notes)
    (elsewhere,) = scorer.rank("cystic fibrosis", targets=["LDLR"])
    assert (elsewhere.direction.call, elsewhere.direction.basis) == (
        Call.INHIBIT,
        Basis.HOMOLOGUES,
    )


def test_drugs_inhibit_a_cause_where_they_reached_a_late_phase_for_it(scorer: Scorer) -> None:
    model, number = scorer.fitted, scorer.disease_number(FH)
    likeness, found = model.causal.direct.ontology.lin(number), scorer.scores(number)
    same = model.causal.direct.ontology.around(number, likeness, MATCHED)
    late = model.pushes.inhibited(same, len(scorer.genes))
    pushes = zip(model.pushes.gene, model.pushes.disease, model.pushes.sign, strict=True)
    by_hand = {scorer.genes.names[g] for g, d, s in pushes if s < 0 and same[d]}
    types = [number in model.causal.direct.ontology.above(d) for d in range(len(same))]
    assert (same == (types | (likeness >= MATCHED))).all()
    assert {scorer.genes.names[g] for g in np.flatnonzero(late)} == by_hand
    assert {"PCSK9", "HMGCR"} <= by_hand
    named = causes(model, found.parts.direct, same)
    by_drugs = found.directions.basis == BASES.index(Basis.DRUGS)
    inhibit = by_drugs & (found.directions.call < 0)
    assert (late & named & inhibit).any()
    assert not (inhibit & named & ~late).any()
    assert (inhibit & ~named & ~late).any(), "of no cause they speak as before"
    gene = scorer.genes.ids[int(np.flatnonzero(late & named & inhibit)[0])]
    assert any("reached a late phase" in note for note in scorer.explain(gene, FH).notes)


def test_records_stand_behind_a_call_and_name_what_they_are_of(scorer: Scorer) -> None:
    (pcsk9,) = scorer.rank(FH, targets=["PCSK9"])
    direction = pcsk9.direction
    assert direction.records
    by_id = {r.evidence: r for r in direction.records}
    assert {*direction.supporting, *direction.conflicting} == set(by_id)
    for record in direction.records:
        assert (record.disease is None) == (record.disease_name is None)
        assert record.says in (Call.INHIBIT, Call.ACTIVATE)
    assert all(by_id[i].says is direction.call for i in direction.supporting)


def test_a_gene_has_a_direction_whatever_the_disease(scorer: Scorer) -> None:
    """By what drugs do to it, every record shown; else by homologues; else by nothing."""
    told = by_gene(scorer.fitted)
    for basis in (Basis.DRUGS, Basis.CONFLICT, Basis.HOMOLOGUES, Basis.NONE):
        gene = int(np.flatnonzero(told.basis == BASES.index(basis))[0])
        direction = scorer.direction_of(scorer.genes.ids[gene])
        assert direction.basis is basis
        assert direction.probability == pytest.approx(float(told.inhibit[gene]))
        drugged = basis in (Basis.DRUGS, Basis.CONFLICT)
        assert bool(direction.records) == drugged
        assert {r.disease for r in direction.records} <= {None}
        if basis is Basis.DRUGS:
            assert direction.call is not Call.UNDECIDED
            assert direction.supporting
        if basis in (Basis.CONFLICT, Basis.NONE):
            assert direction.call is Call.UNDECIDED
    with pytest.raises(UnknownNode, match="no such"):
        scorer.direction_of("no such gene")


# the real case that a call would get wrong

PARTS = ("hgnc", "ensembl", "mondo", "gene2phenotype", "opentargets_drugs", "repurposing_hub")


@pytest.fixture(scope="module")
def full(place: Path) -> Graph:
    """Mechanisms and drugs of the full data; skips without the mirror."""
    mirror = os.environ.get("TARGET_KG_MIRROR")
    if not mirror:
        pytest.skip("needs the full data: set TARGET_KG_MIRROR")
    home = Home(place)
    build(home, Library.mirror(Path(mirror)), BuildOptions(only=PARTS))
    return Graph(home.open())


def test_hpd_and_tyrosinaemia_i_is_a_conflict_and_no_call(full: Graph) -> None:
    """Loss of HPD causes tyrosinaemia III; nitisinone inhibits it against tyrosinaemia I."""
    signs, mechanisms = Signs.of(full), Mechanisms.of(full.claims)
    gene = full.genes.names.index("HPD")
    assert signs.told[gene] == -1
    nothing = np.zeros(len(full.genes), np.float32)
    genes = of_genes(signs, nothing + 0.5, nothing, nothing.astype(np.int8))
    found = {}
    for name in ("tyrosinemia type I", "tyrosinemia type III"):
        disease = full.diseases.names.index(name)
        likeness = full.disease_ontology.lin(disease)
        votes = mechanisms.of_pairs(likeness, disease, len(full.genes))
        neither = np.zeros(len(full.genes), bool)
        measured = mechanisms.measured(likeness, len(full.genes))
        pair = of_pairs(genes, signs, votes, neither, neither, measured)
        found[name] = (int(pair.call[gene]), BASES[int(pair.basis[gene])])
    assert found["tyrosinemia type I"] == (0, Basis.CONFLICT)
    assert found["tyrosinemia type III"] == (1, Basis.MECHANISM)


def test_disease_matched_mechanism_is_mostly_right(full: Graph) -> None:
    figures = pair_direction_figures(full, Mechanisms.of(full.claims))
    same, kin = figures["same_disease"], figures["related_disease"]
    right = same["right"] + kin["right"]  # type: ignore[index]
    pairs = same["pairs"] + kin["pairs"]  # type: ignore[index]
    assert pairs >= 15
    assert right / pairs >= 0.8
