"""A release as one HTML page: what it was built from, what was set aside, what it looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import polars as pl
from polars import col

from api.release_plots import degree_plot, year_plot
from kg.biolink import Category
from kg.release import Release

_SHOWN_REASONS = 60
_EARLIEST = 1990
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c2733;background:#fff;max-width:1180px}
body{margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{margin-top:2.6rem;border-bottom:2px solid #dfe6ee}
h3{margin:.4rem 0}
nav a{margin-right:1.1rem;color:#2f6db3}
table{border-collapse:collapse;width:100%;font-size:.88rem}
th{text-align:left;background:#f2f5f9;position:sticky;top:0}
th.n{text-align:right}
th,td{padding:.3rem .55rem;border-bottom:1px solid #e6ebf1;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.v{white-space:nowrap}td small{color:#51606f}
.cards{display:flex;flex-wrap:wrap;gap:1rem;margin:1rem 0}
.card{background:#f2f5f9;border-radius:10px;padding:.7rem 1.1rem}
.card b{display:block;font-size:1.35rem}figure{margin:0}figcaption{font-weight:600}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:1.4rem}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:2rem}
.muted{color:#51606f}.bar{background:#2f6db3;height:.7rem;border-radius:3px;margin-top:.35rem}
.legend span{margin-right:1.1rem;white-space:nowrap}
.legend i{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.35rem}
"""
_PARTS = {
    "sources": "Sources",
    "joins": "How identifiers led to nodes",
    "compounds": "Compounds that sources share",
    "absent": "Not read",
    "graph": "Nodes and edges",
    "degrees": "Degrees",
    "evidence": "Evidence by year and class",
    "aside": "Rows set aside",
}


def page(release: Release) -> str:
    """The page, without anything to load from elsewhere."""
    manifest = release.manifest
    counts = manifest["counts"]
    read = [s for s in manifest["sources"] if not s["absent"]]
    title = f"Release {escape(release.id)}"
    told = {
        "sources": _sources(release, read),
        "joins": _joins(read),
        "compounds": _table(("what", "number"), manifest.get("compound_matches", {}).items()),
        "absent": _absent([s for s in manifest["sources"] if s["absent"]]),
        "graph": "<div class=two>"
        f"<div>{_bars('category', _ordered(_labels(counts['nodes_by_category'])), 'nodes')}</div>"
        f"<div>{_bars('edge type', _ordered(counts['edges_by_type']), 'edges')}</div></div>",
        "degrees": "<p class=muted>How many nodes (upwards) have so many edges (to the right); "
        f"both axes are logarithmic.</p><div class=plots>{''.join(_degrees(release))}</div>",
        "evidence": _evidence(release),
        "aside": _quarantine(release),
    }
    cards = _cards(
        {
            "nodes": counts["nodes"],
            "edges": counts["edges"],
            "records of evidence": counts["evidence"],
            "sources": len(read),
            "rows read": sum(s["rows"] for s in read),
            "rows set aside": sum(sum(s["quarantined"].values()) for s in read),
        }
    )
    links = "".join(f'<a href="#{k}">{escape(v)}</a>' for k, v in _PARTS.items())
    body = "".join(f'<h2 id="{k}">{escape(_PARTS[k])}</h2>{text}' for k, text in told.items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>"
        f"<p class=muted>built {escape(manifest['created'])} · {escape(_settings(release))}</p>"
        f"{cards}<nav>{links}</nav>{body}</html>\n"
    )


def _settings(release: Release) -> str:
    told = release.manifest["parameters"]
    return ", ".join(f"{k.replace('_', ' ')}: {v}" for k, v in told.items() if v)


def _cards(values: Mapping[str, int]) -> str:
    cards = (f"<div class=card><b>{n:,}</b>{escape(name)}</div>" for name, n in values.items())
    return f"<div class=cards>{''.join(cards)}</div>"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    listed = list(rows)
    first = listed[0] if listed else [""] * len(header)
    top = "".join(
        f"<th{' class=n' if isinstance(v, int | float) else ''}>{escape(h)}</th>"
        for h, v in zip(header, first, strict=True)
    )
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in listed)
    return f"<table><tr>{top}</tr>{body}</table>"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"<td class=n>{value:.1%}</td>"
    if isinstance(value, int):
        return f"<td class=n>{value:,}</td>"
    return f"<td>{escape(str(value))}</td>"


