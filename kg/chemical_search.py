"""Compounds by likeness and by substructure, over the fingerprints that a release stores.

`build_chemical_index` writes, beside the other arrays (n compounds with a drawing, those of fewest
Morgan bits first, then by id):

================  =============  ==========================================================
compound_morgan   uint64 32, n   Morgan fingerprints, one row a word: see `kg.drawings`
compound_pattern  uint64 32, n   pattern fingerprints, likewise
compound_bits     uint16 n       Morgan bits that are set, ascending
compounds.arrow   n rows         id and SMILES of the standardised parent
================  =============  ==========================================================

RDKit is loaded by the first query, not by the import of this module.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kg.errors import BadArgument, ReleaseOutdated
from kg.release import Release

Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

WORDS = 32
"""64-bit words of a fingerprint of 2048 bits."""
LONGEST, MOST_ATOMS = 1000, 100
"""Characters of a query, and atoms of a pattern: longer ones could take a server's whole time."""
PATIENCE = 5.0
"""Seconds after which a search for a substructure answers with what it has."""
_BATCH = 512


@dataclass(frozen=True, slots=True)
class Similar:
    """A compound and its likeness to the query: Tanimoto's coefficient of Morgan bits, 0 to 1."""

    id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Containing:
    """Compounds that contain a substructure.

    Attributes:
        ids: Those of fewest Morgan bits first, which is about from small to large.
        candidates: How many compounds have all bits of the pattern; no other can contain it.
        searched: How many of these were looked at.
    """

    ids: tuple[str, ...]
    candidates: int
    searched: int

    @property
    def complete(self) -> bool:
        """Whether no further compound contains it."""
        return self.searched == self.candidates


