"""Clinical statements on variants, as claims on the variants' genes.

No source states a gene-disease pair clinically; CIViC states that a variant of a gene tells of a
disease: its diagnosis, its course, or what a treatment does. The first two are read, for the
variant `full` alone and for direct evidence alone. Items on treatments never are: drug, target and
disease together are the label of reversibility. Nor are statements against: that a variant does
not foretell a course refutes no cause.
"""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gnn.graph import CLAIM_COLUMNS, Claims, Graph
from kg.biolink import Category, EvidenceClass, Predicate

READ = frozenset(
    {
        ("Diagnostic", "Positive"),
        ("Prognostic", "Poor Outcome"),
        ("Prognostic", "Better Outcome"),
    }
)
"""Kinds of clinical items that are claims, with what they say; all others are left."""
_TIE = (Category.VARIANT, Predicate.IS_SEQUENCE_VARIANT_OF, Category.GENE)
_ITEM = (Category.VARIANT, Predicate.ASSOCIATED_WITH, Category.DISEASE)


def clinical_claims(graph: Graph) -> Claims:
    """What clinical items on the variants of each gene say of diseases, one row an item and gene.

    A variant belongs to the genes that the item's own source ties it to; a fusion to both.
    """
    table = graph.store.evidence_table([*CLAIM_COLUMNS, "detail"])
    table = table.append_column("row", pa.array(np.arange(len(table))))
    ties = _kind(table, _TIE).select(["subject", "object", "source"])
    ties = ties.rename_columns(["variant", "gene", "source"])
    ties = ties.cast(pa.schema([(name, pa.string()) for name in ties.column_names]))
    items = _kind(table, _ITEM)
    clinical = pc.equal(items["evidence_class"].cast(pa.string()), EvidenceClass.CLINICAL.value)
    items = items.filter(pc.and_(clinical, pc.invert(items["negated"])))
    told = [_says(detail) in READ for detail in items["detail"].to_pylist()]
    items = items.filter(pa.array(told, pa.bool_())).drop_columns(["detail"])
    plain = [items[name].cast(pa.string()) for name in ("subject", "source")]
    at, gene = _joined(plain[0].to_pylist(), plain[1].to_pylist(), ties)
    rows = items.take(pa.array(at, pa.int64()))
    place = rows.column_names.index("subject")
    rows = rows.set_column(place, "subject", pa.chunked_array([pa.array(gene, pa.string())]))
    return graph.as_claims(rows, graph.diseases)


def _kind(table: pa.Table, kind: tuple[Category, Predicate, Category]) -> pa.Table:
    """Rows of one kind of statement."""
    columns = ("subject_category", "predicate", "object_category")
    right = [
        pc.equal(table[name].cast(pa.string()), word.value)
        for name, word in zip(columns, kind, strict=True)
    ]
    return table.filter(pc.and_(pc.and_(right[0], right[1]), right[2]))


def _says(detail: str | None) -> tuple[str, str]:
    told = json.loads(detail or "{}")
    return str(told.get("type")), str(told.get("significance"))


def _joined(variants: list[str], sources: list[str], ties: pa.Table) -> tuple[list[int], list[str]]:
    """Numbers of items and the genes of each, an item once for each gene."""
    genes: dict[tuple[str, str], set[str]] = {}
    for variant, gene, source in zip(*(c.to_pylist() for c in ties.columns), strict=True):
        genes.setdefault((variant, source), set()).add(gene)
    found = [
        (number, gene)
        for number, key in enumerate(zip(variants, sources, strict=True))
        for gene in sorted(genes.get(key, ()))
    ]
    return [number for number, _ in found], [gene for _, gene in found]
