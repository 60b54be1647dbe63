"""Neo4j Browser in headless Chromium: connect, run a query, read what is drawn."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SECONDS = 60_000


@dataclass(frozen=True)
class Drawing:
    """What one result frame shows as a graph.

    Attributes:
        fills: Fill colour (`#rrggbb`) -> number of node circles.
        strokes: Colour -> number of relationship arrows.
        captions: Texts on the nodes, lines joined.
    """

    nodes: int
    relationships: int
    fills: Counter[str]
    strokes: Counter[str]
    captions: tuple[str, ...]


class BrowserPage:
    """One open page of Neo4j Browser."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def connect(self, url: str) -> None:
        """Open the page and wait until our guide is shown."""
        self._page.goto(url)
        self._page.get_by_text("Targets and diseases").first.wait_for(timeout=_SECONDS)

    def run(self, cypher: str) -> Locator:
        """Type a query, run it, and wait for its result frame."""
        frames = self._page.locator('[data-testid="frame"]')
        before = frames.count()
        self._page.locator('[data-testid="activeEditor"] .monaco-editor[role="code"]').click()
        self._page.keyboard.press("ControlOrMeta+A")
        self._page.keyboard.insert_text(cypher)
        self._page.locator('[data-testid="editor-Run"]').click()
        frames.nth(before).wait_for(timeout=_SECONDS)
        return frames.first

    def drawing(self, frame: Locator) -> Drawing:
        """The graph that a frame shows, once it has come to rest."""
        frame.locator("svg g.node").first.wait_for(timeout=_SECONDS)
        self._page.wait_for_timeout(3000)
        circles = frame.locator("svg g.node circle.b-outline")
        arrows = frame.locator("svg g.relationship path.b-outline")
        captions = frame.locator("svg g.node").evaluate_all(
            "nodes => nodes.map("
            "n => [...n.querySelectorAll('text')].map(t => t.textContent).join(' '))"
        )
        return Drawing(
            nodes=frame.locator("svg g.node").count(),
            relationships=frame.locator("svg g.relationship").count(),
            fills=Counter(_colours(circles)),
            strokes=Counter(_colours(arrows)),
            captions=tuple(str(c) for c in captions),
        )

    def screenshot(self, path: Path) -> None:
        """Keep what the page shows."""
        self._page.screenshot(path=path)


def _colours(shapes: Locator) -> list[str]:
    return [
        str(c).lower() for c in shapes.evaluate_all("all => all.map(s => s.getAttribute('fill'))")
    ]


def chromium() -> str | None:
    """The installed Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def open_browser(program: str, width: int = 1500, height: int = 1000) -> Iterator[BrowserPage]:
    """A page in a fresh profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield BrowserPage(browser.new_page(viewport={"width": width, "height": height}))
        finally:
            browser.close()
