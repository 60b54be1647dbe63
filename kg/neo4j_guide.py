"""What Neo4j Browser shows of ours: the guide, the style, the saved queries.

All are rendered from `neo4j_assets/guide.toml`; another form of guide (newer Browsers read
AsciiDoc) is another function over the same `Guide`.
"""

from __future__ import annotations

import io
import tomllib
import zipfile
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

_SOURCE = Path(__file__).with_name("neo4j_assets") / "guide.toml"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_DARK, _LIGHT = "#1B1F24", "#FFFFFF"
_SCORED = ("CAUSES", "GENETICALLY_ASSOCIATED_WITH", "ASSOCIATED_WITH")


@dataclass(frozen=True, slots=True)
class GuideQuery:
    """A query that the guide offers.

    Attributes:
        needs: Edge types it draws on, spelled as `str(EdgeType)`; where a release has them all,
            the query finds something.
        shows: `graph` or `table`.
    """

    name: str
    cypher: str
    shows: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the guide."""

    title: str
    text: str
    queries: tuple[GuideQuery, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """The guide and the colours that go with it."""

    title: str
    folder: str
    intro: str
    sections: tuple[Section, ...]
    colours: dict[str, str]
    relationship_colours: dict[str, str]

    @property
    def queries(self) -> list[GuideQuery]:
        """Every query, in order."""
        return [query for section in self.sections for query in section.queries]


def read_guide() -> Guide:
    """The guide as its source states it."""
    told = tomllib.loads(_SOURCE.read_text(encoding="utf-8"))
    return Guide(
        title=told["title"],
        folder=told["folder"],
        intro=told["intro"].strip(),
        sections=tuple(_section(section) for section in told["section"]),
        colours=told["colours"],
        relationship_colours=told["relationship_colours"],
    )


def browser_files() -> dict[str, bytes]:
    """What is served under /browser/kg/."""
    guide = read_guide()
    return {
        "guide.html": as_html(guide).encode(),
        "style.grass": as_grass(guide).encode(),
        "queries.zip": as_zip(guide),
    }


def as_html(guide: Guide) -> str:
    """The guide as Neo4j Browser's `:play` and `:guide` read it: a slide a section."""
    first = _slide(
        guide.title,
        f"<p>{escape(guide.intro)}</p><p>Drop <a href='/browser/kg/queries.zip' "
        "download='queries.zip'>the saved queries</a> on the star at the left to keep them all."
        f"</p>{_legend(guide)}",
    )
    slides = [first, *(_slide(s.title, _section_html(s)) for s in guide.sections)]
    carousel = f'<carousel class="deck container-fluid">{"".join(slides)}</carousel>'
    return f'<article class="guide">{carousel}</article>\n'


def as_grass(guide: Guide) -> str:
    """The style sheet: one colour a label, claims coloured and other relationships grey."""
    rules = [
        _rule("node", {**_node_style("#A5ABB6"), "diameter": "50px", "caption": "'{name}'"}),
        _rule("relationship", _relationship_style("#A5ABB6", "'<type>'")),
    ]
    for label, colour in guide.colours.items():
        caption = {"Evidence": "'{source}'", "Fact": "'{key}'", "Name": "'{term}'"}
        shown = caption.get(label, "'{term}'" if label == "Identifier" else "'{name}'")
        size = {"Gene": "56px", "Disease": "64px"}.get(label, "50px")
        rules.append(
            _rule(f"node.{label}", {**_node_style(colour), "diameter": size, "caption": shown})
        )
    for name, colour in guide.relationship_colours.items():
        caption_of = "'{score}'" if name in _SCORED else "'<type>'"
        rules.append(_rule(f"relationship.{name}", _relationship_style(colour, caption_of)))
    return "\n".join(rules) + "\n"


def as_zip(guide: Guide) -> bytes:
    """The saved queries: `folder/name.cypher`, titled by a comment in their first line."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for query in guide.queries:
            name = f"{guide.folder}/{query.name.replace(',', '').replace(' ', '_')}.cypher"
            text = f"// {query.name}\n{query.cypher}\n"
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text)
    return content.getvalue()


def _section(told: dict[str, Any]) -> Section:
    queries = tuple(
        GuideQuery(q["name"], q["cypher"].strip(), q["shows"], tuple(q["needs"]))
        for q in told["query"]
    )
    return Section(told["title"], told["text"].strip(), queries)


def _slide(title: str, body: str) -> str:
    return (
        f'<slide class="row-fluid"><div class="col-sm-3"><h3>{escape(title)}</h3></div>'
        f'<div class="col-sm-9">{body}</div></slide>'
    )


def _section_html(section: Section) -> str:
    figures = "".join(
        f"<figure><figcaption>{escape(q.name)}</figcaption>"
        f'<pre class="pre-scrollable code runnable">{escape(q.cypher)}</pre></figure>'
        for q in section.queries
    )
    return f"<p>{escape(section.text)}</p>{figures}"


def _legend(guide: Guide) -> str:
    chips = "".join(
        f'<span style="background:{colour};color:{_ink(colour)};border-radius:10px;'
        f'padding:2px 8px;margin:2px;display:inline-block">{label}</span>'
        for label, colour in guide.colours.items()
    )
    return f"<p>{chips}</p>"


def _node_style(colour: str) -> dict[str, str]:
    return {
        "color": colour,
        "border-color": _shade(colour),
        "border-width": "2px",
        "text-color-internal": _ink(colour),
        "font-size": "10px",
    }


def _relationship_style(colour: str, caption: str) -> dict[str, str]:
    return {
        "color": colour,
        "shaft-width": "2px",
        "font-size": "8px",
        "padding": "3px",
        "text-color-external": "#3B4149",
        "text-color-internal": _LIGHT,
        "caption": caption,
    }


def _rule(selector: str, values: dict[str, str]) -> str:
    return f"{selector} {{\n" + "".join(f"  {k}: {v};\n" for k, v in values.items()) + "}"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _ink(colour: str) -> str:
    """The text colour that reads better on a background (ITU-R BT.601 brightness)."""
    red, green, blue = _channels(colour)
    return _DARK if 0.299 * red + 0.587 * green + 0.114 * blue > 150 else _LIGHT


def _shade(colour: str) -> str:
    """The colour, a quarter darker."""
    return "#" + "".join(f"{channel * 3 // 4:02X}" for channel in _channels(colour))
