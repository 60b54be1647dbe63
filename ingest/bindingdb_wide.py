"""BindingDB's table of all measurements: a row each, hundreds of columns, several GB of text.

The format: https://www.bindingdb.org/rwd/bind/chemsearch/marvin/BindingDB-TSV-Format.pdf. It is
read in blocks, and of each block the columns of the first chain and no later ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import polars as pl
from polars import col

from ingest.content import read_head
from ingest.identifiers import as_curie, well_formed
from ingest.tables import Table, TableFormat, no_bad_rows, scan_table

KINDS = ("Ki", "Kd", "IC50", "EC50")
HIGHEST = 15.0
"""-log10 molar affinities above this are mistakes."""
NO_AFFINITY = "affinity is no -log10 molar value from 0 to 15"

_BEGINS = b"BindingDB Reactant_set_id\t"
_HEADER = 1 << 18
_FORMAT = TableFormat(tail=True)
_CHAINS = "Number of Protein Chains in Target (>1 implies a multichain complex)"
_FROM = "Curation/DataSource"
_COLUMNS = {
    "key": ("Ligand InChI Key",),
    "smiles": ("Ligand SMILES",),
    "protein": (
        "UniProt (SwissProt) Primary ID of Target Chain 1",
        "UniProt (SwissProt) Primary ID of Target Chain",
    ),
    "name": ("Target Name", "Target Name Assigned by Curator or DataSource"),
    "chains": (_CHAINS,),
    "from": (_FROM,),
    **{kind: (f"{kind} (nM)",) for kind in KINDS},
}
"""Ours -> theirs, the present spelling first."""
_VALUE = r"^([<>=~≤≥]*)\s*(.*)$"
_RELATIONS = ("=", "<", ">")
_CHEMBL = "ChEMBL"


@dataclass(frozen=True, slots=True)
class Wide:
    """The three tables that BindingDB's one makes.

    Attributes:
        measurements: Columns Inchi_key, target_id, type, rel, n, p_median, p_min and p_max, all
            text; `line` is the first of a group's. What was set aside of the file is told here.
        compounds: Columns Inchi_key and ligand_smiles of the compounds that have a measurement.
        targets: Columns target_id and target_name of their proteins.
    """

    measurements: Table
    compounds: Table
    targets: Table


@dataclass(frozen=True, slots=True)
class _OnDisk:
    """A file whatever its name: links to it are equal."""

    device: int
    inode: int
    size: int
    changed: int
    place: Path = field(compare=False)
    name: str = field(compare=False)

    @classmethod
    def at(cls, place: Path, name: str) -> _OnDisk:
        told = place.stat()
        return cls(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, place, name)


def converter(pick: Callable[[Wide], Table]) -> Callable[[Path, str], Table | None]:
    """What reads one of the three tables from a file, and gives None for any other file.

    Medians of -log10 molar affinities by compound, protein, kind and relation, with two decimals.
    A row gives a measurement for each of its kinds. Set aside: compounds without an InChIKey;
    targets that are not one chain and one protein of Swiss-Prot; what BindingDB took from ChEMBL,
    which has another licence; rows without a value; and values with another relation than =, <
    and >, or that are no -log10 molar from 0 to 15.

    Args:
        pick: Which table. A file's tables are kept until `forget`, so that it is read once.
    """

    def convert(place: Path, name: str) -> Table | None:
        if not read_head(place, name).startswith(_BEGINS):
            return None
        table = pick(_read(_OnDisk.at(place, name)))
        return Table(name, table.rows, table.bad.with_columns(file=pl.lit(name)))

    return convert


def forget() -> None:
    """Let go of the tables of the file read last."""
    _read.cache_clear()


@lru_cache(maxsize=1)
def _read(file: _OnDisk) -> Wide:
    spelled = _spelled(read_head(file.place, file.name, _HEADER))
    values, drawn, named, bad = [], [], [], []
    for block in scan_table(file.place, tuple(spelled), _FORMAT, file.name):
        rows = _single_proteins(replace(block, rows=block.rows.rename(spelled)))
        measured = _measurements(rows)
        values.append(measured.rows)
        bad.append(measured.bad)
        kept = rows.rows.join(measured.rows, on="line", how="semi", maintain_order="left")
        drawn.append(_compounds(kept.select("key", "smiles", "line")))
        named.append(_targets(kept.select("protein", "name", "line")))
    measurements = Table(file.name, _medians(pl.concat(values)), pl.concat(bad).sort("line"))
    columns = {"key": "Inchi_key", "smiles": "ligand_smiles"}
    compounds = _compounds(pl.concat(drawn)).rename(columns)
    targets = _targets(pl.concat(named)).rename({"protein": "target_id", "name": "target_name"})
    return Wide(
        measurements,
        Table(file.name, compounds, no_bad_rows()),
        Table(file.name, targets, no_bad_rows()),
    )


def _spelled(head: bytes) -> dict[str, str]:
    """The file's columns, as it spells them, and ours for each."""
    top = head.partition(b"\n")[0].decode("utf-8", "replace").split("\t")
    there = {name.strip() for name in top}
    return {
        next((name for name in names if name in there), names[0]): ours
        for ours, names in _COLUMNS.items()
    }


