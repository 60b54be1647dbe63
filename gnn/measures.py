"""A figure with the command that makes it, as the model card and the risk profile show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gnn.figures import at, said
from gnn.markdown import table
from kg.release import Release

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """One line.

    Attributes:
        what: In words.
        value: As `gnn.figures.said` writes it.
        command: What to type for it.
    """

    what: str
    value: str
    command: str


def command_of(figures: Values, section: str) -> str:
    """What to type for a section of metrics.json."""
    unknown = "target-kg train" if section == "training" else f"target-kg evaluate --only {section}"
    return str(figures.get("commands", {}).get(section, unknown))


def measure(figures: Values, what: str, path: str) -> Measure:
    """The figure at a path; a whole number at its end is a place in a list."""
    value = at(figures, path)
    if value is None and path.rpartition("/")[2].isdigit():
        listed = at(figures, path.rpartition("/")[0])
        value = listed[int(path.rpartition("/")[2])] if listed else None
    command = command_of(figures, path.partition("/")[0])
    return Measure(what, said(value), f"{command} --json : {path}")


def report_command(release: Release) -> str:
    """What to type for what a release was built from."""
    return f"target-kg report --release {release.id} --json"


def measures_table(measures: Iterable[Measure]) -> str:
    """A Markdown table of them."""
    rows = [(m.what, m.value, f"`{m.command}`") for m in measures]
    return table(("what", "value", "command"), rows)
