"""Query texts to checked documents, each parsed and validated once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    validate,
    value_from_ast_untyped,
)

from api.errors import Code, Refusal
from api.limits import Limits, Measure, Size, check_size, fragments_of

_KEPT = 512
_MAX_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """A document that may run, or what is wrong with it.

    Attributes:
        errors: Empty when it may run.
        fragments: By name.
    """

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    fragments: Mapping[str, FragmentDefinitionNode] | None = None


class Documents:
    """Checks query texts against a schema; safe to share between threads."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self.check = lru_cache(maxsize=_KEPT)(self._check)

    def measure(self, checked: Checked, name: str | None, variables: Mapping[str, Any]) -> Size:
        """The size of one operation of a checked document.

        Raises:
            Refusal: no such operation, or it asks for more than is allowed.
        """
        operation = _operation(checked, name)
        known = dict(_defaults(operation)) | dict(variables)
        measure = Measure(self._schema, self._limits, known, checked.fragments or {})
        size = measure.operation(operation)
        check_size(size, self._limits)
        return size

    def _check(self, text: str) -> Checked:
        try:
            document = parse(text, max_tokens=self._limits.tokens)
            errors = validate(self._schema, document, max_errors=_MAX_ERRORS)
        except GraphQLError as error:
            return Checked(None, (self._coded(error),))
        except RecursionError:
            return Checked(None, (_deep(self._limits),))
        if errors:
            return Checked(None, tuple(self._coded(e) for e in errors))
        return Checked(document, (), fragments_of(document))

    def _coded(self, error: GraphQLError) -> GraphQLError:
        code, message = Code.BAD_QUERY, error.message
        if "tokens. Parsing aborted" in message:
            code = Code.TOO_COSTLY
            message = f"the query's text has more than {self._limits.tokens} tokens; use variables"
        return GraphQLError(
            message, error.nodes, error.source, error.positions, extensions={"code": code.value}
        )


def _deep(limits: Limits) -> GraphQLError:
    message = f"the query nests too deeply; at most {limits.depth} levels of fields are allowed"
    return GraphQLError(message, extensions={"code": Code.TOO_DEEP.value})


def _operation(checked: Checked, name: str | None) -> OperationDefinitionNode:
    found = [
        d
        for d in (checked.document.definitions if checked.document else ())
        if isinstance(d, OperationDefinitionNode)
        and (name is None or (d.name is not None and d.name.value == name))
    ]
    if len(found) != 1:
        many = "several operations; name one in operationName" if found else "no such operation"
        raise Refusal(Code.BAD_QUERY, f"operationName {name!r}: the document has {many}")
    return found[0]


def _defaults(operation: OperationDefinitionNode) -> list[tuple[str, Any]]:
    return [
        (d.variable.name.value, value_from_ast_untyped(d.default_value))
        for d in operation.variable_definitions or ()
        if d.default_value is not None
    ]
