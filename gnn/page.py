"""Pieces of a page that loads nothing: the frame, tables, and plots with what they show."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

STYLE = """
body{font:15px/1.55 system-ui,sans-serif;color:#1c2733;max-width:1160px}
body{margin:2rem auto;padding:0 1.2rem}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{margin-top:2.6rem;border-bottom:2px solid #dfe6ee}
h3{margin-bottom:.3rem}table{border-collapse:collapse;font-size:.85rem;margin:.6rem 0}
th{text-align:left;background:#f2f5f9}th,td{padding:.25rem .6rem;border-bottom:1px solid #e6ebf1}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td small{color:#66737f;display:block}tr.served td{background:#fff4ec;font-weight:600}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(430px,1fr));gap:1.4rem}
figure{margin:0}figure svg{max-width:100%;height:auto}
figcaption,.muted{font-size:.88rem;color:#51606f}
code{background:#f2f5f9;padding:.1rem .3rem;border-radius:4px;font-size:.85em}
.said{background:#f2f5f9;border-left:4px solid #2563ab;padding:.6rem 1rem;margin:1rem 0}
.warn{background:#fff4ec;border-left:4px solid #c2410c;padding:.6rem 1rem;margin:1rem 0}
"""


def document(title: str, body: str) -> str:
    """A page that loads nothing."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    return f"{head}<style>{STYLE}</style>{body}</html>\n"


def spread(value: Sequence[float], digits: int = 3) -> str:
    """A cell with a mean and its interval."""
    mean, lower, upper = (f"{v:.{digits}f}" for v in value)
    return f"<td class=n>{mean}<small>{lower} to {upper}</small></td>"


def figure(drawing: str, caption: str) -> str:
    """A plot with what it shows."""
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A plain table."""
    top = "".join(f"<th>{escape(h)}</th>" for h in header)
    body = "".join("<tr>" + "".join(_cell(c) for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _cell(value: object) -> str:
    if isinstance(value, list) and len(value) == 3 and None not in value:
        return spread(value)
    if isinstance(value, int | float):
        return f"<td class=n>{value:,}</td>"
    return f"<td>{escape('-' if value is None else str(value))}</td>"
