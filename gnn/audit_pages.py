"""What the report shows of bias, robustness and explanations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from gnn import plots
from gnn.page import figure, table
from gnn.target_score import MODALITIES

Values = Mapping[str, Any]
_EXPLANATIONS = ("shown", "random", "degree", "overall")
_GROUNDS = ["grounds", "lost without them", "kept with them alone"]
_KINDS = ["kinds of columns", "log-odds lost without them", "kept with them alone"]


def bias(section: Values) -> Iterator[str]:
    """How far scores follow fame, with the mitigation and its price."""
    if not section.get("spearman"):
        return
    yield "<h2>Bias</h2><div class=plots>"
    followed = {
        f"{by}{after.replace('_', ' ')}": section[f"spearman{after}"][by]
        for by in ("degree", "publications")
        for after in ("_debiased", "")
    }
    yield figure(
        plots.intervals(
            list(followed), list(followed.values()), "Spearman with the score", line_at=0.0
        ),
        "How far causality goes with fame within a disease, before and after the mitigation.",
    )
    recalled = {
        name.replace("_", " "): value
        for name, value in section.get("recall", {}).items()
        if isinstance(value, list)
    }
    if recalled:
        yield figure(
            plots.intervals(list(recalled), list(recalled.values()), "recall"),
            "Recall of genes of the least published quarter, and of the others.",
        )
    areas = {n: r["recall"] for n, r in section.get("by_area", {}).items()}
    if areas:
        yield figure(
            plots.intervals(list(areas)[::-1], list(areas.values())[::-1], "recall"),
            "By therapeutic area.",
        )
    yield f"</div><p class=muted>{escape(section.get('mitigation', ''))}. "
    yield f"{escape(section.get('recalled_by', ''))}.</p>"
    yield table(
        ["draws", "price of the mitigation in recall"],
        [[name, value] for name, value in section.get("price", {}).items()],
    )
    yield table(["counted", "value"], list(_counted(section)))


def _counted(section: Values) -> Iterator[list[object]]:
    """What no plot of bias shows: sizes, and what the mitigation moves."""
    recall, areas = section.get("recall", {}), section.get("by_area", {})
    yield ["hypothesis free share", section.get("hypothesis_free_share")]
    yield ["diseases", section.get("diseases")]
    moved = {"kept": "share of the first 100", "displaced": "median places of the first 100"}
    for name, what in moved.items():
        yield [f"{name}: {what}, top 100", section.get("top_100", {}).get(name)]
    yield from ([n.replace("_", " "), v] for n, v in recall.items() if isinstance(v, int))
    yield from ([f"queries, {name}", row["queries"]] for name, row in areas.items())
    ancestry = section.get("ancestry", {})
    yield ["records of direct evidence", ancestry.get("records")]
    yield ["ancestry told: records whose source names one", ancestry.get("ancestry_told")]
    shares = ancestry.get("shares", {})
    yield from ([f"ancestry, shares of these: {name}", value] for name, value in shares.items())


def robustness(section: Values) -> Iterator[str]:
    """What noise, absent sources, other seeds and forged records do."""
    if not section.get("edge_noise"):
        return
    yield f"<h2>Robustness</h2><p>{escape(section['measure'])}; {section['diseases']} diseases.</p>"
    noise = dict(section["edge_noise"])
    if isinstance(section.get("seeds"), list):
        noise["other seeds"] = section["seeds"]
    lacking = {
        f"without {name}": row["tau"]
        for name, row in section.get("without_source", {}).items()
        if isinstance(row, Mapping)
    }
    told = {n: v for n, v in (noise | lacking).items() if v and None not in v}
    yield figure(
        plots.intervals(
            list(told)[::-1], list(told.values())[::-1], "Kendall's tau of the top 100"
        ),
        "1 is the same order. Noise is a share of forged records and interactions.",
    )
    yield from _absent(section)
    poisoning = section.get("poisoning", {})
    rows = [
        [name.replace("_", " "), *row.values()]
        for name, row in poisoning.items()
        if isinstance(row, Mapping)
    ]
    if rows:
        first = next(r for r in poisoning.values() if isinstance(r, Mapping))
        pairs = poisoning["pairs"]
        yield f"<h3>Forged records that lift a pair into the top 10 ({pairs} pairs)</h3>"
        if sources := poisoning.get("sources_of_associations"):
            yield f"<p>Sources of associations: {sources}. Genetic studies are "
            yield f"{escape(str(poisoning['genetic_studies_are']))}.</p>"
        yield table(["attack", *(k.replace("_", " ") for k in first)], rows)


def retraining(section: Values) -> Iterator[str]:
    """What noise and forgery do once the model is trained on them."""
    if not section.get("edge_noise"):
        return
    yield f"<h2>Trained again</h2><p>{escape(section['measure'])}; {section['diseases']} diseases, "
    yield f"{section['trainings']} trainings; as before: {escape(section['frozen'])}.</p>"
    rows = {"nothing forged, other seed": section["other_seed"], **section["edge_noise"]}
    header = ["", "tau", "tau of the network part", "tau, network as it was trained"]
    keys = ("tau", "network", "frozen")
    yield table(header, [[name, *(row.get(k) for k in keys)] for name, row in rows.items()])
    yield f"<h3>Share of {section['pairs']} pairs in the top 10 after forgery</h3>"
    columns = ("lifted_by_", "frozen_lifted_by_", "gain_by_")
    told = [
        [
            attack,
            *(section["poisoning"][name][f"{c}{records}"] for c in columns),
            _places(section, attack),
            what,
        ]
        for attack, what in section["attacks"].items()
        for name, _, records in [attack.rpartition(" ")]
    ]
    header = ["attack, records a pair", "trained again", "network as it was", "difference"]
    yield table([*header, "median rank before, then as it was, then trained again", ""], told)


def _places(section: Values, attack: str) -> str:
    name, _, records = attack.rpartition(" ")
    ranks = section["poisoning"][name][f"median_rank_by_{records}"]
    return ", ".join(f"{ranks[k]:,}" for k in ("before", "frozen", "trained"))


def _absent(section: Values) -> Iterator[str]:
    """What the absence of a source changes in recall, and what counting by sources does."""
    told = section.get("without_source", {})
    rows = [[n, row["recall@200"]] for n, row in told.items() if isinstance(row, Mapping)]
    price = section.get("trust_price", {})
    if price:
        rows.append([f"trust price: {price['split']}", price["recall@200"]])
        by_method = price.get("by_method", {})
        rows += [[f"trust price by method: {name}", value] for name, value in by_method.items()]
    yield table([f"without, {told.get('queries')} queries", "change of recall@200"], rows)


_PYG = ("fidelity_plus", "fidelity_minus", "unfaithfulness")


def explanation(section: Values) -> Iterator[str]:
    """Faithfulness of what is shown, beside random and degree-only explanations."""
    if not section.get("shown"):
        return
    yield f"<h2>Explanations</h2><p>{escape(section['unit'])}; {section['pairs']} pairs.</p>"
    yield _costs(section, _GROUNDS)
    kinds = [name for name in _EXPLANATIONS if name in section]
    yield f"<h3>Fidelity</h3><p>{escape(section.get('pyg', ''))}.</p>"
    yield table(
        ["explanation", "fidelity+", "fidelity-", "unfaithfulness"],
        [[name, *(section[name].get(k) for k in _PYG)] for name in kinds],
    )
    yield "<h3>What is gained over other explanations</h3>"
    yield _gained(section, _GROUNDS)
    yield "<h3>Stability</h3>"
    yield table(
        ["mean Jaccard index, over trainings, of the ten nearest genes of the disease"],
        [[section.get("stability")]],
    )
    yield from _asked_again(section.get("counterfactuals", {}))


def _asked_again(section: Values) -> Iterator[str]:
    """What asking boosting again changes in ranks without a source."""
    if section:
        yield "<h3>Ranks without a source, boosting asked again of what is left</h3>"
        yield table(
            ["ranks", "share that is the same", *(f"factor, {name}" for name in section["factor"])],
            [[section["ranks"], section["same"], *section["factor"].values()]],
        )


def tractability_explained(section: Values) -> Iterator[str]:
    """Faithfulness of what is said of tractability, by modality."""
    if not section:
        return
    yield (
        "<h3>Whether explanations tell what tractability rests on</h3>"
        f"<p class=muted>{escape(section['unit'])}.</p>"
    )
    for modality in (m for m in MODALITIES if m in section):
        told = section[modality]
        yield (
            f"<h4>{escape(modality.replace('_', ' '))}</h4><p class=muted>{told['genes']} genes of "
            f"{told['groups']} groups of homologues</p>"
        )
        yield table(
            ["log-odds above the mean gene", "Spearman of a gene's kinds, trainings compared"],
            [[told["above_the_mean_gene"], told["stability"]]],
        )
        yield _costs(told, _KINDS) + _gained(told, _KINDS)


def _costs(section: Values, header: list[str]) -> str:
    """A row an explanation and size: what deletion costs and insertion keeps."""
    rows = [
        [name, size, section[name]["deletion"][size], section[name]["insertion"][size]]
        for name in _EXPLANATIONS
        if name in section
        for size in section[name]["deletion"]
    ]
    return table(["explanation", *header], rows)


def _gained(section: Values, header: list[str]) -> str:
    """A row an explanation and size: how much more the one shown costs and keeps."""
    rows = [
        [name, size, value, gain["insertion"][size]]
        for name, gain in section.get("gain_over", {}).items()
        for size, value in gain["deletion"].items()
    ]
    return table(["over", *header], rows)
