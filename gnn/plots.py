"""Plots of a model's figures as SVG texts, to stand inside a page that loads nothing.

The same figures give the same text: identifiers inside are salted with a constant and no day is
written.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gnn.ranking import CUTS, HEADLINE

Values = Mapping[str, Any]
SERVED_COLOUR, PART, SIMPLE_COLOUR = "#c2410c", "#2563ab", "#8b98a5"
PARTS = ("kernel_ridge", "graph_network", "boosting", "embedding")
STYLE = {
    "svg.hashsalt": "target-kg",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#66737f",
    "font.family": "sans-serif",
}


def svg(figure: Figure) -> str:
    """The figure as an `<svg>` element."""
    stream = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(stream, format="svg", bbox_inches="tight", metadata={"Date": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def canvas(width: float = 5.4, height: float = 3.4) -> tuple[Figure, Axes]:
    """An empty plot."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots()


def colour_of(method: str, served: str) -> str:
    """The served model, its parts and other learners, and what needs no training."""
    if method == served:
        return SERVED_COLOUR
    return PART if method in PARTS else SIMPLE_COLOUR


def measured(section: Values) -> dict[str, Any]:
    """Methods of a ranking section that have figures, best first."""
    rows = {n: r for n, r in section.get("methods", {}).items() if HEADLINE in r}
    return dict(sorted(rows.items(), key=lambda pair: -pair[1][HEADLINE][0]))


def ranking_curves(section: Values) -> str:
    """Recall against how far down one reads, both axes logarithmic."""
    figure, axes = canvas()
    for name, row in measured(section).items():
        served = name == section["served"]
        recall = [max(row[f"recall@{cut}"][0], 1e-4) for cut in CUTS]
        axes.plot(
            CUTS,
            recall,
            marker="o",
            markersize=3,
            label=name.replace("_", " "),
            color=SERVED_COLOUR if served else None,
            linewidth=2.4 if served else 1.1,
        )
    axes.set(xscale="log", xlabel="genes read from the top", ylabel="share of genes found (recall)")
    axes.set_ylim(bottom=0)
    axes.set_xticks(CUTS, [str(c) for c in CUTS])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=7)
    return svg(figure)


def method_bars(section: Values, measure: str = HEADLINE) -> str:
    """A measure of every method with its 95 % interval."""
    rows = measured(section)
    served = str(section["served"])
    names = list(rows)[::-1]
    return intervals(
        [n.replace("_", " ") for n in names],
        [rows[n][measure] for n in names],
        f"{measure}, mean over diseases and 95 % interval",
        [colour_of(n, served) for n in names],
    )


def intervals(
    names: Sequence[str],
    values: Sequence[Sequence[float]],
    label: str,
    colours: Sequence[str] | str = PART,
    line_at: float | None = None,
) -> str:
    """A dot and an interval a name: values are (mean, lower, upper)."""
    figure, axes = canvas(height=0.7 + 0.26 * len(names))
    shades = [colours] * len(names) if isinstance(colours, str) else colours
    for place, ((mean, lower, upper), shade) in enumerate(zip(values, shades, strict=True)):
        axes.plot([lower, upper], [place, place], color=shade, linewidth=2.2, alpha=0.55)
        axes.plot([mean], [place], "o", color=shade, markersize=5)
    axes.set_yticks(range(len(names)), names)
    if line_at is not None:
        axes.axvline(line_at, color="#66737f", linewidth=0.8, linestyle=":")
    axes.set_xlabel(label)
    axes.grid(axis="x", color="#e6ebf1")
    axes.set_axisbelow(True)
    return svg(figure)


