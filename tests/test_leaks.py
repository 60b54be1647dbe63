"""No label reaches a feature, a relation or a message; and what would look for one can find one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import scipy.sparse as sp
import torch

from gnn import leaks
from gnn import material as material_module
from gnn import towers as towers_module
from gnn.boosting import Examples
from gnn.clinical import clinical_claims
from gnn.druggability_features import TERMS, classes, intrinsic, terms
from gnn.features import FACTS
from gnn.graph import Claims, Graph
from gnn.material import Material, hiding, visible_claims
from gnn.objective import (
    CAUSALITY,
    OBJECTIVES,
    Variant,
)
from gnn.relations import RELATIONS, Relation
from gnn.split import disease_folds, zero_shot
from gnn.time_split import Period, at, new_pairs, time_draw
from gnn.towers import TowerData, claimed_by_fold, claimed_pairs, claimed_without
from gnn.train import TrainOptions, train_towers
from ingest.build import build
from ingest.fetch import Library
from ingest.options import BuildOptions
from ingest.sources import SOURCES
from kg.biolink import Category, EdgeType, Predicate
from kg.compile import SUPPORTED
from kg.release import Home, Release

G, C, D = Category.GENE, Category.COMPOUND, Category.DISEASE
AS_OF = date(2012, 12, 31)
FEW = ("hgnc", "mondo", "hpo", "hgnc_families", "gene_ontology", "gwas_catalog", "orphanet")


class Unlabelled(Release):
    """The same release without a single label."""

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        table = super().table(name, columns)
        return table.slice(0, 0) if name == "labels" else table


class Scrambled(Graph):
    """The same graph, every claim about another gene and every hidden edge made nonsense of."""

    def __init__(self, release: Release) -> None:
        super().__init__(Unlabelled(release.path))
        rng, arrays = np.random.default_rng(0), dict(self.store.arrays)
        hidden = [k for k, t in enumerate(self.store.edge_types) if not CAUSALITY.sees(t)]
        gone = np.isin(arrays["edge_type"], hidden)
        assert gone.sum() > 1000
        flags, score = arrays["edge_flags"].copy(), arrays["edge_score"].copy()
        flags[gone] &= np.uint8(~SUPPORTED & 0xFF)
        score[gone] = rng.random(int(gone.sum()))
        self.store.arrays = arrays | {"edge_flags": flags, "edge_score": score}

    @cached_property
    def claims(self) -> Claims:
        real: Claims = Graph.claims.func(self)  # type: ignore[attr-defined]
        return replace(real, gene=np.random.default_rng(1).permutation(real.gene))


@pytest.fixture(scope="module")
def scrambled(release: Release) -> Material:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(material_module, "Graph", Scrambled)
        return Material.of(release, Variant.HEADLINE, 0)


def same(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> bool:
    return one.tobytes() == other.tobytes()


# what features, relations and messages are made of


def test_no_feature_depends_on_claims_hidden_edges_or_labels(
    material: Material, scrambled: Material
) -> None:
    assert not same(material.direct.matrix.indices, scrambled.direct.matrix.indices)
    assert same(material.genes, scrambled.genes)
    assert same(material.diseases, scrambled.diseases)
    assert same(material.ridge.genes, scrambled.ridge.genes)
    assert same(material.ridge.diseases, scrambled.ridge.diseases)
    assert same(material.profiles.matrix.data, scrambled.profiles.matrix.data)
    assert same(material.walk.matrix.data, scrambled.walk.matrix.data)
    assert material.relations.by_name.keys() == scrambled.relations.by_name.keys()
    for name, matrix in material.relations.by_name.items():
        assert same(matrix.data, scrambled.relations.by_name[name].data), name


def test_a_feature_made_of_claims_would_be_seen(material: Material, scrambled: Material) -> None:
    def planted(m: Material) -> npt.NDArray[np.float32]:
        known = np.asarray(m.direct.matrix.sum(axis=1), np.float32)
        return np.hstack([m.genes, known])

    assert not same(planted(material), planted(scrambled))


def test_a_feature_made_of_labels_would_be_seen(release: Release) -> None:
    def drugged(r: Release) -> int:
        kinds = r.table("labels", ["kind"])["kind"].cast(pa.string())
        return pc.sum(pc.equal(kinds, "drug_mechanism")).as_py() or 0

    assert drugged(release) > 0
    assert drugged(Unlabelled(release.path)) == 0


def test_facts_are_neither_labels_nor_fame(release: Release) -> None:
    kinds = pc.unique(release.table("labels", ["kind"])["kind"].cast(pa.string())).to_pylist()
    assert leaks.in_facts(FACTS, kinds) == []
    assert leaks.in_facts(["gene.publications", "drug.max_phase"], kinds) != []


@pytest.mark.parametrize("variant", list(Variant), ids=str)
def test_claims_of_hidden_classes_are_in_no_variant(material: Material, variant: Variant) -> None:
    hidden = frozenset({*variant.excluded, *CAUSALITY.hidden_classes})
    every = material.graph.claims
    seen = replace(material, claims=every.without(hidden), hidden=hidden)
    assert leaks.in_claims(seen) == []
    if len(every.without(hidden)) < len(every):
        assert leaks.in_claims(replace(seen, claims=every)) != []


def test_the_variants_differ_in_claims_alone(material: Material) -> None:
    """Relations and features of genes are made before the variant is asked for."""
    assert Variant.FULL.excluded < Variant.NO_CLINICAL.excluded < Variant.HEADLINE.excluded
    seen = {v: visible_claims(material.graph, v) for v in Variant}
    read = {
        v: {*learned.row.tolist(), *beside.row.tolist()} for v, (learned, beside) in seen.items()
    }
    assert read[Variant.FULL] > read[Variant.NO_CLINICAL] > read[Variant.HEADLINE]
    # What `full` reads more, it reads in direct evidence alone.
    assert same(seen[Variant.FULL][0].row, seen[Variant.NO_CLINICAL][0].row)
    used = {t for r in RELATIONS for t in r.edge_types}
    assert all(o.hidden & used == frozenset() for o in OBJECTIVES)


def test_clinical_statements_count_in_direct_evidence_alone(material: Material) -> None:
    full = replace(material, clinical=clinical_claims(material.graph))
    assert full.served is not None
    assert leaks.in_claims(full) == []
    plain = full.without_network()
    told = replace(plain, served=full.served)
    more = np.setdiff1d(full.served.disease, full.direct.disease)
    disease = int(more[0] if len(more) else full.clinical.disease[0])
    one, other = plain.parts(disease), told.parts(disease)
    assert (other.direct >= one.direct).all()
    assert other.direct.sum() > one.direct.sum()
    assert same(one.walk, other.walk)
    assert same(one.phenotype_walk, other.phenotype_walk)
    assert leaks.in_claims(replace(full, claims=full.served_claims)) == ["claims of class clinical"]


# planted leaks are found (those of edge types: test_objectives)


def test_columns_of_tractability_depend_on_no_ligand_drug_or_claim(
    material: Material, scrambled: Material
) -> None:
    one, other = material.graph, scrambled.graph
    assert one.matrix(EdgeType(C, Predicate.AFFECTS, G)).nnz > 0
    assert other.matrix(EdgeType(C, Predicate.AFFECTS, G)).nnz == 0
    assert same(intrinsic(one), intrinsic(other))
    assert same(classes(one), classes(other))
    assert all(same(terms(one, t), terms(other, t)) for t in TERMS)


def test_edges_of_clinical_evidence_alone_are_found(release: Release) -> None:
    planted = Relation("trials", (EdgeType(C, Predicate.IN_CLINICAL_TRIALS_FOR, D),), 0.0)
    assert leaks.in_edges(Graph(release), CAUSALITY, (planted,)) != []


# the disease's own kin, and roll-up


def test_a_hidden_disease_leaves_nothing_at_its_kin(material: Material) -> None:
    direct = material.direct
    split = zero_shot(direct, 0, queries=12)
    visible = hiding(direct, split.hidden)
    assert not split.hidden[visible.disease].any()
    for query in split.queries:
        near = direct.ontology.lin(query.disease)[visible.disease] >= 0.5
        assert not near.any()
        assert not query.known[query.positives].any()
        assert visible.weighted(direct.ontology.lin(query.disease))[query.positives].max() < 0.3
        assert not visible.score(query.disease)[query.positives].any()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_folds_evidence_never_reaches_the_towers_that_score_it(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer features and steps: other evidence of a fold's diseases changes no score of theirs."""
    for name, few in (("STEPS", 6), ("BATCH", 128), ("NEGATIVES", 2048)):
        monkeypatch.setattr(towers_module, name, few)
    direct, n = material.direct, len(material.genes)
    labelled = direct.evidence_diseases
    fold = disease_folds(material.ontology, labelled, 2, 0)
    moved = np.where(fold[direct.disease] == 0, n - 1 - direct.gene, direct.gene)
    shape = direct.matrix.shape
    some = direct.weight > 0
    pairs = moved[some], direct.disease[some]
    other = sp.csr_matrix((direct.weight[some], pairs), shape=shape)
    few = torch.from_numpy(material.genes[:, :24]), torch.from_numpy(material.diseases[:, :24])
    options = TrainOptions(seeds=1, folds=2)
    genes, diseases = zip(
        *(
            train_towers(
                TowerData(*few, evidence, claimed_pairs(evidence, material.ontology)),
                material.ontology,
                fold,
                labelled,
                options,
            )
            for evidence in (direct.matrix, other)
        ),
        strict=True,
    )
    assert same(genes[0][:, 0], genes[1][:, 0])
    assert same(diseases[0][:, fold == 0], diseases[1][:, fold == 0])
    assert not same(genes[0][:, 1], genes[1][:, 1])


