"""Whether a release holds together: hashes, counts, and every reference from table to table."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from polars import col

from kg.biolink import SCHEMA
from kg.release import Release

_REFERENCES = (
    ("evidence", "subject"),
    ("evidence", "object"),
    ("edges", "subject"),
    ("edges", "object"),
    ("facts", "subject"),
    ("labels", "subject"),
    ("labels", "object"),
    ("compounds", "id"),
    ("residues", "structure"),
    ("aliases", "id"),
)
"""Columns that name a node; a label may have no object."""
_EDGE = ("subject", "predicate", "object")


def problems(release: Release) -> list[str]:
    """What is wrong with a release, in words; empty when all is well.

    References are only looked at when the files are the manifest's.
    """
    damaged = release.verify()
    if damaged:
        return damaged
    return [*_counts(release), *_nodes(release), *_edges(release), *_origins(release)]


def _scan(release: Release, table: str) -> pl.LazyFrame:
    texts = pl.selectors.categorical() | pl.selectors.enum()
    return pl.scan_parquet(release.table_path(table)).with_columns(texts.cast(pl.String))


def _counts(release: Release) -> Iterator[str]:
    counts = release.manifest["counts"]
    for table in ("nodes", "edges", "evidence"):
        if table not in counts:
            continue
        found = _scan(release, table).select(pl.len()).collect().item()
        if found != counts[table]:
            yield f"{table} has {found:,} rows, the manifest says {counts[table]:,}"


def _nodes(release: Release) -> Iterator[str]:
    ids = _scan(release, "nodes").select("id").collect()
    twice = ids.filter(col("id").is_duplicated())
    if len(twice):
        yield f"nodes has {twice['id'][0]} more than once"
    known = ids.lazy()
    for table, column in _REFERENCES:
        asked = _scan(release, table).select(id=col(column)).drop_nulls().unique()
        lost = asked.join(known, on="id", how="anti").sort("id").collect()
        if len(lost):
            yield f"{table}.{column} names {lost['id'][0]}, which is no node ({len(lost):,} such)"


def _edges(release: Release) -> Iterator[str]:
    evidence = _scan(release, "evidence")
    counted = evidence.group_by(_EDGE).agg(
        supporting=(~col("negated")).sum().cast(pl.Int64),
        refuting=col("negated").sum().cast(pl.Int64),
    )
    edges = _scan(release, "edges").select(*_EDGE, "n_evidence", "n_refuting")
    both = edges.join(counted, on=_EDGE, how="full", coalesce=True).collect()
    bare = both.filter(col("supporting").is_null())
    if len(bare):
        yield f"edge {_named(bare)} has no evidence"
    lost = both.filter(col("n_evidence").is_null())
    if len(lost):
        yield f"evidence of {_named(lost)} belongs to no edge"
    wrong = both.filter(
        (col("n_evidence") != col("supporting")) | (col("n_refuting") != col("refuting"))
    )
    if len(wrong):
        yield f"edge {_named(wrong)} counts other records than it has"
    types = ("subject_category", "predicate", "object_category")
    allowed = {(str(t.subject), str(t.predicate), str(t.object)) for t in SCHEMA}
    for found in evidence.select(types).unique().collect().sort(types).iter_rows():
        if found not in allowed:
            yield f"evidence has {' '.join(map(str, found))}, which is not in the schema"


def _named(rows: pl.DataFrame) -> str:
    first = rows.sort(_EDGE).row(0, named=True)
    return " ".join(str(first[name]) for name in _EDGE)


def _origins(release: Release) -> Iterator[str]:
    """Every record names a source and a file that the manifest lists."""
    listed = pl.DataFrame(
        [(s["id"], f["path"]) for s in release.manifest["sources"] for f in s["files"]],
        schema={"source": pl.String, "file": pl.String},
        orient="row",
    )
    if not len(listed):
        return
    for table in ("evidence", "facts", "labels"):
        told = _scan(release, table).select("source", "file").unique()
        lost = told.join(listed.lazy(), on=["source", "file"], how="anti").collect()
        if len(lost):
            source, file = lost.sort("source", "file").row(0)
            yield f"{table} comes from {file} of {source}, which the manifest does not list"
