"""Why a gene is thought tractable: what its columns add, drugs on it, and those on its family.

Columns speak for intrinsic tractability, which reads no drug on the gene itself. Those drugs are
its precedent, shown beside it with nothing added. Of relatives by HGNC group or Pfam family the
drugged ones are shown that the family's record was read from: none of the gene's own fold, as its
close homologues are. None of that depends on the disease.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gnn.abstentions import of_scores
from gnn.drugs import FIRST_PHASE
from gnn.fitted import Fitted
from gnn.graph import NodeIndex
from gnn.target_score import MODALITIES, ExplainedHop, ExplainedPath, Explanation, TargetScore
from gnn.tractability_grounds import FAMILY, GROUNDS
from kg.biolink import Category, EdgeType, EvidenceClass, Predicate
from kg.embedded_store import EmbeddedStore
from kg.model import Edge
from kg.store import EVERYTHING, Direction, EdgeFilter

PRECEDENT = "precedent"
"""Channel of the drugs on the gene itself."""
_AFFECTS = EdgeType(Category.COMPOUND, Predicate.AFFECTS, Category.GENE)
_CLINICAL = EdgeFilter(exclude_classes=frozenset(EvidenceClass) - {EvidenceClass.CLINICAL})
_FAMILIES = EdgeFilter(
    types=frozenset(
        {
            EdgeType(Category.GENE, Predicate.MEMBER_OF, Category.GENE_FAMILY),
            EdgeType(Category.GENE, Predicate.HAS_PART, Category.DOMAIN),
        }
    )
)
_PFAM = "PFAM:"
_PATHS, _RECORDS = 5, 2


class DruggabilityExplainer:
    """Explains intrinsic tractability of one fitted model; safe between threads."""

    def __init__(self, store: EmbeddedStore, fitted: Fitted, genes: NodeIndex) -> None:
        self._store = store
        self._fitted = fitted
        self._drug = fitted.druggable
        self._genes = genes

    def explain(self, gene: int, score: TargetScore) -> Explanation:
        """Grounds by modality, and paths to drugs.

        Args:
            gene: Local number.
            score: The pair's own.
        """
        told = np.flatnonzero(self._drug.told)
        grounds = {
            MODALITIES[m]: dict(zip(GROUNDS, self._drug.grounds[m, gene].tolist(), strict=True))
            for m in told.tolist()
        }
        best = int(self._drug.suited[gene]) if len(told) else 0
        of_family = grounds.get(MODALITIES[best], {}).get(FAMILY, 0.0)
        own = [ExplainedPath((hop,), 0.0, PRECEDENT) for hop in self._drugs(gene, None, _PATHS)]
        relatives = self._relatives(gene, best, of_family) if of_family > 0 else ()
        return Explanation(
            target=score.target,
            disease=score.disease,
            objective="druggability",
            score=score,
            paths=(*own, *relatives),
            notes=(
                *(self._notes(gene, best, of_family) if len(told) else ()),
                *of_scores(self._fitted),
            ),
            grounds=grounds,
        )

    def _relatives(self, gene: int, modality: int, whole: float) -> Iterator[ExplainedPath]:
        """Drugged relatives that the family's record was read from, the rarest kinship first."""
        name = self._genes.ids[gene]
        [mine] = self._store.edges_of([name], Direction.OUT, _FAMILIES)
        pfam = [e for e in mine if e.object.startswith(_PFAM)]
        if pfam:
            mine = [e for e in mine if e.type.object is not Category.DOMAIN] + pfam
        members = self._store.edges_of([e.object for e in mine], Direction.IN, _FAMILIES)
        seen: set[str] = set()
        found: list[tuple[Edge, Edge]] = []
        for edge, others in sorted(zip(mine, members, strict=True), key=lambda each: len(each[1])):
            drugged = [
                e for e in others if e.subject not in seen and self._tells(e, gene, modality)
            ]
            seen |= {e.subject for e in drugged}
            found += [(edge, other) for other in drugged]
            if len(found) >= _PATHS:
                break
        for edge, other in found[:_PATHS]:
            drugs = self._drugs(self._genes.position[other.subject], modality, 1)
            hops = (*self._hops([edge, other]), *drugs)
            yield ExplainedPath(hops, whole / len(found[:_PATHS]), FAMILY)

    def _tells(self, edge: Edge, gene: int, modality: int) -> bool:
        """Whether the gene of an edge is drugged by the modality and of another fold."""
        other = self._genes.position.get(edge.subject)
        if other is None or self._drug.fold[other] == self._drug.fold[gene]:
            return False
        return bool(self._drug.phase[modality, other] >= FIRST_PHASE)

    def _drugs(self, gene: int, modality: int | None, most: int) -> list[ExplainedHop]:
        """Mechanisms of drugs in people on a gene, the highest phase first.

        Args:
            gene: Local number.
            modality: Of the drugs; any when None.
            most: Of them.
        """
        told = self._fitted.outcomes
        drugs = told.acts[:, [gene]].tocoo().row
        drugs = drugs[(told.highest[drugs] >= FIRST_PHASE) & (told.drug_at[drugs] >= 0)]
        if modality is not None:
            drugs = drugs[told.modality[drugs] == modality]
        best = drugs[np.argsort(-told.highest[drugs], kind="stable")]
        ids = self._store.ids_of(told.drug_at[best])
        edges = self._store.edges_between([(drug, self._genes.ids[gene]) for drug in ids])
        acting = [e for found in edges for e in found if e.type == _AFFECTS]
        return self._hops(acting[:most], _CLINICAL)

    def _hops(self, edges: Sequence[Edge], where: EdgeFilter = EVERYTHING) -> list[ExplainedHop]:
        records = self._store.evidence_of(edges, where, _RECORDS)
        return [
            ExplainedHop(e.subject, e.type.predicate.value, e.object, tuple(r.id for r in rows))
            for e, rows in zip(edges, records, strict=True)
        ]

    def _notes(self, gene: int, modality: int, of_family: float) -> Iterator[str]:
        yield (
            "What each kind of column adds is in log-odds of intrinsic tractability against the "
            "mean gene, by models that saw neither the gene nor its close homologues; before "
            "calibration. It is the same for every disease."
        )
        suited = MODALITIES[modality].replace("_", " ")
        yield f"The modality that suits the gene best is {suited}: relatives are drugged by that."
        if of_family <= 0:
            yield "What is known of its wider family speaks for no drug: no relative is shown."
        if not (self._drug.phase[:, gene] >= FIRST_PHASE).any():
            yield "No drug on the gene itself has reached people by the mechanisms on record."
        else:
            yield "Drugs on the gene itself are its precedent: intrinsic tractability reads none."
