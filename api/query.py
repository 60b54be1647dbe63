"""The questions: every field of the schema's root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.types import Info

from api.catalogue import Model, Release, Source, model_of
from api.chemistry import SimilarCompound, SubstructureHits, containing, similar_to
from api.errors import Code, Refusal, bad_argument
from api.explanations import Explanation, explained
from api.limits import Limits
from api.loaders import Counted, Deadline, Scope
from api.node import Node
from api.pages import After, First, Page, Place, list_id
from api.scores import (
    AxisWeights,
    Ranking,
    TargetScore,
    Weighting,
    shown,
    weights_of,
)
from api.shelf import Shelf
from api.things import Compound, Disease, Pocket, Structure, Target, Variant, build
from api.types import Category, EvidenceClass, MatchStatus
from gnn.score import Scorer
from kg.store import Match


@dataclass(frozen=True)
class Context:
    """What a request has at hand."""

    shelf: Shelf
    limits: Limits
    deadline: Deadline


ReleaseId = Annotated[
    strawberry.ID | None,
    strawberry.argument(name="release", description="Which release; the current one if null."),
]
ModelId = Annotated[
    strawberry.ID | None,
    strawberry.argument(name="model", description="Whose scores; the newest model's if null."),
]
VariantName = Annotated[
    str | None,
    strawberry.argument(description="full, no-clinical, or no-clinical-no-literature."),
]
AsOf = Annotated[
    date | None,
    strawberry.argument(
        description="Leave out evidence public after this day. Scores and direction are of the "
        "model and its whole release: for those of a day ask a release built as of it."
    ),
]
Excluded = Annotated[
    list[EvidenceClass] | None,
    strawberry.argument(
        description="Leave out evidence of these classes. Scores are of the model: `variant` "
        "chooses one that never read them."
    ),
]
FreeOnly = Annotated[
    bool,
    strawberry.argument(
        description="Keep systematically measured evidence alone; no score changes by it."
    ),
]
Debias = Annotated[
    bool,
    strawberry.argument(
        description="Take off what publications and edges predict within the disease."
    ),
]
Asking = Info[Context, None]
T = TypeVar("T", bound=Node)


@strawberry.type(description="A hit of a search.")
class Hit:
    """Built from `kg.errors.Candidate`."""

    node: Node
    matched: str = strawberry.field(description="The name or identifier that matched.")
    score: float = strawberry.field(description="1 for the same text, less for near spellings.")


@strawberry.type(description="What a term of a list stands for.")
class Mapping:
    """Built from `kg.store.Match`."""

    term: str
    status: MatchStatus
    node: Node | None
    matched_by: str
    candidates: list[Hit] = strawberry.field(
        description="All that answer when AMBIGUOUS; near names when NONE."
    )


def scope_of(
    info: Asking,
    release: str | None = None,
    counted: Counted | None = None,
    model: str | None = None,
    variant: str | None = None,
) -> Scope:
    """The release and filter that a root field answers from."""
    context = info.context
    opened = context.shelf.open(release)
    return Scope(
        context.shelf, opened, counted or Counted(), context.deadline, build, model, variant
    )


def _one(category: Category, kind: type[T]) -> Callable[..., T | None]:
    """A root field that looks one node of a category up."""

    def resolve(
        info: Asking,
        id: strawberry.ID,
        release: ReleaseId = None,
        as_of: AsOf = None,
        exclude_classes: Excluded = None,
        hypothesis_free_only: FreeOnly = False,
        model: ModelId = None,
        variant: VariantName = None,
    ) -> T | None:
        counted = Counted.of(as_of, exclude_classes, hypothesis_free_only)
        scope = scope_of(info, release, counted, model, variant)
        found = scope.nodes(scope.resolve([id], [category]))[0]
        return found if isinstance(found, kind) else None

    resolve.__annotations__["return"] = kind | None
    return resolve


def _look_up(category: Category, kind: type[Node], what: str) -> Any:
    said = f"The {what} with this identifier or unique name; null where there is none."
    return strawberry.field(resolver=_one(category, kind), description=said)


@strawberry.type
class Query:
    """Questions to one release of the graph and one model of its scores."""

    target: Target | None = _look_up(Category.GENE, Target, "gene")
    disease: Disease | None = _look_up(Category.DISEASE, Disease, "disease")
    variant: Variant | None = _look_up(Category.VARIANT, Variant, "variant")
    structure: Structure | None = _look_up(Category.STRUCTURE, Structure, "structure")
    pocket: Pocket | None = _look_up(Category.POCKET, Pocket, "pocket")
    compound: Compound | None = _look_up(Category.COMPOUND, Compound, "compound")

    @strawberry.field(description="Any node by identifier; null where there is none.")
    def node(self, info: Asking, id: strawberry.ID, release: ReleaseId = None) -> Node | None:
        scope = scope_of(info, release)
        return scope.nodes(scope.resolve([id]))[0]

    @strawberry.field(description="Nodes by identifier, in the order asked for.")
    def nodes(
        self, info: Asking, ids: list[strawberry.ID], release: ReleaseId = None
    ) -> list[Node | None]:
        _check_terms(info, "nodes(ids)", ids)
        scope = scope_of(info, release)
        return scope.nodes(scope.resolve(ids))

    @strawberry.field(description="Nodes whose name or identifier is, or resembles, a text.")
    def search(
        self,
        info: Asking,
        query: str,
        categories: list[Category] | None = None,
        first: First = 10,
        release: ReleaseId = None,
    ) -> list[Hit]:
        if not query.strip() or len(query) > _LONGEST:
            raise bad_argument("search(query)", query, f"1..{_LONGEST} characters")
        scope = scope_of(info, release)
        return _hits(scope, scope.opened.store.search(query, categories or (), first))

    @strawberry.field(description="Each term of a pasted list: direct, ambiguous, or none.")
    def map_ids(
        self,
        info: Asking,
        terms: list[str],
        category: Category | None = None,
        release: ReleaseId = None,
    ) -> list[Mapping]:
        _check_terms(info, "mapIds(terms)", terms)
        scope = scope_of(info, release)
        matches = scope.opened.store.match(terms, [category] if category else [], near=_OFFERED)
        return _mappings(scope, matches)

    @strawberry.field(description="All protein-coding genes, or those named, for a disease.")
    def rank(
        self,
        info: Asking,
        disease: str,
        targets: list[str] | None = None,
        weights: Weighting = None,
        first: First = 25,
        after: After = None,
        release: ReleaseId = None,
        model: ModelId = None,
        variant: VariantName = None,
        debias: Debias = False,
    ) -> Ranking:
        _check_terms(info, "rank(targets)", targets or [])
        scope = scope_of(info, release, None, model, variant)
        scorer = _scorer(scope)
        chosen = weights_of(weights)
        question = ("rank", disease, tuple(targets or ()), chosen, scorer.model.id, debias)
        key = list_id(question)
        start = Page.of(first, after).start(scope, key)
        number = scorer.disease_number(disease)
        part, total = scorer.page(number, targets, chosen, start, first, debias)
        return Ranking(
            release=strawberry.ID(scope.release_id),
            model=strawberry.ID(scorer.model.id),
            variant=scorer.model.variant,
            disease_id=strawberry.ID(scorer.diseases.ids[number]),
            disease_name=scorer.diseases.names[number],
            weights=AxisWeights(
                causality=chosen.causality,
                reversibility=chosen.reversibility,
                druggability=chosen.druggability,
            ),
            total_count=total,
            items=shown(part, scorer),
            place=Place(scope.release_id, key, start),
        )

    @strawberry.field(description="Scored pairs of a disease, or of a target, best first.")
    def associations(
        self,
        info: Asking,
        disease: str | None = None,
        target: str | None = None,
        weights: Weighting = None,
        first: First = 25,
        release: ReleaseId = None,
        model: ModelId = None,
        variant: VariantName = None,
    ) -> list[TargetScore]:
        scorer = _scorer(scope_of(info, release, None, model, variant))
        chosen = weights_of(weights)
        if (disease is None) == (target is None):
            raise bad_argument("associations", "both or neither", "disease or target")
        if target is not None:
            return shown(scorer.diseases_of(target, first, chosen), scorer)
        return shown(scorer.rank(str(disease), None, chosen, first), scorer)

    @strawberry.field(description="Why a target scores as it does for a disease.")
    def explain(
        self,
        info: Asking,
        target: str,
        disease: str,
        objective: str = "causality",
        weights: Weighting = None,
        exact: Annotated[
            bool,
            strawberry.argument(
                description="Ask boosting again for each rank without a source, class or relation; "
                "else what it says of the disease is kept, which is faster."
            ),
        ] = False,
        release: ReleaseId = None,
        model: ModelId = None,
        variant: VariantName = None,
    ) -> Explanation:
        scope = scope_of(info, release, None, model, variant)
        scorer = _scorer(scope)
        found = scorer.explain(target, disease, objective, weights_of(weights), exact)
        return explained(found, scorer, scope)

    @strawberry.field(description="Compounds like a drawing (SMILES) or like one by identifier.")
    def similar_compounds(
        self,
        info: Asking,
        smiles: str | None = None,
        id: strawberry.ID | None = None,
        threshold: Annotated[
            float, strawberry.argument(description="Least Tanimoto coefficient, above 0 to 1.")
        ] = 0.5,
        first: First = 20,
        release: ReleaseId = None,
    ) -> list[SimilarCompound]:
        return similar_to(scope_of(info, release), smiles, id, threshold, first)

    @strawberry.field(description="Compounds that contain a substructure, small ones first.")
    def compounds_containing(
        self, info: Asking, smarts: str, first: First = 20, release: ReleaseId = None
    ) -> SubstructureHits:
        return containing(scope_of(info, release), smarts, first)

    @strawberry.field(description="A release by id, or the current one.")
    def release(self, info: Asking, id: strawberry.ID | None = None) -> Release:
        return Release.of(info.context.shelf.open(id).release)

    @strawberry.field(description="All releases that are here, newest first.")
    def releases(self, info: Asking, first: First = 25) -> list[Release]:
        shelf = info.context.shelf
        return [Release.of(shelf.open(i).release) for i in shelf.ids()[:first]]

    @strawberry.field(description="The sources of a release, and those it lacks.")
    def sources(self, info: Asking, release: ReleaseId = None) -> list[Source]:
        manifest = info.context.shelf.open(release).release.manifest
        return [Source.of(entry) for entry in manifest["sources"]]

    @strawberry.field(description="A model and its figures; null where none was trained.")
    def model(
        self,
        info: Asking,
        id: strawberry.ID | None = None,
        release: ReleaseId = None,
        variant: VariantName = None,
    ) -> Model | None:
        return model_of(scope_of(info, release, None, id, variant))


_LONGEST, _OFFERED = 200, 5


def _scorer(scope: Scope) -> Scorer:
    if scope.scorer is None:
        message = f"no model scores release {scope.release_id}; train one with: target-kg train"
        raise Refusal(Code.MODEL_NOT_FOUND, message)
    return scope.scorer


def _check_terms(info: Asking, argument: str, terms: list[Any]) -> None:
    most = info.context.limits.terms
    if len(terms) > most:
        raise bad_argument(argument, len(terms), f"at most {most} terms")


def _hits(scope: Scope, candidates: Any) -> list[Hit]:
    nodes = scope.existing([c.id for c in candidates])
    return [
        Hit(node=node, matched=c.matched, score=c.score)
        for node, c in zip(nodes, candidates, strict=True)
    ]


def _mappings(scope: Scope, matches: list[Match]) -> list[Mapping]:
    found = iter(scope.existing([m.node for m in matches if m.node]))
    offered = iter(_hits(scope, [c for m in matches for c in m.candidates]))
    return [
        Mapping(
            term=m.term,
            status=m.status,
            node=next(found) if m.node else None,
            matched_by=m.matched_by,
            candidates=[next(offered) for _ in m.candidates],
        )
        for m in matches
    ]
