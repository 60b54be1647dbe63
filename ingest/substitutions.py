"""Amino-acid changes on the residues of structures, and in the pockets these residues line.

The reference letter of a change must be the sequence's. Where it is not, one constant offset is
accepted for all failing changes of a protein by one source, when at least five distinct positions
agree on it and no other offset does; the rest are set aside with the reason and nothing is placed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from polars import col

from ingest.columns import EVIDENCE, FACT, QUARANTINE
from ingest.frames import Frames
from ingest.parts import Part, open_part, write_part
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

LEAST_POSITIONS = 5
"""Distinct positions that must agree before an offset is believed."""
DIFFERS = "reference residue differs from the sequence"
BEYOND = "position is beyond the end of the sequence"
VARIANT = Category.VARIANT.value


def place(parts: Sequence[Part], cache: Path) -> list[Part]:
    """One further part for each part with changes: where they lie, and those that fit nowhere.

    Args:
        parts: Of all sources; one of them gives residues and sequences.
        cache: Where the further parts are written.
    """
    residues = _all(parts, "residues")
    sequences = _all(parts, "sequences")
    if residues is None or sequences is None:
        return []
    letters = sequences.unique("uniprot", keep="first", maintain_order=True)
    return [
        made
        for part in parts
        if (found := part.load("substitutions")) is not None
        if (made := _placed(part, checked(found, letters), residues, cache)) is not None
    ]


def _all(parts: Sequence[Part], name: str) -> pl.DataFrame | None:
    frames = [f for f in (p.load(name) for p in parts) if f is not None]
    return pl.concat(frames) if frames else None


def checked(changes: pl.DataFrame, sequences: pl.DataFrame) -> pl.DataFrame:
    """Changes of proteins with a known sequence, numbered as the sequence is.

    Args:
        changes: Columns of SUBSTITUTION.
        sequences: Columns uniprot, sequence.

    Returns:
        The same columns with `at` (position in the sequence), `offset` (what was added to get
        there) and `fault` (null where the letter agrees).
    """
    known = changes.join(sequences, on="uniprot", maintain_order="left")
    found = known.with_columns(
        letter=col("sequence").str.slice(col("position").cast(pl.Int64) - 1, 1),
    )
    wrong = found.filter(col("letter") != col("reference"))
    offsets = pl.DataFrame(
        [
            (str(group["uniprot"][0]), offset)
            for _, group in wrong.group_by("uniprot", maintain_order=True)
            if (offset := constant_offset(group)) is not None
        ],
        schema={"uniprot": pl.String, "shift": pl.Int32},
        orient="row",
    )
    agrees = col("letter") == col("reference")
    shifted = found.join(offsets, on="uniprot", how="left", maintain_order="left").with_columns(
        offset=pl.when(agrees).then(0).otherwise(col("shift")).cast(pl.Int32)
    )
    beyond = (col("letter") == "") | (col("position") < 1)
    fault = pl.when(beyond).then(pl.lit(BEYOND)).otherwise(pl.lit(DIFFERS))
    return shifted.with_columns(
        at=col("position") + col("offset"),
        fault=pl.when(col("offset").is_null()).then(fault),
    ).drop("sequence", "letter", "shift")


def constant_offset(rows: pl.DataFrame) -> int | None:
    """The one offset at which all letters of a protein's changes agree; None if there is none.

    Args:
        rows: Columns position, reference, sequence of one protein.
    """
    pairs = set(rows.select("position", "reference").iter_rows())
    if len({position for position, _ in pairs}) < LEAST_POSITIONS:
        return None
    sequence = str(rows["sequence"][0])
    position, letter = min(pairs)
    starts = (i + 1 - position for i, found in enumerate(sequence) if found == letter)
    fitting = [d for d in starts if all(_fits(sequence, p + d, c) for p, c in pairs)]
    return fitting[0] if len(fitting) == 1 else None


def _fits(sequence: str, position: int, letter: str) -> bool:
    return 0 < position <= len(sequence) and sequence[position - 1] == letter


def _placed(part: Part, changes: pl.DataFrame, residues: pl.DataFrame, cache: Path) -> Part | None:
    faulty = changes.filter(col("fault").is_not_null())
    on = (
        changes.filter(col("fault").is_null() & (col("alternative") != "*"))
        .join(
            residues.rename({"position": "at"}),
            on=["uniprot", "at"],
            maintain_order="left",
        )
        .filter(col("letter") == col("reference"))
    )
    frames = Frames(
        evidence=_evidence(part, on),
        facts=_facts(part, changes),
        quarantine=faulty.select("file", "line", reason=col("fault")).cast(QUARANTINE),  # type: ignore[arg-type]
    )
    if not (len(frames.evidence) or len(frames.facts) or len(frames.quarantine)):
        return None
    path = cache / f"{part.path.name}.placed"
    write_part(path, frames, {"source": part.source})
    return open_part(part.source, path, reused=False)


def _evidence(part: Part, on: pl.DataFrame) -> pl.DataFrame:
    """Variant in structure, and variant in pocket; provenance is that of the variant's row."""
    told = part.load("evidence")
    if told is None or not len(on):
        return pl.DataFrame(schema=EVIDENCE)
    rows = _provenance(
        told,
        on,
        ("infores", "release", "licence", "redistributable", "first_public", "date_basis"),
    )
    inside = rows.filter(col("pocket") > 0).with_columns(
        object=pl.concat_str(
            pl.lit("POCKET:"),
            col("structure").str.strip_prefix("PDB:"),
            pl.lit("#"),
            col("pocket").cast(pl.String),
        ),
        object_category=pl.lit(Category.POCKET.value),
        knowledge_level=pl.lit(KnowledgeLevel.PREDICTION.value),
    )
    earliest = rows.sort("first_public", nulls_last=True, maintain_order=True)
    within = earliest.unique(
        ["variant", "structure", "at"], keep="first", maintain_order=True
    ).with_columns(
        object=col("structure"),
        object_category=pl.lit(Category.STRUCTURE.value),
        knowledge_level=pl.lit(KnowledgeLevel.LOGICAL_ENTAILMENT.value),
    )
    both = pl.concat([within, inside], how="vertical").with_columns(
        subject=col("variant"),
        predicate=pl.lit(Predicate.LOCATED_IN.value),
        subject_category=pl.lit(VARIANT),
        evidence_class=pl.lit(EvidenceClass.STRUCTURE.value),
        agent_type=pl.lit(AgentType.DATA_ANALYSIS_PIPELINE.value),
        negated=pl.lit(value=False),
        hypothesis_free=pl.lit(value=True),
        publications=pl.lit([], dtype=pl.List(pl.String)),
        detail=pl.struct(
            change=_change(),
            residue=col("file_number"),
            uniprot=col("uniprot"),
            position=col("at"),
        ).struct.json_encode(),
    )
    missing = [name for name in EVIDENCE if name not in both.columns]
    whole = both.with_columns(pl.lit(None).alias(name) for name in missing)
    return whole.select(col(name).cast(dtype) for name, dtype in EVIDENCE.items())


