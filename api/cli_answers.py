"""Commands that ask a model or a release: rank, score, explain, search, map-ids, releases ..."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from api.answers import (
    course_json,
    direction_json,
    explanation_lines,
    hop_line,
    pairs_table,
    ranking_json,
    ranking_table,
    read_names,
    read_pairs,
    read_targets,
    score_json,
)
from api.console import (
    AsJson,
    ModelOption,
    ReleaseOption,
    VariantOption,
    WeightsOption,
    messages,
    output,
    print_json,
    progress_bar,
    state,
)
from api.tables import write_table
from gnn.target_score import AXES, TargetScore, Weights
from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.errors import BadArgument

if TYPE_CHECKING:
    from gnn.score import Scorer

Disease = Annotated[str, typer.Option("--disease", help="Name or identifier of a disease.")]


def rank(
    disease: Disease,
    targets: Annotated[
        Path | None, typer.Option(help="File with the targets to rank, one a line.")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="How many; all by default.")] = None,
    weights: WeightsOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Write a .csv, .tsv, .parquet or .json file.")
    ] = None,
    release: ReleaseOption = None,
    model: ModelOption = None,
    variant: VariantOption = None,
    debias: Annotated[
        bool, typer.Option("--debias", help="Take off what publications and edges predict.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Rank genes as targets for a disease.

    Example: target-kg rank --disease "cystic fibrosis" --top 10
    """
    state.json = as_json
    scorer = _scorer(release, model, variant)
    chosen = Weights.parse(weights) if weights else Weights()
    wanted = read_targets(targets) if targets else None
    number = scorer.disease_number(disease)
    scores, _ = scorer.page(number, wanted, chosen, 0, top, debias)
    named = {"id": scorer.diseases.ids[number], "name": scorer.diseases.names[number]}
    told = ranking_json(scores, _names(scorer), chosen, named)
    if out and out.suffix == ".json":
        import json

        out.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    elif out:
        write_table(ranking_table(scores), out)
    if as_json:
        print_json(told)
    elif out:
        messages.print(f"{len(scores):,} targets written to {out}")
    else:
        _print_ranking(scores, named)


def score(
    pairs: Annotated[Path, typer.Option(help="Table with columns target and disease.")],
    out: Annotated[Path, typer.Option(help="A .csv, .tsv or .parquet file.")],
    weights: WeightsOption = None,
    release: ReleaseOption = None,
    model: ModelOption = None,
    variant: VariantOption = None,
    as_json: AsJson = False,
) -> None:
    """Score pairs of target and disease; the same rows come back in the same order.

    Example: target-kg score --pairs pairs.tsv --out scores.tsv
    """
    state.json = as_json
    asked = read_pairs(pairs)
    scorer = _scorer(release, model, variant)
    chosen = Weights.parse(weights) if weights else Weights()
    answers = scorer.pairs(asked, chosen)
    write_table(pairs_table(asked, answers), out)
    scored = sum(isinstance(a, TargetScore) for a in answers)
    if as_json:
        print_json({**_names(scorer), "rows": len(asked), "scored": scored, "out": str(out)})
    else:
        messages.print(f"{scored:,} of {len(asked):,} pairs scored; written to {out}")


def explain(
    target: str,
    disease: str,
    objective: Annotated[str, typer.Option(help=f"One of {', '.join(AXES)}.")] = "causality",
    exact: Annotated[
        bool, typer.Option("--exact", help="Ask boosting again for each rank without something.")
    ] = False,
    release: ReleaseOption = None,
    model: ModelOption = None,
    variant: VariantOption = None,
    as_json: AsJson = False,
) -> None:
    """Say why a target scores as it does for a disease.

    Example: target-kg explain PCSK9 "familial hypercholesterolemia"
    """
    state.json = as_json
    scorer = _scorer(release, model, variant)
    found = scorer.explain(target, disease, objective, exact=exact)
    if as_json:
        plain = asdict(found) | {
            "score": score_json(found.score),
            "course": course_json(found),
        }
        print_json({**_names(scorer), **plain})
        return
    _print_ranking([found.score], {"id": found.disease, "name": disease})
    for note in found.notes:
        output.print(f"- {note}", markup=False)
    names = _node_names(
        scorer, {i for p in found.paths for h in p.hops for i in (h.subject, h.object)}
    )
    for path in found.paths:
        hops = "; ".join(hop_line(hop, names) for hop in path.hops)
        output.print(f"{path.contribution:6.3f}  {path.channel:10} {hops}", markup=False)
    for line in explanation_lines(found):
        output.print(line, markup=False)


