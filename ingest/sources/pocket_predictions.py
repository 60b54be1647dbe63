"""Pockets as others scored them: DrugEBIlity on crystal structures, fpocket on AlphaFold models.

Both are predictions and facts to look at. DrugEBIlity's sites have neither residues nor ligands:
they say how the sites of an entry look, and nothing of where they are.
"""

from __future__ import annotations

import polars as pl
from polars import col

from ingest.frames import Frames, facts, number
from ingest.source import Inputs, Source, SourceFile
from ingest.tables import TableFormat
from kg.biolink import Category, EvidenceClass

SITES = "drugebility/sites_2018-08.tsv.gz"
MODELS = "alphafold_pockets/best_pocket_descriptors.csv.gz"
SIFTS = "sifts/pdb_chain_uniprot.2019-06.csv.gz"
GENE = Category.GENE
_LARGEST = 1e5
"""Cubic angstrom; a larger "pocket" is a fault of the table."""


def read(inputs: Inputs) -> Frames:
    """Sites by entry and by gene, then the best pocket of each model."""
    return Frames.concat([_sites(inputs), _models(inputs)])


def _sites(inputs: Inputs) -> Frames:
    table = inputs.table(SITES)
    good, bad = table.split(
        {
            "no PDB entry": col("pdb_code").str.contains(r"^[0-9][0-9a-zA-Z]{3}$"),
            "score is no number": number("ensemble").is_not_null(),
            "verdict is neither 0 nor 1": col("druggable").is_in(["0", "1"])
            & col("tractable").is_in(["0", "1"]),
        }
    )
    scored = good.with_columns(
        entry=col("pdb_code").str.to_lowercase(),
        ensemble=number("ensemble"),
        drug=col("druggable") == "1",
        tract=col("tractable") == "1",
    )
    entries = _summed(scored, "entry")
    chains = inputs.table(SIFTS).rows.select(
        entry=col("PDB").str.to_lowercase(), protein="SP_PRIMARY"
    )
    proteins = _summed(scored.join(chains.unique(), on="entry"), "protein")
    return Frames(
        facts=pl.concat(
            [
                _said(inputs, entries, pl.lit("PDB:") + col("entry"), Category.STRUCTURE),
                _said(inputs, proteins, pl.lit("UniProtKB:") + col("protein"), GENE),
            ]
        ),
        quarantine=bad,
        rows=table.n_lines,
    )


def _summed(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    return rows.group_by(by, maintain_order=True).agg(
        col("line").first(),
        sites=pl.len(),
        druggable=col("drug").mean(),
        tractable=col("tract").mean(),
        best=col("ensemble").max(),
    )


def _said(inputs: Inputs, rows: pl.DataFrame, subject: pl.Expr, category: Category) -> pl.DataFrame:
    return facts(
        inputs,
        SITES,
        rows,
        subject=subject,
        subject_category=category,
        numbers={
            "drugebility.sites": col("sites"),
            "drugebility.druggable_share": col("druggable"),
            "drugebility.tractable_share": col("tractable"),
            "drugebility.best_ensemble": col("best"),
        },
    )


def _models(inputs: Inputs) -> Frames:
    table = inputs.table(MODELS)
    score, volume = number("Druggability Score"), number("Volume")
    good, bad = table.split(
        {
            "no UniProt accession": col("Protein").str.contains(r"^[A-Z0-9]{6,10}$"),
            "score is no number from 0 to 1": score.is_between(0.0, 1.0),
            "volume is no number of a pocket": volume.is_between(0.0, _LARGEST),
        }
    )
    said = facts(
        inputs,
        MODELS,
        good,
        subject=pl.lit("UniProtKB:") + col("Protein"),
        subject_category=GENE,
        numbers={
            "alphafold_pocket.druggability": score,
            "alphafold_pocket.second": number("Second Highest Druggable Pocket Score"),
            "alphafold_pocket.count": number("Total Pocket Number"),
            "alphafold_pocket.volume": volume,
            "alphafold_pocket.hydrophobicity": number("Hydrophobicity score"),
        },
        texts={"alphafold_pocket.method": pl.lit("fpocket on an AlphaFold model (predicted)")},
        units={"alphafold_pocket.volume": "cubic angstrom"},
    )
    return Frames(facts=said, quarantine=bad, rows=table.n_lines)


POCKET_PREDICTIONS = Source(
    id="pocket_predictions",
    title="Predicted druggability of pockets",
    infores="infores:drugebility",
    about="DrugEBIlity's sites of crystal structures, fpocket's best pocket of AlphaFold models.",
    files=(
        SourceFile(SITES, columns=("pdb_code", "ensemble", "tractable", "druggable")),
        SourceFile(
            MODELS,
            columns=(
                "Protein",
                "Druggability Score",
                "Total Pocket Number",
                "Second Highest Druggable Pocket Score",
                "Volume",
                "Hydrophobicity score",
            ),
            format=TableFormat(delimiter=",", quote='"'),
        ),
        SourceFile(
            SIFTS,
            columns=("PDB", "SP_PRIMARY"),
            format=TableFormat(delimiter=",", comment="#"),
        ),
    ),
    read=read,
    evidence_class=EvidenceClass.PREDICTION,
)
