"""Synthetic graphs: what they keep of a release, and that they are its size times the scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import ks_2samp

from ingest.copula import DegreeModel, Degrees, spearman
from ingest.frames import Frames
from ingest.pairing import pair, pair_undirected
from ingest.synthetic import (
    SyntheticOptions,
    draw,
    ends,
    fit,
    synthesize,
)
from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.errors import BadArgument
from kg.release import Home, Release
from kg.verify import problems
from tests.graphs import evidence_frame, node_frame, publish, statement

GENES, DISEASES, COMPOUNDS = 120, 60, 80


def small_frames(seed: int) -> dict[str, Frames]:
    """Genes with many diseases have many compounds; both follow a heavy-tailed weight."""
    rng = np.random.default_rng(seed)
    weight = rng.pareto(1.5, GENES) + 0.1
    share = weight / weight.sum()
    ids = {
        Category.GENE: [f"HGNC:{i + 1}" for i in range(GENES)],
        Category.DISEASE: [f"MONDO:{i:07}" for i in range(DISEASES)],
        Category.COMPOUND: [f"CHEMBL.COMPOUND:CHEMBL{i + 1}" for i in range(COMPOUNDS)],
    }
    nodes = node_frame(*((i, c, f"{c.label} {n}") for c in ids for n, i in enumerate(ids[c])))
    rows = []
    for category, count, triple in (
        (Category.DISEASE, 600, "biolink:causes"),
        (Category.COMPOUND, 500, "biolink:affects"),
    ):
        for n in range(count):
            gene = ids[Category.GENE][rng.choice(GENES, p=share)]
            other = ids[category][rng.integers(len(ids[category]))]
            two = (gene, other) if category == Category.DISEASE else (other, gene)
            kinds = (Category.GENE, category) if two[0] == gene else (category, Category.GENE)
            score = float(rng.integers(1, 100)) / 100
            rows.append(statement(*two, triple, kinds, score=score, detail=f'{{"n":"{n}"}}'))
    return {"test": Frames(nodes=nodes, evidence=evidence_frame(*rows), rows=len(rows))}


@pytest.fixture(scope="module")
def small_home(place: Path) -> Home:
    home = Home(place)
    publish(home, small_frames(0))
    return home


def degrees_of(release: Release, category: Category) -> Degrees:
    return fit_degrees(EmbeddedStore(release), category)


def fit_degrees(store: EmbeddedStore, category: Category) -> Degrees:
    """Counted here over the edge table, apart from what is tested."""
    nodes = store.category_range(category)
    columns = []
    for edge_type, side in ends(category, sorted(store.edge_types)):
        numbers = store.edge_numbers(edge_type)
        sides = ("subject", "object") if side == "both" else (side,)
        ends_of = np.concatenate([store.arrays[f"edge_{s}"][numbers] for s in sides])
        columns.append([int((ends_of == node).sum()) for node in nodes])
    return np.array(columns, np.int64).T


def test_the_same_seed_gives_the_same_release_and_the_current_one_stays(small_home: Home) -> None:
    real = small_home.open()
    first = synthesize(small_home, real, SyntheticOptions(1, 7))
    again = synthesize(small_home, real, SyntheticOptions(1, 7))
    other = synthesize(small_home, real, SyntheticOptions(1, 8))
    assert again.reused
    assert again.release.id == first.release.id != other.release.id
    assert small_home.open().id == real.id
    assert problems(first.release) == []
    assert first.release.manifest["parameters"]["synthetic"]["fitted_on"] == real.id


@pytest.mark.parametrize("scale", [1, 1.5, 3])
def test_sizes_and_degrees_grow_with_the_scale(small_home: Home, scale: float) -> None:
    real = small_home.open()
    made = synthesize(small_home, real, SyntheticOptions(scale, 1)).release
    for category, n in real.manifest["counts"]["nodes_by_category"].items():
        assert made.manifest["counts"]["nodes_by_category"][category] == round(scale * n)
    for name, n in real.manifest["counts"]["edges_by_type"].items():
        assert made.manifest["counts"]["edges_by_type"][name] == pytest.approx(scale * n, rel=0.03)
    for category in (Category.GENE, Category.DISEASE, Category.COMPOUND):
        before, after = degrees_of(real, category), degrees_of(made, category)
        for k in range(before.shape[1]):
            assert ks_2samp(before[:, k], after[:, k]).statistic < 0.05


def test_nothing_of_the_real_graph_survives(small_home: Home) -> None:
    real = small_home.open()
    made = synthesize(small_home, real, SyntheticOptions(1, 1)).release
    texts = " ".join(p.read_bytes().decode("latin-1") for p in made.path.rglob("*") if p.is_file())
    assert "HGNC:" not in texts
    assert "MONDO:" not in texts
    assert set(real.table("nodes")["name"].to_pylist()).isdisjoint(
        made.table("nodes")["name"].to_pylist()
    )


NEAR = {Category.VARIANT: (0.04, 0.35)}
"""Mean and largest error of a rank correlation where it is larger than elsewhere: a variant lies
near genes or in one, and a Gaussian copula reaches -.49 of that exclusion's -.81."""


