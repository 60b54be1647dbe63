"""A training on forged evidence: what it must repeat, what it must see, and how it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import beta

from gnn import audit_pages, boosting, retraining, towers, trust_price
from gnn.attacks import (
    MANY,
    NOTHING,
    attacks,
    of_kin,
    of_pair_and_kin,
    of_the_pair,
    relatives,
    with_known_genes,
)
from gnn.bias import served
from gnn.causality import REPLICATED_CAP, Direct
from gnn.fitted import Fitted
from gnn.forgery import INTERACTION, Claimed, Forged, Laboratory
from gnn.material import Material
from gnn.path_features import HIDDEN_FROM, KIN
from gnn.poisoning import STUDY, Aim, drawn, of_studies, share
from gnn.relations import similarity
from gnn.retraining import FOLD, Retrainer, retraining_figures
from gnn.risk_profile import RESILIENT, profile
from gnn.score import Scorer
from gnn.train import TrainOptions, fit_causality
from gnn.trust import trusted_claims, trusted_incidence
from kg.release import Release

SOME = 8


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Few steps, trees and diseases to learn from: what is tested is no quality of a model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(towers, "STEPS", 6)
        patch.setattr(boosting, "TREES", 6)
        patch.setattr(boosting, "DISEASES", 60)
        yield


@pytest.fixture(scope="module")
def retrainer(scorer: Scorer) -> Retrainer:
    network = scorer.fitted.causal.network
    assert network is not None
    return Retrainer(scorer.fitted.as_learned, np.asarray(network.fold, np.int64), 0)


@pytest.fixture(scope="module")
def clean(retrainer: Retrainer, material: Material) -> Fitted:
    return retrainer.trained(material)


@pytest.fixture(scope="module")
def laboratory(material: Material, clean: Fitted) -> Laboratory:
    return Laboratory.of(material, clean)


@pytest.fixture(scope="module")
def aims(laboratory: Laboratory, retrainer: Retrainer) -> list[Aim]:
    return drawn(laboratory, 0, 3, retrainer.folds == FOLD)


# training again


def test_the_same_seed_trains_the_same_model(
    retrainer: Retrainer, material: Material, clean: Fitted, aims: list[Aim]
) -> None:
    """Twice the same, to the last digit, and the same that `train` makes of the fold."""
    again, disease = retrainer.trained(material), aims[0].disease
    assert np.array_equal(served(clean, disease), served(again, disease))
    folds = int(retrainer.folds.max()) + 1
    whole = fit_causality(material, TrainOptions(seeds=1, folds=folds))
    assert whole.network is not None
    assert np.array_equal(whole.network.fold, retrainer.folds)
    for aim in aims:
        first, second = (c.parts(aim.disease) for c in (whole, clean.causal))
        assert np.array_equal(first.indirect, second.indirect)
        assert np.array_equal(first.supported, second.supported)


# forgery


def test_what_is_there_already_forges_nothing(laboratory: Laboratory) -> None:
    """Known interactions and weaker records make the same features, made again."""
    told, edges = laboratory.material, laboratory.interactions.tocoo()
    few = slice(0, 50)
    half = told.direct.weight[few] * np.float32(0.5)
    known = Claimed(told.direct.gene[few], told.direct.disease[few], half)
    forged = Forged(known, edges.row[few], edges.col[few], float(edges.data[few].min()))
    again = laboratory.tampered(forged)
    assert again.blocks["interaction"] is not told.blocks["interaction"]
    assert np.array_equal(again.genes, told.genes)
    assert np.array_equal(again.ridge.genes, told.ridge.genes)
    assert np.array_equal(again.walk.own, told.walk.own)
    assert (again.direct.matrix != told.direct.matrix).nnz == 0


def test_forged_interactions_reach_features_walk_and_kernel(
    laboratory: Laboratory, aims: list[Aim]
) -> None:
    told = laboratory.material
    after = laboratory.tampered(with_known_genes(told, aims, MANY))
    changed = {n for n, b in after.blocks.items() if not np.array_equal(b, told.blocks[n])}
    assert changed == {"interaction", "walk"}
    assert not np.array_equal(after.walk.own, told.walk.own)
    assert not np.array_equal(after.ridge.genes, told.ridge.genes)
    near = after.relations.by_name["interaction"][aims[0].gene]
    assert np.isin(near.indices, aims[0].known[:MANY]).sum() > 0
    assert (after.direct.matrix != told.direct.matrix).nnz == 0


def test_records_of_kin_are_of_diseases_that_may_be_seen(
    laboratory: Laboratory, aims: list[Aim]
) -> None:
    told = laboratory.material
    for aim in aims:
        kin = relatives(told, aim.disease)
        likeness = told.ontology.lin(aim.disease)[kin]
        assert (np.diff(likeness) <= 0).all()
        assert len(kin) == 0 or (likeness.min() >= KIN and likeness.max() < HIDDEN_FROM)
        assert np.isin(kin, told.direct.evidence_diseases).all()
        assert aim.disease not in kin
    forged = of_kin(told, aims, SOME).records
    assert max(np.bincount(forged.gene)) <= SOME
    assert set(forged.weight) == {np.float32(STUDY)}
    both = of_pair_and_kin(told, aims, MANY).records
    direct = both.added_to(told.direct).matrix
    for aim in aims:
        assert direct[aim.gene, aim.disease] == np.float32(STUDY)
        assert (both.gene == aim.gene).sum() <= MANY


def test_ridge_learns_what_is_forged_of_kin_and_nothing_of_the_pair_itself(
    laboratory: Laboratory, retrainer: Retrainer
) -> None:
    """The record of the pair is hidden from what scores it; records of its kin are not."""
    told = laboratory.material
    able = drawn(laboratory, 1, 12, retrainer.folds == FOLD)
    aim = max(able, key=lambda a: len(relatives(told, a.disease)))
    assert len(relatives(told, aim.disease)) > 0
    before, by_kin, by_pair = (
        laboratory.ridge(records.added_to(told.direct), [aim.disease])[aim.disease][aim.gene]
        for records in (NOTHING, of_kin(told, [aim], MANY).records, of_the_pair([aim]).records)
    )
    assert by_kin > before + 1e-4
    assert by_pair == pytest.approx(before, abs=1e-6)


def test_studies_beyond_a_few_weigh_no_more() -> None:
    """So that what is left of a forger's records goes to related diseases."""
    assert of_studies(1) == STUDY
    assert STUDY < of_studies(3) < of_studies(5) == of_studies(MANY) == REPLICATED_CAP


