"""Which drawings are one compound: parents with the same InChIKey, under one identifier.

A compound is shown under its ChEMBL id where one is known: by the drawing's own id, by its
international nonproprietary name (unique by design), or by the source's cross reference, in this
order. A ChEMBL id that two parents claim with equal right names neither; they keep their InChIKey.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import col

from ingest.catalogue import PACKAGE
from ingest.columns import ALIAS, NODE
from ingest.frames import Frames
from ingest.molecules import STANDARD, standardise_all
from ingest.parts import Part, open_part, write_part
from kg import drawings
from kg.biolink import Category
from kg.layout import COMPOUNDS

CHEMBL = "CHEMBL.COMPOUND:"
_STANDARDISERS = (PACKAGE / "molecules.py", PACKAGE / "alerts.py", Path(drawings.__file__))
"""What a standardised drawing depends on; it is made again when they change."""
_BLOCK = 14
"""Letters of an InChIKey before its first hyphen."""
_BY_ID, _BY_NAME, _BY_XREF = 0, 1, 2


@dataclass(frozen=True)
class Compounds:
    """What the drawings of all sources come to.

    Attributes:
        parts: One further part a source: nodes, names, and drawings set aside.
        table: Rows of `kg.layout.COMPOUNDS`, one a compound with a drawing, by id.
        matches: How drawings of different sources meet: see `matches_of`.
    """

    parts: Sequence[Part]
    table: pl.DataFrame
    matches: Mapping[str, int]


def unify(parts: Sequence[Part], cache: Path, jobs: int = 2) -> Compounds:
    """Standardise the drawings in the parts and give each compound one identifier.

    Args:
        parts: Of all sources, in order of trust.
        cache: Where standardised drawings are kept, keyed by the part they come from.
        jobs: Processes.
    """
    drawn = [_drawings(part, rank, cache, jobs) for rank, part in enumerate(parts)]
    found = [d for d in drawn if d is not None]
    if not found:
        return Compounds((), pl.DataFrame(), {})
    named = _identified(pl.concat(found), _chembl_names(parts))
    made = [_part(named.filter(col("source") == p.source), p, cache) for p in parts]
    return Compounds([p for p in made if p is not None], _table(named), matches_of(named))


def matches_of(drawn: pl.DataFrame) -> dict[str, int]:
    """How many compounds sources share, and how many skeletons they draw differently.

    Compounds are one where their InChIKeys are equal. The first block of a key hashes the
    connections alone: where two sources share a block and no key, they draw another
    stereochemistry, isotope or charge. Such compounds stay apart, and are counted.

    Args:
        drawn: Columns source, inchikey (null where there is no drawing).
    """
    keys = drawn.select("source", "inchikey", block=col("inchikey").str.slice(0, _BLOCK))
    known = keys.drop_nulls("inchikey").unique()
    of_key = known.group_by("inchikey").len("sources")
    pairs = known.join(known.select("block", "source", "inchikey"), on="block", suffix="_other")
    across = pairs.filter(col("source") < col("source_other")).with_columns(
        same=col("inchikey") == col("inchikey_other")
    )
    apart = across.group_by("block", "source", "source_other").agg(col("same").any())
    of_block = known.group_by("block").agg(col("inchikey").n_unique())
    return {
        "compounds with a drawing": len(of_key),
        "of several sources, by the whole key": of_key.filter(col("sources") > 1).height,
        "skeletons (first blocks)": len(of_block),
        "skeletons of several compounds": of_block.filter(col("inchikey") > 1).height,
        "skeletons that two sources share by the first block alone": apart.filter(~col("same"))[
            "block"
        ].n_unique(),
    }


def _drawings(part: Part, rank: int, cache: Path, jobs: int) -> pl.DataFrame | None:
    """A part's molecules, one row an id, with the parent of each."""
    raw = part.load("molecules")
    if raw is None:
        return None
    smiles = col("smiles").fill_null("")
    merged = (
        raw.sort(smiles == "", maintain_order=True)
        .group_by("id", maintain_order=True)
        .agg(
            col("name").drop_nulls().first(),
            smiles.first(),
            col("inchikey").drop_nulls().first().alias("own"),
            col("synonyms").explode().drop_nulls().unique().sort(),
            col("xrefs").explode().drop_nulls().unique().sort(),
            col("file").first(),
            col("line").first(),
        )
    )
    parents = _standardised(merged["smiles"], part, cache, jobs)
    joined = merged.join(
        parents,
        left_on="smiles",
        right_on="drawn",
        how="left",
        suffix="_parent",
        maintain_order="left",
    )
    return joined.with_columns(source=pl.lit(part.source), rank=pl.lit(rank, pl.Int32))


def _standardised(smiles: pl.Series, part: Part, cache: Path, jobs: int) -> pl.DataFrame:
    """Parents of a part's drawings, from the cache where they are.

    The key is the drawings themselves and the code that standardises them: reading a table in
    another way makes no molecule anew.
    """
    drawn = smiles.filter(smiles != "").unique().sort().to_list()
    code = b"".join(path.read_bytes() for path in _STANDARDISERS) + STANDARD.encode()
    key = hashlib.sha256("\n".join(drawn).encode() + code).hexdigest()[:24]
    kept = cache / f"{part.source}-{key}.drawn.parquet"
    if kept.exists():
        return pl.read_parquet(kept)
    found = standardise_all(drawn, jobs)
    staging = kept.with_suffix(".new")
    found.write_parquet(staging)
    staging.replace(kept)
    return found


