"""A whole release as KGX: a table of nodes and one of edges, delimited or JSON lines.

An edge row is one record of evidence, so that none of its provenance is lost. Categories that are
the project's own are given as their Biolink parent, with their own beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq

from kg.biolink import BIOLINK_PARENT, Category, Predicate
from kg.errors import BadArgument
from kg.release import Release

RELATED_TO = "biolink:related_to"
AGGREGATOR = "infores:target-kg"
_BATCH = 1 << 16
_LIST = "|"


class KgxFormat(StrEnum):
    """How the tables are written."""

    TSV = "tsv"
    JSONL = "jsonl"


NODE_COLUMNS = ("id", "category", "name", "description", "synonym", "xref", "provided_by")
EDGE_COLUMNS = (
    "id",
    "subject",
    "predicate",
    "object",
    "primary_knowledge_source",
    "aggregator_knowledge_source",
    "knowledge_level",
    "agent_type",
    "publications",
    "negated",
    "original_subject",
    "original_predicate",
    "original_object",
    "evidence_class",
    "score",
    "first_public",
    "licence",
    "source_record",
)
"""Biolink's association slots, then what this graph adds."""


def export(release: Release, target: Path, form: KgxFormat = KgxFormat.TSV) -> dict[str, int]:
    """Write nodes and edges into a new directory, which appears whole or not at all.

    Returns:
        Rows written of each.

    Raises:
        BadArgument: the directory is there already.
    """
    if target.exists():
        raise BadArgument(f"{target} is there already; give a directory that is not")
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".kgx-", dir=target.parent))
    try:
        counts = {
            name: _write(staging / f"{name}.{form}", columns, rows(release), form)
            for name, columns, rows in (
                ("nodes", NODE_COLUMNS, _nodes),
                ("edges", EDGE_COLUMNS, _edges),
            )
        }
        staging.chmod(0o755)
        os.rename(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return counts


def category_of(category: str) -> list[str]:
    """Biolink class first; the project's own after it."""
    parent = BIOLINK_PARENT.get(Category(category))
    return [category] if parent is None else [parent, category]


def predicate_of(predicate: str) -> str:
    """Biolink's predicate; `related_to` for the one that is the project's own."""
    return RELATED_TO if predicate == Predicate.STRUCTURE_OF else predicate


def _batches(release: Release, table: str) -> Iterator[Mapping[str, Any]]:
    for batch in pq.ParquetFile(release.table_path(table)).iter_batches(_BATCH):
        yield from batch.to_pylist()


def _nodes(release: Release) -> Iterator[dict[str, Any]]:
    for row in _batches(release, "nodes"):
        yield {
            "id": row["id"],
            "category": category_of(row["category"]),
            "name": row["name"],
            "description": row["description"],
            "synonym": row["synonyms"],
            "xref": row["xrefs"],
            "provided_by": [row["source"]],
        }


def _edges(release: Release) -> Iterator[dict[str, Any]]:
    for row in _batches(release, "evidence"):
        yield {
            "id": row["id"],
            "subject": row["subject"],
            "predicate": predicate_of(row["predicate"]),
            "object": row["object"],
            "primary_knowledge_source": row["infores"],
            "aggregator_knowledge_source": [AGGREGATOR],
            "knowledge_level": row["knowledge_level"],
            "agent_type": row["agent_type"],
            "publications": row["publications"],
            "negated": row["negated"],
            "original_subject": row["original_subject"],
            "original_predicate": row["predicate"],
            "original_object": row["original_object"],
            "evidence_class": row["evidence_class"],
            "score": row["score"],
            "first_public": row["first_public"].isoformat(),
            "licence": row["licence"],
            "source_record": f"{row['file']}:{row['line']}",
        }


def _write(
    path: Path, columns: tuple[str, ...], rows: Iterator[dict[str, Any]], form: KgxFormat
) -> int:
    line: Callable[[dict[str, Any]], str] = _tsv if form == KgxFormat.TSV else _json
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        if form == KgxFormat.TSV:
            stream.write("\t".join(columns) + "\n")
        for row in rows:
            stream.write(line(row))
            count += 1
        _sync(stream)
    return count


def _sync(stream: IO[str]) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _tsv(row: dict[str, Any]) -> str:
    return "\t".join(map(_cell, row.values())) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return _LIST.join(_cell(v).replace(_LIST, " ") for v in value)
    return " ".join(str(value).split()) if isinstance(value, str) else str(value)


def _json(row: dict[str, Any]) -> str:
    told = {k: v for k, v in row.items() if v not in (None, "", [])}
    return json.dumps(told, ensure_ascii=False) + "\n"
