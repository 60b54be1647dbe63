"""EFO: measurements and other traits that genetic studies name, and diseases MONDO has no term for.

Terms that MONDO has, by either side's mapping, are only aliases of it. The remaining diseases
keep their EFO number; measurements, phenotypes and processes become phenotype nodes.

The pinned tables were made from one ontology file, and `efo.obo` stands for each of them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
from polars import col

from ingest.frames import Frames, aliases, evidence, nodes
from ingest.identifiers import as_curie
from ingest.obo import current, pairs, read_if_obo
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import Table, TableFormat
from kg.biolink import Category, EvidenceClass, Predicate

EDGES = "efo/efo_3.62_direct_edges.tsv.gz"
LABELS = "efo/efo_3.62_labels.tsv.gz"
SYNONYMS = "efo/efo_3.62_synonyms.tsv.gz"
MAPPINGS = "efo/efo_mondo_efo_mappings.tsv.gz"
SSSOM = "mondo/mondo_exactmatch_efo.sssom.tsv.gz"

DISEASE_ROOT = "EFO:0000408"
TRAIT_ROOTS = ("EFO:0001444", "EFO:0000651", "HP:0000118")
"""Measurement, phenotype, phenotypic abnormality."""
_OWN = r"^(EFO|OBA|HP):"
_DEEPEST = 64
_TOP = "owl:Thing"
"""What the table of edges has as the parent of terms without one."""
_COLUMNS = ("Subject", "Object")


def _edges_of(place: Path, name: str) -> Table | None:
    """`efo.obo` as the table of edges; terms without a parent, obsolete ones too, have `_TOP`."""
    terms = read_if_obo(place, name)
    if terms is None:
        return None
    parents = pl.when(col("is_a").list.len() > 0).then("is_a").otherwise(pl.lit([_TOP]))
    return pairs(terms.with_columns(is_a=parents), "is_a", _COLUMNS)


def _labels_of(place: Path, name: str) -> Table | None:
    """`efo.obo` as the table of labels, which has no obsolete terms."""
    terms = read_if_obo(place, name)
    if terms is None:
        return None
    named = current(terms).without({"term has no name": col("name") != ""})
    return replace(named, rows=named.rows.select(Subject="id", Object="name", line="line"))


def _synonyms_of(place: Path, name: str) -> Table | None:
    """`efo.obo` as the table of synonyms, which has those of obsolete terms."""
    terms = read_if_obo(place, name)
    return terms and pairs(terms, "synonyms", _COLUMNS)


def read(inputs: Inputs) -> Frames:
    """Terms as nodes, direct parents as edges, mappings to MONDO as aliases."""
    labels = inputs.table(LABELS)
    edges = inputs.table(EDGES)
    steps, bad = edges.split(
        {
            "child is of another vocabulary": as_curie(col("Subject")).is_not_null(),
            "parent is a root or marks an obsolete term": as_curie(col("Object")).is_not_null(),
        }
    )
    steps = steps.with_columns(child=as_curie(col("Subject")), parent=as_curie(col("Object")))
    mapped = _mapped(inputs)
    terms, left_out = labels.split(
        {
            "term is of another vocabulary": as_curie(col("Subject")).str.contains(_OWN),
            "term is neither disease, measurement nor phenotype": as_curie(col("Subject")).is_in(
                _below(steps, (DISEASE_ROOT, *TRAIT_ROOTS)).implode()
            ),
            "MONDO has the term": ~as_curie(col("Subject")).is_in(mapped["efo"].implode()),
        }
    )
    kinds = _categorised(terms, steps)
    return Frames(
        nodes=_nodes(inputs, kinds),
        evidence=_hierarchy(inputs, steps, kinds),
        aliases=aliases(mapped, Category.DISEASE, col("efo"), col("mondo"), "mapping", rank=1),
        quarantine=pl.concat([bad, left_out]),
        rows=edges.n_lines + labels.n_lines,
    )


def _mapped(inputs: Inputs) -> pl.DataFrame:
    """EFO and MONDO ids that mean the same, by either side."""
    ours = inputs.table(MAPPINGS).rows.select(
        efo=as_curie(col("efo")), mondo=as_curie(col("mondo"))
    )
    theirs = inputs.table(SSSOM).rows.filter(col("predicate_id") == "skos:exactMatch")
    sssom = theirs.select(efo=as_curie(col("object_id")), mondo=as_curie(col("subject_id")))
    both = pl.concat([sssom, ours]).drop_nulls().unique(maintain_order=True)
    return both.filter(col("efo").str.contains(r"^EFO:") & col("mondo").str.contains(r"^MONDO:"))


def _below(steps: pl.DataFrame, roots: tuple[str, ...]) -> pl.Series:
    """Some terms and everything under them."""
    found = pl.Series("id", list(roots), dtype=pl.String)
    frontier = found
    for _ in range(_DEEPEST):
        children = steps.filter(col("parent").is_in(frontier.implode()))["child"].unique()
        frontier = children.filter(~children.is_in(found.implode()))
        if frontier.is_empty():
            return found
        found = pl.concat([found, frontier.rename("id")])
    return found


def _categorised(terms: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """A term under disease and nowhere else is a disease; all others are traits."""
    traits = _below(steps, TRAIT_ROOTS)
    return terms.with_columns(id=as_curie(col("Subject"))).with_columns(
        category=pl.when(col("id").is_in(traits.implode()))
        .then(pl.lit(Category.PHENOTYPE.value))
        .otherwise(pl.lit(Category.DISEASE.value))
    )


def _nodes(inputs: Inputs, kinds: pl.DataFrame) -> pl.DataFrame:
    names = inputs.table(SYNONYMS).rows.select(id=as_curie(col("Subject")), synonym=col("Object"))
    synonyms = names.drop_nulls().group_by("id", maintain_order=True).agg(col("synonym"))
    named = kinds.join(synonyms, on="id", how="left", maintain_order="left")
    return nodes(
        named, col("category"), col("id"), col("Object"), synonyms=col("synonym").fill_null([])
    )


def _hierarchy(inputs: Inputs, steps: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    """Direct parents between terms of one kind."""
    kind = kinds.select("id", "category")
    ends = steps.join(kind, left_on="child", right_on="id").join(
        kind, left_on="parent", right_on="id", suffix="_parent"
    )
    return evidence(
        inputs,
        EDGES,
        ends.filter(col("category") == col("category_parent")),
        subject=col("child"),
        predicate=Predicate.SUBCLASS_OF,
        object=col("parent"),
        subject_category=col("category"),
        object_category=col("category_parent"),
    )


EFO = Source(
    id="efo",
    title="Experimental Factor Ontology",
    infores="infores:efo",
    about="Traits and measurements of genetic studies, and diseases MONDO lacks.",
    files=(
        SourceFile(EDGES, columns=_COLUMNS, convert=_edges_of),
        SourceFile(LABELS, columns=_COLUMNS, convert=_labels_of),
        SourceFile(SYNONYMS, columns=_COLUMNS, convert=_synonyms_of),
        SourceFile(
            MAPPINGS,
            columns=("mondo", "efo"),
            format=TableFormat(
                header=("mondo", "efo", "mondo_name", "efo_name"), key=("mondo", r"MONDO_\d{7}$")
            ),
        ),
        SourceFile(
            SSSOM,
            columns=("subject_id", "predicate_id", "object_id"),
            format=TableFormat(comment="#"),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.ONTOLOGY,
)
