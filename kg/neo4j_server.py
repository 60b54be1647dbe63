"""A Neo4j server of our own, run from jars on the loopback address: start, stop, status.

Layout of a server's directory::

    conf/neo4j.conf    written at every start
    data/              the databases
    logs/  run/        Neo4j's own
    server.json        process, ports and settings of the server that was started last
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from kg.errors import ServerError
from kg.neo4j_bolt import Address, Bolt
from kg.neo4j_config import ServerSettings, configuration, with_ports
from kg.neo4j_jars import Jars, Java
from kg.release import write_atomically

_START_SECONDS = 180.0
_STOP_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers.

    Attributes:
        settings: As asked for, with both ports known and without the password.
        read_only: Whether it refuses writes; a server without a database yet does not.
        password_set: Whether it asks for a login.
        started: Whether this call started it; False when it was running already.
        seconds: From the call to the first answered query.
    """

    pid: int
    settings: ServerSettings
    read_only: bool
    password_set: bool
    started: bool = False
    seconds: float = 0.0

    @classmethod
    def from_json(cls, text: str) -> Running:
        """Read what `json.dumps(asdict(running))` wrote."""
        told = json.loads(text)
        return cls(**{**told, "settings": ServerSettings(**told["settings"])})

    @property
    def bolt_url(self) -> str:
        """Where drivers connect."""
        return f"bolt://localhost:{self.settings.bolt_port}"

    @property
    def browser_url(self) -> str:
        """What to open in a web browser; logs in by itself where no password is set."""
        base = f"http://localhost:{self.settings.http_port}/browser/"
        if self.password_set:
            return f"{base}?dbms=bolt://neo4j@localhost:{self.settings.bolt_port}"
        bolt = f"bolt://localhost:{self.settings.bolt_port}"
        return f"{base}?dbms={bolt}&preselectAuthMethod=NO_AUTH"

    def address(self, password: str = "") -> Address:
        """How to connect to it."""
        return Address(self.bolt_url, password=password, timeout=self.settings.query_seconds)


