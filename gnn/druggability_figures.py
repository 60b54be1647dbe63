"""How well tractability is told, by modality, with families held out and with them shown.

- *purged*: families and all that shares anything with them held out; no encoding of labels. Folds
  differ in how many positives they leave to learn from, so that each fold's training log-odds are
  taken off before the pooled figures; the mean within folds needs no such offset.
- *homology-reduced*: folds of 30 % clusters, with the rates of the wider family: what is served.
- *later*: learned from the targets of approved drugs by the levels of 2019 alone, asked for genes
  that were none then and whose first approval came since, and for all that the release's wider
  catalogue has; other genes that were none are the negatives. Folds are those of the
  homology-reduced split, so that no model learned that the gene asked for was none.
Features and settings were chosen on folds of seed 100; the folds reported are those of seed 0.
The baselines (`gnn.druggability_baselines`) see the labels that the model sees, fold by fold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import spearmanr

from gnn.clustered import auroc, average_precision, interval, log_odds, paired, plain, within
from gnn.druggability import (
    PURGED_TREES,
    Plan,
    Precedent,
    cluster_folds,
    cross_fit,
    gene_groups,
)
from gnn.druggability_baselines import Rivals
from gnn.druggability_features import Mask, Views, family_rates
from gnn.drugs import APPROVED, DrugMechanisms
from gnn.families import Families, label_rate
from gnn.graph import Graph
from gnn.ontology import Floats, Index
from gnn.publication_bias import publication_bins, without_publications
from gnn.target_score import MODALITIES

CHOSEN_ON, REPORTED = 100, 0
"""Seeds of the folds that features were chosen on, and of those reported."""
LEVELS = ("Tdark", "Tbio", "Tchem", "Tclin")
ASKED = ("any", "approved", "tclin", *MODALITIES)
"""Questions that are asked with families held out."""
LEAST = 20
"""Positives below which a question is not asked."""
EVERYTHING = 1_000_000
FROZEN = "2019-12-31"
"""Day from which on an approval is later than the levels."""
TCLIN, TCHEM = LEVELS.index("Tclin"), LEVELS.index("Tchem")
INTRINSIC = "boosting_on_intrinsic"
"""The model without its graph columns: boosting on the first of its views alone."""
Scores = npt.NDArray[np.float64]
BIASES = {"publication_bias": "publications", "degree_bias": "degree"}
"""What a score is matched by, of the baselines that stand for fame."""
Figures = dict[str, object]


def questions(precedent: Precedent, levels: npt.NDArray[np.int8]) -> dict[str, Mask]:
    """Positives of each question, bool (genes,): by modality, over all, approved, and Tclin."""
    by_modality = dict(zip(MODALITIES, precedent.precedented, strict=True))
    reached = np.nan_to_num(precedent.phase, nan=-1.0)
    return {
        "any": precedent.precedented.any(axis=0),
        "approved": (reached >= APPROVED).any(axis=0),
        "tclin": levels == TCLIN,
        **by_modality,
    }


def development_levels(graph: Graph) -> npt.NDArray[np.int8]:
    """Target development level of each gene, position in `LEVELS`, -1 for none, int8 (genes,)."""
    table = graph.release.table("labels", ["kind", "subject", "text"])
    rows = table.filter(pc.equal(table["kind"].cast(pa.string()), "development_level"))
    gene = graph.local_genes(rows["subject"])
    level = np.array([LEVELS.index(t) for t in rows["text"].to_pylist()], np.int8)
    found = np.full(len(graph.genes), -1, np.int8)
    np.maximum.at(found, gene[gene >= 0], level[gene >= 0])
    return found


def druggability_figures(
    graph: Graph,
    columns: Mapping[str, Views],
    rivals: Rivals,
    asked: tuple[str, ...] = ASKED,
    seed: int = REPORTED,
) -> Figures:
    """Figures of each question with families held out, and with clusters held out as served.

    Args:
        graph: The release.
        columns: Views by name; the first is the model, the others are compared with it.
        rivals: What the baselines read.
        asked: Which questions of families held out.
        seed: Of the folds.
    """
    families, precedent = Families.of(graph), Precedent.of(graph)
    levels = development_levels(graph)
    told = questions(precedent, levels)
    positives = {name: positive for name, positive in told.items() if positive.sum() >= LEAST}
    plain = {**rivals.plain, "development_level_2019": levels.astype(np.float32)}
    rivals = replace(rivals, plain=plain)
    model = next(iter(columns.values()))
    return {
        "positives": "genes of a drug mechanism: any phase >= 1 (any, and by modality), approved, "
        "or Tclin of TCRD 2019; all others are unlabelled and count as negatives",
        "folds_chosen_on": CHOSEN_ON,
        "folds_reported": seed,
        "purged": {
            name: purged_figures(families, columns, positives[name], rivals, seed)
            for name in asked
            if name in positives
        },
        "homology_reduced": {
            name: reduced_figures(graph, families, model, positives[name], rivals, seed)
            for name in MODALITIES
            if name in positives
        },
        "later": later_figures(graph, families, columns, levels, rivals, seed),
    }


def purged_figures(
    families: Families,
    columns: Mapping[str, Views],
    positive: Mask,
    rivals: Rivals,
    seed: int,
) -> Figures:
    """One question with families held out.

    The development level and family precedent are made of labels: how far those alone go.
    """
    fold = families.folds(positive, seed=seed)
    offset = _training_log_odds(families, fold, positive)
    plan = Plan(fold, families.unrelated, bags=1, unlabelled=EVERYTHING, trees=PURGED_TREES)
    fitted = {name: cross_fit(x, positive, plan, seed) for name, x in columns.items()}
    first = next(iter(columns))
    scores = {name: _mean(rows) - offset for name, rows in fitted.items()}
    scores[INTRINSIC] = _mean(_first_view(fitted[first], columns[first])) - offset
    scores["family_precedent"] = (
        log_odds(label_rate(families, positive, fold, families.unrelated)) - offset
    )
    scores |= rivals.scores(positive, fold, families.unrelated)
    return {
        "genes_to_learn_from": [
            int(families.unrelated(fold == held).sum()) for held in np.unique(fold)
        ],
        **_table(scores, positive, families.group, fold),
        "gain": {
            other: paired(auroc, positive, scores[first], score, families.group)
            for other, score in scores.items()
            if other != first
        },
        **{
            key: {
                name: bias_figures(scores[name], rivals.plain[fame], positive) for name in columns
            }
            for key, fame in BIASES.items()
            if fame in rivals.plain
        },
    }


def reduced_figures(
    graph: Graph,
    families: Families,
    x: Views,
    positive: Mask,
    rivals: Rivals,
    seed: int,
) -> Figures:
    """One question with 30 % clusters held out, with and without the rates of the wider family."""
    cluster = gene_groups(graph)
    scores = _clustered_scores(cluster, families, {"model": x}, positive, rivals, seed)
    return _table(scores, positive, cluster, cluster_folds(cluster, seed))


def later_figures(
    graph: Graph,
    families: Families,
    columns: Mapping[str, Views],
    levels: npt.NDArray[np.int8],
    rivals: Rivals,
    seed: int,
) -> Figures:
    """Genes that were no target of 2019, told by those that were.

    Fewer than half of the approved drugs have a date of approval; the development levels were
    frozen in December 2019. Nothing was chosen on this question.

    Args:
        graph: The release.
        families: Of the genes.
        columns: Views by name, the first of the model.
        levels: As `development_levels` gives them.
        rivals: What the baselines read.
        seed: Of the folds.
    """
    learned = levels == TCLIN
    asked_of = _asked_later(graph, levels)
    if learned.sum() < LEAST or not asked_of:
        return {}
    cluster = gene_groups(graph)
    scores = _clustered_scores(cluster, families, columns, learned, rivals, seed)
    fold = cluster_folds(cluster, seed)
    found: Figures = {
        "learned_from": int(learned.sum()),
        "question": "approved_since_2020: genes that were not Tclin in TCRD 2019 and all of whose "
        "drugs' approvals have a date, none before 2020. The others have an approved drug in the "
        "release and were not Tclin (neither Tclin nor Tchem, without a potent ligand) in 2019: "
        "most were drugged by then, since the release's catalogue counts every subunit of a "
        "complex. Structures, annotations and publications are of the release",
    }
    for name, (mine, approved) in asked_of.items():
        truth = approved[mine]
        given = {method: score[mine] for method, score in scores.items()}
        found[name] = {
            **_table(given, truth, cluster[mine], fold[mine]),
            "gain": {
                other: paired(auroc, truth, given["model"], score, cluster[mine])
                for other, score in given.items()
                if other != "model"
            },
        }
    return found


def _asked_later(graph: Graph, levels: npt.NDArray[np.int8]) -> dict[str, tuple[Mask, Mask]]:
    """Who is asked and who was found, bool (genes,) each; questions of too few are left out."""
    approved, since = _approvals(graph)
    then = (levels >= 0) & (levels != TCLIN)
    asked = {
        "approved_since_2020": (then & (since | ~approved), since),
        "not_tclin_in_2019": (then, approved),
        "no_ligand_in_2019": (then & (levels < TCHEM), approved),
    }
    return {k: (mine, found) for k, (mine, found) in asked.items() if found[mine].sum() >= LEAST}


def _approvals(graph: Graph) -> tuple[Mask, Mask]:
    """Genes of an approved drug's mechanism, and those of drugs all approved after `FROZEN`.

    Returns:
        bool (genes,) each; no approval of the second is without a date.
    """
    told = DrugMechanisms.of(graph)
    drugs, gene = told.drug, told.gene
    counts = np.nan_to_num(graph.numbers_of("drug.max_phase", drugs), nan=0.0) >= APPROVED
    days = graph.texts_of("drug.first_approval", drugs)
    new = np.array([(day or "") > FROZEN for day in days], bool)
    mine = counts & (gene >= 0)
    n = len(graph.genes)
    of_all = np.bincount(gene[mine], minlength=n)
    return of_all > 0, (of_all > 0) & (np.bincount(gene[mine & new], minlength=n) == of_all)


def _clustered_scores(
    cluster: Index,
    families: Families,
    columns: Mapping[str, Views],
    positive: Mask,
    rivals: Rivals,
    seed: int,
) -> dict[str, Scores]:
    """Log-odds of every gene by models that saw none of its cluster, and the baselines."""
    fold = cluster_folds(cluster, seed)
    served, plain = Plan(fold, _others, family_rates(families.shared)), Plan(fold, _others)
    name, x = next(iter(columns.items()))
    bare = cross_fit(x, positive, plain, seed)
    others = {k: v for k, v in columns.items() if k != name}
    return {
        "model": _mean(cross_fit(x, positive, served, seed)),
        "without_family_rates": _mean(bare),
        **{k: _mean(cross_fit(v, positive, plain, seed)) for k, v in others.items()},
        INTRINSIC: _mean(_first_view(bare, x)),
        "family_precedent": label_rate(families, positive, fold, _others),
        **rivals.scores(positive, fold, _others),
    }


def _mean(rows: Floats) -> Scores:
    """Of the models of each gene, float64 (genes,)."""
    mean: Scores = rows.mean(axis=0).astype(np.float64)
    return mean


def _first_view(rows: Floats, x: Views) -> Floats:
    """Models of the first view alone: `cross_fit` takes the views in turn."""
    return rows[:: len(x)]


def _others(mine: Mask) -> Mask:
    return ~mine


def _training_log_odds(families: Families, fold: Index, positive: Mask) -> Scores:
    """Log-odds of a positive among the genes each gene's model learned from, (genes,)."""
    offset = np.zeros(len(fold))
    for held in np.unique(fold):
        mine = fold == held
        offset[mine] = log_odds(positive[families.unrelated(mine)].mean())
    return offset


