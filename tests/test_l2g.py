"""Locus to gene: rows in and out, nothing of the locus in its own prior, and that it helps."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import average_precision_score

from api.cli import main
from api.cli_l2g import scored
from gnn import locus_figures, locus_training
from gnn.evaluate import Evaluated
from gnn.fitted import Fitted
from gnn.loci import Loci, Names, known_loci
from gnn.locus_figures import BARE, RIDGE, margins_of_methods, ridged
from gnn.locus_prior import (
    BY_KNOWN,
    CHANNELS,
    FREE,
    OF_TRAIT,
    OWN,
    STRONGEST,
    Evidence,
    Known,
    Prior,
)
from gnn.locus_to_gene import LocusToGene
from gnn.locus_training import held_out, prior_of, region_folds
from gnn.ridge import GENE_FEATURES, GENE_PENALTY, fourier
from gnn.score import Scorer, nodes_at
from gnn.target_score import ModelInfo
from ingest.fetch import Library
from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.errors import ModelError
from kg.layout import LOCUS_FEATURES
from kg.release import Home, Release

MATRIX = "opentargets/l2g_feature_matrix.tsv.gz"


@pytest.fixture(scope="module")
def head(scorer: Scorer) -> LocusToGene:
    assert scorer.fitted.loci is not None
    return scorer.fitted.loci


@pytest.fixture(scope="module")
def known(release: Release, scorer: Scorer) -> tuple[Loci, np.ndarray]:
    store = EmbeddedStore(release)
    traits = nodes_at(store, np.array(store.category_range(Category.PHENOTYPE), np.int64))
    return known_loci(release, Names(store, scorer.genes, scorer.diseases, traits))


@pytest.fixture(scope="module")
def matrix() -> Path:
    return Library.bundled().root / MATRIX


def some_rows(matrix: Path, n: int = 300) -> pl.DataFrame:
    return pl.read_csv(matrix.read_bytes(), separator="\t", infer_schema=False).head(n)


def run(home: Home, file: Path, out: Path) -> int:
    return main(["--home", str(home.path), "l2g", str(file), "--out", str(out), "--json"])


# the command


def test_rows_keep_their_order_and_verdicts_are_not_read(
    home: Home, model: ModelInfo, matrix: Path, tmp_path: Path
) -> None:
    rows = some_rows(matrix)
    told = {"positive": "negative", "negative": "positive"}
    flipped = rows.with_columns(pl.col("goldStandardSet").replace(told))
    found = []
    for name, table in (
        ("as_is", rows),
        ("flipped", flipped),
        ("none", rows.drop("goldStandardSet")),
    ):
        file = tmp_path / f"{name}.tsv.gz"
        file.write_bytes(gzip.compress(table.write_csv(separator="\t").encode()))
        assert run(home, file, tmp_path / f"{name}.out.tsv") == 0
        found.append(pl.read_csv(tmp_path / f"{name}.out.tsv", separator="\t"))
    assert found[0].equals(found[1])
    assert found[0].equals(found[2])
    assert found[0]["studyLocusId"].to_list() == rows["studyLocusId"].to_list()
    assert found[0]["geneId"].to_list() == rows["geneId"].to_list()
    for column in ("probability", "probability_hypothesis_free"):
        assert found[0][column].is_between(0, 1).all()
        assert found[0][column].n_unique() > 50


def test_what_is_unknown_is_said_and_still_scored(
    home: Home, model: ModelInfo, matrix: Path, tmp_path: Path
) -> None:
    rows = some_rows(matrix, 6).with_row_index()
    odd = rows.with_columns(
        geneId=pl.when(pl.col("index") == 2).then(pl.lit("ENSG99999999999")).otherwise("geneId"),
        traitFromSourceMappedId=pl.when(pl.col("index") == 3)
        .then(pl.lit("EFO_9999999"))
        .otherwise("traitFromSourceMappedId"),
        studyLocusId=pl.when(pl.col("index") == 3).then(pl.lit("x")).otherwise("studyLocusId"),
    ).drop("index")
    odd.write_parquet(tmp_path / "odd.parquet")
    assert run(home, tmp_path / "odd.parquet", tmp_path / "odd.csv") == 0
    found = pl.read_csv(tmp_path / "odd.csv")
    assert len(found) == 6
    assert found["probability"].null_count() == 0
    reasons = found["reason"].fill_null("").to_list()
    assert "ENSG99999999999" in reasons[2]
    assert "EFO_9999999" in reasons[3]
    assert reasons[0] == ""


def test_a_missing_feature_is_named(
    home: Home, model: ModelInfo, matrix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cut.csv"
    some_rows(matrix, 3).drop("vepMean").write_csv(file)
    assert run(home, file, tmp_path / "out.csv") == 2
    assert "vepMean" in json.loads(capsys.readouterr().err.splitlines()[-1])["message"]
    some_rows(matrix, 3).with_columns(vepMean=pl.lit("much")).write_csv(file)
    assert run(home, file, tmp_path / "out.csv") == 2
    assert "row 1, column 'vepMean': 'much'" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_a_model_without_loci_says_how_to_get_them(
    scorer: Scorer, release: Release, matrix: Path
) -> None:
    without: Fitted = replace(scorer.fitted, loci=None)
    with pytest.raises(ModelError, match="locus_gold_standards"):
        scored(some_rows(matrix, 3), release, without, "m")


# what the prior may not see


def test_regions_share_no_gene(known: tuple[Loci, np.ndarray]) -> None:
    loci, positive = known
    where: dict[str, set[int]] = {}
    for gene, region in zip(loci.gene_name, loci.region.tolist(), strict=True):
        where.setdefault(gene, set()).add(region)
    assert all(len(regions) == 1 for regions in where.values())
    assert len(np.unique(loci.region)) > 50
    fold = region_folds(loci, positive, 5, 0)
    per_fold = np.bincount(fold[loci.region], positive, minlength=5)
    assert per_fold.min() > 0.5 * per_fold.max()


def test_known_genes_of_a_region_say_nothing_there(
    head: LocusToGene, known: tuple[Loci, np.ndarray]
) -> None:
    loci, positive = known
    region = int(np.bincount(loci.region, positive).argmax())
    here = loci.region == region
    genes = Known.of(loci, positive)
    walks = head.prior.over(loci, genes.gene)
    whole, _ = walks.channels(genes, own_region=True)
    without, _ = walks.channels(genes.keep(genes.region != region), own_region=True)
    assert np.array_equal(whole[here], without[here], equal_nan=True)
    assert not np.array_equal(whole[~here], without[~here], equal_nan=True)


def test_studies_of_a_locus_say_nothing_there(
    head: LocusToGene, known: tuple[Loci, np.ndarray]
) -> None:
    """Taking out what association studies say of a locus's genes changes none of its channels."""
    loci, positive = known
    rows = loci.rows_of[int(loci.locus[np.flatnonzero(positive)[0]])]
    genes = loci.gene[rows]
    kept = {
        category: Evidence(e.apart, _without(e.from_loci, genes))
        for category, e in head.prior.evidence.items()
    }
    other = Prior(kept, head.prior.walk, head.prior.free)
    some = _rows(loci, rows)
    before = head.prior.over(some, head.known.gene).channels(head.known, own_region=False)
    after = other.over(some, head.known.gene).channels(head.known, own_region=False)
    for one, two in zip(before, after, strict=True):
        assert np.allclose(one, two, equal_nan=True)


