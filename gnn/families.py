"""Families of genes, and *purged* folds: nothing a fold is asked about has kin on the other side.

A gene belongs to the Pfam clan that covers most of its residues (to the Pfam family where that
has no clan); proteins that are 30 % alike take the clan of their majority; genes left by one
genome duplication (ohnologs) stay together. Whole groups are dealt into folds. Large families
still share a domain or an HGNC group with members elsewhere, so that from each fold's training
side every gene is dropped that shares a Pfam family, a clan, an HGNC group, an ohnolog or a
cluster with it. Joining all that shares anything instead gives one giant group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from gnn.graph import Graph
from gnn.ontology import Index
from kg.biolink import Category, EdgeType, Predicate
from kg.errors import ModelError

FOLDS = 20
Mask = npt.NDArray[np.bool_]

_DOMAIN = EdgeType(Category.GENE, Predicate.HAS_PART, Category.DOMAIN)
_CLAN = EdgeType(Category.DOMAIN, Predicate.SUBCLASS_OF, Category.DOMAIN)
_GROUP = EdgeType(Category.GENE, Predicate.MEMBER_OF, Category.GENE_FAMILY)
_PFAM, _CLAN_PREFIX = "PFAM:", "PFAM.CLAN:"


@dataclass(frozen=True)
class Families:
    """What every gene shares with its homologues.

    Attributes:
        group: Genes of one number are never on two sides of a fold, int64 (genes,).
        clan: Dominant Pfam clan or family by number, else the 30 % cluster; int64 (genes,), -1
            for none.
        shared: Genes x (Pfam families, clans, HGNC groups, ohnolog pairs, clusters), bool CSR.
    """

    group: Index
    clan: Index
    shared: sp.csr_matrix

    @classmethod
    def of(cls, graph: Graph) -> Families:
        """From a release; without Pfam its InterPro entries stand in for shared domains.

        Raises:
            ModelError: the release has neither clusters nor domains to tell homologues by.
        """
        cluster, pairs = _clusters(graph), _ohnologs(graph)
        domains = _domains(graph)
        if cluster.max(initial=-1) < 0 and domains.nnz == 0:
            raise ModelError(
                f"release {graph.release.id} has no homology cluster and no protein domain; build "
                "it with homology_clusters and interpro to hold families out"
            )
        clan = _or_cluster(_majority(_dominant(graph), cluster), cluster)
        columns = [domains, graph.matrix(_GROUP), _incidence(cluster), _pair_columns(pairs, graph)]
        shared = sp.hstack([c.astype(bool) for c in columns], format="csr")
        return cls(_joined(clan, cluster, pairs), clan, shared)

    def folds(self, positive: Mask, folds: int = FOLDS, seed: int = 0) -> Index:
        """A fold for every gene, int64 (genes,): whole groups, balanced on genes and positives.

        The largest groups are placed first, each into the fold that is emptiest of both.
        """
        size = np.bincount(self.group)
        mine = np.bincount(self.group, positive)
        weight = np.stack([size / size.sum(), mine / max(mine.sum(), 1.0)])
        rng = np.random.default_rng(seed)
        load, place = np.zeros((2, folds)), np.zeros(len(size), np.int64)
        for number in np.lexsort((rng.random(len(size)), -weight.sum(axis=0))):
            place[number] = int(np.argmin((load + weight[:, [number]]).max(axis=0)))
            load[:, place[number]] += weight[:, number]
        return place[self.group]

    def unrelated(self, held: Mask) -> Mask:
        """Genes that share nothing with those held out: what may be learned from, bool (genes,)."""
        touched = np.asarray(self.shared.T @ held.astype(np.int32)).ravel() > 0
        related = np.asarray(self.shared @ touched.astype(np.int32)).ravel() > 0
        return ~related & ~held


def label_rate(
    families: Families, positive: Mask, fold: Index, seen: Callable[[Mask], Mask]
) -> npt.NDArray[np.float64]:
    """The share of positives in each gene's clan among genes a fold may learn from, (genes,).

    Args:
        families: Of the genes; a gene without a clan is told the rate of all that are seen.
        positive: Labels.
        fold: Of each gene.
        seen: From the genes of a fold to those that may be learned from.
    """
    rate = np.zeros(len(fold))
    clan = np.where(families.clan < 0, families.clan.max() + 1, families.clan)
    for held in np.unique(fold):
        mine = fold == held
        training = seen(mine)
        base = positive[training].mean() if training.any() else 0.0
        count = np.bincount(clan[training], minlength=int(clan.max()) + 1)
        hits = np.bincount(clan[training & positive], minlength=int(clan.max()) + 1)
        rate[mine] = ((hits + base) / (count + 1.0))[clan[mine]]
    return rate


def _domains(graph: Graph) -> sp.csr_matrix:
    """Genes x domains, clans among them; Pfam alone where the release has it."""
    own = graph.matrix(_DOMAIN)
    child, parent = graph.pairs(_CLAN)
    n = own.shape[1]
    above = sp.csr_matrix((np.ones(len(child), np.float32), (child, parent)), shape=(n, n))
    ids = graph.category(Category.DOMAIN).ids
    pfam = np.array([i.startswith((_PFAM, _CLAN_PREFIX)) for i in ids], bool)
    both = (own + own @ above).tocsc()
    return both[:, pfam].tocsr() if pfam.any() else both.tocsr()


def _dominant(graph: Graph) -> Index:
    """The clan (or family without a clan) of most residues of each gene, -1 without Pfam."""
    domains = graph.category(Category.DOMAIN)
    child, parent = graph.pairs(_CLAN)
    to_clan = np.arange(len(domains))
    is_clan = np.array([i.startswith(_CLAN_PREFIX) for i in domains.ids], bool)
    up = is_clan[parent] if len(parent) else np.zeros(0, bool)
    to_clan[child[up]] = parent[up]
    gene, domain, residues = _residues(graph)
    covered = sp.csr_matrix(
        (residues, (gene, to_clan[domain])), shape=(len(graph.genes), max(len(domains), 1))
    )
    best = np.asarray(covered.argmax(axis=1)).ravel()
    return np.where(np.diff(covered.indptr) > 0, best, -1).astype(np.int64)


def _residues(graph: Graph) -> tuple[Index, Index, npt.NDArray[np.float64]]:
    """Gene, Pfam family and length of each domain of a gene, from the positions its record has."""
    table = graph.store.evidence_table(["subject", "object", "object_category", "detail"])
    is_domain = pc.equal(table["object_category"].cast(pa.string()), Category.DOMAIN.value)
    rows = table.filter(is_domain)
    rows = rows.filter(pc.starts_with(rows["object"].cast(pa.string()), _PFAM))
    ends = [
        pc.struct_field(
            pc.extract_regex(rows["detail"].cast(pa.string()), rf'"{end}": ?"?(?P<at>\d+)'), "at"
        )
        .cast(pa.float64())
        .to_numpy()
        for end in ("start", "end")
    ]
    domains = pa.array(graph.category(Category.DOMAIN).ids, pa.string())
    at = pc.index_in(rows["object"].cast(pa.string()), value_set=domains).fill_null(-1).to_numpy()
    gene = graph.local_genes(rows["subject"])
    good = (gene >= 0) & (at >= 0) & np.isfinite(ends[1] - ends[0])
    return gene[good], at[good].astype(np.int64), (ends[1] - ends[0] + 1.0)[good]


def _clusters(graph: Graph) -> Index:
    """Number of the 30 % cluster of each gene, -1 for none, int64 (genes,)."""
    rows = _labels(graph, "split_cluster")
    gene = graph.local_genes(rows["subject"])
    _, code = np.unique(np.array(rows["text"].to_pylist(), dtype=np.str_), return_inverse=True)
    cluster = np.full(len(graph.genes), -1, np.int64)
    cluster[gene[gene >= 0]] = code[gene >= 0]
    return cluster


def _ohnologs(graph: Graph) -> tuple[Index, Index]:
    """Pairs of genes left by a genome duplication; none where the release has no such source."""
    rows = _labels(graph, "ohnolog")
    first, second = graph.local_genes(rows["subject"]), graph.local_genes(rows["object"])
    known = (first >= 0) & (second >= 0)
    return first[known], second[known]


def _labels(graph: Graph, kind: str) -> pa.Table:
    table = graph.release.table("labels", ["kind", "subject", "object", "text"])
    return table.filter(pc.equal(table["kind"].cast(pa.string()), kind))


def _majority(clan: Index, cluster: Index) -> Index:
    """Clans, every member of a cluster with that of its majority (the smaller number of a tie)."""
    told = (clan >= 0) & (cluster >= 0)
    if not told.any():
        return clan
    shape = (int(cluster.max()) + 1, int(clan.max()) + 1)
    votes = sp.csr_matrix((np.ones(int(told.sum())), (cluster[told], clan[told])), shape=shape)
    winner = np.asarray(votes.argmax(axis=1)).ravel()
    voted = np.diff(votes.indptr) > 0
    mine = (cluster >= 0) & voted[cluster.clip(min=0)]
    return np.where(mine, winner[cluster.clip(min=0)], clan)


def _or_cluster(clan: Index, cluster: Index) -> Index:
    """Clusters, numbered after the clans, in place of missing clans."""
    after = int(clan.max(initial=-1)) + 1
    return np.where((clan < 0) & (cluster >= 0), after + cluster, clan)


def _joined(clan: Index, cluster: Index, pairs: tuple[Index, Index]) -> Index:
    """Connected groups over clans, clusters and ohnolog pairs, int64 (genes,)."""
    n, offset = len(clan), len(clan) + int(clan.max(initial=-1)) + 1
    gene = np.arange(n)
    rows = [gene[clan >= 0], gene[cluster >= 0], pairs[0]]
    columns = [n + clan[clan >= 0], offset + cluster[cluster >= 0], pairs[1]]
    row, column = np.concatenate(rows), np.concatenate(columns)
    size = offset + int(cluster.max(initial=-1)) + 1
    edges = sp.csr_matrix((np.ones(len(row), np.int8), (row, column)), shape=(size, size))
    _, group = connected_components(edges, directed=False)
    return np.unique(group[:n], return_inverse=True)[1].astype(np.int64)


def _incidence(code: Index) -> sp.csr_matrix:
    """Genes x codes; genes without one (-1) have an empty row."""
    gene = np.flatnonzero(code >= 0)
    shape = (len(code), int(code.max(initial=-1)) + 1)
    return sp.csr_matrix((np.ones(len(gene), np.float32), (gene, code[gene])), shape=shape)


def _pair_columns(pairs: tuple[Index, Index], graph: Graph) -> sp.csr_matrix:
    """Genes x pairs, two entries a column."""
    k = len(pairs[0])
    gene, column = np.concatenate(pairs), np.tile(np.arange(k), 2)
    shape = (len(graph.genes), k)
    return sp.csr_matrix((np.ones(2 * k, np.float32), (gene, column)), shape=shape)
