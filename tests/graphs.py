"""Small releases from frames made in a test, through the same merge and compile as real ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from ingest.columns import ALIAS, EVIDENCE, NODE
from ingest.compounds import unify
from ingest.engine import DuckDB
from ingest.frames import Frames
from ingest.merge import MergeReport, merge
from ingest.options import EVERYTHING, BuildOptions
from ingest.parts import Part, open_part, write_part
from ingest.substitutions import place
from kg.biolink import Category, Predicate
from kg.compile import compile_arrays
from kg.release import Home, Published

DAY = date(2020, 6, 30)


def node_frame(*rows: tuple[str, Category, str]) -> pl.DataFrame:
    given = pl.DataFrame(rows, schema=["id", "category", "name"], orient="row")
    return given.select(
        pl.col(n).cast(t) if n in given.columns else pl.lit(None, t).alias(n)
        for n, t in NODE.items()
    ).with_columns(pl.col("synonyms", "xrefs").fill_null([]), pl.col("description").fill_null(""))


def evidence_frame(*rows: Mapping[str, object]) -> pl.DataFrame:
    """Evidence rows; what a row leaves out gets a plain default."""
    default = {
        "evidence_class": "genetic",
        "knowledge_level": "knowledge_assertion",
        "agent_type": "manual_agent",
        "infores": "infores:test",
        "release": "1",
        "negated": False,
        "hypothesis_free": False,
        "first_public": DAY,
        "date_basis": "record",
        "publications": [],
        "detail": "{}",
        "licence": "CC0-1.0",
        "redistributable": "yes",
        "file": "test.tsv",
    }
    filled = [{**default, "line": i + 2, **row} for i, row in enumerate(rows)]
    return pl.DataFrame(filled, schema=EVIDENCE)


def statement(
    subject: str,
    target: str,
    predicate: Predicate = Predicate.CAUSES,
    categories: tuple[str, str] = (Category.GENE, Category.DISEASE),
    **more: object,
) -> dict[str, object]:
    return {
        "subject": subject,
        "predicate": predicate,
        "object": target,
        "subject_category": categories[0],
        "object_category": categories[1],
        **more,
    }


def alias_frame(*rows: tuple[str, str, str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=ALIAS, orient="row")


def parts_of(directory: Path, frames: Mapping[str, Frames]) -> list[Part]:
    parts = []
    for name, frame in frames.items():
        write_part(directory / name, frame, {"source": name, "key": name})
        parts.append(open_part(name, directory / name, reused=False))
    return parts


def publish(
    home: Home,
    frames: Mapping[str, Frames],
    options: BuildOptions = EVERYTHING,
) -> tuple[Published, MergeReport]:
    """Merge, compile and publish frames as a build does."""
    parts = parts_of(home.path / "parts", frames)
    with home.stage() as staging:
        with DuckDB(home.path / "spill") as engine:
            compounds = unify(parts, home.path / "parts", jobs=1)
            further = [*compounds.parts, *place(parts, home.path / "parts")]
            report = merge(engine, parts, further, compounds.table, staging.tables, options)
        contents = compile_arrays(staging.tables, staging.arrays)
        told = {**contents, "sources": [], "report": report.as_json()}
        return staging.publish(options.parameters, told), report
