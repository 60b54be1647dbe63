"""Chains of the Protein Data Bank: one a gene, placed on the sequence by SIFTS, with pockets.

Ligands were stripped from nearly all of these chains, so that a pocket is a cavity that a program
found; in the few files that kept theirs, the pocket a ligand sits in is told as observed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from polars import col

from ingest.chains import Numbering, place, read_atoms, read_chain, read_fasta
from ingest.columns import RESIDUE, SEQUENCE
from ingest.content import read_text
from ingest.frames import Frames, aliases, evidence, facts, nodes
from ingest.ligands import Ligand, kept
from ingest.plain_atoms import Chain, Numbers
from ingest.pockets import Pocket, detected
from ingest.sifts import SEGMENT, Segments, of_chain, segments_of
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import AgentType, Category, EvidenceClass, KnowledgeLevel, Predicate
from kg.digest import digest
from kg.errors import TableError

INDEX = "structures/index.tsv"
SUMS = "structures/SHA256SUMS"
SIFTS = "sifts/pdb_chain_uniprot.2019-06.csv.gz"
SEQUENCES = "uniprot/human_swissprot_2018-06.fasta.gz"
FOLDER = "structures"

_SUM = re.compile(r"([0-9a-f]{64}) [ *](\S.*)")


@dataclass(frozen=True)
class Placed:
    """A chain on its sequence, with its pockets; None where nobody looked for any."""

    row: Mapping[str, str]
    chain: Chain
    numbering: Numbering
    pockets: Sequence[Pocket] | None
    ligands: Sequence[Ligand]

    def holds(self, pocket: Pocket) -> str:
        """Codes of the ligands that sit in a pocket, the file's own; empty for most."""
        inside = [f.code for f in self.ligands if f.sits_in(pocket.residues)]
        return ",".join(dict.fromkeys(inside))

    @property
    def local(self) -> str:
        """Local part of the structure's identifier: entry and chain."""
        return ".".join(filter(None, (self.row["pdb"].lower(), self.row["chain"])))


def read(inputs: Inputs) -> Frames:
    """Structures, their pockets, and the residues that agree with the sequence."""
    table = inputs.table(INDEX)
    sifts = inputs.table(SIFTS)
    known = inputs.keep(read_fasta(inputs.path(SEQUENCES), SEQUENCES)).rows
    sequences = dict(known.select("uniprot", "sequence").iter_rows())
    sums = read_sums(inputs)
    segments = segments_of(sifts.rows, table.rows)
    good, bad = table.split(
        {
            "file is missing": _there(inputs, table.rows),
            "no sequence of that accession": col("uniprot").is_in(list(sequences)),
        }
    )
    placed = [
        _placed(inputs, row, sums, segments, sequences[row["uniprot"]]) for row in good.to_dicts()
    ]
    usable = [p for p in placed if p.numbering.usable]
    refused = [p.row["line"] for p in placed if not p.numbering.usable]
    unusable = pl.DataFrame(
        {"file": INDEX, "line": refused, "reason": "chain does not match the sequence"},
        schema=bad.schema,
    )
    return Frames.concat(
        [
            Frames(quarantine=pl.concat([bad, unusable]), rows=table.n_lines),
            _structures(inputs, usable),
            _pockets(inputs, usable),
            Frames(residues=_residues(usable), sequences=_sequences(sequences)),
        ]
    )


def _sequences(sequences: Mapping[str, str]) -> pl.DataFrame:
    """All of them: changes are checked on proteins without a structure too."""
    return pl.DataFrame(list(sequences.items()), schema=SEQUENCE, orient="row")


def read_sums(inputs: Inputs) -> dict[str, str]:
    """SHA-256 of each chain file, by its path in the index."""
    return sums_of(inputs.path(SUMS))


def sums_of(path: Path) -> dict[str, str]:
    """The lines that `sha256sum` writes.

    Raises:
        TableError: a line is none; with its number.
    """
    found = {}
    for number, line in enumerate(read_text(path, SUMS).split("\n"), 1):
        said = _SUM.fullmatch(line)
        if said:
            found[said[2]] = said[1]
        elif line.strip():
            raise TableError(
                f"{SUMS}, line {number} is no SHA-256 and file name; fetch the file again"
            )
    return found


def chain_files(mirror: Path) -> Iterator[tuple[str, Path, str]]:
    """SHA-256, path and chain of every file of the index, for the table of pockets."""
    sums = sums_of(mirror / SUMS)
    index = pl.read_csv(mirror / INDEX, separator="\t", infer_schema=False).fill_null("")
    for row in index.to_dicts():
        yield sums[row["file"]], mirror / FOLDER / row["file"], row["chain"]


