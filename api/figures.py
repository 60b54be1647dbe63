"""metrics.json in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SPLITS: Mapping[str, str] = {
    "zero_shot": "diseases never seen",
    "time": "genes found later",
    "family": "gene families never seen",
}


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """The figures a reader looks for first."""
    for split, title in SPLITS.items():
        yield from _ranking(title, figures.get(split) or {})
    reason = (figures.get("default") or {}).get("reason")
    if reason:
        yield str(reason)
    for name, section in (figures.get("calibration") or {}).items():
        for at in ("natural", "sampled"):
            if row := section.get(at):
                yield (
                    f"calibration, {name}, {at}: ECE {row['ece']:.5f}, Brier skill "
                    f"{row['brier_skill']:+.4f}, prevalence {row['prevalence']:.6f}"
                )
    for question, row in ((figures.get("druggability") or {}).get("purged") or {}).items():
        told = row["methods"]["model"]
        fame = row["methods"]["publications"]
        yield (
            f"druggability, {question}, families held out: AUROC {told['auroc'][0]:.3f} "
            f"(publications {fame['auroc'][0]:.3f}), AP {told['average_precision'][0]:.3f} "
            f"({fame['average_precision'][0]:.3f}), prevalence {row['prevalence']}"
        )
    for split in ("homology_reduced", "purged"):
        if row := (figures.get("direction") or {}).get(split):
            mean, lower, upper = row["auroc"]["learned"]
            told = split.replace("_", " ")
            yield f"direction, {told}: AUROC {mean:.3f} [{lower:.3f}, {upper:.3f}]"
    for name in ("all", "non_lipid"):
        if row := (figures.get("locus_to_gene") or {}).get(name):
            mean, lower, upper = row["average_precision"]["features_and_prior"]
            yield (
                f"locus to gene, {name.replace('_', ' ')}: AP {mean:.3f} [{lower:.3f}, {upper:.3f}]"
            )


def _ranking(title: str, split: Mapping[str, Any]) -> Iterator[str]:
    """Every method's recall, and how far the served one is ahead."""
    if not split.get("queries"):
        return
    yield f"{title} ({split['queries']} queries, prevalence {split['prevalence']}):"
    gains = split["paired_gain"]["recall@200"]
    for name, row in split["methods"].items():
        if "recall@200" not in row:
            yield f"  {name}: {row['not_measured']}"
            continue
        mean, lower, upper = row["recall@200"]
        told = f"  recall@200 {mean:.3f} [{lower:.3f}, {upper:.3f}]  {name}"
        if name in gains:
            gain, least, most = gains[name]
            yield f"{told:62} served {gain:+.3f} [{least:+.3f}, {most:+.3f}]"
        else:
            yield f"{told:62} served"
