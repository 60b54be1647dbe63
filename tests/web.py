"""A server at 127.0.0.1 that tests download from, for as long as they need it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What the server has, path -> body, how it misbehaves, and what it was asked for.

    Attributes:
        short: Paths of which it sends half.
        gated: Paths that it gives only to who was on a page of it before.
        moved: Path -> address that it sends on to.
    """

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    short: set[str] = field(default_factory=set)
    gated: set[str] = field(default_factory=set)
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


@contextmanager
def serving() -> Iterator[Site]:
    """A site, served until the block ends."""
    told = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.lstrip("/")
            told.asked.append(path)
            if path in told.moved:
                self.send_response(302)
                self.send_header("Location", told.moved[path])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = told.files.get(path)
            shut = path in told.gated and "visit=1" not in self.headers.get("Cookie", "")
            if body is None or shut:
                self.send_error(403 if shut else 404)
                return
            self.send_response(200)
            self.send_header("Set-Cookie", "visit=1; Path=/")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{len(body)}"')
            self.send_header("Last-Modified", "Mon, 02 Nov 2026 10:00:00 GMT")
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if path in told.short else body)

        def log_message(self, *_: object) -> None:
            """A test's output is its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield told
        server.shutdown()
