"""Source files to a published release: read in processes, merge, compile, publish.

Nothing of a build is seen before it is whole: sources write parts beside the cache, the merge
writes into a staging directory, and the last step renames that into place.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ingest.compounds import unify
from ingest.engine import DuckDB
from ingest.fetch import Library
from ingest.joins import NO_JOINS
from ingest.merge import MergeReport, merge
from ingest.options import EVERYTHING, BuildOptions
from ingest.parts import Part, read_part
from ingest.source import Source
from ingest.sources import SOURCES
from ingest.substitutions import place
from kg.biolink import Redistributable
from kg.compile import compile_arrays
from kg.errors import IngestError
from kg.release import Home, Published, Release, Staging

Progress = Callable[[str, int, int], None]
"""Called with what was just done, how many of the steps are done, and how many there are."""


@dataclass(frozen=True)
class BuildReport:
    """What a build read, kept and set aside.

    Attributes:
        sources: One entry a source: id, version, files, rows, kept, quarantined, absent.
        unresolved, ambiguous: Identifiers that led to no node, or to several, by prefix.
    """

    release: Release
    reused: bool
    seconds: float
    sources: Sequence[Mapping[str, Any]]
    unresolved: Mapping[str, int] = field(default_factory=dict)
    ambiguous: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The form that `build --json` prints."""
        counts = self.release.manifest["counts"]
        return {
            "release": self.release.id,
            "path": str(self.release.path),
            "reused": self.reused,
            "seconds": round(self.seconds, 1),
            "nodes": counts["nodes_by_category"],
            "edges": counts["edges_by_type"],
            "evidence": counts["evidence"],
            "sources": list(self.sources),
            "unresolved": dict(self.unresolved),
            "ambiguous": dict(self.ambiguous),
        }


def build(
    home: Home,
    library: Library,
    options: BuildOptions = EVERYTHING,
    jobs: int | None = None,
    progress: Progress = lambda _what, _done, _steps: None,
) -> BuildReport:
    """Build and publish a release.

    Raises:
        IngestError: a source file is missing, damaged or changed; nothing was published.
        ReleaseBusy: another build runs under the same home.
    """
    began = time.monotonic()
    library = library.keeping(options.licences)
    present, absent = choose(library, options)
    with home.stage() as staging:
        steps = len(present) + 3
        parts = _read(
            present,
            library,
            home.cache / "parts",
            jobs,
            lambda s, n: progress(s, n, steps),
        )
        progress("resolving identifiers and merging", len(present), steps)
        merged, matches = _merge(staging, parts, home.cache / "parts", options)
        progress("compiling arrays", len(present) + 1, steps)
        compiled = compile_arrays(staging.tables, staging.arrays)
        entries = _entries(present, absent, parts, library, merged)
        told = {"report": merged.as_json(), "compound_matches": dict(matches)}
        contents = {**compiled, "sources": entries, **told}
        published = staging.publish(options.parameters, contents)
        progress(f"release {published.release.id}", steps, steps)
    return _report(published, merged, time.monotonic() - began)


def choose(library: Library, options: BuildOptions) -> tuple[list[Source], dict[str, str]]:
    """The sources to read, in order, and why each of the others is not read.

    Raises:
        IngestError: a required source, or one asked for by name, can't be read; or a source has
            some of its files and lacks others.
    """
    present, absent = [], {}
    for source in SOURCES:
        wanted = not options.only or source.id in options.only or source.required
        reason = library.absent(source)
        if source.id in options.skip or not wanted:
            absent[source.id] = "left out by --only or --skip"
        elif not reason:
            present.append(source)
        elif source.required or source.id in options.only or "is missing beside" in reason:
            raise IngestError(
                f"source {source.id} can't be read: {reason}; add the file, or pass "
                f"--skip {source.id}"
            )
        else:
            absent[source.id] = reason
    return present, absent


