"""The tables of a release: their columns, Arrow types and sort orders.

Every table is canonical Parquet under `tables/`; `kg.compile` turns nodes, edges and evidence
into the memory-mapped arrays that the embedded store reads.
"""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = 1
"""Raised when a release written before can no longer be read."""

_text = pa.string()
_texts = pa.list_(pa.string())
_code = pa.dictionary(pa.int32(), pa.string())


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


NODES = _schema(
    id=_text,
    category=_code,
    name=_text,
    description=_text,
    synonyms=_texts,
    xrefs=_texts,
    source=_code,
)

EVIDENCE = _schema(
    id=_text,
    subject=_text,
    predicate=_code,
    object=_text,
    subject_category=_code,
    object_category=_code,
    source=_code,
    infores=_code,
    release=_code,
    evidence_class=_code,
    knowledge_level=_code,
    agent_type=_code,
    score=pa.float32(),
    value=pa.float64(),
    value_kind=_code,
    effect=pa.float64(),
    effect_lower=pa.float64(),
    effect_upper=pa.float64(),
    effect_kind=_code,
    direction_on_target=pa.int8(),
    direction_on_trait=pa.int8(),
    negated=pa.bool_(),
    hypothesis_free=pa.bool_(),
    first_public=pa.date32(),
    date_basis=_code,
    publications=_texts,
    detail=_text,
    licence=_code,
    redistributable=_code,
    file=_code,
    line=pa.int64(),
    original_subject=_text,
    original_object=_text,
)

EDGES = _schema(
    subject=_text,
    predicate=_code,
    object=_text,
    subject_category=_code,
    object_category=_code,
    score=pa.float32(),
    n_evidence=pa.int32(),
    n_refuting=pa.int32(),
    sources=_texts,
    classes=_texts,
    first_public=pa.date32(),
    hypothesis_free=pa.bool_(),
)

FACTS = _schema(
    subject=_text,
    key=_code,
    number=pa.float64(),
    text=_text,
    unit=_code,
    source=_code,
    release=_code,
    evidence_class=_code,
    first_public=pa.date32(),
    licence=_code,
    redistributable=_code,
    file=_code,
    line=pa.int64(),
)

LABELS = _schema(
    kind=_code,
    subject=_text,
    object=_text,
    number=pa.float64(),
    text=_text,
    source=_code,
    release=_code,
    first_public=pa.date32(),
    licence=_code,
    redistributable=_code,
    file=_code,
    line=pa.int64(),
)
"""What models are trained on and audited with; never edges, never features."""

COMPOUNDS = _schema(
    id=_text,
    inchikey=_text,
    smiles=_text,
    standard=_code,
    salt=pa.bool_(),
    molecular_weight=pa.float32(),
    logp=pa.float32(),
    tpsa=pa.float32(),
    hydrogen_bond_donors=pa.int16(),
    hydrogen_bond_acceptors=pa.int16(),
    rotatable_bonds=pa.int16(),
    rings=pa.int16(),
    aromatic_rings=pa.int16(),
    fraction_sp3=pa.float32(),
    heavy_atoms=pa.int16(),
    formal_charge=pa.int16(),
    qed=pa.float32(),
    alerts=_texts,
    fingerprint=pa.binary(),
    pattern=pa.binary(),
)
"""Standardised parents: `smiles` is the parent's own, `fingerprint` its 2048 Morgan bits, `pattern`
its 2048 bits of RDKit's pattern fingerprint, which screen for substructures."""

RESIDUES = _schema(
    structure=_text,
    file_number=pa.int32(),
    uniprot=_text,
    position=pa.int32(),
    letter=_text,
    pocket=pa.int16(),
)
"""Residues of each structure that agree with the sequence; `pocket` 0 outside every pocket."""

LOCUS_FEATURES: tuple[str, ...] = (
    "distanceSentinelFootprint",
    "distanceSentinelFootprintNeighbourhood",
    "distanceFootprintMean",
    "distanceFootprintMeanNeighbourhood",
    "distanceTssMean",
    "distanceTssMeanNeighbourhood",
    "distanceSentinelTss",
    "distanceSentinelTssNeighbourhood",
    "geneCount500kb",
    "proteinGeneCount500kb",
    "credibleSetConfidence",
    "isProteinCoding",
    "vepMaximum",
    "vepMaximumNeighbourhood",
    "vepMean",
    "vepMeanNeighbourhood",
    "eQtlColocClppMaximum",
    "eQtlColocH4Maximum",
    "eQtlColocClppMaximumNeighbourhood",
    "eQtlColocH4MaximumNeighbourhood",
    "pQtlColocClppMaximum",
    "pQtlColocH4Maximum",
    "pQtlColocClppMaximumNeighbourhood",
    "pQtlColocH4MaximumNeighbourhood",
    "sQtlColocClppMaximum",
    "sQtlColocH4Maximum",
    "sQtlColocClppMaximumNeighbourhood",
    "sQtlColocH4MaximumNeighbourhood",
)
"""What a credible set says of a gene near it: distances, consequences, colocalisation; 0 to 1 but
for the counts of genes. Names as Open Targets writes them."""

LOCI = _schema(
    study_locus=_text,
    gene=_text,
    trait=_text,
    positive=pa.bool_(),
    first_public=pa.date32(),
    **dict.fromkeys(LOCUS_FEATURES, pa.float32()),
    licence=_code,
    redistributable=_code,
    file=_code,
    line=pa.int64(),
)
"""Genes at loci whose causal gene is known, with the locus's features: what the locus-to-gene model
learns from, never graph. Identifiers are the source's own, as CURIEs."""

ALIASES = _schema(
    category=_code,
    alias=_text,
    id=_text,
    kind=_code,
    source=_code,
)
"""What each identifier or name of a source resolves to (unique ones only)."""

QUARANTINE = _schema(source=_code, file=_code, line=pa.int64(), reason=_code)

TABLES: dict[str, pa.Schema] = {
    "nodes": NODES,
    "edges": EDGES,
    "evidence": EVIDENCE,
    "facts": FACTS,
    "labels": LABELS,
    "compounds": COMPOUNDS,
    "residues": RESIDUES,
    "loci": LOCI,
    "aliases": ALIASES,
    "quarantine": QUARANTINE,
}

ORDER: dict[str, tuple[str, ...]] = {
    "nodes": ("category", "id"),
    "edges": ("object_category", "object", "score desc", "predicate", "subject"),
    "evidence": (
        "object_category",
        "object",
        "predicate",
        "subject",
        "negated",
        "score desc",
        "id",
    ),
    "facts": ("subject", "key", "source", "file", "line", "number", "text"),
    "labels": ("kind", "subject", "object", "source", "file", "line", "number", "text"),
    "compounds": ("id",),
    "residues": ("structure", "file_number", "pocket"),
    "loci": ("study_locus", "gene", "trait", "file", "line"),
    "aliases": ("category", "alias", "kind", "id"),
    "quarantine": ("source", "file", "line", "reason"),
}
"""Total orders of the rows, bytewise for text and with missing scores last, so that equal rows
give equal files. Nodes are numbered in theirs: each category is one range of indices."""

ROW_KEY: dict[str, tuple[str, ...]] = {
    "edges": ("subject", "predicate", "object", "n_evidence", "n_refuting"),
    "evidence": ("id",),
}
"""Columns that stand for a row in the release id, where not all of them need to."""
