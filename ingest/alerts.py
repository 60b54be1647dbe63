"""Structural alerts (BRENK, PAINS) and QED, with patterns that can't match left out beforehand.

A molecule that contains a pattern has every bit of the pattern's fingerprint (`kg.drawings`), so
the few patterns whose bits it has are the only ones to match. Nothing is lost by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit import Chem
from rdkit.Chem import QED, FilterCatalog, rdMolDescriptors

from kg.drawings import pattern_bits, words

_PICKLED = b"\xef\xbe\xad\xde"
"""How RDKit's binary form of a molecule begins."""


@dataclass(frozen=True)
class Screen:
    """Fingerprints of patterns.

    Attributes:
        bits: uint64, (patterns, 32): zero where nothing is known, and nothing left out.
    """

    bits: npt.NDArray[np.uint64]

    def candidates(self, fingerprint: bytes) -> list[int]:
        """Numbers of the patterns that a molecule with this pattern fingerprint may contain."""
        return np.flatnonzero(~(self.bits & ~words(fingerprint)).any(axis=1)).tolist()


def alerts_of(mol: Chem.Mol, fingerprint: bytes) -> list[str]:
    """Names of the alerts a molecule sets off, sorted.

    Args:
        mol: Sanitised.
        fingerprint: Its pattern fingerprint.
    """
    screen, entries = _alerts()
    found = (entries[i] for i in screen.candidates(fingerprint))
    return sorted({entry.GetDescription() for entry in found if entry.HasFilterMatch(mol)})


def qed_of(mol: Chem.Mol, fingerprint: bytes, known: dict[str, Any]) -> float:
    """Quantitative estimate of drug-likeness (Bickerton et al. 2012), as RDKit's `QED.qed`.

    Args:
        mol: Sanitised.
        fingerprint: Its pattern fingerprint.
        known: Its descriptors as `ingest.molecules` names them, which are not computed again.
    """
    if any(atom.GetAtomicNum() == 1 for atom in mol.GetAtoms()):
        return float(QED.qed(mol))
    strict = rdMolDescriptors.NumRotatableBondsOptions.Strict
    rest = Chem.DeleteSubstructs(Chem.Mol(mol), QED.AliphaticRings)
    properties = QED.QEDproperties(
        MW=known["molecular_weight"],
        ALOGP=known["logp"],
        HBA=sum(len(mol.GetSubstructMatches(pattern)) for pattern in QED.Acceptors),
        HBD=known["hydrogen_bond_donors"],
        PSA=known["tpsa"],
        ROTB=rdMolDescriptors.CalcNumRotatableBonds(mol, strict),
        AROM=len(Chem.GetSSSR(rest)),
        ALERTS=sum(
            mol.HasSubstructMatch(QED.StructuralAlerts[i])
            for i in _qed_alerts().candidates(fingerprint)
        ),
    )
    return float(QED.qed(mol, qedProperties=properties))


@cache
def _alerts() -> tuple[Screen, list[FilterCatalog.FilterCatalogEntry]]:
    chosen = FilterCatalog.FilterCatalogParams()
    for name in ("BRENK", "PAINS"):
        chosen.AddCatalog(getattr(FilterCatalog.FilterCatalogParams.FilterCatalogs, name))
    catalog = FilterCatalog.FilterCatalog(chosen)
    entries = [catalog.GetEntry(i) for i in range(catalog.GetNumEntries())]
    return Screen(np.array([_entry_bits(entry) for entry in entries])), entries


@cache
def _qed_alerts() -> Screen:
    return Screen(np.array([words(pattern_bits(alert)) for alert in QED.StructuralAlerts]))


def _entry_bits(entry: FilterCatalog.FilterCatalogEntry) -> npt.NDArray[np.uint64]:
    """Bits of a catalogue entry's only pattern; none where it has not just one.

    The pattern is read from the entry's serialised form, `... length binary 1 4294967295 ...`: a
    single pattern that has to be found at least once and may be any number of times.
    """
    form = entry.Serialize()
    head, _, _ = form.partition(_PICKLED)
    start, length = len(head), head.split()[-1]
    end = start + (int(length) if length.isdigit() else 0)
    if form[end:].split()[:2] != [b"1", b"4294967295"] or _PICKLED in form[end:]:
        return np.zeros(32, np.uint64)
    return words(pattern_bits(Chem.Mol(form[start:end])))
