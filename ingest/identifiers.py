"""Identifiers in columns: other spellings to CURIEs, by expressions and never row by row."""

from __future__ import annotations

from functools import cache

import polars as pl

from kg.curie import PREFIXES


def as_curie(text: pl.Expr, prefix: str | None = None) -> pl.Expr:
    """A column of identifiers as CURIEs of known prefixes, spelled as `kg.curie` does.

    Reads `PREFIX:local`, `PREFIX_local` and IRIs; null where it is none of these or malformed.

    Args:
        text: The identifiers.
        prefix: Prefix of bare local ids; then nothing else is read.
    """
    if prefix is not None:
        local = text.str.strip_chars()
        return pl.when(local.str.contains(_patterns()[prefix])).then(pl.lit(f"{prefix}:") + local)
    iris, curies = _iris()
    plain = text.str.strip_chars().str.replace_many(iris, curies, leftmost=True)
    parts = plain.str.extract_groups(r"^([A-Za-z][A-Za-z0-9.]*)[:_](.+)$")
    known = parts.struct[0].replace_strict(_spellings(), default=None, return_dtype=pl.String)
    local = pl.when(known == "OMIMPS").then(parts.struct[1].str.strip_prefix("PS"))
    curie = known + pl.lit(":") + local.otherwise(parts.struct[1])
    return pl.when(curie.str.contains(_any_pattern())).then(curie)


@cache
def _spellings() -> dict[str, str]:
    """Every way to spell a prefix -> the prefix; lower and upper case included."""
    found: dict[str, str] = {}
    for record in PREFIXES:
        for name in (record.prefix, *record.prefix_synonyms):
            for spelling in (name, name.lower(), name.upper()):
                found.setdefault(spelling, record.prefix)
    return found


@cache
def _patterns() -> dict[str, str]:
    return {r.prefix: f"^(?:{r.pattern})$" for r in PREFIXES if r.pattern}


@cache
def _any_pattern() -> str:
    """One expression that matches exactly the well-formed CURIEs."""
    escaped = ((r.prefix.replace(".", r"\."), r.pattern) for r in PREFIXES if r.pattern)
    return "^(?:" + "|".join(f"{prefix}:(?:{pattern})" for prefix, pattern in escaped) + ")$"


@cache
def _iris() -> tuple[list[str], list[str]]:
    """IRI beginnings and the CURIE beginnings they stand for, longest first."""
    web = [r for r in PREFIXES if r.uri_prefix.startswith("http")]
    web.sort(key=lambda r: -len(r.uri_prefix))
    return [r.uri_prefix for r in web], [f"{r.prefix}:" for r in web]
