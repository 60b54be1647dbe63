"""Parts to canonical tables: hands `merge.sql` its inputs and writes its outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ingest import columns
from ingest.catalogue import read_catalogue
from ingest.engine import Block, Engine, TableWriter, merge_blocks, table_writer
from ingest.frames import DISEASE_OR_PHENOTYPE
from ingest.joins import Joins, read_joins
from ingest.options import BuildOptions
from ingest.parts import Part
from ingest.source import Source
from ingest.sources import SOURCES
from kg.biolink import SCHEMA, Category, EvidenceClass, Predicate
from kg.layout import ORDER, TABLES

_RAW = {
    "nodes": columns.NODE,
    "evidence": columns.EVIDENCE,
    "facts": columns.FACT,
    "labels": columns.LABEL,
    "aliases": columns.ALIAS,
    "quarantine": columns.QUARANTINE,
}
SYMMETRIC = {
    Predicate.PHYSICALLY_INTERACTS_WITH,
    Predicate.GENETICALLY_INTERACTS_WITH,
    Predicate.HOMOLOGOUS_TO,
}
_CONDITIONS = (Category.DISEASE, Category.PHENOTYPE)
_AGENTS = (Category.GENE, Category.VARIANT, Category.COMPOUND)
TOLD_OF = (Category.VARIANT, Category.COMPOUND)
"""What is in a graph for what studies and trials say of it: all of that is dated, and where a
build leaves things out, one of which nothing is left goes with them."""
TIMELESS_LABELS = ("split_cluster", "ohnolog")
"""Labels without a day that `--as-of` keeps: homology is in the sequence, whenever it was found."""
LARGEST_VALUE, LARGEST_EFFECT = 1e12, 1e6
"""What is larger in size, or no number, is set aside: a slip, a damaged field."""
PIECE_ROWS = 1 << 20
"""Records of evidence that are sorted and joined to edges at a time: about .5 GB."""
DATED_FACTS = (
    EvidenceClass.GENETIC,
    EvidenceClass.LITERATURE,
    EvidenceClass.CLINICAL,
    EvidenceClass.ASSAY,
    EvidenceClass.SAFETY,
)
"""Classes of facts that `--as-of` cuts. The others say what a gene, a protein or a term is: its
place, sequence, structure, expression and topology, whenever that was found out."""


@dataclass(frozen=True)
class MergeReport:
    """Identifiers that led to no node (unresolved) or to several (ambiguous), by prefix.

    `joins` says of each source how its identifiers led to nodes, `repeated` how many of its
    records of evidence say the same as another, which alone is kept.
    """

    unresolved: dict[str, int] = field(default_factory=dict)
    ambiguous: dict[str, int] = field(default_factory=dict)
    by_source: dict[str, dict[str, int]] = field(default_factory=dict)
    merge_quarantine: dict[str, int] = field(default_factory=dict)
    joins: dict[str, Joins] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "unresolved": self.unresolved,
            "ambiguous": self.ambiguous,
            "merge_quarantine": self.merge_quarantine,
            "repeated": self.repeated,
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
    report, joins = MergeReport(), dict[str, Joins]()
    blocks = merge_blocks()
    piecewise = [b for b in blocks if b.kind.startswith("piece ")]
    for block in blocks:
        if block.kind == "step":
            engine.step(block.name, block.sql)
        elif block.kind == "view":
            engine.view(block.name, block.sql)
        elif block.kind == "pieces":
            pieces = range(engine.pieces(block.name, block.sql))
            split = block.name
        elif block is piecewise[0]:
            repeated = _write_piecewise(engine, split, pieces, piecewise, tables)
        elif block.name == "unresolved":
            report = _read_report(engine, block)
        elif block.name == "joins":
            joins = read_joins(row for b in engine.batches(block.sql) for row in b.to_pylist())
        elif block.kind == "output":
            with _writer(block, tables) as writer:
                writer.write(engine.batches(block.sql))
    _write_side_tables(parts, compounds, tables)
    _write_loci(parts, options, tables)
    return replace(report, joins=joins, repeated=repeated)


def _writer(block: Block, tables: Path) -> AbstractContextManager[TableWriter]:
    return table_writer(tables / f"{block.name}.parquet", TABLES[block.name])


def _write_piecewise(
    engine: Engine, split: str, pieces: Iterable[int], blocks: Sequence[Block], tables: Path
) -> dict[str, int]:
    """Tables that are made of one piece of the evidence after another, each in its order.

    Returns:
        How many records were repeated, by source.
    """
    outputs = [b for b in blocks if b.name in TABLES]
    repeated = Counter[str]()
    with ExitStack() as opened:
        writers = {b.name: opened.enter_context(_writer(b, tables)) for b in outputs}
        for number in pieces:
            engine.piece(split, number)
            for block in blocks:
                if block.name in writers:
                    writers[block.name].write(engine.batches(block.sql))
                elif block.name == "repeated":
                    for row in (r for b in engine.batches(block.sql) for r in b.to_pylist()):
                        repeated[row["source"]] += row["n"]
                else:
                    engine.step(block.name, block.sql)
    return dict(sorted(repeated.items()))


def _give_settings(engine: Engine, options: BuildOptions) -> None:
    settings = {
        "as_of": pa.array([options.as_of], pa.date32()),
        "hypothesis_free_only": pa.array([options.hypothesis_free]),
        "filtered": pa.array([options.filtered]),
        "piece_rows": pa.array([PIECE_ROWS], pa.int64()),
        "largest_value": pa.array([LARGEST_VALUE], pa.float64()),
        "largest_effect": pa.array([LARGEST_EFFECT], pa.float64()),
    }
    engine.table("settings", pa.table(settings))
    _give_names(engine, "excluded", "evidence_class", sorted(options.exclude_classes))
    _give_names(engine, "kept_licences", "redistributable", options.licences)
    _give_names(engine, "dated_facts", "evidence_class", DATED_FACTS)
    _give_names(engine, "told_of", "category", TOLD_OF)
    _give_names(engine, "timeless_labels", "kind", TIMELESS_LABELS)
    _give_names(engine, "systematic", "source", [s.id for s in SOURCES if s.hypothesis_free])
    _give_names(engine, "vocabularies", "source", [s.id for s in SOURCES if _names_terms(s)])
    engine.table("spaces", _pairs(("category", "space"), _spaces()))
    dated = {*product(_AGENTS, _CONDITIONS), *product(TOLD_OF, Category)}
    engine.table("dated_pairs", _pairs(("subject_category", "object_category"), sorted(dated)))
    triples = [(t.subject, t.predicate, t.object, t.predicate in SYMMETRIC) for t in sorted(SCHEMA)]
    names = ("subject_category", "predicate", "object_category", "undirected")
    engine.table("triples", _pairs(names, triples))


def _give_names(engine: Engine, table: str, column: str, names: Iterable[str]) -> None:
    engine.table(table, pa.table({column: pa.array([str(n) for n in names], pa.string())}))


def _names_terms(source: Source) -> bool:
    """Whether a source's nodes are terms of a vocabulary, there before anything is said of them."""
    files = (read_catalogue()[f.path] for f in source.files if f.path in read_catalogue())
    return source.evidence_class == EvidenceClass.ONTOLOGY or any(
        f.evidence_class == EvidenceClass.ONTOLOGY for f in files
    )


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
    """One table over all parts, with the source's id and its place in the order of trust.

    Evidence, the widest by far, is read from its files where it is asked for.
    """
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
        keep = engine.view if name == "evidence" else engine.step
        keep(f"raw_{name}", "\nUNION ALL BY NAME\n".join(selects))
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
    """Compounds as they were unified and residues as they were read, of the nodes that are kept."""
    found = [f for f in (p.load("residues") for p in parts) if f is not None]
    residues = pl.concat(found) if found else pl.DataFrame(schema=columns.RESIDUE)
    nodes = pl.DataFrame(pq.read_table(tables / "nodes.parquet", columns=["id"]))
    for name, rows, node in (("compounds", compounds, "id"), ("residues", residues, "structure")):
        rows = rows.join(nodes, left_on=node, right_on="id", how="semi") if len(rows) else rows
        ordered = rows.sort(list(ORDER[name])) if len(rows) else rows
        table = ordered.to_arrow().select(TABLES[name].names) if len(rows) else None
        cast = table.cast(TABLES[name]) if table is not None else TABLES[name].empty_table()
        pq.write_table(cast, tables / f"{name}.parquet")


def _write_loci(parts: Sequence[Part], options: BuildOptions, tables: Path) -> None:
    """Loci whose causal gene is known: labels, so cut by day and licence and by nothing else."""
    found = [f for f in (p.load("loci") for p in parts) if f is not None]
    rows = pl.concat(found) if found else pl.DataFrame(schema=columns.LOCUS)
    kept = rows.filter(pl.col("redistributable").is_in([str(k) for k in options.licences]))
    if options.as_of is not None:
        kept = kept.filter(pl.col("first_public") <= options.as_of)
    table = kept.sort(list(ORDER["loci"])).to_arrow().select(TABLES["loci"].names)
    pq.write_table(table.cast(TABLES["loci"]), tables / "loci.parquet")
