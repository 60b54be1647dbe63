"""Canonical tables to the memory-mapped arrays that the embedded store reads.

Nodes are numbered in the order of the node table (category, id), so that each category is one
range of indices. Edges keep the order of the edge table, (object, -score): the inward adjacency
is then a row pointer alone, and the outward one a row pointer with a permutation.

Arrays (N nodes, E edges, R evidence rows, F facts), all little-endian:

=======================  ==========  =========================================================
in_pointer               int64 N+1   edges into node i: in_pointer[i]:in_pointer[i+1]
out_pointer              int64 N+1   positions in out_edge of the edges out of node i
out_edge                 int32 E     edge numbers, by (subject, edge number)
edge_subject             int32 E     node index
edge_object              int32 E     node index
edge_type                uint8 E     position in manifest["edge_types"]
edge_score               float32 E   largest supporting score, NaN when none is graded
edge_year                int16 E     year of its earliest record, refuting ones included
edge_classes             uint16 E    bit k: position k in CLASSES is among its evidence
edge_flags               uint8 E     bit 0 a hypothesis-free record, bit 1 supported, bit 2 refuted
evidence_start, _end     int64 E     rows of the evidence table that belong to edge e
fact_pointer             int64 N+1   rows of the fact table of node i
id_hash, id_node         u8, i4 N    first 8 bytes of BLAKE2b of each id, sorted; its node
=======================  ==========  =========================================================

`kg.chemical_search` and `kg.search` say what they add.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kg.biolink import Category, EdgeType, EvidenceClass, Predicate
from kg.chemical_search import build_chemical_index
from kg.errors import ReleaseCorrupt
from kg.layout import TABLES
from kg.search import build_name_index

CLASSES: tuple[str, ...] = tuple(c.value for c in EvidenceClass)
HYPOTHESIS_FREE, SUPPORTED, REFUTED = 1, 2, 4
_IPC_ROWS = 1 << 16


def compile_arrays(tables: Path, arrays: Path) -> dict[str, Any]:
    """Write every array of a release; returns the counts that go into its manifest.

    Raises:
        ReleaseCorrupt: an edge, evidence row or fact names a node that is not there, or an edge
            has no evidence.
    """
    nodes = pq.read_table(tables / "nodes.parquet")
    ids = nodes["id"].combine_chunks()
    _write_ipc(nodes, arrays / "nodes.arrow")
    _save(arrays, **_id_index(ids.to_pylist()))
    types = _compile_edges(tables, arrays, ids)
    _compile_evidence(tables, arrays, ids)
    _compile_facts(tables, arrays, ids)
    build_chemical_index(tables / "compounds.parquet", arrays)
    build_name_index(tables / "nodes.parquet", tables / "aliases.parquet", arrays)
    others = (name for name in TABLES if name not in ("nodes", "edges"))
    counted = {name: tables / f"{name}.parquet" for name in others}
    return {
        "categories": _category_ranges(nodes["category"]),
        "edge_types": [[t.subject, t.predicate, t.object] for t, _ in types],
        "counts": {
            "nodes": len(nodes),
            "nodes_by_category": _count(nodes["category"]),
            "edges": sum(n for _, n in types),
            "edges_by_type": {str(t): n for t, n in types},
            **{name: _rows(path) for name, path in counted.items() if path.exists()},
        },
    }


def id_hash(identifier: str) -> int:
    """First 8 bytes of BLAKE2b of an identifier, as an unsigned integer."""
    return int.from_bytes(hashlib.blake2b(identifier.encode(), digest_size=8).digest(), "little")


def _id_index(ids: list[str]) -> dict[str, npt.NDArray[Any]]:
    hashes = np.fromiter((id_hash(i) for i in ids), np.uint64, len(ids))
    order = np.argsort(hashes, kind="stable").astype(np.int32)
    return {"id_hash": hashes[order], "id_node": order}


def _category_ranges(category: pa.ChunkedArray) -> dict[str, list[int]]:
    text = category.cast(pa.string()).combine_chunks()
    runs = pc.run_end_encode(text)
    ends = [0, *runs.run_ends.to_pylist()]
    return {
        name: [start, end]
        for name, start, end in zip(runs.values.to_pylist(), ends, ends[1:], strict=False)
    }


def _compile_edges(tables: Path, arrays: Path, ids: pa.Array) -> list[tuple[EdgeType, int]]:
    edges = pq.read_table(tables / "edges.parquet")
    _write_ipc(edges, arrays / "edges.arrow")
    subject = _positions(edges["subject"], ids, "edges.subject")
    target = _positions(edges["object"], ids, "edges.object")
    if len(target) and (np.diff(target) < 0).any():
        raise ReleaseCorrupt("edges are not sorted by object")
    type_code, types = _edge_types(edges)
    out_edge = np.lexsort((np.arange(len(subject)), subject)).astype(np.int32)
    _save(
        arrays,
        edge_subject=subject,
        edge_object=target,
        edge_type=type_code,
        edge_score=edges["score"].to_numpy().astype(np.float32),
        edge_classes=_class_bits(edges["classes"]),
        in_pointer=_pointer(target, len(ids)),
        out_pointer=_pointer(subject, len(ids)),
        out_edge=out_edge,
    )
    counts = np.bincount(type_code, minlength=len(types)).tolist()
    return list(zip(types, counts, strict=True))


def _edge_types(edges: pa.Table) -> tuple[npt.NDArray[np.uint8], list[EdgeType]]:
    names = ("subject_category", "predicate", "object_category")
    key = pc.binary_join_element_wise(*(edges[n].cast(pa.string()) for n in names), "|")
    coded = key.combine_chunks().dictionary_encode()
    texts = sorted(coded.dictionary.to_pylist())
    rank = {text: code for code, text in enumerate(texts)}
    recode = np.array([rank[t] for t in coded.dictionary.to_pylist()], np.uint8)
    types = [
        EdgeType(Category(s), Predicate(p), Category(o))
        for s, p, o in (t.split("|") for t in texts)
    ]
    codes = coded.indices.to_numpy()
    return (recode[codes] if len(codes) else np.zeros(0, np.uint8)), types


def _class_bits(classes: pa.ChunkedArray) -> npt.NDArray[np.uint16]:
    column = classes.combine_chunks()
    values = np.array([CLASSES.index(c) for c in column.flatten().to_pylist()], np.uint16)
    rows = np.repeat(np.arange(len(column)), pc.list_value_length(column).to_numpy())
    bits = np.zeros(len(column), np.uint16)
    np.bitwise_or.at(bits, rows, np.left_shift(np.uint16(1), values))
    return bits


def _summaries(
    evidence: pa.Table, starts: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint8]]:
    """Earliest year and flags of each run of evidence rows."""
    if not len(starts):
        return np.zeros(0, np.int16), np.zeros(0, np.uint8)
    years = pc.year(evidence["first_public"]).to_numpy().astype(np.int16)
    refuting = evidence["negated"].to_numpy()
    bits = evidence["hypothesis_free"].to_numpy() * HYPOTHESIS_FREE
    bits = (bits | np.where(refuting, REFUTED, SUPPORTED)).astype(np.uint8)
    return np.minimum.reduceat(years, starts), np.bitwise_or.reduceat(bits, starts)


def _compile_evidence(tables: Path, arrays: Path, ids: pa.Array) -> None:
    """Point each edge to its run of evidence rows, which lie together in the evidence table."""
    columns = ["subject", "predicate", "object"]
    told = [*columns, "first_public", "hypothesis_free", "negated"]
    evidence = pq.read_table(tables / "evidence.parquet", columns=told)
    rows = _triple_keys(evidence, ids)
    starts = np.flatnonzero(np.diff(rows, prepend=-1)).astype(np.int64)
    heads = rows[starts]
    order = np.argsort(heads)
    edges = _triple_keys(pq.read_table(tables / "edges.parquet", columns=columns), ids)
    run = order[np.searchsorted(heads, edges, sorter=order).clip(max=max(len(order) - 1, 0))]
    if len(heads) != len(edges) or (heads[run] != edges).any():
        raise ReleaseCorrupt(
            "edges and evidence do not match: an edge lacks evidence or the reverse"
        )
    bounds = np.append(starts, len(rows))
    year, flags = _summaries(evidence, starts)
    _save(arrays, edge_year=year[run], edge_flags=flags[run])
    _save(arrays, evidence_start=bounds[run], evidence_end=bounds[run + 1])
    _convert(tables / "evidence.parquet", arrays / "evidence.arrow")


def _triple_keys(table: pa.Table, ids: pa.Array) -> npt.NDArray[np.int64]:
    """One integer per triple: equal where subject, predicate and object are."""
    predicates = pa.array([p.value for p in Predicate])
    subject = _positions(table["subject"], ids, "subject").astype(np.int64)
    target = _positions(table["object"], ids, "object").astype(np.int64)
    predicate = _positions(table["predicate"].cast(pa.string()), predicates, "predicate")
    return (target * len(predicates) + predicate) * max(len(ids), 1) + subject


def _compile_facts(tables: Path, arrays: Path, ids: pa.Array) -> None:
    """Facts are sorted by subject text; store them by node index instead."""
    facts = pq.read_table(tables / "facts.parquet")
    subject = _positions(facts["subject"], ids, "facts.subject")
    order = np.argsort(subject, kind="stable")
    _write_ipc(facts.take(pa.array(order)), arrays / "facts.arrow")
    _save(arrays, fact_pointer=_pointer(subject, len(ids)))


def _positions(values: pa.ChunkedArray, ids: pa.Array, what: str) -> npt.NDArray[np.int32]:
    found = pc.index_in(values, value_set=ids)
    if found.null_count:
        missing = values.filter(pc.is_null(found))[0]
        raise ReleaseCorrupt(f"{what} names {missing}, which is no node")
    positions: npt.NDArray[np.int32] = found.to_numpy().astype(np.int32)
    return positions


def _pointer(index: npt.NDArray[np.int32], n: int) -> npt.NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(np.bincount(index, minlength=n)))).astype(np.int64)


def _save(arrays: Path, **values: npt.NDArray[Any]) -> None:
    for name, value in values.items():
        np.save(arrays / f"{name}.npy", value)


def _convert(parquet: Path, arrow: Path) -> None:
    """Parquet to Arrow IPC batch by batch, with one dictionary per column for the whole file."""
    file = pq.ParquetFile(parquet)
    schema = file.schema_arrow
    vocabulary = {
        field.name: _distinct(parquet, field.name)
        for field in schema
        if pa.types.is_dictionary(field.type)
    }
    with pa.OSFile(str(arrow), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for batch in file.iter_batches(batch_size=_IPC_ROWS):
            columns = [_recode(batch.column(f.name), vocabulary.get(f.name)) for f in schema]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def _distinct(parquet: Path, column: str) -> pa.Array:
    values = pq.read_table(parquet, columns=[column])[column].cast(pa.string())
    return pc.unique(values).drop_null()


def _recode(column: pa.Array, vocabulary: pa.Array | None) -> pa.Array:
    if vocabulary is None:
        return column
    codes = pc.index_in(column.cast(pa.string()), value_set=vocabulary)
    codes = pc.if_else(column.is_null(), pa.scalar(None, pa.int32()), codes)
    return pa.DictionaryArray.from_arrays(codes, vocabulary)


def _write_ipc(table: pa.Table, path: Path) -> None:
    unified = table.unify_dictionaries()
    with (
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_file(sink, unified.schema) as writer,
    ):
        for batch in unified.to_batches(max_chunksize=_IPC_ROWS):
            writer.write_batch(batch)


def _count(column: pa.ChunkedArray) -> dict[str, int]:
    counts = column.cast(pa.string()).value_counts().to_pylist()
    return {c["values"]: c["counts"] for c in sorted(counts, key=lambda c: str(c["values"]))}


def _rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)
