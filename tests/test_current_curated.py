"""UniProt's own index of variants and ClinPGx's archives, as the pinned tables."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import pytest

from ingest.catalogue import read_catalogue
from ingest.fetch import Library
from ingest.source import Inputs, read
from ingest.tables import read_bytes
from ingest.variants import THREE_LETTERS
from kg.errors import TableError
from tests.provider_files import BY_ID, at_lines, frames_with, own_table, pinned, same, served, url

HUMSAVAR = "uniprot/humsavar_missense_2020-02.tsv.gz"
DRUGS = "clinpgx/drugs_2025-12.tsv.gz"
VARIANTS = "clinpgx/variants_2025-12.tsv.gz"


# humsavar.txt

CATEGORY = {"DISEASE": "LP/P", "POLYMORPHISM": "LB/B", "UNCLASSIFIED": "US"}
WORD = {"DISEASE": "Disease", "POLYMORPHISM": "Polymorphism", "UNCLASSIFIED": "Unclassified"}
LONG = {short: long for long, short in THREE_LETTERS.items()}
RULE = "-" * 80
ABOVE = [
    RULE,
    "        UniProt - Swiss-Prot Protein Knowledgebase",
    RULE,
    "",
    "Description: Index of human variants curated from literature reports",
    "Name:        humsavar.txt",
    "Release:     2026_03 of 02-Sep-2026",
    "",
    RULE,
    " - The column 'Variant category' shows the classification of the variant",
    "",
    "   LP/P = likely pathogenic or pathogenic",
    "",
    "             Total: 85015",
    "",
    "Main        Swiss-Prot             AA             Variant",
    "gene name   AC         FTId        change         category dbSNP          Disease name",
    "_________   __________ ___________ ______________ ________ ______________ "
    "_____________________",
]
BELOW = ["", RULE, "Copyrighted by the UniProt Consortium", "Distributed under CC BY 4.0", RULE]
TAILS = [
    ("rs893184", "-"),
    ("-", "-"),
    ("rs2060924369", "An ovarian mucinous carcinoma sample"),
    ("-", "Charcot-Marie-Tooth disease, axonal, type 2N (CMT2N) [MIM:613287]"),
]


def as_humsavar(table: str, classes: dict[str, str]) -> list[str]:
    """The table's rows as UniProt writes them: genes of one letter to nine, or none."""
    out = list(ABOVE)
    for i, line in enumerate(table.splitlines()[1:]):
        accession, ref, position, mutant, target = line.split("\t")
        change = f"p.{LONG[ref]}{position}{LONG[mutant]}"
        gene, (rsid, disease) = ("-", "A1BG", "HLA-DRB1", "ADGRG7B12")[i % 4], TAILS[i % 4]
        out.append(
            f"{gene:<11} {accession:<10} {f'VAR_{i:06d}':<11} {change:<14} "
            f"{classes[target]:<8} {rsid:<14} {disease}"
        )
    return out + BELOW


@pytest.mark.parametrize("classes", [CATEGORY, WORD], ids=["now", "before 2020"])
def test_humsavar_as_uniprot_writes_it_gives_the_same_frames(
    classes: dict[str, str], library: Library, tmp_path: Path
) -> None:
    table = pinned(library, HUMSAVAR)
    lines = as_humsavar(table, classes)
    old, new = frames_with(
        BY_ID["humsavar"], library, tmp_path, {HUMSAVAR: "\n".join([*lines, ""]).encode()}
    )
    shift = len(ABOVE) - 1
    assert lines[shift + 1].split()[1] == table.splitlines()[1].split("\t")[0]
    same(old, new, at_lines(HUMSAVAR, {n: n + shift for n in range(2, len(lines))}))
    assert len(new.evidence) > 70_000


FEW = (
    "id\tref\tposition\tmutant\ttarget\nP04217\tH\t52\tR\tPOLYMORPHISM\nQ9NRG9\tQ\t15\tK\tDISEASE\n"
)
LINES = as_humsavar(FEW, CATEGORY)


