"""What all commands share: where things are kept, progress, results, and how errors end."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from platformdirs import user_data_dir
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from kg.errors import BadArgument, TargetKgError, UnknownNode
from kg.release import Home

HOME_VARIABLE = "TARGET_KG_HOME"
FAILED, MISUSED = 1, 2
"""Exit codes: something went wrong; the command was asked for what can't be."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
ReleaseOption = Annotated[
    str | None, typer.Option("--release", help="Id of a release; the current one by default.")
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="Id of a model; the newest by default.")
]
VariantOption = Annotated[
    str | None,
    typer.Option("--variant", help="full, no-clinical or no-clinical-no-literature."),
]
WeightsOption = Annotated[
    str | None, typer.Option("--weights", help="For example causality=2,druggability=1.")
]

_FULL = re.compile(
    r"No space left on device|Not enough free space|Disk quota exceeded"
    r"|^\d+ requested and \d+ written$",
    re.MULTILINE,
)

WIDE = 120
"""Columns where the output is no terminal and tells none."""

output = Console(soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
messages = Console(stderr=True, soft_wrap=True)


class State:
    """What the options before the command set."""

    home: Home = Home(Path())
    json: bool = False


state = State()


def home_directory(given: Path | None) -> Home:
    """`--home`, else TARGET_KG_HOME, else the platform's directory for data."""
    path = given or Path(os.environ.get(HOME_VARIABLE) or user_data_dir("target-kg"))
    return Home(path.expanduser())


def print_json(value: Any) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Callable[..., None]]:
    """A bar on stderr that is told a stage, the share of it done (0 to 1), and what is done now."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages, disable=quiet) as bar:
        stages: dict[str, TaskID] = {}

        def show(stage: str, share: float, note: str = "") -> None:
            if stage not in stages:
                stages[stage] = bar.add_task(stage, total=1.0)
            said = f"{stage}: {note}"[:50] if note else stage
            bar.update(stages[stage], completed=min(share, 1.0), description=said)

        yield show


DISK_FULL = (
    "the disk is full; free some space, or give another --home or --out, and run it again: nothing "
    "unfinished was published"
)


def disk_full(error: Exception) -> bool:
    """Whether an error says, in the words of whichever library met it, that a disk is full."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or _FULL.search(str(error)) is not None


def ended(error: TargetKgError) -> int:
    """Say an error in one line on stderr; returns the exit code."""
    candidates = getattr(error, "candidates", ())
    if state.json:
        told = {
            "error": type(error).__name__,
            "message": str(error),
            "candidates": [{"id": c.id, "name": c.name} for c in candidates],
        }
        sys.stderr.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(f"target-kg: {error}\n")
        if candidates and isinstance(error, UnknownNode):
            sys.stderr.write("the nearest names:\n")
        for candidate in candidates:
            sys.stderr.write(f"  {candidate.id}\t{candidate.name}\n")
    return MISUSED if isinstance(error, BadArgument) else FAILED
