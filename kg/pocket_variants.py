"""Which variants of a gene fall in a pocket of its protein, and which ligands are known for it.

Ligands are known for the protein as a whole: nothing here says that one binds in the pocket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kg.biolink import Category, EdgeType, Predicate
from kg.model import Edge
from kg.store import EVERYTHING, Direction, EdgeFilter, GraphStore
from kg.variants import CLAIMS

_C, _P = Category, Predicate
LIGANDABLE = 200.0
"""Cubic angstrom; smaller cavities hold no drug."""
_PRODUCT = EdgeType(_C.GENE, _P.HAS_GENE_PRODUCT, _C.PROTEIN)
_STRUCTURE = EdgeType(_C.STRUCTURE, _P.STRUCTURE_OF, _C.PROTEIN)
_POCKET = EdgeType(_C.POCKET, _P.PART_OF, _C.STRUCTURE)
_INSIDE = EdgeType(_C.VARIANT, _P.LOCATED_IN, _C.POCKET)
_BINDS = EdgeType(_C.COMPOUND, _P.DIRECTLY_PHYSICALLY_INTERACTS_WITH, _C.GENE)


@dataclass(frozen=True, slots=True)
class PocketVariant:
    """A variant whose residue lines a pocket.

    Attributes:
        variant, pocket, structure: Identifiers.
        volume: Of the pocket, cubic angstrom; `method` names what found it, with its version.
        basis: `observed` where the structure's file has a ligand in it, else `predicted`.
        change: `V804M`, numbered as the protein's sequence.
        residue: Number of the residue in the structure's file.
        significance: disease, polymorphism or unclassified, where a source says so; else empty.
        conditions: Diseases and traits that a source ties the variant to, best score first.
    """

    variant: str
    pocket: str
    structure: str
    volume: float
    basis: str
    method: str
    change: str
    residue: int
    significance: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownLigand:
    """A compound with a measured affinity for the gene's protein.

    Attributes:
        affinity: -log10 of the molar value; the strongest measured.
        kind: What was measured, as the source says it.
        relation: `=`, or `<` where less of the compound than told sufficed; empty if not told.
        source: Id of the source that tells it.
    """

    compound: str
    affinity: float
    kind: str
    relation: str
    source: str


def variants_in_pockets(
    store: GraphStore,
    gene: str,
    min_volume: float = LIGANDABLE,
    where: EdgeFilter = EVERYTHING,
) -> list[PocketVariant]:
    """Variants in pockets of the gene's protein, the largest pockets first.

    Args:
        store: The graph.
        gene: Identifier of the gene.
        min_volume: Least volume of a pocket, cubic angstrom.
        where: Which evidence counts.
    """
    proteins = [e.object for e in _edges(store, [gene], _PRODUCT, Direction.OUT, where)]
    structures = [e.subject for e in _edges(store, proteins, _STRUCTURE, Direction.IN, where)]
    inside = _edges(store, structures, _POCKET, Direction.IN, where)
    volumes = _numbers(store, [e.subject for e in inside], "pocket.volume")
    wide = {e.subject: e.object for e in inside if volumes.get(e.subject, 0.0) >= min_volume}
    located = _edges(store, list(wide), _INSIDE, Direction.IN, where)
    variants = list(dict.fromkeys(e.subject for e in located))
    claims = store.edges_of(variants, Direction.OUT, replace(where, types=CLAIMS))
    conditions = {
        v: tuple(dict.fromkeys(e.object for e in edges if e.n_evidence))
        for v, edges in zip(variants, claims, strict=True)
    }
    said = _texts(store, variants, "variant.class")
    bases, methods = (_texts(store, list(wide), f"pocket.{key}") for key in ("basis", "method"))
    details = [r[0].detail if r else {} for r in store.evidence_of(located, where, 1)]
    found = [
        PocketVariant(
            variant=e.subject,
            pocket=e.object,
            structure=wide[e.object],
            volume=volumes[e.object],
            basis=bases.get(e.object, "predicted"),
            method=methods.get(e.object, ""),
            change=str(told.get("change", "")),
            residue=int(told.get("residue", 0)),
            significance=said.get(e.subject, ""),
            conditions=conditions[e.subject],
        )
        for e, told in zip(located, details, strict=True)
    ]
    return sorted(found, key=lambda v: (-v.volume, v.pocket, v.residue, v.variant))


def known_ligands(
    store: GraphStore, gene: str, least: float = 7.0, where: EdgeFilter = EVERYTHING
) -> list[KnownLigand]:
    """Compounds that bind the gene's protein, the strongest first.

    Args:
        store: The graph.
        gene: Identifier of the gene.
        least: -log10 molar affinity from which a compound counts; 7 is 100 nM.
        where: Which evidence counts.
    """
    edges = _edges(store, [gene], _BINDS, Direction.IN, where)
    found = []
    for edge, records in zip(edges, store.evidence_of(edges, where), strict=True):
        measured = [r for r in records if r.value is not None and r.score and not r.negated]
        best = max(measured, key=lambda r: r.value or 0.0, default=None)
        if best is not None and (value := best.value or 0.0) >= least:
            relation = str(best.detail.get("relation", ""))
            found.append(
                KnownLigand(edge.subject, value, best.value_kind or "", relation, best.source)
            )
    return sorted(found, key=lambda ligand: (-ligand.affinity, ligand.compound))


def _edges(
    store: GraphStore,
    ids: Sequence[str],
    edge_type: EdgeType,
    direction: Direction,
    where: EdgeFilter,
) -> list[Edge]:
    asked = replace(where, types=frozenset({edge_type}))
    return [e for edges in store.edges_of(ids, direction, asked) for e in edges]


def _numbers(store: GraphStore, ids: Sequence[str], key: str) -> dict[str, float]:
    facts = (f for found in store.facts_of(ids) for f in found if f.key == key)
    return {f.subject: f.number for f in facts if f.number is not None}


def _texts(store: GraphStore, ids: Sequence[str], key: str) -> dict[str, str]:
    facts = (f for found in store.facts_of(ids) for f in found if f.key == key)
    return {f.subject: f.text for f in facts if f.text is not None}
