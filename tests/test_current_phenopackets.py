"""The Phenopacket Store's archive, a JSON file a case, in place of the table made from it."""

from __future__ import annotations

import io
import json
import random
import re
import warnings
import zipfile
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from ingest.fetch import Library
from ingest.lock import FetchLock
from ingest.phenopackets import COLUMNS, LARGEST, cases
from kg.digest import digest
from kg.errors import TableError
from tests.mirrors import mirrored
from tests.provider_files import BY_ID, at_lines, frames_with, own_table, same, served, url
from tests.test_archives import with_sum

PACKETS = "phenopackets/case_variants_2026-06.tsv.gz"
SOURCE = BY_ID["phenopackets"]
Json = dict[str, Any]
ROW = {
    "case_id": "PMID_1_II_2",
    "disease_id": "OMIM:162200",
    "disease_label": "Neurofibromatosis, type 1",
    "gene_hgnc": "HGNC:7765",
    "gene_symbol": "NF1",
    "hgvs_c": "NM_001042492.3:c.5488C>T",
    "hgvs_p": "NP_001035957.1:p.(Arg1830Cys)",
    "vcf": "hg38:chr17:31327718:C:T",
    "acmg": "PATHOGENIC",
    "pmids": "PMID:1",
    "created": "2025-11-21",
}


def interpreted(row: dict[str, str], n: int = 0) -> Json:
    """A variant's interpretation as the store writes it: by hand or by either of two tools."""
    forms = {"hgvs.c": row["hgvs_c"], "hgvs.g": "NC_000017.11:g.1C>T", "hgvs.p": row["hgvs_p"]}
    described: Json = {
        "id": f"var_{n}",
        "moleculeContext": "genomic",
        "allelicState": {"id": "GENO:0000135", "label": "heterozygous"},
    }
    if row["gene_hgnc"]:
        described["geneContext"] = {"valueId": row["gene_hgnc"], "symbol": row["gene_symbol"]}
    if row["hgvs_c"] or row["hgvs_p"]:
        told = [{"syntax": syntax, "value": value} for syntax, value in forms.items() if value]
        described["expressions"] = told
    if row["vcf"]:
        assembly, chrom, pos, ref, alt = row["vcf"].split(":")
        described["vcfRecord"] = {
            "genomeAssembly": "GRCh38" if n % 5 == 0 else assembly,
            "chrom": chrom,
            "pos": int(pos) if n % 2 else pos,
            "ref": ref,
            "alt": alt,
        }
    else:
        described["structuralType"] = {"id": "SO:1000029", "label": "chromosomal_deletion"}
    variant: Json = {"variationDescriptor": described}
    if row["acmg"] or n % 2:
        variant["acmgPathogenicityClassification"] = row["acmg"] or "NOT_PROVIDED"
    return {"interpretationStatus": "CAUSATIVE", "variantInterpretation": variant}


def packet(rows: list[dict[str, str]], n: int = 0) -> Json:
    """A case as a phenopacket."""
    first = rows[0]
    disease = {"id": first["disease_id"], "label": first["disease_label"]}
    return {
        "id": first["case_id"],
        "subject": {"id": "II-2", "sex": "FEMALE"},
        "phenotypicFeatures": [{"type": {"id": "HP:0000348", "label": "High forehead"}}],
        "interpretations": [
            {
                "id": "II-2",
                "progressStatus": "SOLVED",
                "diagnosis": {
                    "disease": disease,
                    "genomicInterpretations": [interpreted(row, n) for row in rows],
                },
            }
        ],
        "diseases": [{"term": disease}],
        "metaData": {
            "created": f"{first['created']}T12:36:09.572737Z",
            "createdBy": "ORCID:0000-0002-0736-9199",
            "phenopacketSchemaVersion": "2.0.2",
            "externalReferences": [
                {"id": "DOI:10.1/x"},
                *({"id": paper, "description": "A title"} for paper in first["pmids"].split(";")),
            ],
        },
    }


def snake(value: Any) -> Any:
    """The same by the names of the schema, which ProtoJSON reads too, and null for what is not."""
    if isinstance(value, list):
        return [snake(one) for one in value]
    if not isinstance(value, dict):
        return value
    named = {re.sub("([A-Z])", lambda m: "_" + m[1].lower(), k): snake(v) for k, v in value.items()}
    return {**named, "description": None}