def test_what_is_no_negative_is_told_by_the_own_fold_alone(material: Material) -> None:
    direct = material.direct
    fold = disease_folds(material.ontology, direct.evidence_diseases, 2, 0)
    moved = np.where(fold[direct.disease] == 0, len(material.genes) - 1 - direct.gene, direct.gene)
    other = sp.csr_matrix((direct.weight, (moved, direct.disease)), shape=direct.matrix.shape)
    one, two = (claimed_by_fold(e, material.ontology, fold, 2) for e in (direct.matrix, other))
    apart = np.flatnonzero(fold == 1)
    assert (one[apart] != two[apart]).nnz == 0 < (one != two).nnz
    whole = claimed_pairs(direct.matrix, material.ontology)
    drawn = np.random.default_rng(0).integers(0, len(material.genes), (2000,))
    asked = np.random.default_rng(1).choice(direct.evidence_diseases, 2000)
    rows = Examples(np.zeros((2000, 1), np.float32), np.arange(2000) < 9, asked, drawn, drawn < 0)
    hidden = fold == 0
    by_one, by_other = (
        rows.without(hidden, claimed_without(e, material.ontology, hidden))
        for e in (direct.matrix, other)
    )
    assert same(by_one, by_other)
    assert not hidden[asked[by_one]].any()
    assert (one.astype(np.float32) > whole.astype(np.float32)).nnz == 0


