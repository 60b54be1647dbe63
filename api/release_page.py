"""A release as one HTML page: what it was built from, what was set aside, what it looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from math import log10

import polars as pl
from polars import col

from kg.biolink import Category
from kg.release import Release

_WIDE, _HIGH, _EDGE = 420, 240, 42
_SHOWN_REASONS = 60
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c2733;max-width:1180px}
body{margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{margin-top:2.4rem;border-bottom:2px solid #dfe6ee}
table{border-collapse:collapse;width:100%;font-size:.88rem}
th{text-align:left;background:#f2f5f9;position:sticky;top:0}
th,td{padding:.3rem .55rem;border-bottom:1px solid #e6ebf1;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.cards{display:flex;flex-wrap:wrap;gap:1rem}
.card{background:#f2f5f9;border-radius:10px;padding:.7rem 1.1rem}
.card b{display:block;font-size:1.35rem}figure{margin:0}figcaption{font-size:.85rem;color:#51606f}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(400px,1fr));gap:1.2rem}
.muted{color:#66737f}.bar{background:#3a7bbf;height:.7rem;border-radius:3px}
"""


def page(release: Release) -> str:
    """The page, without anything to load from elsewhere."""
    manifest = release.manifest
    counts = manifest["counts"]
    parts = [
        f"<h1>Release {escape(release.id)}</h1>",
        f"<p class=muted>{escape(manifest['created'])} · {escape(_settings(release))}</p>",
        _cards(
            {
                "nodes": counts["nodes"],
                "edges": counts["edges"],
                "records of evidence": counts["evidence"],
                "sources": sum(not s["absent"] for s in manifest["sources"]),
                "rows set aside": sum(sum(s["quarantined"].values()) for s in manifest["sources"]),
            }
        ),
        "<h2>Sources</h2>",
        _sources(release),
        "<h2>Nodes and edges</h2>",
        _counts("category", counts["nodes_by_category"]),
        _counts("edge type", counts["edges_by_type"]),
        "<h2>Degrees</h2><div class=plots>",
        *_degrees(release),
        "</div><h2>Evidence by year first public, and by class</h2>",
        _years(release),
        _classes(release),
        "<h2>Set aside</h2>",
        _quarantine(release),
    ]
    title = f"<title>Release {escape(release.id)}</title>"
    head = f'<!doctype html><meta charset="utf-8">{title}<style>{_STYLE}</style>'
    return head + "\n".join(parts) + "\n"


def _settings(release: Release) -> str:
    told = release.manifest["parameters"]
    return ", ".join(f"{k} {v}" for k, v in told.items() if v) or "everything, no filter"


def _cards(values: Mapping[str, int]) -> str:
    cards = (f"<div class=card><b>{n:,}</b>{escape(name)}</div>" for name, n in values.items())
    return f"<div class=cards>{''.join(cards)}</div>"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    top = "".join(f"<th>{escape(h)}</th>" for h in header)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"<td class=n>{value:,}</td>"
    if isinstance(value, float):
        return f"<td class=n>{value:.1%}</td>"
    return f"<td>{escape(str(value))}</td>"


def _sources(release: Release) -> str:
    """With join rates: the share of identifiers in kept rows that led to one node."""
    made = _scan(release, "evidence", "source").group_by("source").len().collect()
    records = dict(made.iter_rows())
    rows: list[tuple[object, ...]] = []
    for s in release.manifest["sources"]:
        if s["absent"]:
            rows.append((s["title"], "", "", 0, 0, 0, 0, "", f"not read: {s['absent']}"))
            continue
        lost = sum(s.get("unresolved", {}).values())
        told = records.get(s["id"], 0)
        rate: float | str = told / (told + lost) if told + lost else ""
        notes = ", ".join(f"{k}: {n:,}" for k, n in s.get("unresolved", {}).items())
        aside = sum(s["quarantined"].values())
        rows.append(
            (s["title"], s["version"], s["licence"], s["rows"], aside, told, lost, rate, notes)
        )
    header = ("source", "version", "licence", "rows", "set aside", "records", "ids without node")
    return _table((*header, "joined", "which"), rows)


def _counts(what: str, counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda kv: -kv[1])
    return _table((what, "number"), ordered)


