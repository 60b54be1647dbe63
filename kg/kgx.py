"""A whole release as KGX: a table of nodes and one of edges, delimited or JSON lines.

An edge row is one record of evidence with all that the release says of it, under Biolink's slots
where it has them. Categories that are the project's own are given as their Biolink parent, with
their own beside it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from enum import StrEnum
from pathlib import Path

import polars as pl
from polars import col

from kg.biolink import BIOLINK_PARENT, Category, EdgeType, Predicate
from kg.errors import BadArgument
from kg.release import Release

RELATED_TO = "biolink:related_to"
INSTANCES, CONCEPTS = f"{RELATED_TO}_at_instance_level", f"{RELATED_TO}_at_concept_level"
WIDER: dict[EdgeType, str] = {
    EdgeType(Category.GENE, Predicate.ENABLES, Category.MOLECULAR_ACTIVITY): INSTANCES,
    EdgeType(Category.GENE, Predicate.PARTICIPATES_IN, Category.PATHWAY): INSTANCES,
    EdgeType(Category.GENE_FAMILY, Predicate.SUBCLASS_OF, Category.GENE_FAMILY): CONCEPTS,
    EdgeType(Category.DOMAIN, Predicate.SUBCLASS_OF, Category.DOMAIN): CONCEPTS,
    EdgeType(Category.STRUCTURE, Predicate.STRUCTURE_OF, Category.PROTEIN): RELATED_TO,
}
"""Edge types that Biolink's domains and ranges do not allow, with the nearest ancestor of their
predicate that is allowed; `original_predicate` keeps the narrower one."""
AGGREGATOR = "infores:target-kg"
_LIST = "|"
_EMPTY_MEMBER = r',"[a-z_]+":(null|""|\[\])'


class KgxFormat(StrEnum):
    """How the tables are written."""

    TSV = "tsv"
    JSONL = "jsonl"


NODE_COLUMNS = ("id", "category", "name", "description", "synonym", "xref", "provided_by")
HOUSE_COLUMNS = (
    "evidence_class",
    "score",
    "value",
    "value_kind",
    "effect_lower",
    "effect_upper",
    "effect_kind",
    "direction_on_target",
    "direction_on_trait",
    "hypothesis_free",
    "first_public",
    "date_basis",
    "detail",
    "licence",
    "redistributable",
    "source",
    "release",
    "source_record",
)
"""What this graph adds to an edge; Biolink has no slot of these names."""
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
    "p_value",
    "effect_size",
    "effect_type",
    "original_subject",
    "original_predicate",
    "original_object",
    *HOUSE_COLUMNS,
)
"""Biolink's association slots, then `HOUSE_COLUMNS`."""
P_VALUE = "p value"
EFFECT_TYPES = {"odds ratio": "odds_ratio", "beta": "regression_coefficient"}
"""Kinds of effect that Biolink's EffectTypeEnum has; `effect_kind` says any other."""


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
            name: _write(rows, staging / f"{name}.{form}", form)
            for name, rows in (("nodes", _nodes(release)), ("edges", _edges(release)))
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


def predicate_of(edge_type: EdgeType) -> str:
    """The predicate under which Biolink allows an edge type."""
    return WIDER.get(edge_type, edge_type.predicate.value)


def _scan(release: Release, table: str) -> pl.LazyFrame:
    texts = pl.selectors.categorical() | pl.selectors.enum()
    return pl.scan_parquet(release.table_path(table)).with_columns(texts.cast(pl.String))


def _nodes(release: Release) -> pl.LazyFrame:
    parents = {c.value: category_of(c) for c in Category}
    return _scan(release, "nodes").select(
        id="id",
        category=col("category").replace_strict(parents, return_dtype=pl.List(pl.String)),
        name="name",
        description="description",
        synonym="synonyms",
        xref="xrefs",
        provided_by=pl.concat_list("source"),
    )


def _edges(release: Release) -> pl.LazyFrame:
    triple = pl.concat_str("subject_category", "predicate", "object_category", separator=" ")
    wider = {f"{t.subject.value} {t.predicate.value} {t.object.value}": p for t, p in WIDER.items()}
    derived = {
        "first_public": col("first_public").cast(pl.String),
        "source_record": pl.concat_str("file", col("line"), separator=":"),
    }
    return (
        _scan(release, "evidence")
        .select(
            id="id",
            subject="subject",
            predicate=triple.replace_strict(wider, default=col("predicate")),
            object="object",
            primary_knowledge_source="infores",
            aggregator_knowledge_source=pl.concat_list(pl.lit(AGGREGATOR)),
            knowledge_level="knowledge_level",
            agent_type="agent_type",
            publications="publications",
            negated="negated",
            p_value=pl.when(col("value_kind") == P_VALUE).then("value"),
            effect_size="effect",
            effect_type=col("effect_kind").replace_strict(
                EFFECT_TYPES, default=None, return_dtype=pl.String
            ),
            original_subject="original_subject",
            original_predicate="predicate",
            original_object="original_object",
            **{name: col(name) for name in HOUSE_COLUMNS if name not in derived},
            **derived,
        )
        .select(EDGE_COLUMNS)
    )


def _write(rows: pl.LazyFrame, path: Path, form: KgxFormat) -> int:
    lines = _tsv(rows) if form == KgxFormat.TSV else _json(rows)
    header = form == KgxFormat.TSV
    lines.sink_csv(path, include_header=header, separator="\t", quote_style="never")
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    return int(rows.select(pl.len()).collect().item())


def _tsv(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One line a row: no tab or line end within a cell, lists joined."""
    one_line = pl.selectors.string().str.replace_all(r"\s+", " ").str.strip_chars()
    item = pl.element().str.replace_all(r"[\s|]+", " ").str.strip_chars()
    joined = pl.selectors.list().list.eval(item).list.join(_LIST)
    return rows.with_columns(one_line, joined).fill_null("")


def _json(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One object a row, without what is null or empty.

    No text can look like an empty member: a quotation mark inside it is escaped.
    """
    told = pl.struct(pl.all()).struct.json_encode()
    return rows.select(told.str.replace_all(_EMPTY_MEMBER, ""))