def _chembl_names(parts: Iterable[Part]) -> pl.DataFrame:
    """ChEMBL compounds that sources made nodes of: id and folded name, unique names alone."""
    frames = [f for f in (p.load("nodes") for p in parts) if f is not None]
    if not frames:
        return pl.DataFrame(schema={"folded": pl.String, "chembl": pl.String})
    named = pl.concat([f.select("id", "name") for f in frames]).filter(
        col("id").str.starts_with(CHEMBL)
    )
    folded = named.select(folded=col("name").str.to_lowercase(), chembl="id").unique()
    return folded.filter(pl.len().over("folded") == 1)


def _identified(molecules: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Every molecule with the identifier of its compound in `node`, null where it has none."""
    keyed = molecules.with_columns(
        group=pl.coalesce("inchikey", pl.concat_str("source", pl.lit(" "), "id"))
    )
    claims = pl.concat(
        [
            keyed.filter(col("id").str.starts_with(CHEMBL)).select(
                "group", chembl="id", how=pl.lit(_BY_ID)
            ),
            keyed.with_columns(folded=col("name").str.to_lowercase())
            .join(names, on="folded")
            .select("group", "chembl", how=pl.lit(_BY_NAME)),
            keyed.select("group", chembl="xrefs")
            .explode("chembl")
            .filter(col("chembl").str.starts_with(CHEMBL))
            .with_columns(how=pl.lit(_BY_XREF)),
        ]
    )
    claimed = _settled(claims)
    inchikey = pl.concat_str(pl.lit("INCHIKEY:"), col("inchikey"))
    return keyed.join(claimed, on="group", how="left", maintain_order="left").with_columns(
        node=pl.coalesce("chembl", inchikey)
    )


def _settled(claims: pl.DataFrame) -> pl.DataFrame:
    """One ChEMBL id a group and one group a ChEMBL id, the better claim first."""
    best = claims.group_by("group", "chembl").agg(col("how").min())
    sole = best.filter(col("how") == col("how").min().over("chembl")).filter(
        pl.len().over("chembl") == 1
    )
    return (
        sole.sort("how", "chembl")
        .unique("group", keep="first", maintain_order=True)
        .select("group", "chembl")
    )


def _part(rows: pl.DataFrame, part: Part, cache: Path) -> Part | None:
    """What the molecules of one source add: their nodes, their names, and faulty drawings."""
    if not len(rows):
        return None
    known = rows.filter(col("node").is_not_null())
    key = pl.concat_str(pl.lit("INCHIKEY:"), col("inchikey"))
    nodes = known.select(
        id="node",
        category=pl.lit(Category.COMPOUND.value),
        name=col("name").str.to_titlecase(),
        description=pl.lit(""),
        synonyms="synonyms",
        xrefs=pl.concat_list(pl.concat_list(col("id"), key.fill_null("")), "xrefs").list.eval(
            pl.element().filter(pl.element() != "")
        ),
    )
    names = (
        pl.concat(
            [
                known.select(alias="id", id="node", kind=pl.lit("id"), rank=pl.lit(0, pl.Int8)),
                known.select(
                    alias=key, id="node", kind=pl.lit("inchikey"), rank=pl.lit(0, pl.Int8)
                ),
                known.filter(col("own").is_not_null()).select(
                    alias=pl.concat_str(pl.lit("INCHIKEY:"), "own"),
                    id="node",
                    kind=pl.lit("drawing"),
                    rank=pl.lit(1, pl.Int8),
                ),
                known.explode("xrefs").select(
                    alias="xrefs", id="node", kind=pl.lit("xref"), rank=pl.lit(2, pl.Int8)
                ),
            ]
        )
        .filter(col("alias").is_not_null(), col("alias") != col("id"))
        .unique(maintain_order=True)
    )
    faulty = rows.filter(col("fault").is_not_null()).select("file", "line", reason=col("fault"))
    frames = Frames(
        nodes=nodes.select(pl.col(k).cast(v) for k, v in NODE.items()),
        aliases=names.with_columns(category=pl.lit(Category.COMPOUND.value)).select(
            pl.col(k).cast(v) for k, v in ALIAS.items()
        ),
        quarantine=faulty,
    )
    path = cache / f"{part.path.name}.compounds"
    write_part(path, frames, {"source": part.source})
    return open_part(part.source, path, reused=False)


def _table(named: pl.DataFrame) -> pl.DataFrame:
    """One row a compound with a drawing: of several, the most trusted source's first."""
    drawn = named.filter(col("inchikey").is_not_null(), col("node").is_not_null())
    first = drawn.sort("rank", "id", maintain_order=True).unique(
        "node", keep="first", maintain_order=True
    )
    rows = first.with_columns(
        id=col("node"),
        smiles=col("smiles_parent"),
        standard=pl.lit(STANDARD),
    )
    return rows.select(COMPOUNDS.names).sort("id")
