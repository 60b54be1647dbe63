"""InterPro and Pfam: domains, families and superfamilies that the products of genes have.

Of the entries only those are kept that a human gene has, and what lies above these. InterPro's
tree of entries has just those with a parent or a child: where it stands for the pinned table, the
others have the names of the files of genes.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.entry_tree import read_entry_tree
from ingest.frames import Frames, evidence, nodes
from ingest.identifiers import as_curie
from ingest.source import Inputs, Source, SourceFile
from ingest.stockholm import read_clans
from ingest.tables import CSV, Table, TableFormat
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate

KINDS = {
    "domain": "domains",
    "family": "family",
    "homologous_superfamily": "homologous_superfamily",
}
"""Kind of entry, which names its file, and the file's column of identifiers."""

PARENTS = "interpro/interpro_107_parents.tsv.gz"
PFAM = "interpro/ensembl99_gene_pfam.tsv.gz"
CLANS = "interpro/pfam_38_clans.tsv.gz"
CLAN_NAMES = "interpro/pfam_clan_names.tsv.gz"

_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_ENTRY = ("identifier", "name", "definition", "parents")
_CLANS_NOW = TableFormat(
    header=("identifier", "parents", "clan", "name", "definition"),
    key=("identifier", r"^PF\d{5}$"),
)
"""`Pfam-A.clans.tsv`: accession, clan's accession, clan's name, name, description; no header."""
DOMAIN = Category.DOMAIN


def read(inputs: Inputs) -> Frames:
    """Entries by gene symbol, Pfam domains by Ensembl gene with positions, then what is above."""
    tables = {kind: _entries(inputs, kind) for kind in KINDS}
    members = pl.concat(split_rows for split_rows, _, _ in tables.values())
    return Frames.concat(
        [
            *(_members(inputs, kind, *parts) for kind, parts in tables.items()),
            _interpro_hierarchy(inputs, members),
            *_pfam(inputs),
        ]
    )


def _path(kind: str) -> str:
    return f"interpro/{kind}.csv.gz"


def _entries(inputs: Inputs, kind: str) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """A row for each gene and entry (Gene_Name, entry, name, kind, line); the bad rows; lines."""
    table = inputs.table(_path(kind))
    column = KINDS[kind]
    good, bad = table.split(
        {
            "no symbol": col("Gene_Name") != "",
            "no entry of this kind": col(column) != "",
            "entry is not an InterPro id": col(column).str.contains(r"IPR\d{6}"),
        }
    )
    names = col("name").str.extract_all(_QUOTED).list.eval(pl.element().str.slice(1).str.head(-1))
    listed = good.with_columns(entry=col(column).str.extract_all(r"IPR\d{6}"), name=names)
    even = col("entry").list.len() == col("name").list.len()
    named = listed.with_columns(
        name=pl.when(even).then("name").otherwise(col("entry")), kind=pl.lit(kind)
    )
    rows = named.select("Gene_Name", "entry", "name", "kind", "line").explode("entry", "name")
    return rows, bad, table.n_lines


def _members(
    inputs: Inputs, kind: str, rows: pl.DataFrame, bad: pl.DataFrame, n_lines: int
) -> Frames:
    found = evidence(
        inputs,
        _path(kind),
        rows,
        subject="SYMBOL:" + col("Gene_Name"),
        predicate=Predicate.HAS_PART,
        object="InterPro:" + col("entry"),
        subject_category=Category.GENE,
        object_category=DOMAIN,
        detail={"kind": col("kind").str.replace_all("_", " ")},
    )
    return Frames(evidence=found, quarantine=bad, rows=n_lines)