def warm(
    diseases: Annotated[
        Path | None,
        typer.Option(help="File with diseases, one a line; all with evidence by default."),
    ] = None,
    release: ReleaseOption = None,
    model: ModelOption = None,
    variant: VariantOption = None,
    as_json: AsJson = False,
) -> None:
    """Ask boosting of diseases ahead and store it beside the model: they score in milliseconds.

    What was stored before is left out, so that a stopped run goes on.

    Example: target-kg warm --diseases diseases.txt
    """
    state.json = as_json
    scorer = _scorer(release, model, variant)
    if diseases:
        asked = sorted({scorer.disease_number(name) for name in read_names(diseases, "disease")})
    else:
        asked = scorer.fitted.causal.direct.evidence_diseases.tolist()
    done = 0
    with progress_bar(as_json) as show:
        for _ in scorer.warm(asked):
            done += 1
            show("boosting", done / len(asked))
    if as_json:
        print_json({**_names(scorer), "asked": len(asked), "stored": done})
    else:
        messages.print(f"{done:,} of {len(asked):,} diseases stored; the others were there")


def direction(
    targets: Annotated[list[str], typer.Argument(help="Symbols or identifiers of genes.")],
    release: ReleaseOption = None,
    model: ModelOption = None,
    variant: VariantOption = None,
    as_json: AsJson = False,
) -> None:
    """Say which way drugs push a gene, or would by its homologues, whatever the disease.

    Example: target-kg direction PCSK9 JAK1
    """
    state.json = as_json
    scorer = _scorer(release, model, variant)
    found = {target: scorer.direction_of(target) for target in targets}
    if as_json:
        told = [{"target": target, **direction_json(call)} for target, call in found.items()]
        print_json({**_names(scorer), "items": told})
        return
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("gene", "call", "p(inhibit)", "by", "for", "against"):
        table.add_column(heading, no_wrap=True)
    for target, call in found.items():
        counts = len(call.supporting), len(call.conflicting)
        by = call.basis.value.lower().replace("_", " ")
        table.add_row(target, call.call.value, f"{call.probability:.3f}", by, *map(str, counts))
    output.print(table)


def search(
    text: str,
    category: Annotated[
        str | None, typer.Option(help="gene, disease, compound, variant, pathway ...")
    ] = None,
    first: Annotated[int, typer.Option(min=1, max=500)] = 10,
    release: ReleaseOption = None,
    as_json: AsJson = False,
) -> None:
    """Find nodes by name, synonym or identifier.

    Example: target-kg search "crohn" --category disease
    """
    state.json = as_json
    store = EmbeddedStore(state.home.open(release))
    hits = store.search(text, _categories(category), first)
    if as_json:
        print_json({"release": store.release.id, "hits": [asdict(h) for h in hits]})
        return
    for hit in hits:
        output.print(f"{hit.score:.2f}  {hit.id}\t{hit.name}\t{hit.matched}", markup=False)


def map_ids(
    file: Annotated[Path, typer.Argument(help="Names or identifiers, one a line.")],
    category: Annotated[str | None, typer.Option(help="gene, disease, compound ...")] = None,
    release: ReleaseOption = None,
    as_json: AsJson = False,
) -> None:
    """Resolve a list of names or identifiers: direct, ambiguous, or none.

    Example: target-kg map-ids genes.txt --category gene
    """
    state.json = as_json
    store = EmbeddedStore(state.home.open(release))
    matches = store.match(read_targets(file), _categories(category))
    if as_json:
        rows = [asdict(m) | {"status": m.status.value} for m in matches]
        print_json({"release": store.release.id, "terms": rows})
        return
    for m in matches:
        offered = ", ".join(c.id for c in m.candidates[:5])
        output.print(
            f"{m.term}\t{m.status.value}\t{m.node or offered}\t{m.matched_by}", markup=False
        )


