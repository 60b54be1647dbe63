"""What probabilities are calibrated on: scores of pairs that the score did not see, with outcomes.

- *Supported* scores: direct evidence of all sources but the judge, an expert panel (ClinGen, or
  Gene2Phenotype) where one has spoken, against the judge's verdict on the disease or a type of it,
  over diseases the judge has looked at. Prevalence is that of curated genes among genes with other
  evidence for those diseases.
- *Both together*: over all genes of those diseases, the network part with the disease hidden
  beside the evidence of the other sources, against the same verdicts.
- *Indirect* scores: the network part with the disease hidden, against evidence of weight .5 or
  more, over all genes but those known from types of the disease or its relatives: these are the
  genes that are served without direct evidence. Prevalence is the natural one.
- *Reversibility*: against late-phase outcomes, over genes a drug acts on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.ahead import ahead
from gnn.calibrate import Counts, Curve
from gnn.causality import Direct, counting
from gnn.course import UNTOLD, Onset, stages
from gnn.curves import Curves, Verdict
from gnn.direction import Mechanisms, agreement
from gnn.material import Material
from gnn.network import walks_alone
from gnn.ontology import Floats, Index
from gnn.parts import TOP, CausalModel
from gnn.reversibility import Outcomes, raw_score
from gnn.split import SAME_GROUP
from gnn.trials import Row, Trials, row_of
from kg.biolink import Predicate
from kg.errors import ModelError

JUDGES = ("clingen", "gene2phenotype", "orphanet", "phenopackets")
"""Sources whose verdicts calibrate, the first with enough of them. Diagnoses of published cases
come last: they are all that a release as of an early day may have."""
LEAST_VERDICTS = 200
DISEASES = 300
"""Diseases sampled for each curve."""
CHECKED = 600
"""Diseases that the indirect curve is judged on: about half have a gene that no relative tells."""
STRONG = 0.5


@dataclass(frozen=True)
class Judged:
    """Pairs of one disease: what was said of them without their outcome, and the outcome.

    Attributes:
        disease: Its number.
        gene: Numbers, int64 (n,).
        score: Before calibration, (n,).
        positive: Outcome, (n,).
    """

    disease: int
    gene: Index
    score: npt.NDArray[np.float64]
    positive: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        disease: int,
        asked: npt.NDArray[np.bool_],
        score: Floats,
        positive: npt.NDArray[np.bool_],
    ) -> Judged:
        """Of all genes' scores and outcomes those that are asked for, bool (genes,)."""
        chosen = np.flatnonzero(asked)
        return cls(disease, chosen, score[chosen].astype(np.float64), positive[chosen])

    @property
    def row(self) -> Row:
        """Score and outcome."""
        return self.score, self.positive


def judges_of(material: Material) -> tuple[str, ...]:
    """Sources with verdicts enough to judge by, in the order of `JUDGES`.

    Raises:
        ModelError: no curated source has enough.
    """
    claims = material.claims
    found = []
    for judge in JUDGES:
        others = (claims.source != judge) & ~claims.negated
        if (claims.source == judge).sum() >= LEAST_VERDICTS and others.sum() >= LEAST_VERDICTS:
            found.append(judge)
    if not found:
        raise ModelError(
            f"none of {', '.join(JUDGES)} has {LEAST_VERDICTS} verdicts beside other evidence; "
            "build the release with more gene-disease sources, or as of a later day"
        )
    return tuple(found)


