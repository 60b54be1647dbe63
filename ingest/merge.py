"""Parts to canonical tables: hands `merge.sql` its inputs and writes its outputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ingest import columns
from ingest.engine import Block, Engine, merge_blocks, write_parquet
from ingest.frames import DISEASE_OR_PHENOTYPE
from ingest.options import BuildOptions
from ingest.parts import Part
from kg.biolink import SCHEMA, Category, Predicate
from kg.layout import ORDER, TABLES

_RAW = {
    "nodes": columns.NODE,
    "evidence": columns.EVIDENCE,
    "facts": columns.FACT,
    "labels": columns.LABEL,
    "aliases": columns.ALIAS,
    "quarantine": columns.QUARANTINE,
}
_SYMMETRIC = {
    Predicate.PHYSICALLY_INTERACTS_WITH,
    Predicate.GENETICALLY_INTERACTS_WITH,
    Predicate.HOMOLOGOUS_TO,
}
_CONDITIONS = (Category.DISEASE, Category.PHENOTYPE)
_AGENTS = (Category.GENE, Category.VARIANT, Category.COMPOUND)


@dataclass(frozen=True)
class MergeReport:
    """Identifiers that led to no node (unresolved) or to several (ambiguous), by prefix."""

    unresolved: dict[str, int] = field(default_factory=dict)
    ambiguous: dict[str, int] = field(default_factory=dict)
    by_source: dict[str, dict[str, int]] = field(default_factory=dict)
    merge_quarantine: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "unresolved": self.unresolved,
            "ambiguous": self.ambiguous,
            "merge_quarantine": self.merge_quarantine,
        }


def merge(
    engine: Engine,
    parts: Sequence[Part],
    further: Sequence[Part],
    compounds: pl.DataFrame,
    tables: Path,
    options: BuildOptions,
) -> MergeReport:
    """Run the merge and write every table of the release.

    Args:
        engine: Runs the SQL.
        parts: Of the sources, the most trusted first.
        further: What was made of the parts together: compounds, places of variants.
        compounds: Rows of `kg.layout.COMPOUNDS`.
        tables: Directory to write to.
        options: Of the build.
    """
    _give_settings(engine, options)
    for name, schema in _RAW.items():
        _give_parts(engine, name, [*parts, *further], schema)
    report: MergeReport | None = None
    for block in merge_blocks():
        if block.kind == "step":
            engine.step(block.name, block.sql)
        elif block.name == "unresolved":
            report = _read_report(engine, block)
        else:
            write_parquet(
                engine.batches(block.sql),
                TABLES[block.name],
                tables / f"{block.name}.parquet",
            )
    _write_side_tables(parts, compounds, tables)
    return report or MergeReport()


def _give_settings(engine: Engine, options: BuildOptions) -> None:
    as_of = pa.array([options.as_of], pa.date32())
    free = pa.array([options.hypothesis_free])
    engine.table("settings", pa.table({"as_of": as_of, "hypothesis_free_only": free}))
    excluded = pa.array(sorted(options.exclude_classes), pa.string())
    engine.table("excluded", pa.table({"evidence_class": excluded}))
    engine.table(
        "kept_licences",
        pa.table({"redistributable": [str(k) for k in options.licences]}),
    )
    engine.table("spaces", _pairs(("category", "space"), _spaces()))
    dated = [*product(_AGENTS, _CONDITIONS), (Category.COMPOUND, Category.GENE)]
    engine.table("dated_pairs", _pairs(("subject_category", "object_category"), dated))
    triples = [
        (t.subject, t.predicate, t.object, t.predicate in _SYMMETRIC) for t in sorted(SCHEMA)
    ]
    names = ("subject_category", "predicate", "object_category", "undirected")
    engine.table("triples", _pairs(names, triples))


def _spaces() -> list[tuple[str, str]]:
    """In which look-up space the names of each category are found."""
    both = [(c, DISEASE_OR_PHENOTYPE) for c in _CONDITIONS]
    return [*((c, c) for c in Category), *both]


def _pairs(names: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    by_column = zip(
        *((str(v) if isinstance(v, str) else v for v in row) for row in rows),
        strict=True,
    )
    return pa.table(dict(zip(names, map(list, by_column), strict=True)))


def _give_parts(engine: Engine, name: str, parts: Sequence[Part], schema: dict[str, Any]) -> None:
    """One table over all parts, with the source's id and its place in the order of trust."""
    selects = []
    for rank, part in enumerate(parts):
        path = part.frame(name)
        if path is not None:
            view = f"part_{name}_{rank}"
            engine.parquet(view, [path], pa.schema([]))
            selects.append(
                f"SELECT *, '{part.source}' AS source, {rank} AS source_rank FROM {view}"
            )
    if selects:
        engine.step(f"raw_{name}", "\nUNION ALL BY NAME\n".join(selects))
    else:
        empty = pl.DataFrame(schema=schema).to_arrow()
        extra = {
            "source": pa.array([], pa.string()),
            "source_rank": pa.array([], pa.int32()),
        }
        engine.table(
            f"raw_{name}",
            pa.table({**{c: empty[c] for c in empty.column_names}, **extra}),
        )


def _read_report(engine: Engine, block: Block) -> MergeReport:
    rows = [row for batch in engine.batches(block.sql) for row in batch.to_pylist()]
    report = MergeReport()
    for row in rows:
        totals = report.unresolved if row["unknown"] else report.ambiguous
        totals[row["prefix"]] = totals.get(row["prefix"], 0) + row["n"]
        source = report.by_source.setdefault(row["source"], {})
        kind = "unknown" if row["unknown"] else "ambiguous"
        key = f"{kind} {row['prefix']}"
        source[key] = source.get(key, 0) + row["n"]
    return report


def _write_side_tables(parts: Sequence[Part], compounds: pl.DataFrame, tables: Path) -> None:
    """Tables that need no merging: compounds as they were unified, residues as they were read."""
    found = [f for f in (p.load("residues") for p in parts) if f is not None]
    residues = pl.concat(found) if found else pl.DataFrame(schema=columns.RESIDUE)
    for name, rows in (("compounds", compounds), ("residues", residues)):
        ordered = rows.sort(list(ORDER[name])) if len(rows) else rows
        table = ordered.to_arrow().select(TABLES[name].names) if len(rows) else None
        cast = table.cast(TABLES[name]) if table is not None else TABLES[name].empty_table()
        pq.write_table(cast, tables / f"{name}.parquet")
