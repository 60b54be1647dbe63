"""Which figures of each head and audit the model card shows: in words, and the path."""

from __future__ import annotations

from collections.abc import Mapping

from gnn.direction import CALL_LEVEL
from gnn.ranking import HEADLINE
from gnn.target_score import MODALITIES

Rows = tuple[tuple[str, str], ...]
_CALLS = f"direction/homology_reduced/conformal/{CALL_LEVEL}"


def _later(name: str, told: str) -> Rows:
    here = f"druggability/later/{name}"
    return (
        (f"{told}: genes to find", f"{here}/positives"),
        (f"{told}: prevalence", f"{here}/prevalence"),
        (f"{told}: AUROC", f"{here}/methods/model/auroc"),
        (f"{told}: average precision", f"{here}/methods/model/average_precision"),
        (f"{told}: AUROC of publications", f"{here}/methods/publications/auroc"),
        (f"{told}: AUROC of degree", f"{here}/methods/degree/auroc"),
        (f"{told}: AUROC of the level of 2019", f"{here}/methods/development_level_2019/auroc"),
    )


def _tractability(modality: str) -> Rows:
    told, here = modality.replace("_", " "), f"druggability/homology_reduced/{modality}"
    return (
        (f"{told}: genes with a drug in people", f"{here}/positives"),
        (f"{told}: prevalence", f"{here}/prevalence"),
        (f"{told}: AUROC, homologues held out", f"{here}/methods/model/auroc"),
        (f"{told}: average precision", f"{here}/methods/model/average_precision"),
        (
            f"{told}: average precision of publications",
            f"{here}/methods/publications/average_precision",
        ),
        (f"{told}: average precision of PageRank", f"{here}/methods/pagerank/average_precision"),
        (
            f"{told}: average precision of kernel ridge",
            f"{here}/methods/kernel_ridge/average_precision",
        ),
    )


def _kinds(modality: str) -> Rows:
    told, here = modality.replace("_", " "), f"druggability/explanation/{modality}"
    return (
        (f"tractability by {told}, log-odds above the mean gene", f"{here}/above_the_mean_gene"),
        ("lost without the first kind of columns shown", f"{here}/shown/deletion/first 1"),
        ("the same for a kind at random", f"{here}/random/deletion/first 1"),
        ("the same for the kind that adds most to all", f"{here}/overall/deletion/first 1"),
        ("order of kinds between trainings (Spearman)", f"{here}/stability"),
    )


def _loci(name: str, told: str) -> Rows:
    here = f"locus_to_gene/{name}"
    return (
        (f"{told}: prevalence of the known gene", f"{here}/prevalence"),
        (f"{told}: average precision", f"{here}/average_precision/features_and_prior"),
        (f"{told}: features alone", f"{here}/average_precision/features"),
        (f"{told}: publications alone", f"{here}/average_precision/publications"),
        (f"{told}: direct evidence alone", f"{here}/average_precision/direct_evidence"),
        (f"{told}: PageRank alone", f"{here}/average_precision/pagerank_from_evidence"),
        (f"{told}: kernel ridge", f"{here}/average_precision/kernel_ridge"),
        (
            f"{told}: with hypothesis-free relations only",
            f"{here}/average_precision/hypothesis_free",
        ),
    )


