"""Claims on quantitative traits, told of the diseases that the traits stand for.

Which trait stands for which disease, and at which end of its scale, is a curated table of the
release (`ingest/trait_diseases.tsv`); here it is only followed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gnn.graph import Claims, Graph
from gnn.ontology import Index
from kg.biolink import Category, EdgeType, Predicate

PROXY = EdgeType(Category.PHENOTYPE, Predicate.ASSOCIATED_WITH, Category.DISEASE)
"""A trait that stands for a disease; the evidence's direction is 1 or -1: which end of it."""
PROXY_WEIGHT = 0.5
"""What a claim on a trait counts for the disease: stated, not learned."""


def proxy_claims(graph: Graph) -> Claims:
    """Every claim on a trait that stands for diseases, once for each of them.

    Strength is `PROXY_WEIGHT` times the claim's; the direction on the trait becomes that on the
    disease, so that what lowers bone density raises osteoporosis. Refutations are left out: a
    refuted trait refutes no disease. `row` is still the claim's on the trait.
    """
    trait, disease, sign = _proxies(graph)
    claims = graph.trait_claims.keep(~graph.trait_claims.negated)
    first = np.searchsorted(trait, claims.disease, "left")
    times = np.searchsorted(trait, claims.disease, "right") - first
    which = np.repeat(np.arange(len(claims)), times)
    begin = np.cumsum(times) - times
    at = np.arange(len(which)) - begin[which] + first[which]
    told = Claims(**{name: getattr(claims, name)[which] for name in claims.__dataclass_fields__})
    return replace(
        told,
        disease=disease[at],
        strength=told.strength * np.float32(PROXY_WEIGHT),
        direction_on_trait=told.direction_on_trait * sign[at],
    )


def _proxies(graph: Graph) -> tuple[Index, Index, npt.NDArray[np.int8]]:
    """Traits ascending, the disease each stands for, and 1 or -1 for which end of it."""
    columns = ["subject", "predicate", "object", "subject_category", "direction_on_trait"]
    table = graph.store.evidence_table(columns)
    mine = pc.and_(
        pc.equal(table["subject_category"].cast(pa.string()), PROXY.subject.value),
        pc.equal(table["predicate"].cast(pa.string()), PROXY.predicate.value),
    )
    table = table.filter(mine)
    trait = graph.phenotypes.local(graph.store.index_of(table["subject"].to_pylist()))
    disease = graph.diseases.local(graph.store.index_of(table["object"].to_pylist()))
    sign = np.asarray(table["direction_on_trait"].fill_null(1).to_numpy(), np.int8)
    known = np.flatnonzero((trait >= 0) & (disease >= 0))
    order = known[np.argsort(trait[known], kind="stable")]
    return trait[order], disease[order], sign[order]
