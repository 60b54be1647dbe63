"""Ensembl's GTF, as the pinned table of its genes."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import polars as pl
import pytest

from ingest.content import line_blocks
from ingest.fetch import Library
from ingest.sources.ensembl import ENSEMBL, FILE
from kg.errors import TableError
from tests.provider_files import at_lines, frames_with, own_table, pinned, same

TOP = "#!genome-build GRCh38.p14\n#!genome-version GRCh38\n#!genebuild-last-updated 2025-12\n"
TSPAN6 = (
    'X\tensembl_havana\tgene\t100627108\t100639991\t.\t-\t.\tgene_id "ENSG00000000003"; '
    'gene_version "16"; gene_name "TSPAN6"; gene_source "ensembl_havana"; '
    'gene_biotype "protein_coding";\n'
)
EXON = (
    'X\thavana\texon\t100627108\t100629986\t.\t-\t.\tgene_id "ENSG00000000003"; '
    'transcript_id "ENST00000373020"; exon_number "8"; gene_name "TSPAN6"; '
    'gene_biotype "protein_coding"; tag "gene_biotype "; exon_version "4";\n'
)
Row = dict[str, str]


def rows_of(library: Library) -> list[Row]:
    """The pinned genes, once each: those of several NCBI genes have a row for each of these."""
    text = pinned(library, FILE).splitlines()
    rows = csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
    return list({row["ensgene"]: row for row in reversed(list(rows))}.values())[::-1]


def gtf_of(rows: list[Row]) -> tuple[str, dict[int, int]]:
    """Genes as Ensembl writes them, and from line to line."""
    lines, moved = TOP.splitlines(keepends=True), dict[int, int]()
    for number, row in enumerate(rows, 2):
        name = f'gene_name "{row["symbol"]}"; ' if row["symbol"] else ""
        strand = "+" if row["strand"] == "1" else "-"
        lines.append(
            f"{row['chr']}\thavana\tgene\t{row['start']}\t{row['end']}\t.\t{strand}\t.\t"
            f'gene_id "{row["ensgene"]}"; gene_version "7"; {name}gene_source "havana"; '
            f'gene_biotype "{row["biotype"]}";\n'
        )
        moved[number] = len(lines)
        lines += [EXON.replace("ENSG00000000003", row["ensgene"])] * (number % 3)
    return "".join(lines), moved


def table_of(rows: list[Row], **other: str) -> bytes:
    columns = list(rows[0])
    body = ("\t".join((row | other)[c] for c in columns) for row in rows)
    return gzip.compress("\n".join(["\t".join(columns), *body, ""]).encode(), 1)


def test_ensembls_own_genes_give_the_same_frames_but_for_ncbi_genes(
    library: Library, tmp_path: Path
) -> None:
    """Of 5,251 aliases 195 rest on a row's NCBI gene; 16 of these ids are other genes' by symbol."""
    rows = rows_of(library)
    text, moved = gtf_of(rows)
    whole, blank = frames_with(
        ENSEMBL, library, tmp_path / "blank", {FILE: table_of(rows, entrez="")}
    )
    _, new = frames_with(ENSEMBL, library, tmp_path / "gtf", {FILE: gzip.compress(text.encode())})
    same(blank, new, at_lines(FILE, moved))

    before, after = (f.facts.drop("line").unique() for f in (whole, new))
    assert len(after) > 1000
    assert before.sort(pl.all()).equals(after.sort(pl.all()))
    keys = ["category", "alias", "id", "kind"]
    old, now = (f.aliases.unique(keys) for f in (whole, new))
    lost, other = old.join(now, on=keys, how="anti"), now.join(old, on=keys, how="anti")
    assert (len(old), len(lost), len(other)) == (5251, 195, 16)
    assert other["alias"].is_in(lost["alias"].implode()).all(), "told by symbol, not by NCBI gene"


def test_symbols_and_patches_are_read(tmp_path: Path) -> None:
    patch = TSPAN6.replace("X\t", "CHR_HG2002_PATCH\t").replace("0000000003", "0000269586.4")
    unnamed = TSPAN6.replace("\t-\t", "\t+\t").replace('gene_name "TSPAN6"; ', "")
    unnamed = unnamed.replace("000003", "000005")
    table = own_table(FILE, tmp_path, (TOP + EXON + TSPAN6 + patch + unnamed).encode())
    assert table.bad.is_empty()
    told = table.rows.select("ensgene", "symbol", "chr", "strand", "biotype", "line").rows()
    assert told == [
        ("ENSG00000000003", "TSPAN6", "X", "-1", "protein_coding", 5),
        ("ENSG00000269586", "TSPAN6", "CHR_HG2002_PATCH", "-1", "protein_coding", 6),
        ("ENSG00000000005", "", "X", "1", "protein_coding", 7),
    ]


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (TSPAN6.replace("ENSG00000000003", "ENSMUSG00000000003"), "gene_id is no Ensembl gene"),
        (TSPAN6.replace("gene_id", "geneid"), "gene_id is no Ensembl gene"),
        (TSPAN6.replace("100627108", "1e8"), "start and end are no place"),
        (TSPAN6.replace("100639991", "99"), "start and end are no place"),
        (TSPAN6.replace("\t-\t", "\t.\t"), "strand is neither + nor -"),
        (TSPAN6.replace("\t.\t-\t", "\t-\t"), "wrong number of fields"),
        (EXON[:30] + "\n", "wrong number of fields"),
        ("\n", "blank line"),
        (TSPAN6.replace("havana", "hav\x00ana"), "NUL byte"),
        (TSPAN6, "gene is there twice"),
    ],
)
def test_damaged_lines_are_set_aside(damaged: str, reason: str, tmp_path: Path) -> None:
    text = TOP + TSPAN6 + EXON + damaged + TSPAN6.replace("000003", "000005")
    table = own_table(FILE, tmp_path, gzip.compress(text.encode()))
    assert table.rows["line"].to_list() == [4, 7]
    assert table.bad.rows() == [(FILE, 6, reason)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress((TOP + TSPAN6 * 9000).encode())[:-9], "truncated or damaged"),
        ((TOP + EXON).encode(), "holds no gene"),
        (TOP.encode(), "has no data"),
        ((TOP + TSPAN6).replace("GRCh38", "GRCh37").encode(), "is not of GRCh38"),
        (TSPAN6.encode(), "no column 'ensgene'"),
    ],
    ids=["cut", "exons", "top", "other assembly", "no top"],
)
def test_other_files_are_refused(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=said):
        own_table(FILE, tmp_path, content)


def test_genes_are_read_over_several_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genes = [TSPAN6.replace("000003", f"{n:06}") + EXON * 3 for n in range(300)]
    content = gzip.compress((TOP + "".join(genes)).encode())
    whole = own_table(FILE, tmp_path, content)
    monkeypatch.setattr("ingest.content._BLOCK", 1000)
    blocks = list(line_blocks(tmp_path / Path(FILE).name, FILE))
    assert len(blocks) > 50
    assert [before for before, _ in blocks[1:]] == list(
        pl.Series([text.count(b"\n") for _, text in blocks]).cum_sum()
    )[:-1]
    pieces = own_table(FILE, tmp_path, content)
    assert pieces.rows.equals(whole.rows)
    assert pieces.rows["line"][-1] == 3 + 4 * 299 + 1