def reliability_diagram(curves: Mapping[str, Sequence[Sequence[float]]], logarithmic: bool) -> str:
    """Said against seen; the diagonal is a perfect calibration, a dot's size how many pairs."""
    figure, axes = canvas(3.9, 3.6)
    points = [p for rows in curves.values() for p in rows]
    low = min((min(p[0], p[1]) for p in points if min(p[0], p[1]) > 0), default=1e-4)
    low = low / 2 if logarithmic else 0.0
    high = max((max(p[0], p[1]) for p in points), default=1.0) * 1.15
    axes.plot([low, high], [low, high], color="#66737f", linewidth=0.8, linestyle=":")
    for name, rows in curves.items():
        axes.plot([p[0] for p in rows], [p[1] for p in rows], "-o", markersize=4, label=name)
    if logarithmic:
        axes.set(xscale="log", yscale="log")
    axes.set(
        xlim=(low, high), ylim=(low, high), xlabel="probability said", ylabel="share seen to be so"
    )
    axes.legend(frameon=False, fontsize=8)
    return svg(figure)


SPLITS_OF_GENES = ("random", "homology_reduced", "purged")
"""How homologues are held out where genes are called."""


def coverage_accuracy(direction: Values) -> str:
    """Balanced accuracy of direction calls against the share called, of genes and of pairs."""
    pairs = direction.get("served_pairs", {})
    curves = {
        **{f"genes, {s.replace('_', ' ')}": direction.get(s, {}) for s in SPLITS_OF_GENES},
        "pairs": pairs,
        "pairs, no shared drug": pairs.get("no_shared_drug", {}),
    }
    figure, axes = canvas()
    for label, section in curves.items():
        curve = section.get("curve")
        if curve:
            told = [
                (c, a)
                for c, a in zip(curve["coverage"], curve["balanced_accuracy"], strict=True)
                if a is not None
            ]
            axes.plot([c for c, _ in told], [a for _, a in told], "-o", markersize=4, label=label)
    axes.axhline(0.5, color="#66737f", linewidth=0.8, linestyle=":")
    axes.set(xlabel="share called, most certain first", ylabel="balanced accuracy")
    axes.set_ylim(0.3, 1.02)
    axes.legend(frameon=False, fontsize=8, title="homologues held out, or pairs", title_fontsize=8)
    return svg(figure)


def by_area(areas: Values) -> str:
    """Said and seen by therapeutic area, joined by a line."""
    names = list(areas)[::-1]
    figure, axes = canvas(height=0.8 + 0.24 * len(names))
    for place, name in enumerate(names):
        said, seen = areas[name]["said"], areas[name]["seen"]
        axes.plot([said, seen], [place, place], color="#c5ced8", linewidth=2)
        axes.plot([said], [place], "o", color=PART, label="said" if place == 0 else None)
        axes.plot([seen], [place], "s", color=SERVED_COLOUR, label="seen" if place == 0 else None)
    axes.set_yticks(range(len(names)), [f"{n} ({areas[n]['positives']})" for n in names])
    axes.set_xlabel("mean probability said, and share seen (positives in brackets)")
    axes.set_xlim(left=0)
    axes.legend(frameon=False, fontsize=8)
    return svg(figure)


def matched_panel(section: Values) -> str:
    """AUROC of each method as it is, and against genes as famous or as connected."""
    rows = measured(section)
    names = list(rows)[::-1]
    figure, axes = canvas(height=0.8 + 0.28 * len(names))
    marks = {
        "auroc": ("o", SIMPLE_COLOUR, "all other genes"),
        "auroc_matched_by_publications": ("s", SERVED_COLOUR, "as many publications"),
        "auroc_matched_by_degree": ("^", PART, "as many edges"),
    }
    told = {m: how for m, how in marks.items() if all(m in rows[n] for n in names)}
    for measure, (mark, shade, label) in told.items():
        axes.plot(
            [rows[n][measure][0] for n in names],
            range(len(names)),
            mark,
            color=shade,
            label=label,
            linestyle="none",
        )
    axes.axvline(0.5, color="#66737f", linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(names)), [n.replace("_", " ") for n in names])
    axes.set_xlabel("AUROC, each gene to find against")
    axes.legend(frameon=False, fontsize=8)
    return svg(figure)
