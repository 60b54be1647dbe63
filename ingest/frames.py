"""What a source gives: frames of nodes, evidence, facts, labels, aliases, and its quarantine.

The functions here fill the columns that every row has (source, version, licence, dates), so that
a source file states only what is its own. Identifiers are as the source spells them, as CURIEs;
the merge resolves them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from ingest.columns import (
    ALIAS,
    EVIDENCE,
    FACT,
    LABEL,
    LOCUS,
    MOLECULE,
    NODE,
    QUARANTINE,
    RESIDUE,
    SEQUENCE,
    SUBSTITUTION,
    TEXTS,
)
from ingest.dates import date_of_mim, date_of_publication
from kg.biolink import Category, Predicate

if TYPE_CHECKING:
    from ingest.source import Inputs

DISEASE_OR_PHENOTYPE = "biolink:DiseaseOrPhenotypicFeature"
"""Category of an identifier that may turn out to be either; the merge takes the node's own."""

Value = pl.Expr | str | float | int | bool | None


@dataclass(frozen=True, slots=True)
class Frames:
    """Everything one source gives.

    Attributes:
        nodes, evidence, facts, labels, aliases: See the columns above.
        molecules: Compounds as the source draws them; `ingest.compounds` decides which are one.
        residues: Structure residues that agree with a sequence.
        loci: Genes at loci whose causal gene is known, with the features of the locus.
        sequences: Amino-acid sequences of proteins.
        substitutions: Amino-acid changes of variants; `ingest.substitutions` puts them on residues.
        quarantine: Rows set aside: file, line, reason.
        rows: Data rows read, kept or not.
    """

    nodes: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=NODE))
    evidence: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=EVIDENCE))
    facts: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=FACT))
    labels: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=LABEL))
    aliases: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=ALIAS))
    molecules: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=MOLECULE))
    residues: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=RESIDUE))
    loci: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=LOCUS))
    sequences: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=SEQUENCE))
    substitutions: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=SUBSTITUTION))
    quarantine: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=QUARANTINE))
    rows: int = 0

    @classmethod
    def concat(cls, parts: Sequence[Frames]) -> Frames:
        """All the parts' rows, in order."""
        names = [f.name for f in fields(cls) if f.name != "rows"]
        joined = {n: pl.concat([getattr(p, n) for p in parts]) for n in names} if parts else {}
        return cls(**joined, rows=sum(p.rows for p in parts))


FRAME_NAMES = tuple(f.name for f in fields(Frames) if f.name != "rows")


def nodes(
    rows: pl.DataFrame,
    category: Category | pl.Expr,
    id: pl.Expr,
    name: pl.Expr,
    description: Value = "",
    synonyms: pl.Expr | None = None,
    xrefs: pl.Expr | None = None,
) -> pl.DataFrame:
    """Node rows, one an id (the first of several); rows without a name are named by their id."""
    nothing = pl.lit([], dtype=TEXTS)
    named = pl.when(name.str.strip_chars() == "").then(None).otherwise(name.str.strip_chars())
    frame = rows.select(
        id=id,
        category=_value(category),
        name=pl.coalesce(named, id),
        description=_value(description),
        synonyms=nothing if synonyms is None else synonyms,
        xrefs=nothing if xrefs is None else xrefs,
    )
    return _typed(frame.filter(pl.col("id").is_not_null()), NODE).unique(
        "id", keep="first", maintain_order=True
    )


