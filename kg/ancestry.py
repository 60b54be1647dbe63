"""Whom a study sampled: what a record says of it, and the broad ancestries in those words.

Groups follow the GWAS Catalog's framework (Morales et al. 2018, doi:10.1186/s13059-018-1396-2).
Population isolates of Europe count as European, as there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from kg.model import Evidence
from kg.store import Direction, EdgeFilter, GraphStore
from kg.variants import CLAIMS, sample_of

_GROUPS: Mapping[str, str] = {
    "African American or Afro-Caribbean": r"African[ -]American|Afro-Caribbean|African Caribbean",
    "Native American": r"Native American|American Indian|Pima",
    "Hispanic or Latin American": r"Hispanic|Latin[oa]?\b|Mexican|Brazilian|AMR\b",
    "South East Asian": r"South ?[Ee]ast (?:Asian|ancestry)|Malay|Filipino|Thai|Vietnamese|"
    r"Indonesian",
    "South Asian": r"South Asian|Indian Asian|Asian Indian|Indian|Bangladeshi|Pakistani|Punjabi|"
    r"Sri Lankan|SAS\b",
    "East Asian": r"East Asian|Chinese|Japanese|Korean|Taiwanese|Mongolian|EAS\b",
    "African": r"African(?! Afrikaner)|Gambian|Nigerian|Black|AFR\b",
    "Middle Eastern": r"Middle Eastern|Arab|Turkish|Moroccan|Iranian|Israeli",
    "Oceanian": r"Pacific Islander|Kosraen|Micronesian|Solomon Islander|Papua",
    "European": r"European|Finnish|Amish|Hutterite|Sardinian|Korculan|Orcadian|Val Borbera|Dutch|"
    r"Ashkena?zi|French|Irish|South Tyrol|Sorbian|Romanian|Bulgarian|Erasmus Ru|EUR\b",
    "Asian, unspecified": r"Asian|Oriental",
}
_NAMED = re.compile(
    "|".join(rf"(?P<g{i}>\b(?:{words}))" for i, words in enumerate(_GROUPS.values()))
)
_NAMES = tuple(_GROUPS)


def ancestries(words: str) -> tuple[str, ...]:
    """Broad ancestries that a description names, each once; empty where it names none.

    >>> ancestries("1,017 African American individuals, 2,060 European ancestry individuals")
    ('African American or Afro-Caribbean', 'European')
    >>> ancestries("EAS"), ancestries("735 trios from 732 families"), ancestries("5.00E-03")
    (('East Asian',), (), ())
    """
    found = (_NAMES[int(str(m.lastgroup)[1:])] for m in _NAMED.finditer(words))
    return tuple(dict.fromkeys(found))


def by_ancestry(store: GraphStore, records: Sequence[Evidence]) -> dict[str, int]:
    """Records by the ancestry of those studied, where a source says it; most first.

    A record of several ancestries counts for each; arguments as of `ancestries_of`.
    """
    counted = Counter(a for told in ancestries_of(store, records) for a in told)
    return dict(counted.most_common())


def ancestries_of(store: GraphStore, records: Sequence[Evidence]) -> list[tuple[str, ...]]:
    """Of each record the broad ancestries of those studied; empty where no source says them.

    A record that names a variant and no sample is of the sample that the same paper studied the
    variant in for the same trait.

    Args:
        store: The graph.
        records: Of genes and conditions.
    """
    told = [sample_of(r.detail) for r in records]
    silent = [i for i, r in enumerate(records) if not told[i] and r.detail.get("variant")]
    for i, words in zip(silent, _of_variants(store, [records[i] for i in silent]), strict=True):
        told[i] = words
    return [ancestries(words) for words in told]


def _of_variants(store: GraphStore, records: Sequence[Evidence]) -> list[str]:
    """Of each record the sample of its variant's record of the same source, paper and trait."""
    ids = [f"DBSNP:{str(r.detail['variant']).strip()}" for r in records]
    unique = list(dict.fromkeys(ids))
    found = store.edges_of(unique, Direction.OUT, EdgeFilter(types=CLAIMS))
    traits = {r.object for r in records}
    edges = [edge for of_variant in found for edge in of_variant if edge.object in traits]
    samples = {
        _study(edge.subject, edge.object, record): sample_of(record.detail)
        for edge, told in zip(edges, store.evidence_of(edges), strict=True)
        for record in told
    }
    keys: Iterable[tuple[str, ...]] = (
        _study(i, r.object, r) for i, r in zip(ids, records, strict=True)
    )
    return [samples.get(key, "") for key in keys]


def _study(variant: str, trait: str, record: Evidence) -> tuple[str, ...]:
    return (variant, trait, record.source, *record.publications)
