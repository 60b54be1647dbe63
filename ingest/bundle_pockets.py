"""Makes the table of pockets that ships with the project: `python -m ingest.bundle_pockets`.

It takes some seconds a chain; chains that the table has already are not looked at again.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ingest.catalogue import BUNDLE
from ingest.chains import read_atoms
from ingest.pockets import COLUMNS, TABLE, Pocket, detect, known
from ingest.sources.structures import chain_files


def write_table(
    chains: Iterable[tuple[str, Path, str]],
    target: Path,
    progress: Callable[[str], None] = lambda _: None,
    jobs: int = 2,
) -> int:
    """Detect the pockets of chain files and write the table; known ones are not detected again.

    Args:
        chains: SHA-256, path and chain of each file.
        target: The table.
        progress: Called with each file's name.
        jobs: Chains at a time.

    Returns:
        How many chains the table holds.
    """
    before = known(target)

    def one(item: tuple[str, Path, str]) -> tuple[str, list[Pocket]]:
        digest, path, chain = item
        progress(path.name)
        return digest, before[digest] if digest in before else detect(
            read_atoms(path, path.name, chain)
        )

    with ThreadPoolExecutor(jobs) as pool:
        found = dict(pool.map(one, chains))
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    for digest, pockets in sorted(found.items()):
        if not pockets:
            writer.writerow([digest, 0, "", "", "", "", ""])
        for p in pockets:
            residues = ",".join(map(str, p.residues))
            writer.writerow([digest, p.number, p.volume, p.depth, p.hydropathy, residues, p.method])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    return len(found)


def main() -> None:
    """Entry of `python -m ingest.bundle_pockets`."""
    parser = argparse.ArgumentParser(description="make the table of pockets")
    parser.add_argument("--mirror", type=Path, required=True, help="directory of the full data")
    mirror = parser.parse_args().mirror
    count = write_table(chain_files(mirror), BUNDLE / TABLE, progress=print)
    print(f"{count} chains in {BUNDLE / TABLE}")


if __name__ == "__main__":
    main()
