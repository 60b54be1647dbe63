"""Synthetic releases: graphs of any size with a real one's degrees, for scale tests and sharing.

Kept: how many nodes each category has (times the scale); for each edge type the degrees of its
subjects and objects; how a node's degrees over edge types go together (`ingest.copula`); how many
records an edge has; and how class, date, score, direction and provenance kind go together on a
record, for each edge type.

Not kept: which nodes are joined (no identifier, name or pair survives, but a hub can be guessed
from its number of edges); what joins edges to one another, such as triangles, hierarchies without
cycles, pairs with edges of several types; sources, publications, values, effects and details of
records; facts, labels, compounds, structures' residues.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from polars import col

from ingest.columns import EVIDENCE, NODE
from ingest.copula import DegreeModel, Degrees
from ingest.engine import DuckDB
from ingest.frames import Frames
from ingest.merge import SYMMETRIC, merge
from ingest.options import EVERYTHING
from ingest.pairing import Ends, pair, pair_undirected
from ingest.parts import Part, open_part, write_part
from kg.biolink import Category, EdgeType
from kg.compile import compile_arrays
from kg.embedded_store import EmbeddedStore
from kg.errors import BadArgument
from kg.release import Home, Published, Release

SOURCE = "synthetic"
FILE = "synthetic"
_TRIPLE = ("subject_category", "predicate", "object_category")
_PROFILE = (
    "evidence_class",
    "knowledge_level",
    "agent_type",
    "negated",
    "hypothesis_free",
    "direction_on_target",
    "direction_on_trait",
    "date_basis",
)
_ROWS = 500_000
LARGEST_SCALE = 64.0


@dataclass(frozen=True)
class EvidenceModel:
    """The records of one edge type.

    Attributes:
        records: Records an edge, int64, one for each real edge, ascending.
        profiles: What records are like, with columns of `_PROFILE`, year, score (in hundredths)
            and how many are so (`n`).
    """

    records: npt.NDArray[np.int64]
    profiles: pl.DataFrame


@dataclass(frozen=True)
class GraphModel:
    """What a release is like.

    Attributes:
        release: Id of the release it was fitted on.
        newest: No record of it was public later.
        degrees: For each category with nodes, over its edge ends in the order of `ends`.
        evidence: For each edge type.
    """

    release: str
    newest: date
    degrees: Mapping[Category, DegreeModel]
    evidence: Mapping[EdgeType, EvidenceModel]

    @property
    def types(self) -> list[EdgeType]:
        """Edge types in a fixed order."""
        return sorted(self.evidence)


@dataclass(frozen=True, slots=True)
class SyntheticOptions:
    """Which graph is drawn.

    Attributes:
        scale: Nodes of each category as a multiple of the real ones, above 0 to 64.
        seed: The same seed, scale and release give the same graph.
    """

    scale: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.scale <= LARGEST_SCALE:
            raise BadArgument(f"--scale {self.scale:g}: must be above 0, to {LARGEST_SCALE:g}")


def synthesize(
    home: Home,
    release: Release,
    options: SyntheticOptions,
    progress: Callable[[str, int, int], None] = lambda _what, _done, _steps: None,
) -> Published:
    """Fit on a release, draw a graph, and publish it under the same home; `current` stays.

    Raises:
        ReleaseBusy: a build is running under the home.
        ReleaseCorrupt: the release's files don't fit together.
    """
    progress("fitting", 0, 4)
    model = fit(release)
    with home.stage() as staging:
        pieces = staging.path / "pieces"
        progress("drawing", 1, 4)
        parts = [_written(pieces, n, f) for n, f in enumerate(draw(model, options))]
        progress("merging", 2, 4)
        with DuckDB(pieces / "spill") as engine:
            report = merge(engine, parts, (), pl.DataFrame(), staging.tables, EVERYTHING)
        shutil.rmtree(pieces)
        progress("compiling arrays", 3, 4)
        compiled = compile_arrays(staging.tables, staging.arrays)
        told = {**compiled, "sources": [_entry(model, options)], "report": report.as_json()}
        published = staging.publish(_parameters(model, options), told, current=False)
    progress(f"release {published.release.id}", 4, 4)
    return published


def fit(release: Release) -> GraphModel:
    """What a release is like; see the module for what is kept.

    Raises:
        ReleaseCorrupt: its manifest or arrays can't be read.
    """
    store = EmbeddedStore(release)
    found = {c: store.category_range(c) for c in Category if len(store.category_range(c))}
    types = sorted(store.edge_types)
    degrees = {
        category: DegreeModel.fit(
            np.column_stack(
                [np.zeros((len(nodes), 0), np.int64)]
                + [_counted(store, t, side, nodes) for t, side in ends(category, types)]
            )
        )
        for category, nodes in found.items()
    }
    newest = _evidence(release).select(col("first_public").max()).collect().item()
    return GraphModel(release.id, newest or date.min, degrees, _evidence_models(release, store))


def ends(category: Category, types: Sequence[EdgeType]) -> list[tuple[EdgeType, str]]:
    """The edge ends that a category's nodes may have: (type, `subject`, `object` or `both`)."""
    found: list[tuple[EdgeType, str]] = []
    for edge_type in types:
        if edge_type.predicate in SYMMETRIC and edge_type.subject == category:
            found.append((edge_type, "both"))
            continue
        found += [(edge_type, "subject")] if edge_type.subject == category else []
        found += [(edge_type, "object")] if edge_type.object == category else []
    return found


