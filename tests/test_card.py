"""Every number in the model card and the risk profile has the command that made it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from api.cli import app
from gnn import audit_pages, model_card, risk_profile
from gnn.card_figures import CARD
from gnn.evaluate import SECTIONS, EvaluateOptions
from gnn.figures import at
from gnn.risk_profile import CHARACTERISTICS
from gnn.target_score import ModelInfo
from gnn.train import TrainOptions
from kg.biolink import EvidenceClass
from kg.release import Release

TRAINED = ("pairs", "pairs_served", "clinical_records", "diseases_with_evidence", "genes")
SPLITS = ("zero_shot", "time", "family")
COMMAND = re.compile(r"`(target-kg [^`:]+?)(?: : ([^`]+))?`")


@pytest.fixture(scope="module")
def info(release: Release) -> ModelInfo:
    return ModelInfo("0" * 12, release.id, "full", (0, 1, 2), "2026-01-01T00:00:00+00:00", {})


@pytest.fixture(scope="module")
def figures(release: Release, info: ModelInfo) -> dict[str, Any]:
    """A number at every path that card or profile read."""
    options = TrainOptions(exclude=(EvidenceClass.LITERATURE,), trust=True)
    made = EvaluateOptions().command
    commands = {name: made(release.id, info.id, name) for name, _ in SECTIONS}
    told: dict[str, Any] = {"commands": commands}
    told["commands"]["training"] = options.command(release.id)
    for _, path in (*paths(), *(("", f"training/{key}") for key in TRAINED)):
        keys, last = path.split("/")[:-1], path.split("/")[-1]
        if last.isdigit():
            keys, last = keys[:-1], keys[-1]
        here = told
        for key in keys:
            here = here.setdefault(key, {})
        here[last] = [0.25, 0.125, 0.5]
    for split in SPLITS:
        told[split] |= {"queries": 12, "prevalence": 0.01}
    told["calibration"]["indirect"]["natural"] = {"prevalence": 0.01, "ece": 0.02}
    return told


def paths() -> Iterator[tuple[str, str]]:
    for rows in (*CARD.values(), *CHARACTERISTICS.values()):
        yield from rows


def rows_of(text: str) -> Iterator[tuple[list[str], list[str], list[list[str]]]]:
    """Of each table header, a row of it, and all its rows."""
    for block in text.split("\n\n"):
        if block.startswith("|"):
            lines = [[c.strip() for c in line.strip("|").split("|")] for line in block.splitlines()]
            yield from ((lines[0], row, lines[2:]) for row in lines[2:])


@pytest.fixture(scope="module")
def texts(release: Release, info: ModelInfo, figures: dict[str, Any]) -> dict[str, str]:
    return {m.__name__: m.text(release, info, figures) for m in (model_card, risk_profile)}


def test_every_row_with_a_number_has_a_command(texts: dict[str, str]) -> None:
    seen = 0  # the table of objectives is a declaration: nothing in it is measured
    for text in texts.values():
        for header, row, table in rows_of(text):
            numbers = [c for c in row[1:] if not c.startswith("`") and re.search(r"\d", c)]
            below = [r for r in table if r[0] == "command"]
            if numbers and header[0] != "objective":
                told = [row[-1]] if "command" in header else below[0][1:]
                assert all(COMMAND.fullmatch(c) for c in told), row
                seen += 1
    assert seen > 60


def test_a_command_names_the_place_of_its_number(
    texts: dict[str, str], figures: dict[str, Any]
) -> None:
    for text in texts.values():
        for _, path in COMMAND.findall(text):
            if path:
                last = path.rpartition("/")
                assert at(figures, last[0] if last[2].isdigit() else path) is not None, path
    assert "not measured" not in texts["gnn.model_card"].partition("## Druggability")[2]


def test_commands_can_be_typed(texts: dict[str, str]) -> None:
    """Each is one that the program takes, options and all."""
    known = typer.main.get_command(app)
    typed = {c for text in texts.values() for c, _ in COMMAND.findall(text)}
    assert {c.split()[1] for c in typed} == {"train", "evaluate", "report", "verify"}
    for command in sorted(typed):
        _, name, *arguments = command.split()
        known.commands[name].make_context(name, arguments)  # type: ignore[attr-defined]


def test_training_is_told_as_it_was_done() -> None:
    options = TrainOptions(seeds=1, folds=2, exclude=(EvidenceClass.SAFETY,), trust=True)
    settings = {"variant": options.variant.value, "seed": 0, "seeds": 1, "folds": 2}
    assert TrainOptions.of({**settings, "exclude": ["safety"], "trust": True}) == options
    assert options.command("r").endswith("--seeds 1 --folds 2 --exclude-class safety --trust")


def test_the_page_shows_how_faithful_explanations_are() -> None:
    sizes = {"first 1": [0.25, 0.125, 0.5]}
    one = {"deletion": sizes, "insertion": sizes}
    pyg = {"fidelity_plus": [0.71] * 3, "fidelity_minus": [0.72] * 3, "unfaithfulness": [0.73] * 3}
    section = {
        "unit": "share",
        "pairs": 3,
        "shown": one | pyg,
        "random": one | pyg,
        "gain_over": {"random": {"deletion": {"first 1": [0.74] * 3}, "insertion": sizes}},
        "stability": [0.75] * 3,
        "pyg": "of the first 5",
    }
    page = "".join(audit_pages.explanation(section))
    assert all(f"{value:.3f}" in page for value in (0.71, 0.72, 0.73, 0.74, 0.75))
    assert "fidelity+" in page