def packed(files: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("0.1.27")
        for name, content in files.items():
            archive.writestr(f"0.1.27/{name}", content)
    return out.getvalue()


def test_the_stores_archive_gives_the_same_frames(library: Library, tmp_path: Path) -> None:
    rows = mirrored(library, tmp_path, "phenopackets", PACKETS).rows(PACKETS)
    files, lines = dict[str, bytes | str](), dict[int, int]()
    for n, (case, of_case) in enumerate(groupby(rows, lambda row: row["case_id"]), 1):
        told = list(of_case)
        lines |= dict.fromkeys(range(len(lines) + 2, len(lines) + 2 + len(told)), n)
        content = packet(told, n)
        written = json.dumps(snake(content) if n % 7 == 0 else content, indent=2 if n % 3 else None)
        files[f"{told[0]['gene_symbol']}/{case}.json"] = written
    old, new = frames_with(SOURCE, library, tmp_path, {PACKETS: packed(files)})
    same(old, new, at_lines(PACKETS, lines))
    assert len(new.evidence) > 3000
    assert len(new.substitutions) > 500


def altered(**changes: Any) -> str:
    return json.dumps(packet([ROW]) | changes)


def diagnosed(status: str, *variants: Json) -> list[Json]:
    (one,) = packet([ROW])["interpretations"]
    diagnosis = one["diagnosis"] | {"genomicInterpretations": list(variants)}
    return [one | {"progressStatus": status, "diagnosis": diagnosis}]


GOOD = json.dumps(packet([ROW]))
REJECTED = interpreted(ROW) | {"interpretationStatus": "REJECTED"}
GENE_ALONE = {"interpretationStatus": "CAUSATIVE", "gene": {"valueId": "HGNC:1"}}
ODD: dict[str, tuple[bytes | str, str]] = {
    "cut.json": (GOOD[:-9], "cut.json, line 1 is no JSON (Unterminated string"),
    "line.json": ('{\n "id": "a",\n "b" 1}', "line.json, line 3 is no JSON"),
    "bytes.json": (b'{"id": "\xff"}', "bytes.json is no JSON ("),
    "empty.json": ("", "empty.json, line 1 is no JSON"),
    "deep.json": ("[" * 200_000, "deep.json is no JSON ("),
    "list.json": ("[]", "list.json is no JSON object"),
    "none.json": ("{}", "none.json has no id"),
    "text.json": (altered(id=["a"]), "text.json: id is no text"),
    "half.json": (altered(id="\ud800"), "half.json: id is no text"),
    "object.json": (altered(metaData=[]), "object.json: metaData is no JSON object"),
    "lists.json": (altered(interpretations={"a": 1}), "lists.json: interpretations is no list"),
    "items.json": (altered(interpretations=["a"]), "items.json: interpretations is no JSON object"),
    "well.json": (altered(interpretations=[]), "well.json: no variant is told"),
    "gene.json": (
        altered(interpretations=diagnosed("SOLVED", GENE_ALONE)),
        "gene.json: no variant is told",
    ),
    "unsolved.json": (
        altered(interpretations=diagnosed("UNSOLVED", interpreted(ROW))),
        "unsolved.json: diagnosis is unsolved",
    ),
    "rejected.json": (
        altered(interpretations=diagnosed("SOLVED", REJECTED)),
        "rejected.json: variant is rejected as the cause",
    ),
    "large.json": (b" " * (LARGEST + 1), "large.json is larger than 50 MB"),
}


def test_odd_cases_are_set_aside_by_name_and_the_others_kept(tmp_path: Path) -> None:
    files = {name: content for name, (content, _) in ODD.items()}
    whole = packed({"NF1/good.json": GOOD, "README.md": "no case", **files, "last.json": GOOD})
    table = own_table(PACKETS, tmp_path, whole)
    assert table.rows["line"].to_list() == [1, len(ODD) + 3]
    assert table.rows.select(COLUMNS).unique().to_dicts() == [ROW]
    assert [(file, line) for file, line, _ in table.bad.rows()] == [
        (PACKETS, n) for n in range(3, len(ODD) + 3)
    ]
    for (_, said), reason in zip(ODD.values(), table.bad["reason"], strict=True):
        assert reason.startswith(said)
        assert "\n" not in reason


def test_a_rejected_variant_leaves_the_others_of_its_case(tmp_path: Path) -> None:
    both = altered(interpretations=diagnosed("SOLVED", REJECTED, interpreted(ROW)))
    table = own_table(PACKETS, tmp_path, packed({"a.json": both}))
    assert (len(table.rows), table.bad["reason"].to_list()) == (
        1,
        ["a.json: variant is rejected as the cause"],
    )


def test_the_quarantine_names_the_case(library: Library, tmp_path: Path) -> None:
    content = packed({"good.json": GOOD, "cut.json": GOOD[:-9]})
    _, new = frames_with(SOURCE, library, tmp_path, {PACKETS: content})
    (row,) = new.quarantine.to_dicts()
    assert (row["file"], row["line"], row["reason"].split(",")[0]) == (PACKETS, 2, "cut.json")
    assert (new.rows, set(new.evidence["line"])) == (2, {1})
    assert "GRCh38:17-31327718-C-T" in new.nodes["id"]


def test_of_an_older_assembly_no_place_is_taken(library: Library, tmp_path: Path) -> None:
    variant = interpreted(ROW)
    described = variant["variantInterpretation"]["variationDescriptor"]
    described["vcfRecord"]["genomeAssembly"] = "GRCh37"
    content = packed({"a.json": altered(interpretations=diagnosed("SOLVED", variant))})
    _, new = frames_with(SOURCE, library, tmp_path, {PACKETS: content})
    assert len(new.nodes) == 0
    assert new.evidence["object"].to_list() == ["OMIM:162200"]


MANY = packed({f"{n}.json": GOOD for n in range(9)})
NAME = b"0.1.27/3.json"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (MANY[:-30], "truncated or damaged"),
        (MANY[: len(MANY) // 2], "truncated or damaged"),
        (b"PK\x03\x04" + b"x" * 300, "truncated or damaged"),
        (packed({"a.json": "{}", "b.json": "["}), r"no phenopacket.*first fault: a.json has no id"),
        (packed({"a.txt": "no case", "b.txt": "none"}), "holds 2 files, 0 of them tables"),
        (b"a\tb\n1\t2\n", "no column 'case_id'"),
    ],
    ids=["cut", "half", "no archive", "no case", "no JSON", "another table"],
)
def test_a_damaged_archive_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=rf"^{re.escape(PACKETS)}.*{said}"):
        own_table(PACKETS, tmp_path, content)
    assert re.search(said, served(tmp_path / "to", SOURCE, {url(PACKETS): content})[PACKETS])