def test_roll_up_of_what_is_hidden_is_no_training_label(material: Material) -> None:
    """Pairs that are no negatives come from the visible evidence, not from what it rolls up."""
    direct = material.direct
    split = zero_shot(direct, 0, queries=12)
    visible = hiding(direct, split.hidden)
    claimed = claimed_pairs(visible.matrix, direct.ontology)
    whole = claimed_pairs(direct.matrix, direct.ontology)
    query = split.queries[0]
    genes = visible.matrix[query.positives]
    bare = query.positives[np.diff(genes.indptr) == 0]
    assert claimed[:, bare].nnz == 0 < whole[:, query.positives].nnz


# dates


def test_as_of_a_day_nothing_newer_is_left(material: Material) -> None:
    then = at(material, AS_OF, 0)
    assert leaks.newer_than(then, AS_OF) == []
    assert leaks.newer_than(replace(then, claims=material.claims), AS_OF) != []
    assert same(then.genes, material.genes)


def test_a_newer_clinical_picture_is_found(material: Material) -> None:
    if material.profiles.matrix.nnz == 0:
        pytest.skip("the release has no phenotype annotations")
    then = at(material, AS_OF, 0)
    assert leaks.newer_than(replace(then, profiles=material.profiles), AS_OF) != []


def test_the_time_split_asks_for_new_genes_alone(material: Material) -> None:
    period = Period(date(2010, 12, 31), date(2012, 1, 1))
    gene, disease = new_pairs(material, period)
    claims = material.claims
    for g, d in list(zip(gene.tolist(), disease.tolist(), strict=True))[:200]:
        mine = (claims.gene == g) & (claims.disease == d) & ~claims.negated
        assert claims.day[mine].min() >= np.datetime64(period.start)
    held = time_draw(material, period, 0)
    assert leaks.newer_than(held.material, period.cut) == []
    for query in held.queries:
        likeness = held.visible.ontology.lin(query.disease)
        assert (held.visible.weighted(likeness)[query.positives] < 0.9).all()


@pytest.mark.slow
def test_a_release_as_of_a_day_trains_on_nothing_newer(library: Library, tmp_path: Path) -> None:
    home = Home(tmp_path)
    here = tuple(s.id for s in SOURCES if s.id in FEW and not library.absent(s))
    build(home, library, BuildOptions(as_of=AS_OF, only=here))
    release = home.open()
    material = Material.of(release, Variant.FULL, 0)
    assert leaks.newer_than(material, AS_OF) == []
    assert len(material.claims) > 1000
    labels = release.table("labels", ["first_public"])["first_public"]
    newest = pc.max(labels).as_py()
    assert newest is None or newest <= AS_OF