class Server:
    """One server directory and the process that serves it.

    Args:
        path: The server's directory.
        jars: The program.
        java: The Java runtime to look for.
        browser: Files that Neo4j Browser is to serve under /browser/kg/; `style.grass` and
            `guide.html` are opened when someone connects.
    """

    def __init__(
        self,
        path: Path,
        jars: Jars,
        java: str = "java",
        browser: Mapping[str, bytes] | None = None,
    ) -> None:
        self.path = path.absolute()
        self.jars = jars
        self._java = java
        self._browser = dict(browser or {})

    def start(self, settings: ServerSettings | None = None) -> Running:
        """Start the server and wait until it answers a query; where it runs already, say so.

        Raises:
            ServerError: Java or the jars are missing, a port is taken, the directory is in use,
                or the server gave up; the message ends with the server's own reason.
            StoreUnavailable: it runs and refuses the password.
        """
        began = time.monotonic()
        with self._locked():
            running = self.running()
            if running is not None:
                return running
            self._record.unlink(missing_ok=True)
            settings = with_ports(settings or ServerSettings())
            java = Java.find(self._java)
            self.jars.fetch()
            allowed = replace(settings, read_only=settings.read_only and self._has_database)
            self._prepare(allowed)
            pid = self._spawn(allowed, java)
            told = replace(settings, password="")
            server = Running(pid, told, allowed.read_only, bool(settings.password))
            self._await_answer(server, settings.password)
            self._record.parent.mkdir(exist_ok=True)
            write_atomically(self._record, json.dumps(asdict(server), indent=1))
        return replace(server, started=True, seconds=time.monotonic() - began)

    def running(self) -> Running | None:
        """The server of this directory, if one runs; a record left by a dead one is ignored."""
        try:
            server = Running.from_json(self._record.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return server if _is_alive(server.pid) and self.in_use() else None

    def in_use(self) -> bool:
        """Whether any process holds the directory's databases open."""
        import fcntl

        try:
            with (self.data / "databases" / "store_lock").open("r+b") as lock:
                try:
                    fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    return True
                return False
        except FileNotFoundError:
            return False

    def stop(self) -> bool:
        """Stop the server; False when none was running.

        Raises:
            ServerError: it does not end.
        """
        with self._locked():
            server = self.running()
            if server is None:
                return False
            os.kill(server.pid, signal.SIGTERM)
            deadline = time.monotonic() + _STOP_SECONDS
            while _is_alive(server.pid):
                if time.monotonic() > deadline:
                    raise ServerError(
                        f"the server (process {server.pid}) does not end; see {self._log}"
                    )
                time.sleep(0.05)
            self._record.unlink(missing_ok=True)
        return True

    def admin(self, *arguments: str, heap_mb: int = 1024) -> None:
        """Run Neo4j's administration tool on the (stopped) server's databases.

        Raises:
            ServerError: the tool failed; the message holds its reason.
        """
        java = Java.find(self._java)
        self.jars.fetch()
        command = [
            *(str(java.program), f"-Xmx{heap_mb}m", *java.flags, "-cp", self.jars.class_path()),
            *("org.neo4j.cli.AdminTool", *arguments),
        ]
        environment = {**os.environ, **self._environment}
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, cwd=self.path
        )
        if done.returncode:
            raise ServerError(f"neo4j-admin {arguments[0]}: {_reason(done.stdout + done.stderr)}")

    def configure(self, settings: ServerSettings) -> None:
        """Make the directory and write its configuration."""
        for name in ("conf", "data", "logs", "run", "import", "plugins"):
            (self.path / name).mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / "conf" / "neo4j.conf", configuration(settings, self._browser))

    @property
    def data(self) -> Path:
        """Where the databases lie."""
        return self.path / "data"

    @property
    def import_directory(self) -> Path:
        """The one directory whose files the server reads."""
        return self.path / "import"

    @property
    def _record(self) -> Path:
        return self.path / "server.json"

    @property
    def _log(self) -> Path:
        return self.path / "logs" / "neo4j.log"

    @cached_property
    def _environment(self) -> dict[str, str]:
        return {"NEO4J_HOME": str(self.path), "NEO4J_CONF": str(self.path / "conf")}

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=_START_SECONDS)
        except Timeout:
            raise ServerError(f"another command works on the server in {self.path}") from None
        try:
            yield
        finally:
            lock.release()

    @property
    def _has_database(self) -> bool:
        """Whether there is a database; one that is not there can't be made read-only."""
        return (self.data / "databases" / "neo4j").exists()

    def _prepare(self, settings: ServerSettings) -> None:
        if self.in_use():
            raise ServerError(f"another process uses the databases in {self.path}; stop it first")
        self.configure(settings)
        if settings.password and not (self.data / "dbms").exists():
            self.admin("dbms", "set-initial-password", settings.password)

    def _spawn(self, settings: ServerSettings, java: Java) -> int:
        """Start the process in a session of its own; returns its id."""
        browser = self.jars.browser_with(self._browser) if self._browser else None
        command = [
            *(str(java.program), f"-Xms{settings.heap_mb}m", f"-Xmx{settings.heap_mb}m"),
            *(*java.flags, "-cp", self.jars.class_path(browser), self.jars.entry_point),
            *(f"--home-dir={self.path}", f"--config-dir={self.path / 'conf'}"),
        ]
        self._log.unlink(missing_ok=True)
        console = str(self.path / "logs" / "console.log")
        files = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, console, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        environment = {**os.environ, **self._environment}
        return os.posix_spawn(command[0], command, environment, file_actions=files, setsid=True)

    def _await_answer(self, server: Running, password: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        with Bolt(server.address(password)) as bolt:
            while not bolt.alive():
                if not _is_alive(server.pid):
                    raise ServerError(f"the server ended at once: {self._last_words()}")
                if time.monotonic() > deadline:
                    os.kill(server.pid, signal.SIGTERM)
                    raise ServerError(
                        f"the server does not answer after {_START_SECONDS:.0f} s; see {self._log}"
                    )
                time.sleep(0.2)

    def _last_words(self) -> str:
        """Why the process ended, from its console or, where that is silent, its log."""
        texts = []
        for path in (self.path / "logs" / "console.log", self._log):
            with contextlib.suppress(FileNotFoundError):
                texts.append(path.read_text(encoding="utf-8", errors="replace"))
        return f"{_reason(''.join(texts))} (see {self._log})"


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one of ours that has ended is reaped."""
    try:
        ended, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        ended = 0
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return ended == 0


def _reason(text: str) -> str:
    """The most telling line of Neo4j's output."""
    stamp = re.compile(r"^\S+ \S+ +(ERROR|WARN|INFO) +")
    lines = [stamp.sub("", line.strip()) for line in text.split("\n")]
    causes = [line for line in lines if line.startswith("Caused by:")]
    errors = [line for line in lines if re.search(r"error|exception|failed|refused", line, re.I)]
    said = (causes[-1:] or errors[-1:] or [line for line in lines if line][-1:] or ["no output"])[0]
    return " ".join(said.removeprefix("Caused by:").split())[:400]
