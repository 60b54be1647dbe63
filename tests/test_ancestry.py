"""Ancestry of those studied: one reader for what sources state and what they describe in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kg.ancestry import ancestries, by_ancestry
from kg.biolink import Category, EdgeType, Predicate
from kg.embedded_store import EmbeddedStore
from kg.store import Direction, EdgeFilter
from kg.variants import sample_of, variants

TCF7L2, DIABETES = "TCF7L2", "MONDO:0005148"
GENE_TRAIT = EdgeType(Category.GENE, Predicate.GENETICALLY_ASSOCIATED_WITH, Category.DISEASE)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("EUR", ("European",)),
        ("Finnish", ("European",)),
        ("2,554 Indian Asian ancestry individuals", ("South Asian",)),
        ("977 Asian Indian ancestry cases, 1,240 Malay ancestry controls", None),
        ("24 American Indian ancestry individuals", ("Native American",)),
        ("1,117 Han Chinese ancestry cases, 6,296 European ancestry controls", None),
        ("883 individuals", ()),
        ("5.00E-03", ()),
    ],
)
def test_words_name_broad_ancestries(words: str, named: tuple[str, ...] | None) -> None:
    found = ancestries(words)
    assert found == named if named is not None else len(found) == 2


def test_nearly_all_described_samples_of_the_catalogue_name_one(store: EmbeddedStore) -> None:
    """Those that name none are counted by hand: they say `individuals`, `cases` or `trios` alone."""
    table = store.evidence_table(["source", "detail", "subject_category"])
    source = np.array(table["source"].cast("string").to_pylist())
    rows = np.flatnonzero(source == "gwas_catalog")[:20_000]
    samples = {words for r in store.evidence_at(rows) if (words := sample_of(r.detail))}
    assert len(samples) > 100
    named = [w for w in samples if ancestries(w)]
    assert len(named) > 0.9 * len(samples)
    for words in samples - set(named):
        assert "European" not in words
        assert "ancestry" not in words or "unknown ancestry" in words, words


def test_records_of_genes_are_of_the_sample_that_their_variant_was_studied_in(
    store: EmbeddedStore,
) -> None:
    gene = store.match([TCF7L2], [Category.GENE])[0].node
    assert gene is not None
    (edges,) = store.edges_of([gene], Direction.OUT, EdgeFilter(types=frozenset({GENE_TRAIT})))
    (edge,) = [e for e in edges if e.object == DIABETES]
    (records,) = store.evidence_of([edge])
    mine = [r for r in records if r.detail.get("variant")]
    assert mine
    assert not any(sample_of(r.detail) for r in mine)
    expected: dict[str, int] = {}
    for record in mine:
        (variant,) = variants(store, [f"DBSNP:{record.detail['variant']}"])
        words = {
            f.ancestry
            for f in variant.findings
            if f.trait == DIABETES and f.publications == record.publications
        }
        for name in dict.fromkeys(a for w in words for a in ancestries(w)):
            expected[name] = expected.get(name, 0) + 1
    found = by_ancestry(store, mine)
    assert found == expected
    assert {"European", "East Asian"} <= set(found)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_an_explanation_tells_ancestry_of_genome_wide_studies(
    ask: Callable[..., dict[str, Any]],
) -> None:
    query = """query($d: String!) { explain(target: "TCF7L2", disease: $d) {
        ancestry { name count } } }"""
    told = {i["name"]: i["count"] for i in ask(query, d=DIABETES)["explain"]["ancestry"]}
    assert told["European"] > 0
    assert told["East Asian"] > 0
