"""Who is who: symbols new and old, retired identifiers, one hub of diseases, traits for diseases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars import col
from typer.testing import CliRunner

from api.cli import app
from gnn.graph import Graph
from gnn.proxies import PROXY, PROXY_WEIGHT, proxy_claims
from ingest.catalogue import PACKAGE, read_catalogue
from ingest.content import read_bytes
from ingest.frames import Frames
from ingest.genes import by_symbol
from ingest.joins import Joins, read_joins
from ingest.source import placed
from ingest.tables import TableFormat, read_table
from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.release import Home, Release
from kg.store import MatchStatus

GENE = (Category.GENE,)

APPROVED = {"GLA": "HGNC:4296", "RAF1": "HGNC:9829", "PARP14": "HGNC:29232", "GIP": "HGNC:4270"}
"""Symbols of a gene that are, but for PARP14, an alias of another too: the approved one wins."""
FORMER = {"MLL": "HGNC:7132", "HER2": "HGNC:3430", "SEPT9": "HGNC:7323", "PDL1": "HGNC:17635"}
"""Previous or alias symbols of one gene alone."""
AMBIGUOUS = {
    "MLL2": {"HGNC:7133", "HGNC:15840"},  # previous of KMT2D, alias of KMT2B
    "TAK1": {"HGNC:6859", "HGNC:7972"},  # previous of MAP3K7, alias of NR2C2
    "SIL": {"HGNC:10880", "HGNC:10879"},  # previous of PMEL and of STIL
    "CD16": {"HGNC:3619", "HGNC:3620"},  # alias of FCGR3A and of FCGR3B
}


@pytest.fixture(scope="module")
def genes(frames_of: Callable[[str], Frames]) -> Frames:
    return frames_of("hgnc")


def answers(frames: Frames, symbol: str) -> set[str]:
    """The genes of the best rank that answer to a symbol, as the merge decides."""
    rows = frames.aliases.filter(col("alias") == f"SYMBOL:{symbol}")
    return set(rows.filter(col("rank") == col("rank").min())["id"])


# Symbols


@pytest.mark.parametrize("symbol", [*APPROVED, *FORMER])
def test_an_approved_symbol_wins_and_a_former_one_of_one_gene_is_followed(
    genes: Frames, symbol: str
) -> None:
    assert answers(genes, symbol) == {(APPROVED | FORMER)[symbol]}


@pytest.mark.parametrize("symbol", AMBIGUOUS)
def test_a_former_symbol_of_two_genes_stays_ambiguous(genes: Frames, symbol: str) -> None:
    named = dict(genes.nodes.select("id", "name").iter_rows())
    assert len(answers(genes, symbol)) == 2
    assert symbol not in named.values()


def test_helpers_of_sources_follow_the_same_rule(genes: Frames) -> None:
    """`by_symbol`, which retired identifiers rest on, leaves the ambiguous ones out."""
    table = pl.DataFrame(
        {
            "hgnc_id": ["HGNC:1", "HGNC:2", "HGNC:3"],
            "symbol": ["A", "B", "C"],
            "prev_symbol": ["OLD", "TWICE", ""],
            "alias_symbol": ["B|TWICE", "", "ALIAS"],
        }
    )
    known = dict(by_symbol(table).select("symbol", "hgnc_id").iter_rows())
    assert known == {
        "A": "HGNC:1", "B": "HGNC:2", "C": "HGNC:3", "OLD": "HGNC:1", "ALIAS": "HGNC:3",
    }  # fmt: skip


@pytest.mark.parametrize("symbol", APPROVED)
def test_the_store_resolves_approved_symbols(store: EmbeddedStore, symbol: str) -> None:
    (match,) = store.match([symbol], GENE, 0)
    assert (match.status, match.node, match.matched_by) == (
        MatchStatus.DIRECT, APPROVED[symbol], "name",
    )  # fmt: skip


@pytest.mark.parametrize("symbol", FORMER)
def test_the_store_follows_former_symbols_and_says_so(store: EmbeddedStore, symbol: str) -> None:
    (match,) = store.match([symbol], GENE, 0)
    assert (match.status, match.node) == (MatchStatus.DIRECT, FORMER[symbol])
    assert match.matched_by in ("previous", "synonym")


@pytest.mark.parametrize("symbol", AMBIGUOUS)
def test_the_store_never_chooses_among_several(
    store: EmbeddedStore, genes: Frames, symbol: str
) -> None:
    (match,) = store.match([symbol], GENE, 0)
    assert match.status is MatchStatus.AMBIGUOUS
    assert match.node is None
    assert {c.id for c in match.candidates} == answers(genes, symbol)
    offered = store.search(symbol, GENE, 10)
    best = {c.id for c in offered if c.score == offered[0].score}
    assert answers(genes, symbol) <= best


def test_map_ids_tells_direct_ambiguous_and_none_apart(home: Home, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("GLA\nMLL\nMLL2\nHGNC:4296\nENSG00000102393\nNOSUCHGENE\n", "utf-8")
    told = CliRunner().invoke(
        app, ["--home", str(home.path), "map-ids", str(names), "--category", "gene", "--json"]
    )
    assert told.exit_code == 0, told.output
    rows = {t["term"]: t for t in json.loads(told.stdout)["terms"]}
    assert {term: row["status"] for term, row in rows.items()} == {
        "GLA": "direct", "MLL": "direct", "MLL2": "ambiguous", "HGNC:4296": "direct",
        "ENSG00000102393": "direct", "NOSUCHGENE": "none",
    }  # fmt: skip
    assert rows["GLA"]["node"] == rows["ENSG00000102393"]["node"] == "HGNC:4296"
    assert rows["MLL"]["matched_by"] == "previous"
    assert len(rows["MLL2"]["candidates"]) == 2


# Identifiers that others took the place of


@pytest.mark.parametrize("source", ["mondo", "hpo", "gene_ontology", "clinpgx", "mouse"])
def test_merged_and_obsolete_terms_lead_to_what_replaced_them(
    source: str, frames_of: Callable[[str], Frames]
) -> None:
    frames = frames_of(source)
    old = frames.aliases.filter(col("kind") == "replaced")
    assert len(old)
    current = set(frames.nodes["id"])
    assert not set(old["alias"]) & current
    assert old["id"].is_in(list(current)).mean() > 0.95


def test_retired_gene_identifiers_lead_to_the_gene_of_their_symbol(
    frames_of: Callable[[str], Frames], genes: Frames
) -> None:
    retired = frames_of("gnomad").aliases.filter(col("kind") == "retired")
    assert len(retired) > 100
    assert retired["alias"].is_unique().all()
    assert set(retired["id"]) <= set(genes.nodes["id"])
    listed = genes.aliases.filter(col("alias").str.starts_with("ENSEMBL:"))
    assert not set(retired["alias"]) & set(listed["alias"])


@pytest.mark.parametrize(
    ("old", "new", "how"),
    [
        ("MONDO:0021286", "MONDO:0000371", "replaced"),
        ("GO:0019952", "GO:0000003", "replaced"),
        ("ENSG00000132142", "HGNC:84", "retired"),
    ],
)
def test_the_store_follows_old_identifiers_with_a_note(
    store: EmbeddedStore, old: str, new: str, how: str
) -> None:
    (match,) = store.match([old], (), 0)
    assert (match.status, match.node, match.matched_by) == (MatchStatus.DIRECT, new, how)


def test_evidence_keeps_the_identifier_it_was_told_with(release: Release) -> None:
    columns = ["subject", "original_subject", "object", "original_object"]
    told = pl.DataFrame(release.table("evidence", columns))
    moved = told.filter(col("object") != col("original_object"))
    assert len(moved)
    assert moved["original_object"].null_count() == 0


# One hub of diseases


@pytest.mark.parametrize(
    "term", ["MONDO:0005148", "DOID:9352", "EFO:0001360", "MESH:D003924", "NCIT:C26747"]
)
def test_every_vocabulary_leads_to_the_hub(store: EmbeddedStore, term: str) -> None:
    (match,) = store.match([term], (Category.DISEASE,), 0)
    assert match.node == "MONDO:0005148"
    assert match.matched_by == ("id" if term.startswith("MONDO") else "xref")


# Join rates


def test_ways_of_joining_are_counted() -> None:
    rows = [("id", 5), ("name", 1), ("previous", 2), ("synonym", 1), ("xref", 3), ("mapping", 1)]
    rows += [("replaced", 1), ("retired", 2), ("ambiguous", 3), ("unknown", 1)]
    found = read_joins({"source": "s", "how": how, "ids": n} for how, n in rows)
    assert found == {
        "s": Joins(direct=6, former=3, cross_reference=4, replaced=3, ambiguous=3, unknown=1)
    }
    assert found["s"].as_json() == {
        "seen": 20, "direct": 6, "former": 3, "cross_reference": 4, "replaced": 3,
        "ambiguous": 3, "unknown": 1, "rate": 0.8,
    }  # fmt: skip
    assert Joins().rate is None


def test_every_source_of_a_release_tells_how_its_identifiers_joined(release: Release) -> None:
    """Checked with a count of the same by hand, for ClinGen."""
    entries = {s["id"]: s for s in release.manifest["sources"] if not s["absent"]}
    for entry in entries.values():
        joins = dict(entry["joins"])
        rate, seen = joins.pop("rate"), joins.pop("seen")
        assert sum(joins.values()) == seen
        if seen:
            assert rate == round(1 - (joins["ambiguous"] + joins["unknown"]) / seen, 4)
    file = "clingen/clingen_gene_disease_validity.txt.gz"
    evidence = pl.DataFrame(release.table("evidence", ["source", "original_subject", "file"]))
    genes = evidence.filter(col("source") == "clingen", col("file") == file)
    assert entries["clingen"]["joins"]["seen"] >= genes["original_subject"].n_unique()


# Traits that stand for diseases


TABLE = PACKAGE / "trait_diseases.tsv"
COLUMNS = ("trait", "trait_name", "disease", "disease_name", "sign", "reason", "reference")


@pytest.fixture(scope="module")
def traits() -> pl.DataFrame:
    table = read_table(TABLE, COLUMNS, TableFormat(comment="#"))
    assert not len(table.bad)
    return table.rows


def test_the_table_of_traits_is_whole(traits: pl.DataFrame) -> None:
    assert 25 <= len(traits) <= 80
    assert traits.select("trait", "disease").is_unique().all()
    assert set(traits["sign"]) == {"1", "-1"}
    assert traits["reference"].str.contains(r"^PMID:\d{7,8}$").all()
    assert (traits["reason"].str.len_chars() > 15).all()


def test_its_terms_exist_and_are_called_so(
    traits: pl.DataFrame, frames_of: Callable[[str], Frames]
) -> None:
    for source, column in (("efo", "trait"), ("mondo", "disease")):
        names = dict(frames_of(source).nodes.select("id", "name").iter_rows())
        for term, name in traits.select(column, f"{column}_name").iter_rows():
            assert names.get(term) == name, term


def test_the_catalogue_pins_the_table() -> None:
    release = read_catalogue()[TABLE.name]
    assert release.own
    assert placed(Path("/nowhere"), TABLE.name) == TABLE
    content = read_bytes(TABLE, TABLE.name)
    assert len(content) == release.bytes
    assert hashlib.sha256(content).hexdigest() == release.sha256


def test_a_copy_of_the_table_below_a_root_is_read_in_its_place(tmp_path: Path) -> None:
    """So that a test that damages a source's files damages copies alone."""
    (tmp_path / TABLE.name).write_text("damaged", encoding="utf-8")
    assert placed(tmp_path, TABLE.name) == tmp_path / TABLE.name