def test_degrees_of_types_go_together_as_in_the_real_graph(release: Release) -> None:
    """Against shuffling each type's degrees by itself, which must do worse."""
    store = EmbeddedStore(release)
    model = fit(release)
    rng = np.random.default_rng(5)
    for category in (Category.GENE, Category.VARIANT, Category.COMPOUND, Category.DISEASE):
        known = model.degrees[category]
        real = counted(store, category)
        want = spearman(real)
        apart = np.triu(np.ones_like(want, bool), 1)
        drawn = np.abs(spearman(known.draw(known.size, rng)) - want)[apart]
        alone = np.abs(spearman(rng.permuted(real, axis=0)) - want)[apart]
        mean, largest = NEAR.get(category, (0.03, 0.2))
        assert drawn.mean() < mean
        assert drawn.mean() < alone.mean() / 3
        assert drawn.max() < largest


def counted(store: EmbeddedStore, category: Category) -> Degrees:
    """Degrees by polars over the edge table's subjects and objects."""
    nodes = store.category_range(category)
    found = []
    for edge_type, side in ends(category, sorted(store.edge_types)):
        numbers = store.edge_numbers(edge_type)
        sides = ("subject", "object") if side == "both" else (side,)
        at = pl.concat([pl.Series(store.arrays[f"edge_{s}"][numbers]) for s in sides])
        told = at.value_counts(name="n").sort(at.name)
        column = np.zeros(len(nodes), np.int64)
        column[told[at.name].to_numpy() - nodes.start] = told["n"].to_numpy()
        found.append(column)
    return np.column_stack(found)


@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.8])
def test_hidden_correlation_is_recovered_from_counts(correlation: float) -> None:
    rng = np.random.default_rng(0)
    hidden = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], 20_000)
    degrees = np.floor(np.exp(hidden * 1.2)).astype(np.int64)
    assert DegreeModel.fit(degrees).correlation[0, 1] == pytest.approx(correlation, abs=0.03)


def test_margins_are_kept_exactly_at_whole_scales() -> None:
    degrees = np.random.default_rng(0).zipf(2, (50, 2)).astype(np.int64)
    drawn = DegreeModel.fit(degrees).draw(150, np.random.default_rng(1))
    for k in range(2):
        assert np.sort(drawn[:, k]).tolist() == np.repeat(np.sort(degrees[:, k]), 3).tolist()


def test_pairs_are_simple_and_keep_degrees_even_when_dense() -> None:
    rng = np.random.default_rng(0)
    out, into = np.full(40, 12), np.full(20, 24)
    subjects, objects = pair(out, into, False, rng)
    assert len(set(zip(subjects.tolist(), objects.tolist(), strict=True))) == len(subjects)
    assert len(subjects) > 0.97 * out.sum()
    assert np.bincount(subjects).max() <= 12
    a, b = pair_undirected(np.full(30, 6), rng)
    both = {tuple(sorted(p)) for p in zip(a.tolist(), b.tolist(), strict=True)}
    assert len(both) == len(a) == 90
    assert all(x != y for x, y in both)


def test_records_are_drawn_from_those_of_their_own_edge_type(small_home: Home) -> None:
    model = fit(small_home.open())
    drawn = [f.evidence for f in draw(model, SyntheticOptions(4, 0)) if len(f.evidence)]
    for predicate, rows in pl.concat(drawn).group_by("predicate"):
        known = next(m for t, m in model.evidence.items() if t.predicate == predicate[0])
        real = np.repeat(known.profiles["score"].to_numpy(), known.profiles["n"].to_numpy())
        assert ks_2samp(real, rows["score"].to_numpy()).statistic < 0.06
        per_edge = rows.group_by("subject", "object").len()["len"].to_numpy()
        assert ks_2samp(known.records, per_edge).statistic < 0.03


@pytest.mark.parametrize("scale", [0, -1, 65])
def test_a_scale_out_of_range_is_refused(scale: float) -> None:
    with pytest.raises(BadArgument, match="--scale"):
        SyntheticOptions(scale)
