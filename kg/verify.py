"""Whether a release holds together: hashes, counts, and every reference from table to table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq
from polars import col

from kg.biolink import SCHEMA, Category, EdgeType, Predicate
from kg.release import Release, content_id

_COUNTED = ("nodes", "edges", "evidence", "facts")
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
_TYPE = ("subject_category", "predicate", "object_category")
_TALLY = {"name": pl.String, "n": pl.UInt32}


def problems(release: Release) -> list[str]:
    """What is wrong with a release, in words; empty when all is well.

    References are only looked at when the files are the manifest's.
    """
    damaged = release.verify()
    if damaged:
        return damaged
    checks = (_identity, _counts, _nodes, _edges, _arrays, _origins)
    return [told for check in checks for told in check(release)]


def _scan(release: Release, table: str) -> pl.LazyFrame:
    texts = pl.selectors.categorical() | pl.selectors.enum()
    return pl.scan_parquet(release.table_path(table)).with_columns(texts.cast(pl.String))


def _identity(release: Release) -> Iterator[str]:
    """The id is a hash of rows and parameters; a changed row or parameter gives another."""
    found = content_id(release.path / "tables", release.manifest["parameters"])
    for where, told in (("directory", release.id), ("manifest", release.manifest["id"])):
        if told != found:
            yield f"rows and parameters make it release {found}, its {where} says {told}"


def _counts(release: Release) -> Iterator[str]:
    counts = release.manifest["counts"]
    for table in ("nodes", "edges", "evidence", "facts", "labels", "compounds"):
        if table not in counts:
            continue
        found = _scan(release, table).select(pl.len()).collect().item()
        if found != counts[table]:
            yield f"{table} has {found:,} rows, the manifest says {counts[table]:,}"
    categories = _scan(release, "nodes").group_by(name="category").len("n")
    yield from _tallied("nodes of", categories, counts["nodes_by_category"])
    types = _scan(release, "edges").group_by(_TYPE).len("n").collect()
    named = {str(_edge_type(row[:3])): row[3] for row in types.iter_rows()}
    told = pl.LazyFrame({"name": list(named), "n": list(named.values())}, schema=_TALLY)
    yield from _tallied("edges", told, counts["edges_by_type"])


def _tallied(what: str, found: pl.LazyFrame, told: Mapping[str, int]) -> Iterator[str]:
    have = dict(found.select("name", "n").collect().iter_rows())
    for name in sorted({*have, *told}):
        if have.get(name, 0) != told.get(name, 0):
            yield (
                f"{what} {name}: there are {have.get(name, 0):,}, the manifest says "
                f"{told.get(name, 0):,}"
            )


def _edge_type(triple: tuple[str, ...]) -> EdgeType:
    return EdgeType(Category(triple[0]), Predicate(triple[1]), Category(triple[2]))


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
    allowed = {(str(t.subject), str(t.predicate), str(t.object)) for t in SCHEMA}
    for found in evidence.select(_TYPE).unique().collect().sort(_TYPE).iter_rows():
        if found not in allowed:
            yield f"evidence has {' '.join(map(str, found))}, which is not in the schema"


def _named(rows: pl.DataFrame) -> str:
    first = rows.sort(_EDGE).row(0, named=True)
    return " ".join(str(first[name]) for name in _EDGE)


def _arrays(release: Release) -> Iterator[str]:
    """The memory-mapped arrays have the tables' sizes, and point to what is there."""
    sizes = {t: pq.read_metadata(release.table_path(t)).num_rows for t in _COUNTED}
    nodes, edges, records, facts = (sizes[t] for t in _COUNTED)
    pointers = (("in_pointer", edges), ("out_pointer", edges), ("fact_pointer", facts))
    for name, last in pointers:
        values = _array(release, name)
        if len(values) != nodes + 1 or values[-1] != last or (np.diff(values) < 0).any():
            yield f"arrays/{name}.npy does not lead from 0 to {last:,} over {nodes:,} nodes"
    for name, size in (("out_edge", edges), ("id_node", nodes)):
        if not np.array_equal(np.sort(_array(release, name)), np.arange(size)):
            yield f"arrays/{name}.npy does not name each of 0 to {size - 1:,} once"
    kinds = len(release.manifest["edge_types"])
    for name, end in (("edge_subject", nodes), ("edge_object", nodes), ("edge_type", kinds)):
        values = _array(release, name)
        if len(values) != edges or (values < 0).any() or (values >= end).any():
            yield f"arrays/{name}.npy does not hold {edges:,} numbers below {end:,}"
    start, end_of = _array(release, "evidence_start"), _array(release, "evidence_end")
    if len(start) != edges or (end_of - start).sum() != records or (start >= end_of).any():
        yield f"arrays/evidence_start.npy and _end do not share out {records:,} records"


def _array(release: Release, name: str) -> npt.NDArray[np.int64]:
    values: npt.NDArray[np.int64] = np.load(release.path / "arrays" / f"{name}.npy")
    return values


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
