"""Makes the slice that ships with the project: `python -m ingest.bundle --mirror DIR`.

Only files whose licence allows it are taken: free ones to `ingest/data/`, share-alike ones to
`ingest/data/share_alike/`, beside a notice each. Of tables the columns that their source reads are
kept, and rows as `ROWS` says; the manifest states every cut. The slice is made anew each time, so
that nothing in it is older than this file.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from ingest.catalogue import BUNDLE, FileRelease, read_catalogue
from ingest.source import SHARE_ALIKE, Source, SourceFile
from ingest.sources import SOURCES
from ingest.tables import TableFormat, read_bytes
from kg.biolink import Redistributable

LARGEST = 25_000_000
"""Bytes the slice may have in all."""

LEFT_OUT: Mapping[str, str] = {
    "bindingdb": "size: 14 MB of affinities; read it from a mirror or the network",
    "clinpgx": "size: the demo asks nothing of pharmacogenomics",
    "complex_portal": "size: the complexes of hu.MAP are in the slice",
    "hpa": "size: 5 MB; Bgee and GTEx tell the slice where genes are expressed",
    "cross_references": "size: identifiers of compounds and terms beyond the slice",
    "disease_ontology": "size: MONDO has its terms; its other parents are for the full data",
    "gtopdb": "size: DrugCentral tells the slice what ligands do",
    "gwas_findings": "size: its findings name variants and traits, and no gene",
    "mouse": "its phenotypes of genes may not be passed on, and the rest says nothing without",
    "string_info": "size: paragraphs of text on every protein",
}
"""Sources whose files are not bundled although they may be, and why."""

FILES_LEFT_OUT = frozenset({"interpro/pfam_38_clans.tsv.gz", "interpro/pfam_clan_names.tsv.gz"})
"""Files that say nothing without another that may not be bundled."""

TAKEN = (Redistributable.YES, Redistributable.SHARE_ALIKE)


@dataclass(frozen=True)
class RowCut:
    """Which rows of a table are bundled.

    Attributes:
        said: The cut in words, for the manifest.
        column: Column that decides.
        keep: Whether a value of it stays.
    """

    said: str
    column: str
    keep: Callable[[str], bool]


ROWS: Mapping[str, RowCut] = {
    "hgnc/hgnc_complete_set.txt.gz": RowCut(
        "pseudogenes left out", "locus_group", lambda value: value != "pseudogene"
    ),
}


def make(mirror: Path, target: Path = BUNDLE) -> list[FileRelease]:
    """Write the slice and its manifest, in place of the one before.

    Args:
        mirror: The full data.
        target: Where the slice goes.

    Returns:
        What was bundled.

    Raises:
        ValueError: it would be larger than `LARGEST`.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".bundle-") as name:
        staging = Path(name)
        files = [_bundle(mirror, staging, file) for file in _chosen(SOURCES)]
        files += _structures(mirror, staging)
        total = sum(p.stat().st_size for p in staging.rglob("*") if p.is_file())
        if total > LARGEST:
            raise ValueError(f"the slice would have {total:,} bytes, more than {LARGEST:,}")
        files.sort(key=lambda f: f.path)
        _write_manifest(staging / "MANIFEST.tsv", files)
        _write_notices(staging, files)
        _replace_contents(staging, target)
    return files


def _chosen(sources: Iterable[Source]) -> list[SourceFile]:
    """Each file once, with all columns that any source reads of it."""
    catalogue = read_catalogue()
    chosen: dict[str, SourceFile] = {}
    for source in sources:
        if source.id in LEFT_OUT:
            continue
        for file in source.files:
            if file.path in FILES_LEFT_OUT or "/" not in file.path:
                continue
            if file.path not in catalogue or catalogue[file.path].redistributable not in TAKEN:
                continue
            before = chosen.get(file.path)
            columns = tuple(dict.fromkeys((*(before.columns if before else ()), *file.columns)))
            chosen[file.path] = replace(file, columns=columns if file.columns else ())
    return [f for f in chosen.values() if not f.path.startswith(_BY_STRUCTURE)]


_BY_STRUCTURE = ("structures/", "sifts/", "uniprot/human_swissprot")
"""Files cut to the chosen structures by `ingest.bundle_structures`."""


def _bundle(mirror: Path, staging: Path, file: SourceFile) -> FileRelease:
    release = read_catalogue()[file.path]
    content = read_bytes(mirror / file.path, file.path)
    cut, said = cut_table(content, file, ROWS.get(file.path))
    apart = release.redistributable is Redistributable.SHARE_ALIKE
    place = staging / SHARE_ALIKE / file.path if apart else staging / file.path
    place.parent.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(cut, 9, mtime=0) if place.suffix == ".gz" else cut
    place.write_bytes(packed)
    return replace(
        release,
        bytes=len(packed),
        sha256=hashlib.sha256(packed).hexdigest(),
        sha256_content=hashlib.sha256(cut).hexdigest(),
        selection=said,
    )


