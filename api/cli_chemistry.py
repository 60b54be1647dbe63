"""`target-kg similar` and `target-kg substructure`: compounds by their drawing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.console import AsJson, ReleaseOption, messages, output, print_json, state
from kg.biolink import Category
from kg.chemical_search import PATIENCE, ChemicalSearch
from kg.embedded_store import EmbeddedStore
from kg.store import MatchStatus

Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]


def similar(
    compound: Annotated[str, typer.Argument(help="SMILES, or id or name of a compound.")],
    threshold: Annotated[float, typer.Option(help="Least Tanimoto, above 0 to 1.")] = 0.5,
    limit: Limit = 20,
    release: ReleaseOption = None,
    as_json: AsJson = False,
) -> None:
    """Find compounds like a drawing or like a compound of the release.

    Example: target-kg similar "CC(=O)Oc1ccccc1C(=O)O" --threshold 0.4
    """
    state.json = as_json
    opened = state.home.open(release)
    store = EmbeddedStore(opened)
    asked = _compound_id(store, compound)
    found = ChemicalSearch(opened).similar(asked, threshold, limit)
    names = _names(store, [hit.id for hit in found])
    if as_json:
        hits = [asdict(hit) | {"name": names[hit.id]} for hit in found]
        print_json({"release": opened.id, "query": asked, "hits": hits})
        return
    for hit in found:
        output.print(f"{hit.similarity:.3f}  {hit.id}\t{names[hit.id]}", markup=False)


def substructure(
    smarts: str,
    limit: Limit = 20,
    seconds: Annotated[float, typer.Option(min=0.1, help="Give up after so long.")] = PATIENCE,
    release: ReleaseOption = None,
    as_json: AsJson = False,
) -> None:
    """Find compounds that contain a pattern, small ones first.

    Example: target-kg substructure "c1ccccc1S(=O)(=O)[NH2]"
    """
    state.json = as_json
    opened = state.home.open(release)
    found = ChemicalSearch(opened).containing(smarts, limit, seconds)
    names = _names(EmbeddedStore(opened), found.ids)
    if as_json:
        hits = [{"id": i, "name": names[i]} for i in found.ids]
        told = {"candidates": found.candidates, "searched": found.searched}
        print_json({"release": opened.id, "hits": hits, **told, "complete": found.complete})
        return
    for i in found.ids:
        output.print(f"{i}\t{names[i]}", markup=False)
    if not found.complete:
        messages.print(f"{found.searched:,} of {found.candidates:,} candidates were looked at")


def _compound_id(store: EmbeddedStore, text: str) -> str:
    """The compound that an identifier or name stands for; the text itself where none does."""
    (match,) = store.match([text], [Category.COMPOUND], near=0)
    return match.node if match.status == MatchStatus.DIRECT and match.node else text


def _names(store: EmbeddedStore, ids: list[str] | tuple[str, ...]) -> dict[str, str]:
    nodes = store.nodes(ids)
    return {i: n.name if n else i for i, n in zip(ids, nodes, strict=True)}
