"""The model card: what a model is for, what it was made from, how good it is and where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnn.card_figures import CARD, Rows
from gnn.figures import at, said
from gnn.markdown import table
from gnn.measures import Measure, command_of, measure, measures_table, report_command
from gnn.objective import OBJECTIVES, Variant
from gnn.ranking import HEADLINE
from gnn.target_score import ModelInfo
from kg.release import Release

Values = Mapping[str, Any]


def text(release: Release, info: ModelInfo, figures: Values) -> str:
    """The card in Markdown."""
    parts = [
        f"# Model card: {info.id}",
        _what(release, info),
        "## For what, and for what not",
        _USES,
        "## Made from",
        _made_from(release, info, figures),
        "## How good",
        "A command that ends in a key prints metrics as JSON; the key is the path to the number "
        f"in it. Recall is {HEADLINE} over all protein-coding "
        "genes of a disease, mean over diseases, with the 95 % interval of 1,000 draws of "
        "diseases; the whole tables are in report.html and metrics.json.",
        _rankings(figures),
        str(at(figures, "default/reason") or "What is the default was not measured."),
        "## Calibration and uncertainty",
        _calibration(figures),
        *(part for name, rows in CARD.items() for part in _head(figures, name, rows)),
        "## What an interval says",
        "Each probability has an interval from resampled clusters and from the trainings of the "
        "network. A pair without direct evidence says NO_EVIDENCE, which is not a low score; a "
        "gene the network can say little of says OUT_OF_DISTRIBUTION.",
        "## Known to fail",
        _failures(figures),
    ]
    return "\n\n".join(parts) + "\n"


_USES = """- For ranking genes as drug targets of a disease, with the evidence behind each rank, by
people who know the disease.
- Not for diagnosis, not for decisions on a patient, not as the only ground of a programme.
- A score is not the chance that a drug will work. Causality is of the gene in the disease,
reversibility of how far a drug on such a target got, druggability of the gene alone.""".replace(
    "\nn", " n"
)


def _head(figures: Values, name: str, rows: Rows) -> tuple[str, str]:
    return f"## {name}", measures_table(measure(figures, what, path) for what, path in rows)


def _what(release: Release, info: ModelInfo) -> str:
    left_out = ", ".join(sorted(c.value for c in Variant(info.variant).excluded)) or "nothing"
    return (
        f"Variant `{info.variant}` (evidence left out: {left_out}), trained {info.created} on "
        f"release `{release.id}`; {len(info.seeds)} trainings of the network, seeds "
        f"{', '.join(map(str, info.seeds))}. {Variant(info.variant).about}"
    )


def _made_from(release: Release, info: ModelInfo, figures: Values) -> str:
    told = release.manifest
    read = [s for s in told["sources"] if not s["absent"]]
    as_of = told["parameters"].get("as_of") or "none: everything in the release"
    command = report_command(release)
    made = [
        Measure("sources read, each pinned by SHA-256", said(len(read)), command),
        Measure("records of evidence", said(told["counts"]["evidence"]), command),
        Measure("as of", as_of, command),
        *(measure(figures, what, f"training/{key}") for what, key in _TRAINED),
    ]
    hidden = [
        (
            o.name,
            ", ".join(sorted(o.labels)) or "statements on gene and disease",
            ", ".join(sorted(c.value for c in o.hidden_classes)),
            o.negatives,
        )
        for o in OBJECTIVES
    ]
    header = ("objective", "learns from", "classes hidden", "negatives")
    return measures_table(made) + "\n\n" + table(header, hidden)


_TRAINED = (
    ("gene-disease pairs that are learned from", "pairs"),
    ("gene-disease pairs in the direct part", "pairs_served"),
    ("clinical records in the direct part", "clinical_records"),
    ("diseases with evidence", "diseases_with_evidence"),
    ("genes ranked", "genes"),
)


def _rankings(figures: Values) -> str:
    splits = ("zero_shot", "time", "family")
    names = dict.fromkeys(n for s in splits for n in at(figures, f"{s}/methods") or {})
    rows = [
        (
            name.replace("_", " "),
            *(said(at(figures, f"{s}/methods/{name}/{HEADLINE}")) for s in splits),
        )
        for name in names
    ]
    asked = ("queries", *(said(at(figures, f"{s}/queries")) for s in splits))
    rare = ("prevalence", *(said(at(figures, f"{s}/prevalence")) for s in splits))
    made = ("command", *(f"`{command_of(figures, s)} --json : {s}`" for s in splits))
    header = ("method", "diseases never seen", "genes found later", "families never seen")
    return table(header, [*rows, asked, rare, made])


def _calibration(figures: Values) -> str:
    rows = [
        (
            name,
            at_what,
            said(row.get("prevalence")),
            said(row.get("ece")),
            said(row.get("brier_skill")),
            f"`{command_of(figures, 'calibration')} --json : calibration/{name}/{at_what}`",
        )
        for name, section in (figures.get("calibration") or {}).items()
        for at_what in ("natural", "sampled")
        if (row := section.get(at_what))
    ]
    return table(("score", "at", "prevalence", "ECE", "Brier skill", "command"), rows)


def _failures(figures: Values) -> str:
    lines = [
        f"- On `{name}` the served model is not shown to beat: {', '.join(lost)}."
        for name in ("zero_shot", "time", "family")
        if (lost := at(figures, f"{name}/not_beaten"))
    ]
    lines += [f"- {why}" for why in (at(figures, "training/abstains") or {}).values()]
    lines += [
        "- Evidence follows fame: what nobody studied has no direct evidence. The bias figures say "
        "how far the scores go with publications and degree.",
        "- Interactions, pathways and annotations of genes carry no day: in the time split they "
        "know what was learned since.",
        "- Curated refutations are a veto and are not something the network finds.",
    ]
    return "\n".join(lines)
