"""Scores as plain values: what the command line prints and what tables of pairs hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import polars as pl
from polars import selectors

from api.tables import read_table, texts
from gnn.target_score import (
    MODALITIES,
    CausalityParts,
    DirectionCall,
    ExplainedHop,
    Explanation,
    TargetScore,
    Weights,
)
from kg.errors import BadArgument

_AXES = ("causality", "reversibility", "druggability")
_PARTS = tuple(part.name for part in fields(CausalityParts))


def ranking_json(
    scores: Sequence[TargetScore],
    names: Mapping[str, str],
    weights: Weights,
    disease: Mapping[str, str],
) -> dict[str, Any]:
    """A ranking as `rank --json` prints it.

    Args:
        scores: Best first.
        names: `release`, `model` and `variant` that made them.
        weights: Of the axes.
        disease: Its `id` and `name`.
    """
    return {
        **names,
        "disease": dict(disease),
        "weights": asdict(weights),
        "items": [score_json(score) for score in scores],
    }


def score_json(score: TargetScore) -> dict[str, Any]:
    """One target of a ranking."""
    plain = asdict(score)
    druggability = plain["druggability"]
    return {
        "rank": score.rank,
        "rank_lower": score.rank_lower,
        "rank_upper": score.rank_upper,
        "id": score.target,
        "symbol": score.symbol,
        "overall": score.overall,
        "causality": plain["causality"],
        "reversibility": plain["reversibility"],
        "druggability": druggability | {"by_modality": dict(druggability["by_modality"])},
        "direction": direction_json(score.direction),
        "bias": plain["bias"],
    }


def direction_json(call: DirectionCall) -> dict[str, Any]:
    """A call with the records that support and oppose it."""
    return {
        "call": call.call.value,
        "probability": call.probability,
        "supporting": list(call.supporting),
        "conflicting": list(call.conflicting),
        "basis": call.basis.value,
        "records": [asdict(record) for record in call.records],
    }


def hop_line(hop: ExplainedHop, names: Mapping[str, str]) -> str:
    """A hop with what it rests on: how many records, or which computed likeness and how much.

    Args:
        hop: Of an explaining path.
        names: Of its ends, by id.

    >>> hop_line(ExplainedHop("A", "biolink:causes", "B", ("r1",)), {"A": "gene", "B": "disease"})
    'gene causes disease (1 record)'
    >>> kin = ExplainedHop("B", "similar_to", "C", (), "Lin similarity", 0.6253)
    >>> hop_line(kin, {"B": "disease", "C": "other"})
    'disease similar_to other (Lin similarity 0.63)'
    """
    told = f"{names[hop.subject]} {hop.predicate.split(':')[-1]} {names[hop.object]}"
    if hop.evidence:
        return f"{told} ({len(hop.evidence)} record{'s' if len(hop.evidence) > 1 else ''})"
    measured = "" if hop.similarity is None else f" {hop.similarity:.2f}"
    return f"{told} ({hop.basis}{measured})" if hop.basis else told


def explanation_lines(found: Explanation) -> Iterator[str]:
    """Shares, ranks without each ground, and how far to believe them, for people."""
    if found.grounds:
        for modality, added in found.grounds.items():
            told = sorted(added.items(), key=lambda item: -abs(item[1]))
            listed = ", ".join(f"{name} {value:+.2f}" for name, value in told)
            yield f"log-odds by {modality.replace('_', ' ')}: {listed}"
        return
    for title, shares in (
        ("part", found.by_channel),
        ("evidence class", found.by_class),
        ("relation", found.by_relation),
    ):
        told = sorted(shares.items(), key=lambda item: -item[1])
        listed = ", ".join(f"{name} {share:.3f}" for name, share in told if share >= 0.0005)
        yield f"by {title}: {listed or 'nothing'}"
    yield f"network alone, resting on no single record: {found.remainder:.3f}"
    for ranks in (found.counterfactuals, found.without_class, found.without_relation):
        for name, place in sorted(ranks.items(), key=lambda item: -item[1]):
            yield f"without {name}: rank {place} instead of {found.score.rank}"
    for channel, p in found.degree_null.items():
        yield f"{channel}: p = {p:.3f} against {found.permutations} draws of equal degree"
    if found.stability is not None:
        yield f"genes placed nearest by different trainings: {found.stability:.2f} alike (Jaccard)"
    if found.faithfulness is not None:
        with_paths = found.faithfulness.paths_alone
        yield (
            f"causality {found.score.causality.probability:.3f}; the paths alone give "
            f"{with_paths:.3f}, all but them {found.faithfulness.without_paths:.3f}"
        )
    if found.ancestry:
        yield "studies by ancestry: " + ", ".join(f"{a} {n}" for a, n in found.ancestry.items())
    for fact in found.course:
        yield f"course: {fact.text} ({fact.source} {fact.release}, {fact.file} line {fact.line})"


def course_json(found: Explanation) -> list[dict[str, Any]]:
    """Facts of the disease's course as JSON takes them."""
    return [asdict(f) | {"first_public": f.first_public.isoformat()} for f in found.course]