def _without(direct, genes):  # type: ignore[no-untyped-def]
    kept = ~np.isin(direct.gene, genes)
    assert not kept.all()
    return replace(
        direct, gene=direct.gene[kept], disease=direct.disease[kept], weight=direct.weight[kept]
    )


def _rows(loci: Loci, rows: np.ndarray) -> Loci:
    return Loci(
        loci.features[rows],
        loci.gene[rows],
        np.zeros(len(rows), np.int64),
        tuple(loci.trait[i] for i in rows),
        tuple(loci.gene_name[i] for i in rows),
    )


# what it is judged beside


@pytest.fixture(scope="module")
def folds(known: tuple[Loci, np.ndarray]) -> np.ndarray:
    return region_folds(*known, locus_training.FOLDS, 0)


@pytest.fixture(scope="module")
def judged(
    evaluated: Evaluated, known: tuple[Loci, np.ndarray], folds: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """Margins as they are, and with other genes known in the regions of the first fold."""
    loci, positive = known
    here = np.flatnonzero(folds[loci.region] == 0)
    other = positive.copy()
    other[here] = np.random.default_rng(0).permutation(positive[here])
    assert (other != positive).sum() > 5
    publications = evaluated.fitted.bias.publications
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locus_figures, "held_out", lambda loci, *a: np.zeros(int(a[3].sum())))
        patch.setattr(locus_figures, "region_folds", lambda *_: folds)
        return {
            name: dict(margins_of_methods(evaluated.material, loci, told, publications, 0))
            for name, told in (("as_it_is", positive), ("other", other))
        }