def evidence(
    inputs: Inputs,
    file: str,
    rows: pl.DataFrame,
    *,
    subject: pl.Expr,
    predicate: Predicate | pl.Expr,
    object: pl.Expr,
    subject_category: Category | str | pl.Expr,
    object_category: Category | str | pl.Expr,
    detail: Mapping[str, Value] | None = None,
    **columns: Value,
) -> pl.DataFrame:
    """Evidence rows of one file.

    Args:
        inputs: The source's files.
        file: Path of the file the rows come from; gives version, licence and release date.
        rows: Good rows with their `line`.
        subject, object: Identifiers as CURIEs, spelled as the source has them.
        predicate: The statement's predicate.
        subject_category, object_category: In which space an identifier is looked up.
        detail: What else the record says; empty and null values are left out.
        columns: Any other column of EVIDENCE: score, value, direction_on_target,
            publications, first_public (the record's own date, may be null), negated ...
    """
    source, release = inputs.source, inputs.file(file)
    given: dict[str, Value] = {
        "evidence_class": source.evidence_class,
        "knowledge_level": source.knowledge_level,
        "agent_type": source.agent_type,
        "infores": source.infores,
        "hypothesis_free": source.hypothesis_free,
        "negated": False,
        "release": release.version,
        "licence": release.licence,
        "redistributable": release.redistributable,
        "file": file,
        **columns,
        "subject": subject,
        "predicate": predicate,
        "object": object,
        "subject_category": subject_category,
        "object_category": object_category,
    }
    frame = rows.select(
        pl.col("line"),
        detail=_detail(detail or {}),
        **{k: _value(v) for k, v in given.items()},
    )
    filled = _typed(frame, EVIDENCE).with_columns(pl.col("publications").fill_null([]))
    return _dated(filled, release.released)


def facts(
    inputs: Inputs,
    file: str,
    rows: pl.DataFrame,
    *,
    subject: pl.Expr,
    subject_category: Category | str,
    numbers: Mapping[str, pl.Expr] | None = None,
    texts: Mapping[str, pl.Expr] | None = None,
    units: Mapping[str, str] | None = None,
    **columns: Value,
) -> pl.DataFrame:
    """Fact rows of one file: one for each key whose value is there.

    Args:
        inputs: The source's files.
        file: Path of the file the rows come from.
        rows: Good rows with their `line`.
        subject: Whom the facts are about.
        subject_category: In which space it is looked up.
        numbers, texts: key -> value; null, NaN and '' give no fact.
        units: key -> unit, where there is one.
        columns: Any other column of FACT.
    """
    release = inputs.file(file)
    common: dict[str, Value] = {
        "evidence_class": inputs.source.evidence_class,
        "release": release.version,
        "licence": release.licence,
        "redistributable": release.redistributable,
        "file": file,
        "first_public": pl.lit(release.released),
        **columns,
        "subject_category": subject_category,
    }
    shared = {k: _value(v) for k, v in common.items()}
    parts = [
        rows.select(
            "line",
            subject=subject,
            key=pl.lit(key),
            unit=pl.lit((units or {}).get(key)),
            **shared,
            **value,
        )
        for key, value in [
            *((k, {"number": v.cast(pl.Float64)}) for k, v in (numbers or {}).items()),
            *((k, {"text": v.cast(pl.String)}) for k, v in (texts or {}).items()),
        ]
    ]
    frame = pl.concat([_typed(part, FACT) for part in parts])
    told = pl.col("number").is_finite().fill_null(value=False) | (
        pl.col("text").fill_null("") != ""
    )
    return frame.filter(told & pl.col("subject").is_not_null())


def labels(
    inputs: Inputs,
    file: str,
    rows: pl.DataFrame,
    *,
    kind: Value,
    subject: pl.Expr,
    subject_category: Category | str,
    **columns: Value,
) -> pl.DataFrame:
    """Label rows of one file: what a model may learn from and is judged by, never graph."""
    release = inputs.file(file)
    given: dict[str, Value] = {
        "release": release.version,
        "licence": release.licence,
        "redistributable": release.redistributable,
        "file": file,
        "first_public": pl.lit(release.released),
        **columns,
        "kind": kind,
        "subject": subject,
        "subject_category": subject_category,
    }
    return _typed(rows.select("line", **{k: _value(v) for k, v in given.items()}), LABEL)


def aliases(
    rows: pl.DataFrame,
    category: Category | str | pl.Expr,
    alias: pl.Expr,
    id: pl.Expr,
    kind: str,
    rank: int,
) -> pl.DataFrame:
    """Names of a node: lower ranks win; two nodes at the same rank make the name ambiguous."""
    frame = rows.select(
        category=_value(category),
        alias=alias,
        id=id,
        kind=pl.lit(kind),
        rank=pl.lit(rank),
    )
    kept = pl.col("alias").is_not_null() & pl.col("id").is_not_null()
    return _typed(frame.filter(kept), ALIAS).unique(maintain_order=True)


