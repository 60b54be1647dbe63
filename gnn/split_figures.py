"""Every method on every split: tables, paired differences, ablations, and what is the default.

The served model is compared with each baseline on the same queries. Which model serves by default
is decided on validation draws that no figure is reported of, never on the test draws. Where no
gene that is asked for has direct evidence (diseases or families never seen), causality as it is
served is the stack by construction and has no row of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gnn import embedding_baseline, held_out, time_split
from gnn.ahead import ahead
from gnn.baselines import FALLBACK, READ_EVIDENCE, SIMPLE, simple
from gnn.curves import Curves
from gnn.families import Families
from gnn.held_out import KIN, Held, Mask, family_draw, random_draw, zero_shot_draw
from gnn.learned import ABLATED, COMBINED, SERVED, Learned
from gnn.material import Material
from gnn.ontology import Floats
from gnn.ranking import HEADLINE, Tally, deciles
from gnn.split import Query, zero_shot
from gnn.time_split import Period, time_draw
from gnn.towers import TowerData
from kg.errors import ModelError

VALIDATION = (50, 51, 52)
"""Seeds of the draws that models are chosen on; test draws are 0, 1, 2 ..."""
EMBEDDING = "embedding"
Figures = dict[str, object]
Scores = dict[str, Floats]


@dataclass(frozen=True)
class Way:
    """One way of asking a draw.

    Attributes:
        tally: What was measured of it.
        held: The draw; another of the same disease differs in what counts as found, or in columns.
        learned: What was learned for it.
    """

    tally: Tally
    held: Held
    learned: Learned


@dataclass(frozen=True)
class Bench:
    """What all splits are made from.

    Attributes:
        material: The prepared release.
        publications: Percentile of each gene, NaN where unknown; a baseline and never a feature.
        draws: How many draws of each split that is drawn at random.
        period: Of the time split.
        embed: Whether to train the embedding baseline, the slowest of all.
        curves: From a model's parts to probabilities; None leaves out what they combine.
        seeds: How many times towers and boosting are trained for a draw, as in the model.
    """

    material: Material
    publications: Floats
    draws: int
    period: Period
    embed: bool
    curves: Curves | None = None
    seeds: int = 1

    @cached_property
    def towers(self) -> TowerData:
        """Propagated features, made once."""
        return self.material.tower_data()

    @cached_property
    def families(self) -> Families:
        """Of all genes."""
        return Families.of(self.material.graph)

    def tally(self, held: Iterable[Held], embed: bool = False) -> Tally:
        """Measure every method on draws, the embedding on the first of them alone.

        Args:
            held: The draws.
            embed: Whether it is trained at all.
        """
        tally = self.empty()
        for number, draw in enumerate(held):
            if draw.queries:
                way = Way(tally, draw, self.learned(draw, number))
                self.measure([way], number, embed and number == 0)
        return tally

    def measure(self, ways: Sequence[Way], seed: int, embed: bool = False) -> None:
        """Measure every method on a draw, once for all the ways in which it is asked.

        Args:
            ways: The first asks all; the diseases of the others are among its.
            seed: Of the embedding.
            embed: Whether the embedding is trained too.
        """
        draw = ways[0].held
        rankers = dict(simple(draw, self.publications))
        if embed and self.embed:
            rankers[EMBEDDING] = embedding_baseline.embedding(draw, seed)
        models = {id(w.learned): w.learned.asked(draw, self.curves) for w in ways}
        asked = [{q.disease: q for q in w.held.queries} for w in ways]
        left_out = [() if w.held.has_direct_evidence else (COMBINED,) for w in ways]

        def scores(query: Query) -> tuple[Scores, dict[int, Scores]]:
            plain = {name: rank(query.disease) for name, rank in rankers.items()}
            return plain, {i: dict(m.scores(query.disease)) for i, m in models.items()}

        for query, (plain, by_model) in zip(draw.queries, ahead(scores, draw.queries), strict=True):
            for way, queries, gone in zip(ways, asked, left_out, strict=True):
                if query.disease in queries:
                    told = plain | by_model[id(way.learned)]
                    kept = {name: score for name, score in told.items() if name not in gone}
                    way.tally.add(queries[query.disease], kept)

    def empty(self) -> Tally:
        """Nothing measured yet."""
        degree = self.material.graph.degree.astype("float32")
        return Tally({"publications": deciles(self.publications), "degree": deciles(degree)})

    def learned(self, held: Held, seed: int) -> Learned:
        """Everything that is learned on a draw."""
        return Learned.of(held, self._data(held), seed, self.seeds)

    def _data(self, held: Held) -> TowerData:
        """The features as the split has them; diseases differ as of another day."""
        same = held.material is self.material
        return self.towers if same else held.material.tower_data()


def zero_shot_figures(bench: Bench) -> Figures:
    """Genes of diseases never seen."""
    seen = chosen_on(bench.material)
    whole, apart = bench.empty(), bench.empty()
    for number in range(bench.draws):
        draw = zero_shot_draw(bench.material, number)
        others = tuple(q for q in draw.queries if not seen[q.disease])
        learned = bench.learned(draw, number)
        ways = Way(whole, draw, learned), Way(apart, replace(draw, queries=others), learned)
        bench.measure(ways, number, embed=number == 0)
    told = "disease-disjoint, strict: queries and all within Lin .5 hidden, genes known from Lin .3"
    return {
        "split": f"{told} left out",
        "draws": bench.draws,
        **table(whole, bench),
        "apart_from_choices": {
            "split": f"{told} left out; those alone that no validation draw asked for, nor a "
            "disease within Lin .5 of one",
            **table(apart, bench),
        },
    }


def chosen_on(material: Material) -> Mask:
    """Diseases that a validation draw asks for, and all within Lin .5 of one, bool (diseases,)."""
    seen = np.zeros(material.ontology.n, bool)
    for seed in VALIDATION:
        seen |= zero_shot(material.direct, seed, held_out.QUERIES).hidden
    return seen


def time_figures(bench: Bench) -> Figures:
    """Genes found after a day, for diseases known before and since."""
    material, period = bench.material, bench.period
    told: Figures = {
        "cut": period.cut.isoformat(),
        "positives_from": period.start.isoformat(),
        "as_of": "evidence and clinical pictures; relations and annotations of genes are the "
        "release's own but in relations_as_of",
    }
    told["split"] = "time: genes new for the disease"
    draw = time_draw(material, period, 0)
    told["available"] = len(draw.queries)
    if not draw.queries:
        return told | table(bench.empty(), bench)
    draw = replace(draw, queries=draw.queries[: time_split.MOST_QUERIES])
    held = draw, draw.without_known(KIN), replace(draw, mouse=False)
    learned = bench.learned(draw, 0)
    models = learned, learned, learned.with_columns_of(held[-1])
    ways = [Way(bench.empty(), *asked) for asked in zip(held, models, strict=True)]
    bench.measure(ways, 0, embed=True)
    tables = [table(way.tally, bench) for way in ways]
    return (
        told
        | tables[0]
        | {
            "new_to_kin": {
                "split": "time: genes new for the disease and for all within Lin .3",
                **tables[1],
            },
            "without_mouse": {
                "split": "time: genes new for the disease; without phenotypes of mouse mutants, "
                "which are dated by their table alone and made of genes once they are known",
                **tables[2],
            },
            "relations_as_of": relations_as_of(bench, draw),
        }
    )


def relations_as_of(bench: Bench, draw: Held) -> Figures:
    """The time split where relations and facts of genes are as of the cut too."""
    told: Figures = {
        "split": "time: genes new for the disease; of relations and facts of genes too only what "
        "was public by the cut, all else learned without: a table that was renewed since counts as "
        "of its renewal, and so a lower bound"
    }
    try:
        then = replace(draw, material=draw.material.then(bench.period.cut))
    except ModelError as error:
        return told | table(bench.empty(), bench) | {"not_measured": str(error)}
    way = Way(bench.empty(), then, bench.learned(then, 0))
    bench.measure([way], 0)
    return told | {"relations": sorted(then.material.relations.by_name)} | table(way.tally, bench)


def family_figures(bench: Bench) -> Figures:
    """Genes of families never seen, ranked among themselves."""
    held = (family_draw(bench.material, bench.families, s) for s in range(min(bench.draws, 2)))
    return {
        "split": "family-disjoint: a fifth of the gene families hidden, genes that share a domain "
        "or group with them not learned from (their evidence still starts walks), the hidden genes "
        "ranked among themselves",
        **table(bench.tally(held, embed=True), bench),
    }


def random_figures(bench: Bench) -> Figures:
    """Single pairs held out: only to show how much kin left visible flatters."""
    return {
        "split": "random pairs: not a measure of anything but the gap to the honest splits",
        **table(bench.tally([random_draw(bench.material, 0)]), bench),
    }


def table(tally: Tally, bench: Bench) -> Figures:
    """Rows of all methods, the served one against each, and without each of its parts."""
    if not tally.queries:
        return {"queries": 0, "methods": {}}
    methods: Figures = {n: tally.row(n) for n in tally.found if n not in ABLATED}
    if EMBEDDING not in methods:
        methods[EMBEDDING] = {"not_measured": no_embedding(bench)}
    if bench.curves is not None and COMBINED not in methods:
        methods[COMBINED] = {"not_measured": f"as {SERVED}: no gene asked for has direct evidence"}
    rivals = [n for n in tally.found if n != SERVED and n not in ABLATED]
    gains = {n: tally.gain(SERVED, n) for n in rivals}
    return {
        "queries": len(tally.queries),
        "diseases": len({disease for disease, _ in tally.queries}),
        "prevalence": round(sum(p for _, p in tally.queries) / len(tally.queries), 6),
        "served": SERVED,
        "seeds": bench.seeds,
        "methods": methods,
        "paired_gain": {HEADLINE: gains},
        "not_beaten": [n for n in rivals if gains[n][1] <= 0],
        "ablation": {
            n: {HEADLINE: tally.row(n)[HEADLINE], "loss": tally.gain(SERVED, n)} for n in ABLATED
        },
    }


def no_embedding(bench: Bench) -> str:
    """Why the embedding has no row."""
    if not embedding_baseline.installed():
        return "PyKEEN is not installed: pip install 'target-kg[evaluate]'"
    return "not trained for this split" if bench.embed else "left out: evaluate --no-embedding"


def default_figures(bench: Bench) -> Figures:
    """Which ranking of genes without direct evidence is the default, by what choices are made on.

    The stack is, where it beats every baseline without training, and loses to none with it, both on
    diseases never seen and on genes found later; else both walks are, which need none (`gnn.score`
    opens the model so). What reads direct evidence is compared with what is served beside such
    evidence, which reads it too. A release without queries of one kind is judged by the other.
    """
    seeds, period = VALIDATION[: bench.draws], bench.period.before
    draws = {
        "zero_shot": (zero_shot_draw(bench.material, s) for s in seeds),
        "time": (earlier_draw(bench) for _ in seeds[:1]),
    }
    told = {
        name: judged(tally) for name, held in draws.items() if (tally := bench.tally(held)).queries
    }
    chosen_by: Figures = {
        "validation_draws": list(seeds),
        "validation_period": [str(period.cut), str(period.start), str(period.end)],
    }
    if not told:
        return chosen_by | {"indirect": SERVED, "reason": "no query to ask"}
    lost = {name: _lost(row["gain"]) for name, row in told.items()}
    chosen = FALLBACK if any(lost.values()) else SERVED
    return {
        **chosen_by,
        "indirect": chosen,
        "served": SERVED,
        "not_beaten": sorted({n for names in lost.values() for n in names}),
        "reason": _reason(chosen, lost, told),
        **{
            name: {
                "queries": row["queries"],
                HEADLINE: row["found"],
                "paired_gain": row["gain"],
                "not_beaten": lost[name],
            }
            for name, row in told.items()
        },
    }


def earlier_draw(bench: Bench) -> Held:
    """Genes found by the cut of the test, ranked by what was public years before it."""
    draw = time_draw(bench.material, bench.period.before, time_split.VALIDATION_SEED)
    return replace(draw, queries=draw.queries[: time_split.MOST_QUERIES])


def judged(tally: Tally) -> dict[str, Any]:
    """The stack against every method: queries, what each finds, and paired gains.

    Over baselines that read direct evidence the gain is of what is served beside it, if measured.
    """
    methods = [n for n in tally.found if n not in ABLATED]
    beside = COMBINED if COMBINED in methods else SERVED
    return {
        "queries": len(tally.queries),
        "found": {n: tally.row(n)[HEADLINE] for n in methods},
        "gain": {
            n: tally.gain(beside if n in READ_EVIDENCE else SERVED, n)
            for n in methods
            if n not in (SERVED, COMBINED)
        },
    }


def _lost(gains: Mapping[str, Sequence[float]]) -> list[str]:
    """Baselines without training that are not beaten, and methods with it that beat the stack."""
    return [n for n, (_, lower, upper) in gains.items() if (lower if n in SIMPLE else upper) <= 0]


_ASKED = {"zero_shot": "diseases never seen", "time": "genes found later"}


def _reason(chosen: str, lost: Mapping[str, list[str]], told: Mapping[str, Any]) -> str:
    asked = [_ASKED[name] for name in told]
    if any(lost.values()):
        where = "; ".join(
            f"{', '.join(names)} on {_ASKED[name]}" for name, names in lost.items() if names
        )
        return (
            f"By what choices are made on, the stack does not beat {where}: {chosen} serves in its "
            "place. Other figures of the network part are of what does not serve."
        )
    said = (
        f"The {SERVED} model beats every baseline without training on what choices are made on "
        f"({' and '.join(asked)})"
    )
    parts = [
        f"{', '.join(names)} on {_ASKED[name]}"
        for name, row in told.items()
        if (names := [n for n, gain in row["gain"].items() if gain[1] <= 0])
    ]
    return said + (f"; it is not shown to beat its own part {'; '.join(parts)}." if parts else ".")


RANKING_SECTIONS: Mapping[str, Callable[[Bench], Figures]] = {
    "zero_shot": zero_shot_figures,
    "time": time_figures,
    "family": family_figures,
    "random": random_figures,
    "default": default_figures,
}