CARD: Mapping[str, Rows] = {
    "Druggability": (
        *(row for modality in MODALITIES for row in _tractability(modality)),
        *_later("approved_since_2020", "approved since 2020, told by the drug targets of 2019"),
        *_later("not_tclin_in_2019", "told by the drug targets of 2019, of a wider catalogue"),
        ("Tclin, families held out: AUROC", "druggability/purged/tclin/methods/model/auroc"),
        (
            "the same by publications alone",
            "druggability/purged/tclin/methods/publications/auroc",
        ),
        ("the same from systematic columns", "druggability/purged/tclin/methods/systematic/auroc"),
        ("the same by PageRank", "druggability/purged/tclin/methods/pagerank/auroc"),
        ("the same by kernel ridge", "druggability/purged/tclin/methods/kernel_ridge/auroc"),
        (
            "the same by boosting on intrinsic columns",
            "druggability/purged/tclin/methods/boosting_on_intrinsic/auroc",
        ),
    ),
    "Direction": (
        ("genes with signed drugs", "direction/genes"),
        ("AUROC, homologues held out", "direction/homology_reduced/auroc/learned"),
        ("the rate among homologues alone", "direction/homology_reduced/auroc/homologues_alone"),
        ("AUROC, families held out", "direction/purged/auroc/learned"),
        ("share it abstains for, families held out", "direction/purged/abstained"),
        (
            f"share called at the {100 * CALL_LEVEL:.0f} % level, homologues held out",
            f"{_CALLS}/called",
        ),
        ("of calls to inhibit right", f"{_CALLS}/inhibit_calls_right"),
        ("of calls to activate right", f"{_CALLS}/activate_calls_right"),
        ("pairs called by the disease's own mechanism", "direction/pairs/same_disease/pairs"),
        ("of these right", "direction/pairs/same_disease/right"),
        ("pairs with a late drug", "direction/served_pairs/pairs"),
        ("share called without drugs tried for the disease", "direction/served_pairs/called"),
        ("of these calls right", "direction/served_pairs/called_right"),
        (
            "of these calls right where no drug for the disease acts on a relative",
            "direction/served_pairs/no_shared_drug/called_right",
        ),
    ),
    "Reversibility": (
        ("pairs that a drug was tried for", "reversibility/pairs"),
        ("prevalence of a late phase", "reversibility/prevalence"),
        ("AUROC", "reversibility/methods/reversibility/auroc"),
        (
            "relative success to approval, best twentieth",
            "reversibility/methods/reversibility/relative_success_approved_top_5",
        ),
        (
            "the same by direct evidence alone",
            "reversibility/methods/direct_alone/relative_success_approved_top_5",
        ),
        (
            "the same by publications",
            "reversibility/methods/publications/relative_success_approved_top_5",
        ),
        (
            "the same by PageRank from near kin",
            "reversibility/methods/pagerank_near/relative_success_approved_top_5",
        ),
        (
            "the same by direct evidence and walks",
            "reversibility/methods/direct_and_walks/relative_success_approved_top_5",
        ),
        (
            "the same by the stack, the disease hidden",
            "reversibility/methods/stacked/relative_success_approved_top_5",
        ),
        (
            "success of pairs with genetic support against those without",
            "reversibility/support/relative_success_approved",
        ),
        (
            "best twentieth, drugs on one or two genes",
            "reversibility/selective/methods/reversibility/relative_success_approved_top_5",
        ),
        (
            "genetic support, drugs on one or two genes",
            "reversibility/selective/support/relative_success_approved",
        ),
        ("gain over causality alone", "reversibility/gain_over/causality_alone"),
    ),
    "Locus to gene": (*_loci("all", "all loci"), *_loci("non_lipid", "non-lipid loci")),
    "Explanations": (
        ("lost without the first 5 grounds shown", "explanation/shown/deletion/first 5"),
        ("the same for random grounds", "explanation/random/deletion/first 5"),
        ("fidelity+", "explanation/shown/fidelity_plus"),
        ("fidelity-", "explanation/shown/fidelity_minus"),
        ("unfaithfulness", "explanation/shown/unfaithfulness"),
        ("the same for random grounds", "explanation/random/unfaithfulness"),
        ("stability over trainings (Jaccard)", "explanation/stability"),
        (
            "ranks without a source that are the same with boosting asked again",
            "explanation/counterfactuals/same",
        ),
        *_kinds("small_molecule"),
        *_kinds("antibody"),
    ),
    "Bias": (
        ("Spearman of score and publications", "bias/spearman/publications"),
        ("Spearman of score and degree", "bias/spearman/degree"),
        ("with publications after mitigation", "bias/spearman_debiased/publications"),
        ("with degree after mitigation", "bias/spearman_debiased/degree"),
        ("price of the mitigation in recall", "bias/price/test"),
        (
            "recall in the least published quarter of genes, the stack",
            "bias/recall/lowest_quartile",
        ),
        ("recall in the others", "bias/recall/other_quartiles"),
        ("share of hypothesis-free evidence", "bias/hypothesis_free_share"),
        ("European samples among records that tell ancestry", "bias/ancestry/shares/European"),
    ),
    "Robustness": (
        ("diseases asked", "robustness/diseases"),
        ("Kendall tau of the top 100, 1 % of edges forged", "robustness/edge_noise/1%"),
        ("the same, 5 %", "robustness/edge_noise/5%"),
        ("the same, 5 %, targeted", "robustness/edge_noise/targeted 5%"),
        ("Kendall tau between trainings", "robustness/seeds"),
        (
            "forged records that lift a pair into the top 10, median",
            "robustness/poisoning/median_records",
        ),
        ("Kendall tau, 5 % forged and trained again", "retraining/edge_noise/5%/tau"),
        ("the same, targeted", "retraining/edge_noise/targeted 5%/tau"),
        ("the same, other seed and nothing forged", "retraining/other_seed/tau"),
        ("price of counting by sources in recall", f"robustness/trust_price/{HEADLINE}"),
    ),
}
"""By heading of the card."""
