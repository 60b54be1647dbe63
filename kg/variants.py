"""Sequence variants as records: where they lie, what they change, which genes and traits they tie.

Sources say a variant's place and protein change as facts, and its genes and traits as evidence;
here they are read together, each with what the source said and nothing filled in. Verdicts on
loci are no evidence of the graph; they come from the tables beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Any

from kg.biolink import Category, EdgeType, Predicate
from kg.curated_loci import LOCUS_TO_GENE, NO_LOCI, CuratedLoci, CuratedLocus, LocusFeatures
from kg.model import Edge, Evidence, Fact
from kg.store import EVERYTHING, Direction, EdgeFilter, GraphStore

_C, _P = Category, Predicate
_OF_GENE = frozenset(
    EdgeType(_C.VARIANT, predicate, _C.GENE)
    for predicate in (_P.IS_SEQUENCE_VARIANT_OF, _P.IS_NEARBY_VARIANT_OF)
)
CLAIMS = frozenset(
    EdgeType(_C.VARIANT, predicate, condition)
    for predicate in (_P.CAUSES, _P.GENETICALLY_ASSOCIATED_WITH, _P.ASSOCIATED_WITH)
    for condition in (_C.DISEASE, _C.PHENOTYPE)
)
"""Statements that a variant bears on a disease or trait."""
_RENUMBERED = re.compile(r"^(\w+):p\.(\D+)(\d+)(\D+) \(offset (-?\d+)\)$")


class ResidueCheck(StrEnum):
    """What a comparison of a change's reference residue with the protein's sequence gave."""

    AGREES = "agrees"
    RENUMBERED = "renumbered"
    """All of the source's changes of the protein fit at one other offset, which was taken."""
    DIFFERS = "differs"
    UNCHECKED = "unchecked"
    """The protein's sequence is not in the release."""


@dataclass(frozen=True, slots=True)
class Locus:
    """A place on the genome.

    Attributes:
        position: 1-based. reference, alternative: Alleles; empty where the source names none.
    """

    assembly: str
    chromosome: str
    position: int
    reference: str
    alternative: str


@dataclass(frozen=True, slots=True)
class ProteinChange:
    """An exchange of one amino acid.

    Attributes:
        uniprot: Accession of the protein.
        change: `V600E`, numbered as the source does.
        on_sequence: The same numbered as UniProt's sequence, where the letter fits; else empty.
    """

    uniprot: str
    change: str
    check: ResidueCheck
    on_sequence: str


@dataclass(frozen=True, slots=True)
class GeneTie:
    """Why a variant is held to bear on a gene.

    Attributes:
        kind: `coding`, `inside`, `nearest`, `colocalised eQTL`, `locus to gene` ...; empty where
            none is told.
        tissue, study: Of the expression that colocalises, in the source's words.
        tissue_ids: Terms of UBERON, CL or EFO for the tissues; empty where none is known.
        posterior: That the variant is causal for that expression, 0 to 1.
        trait: For which disease or trait a verdict of locus to gene is; else empty.
        credible_sets: Of such a verdict, what the matrix says of the gene where the same trait's
            credible sets name it; the matrix names no variant.
    """

    gene: str
    kind: str
    consequence: str
    tissue: str
    tissue_ids: tuple[str, ...]
    study: str
    posterior: float | None
    score: float | None
    source: str
    trait: str = ""
    credible_sets: tuple[LocusFeatures, ...] = ()


@dataclass(frozen=True, slots=True)
class TraitFinding:
    """One record that ties a variant to a disease or trait, or denies it.

    Attributes:
        p_value: None where the source gives none.
        effect: With its interval; `effect_kind` says of what, `allele` of which allele.
        direction: -1 lowers the trait or protects, +1 raises it or the risk, else None.
        pip: Posterior inclusion probability, 0 to 1; `credible_set` names the set it is of.
        ancestry: Of the cohort, or the source's description of the sample.
        significance: What it is said to mean; `therapies` for which treatment.
        negated: The record speaks against the tie.
    """

    trait: str
    predicate: Predicate
    score: float | None
    p_value: float | None
    effect: float | None
    effect_lower: float | None
    effect_upper: float | None
    effect_kind: str
    allele: str
    direction: int | None
    pip: float | None
    credible_set: str
    cohort: str
    study: str
    ancestry: str
    significance: str
    therapies: str
    negated: bool
    source: str
    publications: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VariantRecord:
    """What a release knows of one variant.

    Attributes:
        rsid: `rs...`; empty where it has none.
        consequences: Of the sequence, in the sources' words.
        significance: ACMG or UniProt class, where a source says one.
    """

    id: str
    rsid: str
    loci: tuple[Locus, ...]
    consequences: tuple[str, ...]
    significance: tuple[str, ...]
    changes: tuple[ProteinChange, ...]
    ties: tuple[GeneTie, ...]
    findings: tuple[TraitFinding, ...]


