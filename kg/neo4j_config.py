"""How our Neo4j server is run: memory, ports, and the text of `neo4j.conf`.

Neo4j Community has no roles: whoever logs in may do everything. What protects the graph is that
the server listens on loopback alone, opens the database read-only, reads no files by URL, and
gives up a query that runs too long or takes too much memory. A password is optional; set one
where others log in to the same machine.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace

from kg.errors import BadArgument, ServerError

BOLT_PORT, HTTP_PORT = 7687, 7474
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How a server is run.

    Attributes:
        bolt_port, http_port: 0 takes Neo4j's own port where it is free, else any free one.
        heap_mb, page_cache_mb: Memory of the Java heap and of the page cache, in MiB.
        read_only: Refuse every write to the graph.
        password: Of user `neo4j`; none means that no login is asked for.
        query_seconds: After which a query is given up.
    """

    bolt_port: int = 0
    http_port: int = 0
    heap_mb: int = 1024
    page_cache_mb: int = 512
    read_only: bool = True
    password: str = ""
    query_seconds: int = 120

    def __post_init__(self) -> None:
        for port in (self.bolt_port, self.http_port):
            if not 0 <= port <= 65535:
                raise BadArgument(f"port {port} is outside 0..65535")
        if self.heap_mb < 256:
            raise BadArgument(f"a heap of {self.heap_mb} MB is too small; Neo4j needs 256 or more")
        if 0 < len(self.password) < 8:
            raise BadArgument("the password is too short; Neo4j wants 8 characters or more")


def configuration(settings: ServerSettings, browser: Mapping[str, bytes]) -> str:
    """The text of neo4j.conf; ports must be known."""
    bolt = f"{_LOOPBACK}:{settings.bolt_port}"
    http = f"{_LOOPBACK}:{settings.http_port}"
    values = {
        "server.bolt.listen_address": bolt,
        "server.bolt.advertised_address": f"localhost:{settings.bolt_port}",
        "server.http.listen_address": http,
        "server.http.advertised_address": f"localhost:{settings.http_port}",
        "server.directories.import": "import",
        "dbms.security.allow_csv_import_from_file_urls": "false",
        "dbms.security.auth_enabled": str(bool(settings.password)).lower(),
        "server.databases.default_to_read_only": str(settings.read_only).lower(),
        "server.memory.heap.initial_size": f"{settings.heap_mb}m",
        "server.memory.heap.max_size": f"{settings.heap_mb}m",
        "server.memory.pagecache.size": f"{settings.page_cache_mb}m",
        "dbms.memory.transaction.total.max": f"{settings.heap_mb * 6 // 10}m",
        "db.memory.transaction.max": f"{settings.heap_mb * 4 // 10}m",
        "db.transaction.timeout": f"{settings.query_seconds}s",
        "db.tx_log.preallocate": "false",
        "db.tx_log.rotation.size": "16m",
        "db.tx_log.rotation.retention_policy": "keep_none",
        # Neo4j waits for idle connections twice 5 s at its end; 1 s is enough on loopback.
        "internal.server.bolt.thread_pool_shutdown_wait_time": "1s",
        "internal.server.bolt.connection_shutdown_wait_time": "1s",
        "client.allow_telemetry": "false",
        "dbms.usage_report.enabled": "false",
    }
    if browser:
        values["browser.post_connect_cmd"] = _greeting(settings.http_port)
        values["browser.remote_content_hostname_whitelist"] = "localhost"
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _greeting(http_port: int) -> str:
    """What Neo4j Browser does on connecting.

    Drawing every relationship between the nodes shown is switched off: it turns a star of genes
    into a ball of lines.
    """
    ours = f"http://localhost:{http_port}/browser/kg"
    return "; ".join(
        (
            "config autoComplete: false",
            "config useReadTransactions: true",
            f"style {ours}/style.grass",
            f"play {ours}/guide.html",
        )
    )


def with_ports(settings: ServerSettings) -> ServerSettings:
    """The settings with both ports decided.

    Raises:
        ServerError: a port that was asked for is taken.
    """
    taken = [p for p in (settings.bolt_port, settings.http_port) if p and not _is_free(p)]
    if taken:
        raise ServerError(f"port {taken[0]} is taken by another program; name another or none")
    bolt = settings.bolt_port or _free_port(BOLT_PORT)
    return replace(settings, bolt_port=bolt, http_port=settings.http_port or _free_port(HTTP_PORT))


def _free_port(wanted: int) -> int:
    if _is_free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True