def _table(scores: Mapping[str, Scores], positive: Mask, cluster: Index, fold: Index) -> Figures:
    return {
        "positives": int(positive.sum()),
        "prevalence": round(float(positive.mean()), 5),
        "methods": {
            name: {
                "auroc": interval(auroc, positive, score, cluster),
                "average_precision": interval(average_precision, positive, score, cluster),
                "auroc_within_fold": within(auroc, positive, score, fold),
            }
            for name, score in scores.items()
        },
    }


def bias_figures(score: Scores, fame: Floats, positive: Mask) -> Figures:
    """Rank correlation with publications or degree, and what taking it off costs.

    *Matched* AUROC compares each positive with unlabelled genes of as many.
    """
    bins = publication_bins(fame)
    corrected = without_publications(score, bins, positive)
    known = fame >= 0
    return {
        "spearman_before": _spearman(score[known], fame[known]),
        "spearman_after": _spearman(corrected[known], fame[known]),
        "auroc_before": round(plain(auroc, positive, score), 4),
        "auroc_after": round(plain(auroc, positive, corrected), 4),
        "matched_auroc_before": within(auroc, positive, score, bins),
        "matched_auroc_after": within(auroc, positive, corrected, bins),
    }


def _spearman(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    return round(float(spearmanr(one, other).statistic), 4)
