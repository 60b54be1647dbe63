"""`target-kg variants`: the variants of a gene, or one variant, with all that is known of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer

from api.cli_release import node_named, print_table
from api.console import AsJson, ReleaseOption, output, print_json, state
from kg.biolink import Category
from kg.curated_loci import CuratedLoci
from kg.embedded_store import EmbeddedStore
from kg.store import MatchStatus
from kg.variants import TraitFinding, VariantRecord, variants_of_gene
from kg.variants import variants as records_of

_SHOWN = 3


def variants(
    target: Annotated[str, typer.Argument(help="Gene, or one variant by rsID or identifier.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many variants.")] = 25,
    release: ReleaseOption = None,
    as_json: AsJson = False,
) -> None:
    """List variants in or near a gene: place, consequence, protein change, genes and traits.

    Example: target-kg variants TCF7L2 --limit 5
    """
    state.json = as_json
    opened = state.home.open(release)
    store = EmbeddedStore(opened)
    found = _found(store, CuratedLoci.of(opened), target, limit)
    if as_json:
        print_json({"release": opened.id, "variants": [asdict(v) for v in found]})
        return
    ends = [f.trait for v in found for f in v.findings] + [t.gene for v in found for t in v.ties]
    names = {n.id: n.name for n in store.nodes(list(dict.fromkeys(ends))) if n is not None}
    print_table(
        ("variant", "place", "consequence", "change", "genes", "diseases and traits"),
        [_row(v, names) for v in found],
    )
    if not found:
        output.print("no variant of it is known", markup=False)


def _found(store: EmbeddedStore, loci: CuratedLoci, term: str, limit: int) -> list[VariantRecord]:
    asked = f"DBSNP:{term}" if term.startswith("rs") and term[2:].isdigit() else term
    (match,) = store.match([asked], [Category.VARIANT], near=0)
    if match.status == MatchStatus.DIRECT and match.node:
        return records_of(store, [match.node], loci=loci)
    gene = node_named(store, term, Category.GENE)
    return variants_of_gene(store, gene, limit, loci=loci)


def _row(variant: VariantRecord, names: Mapping[str, str]) -> tuple[str, ...]:
    places = (
        f"{p.assembly} {p.chromosome}:{p.position} {p.reference}>{p.alternative}"
        if p.reference
        else f"{p.assembly} {p.chromosome}:{p.position}"
        for p in variant.loci
    )
    ties = dict.fromkeys(
        f"{names.get(t.gene, t.gene)} ({', '.join(filter(None, (t.kind, t.tissue)))})"
        for t in variant.ties
    )
    return (
        variant.id,
        "; ".join(places),
        ", ".join(variant.consequences[:_SHOWN]),
        ", ".join(f"{c.uniprot} {c.change} ({c.check})" for c in variant.changes[:_SHOWN]),
        "; ".join(list(ties)[:_SHOWN]),
        "; ".join(dict.fromkeys(_told(f, names) for f in variant.findings[:_SHOWN])),
    )


def _told(finding: TraitFinding, names: Mapping[str, str]) -> str:
    numbers = (
        ("p", finding.p_value),
        ("PIP", finding.pip),
        (finding.effect_kind or "effect", finding.effect),
    )
    told = ", ".join(f"{name} {value:.3g}" for name, value in numbers if value is not None)
    name = ("not " if finding.negated else "") + names.get(finding.trait, finding.trait)
    return f"{name} ({told})" if told else name