def _counted(store: EmbeddedStore, edge_type: EdgeType, side: str, nodes: range) -> Degrees:
    edges = store.edge_numbers(edge_type)
    sides = ("subject", "object") if side == "both" else (side,)
    ends = np.concatenate([store.arrays[f"edge_{s}"][edges] for s in sides]) - nodes.start
    return np.bincount(ends, minlength=len(nodes)).astype(np.int64)


def _evidence(release: Release) -> pl.LazyFrame:
    texts = pl.selectors.categorical() | pl.selectors.enum()
    return pl.scan_parquet(release.table_path("evidence")).with_columns(texts.cast(pl.String))


def _evidence_models(release: Release, store: EmbeddedStore) -> dict[EdgeType, EvidenceModel]:
    described = _evidence(release).select(
        *_TRIPLE,
        *_PROFILE,
        year=col("first_public").dt.year(),
        score=col("score").cast(pl.Float64).round(2),
    )
    names = [*_PROFILE, "year", "score"]
    counted = described.group_by(*_TRIPLE, *names).agg(n=pl.len()).sort(*_TRIPLE, *names).collect()
    length = store.arrays["evidence_end"] - store.arrays["evidence_start"]
    found = {}
    for edge_type in store.edge_types:
        keys = zip(_TRIPLE, (edge_type.subject, edge_type.predicate, edge_type.object), strict=True)
        rows = counted.filter(*(col(name) == str(value) for name, value in keys)).drop(_TRIPLE)
        records = np.sort(length[store.edge_numbers(edge_type)])
        found[edge_type] = EvidenceModel(records.astype(np.int64), rows)
    return found


def draw(model: GraphModel, options: SyntheticOptions) -> Iterator[Frames]:
    """The nodes, then the evidence in pieces of bounded size."""
    rng = np.random.default_rng(options.seed)
    sizes = {c: max(1, round(m.size * options.scale)) for c, m in model.degrees.items()}
    drawn = {c: m.draw(sizes[c], rng) for c, m in model.degrees.items()}
    ids = {c: _ids(c, n) for c, n in sizes.items()}
    for category, names in ids.items():
        yield Frames(nodes=_nodes(category, names), rows=len(names))
    for edge_type in model.types:
        subjects, objects = _edges(edge_type, model.types, drawn, rng)
        known = model.evidence[edge_type]
        at = (rng.permutation(len(subjects)) * len(known.records)) // max(len(subjects), 1)
        records = known.records[at]
        edge = np.repeat(np.arange(len(subjects)), records)
        nth = np.arange(len(edge)) - np.repeat(np.cumsum(records) - records, records)
        for start in range(0, len(edge), _ROWS):
            some, number = edge[start : start + _ROWS], nth[start : start + _ROWS]
            yield Frames(
                evidence=_records(
                    edge_type,
                    ids[edge_type.subject].gather(subjects[some]),
                    ids[edge_type.object].gather(objects[some]),
                    number,
                    known.profiles,
                    model.newest,
                    rng,
                ),
                rows=len(some),
            )