def _interpro_hierarchy(inputs: Inputs, members: pl.DataFrame) -> Frames:
    """Entries since removed keep the name that the gene files have for them."""
    table = inputs.table(PARENTS)
    parent = as_curie(col("parents").str.split("|").list.first()).str.strip_prefix("InterPro:")
    rows = table.rows.with_columns(parent=parent)
    used = _with_ancestors(rows, members["entry"].unique())
    good, bad = Table(table.file, rows, table.bad).split(
        {"no human gene has it or an entry below it": col("identifier").is_in(used.implode())}
    )
    kinds = members.select(identifier="entry", kind="kind")
    kinds = kinds.unique("identifier", keep="first", maintain_order=True)
    described = good.join(kinds, on="identifier", how="left")
    removed = members.join(good, left_on="entry", right_on="identifier", how="anti")
    return Frames(
        nodes=pl.concat(
            [
                _interpro_nodes(described, col("identifier")),
                _interpro_nodes(removed, col("entry")),
            ]
        ),
        evidence=_above(
            inputs,
            PARENTS,
            good.drop_nulls("parent"),
            "InterPro:" + col("identifier"),
            "InterPro:" + col("parent"),
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


def _interpro_nodes(rows: pl.DataFrame, entry: pl.Expr) -> pl.DataFrame:
    kind = col("kind").str.replace_all("_", " ").fill_null("entry")
    return nodes(rows, DOMAIN, "InterPro:" + entry, col("name"), description="InterPro " + kind)


def _with_ancestors(rows: pl.DataFrame, used: pl.Series) -> pl.Series:
    """The identifiers and everything above them; `rows` has identifier and parent."""
    known = used
    while True:
        parents = rows.filter(col("identifier").is_in(known.implode()))["parent"].drop_nulls()
        grown = pl.concat([known, parents]).unique()
        if len(grown) == len(known):
            return grown
        known = grown


def _pfam(inputs: Inputs) -> list[Frames]:
    if not inputs.has(PFAM):
        return []
    table = inputs.table(PFAM)
    good, bad = table.split(
        {
            "no Pfam domain": col("Pfam ID") != "",
            "gene is not an Ensembl id": as_curie(col("Gene stable ID"), "ENSEMBL").is_not_null(),
            "not a Pfam id": as_curie(col("Pfam ID"), "PFAM").is_not_null(),
        }
    )
    found = evidence(
        inputs,
        PFAM,
        good,
        subject="ENSEMBL:" + col("Gene stable ID"),
        predicate=Predicate.HAS_PART,
        object="PFAM:" + col("Pfam ID"),
        subject_category=Category.GENE,
        object_category=DOMAIN,
        detail={"start": col("Pfam start"), "end": col("Pfam end")},
    )
    members = Frames(evidence=found, quarantine=bad, rows=table.n_lines)
    return [members, *_clans(inputs, good.select("Pfam ID").unique(maintain_order=True))]


def _clans(inputs: Inputs, used: pl.DataFrame) -> list[Frames]:
    """Pfam families that genes have, under their clans; families removed since have no name."""
    table = inputs.table(CLANS)
    good, bad = table.split(
        {"no human gene has it": col("identifier").is_in(used["Pfam ID"].implode())}
    )
    spelled = pl.coalesce(as_curie(col("parents")), as_curie(col("parents"), "PFAM.CLAN"))
    clan = good.with_columns(clan=spelled).drop_nulls("clan")
    removed = used.join(good, left_on="Pfam ID", right_on="identifier", how="anti")
    families = Frames(
        nodes=pl.concat(
            [
                nodes(
                    good,
                    DOMAIN,
                    "PFAM:" + col("identifier"),
                    col("name"),
                    description=col("definition"),
                ),
                nodes(removed, DOMAIN, "PFAM:" + col("Pfam ID"), pl.lit("")),
            ]
        ),
        evidence=_above(inputs, CLANS, clan, "PFAM:" + col("identifier"), col("clan")),
        quarantine=bad,
        rows=table.n_lines,
    )
    return [families, _clan_names(inputs, clan["clan"].unique())]


def _clan_names(inputs: Inputs, used: pl.Series) -> Frames:
    table = inputs.table(CLAN_NAMES)
    clan = "PFAM.CLAN:" + col("identifier")
    good, bad = table.split({"no human gene has a family of it": clan.is_in(used.implode())})
    named = nodes(good, DOMAIN, clan, col("name"), description="Pfam clan")
    return Frames(nodes=named, quarantine=bad, rows=table.n_lines)


def _above(
    inputs: Inputs, file: str, rows: pl.DataFrame, child: pl.Expr, parent: pl.Expr
) -> pl.DataFrame:
    return evidence(
        inputs,
        file,
        rows,
        subject=child,
        predicate=Predicate.SUBCLASS_OF,
        object=parent,
        subject_category=DOMAIN,
        object_category=DOMAIN,
        evidence_class=EvidenceClass.ONTOLOGY,
    )


INTERPRO = Source(
    id="interpro",
    title="InterPro and Pfam",
    infores="infores:interpro",
    about="Domains, families and superfamilies of each gene's products; Pfam with positions.",
    files=(
        *(
            SourceFile(_path(kind), columns=("Gene_Name", column, "name"), format=CSV)
            for kind, column in KINDS.items()
        ),
        SourceFile(PARENTS, columns=("identifier", "name", "parents"), convert=read_entry_tree),
        SourceFile(
            PFAM,
            columns=("Gene stable ID", "Pfam ID", "Pfam start", "Pfam end"),
            optional=True,
        ),
        SourceFile(CLANS, columns=_ENTRY, optional=True, current=_CLANS_NOW),
        SourceFile(CLAN_NAMES, columns=("identifier", "name"), optional=True, convert=read_clans),
    ),
    read=read,
    evidence_class=EvidenceClass.CURATED,
    knowledge_level=KnowledgeLevel.PREDICTION,
    agent_type=AgentType.AUTOMATED_AGENT,
    hypothesis_free=True,
)
