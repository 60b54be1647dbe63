"""A risk profile along the characteristics of trustworthy AI of the NIST AI RMF 1.0 (2023).

Every number comes with the command that makes it; a number that was not made says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gnn.figures import said
from gnn.measures import Measure, measure, measures_table, report_command
from gnn.ranking import HEADLINE
from gnn.strongest import strongest
from gnn.target_score import ModelInfo
from kg.release import Release

Values = Mapping[str, Any]


RESILIENT = "Secure and resilient"
CHARACTERISTICS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Valid and reliable": (
        (f"{HEADLINE}, diseases never seen", f"zero_shot/methods/stacked/{HEADLINE}"),
        ("the same by publications alone", f"zero_shot/methods/publications/{HEADLINE}"),
        (
            "gain over personalised PageRank (phenotype), paired",
            f"zero_shot/paired_gain/{HEADLINE}/pagerank_phenotype",
        ),
        (f"{HEADLINE}, genes found later", f"time/methods/stacked/{HEADLINE}"),
        (f"{HEADLINE}, gene families never seen", f"family/methods/stacked/{HEADLINE}"),
        ("calibration error, supported scores", "calibration/supported/sampled/ece"),
        ("calibration error, indirect scores", "calibration/indirect/sampled/ece"),
        ("calibration error, served causality", "calibration/causality/sampled/ece"),
        (
            "the same by another panel, on diseases of its own (Gene2Phenotype)",
            "calibration/causality_by_gene2phenotype/sampled/ece",
        ),
        ("the same (Orphanet)", "calibration/causality_by_orphanet/sampled/ece"),
        ("calibration error, served druggability", "calibration/druggability/sampled/ece"),
    ),
    "Safe": (
        ("conformal coverage at 90 %, supported", "calibration/supported/conformal/90%/coverage"),
        ("share that a 90 % set decides", "calibration/supported/conformal/90%/decided"),
        (
            "right of the pairs that a 90 % set calls causal, with direct evidence",
            "calibration/supported/conformal/90%/right_of_called_causal",
        ),
        (
            "the same without direct evidence",
            "calibration/indirect/conformal/90%/right_of_called_causal",
        ),
        (
            "balanced accuracy of the tenth of direction calls that is surest, families held out",
            "direction/purged/curve/balanced_accuracy/0",
        ),
        ("pairs whose curated directions conflict", "direction/pairs/conflicts"),
        (
            "right of calls by homologues, of genes that cause a disease (none to inhibit is "
            "served)",
            "direction/known_causes/homologues/share_right",
        ),
        (
            "right of calls by drugs on the gene (to inhibit is served of drugs for it alone)",
            "direction/known_causes/drugs/share_right",
        ),
    ),
    RESILIENT: (
        (
            "forged interactions or literature records that lift half of the pairs into the top 10",
            "robustness/poisoning/median_records",
        ),
        ("Kendall tau of the top 100, 5 % of edges forged", "robustness/edge_noise/5%"),
        ("the same, trained again on them", "retraining/edge_noise/5%/tau"),
        ("between trainings with other seeds", "retraining/other_seed/tau"),
    ),
    "Explainable and interpretable": (
        ("share lost without the first 5 shown grounds", "explanation/shown/deletion/first 5"),
        ("the same for random grounds", "explanation/random/deletion/first 5"),
        ("the same by degree alone", "explanation/degree/deletion/first 5"),
        ("fidelity+ (PyG), first 5 grounds", "explanation/shown/fidelity_plus"),
        ("fidelity- (PyG)", "explanation/shown/fidelity_minus"),
        ("unfaithfulness (PyG)", "explanation/shown/unfaithfulness"),
        ("stability over seeds (Jaccard)", "explanation/stability"),
    ),
    "Fair, with harmful bias managed": (
        ("AUROC, all other genes", "zero_shot/methods/stacked/auroc"),
        (
            "AUROC against genes as often published on",
            "zero_shot/methods/stacked/auroc_matched_by_publications",
        ),
        (
            "AUROC against genes of as many edges",
            "zero_shot/methods/stacked/auroc_matched_by_degree",
        ),
        ("Spearman of score and publications", "bias/spearman/publications"),
        ("the same after mitigation", "bias/spearman_debiased/publications"),
        (
            "recall in the least published quarter of genes, the stack",
            "bias/recall/lowest_quartile",
        ),
    ),
}
"""What is read from metrics.json, by characteristic: in words, and the path."""


def text(release: Release, info: ModelInfo, figures: Values) -> str:
    """The profile in Markdown."""
    parts = [
        f"# Risk profile: model {info.id}",
        f"Along the NIST AI RMF 1.0. Variant `{info.variant}`, release `{release.id}`. A command "
        "that ends in a key prints metrics as JSON; the key is the path to the number in it.",
    ]
    for name, measures in profile(release, figures).items():
        parts += [f"## {name}", measures_table(measures)]
    return "\n\n".join(parts) + "\n"


def profile(release: Release, figures: Values) -> dict[str, list[Measure]]:
    """Measures of every characteristic."""
    found = {
        name: [measure(figures, what, path) for what, path in rows]
        for name, rows in CHARACTERISTICS.items()
    }
    found[RESILIENT] += strongest(figures)
    return found | {
        "Accountable and transparent": list(_accountable(release)),
        "Privacy-enhanced": list(_private(release)),
    }


def _accountable(release: Release) -> Iterator[Measure]:
    told = release.manifest
    read = [s for s in told["sources"] if not s["absent"]]
    command = report_command(release)
    yield Measure("sources with version, licence and SHA-256", said(len(read)), command)
    yield Measure("records of evidence, each with its file and line", _evidence(told), command)
    aside = sum(sum(s["quarantined"].values()) for s in read)
    yield Measure("rows set aside, each with file, line and reason", said(aside), command)
    wrong = len(release.verify())
    verify = f"target-kg verify --release {release.id} --json"
    yield Measure("files that differ from the manifest", said(wrong), verify)


def _evidence(manifest: Values) -> str:
    return said(manifest["counts"]["evidence"])


def _private(release: Release) -> Iterator[Measure]:
    """Records made from single people: case reports that were published."""
    command = report_command(release)
    cases = sum(
        s["kept"]
        for s in release.manifest["sources"]
        if s["id"] == "phenopackets" and not s["absent"]
    )
    yield Measure("rows from published case reports (Phenopackets), no names", said(cases), command)
