"""HGNC gene groups: which genes belong together, and how the groups are nested.

Membership is the current one of HGNC's table of genes. The pinned list of memberships is of 2017
and rolled up the groups' hierarchy; of it only direct memberships that still hold are kept, as an
older witness. HGNC's current list, `gene_has_family.csv`, has the direct ones alone, and its table
of genes says the same: in place of the pinned list it is no second witness, but a second record.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from polars import col

from ingest.frames import Frames, evidence, nodes, split_list
from ingest.genes import HGNC_TABLE, approved, hgnc_table
from ingest.hgnc_groups import groups, memberships
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, no_bad_rows
from kg.biolink import Category, EvidenceClass, Predicate

GROUPS = "hgnc/hgnc_gene_groups_2025.tsv.gz"
MEMBERS = "hgnc/hgnc_gene_families.tsv.gz"


def read(inputs: Inputs) -> Frames:
    """Groups as nodes, their parents as edges, and each gene's direct memberships."""
    current, bad = _memberships(inputs)
    return Frames.concat(
        [
            _groups(inputs),
            _current_members(inputs, current),
            Frames(quarantine=bad, rows=len(bad)),
            _listed_members(inputs, current),
        ]
    )


def _groups(inputs: Inputs) -> Frames:
    table = inputs.table(GROUPS)
    good, bad = table.split(
        {
            "group is not a number": col("identifier").str.contains(r"^\d+$"),
            "not a human group": col("species") == "ncbitaxon:9606",
            "parent is not a group": split_list("parents")
            .list.eval(pl.element().str.contains(r"^(?:hgnc\.genegroup|so):\d+$"))
            .list.all(),
        }
    )
    parents = good.with_columns(
        parent=split_list("parents").list.eval(pl.element().str.extract(r"^hgnc\.genegroup:(\d+)$"))
    ).explode("parent")
    return Frames(
        nodes=nodes(
            good,
            Category.GENE_FAMILY,
            id=_group(col("identifier")),
            name=col("name"),
            description=col("definition"),
            synonyms=split_list("synonyms"),
        ),
        evidence=evidence(
            inputs,
            GROUPS,
            parents.drop_nulls("parent"),
            subject=_group(col("identifier")),
            predicate=Predicate.SUBCLASS_OF,
            object=_group(col("parent")),
            subject_category=Category.GENE_FAMILY,
            object_category=Category.GENE_FAMILY,
            evidence_class=EvidenceClass.ONTOLOGY,
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


def _memberships(inputs: Inputs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Columns line, hgnc_id, entrez_id, group, name: a row for each gene and group of HGNC's.

    And the lines whose groups and names are not as many.
    """
    genes = approved(inputs).with_columns(
        group=split_list("gene_group_id"), name=split_list("gene_group")
    )
    table = Table(HGNC_TABLE, genes, no_bad_rows())
    even = col("group").list.len() == col("name").list.len()
    good, bad = table.split({"as many groups as names are not told": even})
    return good.explode("group", "name").drop_nulls("group"), bad


def _current_members(inputs: Inputs, members: pl.DataFrame) -> Frames:
    """Groups that the list of groups lacks are named by HGNC's table."""
    listed = inputs.table(GROUPS).rows.select("identifier")
    unlisted = members.join(listed, left_on="group", right_on="identifier", how="anti")
    named = nodes(unlisted, Category.GENE_FAMILY, id=_group(col("group")), name=col("name"))
    found = _members(inputs, HGNC_TABLE, members, col("hgnc_id"), col("group"))
    return Frames(nodes=named, evidence=found)


def _listed_members(inputs: Inputs, current: pl.DataFrame) -> Frames:
    """Genes are NCBI's in the pinned list, HGNC's in the current one."""
    table = inputs.table(MEMBERS)
    pinned = "hgnc_id" not in table.rows.columns
    theirs, ours = ("entrez_gene_id", "entrez_id") if pinned else ("hgnc_id", "hgnc_id")
    joined = table.rows.join(
        current.select(ours, "group", holds=pl.lit(value=True)).unique(),
        left_on=[theirs, "family_id"],
        right_on=[ours, "group"],
        how="left",
        maintain_order="left",
    )
    good, bad = replace(table, rows=joined).split(
        {
            "rolled up from a smaller group": col("leaf") == "1",
            "no longer a member in HGNC": col("holds"),
        }
    )
    gene = "NCBIGene:" + col("entrez_gene_id") if pinned else col("hgnc_id")
    found = _members(inputs, MEMBERS, good, gene, col("family_id"))
    return Frames(evidence=found, quarantine=bad, rows=table.n_lines)


def _members(
    inputs: Inputs, file: str, rows: pl.DataFrame, gene: pl.Expr, group: pl.Expr
) -> pl.DataFrame:
    return evidence(
        inputs,
        file,
        rows,
        subject=gene,
        predicate=Predicate.MEMBER_OF,
        object=_group(group),
        subject_category=Category.GENE,
        object_category=Category.GENE_FAMILY,
    )


def _group(number: pl.Expr) -> pl.Expr:
    return "HGNC.FAMILY:" + number


HGNC_FAMILIES = Source(
    id="hgnc_families",
    title="HGNC gene groups",
    infores="infores:hgnc",
    about="Families and functional groups of genes, nested; direct memberships.",
    files=(
        SourceFile(
            GROUPS,
            columns=("identifier", "name", "definition", "synonyms", "parents", "species"),
            convert=groups,
        ),
        SourceFile(MEMBERS, columns=("family_id", "leaf", "entrez_gene_id"), convert=memberships),
        hgnc_table("entrez_id", "gene_group", "gene_group_id"),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
    hypothesis_free=True,
)