def test_no_baseline_sees_which_gene_is_known_in_a_region_held_out(
    judged: dict[str, dict[str, np.ndarray]], known: tuple[Loci, np.ndarray], folds: np.ndarray
) -> None:
    test = folds[known[0].region] == 0
    before, after = judged["as_it_is"], judged["other"]
    for name in (*BARE, RIDGE, "degree", "publications"):
        assert np.array_equal(before[name][test], after[name][test]), name
        assert len(np.unique(before[name][test])) > 1, name
    for name in ("pagerank_from_known_genes", RIDGE):
        assert not np.array_equal(before[name][~test], after[name][~test]), name


def test_evidence_alone_is_that_of_the_trait_and_walks_start_outside_the_locus(
    judged: dict[str, dict[str, np.ndarray]],
    evaluated: Evaluated,
    known: tuple[Loci, np.ndarray],
    folds: np.ndarray,
) -> None:
    (loci, positive), margins = known, judged["as_it_is"]
    graph, prior = evaluated.material.graph, prior_of(evaluated.material)
    told = np.flatnonzero(
        [t is not None and g >= 0 for t, g in zip(loci.trait, loci.gene, strict=True)]
    )
    for row in np.random.default_rng(0).choice(told, 10, replace=False).tolist():
        gene, trait = int(loci.gene[row]), loci.trait[row]
        assert trait is not None
        apart = prior.evidence[trait[0]].apart
        likeness = apart.ontology.lin(trait[1])
        own = apart.told(likeness, trait[1])[gene]
        assert margins["direct_evidence"][row] == pytest.approx(own)
        assert margins["degree"][row] == graph.degree[gene]
    unknown = loci.gene < 0
    assert (margins["degree"][unknown] == -1).all()
    genes = Known.of(loci, positive)
    test = folds[loci.region] == 1
    kept = genes.keep(folds[genes.region] != 1)
    channels, _ = prior.over(loci, genes.gene).channels(kept, own_region=True)
    expected = np.nan_to_num(channels[test, BY_KNOWN], nan=-1.0)
    assert np.array_equal(margins["pagerank_from_known_genes"][test], expected)


def test_kernel_ridge_of_loci_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(400, 6)).astype(np.float32)
    positive, test = columns[:, 0] * columns[:, 1] > 0.5, rng.random(400) < 0.3
    unknown = columns.copy()
    unknown[rng.random(columns.shape) < 0.2] = np.nan
    mean = np.nanmean(unknown, axis=0)
    filled = np.where(np.isnan(unknown), mean, unknown)
    scaled = ((filled - filled.mean(0)) / filled.std(0)).astype(np.float32)
    kernel = fourier(scaled, GENE_FEATURES, 7)
    answer = positive[~test] - positive[~test].mean()
    theirs = Ridge(GENE_PENALTY, fit_intercept=False).fit(kernel[~test], answer)
    found = ridged(unknown, positive, test, 7)
    assert found == pytest.approx(theirs.predict(kernel[test]), abs=1e-3)


def test_the_hypothesis_free_prior_walks_over_systematic_relations_alone(
    head: LocusToGene,
) -> None:
    assert not {CHANNELS[c] for c in FREE} & {CHANNELS[OWN], CHANNELS[STRONGEST]}
    assert head.prior.free.nnz < head.prior.walk.nnz


# that it helps, and is kept


def test_the_prior_finds_genes_of_regions_held_out(
    head: LocusToGene, known: tuple[Loci, np.ndarray]
) -> None:
    loci, positive = known
    fold = region_folds(loci, positive, 5, 0)
    genes = Known.of(loci, positive)
    walks = head.prior.over(loci, genes.gene)
    found = {}
    test = np.isin(fold[loci.region], [0, 1])
    every, _ = walks.channels(genes.keep(~np.isin(fold[genes.region], [0, 1])), own_region=True)
    for name, channels, of_trait in (
        ("features", every[:, :0], ()),
        ("prior", every, OF_TRAIT),
    ):
        margins = held_out(loci, channels, of_trait, positive, test, 0)
        found[name] = average_precision_score(positive[test], margins)
    assert found["prior"] > found["features"] + 0.05, found


def test_a_head_read_back_scores_the_same(
    head: LocusToGene, known: tuple[Loci, np.ndarray]
) -> None:
    some = _rows(known[0], known[0].rows_of[0])
    diseases = head.prior.evidence[Category.DISEASE].apart.ontology
    again = LocusToGene.from_arrays(head.to_arrays(), diseases, head.prior.walk)
    assert np.array_equal(head.score(some).probability, again.score(some).probability)


def test_features_are_the_matrix_columns(matrix: Path) -> None:
    assert list(LOCUS_FEATURES) == some_rows(matrix, 1).columns[4:]
