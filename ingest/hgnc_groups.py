"""HGNC's gene groups as tables of its database, as the one table that was made from them.

The tables and their columns: HGNC's README beside them, at https://storage.googleapis.com/
public-download-files/hgnc/csv/csv/genefamily_db_tables/README.txt. Fields are quoted, and `NULL`
stands for an empty one.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
from polars import col

from ingest.content import is_archive, opened_archive, read_member
from ingest.tables import CSV, Table, parse_table, read_if
from kg.errors import TableError

GROUPS = "family.csv"
HIERARCHY = "hierarchy.csv"
ALIASES = "family_alias.csv"
_COLUMNS = {
    GROUPS: ("id", "abbreviation", "name", "desc_comment"),
    HIERARCHY: ("parent_fam_id", "child_fam_id"),
    ALIASES: ("family_id", "alias"),
}
_LARGEST = 256 << 20
_NO_PARENT = "so:0005855"
"""Sequence Ontology's term for a gene group: what a group in no other one is."""


def groups(place: Path, name: str) -> Table | None:
    """Groups with their definition, synonyms and parents, as the pinned table has them.

    Columns identifier, name, definition, synonyms (abbreviation and aliases between bars),
    parents, species; lines are those of `family.csv`. Set aside: a group named before, and links
    and aliases of groups that are not there; the reason begins with the table, whose line it is.

    Args:
        place: An archive of `family.csv`, `hierarchy.csv` and `family_alias.csv`.
        name: What errors call it.

    Returns:
        None for a file that is no archive with the first of these.

    Raises:
        TableError: it lacks one of the others, or one is damaged or another; says which.
    """
    if not is_archive(place):
        return None
    with opened_archive(place, name) as archive:
        if GROUPS not in archive.namelist():
            return None
        found = {table: _table(archive, table, name) for table in _COLUMNS}
    listed = found[GROUPS].without(
        {f"{GROUPS}: group is there twice": col("id").is_first_distinct()}
    )
    there = listed.rows["id"].implode()
    links = found[HIERARCHY].without(
        {
            f"{HIERARCHY}: parent is no group of {GROUPS}": col("parent_fam_id").is_in(there),
            f"{HIERARCHY}: child is no group of {GROUPS}": col("child_fam_id").is_in(there),
            f"{HIERARCHY}: group is its own parent": col("parent_fam_id") != col("child_fam_id"),
        }
    )
    aliases = found[ALIASES].without(
        {
            f"{ALIASES}: alias of no group of {GROUPS}": col("family_id").is_in(there),
            f"{ALIASES}: alias is empty": col("alias") != "",
        }
    )
    bad = pl.concat([listed.bad, links.bad, aliases.bad])
    return Table(name, _joined(listed.rows, links.rows, aliases.rows), bad)


def memberships(place: Path, name: str) -> Table | None:
    """Direct memberships: family_id, leaf (always 1), entrez_gene_id (empty), hgnc_id, line.

    `gene_has_family.csv` names genes by HGNC's number alone; `hgnc_id` has it as a CURIE.

    Returns:
        None for another file.
    """
    table = read_if(place, ("hgnc_id", "family_id"), name, CSV)
    if table is None:
        return None
    named = table.without({"gene is not an HGNC number": col("hgnc_id").str.contains(r"^\d+$")})
    rows = named.rows.select(
        "family_id",
        leaf=pl.lit("1"),
        entrez_gene_id=pl.lit(""),
        hgnc_id="HGNC:" + col("hgnc_id"),
        line="line",
    )
    return Table(name, rows, named.bad)


def _table(archive: zipfile.ZipFile, table: str, name: str) -> Table:
    """One table, without `NULL` and blanks around names; what is set aside of it names it."""
    try:
        member = archive.getinfo(table)
    except KeyError as error:
        raise TableError(f"{name} holds no {table}; fetch it again") from error
    content = read_member(archive, member, _LARGEST)
    found = parse_table(content, _COLUMNS[table], CSV, f"{name}, {table}")
    columns = _COLUMNS[table]
    rows = found.rows.with_columns(
        *(col(c).str.strip_chars() for c in columns if c != "desc_comment")
    ).with_columns(col(*columns).replace("NULL", ""))
    bad = found.bad.with_columns(
        file=pl.lit(name), reason=pl.concat_str(pl.lit(f"{table}: "), col("reason"))
    )
    return Table(name, rows, bad)


def _joined(rows: pl.DataFrame, links: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """A row a group; what there are several of is in the order of its bytes."""
    above = _listed(links, "child_fam_id", "hgnc.genegroup:" + col("parent_fam_id"), "parents")
    short = rows.filter(col("abbreviation") != "").select(family_id="id", alias="abbreviation")
    told = pl.concat([short, aliases.select("family_id", "alias")])
    for lists in (above, _listed(told, "family_id", col("alias"), "synonyms")):
        rows = rows.join(lists, on="id", how="left", maintain_order="left")
    return rows.select(
        "name",
        identifier="id",
        definition="desc_comment",
        synonyms=col("synonyms").fill_null(""),
        parents=col("parents").fill_null(_NO_PARENT),
        species=pl.lit("ncbitaxon:9606"),
        line="line",
    )


def _listed(rows: pl.DataFrame, group: str, value: pl.Expr, name: str) -> pl.DataFrame:
    """Columns id and the distinct values of each group between bars."""
    values = rows.group_by(id=group).agg(value.unique().sort().alias(name))
    return values.with_columns(col(name).list.join("|"))
