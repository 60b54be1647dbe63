"""Relay connections: pages of lists whose order never changes within a release.

A cursor names the release, the list and the place in it. A list is known by a digest of whatever
decides its members and their order, so a cursor is refused where it does not belong.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Generic, Protocol, TypeVar

import strawberry

from api.errors import Code, Refusal, bad_argument

T = TypeVar("T")
K = TypeVar("K")

First = Annotated[int, strawberry.argument(description="How many items at most.")]
After = Annotated[str | None, strawberry.argument(description="Go on after this cursor.")]

_DIGITS = 8


@strawberry.type
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    """An item of a list with its cursor."""

    cursor: str
    node: T


@strawberry.type
class Connection(Generic[T]):
    """A page of a list."""

    nodes: list[T]
    total_count: int = strawberry.field(description="Items in the whole list.")
    place: strawberry.Private[Place]

    @strawberry.field(description="The page's items with their cursors.")
    def edges(self) -> list[Edge[T]]:
        return [Edge(cursor=self.place.cursor(i), node=n) for i, n in enumerate(self.nodes)]

    @strawberry.field(description="Where the page lies in its list.")
    def page_info(self) -> PageInfo:
        return self.place.info(len(self.nodes), self.total_count)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins, in which list of which release."""

    release: str
    list_id: str
    start: int

    def cursor(self, item: int) -> str:
        """The cursor of the page's item."""
        text = f"{self.release}.{self.list_id}.{self.start + item}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def info(self, shown: int, total: int) -> PageInfo:
        """What Relay wants to know of the page."""
        return PageInfo(
            has_next_page=self.start + shown < total,
            has_previous_page=self.start > 0,
            start_cursor=self.cursor(0) if shown else None,
            end_cursor=self.cursor(shown - 1) if shown else None,
        )


@dataclass(frozen=True, slots=True)
class Cursor:
    """A cursor as a client gave it back."""

    release: str
    list_id: str
    item: int

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor.

        Raises:
            Refusal: BAD_ARGUMENT, it was not made here.
        """
        try:
            plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            release, list_id, item = plain.split(".")
            return cls(release, list_id, int(item))
        except (binascii.Error, ValueError):
            raise bad_argument("after", text, "a cursor of an earlier page") from None


class Released(Protocol):
    """What a page is cut from: one release, which knows whether another is still there."""

    @property
    def release_id(self) -> str:
        """Which release it is."""

    def require(self, release_id: str) -> None:
        """Raise RELEASE_GONE where there is no such release."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    first: int
    after: Cursor | None = None

    @classmethod
    def of(cls, first: int, after: str | None) -> Page:
        """From a field's arguments."""
        return cls(first, Cursor.parse(after) if after else None)

    def start(self, released: Released, list_id: str) -> int:
        """Where the page begins in a list.

        Raises:
            Refusal: the cursor is another list's, or another release's.
        """
        if self.after is None:
            return 0
        if self.after.release != released.release_id:
            released.require(self.after.release)
            message = f"after: the cursor is of release {self.after.release}, not of "
            remedy = f"{released.release_id}; pass release: {self.after.release!r}"
            raise Refusal(Code.BAD_ARGUMENT, message + remedy)
        if self.after.list_id != list_id:
            raise bad_argument("after", "a cursor of another list", "one of this list's own")
        return max(self.after.item + 1, 0)


def list_id(question: Hashable) -> str:
    """A short digest of what decides a list's members and their order.

    The question's `repr` must be the same in every process: it holds no sets.
    """
    return hashlib.blake2b(repr(question).encode(), digest_size=_DIGITS // 2).hexdigest()


def paged(
    released: Released,
    page: Page,
    lists: Sequence[Sequence[K]],
    questions: Sequence[Hashable],
    build: Callable[[list[tuple[int, K]]], Sequence[T]],
) -> list[Connection[T]]:
    """One page of each list, all their items built together.

    Args:
        released: The release they are of.
        page: Which part of each.
        lists: One list an owner.
        questions: What decides each list, its owner included.
        build: From (owner, item) of all pages, in order, to what is shown of each.
    """
    keys = [list_id(question) for question in questions]
    starts = [page.start(released, key) for key in keys]
    parts = [items[s : s + page.first] for items, s in zip(lists, starts, strict=True)]
    built = iter(build([(owner, item) for owner, part in enumerate(parts) for item in part]))
    return [
        Connection(
            nodes=_take(built, part),
            total_count=len(items),
            place=Place(released.release_id, key, s),
        )
        for part, items, key, s in zip(parts, lists, keys, starts, strict=True)
    ]


def _take(built: Iterator[T], part: Sequence[object]) -> list[T]:
    return list(islice(built, len(part)))
