"""What each direct weight rests on: the records, and the weights that are left without some.

Stored with the model, so that an explanation is exact without a store: shares are computed from
the very records that training read, and a counterfactual from the weights that training would
have found without a source, a class of evidence or a predicate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.causality import PREDICATE_WEIGHT, Direct
from gnn.graph import Claims
from gnn.ontology import Floats, Index
from kg.biolink import Predicate
from kg.compile import CLASSES

KINDS = ("source", "class", "predicate")
_PREDICATES = np.array(sorted(str(p) for p in PREDICATE_WEIGHT))
_WEIGHTS = np.array([PREDICATE_WEIGHT[Predicate(p)] for p in _PREDICATES], np.float32)
_KEPT: Mapping[str, type] = {
    "gene": np.int32,
    "disease": np.int32,
    "strength": np.float32,
    "negated": np.bool_,
    "evidence_class": np.int8,
    "direction_on_target": np.int8,
    "direction_on_trait": np.int8,
    "row": np.int64,
}
Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Unit:
    """Records that are left out together, such as all of one source.

    Attributes:
        kind: One of `KINDS`.
        name: A source's id, an evidence class, or a Biolink predicate.
    """

    kind: str
    name: str

    def of(self, claims: Claims) -> npt.NDArray[np.bool_]:
        """Which records belong to it, bool (m,)."""
        if self.kind == "class":
            return np.asarray(claims.evidence_class == CLASSES.index(self.name))
        return np.asarray(getattr(claims, self.kind) == self.name)


def units(claims: Claims, kinds: Iterable[str] = KINDS) -> tuple[Unit, ...]:
    """The units that records belong to, by kind and name."""
    names: dict[str, list[str]] = {
        "source": [str(s) for s in np.unique(claims.source)],
        "class": [CLASSES[int(c)] for c in np.unique(claims.evidence_class)],
        "predicate": [str(p) for p in np.unique(claims.predicate)],
    }
    return tuple(Unit(kind, name) for kind in kinds for name in names[kind])


@dataclass(frozen=True)
class Ledger:
    """The records behind direct evidence, ascending by gene, and weights without each unit.

    Attributes:
        records: Columns of `Claims`, texts as codes; `sources` names the sources.
        units: What can be left out.
        pointer: Where each unit's entries of `pair` and `left` begin and end, int64 (units + 1,).
        pair: Pairs of `Direct` whose weight the unit changes, int64.
        left: Their weights without it, float32; 0 where nothing is left.
    """

    records: Arrays
    units: tuple[Unit, ...]
    pointer: Index
    pair: Index
    left: Floats

    @classmethod
    def of(cls, claims: Claims, direct: Direct) -> Ledger:
        """From the records that `direct` was made of."""
        order = np.lexsort((claims.row, claims.disease, claims.gene))
        claims = Claims(**{n: getattr(claims, n)[order] for n in Claims.__dataclass_fields__})
        supporting = claims.keep(~claims.negated)
        place = _places(direct, supporting.gene, supporting.disease)
        refuting, named = claims.keep(claims.negated), units(claims)
        found = [_changed(direct, supporting, refuting, place, unit) for unit in named]
        pointer = np.cumsum([0, *(len(pair) for pair, _ in found)])
        pair = np.concatenate([np.zeros(0, np.int64), *(p for p, _ in found)])
        left = np.concatenate([np.zeros(0, np.float32), *(w for _, w in found)])
        return cls(_coded(claims), named, pointer, pair, left)

    def of_gene(self, gene: int) -> Claims:
        """The records of one gene."""
        start, end = np.searchsorted(self.records["gene"], [gene, gene + 1])
        return self._claims(slice(int(start), int(end)))

    def genes_of(
        self,
        predicate: Predicate,
        strength: float,
        diseases: npt.NDArray[np.bool_],
        n_genes: int,
    ) -> npt.NDArray[np.bool_]:
        """Genes with a supporting record of a predicate for some diseases, bool (genes,).

        Args:
            predicate: What it says.
            strength: From which it counts.
            diseases: For which, bool (diseases,).
            n_genes: Number of genes.
        """
        records, found = self.records, np.zeros(n_genes, bool)
        said = records["predicate"] == int(np.searchsorted(_PREDICATES, predicate.value))
        told = said & ~records["negated"] & (records["strength"] >= strength)
        found[records["gene"][told & diseases[records["disease"]]]] = True
        return found

    def strongest(self, disease: Index) -> Index:
        """Number of each gene's strongest record for a disease, int64 (genes,); -1 for none.

        Args:
            disease: Of each gene, int64 (genes,); -1 where none is asked for.
        """
        gene = np.asarray(self.records["gene"])
        told = (self.records["disease"] == disease[gene]) & ~self.records["negated"]
        mine = np.flatnonzero(told)
        weight = _WEIGHTS[self.records["predicate"][mine]] * self.records["strength"][mine]
        best = np.full(len(disease), -1, np.int64)
        order = np.argsort(weight, kind="stable")
        best[gene[mine[order]]] = mine[order]
        return best

    def records_at(self, numbers: Index) -> Claims:
        """Some records by their number here."""
        return self._claims(numbers)

    def without(self, direct: Direct, unit: Unit) -> Direct:
        """The direct evidence that is left without a unit, as if built without it."""
        number = self.units.index(unit)
        mine = slice(int(self.pointer[number]), int(self.pointer[number + 1]))
        weight = np.array(direct.weight)
        weight[self.pair[mine]] = self.left[mine]
        kept = weight > 0
        against = self._refuting.keep(~unit.of(self._refuting))
        return replace(
            Direct.of(against, direct.ontology, direct.n_genes),
            gene=direct.gene[kept],
            disease=direct.disease[kept],
            weight=weight[kept],
        )

    @cached_property
    def _refuting(self) -> Claims:
        return self._claims(np.flatnonzero(self.records["negated"]))

    def _claims(self, where: slice | Index) -> Claims:
        part = {name: np.asarray(column[where]) for name, column in self._columns.items()}
        return Claims(
            **{name: part[name] for name in _KEPT}
            | {
                "gene": part["gene"].astype(np.int64),
                "disease": part["disease"].astype(np.int64),
                "predicate": _PREDICATES[part["predicate"]],
                "source": self.records["sources"][part["source"]],
                "day": part["day"].astype(np.int64).astype("datetime64[D]"),
            }
        )

    @property
    def _columns(self) -> Arrays:
        return {name: column for name, column in self.records.items() if name != "sources"}

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Flat arrays by name."""
        named = np.array([[u.kind, u.name] for u in self.units], np.str_).reshape(-1, 2)
        left = {"units": named, "pointer": self.pointer, "pair": self.pair, "left": self.left}
        return {**self.records, **left}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Ledger:
        """The inverse of `to_arrays`."""
        names = (*_KEPT, "predicate", "source", "day", "sources")
        named = tuple(Unit(str(kind), str(name)) for kind, name in arrays["units"])
        records = {name: arrays[name] for name in names}
        return cls(records, named, arrays["pointer"], arrays["pair"], arrays["left"])