def _read(
    sources: Sequence[Source],
    library: Library,
    cache: Path,
    jobs: int | None,
    progress: Callable[[str, int], None],
) -> dict[str, Part]:
    """Every source's part, each made in a process of its own."""
    workers = max(1, min(jobs or os.cpu_count() or 1, len(sources)))
    parts: dict[str, Part] = {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(read_source, s.id, library, cache): s for s in sources}
        try:
            for future in as_completed(running):
                source = running[future]
                parts[source.id] = future.result()
                state = (
                    "unchanged" if parts[source.id].reused else f"{parts[source.id].rows:,} rows"
                )
                progress(f"{source.title}: {state}", len(parts))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return parts


def read_source(source_id: str, library: Library, cache: Path) -> Part:
    """Read one source, by id so that any process can do it."""
    source = next(s for s in SOURCES if s.id == source_id)
    return read_part(library.inputs(source), cache, library.digests(source))


def _merge(
    staging: Staging, parts: Mapping[str, Part], cache: Path, options: BuildOptions
) -> tuple[MergeReport, Mapping[str, int]]:
    """What the merge came to, and how the sources' compounds met."""
    ordered = [parts[s.id] for s in SOURCES if s.id in parts]
    compounds = unify(ordered, cache)
    further = [*compounds.parts, *place(ordered, cache)]
    spill = staging.path / "spill"
    with DuckDB(spill) as engine:
        report = merge(engine, ordered, further, compounds.table, staging.tables, options)
    for leftover in sorted(spill.rglob("*"), reverse=True) if spill.exists() else []:
        leftover.unlink() if leftover.is_file() else leftover.rmdir()
    if spill.exists():
        spill.rmdir()
    return report, compounds.matches


def _entries(
    present: Iterable[Source],
    absent: Mapping[str, str],
    parts: Mapping[str, Part],
    library: Library,
    merged: MergeReport,
) -> list[dict[str, Any]]:
    """The manifest's entry of each source, read or not."""
    read = [_entry(s, library, parts[s.id], merged) for s in present]
    return read + [_absence(s, absent[s.id]) for s in SOURCES if s.id in absent]


def _entry(source: Source, library: Library, part: Part, merged: MergeReport) -> dict[str, Any]:
    files = [library.catalogue[f.path] for f in source.files if library.inputs(source).has(f.path)]
    digests = library.digests(source)
    changed = set(library.changed(digests))
    newest = max(files, key=lambda f: f.released)
    return {
        "id": source.id,
        "title": source.title,
        "infores": source.infores,
        "about": source.about,
        "version": newest.version,
        "released": newest.released.isoformat(),
        "licence": " + ".join(dict.fromkeys(f.licence for f in files)),
        "redistributable": max((f.redistributable for f in files), key=list(Redistributable).index),
        "evidence_class": source.evidence_class,
        "hypothesis_free": source.hypothesis_free,
        "files": [
            {
                "path": f.path,
                "version": f.version,
                "licence": f.licence,
                "url": f.url,
                "sha256_content": digests[f.path],
                "pinned": f.path not in changed,
                "selection": f.selection,
            }
            for f in files
        ],
        "rows": part.rows,
        "kept": part.kept,
        "quarantined": dict(part.quarantined),
        "unresolved": merged.by_source.get(source.id, {}),
        "joins": merged.joins.get(source.id, NO_JOINS).as_json(),
        "absent": "",
    }


def _absence(source: Source, reason: str) -> dict[str, Any]:
    return {
        "id": source.id,
        "title": source.title,
        "infores": source.infores,
        "about": source.about,
        "version": "",
        "files": [],
        "rows": 0,
        "kept": 0,
        "quarantined": {},
        "absent": reason,
    }


def _report(published: Published, merged: MergeReport, seconds: float) -> BuildReport:
    return BuildReport(
        release=published.release,
        reused=published.reused,
        seconds=seconds,
        sources=published.release.manifest["sources"],
        unresolved=merged.unresolved,
        ambiguous=merged.ambiguous,
    )