def _single_proteins(block: Table) -> Table:
    """Rows of one protein, as BindingDB curated them, that give an affinity."""
    stripped = block.rows.with_columns(pl.exclude("line").str.strip_chars())
    return replace(block, rows=stripped).without(
        {
            "InChIKey is malformed": well_formed(col("key"), "INCHIKEY"),
            "target is not of one chain": col("chains") == "1",
            "target is not one protein of Swiss-Prot": as_curie(
                col("protein"), "UniProtKB"
            ).is_not_null(),
            "taken from ChEMBL, which has another licence": col("from") != _CHEMBL,
            "no Ki, Kd, IC50 or EC50": pl.any_horizontal(col(kind) != "" for kind in KINDS),
        }
    )


def _measurements(rows: Table) -> Table:
    """A row for each value: key, protein, type, rel, p, line."""
    values = rows.rows.unpivot(
        KINDS, index=["key", "protein", "line"], variable_name="type", value_name="text"
    ).filter(col("text") != "")
    parts = col("text").str.extract_groups(_VALUE).struct
    told = values.with_columns(
        rel=pl.when(parts[0] == "").then(pl.lit("=")).otherwise(parts[0]),
        __molar=parts[1].cast(pl.Float64, strict=False) * 1e-9,
    ).with_columns(p=-col("__molar").log10())
    good = Table(rows.file, told, rows.bad).without(
        {
            "unknown relation": col("rel").is_in(_RELATIONS),
            "affinity is no positive number": (col("__molar") > 0) & col("__molar").is_finite(),
            NO_AFFINITY: col("p").is_between(0.0, HIGHEST),
        }
    )
    typed = good.rows.select(
        "key",
        "protein",
        col("type").cast(pl.Enum(KINDS)),
        col("rel").cast(pl.Enum(_RELATIONS)),
        "p",
        "line",
    )
    return replace(good, rows=typed)


def _medians(values: pl.DataFrame) -> pl.DataFrame:
    groups = values.group_by("key", "protein", "type", "rel").agg(
        n=pl.len(),
        p_median=col("p").median(),
        p_min=col("p").min(),
        p_max=col("p").max(),
        line=col("line").min(),
    )
    return groups.sort("line", "type", "rel").select(
        Inchi_key="key",
        target_id="protein",
        type=col("type").cast(pl.String),
        rel=col("rel").cast(pl.String),
        n=col("n").cast(pl.String),
        p_median=_decimals("p_median"),
        p_min=_decimals("p_min"),
        p_max=_decimals("p_max"),
        line="line",
    )


def _decimals(column: str) -> pl.Expr:
    return col(column).round(2).cast(pl.String)


def _compounds(rows: pl.DataFrame) -> pl.DataFrame:
    """The first drawing of each compound; an empty one where it has none."""
    drawn_first = rows.sort(col("smiles") == "", maintain_order=True)
    return drawn_first.unique("key", keep="first", maintain_order=True)


def _targets(rows: pl.DataFrame) -> pl.DataFrame:
    """The first name of each protein."""
    return rows.unique("protein", keep="first", maintain_order=True)
