"""An archive of phenopackets, a JSON file a case, as a table with a row for each variant of a case.

Phenopacket Schema 2: https://phenopacket-schema.readthedocs.io. Its JSON is ProtoJSON, which spells
a field `vcfRecord` or `vcf_record`, writes a 64-bit number as a number or a text, and leaves out
what is empty (https://protobuf.dev/programming-guides/json).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from ingest.content import is_archive, opened_archive, read_member
from ingest.tables import Table, no_bad_rows
from kg.errors import TableError

COLUMNS = (
    "case_id",
    "disease_id",
    "disease_label",
    "gene_hgnc",
    "gene_symbol",
    "hgvs_c",
    "hgvs_p",
    "vcf",
    "acmg",
    "pmids",
    "created",
)
LARGEST = 50 << 20
"""A file of the archive that is larger, in bytes, is set aside; those of real cases have 10 kB."""
_REJECTED = "REJECTED"
_UNSOLVED = "UNSOLVED"
_UNSPECIFIED = "NOT_PROVIDED"
_ASSEMBLIES = {"GRCh38": "hg38", "GRCh37": "hg19"}
_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_Row = tuple[str, ...]


class _Malformed(ValueError):
    """A file is no phenopacket, or has no variant that may be read; says why."""


def cases(path: Path, name: str) -> Table | None:
    """The variants of all cases: `COLUMNS`, and as line the number of the file in the archive.

    A row is a variant of a diagnosis; `created` is the day. Set aside, with the name of the file:
    one that is damaged, too large, no JSON or no phenopacket; a case with no variant; diagnoses
    that its authors hold unsolved, and variants that they reject as the cause.

    Args:
        path: A zip archive.
        name: What errors call it.

    Returns:
        None for a file that is no archive with JSON files.

    Raises:
        TableError: the archive is damaged, or no file of it is good.
    """
    if not is_archive(path):
        return None
    rows, bad = list[tuple[str | int, ...]](), list[tuple[str, int, str]]()
    with opened_archive(path, name) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        if not any(m.filename.endswith(".json") for m in members):
            return None
        for number, member in enumerate(members, 1):
            if not member.filename.endswith(".json"):
                continue
            file = PurePosixPath(member.filename).name
            try:
                found, aside = _variants(read_member(archive, member, LARGEST), file)
            except (_Malformed, TableError) as error:
                bad.append((name, number, str(error)))
                continue
            rows += [(*row, number) for row in found]
            bad += [(name, number, reason) for reason in aside]
    if not rows:
        told = f"; the first fault: {bad[0][2]}" if bad else ""
        raise TableError(f"{name} holds no phenopacket with a variant{told}")
    schema = {**dict.fromkeys(COLUMNS, pl.String), "line": pl.Int64}
    faults = pl.DataFrame(bad, schema=no_bad_rows().schema, orient="row")
    return Table(name, pl.DataFrame(rows, schema=schema, orient="row"), faults)


def _variants(content: bytes, file: str) -> tuple[list[_Row], list[str]]:
    """The rows of one case, and why others are set aside.

    Raises:
        _Malformed: it is no phenopacket, or no variant is told.
    """
    try:
        told = json.loads(content)
    except json.JSONDecodeError as error:
        raise _Malformed(f"{file}, line {error.lineno} is no JSON ({error.msg})") from error
    except (ValueError, RecursionError) as error:
        raise _Malformed(f"{file} is no JSON ({error})") from error
    case = _Message(told, file)
    rows, aside = list[_Row](), list[str]()
    if not case.text("id"):
        raise _Malformed(f"{file} has no id")
    about = case.message("metaData")
    papers = [r.text("id") for r in about.messages("externalReferences")]
    pmids = ";".join(dict.fromkeys(p for p in papers if p.startswith("PMID:")))
    for interpretation in case.messages("interpretations"):
        disease = interpretation.message("diagnosis").message("disease")
        named = (disease.text("id"), disease.text("label"))
        for status, variant in _interpreted(interpretation):
            if interpretation.text("progressStatus") == _UNSOLVED:
                aside.append(f"{file}: diagnosis is unsolved")
            elif status == _REJECTED:
                aside.append(f"{file}: variant is rejected as the cause")
            else:
                day = about.text("created")[:10]
                rows.append((case.text("id"), *named, *_told(variant), pmids, day))
    if not rows and not aside:
        raise _Malformed(f"{file}: no variant is told")
    return rows, aside


def _interpreted(interpretation: _Message) -> Iterator[tuple[str, _Message]]:
    """The status and the interpretation of each variant; of a gene alone there is none."""
    for one in interpretation.message("diagnosis").messages("genomicInterpretations"):
        variant = one.message("variantInterpretation")
        if variant.fields:
            yield one.text("interpretationStatus"), variant


def _told(variant: _Message) -> _Row:
    """Columns gene_hgnc to acmg of one variant."""
    described = variant.message("variationDescriptor")
    gene = described.message("geneContext")
    hgvs = dict[str, str]()
    for expression in described.messages("expressions"):
        hgvs.setdefault(expression.text("syntax"), expression.text("value"))
    acmg = variant.text("acmgPathogenicityClassification")
    return (
        gene.text("valueId"),
        gene.text("symbol"),
        hgvs.get("hgvs.c", ""),
        hgvs.get("hgvs.p", ""),
        _vcf(described.message("vcfRecord")),
        "" if acmg == _UNSPECIFIED else acmg,
    )


def _vcf(record: _Message) -> str:
    """`hg38:chr17:31327718:C:T`; empty without a record."""
    if not record.fields:
        return ""
    assembly = record.text("genomeAssembly")
    place = [record.text(key) for key in ("chrom", "pos", "ref", "alt")]
    return ":".join([_ASSEMBLIES.get(assembly, assembly), *place])


class _Message:
    """A JSON object, of which each field has the type that is asked for or is left out."""

    def __init__(self, fields: Any, place: str) -> None:
        if not isinstance(fields, dict):
            raise _Malformed(f"{place} is no JSON object")
        self.fields: dict[str, Any] = fields
        self._place = place

    def text(self, key: str) -> str:
        """A text or whole number; empty where there is none."""
        value = self._value(key, "")
        text = str(value) if type(value) is int else value
        if not isinstance(text, str) or _SURROGATE.search(text):
            raise _Malformed(f"{self._place}: {key} is no text")
        return text

    def message(self, key: str) -> _Message:
        """An object; one without fields where there is none."""
        return _Message(self._value(key, {}), f"{self._place}: {key}")

    def messages(self, key: str) -> list[_Message]:
        """A list of objects; none where there is none."""
        values = self._value(key, [])
        if not isinstance(values, list):
            raise _Malformed(f"{self._place}: {key} is no list")
        return [_Message(value, f"{self._place}: {key}") for value in values]

    def _value(self, key: str, empty: Any) -> Any:
        """A field by either of its spellings; null is as if it were not there."""
        value = self.fields.get(key)
        if value is None:
            value = self.fields.get(_CAPITAL.sub(lambda m: "_" + m[1].lower(), key))
        return empty if value is None else value
