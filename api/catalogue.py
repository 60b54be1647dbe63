"""Releases, sources and models as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.scalars import JSON

from api.loaders import Scope
from api.types import EvidenceClass, NamedCount, counts
from gnn.target_score import ModelInfo
from kg.release import Release as GraphRelease


@strawberry.type(description="A file of a source, as it was read.")
class SourceFile:
    """An entry of a manifest's source."""

    path: str
    version: str
    licence: str
    url: str
    sha256: str
    selection: str = strawberry.field(description="What was left out; empty for a whole file.")


@strawberry.type(description="A source of the graph, or why it is not in it.")
class Source:
    """An entry of a manifest."""

    id: strawberry.ID
    title: str
    infores: str
    about: str
    version: str
    released: str | None
    licence: str | None
    redistributable: str | None
    evidence_class: EvidenceClass | None
    rows: int = strawberry.field(description="Data rows read.")
    kept: int = strawberry.field(description="Rows not set aside while reading.")
    quarantined: list[NamedCount] = strawberry.field(description="Rows set aside, by reason.")
    unresolved: list[NamedCount] = strawberry.field(description="Identifiers without a node.")
    files: list[SourceFile]
    absent: str = strawberry.field(description="Why it is not in the release; empty if it is.")

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Source:
        """From a manifest's entry."""
        evidence_class = entry.get("evidence_class")
        return cls(
            id=strawberry.ID(entry["id"]),
            title=entry["title"],
            infores=entry["infores"],
            about=entry["about"],
            version=entry["version"],
            released=entry.get("released"),
            licence=entry.get("licence"),
            redistributable=entry.get("redistributable"),
            evidence_class=EvidenceClass(evidence_class) if evidence_class else None,
            rows=entry["rows"],
            kept=entry["kept"],
            quarantined=counts(entry["quarantined"]),
            unresolved=counts(entry.get("unresolved") or {}),
            files=[
                SourceFile(
                    path=f["path"],
                    version=f["version"],
                    licence=f["licence"],
                    url=f["url"],
                    sha256=f["sha256_content"],
                    selection=f["selection"],
                )
                for f in entry["files"]
            ],
            absent=entry["absent"],
        )


@strawberry.type(description="An immutable version of the graph.")
class Release:
    """Built from a release's manifest."""

    _manifest: strawberry.Private[Mapping[str, Any]]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(self._manifest["id"])

    @strawberry.field
    def created(self) -> str:
        return str(self._manifest["created"])

    @strawberry.field(description="What the release was built with.")
    def parameters(self) -> JSON:
        return JSON(self._manifest["parameters"])

    @strawberry.field(description="Nodes by category.")
    def nodes(self) -> list[NamedCount]:
        return counts(self._manifest["counts"]["nodes_by_category"])

    @strawberry.field(description="Edges by type.")
    def edges(self) -> list[NamedCount]:
        return counts(self._manifest["counts"]["edges_by_type"])

    @strawberry.field(description="Records of evidence.")
    def evidence(self) -> int:
        return int(self._manifest["counts"]["evidence"])

    @strawberry.field
    def sources(self) -> list[Source]:
        return [Source.of(entry) for entry in self._manifest["sources"]]

    @classmethod
    def of(cls, release: GraphRelease) -> Release:
        """As the API shows it."""
        return cls(_manifest=release.manifest)


@strawberry.type(description="A trained model, and how good it was found to be.")
class Model:
    """Built from `gnn.target_score.ModelInfo`."""

    id: strawberry.ID
    release: strawberry.ID
    variant: str
    seeds: list[int]
    created: str
    metrics: JSON = strawberry.field(description="What metrics.json holds.")

    @classmethod
    def of(cls, info: ModelInfo) -> Model:
        """As the API shows it."""
        return cls(
            id=strawberry.ID(info.id),
            release=strawberry.ID(info.release),
            variant=info.variant,
            seeds=list(info.seeds),
            created=info.created,
            metrics=JSON(dict(info.metrics)),
        )


def model_of(scope: Scope) -> Model | None:
    """The model whose scores a request gets; None where there is none."""
    return Model.of(scope.scorer.model) if scope.scorer else None
