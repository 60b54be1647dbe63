"""The command line: where ingest, model and service are put together."""

from __future__ import annotations

import sys
import warnings
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api import (
    cli_answers,
    cli_chemistry,
    cli_l2g,
    cli_model,
    cli_neo4j,
    cli_release,
    cli_variants,
)
from api.cli_model import classes
from api.console import (
    DISK_FULL,
    FAILED,
    AsJson,
    ReleaseOption,
    disk_full,
    ended,
    home_directory,
    messages,
    print_json,
    progress_bar,
    state,
)
from ingest.build import BuildReport, build
from ingest.catalogue import read_catalogue
from ingest.current import fetch_current, fetch_pinned
from ingest.fetch import Library
from ingest.options import BuildOptions
from ingest.sources import SOURCES
from ingest.synthetic import SyntheticOptions, synthesize
from kg.errors import BadArgument, TargetKgError
from kg.release import Home

app = typer.Typer(
    name="target-kg",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Rank drug targets on a knowledge graph, with the evidence behind each score.",
)
for _command in (
    cli_model.train,
    cli_model.evaluate,
    cli_answers.rank,
    cli_answers.score,
    cli_l2g.l2g,
    cli_answers.explain,
    cli_answers.direction,
    cli_answers.warm,
    cli_answers.search,
    cli_answers.map_ids,
    cli_answers.releases,
    cli_release.report,
    cli_release.verify,
    cli_release.diff,
    cli_release.export,
    cli_release.pockets,
    cli_answers.prune,
    cli_chemistry.similar,
    cli_chemistry.substructure,
    cli_variants.variants,
):
    app.command()(_command)
app.add_typer(cli_neo4j.app, name="neo4j")

Mirror = Annotated[
    Path | None, typer.Option(help="Folder with the full data; the bundled slice by default.")
]
Host = Annotated[str, typer.Option(help="Address to listen on; loopback by default.")]
Port = Annotated[int, typer.Option(min=0, max=65535)]
INTERRUPTED = 130
SHOWN = ("zero_shot", "calibration", "direction")
"""What the demonstration measures; `evaluate` measures all."""


@app.callback()
def options(
    home: Annotated[
        Path | None,
        typer.Option(envvar="TARGET_KG_HOME", help="Directory that holds everything kept."),
    ] = None,
) -> None:
    """Options that stand before the command."""
    state.home = home_directory(home)
    state.json = False