def releases(as_json: AsJson = False) -> None:
    """List the releases that are here, newest first."""
    state.json = as_json
    home = state.home
    found = [home.open(i).manifest for i in home.release_ids()]
    rows = [
        {"id": m["id"], "created": m["created"], "evidence": m["counts"]["evidence"]} for m in found
    ]
    if as_json:
        print_json({"home": str(home.path), "releases": rows})
        return
    for row in rows:
        output.print(f"{row['id']}\t{row['created']}\t{row['evidence']:,} records")


def prune(
    keep: Annotated[int, typer.Option(min=1, help="How many releases stay.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Delete old releases; the current one always stays."""
    state.json = as_json
    gone = state.home.prune(keep)
    if as_json:
        print_json({"deleted": gone})
    else:
        messages.print(f"{len(gone)} releases deleted")


def print_report(manifest: dict[str, Any]) -> None:
    """A release's sources and counts, for people."""
    table = Table(
        "source", "version", "rows", "kept", "set aside", title=f"release {manifest['id']}"
    )
    for entry in manifest["sources"]:
        if entry["absent"]:
            table.add_row(entry["title"], "-", "-", "-", f"not read: {entry['absent']}")
            continue
        worst = sorted(entry["quarantined"].items(), key=lambda i: -i[1])[:3]
        aside = "; ".join(f"{n:,} {reason}" for reason, n in worst)
        row = (entry["title"], entry["version"], f"{entry['rows']:,}", f"{entry['kept']:,}", aside)
        table.add_row(*row)
    output.print(table)
    for what in ("nodes_by_category", "edges_by_type"):
        for name, count in sorted(manifest["counts"][what].items(), key=lambda i: -i[1]):
            output.print(f"{count:>12,}  {name}", markup=False)
    for what in ("unresolved", "ambiguous"):
        told = ", ".join(f"{p} {n:,}" for p, n in sorted(manifest["report"][what].items()))
        output.print(f"{what} identifiers: {told or 'none'}", markup=False)
    for what, count in manifest.get("compound_matches", {}).items():
        output.print(f"{count:>12,}  {what}", markup=False)


_HEADINGS = ("rank", "gene", "overall", "causality", "90 %", "state", "reversible", "druggable", "")


def _print_ranking(scores: list[TargetScore], disease: dict[str, str]) -> None:
    title = f"{disease['name']} ({disease['id']})"
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, justify="left", no_wrap=True)
    for s in scores:
        causality = s.causality
        table.add_row(
            str(s.rank),
            s.symbol,
            f"{s.overall:.3f}",
            f"{causality.probability:.3f}",
            f"{causality.lower:.2f}-{causality.upper:.2f}",
            causality.state.value,
            _rounded(s.reversibility.probability),
            _rounded(s.druggability.probability),
            s.direction.call.value,
        )
    output.print(table)


def _rounded(probability: float | None) -> str:
    """To three places, a dash where the model abstains."""
    return "-" if probability is None else f"{probability:.3f}"


def _scorer(release: str | None, model: str | None, variant: str | None) -> Scorer:
    from gnn.score import Scorer

    return Scorer.open(state.home, state.home.open(release), model, variant)


def _names(scorer: Scorer) -> dict[str, str]:
    model = scorer.model
    return {"release": model.release, "model": model.id, "variant": model.variant}


def _node_names(scorer: Scorer, ids: set[str]) -> dict[str, str]:
    ordered = sorted(ids)
    nodes = scorer.store.nodes(ordered)
    return {i: n.name if n else i for i, n in zip(ordered, nodes, strict=True)}


def _categories(name: str | None) -> list[Category]:
    if name is None:
        return []
    known = {c.label.lower(): c for c in Category} | {c.name.lower(): c for c in Category}
    if name.lower() not in known:
        raise BadArgument(f"--category {name!r}: must be one of {', '.join(sorted(known))}")
    return [known[name.lower()]]
