"""Orphadata's `en_product6.xml`, rare diseases with their genes, as the tables made from it.

Its elements are `JDBOR/DisorderList/Disorder`, each with a number, a name and a list of
associations with a gene; an association has a type, which says what the gene is to the disease.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import polars as pl

from ingest.content import read_bytes
from ingest.tables import Table, no_bad_rows
from kg.errors import TableError

CAUSAL = (
    "Disease-causing germline mutation(s) in",
    "Disease-causing germline mutation(s) (loss of function) in",
    "Disease-causing germline mutation(s) (gain of function) in",
    "Disease-causing somatic mutation(s) in",
    "Part of a fusion gene in",
)
"""Types by which a gene causes its disease: Orphanet's own word for the first four, and the
fusions that drive a tumour."""
OTHER = (
    "Major susceptibility factor in",
    "Modifying germline mutation in",
    "Modifying somatic mutation in",
    "Role in the phenotype of",
    "Candidate gene tested in",
    "Biomarker tested in",
)
"""Types that claim less: a risk, a disease of another cause made milder or worse, a gene of a
deleted region, and genes that were looked at."""

_DISORDER = "JDBOR/DisorderList/Disorder"
_ASSOCIATION = f"{_DISORDER}/DisorderGeneAssociationList/DisorderGeneAssociation"
_TEXTS = {
    f"{_DISORDER}/OrphaCode": "number",
    f"{_DISORDER}/Name": "name",
    f"{_ASSOCIATION}/Gene/Symbol": "symbol",
    f"{_ASSOCIATION}/DisorderGeneAssociationType/Name": "type",
}
"""Elements whose text is wanted, and what it is."""
_HEAD = 4096
_DEEPEST = 32
_Row = tuple[str | int, ...]


@dataclass(slots=True)
class _Element:
    """A disorder or an association: the line it begins on and its texts."""

    line: int
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, kind: str) -> str:
        """A text without the blanks around it; empty where there is none."""
        return self.texts.get(kind, "").strip()


def genes(path: Path, name: str) -> Table | None:
    """The diseases of a file: orphaID, label, genes (symbols between semicolons), line.

    Genes are those of `CAUSAL` types, assessed by an expert or not yet, each as often as it is
    told. The table of 2021 holds the genes of every type, and does not tell them apart: what
    Orphanet calls a candidate or a biomarker stands there as a cause. From this file those of
    `OTHER` types are set aside, each with the line of its association and its type; the HPO's and
    Monarch's files have them as associations. A disease all of whose genes are set aside has no
    row.

    Returns:
        None for a file that is not of Orphadata.

    Raises:
        TableError: the file is no well-formed XML, declares a document type, or has no disease
            with genes.
    """
    found = _disorders(path, name)
    if found is None:
        return None
    rows, bad = list[_Row](), list[_Row]()
    for disorder, associations in found:
        kept = [a.text("symbol") for a in associations if not _reason(a)]
        bad += [(name, a.line, reason) for a in associations if (reason := _reason(a))]
        if kept or not associations:
            number = "Orphanet:" + disorder.text("number")
            rows.append((number, disorder.text("name"), ";".join(kept), disorder.line))
    faults = pl.DataFrame(bad, schema=no_bad_rows().schema, orient="row")
    return Table(name, _frame(rows, ("orphaID", "label", "genes")), faults)


def names(path: Path, name: str) -> Table | None:
    """The diseases of a file: number, name, line; those without a number are set aside.

    Returns:
        As `genes`.

    Raises:
        TableError: as `genes`.
    """
    found = _disorders(path, name)
    if found is None:
        return None
    rows: list[_Row] = [(d.text("number"), d.text("name"), d.line) for d, _ in found]
    table = Table(name, _frame(rows, ("number", "name")), no_bad_rows())
    return table.without({"disease has no number": pl.col("number").str.contains(r"^\d+$")})


def _reason(association: _Element) -> str:
    """Why an association makes no gene of its disease; empty where it does."""
    if not association.text("symbol"):
        return "gene has no symbol"
    kind = association.text("type")
    if kind in CAUSAL:
        return ""
    return f"claims no cause: {kind}" if kind in OTHER else "unknown type of association"


def _frame(rows: list[_Row], columns: tuple[str, ...]) -> pl.DataFrame:
    schema = {**dict.fromkeys(columns, pl.String), "line": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _disorders(path: Path, name: str) -> list[tuple[_Element, list[_Element]]] | None:
    """Each disorder with its associations; None for a file that is not of Orphadata."""
    content = read_bytes(path, name)
    if b"<JDBOR" not in content[:_HEAD]:
        return None
    reader = _Reader(name)
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        raise TableError(
            f"{name}, line {error.lineno} is no XML ({said}); fetch the file again"
        ) from error
    except (LookupError, ValueError) as error:
        raise TableError(f"{name} can't be decoded ({error}); fetch the file again") from error
    if not any(associations for _, associations in reader.found):
        raise TableError(f"{name} has no disease with genes; Orphadata's en_product6.xml has them")
    return reader.found


class _Reader:
    """Keeps the wanted texts of a document as it is parsed; loads nothing that it refers to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: list[tuple[_Element, list[_Element]]] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._document_type
        self._path = [""]
        self._open: _Element | None = None

    def _start(self, tag: str, _: object) -> None:
        line = self.parser.CurrentLineNumber
        if len(self._path) > _DEEPEST:
            raise TableError(f"{self.name}, line {line} lies too deep; fetch the file again")
        self._path.append(f"{self._path[-1]}/{tag}".removeprefix("/"))
        if self._path[-1] == _DISORDER:
            self._open = _Element(line)
            self.found.append((self._open, []))
        elif self._path[-1] == _ASSOCIATION:
            self._open = _Element(line)
            self.found[-1][1].append(self._open)

    def _end(self, _: str) -> None:
        if self._path.pop() == _ASSOCIATION:
            self._open = self.found[-1][0]

    def _text(self, text: str) -> None:
        kind = _TEXTS.get(self._path[-1])
        if kind and self._open:
            self._open.texts[kind] = self._open.texts.get(kind, "") + text

    def _document_type(self, *_: object) -> None:
        raise TableError(
            f"{self.name} declares a document type, which Orphadata's files do not; fetch it again"
        )