def _there(inputs: Inputs, rows: pl.DataFrame) -> pl.Expr:
    found = [f for f in rows["file"] if inputs.path(f"{FOLDER}/{f}").is_file()]
    return col("file").is_in(found)


def _placed(
    inputs: Inputs,
    row: Mapping[str, str],
    sums: Mapping[str, str],
    segments: Segments,
    sequence: str,
) -> Placed:
    name = f"{FOLDER}/{row['file']}"
    path = inputs.path(name)
    found = digest(path)
    if sums.get(row["file"]) != found:
        raise TableError(f"{name} is not the file that {SUMS} names; fetch it again")
    chain = read_chain(path, name, row["chain"])
    known = segments.get((row["pdb"].lower(), row["uniprot"]), [])
    numbering = place(chain, of_chain(known, row["chain"]), sequence)
    atoms = partial(read_atoms, path, name, row["chain"])
    seen = detected(found, atoms) if numbering.usable else None
    return Placed(row, chain, numbering, seen, kept(chain))


def _structures(inputs: Inputs, placed: Sequence[Placed]) -> Frames:
    rows = pl.DataFrame(
        [
            {
                "line": p.row["line"],
                "id": f"PDB:{p.local}",
                "entry": f"PDB:{p.row['pdb'].lower()}",
                "protein": f"UniProtKB:{p.row['uniprot']}",
                "gene": p.row["gene"],
                "name": _name(p),
                "residues": np.count_nonzero(p.numbering.positions),
                "first": p.numbering.positions[p.numbering.positions > 0].min(),
                "last": p.numbering.positions.max(),
                "identity": round(p.numbering.identity, 4),
                "numbering": p.numbering.method,
                "pockets": None if p.pockets is None else len(p.pockets),
                "ligands": ",".join(dict.fromkeys(f.code for f in p.ligands)),
            }
            for p in placed
        ],
        schema=_STRUCTURE,
    )
    said = evidence(
        inputs,
        INDEX,
        rows,
        subject=col("id"),
        predicate=Predicate.STRUCTURE_OF,
        object=col("protein"),
        subject_category=Category.STRUCTURE,
        object_category=Category.PROTEIN,
        score=col("identity"),
        detail={
            "first": col("first"),
            "last": col("last"),
            "residues": col("residues"),
            "numbering": col("numbering"),
        },
    )
    known = facts(
        inputs,
        INDEX,
        rows,
        subject=col("id"),
        subject_category=Category.STRUCTURE,
        numbers={
            "structure.residues": col("residues"),
            "structure.identity": col("identity"),
            "structure.first": col("first"),
            "structure.last": col("last"),
            "structure.pockets": col("pockets"),
        },
        texts={"structure.numbering": col("numbering"), "structure.ligands": col("ligands")},
        units={"structure.residues": "residues"},
    )
    return Frames(
        nodes=nodes(rows, Category.STRUCTURE, col("id"), col("name")),
        aliases=aliases(rows, Category.STRUCTURE, col("entry"), col("id"), "entry", rank=1),
        evidence=said,
        facts=known,
    )


def _name(placed: Placed) -> str:
    entry, chain = placed.row["pdb"].upper(), placed.row["chain"]
    of_chain = f", chain {chain}" if chain else ""
    return f"{placed.row['gene']} in {entry}{of_chain}"


_STRUCTURE = {
    "line": pl.Int64,
    "id": pl.String,
    "entry": pl.String,
    "protein": pl.String,
    "gene": pl.String,
    "name": pl.String,
    "residues": pl.Int64,
    "first": pl.Int64,
    "last": pl.Int64,
    "identity": pl.Float64,
    "numbering": pl.String,
    "pockets": pl.Int64,
    "ligands": pl.String,
}
_POCKET = {
    "line": pl.Int64,
    "id": pl.String,
    "structure": pl.String,
    "name": pl.String,
    "volume": pl.Float64,
    "depth": pl.Float64,
    "hydropathy": pl.Float64,
    "residues": pl.Int64,
    "method": pl.String,
    "ligands": pl.String,
}
_CUBIC = "cubic angstrom"


