"""Fine-mapping from its rows to records: sets with several best variants, tissues, what is bad."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from ingest.eqtl_tissues import PARTS_OF
from ingest.fetch import Library
from ingest.frames import Frames, nodes
from ingest.source import Inputs, read
from ingest.sources.finemapping import COLOC, FINEMAPPING, MIXED, PAIRS, SETS, TISSUES, TRAITS
from kg.biolink import Category, Predicate
from kg.embedded_store import EmbeddedStore
from kg.release import Home
from kg.variants import variants
from tests.graphs import evidence_frame, publish, statement

LINES = 30
"""Data lines of each table that a copy keeps."""


def rows_of(library: Library, path: str) -> list[dict[str, str]]:
    """A file's rows by Python's own means; the first stands in line 2."""
    header, *lines = split_lines(library.root / path)
    return [dict(zip(header, line, strict=True)) for line in lines]


@cache
def split_lines(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [line.rstrip("\n").split("\t") for line in stream]


def test_a_fine_mapped_row_keeps_its_set_and_ancestry(frames_of: Callable[[str], Frames]) -> None:
    told = frames_of("finemapping").evidence.filter(pl.col("subject") == "DBSNP:rs558269137")
    (row,) = told.filter(
        pl.col("object") == "EFO:0000274", pl.col("value_kind") == "p value"
    ).to_dicts()
    detail = json.loads(row["detail"])
    assert (row["value"], row["effect"], row["direction_on_trait"]) == (1.09e-33, 0.97067, 1)
    assert row["effect_lower"] == pytest.approx(0.97067 - 1.96 * 0.08024)
    assert (float(detail["pip"]), detail["credible_set"]) == (1.0, "1")
    assert (detail["cohort"], detail["ancestry"]) == ("FG", "Finnish")
    coding = told.filter(pl.col("object") == "SYMBOL:FLG", pl.col("detail").str.contains("coding"))
    assert json.loads(coding["detail"][0])["consequence"] == "frameshift_variant"


def test_a_colocalised_gene_keeps_its_tissue(frames_of: Callable[[str], Frames]) -> None:
    frames = frames_of("finemapping")
    (tie,) = frames.evidence.filter(
        pl.col("subject") == "DBSNP:rs12740374",
        pl.col("object") == "SYMBOL:SORT1",
        pl.col("detail").str.contains("Liver"),
    ).to_dicts()
    detail = json.loads(tie["detail"])
    assert (detail["tie"], detail["tissue"]) == ("colocalised eQTL", "Liver")
    assert detail["tissue_ids"] == "UBERON:0001114"
    assert detail["study"] == "GTEx_v8"
    assert float(detail["eqtl_pip"]) == pytest.approx(0.999999383032348)
    place = frames.facts.filter(pl.col("subject") == "DBSNP:rs12740374")
    assert set(place["text"].drop_nulls()) >= {"GRCh37", "1", "G>T"}
    assert 109817590.0 in set(place["number"].drop_nulls())


def test_a_set_with_several_best_variants_keeps_them_all(
    frames_of: Callable[[str], Frames], library: Library
) -> None:
    frames = frames_of("finemapping")
    told = frames.evidence.filter(pl.col("file") == SETS)
    named = {
        n: row["max_pip_variant"].split(", ") for n, row in enumerate(rows_of(library, SETS), 2)
    }
    assert sum(len(v) > 1 for v in named.values()) == 130
    counted = dict(told.group_by("line").len().iter_rows())
    assert counted == {line: len(v) for line, v in named.items()}
    (line,) = [n for n, v in named.items() if v == ["10:75308077:T:C", "10:75317406:G:A"]]
    both = told.filter(pl.col("line") == line)
    assert set(both["subject"]) == {"GRCh37:10-75308077-T-C", "GRCh37:10-75317406-G-A"}
    assert set(both["score"]) == {0.26075}
    assert {json.loads(d)["credible_set"] for d in both["detail"]} == {"64"}
    assert not frames.quarantine["file"].str.starts_with("finemapping/").any()


def test_tissues_of_one_study_have_the_terms_of_the_table(
    frames_of: Callable[[str], Frames], library: Library
) -> None:
    told = frames_of("finemapping").evidence.filter(pl.col("file") == COLOC)
    theirs = {
        (row["study"], row["qtl_group"]): row["tissue_ontology_term"].replace("_", ":")
        for row in rows_of(library, TISSUES)
    }
    ids: dict[int, set[str]] = {}
    for line, detail in told.select("line", "detail").iter_rows():
        ids.setdefault(line, set()).add(json.loads(detail)["tissue_ids"])
    checked = 0
    for line, row in enumerate(rows_of(library, COLOC), 2):
        pair = (PARTS_OF.get(row["eqtl_study"], row["eqtl_study"]), row["tissue_max_pip_coloc"])
        if pair in theirs:
            assert ids[line] == {theirs[pair]}
            checked += 1
    assert checked > 1000
    assert set(ids) == set(range(2, len(rows_of(library, COLOC)) + 2))


def test_a_row_of_several_studies_has_the_terms_of_its_tissues(
    frames_of: Callable[[str], Frames],
) -> None:
    told = frames_of("finemapping").evidence.filter(
        pl.col("detail").str.contains('"tissue":"Esophagus_Mucosa, T-cell, Whole_Blood, blood"')
    )
    assert {json.loads(d)["tissue_ids"] for d in told["detail"]} == {
        "UBERON:0006920, CL:0000624, UBERON:0000178"
    }


DAMAGE = [
    (PAIRS, "pvalue", "1.5", "p value is not between 0 and 1"),
    (PAIRS, "pip", "-0.1", "PIP is not between 0 and 1"),
    (PAIRS, "variant", "1:x:A:T", "variant is not a locus"),
    (SETS, "max_pip", "NA", "PIP is not between 0 and 1"),
    (SETS, "max_pip_variant", "10:75308077:T:C, 10:?", "variant is not a locus"),
    (SETS, "n_variants", "0", "number of variants is not 1 or more"),
    (COLOC, "max_pip_coloc", "2", "colocalisation is not between 0 and 1"),
    (COLOC, "eqtl_pip", "2", "PIP for the expression is not between 0 and 1"),
    (COLOC, "eqtl_symbol", "?", "gene is not a symbol"),
    (COLOC, "trait", "no such trait", "trait is not in the table of traits"),
    (MIXED, "gene", "", "gene is not a symbol"),
    (MIXED, "n_uniq_nonsyn_variants", "0", "number of variants is not 1 or more"),
    (TISSUES, "tissue_ontology_term", "macrophage", "tissue is no term of an ontology"),
    (TRAITS, "description", "", "trait has no description"),
]


def put(root: Path, path: str, rows: Sequence[dict[str, str]]) -> None:
    lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


@pytest.mark.parametrize(("path", "column", "value", "reason"), DAMAGE)
def test_a_row_that_cannot_be_read_is_set_aside(
    library: Library, tmp_path: Path, path: str, column: str, value: str, reason: str
) -> None:
    absent = library.absent(FINEMAPPING)
    if absent:
        pytest.skip(absent)
    for file in FINEMAPPING.files:
        whole = file.path in (TISSUES, TRAITS)
        rows = rows_of(library, file.path)[: None if whole else LINES]
        if file.path == path:
            rows[3][column] = value
        put(tmp_path, file.path, rows)
    frames = read(Inputs(FINEMAPPING, tmp_path, library.catalogue))
    assert frames.quarantine.rows() == [(path, 5, reason)]
    told = set(frames.evidence.select("file", "line").iter_rows())
    given = {(f.path, n) for f in FINEMAPPING.files[:5] for n in range(2, LINES + 2)}
    assert told == given - {(path, 5)}


def test_the_terms_of_a_tissue_are_in_the_record(tmp_path: Path) -> None:
    detail = {"tie": "colocalised eQTL", "tissue_ids": "UBERON:0000178, CL:0000084"}
    told = evidence_frame(
        *(
            statement(
                f"V:{n}",
                "G:1",
                Predicate.IS_NEARBY_VARIANT_OF,
                (Category.VARIANT, Category.GENE),
                detail=json.dumps(said),
            )
            for n, said in enumerate([detail, {"tie": "nearest"}])
        )
    )
    ids_of = {Category.VARIANT: ["V:0", "V:1"], Category.GENE: ["G:1"]}
    known = pl.concat(
        nodes(pl.DataFrame({"id": ids}), category, pl.col("id"), pl.col("id"))
        for category, ids in ids_of.items()
    )
    publish(Home(tmp_path), {"said": Frames(nodes=known, evidence=told)})
    found = variants(EmbeddedStore(Home(tmp_path).open()), ["V:0", "V:1"])
    ids = [tie.tissue_ids for record in found for tie in record.ties]
    assert ids == [("UBERON:0000178", "CL:0000084"), ()]
