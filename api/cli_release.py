"""Commands about a release as a whole: report, verify, diff, export; and pockets of a target."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from api.cli_answers import print_report
from api.console import AsJson, ReleaseOption, messages, output, print_json, state
from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.errors import BadArgument, ReleaseCorrupt
from kg.pocket_variants import LIGANDABLE, known_ligands, variants_in_pockets
from kg.release import write_atomically
from kg.store import MatchStatus

FORMATS = ("kgx-tsv", "kgx-jsonl", "parquet", "graphml")
_SHOWN = 30


def report(
    html: Annotated[Path | None, typer.Option(help="Write a page to look at.")] = None,
    release: ReleaseOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what a release was built from: rows, what was set aside and why, counts.

    Example: target-kg report --html release.html
    """
    state.json = as_json
    opened = state.home.open(release)
    if html:
        from api.release_page import page

        html.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(html, page(opened))
        messages.print(f"written to {html}", markup=False)
    if as_json:
        kept = ("id", "parameters", "counts", "sources", "report")
        print_json({k: opened.manifest[k] for k in kept})
    elif not html:
        print_report(opened.manifest)


def verify(release: ReleaseOption = None, as_json: AsJson = False) -> None:
    """Check every hash, count and reference of a release.

    Example: target-kg verify
    """
    from kg.verify import problems

    state.json = as_json
    opened = state.home.open(release)
    found = problems(opened)
    if as_json:
        print_json({"release": opened.id, "problems": found})
    if found:
        raise ReleaseCorrupt(f"release {opened.id}: {'; '.join(found[:5])}; build it again")
    if not as_json:
        messages.print(f"release {opened.id}: hashes, counts and references are right")


def diff(old: str, new: str, as_json: AsJson = False) -> None:
    """Say which evidence came and went between two releases, by source and class.

    Example: target-kg diff 5346d52f 94ee7bf1
    """
    from kg.compare import difference

    state.json = as_json
    found = difference(state.home.open(old), state.home.open(new))
    if as_json:
        print_json(found)
        return
    for name, (before, after) in {**found["parameters"], **found["sources"]}.items():
        output.print(f"{name}: {before} -> {after}", markup=False)
    totals = found["totals"]
    output.print(
        f"{totals['came']:,} records came, {totals['went']:,} went, {totals['same']:,} are the same"
    )
    print_table(
        ("source", "class", "subject", "predicate", "object", "came", "went"),
        [
            tuple(v for k, v in row.items() if not k.startswith("examples"))
            for row in found["evidence"][:_SHOWN]
        ],
    )
    for line in _examples(found["evidence"][:_SHOWN]):
        output.print(line, markup=False)


def _examples(rows: list[dict[str, Any]]) -> list[str]:
    """One line for the first record that came, and that went, of each row."""
    return [
        f"{sign} {row['source']}: {record['subject']} {row['predicate']} {record['object']}"
        for row in rows
        for sign, name in (("+", "examples_came"), ("-", "examples_went"))
        for record in row[name][:1]
    ]


def export(
    out: Annotated[Path, typer.Option(help="A new directory; for graphml a file.")],
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = FORMATS[
        0
    ],
    seed: Annotated[
        list[str] | None, typer.Option(help="graphml: a node to begin at; repeatable.")
    ] = None,
    hops: Annotated[int, typer.Option(min=0, max=5, help="graphml: steps from the seeds.")] = 1,
    nodes: Annotated[int, typer.Option(min=1, help="graphml: nodes at most.")] = 2_000,
    release: ReleaseOption = None,
    as_json: AsJson = False,
) -> None:
    """Write a release as KGX or Parquet, or the surroundings of some nodes as GraphML.

    Example: target-kg export --format graphml --seed LDLR --hops 1 --out ldlr.graphml
    """
    state.json = as_json
    if form not in FORMATS:
        raise BadArgument(f"--format {form!r}: must be one of {', '.join(FORMATS)}")
    opened = state.home.open(release)
    told: dict[str, Any] = {"release": opened.id, "format": form, "out": str(out)}
    if form == "graphml":
        told |= _graphml(EmbeddedStore(opened), out, seed or [], hops, nodes)
    elif form == "parquet":
        told |= _parquet(opened.path / "tables", opened.path / "manifest.json", out)
    else:
        from kg.kgx import KgxFormat
        from kg.kgx import export as write

        told |= write(opened, out, KgxFormat(form.removeprefix("kgx-")))
    if as_json:
        print_json(told)
    else:
        messages.print(", ".join(f"{k} {v}" for k, v in told.items()), markup=False)