@dataclass(frozen=True)
class Panel:
    """An expert panel's verdicts, and what all other sources say.

    Attributes:
        judge: Source of its records.
        others: Direct evidence without them.
        verdicts: Genes x diseases, the pairs that it calls causal, CSC.
        judged: Diseases that it has looked at, ascending, int64.
    """

    judge: str
    others: Direct
    verdicts: sp.csc_matrix
    judged: Index

    @classmethod
    def of(cls, material: Material, judge: str | None = None) -> Panel:
        """Of a release.

        Args:
            material: The prepared release.
            judge: Source whose verdicts are wanted; the first with enough of them when None.

        Raises:
            ModelError: no curated source has enough verdicts.
        """
        judge, claims = judge or judges_of(material)[0], material.claims
        mine = claims.source == judge
        strong = mine & ~claims.negated & (claims.strength >= STRONG)
        strong &= claims.predicate == Predicate.CAUSES.value
        verdicts = material.keeping(strong).matrix.tocsc()
        return cls(judge, material.keeping(~mine), verdicts, np.unique(claims.disease[mine]))

    def curated(self, disease: int) -> npt.NDArray[np.bool_]:
        """Genes that it calls causal for a disease, a type of it, or one all but the same.

        Returns:
            bool (genes,).
        """
        ontology = self.others.ontology
        spoken = np.flatnonzero(ontology.around(disease, ontology.lin(disease), SAME_GROUP))
        return np.asarray(self.verdicts[:, spoken].sum(axis=1)).ravel() > 0

    @property
    def untyped(self) -> npt.NDArray[np.bool_]:
        """Diseases of no type of which it calls a gene causal, but those all but the same.

        Of the others the network part, which has a disease hidden and what is all but the same,
        may have learned from the panel's own verdict on a type.

        Returns:
            bool (diseases,).
        """
        ontology, told = self.others.ontology, np.diff(self.verdicts.indptr) > 0
        free = np.zeros(ontology.n, bool)
        for disease in self.judged.tolist():
            types = ontology.below(disease)
            types = types[told[types]]
            free[disease] = bool((ontology.lin(disease)[types] >= SAME_GROUP).all())
        return free

    def sample(self, seed: int) -> list[int]:
        """Some of the diseases that it has looked at."""
        return _sample(self.judged, seed)

    def beyond(self, other: Panel) -> Panel:
        """The same for diseases that another has looked at none of, nor at one all but the same."""
        ontology = self.others.ontology
        seen = np.zeros(ontology.n, bool)
        for disease in other.judged.tolist():
            seen |= ontology.lin(disease) >= SAME_GROUP
        return replace(self, judged=self.judged[~seen[self.judged]])


def supported_counts(material: Material, seed: int) -> Counts:
    """Supported scores without the judge's records, against its verdicts."""
    return Counts.of([judged.row for judged in supported_pairs(material, seed)], TOP, 150)


def supported_pairs(material: Material, seed: int) -> Iterator[Judged]:
    """By disease: supported scores above 0, and which are curated."""
    panel = Panel.of(material)
    causal = material.without_network(panel.others)

    def judge_one(disease: int) -> Judged:
        parts = causal.parts(disease)
        return Judged.of(disease, parts.direct > 0, parts.supported, panel.curated(disease))

    yield from (j for j in ahead(judge_one, panel.sample(seed)) if len(j.gene))


def judged_together(
    panel: Panel, causal: CausalModel, seed: int, served: Direct | None = None
) -> Iterator[Verdict]:
    """By disease that a panel has looked at: its number, its parts, and the panel's verdicts.

    The panel's own records are no direct evidence and no seeds of walks, and the network part has
    the disease hidden; it learned from the panel's verdicts on other diseases.

    Args:
        panel: Whose verdicts are the outcome.
        causal: The model, its network trained.
        seed: Of the sample of diseases.
        served: Direct evidence without the panel's, where not that which is learned from.
    """
    boosted = causal.boosted
    if boosted is not None:
        boosted = replace(boosted, paths=replace(boosted.paths, direct=panel.others))
    blind = replace(causal, direct=panel.others, served=served, boosted=boosted)

    def judge_one(disease: int) -> Verdict:
        return disease, blind.parts(disease).summed, panel.curated(disease)

    return ahead(judge_one, panel.sample(seed))


def judged_beside(
    panel: Panel, material: Material, causal: CausalModel, seed: int
) -> Iterator[Verdict]:
    """Verdicts as of `judged_together`, with what is served beside what is learned from.

    That is what is said of traits that stand for a disease, and clinically of a gene's variants
    where the variant reads it. Diseases of which these raise no gene are left out.
    """
    claims = material.served_claims
    mine = claims.source == panel.judge
    served = Direct.of(claims.keep(~mine), material.ontology, len(material.genes))
    asked = [d for d in panel.sample(seed) if (served.score(d) > panel.others.score(d)).any()]
    some = replace(panel, judged=np.array(asked, np.int64))
    return judged_together(some, causal, seed, served)