def _pockets(inputs: Inputs, placed: Sequence[Placed]) -> Frames:
    rows = pl.DataFrame(
        [
            {
                "line": p.row["line"],
                "id": f"POCKET:{p.local}#{pocket.number}",
                "structure": f"PDB:{p.local}",
                "name": f"Pocket {pocket.number} of {_name(p)}",
                "volume": pocket.volume,
                "depth": pocket.depth,
                "hydropathy": pocket.hydropathy,
                "residues": len(pocket.residues),
                "method": pocket.method,
                "ligands": p.holds(pocket),
            }
            for p in placed
            for pocket in p.pockets or ()
        ],
        schema=_POCKET,
    )
    said = evidence(
        inputs,
        INDEX,
        rows,
        subject=col("id"),
        predicate=Predicate.PART_OF,
        object=col("structure"),
        subject_category=Category.POCKET,
        object_category=Category.STRUCTURE,
        value=col("volume"),
        value_kind=_CUBIC,
        knowledge_level=KnowledgeLevel.PREDICTION,
        agent_type=AgentType.COMPUTATIONAL_MODEL,
        detail={"method": col("method")},
    )
    known = facts(
        inputs,
        INDEX,
        rows,
        subject=col("id"),
        subject_category=Category.POCKET,
        numbers={
            "pocket.volume": col("volume"),
            "pocket.depth": col("depth"),
            "pocket.hydropathy": col("hydropathy"),
            "pocket.residues": col("residues"),
        },
        texts={
            "pocket.method": col("method"),
            "pocket.basis": pl.when(col("ligands") == "")
            .then(pl.lit("predicted"))
            .otherwise(pl.lit("observed")),
            "pocket.ligands": col("ligands"),
        },
        units={"pocket.volume": _CUBIC, "pocket.depth": "angstrom"},
    )
    return Frames(
        nodes=nodes(rows, Category.POCKET, col("id"), col("name")), evidence=said, facts=known
    )


def _residues(placed: Sequence[Placed]) -> pl.DataFrame:
    """A row for each residue with a position, and one more for each further pocket it lines."""
    if not placed:
        return pl.DataFrame(schema=RESIDUE)
    lined = [_lined(p) for p in placed]
    indices = [index for index, _ in lined]
    of = np.repeat(np.arange(len(placed)), [len(index) for index in indices])
    chains = zip(placed, indices, strict=True)
    numbers, positions, letters = zip(
        *(
            (p.chain.numbers[at], p.numbering.positions[at], _bytes(p.chain.letters)[at])
            for p, at in chains
        ),
        strict=True,
    )
    return pl.DataFrame(
        {
            "structure": pl.Series([f"PDB:{p.local}" for p in placed]).gather(of),
            "file_number": np.concatenate(numbers),
            "uniprot": pl.Series([p.row["uniprot"] for p in placed]).gather(of),
            "position": np.concatenate(positions),
            "letter": pl.Series(map(chr, range(128))).gather(np.concatenate(letters)),
            "pocket": np.concatenate([number for _, number in lined]),
        },
        schema=RESIDUE,
    )


def _bytes(letters: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(letters.encode(), np.uint8)


def _lined(placed: Placed) -> tuple[Numbers, Numbers]:
    """Residues with a position, by their place in the chain, and the pocket; 0 where in none."""
    lined = [(i, pocket.number) for pocket in placed.pockets or () for i in pocket.residues]
    pairs = np.array(lined, np.int64).reshape(-1, 2)
    unlined = np.setdiff1d(np.arange(len(placed.chain)), pairs[:, 0])
    index = np.concatenate([pairs[:, 0], unlined])
    number = np.concatenate([pairs[:, 1], np.zeros(len(unlined), np.int64)])
    order = np.argsort(index, kind="stable")
    order = order[placed.numbering.positions[index[order]] > 0]
    return index[order], number[order]


STRUCTURES = Source(
    id="structures",
    title="Protein Data Bank chains",
    infores="infores:rcsb-pdb",
    about="Structures of human proteins, their residues on the sequence (SIFTS), and pockets.",
    files=(
        SourceFile(INDEX, columns=("file", "uniprot", "gene", "pdb", "chain")),
        SourceFile(SUMS),
        SourceFile(
            SIFTS,
            columns=("PDB", "CHAIN", "SP_PRIMARY", *SEGMENT),
            format=TableFormat(delimiter=",", comment="#"),
        ),
        SourceFile(SEQUENCES),
    ),
    read=read,
    evidence_class=EvidenceClass.STRUCTURE,
    knowledge_level=KnowledgeLevel.OBSERVATION,
    hypothesis_free=False,
)
