"""The report's part on calibration: whether probabilities are right, and what sets leave open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gnn import plots
from gnn.page import figure, table

Values = Mapping[str, Any]
PREVALENCES: Mapping[str, str] = {
    "natural": "natural",
    "sampled": "sampled",
    "as_served": "natural, the served curve itself",
}
_RELIABLE = ("pairs", "positives", "prevalence", "ece", "brier_skill")
_SETS = {
    "coverage": "covered",
    "coverage_of_positives": "of positives",
    "coverage_of_others": "of others",
    "decided": "one class alone",
    "called_causal": "called causal",
    "right_of_called_causal": "right of those called causal",
}


def lines(section: Values) -> Iterator[str]:
    """The part, from the calibration figures of metrics.json."""
    if not section:
        return
    yield "<h2>Are the probabilities right</h2>"
    measured = {n.replace("_", " "): r for n, r in section.items() if "natural" in r}
    yield (
        "<p>On genes the curve was not fitted on (families of genes halved; reversibility: "
        "diseases halved), at the natural prevalence and at a sampled one of ten others a "
        "positive. <i>Supported</i> and <i>indirect</i> are the two curves; <i>causality</i> and "
        "<i>druggability</i> are what is served, the first without the line over both curves "
        "too.</p><div class=plots>"
    )
    natural = {n: r["natural"]["reliability"] for n, r in measured.items()}
    drawn = {n: r["sampled"]["reliability"] for n, r in measured.items() if "sampled" in r}
    yield figure(plots.reliability_diagram(natural, True), "Natural prevalence, logarithmic.")
    if drawn:
        yield figure(plots.reliability_diagram(drawn, False), "Sampled prevalence, 1 in 11.")
    for name, row in measured.items():
        if row.get("by_area"):
            yield figure(plots.by_area(row["by_area"]), f"{name}: by therapeutic area.")
    yield "</div>"
    yield _table(measured)
    yield from _kinds(measured, section.get("causality_beside", {}))
    yield from _areas(measured)
    yield from _conformal(measured)


def _table(measured: Values) -> str:
    rows = [
        [name, title, *(told[k] for k in _RELIABLE), *_top_tenth(told)]
        for name, row in measured.items()
        for at, title in PREVALENCES.items()
        if (told := row.get(at))
    ]
    return table(["score", "prevalence", *_RELIABLE, "top tenth: said", "seen"], rows)


def _top_tenth(told: Values) -> list[object]:
    return [told.get("top_tenth", {}).get(k) for k in ("said", "seen")]


def _kinds(measured: Values, beside: Values) -> Iterator[str]:
    rows = [
        [name, kind, told["pairs"], told["said"], told["seen"]]
        for name, row in measured.items()
        for kind, told in row.get("by_evidence", {}).items()
    ]
    if beside.get("pairs"):
        rows.append(["causality", *(beside[k] for k in ("of", "pairs", "said", "seen"))])
    if rows:
        yield "<h3>By what direct evidence there is, at the natural prevalence</h3>"
        yield table(["score", "direct evidence", "pairs", "said", "seen"], rows)


def _areas(measured: Values) -> Iterator[str]:
    rows = [
        [name, area, told["positives"], told["ece"], told["brier_skill"], *_top_tenth(told)]
        for name, row in measured.items()
        for area, one in row.get("by_area", {}).items()
        if (told := one.get("sampled"))
    ]
    if rows:
        yield "<h3>By therapeutic area, at the sampled prevalence</h3>"
        header = ("score", "area", "positives", "ece", "brier_skill", "top tenth: said", "seen")
        yield table(header, rows)


def _conformal(measured: Values) -> Iterator[str]:
    rows = [
        [name, level, *(told[k] for k in _SETS)]
        for name, row in measured.items()
        for level, told in row.get("conformal", {}).items()
    ]
    if not rows:
        return
    yield (
        "<h3>Conformal sets: what is not ruled out</h3><p>Of each class the share <i>level</i> "
        "keeps its own outcome. That is coverage and no precision: positives are rare, and the "
        "last column says how many of the pairs called causal are.</p>"
    )
    yield table(["score", "level", *_SETS.values()], rows)
