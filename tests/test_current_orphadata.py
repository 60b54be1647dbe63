"""Orphadata's own file of rare diseases and their genes, as the pinned tables."""

from __future__ import annotations

import csv
import gzip
import io
import re
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl
import pytest

from ingest.catalogue import read_catalogue
from ingest.fetch import Library
from ingest.source import Inputs, read
from kg.errors import TableError
from tests.provider_files import BY_ID, at_lines, frames_with, own_table, pinned, same, served, url

GENES = "orphanet/disease_gene_association.tsv.gz"
NAMES = "orphanet/orphanumbers_to_name.csv.gz"
GERMLINE = "Disease-causing germline mutation(s) in"
KINDS = [
    GERMLINE,
    "Disease-causing germline mutation(s) (loss of function) in",
    "Disease-causing germline mutation(s) (gain of function) in",
    "Disease-causing somatic mutation(s) in",
    "Part of a fusion gene in",
]
NO_CAUSE = [
    "Candidate gene tested in",
    "Biomarker tested in",
    "Role in the phenotype of",
    "Major susceptibility factor in",
    "Modifying germline mutation in",
]


def association(symbol: str, kind: str, status: str = "Assessed") -> list[str]:
    """An association as Orphadata writes it."""
    return f"""\
        <DisorderGeneAssociation>
          <SourceOfValidation>22587682[PMID]</SourceOfValidation>
          <Gene id="20160">
            <Name lang="en">name of "{escape(symbol)}"</Name>
            <Symbol>{escape(symbol)}</Symbol>
            <SynonymList count="1">
              <Synonym lang="en">Symbol</Synonym>
            </SynonymList>
            <GeneType id="25993">
              <Name lang="en">gene with protein product</Name>
            </GeneType>
            <ExternalReferenceList count="1">
              <ExternalReference id="51756">
                <Source>HGNC</Source>
                <Reference>30497</Reference>
              </ExternalReference>
            </ExternalReferenceList>
            <LocusList count="0">
            </LocusList>
          </Gene>
          <DisorderGeneAssociationType id="17949">
            <Name lang="en">{kind}</Name>
          </DisorderGeneAssociationType>
          <DisorderGeneAssociationStatus id="17991">
            <Name lang="en">{status}</Name>
          </DisorderGeneAssociationStatus>
        </DisorderGeneAssociation>""".split("\n")


def disorder(code: str, label: str, associations: list[list[str]]) -> list[str]:
    """A disorder as Orphadata writes it."""
    return [
        f'    <Disorder id="{code}1">',
        f"      <OrphaCode>{code}</OrphaCode>",
        f'      <ExpertLink lang="en">http://www.orpha.net/?lng=en&amp;Expert={code}</ExpertLink>',
        f'      <Name lang="en">{escape(label)}</Name>',
        '      <DisorderType id="21394">',
        '        <Name lang="en">Disease</Name>',
        "      </DisorderType>",
        '      <DisorderGroup id="36547">',
        '        <Name lang="en">Disorder</Name>',
        "      </DisorderGroup>",
        f'      <DisorderGeneAssociationList count="{len(associations)}">',
        *(line for one in associations for line in one),
        "      </DisorderGeneAssociationList>",
        "    </Disorder>",
    ]


def document(disorders: list[list[str]], encoding: str = "UTF-8") -> str:
    return "\n".join(
        [
            f'<?xml version="1.0" encoding="{encoding}"?>',
            '<JDBOR date="2026-06-23 07:57:31" version="1.3.42" copyright="Orphanet (c) 2026">',
            "  <Availability>",
            "    <Licence>",
            '      <FullName lang="en">Creative Commons Attribution 4.0 International</FullName>',
            "    </Licence>",
            "  </Availability>",
            f'  <DisorderList count="{len(disorders)}">',
            *(line for one in disorders for line in one),
            "  </DisorderList>",
            "</JDBOR>",
            "",
        ]
    )


def begins(text: str) -> list[int]:
    """The lines on which disorders begin."""
    return [n for n, line in enumerate(text.split("\n"), 1) if "<Disorder id=" in line]