# figures


def test_the_share_of_none_has_an_interval() -> None:
    """Clopper and Pearson by quantiles of the beta distribution; none in 24 may be one in seven."""
    for found, n in ((0, 24), (7, 24), (24, 24)):
        mean, lower, upper = share(np.arange(n) < found) or []
        assert mean == pytest.approx(found / n, abs=1e-4)
        assert lower == pytest.approx(
            beta.ppf(0.025, found, n - found + 1) if found else 0, abs=1e-4
        )
        assert upper == pytest.approx(
            beta.ppf(0.975, found + 1, n - found) if found < n else 1, abs=1e-4
        )
    assert share(np.zeros(0, bool)) is None


def test_figures_tell_what_a_training_changed(
    material: Material, clean: Fitted, retrainer: Retrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that learns nothing new: the order stays, and forgery does what it does frozen."""

    def learns_nothing(_: Retrainer, seen: Material, seed: int | None = None) -> Fitted:
        causal = replace(clean.causal, direct=seen.direct, walk=seen.walk)
        return replace(clean, causal=causal)

    monkeypatch.setattr(Retrainer, "trained", learns_nothing)
    monkeypatch.setattr(retraining, "attacks", lambda: attacks()[-1:])
    told: dict[str, Any] = retraining_figures(material, retrainer.fitted, diseases=2, pairs=2)
    assert (told["diseases"], told["pairs"], told["trainings"]) == (2, 2, 5)
    assert told["other_seed"] == {"tau": [1.0] * 3, "network": [1.0] * 3}
    for row in told["edge_noise"].values():
        assert -1 <= row["tau"][0] < 1
    (name,) = told["poisoning"]
    ranks = told["poisoning"][name][f"median_rank_by_{MANY}"]
    assert ranks["before"] > 1000 > ranks["trained"]
    assert told["poisoning"][name][f"gain_by_{MANY}"] == pytest.approx([0.0] * 3, abs=0.5)
    page = "".join(audit_pages.retraining(told))
    assert told["attacks"][f"{name} {MANY}"] in page
    assert all(kind in page for kind in told["edge_noise"])


# the strongest attack


def _resilience(release: Release, figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = profile(release, figures)[RESILIENT]
    return [(m.what, m.value, m.command) for m in rows if "attack" in m.what]


def test_the_risk_profile_names_the_strongest_attack(release: Release) -> None:
    low, high = [0.0417, 0.001, 0.2], [0.5, 0.3, 0.7]
    figures: dict[str, Any] = {
        "commands": {"robustness": "target-kg evaluate", "retraining": "target-kg evaluate"},
        "robustness": {
            "poisoning": {
                "interactions": {"lifted_by_1": [0.0] * 3, "lifted_by_64": low},
                "genetic_studies": {"lifted_by_1": low, "lifted_by_64": low},
                "genetic_studies_trusted": {"lifted_by_1": [1.0] * 3},
                "literature_claims": {"lifted_by_1": [0.02, 0.0, 0.1], "lifted_by_64": low},
            }
        },
        "retraining": {"poisoning": {"associations_of_kin": {"lifted_by_64": high}}},
    }
    cheapest, widest = _resilience(release, figures)
    assert "genetic studies, 1 record" in cheapest[0]
    assert cheapest[1] == "0.042 [0.001, 0.200]"
    assert cheapest[2].endswith(": robustness/poisoning/genetic_studies/lifted_by_1")
    assert "associations of kin, 64 records, trained again" in widest[0]
    assert widest[1] == "0.500 [0.300, 0.700]"


def test_a_profile_without_a_successful_attack_says_so(release: Release) -> None:
    none = {"interactions": {"lifted_by_1": 0.0, "lifted_by_64": [0.0, 0.0, 0.142]}}
    (row,) = _resilience(release, {"robustness": {"poisoning": none}})
    assert "no attack lifts any" in row[0]
    assert row[1] == "0.000 [0.000, 0.142]"
    (row,) = _resilience(release, {})
    assert row[1] == "not measured"


# what trust costs


@pytest.fixture(scope="module")
def trusted(material: Material) -> Material:
    return material.believing(True)


def test_material_with_trust_is_made_of_trusted_records_and_edges(
    material: Material, trusted: Material
) -> None:
    """Evidence and interactions by their sources, and features, walk and kernel of these."""
    claims = trusted_claims(material.graph.claims.without(material.hidden))
    direct = Direct.of(claims, material.ontology, material.direct.n_genes)
    assert trusted.trust
    assert np.array_equal(trusted.direct.weight, direct.weight)
    edges = similarity(material.graph, INTERACTION, trusted_incidence)
    assert (trusted.relations.by_name["interaction"] != edges).nnz == 0
    assert (trusted.walk.matrix != material.walk.matrix).nnz > 0
    assert not np.array_equal(trusted.blocks["interaction"], material.blocks["interaction"])
    assert not np.array_equal(trusted.ridge.genes, material.ridge.genes)
    assert np.array_equal(trusted.blocks["family"], material.blocks["family"])
    assert material.believing(False) is material
    assert trusted.believing(True) is trusted


def test_the_price_is_of_everything_that_trust_changes(
    material: Material, trusted: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ridge moves and not the walks alone; what trust does not change costs nothing."""
    one, other = (trust_price.held(m, material, 50) for m in (material, trusted))
    assert [q.disease for q in one.queries] == [q.disease for q in other.queries]
    asked = list(trust_price.METHODS).index("kernel ridge")
    assert (trust_price.recalls(one) != trust_price.recalls(other))[:, asked].any()
    monkeypatch.setattr(Material, "believing", lambda self, _: self)
    nothing: dict[str, Any] = trust_price.price(material, (50,))
    assert nothing["queries"] == len(one.queries)
    assert all(value == [0.0] * 3 for value in nothing["by_method"].values())
    assert nothing["recall@200"] == nothing["by_method"][trust_price.TOGETHER]
