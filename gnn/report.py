"""The report people look at: one HTML page with plots, and the card and risk profile beside it.

The page loads nothing from elsewhere. Every table and plot is of metrics.json; the command that
made it stands at the top.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from gnn import audit_pages, calibration_page, model_card, plots, risk_profile
from gnn.conformal import LEVELS
from gnn.direction import CALL_LEVEL
from gnn.markdown import as_html
from gnn.page import document, figure, spread, table
from gnn.ranking import HEADLINE
from gnn.target_score import ModelInfo
from kg.release import Release, write_atomically

Values = Mapping[str, Any]
SHOWN = ("recall@20", "recall@100", "recall@200", "mrr", "ndcg@100", "auroc", "average_precision")
DIRECTION_SPLITS = plots.SPLITS_OF_GENES
NESTED = ("apart_from_choices", "new_to_kin", "without_mouse", "relations_as_of")
"""Tables within a section."""
SPLITS: Mapping[str, str] = {
    "zero_shot": "Diseases never seen",
    "time": "Genes found later",
    "family": "Gene families never seen",
    "random": "Random pairs, for the gap alone",
}


def write_reports(directory: Path, release: Release, info: ModelInfo, figures: Values) -> None:
    """Write report.html, model_card and risk_profile (.md and .html) beside a model.

    The card's page ends with the report's plots.
    """
    page = report(release, info, figures)
    write_atomically(directory / "report.html", page)
    shown = {"model_card": "<h2>Plots</h2><div class=plots>" + "".join(plots_of(page)) + "</div>"}
    texts = {
        "model_card": model_card.text(release, info, figures),
        "risk_profile": risk_profile.text(release, info, figures),
    }
    for name, text in texts.items():
        write_atomically(directory / f"{name}.md", text)
        title = name.replace("_", " ").capitalize()
        write_atomically(
            directory / f"{name}.html", document(title, as_html(text) + shown.get(name, ""))
        )


def plots_of(page: str) -> list[str]:
    """The figures of a page, each with its caption."""
    return re.findall(r"<figure\b.*?</figure>", page, re.DOTALL)


def report(release: Release, info: ModelInfo, figures: Values) -> str:
    """The page."""
    parts = [
        f"<h1>Model {escape(info.id)}: how good it is</h1>",
        f"<p class=muted>Variant <b>{escape(info.variant)}</b>, release "
        f"<code>{escape(release.id)}</code>, {len(info.seeds)} trainings of the network. Made by "
        f"{', '.join(f'<code>{escape(c)}</code>' for c in commands(figures))}.</p>",
        *_summary(figures),
        *_rankings(figures),
        *calibration_page.lines(figures.get("calibration", {})),
        *_direction(figures.get("direction", {})),
        *_druggability(figures.get("druggability", {})),
        *_reversibility(figures.get("reversibility", {})),
        *_locus(figures.get("locus_to_gene", {})),
        *audit_pages.bias(figures.get("bias", {})),
        *audit_pages.robustness(figures.get("robustness", {})),
        *audit_pages.retraining(figures.get("retraining", {})),
        *audit_pages.explanation(figures.get("explanation", {})),
    ]
    return document(f"Model {info.id}", "\n".join(parts))


def commands(figures: Values) -> list[str]:
    """The commands behind the figures, each once."""
    return list(dict.fromkeys(figures.get("commands", {}).values()))


def _summary(figures: Values) -> Iterator[str]:
    default = figures.get("default", {})
    if default.get("reason"):
        kind = "warn" if default.get("not_beaten") else "said"
        yield f"<div class={kind}><b>What is the default.</b> {escape(default['reason'])}</div>"
    for name, title in SPLITS.items():
        lost = figures.get(name, {}).get("not_beaten")
        if lost and name != "random":
            listed = ", ".join(n.replace("_", " ") for n in lost)
            yield (
                f"<div class=warn><b>Not shown to be better.</b> On <i>{title.lower()}</i> the "
                f"served model's paired gain over {escape(listed)} is not above 0 at 95 %.</div>"
            )


def _rankings(figures: Values) -> Iterator[str]:
    for name, title in SPLITS.items():
        section = figures.get(name, {})
        if not section:
            continue
        yield f"<h2>{title}</h2><p>{escape(str(section.get('split', '')))}.</p>"
        yield from _ranking(section, name)
        for nested in (section.get(key, {}) for key in NESTED):
            if nested.get("queries"):
                yield f"<h3>{escape(str(nested['split']))}</h3>"
                yield _method_table(nested)


def _ranking(section: Values, name: str) -> Iterator[str]:
    if not section.get("queries"):
        yield "<p class=muted>The release has nothing to ask here.</p>"
        return
    yield (
        f"<p class=muted>{section['queries']} queries over {section['diseases']} diseases; "
        f"prevalence {section['prevalence']:.5f} (positives among the genes ranked); intervals "
        "are 95 %, resampling diseases 1,000 times.</p>"
    )
    yield "<div class=plots>"
    if name != "random":
        yield figure(plots.ranking_curves(section), "How much is found by reading so far down.")
    yield figure(plots.method_bars(section), "Orange is what is served for a disease unseen.")
    if name in ("zero_shot", "time"):
        yield figure(
            plots.matched_panel(section),
            "What is left of a method when every gene to find competes only with genes as often "
            "written about, or as connected.",
        )
    if name == "zero_shot":
        yield figure(_ablation(section), "What the stack loses without each part.")
    yield "</div>"
    yield _method_table(section)


def _ablation(section: Values) -> str:
    rows = section["ablation"]
    names = list(rows)[::-1]
    return plots.intervals(
        [n.replace("_", " ") for n in names],
        [rows[n]["loss"] for n in names],
        f"{HEADLINE} lost, paired, 95 % interval",
        line_at=0.0,
    )


def _method_table(section: Values) -> str:
    gains = section["paired_gain"][HEADLINE]
    header = ("method", *SHOWN, "lift", f"served is better by ({HEADLINE})")
    rows = []
    for name, row in plots.measured(section).items():
        cells = [spread(row[m]) for m in SHOWN] + [spread(row["lift"], 1)]
        cells.append(spread(gains[name]) if name in gains else "<td class=n>-</td>")
        kind = " class=served" if name == section["served"] else ""
        rows.append(f"<tr{kind}><td>{escape(name.replace('_', ' '))}</td>{''.join(cells)}</tr>")
    for name, row in section["methods"].items():
        if "not_measured" in row:
            said = escape(row["not_measured"])
            rows.append(f"<tr><td>{escape(name)}</td><td colspan=9>{said}</td></tr>")
    top = "".join(f"<th>{escape(h)}</th>" for h in header)
    return f"<table><tr>{top}</tr>{''.join(rows)}</table>"


def _direction(section: Values) -> Iterator[str]:
    learned = any(isinstance(v, Mapping) and v.get("curve") for v in section.values())
    by_pair = [*_by_pair(section)]
    if learned or by_pair:
        yield "<h2>Which way to push a target</h2>"
    yield from by_pair
    if not learned:
        return
    yield f"<p>{escape(str(section.get('labels', '')))}; {section['genes']} genes.</p>"
    yield "<div class=plots>"
    yield figure(
        plots.coverage_accuracy(section),
        "Plain accuracy would rise where only easy INHIBIT calls are left; balanced accuracy does "
        "not.",
    )
    yield "</div>"
    yield table(
        ("homologues held out", "AUROC", "homologues alone", "publications", "within fold"),
        [
            (
                split.replace("_", " "),
                *(row["auroc"].get(k) for k in ("learned", "homologues_alone", "publications")),
                row["auroc_within_fold"],
            )
            for split in DIRECTION_SPLITS
            if (row := section.get(split))
        ],
    )
    yield _calls(section)


_BY_PAIR = (
    ("mechanism of the disease", "pairs", "same_disease"),
    ("mechanism of a related disease", "pairs", "related_disease"),
    ("drugs, of genes that cause the disease", "known_causes", "drugs"),
    ("homologues, of genes that cause the disease", "known_causes", "homologues"),
)
"""What calls, and where its figures are."""


def _by_pair(section: Values) -> Iterator[str]:
    """Calls for a disease: what they rest on, against what truth, and how many are right."""
    rows = [
        [
            name,
            section[place]["truth"],
            told["pairs"],
            told["share_right"],
            *("{} of {}".format(*told[f"right_to_{way}"]) for way in ("inhibit", "activate")),
        ]
        for name, place, key in _BY_PAIR
        if (told := section.get(place, {}).get(key, {})).get("pairs")
    ]
    if rows:
        yield (
            "<h3>For a disease</h3><p>To inhibit a gene that causes the disease is served by its "
            "mechanism, or by drugs that reached a late phase for the disease, alone.</p>"
        )
        yield table(("call by", "truth", *_RIGHT), rows)
    yield from _served(section.get("served_pairs", {}))


_RIGHT = ("pairs", "right", "right to inhibit", "right to activate")


def _served(pairs: Values) -> Iterator[str]:
    """Calls for pairs as they are served, of all and of those no shared drug tells of."""
    for told, title in (
        (pairs, "Calls for pairs, without drugs tried for the disease"),
        (pairs.get("no_shared_drug", {}), "The same, where no drug for it acts on a relative"),
    ):
        if not told.get("by_basis"):
            continue
        right = told["called_right"]
        yield (
            f"<h3>{title}</h3><p class=muted>{told['pairs']:,} pairs of {told['genes']:,} genes, "
            f"{told['inhibit_share']:.0%} to inhibit; called {told['called']:.0%}, of which "
            f"{right[0]:.0%} [{right[1]:.0%}, {right[2]:.0%}] right (genes resampled)</p>"
        )
        yield table(
            ("call by", *_RIGHT),
            [
                [
                    basis.replace("_", " "),
                    row["pairs"],
                    row["share_right"],
                    *("{} of {}".format(*row[f"right_to_{w}"]) for w in ("inhibit", "activate")),
                ]
                for basis, row in told["by_basis"].items()
            ],
        )


_CALLS = {
    "called": "called",
    "inhibit_covered": "inhibit covered",
    "activate_covered": "activate covered",
    "inhibit_calls_right": "right of those to inhibit",
    "activate_calls_right": "right of those to activate",
    "balanced_accuracy": "balanced accuracy",
}


def _calls(section: Values) -> str:
    """Calls by homologues: the level that is served first, by split, then the others."""
    rows = [
        [
            f"{level:.0%}{', served' if level == CALL_LEVEL else ''}",
            split.replace("_", " "),
            *(told.get(k) for k in _CALLS),
        ]
        for level in sorted(LEVELS, key=lambda one: (one != CALL_LEVEL, one))
        for split in DIRECTION_SPLITS
        if (told := section.get(split, {}).get("conformal", {}).get(str(level)))
    ]
    return table(("level", "homologues held out", *_CALLS.values()), rows)


def _druggability(section: Values) -> Iterator[str]:
    splits = {
        "purged": "Families held out, and all that shares anything with them",
        "homology_reduced": "As served: 30 % clusters held out, family rates allowed",
        "later": "Learned from the drug targets of 2019",
    }
    if not any(section.get(name) for name in splits):
        return
    yield f"<h2>Druggability</h2><p>{escape(str(section.get('positives', '')))}.</p>"
    for name, title in splits.items():
        if said := section.get(name, {}).get("question"):
            yield f"<p class=muted>{escape(str(said))}.</p>"
        for question, row in section.get(name, {}).items():
            if not isinstance(row, dict):
                continue
            yield (
                f"<h3>{title}: {escape(question.replace('_', ' '))}</h3><p class=muted>"
                f"{row['positives']} positives, prevalence {row['prevalence']}</p>"
            )
            yield _scores(row["methods"], row.get("gain"), "model")
    yield from audit_pages.tractability_explained(section.get("explanation", {}))
    yield from _no_embedding(section)


def _reversibility(section: Values) -> Iterator[str]:
    if not section.get("methods"):
        return
    yield (
        f"<h2>Reversibility</h2><p>{escape(str(section['question']))}; {section['pairs']:,} pairs "
        f"of {section['diseases']} diseases, prevalence {section['prevalence']}. "
        f"{escape(str(section['split']))}.</p>"
    )
    yield _scores(section["methods"], section.get("gain_over"), "reversibility")
    if onset := section.get("onset"):
        gain = onset["log_loss_gain"] or "not measured"
        yield f"<p>Onset: {escape(onset['meaning'])}. {gain}; served: {onset['served']}.</p>"
    yield from _no_embedding(section)
    for told in (section, section.get("selective", {})):
        if told is not section and told.get("methods"):
            yield (
                f"<h3>Selective drugs</h3><p>{escape(str(told['question']))}; {told['pairs']:,} "
                f"pairs of {told['diseases']} diseases, prevalence {told['prevalence']}.</p>"
            )
            yield _scores(told["methods"])
        if told.get("support"):
            yield _scores({"genetic support": told["support"]})


def _scores(methods: Values, gains: Values | None = None, served: str = "") -> str:
    """A row a method; what has three numbers is a mean with its interval.

    Args:
        methods: Rows by name.
        gains: How much better what is served is than each, by AUROC; no column where None.
        served: Its name.
    """
    names = dict.fromkeys(k for row in methods.values() for k in row)
    header = ["method", *(k.replace("_", " ") for k in names)]
    rows = [[name.replace("_", " "), *(row.get(k) for k in names)] for name, row in methods.items()]
    if gains:
        header.append(f"{served} is better by (AUROC)")
        rows = [[*row, gains.get(name)] for row, name in zip(rows, methods, strict=True)]
    return table(header, rows)


def _no_embedding(section: Values) -> Iterator[str]:
    """Why a section has no row of the embedding, where it has none."""
    why = section.get("embedding", {}).get("not_measured")
    if why:
        yield f"<p class=muted>Embedding: {escape(str(why))}.</p>"


def _locus(section: Values) -> Iterator[str]:
    if not section.get("all"):
        return
    yield f"<h2>Locus to gene</h2><p>{escape(section['split'])}.</p><div class=plots>"
    for name in ("all", "non_lipid"):
        rows = dict(sorted(section[name]["average_precision"].items(), key=lambda pair: pair[1][0]))
        yield figure(
            plots.intervals(
                [n.replace("_", " ") for n in rows], list(rows.values()), "average precision"
            ),
            f"{name.replace('_', ' ')} loci: {section[name]['rows']} rows, prevalence "
            f"{section[name]['prevalence']}.",
        )
    yield "</div>"
    yield _of_loci(section)
    yield from _no_embedding(section)


_OF_LOCI = {"average precision": "average_precision", "first of its locus": "top_of_its_locus"}


def _of_loci(section: Values) -> str:
    """A row a method: all loci and the non-lipid ones, and what the served one gains over it."""
    parts = {"all": section["all"], "non-lipid": section["non_lipid"]}
    header = [f"{what}, {name}" for name in parts for what in (*_OF_LOCI, "gain over it")]
    rows = [
        [
            method.replace("_", " "),
            *(
                cell
                for part in parts.values()
                for cell in (
                    *(part[key].get(method) for key in _OF_LOCI.values()),
                    part["paired_gain"].get(f"features_and_prior_over_{method}"),
                )
            ),
        ]
        for method in parts["all"]["average_precision"]
    ]
    return table(["method", *header], rows)
