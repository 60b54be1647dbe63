"""The network part of causality: blind to the pair's own evidence, and the same each time."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from gnn.boosting import Boosted, Boosting, Examples
from gnn.boosting_store import boosted_arrays, boosted_of
from gnn.path_features import SEEDS
from gnn.score import Scorer

# what boosting may not see


@pytest.fixture(scope="module")
def boosted(scorer: Scorer) -> Boosted:
    assert scorer.fitted.causal.boosted is not None
    return scorer.fitted.causal.boosted


def test_columns_never_read_what_is_hidden_with_the_disease(boosted: Boosted) -> None:
    """Taking the disease's own evidence, its descendants' and its synonyms' away changes none."""
    paths = boosted.paths
    direct = paths.direct
    disease = int(np.bincount(direct.disease).argmax())
    hidden = paths.hidden(disease, direct.ontology.lin(disease))
    assert hidden[disease]
    kept = ~hidden[direct.disease]
    assert 0 < kept.sum() < len(kept)
    blind = replace(
        direct, gene=direct.gene[kept], disease=direct.disease[kept], weight=direct.weight[kept]
    )
    assert np.array_equal(paths.of(disease), replace(paths, direct=blind).of(disease))


def test_the_columns_of_a_gene_never_read_its_own_evidence(boosted: Boosted) -> None:
    """Not even that for other diseases, but for the scale within the disease."""
    paths = boosted.paths
    direct = paths.direct
    disease = int(np.bincount(direct.disease).argmax())
    seeds = paths.seeds(disease)
    gene = int(seeds[1].argmax())
    assert seeds[1, gene] > 0
    kept = direct.gene != gene
    blind = replace(
        direct, gene=direct.gene[kept], disease=direct.disease[kept], weight=direct.weight[kept]
    )
    before, after = paths.of(disease)[gene], replace(paths, direct=blind).of(disease)[gene]
    assert (before == 0).tolist() == (after == 0).tolist()
    stepped = len(paths.relations) * len(SEEDS)
    assert before[:stepped] == pytest.approx(after[:stepped], rel=0.05, abs=1e-4)


def test_models_of_a_fold_are_trained_without_it(scorer: Scorer, boosted: Boosted) -> None:
    """Examples of a held-out fold change no model of that fold, and do change the others."""
    network = scorer.fitted.causal.network
    assert network is not None
    rng = np.random.default_rng(0)
    disease = rng.choice(boosted.paths.direct.evidence_diseases, 4000)
    positive = rng.random(4000) < 0.1
    features = rng.normal(size=(4000, 6)).astype(np.float32) + positive[:, None]
    examples = Examples(features, positive, disease, np.zeros(len(disease), np.int64))
    hidden = [network.fold == part for part in range(int(network.fold.max()) + 1)]
    turned = replace(examples, positive=positive ^ (network.fold[disease] == 0))
    one, other = (Boosting.fit(e, hidden, [0]) for e in (examples, turned))
    assert one.texts[0] == other.texts[0]
    assert one.texts[1] != other.texts[1]


def test_boosting_is_part_of_the_score_and_fast(scorer: Scorer, boosted: Boosted) -> None:
    causal = scorer.fitted.causal
    disease = int(causal.direct.evidence_diseases[0])
    causal.parts(disease)
    started = time.process_time()
    parts = causal.parts(disease)
    assert time.process_time() - started < 3.0
    assert parts.boosting is not None
    assert parts.boosting.shape == (boosted.models.seeds, causal.direct.n_genes)
    without = replace(causal, boosted=None).parts(disease)
    assert without.boosting is None
    assert not np.array_equal(parts.indirect, without.indirect)


def test_boosting_read_back_scores_the_same(scorer: Scorer, boosted: Boosted) -> None:
    causal = scorer.fitted.causal
    again = boosted_of(boosted_arrays(boosted), causal)
    disease = int(causal.direct.evidence_diseases[0])
    assert np.array_equal(boosted.by_seed(disease, 0), again.by_seed(disease, 0))