def test_odd_lines_of_humsavar_are_set_aside_with_their_number(tmp_path: Path) -> None:
    first = len(ABOVE) + 1
    odd = [
        "A1BG        P04217     VAR_000001  p.His52Ter     LB/B     rs1            -",
        "A1BG        P04217     VAR_000002  p.His52_53del  LB/B     rs1            -",
        "A1BG        P04217     VAR_000003  p.His52Xyz     LB/B     rs1            -",
        "A1BG        P04217     VAR_000004  p.His5",
        "A1BG        P04217     VAR_000005  p.Sec52Arg     XX       rs1            -",
        "A1BG        P042",
    ]
    content = "\r\n".join([*ABOVE, *odd, *LINES[len(ABOVE) :]]).encode()
    table = own_table(HUMSAVAR, tmp_path, gzip.compress(content))
    assert table.bad.rows() == [
        (HUMSAVAR, first + 1, "no substitution of an amino acid"),
        (HUMSAVAR, first + 2, "no substitution of an amino acid"),
        (HUMSAVAR, first + 3, "line does not fit the columns"),
        (HUMSAVAR, first + 5, "line does not fit the columns"),
    ]
    assert table.rows.rows() == [
        ("P04217", "H", "52", "*", "POLYMORPHISM", first),
        ("P04217", "U", "52", "R", "XX", first + 4),
        ("P04217", "H", "52", "R", "POLYMORPHISM", first + 6),
        ("Q9NRG9", "Q", "15", "K", "DISEASE", first + 7),
    ]
    (tmp_path / "uniprot").mkdir()
    (tmp_path / HUMSAVAR).write_bytes(content)
    frames = read(Inputs(BY_ID["humsavar"], tmp_path, read_catalogue()))
    assert {first: "replacement is no amino acid", first + 4: "unknown class"}.items() <= dict(
        frames.quarantine.select("line", "reason").iter_rows()
    ).items()
    assert (frames.rows, len(frames.quarantine)) == (8, 6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\n".join(LINES[: -len(BELOW)]), "ends within its variants, at line 20"),
        ("\n".join(line for line in LINES if "____" not in line), "has no ruler"),
        ("\n".join(LINES).replace("A1BG", "A1\x00G"), "line 20 holds a NUL byte"),
        ("\n".join(LINES).replace("humsavar.txt", "humpvar.txt"), "no column 'id'"),
        (FEW.replace("mutant", "to"), "no column 'mutant'"),
    ],
    ids=["cut", "no ruler", "NUL", "another file", "another table"],
)
def test_a_damaged_humsavar_is_refused(content: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=said):
        own_table(HUMSAVAR, tmp_path, content.encode())
    told = served(tmp_path / "to", BY_ID["humsavar"], {url(HUMSAVAR): content.encode()})
    assert re.fullmatch(rf"failed .*{said}.*", told[HUMSAVAR])


# Archives of ClinPGx


def archive(member: str, content: bytes, *others: str) -> bytes:
    """A table among what ClinPGx puts beside it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("LICENSE.txt", "This data is made available under CC BY-SA 4.0\n")
        packed.writestr("CREATED_2026-10-05.txt", "")
        for name in (member, *others):
            packed.writestr(name, content)
    return out.getvalue()


def test_clinpgxs_archives_give_the_same_frames(library: Library, tmp_path: Path) -> None:
    packed = {
        path: archive(member, pinned(library, path).encode())
        for path, member in ((DRUGS, "drugs.tsv"), (VARIANTS, "variants.tsv"))
    }
    source = BY_ID["clinpgx"]
    old, new = frames_with(source, library, tmp_path / "read", packed)
    same(old, new, lambda frame: frame)
    bodies = {url(path): content for path, content in packed.items()}
    got = served(tmp_path / "to", source, bodies)
    assert got == {DRUGS: "current", VARIANTS: "current"}
    assert read_bytes(tmp_path / "to" / DRUGS, DRUGS) == pinned(library, DRUGS).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (archive("drugs.tsv", b"x\ty\n", "genes.tsv"), "holds 4 files, 2 of them tables"),
        (archive("drugs.xlsx", b"x\ty\n"), "holds 3 files, 0 of them tables"),
        (archive("drugs.tsv", b"x\ty\n1\t2\n"), "no column 'PharmGKB Accession Id'"),
        (archive("drugs.tsv", b"x\ty\n")[:-40], "truncated or damaged"),
    ],
    ids=["two tables", "no table", "another table", "cut"],
)
def test_another_archive_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=said):
        own_table(DRUGS, tmp_path, content)
    assert said in served(tmp_path / "to", BY_ID["clinpgx"], {url(DRUGS): content})[DRUGS]
