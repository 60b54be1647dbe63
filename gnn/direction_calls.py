"""Direction as it is answered: the call, what it rests on, and every record for and against it.

Of a gene for a disease, and of a gene whatever the disease: by what drugs do to it, else by its
homologues.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gnn.direction import BASES, Directions
from gnn.disease_scores import DiseaseScores
from gnn.fitted import Fitted
from gnn.graph import NodeIndex
from gnn.target_score import Call, DirectionCall, DirectionRecord

MOST_RECORDS = 10
"""Records of each kind shown for a pair."""
CALLS = {-1: Call.INHIBIT, 0: Call.UNDECIDED, 1: Call.ACTIVATE}
Made = tuple[int, Callable[[str], DirectionRecord]]
"""The row of a piece of evidence, and what is told of it once its id is known."""


class DirectionCalls:
    """Calls of genes for one disease."""

    def __init__(
        self,
        model: Fitted,
        scores: DiseaseScores,
        diseases: NodeIndex,
        evidence_ids: Callable[[Sequence[int]], list[str]],
        disease: int,
    ) -> None:
        self._model, self._scores, self._diseases = model, scores, diseases
        self._evidence_ids, self._disease = evidence_ids, disease
        self._matched = model.mechanisms.matched(scores.likeness)

    def of(self, genes: Sequence[int]) -> list[DirectionCall]:
        """Calls with their records; the ids of all records are looked up at once."""
        found = [[*self._mechanisms(g), *_drugs(self._model, g)] for g in genes]
        rows = sorted({row for records in found for row, _ in records})
        ids = dict(zip(rows, self._evidence_ids(rows), strict=True))
        return [
            _call(self._scores.directions, g, [made(ids[row]) for row, made in records])
            for g, records in zip(genes, found, strict=True)
        ]

    def _mechanisms(self, g: int) -> list[Made]:
        """Records of the disease first, then of its kin, the nearest first."""
        mechanisms, likeness = self._model.mechanisms, self._scores.likeness
        mine = self._matched[mechanisms.gene[self._matched] == g]
        disease = mechanisms.disease[mine]
        order = sorted(
            range(len(mine)),
            key=lambda i: (disease[i] != self._disease, -likeness[disease[i]], int(mine[i])),
        )
        return [
            (int(mechanisms.row[mine[i]]), self._mechanism(int(mine[i]), int(disease[i])))
            for i in order[:MOST_RECORDS]
        ]

    def _mechanism(self, place: int, disease: int) -> Callable[[str], DirectionRecord]:
        mechanisms = self._model.mechanisms
        return lambda evidence: DirectionRecord(
            evidence=evidence,
            says=CALLS[int(mechanisms.desired[place])],
            decides=bool(mechanisms.calls[place]),
            disease=self._diseases.ids[disease],
            disease_name=self._diseases.names[disease],
            same_disease=disease == self._disease,
        )


def of_gene(
    model: Fitted,
    directions: Directions,
    g: int,
    evidence_ids: Callable[[Sequence[int]], list[str]],
) -> DirectionCall:
    """The call of a gene whatever the disease, with what drugs do to it.

    Args:
        model: The fitted model.
        directions: Of all genes, as `gnn.disease_scores.by_gene` gives them.
        g: Local number.
        evidence_ids: Of records by their rows.
    """
    made = _drugs(model, g)
    ids = evidence_ids([row for row, _ in made])
    return _call(directions, g, [tell(i) for i, (_, tell) in zip(ids, made, strict=True)])


def _call(directions: Directions, g: int, records: list[DirectionRecord]) -> DirectionCall:
    call = CALLS[int(directions.call[g])]
    return DirectionCall(
        call,
        float(directions.inhibit[g]),
        tuple(r.evidence for r in records if r.says is call),
        tuple(r.evidence for r in records if r.says is not call),
        BASES[int(directions.basis[g])],
        tuple(records),
    )


def _drugs(model: Fitted, g: int) -> list[Made]:
    start = int(model.drug_gene.searchsorted(g))
    end = min(int(model.drug_gene.searchsorted(g + 1)), start + MOST_RECORDS)
    return [(int(model.drug_row[i]), _drug(int(model.drug_sign[i]))) for i in range(start, end)]


def _drug(sign: int) -> Callable[[str], DirectionRecord]:
    """What a drug does to the target: it tells of no disease."""
    return lambda evidence: DirectionRecord(evidence, CALLS[sign], decides=True)