def _edges(
    edge_type: EdgeType,
    types: Sequence[EdgeType],
    drawn: Mapping[Category, Degrees],
    rng: np.random.Generator,
) -> tuple[Ends, Ends]:
    def degrees(category: Category, side: str) -> Degrees:
        return drawn[category][:, ends(category, types).index((edge_type, side))]

    if edge_type.predicate in SYMMETRIC:
        return pair_undirected(degrees(edge_type.subject, "both"), rng)
    out = degrees(edge_type.subject, "subject")
    into = degrees(edge_type.object, "object")
    return pair(out, into, edge_type.subject == edge_type.object, rng)


def _ids(category: Category, size: int) -> pl.Series:
    return pl.select(pl.format(f"SYNTHETIC:{category.label}.{{}}", pl.int_range(size))).to_series()


def _nodes(category: Category, ids: pl.Series) -> pl.DataFrame:
    nothing = pl.lit([], dtype=NODE["synonyms"])
    return pl.DataFrame({"id": ids}).select(
        id="id",
        category=pl.lit(category.value),
        name=pl.format(f"Synthetic {category.label} {{}}", pl.int_range(len(ids))),
        description=pl.lit(""),
        synonyms=nothing,
        xrefs=nothing,
    )


def _records(
    edge_type: EdgeType,
    subjects: pl.Series,
    objects: pl.Series,
    number: Ends,
    profiles: pl.DataFrame,
    newest: date,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Records with the edges' ends given; `detail` numbers those of an edge, so that all differ."""
    share = profiles["n"].to_numpy() / profiles["n"].sum()
    like = profiles[rng.choice(len(profiles), len(subjects), p=share)]
    year_end = pl.date(col("year"), 12, 31)
    given: dict[str, Any] = {
        "subject": subjects,
        "predicate": pl.lit(edge_type.predicate.value),
        "object": objects,
        "subject_category": pl.lit(edge_type.subject.value),
        "object_category": pl.lit(edge_type.object.value),
        **{name: col(name) for name in (*_PROFILE, "score")},
        "first_public": pl.min_horizontal(year_end, pl.lit(newest)),
        "infores": pl.lit("infores:target-kg"),
        "release": pl.lit("1"),
        "publications": pl.lit([], dtype=EVIDENCE["publications"]),
        "detail": pl.concat_str(pl.lit('{"record":"'), pl.Series(number), pl.lit('"}')),
        "licence": pl.lit("CC0-1.0"),
        "redistributable": pl.lit("yes"),
        "file": pl.lit(FILE),
        "line": pl.int_range(1, len(subjects) + 1),
    }
    return like.select(
        given.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in EVIDENCE.items()
    )


def _written(directory: Path, number: int, frames: Frames) -> Part:
    path = directory / str(number)
    write_part(path, frames, {"source": SOURCE})
    return open_part(SOURCE, path, reused=False)


def _parameters(model: GraphModel, options: SyntheticOptions) -> dict[str, Any]:
    drawn = {"fitted_on": model.release, "scale": options.scale, "seed": options.seed}
    return {**EVERYTHING.parameters, "synthetic": drawn}


def _entry(model: GraphModel, options: SyntheticOptions) -> dict[str, Any]:
    """The manifest's entry of the only source."""
    return {
        "id": SOURCE,
        "title": "Synthetic graph",
        "infores": "infores:target-kg",
        "about": f"drawn at random, {options.scale:g} times the size of release {model.release}",
        "version": f"seed {options.seed}",
        "released": model.newest.isoformat(),
        "licence": "CC0-1.0",
        "redistributable": "yes",
        "evidence_class": "prediction",
        "hypothesis_free": False,
        "files": [
            {
                "path": FILE,
                "version": f"seed {options.seed}",
                "licence": "CC0-1.0",
                "url": "",
                "sha256_content": "",
                "pinned": False,
                "selection": "",
            }
        ],
        "rows": 0,
        "kept": 0,
        "quarantined": {},
        "unresolved": {},
        "absent": "",
    }
