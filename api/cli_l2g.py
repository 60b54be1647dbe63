"""The command that scores genes at loci."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import polars as pl
import typer

from api.console import (
    AsJson,
    ModelOption,
    ReleaseOption,
    VariantOption,
    messages,
    print_json,
    state,
)
from api.tables import read_table, texts, write_table
from gnn import checkpoint
from gnn.fitted import Fitted, from_arrays
from gnn.loci import Loci, Names, loci_of
from gnn.score import nodes_at
from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.errors import BadArgument, ModelError
from kg.layout import LOCUS_FEATURES
from kg.release import Release

LOCUS, GENE, TRAIT = "studyLocusId", "geneId", "traitFromSourceMappedId"
ADDED = ("probability", "probability_hypothesis_free", "reason")


def l2g(
    file: Annotated[Path, typer.Argument(help="Genes at loci: .tsv, .csv (also .gz) or .parquet.")],
    out: Annotated[Path, typer.Option(help="A .csv, .tsv or .parquet file.")],
    release: ReleaseOption = None,
    model: ModelOption = None,
    variant: VariantOption = None,
    as_json: AsJson = False,
) -> None:
    """Score genes at loci; the same rows come back in the same order.

    Example: target-kg l2g loci.tsv.gz --out scores.tsv
    """
    state.json = as_json
    table = read_loci(file)
    opened = state.home.open(release)
    directory = checkpoint.find(state.home, opened, model, variant)
    told = checkpoint.describe(directory)
    fitted = from_arrays(checkpoint.load(directory, opened))
    answers = scored(table, opened, fitted, told.id)
    write_table(answers, out)
    lacking = int((answers["reason"] != "").sum())
    if as_json:
        names = {"release": told.release, "model": told.id, "variant": told.variant}
        print_json({**names, "rows": len(answers), "without_prior": lacking, "out": str(out)})
    else:
        said = f", {lacking:,} of them without all of the graph's prior" if lacking else ""
        messages.print(f"{len(answers):,} rows scored{said}; written to {out}")


def read_loci(path: Path) -> pl.DataFrame:
    """A table of genes at loci as text and numbers; a column of verdicts is left out unread.

    Raises:
        BadArgument: the file can't be read, lacks a column, or has a feature that is no number.
    """
    table = read_table(path)
    for column in (LOCUS, GENE, *LOCUS_FEATURES):
        if column not in table.columns:
            kind = "feature column" if column in LOCUS_FEATURES else "column"
            raise BadArgument(
                f"{path}: no {kind} {column!r}; `l2g` needs {LOCUS}, {GENE} and the "
                f"{len(LOCUS_FEATURES)} features of Open Targets' matrix"
            )
    names = [LOCUS, GENE, *([TRAIT] if TRAIT in table.columns else [])]
    features = texts(path, table, LOCUS_FEATURES)
    numbers = table.select(_as_number(features[name]) for name in LOCUS_FEATURES)
    for name in LOCUS_FEATURES:
        given = features[name].str.strip_chars() != ""
        bad = (given & numbers[name].is_null()).arg_true()
        if len(bad):
            row = int(bad[0])
            raise BadArgument(
                f"{path}: row {row + 1}, column {name!r}: {table[name][row]!r} is no number"
            )
    return texts(path, table, names).hstack(numbers)


def scored(table: pl.DataFrame, release: Release, fitted: Fitted, model: str) -> pl.DataFrame:
    """The rows with probabilities, and in words what of the prior is missing.

    Args:
        table: As `read_loci` gives it.
        release: Of the model.
        fitted: The model.
        model: Its id, for the error.

    Raises:
        ModelError: the model has no locus-to-gene part.
    """
    if fitted.loci is None:
        raise ModelError(
            f"model {model} was not trained on loci: release {release.id} holds too few; build "
            "it with the source locus_gold_standards (no --as-of before 2025-04-30), and train"
        )
    store = EmbeddedStore(release)
    traits = np.array(store.category_range(Category.PHENOTYPE), np.int64)
    indices = (nodes_at(store, at) for at in (fitted.gene_at, fitted.disease_at, traits))
    loci = _numbered(table, Names(store, *indices))
    found = fitted.loci.score(loci)
    return table.select(LOCUS, GENE).with_columns(
        pl.Series(ADDED[0], found.probability),
        pl.Series(ADDED[1], found.hypothesis_free),
        pl.Series(ADDED[2], _reasons(table, loci)),
    )


def _numbered(table: pl.DataFrame, names: Names) -> Loci:
    features = table.select(LOCUS_FEATURES).to_numpy().astype(np.float32)
    return loci_of(
        table[LOCUS].to_list(),
        table[GENE].str.strip_chars().to_list(),
        [text or None for text in _traits(table)],
        features,
        names,
    )


def _traits(table: pl.DataFrame) -> list[str]:
    """What was studied at each row's locus: the first of several identifiers, '' for none."""
    if TRAIT not in table.columns:
        return [""] * len(table)
    return [str(t) for t in table[TRAIT].str.split(",").list.first().str.strip_chars().to_list()]


def _reasons(table: pl.DataFrame, loci: Loci) -> list[str]:
    reasons = []
    for gene, number, given, trait in zip(
        loci.gene_name, loci.gene.tolist(), _traits(table), loci.trait, strict=True
    ):
        if number < 0:
            said = f"gene {gene!r} is no protein-coding gene of the release: no prior"
        elif trait is None:
            what = f"trait {given!r} is unknown" if given else "no trait is told"
            said = f"{what}: prior of the gene alone"
        else:
            said = ""
        reasons.append(said)
    return reasons


def _as_number(text: pl.Series) -> pl.Series:
    value = text.str.strip_chars().cast(pl.Float64, strict=False)
    finite = pl.select(pl.when(value.is_finite()).then(value)).to_series()
    return finite.alias(text.name)
