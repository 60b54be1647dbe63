"""The README's table of sources, written from the sources themselves.

`python -m ingest.source_table` puts it between the two marks in README.md; a test fails when the
README differs.
"""

from __future__ import annotations

from pathlib import Path

from ingest.catalogue import BUNDLE, Catalogue, read_catalogue
from ingest.fetch import Library
from ingest.genes import HGNC_TABLE
from ingest.source import Source
from ingest.sources import SOURCES

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- sources -->", "<!-- end of sources -->"


def table() -> str:
    """Sources as Markdown: what each says, its version and licence, whether it is bundled."""
    catalogue = read_catalogue()
    bundled = Library.bundled()
    rows = [
        "| source | says | version | licence | class | bundled |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rows += [_row(source, catalogue, bundled) for source in SOURCES]
    return "\n".join(rows)


def _row(source: Source, catalogue: Catalogue, bundled: Library) -> str:
    files = [catalogue[f.path] for f in source.files if f.path in catalogue]
    # HGNC's table translates the numbers of genes for many: its version is not theirs.
    own = [f for f in files if f.path != HGNC_TABLE] or files
    newest = max(own, key=lambda f: f.released)
    licences = "; ".join(dict.fromkeys(f.licence for f in files))
    absent = bundled.absent(source) if (BUNDLE / "MANIFEST.tsv").exists() else "yes"
    cells = (
        source.title,
        source.about,
        newest.version,
        licences,
        source.evidence_class.value,
        "no" if absent else "yes",
    )
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def unread() -> list[str]:
    """Files of the catalogue that no source reads."""
    read = {f.path for s in SOURCES for f in s.files}
    return sorted(p for p in read_catalogue() if p not in read)


NOT_READ = {
    "hpo/genes_to_phenotype_2025-01-16.txt.gz": "the product of two tables that are read (genes "
    "of diseases, phenotypes of diseases); as edges it would carry gene-disease labels",
    "opentargets_drugs/meta.json": "counts and versions of the files beside it, no statement",
    "opentargets_samples/chembl_target_100.jsonl.gz": "a sample of a format, for tests",
    "opentargets_samples/gentropy_credible_sets_extended.parquet": "a sample of a format",
    "opentargets_samples/gentropy_target_sample.parquet": "a sample of a format",
}
"""Why no source reads a file."""


def left_out() -> str:
    """The files that no source reads, each with the reason, as Markdown."""
    lines = [f"- `{path}`: {NOT_READ[path]}" for path in unread()]
    return "\n".join(["Files of the catalogue that are not read:", "", *lines])


def rendered(readme: str) -> str:
    """The README with the table in its place."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n\n{left_out()}\n{END}{after}"


def main() -> None:
    """Entry of `python -m ingest.source_table`."""
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
