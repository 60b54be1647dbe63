"""A release as arrays for learning: node numbers, relations, evidence, and PyG's `HeteroData`.

Relations are sparse matrices; messages pass as sparse products, which is many times faster on a
CPU than gathering and scattering along an edge list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from gnn.objective import DISEASE_CLAIMS
from gnn.ontology import Index, Ontology
from kg.biolink import Category, EdgeType, EvidenceClass, Predicate
from kg.compile import CLASSES
from kg.embedded_store import EmbeddedStore
from kg.errors import ModelError
from kg.release import Release

CLAIM_COLUMNS = (
    "subject",
    "object",
    "predicate",
    "subject_category",
    "object_category",
    "score",
    "negated",
    "evidence_class",
    "source",
    "first_public",
    "direction_on_target",
    "direction_on_trait",
)
"""What claims are read from."""
_PLAIN = {"text": pa.string(), "number": pa.float64()}


@dataclass(frozen=True)
class NodeIndex:
    """Local numbers of the nodes of one category.

    Attributes:
        ids: Identifiers, in order of the local number.
        names: Short names.
        at: Node index in the release of each, int64, ascending.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    at: Index

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def position(self) -> dict[str, int]:
        """Local number by identifier."""
        return {identifier: i for i, identifier in enumerate(self.ids)}

    def local(self, global_index: Index) -> Index:
        """Local numbers of release indices; -1 for nodes that are not among these."""
        if not len(self.at):
            return np.full(len(global_index), -1, np.int64)
        place = np.searchsorted(self.at, global_index).clip(max=len(self.at) - 1)
        return np.where(self.at[place] == global_index, place, -1)


@dataclass(frozen=True)
class Claims:
    """Evidence that genes bear on diseases or traits, one row a record.

    Attributes:
        gene, disease: Local numbers, int64 (m,).
        strength: 0 to 1; records that grade nothing count .5.
        negated: True for evidence against.
        evidence_class: Position in `kg.compile.CLASSES`.
        predicate: As text.
        source: Source ids.
        day: First-public day, datetime64[D].
        direction_on_target, direction_on_trait: int8, 0 where unknown.
        row: Row of the evidence table.
    """

    gene: Index
    disease: Index
    strength: npt.NDArray[np.float32]
    negated: npt.NDArray[np.bool_]
    evidence_class: npt.NDArray[np.int8]
    predicate: npt.NDArray[np.str_]
    source: npt.NDArray[np.str_]
    day: npt.NDArray[np.datetime64]
    direction_on_target: npt.NDArray[np.int8]
    direction_on_trait: npt.NDArray[np.int8]
    row: Index

    def __len__(self) -> int:
        return len(self.gene)

    def keep(self, mask: npt.NDArray[np.bool_] | Index) -> Claims:
        """The rows where the mask is true, or those of some numbers in their order."""
        return Claims(**{name: getattr(self, name)[mask] for name in self.__dataclass_fields__})

    def with_those_of(self, others: Claims) -> Claims:
        """These rows, then the others."""
        both = (
            np.concatenate([getattr(self, name), getattr(others, name)])
            for name in self.__dataclass_fields__
        )
        return Claims(*both)

    def without(self, classes: Iterable[EvidenceClass]) -> Claims:
        """The rows of other evidence classes."""
        codes = [CLASSES.index(c) for c in classes]
        return self.keep(~np.isin(self.evidence_class, codes))


