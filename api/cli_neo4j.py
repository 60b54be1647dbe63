"""`target-kg neo4j ...`: the same graph in a local Neo4j server with its Browser."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.console import AsJson, ReleaseOption, messages, print_json, progress_bar, state
from kg.neo4j_config import ServerSettings
from kg.neo4j_guide import browser_files
from kg.neo4j_load import Installation, LoadOptions, load

app = typer.Typer(
    no_args_is_help=True,
    help="Explore the graph in Neo4j Browser (needs Java 17 and Maven, no container).",
)
Password = Annotated[
    str, typer.Option(envvar="TARGET_KG_NEO4J_PASSWORD", help="None by default: loopback only.")
]


def installation() -> Installation:
    """The server under the home directory."""
    return Installation(state.home.neo4j, browser=browser_files())


@app.command()
def start(
    http_port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 7474,
    bolt_port: Annotated[int, typer.Option(min=0, max=65535)] = 7687,
    password: Password = "",
    as_json: AsJson = False,
) -> None:
    """Start the server and print where its Browser is.

    Example: target-kg neo4j start
    """
    state.json = as_json
    settings = ServerSettings(http_port=http_port, bolt_port=bolt_port, password=password)
    running = installation().server.start(settings)
    told = {
        "browser": running.browser_url,
        "bolt": running.bolt_url,
        "pid": running.pid,
        "release": installation().served(),
        "started": running.started,
        "seconds": round(running.seconds, 1),
    }
    if as_json:
        print_json(told)
        return
    messages.print(f"Neo4j Browser: {running.browser_url}", markup=False)
    if told["release"] is None:
        messages.print("no release is loaded yet; load one with: target-kg neo4j load")


@app.command()
def stop(as_json: AsJson = False) -> None:
    """Stop the server; what is loaded stays."""
    state.json = as_json
    stopped = installation().server.stop()
    if as_json:
        print_json({"stopped": stopped})
    else:
        messages.print("stopped" if stopped else "no server was running")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say whether the server runs, where, and which release it holds."""
    state.json = as_json
    running = installation().server.running()
    told = {
        "running": running is not None,
        "browser": running.browser_url if running else None,
        "bolt": running.bolt_url if running else None,
        "release": installation().served(),
    }
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        messages.print(f"{name}: {value}", markup=False)


@app.command("load")
def load_command(
    release: ReleaseOption = None,
    force: Annotated[bool, typer.Option("--force", help="Load again what is there.")] = False,
    dump: Annotated[bool, typer.Option(help="Keep a dump of the database.")] = True,
    heap_mb: Annotated[int, typer.Option(min=256, help="Java heap of the import.")] = 1024,
    password: Password = "",
    as_json: AsJson = False,
) -> None:
    """Load a release; a running server serves it after a few seconds of pause.

    Example: target-kg neo4j load --no-dump
    """
    state.json = as_json
    chosen = LoadOptions(force=force, heap_mb=heap_mb, dump=dump, password=password)
    with progress_bar(as_json) as show:
        found = load(
            state.home.open(release),
            installation(),
            chosen,
            lambda said, done, steps: show("neo4j", done / steps, said),
        )
    if as_json:
        print_json(asdict(found))
    elif found.reused:
        messages.print(f"release {found.release} is loaded already")
    else:
        nodes, edges = sum(found.nodes.values()), sum(found.relationships.values())
        messages.print(f"release {found.release}: {nodes:,} nodes, {edges:,} relationships")