def test_a_damaged_file_of_the_archive_is_set_aside(tmp_path: Path) -> None:
    at = MANY.index(NAME) + len(NAME) + 20
    holed = MANY[:at] + b"\xff" * 9 + MANY[at + 9 :]
    table = own_table(PACKETS, tmp_path, holed)
    assert table.bad.rows()[0][:2] == (PACKETS, 4)
    assert table.bad["reason"][0].startswith("3.json is damaged")
    assert table.rows["line"].to_list() == [1, 2, 3, 5, 6, 7, 8, 9]
    at = MANY.index(b"PK\x01\x02", MANY.index(b"PK\x01\x02") + 4)
    summed = MANY[:at] + with_sum(MANY[at:], b"\0\0\0\0")
    (row,) = own_table(PACKETS, tmp_path, summed).bad.to_dicts()
    assert (row["line"], row["reason"][:17]) == (1, "0.json is damaged")


def read_or_refused(place: Path) -> str:
    """What is said of an archive that is refused; empty of one that is read."""
    try:
        with warnings.catch_warnings(action="ignore"):
            table = cases(place, PACKETS)
    except TableError as error:
        return str(error)
    assert table is None or 0 < table.n_lines <= len(MANY)
    return ""


def test_any_damage_gives_a_table_or_an_error_that_names_it(tmp_path: Path) -> None:
    place, drawn, told = tmp_path / "f.zip", random.Random(7), list[str]()
    for _ in range(1500):
        content = bytearray(MANY)
        for _ in range(drawn.choice((1, 2, 9))):
            content[drawn.randrange(4, len(content))] = drawn.randrange(256)
        place.write_bytes(content)
        told.append(read_or_refused(place))
    assert all(PACKETS in said for said in told if said)
    assert 0 < sum(map(bool, told)) < len(told)


def test_the_archive_is_fetched_and_pinned_as_it_is(tmp_path: Path) -> None:
    bodies = {url(PACKETS): MANY}
    assert served(tmp_path, SOURCE, bodies) == {PACKETS: "current"}
    locked = FetchLock.read(tmp_path)[PACKETS]
    assert locked.sha256 == locked.sha256_content == digest(tmp_path / PACKETS)
    assert (tmp_path / PACKETS).read_bytes() == MANY
    assert Library.mirror(tmp_path).digests(SOURCE) == {PACKETS: locked.sha256}
