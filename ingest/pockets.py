"""Pockets of structures: detected once with pyKVFinder, kept as a table keyed by the file's hash.

`python -m ingest.bundle_pockets --mirror DIR` makes the table that ships with the
project (some seconds
a chain). pyKVFinder is under the GPL and an optional extra: it runs in a process of its own, and
only for structures that the table does not know.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from Bio.PDB import PDBIO
from Bio.PDB.Chain import Chain
from Bio.PDB.Model import Model
from Bio.PDB.Structure import Structure

from ingest.catalogue import BUNDLE
from ingest.plain_atoms import Chain as Residues
from kg.errors import IngestError

TABLE = "pockets.tsv.gz"
LEAST_VOLUME = 100.0
"""Cubic angstrom; smaller cavities are no pockets."""
COLUMNS = ("sha256", "number", "volume", "depth", "hydropathy", "residues", "method")
SECONDS = 600
"""The longest one chain may take."""


@dataclass(frozen=True, slots=True)
class Pocket:
    """A cavity of a chain.

    Attributes:
        number: 1 for the largest.
        volume: Cubic angstrom. depth: Of its deepest point, angstrom.
        hydropathy: Mean over its surface on the Eisenberg-Weiss scale, -1.42 (hydrophobic) to 2.6.
        residues: Places in the chain, counted from 0, of the residues that line it.
        method: Program and version.
    """

    number: int
    volume: float
    depth: float
    hydropathy: float
    residues: tuple[int, ...]
    method: str


def detected(digest: str, chain: Callable[[], Residues]) -> list[Pocket] | None:
    """Pockets of a chain: from the table, else by detection; None where neither is possible.

    Args:
        digest: SHA-256 of the chain file as stored.
        chain: Reads its residues with their atoms, which detection alone needs.
    """
    if digest in known():
        return known()[digest]
    return detect(chain()) if find_spec("pyKVFinder") else None


@cache
def known(path: Path = BUNDLE / TABLE) -> Mapping[str, list[Pocket]]:
    """The table's pockets by file; a file with an empty list was looked at and has none."""
    if not path.exists():
        return {}
    found: dict[str, list[Pocket]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            pockets = found.setdefault(row["sha256"], [])
            if row["number"] != "0":
                pockets.append(_pocket(row))
    return found


def _pocket(row: Mapping[str, str]) -> Pocket:
    return Pocket(
        number=int(row["number"]),
        volume=float(row["volume"]),
        depth=float(row["depth"]),
        hydropathy=float(row["hydropathy"]),
        residues=tuple(int(i) for i in row["residues"].split(",")),
        method=row["method"],
    )


def detect(chain: Residues) -> list[Pocket]:
    """Cavities of at least `LEAST_VOLUME`, the largest first.

    Residues are renumbered 1..n before, so that insertion codes and gaps can't confuse.

    Raises:
        IngestError: the program failed; the message holds its last line.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".pdb") as stream:
        stream.write(_renumbered(chain))
        stream.flush()
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, stream.name],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise IngestError(f"pocket detection failed: {last}")
    told = json.loads(done.stdout)
    found = sorted(told["cavities"], key=lambda c: (-c["volume"], c["residues"]))
    large = [c for c in found if c["volume"] >= LEAST_VOLUME]
    return [
        Pocket(
            number=n,
            volume=c["volume"],
            depth=c["depth"],
            hydropathy=c["hydropathy"],
            residues=tuple(sorted(c["residues"])),
            method=told["method"],
        )
        for n, c in enumerate(large, 1)
    ]


_PROGRAM = """
import json, sys
import pyKVFinder
found = pyKVFinder.run_workflow(
    sys.argv[1], include_depth=True, include_hydropathy=True, nthreads=1
)
cavities = [
    {
        "volume": round(float(found.volume[name]), 1),
        "depth": round(float(found.max_depth[name]), 2),
        "hydropathy": round(float(found.avg_hydropathy[name]), 3),
        "residues": sorted({int(r[0]) - 1 for r in residues}),
    }
    for name, residues in (found.residues.items() if found else ())
]
print(json.dumps({"method": f"pyKVFinder {pyKVFinder.__version__}", "cavities": cavities}))
"""


def _renumbered(chain: Residues) -> str:
    """The chain's protein atoms as a PDB file, residues numbered 1..n, first of alternatives."""
    model, structure, alone = Model(0), Structure("chain"), Chain("A")
    structure.add(model)
    model.add(alone)
    for n, residue in enumerate(chain.atoms, 1):
        copy = residue.copy()
        copy.detach_parent()
        copy.id = (" ", n, " ")
        alone.add(copy)
    text, writer = io.StringIO(), PDBIO()
    writer.set_structure(structure)
    writer.save(text)
    return text.getvalue()
