"""Variants in the pockets of a target's protein, and the ligands known for the protein."""

from __future__ import annotations

import strawberry

from api.errors import bad_argument
from api.loaders import Scope
from api.node import Node
from kg.pocket_variants import known_ligands, variants_in_pockets

_MOST = 500


@strawberry.type(description="A variant whose residue lines a pocket of the target's protein.")
class PocketVariant:
    """Built from `kg.pocket_variants.PocketVariant`."""

    variant: Node
    pocket: Node
    structure: Node
    volume: float = strawberry.field(description="Of the pocket, cubic angstrom.")
    basis: str = strawberry.field(
        description="observed where the structure's file has a ligand in the pocket, or predicted."
    )
    method: str = strawberry.field(description="What found the pocket, with its version.")
    change: str = strawberry.field(description="`V804M`, numbered as the protein's sequence.")
    residue: int = strawberry.field(description="Number of the residue in the structure's file.")
    significance: str = strawberry.field(
        description="disease, polymorphism or unclassified; empty where no source says."
    )
    conditions: list[Node] = strawberry.field(description="Diseases and traits it is tied to.")


@strawberry.type(
    description="A compound with a measured affinity for the target's protein; where it binds "
    "is not known."
)
class KnownLigand:
    """Built from `kg.pocket_variants.KnownLigand`."""

    compound: Node
    affinity: float = strawberry.field(description="-log10 of the strongest molar value.")
    kind: str = strawberry.field(description="What was measured.")
    relation: str = strawberry.field(
        description="`=`, or `<` where less of it than told sufficed; empty where it is not told."
    )
    source: str


def pocket_variants(scope: Scope, gene: str, min_volume: float, first: int) -> list[PocketVariant]:
    """Of one gene, the largest pockets first."""
    _check(first)
    if min_volume < 0:
        raise bad_argument("minVolume", min_volume, "0 or more")
    found = variants_in_pockets(scope.opened.store, gene, min_volume, scope.counted.where())[:first]
    ids = [i for v in found for i in (v.variant, v.pocket, v.structure, *v.conditions)]
    nodes = dict(zip(ids, scope.existing(ids), strict=True))
    return [
        PocketVariant(
            variant=nodes[v.variant],
            pocket=nodes[v.pocket],
            structure=nodes[v.structure],
            volume=v.volume,
            basis=v.basis,
            method=v.method,
            change=v.change,
            residue=v.residue,
            significance=v.significance,
            conditions=[nodes[c] for c in v.conditions],
        )
        for v in found
    ]


def ligands(scope: Scope, gene: str, least_affinity: float, first: int) -> list[KnownLigand]:
    """Of one gene, the strongest first."""
    _check(first)
    store, where = scope.opened.store, scope.counted.where()
    found = known_ligands(store, gene, least_affinity, where)[:first]
    nodes = scope.nodes([f.compound for f in found])
    return [
        KnownLigand(
            compound=node,
            affinity=f.affinity,
            kind=f.kind,
            relation=f.relation,
            source=f.source,
        )
        for f, node in zip(found, nodes, strict=True)
        if node is not None
    ]


def _check(first: int) -> None:
    if not 0 < first <= _MOST:
        raise bad_argument("first", first, f"1..{_MOST}")