@app.command("build")
def build_command(
    mirror: Mirror = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Leave out evidence public after this day."),
    ] = None,
    exclude_class: Annotated[
        str, typer.Option(help="Evidence classes to leave out, for example clinical,literature.")
    ] = "",
    hypothesis_free: Annotated[
        bool, typer.Option("--hypothesis-free", help="Keep systematic measurements alone.")
    ] = False,
    licence: Annotated[str, typer.Option(help="any, or redistributable.")] = "any",
    only: Annotated[list[str] | None, typer.Option(help="Read this source; repeatable.")] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Leave this out; repeatable.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes.")] = None,
    accept_changed: Annotated[
        bool, typer.Option("--accept-changed", help="Use files that are not the pinned ones.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build a release of the graph from source files.

    Example: target-kg build --mirror DIR --as-of 2020-12-31
    """
    state.json = as_json
    if licence not in ("any", "redistributable"):
        raise BadArgument(f"--licence {licence!r}: must be any or redistributable")
    chosen = BuildOptions(
        as_of=as_of.date() if as_of else None,
        exclude_classes=classes(exclude_class),
        hypothesis_free=hypothesis_free,
        redistributable=licence == "redistributable",
        only=tuple(only or ()),
        skip=tuple(skip or ()),
    )
    library = Library.mirror(mirror, accept_changed) if mirror else Library.bundled()
    found = _build(state.home, library, chosen, jobs, as_json)
    if as_json:
        print_json(found.as_json())
    else:
        cli_answers.print_report(found.release.manifest)
        again = " (the same as before)" if found.reused else ""
        messages.print(f"release {found.release.id}{again} in {found.seconds:.0f} s")


@app.command()
def fetch(
    target: Annotated[Path, typer.Argument(help="Folder to download to.")],
    source: Annotated[list[str] | None, typer.Option(help="Only this source; repeatable.")] = None,
    current: Annotated[
        bool, typer.Option("--current", help="What the providers have now, pinned in a lock file.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Download the sources' files; `build --mirror` reads them.

    Example: target-kg fetch mirror --current --source hgnc --source mondo
    """
    state.json = as_json
    known = {s.id: s for s in SOURCES}
    for name in source or ():
        if name not in known:
            raise BadArgument(f"--source {name!r}: must be one of {', '.join(sorted(known))}")
    wanted = [known[name] for name in source] if source else list(SOURCES)
    run = fetch_current if current else fetch_pinned
    found = run(wanted, target, read_catalogue(), lambda said: messages.print(said, markup=False))
    for got in found:
        if got.said:
            messages.print(f"{got.path} {got.state}: {got.said}", markup=False, soft_wrap=True)
    failed = sum(got.state == "failed" for got in found)
    if as_json:
        print_json({"target": str(target), "files": [asdict(got) for got in found]})
    else:
        messages.print(f"{len(found) - failed} of {len(found)} files in {target}", markup=False)
    if failed:
        raise typer.Exit(FAILED)


@app.command("synthesize")
def synthesize_command(
    scale: Annotated[float, typer.Option(help="Nodes as a multiple of the real ones.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    release: ReleaseOption = None,
    as_json: AsJson = False,
) -> None:
    """Draw a synthetic graph with a release's degrees; the current release stays current.

    Example: target-kg synthesize --scale 4 --seed 0
    """
    state.json = as_json
    with progress_bar(as_json) as show:
        made = synthesize(
            state.home,
            state.home.open(release),
            SyntheticOptions(scale, seed),
            lambda said, done, steps: show("synthetic graph", done / steps, said),
        ).release
    counts = {k: made.manifest["counts"][k] for k in ("nodes", "edges", "evidence")}
    if as_json:
        print_json({"release": made.id, "path": str(made.path), **counts})
    else:
        told = ", ".join(f"{n:,} {k}" for k, n in counts.items())
        messages.print(f"release {made.id}: {told}", markup=False)


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
) -> None:
    """Serve GraphQL, with GraphiQL for people.

    Example: target-kg serve --port 8080
    """
    _serve(state.home, host, port)


@app.command()
def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop before serving.")] = False,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="One seed and two folds, and no evaluation: a first look."),
    ] = False,
    mirror: Mirror = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    as_json: AsJson = False,
) -> None:
    """Build from the bundled data, train, evaluate, and serve GraphQL.

    Example: target-kg demo --no-serve
    """
    from gnn.evaluate import EvaluateOptions
    from gnn.train import TrainOptions

    state.json = as_json
    library = Library.mirror(mirror) if mirror else Library.bundled()
    found = _build(state.home, library, BuildOptions(), None, as_json)
    for entry in found.sources:
        if entry["absent"] and not as_json:
            messages.print(f"without {entry['title']}: {entry['absent']}", markup=False)
    trained_as = TrainOptions(seeds=1, folds=2) if quick else TrainOptions()
    info = cli_model.trained(state.home, found.release.id, trained_as)
    figures: dict[str, Any] = {}
    if not quick:
        options = EvaluateOptions(draws=1, embedding=False, only=SHOWN)
        figures = cli_model.evaluated(state.home, found.release, info.id, options, as_json)
    if as_json:
        print_json({"release": found.release.id, "model": info.id, "metrics": figures})
    if no_serve:
        return
    _serve(state.home, host, port)


def _build(
    home: Home, library: Library, chosen: BuildOptions, jobs: int | None, quiet: bool
) -> BuildReport:
    with progress_bar(quiet) as show:
        return build(
            home,
            library,
            chosen,
            jobs,
            lambda said, done, steps: show("graph", done / steps, said),
        )


def _serve(home: Home, host: str, port: int) -> None:
    import uvicorn

    from api.app import EXAMPLE, create_app
    from api.shelf import Shelf

    service = create_app(Shelf(home))
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    messages.print(f"\nGraphiQL and GraphQL: http://{shown}:{port}/graphql\n", markup=False)
    messages.print(EXAMPLE, markup=False)
    uvicorn.run(service, host=host, port=port, log_level="warning", lifespan="on")


def main(arguments: list[str] | None = None) -> int:
    """Entry of `target-kg`; returns the exit code."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch")
    try:
        app(args=arguments)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except TargetKgError as error:
        return ended(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except Exception as error:
        if disk_full(error):
            return ended(TargetKgError(DISK_FULL))
        raise
    return 0


def run() -> None:
    """Entry of the console script."""
    sys.exit(main())


if __name__ == "__main__":
    run()
