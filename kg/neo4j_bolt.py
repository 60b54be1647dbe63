"""A connection to a Neo4j server; the driver's exceptions stop here.

Queries are retried for five seconds at most, and one that ran out of the server's memory is not
retried at all: the driver would repeat it, hopeless, for half a minute.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    Driver,
    GraphDatabase,
    ManagedTransaction,
    Session,
    unit_of_work,
)
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)

from kg.errors import BadArgument, StoreTimeout, StoreUnavailable

RETRY_SECONDS = 5.0
_OUT_OF_MEMORY = "Neo.TransientError.General.MemoryPoolOutOfMemoryError"
_NO_DATABASE = "Neo.ClientError.Database.DatabaseNotFound"
_NOT_OPEN = "Neo.TransientError.General.DatabaseUnavailable"
_READ_ONLY = "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase"
_TIMED_OUT = "TransactionTimedOut"

Row = dict[str, Any]
Statement = tuple[str, Mapping[str, Any]]
"""A Cypher text and its parameters."""

# The driver warns of each retry; without a handler of our own that would land on stderr.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and how to log in.

    Attributes:
        url: `bolt://host:port` or `neo4j://host:port`, with `+s` for TLS.
        user, password: Credentials; no password means a server without authentication.
        database: The database's name.
        timeout: Seconds after which the server gives up a query.
    """

    url: str
    user: str = "neo4j"
    password: str = ""
    database: str = "neo4j"
    timeout: float = 120.0


class Bolt:
    """Statements sent to one server, rows back; safe to share between threads.

    Raises:
        BadArgument: the address is no Bolt URL.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        auth = (address.user, address.password) if address.password else None
        try:
            self._driver: Driver = GraphDatabase.driver(
                address.url,
                auth=auth,
                max_transaction_retry_time=RETRY_SECONDS,
                connection_timeout=RETRY_SECONDS,
                notifications_min_severity="OFF",
                telemetry_disabled=True,
            )
        except (ConfigurationError, ValueError) as error:
            raise BadArgument(
                f"{address.url!r} is no Bolt address ({error}); it looks like bolt://localhost:7687"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._driver.close()

    def read(self, cypher: str, **parameters: Any) -> list[Row]:
        """The rows of a query that the server holds to reading."""
        return self._run([(cypher, parameters)], READ_ACCESS, self.address.timeout)

    def write(self, *statements: Statement, timeout: float | None = None) -> list[Row]:
        """Run statements in one transaction; the rows of the last."""
        return self._run(statements, WRITE_ACCESS, timeout or self.address.timeout)

    def command(self, cypher: str, **parameters: Any) -> list[Row]:
        """Run a statement that manages its own transactions, or a schema command."""
        with self._session(WRITE_ACCESS) as session:
            return session.run(cypher, parameters).data()

    def alive(self) -> bool:
        """Whether a query is answered now, without waiting or retrying.

        Raises:
            StoreUnavailable: a server answers, and refuses the credentials, or its database
                could not be opened.
        """
        try:
            with self._driver.session(database=self.address.database) as session:
                session.run("RETURN 1").consume()
        except (ServiceUnavailable, SessionExpired, OSError):
            return False
        except Neo4jError as error:
            if error.code == _NOT_OPEN:
                self._require_hope()
                return False
            raise refusal(error, self.address) from error
        return True

    def _require_hope(self) -> None:
        """Raise where the server has given up opening the database."""
        name = self.address.database
        show = (
            "SHOW DATABASES YIELD name, currentStatus, statusMessage WHERE name = $name "
            "RETURN currentStatus, statusMessage"
        )
        with self._driver.session(database="system") as session:
            for record in session.run(show, name=name):
                if record["currentStatus"] == "offline" and record["statusMessage"]:
                    told = " ".join(record["statusMessage"].split())
                    raise StoreUnavailable(f"database {name!r} can't be opened: {told}")

    def _run(self, statements: Sequence[Statement], access: str, timeout: float) -> list[Row]:
        @unit_of_work(timeout=timeout)
        def work(transaction: ManagedTransaction) -> list[Row]:
            try:
                rows: list[Row] = []
                for cypher, parameters in statements:
                    result = transaction.run(cypher, dict(parameters))
                    rows = [record.data() for record in result]
            except Neo4jError as error:
                if error.code == _OUT_OF_MEMORY:
                    raise refusal(error, self.address) from error
                raise
            return rows

        with self._session(access) as session:
            managed = session.execute_read if access == READ_ACCESS else session.execute_write
            return managed(work)

    @contextmanager
    def _session(self, access: str) -> Iterator[Session]:
        try:
            with self._driver.session(
                database=self.address.database, default_access_mode=access
            ) as session:
                yield session
        except (DriverError, Neo4jError) as error:
            raise refusal(error, self.address) from error


def refusal(error: DriverError | Neo4jError, address: Address) -> StoreUnavailable:
    """The project's own error for one of the driver's, in one line with its remedy."""
    where = f"Neo4j at {address.url}"
    if isinstance(error, ServiceUnavailable | SessionExpired):
        return StoreUnavailable(f"no {where} answers; start one: target-kg neo4j start")
    if isinstance(error, AuthError):
        return StoreUnavailable(f"{where} refuses user {address.user!r} with this password")
    code = getattr(error, "code", None) or type(error).__name__
    if code == _NO_DATABASE:
        return StoreUnavailable(f"{where} has no database {address.database!r}")
    if code == _READ_ONLY:
        return StoreUnavailable(f"{where} is read-only; start it with --writable")
    if code == _OUT_OF_MEMORY:
        return StoreUnavailable(
            f"{where}: the query needs more memory than the server allows; ask for less at once"
        )
    if _TIMED_OUT in code:
        return StoreTimeout(f"{where} gave up a query after {address.timeout:g} s; ask for less")
    reason = " ".join(str(getattr(error, "message", None) or error).split())
    return StoreUnavailable(f"{where} refuses: {code}: {reason}")
