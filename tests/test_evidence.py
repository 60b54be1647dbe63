"""What a filtered release holds, and that it holds nothing else: every table of it is scanned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars import col

from ingest.build import build
from ingest.columns import FACT, LABEL
from ingest.fetch import Library
from ingest.frames import Frames
from ingest.merge import DATED_FACTS, TOLD_OF
from ingest.options import EVERYTHING, BuildOptions
from ingest.sources import SOURCES
from kg.biolink import (
    AgentType,
    Category,
    EvidenceClass,
    KnowledgeLevel,
    Predicate,
    Redistributable,
)
from kg.layout import TABLES
from kg.release import Home, Release
from kg.verify import problems
from tests.graphs import evidence_frame, node_frame, publish, statement

CHOSEN = (
    "hgnc",
    "mondo",
    "clingen",
    "opentargets_drugs",
    "drugcentral",
    "structures",
    "phenopackets",
    "civic",
    "gene_burden",
    "gnomad",
    "lit_bm",
    "safety",
    "locus_gold_standards",
)
"""Sources of every class and kind of table, and of few rows."""
SKIP = tuple(s.id for s in SOURCES if s.id not in CHOSEN)
DAY = date(2012, 6, 30)
CLOSED = (
    "phenopackets/case_variants_2026-06.tsv.gz",
    "drugcentral/structures.smiles.tsv.gz",
)
"""Files that the licence tests declare closed; the slice itself has none that is."""
OPTIONS = {
    "as of": BuildOptions(as_of=DAY, skip=SKIP),
    "no clinical, literature, structure": BuildOptions(
        exclude_classes=frozenset(
            {EvidenceClass.CLINICAL, EvidenceClass.LITERATURE, EvidenceClass.STRUCTURE}
        ),
        skip=SKIP,
    ),
    "no genetic": BuildOptions(exclude_classes=frozenset({EvidenceClass.GENETIC}), skip=SKIP),
    "hypothesis-free": BuildOptions(hypothesis_free=True, skip=SKIP),
    "redistributable": BuildOptions(redistributable=True, skip=SKIP),
    "all of it": BuildOptions(
        as_of=DAY,
        exclude_classes=frozenset({EvidenceClass.CURATED}),
        hypothesis_free=True,
        redistributable=True,
        skip=SKIP,
    ),
}
DATED_PAIRS = {
    (str(s), str(o))
    for s, o in (
        *product((Category.GENE, *TOLD_OF), (Category.DISEASE, Category.PHENOTYPE)),
        *product(TOLD_OF, Category),
    )
}
SYSTEMATIC = [s.id for s in SOURCES if s.hypothesis_free]


def rows(release: Release, table: str) -> pl.DataFrame:
    frame = pl.DataFrame(release.table(table))
    return frame.with_columns(pl.selectors.categorical().cast(pl.String))


def dated() -> pl.Expr:
    pairs = [f"{s} {o}" for s, o in DATED_PAIRS]
    return pl.concat_str("subject_category", pl.lit(" "), "object_category").is_in(pairs)


def told_of() -> pl.Expr:
    return col("subject_category").is_in([str(c) for c in TOLD_OF])


def violations(release: Release, options: BuildOptions) -> Iterator[str]:
    """What a release holds against its options, whatever built it."""
    evidence, edges = rows(release, "evidence"), rows(release, "edges")
    categories = rows(release, "nodes").select(subject="id", subject_category="category")
    facts = rows(release, "facts").join(categories, on="subject", how="left")
    ontology = str(EvidenceClass.ONTOLOGY)
    if options.as_of:
        late = col("first_public") > options.as_of
        cut = told_of() | col("evidence_class").is_in([str(c) for c in DATED_FACTS])
        yield from found("late evidence", evidence.filter(dated() & late))
        yield from found("late edge", edges.filter(dated() & late))
        yield from found("late fact", facts.filter(cut & late))
        yield from found("late label", rows(release, "labels").filter(late))
        yield from found("late locus", rows(release, "loci").filter(late))
    for name in sorted(options.exclude_classes):
        yield from found(name, evidence.filter(col("evidence_class") == str(name)))
        yield from found(name, facts.filter(col("evidence_class") == str(name)))
        yield from found(name, edges.filter(col("classes").list.contains(str(name))))
    if options.hypothesis_free:
        named = col("evidence_class") == ontology
        chosen = ~col("hypothesis_free") & (col("classes") != [ontology])
        yield from found("chosen evidence", evidence.filter(~col("hypothesis_free") & ~named))
        yield from found("chosen edge", edges.filter(chosen))
        yield from found("chosen fact", facts.filter(~named & ~col("source").is_in(SYSTEMATIC)))
    if options.redistributable:
        shut = ~col("redistributable").is_in([str(k) for k in options.licences])
        for table in ("evidence", "facts", "labels", "loci"):
            yield from found(f"closed {table}", rows(release, table).filter(shut))
    if options.filtered:
        yield from left_alone(release)


def left_alone(release: Release) -> Iterator[str]:
    """Variants and compounds of which nothing is said, and rows about what is no node."""
    labels = rows(release, "labels")
    evidence = rows(release, "evidence")
    said = pl.concat([evidence["subject"], evidence["object"], labels["subject"], labels["object"]])
    nodes = rows(release, "nodes")
    things = nodes.filter(col("category").is_in([str(c) for c in TOLD_OF]))
    yield from found("thing nobody speaks of", things.filter(~col("id").is_in(said.implode())))
    placed = evidence.filter(col("subject_category") == str(Category.VARIANT))
    own = placed.filter(col("evidence_class") != "structure")["subject"]
    yield from found("place of such a variant", placed.filter(~col("subject").is_in(own.implode())))
    for table, column in (
        ("facts", "subject"),
        ("compounds", "id"),
        ("residues", "structure"),
        ("aliases", "id"),
    ):
        about = rows(release, table)
        yield from found(table, about.filter(~col(column).is_in(nodes["id"].implode())))


def found(what: str, wrong: pl.DataFrame) -> Iterator[str]:
    if len(wrong):
        yield f"{what}: {len(wrong)}, the first {wrong.row(0, named=True)}"


@pytest.fixture(scope="module")
def library() -> Library:
    bundled = Library.bundled()
    closed = [replace(bundled.catalogue[p], redistributable=Redistributable.CHECK) for p in CLOSED]
    return replace(bundled, catalogue=bundled.catalogue.with_files(closed))


@pytest.fixture(scope="module")
def built(home: Home, library: Library, place: Path) -> Callable[[BuildOptions], Release]:
    """A small release of real sources under some options; parts come from the session's cache."""
    (place / "cache").symlink_to(home.cache.resolve())

    @cache
    def make(options: BuildOptions) -> Release:
        return build(Home(place), library, options).release

    return make