def cut_table(content: bytes, file: SourceFile, rows: RowCut | None) -> tuple[bytes, str]:
    """The columns a source reads and the rows wanted, and the cut in words.

    Lines that are damaged (another number of fields) stay as they are, so that what is
    quarantined is the same.
    """
    fmt = file.format
    if not file.columns or fmt.ragged or fmt.header is not None:
        return content, ""
    text = content.decode("utf-8-sig", errors="surrogateescape")
    lines = _quoted(text, fmt) if fmt.quote else _plain(text, fmt)
    before, header, records = lines
    wanted = [i for i, name in enumerate(header) if name in file.columns]
    decides = header.index(rows.column) if rows else 0
    kept = [
        [record[i] for i in wanted] if len(record) == len(header) else record
        for record in records
        if rows is None or len(record) != len(header) or rows.keep(record[decides])
    ]
    said = [] if len(wanted) == len(header) else [f"columns {', '.join(header[i] for i in wanted)}"]
    out = io.StringIO(newline="")
    out.writelines(line + "\n" for line in before)
    _write(out, [[header[i] for i in wanted], *kept], fmt)
    cut = out.getvalue().encode("utf-8", errors="surrogateescape")
    return cut, "; ".join([*said, *([rows.said] if rows else [])])


def _plain(text: str, fmt: TableFormat) -> tuple[list[str], list[str], list[list[str]]]:
    lines = text.replace("\r\n", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    first = 0
    while fmt.comment and lines[first].startswith(fmt.comment):
        first += 1
    split = [line.split(fmt.delimiter) for line in lines[first:]]
    return lines[:first], split[0], split[1:]


def _quoted(text: str, fmt: TableFormat) -> tuple[list[str], list[str], list[list[str]]]:
    csv.field_size_limit(fmt.max_line)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=fmt.delimiter, quotechar=fmt.quote)
    records = [r for r in reader if r]
    first = 0
    while fmt.comment and records[first][0].startswith(fmt.comment):
        first += 1
    before = [fmt.delimiter.join(r) for r in records[:first]]
    return before, records[first], records[first + 1 :]


def _write(out: io.StringIO, records: Iterable[list[str]], fmt: TableFormat) -> None:
    if fmt.quote is None:
        out.writelines(fmt.delimiter.join(r) + "\n" for r in records)
    else:
        csv.writer(
            out, delimiter=fmt.delimiter, quotechar=fmt.quote, lineterminator="\n"
        ).writerows(records)


def _structures(mirror: Path, staging: Path) -> list[FileRelease]:
    """Chosen structures, with sequences and chain maps of their proteins."""
    from ingest.bundle_structures import write

    return write(mirror, staging)


def _write_manifest(path: Path, files: Iterable[FileRelease]) -> None:
    names = [f.name for f in fields(FileRelease)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE)
        writer.writerow(names)
        writer.writerows([str(getattr(f, n)) for n in names] for f in files)


def _write_notices(staging: Path, files: Iterable[FileRelease]) -> None:
    """A notice for the free files, and one beside the share-alike ones."""
    for folder, kind, opening in (
        (staging, Redistributable.YES, _FREE),
        (staging / SHARE_ALIKE, Redistributable.SHARE_ALIKE, _SHARED),
    ):
        mine = [f for f in files if f.redistributable is kind]
        if not mine:
            continue
        lines = [opening, ""]
        for f in mine:
            said = f.selection or "whole"
            lines.append(
                f"{f.path}\n  {f.provider}, {f.version}; {f.licence}\n  {f.url}\n  {said}\n"
            )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "NOTICE").write_text("\n".join(lines), encoding="utf-8")


_FREE = (
    "Data of the providers below, under their own terms. Where columns or rows were left out,\n"
    "or a file was compressed again, it is said with the file."
)
_SHARED = (
    "Data of the providers below. Their licences ask that copies and works made from them stay\n"
    "under the same licence: this folder is under those licences, and not under the project's.\n"
    "A build with `--licence redistributable` and without share-alike files does not read them."
)


def _replace_contents(staging: Path, target: Path) -> None:
    """Put the new slice where the old one was, files that others keep there apart."""
    target.mkdir(exist_ok=True)
    for old in target.iterdir():
        if old.name in KEPT:
            continue
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for new in staging.iterdir():
        shutil.move(str(new), target / new.name)


KEPT = frozenset({"pockets.tsv.gz"})
"""Files of the slice that are made otherwise."""


def main() -> None:
    """Entry of `python -m ingest.bundle`."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--mirror", type=Path, required=True, help="directory of the full data")
    files = make(parser.parse_args().mirror)
    size = sum(f.bytes for f in files)
    print(f"{len(files)} files, {size / 1e6:.1f} MB in {BUNDLE}")


if __name__ == "__main__":
    main()
