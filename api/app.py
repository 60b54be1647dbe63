"""The service: GraphQL over HTTP, GraphiQL, health, and the schema's text.

Nothing is fetched from elsewhere: the page and its scripts are files of the package.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import ExecutionResult, execute_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from api.documents import Documents
from api.errors import Code, Refusal, answer_errors, as_graphql_error
from api.limits import Limits
from api.loaders import Deadline
from api.query import Context
from api.schema import SDL, schema
from api.shelf import Shelf
from kg.errors import TargetKgError

STATIC = Path(__file__).with_name("static")
EXAMPLE = """query Ranking {
  rank(disease: "familial hypercholesterolemia", first: 10) {
    diseaseName
    release
    items {
      rank
      symbol
      overall
      causality { probability lower upper state direct indirect }
      reversibility { probability }
      druggability { probability byModality { smallMolecule { intrinsic pipeline } } }
      direction { call probability }
    }
  }
}
"""
"""The query that GraphiQL opens with, and that the demo prints."""

log = logging.getLogger("target_kg.api")


@dataclass(frozen=True)
class Service:
    """One shelf of releases served under one set of limits."""

    shelf: Shelf
    limits: Limits
    documents: Documents

    async def graphql(self, request: Request) -> Response:
        """Answer a query; a browser that asks for a page gets GraphiQL."""
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return FileResponse(STATIC / "graphiql.html", headers=_HEADERS)
        try:
            asked = await self._asked(request)
        except Refusal as refusal:
            return _answer({"errors": answer_errors([as_graphql_error(refusal)])}, 400)
        answer = await asyncio.to_thread(self.answer, asked)
        return _answer(answer, 200 if "data" in answer else 400)

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Run one request: `query`, `variables`, `operationName`."""
        try:
            result = self._run(asked)
        except (TargetKgError, RecursionError) as error:
            return {"errors": answer_errors([as_graphql_error(error)])}
        if isinstance(result, dict):
            return result
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = answer_errors(result.errors)
        return answer

    def _run(self, asked: Mapping[str, Any]) -> ExecutionResult | dict[str, Any]:
        checked = self.documents.check(_text(asked))
        if checked.document is None:
            return {"errors": answer_errors(checked.errors)}
        variables, name = asked.get("variables") or {}, asked.get("operationName")
        if not isinstance(variables, dict) or not isinstance(name, str | None):
            raise Refusal(Code.BAD_QUERY, "variables must be an object, operationName a text")
        self.documents.measure(checked, name, variables)
        context = Context(self.shelf, self.limits, Deadline.after(self.limits.seconds))
        return execute_sync(
            schema._schema,
            checked.document,
            context_value=context,
            variable_values=variables,
            operation_name=name,
        )

    async def _asked(self, request: Request) -> Mapping[str, Any]:
        if request.method == "GET":
            given: dict[str, Any] = dict(request.query_params)
            if "variables" in given:
                given["variables"] = _json(given["variables"].encode())
            return given
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > self.limits.body:
                message = f"the request has more than {self.limits.body:,} bytes; use variables"
                raise Refusal(Code.TOO_COSTLY, message)
        asked = _json(bytes(body))
        if not isinstance(asked, dict):
            raise Refusal(Code.BAD_QUERY, 'the body must be a JSON object with "query"')
        return asked

    async def healthz(self, _request: Request) -> Response:
        """Whether the process is alive."""
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def readyz(self, _request: Request) -> Response:
        """Whether there is a release to answer from, and which."""
        try:
            opened = await asyncio.to_thread(self.shelf.open)
        except Refusal as refusal:
            return JSONResponse({"status": "not ready", "reason": str(refusal)}, 503)
        scorer = self.shelf.scorer_or_none(opened, None, None)
        model = scorer.model.id if scorer else None
        return JSONResponse({"status": "ready", "release": opened.release.id, "model": model})

    async def sdl(self, _request: Request) -> Response:
        """The schema's text."""
        return PlainTextResponse(SDL.read_text(encoding="utf-8"), headers=_HEADERS)

    async def example(self, _request: Request) -> Response:
        """The query that GraphiQL opens with."""
        return PlainTextResponse(EXAMPLE, headers=_HEADERS)

    async def index(self, _request: Request) -> Response:
        """The way in."""
        return HTMLResponse(_INDEX, headers=_HEADERS)


_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-cache"}
_INDEX = """<!doctype html><html lang="en"><meta charset="utf-8"><title>target-kg</title>
<h1>target-kg</h1><ul><li><a href="graphql">GraphiQL</a></li>
<li><a href="schema.graphql">the schema</a></li><li><a href="readyz">what is served</a></li></ul>
</html>"""


def create_app(shelf: Shelf, limits: Limits | None = None) -> Starlette:
    """The ASGI application over a home's releases and models."""
    chosen = limits or Limits()
    service = Service(shelf, chosen, Documents(schema._schema, chosen))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        began = time.monotonic()
        await asyncio.to_thread(_warm, shelf)
        log.info("ready after %.1f s", time.monotonic() - began)
        yield

    return Starlette(
        routes=[
            Route("/", service.index),
            Route("/graphql", service.graphql, methods=["GET", "POST"]),
            Route("/healthz", service.healthz),
            Route("/readyz", service.readyz),
            Route("/schema.graphql", service.sdl),
            Route("/example.graphql", service.example),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        lifespan=lifespan,
    )


def _warm(shelf: Shelf) -> None:
    """Open the current release and its model, if any, before the first request."""
    try:
        opened = shelf.open()
    except Refusal as refusal:
        log.warning("%s", refusal)
        return
    shelf.scorer_or_none(opened, None, None)


def _text(asked: Mapping[str, Any]) -> str:
    text = asked.get("query")
    if not isinstance(text, str) or not text.strip():
        raise Refusal(Code.BAD_QUERY, 'the request has no "query"; send {"query": "..."}')
    return text


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Refusal(Code.BAD_QUERY, "the request is no JSON") from None


def _answer(answer: Mapping[str, Any], status: int) -> Response:
    return JSONResponse(answer, status_code=status, headers=_HEADERS)