def test_every_record_says_what_it_rests_on(release: Release) -> None:
    evidence = rows(release, "evidence")
    for column, kind in (
        ("evidence_class", EvidenceClass),
        ("knowledge_level", KnowledgeLevel),
        ("agent_type", AgentType),
        ("redistributable", Redistributable),
    ):
        assert set(evidence[column].unique()) <= {str(k) for k in kind}
    for column in ("first_public", "hypothesis_free", "negated", "publications", "licence"):
        assert not evidence[column].null_count(), column
    assert (evidence["licence"].str.strip_chars() != "").all()
    assert set(evidence["date_basis"].unique()) <= {"record", "publication", "mim", "release"}
    assert evidence["first_public"].min() >= date(1900, 1, 1)
    for column in ("direction_on_target", "direction_on_trait"):
        assert set(evidence[column].drop_nulls().unique()) <= {-1, 0, 1}
        assert evidence[column].drop_nulls().len(), column
    papers = evidence["publications"].explode().drop_nulls()
    assert papers.str.contains(r"^[A-Za-z][\w.]*:\S+$").all()
    cited = evidence.filter(col("publications").list.len() > 0)
    assert len(cited) > 0.1 * len(evidence)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_filtered_release_holds_nothing_else(
    name: str, built: Callable[[BuildOptions], Release]
) -> None:
    release = built(OPTIONS[name])
    assert list(violations(release, OPTIONS[name])) == []
    assert problems(release) == []
    assert release.manifest["parameters"] == OPTIONS[name].parameters
    assert len(rows(release, "nodes"))


