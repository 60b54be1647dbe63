"""How much one request may ask for, measured before it runs.

The cost of a query is the number of values it may return at most: one for each field, times the
page size of every list above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    value_from_ast_untyped,
)
from graphql.pyutils import Undefined

from api.errors import Code, Refusal, bad_argument

_UNPAGED = 10
"""Length assumed of a list that has no page size: files of a source, atoms of a key ..."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for; the defaults suit a public server on two cores.

    Attributes:
        depth: Levels of nested fields.
        cost: Values the answer may hold at most.
        aliases: Aliased fields, fragments counted as often as they are spread.
        tokens: Of the query's text.
        page: Largest `first` of a list.
        ranking: Largest `first` of `rank`: a whole ranking is one page.
        terms: Names or identifiers in one list argument of `mapIds`, `nodes` or `rank`.
        body: Bytes of the request.
        seconds: After which an answer is given up.
    """

    depth: int = 16
    cost: int = 300_000
    aliases: int = 30
    tokens: int = 2_000
    page: int = 500
    ranking: int = 25_000
    terms: int = 25_000
    body: int = 1_000_000
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Size:
    """What a query asks for: levels of fields, values, aliases."""

    depth: int = 0
    cost: int = 0
    aliases: int = 0

    def beside(self, other: Size) -> Size:
        """Both, side by side."""
        return Size(
            max(self.depth, other.depth), self.cost + other.cost, self.aliases + other.aliases
        )


@dataclass(slots=True)
class Measure:
    """Walks the selections of one operation with the values of its variables."""

    schema: GraphQLSchema
    limits: Limits
    variables: Mapping[str, Any]
    fragments: Mapping[str, FragmentDefinitionNode]
    _spread: dict[tuple[str, int], Size] = field(default_factory=dict)

    def operation(self, node: OperationDefinitionNode) -> Size:
        """The size of an operation.

        Raises:
            Refusal: a page is larger than allowed.
        """
        root = self.schema.get_root_type(node.operation)
        return self._selections(node.selection_set, root, 1)

    def _selections(
        self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None, page: int
    ) -> Size:
        size = Size()
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                size = size.beside(self._field(node, parent, page))
            elif isinstance(node, FragmentSpreadNode):
                size = size.beside(self._fragment(node.name.value, page))
            elif isinstance(node, InlineFragmentNode):
                on = node.type_condition
                within = self.schema.get_type(on.name.value) if on else parent
                size = size.beside(self._selections(node.selection_set, within, page))
        return size

    def _fragment(self, name: str, page: int) -> Size:
        """A fragment is measured once for each page size it stands under."""
        if (name, page) not in self._spread:
            fragment = self.fragments[name]
            on = self.schema.get_type(fragment.type_condition.name.value)
            self._spread[name, page] = self._selections(fragment.selection_set, on, page)
        return self._spread[name, page]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, page: int) -> Size:
        definition = _definition(parent, node.name.value)
        if definition is None:
            return Size(1, 1, int(node.alias is not None))
        kind = get_named_type(definition.type)
        asked = self._page(node, definition, kind)
        times = 1
        if is_list_type(get_nullable_type(definition.type)) and is_composite_type(kind):
            times = self._listed(node) or page or _UNPAGED
        below = self._selections(node.selection_set, kind, asked)
        return Size(
            below.depth + 1, 1 + times * below.cost, below.aliases + int(node.alias is not None)
        )

    def _page(self, node: FieldNode, definition: GraphQLField, kind: GraphQLNamedType) -> int:
        """The page size a field sets for the lists right below it; 0 where it sets none."""
        if "first" not in definition.args:
            return 0
        asked = self._argument(node, "first")
        if asked is None:
            asked = definition.args["first"].default_value
        if asked is None or asked is Undefined or not isinstance(asked, int):
            return self.limits.page
        largest = self.limits.ranking if kind.name == "Ranking" else self.limits.page
        if asked > largest:
            message = f"{node.name.value}(first: {asked}) is too large; give 0..{largest}"
            raise Refusal(Code.PAGE_TOO_LARGE, message)
        if asked < 0:
            raise bad_argument(f"{node.name.value}(first)", asked, f"0..{largest}")
        return asked

    def _listed(self, node: FieldNode) -> int:
        """The length of the longest list among a field's arguments."""
        values = (self._argument(node, a.name.value) for a in node.arguments or ())
        return max((len(v) for v in values if isinstance(v, list)), default=0)

    def _argument(self, node: FieldNode, name: str) -> Any:
        for argument in node.arguments or ():
            if argument.name.value == name:
                return value_from_ast_untyped(argument.value, dict(self.variables))
        return None


def check_size(size: Size, limits: Limits) -> None:
    """Refuse a query that asks for more than is allowed.

    Raises:
        Refusal: with the code of the limit, the value and the limit.
    """
    for code, what, value, most in (
        (Code.TOO_DEEP, "levels of fields", size.depth, limits.depth),
        (Code.TOO_MANY_ALIASES, "aliases", size.aliases, limits.aliases),
        (Code.TOO_COSTLY, "values (page sizes multiplied)", size.cost, limits.cost),
    ):
        if value > most:
            raise Refusal(code, f"the query asks for {value} {what}; at most {most} are allowed")


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments that a document defines, by name."""
    found = (d for d in document.definitions if isinstance(d, FragmentDefinitionNode))
    return {fragment.name.value: fragment for fragment in found}


def _definition(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if name == "__schema":
        return SchemaMetaFieldDef
    if name == "__type":
        return TypeMetaFieldDef
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        found: GraphQLField | None = parent.fields.get(name)
        return found
    return None
