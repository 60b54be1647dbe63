"""One drawing to its standardised parent, with RDKit: identity, descriptors, alerts, fingerprints.

The parent is the largest organic fragment, neutralised. Tautomers are not canonicalised: standard
InChI already treats mobile hydrogens alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import polars as pl
import rdkit
from rdkit import Chem, RDLogger
from rdkit.Chem import Crippen, Descriptors, rdMolDescriptors

from ingest.alerts import alerts_of, qed_of
from kg.drawings import morgan_bits, parent_of, pattern_bits

STANDARD = f"RDKit {rdkit.__version__}"
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
    "pattern": pl.Binary,
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
    RDLogger.DisableLog("rdApp.*")
    return [{"drawn": text, **standardise(text)} for text in drawings]


def standardise(smiles: str) -> dict[str, Any]:
    """The parent of one drawing and what follows from it; or why it is not understood."""
    drawn = Chem.MolFromSmiles(smiles)
    if drawn is None:
        return {"fault": "SMILES is not understood"}
    if drawn.GetNumHeavyAtoms() > LARGEST:
        return {"fault": f"more than {LARGEST} heavy atoms"}
    try:
        parent = parent_of(drawn)
        inchikey = Chem.MolToInchiKey(parent)
    except (ValueError, RuntimeError) as error:
        return {"fault": f"can't be standardised: {str(error).splitlines()[0][:80]}"}
    if not inchikey:
        return {"fault": "no InChI can be made"}
    return {
        "inchikey": inchikey,
        "smiles": Chem.MolToSmiles(parent),
        "salt": len(Chem.GetMolFrags(drawn)) > 1,
        **_described(parent),
    }


def _described(mol: Chem.Mol) -> dict[str, Any]:
    pattern = pattern_bits(mol)
    described = {
        "molecular_weight": Descriptors.MolWt(mol),
        "logp": Crippen.MolLogP(mol),
        "tpsa": rdMolDescriptors.CalcTPSA(mol),
        "hydrogen_bond_donors": rdMolDescriptors.CalcNumHBD(mol),
        "hydrogen_bond_acceptors": rdMolDescriptors.CalcNumHBA(mol),
        "rotatable_bonds": rdMolDescriptors.CalcNumRotatableBonds(mol),
        "rings": rdMolDescriptors.CalcNumRings(mol),
        "aromatic_rings": rdMolDescriptors.CalcNumAromaticRings(mol),
        "fraction_sp3": rdMolDescriptors.CalcFractionCSP3(mol),
        "heavy_atoms": mol.GetNumHeavyAtoms(),
        "formal_charge": Chem.GetFormalCharge(mol),
    }
    return described | {
        "qed": qed_of(mol, pattern, described),
        "alerts": alerts_of(mol, pattern),
        "fingerprint": morgan_bits(mol),
        "pattern": pattern,
    }