def test_the_scan_sees_what_an_unfiltered_release_holds(
    built: Callable[[BuildOptions], Release],
) -> None:
    whole = built(BuildOptions(skip=SKIP))
    for name, options in OPTIONS.items():
        assert list(violations(whole, options)), name


@pytest.mark.parametrize(
    "name", [n for n in OPTIONS if "redistributable" not in n and "all" not in n]
)
def test_a_filter_drops_nothing_but_what_it_names(
    name: str, built: Callable[[BuildOptions], Release]
) -> None:
    options, whole = OPTIONS[name], built(BuildOptions(skip=SKIP))
    evidence = rows(whole, "evidence")
    kept = ~col("evidence_class").is_in([str(c) for c in options.exclude_classes])
    if options.as_of:
        kept &= ~dated() | (col("first_public") <= options.as_of)
    if options.hypothesis_free:
        kept &= col("hypothesis_free") | (col("evidence_class") == "ontology")
    passed = evidence.filter(kept)
    own = passed.filter(col("evidence_class") != "structure")["subject"].unique()
    wanted = passed.filter(
        (col("evidence_class") != "structure")
        | (col("subject_category") != str(Category.VARIANT))
        | col("subject").is_in(own.implode())
    )
    filtered = rows(built(options), "evidence")
    assert set(filtered["id"]) == set(wanted["id"])
    assert 0 < len(filtered) < len(evidence)


def test_labels_are_cut_by_the_day_and_by_no_class(
    built: Callable[[BuildOptions], Release],
) -> None:
    whole = rows(built(BuildOptions(skip=SKIP)), "labels")
    for name in ("no clinical, literature, structure", "no genetic", "hypothesis-free"):
        assert rows(built(OPTIONS[name]), "labels").equals(whole)
    assert len(whole.filter(col("kind") == "drug_mechanism"))
    cut = whole.filter(col("first_public") <= DAY)
    assert rows(built(OPTIONS["as of"]), "labels").equals(cut)


def test_a_closed_file_leaves_no_trace(built: Callable[[BuildOptions], Release]) -> None:
    whole, free = built(BuildOptions(skip=SKIP)), built(OPTIONS["redistributable"])
    for table in TABLES:
        frame = rows(free, table)
        for column in {"file", "source"} & set(frame.columns):
            told = frame[column].drop_nulls()
            assert not told.is_in([*CLOSED, "phenopackets", "drugcentral"]).any(), table
    absent = {s["id"]: s["absent"] for s in free.manifest["sources"]}
    assert absent["phenopackets"] == f"{CLOSED[0]} may not be passed on"
    before, after = rows(whole, "nodes"), rows(free, "nodes")
    is_variant = col("category") == str(Category.VARIANT)
    assert set(after.filter(is_variant)["id"]) < set(before.filter(is_variant)["id"])
    assert len(rows(free, "compounds")) < len(rows(whole, "compounds"))


def test_options_are_part_of_the_release_id(
    built: Callable[[BuildOptions], Release], home: Home, library: Library, tmp_path: Path
) -> None:
    whole = BuildOptions(skip=SKIP)
    ids = [built(o).id for o in (whole, *OPTIONS.values())]
    assert len(set(ids)) == len(ids)
    (tmp_path / "cache").symlink_to(home.cache.resolve())
    again = build(Home(tmp_path), library, OPTIONS["as of"])
    assert again.release.id == built(OPTIONS["as of"]).id


