"""Locus to gene: rows in and out, nothing of the locus in its own prior, and that it helps."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score

from api.cli import main
from api.cli_l2g import scored
from gnn.fitted import Fitted
from gnn.loci import Loci, Names, known_loci
from gnn.locus_prior import CHANNELS, FREE, OF_TRAIT, OWN, STRONGEST, Evidence, Known, Prior
from gnn.locus_to_gene import LocusToGene
from gnn.locus_training import held_out, region_folds
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