class Graph:
    """A release, opened for learning."""

    def __init__(self, release: Release, store: EmbeddedStore | None = None) -> None:
        self.release = release
        self.store = store or EmbeddedStore(release)

    @cached_property
    def genes(self) -> NodeIndex:
        """Protein-coding genes; what every ranking is over.

        Raises:
            ModelError: the release has none.
        """
        facts = self.release.table("facts", ["subject", "key", "text"])
        is_coding = pc.and_(
            pc.equal(facts["key"].cast(pa.string()), "gene.locus_group"),
            pc.equal(facts["text"], "protein-coding gene"),
        )
        coding = facts.filter(is_coding)["subject"].to_pylist()
        if not coding:
            raise ModelError(f"release {self.release.id} has no protein-coding gene")
        return self._index(np.unique(self.store.index_of(coding)))

    @cached_property
    def diseases(self) -> NodeIndex:
        """All disease terms."""
        return self._category(Category.DISEASE)

    @cached_property
    def degree(self) -> Index:
        """Edges of every gene, of any type, int64 (genes,): for audits and baselines alone."""
        arrays, size = self.store.arrays, int(self.genes.at.max()) + 1
        ends = (arrays["edge_subject"], arrays["edge_object"])
        total = sum(np.bincount(e[e < size], minlength=size) for e in ends)
        return np.asarray(total, np.int64)[self.genes.at]

    @cached_property
    def phenotypes(self) -> NodeIndex:
        """All phenotype and trait terms."""
        return self._category(Category.PHENOTYPE)

    def category(self, category: Category) -> NodeIndex:
        """All nodes of a category; genes are the protein-coding ones."""
        known = {
            Category.GENE: lambda: self.genes,
            Category.DISEASE: lambda: self.diseases,
            Category.PHENOTYPE: lambda: self.phenotypes,
        }
        return known.get(category, lambda: self._category(category))()

    @cached_property
    def disease_ontology(self) -> Ontology:
        """The disease hierarchy; terms with gene evidence or phenotypes, and those above, count."""
        child, parent = self.pairs(
            EdgeType(Category.DISEASE, Predicate.SUBCLASS_OF, Category.DISEASE)
        )
        counted = np.zeros(len(self.diseases), bool)
        counted[self.claims.disease] = True
        has_phenotype = EdgeType(Category.DISEASE, Predicate.HAS_PHENOTYPE, Category.PHENOTYPE)
        counted[self.pairs(has_phenotype)[0]] = True
        return Ontology.of(len(self.diseases), child, parent, counted)

    @cached_property
    def phenotype_ontology(self) -> Ontology:
        """The hierarchy of phenotypes and traits."""
        kind = EdgeType(Category.PHENOTYPE, Predicate.SUBCLASS_OF, Category.PHENOTYPE)
        child, parent = self.pairs(kind)
        return Ontology.of(len(self.phenotypes), child, parent)

    @cached_property
    def claims(self) -> Claims:
        """Everything any source says on gene and disease, refutations included."""
        return self._claims(Category.DISEASE)

    @cached_property
    def trait_claims(self) -> Claims:
        """The same for phenotypes and quantitative traits; `disease` numbers phenotypes here."""
        return self._claims(Category.PHENOTYPE)

    def pairs(self, edge_type: EdgeType) -> tuple[Index, Index]:
        """Local (subject, object) numbers of the supported edges of a type."""
        numbers = self.store.edge_numbers(edge_type)
        subject, target, _ = self._ends(edge_type, numbers)
        return subject, target

    def matrix(
        self,
        edge_type: EdgeType,
        hidden_classes: Iterable[EvidenceClass] = (),
        ungraded: float = 1.0,
    ) -> sp.csr_matrix:
        """Edge scores as float32 CSR (subjects, objects), edges resting on hidden classes left out.

        Args:
            edge_type: Which relation.
            hidden_classes: Edges with no evidence beyond these are left out.
            ungraded: Value of edges that no source grades.
        """
        numbers = self.store.edge_numbers(edge_type)
        bits = sum(1 << CLASSES.index(c) for c in hidden_classes)
        visible = self.store.arrays["edge_classes"][numbers] & np.uint16(~bits & 0xFFFF) > 0
        return self.matrix_of(edge_type, numbers[visible], ungraded)

    def matrix_of(
        self, edge_type: EdgeType, numbers: Index, ungraded: float = 1.0
    ) -> sp.csr_matrix:
        """Scores of some edges of a type as float32 CSR (subjects, objects)."""
        subject, target, kept = self._ends(edge_type, numbers)
        score = np.nan_to_num(self.store.arrays["edge_score"][kept], nan=ungraded)
        shape = (len(self.category(edge_type.subject)), len(self.category(edge_type.object)))
        return sp.csr_matrix((score.astype(np.float32), (subject, target)), shape=shape)

    def fact_numbers(self, key: str) -> npt.NDArray[np.float32]:
        """A numeric fact of every gene, float32 (genes,): mean of several, NaN for none."""
        values = np.full(len(self.genes), np.nan, np.float32)
        frame = self._facts.get(key)
        if frame is None:
            return values
        at, number = frame
        total = np.bincount(at, number, len(values))
        count = np.bincount(at, minlength=len(values))
        values[count > 0] = (total[count > 0] / count[count > 0]).astype(np.float32)
        return values

    @property
    def fact_keys(self) -> tuple[str, ...]:
        """Keys of the numeric facts that some gene has, sorted."""
        return tuple(sorted(key for key, (at, _) in self._facts.items() if len(at)))

    def local_genes(self, ids: pa.ChunkedArray) -> Index:
        """Local numbers of genes by identifier; -1 for what is not among them."""
        return self._locals(self.genes, ids.cast(pa.string()))

    def texts_of(self, key: str, subjects: pa.ChunkedArray) -> list[str | None]:
        """A text fact of each subject, None where it has none."""
        return self._fact_column(key, "text", subjects)

    def numbers_of(self, key: str, subjects: pa.ChunkedArray) -> npt.NDArray[np.float64]:
        """A numeric fact of each subject, NaN where it has none."""
        found = self._fact_column(key, "number", subjects)
        return np.array([np.nan if f is None else f for f in found], np.float64)

    def _fact_column(self, key: str, column: str, subjects: pa.ChunkedArray) -> list[Any]:
        table = self.release.table("facts", ["subject", "key", column])
        mine = pc.and_(pc.equal(table["key"].cast(pa.string()), key), pc.is_valid(table[column]))
        rows = table.filter(mine)
        known = dict(
            zip(
                rows["subject"].to_pylist(),
                rows[column].cast(_PLAIN[column]).to_pylist(),
                strict=True,
            )
        )
        return [known.get(s) for s in subjects.to_pylist()]

    @cached_property
    def _facts(self) -> dict[str, tuple[Index, npt.NDArray[np.float64]]]:
        table = self._fact_rows()
        subject = self._locals(self.genes, table["subject"])
        keys = table["key"].cast(pa.string()).combine_chunks().dictionary_encode()
        codes, number = keys.indices.to_numpy(), table["number"].to_numpy()
        found = {}
        for code, key in enumerate(keys.dictionary.to_pylist()):
            mine = (codes == code) & (subject >= 0)
            found[key] = (subject[mine], number[mine])
        return found

    def _fact_rows(self) -> pa.Table:
        """Numeric facts of any node: subject, key, number, first_public."""
        table = self.release.table("facts", ["subject", "key", "number", "first_public"])
        return table.filter(pc.is_valid(table["number"]))

    def _locals(self, index: NodeIndex, ids: pa.ChunkedArray) -> Index:
        found = pc.index_in(ids, value_set=pa.array(index.ids, pa.string()))
        return np.asarray(found.fill_null(-1).to_numpy(), np.int64)

    def _ends(self, edge_type: EdgeType, numbers: Index) -> tuple[Index, Index, Index]:
        """Local ends of edges whose ends are both indexed and that some evidence supports."""
        arrays = self.store.arrays
        numbers = numbers[arrays["edge_flags"][numbers] & 2 > 0]
        subject = self.category(edge_type.subject).local(
            arrays["edge_subject"][numbers].astype(np.int64)
        )
        target = self.category(edge_type.object).local(
            arrays["edge_object"][numbers].astype(np.int64)
        )
        inside = (subject >= 0) & (target >= 0)
        return subject[inside], target[inside], numbers[inside]

    def _claims(self, condition: Category) -> Claims:
        table = self.store.evidence_table([*CLAIM_COLUMNS])
        row = pa.array(np.arange(len(table)))
        table = table.append_column("row", row)
        predicates = sorted({t.predicate for t in DISEASE_CLAIMS})
        mine = pc.and_(
            pc.equal(table["subject_category"].cast(pa.string()), Category.GENE.value),
            pc.equal(table["object_category"].cast(pa.string()), condition.value),
        )
        told = pc.is_in(table["predicate"].cast(pa.string()), value_set=pa.array(predicates))
        table = table.filter(pc.and_(mine, told))
        return self.as_claims(table, self.category(condition))

    def as_claims(self, table: pa.Table, conditions: NodeIndex) -> Claims:
        """Rows of evidence as claims; those on other genes or conditions are left out.

        Args:
            table: `CLAIM_COLUMNS` and the number of the row, `row`.
            conditions: What the objects are among.
        """

        def text(column: str) -> npt.NDArray[np.str_]:
            return np.array(table[column].cast(pa.string()).to_pylist(), dtype=np.str_)

        def sign(column: str) -> npt.NDArray[np.int8]:
            return np.asarray(table[column].fill_null(0).to_numpy(), np.int8)

        codes = pc.index_in(table["evidence_class"].cast(pa.string()), value_set=pa.array(CLASSES))
        claims = Claims(
            gene=self._locals(self.genes, table["subject"]),
            disease=self._locals(conditions, table["object"]),
            strength=table["score"].fill_null(0.5).to_numpy().astype(np.float32),
            negated=table["negated"].to_numpy(),
            evidence_class=codes.to_numpy().astype(np.int8),
            predicate=text("predicate"),
            source=text("source"),
            day=table["first_public"].to_numpy().astype("datetime64[D]"),
            direction_on_target=sign("direction_on_target"),
            direction_on_trait=sign("direction_on_trait"),
            row=table["row"].to_numpy(),
        )
        return claims.keep((claims.gene >= 0) & (claims.disease >= 0))

    def _category(self, category: Category) -> NodeIndex:
        return self._index(np.array(self.store.category_range(category), np.int64))

    def _index(self, at: Index) -> NodeIndex:
        rows = self.store.node_names(at)
        return NodeIndex(tuple(i for i, _ in rows), tuple(n for _, n in rows), at)


def hetero_data(graph: Graph, edge_types: Iterable[EdgeType]) -> Any:
    """The relations of a release as `torch_geometric.data.HeteroData`.

    Node stores carry `num_nodes`; edge stores carry `edge_index`, int64 (2, e), and `edge_attr`,
    float32 (e,), the edge's score (1 where no source grades it).
    """
    import torch
    from torch_geometric.data import HeteroData

    data = HeteroData()
    for edge_type in edge_types:
        matrix = graph.matrix(edge_type).tocoo()
        subject, _, target = edge_type.pyg
        data[subject].num_nodes, data[target].num_nodes = matrix.shape
        index = np.stack([matrix.row, matrix.col]).astype(np.int64)
        data[edge_type.pyg].edge_index = torch.from_numpy(index)
        data[edge_type.pyg].edge_attr = torch.from_numpy(matrix.data)
    return data
