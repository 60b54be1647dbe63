"""Why a gene is thought tractable: what its columns add, drugs on it, and those on its family.

Columns speak for intrinsic tractability, which reads no drug on the gene itself. Those drugs are
its precedent, shown beside it with nothing added. Drugs on relatives are what the family's record
is made of. None of that depends on the disease.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gnn.fitted import Fitted
from gnn.graph import NodeIndex
from gnn.outcomes import FIRST_PHASE
from gnn.target_score import MODALITIES, ExplainedHop, ExplainedPath, Explanation, TargetScore
from gnn.tractability_grounds import FAMILY, GROUNDS
from kg.biolink import Category, EdgeType, EvidenceClass, Predicate
from kg.embedded_store import EmbeddedStore
from kg.model import Edge
from kg.store import Direction, EdgeFilter

PRECEDENT = "precedent"
"""Channel of the drugs on the gene itself."""
_DRUGS = EdgeFilter(
    types=frozenset({EdgeType(Category.COMPOUND, Predicate.AFFECTS, Category.GENE)}),
    exclude_classes=frozenset(EvidenceClass) - {EvidenceClass.CLINICAL},
)
_FAMILIES = EdgeFilter(
    types=frozenset(
        {
            EdgeType(Category.GENE, Predicate.MEMBER_OF, Category.GENE_FAMILY),
            EdgeType(Category.GENE, Predicate.HAS_PART, Category.DOMAIN),
        }
    )
)
_PATHS, _RECORDS, _READ = 5, 2, 50
_PHASE = "drug.max_phase"


class DruggabilityExplainer:
    """Explains intrinsic tractability of one fitted model; safe between threads."""

    def __init__(self, store: EmbeddedStore, fitted: Fitted, genes: NodeIndex) -> None:
        self._store = store
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
        paths = (*self._own(gene), *self._relatives(gene, best, of_family))
        return Explanation(
            target=score.target,
            disease=score.disease,
            objective="druggability",
            score=score,
            paths=paths,
            notes=tuple(self._notes(best, paths)) if len(told) else (_NOTHING,),
            grounds=grounds,
        )

    def _own(self, gene: int) -> Iterator[ExplainedPath]:
        """Drugs in people on the gene, those that came furthest first."""
        for hop in self._drugs(self._genes.ids[gene], _PATHS):
            yield ExplainedPath((hop,), 0.0, PRECEDENT)

    def _relatives(self, gene: int, modality: int, whole: float) -> Iterator[ExplainedPath]:
        """Drugged genes that share a family or domain, the rarest that is shared first."""
        name = self._genes.ids[gene]
        [mine] = self._store.edges_of([name], Direction.OUT, _FAMILIES)
        members = self._store.edges_of([e.object for e in mine], Direction.IN, _FAMILIES)
        seen, found = {name}, []
        for edge, others in sorted(zip(mine, members, strict=True), key=lambda each: len(each[1])):
            drugged = [e for e in others if e.subject not in seen and self._has(e, modality)]
            seen |= {e.subject for e in drugged}
            found += [(edge, other) for other in drugged]
            if len(found) >= _PATHS:
                break
        for edge, other in found[:_PATHS]:
            drugs = self._drugs(other.subject, 1)
            hops = (*self._hops([edge, other]), *drugs)
            yield ExplainedPath(hops, whole / len(found[:_PATHS]), FAMILY)

    def _has(self, edge: Edge, modality: int) -> bool:
        """Whether the gene of an edge has a drug in people of the modality."""
        number = self._genes.position.get(edge.subject)
        return number is not None and bool(self._drug.phase[modality, number] >= FIRST_PHASE)

    def _drugs(self, gene: str, most: int) -> list[ExplainedHop]:
        """Edges of drugs in people on a gene, the highest phase first."""
        [edges] = self._store.edges_of([gene], Direction.IN, _DRUGS, _READ)
        facts = self._store.facts_of([e.subject for e in edges])
        phase = [
            max((f.number or 0.0 for f in mine if f.key == _PHASE), default=0.0) for mine in facts
        ]
        order = sorted(range(len(edges)), key=lambda i: (-phase[i], edges[i].subject))
        return self._hops([edges[i] for i in order[:most]])

    def _hops(self, edges: Sequence[Edge]) -> list[ExplainedHop]:
        records = self._store.evidence_of(edges, limit=_RECORDS)
        return [
            ExplainedHop(e.subject, e.type.predicate.value, e.object, tuple(r.id for r in rows))
            for e, rows in zip(edges, records, strict=True)
        ]

    def _notes(self, modality: int, paths: Sequence[ExplainedPath]) -> Iterator[str]:
        yield (
            "What each kind of column adds is in log-odds of intrinsic tractability against the "
            "mean gene, by models that saw neither the gene nor its close homologues; before "
            "calibration. It is the same for every disease."
        )
        suited = MODALITIES[modality].replace("_", " ")
        yield f"The modality that suits the gene best is {suited}: relatives are drugged by that."
        if not any(path.channel == PRECEDENT for path in paths):
            yield "No drug on the gene itself has reached people by the sources of this release."
        else:
            yield "Drugs on the gene itself are its precedent: intrinsic tractability reads none."


_NOTHING = "This model has no tractability: its release knows too few drugs to learn it from."