def variants_of_gene(
    store: GraphStore,
    gene: str,
    limit: int = 50,
    where: EdgeFilter = EVERYTHING,
    loci: CuratedLoci = NO_LOCI,
) -> list[VariantRecord]:
    """Variants in or near a gene, those of the strongest findings first.

    Args:
        store: The graph.
        gene: Identifier of the gene.
        limit: At most so many.
        where: Which evidence counts.
        loci: Verdicts on loci, whose sentinel variants are the gene's too.
    """
    (edges,) = store.edges_of([gene], Direction.IN, _narrowed(where, _OF_GENE))
    sentinels = [v.variant for v in loci.of_gene.get(gene, ()) if v.admitted(where)]
    known = [n.id for n in store.nodes(list(dict.fromkeys(sentinels))) if n is not None]
    ids = list(dict.fromkeys([*(e.subject for e in edges), *known]))
    claims = store.edges_of(ids, Direction.OUT, _narrowed(where, CLAIMS))
    best = {
        i: max((e.score or 0.0 for e in c), default=-1.0) for i, c in zip(ids, claims, strict=True)
    }
    return variants(store, sorted(ids, key=lambda i: (-best[i], i))[: max(limit, 0)], where, loci)


def variants(
    store: GraphStore,
    ids: Sequence[str],
    where: EdgeFilter = EVERYTHING,
    loci: CuratedLoci = NO_LOCI,
) -> list[VariantRecord]:
    """The record of each variant; of an identifier that is none, one without content.

    Args:
        store: The graph.
        ids: Identifiers of variants.
        where: Which evidence counts.
        loci: Verdicts on loci; their sentinel variants are tied to the gene.
    """
    facts = store.facts_of(ids)
    ties = _records(store, ids, where, _OF_GENE)
    claims = _records(store, ids, where, CLAIMS)
    verdicts = [[v for v in loci.of_variant.get(i, ()) if v.admitted(where)] for i in ids]
    return [
        _record(i, known, [*(_tie(*t) for t in tied), *map(_curated, judged)], claimed)
        for i, known, tied, judged, claimed in zip(ids, facts, ties, verdicts, claims, strict=True)
    ]


def _records(
    store: GraphStore, ids: Sequence[str], where: EdgeFilter, types: frozenset[EdgeType]
) -> list[list[tuple[Edge, Evidence]]]:
    """For each node its outward edges of some types, with every record of each."""
    found = store.edges_of(ids, Direction.OUT, _narrowed(where, types))
    told = iter(store.evidence_of([e for edges in found for e in edges], where))
    return [[(edge, record) for edge in edges for record in next(told)] for edges in found]


def _narrowed(where: EdgeFilter, types: frozenset[EdgeType]) -> EdgeFilter:
    return replace(where, types=types)


def _record(
    identifier: str,
    facts: Sequence[Fact],
    ties: list[GeneTie],
    claims: list[tuple[Edge, Evidence]],
) -> VariantRecord:
    said = [t.consequence for t in ties if t.consequence]
    return VariantRecord(
        id=identifier,
        rsid=identifier.removeprefix("DBSNP:") if identifier.startswith("DBSNP:") else "",
        loci=_loci(facts),
        consequences=tuple(dict.fromkeys([*_texts(facts, "variant.consequence"), *said])),
        significance=tuple(
            dict.fromkeys([*_texts(facts, "variant.class"), *_texts(facts, "variant.acmg")])
        ),
        changes=_changes(facts),
        ties=tuple(dict.fromkeys(ties)),
        findings=tuple(_finding(*c) for c in claims),
    )


def _texts(facts: Iterable[Fact], key: str) -> list[str]:
    return [f.text for f in facts if f.key == key and f.text]


