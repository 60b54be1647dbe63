"""Put a release into our own Neo4j server: import beside it, check, then swap.

The release is imported into a second server directory, indexed there, compared with the release
and dumped; only then does the serving directory take over its database, by renaming. A load that
fails on the way leaves the serving database as it was, and one that was killed while renaming is
put right by the next command.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from kg.errors import ServerError
from kg.neo4j_bolt import Bolt
from kg.neo4j_config import ServerSettings
from kg.neo4j_jars import Jars
from kg.neo4j_schema import (
    Census,
    constraints,
    create,
    indexes,
    loaded_release,
    verify,
    write_release_node,
)
from kg.neo4j_server import Server
from kg.neo4j_tables import LIST_SEPARATOR, ReleaseTables, Rows
from kg.release import Release, write_atomically

Progress = Callable[[str, int, int], None]
"""Called with what begins, how many of the steps are done, and how many there are."""

_STEPS = ("writing rows", "importing", "indexing", "checking", "dumping", "swapping")
_DATABASE = ("databases/neo4j", "transactions/neo4j")
_IDENTITY = {"subject": ":START_ID", "object": ":END_ID"}


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did.

    Attributes:
        reused: Whether the server had this release already, and nothing was done.
        seconds: Step -> seconds.
        nodes: Label -> number.
        relationships: Type -> number.
        dump: The database as one file, for other servers; None when none was made.
    """

    release: str
    reused: bool
    seconds: dict[str, float] = field(default_factory=dict)
    nodes: dict[str, int] = field(default_factory=dict)
    relationships: dict[str, int] = field(default_factory=dict)
    dump: str | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """The directories of a home's Neo4j: program, serving server, the one loaded into, dumps.

    Attributes:
        path: `<home>/neo4j`.
        java: The Java runtime to look for.
        browser: Files that Neo4j Browser serves under /browser/kg/.
    """

    path: Path
    java: str = "java"
    browser: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def jars(self) -> Jars:
        """The server's program."""
        return Jars(self.path)

    @property
    def server(self) -> Server:
        """The server that people use."""
        return Server(self.path / "server", self.jars, self.java, self.browser)

    @property
    def loading(self) -> Server:
        """The server that a release is loaded into, out of everyone's sight."""
        return Server(self.path / "loading", self.jars, self.java)

    def dump_path(self, release_id: str) -> Path:
        """Where the dump of a release lies once it was loaded."""
        return self.path / "dumps" / release_id / "neo4j.dump"

    def served(self) -> str | None:
        """The id of the release that the serving database holds, by what the last swap wrote."""
        try:
            told = json.loads((self.server.data / "release.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return str(told["release"])


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a release is loaded.

    Attributes:
        force: Load even where the server has the release already.
        heap_mb: Java heap of the import, in MiB; 4096 is ample for ten million relationships.
        dump: Keep a dump of the database.
        password: Of the serving server, where it has one.
    """

    force: bool = False
    heap_mb: int = 1024
    dump: bool = True
    password: str = ""


def load(
    release: Release,
    installation: Installation,
    options: LoadOptions | None = None,
    progress: Progress = lambda _what, _done, _steps: None,
) -> LoadReport:
    """Load a release and make it the one that the server serves.

    A running server is stopped for the seconds of the swap and started again.

    Raises:
        ServerError: a step failed; the serving database is as it was.
    """
    options = options or LoadOptions()
    recover(installation.server)
    if installation.served() == release.id and not options.force:
        return LoadReport(release.id, reused=True)
    clock = _Clock(progress)
    loading = installation.loading
    try:
        census = _fill(release, loading, options, clock)
        dump = installation.dump_path(release.id) if options.dump else None
        if dump:
            clock.step("dumping")
            _dump(loading, dump, options.heap_mb)
        clock.step("swapping")
        _swap(release, installation, options)
    finally:
        loading.stop()
        shutil.rmtree(loading.path, ignore_errors=True)
    counts = {name: numbers[0] for name, numbers in census.relationships.items()}
    told = str(dump) if dump else None
    return LoadReport(release.id, False, clock.seconds(), census.nodes, counts, told)


def recover(server: Server) -> None:
    """Put back the database that a killed swap had set aside."""
    aside = server.data / "previous"
    if not aside.exists() or server.running():
        return
    if not (server.data / "release.json").exists():
        _move_database(aside, server.data)
        _move(aside / "release.json", server.data / "release.json")
    shutil.rmtree(aside)


def _fill(release: Release, loading: Server, options: LoadOptions, clock: _Clock) -> Census:
    """Import, index and check a release in a server of its own; the server is stopped again."""
    shutil.rmtree(loading.path, ignore_errors=True)
    settings = ServerSettings(heap_mb=options.heap_mb, read_only=False, query_seconds=7200)
    loading.configure(settings)
    with ReleaseTables(release, loading.import_directory / "spill") as tables:
        clock.step("writing rows")
        arguments = _write_rows(tables, loading.import_directory)
        clock.step("importing")
        _import(loading, arguments, options.heap_mb)
        clock.step("indexing")
        running = loading.start(settings)
        with Bolt(running.address()) as bolt:
            categories = tables.category_counts
            create(bolt, [*constraints(categories), *indexes(categories)])
            clock.step("checking")
            census = verify(bolt, tables)
            write_release_node(bolt, release.manifest, census)
    loading.stop()
    return census


def _write_rows(tables: ReleaseTables, directory: Path) -> list[str]:
    """Write every CSV file; returns the import tool's arguments for them."""
    arguments = []
    for number, rows in enumerate([*tables.nodes(), *tables.edges()]):
        path = directory / f"{number:03d}_{rows.label}.csv"
        tables.write_csv(rows.sql, path, _headers(rows))
        kind = "nodes" if rows.ends is None else "relationships"
        arguments.append(f"--{kind}={rows.label}={path}")
    return arguments


def _headers(rows: Rows) -> dict[str, str]:
    if rows.ends is not None:
        return _IDENTITY
    return {"id": "id:ID"} if rows.label != "Evidence" else {}


def _import(loading: Server, arguments: list[str], heap_mb: int) -> None:
    loading.admin(
        *("database", "import", "full", "neo4j", "--overwrite-destination=true"),
        *("--bad-tolerance=0", "--ignore-empty-strings=true", "--id-type=string"),
        f"--array-delimiter=U+{ord(LIST_SEPARATOR):04X}",
        f"--report-file={loading.path / 'logs' / 'import.report'}",
        *arguments,
        heap_mb=heap_mb,
    )
    for path in loading.import_directory.glob("*.csv"):
        path.unlink()


def _dump(server: Server, path: Path, heap_mb: int) -> None:
    """Write the stopped server's database as one file."""
    draft = path.parent.with_name(f".{path.parent.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    server.admin("database", "dump", "neo4j", f"--to-path={draft}", heap_mb=heap_mb)
    shutil.rmtree(path.parent, ignore_errors=True)
    os.rename(draft, path.parent)


def _swap(release: Release, installation: Installation, options: LoadOptions) -> None:
    """Give the serving server the loaded database; on failure give it its own back."""
    server = installation.server
    running = server.running()
    server.stop()
    _take_over(installation.loading.data, server, release.id)
    if running is None:
        shutil.rmtree(server.data / "previous")
        return
    before = replace(running.settings, password=options.password)
    try:
        again = server.start(before)
        with Bolt(again.address(options.password)) as bolt:
            if loaded_release(bolt) != release.id:
                raise ServerError(f"after the swap the server does not serve release {release.id}")
    except BaseException:
        server.stop()
        _give_back(server)
        server.start(before)
        raise
    shutil.rmtree(server.data / "previous")


def _take_over(loaded: Path, server: Server, release_id: str) -> None:
    """Set the serving database aside and move the loaded one into its place."""
    server.configure(ServerSettings())
    aside = server.data / "previous"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    _move(server.data / "release.json", aside / "release.json")
    _move_database(server.data, aside)
    _move_database(loaded, server.data)
    write_atomically(server.data / "release.json", json.dumps({"release": release_id}))


def _give_back(server: Server) -> None:
    (server.data / "release.json").unlink(missing_ok=True)
    recover(server)


def _move_database(source: Path, target: Path) -> None:
    for name in _DATABASE:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).exists():
            shutil.rmtree(target / name, ignore_errors=True)
        _move(source / name, target / name)


def _move(source: Path, target: Path) -> None:
    if source.exists():
        os.rename(source, target)


class _Clock:
    """How long each step takes, told as it begins."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._began: dict[str, float] = {}

    def step(self, name: str) -> None:
        self._progress(name, _STEPS.index(name), len(_STEPS))
        self._began[name] = time.monotonic()

    def seconds(self) -> dict[str, float]:
        self._progress("done", len(_STEPS), len(_STEPS))
        ends = [*list(self._began.values())[1:], time.monotonic()]
        return {
            name: round(end - start, 1)
            for (name, start), end in zip(self._began.items(), ends, strict=True)
        }
