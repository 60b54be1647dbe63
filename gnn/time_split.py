"""The time split: what was public by a day ranks the genes that were found later.

Within one release the claims first public by the cut are visible. Newer genes of a disease are the
positives, where the day is that of a publication or of an entry: a source's release date says when
a table was made, and a gene known for long would pass for a new one. Between cut and positives
lies a year, since dates are known to the year.

Clinical pictures are used only of diseases that had evidence by then, and information content
counts those alone. Interactions, pathways and annotations are of the release: most carry the day of
a table that was renewed since, and what was learned from the new genes is in them, to the same
benefit of every method. `gnn.split_figures.relations_as_of` asks again without all that is newer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from gnn.causality import Direct
from gnn.features import disease_blocks, joined
from gnn.graph import Claims
from gnn.held_out import LEAST_INFORMATION, STRONG, Held, Mask, known_from_kin
from gnn.material import Material
from gnn.ontology import Ontology
from gnn.phenotype import Profiles
from gnn.ridge import KernelRidge
from gnn.split import SAME_GROUP, Query
from kg.biolink import Predicate
from kg.errors import BadArgument

CUT, FROM = date(2016, 12, 31), date(2018, 1, 1)
DATED = ("publication", "mim")
"""Bases of a date that tell when the finding itself was public."""
MOST_QUERIES = 600
"""Drawn at random where there are more; each is asked of a dozen methods."""
VALIDATION_SEED = 3


@dataclass(frozen=True)
class Period:
    """What may be seen and what is to be found.

    Attributes:
        cut: Last day that is visible.
        start, end: First and last day of what is to be found.
    """

    cut: date = CUT
    start: date = FROM
    end: date = date.max

    def __post_init__(self) -> None:
        if self.start <= self.cut:
            raise BadArgument(f"time split: {self.start} must be after the cut {self.cut}")
        if self.end < self.start:
            raise BadArgument(f"time split: {self.end} must not be before {self.start}")

    @property
    def before(self) -> Period:
        """What models may be chosen on: three years found by the cut, and evidence a year older."""
        year = self.cut.year
        return Period(date(year - 4, 12, 31), date(year - 2, 1, 1), self.cut)


def time_draw(material: Material, period: Period, seed: int) -> Held:
    """Genes found after the cut that are new for the disease and for nearly the same ones.

    Args:
        material: The whole release.
        period: Cut and start.
        seed: Of kernel features, and of the order in which diseases are asked.
    """
    then = at(material, period.cut, seed)
    gene, disease = new_pairs(material, period)
    asked = np.unique(disease)
    asked = asked[then.ontology.information[asked] >= LEAST_INFORMATION]
    asked = np.random.default_rng(seed).permutation(asked)
    queries = []
    for number in asked.tolist():
        known = known_from_kin(then.direct, number, SAME_GROUP)
        found = np.unique(gene[disease == number])
        found = found[~known[found]]
        if len(found):
            queries.append(Query(number, found, known))
    return Held(then, then.direct, np.ones(len(then.genes), bool), tuple(queries))


def at(material: Material, day: date, seed: int) -> Material:
    """What a release says as of a day; relations and features of genes are as they are."""
    claims = material.claims.keep(material.claims.day <= np.datetime64(day))
    ontology = _counting(material.ontology, claims)
    direct = Direct.of(claims, ontology, len(material.genes))
    profiles = Profiles.of(material.graph, with_evidence(claims, ontology.n))
    diseases = joined(disease_blocks(ontology, profiles).values())
    return replace(
        material,
        claims=claims,
        direct=direct,
        profiles=profiles,
        diseases=diseases,
        ridge=KernelRidge.over(material.genes, diseases, seed),
    )


def with_evidence(claims: Claims, n: int) -> Mask:
    """Diseases with any supporting claim, bool (n,)."""
    has = np.zeros(n, bool)
    has[claims.disease[~claims.negated]] = True
    return has


def new_pairs(
    material: Material, period: Period
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Gene and disease of each pair that is newer than the cut and strong, int64 (m,) each.

    A pair counts where its earliest record of any source is of the period, one of its records has a
    date of its own, and one says *causes* at strength .5 or more.
    """
    claims = material.claims.keep(~material.claims.negated)
    n = material.ontology.n
    key, place = np.unique(claims.gene * n + claims.disease, return_inverse=True)
    first = np.full(len(key), np.datetime64("9999-12-31"))
    np.minimum.at(first, place, claims.day)
    dated = np.isin(_bases(material, claims), DATED)
    causes = (claims.predicate == Predicate.CAUSES.value) & (claims.strength >= STRONG)
    told = [np.bincount(place, mask, len(key)) > 0 for mask in (dated, causes)]
    then = (first >= np.datetime64(period.start)) & (first <= np.datetime64(period.end))
    new = key[then & told[0] & told[1]]
    return new // n, new % n


def _bases(material: Material, claims: Claims) -> npt.NDArray[np.str_]:
    column = material.graph.store.evidence_table(["date_basis"])["date_basis"]
    return np.array(column.cast("string").take(claims.row).to_pylist(), dtype=np.str_)


def _counting(ontology: Ontology, claims: Claims) -> Ontology:
    """Information content over the terms that had evidence then, and those above them."""
    above = ontology.ancestors.T @ with_evidence(claims, ontology.n).astype(np.int32)
    return Ontology(ontology.ancestors, np.asarray(above > 0).ravel())
