"""One drawing to its standardised parent, with RDKit: identity, descriptors, alerts, fingerprint.

The parent is the largest organic fragment, neutralised. Tautomers are not canonicalised: standard
InChI already treats mobile hydrogens alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import Any

import numpy as np
import polars as pl
import rdkit
from rdkit import Chem, RDLogger
from rdkit.Chem import (
    QED,
    Crippen,
    Descriptors,
    FilterCatalog,
    rdFingerprintGenerator,
    rdMolDescriptors,
)
from rdkit.Chem.MolStandardize import rdMolStandardize
from rdkit.Chem.rdSubstructLibrary import MolHolder, PatternHolder, SubstructLibrary

STANDARD = f"RDKit {rdkit.__version__}"
BITS, RADIUS = 2048, 2
"""Of the stored Morgan fingerprint (radius 2: ECFP4-like)."""
LARGEST = 600
"""Heavy atoms above which a drawing is no small molecule and is left alone."""

DRAWN: dict[str, Any] = {
    "drawn": pl.String,
    "fault": pl.String,
    "inchikey": pl.String,
    "smiles": pl.String,
    "salt": pl.Boolean,
    "molecular_weight": pl.Float32,
    "logp": pl.Float32,
    "tpsa": pl.Float32,
    "hydrogen_bond_donors": pl.Int16,
    "hydrogen_bond_acceptors": pl.Int16,
    "rotatable_bonds": pl.Int16,
    "rings": pl.Int16,
    "aromatic_rings": pl.Int16,
    "fraction_sp3": pl.Float32,
    "heavy_atoms": pl.Int16,
    "formal_charge": pl.Int16,
    "qed": pl.Float32,
    "alerts": pl.List(pl.String),
    "fingerprint": pl.Binary,
}
"""Columns of a frame of standardised drawings; `fault` says why a drawing is not understood."""

_CHUNK = 250


def standardise_all(drawings: Sequence[str], jobs: int = 2) -> pl.DataFrame:
    """Standardise distinct SMILES, in processes where there are many.

    Returns:
        Columns DRAWN, one row a drawing, in order.
    """
    chunks = [drawings[i : i + _CHUNK] for i in range(0, len(drawings), _CHUNK)]
    if len(chunks) < 2 or jobs < 2:
        return pl.DataFrame(_rows(drawings), schema=DRAWN, orient="row")
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        rows = [row for part in pool.map(_rows, chunks) for row in part]
    return pl.DataFrame(rows, schema=DRAWN, orient="row")


def _rows(drawings: Iterable[str]) -> list[dict[str, Any]]:
    """One row a drawing; structural alerts are looked for in all parents of the chunk at once."""
    RDLogger.DisableLog("rdApp.*")
    read = [(text, *_parent_of(text)) for text in drawings]
    parents = [parent for _, parent, _ in read if parent is not None]
    described = iter(_described(parents))
    return [
        {"drawn": text, **known, **(next(described) if parent is not None else {})}
        for text, parent, known in read
    ]


def standardise(smiles: str) -> dict[str, Any]:
    """The parent of one drawing and what follows from it; or why it is not understood."""
    return {k: v for k, v in _rows([smiles])[0].items() if k != "drawn"}


def _parent_of(smiles: str) -> tuple[Chem.Mol | None, dict[str, Any]]:
    """The parent of a drawing with its identity; None and a fault where it has none."""
    drawn = Chem.MolFromSmiles(smiles)
    if drawn is None:
        return None, {"fault": "SMILES is not understood"}
    if drawn.GetNumHeavyAtoms() > LARGEST:
        return None, {"fault": f"more than {LARGEST} heavy atoms"}
    try:
        parent = _parent(drawn)
        inchikey = Chem.MolToInchiKey(parent)
    except (ValueError, RuntimeError) as error:
        return None, {"fault": f"can't be standardised: {str(error).splitlines()[0][:80]}"}
    if not inchikey:
        return None, {"fault": "no InChI can be made"}
    known = {
        "inchikey": inchikey,
        "smiles": Chem.MolToSmiles(parent),
        "salt": len(Chem.GetMolFrags(drawn)) > 1,
    }
    return parent, known


def _parent(drawn: Chem.Mol) -> Chem.Mol:
    tools = _tools()
    whole = tools["normaliser"].normalize(rdMolStandardize.DisconnectOrganometallics(drawn))
    return tools["uncharger"].uncharge(tools["largest"].choose(whole))


@cache
def _tools() -> dict[str, Any]:
    preferences = rdMolStandardize.CleanupParameters()
    preferences.preferOrganic = True
    patterns = FilterCatalog.FilterCatalogParams()
    for name in ("BRENK", "PAINS"):
        patterns.AddCatalog(getattr(FilterCatalog.FilterCatalogParams.FilterCatalogs, name))
    return {
        "largest": rdMolStandardize.LargestFragmentChooser(preferences),
        "uncharger": rdMolStandardize.Uncharger(),
        "normaliser": rdMolStandardize.Normalizer(),
        "alerts": _patterns(FilterCatalog.FilterCatalog(patterns)),
        "morgan": rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS),
    }


def _patterns(catalog: FilterCatalog.FilterCatalog) -> list[tuple[str, Chem.Mol]]:
    """Name and pattern of every entry of a catalogue.

    The catalogue itself tries each pattern on each molecule; taken out of it, the patterns can be
    screened by fingerprint, which gives the same matches in a third of the time.
    """
    entries = [catalog.GetEntryWithIdx(i) for i in range(catalog.GetNumEntries())]
    return [(e.GetDescription(), _pattern(e.Serialize(), e.GetDescription())) for e in entries]


def _pattern(entry: bytes, name: str) -> Chem.Mol:
    """The pattern in a serialised entry: after the name, its length in bytes and a pickle."""
    _, _, tail = entry.partition(f" {name} ".encode())
    size, _, rest = tail.partition(b" ")
    return Chem.Mol(rest[: int(size)])


def _described(mols: Sequence[Chem.Mol]) -> list[dict[str, Any]]:
    """Descriptors, alerts and fingerprint of each parent."""
    library = SubstructLibrary(MolHolder(), PatternHolder())
    for mol in mols:
        library.AddMol(mol)
    alerts: list[set[str]] = [set() for _ in mols]
    for name, pattern in _tools()["alerts"]:
        for i in _having(library, pattern):
            alerts[i].add(name)
    undesirable = [0] * len(mols)
    for pattern in QED.StructuralAlerts:
        for i in _having(library, pattern):
            undesirable[i] += 1
    return [_row(*known) for known in zip(mols, alerts, undesirable, strict=True)]


def _having(library: SubstructLibrary, pattern: Chem.Mol) -> list[int]:
    return list(library.GetMatches(pattern, maxResults=-1, numThreads=1))


def _row(mol: Chem.Mol, alerts: set[str], undesirable: int) -> dict[str, Any]:
    weight, logp = Descriptors.MolWt(mol), Crippen.MolLogP(mol)
    tpsa, donors = rdMolDescriptors.CalcTPSA(mol), rdMolDescriptors.CalcNumHBD(mol)
    return {
        "molecular_weight": weight,
        "logp": logp,
        "tpsa": tpsa,
        "hydrogen_bond_donors": donors,
        "hydrogen_bond_acceptors": rdMolDescriptors.CalcNumHBA(mol),
        "rotatable_bonds": rdMolDescriptors.CalcNumRotatableBonds(mol),
        "rings": rdMolDescriptors.CalcNumRings(mol),
        "aromatic_rings": rdMolDescriptors.CalcNumAromaticRings(mol),
        "fraction_sp3": rdMolDescriptors.CalcFractionCSP3(mol),
        "heavy_atoms": mol.GetNumHeavyAtoms(),
        "formal_charge": Chem.GetFormalCharge(mol),
        "qed": QED.qed(
            mol, qedProperties=_properties(mol, weight, logp, tpsa, donors, undesirable)
        ),
        "alerts": sorted(alerts),
        "fingerprint": _packed(_tools()["morgan"].GetFingerprintAsNumPy(mol)),
    }


def _properties(
    mol: Chem.Mol, weight: float, logp: float, tpsa: float, donors: int, undesirable: int
) -> QED.QEDproperties:
    """What QED rests on (Bickerton et al. 2012), as RDKit counts it."""
    strict = rdMolDescriptors.NumRotatableBondsOptions.Strict
    rest = Chem.DeleteSubstructs(Chem.Mol(mol), QED.AliphaticRings)
    return QED.QEDproperties(
        MW=weight,
        ALOGP=logp,
        HBA=sum(len(mol.GetSubstructMatches(p)) for p in QED.Acceptors),
        HBD=donors,
        PSA=tpsa,
        ROTB=rdMolDescriptors.CalcNumRotatableBonds(mol, strict),
        AROM=len(Chem.GetSSSR(rest)),
        ALERTS=undesirable,
    )


def _packed(bits: Any) -> bytes:
    return np.packbits(bits.astype(bool)).tobytes()
