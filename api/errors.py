"""What a client is told when a request can't be answered: a code, and one line without internals.

Errors of the project are translated here, once; anything else is logged with a reference and
answered with that reference alone, so that no path and no stack trace leaves the server.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from graphql import GraphQLError

from kg.errors import (
    BadArgument,
    InvalidCurie,
    ModelError,
    ReleaseCorrupt,
    ReleaseError,
    ReleaseOutdated,
    StoreTimeout,
    StoreUnavailable,
    TargetKgError,
)

log = logging.getLogger("target_kg.api")


class Code(StrEnum):
    """What `extensions.code` of an error can be."""

    BAD_QUERY = "BAD_QUERY"
    BAD_ID = "BAD_ID"
    BAD_ARGUMENT = "BAD_ARGUMENT"
    TOO_DEEP = "TOO_DEEP"
    TOO_COSTLY = "TOO_COSTLY"
    TOO_MANY_ALIASES = "TOO_MANY_ALIASES"
    PAGE_TOO_LARGE = "PAGE_TOO_LARGE"
    TIMEOUT = "TIMEOUT"
    RELEASE_GONE = "RELEASE_GONE"
    MODEL_NOT_FOUND = "MODEL_NOT_FOUND"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    INTERNAL = "INTERNAL"


class Refusal(TargetKgError):
    """A request that is not answered; its message is written for the client."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


def bad_argument(argument: str, value: object, allowed: str) -> Refusal:
    """An argument out of its range.

    >>> str(bad_argument("first", -1, "0..500"))
    'first: -1 is not allowed; give 0..500'
    """
    return Refusal(Code.BAD_ARGUMENT, f"{argument}: {shown(value)} is not allowed; give {allowed}")


def shown(value: object) -> str:
    """A value as a message quotes it, never long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


_FIXED: tuple[tuple[type[Exception], Code, str], ...] = (
    (StoreTimeout, Code.TIMEOUT, "the store gave the query up; ask for less"),
    (StoreUnavailable, Code.STORE_UNAVAILABLE, "the store does not answer; try again later"),
    (ReleaseCorrupt, Code.STORE_UNAVAILABLE, "the release can't be read; ask the operator"),
    (
        ReleaseOutdated,
        Code.STORE_UNAVAILABLE,
        "the release was built before this was kept; ask the operator to build it again",
    ),
    (ReleaseError, Code.RELEASE_GONE, "that release is not here; the query `releases` lists them"),
    (ModelError, Code.MODEL_NOT_FOUND, "no model scores this release; train one, or name another"),
    (RecursionError, Code.TOO_DEEP, "the query nests too deeply"),
)
"""Errors whose own messages may name paths or hosts, with what is said instead."""


def explain_error(error: BaseException) -> tuple[Code, str]:
    """The code and the message of an error, fit for a client."""
    if isinstance(error, Refusal):
        return error.code, str(error)
    if isinstance(error, InvalidCurie):
        return Code.BAD_ID, str(error)
    if isinstance(error, BadArgument):
        return Code.BAD_ARGUMENT, str(error)
    for kind, code, message in _FIXED:
        if isinstance(error, kind):
            return code, message
    reference = uuid.uuid4().hex[:12]
    log.error("reference %s", reference, exc_info=error)
    return Code.INTERNAL, f"internal error; the server's log has it under {reference}"


def as_graphql_error(error: Exception) -> GraphQLError:
    """An error met before execution, in GraphQL's form."""
    code, message = explain_error(error)
    return GraphQLError(message, extensions={"code": code.value})


def answer_errors(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """The `errors` of a response: message, locations, path, and `extensions.code`."""
    return [_answer(error) for error in errors]


def _answer(error: GraphQLError) -> dict[str, Any]:
    code, message = _told(error)
    answer: dict[str, Any] = {"message": message, "extensions": {"code": code}}
    if offered := getattr(error.original_error, "candidates", ()):
        answer["extensions"]["candidates"] = [{"id": c.id, "name": c.name} for c in offered]
    if error.locations:
        answer["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        answer["path"] = list(error.path)
    return answer


def _told(error: GraphQLError) -> tuple[str, str]:
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        code, message = explain_error(cause)
        return code.value, message
    given = (error.extensions or {}).get("code")
    return str(given or Code.BAD_ARGUMENT), error.message
