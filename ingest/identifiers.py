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
        return pl.when(well_formed(local, prefix)).then(pl.lit(f"{prefix}:") + local)
    return text.map_batches(_curies, return_dtype=pl.String, is_elementwise=True)


def well_formed(local: pl.Expr, prefix: str) -> pl.Expr:
    """Whether texts are local ids of a prefix as `kg.curie.PREFIXES` has them; null for null."""
    return local.str.contains(_patterns()[prefix])


def _curies(texts: pl.Series) -> pl.Series:
    """A CURIE a text; of texts that recur each is looked at once."""
    distinct = texts.unique()
    if 2 * len(distinct) > len(texts):
        return _each(texts)
    spelled = pl.DataFrame({"text": distinct, "curie": _each(distinct)})
    return texts.to_frame("text").join(
        spelled, on="text", how="left", nulls_equal=True, maintain_order="left"
    )["curie"]


def _each(texts: pl.Series) -> pl.Series:
    """Step by step, since an expression that occurs twice in another is evaluated twice."""
    plain = texts.str.strip_chars()
    if plain.str.contains("://", literal=True).any():
        iris, curies = _iris()
        plain = plain.str.replace_many(iris, curies, leftmost=True)
    parts = plain.str.extract_groups(r"^([A-Za-z][A-Za-z0-9.]*)[:_](.+)$").struct
    known = parts[0].replace_strict(_spellings(), default=None, return_dtype=pl.String)
    frame = pl.DataFrame({"known": known, "local": parts[1]})
    series = pl.col("known") == "OMIMPS"
    local = pl.when(series).then(pl.col("local").str.strip_prefix("PS")).otherwise("local")
    spelled = frame.select(curie=pl.concat_str("known", pl.lit(":"), local))
    well_formed = pl.col("curie").str.contains(_any_pattern())
    return spelled.select(pl.when(well_formed).then("curie"))["curie"]


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