def test_the_table_becomes_edges_with_a_sign(release: Release, traits: pl.DataFrame) -> None:
    columns = ["subject", "object", "predicate", "source", "evidence_class", "direction_on_trait"]
    told = pl.DataFrame(release.table("evidence", columns)).filter(
        col("source") == "trait_diseases"
    )
    assert set(told["predicate"]) == {str(PROXY.predicate)}
    assert set(told["evidence_class"]) == {"curated"}
    signs = {(s, o): d for s, o, d in told.select("subject", "object", "direction_on_trait").rows()}
    listed = {(t, d): int(s) for t, d, s in traits.select("trait", "disease", "sign").rows()}
    assert signs.items() <= listed.items()
    assert len(signs) == len(listed)


def test_claims_on_a_trait_are_told_of_the_disease_at_half_their_strength(
    release: Release, traits: pl.DataFrame
) -> None:
    """Checked with a join of the evidence table."""
    graph = Graph(release)
    told = proxy_claims(graph)
    assert len(told)
    claims = graph.trait_claims
    by_row = {int(r): i for i, r in enumerate(claims.row)}
    signs = {(t, d): int(s) for t, d, s in traits.select("trait", "disease", "sign").rows()}
    for i in np.linspace(0, len(told) - 1, 50).astype(int):
        before = by_row[int(told.row[i])]
        trait = graph.phenotypes.ids[claims.disease[before]]
        disease = graph.diseases.ids[told.disease[i]]
        assert told.gene[i] == claims.gene[before]
        assert told.strength[i] == pytest.approx(PROXY_WEIGHT * claims.strength[before])
        assert told.direction_on_trait[i] == (
            signs[trait, disease] * claims.direction_on_trait[before]
        )
    supported = {graph.phenotypes.ids[t] for t in np.unique(claims.disease[~claims.negated])}
    pairs = [d for t, d in signs if t in supported]
    assert len(np.unique(told.disease)) == len(set(pairs))