def _scan(release: Release, table: str, *columns: str) -> pl.LazyFrame:
    texts = pl.selectors.categorical() | pl.selectors.enum()
    return (
        pl.scan_parquet(release.table_path(table))
        .select(columns)
        .with_columns(texts.cast(pl.String))
    )


def _degrees(release: Release) -> Iterable[str]:
    """Log-log plots: how many nodes of a category have so many edges."""
    edges = _scan(release, "edges", "subject", "subject_category", "object", "object_category")
    ends = pl.concat(
        [
            edges.select(id="subject", category="subject_category"),
            edges.select(id="object", category="object_category"),
        ]
    )
    degrees = ends.group_by("category", "id").len("degree")
    counted = degrees.group_by("category", "degree").len("nodes").collect()
    for category in Category:
        rows = counted.filter(col("category") == str(category)).sort("degree")
        if len(rows) > 2:
            points = list(rows.select("degree", "nodes").iter_rows())
            yield _scatter(category.label, points)


def _scatter(title: str, points: Sequence[tuple[int, int]]) -> str:
    right = max(log10(max(x for x, _ in points)), 1.0)
    top = max(log10(max(y for _, y in points)), 1.0)

    def across(x: float) -> float:
        return _EDGE + x / right * (_WIDE - _EDGE - 10)

    def up(y: float) -> float:
        return _HIGH - _EDGE - y / top * (_HIGH - _EDGE - 12)

    dots = "".join(
        f'<circle cx="{across(log10(x)):.1f}" cy="{up(log10(y)):.1f}" r="2.2"/>' for x, y in points
    )
    ticks = "".join(
        f'<text x="{across(t):.0f}" y="{_HIGH - _EDGE + 16}" text-anchor="middle">{10**t:,}</text>'
        for t in range(int(right) + 1)
    ) + "".join(
        f'<text x="{_EDGE - 5}" y="{up(t) + 4:.0f}" text-anchor="end">{10**t:,}</text>'
        for t in range(int(top) + 1)
    )
    frame = f'<path d="M{_EDGE} 8V{_HIGH - _EDGE}H{_WIDE - 8}" fill="none" stroke="#9aa7b4"/>'
    return (
        f'<figure><svg viewBox="0 0 {_WIDE} {_HIGH}" font-size="10" fill="#3a7bbf">{frame}'
        f'<g fill-opacity=".65">{dots}</g><g fill="#51606f">{ticks}</g>'
        f'<text x="{_WIDE / 2}" y="{_HIGH - 8}" text-anchor="middle" fill="#51606f">edges a node'
        f"</text></svg><figcaption>{escape(title)}: nodes by number of edges, both axes "
        "logarithmic</figcaption></figure>"
    )


def _years(release: Release) -> str:
    dated = _scan(release, "evidence", "first_public").select(year=col("first_public").dt.year())
    counted = dated.group_by("year").len("n").sort("year").collect()
    return _bars("year", list(counted.iter_rows()))


def _classes(release: Release) -> str:
    counted = _scan(release, "evidence", "evidence_class").group_by("evidence_class").len("n")
    return _bars("class", list(counted.sort("n", descending=True).collect().iter_rows()))


def _bars(what: str, rows: Sequence[tuple[object, int]]) -> str:
    most = max((n for _, n in rows), default=1)
    body = "".join(
        f"<tr><td>{escape(str(name))}</td><td class=n>{n:,}</td>"
        f'<td style="width:70%"><div class=bar style="width:{100 * n / most:.2f}%"></div></td></tr>'
        for name, n in rows
    )
    return f"<table><tr><th>{what}</th><th>records</th><th></th></tr>{body}</table>"


def _quarantine(release: Release) -> str:
    """The commonest reasons, each with the first line it stands in."""
    rows = _scan(release, "quarantine", "source", "file", "line", "reason")
    counted = (
        rows.group_by("source", "reason")
        .agg(pl.len().alias("n"), col("file").sort_by("file", "line").first(), col("line").min())
        .sort("n", descending=True)
        .head(_SHOWN_REASONS)
        .collect()
    )
    shown = (
        (r["source"], r["reason"], r["n"], f"{r['file']}:{r['line']}")
        for r in counted.iter_rows(named=True)
    )
    return _table(("source", "reason", "rows", "for example"), shown)