def _coded(claims: Claims) -> dict[str, npt.NDArray[Any]]:
    sources, source = np.unique(claims.source, return_inverse=True)
    return {
        **{name: getattr(claims, name).astype(kind) for name, kind in _KEPT.items()},
        "predicate": np.searchsorted(_PREDICATES, claims.predicate).astype(np.int8),
        "source": source.astype(np.int16),
        "day": claims.day.astype("datetime64[D]").astype(np.int64).astype(np.int32),
        "sources": sources,
    }


def _places(direct: Direct, gene: Index, disease: Index) -> Index:
    """The pair of `Direct` that each record is of, int64; -1 where there is none."""
    if not len(direct.gene):
        return np.full(len(gene), -1, np.int64)
    key, wanted = direct.gene * direct.ontology.n + direct.disease, gene * direct.ontology.n
    place = np.searchsorted(key, wanted + disease).clip(max=len(key) - 1)
    return np.where(key[place] == wanted + disease, place, -1)


def _changed(
    direct: Direct, supporting: Claims, refuting: Claims, place: Index, unit: Unit
) -> tuple[Index, Floats]:
    """Pairs that a unit's records raise or refute, and their weights without it."""
    mine, against = unit.of(supporting), unit.of(refuting)
    refuted = np.isin(direct.gene, refuting.gene[against])
    touched = np.union1d(place[mine & (place >= 0)], np.flatnonzero(refuted))
    left = supporting.keep(np.isin(place, touched) & ~mine).with_those_of(refuting.keep(~against))
    rest = Direct.of(left, direct.ontology, direct.n_genes)
    weight = np.zeros(len(direct.gene), np.float32)
    weight[_places(direct, rest.gene, rest.disease)] = rest.weight
    less = touched[weight[touched] != direct.weight[touched]]
    return less, weight[less]
