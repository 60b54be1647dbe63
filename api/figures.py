"""metrics.json in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """The figures a reader looks for first."""
    split = figures.get("zero_shot") or {}
    if split.get("methods"):
        yield f"diseases never seen ({split['queries']} queries, prevalence {split['prevalence']}):"
        for name, row in split["methods"].items():
            mean, lower, upper = row["recall@200"]
            yield f"  recall@200 {mean:.3f} [{lower:.3f}, {upper:.3f}]  {name}"
        gain = split["paired_gain"]
        mean, lower, upper = gain["recall@200"]
        yield f"  {gain['of']} - {gain['over']}: {mean:+.3f} [{lower:+.3f}, {upper:+.3f}]"
    for name, row in (figures.get("calibration") or {}).items():
        if "ece" in row:
            yield (
                f"calibration, {name}: ECE {row['ece']:.5f}, Brier skill "
                f"{row['brier_skill']:+.4f}, prevalence {row['prevalence']:.6f}"
            )
    for modality, row in (figures.get("druggability") or {}).items():
        if isinstance(row, Mapping) and "intrinsic" in row:
            yield (
                f"druggability, {modality}: AUROC {row['intrinsic']['auroc']:.3f} "
                f"(publications {row['publications']['auroc']:.3f}), AP "
                f"{row['intrinsic']['average_precision']:.3f} "
                f"({row['publications']['average_precision']:.3f}), prevalence {row['prevalence']}"
            )
    direction = figures.get("direction") or {}
    if "coverage" in direction:
        yield (
            f"direction from homologues: coverage {direction['coverage']:.2f}, balanced accuracy "
            f"{direction['balanced_accuracy']:.2f}, {direction['genes']} genes"
        )
