"""The network part of causality: blind to the pair's own evidence, and the same each time."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from lightgbm import Booster

from gnn.ahead import ahead
from gnn.boosting import FIRST_TREES, GO_ON, Boosted, Boosting, Examples, Trees
from gnn.boosting_store import boosted_arrays, boosted_of
from gnn.path_features import SEEDS
from gnn.score import Scorer

# what boosting may not see


@pytest.fixture(scope="module")
def boosted(scorer: Scorer) -> Boosted:
    assert scorer.fitted.causal.boosted is not None
    return scorer.fitted.causal.boosted


def test_columns_never_read_what_is_hidden_with_the_disease(boosted: Boosted) -> None:
    """Taking the disease's own evidence, its descendants' and its synonyms' away changes none.

    But those of known genes, unless none are known.
    """
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
    without = replace(paths, direct=blind)
    places = [i for i, name in enumerate(paths.names) if not name.endswith(f"from {SEEDS[-1]}")]
    assert len(places) == len(paths.names) - len(paths.relations) - 1
    before, after = paths.of(disease), without.of(disease)
    assert np.array_equal(before[:, places], after[:, places])
    assert not np.array_equal(before, after)
    every, nothing = np.arange(direct.n_genes), np.zeros(direct.n_genes, np.float32)
    one, other = (p.of_many([disease], [every], [nothing]) for p in (paths, without))
    assert np.array_equal(one, other)
    assert np.array_equal(one[:, places], before[:, places])
    known = np.setdiff1d(np.arange(len(paths.names)), places)
    assert not one[:, known].any()


def test_the_columns_of_a_gene_never_read_its_own_evidence(boosted: Boosted) -> None:
    """Not even that for other diseases, but for the scale within the disease."""
    paths = boosted.paths
    direct = paths.direct
    disease = int(np.bincount(direct.disease).argmax())
    seeds = paths.seeds(disease, paths.known(disease))
    gene = int((seeds[1] * seeds[3]).argmax())
    assert seeds[1, gene] * seeds[3, gene] > 0
    kept = direct.gene != gene
    blind = replace(
        direct, gene=direct.gene[kept], disease=direct.disease[kept], weight=direct.weight[kept]
    )
    before, after = paths.of(disease)[gene], replace(paths, direct=blind).of(disease)[gene]
    assert (before == 0).tolist() == (after == 0).tolist()
    stepped = len(paths.relations) * len(SEEDS)
    assert before[:stepped] == pytest.approx(after[:stepped], rel=0.05, abs=1e-4)


def test_a_disease_is_shown_as_unknown_and_as_half_known(boosted: Boosted) -> None:
    """The oracle works out the rows of one disease alone, from the genes that are left as seeds."""
    paths = boosted.paths
    n, some = paths.direct.n_genes, paths.direct.evidence_diseases
    nothing = sp.csr_matrix((paths.direct.ontology.n, n), dtype=bool)
    drawn = Examples.draw(paths, nothing, some, 3)
    disease = int(np.bincount(drawn.disease, drawn.positive).argmax())
    mine = np.flatnonzero(drawn.disease == disease)
    first = mine[: int(np.flatnonzero(np.diff(mine) > 1)[0]) + 1]
    second = np.setdiff1d(mine, first)
    every, found = (drawn.gene[rows[drawn.positive[rows]]] for rows in (first, second))
    strong = paths.direct.matrix[:, [disease]].toarray().ravel() >= 0.5
    assert set(every) == set(np.flatnonzero(strong))
    assert set(found) < set(every)
    assert len(found) == len(every) - len(every) // 2
    others = (drawn.gene[rows[~drawn.positive[rows]]] for rows in (first, second))
    assert np.array_equal(*others)
    unknown, known = np.zeros(n, np.float32), paths.known(disease)
    assert (known[every] >= 0.5).all()
    known[found] = 0.0
    for rows, seeds in ((first, unknown), (second, known)):
        told = paths.of_many([disease], [drawn.gene[rows]], [seeds])
        assert drawn.features[rows] == pytest.approx(told, rel=1e-5)


def test_genes_that_the_first_trees_put_last_are_asked_no_further(boosted: Boosted) -> None:
    disease = int(np.bincount(boosted.paths.direct.disease).argmax())
    features, model = boosted.paths.of(disease), Booster(model_str=boosted.models.texts[0])
    assert model.num_trees() > FIRST_TREES
    said, whole = Trees.of(model).margins(features), model.predict(features, raw_score=True)
    first = model.predict(features, raw_score=True, num_iteration=FIRST_TREES)
    best = first >= np.sort(first)[-int(GO_ON * len(first))]
    assert 0.25 < best.mean() < 0.35
    assert said[best] == pytest.approx(whole[best], rel=1e-5)
    assert said[~best].max() < said[best].min()
    order = np.argsort(first[~best], kind="stable")
    assert (np.diff(said[~best][order]) >= -1e-6).all()
    found = np.argsort(-whole, kind="stable")[:200]
    assert best[found].mean() > 0.99


def test_threads_that_ask_at_once_get_what_each_would_alone(boosted: Boosted) -> None:
    """LightGBM keeps how many trees are asked in the model: asked by some, it would tell others."""
    diseases = boosted.paths.direct.evidence_diseases[:24].tolist() * 2
    alone = [boosted.by_seed(d, 0) for d in diseases]
    for _ in range(2):
        together = ahead(lambda d: boosted.by_seed(d, 0), diseases, threads=6)
        for mine, theirs in zip(alone, together, strict=True):
            assert np.array_equal(mine, theirs)


def test_models_of_a_fold_are_trained_without_it(scorer: Scorer, boosted: Boosted) -> None:
    """Examples of a held-out fold change no model of that fold, and do change the others."""
    network = scorer.fitted.causal.network
    assert network is not None
    rng = np.random.default_rng(0)
    disease = rng.choice(boosted.paths.direct.evidence_diseases, 4000)
    positive = rng.random(4000) < 0.1
    features = rng.normal(size=(4000, 6)).astype(np.float32) + positive[:, None]
    examples = Examples(
        features, positive, disease, np.zeros(len(disease), np.int64), rng.random(4000) < 0.5
    )
    hidden = [network.fold == part for part in range(int(network.fold.max()) + 1)]
    turned = replace(examples, positive=positive ^ (network.fold[disease] == 0))
    one, other = (Boosting.fit(e, hidden, [0]) for e in (examples, turned))
    assert one.texts[:2] == other.texts[:2]
    assert len(set(one.texts[:2])) == 2
    assert all(a != b for a, b in zip(one.texts[2:4], other.texts[2:4], strict=True))


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
