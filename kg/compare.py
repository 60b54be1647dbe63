"""What changed from one release to another: evidence by its content, nodes by their id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from polars import col

from kg.release import Release

EXAMPLES = 3
_TOLD = ("subject", "object", "score")
_BY = ("source", "evidence_class", "subject_category", "predicate", "object_category")


def difference(old: Release, new: Release) -> dict[str, Any]:
    """Evidence and nodes that came and went, and what else is not the same.

    A record is the same when its content is: its id is a hash of what it says. Of an id that
    stands in both nothing is told.

    Returns:
        old, new: release ids. parameters: name -> [old, new] where they differ. sources: id ->
        [old version, new version] where they differ, null where absent. nodes: category ->
        {came, went}. evidence: rows of source, class, triple, came, went, and examples of each
        (subject, object, score; at most EXAMPLES), the most changed first;
        totals: {came, went, same}.
    """
    came, went, same = _records(old, new)
    return {
        "old": old.id,
        "new": new.id,
        "parameters": _changed(old.manifest["parameters"], new.manifest["parameters"]),
        "sources": _changed(_versions(old), _versions(new)),
        "nodes": _nodes(old, new),
        "totals": {"came": len(came), "went": len(went), "same": same},
        "evidence": _grouped(came, went),
    }


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    names = sorted({*old, *new})
    return {n: [old.get(n), new.get(n)] for n in names if old.get(n) != new.get(n)}


def _versions(release: Release) -> dict[str, str]:
    return {s["id"]: s["version"] for s in release.manifest["sources"] if not s["absent"]}


def _scan(release: Release, table: str, *columns: str) -> pl.LazyFrame:
    texts = pl.selectors.categorical() | pl.selectors.enum()
    frame = pl.scan_parquet(release.table_path(table)).select(columns)
    return frame.with_columns(texts.cast(pl.String))


def _records(old: Release, new: Release) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    before, after = (_scan(r, "evidence", "id", *_BY, *_TOLD) for r in (old, new))
    came = after.join(before.select("id"), on="id", how="anti").collect()
    went = before.join(after.select("id"), on="id", how="anti").collect()
    total = after.select(pl.len()).collect().item()
    return came, went, int(total) - len(came)


def _grouped(came: pl.DataFrame, went: pl.DataFrame) -> list[dict[str, Any]]:
    both = pl.concat(
        [
            came.with_columns(came=pl.lit(1), went=pl.lit(0)),
            went.with_columns(came=pl.lit(0), went=pl.lit(1)),
        ]
    )
    told = pl.struct(_TOLD)
    counted = (
        both.sort(_TOLD)
        .group_by(_BY, maintain_order=True)
        .agg(
            col("came").sum(),
            col("went").sum(),
            examples_came=told.filter(col("came") == 1).head(EXAMPLES),
            examples_went=told.filter(col("went") == 1).head(EXAMPLES),
        )
    )
    return counted.sort(-(col("came") + col("went")), *_BY).to_dicts()


def _nodes(old: Release, new: Release) -> dict[str, dict[str, int]]:
    before, after = _scan(old, "nodes", "id", "category"), _scan(new, "nodes", "id", "category")
    came = after.join(before, on=["id", "category"], how="anti").collect()
    went = before.join(after, on=["id", "category"], how="anti").collect()
    found: dict[str, dict[str, int]] = {}
    for name, rows in (("came", came), ("went", went)):
        for category, n in rows.group_by("category").len().sort("category").iter_rows():
            found.setdefault(category, {"came": 0, "went": 0})[name] = n
    return dict(sorted(found.items()))