def _graphml(
    store: EmbeddedStore, out: Path, seeds: list[str], hops: int, nodes: int
) -> dict[str, Any]:
    from kg.networkx_view import Bounds, view, write_graphml

    if not seeds:
        raise BadArgument("--seed is missing: graphml needs a node to begin at")
    graph = view(store, [node_named(store, s) for s in seeds], Bounds(hops, nodes))
    out.parent.mkdir(parents=True, exist_ok=True)
    write_graphml(graph, out)
    return {
        "nodes": graph.number_of_nodes(),
        "edges": graph.number_of_edges(),
        "complete": graph.graph["complete"],
    }


def _parquet(tables: Path, manifest: Path, out: Path) -> dict[str, Any]:
    import os
    import shutil
    import tempfile

    if out.exists():
        raise BadArgument(f"--out {out} is there already; give a directory that is not")
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".export-", dir=out.parent))
    try:
        for file in (*sorted(tables.glob("*.parquet")), manifest):
            shutil.copyfile(file, staging / file.name)
        staging.chmod(0o755)
        os.rename(staging, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return {"tables": len(list(out.glob("*.parquet")))}


def pockets(
    target: str,
    min_volume: Annotated[
        float, typer.Option(min=0, help="Least volume of a pocket, cubic angstrom.")
    ] = LIGANDABLE,
    least_affinity: Annotated[
        float, typer.Option(help="-log10 molar affinity of a ligand; 7 is 100 nM.")
    ] = 7.0,
    release: ReleaseOption = None,
    as_json: AsJson = False,
) -> None:
    """Say which variants of a gene fall in a ligandable pocket, and which ligands are known.

    Example: target-kg pockets RET
    """
    state.json = as_json
    opened = state.home.open(release)
    store = EmbeddedStore(opened)
    gene = node_named(store, target, Category.GENE)
    variants = variants_in_pockets(store, gene, min_volume)
    found = known_ligands(store, gene, least_affinity)
    if as_json:
        told = {"variants": [asdict(v) for v in variants], "ligands": [asdict(f) for f in found]}
        print_json({"release": opened.id, "target": gene, **told})
        return
    print_table(
        ("variant", "change", "pocket", "volume", "class", "conditions"),
        [
            (
                v.variant,
                v.change,
                v.pocket,
                f"{v.volume:.0f}",
                v.significance,
                ", ".join(v.conditions[:3]),
            )
            for v in variants
        ],
    )
    strongest = found[0].affinity if found else 0.0
    output.print(
        f"{len(found):,} ligands of {least_affinity:g} or more are known for its protein"
        + (f", the strongest {strongest:.1f}" if found else "")
        + "; where they bind is not known",
        markup=False,
    )


def node_named(store: EmbeddedStore, term: str, category: Category | None = None) -> str:
    """The node a term means.

    Raises:
        BadArgument: it is unknown or ambiguous.
    """
    match = store.match([term], {category} if category else ())[0]
    if match.status != MatchStatus.DIRECT or match.node is None:
        near = ", ".join(f"{c.name} ({c.id})" for c in match.candidates[:5]) or "none"
        raise BadArgument(f"{term!r} is {match.status}; candidates: {near}")
    return match.node


def print_table(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Rows under a header, whole numbers with separators."""
    table = Table(box=SIMPLE_HEAD)
    for name in header:
        table.add_column(name)
    for row in rows:
        table.add_row(*(f"{v:,}" if isinstance(v, int) else str(v) for v in row))
    output.print(table)