def _sources(release: Release, read: Sequence[Mapping[str, Any]]) -> str:
    """With join rates: the share of identifiers in kept rows that led to one node."""
    made = _scan(release, "evidence", "source").group_by("source").len().collect()
    records = dict(made.iter_rows())
    top = "".join(
        f"<th{' class=n' if h in _NUMBERS else ''}>{h}</th>"
        for h in ("source", "version", *_NUMBERS, "identifiers without a node")
    )
    body = "".join(_source(s, records.get(s["id"], 0)) for s in read)
    return f"<table><tr>{top}</tr>{body}</table>"


_NUMBERS = ("rows", "set aside", "records", "joined")


def _source(entry: Mapping[str, Any], records: int) -> str:
    lost = entry.get("unresolved", {})
    missed = sum(lost.values())
    rate: float | str = records / (records + missed) if records + missed else ""
    notes = ", ".join(f"{k}: {n:,}" for k, n in sorted(lost.items(), key=lambda kv: -kv[1]))
    return (
        f"<tr><td>{escape(entry['title'])}<br>"
        f"<small>{escape(entry.get('licence', ''))}</small></td>"
        f"<td class=v>{escape(entry['version'])}</td>"
        + "".join(map(_cell, (entry["rows"], sum(entry["quarantined"].values()), records, rate)))
        + f"<td><small>{escape(notes)}</small></td></tr>"
    )


def _joins(read: Sequence[Mapping[str, Any]]) -> str:
    """Distinct identifiers of each source, by the way that led to a node, and the rate that did."""
    told = {s["title"]: s["joins"] for s in read if s.get("joins", {}).get("seen")}
    if not told:
        return "<p>No source names a node that it does not make.</p>"
    ways = list(next(iter(told.values())))
    rows = [(title, *(joins[way] for way in ways)) for title, joins in told.items()]
    return _table(("source", *(way.replace("_", " ") for way in ways)), rows)


def _absent(entries: Sequence[Mapping[str, Any]]) -> str:
    if not entries:
        return "<p>Every source was read.</p>"
    return _table(("source", "why not"), [(s["title"], s["absent"]) for s in entries])


def _labels(counts: Mapping[str, int]) -> dict[str, int]:
    return {Category(c).label: n for c, n in counts.items()}


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda kv: -kv[1])


def _scan(release: Release, table: str, *columns: str) -> pl.LazyFrame:
    texts = pl.selectors.categorical() | pl.selectors.enum()
    return (
        pl.scan_parquet(release.table_path(table))
        .select(columns)
        .with_columns(texts.cast(pl.String))
    )


def _degrees(release: Release) -> Iterable[str]:
    """A plot for each category that has more than two different degrees."""
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
            yield degree_plot(category.label, points)


def _evidence(release: Release) -> str:
    """Years before `_EARLIEST` count with it."""
    year = col("first_public").dt.year().clip(lower_bound=_EARLIEST)
    rows = _scan(release, "evidence", "first_public", "evidence_class")
    counted = rows.group_by(year, "evidence_class").len("n").collect()
    totals = counted.group_by("evidence_class").agg(col("n").sum())
    names = totals.sort("n", descending=True)
    years: dict[int, dict[str, int]] = {}
    for when, name, n in counted.iter_rows():
        years.setdefault(when, {})[name] = n
    plot = year_plot(years, names["evidence_class"].to_list())
    note = (
        f"<p class=muted>By the year a record was first public, {_EARLIEST} and before together. "
        "A record without a date of its own has that of its paper or of its source's release: "
        "the highest bars are years of releases.</p>"
    )
    return note + plot + _bars("class", list(names.iter_rows()), "records")


def _bars(what: str, rows: Sequence[tuple[object, int]], of: str) -> str:
    most = max((n for _, n in rows), default=1)
    body = "".join(
        f"<tr><td class=v>{escape(str(name))}</td><td class=n>{n:,}</td>"
        f'<td style="width:40%"><div class=bar style="width:{100 * n / most:.2f}%"></div></td></tr>'
        for name, n in rows
    )
    return f"<table><tr><th>{what}</th><th class=n>{of}</th><th></th></tr>{body}</table>"


def _quarantine(release: Release) -> str:
    """The commonest reasons, each with the first line it stands in."""
    rows = _scan(release, "quarantine", "source", "file", "line", "reason")
    counted = (
        rows.group_by("source", "reason")
        .agg(pl.len().alias("n"), col("file", "line").sort_by("file", "line").first())
        .sort("n", descending=True)
        .head(_SHOWN_REASONS)
        .collect()
    )
    shown = (
        (r["source"], r["reason"], r["n"], f"{r['file']}:{r['line']}")
        for r in counted.iter_rows(named=True)
    )
    return _table(("source", "reason", "rows", "for example"), shown)