def _provenance(told: pl.DataFrame, rows: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """Rows with the provenance of their own line's record, so that none is dated before it.

    Lines that gave no record take the latest of their file; files without any record are left out.

    Args:
        told: Evidence.
        rows: Columns file, line.
        names: Of evidence, to be taken over.
    """
    latest = told.sort("first_public", descending=True, nulls_last=False, maintain_order=True)
    own = latest.select("file", "line", *names, known=True).unique(
        ["file", "line"], keep="first", maintain_order=True
    )
    files = latest.select("file", *names).unique("file", keep="first", maintain_order=True)
    joined = rows.join(own, on=["file", "line"], how="left", maintain_order="left").join(
        files, on="file", suffix="_of_file", maintain_order="left"
    )
    return joined.with_columns(
        pl.when("known").then(name).otherwise(f"{name}_of_file").alias(name) for name in names
    ).drop("known", *(f"{name}_of_file" for name in names))


def _facts(part: Part, changes: pl.DataFrame) -> pl.DataFrame:
    """What the comparison with the sequence gave: a fact of every change of a known protein."""
    told = part.load("evidence")
    if told is None or not len(changes):
        return pl.DataFrame(schema=FACT)
    moved = col("offset") != 0
    own = pl.concat_str(
        col("uniprot"), pl.lit(":p."), col("reference"), col("position"), col("alternative")
    )
    shown = pl.concat_str(
        col("uniprot"), pl.lit(":p."), _change(), pl.lit(" (offset "), "offset", pl.lit(")")
    )
    known = ("release", "licence", "redistributable", "first_public")
    rows = _provenance(told, changes, known).with_columns(
        subject=col("variant"),
        subject_category=pl.lit(VARIANT),
        key=pl.when(col("fault").is_not_null())
        .then(pl.lit("variant.residue_differs"))
        .when(moved)
        .then(pl.lit("variant.renumbered"))
        .otherwise(pl.lit("variant.residue_agrees")),
        text=pl.when(col("fault").is_null() & moved).then(shown).otherwise(own),
        evidence_class=pl.lit(EvidenceClass.STRUCTURE.value),
    )
    missing = [name for name in FACT if name not in rows.columns]
    whole = rows.with_columns(pl.lit(None).alias(name) for name in missing)
    return whole.select(col(name).cast(dtype) for name, dtype in FACT.items())


def _change() -> pl.Expr:
    return pl.concat_str(col("reference"), col("at").cast(pl.String), col("alternative"))