def indirect_counts(causal: CausalModel, seed: int) -> tuple[Counts, Counts]:
    """Scores with the disease hidden, against its evidence: the network's, and both walks'."""
    rows = [(one.row, other.row) for one, other in _hidden(causal, seed, DISEASES)]
    by_network, by_walks = (Counts.of([*part], 1.0, 200) for part in zip(*rows, strict=True))
    return by_network, by_walks


def indirect_pairs(causal: CausalModel, seed: int, diseases: int = DISEASES) -> Iterator[Judged]:
    """By disease: network scores and genes with evidence; those known from relatives left out.

    Args:
        causal: The model, its network trained.
        seed: Of the sample of diseases.
        diseases: How many at most.
    """
    return (by_network for by_network, _ in _hidden(causal, seed, diseases))


def _hidden(causal: CausalModel, seed: int, diseases: int) -> Iterator[tuple[Judged, Judged]]:
    """By disease: what the network says with the disease hidden, and what both walks say."""
    network = causal.network
    if network is None:
        raise ModelError("the network part is not trained")
    matrix = causal.direct.matrix.tocsc()
    ontology = causal.direct.ontology

    def judge_one(disease: int) -> tuple[Judged, Judged]:
        likeness = ontology.lin(disease)
        kin = np.flatnonzero((counting(ontology, disease) > 0) & (likeness < SAME_GROUP))
        same = np.flatnonzero(likeness >= SAME_GROUP)
        known = np.asarray(matrix[:, kin].sum(axis=1)).ravel() > 0
        positive = np.asarray((matrix[:, same] >= STRONG).sum(axis=1)).ravel() > 0
        weak = np.asarray(matrix[:, same].sum(axis=1)).ravel() > 0
        asked = ~known & (positive | ~weak)
        walks = causal.walks(disease)
        together, _ = causal.together(network, disease, walks, causal.boosting(disease))
        scores = together, walks_alone(walks)
        by_network, by_walks = (Judged.of(disease, asked, s, positive) for s in scores)
        return by_network, by_walks

    return ahead(judge_one, _sample(causal.direct.evidence_diseases, seed, diseases))


def reversible_trials(
    material: Material,
    causal: CausalModel,
    curves: Curves,
    mechanisms: Mechanisms,
    outcomes: Outcomes,
    diseases: Index | None = None,
) -> Trials:
    """Raw reversibility of drugged genes, against late-phase outcomes.

    Args:
        material, causal, curves, mechanisms, outcomes: What is scored with.
        diseases: Which; a sample of those with late genes enough when None.
    """

    def judge_one(disease: int) -> Row:
        likeness = material.ontology.lin(disease)
        probability = curves(causal.parts(disease))
        votes = mechanisms.of_pairs(likeness, disease, causal.direct.n_genes)
        # Drugs tried for the disease would tell of the outcome that is asked for.
        others = outcomes.signs_without(likeness)
        raw = raw_score(probability, agreement(others, votes.any_inhibit, votes.any_activate))
        return row_of(raw, outcomes, likeness)

    asked = _sample(outcomes.diseases, 0) if diseases is None else diseases.tolist()
    return Trials(np.array(asked, np.int64), tuple(ahead(judge_one, asked)))


def learned_onset(
    curve: Curve | None,
    material: Material,
    causal: CausalModel,
    curves: Curves,
    mechanisms: Mechanisms,
    outcomes: Outcomes,
) -> Onset:
    """What onset changes, from all diseases of known onset with late genes enough.

    Args:
        curve: Of reversibility.
        material, causal, curves, mechanisms, outcomes: As of `reversible_trials`.
    """
    stage, able = stages(material.graph), outcomes.diseases
    told = able[stage[able] != UNTOLD]
    trials = reversible_trials(material, causal, curves, mechanisms, outcomes, told)
    return Onset.fit(trials, curve, stage, material.ontology)


def _sample(diseases: Index, seed: int, most: int = DISEASES) -> list[int]:
    rng = np.random.default_rng(seed)
    chosen = diseases if len(diseases) <= most else rng.choice(diseases, most, False)
    return [int(d) for d in np.sort(chosen)]
