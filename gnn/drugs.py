"""What drugs act on, and which way: from the labels, and from the records that answers show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gnn.graph import Graph
from gnn.ontology import Index
from kg.biolink import Category

FIRST_PHASE, LATE_PHASE, APPROVED = 1.0, 3.0, 4.0
MODALITY_OF_TYPE: Mapping[str, str] = {
    "small molecule": "small_molecule",
    "antibody": "antibody",
    "antibody drug conjugate": "antibody",
}
"""A drug's modality by its type in lower case; all other types are `other`."""
Signs8 = npt.NDArray[np.int8]


@dataclass(frozen=True)
class DrugMechanisms:
    """Labels of drug mechanisms, one row each.

    Attributes:
        drug: Identifiers, string (m,).
        gene: Local number, int64 (m,); -1 for what codes for no protein here.
        sign: -1 inhibits, +1 activates, 0 where no source says, int8 (m,).
    """

    drug: pa.ChunkedArray
    gene: Index
    sign: Signs8

    @classmethod
    def of(cls, graph: Graph) -> DrugMechanisms:
        """From a release's labels."""
        labels = graph.release.table("labels", ["kind", "subject", "object", "number"])
        rows = labels.filter(pc.equal(labels["kind"].cast(pa.string()), "drug_mechanism"))
        told = np.nan_to_num(rows["number"].to_numpy().astype(np.float64), nan=0.0)
        return cls(
            rows["subject"].cast(pa.string()),
            graph.local_genes(rows["object"]),
            np.sign(told).astype(np.int8),
        )


def modality_of(graph: Graph, drugs: pa.ChunkedArray) -> list[str]:
    """Modality of each drug by the type a source gives it; of unknown type are small molecules."""
    types = graph.texts_of("drug.type", drugs)
    return [
        MODALITY_OF_TYPE.get(t.lower(), "other") if t and t != "Unknown" else "small_molecule"
        for t in types
    ]


def signed_records(graph: Graph) -> tuple[Index, Signs8, Index]:
    """Gene, sign and row in the evidence of every signed record of a drug, ascending by gene."""
    columns = ["object", "object_category", "subject_category", "direction_on_target"]
    table = graph.store.evidence_table(columns)
    table = table.append_column("row", pa.array(np.arange(len(table))))
    told = pc.and_(
        pc.equal(table["subject_category"].cast(pa.string()), Category.COMPOUND.value),
        pc.equal(table["object_category"].cast(pa.string()), Category.GENE.value),
    )
    signed = pc.not_equal(table["direction_on_target"].fill_null(0), 0)
    rows = table.filter(pc.and_(told, signed))
    gene = graph.local_genes(rows["object"])
    order = np.argsort(gene, kind="stable")
    order = order[gene[order] >= 0]
    sign = np.asarray(rows["direction_on_target"].to_numpy(), np.int8)
    return gene[order], sign[order], np.asarray(rows["row"].to_numpy(), np.int64)[order]
