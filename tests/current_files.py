"""Real files as their providers write them now, and what two ways of reading give."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl
import pytest
from polars import col

from ingest.content import read_bytes
from ingest.fetch import Library
from ingest.frames import Frames
from ingest.source import placed, read, read_either
from ingest.sources import SOURCES
from tests.mirrors import copy_of

BY_ID = {s.id: s for s in SOURCES}
DECLARED = {f.path: f for s in SOURCES for f in s.files if f.convert}
HEADER = """format-version: 1.2
data-version: http://www.ebi.ac.uk/efo/releases/v3.90.0/efo.owl
subsetdef: rare "Rare {diseases}"
synonymtypedef: ABBREVIATION "abbreviation"
ontology: any
property_value: owl:versionInfo "3.90.0" xsd:string

"""
FOOTER = "[Typedef]\nid: part_of\nname: part of\nnamespace: external\nxref: BFO:0000050\n\n"


class Current:
    """A source's real files, some of them as the provider writes them now."""

    def __init__(self, library: Library, root: Path) -> None:
        self.library, self.root = library, root

    def rows(self, path: str) -> pl.DataFrame:
        """The real rows of a table; the test is skipped where the data lacks them."""
        place = placed(self.library.root, path)
        if not place.exists():
            pytest.skip(f"{path} is not in this data")
        return read_either(place, DECLARED[path]).rows

    def terms(self, path: str) -> list[dict[str, object]]:
        return json.loads(read_bytes(placed(self.library.root, path), path))  # type: ignore[no-any-return]

    def both(self, source_id: str, written: Mapping[str, str]) -> tuple[Frames, Frames]:
        """The frames of the real files, and those with some files written anew."""
        source = BY_ID[source_id]
        inputs = copy_of(source, self.library, self.root)
        for path, text in written.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(gzip.compress(text.encode(), 1))
        return read(self.library.inputs(source)), read(inputs)


def alike(before: Frames, after: Frames, *names: str) -> None:
    """Frames are the same but for their lines."""
    for name in names:
        old, new = (unordered(getattr(frames, name)) for frames in (before, after))
        assert len(old) > 100
        assert old.equals(new), name


def unordered(frame: pl.DataFrame) -> pl.DataFrame:
    bare = frame.drop("line", strict=False)
    return bare.sort(pl.all().exclude(pl.List(pl.String)), nulls_last=True)


def quarantined(frames: Frames, *but: str) -> list[tuple[str, str, int]]:
    """How many rows of each file were set aside for each reason."""
    told = frames.quarantine.filter(~col("reason").is_in(but)).group_by("file", "reason").len()
    return sorted(told.rows())


def stanza(
    term: str,
    name: str = "",
    *,
    synonyms: Iterable[str] = (),
    xrefs: Iterable[str] = (),
    parents: Iterable[str] = (),
    alts: Iterable[str] = (),
    obsolete: bool = False,
    replaced_by: str = "",
) -> str:
    """A term as the OWL API's OBO writer has it: qualifiers, comments, escaped characters."""
    out = ["[Term]", f"id: {term}"]
    out += [f"name: {escaped(name, '{}')}"] if name else []
    out += [f"alt_id: {other}" for other in alts]
    out += [
        'def: "It is \\"so\\"." [PMID:1, http\\://a.org] {source="X:1"}',
        "comment: A: b [Term]",
    ]
    out += [
        f'synonym: "{escaped(text, "")}" EXACT ABBREVIATION [DOID:4] {{source="DOID:4"}}'
        for text in synonyms
    ]
    out += [f'xref: {xref_of(other)} {{source="MONDO:equivalentTo"}}' for other in xrefs]
    out += [f"is_a: {other} {{source=\"EFO:1\"}} ! its 'name'" for other in parents]
    out += ["intersection_of: PATO:0000001 ! quality", "relationship: part_of BFO:1 ! a name"]
    out += ["is_obsolete: true"] if obsolete else []
    out += [f'replaced_by: {replaced_by} {{source="X:1"}} ! name'] if replaced_by else []
    return "\n".join([*out, "", ""])


def escaped(text: str, braces: str) -> str:
    return re.sub(f'([\\\\"{re.escape(braces)}])', r"\\\1", text)


def xref_of(other: str) -> str:
    prefix, _, local = other.partition(":")
    return prefix + ":" * bool(local) + re.sub("([,:])", r"\\\1", local)


def obo(stanzas: Iterable[str]) -> str:
    return HEADER + "".join(stanzas) + FOOTER


def grouped(rows: pl.DataFrame, term: str, value: str) -> dict[str, list[str]]:
    lists = rows.group_by(term, maintain_order=True).agg(value)
    return dict(zip(lists[term], lists[value].to_list(), strict=True))


def split(text: str) -> list[str]:
    return text.split("|") if text else []
