"""The columns of every frame that a source gives, with their types.

Identifiers are CURIEs as the source spells them; the merge resolves them.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from kg.layout import LOCUS_FEATURES

TEXTS = pl.List(pl.String)

NODE: dict[str, Any] = {
    "id": pl.String,
    "category": pl.String,
    "name": pl.String,
    "description": pl.String,
    "synonyms": TEXTS,
    "xrefs": TEXTS,
}
EVIDENCE: dict[str, Any] = {
    "subject": pl.String,
    "predicate": pl.String,
    "object": pl.String,
    "subject_category": pl.String,
    "object_category": pl.String,
    "evidence_class": pl.String,
    "knowledge_level": pl.String,
    "agent_type": pl.String,
    "infores": pl.String,
    "release": pl.String,
    "score": pl.Float64,
    "value": pl.Float64,
    "value_kind": pl.String,
    "effect": pl.Float64,
    "effect_lower": pl.Float64,
    "effect_upper": pl.Float64,
    "effect_kind": pl.String,
    "direction_on_target": pl.Int8,
    "direction_on_trait": pl.Int8,
    "negated": pl.Boolean,
    "hypothesis_free": pl.Boolean,
    "first_public": pl.Date,
    "date_basis": pl.String,
    "publications": TEXTS,
    "detail": pl.String,
    "licence": pl.String,
    "redistributable": pl.String,
    "file": pl.String,
    "line": pl.Int64,
}
FACT: dict[str, Any] = {
    "subject": pl.String,
    "subject_category": pl.String,
    "key": pl.String,
    "number": pl.Float64,
    "text": pl.String,
    "unit": pl.String,
    "evidence_class": pl.String,
    "release": pl.String,
    "first_public": pl.Date,
    "licence": pl.String,
    "redistributable": pl.String,
    "file": pl.String,
    "line": pl.Int64,
}
LABEL: dict[str, Any] = {
    "kind": pl.String,
    "subject": pl.String,
    "subject_category": pl.String,
    "object": pl.String,
    "object_category": pl.String,
    "number": pl.Float64,
    "text": pl.String,
    "release": pl.String,
    "first_public": pl.Date,
    "licence": pl.String,
    "redistributable": pl.String,
    "file": pl.String,
    "line": pl.Int64,
}
ALIAS: dict[str, Any] = {
    "category": pl.String,
    "alias": pl.String,
    "id": pl.String,
    "kind": pl.String,
    "rank": pl.Int8,
}
MOLECULE: dict[str, Any] = {
    "id": pl.String,
    "name": pl.String,
    "smiles": pl.String,
    "inchikey": pl.String,
    "synonyms": TEXTS,
    "xrefs": TEXTS,
    "file": pl.String,
    "line": pl.Int64,
}
RESIDUE: dict[str, Any] = {
    "structure": pl.String,
    "file_number": pl.Int32,
    "uniprot": pl.String,
    "position": pl.Int32,
    "letter": pl.String,
    "pocket": pl.Int16,
}
LOCUS: dict[str, Any] = {
    "study_locus": pl.String,
    "gene": pl.String,
    "trait": pl.String,
    "positive": pl.Boolean,
    "first_public": pl.Date,
    **dict.fromkeys(LOCUS_FEATURES, pl.Float32),
    "licence": pl.String,
    "redistributable": pl.String,
    "file": pl.String,
    "line": pl.Int64,
}
SEQUENCE: dict[str, Any] = {"uniprot": pl.String, "sequence": pl.String}
SUBSTITUTION: dict[str, Any] = {
    "variant": pl.String,
    "uniprot": pl.String,
    "position": pl.Int32,
    "reference": pl.String,
    "alternative": pl.String,
    "file": pl.String,
    "line": pl.Int64,
}
QUARANTINE: dict[str, Any] = {"file": pl.String, "line": pl.Int64, "reason": pl.String}
