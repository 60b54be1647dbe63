"""The command line: where ingest, model and service are put together."""

from __future__ import annotations

import sys
import warnings
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import cli_answers, cli_chemistry, cli_neo4j, cli_release
from api.console import (
    FAILED,
    AsJson,
    ModelOption,
    ReleaseOption,
    ended,
    home_directory,
    messages,
    output,
    print_json,
    progress_bar,
    state,
)
from gnn.objective import Variant
from gnn.target_score import ModelInfo
from ingest.build import BuildReport, build
from ingest.catalogue import read_catalogue
from ingest.fetch import Library, download
from ingest.options import BuildOptions
from ingest.sources import SOURCES
from kg.biolink import EvidenceClass
from kg.errors import BadArgument, TargetKgError
from kg.release import Home

if TYPE_CHECKING:
    from gnn.train import TrainOptions

app = typer.Typer(
    name="target-kg",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Rank drug targets on a knowledge graph, with the evidence behind each score.",
)
for _command in (
    cli_answers.rank,
    cli_answers.score,
    cli_answers.explain,
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
):
    app.command()(_command)
app.add_typer(cli_neo4j.app, name="neo4j")

Mirror = Annotated[
    Path | None, typer.Option(help="Folder with the full data; the bundled slice by default.")
]
Host = Annotated[str, typer.Option(help="Address to listen on; loopback by default.")]
Port = Annotated[int, typer.Option(min=0, max=65535)]
INTERRUPTED = 130


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
        exclude_classes=_classes(exclude_class),
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
) -> None:
    """Download the sources' pinned files; `build --mirror` reads them.

    Example: target-kg fetch mirror --source hgnc --source mondo
    """
    known = {s.id: s for s in SOURCES}
    for name in source or ():
        if name not in known:
            raise BadArgument(f"--source {name!r}: must be one of {', '.join(sorted(known))}")
    catalogue = read_catalogue()
    wanted = [known[name] for name in source] if source else list(SOURCES)
    paths = dict.fromkeys(f.path for s in wanted for f in s.files if f.path in catalogue)
    target.mkdir(parents=True, exist_ok=True)
    failed = 0
    for path in paths:
        try:
            download([path], target, catalogue, messages.print)
        except TargetKgError as error:
            failed += 1
            messages.print(f"{error}", markup=False)
    messages.print(f"{len(paths) - failed} of {len(paths)} files in {target}")
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def train(
    release: ReleaseOption = None,
    variant: Annotated[str, typer.Option(help="Which evidence it may rest on.")] = "",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    seeds: Annotated[int, typer.Option(min=1, max=20, help="Trainings of the network.")] = 3,
    exclude_class: Annotated[str, typer.Option(help="Further evidence classes to hide.")] = "",
    as_json: AsJson = False,
) -> None:
    """Train a model on a release.

    Example: target-kg train --variant no-clinical
    """
    from gnn.train import TrainOptions

    state.json = as_json
    chosen = TrainOptions(
        variant=_variant(variant),
        seed=seed,
        seeds=seeds,
        exclude=tuple(sorted(_classes(exclude_class))),
    )
    info = _train(state.home, release, chosen, as_json)
    told = {"model": info.id, "release": info.release, "variant": info.variant}
    if as_json:
        print_json(told)
    else:
        messages.print(f"model {info.id} ({info.variant}) of release {info.release}")


@app.command()
def evaluate(
    release: ReleaseOption = None,
    model: ModelOption = None,
    draws: Annotated[int, typer.Option(min=1, max=20, help="Draws of the split.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Measure a model on what it did not see, beside the baselines.

    Example: target-kg evaluate --draws 3 --json
    """
    from gnn.evaluate import evaluate as run

    state.json = as_json
    with progress_bar(as_json) as show:
        figures = run(state.home, state.home.open(release), model, show, draws)
    if as_json:
        print_json(figures)
    else:
        print_figures(figures)


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
    mirror: Mirror = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    as_json: AsJson = False,
) -> None:
    """Build from the bundled data, train, evaluate, and serve GraphQL.

    Example: target-kg demo --no-serve
    """
    from gnn.evaluate import evaluate as run
    from gnn.train import TrainOptions

    state.json = as_json
    library = Library.mirror(mirror) if mirror else Library.bundled()
    found = _build(state.home, library, BuildOptions(), None, as_json)
    for entry in found.sources:
        if entry["absent"] and not as_json:
            messages.print(f"without {entry['title']}: {entry['absent']}", markup=False)
    info = _train(state.home, found.release.id, TrainOptions(), as_json)
    with progress_bar(as_json) as show:
        figures = run(state.home, found.release, info.id, show, draws=1)
    if as_json:
        print_json({"release": found.release.id, "model": info.id, "metrics": figures})
    else:
        print_figures(figures)
    if no_serve:
        return
    _serve(state.home, host, port)


def print_figures(figures: dict[str, object]) -> None:
    """The figures a reader looks for first; all of them are in metrics.json."""
    from api.figures import lines

    for line in lines(figures):
        output.print(line, markup=False)


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


def _train(home: Home, release: str | None, chosen: TrainOptions, quiet: bool) -> ModelInfo:
    from gnn.train import train as run

    with progress_bar(quiet) as show:
        return run(home, home.open(release), chosen, show)


def _serve(home: Home, host: str, port: int) -> None:
    import uvicorn

    from api.app import EXAMPLE, create_app
    from api.shelf import Shelf

    service = create_app(Shelf(home))
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    messages.print(f"\nGraphiQL and GraphQL: http://{shown}:{port}/graphql\n", markup=False)
    messages.print(EXAMPLE, markup=False)
    uvicorn.run(service, host=host, port=port, log_level="warning", lifespan="on")


def _variant(name: str) -> Variant:
    try:
        return Variant(name) if name else Variant.HEADLINE
    except ValueError:
        known = ", ".join(v.value for v in Variant)
        raise BadArgument(f"--variant {name!r}: must be one of {known}") from None


def _classes(text: str) -> frozenset[EvidenceClass]:
    known = {c.value: c for c in EvidenceClass}
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise BadArgument(f"--exclude-class {name!r}: must be of {', '.join(sorted(known))}")
    return frozenset(known[name] for name in names)


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
    return 0


def run() -> None:
    """Entry of the console script."""
    sys.exit(main())


if __name__ == "__main__":
    run()