def flat(score: TargetScore) -> dict[str, Any]:
    """One score as a row of a table."""
    row: dict[str, Any] = {"target_id": score.target, "disease_id": score.disease}
    for name in _AXES:
        axis = getattr(score, name)
        row |= {
            name: axis.probability,
            f"{name}_lower": axis.lower,
            f"{name}_upper": axis.upper,
            f"{name}_state": axis.state.value,
        }
    for modality in MODALITIES:
        row[f"druggability_{modality}"] = score.druggability.by_modality[modality].probability
    return row | {
        "causality_direct": score.causality.direct,
        "causality_indirect": score.causality.indirect,
        "direction": score.direction.call.value,
        "direction_probability": score.direction.probability,
        "direction_basis": score.direction.basis.value,
        "reason": "",
        **{f"causality_{name}": getattr(score.causality.parts, name) for name in _PARTS},
    }


_TEXTS = {"target", "disease", "target_id", "disease_id", "direction", "direction_basis", "reason"}
PAIR_COLUMNS = (
    "target_id",
    "disease_id",
    *(f"{axis}{end}" for axis in _AXES for end in ("", "_lower", "_upper", "_state")),
    *(f"druggability_{modality}" for modality in MODALITIES),
    "causality_direct",
    "causality_indirect",
    "direction",
    "direction_probability",
    "direction_basis",
    "reason",
    *(f"causality_{name}" for name in _PARTS),
)
"""Columns that `score --pairs` adds; new ones come last."""


def pairs_table(
    pairs: Sequence[tuple[str, str]], answers: Iterable[TargetScore | str]
) -> pl.DataFrame:
    """Pairs as given with their scores, in the same order; what has no score says why."""
    rows = [
        {"target": target, "disease": disease}
        | (flat(answer) if isinstance(answer, TargetScore) else {"reason": answer})
        for (target, disease), answer in zip(pairs, answers, strict=True)
    ]
    columns = ("target", "disease", *PAIR_COLUMNS)
    schema = {c: pl.String if c in _TEXTS or c.endswith("_state") else pl.Float64 for c in columns}
    return pl.DataFrame(rows, schema=schema)


def ranking_table(scores: Sequence[TargetScore]) -> pl.DataFrame:
    """A ranking as a table, best first."""
    rows = [{"rank": s.rank, "symbol": s.symbol, "overall": s.overall, **flat(s)} for s in scores]
    if not rows:
        return pl.DataFrame()
    # An axis that the model abstains on is an empty column of numbers.
    return pl.DataFrame(rows).drop("reason").cast({selectors.by_dtype(pl.Null): pl.Float64})


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Columns `target` and `disease` of a CSV, TSV or Parquet file.

    Raises:
        BadArgument: the file can't be read, or lacks a column.
    """
    frame = read_table(path)
    for column in ("target", "disease"):
        if column not in frame.columns:
            found = ", ".join(frame.columns[:6])
            raise BadArgument(f"--pairs {path}: no column {column!r} (found {found}); add it")
    given = texts(path, frame, ("target", "disease"))
    return [(str(t), str(d)) for t, d in given.iter_rows()]


def read_targets(path: Path) -> list[str]:
    """Identifiers or symbols, as `read_names` reads them."""
    return read_names(path, "target")


def read_names(path: Path, what: str) -> list[str]:
    """Names, one a line; a table's column of what they are is taken too.

    Args:
        path: The file, which the option of that name and an s gave.
        what: `target` or `disease`.

    Raises:
        BadArgument: the file can't be read or names nothing.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadArgument(f"--{what}s {path} can't be read: {error}") from None
    first = lines[0] if lines else ""
    separator = "\t" if "\t" in first else ","
    if what in first.split(separator):
        named = [t for t in read_table(path)[what].cast(pl.String).to_list() if t]
    else:
        named = [line.strip() for line in lines if line.strip()]
    if not named:
        raise BadArgument(f"--{what}s {path} names no {what}; give one a line")
    return named
