"""Every error the project raises on purpose.

    TargetKgError
    ├── InvalidCurie            an identifier that is not `PREFIX:local`, or of an unknown prefix
    ├── InvalidGraph            a node, edge or evidence that breaks the schema
    ├── BadArgument             an argument out of its range (exit code 2)
    │   ├── UnknownNode         no node has this identifier or name
    │   └── AmbiguousName       several nodes have this name; `candidates` says which
    ├── IngestError             a source file can't be read or used
    │   ├── TableError          a delimited file is truncated, empty, or lacks a column
    │   └── FetchError          a file is absent, or its SHA-256 is not the pinned one
    ├── ReleaseError            a release can't be opened, built or published
    │   ├── ReleaseNotFound     no such release under this home
    │   ├── ReleaseCorrupt      a file's hash, count or reference is wrong
    │   ├── ReleaseBusy         another process is writing
    │   └── ReleaseOutdated     it was built before what is asked of it was kept
    ├── ModelError              a model can't be trained, opened or applied
    │   └── ModelNotFound       no such model, or it was trained on another release
    ├── ServerError             the local graph server can't be set up, started, filled or stopped
    └── StoreUnavailable        the graph server does not answer, or refuses
        └── StoreTimeout        it gave up a query that took too long

A message names the thing, the value and the remedy, in one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class TargetKgError(Exception):
    """Root of the project's errors; `str(error)` is one line fit for a user."""


class InvalidCurie(TargetKgError, ValueError):
    """An identifier that is not `PREFIX:local` with a known prefix."""


class InvalidGraph(TargetKgError, ValueError):
    """A node, edge or evidence record that the schema does not allow."""


class BadArgument(TargetKgError, ValueError):
    """An argument outside its documented range."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node offered when a name is unknown or ambiguous."""

    id: str
    name: str
    matched: str
    score: float


class UnknownNode(BadArgument):
    """No node answers to this identifier or name; `candidates` holds near names, best first."""

    def __init__(self, message: str, candidates: Sequence[Candidate] = ()) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


class AmbiguousName(BadArgument):
    """Several nodes answer to this name; `candidates` holds them, best first."""

    def __init__(self, message: str, candidates: Sequence[Candidate]) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


class IngestError(TargetKgError):
    """A source file can't be read or used."""


class TableError(IngestError):
    """A delimited file is damaged as a whole: truncated, empty, or without a needed column."""


class FetchError(IngestError):
    """A file is absent and can't be had, or its content is not the pinned one."""


class ReleaseError(TargetKgError):
    """A release can't be opened, built or published."""


class ReleaseNotFound(ReleaseError):
    """No such release under this home."""


class ReleaseCorrupt(ReleaseError):
    """A release file's hash, count or reference is wrong."""


class ReleaseBusy(ReleaseError):
    """Another process is writing a release under the same home."""


class ReleaseOutdated(ReleaseError):
    """A release built by an earlier version lacks what is asked of it; building again helps."""


class ModelError(TargetKgError):
    """A model can't be trained, opened or applied."""


class ModelNotFound(ModelError):
    """No such model under this home, or none trained on this release."""


class ServerError(TargetKgError):
    """The local graph server can't be set up, started, filled or stopped."""


class StoreUnavailable(TargetKgError):
    """The graph server does not answer in time, or refuses the query."""


class StoreTimeout(StoreUnavailable):
    """The graph server gave up a query that took too long."""