@pytest.mark.parametrize(
    "other",
    [
        BuildOptions(as_of=date(2099, 1, 1)),
        BuildOptions(hypothesis_free=True),
        BuildOptions(redistributable=True),
        BuildOptions(exclude_classes=frozenset({EvidenceClass.SAFETY})),
        BuildOptions(only=("clingen",)),
        BuildOptions(skip=("clingen",)),
    ],
)
def test_the_same_rows_under_other_options_are_another_release(
    other: BuildOptions, tmp_path: Path
) -> None:
    frames = {"hgnc": Frames(nodes=node_frame(("HGNC:1", Category.GENE, "A")))}
    ids = [
        publish(Home(tmp_path / n), frames, o)[0].release.id
        for n, o in (("a", EVERYTHING), ("b", other), ("c", other))
    ]
    assert ids[1] == ids[2] != ids[0]


DAYS = st.dates(date(1990, 1, 1), date(2026, 12, 31))
STATEMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "subject": st.sampled_from(["HGNC:1", "HGNC:2", "DBSNP:rs1", "DBSNP:rs2", "C:1"]),
            "day": DAYS,
            "kind": st.sampled_from(list(EvidenceClass)),
            "free": st.booleans(),
            "licence": st.sampled_from(list(Redistributable)),
        }
    ),
    min_size=1,
    max_size=12,
)
CHOICES = st.builds(
    BuildOptions,
    as_of=st.none() | DAYS,
    exclude_classes=st.frozensets(st.sampled_from(list(EvidenceClass)), max_size=4),
    hypothesis_free=st.booleans(),
    redistributable=st.booleans(),
)
NODES = node_frame(
    ("HGNC:1", Category.GENE, "A"),
    ("HGNC:2", Category.GENE, "B"),
    ("DBSNP:rs1", Category.VARIANT, "rs1"),
    ("DBSNP:rs2", Category.VARIANT, "rs2"),
    ("C:1", Category.COMPOUND, "c"),
    ("MONDO:0000001", Category.DISEASE, "disease"),
)
KINDS = {"HGNC": Category.GENE, "DBSNP": Category.VARIANT, "C": Category.COMPOUND}
SAYS = {
    Category.GENE: Predicate.CAUSES,
    Category.VARIANT: Predicate.GENETICALLY_ASSOCIATED_WITH,
    Category.COMPOUND: Predicate.TREATS,
}


def frames_of(told: list[dict[str, object]]) -> Frames:
    """The same things said as evidence, as facts and as labels."""
    statements, facts, labels = [], [], []
    for line, row in enumerate(told, 2):
        category = KINDS[str(row["subject"]).split(":")[0]]
        shared = {
            "first_public": row["day"],
            "redistributable": str(row["licence"]),
            "licence": "x",
            "file": "test.tsv",
            "line": line,
        }
        given = {"evidence_class": str(row["kind"]), "hypothesis_free": row["free"]}
        pair = (category, Category.DISEASE)
        statements.append(
            statement(str(row["subject"]), "MONDO:0000001", SAYS[category], pair, **shared, **given)
        )
        about = {"subject": row["subject"], "subject_category": str(category), "release": "1"}
        facts.append(
            {**about, **shared, "evidence_class": str(row["kind"]), "key": "k", "number": line}
        )
        labels.append({**about, **shared, "kind": "l", "number": float(line)})
    return Frames(
        evidence=evidence_frame(*statements),
        facts=pl.DataFrame(facts, schema=FACT),
        labels=pl.DataFrame(labels[: len(labels) // 2], schema=LABEL),
    )


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=STATEMENTS, options=CHOICES)
def test_any_filter_on_any_rows_leaves_nothing_else(
    told: list[dict[str, object]], options: BuildOptions, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Home(tmp_path_factory.mktemp("any"))
    frames = {"hgnc": Frames(nodes=NODES), "clingen": frames_of(told)}
    release = publish(home, frames, options)[0].release
    assert list(violations(release, options)) == []
    assert problems(release) == []
    whole = publish(Home(home.path / "whole"), frames)[0].release
    assert set(rows(release, "evidence")["id"]) <= set(rows(whole, "evidence")["id"])