def molecules(file: str, rows: pl.DataFrame, **columns: Value) -> pl.DataFrame:
    """Compounds as a source draws them; columns of MOLECULE, `id` at least."""
    frame = rows.select("line", file=pl.lit(file), **{k: _value(v) for k, v in columns.items()})
    nothing = pl.lit([], dtype=TEXTS)
    return _typed(frame, MOLECULE).with_columns(
        pl.col("synonyms").fill_null(nothing), pl.col("xrefs").fill_null(nothing)
    )


def loci(inputs: Inputs, file: str, rows: pl.DataFrame, **columns: Value) -> pl.DataFrame:
    """Genes at loci with the locus's features; columns of LOCUS, without the file's own."""
    release = inputs.file(file)
    given: dict[str, Value] = {
        "first_public": pl.lit(release.released),
        "licence": release.licence,
        "redistributable": release.redistributable,
        "file": file,
        **columns,
    }
    return _typed(rows.select("line", **{k: _value(v) for k, v in given.items()}), LOCUS)


def split_list(column: str, separator: str = "|", prefix: str = "") -> pl.Expr:
    """A delimited text as a list of trimmed, non-empty texts, each with a prefix."""
    parts = pl.col(column).str.split(separator).list.eval(pl.element().str.strip_chars())
    kept = parts.list.eval(pl.element().filter(pl.element() != ""))
    return kept.list.eval(pl.lit(prefix) + pl.element()) if prefix else kept


def number(column: str) -> pl.Expr:
    """A text column as Float64; null where it is no finite number."""
    value = pl.col(column).str.strip_chars().cast(pl.Float64, strict=False)
    return value.map_batches(_finite, return_dtype=pl.Float64, is_elementwise=True)


def _finite(values: pl.Series) -> pl.Series:
    endless = ~values.is_finite().fill_null(value=True)
    return values.set(endless, None) if endless.any() else values


def _dated(frame: pl.DataFrame, released: Any) -> pl.DataFrame:
    own, paper = pl.col("first_public"), date_of_publication(pl.col("publications"))
    mim = pl.coalesce(date_of_mim(pl.col("object")), date_of_mim(pl.col("subject")))
    dated = frame.with_columns(__paper=paper, __mim=mim)
    basis = (
        pl.when(own.is_not_null())
        .then(pl.lit("record"))
        .when(pl.col("__paper").is_not_null())
        .then(pl.lit("publication"))
        .when(pl.col("__mim").is_not_null())
        .then(pl.lit("mim"))
        .otherwise(pl.lit("release"))
    )
    return dated.with_columns(
        date_basis=basis,
        first_public=pl.coalesce(own, "__paper", "__mim", pl.lit(released)),
    ).select(list(EVIDENCE))


def _detail(values: Mapping[str, Value]) -> pl.Expr:
    """A compact JSON object of the values that are there; '{}' when none is."""
    if not values:
        return pl.lit("{}")
    parts = [_pair(key, _value(value)) for key, value in sorted(values.items())]
    return pl.concat_str(
        [
            pl.lit("{"),
            pl.concat_str(parts, separator=",", ignore_nulls=True),
            pl.lit("}"),
        ]
    )


def _pair(key: str, value: pl.Expr) -> pl.Expr:
    text = value.cast(pl.String)
    written = text.map_batches(_as_json, return_dtype=pl.String, is_elementwise=True)
    return pl.when(text.fill_null("") != "").then(pl.lit(f'"{key}":') + written)


def _as_json(texts: pl.Series) -> pl.Series:
    """Texts in quotes; only quotes, backslashes and control characters are written otherwise."""
    if not texts.str.contains(r'[\x00-\x1f"\\]').any():
        return '"' + texts + '"'
    coded = pl.DataFrame({"v": texts}).select(v=pl.struct("v").struct.json_encode())["v"]
    return coded.str.strip_prefix('{"v":').str.strip_suffix("}")


def _value(value: Value) -> pl.Expr:
    return value if isinstance(value, pl.Expr) else pl.lit(value)


def _typed(frame: pl.DataFrame, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Exactly the schema's columns, in order, cast; missing ones null."""
    unknown = set(frame.columns) - set(schema)
    if unknown:
        raise ValueError(f"no such column: {', '.join(sorted(unknown))}")
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    )