def _loci(facts: Sequence[Fact]) -> tuple[Locus, ...]:
    """Facts of one row of a source make one place."""

    def row(fact: Fact) -> tuple[str, str, int]:
        return fact.source, fact.file, fact.line

    found = []
    for _, told in groupby(sorted(facts, key=row), row):
        known = {f.key: f for f in told}
        start, chromosome = known.get("location.start"), known.get("location.chromosome")
        if start is None or start.number is None or chromosome is None:
            continue
        alleles = _text(known, "variant.alleles").partition(">")
        found.append(
            Locus(
                assembly=_text(known, "location.assembly"),
                chromosome=chromosome.text or "",
                position=int(start.number),
                reference=alleles[0],
                alternative=alleles[2],
            )
        )
    return tuple(dict.fromkeys(found))


def _text(known: Mapping[str, Fact], key: str) -> str:
    return (known[key].text or "") if key in known else ""


def _changes(facts: Sequence[Fact]) -> tuple[ProteinChange, ...]:
    agreeing = set(_texts(facts, "variant.residue_agrees"))
    differing = set(_texts(facts, "variant.residue_differs"))
    moved = dict(map(_original, _texts(facts, "variant.renumbered")))
    found = []
    for text in dict.fromkeys(_texts(facts, "variant.protein_change")):
        uniprot, _, change = text.partition(":p.")
        if text in agreeing:
            check, on_sequence = ResidueCheck.AGREES, change
        elif text in moved:
            check, on_sequence = ResidueCheck.RENUMBERED, moved[text]
        else:
            wrong = text in differing
            check, on_sequence = ResidueCheck.DIFFERS if wrong else ResidueCheck.UNCHECKED, ""
        found.append(ProteinChange(uniprot, change, check, on_sequence))
    return tuple(found)


def _original(renumbered: str) -> tuple[str, str]:
    """From `Q13362:p.R100C (offset -55)` the source's `Q13362:p.R155C`, and `R100C`."""
    match = _RENUMBERED.match(renumbered)
    if match is None:
        return "", ""
    uniprot, reference, position, alternative, offset = match.groups()
    original = f"{uniprot}:p.{reference}{int(position) - int(offset)}{alternative}"
    return original, f"{reference}{position}{alternative}"


def _tie(edge: Edge, record: Evidence) -> GeneTie:
    told = record.detail
    return GeneTie(
        gene=edge.object,
        kind=_word(told, "tie"),
        consequence=_word(told, "consequence"),
        tissue=_word(told, "tissue"),
        tissue_ids=tuple(filter(None, _word(told, "tissue_ids").split(", "))),
        study=_word(told, "study"),
        posterior=_number(told, "eqtl_pip"),
        score=record.score,
        source=record.source,
    )


def _curated(verdict: CuratedLocus) -> GeneTie:
    return GeneTie(
        gene=verdict.gene,
        kind=LOCUS_TO_GENE,
        consequence="",
        tissue="",
        tissue_ids=(),
        study="",
        posterior=None,
        score=verdict.confidence,
        source=verdict.source,
        trait=verdict.trait,
        credible_sets=verdict.credible_sets,
    )


def _finding(edge: Edge, record: Evidence) -> TraitFinding:
    told = record.detail
    return TraitFinding(
        trait=edge.object,
        predicate=edge.type.predicate,
        score=record.score,
        p_value=record.value if record.value_kind == "p value" else None,
        effect=record.effect,
        effect_lower=record.effect_lower,
        effect_upper=record.effect_upper,
        effect_kind=record.effect_kind or "",
        allele=_word(told, "risk_allele"),
        direction=record.direction_on_trait or None,
        pip=_number(told, "pip"),
        credible_set=_word(told, "credible_set"),
        cohort=_word(told, "cohort") or _word(told, "cohorts"),
        study=_word(told, "study"),
        ancestry=sample_of(told),
        significance=_word(told, "significance") or _word(told, "acmg"),
        therapies=_word(told, "therapies"),
        negated=record.negated,
        source=record.source,
        publications=record.publications,
    )


def sample_of(detail: Mapping[str, Any]) -> str:
    """Whom a record studied: the ancestry it states, else its description of the sample."""
    return _word(detail, "ancestry") or _word(detail, "sample")


def _word(told: Mapping[str, Any], key: str) -> str:
    return str(told.get(key, ""))


def _number(told: Mapping[str, Any], key: str) -> float | None:
    try:
        return float(told[key])
    except (KeyError, ValueError):
        return None