def build_chemical_index(compounds: Path, arrays: Path) -> None:
    """Write the index of a release's compounds.

    Args:
        compounds: Parquet of `kg.layout.COMPOUNDS`, sorted by id.
        arrays: Directory to write to.
    """
    columns = ["id", "smiles", "fingerprint", "pattern"]
    table = pq.read_table(compounds, columns=columns)
    morgan, pattern = (_rows_of_words(table[name]) for name in ("fingerprint", "pattern"))
    bits = np.bitwise_count(morgan).sum(axis=1).astype(np.uint16)
    order = np.argsort(bits, kind="stable")
    np.save(arrays / "compound_morgan.npy", np.ascontiguousarray(morgan[order].T))
    np.save(arrays / "compound_pattern.npy", np.ascontiguousarray(pattern[order].T))
    np.save(arrays / "compound_bits.npy", bits[order])
    named = table.select(["id", "smiles"]).take(pa.array(order)).combine_chunks()
    with (
        pa.OSFile(str(arrays / "compounds.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, named.schema) as writer,
    ):
        writer.write_table(named)


def _rows_of_words(column: pa.ChunkedArray) -> Words:
    """Fingerprints of 256 bytes as uint64 (compounds, 32)."""
    joined = b"".join(column.to_pylist())
    return np.frombuffer(joined, np.uint64).reshape(-1, WORDS)


class ChemicalSearch:
    """Searches over the compounds of one release; safe to share between threads.

    Raises:
        ReleaseOutdated: the release was built before there was such an index.
    """

    def __init__(self, release: Release) -> None:
        arrays = release.path / "arrays"
        try:
            self._morgan: Words = np.load(arrays / "compound_morgan.npy", mmap_mode="r")
            self._pattern: Words = np.load(arrays / "compound_pattern.npy", mmap_mode="r")
            self._bits: npt.NDArray[np.uint16] = np.load(arrays / "compound_bits.npy")
            self._map = pa.memory_map(str(arrays / "compounds.arrow"), "r")
        except FileNotFoundError:
            raise ReleaseOutdated(
                f"release {release.id} has no index of its compounds; build it again"
            ) from None
        self._compounds: pa.Table = pa.ipc.open_file(self._map).read_all()

    def __len__(self) -> int:
        """How many compounds have a drawing."""
        return len(self._bits)

    def similar(self, smiles_or_id: str, threshold: float = 0.5, limit: int = 20) -> list[Similar]:
        """The compounds most like a drawing, or like a compound of the release; it among them.

        Every compound at or above the threshold is found: those whose number of bits rules that
        out are skipped (Swamidass and Baldi 2007, doi:10.1021/ci600358f), the others compared.

        Args:
            smiles_or_id: Its parent is compared, as the compounds' parents are.
            threshold: Least Tanimoto coefficient, above 0 to 1.
            limit: At most so many, the most similar first; equal ones by bits, then by id.

        Raises:
            BadArgument: no compound and no SMILES, or a threshold out of its range.
        """
        if not 0 < threshold <= 1:
            raise BadArgument(f"threshold {threshold}: must be above 0 and at most 1")
        query = self._fingerprint(smiles_or_id)
        size = int(np.bitwise_count(query).sum())
        ends = (math.floor(size * threshold), math.ceil(size / threshold))
        start = int(np.searchsorted(self._bits, ends[0], "left"))
        end = int(np.searchsorted(self._bits, ends[1], "right"))
        common = np.zeros(end - start, np.uint16)
        for word in np.flatnonzero(query):
            common += np.bitwise_count(self._morgan[word, start:end] & query[word])
        tanimoto = common / np.maximum(size + self._bits[start:end].astype(int) - common, 1)
        found = np.flatnonzero(tanimoto >= threshold)
        best = found[np.argsort(-tanimoto[found], kind="stable")[: max(limit, 0)]]
        ids = self._take("id", best + start)
        return [Similar(i, float(s)) for i, s in zip(ids, tanimoto[best], strict=True)]

    def containing(self, smarts: str, limit: int = 20, seconds: float = PATIENCE) -> Containing:
        """Compounds whose parent contains a pattern, stereochemistry aside.

        Args:
            smarts: SMARTS. Rings drawn with alternate double bonds (C1=CC=CC=C1) are read as the
                aromatic rings they stand for, where the text is SMILES as well.
            limit: The search ends once so many are found.
            seconds: It also ends after so long; the answer says how far it came.

        Raises:
            BadArgument: the pattern is not understood, or too large.
        """
        pattern = _pattern(smarts)
        until = time.monotonic() + seconds
        candidates = self._screened(pattern)
        found: list[str] = []
        searched = 0
        while searched < len(candidates) and len(found) < limit and time.monotonic() < until:
            batch = candidates[searched : searched + _BATCH]
            having = self._matching(pattern, batch, "^" in smarts)
            taken = having[: limit - len(found)]
            searched += len(batch) if len(having) <= len(taken) else taken[-1] + 1
            found += self._take("id", batch[taken])
        return Containing(tuple(found), len(candidates), searched)

    def _screened(self, pattern: Any) -> Places:
        """Places of the compounds that have every bit of the pattern's fingerprint, ascending."""
        from kg.drawings import pattern_bits, words

        query = words(pattern_bits(pattern))
        telling = np.argsort(-np.bitwise_count(query).astype(int), kind="stable")
        first, *rest = (int(w) for w in telling)
        kept = np.flatnonzero((self._pattern[first] & query[first]) == query[first])
        for word in rest:
            if query[word]:
                kept = kept[(self._pattern[word][kept] & query[word]) == query[word]]
        return kept

    def _matching(self, pattern: Any, places: Places, hybridised: bool) -> list[int]:
        """Which of the places, counted from 0, hold a molecule that contains the pattern.

        Stored SMILES were written by RDKit, so that its trusting reader, six times as fast as the
        careful one, gives the same molecules; but for hybridisation, which it leaves out.
        """
        from rdkit.Chem import Mol, MolFromSmiles, rdSubstructLibrary

        smiles = self._take("smiles", places)
        if hybridised:
            holder = rdSubstructLibrary.MolHolder()
            for text in smiles:
                holder.AddMol(MolFromSmiles(text) or Mol())
        else:
            holder = rdSubstructLibrary.CachedTrustedSmilesMolHolder()
            for text in smiles:
                holder.AddSmiles(text)
        library = rdSubstructLibrary.SubstructLibrary(holder)
        return sorted(
            library.GetMatches(pattern, useChirality=False, numThreads=1, maxResults=len(smiles))
        )

    def _take(self, column: str, places: Places) -> list[str]:
        return [str(v) for v in self._compounds[column].take(pa.array(places)).to_pylist()]

    def _fingerprint(self, smiles_or_id: str) -> Words:
        """The Morgan fingerprint of a compound of the release, or of a drawing's parent."""
        place = pc.index(self._compounds["id"], smiles_or_id).as_py() if len(self) else -1
        if place >= 0:
            return np.array(self._morgan[:, place])
        return _drawn(smiles_or_id)


def _drawn(smiles: str) -> Words:
    from rdkit import Chem, rdBase

    from kg.drawings import morgan_bits, parent_of, words

    _check_text(smiles, "SMILES")
    with rdBase.BlockLogs():
        drawn = Chem.MolFromSmiles(smiles)
        if drawn is None or not drawn.GetNumAtoms():
            raise BadArgument(
                f"{smiles!r} is no compound of the release with a drawing, and no SMILES; "
                "give an id as `search` lists it, or a drawing such as CC(=O)Oc1ccccc1C(=O)O"
            )
        try:
            return words(morgan_bits(parent_of(drawn)))
        except (ValueError, RuntimeError) as error:
            told = str(error).strip().splitlines()
            raise BadArgument(
                f"SMILES {smiles!r} can't be standardised: {told[0] if told else 'no reason given'}"
            ) from None


def _pattern(smarts: str) -> Any:
    """A query molecule of RDKit."""
    from rdkit import Chem, rdBase

    _check_text(smarts, "SMARTS")
    with rdBase.BlockLogs():
        pattern = Chem.MolFromSmarts(smarts)
        if pattern is None or not pattern.GetNumAtoms():
            raise BadArgument(
                f"SMARTS {smarts!r} is not understood; give a pattern such as c1ccccc1S(=O)(=O)N"
            )
        if pattern.GetNumAtoms() > MOST_ATOMS:
            raise BadArgument(
                f"SMARTS of {pattern.GetNumAtoms()} atoms: at most {MOST_ATOMS} can be searched for"
            )
        drawn = Chem.MolFromSmiles(smarts)
    kekule = drawn is not None and not any(a.GetIsAromatic() for a in pattern.GetAtoms())
    return drawn if kekule and any(a.GetIsAromatic() for a in drawn.GetAtoms()) else pattern


def _check_text(text: str, what: str) -> None:
    """RDKit would take what follows a space for a name, and search for the rest."""
    if not text.strip() or len(text) > LONGEST:
        raise BadArgument(f"{what} of {len(text)} characters: must have 1 to {LONGEST}")
    if text.split() != [text]:
        raise BadArgument(f"{what} {text!r} holds a space; give the drawing alone")
