"""Affinities from a source's row to the graph: value, kind, relation, species."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from ingest.fetch import Library
from ingest.frames import Frames
from ingest.sources import SOURCES
from kg.biolink import Predicate
from kg.embedded_store import EmbeddedStore
from kg.pocket_variants import known_ligands

BINDS = Predicate.DIRECTLY_PHYSICALLY_INTERACTS_WITH.value


def affinities(frames: Frames) -> pl.DataFrame:
    return frames.evidence.filter(pl.col("predicate") == BINDS)


def raw(library: Library, source_id: str, path: str, separator: str = "\t") -> pl.DataFrame:
    """The source's file, read by polars with nothing of ours between, and the line of each row."""
    source = next(s for s in SOURCES if s.id == source_id)
    found = library.inputs(source).path(path)
    rows = pl.read_csv(found, separator=separator, infer_schema=False).with_row_index("line", 2)
    return rows.cast({"line": pl.Int64})


def test_bindingdb_keeps_value_kind_and_relation(
    frames_of: Callable[[str], Frames], library: Library
) -> None:
    made = affinities(frames_of("bindingdb")).with_columns(
        relation=pl.col("detail").str.json_path_match("$.relation")
    )
    rows = raw(library, "bindingdb", "bindingdb/bindingdb_2019-12_measurements.tsv.gz")
    both = made.join(rows, on="line")
    assert len(both) == len(made) > 100_000
    assert (both["relation"] == both["rel"]).all()
    assert (both["value_kind"] == "-log10 " + both["type"] + " / M").all()
    assert ((both["value"] - both["p_median"].cast(pl.Float64)).abs() < 0.01).all()
    assert (both["object"] == "UniProtKB:" + both["target_id"]).all()
    bounds = {k: len(g) for (k,), g in both.group_by("rel")}
    assert bounds[">"] > 10_000
    assert bounds["<"] > 5_000
    assert (both.filter(pl.col("rel") == ">")["score"] == 0).all()


def test_proteins_of_other_species_stay_out(
    frames_of: Callable[[str], Frames], library: Library
) -> None:
    """No measurement on a protein that HGNC gives no human gene; they are counted aside."""
    frames = frames_of("bindingdb")
    human = frames_of("hgnc").aliases
    proteins = set(human.filter(pl.col("alias").str.starts_with("UniProtKB:"))["alias"])
    assert set(affinities(frames)["object"]) <= proteins
    aside = frames.quarantine.filter(pl.col("reason").str.contains("another species"))
    rows = raw(library, "bindingdb", "bindingdb/bindingdb_2019-12_measurements.tsv.gz")
    foreign = rows.filter(~("UniProtKB:" + pl.col("target_id")).is_in(proteins))
    assert len(aside) == len(foreign)


def test_drugcentral_is_human_and_keeps_bounds(
    frames_of: Callable[[str], Frames], library: Library
) -> None:
    frames = frames_of("drugcentral")
    made = affinities(frames)
    path = made["file"][0]
    rows = raw(library, "drugcentral", path)
    both = made.join(rows, on="line")
    assert len(both) == len(made) > 1000
    assert set(both["ORGANISM"]) == {"Homo sapiens"}
    assert ((both["value"] - both["ACT_VALUE"].cast(pl.Float64)).abs() < 0.01).all()
    said = [json.loads(d).get("relation", "") for d in both["detail"]]
    assert said == both["RELATION"].fill_null("").to_list()
    assert {"=", ">"} <= set(said)
    assert (both.filter(pl.col("RELATION") == ">")["score"] == 0).all()
    foreign = rows.filter(pl.col("ORGANISM") != "Homo sapiens")
    aside = frames.quarantine.filter(
        pl.col("file") == path, pl.col("reason") == "target is not human"
    )
    assert len(aside) >= len(foreign.drop_nulls("ORGANISM")) > 0


def test_the_guide_to_pharmacology_gives_its_median(
    frames_of: Callable[[str], Frames], library: Library
) -> None:
    made = affinities(frames_of("gtopdb"))
    both = made.join(raw(library, "gtopdb", made["file"][0], ","), on="line")
    assert len(both) == len(made) > 1000
    assert ((both["value"] - both["gtp_affinity_median_set"].cast(pl.Float64)).abs() < 0.01).all()
    units = "-log10 " + both["gtp_affinity_units_set"].str.strip_prefix("p") + " / M"
    assert (both["value_kind"] == units).all()


def test_nanomolar_is_minus_log10_of_molar(store: EmbeddedStore) -> None:
    """Imatinib and ABL1: nanomolar affinities, of human protein, with kind and source."""
    gene = str(store.match(["ABL1"])[0].node)
    found = known_ligands(store, gene, least=-math.log10(1000e-9))
    assert found
    for ligand in found:
        assert 6 <= ligand.affinity <= 15
        assert ligand.kind.startswith("-log10 ")
        assert ligand.relation in ("=", "~", "<", "")
        assert ligand.source in ("drugcentral", "bindingdb", "gtopdb")


def test_ligands_tell_kind_relation_and_source(
    ask_graph: Callable[..., dict[str, Any]], store: EmbeddedStore
) -> None:
    query = """query($id: ID!) { target(id: $id) {
      ligands(leastAffinity: 6) { compound { id } affinity kind relation source } } }"""
    gene = str(store.match(["ABL1"])[0].node)
    ligands = ask_graph(query, id=gene)["target"]["ligands"]
    assert [x["affinity"] for x in ligands] == [
        pytest.approx(x.affinity) for x in known_ligands(store, gene, 6.0)[: len(ligands)]
    ]
    assert {x["source"] for x in ligands} <= {"drugcentral", "bindingdb", "gtopdb"}
