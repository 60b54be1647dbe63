r"""The little Markdown that the model card and the risk profile are written in, as HTML.

Headings, paragraphs, lists, tables, **bold** and `code`; nothing else is used there.

>>> as_html("# A **b**\n\n- one\n- two")
'<h1>A <b>b</b></h1>\n<ul><li>one</li><li>two</li></ul>'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape


def as_html(text: str) -> str:
    """HTML of a whole text; everything in it is escaped."""
    blocks = [b for b in re.split(r"\n\s*\n", text.strip()) if b.strip()]
    return "\n".join(_block(b.strip().splitlines()) for b in blocks)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_plain(c) for c in line) + " |" for line in lines)


def _plain(cell: object) -> str:
    return str(cell).replace("|", "/").replace("\n", " ")


def _block(lines: list[str]) -> str:
    first = lines[0]
    if first.startswith("#"):
        level = len(first) - len(first.lstrip("#"))
        return f"<h{level}>{_inline(first.lstrip('# '))}</h{level}>"
    if first.startswith("- "):
        items = "".join(f"<li>{_inline(i[2:])}</li>" for i in lines)
        return f"<ul>{items}</ul>"
    if first.startswith("|"):
        return _table(lines)
    return f"<p>{_inline(' '.join(lines))}</p>"


def _table(lines: list[str]) -> str:
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in lines]
    top = "".join(f"<th>{_inline(c)}</th>" for c in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{_inline(c)}</td>" for c in row) + "</tr>" for row in rows[2:]
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _inline(text: str) -> str:
    bold = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", bold)
