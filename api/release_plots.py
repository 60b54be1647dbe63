"""Plots of a release as SVG text: nothing is loaded, nothing is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, log10

_WIDE, _HIGH, _EDGE, _RIGHT = 420, 240, 58, 28
_YEARS_WIDE, _YEARS_HIGH = 1100, 320
_GREY = "#51606f"
PALETTE = (
    "#2f6db3",
    "#d9782d",
    "#3c9a5f",
    "#b8433f",
    "#7d5ba6",
    "#8a6d3b",
    "#d276a8",
    "#6b7a88",
    "#b5a42e",
    "#37a3b3",
    "#a9c4e4",
)
"""One colour an evidence class, told apart by people who do not see red and green apart too."""


def degree_plot(title: str, points: Sequence[tuple[int, int]]) -> str:
    """How many nodes have so many edges, both axes logarithmic.

    Args:
        title: Above the plot.
        points: (edges, nodes), both at least 1.
    """
    right = max(ceil(log10(max(x for x, _ in points)) * 2) / 2, 1.0)
    top = max(ceil(log10(max(y for _, y in points)) * 2) / 2, 1.0)

    def across(x: float) -> float:
        return _EDGE + x / right * (_WIDE - _EDGE - _RIGHT)

    def up(y: float) -> float:
        return _HIGH - _EDGE - y / top * (_HIGH - _EDGE - 14)

    dots = "".join(
        f'<circle cx="{across(log10(x)):.1f}" cy="{up(log10(y)):.1f}" r="2.4"/>' for x, y in points
    )
    grid = "".join(
        f'<path d="M{across(t):.0f} 14V{_HIGH - _EDGE}"/>' for t in range(int(right) + 1)
    ) + "".join(f'<path d="M{_EDGE} {up(t):.0f}H{_WIDE - _RIGHT}"/>' for t in range(int(top) + 1))
    ticks = "".join(
        f'<text x="{across(t):.0f}" y="{_HIGH - _EDGE + 17}" text-anchor="middle">{10**t:,}</text>'
        for t in range(int(right) + 1)
    ) + "".join(
        f'<text x="{_EDGE - 6}" y="{up(t) + 4:.0f}" text-anchor="end">{10**t:,}</text>'
        for t in range(int(top) + 1)
    )
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {_WIDE} {_HIGH}" font-size="12" role="img">'
        f'<g stroke="#e3e9ef">{grid}</g><g fill="{PALETTE[0]}" fill-opacity=".7">{dots}</g>'
        f'<g fill="{_GREY}">{ticks}<text x="{(_WIDE + _EDGE) / 2}" y="{_HIGH - 8}" '
        f'text-anchor="middle">edges of a node</text></g></svg></figure>'
    )


def year_plot(counts: Mapping[int, Mapping[str, int]], names: Sequence[str]) -> str:
    """Records first public in each year, stacked by class.

    Args:
        counts: Year -> class -> records; years without a record may be left out.
        names: The classes, the lowest in the stack first.
    """
    if not counts:
        return ""
    first, last = min(counts), max(counts)
    most = max(sum(told.values()) for told in counts.values())
    step = (_YEARS_WIDE - 90) / (last - first + 1)
    high = _YEARS_HIGH - 60
    bars, ticks = [], []
    for year in range(first, last + 1):
        x, level = 80 + (year - first) * step, 0.0
        for k, name in enumerate(names):
            n = counts.get(year, {}).get(name, 0)
            tall = n / most * high
            level += tall
            if n:
                bars.append(
                    f'<rect x="{x:.1f}" y="{20 + high - level:.2f}" width="{step * 0.86:.1f}" '
                    f'height="{tall:.2f}" fill="{PALETTE[k % len(PALETTE)]}">'
                    f"<title>{year} {escape(name)}: {n:,}</title></rect>"
                )
        if year % _every(last - first) == 0:
            ticks.append(
                f'<text x="{x + step * 0.43:.1f}" y="{high + 38}" text-anchor="middle">'
                f"{year}</text>"
            )
    levels = "".join(
        f'<text x="74" y="{24 + high * (1 - part):.0f}" text-anchor="end">{most * part:,.0f}</text>'
        f'<path d="M80 {20 + high * (1 - part):.0f}H{_YEARS_WIDE - 10}" stroke="#e3e9ef"/>'
        for part in (0, 0.5, 1)
    )
    return (
        f'<figure><svg viewBox="0 0 {_YEARS_WIDE} {_YEARS_HIGH}" font-size="13" fill="{_GREY}" '
        f'role="img">{levels}{"".join(ticks)}{"".join(bars)}</svg>{legend(names)}</figure>'
    )


def _every(span: int) -> int:
    """Years between labels."""
    return 1 if span < 12 else 5 if span < 60 else 10


def legend(names: Sequence[str]) -> str:
    """Which colour is which."""
    keys = "".join(
        f'<span><i style="background:{PALETTE[k % len(PALETTE)]}"></i>{escape(name)}</span>'
        for k, name in enumerate(names)
    )
    return f"<p class=legend>{keys}</p>"
