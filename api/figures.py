"""metrics.json in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gnn.direction import CALL_LEVEL

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
        yield from _calibration(name.replace("_", " "), section)
    druggable = figures.get("druggability") or {}
    for split, title in (("purged", "families held out"), ("later", "told by targets of 2019")):
        for question, row in (druggable.get(split) or {}).items():
            if isinstance(row, dict):
                yield _tractability(f"{question.replace('_', ' ')}, {title}", row)
    served = str(CALL_LEVEL)
    if row := _conformal((figures.get("direction") or {}).get("homology_reduced"), served):
        right = " and ".join(_share(row[f"{way}_calls_right"]) for way in ("inhibit", "activate"))
        yield (
            f"direction, calls as served (level {CALL_LEVEL:.0%}), homology reduced: "
            f"{_share(row['called'])} called, to inhibit and activate {right} right"
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


def _tractability(question: str, row: Mapping[str, Any]) -> str:
    told, fame = row["methods"]["model"], row["methods"]["publications"]
    return (
        f"druggability, {question}: AUROC {told['auroc'][0]:.3f} "
        f"(publications {fame['auroc'][0]:.3f}), AP {told['average_precision'][0]:.3f} "
        f"({fame['average_precision'][0]:.3f}), prevalence {row['prevalence']}"
    )


def _calibration(name: str, section: Mapping[str, Any]) -> Iterator[str]:
    """Errors at each prevalence, and what a conformal set is worth."""
    for at in ("natural", "sampled"):
        if row := section.get(at):
            yield (
                f"calibration, {name}, {at}: ECE {row['ece']:.5f}, Brier skill "
                f"{row['brier_skill']:+.4f}, prevalence {row['prevalence']:.6f}"
            )
    if row := _conformal(section, "90%"):
        yield (
            f"calibration, {name}, not ruled out at 90 %: {_share(row['coverage'])} covered; right "
            f"of those called causal {_share(row['right_of_called_causal'], 6)}"
        )


def _conformal(section: Mapping[str, Any] | None, level: str) -> Mapping[str, Any] | None:
    return ((section or {}).get("conformal") or {}).get(level)


def _share(value: float | None, digits: int = 3) -> str:
    return "none" if value is None else f"{value:.{digits}f}"


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