def test_orphadatas_genes_give_the_same_frames(library: Library, tmp_path: Path) -> None:
    """The pinned rows as causes of every type, and genes that are none beside them."""
    rows = [line.split("\t") for line in pinned(library, GENES).splitlines()[1:]]
    disorders = []
    for i, (code, label, genes, *_) in enumerate(rows):
        told = [association(g, KINDS[(i + n) % 5]) for n, g in enumerate(genes.split(";"))]
        if i % 100 == 0:
            told.insert(i // 100 % 2, association("OTHER1", NO_CAUSE[i // 100 % 5]))
        disorders.append(disorder(code.removeprefix("Orphanet:"), label, told))
    disorders.append(disorder("999999", "none of its genes", [association("X", NO_CAUSE[0])]))
    content = document(disorders)
    old, new = frames_with(BY_ID["orphanet"], library, tmp_path, {GENES: content.encode()})
    aside = new.quarantine.filter(pl.col("reason").str.starts_with("claims no cause: "))
    assert len(aside) == -(-len(rows) // 100) + 1
    assert set(aside["reason"]) == {f"claims no cause: {kind}" for kind in NO_CAUSE}
    lines = content.split("\n")
    assert all(lines[n - 1].strip() == "<DisorderGeneAssociation>" for n in aside["line"])
    kept = new.quarantine.join(aside, on=["file", "line"], how="anti")
    mine = replace(new, quarantine=kept, rows=new.rows - len(aside))
    same(old, mine, at_lines(GENES, dict(enumerate(begins(content), 2))))
    assert len(new.evidence) > 7_000


def test_orphadatas_names_give_the_same_frames(library: Library, tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(pinned(library, NAMES))))
    content = document([disorder(n, label, [association("A", GERMLINE)]) for n, label in rows])
    source = BY_ID["orphanet_classification"]
    old, new = frames_with(source, library, tmp_path, {NAMES: content.encode()})
    same(old, new, at_lines(NAMES, dict(enumerate(begins(content), 1))))
    assert len(new.nodes) > 100


def test_odd_elements_of_orphadata_are_set_aside_with_their_line(tmp_path: Path) -> None:
    content = document(
        [
            disorder("", "no number", [association("A", GERMLINE)]),
            disorder("58", "caf\u00e9 < au lait & more", [association("B", "Seen beside")]),
            disorder("59", "two", [association("", GERMLINE), association("C", KINDS[1])]),
            disorder("60", "not yet", [association("D", GERMLINE, "Not yet assessed")]),
            disorder("61", "no gene", []),
        ],
        "ISO-8859-1",
    ).encode("latin-1")
    at = begins(content.decode("latin-1"))
    table = own_table(GENES, tmp_path, gzip.compress(content))
    assert table.rows.rows() == [
        ("Orphanet:", "no number", "A", at[0]),
        ("Orphanet:59", "two", "C", at[2]),
        ("Orphanet:60", "not yet", "D", at[3]),
        ("Orphanet:61", "no gene", "", at[4]),
    ]
    assert table.bad.rows() == [
        (GENES, at[1] + 11, "unknown type of association"),
        (GENES, at[2] + 11, "gene has no symbol"),
    ]
    names = own_table(NAMES, tmp_path, content)
    assert names.rows["name"].to_list()[0] == "caf\u00e9 < au lait & more"
    assert names.rows["number"].to_list() == ["58", "59", "60", "61"]
    assert names.bad.rows() == [(NAMES, at[0], "disease has no number")]
    (tmp_path / "orphanet").mkdir()
    (tmp_path / GENES).write_bytes(content)
    frames = read(Inputs(BY_ID["orphanet"], tmp_path, read_catalogue()))
    assert sorted(frames.quarantine.select("line", "reason").rows()) == [
        (at[0], "disease is not an Orphanet number"),
        (at[1] + 11, "unknown type of association"),
        (at[2] + 11, "gene has no symbol"),
        (at[4], "no gene"),
    ]
    assert frames.evidence["subject"].to_list() == ["SYMBOL:C", "SYMBOL:D"]


WHOLE = document([disorder("58", "Alexander disease", [association("GFAP", GERMLINE)])])
BOMB = '<!DOCTYPE JDBOR [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>\n<JDBOR '
OUTER = '<!DOCTYPE JDBOR SYSTEM "file:///etc/hosts">\n<JDBOR '


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (WHOLE[: WHOLE.index("<Symbol>") + 3], r"line 24 is no XML \(unclosed token\)"),
        (WHOLE[: WHOLE.index("</Disorder>")], r"is no XML \(no element found\)"),
        (WHOLE.replace("</Symbol>", "</Symbl>"), r"line 24 is no XML \(mismatched tag\)"),
        (WHOLE.replace("GFAP", "G\x00AP"), "line 23 is no XML"),
        (WHOLE.replace("UTF-8", "none-8"), "(can't be decoded|is no XML)"),
        (WHOLE.replace("<JDBOR ", BOMB), "declares a document type"),
        (WHOLE.replace("<JDBOR ", OUTER), "declares a document type"),
        (WHOLE.replace("<Gene ", "<i>" * 40 + "<Gene "), "line 22 lies too deep"),
        (WHOLE.replace("DisorderGeneAss", "HPODisorderAss"), "has no disease with genes"),
        (WHOLE.replace("JDBOR", "Other"), "no (column|line)"),
    ],
    ids=[
        "cut in a tag",
        "cut",
        "wrong end",
        "NUL",
        "encoding",
        "entities",
        "outer entity",
        "deep",
        "another product",
        "another XML",
    ],
)
@pytest.mark.parametrize("path", [GENES, NAMES])
def test_damaged_xml_is_refused(path: str, content: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=rf"^{re.escape(path)}.*{said}"):
        own_table(path, tmp_path, content.encode())


def test_orphadatas_file_is_fetched_for_both_of_its_tables(tmp_path: Path) -> None:
    for id, path in (("orphanet", GENES), ("orphanet_classification", NAMES)):
        source = replace(BY_ID[id], files=tuple(f for f in BY_ID[id].files if f.path == path))
        assert served(tmp_path, source, {url(path): WHOLE.encode()}) == {path: "current"}
    cut = {url(GENES): WHOLE.encode()[:-20]}
    assert served(tmp_path / "2", BY_ID["orphanet"], cut)[GENES].startswith("failed")
