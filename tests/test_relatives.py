"""What counts as evidence for a disease: records of it and of its relatives, and no others."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from gnn.calibration_sets import indirect_pairs
from gnn.causality import KIN_POWER, RELATED, WITHIN, Direct, counting, vetoed
from gnn.contributions import Records
from gnn.disease_scores import FEW_NEIGHBOURS, DiseaseScores
from gnn.explain import _unfamiliar, _unsupported
from gnn.graph import Claims
from gnn.ledger import Ledger
from gnn.ontology import Ontology
from gnn.score import Scorer
from gnn.split import SAME_GROUP
from gnn.target_score import ScoreState
from kg.biolink import Predicate

FH, CROHN = "MONDO:0005439", "MONDO:0005011"
ROOT, WIDE, NARROW, ASKED, SIBLING, COUSIN = 0, 1, 2, 4, 5, 6
"""Terms of a small tree: a sibling shares a narrow parent, a cousin a wide one."""
OF_ITSELF, OF_A_RELATIVE, OF_ANOTHER, OF_NONE = range(4)
"""Genes by what their record is of."""


@pytest.fixture(scope="module")
def tree() -> Ontology:
    parent = {1: 0, 2: 1, 3: 1, ASKED: 2, SIBLING: 2, COUSIN: 3, 7: 3}
    parent |= dict.fromkeys(range(8, 28), 1) | dict.fromkeys(range(28, 38), 0)
    return Ontology.of(38, np.array([*parent]), np.array([*parent.values()]))


@pytest.fixture(scope="module")
def claims() -> Claims:
    disease = np.array([ASKED, SIBLING, COUSIN])
    n = len(disease)
    return Claims(
        gene=np.array([OF_ITSELF, OF_A_RELATIVE, OF_ANOTHER]),
        disease=disease,
        strength=np.full(n, 0.9, np.float32),
        negated=np.zeros(n, bool),
        evidence_class=np.zeros(n, np.int8),
        predicate=np.full(n, str(Predicate.CAUSES)),
        source=np.full(n, "panel"),
        day=np.full(n, np.datetime64("2020-01-01")),
        direction_on_target=np.zeros(n, np.int8),
        direction_on_trait=np.zeros(n, np.int8),
        row=np.arange(n),
    )


def test_a_record_of_no_relative_is_no_evidence(tree: Ontology, claims: Claims) -> None:
    likeness = tree.lin(ASKED)
    assert likeness[SIBLING] >= RELATED > likeness[COUSIN] > 0
    direct = Direct.of(claims, tree, 4)
    assert (direct.score(ASKED) > 0).tolist() == [True, True, False, False]
    carried = 0.9 * likeness[SIBLING] ** KIN_POWER
    assert direct.score(ASKED)[OF_A_RELATIVE] == pytest.approx(carried)
    assert (direct.weighted(likeness) > 0).tolist() == [True, True, True, False]


def test_what_causes_a_type_causes_the_disease_and_not_the_other_way(
    tree: Ontology, claims: Claims
) -> None:
    """However wide a heading is: its types count before all other relatives, itself before them."""
    direct = Direct.of(claims, tree, 4)
    for heading, types in (
        (NARROW, {OF_ITSELF, OF_A_RELATIVE}),
        (WIDE, {0, 1, 2}),
        (ROOT, {0, 1, 2}),
    ):
        likeness, score = tree.lin(heading), direct.score(heading)
        assert set(np.flatnonzero(score >= 0.9 * WITHIN - 1e-6).tolist()) == types
        of = 0.9 * (WITHIN + (1.0 - WITHIN) * likeness[[ASKED, SIBLING, COUSIN]])
        assert score[sorted(types)] == pytest.approx(of[sorted(types)])
    assert tree.lin(WIDE)[COUSIN] < RELATED
    above = counting(tree, ASKED)[[ROOT, WIDE, NARROW]]
    assert above[:2].tolist() == [0.0, 0.0]
    assert above[2] == pytest.approx(tree.lin(ASKED)[NARROW] ** KIN_POWER)


def test_how_much_a_disease_counts_for_itself_and_others(tree: Ontology) -> None:
    for disease in range(tree.n):
        counts, below = counting(tree, disease), tree.below(disease)
        assert counts[disease] == 1.0
        assert counts.max() == 1.0
        assert counts.min() >= 0.0
        assert (counts[below] >= WITHIN).all()
        others = np.setdiff1d(np.arange(tree.n), below)
        likeness = tree.lin(disease)[others]
        assert ((counts[others] > 0) == (likeness >= RELATED)).all()
        assert (counts[others] <= likeness + 1e-6).all()


def test_an_explanation_counts_what_the_score_counts(tree: Ontology, claims: Claims) -> None:
    direct = Direct.of(claims, tree, 4)
    ledger = Ledger.of(claims, direct)
    for disease in (ASKED, NARROW, WIDE):
        counts = counting(tree, disease)
        for gene, score in enumerate(direct.score(disease).tolist()):
            carried = Records.of(ledger, gene, counts, vetoed(direct, gene, disease)).carried
            assert carried.max(initial=0.0) == pytest.approx(score)


@pytest.fixture(scope="module")
def disputed(claims: Claims) -> Claims:
    """A panel disputes one gene for a type, where another source speaks for it, and beside it."""
    row = claims.keep(np.array([True, False, False]))
    at_parent = replace(row, disease=np.array([NARROW]), strength=np.array([0.75], np.float32))
    refuting = replace(
        claims,
        gene=np.array([OF_ITSELF, OF_A_RELATIVE, OF_ANOTHER]),
        disease=np.array([ASKED, ASKED, WIDE]),
        strength=np.array([0.5, 1.0, 1.0], np.float32),
        negated=np.ones(3, bool),
        source=np.full(3, "other panel"),
    )
    sibling = replace(row, disease=np.array([SIBLING]), strength=np.array([0.6], np.float32))
    return claims.with_those_of(at_parent).with_those_of(sibling).with_those_of(refuting)


def test_what_is_refuted_is_neither_carried_nor_learned_from(
    tree: Ontology, claims: Claims, disputed: Claims
) -> None:
    """Written out: a half is left of what a type says, and all of what others say of others."""
    direct, before = Direct.of(disputed, tree, 4), Direct.of(claims, tree, 4)
    stated = direct.matrix.toarray()
    assert stated[OF_ITSELF, ASKED] == pytest.approx(0.9 * 0.5)
    assert stated[OF_ITSELF, SIBLING] == pytest.approx(0.6)
    assert stated[OF_ANOTHER].max() == 0.0
    assert COUSIN not in direct.evidence_diseases
    assert COUSIN in before.evidence_diseases
    likeness = tree.lin(ASKED)
    # Its own record, its parent's and its sibling's, the last two vetoed for what is refuted here.
    parent, sibling = 0.75 * likeness[NARROW] ** 3, 0.6 * likeness[SIBLING] ** 3
    assert direct.score(ASKED)[OF_ITSELF] == pytest.approx(max(0.45, 0.5 * parent, 0.5 * sibling))
    assert direct.score(ASKED)[OF_A_RELATIVE] == 0.0
    assert before.score(ASKED)[OF_A_RELATIVE] > 0.0
    # The heading: the parent's own record counts in full, the disputed type's by half.
    of_types = WITHIN + (1.0 - WITHIN) * tree.lin(NARROW)
    said = max(0.75, 0.45 * of_types[ASKED], 0.6 * of_types[SIBLING])
    assert direct.score(NARROW)[OF_ITSELF] == pytest.approx(said)
    assert direct.score(ROOT)[OF_ANOTHER] == 0.0
    assert before.score(ROOT)[OF_ANOTHER] > 0.0


def test_records_and_counterfactuals_count_refutations_as_the_score_does(
    tree: Ontology, disputed: Claims
) -> None:
    direct = Direct.of(disputed, tree, 4)
    ledger = Ledger.of(disputed, direct)
    for disease in (ASKED, SIBLING, NARROW, WIDE, ROOT):
        counts = counting(tree, disease)
        for gene, score in enumerate(direct.score(disease).tolist()):
            carried = Records.of(ledger, gene, counts, vetoed(direct, gene, disease)).carried
            assert carried.max(initial=0.0) == pytest.approx(score)
    for unit in ledger.units:
        rest = disputed.keep(~unit.of(disputed))
        left, built = ledger.without(direct, unit), Direct.of(rest, tree, 4)
        for disease in (ASKED, NARROW, WIDE):
            assert left.score(disease) == pytest.approx(built.score(disease)), (unit, disease)


def test_what_is_lacking_is_said() -> None:
    yes, no = np.array([True]), np.array([False])
    assert "its records are of other diseases" in _unsupported(yes, no)
    assert "records" not in _unsupported(np.zeros(0, bool), np.zeros(0, bool))
    assert "refuted" in _unsupported(yes, yes)
    assert "refuted" not in _unsupported(no, yes)


# served


@pytest.mark.parametrize("disease", [FH, CROHN])
def test_a_gene_is_scored_where_a_record_is_of_a_relative(scorer: Scorer, disease: str) -> None:
    """The oracle reads the pairs, one by one."""
    number = scorer.disease_number(disease)
    direct = scorer.fitted.causal.said
    ontology, veto = direct.ontology, direct.veto(number)
    likeness = ontology.lin(number)
    types = np.array([number in ontology.above(d) for d in range(ontology.n)])
    nearest, own = np.zeros(direct.n_genes), np.zeros(direct.n_genes, bool)
    said = zip(direct.gene.tolist(), direct.disease.tolist(), direct.weight.tolist(), strict=True)
    for gene, of, weight in said:
        if weight > 0:
            own[gene] |= types[of]
            nearest[gene] = max(nearest[gene], 1.0 if types[of] else likeness[of])
    supported = own | ((nearest >= RELATED) & (veto > 0))
    scores = scorer.scores(number)
    assert (scores.unsupported == ~supported).all()
    unrelated = np.flatnonzero((nearest > 0) & (nearest < RELATED))
    assert len(unrelated) > supported.sum()
    (one,) = scorer.rank(disease, targets=[scorer.genes.ids[int(unrelated[0])]])
    assert one.causality.state in (ScoreState.NO_EVIDENCE, ScoreState.OUT_OF_DISTRIBUTION)
    assert one.causality.direct == 0.0
    related = int(np.flatnonzero(supported)[0])
    (other,) = scorer.rank(disease, targets=[scorer.genes.ids[related]])
    assert other.causality.state is ScoreState.SCORED
    told = " ".join(scorer.explain(one.target, disease).notes)
    assert "its records are of other diseases" in told
    assert "direct" not in {p.channel for p in scorer.explain(one.target, disease).paths}


def test_unsupported_genes_are_calibrated_on_genes_without_relatives(scorer: Scorer) -> None:
    direct = scorer.fitted.causal.direct
    for judged in indirect_pairs(scorer.fitted.causal, 0, 4):
        likeness = direct.ontology.lin(judged.disease)
        near = (counting(direct.ontology, judged.disease) > 0) & (likeness < SAME_GROUP)
        told = near[direct.disease] & (direct.weight > 0)
        assert not set(direct.gene[told].tolist()) & set(judged.gene.tolist())
        far = direct.gene[(~near & (likeness < RELATED))[direct.disease]]
        assert set(far.tolist()) & set(judged.gene.tolist())


def test_why_a_gene_is_out_of_distribution_is_said(scorer: Scorer) -> None:
    model = scorer.fitted
    neighbours, unseen = np.full(4, FEW_NEIGHBOURS), np.zeros(4, bool)
    neighbours[[1, 3]], unseen[[2, 3]] = FEW_NEIGHBOURS - 1, True
    made = replace(model, neighbours=neighbours, unseen_family=unseen)
    reasons = MappingProxyType(
        {0: [], 1: ["neighbours"], 2: ["family"], 3: ["neighbours", "family"]}
    )
    for gene, words in reasons.items():
        notes = list(_unfamiliar(made, gene))
        assert len(notes) == len(words)
        assert all(word in note for word, note in zip(words, notes, strict=True))
    scores: DiseaseScores = scorer.scores(scorer.disease_number(FH))
    gene = int(np.flatnonzero(scores.unfamiliar)[0])
    told = scorer.explain(scorer.genes.ids[gene], FH).notes
    assert set(_unfamiliar(model, gene)) <= set(told)
