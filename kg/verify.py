"""Whether a release holds together: hashes, counts, and every reference from table to table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq
from polars import col

from kg.biolink import SCHEMA, Category, EdgeType, Predicate
from kg.layout import TABLES
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
_SUMMARIES = ("score", "sources", "classes", "first_public", "hypothesis_free")
_LOCUS: dict[str, tuple[Category, ...]] = {
    "gene": (Category.GENE,),
    "trait": (Category.DISEASE, Category.PHENOTYPE),
}
"""What a column of loci names, where it names a node at all."""
_TALLY = {"name": pl.String, "n": pl.UInt32}


def problems(release: Release) -> list[str]:
    """What is wrong with a release, in words; empty when all is well.

    References are only looked at when the files are the manifest's.
    """
    damaged = release.verify()
    if damaged:
        return damaged
    checks = (_identity, _counts, _nodes, _loci, _edges, _arrays, _origins)
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
    for table in (name for name in TABLES if name in counts):
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


def _loci(release: Release) -> Iterator[str]:
    """Loci keep their source's identifiers: one that names nodes names a gene, or a trait."""
    if not release.table_path("loci").exists():
        return
    nodes = _scan(release, "nodes").select("category", alias="id")
    named = pl.concat([nodes, _scan(release, "aliases").select("category", "alias")])
    for column, categories in _LOCUS.items():
        asked = _scan(release, "loci").select(alias=col(column)).drop_nulls().unique()
        of = named.join(asked, on="alias", how="semi").group_by("alias")
        wrong = of.agg("category").filter(
            col("category").list.set_intersection(pl.lit([str(c) for c in categories])).list.len()
            == 0
        )
        lost = wrong.sort("alias").collect()
        if len(lost):
            kind = sorted(lost["category"][0])[0]
            yield f"loci.{column} names {lost['alias'][0]}, which is a {kind} ({len(lost):,} such)"


def _edges(release: Release) -> Iterator[str]:
    """Every edge has evidence and says of it what there is, and the reverse."""
    evidence = _scan(release, "evidence")
    edges = _scan(release, "edges").select(*_EDGE, "n_evidence", "n_refuting", *_SUMMARIES)
    both = edges.join(_recounted(evidence), on=_EDGE, how="full", coalesce=True).collect()
    bare = both.filter(col("records").is_null())
    if len(bare):
        yield f"edge {_named(bare)} has no evidence"
    lost = both.filter(col("n_evidence").is_null())
    if len(lost):
        yield f"evidence of {_named(lost)} belongs to no edge"
    held = both.filter(col("n_evidence").is_not_null() & col("records").is_not_null())
    wrong = held.filter(
        (col("n_evidence") != col("supporting")) | (col("n_refuting") != col("refuting"))
    )
    if len(wrong):
        yield f"edge {_named(wrong)} counts other records than it has"
    for name in ("score", "first_public", "hypothesis_free"):
        yield from _summarised(held, name)
    yield from _listed(held, evidence)
    allowed = {(str(t.subject), str(t.predicate), str(t.object)) for t in SCHEMA}
    for found in evidence.select(_TYPE).unique().collect().sort(_TYPE).iter_rows():
        if found not in allowed:
            yield f"evidence has {' '.join(map(str, found))}, which is not in the schema"


def _recounted(evidence: pl.LazyFrame) -> pl.LazyFrame:
    """What the merge says of each edge, from its records; of lists the first record's value."""
    supports = ~col("negated")
    return evidence.group_by(_EDGE).agg(
        records=pl.len(),
        supporting=supports.sum().cast(pl.Int64),
        refuting=col("negated").sum().cast(pl.Int64),
        score_found=pl.when(supports).then("score").max(),
        first_public_found=pl.coalesce(
            pl.when(supports).then("first_public").min(), col("first_public").min()
        ),
        hypothesis_free_found=(col("hypothesis_free") & supports).any(),
        sources_found=col("source").first(),
        classes_found=col("evidence_class").first(),
    )


def _summarised(edges: pl.DataFrame, name: str) -> Iterator[str]:
    wrong = edges.filter(~col(name).eq_missing(col(f"{name}_found")))
    if len(wrong):
        told, found = wrong.sort(_EDGE).select(name, f"{name}_found").row(0)
        yield (
            f"edge {_named(wrong)} has {name} {_shown(told)}, its records {_shown(found)} "
            f"({len(wrong):,} such)"
        )


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _listed(edges: pl.DataFrame, evidence: pl.LazyFrame) -> Iterator[str]:
    """Sources and classes; few edges have several records, and only theirs are made to lists."""
    several = edges.filter(col("records") > 1)
    made = (
        evidence.join(several.lazy().select(_EDGE), on=_EDGE, how="semi")
        .group_by(_EDGE)
        .agg(
            sources_found=col("source").unique().sort(),
            classes_found=col("evidence_class").unique().sort(),
        )
        .collect()
    )
    several = several.drop("sources_found", "classes_found").join(made, on=_EDGE)
    for name in ("sources", "classes"):
        one = (col(name).list.len() == 1) & (col(name).list.first() == col(f"{name}_found"))
        single = edges.filter((col("records") == 1) & ~one.fill_null(False))
        yield from _summarised(single.with_columns(pl.concat_list(f"{name}_found")), name)
        yield from _summarised(several, name)


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
    if release.table_path("loci").exists():
        files = _scan(release, "loci").select("file").unique()
        for file in files.join(listed.lazy(), on="file", how="anti").collect()["file"].sort():
            yield f"loci comes from {file}, which the manifest does not list"
