"""Compounds found by their drawing: likeness and substructure, as the API shows them."""

from __future__ import annotations

import time

import strawberry

from api.errors import bad_argument
from api.loaders import Scope
from api.things import Compound
from kg.biolink import Category
from kg.chemical_search import PATIENCE


@strawberry.type(description="A compound like the one asked for.")
class SimilarCompound:
    """Built from `kg.chemical_search.Similar`."""

    compound: Compound
    similarity: float = strawberry.field(
        description="Tanimoto coefficient of 2048 Morgan bits of radius 2, of standardised parents."
    )


@strawberry.type(description="Compounds that contain a substructure.")
class SubstructureHits:
    """Built from `kg.chemical_search.Containing`."""

    compounds: list[Compound]
    candidates: int = strawberry.field(
        description="Compounds whose fingerprint allows the pattern; no other can contain it."
    )
    searched: int = strawberry.field(description="How many of these were looked at.")
    complete: bool = strawberry.field(description="Whether no further compound contains it.")


def similar_to(
    scope: Scope, smiles: str | None, compound: str | None, threshold: float, first: int
) -> list[SimilarCompound]:
    """Compounds at or above a threshold, most similar first.

    Raises:
        Refusal: BAD_ARGUMENT, neither or both of drawing and identifier are given.
        BadArgument: one of them is not understood, or the threshold is out of its range.
    """
    if (smiles is None) == (compound is None):
        raise bad_argument("similarCompounds", "both or neither", "smiles or id")
    asked = smiles if compound is None else scope.resolve([compound], [Category.COMPOUND])[0]
    found = scope.opened.chemicals.similar(str(asked), threshold, first)
    nodes = scope.existing([hit.id for hit in found])
    return [
        SimilarCompound(compound=node, similarity=hit.similarity)
        for node, hit in zip(nodes, found, strict=True)
    ]


def containing(scope: Scope, smarts: str, first: int) -> SubstructureHits:
    """Compounds that contain a pattern, as many as there is time for.

    Raises:
        BadArgument: the pattern is not understood, or too large.
    """
    scope.deadline.check()
    seconds = min(PATIENCE, (scope.deadline.at - time.monotonic()) / 2)
    found = scope.opened.chemicals.containing(smarts, first, seconds)
    return SubstructureHits(
        compounds=scope.existing(found.ids),
        candidates=found.candidates,
        searched=found.searched,
        complete=found.complete,
    )
