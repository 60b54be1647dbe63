"""Commands that train models and measure them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from api.console import (
    AsJson,
    ModelOption,
    ReleaseOption,
    messages,
    output,
    print_json,
    progress_bar,
    state,
)
from gnn.objective import Variant
from gnn.target_score import ModelInfo
from kg.biolink import EvidenceClass
from kg.errors import BadArgument, ModelNotFound
from kg.release import Home, Release

if TYPE_CHECKING:
    from gnn.evaluate import EvaluateOptions
    from gnn.train import TrainOptions

ALL = "all"
Variants = Annotated[
    str,
    typer.Option(
        "--variant", help="full, no-clinical, no-clinical-no-literature (the default), or all."
    ),
]
Day = datetime | None


def train(
    release: ReleaseOption = None,
    variant: Variants = "",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    seeds: Annotated[int, typer.Option(min=1, max=20, help="Trainings of the network.")] = 3,
    folds: Annotated[
        int, typer.Option(min=2, max=20, help="Parts of the diseases, each scored unseen.")
    ] = 3,
    exclude_class: Annotated[str, typer.Option(help="Further evidence classes to hide.")] = "",
    trust: Annotated[
        bool, typer.Option("--trust", help="Count what can be forged by its independent sources.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train a model on a release, or one of each variant.

    Example: target-kg train --variant all
    """
    from gnn.train import TrainOptions

    state.json = as_json
    hidden = tuple(sorted(classes(exclude_class)))
    made = [
        trained(
            state.home,
            release,
            TrainOptions(v, seed=seed, seeds=seeds, folds=folds, exclude=hidden, trust=trust),
        )
        for v in variants(variant)
    ]
    told = [
        {"model": i.id, "release": i.release, "variant": i.variant}
        | {"training": i.metrics["training"]}
        for i in made
    ]
    if as_json:
        print_json(told[0] if len(told) == 1 else {"models": told})
    else:
        for info in made:
            messages.print(f"model {info.id} ({info.variant}) of release {info.release}")
            training = cast("Mapping[str, Mapping[str, str]]", info.metrics.get("training", {}))
            for why in training.get("abstains", {}).values():
                messages.print(why, markup=False)


def evaluate(
    release: ReleaseOption = None,
    model: ModelOption = None,
    variant: Annotated[
        str | None, typer.Option("--variant", help="Of which variant, or all of them.")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, max=20, help="Draws of the split.")] = 3,
    cut: Annotated[
        Day, typer.Option(formats=["%Y-%m-%d"], help="Time split: last day that is visible.")
    ] = None,
    start: Annotated[
        Day, typer.Option("--from", formats=["%Y-%m-%d"], help="Time split: first day to find.")
    ] = None,
    no_embedding: Annotated[
        bool, typer.Option("--no-embedding", help="Without the embedding baseline (PyKEEN).")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Measure this section alone; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model on what it did not see, beside the baselines; writes a report beside it.

    Example: target-kg evaluate --draws 3 --json
    """
    from gnn.evaluate import EvaluateOptions
    from gnn.time_split import CUT, FROM, Period

    state.json = as_json
    period = Period(cut.date() if cut else CUT, start.date() if start else FROM)
    options = EvaluateOptions(draws, period, not no_embedding, tuple(only or ()))
    opened = state.home.open(release)
    ids = _models(opened, model, variant)
    found = {i: evaluated(state.home, opened, i, options, as_json) for i in ids}
    if as_json:
        print_json({"models": found} if variant == ALL else next(iter(found.values())))


def evaluated(
    home: Home, release: Release, model: str | None, options: EvaluateOptions, quiet: bool
) -> dict[str, Any]:
    """Measure one model, and say the figures unless quiet."""
    from gnn.evaluate import evaluate as run

    with progress_bar(quiet) as show:
        figures = run(home, release, model, show, options)
    if not quiet:
        print_figures(figures)
    return figures


def trained(home: Home, release: str | None, chosen: TrainOptions) -> ModelInfo:
    """Train one model, with a progress bar unless JSON was asked for."""
    from gnn.train import train as run

    with progress_bar(state.json) as show:
        return run(home, home.open(release), chosen, show)


def print_figures(figures: dict[str, Any]) -> None:
    """The figures a reader looks for first; all of them are in metrics.json."""
    from api.figures import lines

    for line in lines(figures):
        output.print(line, markup=False)


def variants(name: str) -> tuple[Variant, ...]:
    """The variants a word stands for; the headline where there is none.

    Raises:
        BadArgument: no such variant.
    """
    if name == ALL:
        return tuple(Variant)
    try:
        return (Variant(name) if name else Variant.HEADLINE,)
    except ValueError:
        known = ", ".join([*Variant, ALL])
        raise BadArgument(f"--variant {name!r}: must be one of {known}") from None


def classes(text: str) -> frozenset[EvidenceClass]:
    """Evidence classes from a list with commas.

    Raises:
        BadArgument: no such class.
    """
    known = {c.value: c for c in EvidenceClass}
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise BadArgument(f"--exclude-class {name!r}: must be of {', '.join(sorted(known))}")
    return frozenset(known[name] for name in names)


def _models(release: Release, model: str | None, variant: str | None) -> list[str]:
    """Ids of the models meant: one, or the newest of each variant.

    Raises:
        ModelNotFound: there is none.
    """
    from gnn import checkpoint

    if variant != ALL:
        if variant:
            variants(variant)
        return [checkpoint.find(state.home, release, model, variant).name]
    if model:
        raise BadArgument(f"--variant all asks for all models, --model {model} for one")
    found = []
    for one in Variant:
        try:
            found.append(checkpoint.find(state.home, release, None, one.value).name)
        except ModelNotFound:
            messages.print(f"no {one.value} model of release {release.id}", markup=False)
    if not found:
        raise ModelNotFound(
            f"no model of release {release.id}; make some with: target-kg train --variant all"
        )
    return found
