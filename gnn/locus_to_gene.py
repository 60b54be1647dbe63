"""Locus to gene: which gene of an associated locus is the causal one.

Boosted trees over what a credible set says of each gene (`LOCUS_FEATURES`) and what the graph says
of the genes (`gnn.locus_prior`), each channel beside its share of the locus's largest; more of a
channel never lowers a score. Training is in `gnn.locus_training`; no torch here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.loci import Loci
from gnn.locus_prior import Evidence, Known, Prior, relative
from gnn.ontology import Floats, Ontology
from gnn.stored import Arrays, csr_arrays, csr_of, direct_arrays, direct_of
from kg.biolink import Category

if TYPE_CHECKING:
    from lightgbm import Booster

Bools = npt.NDArray[np.bool_]
Margins = npt.NDArray[np.float64]
_SEPARATOR = "\n=====\n"
_CATEGORIES = (Category.DISEASE, Category.PHENOTYPE)


@dataclass(frozen=True)
class Trees:
    """Boosted trees with the line that makes probabilities of their margins.

    Attributes:
        texts: LightGBM's own text of each model.
        slope, offset: Probability is the logistic function of slope x mean margin + offset.
    """

    texts: tuple[str, ...]
    slope: float
    offset: float

    def probability(self, features: Floats) -> Floats:
        """Calibrated probability of each row, float32 (rows,)."""
        # Loaded when first asked: the service starts without the library.
        from lightgbm import Booster

        models = [Booster(model_str=text) for text in self.texts]
        return self.calibrated(mean_margin(models, features))

    def calibrated(self, margins: Margins) -> Floats:
        """Probability of margins, float32."""
        probability = 1.0 / (1.0 + np.exp(-(self.slope * margins + self.offset)))
        return probability.astype(np.float32)

    def to_array(self) -> npt.NDArray[np.uint8]:
        """The texts as bytes, to be stored."""
        return np.frombuffer(_SEPARATOR.join(self.texts).encode(), np.uint8)

    @classmethod
    def from_array(cls, stored: npt.NDArray[np.uint8], line: npt.NDArray[np.float64]) -> Trees:
        """The inverse of `to_array`, with slope and offset."""
        texts = np.asarray(stored).tobytes().decode().split(_SEPARATOR)
        return cls(tuple(texts), float(line[0]), float(line[1]))


@dataclass(frozen=True)
class LocusScores:
    """Probability that each row's gene is the causal one of its locus, float32 (rows,).

    Attributes:
        probability: From the features and the prior over the whole graph.
        hypothesis_free: From the features and the prior over hypothesis-free relations.
    """

    probability: Floats
    hypothesis_free: Floats


@dataclass(frozen=True)
class LocusToGene:
    """The fitted head.

    Attributes:
        prior: What the graph knows.
        known: Known genes of the loci learned from.
        full, free: Trees with the prior over all relations, and over hypothesis-free ones.
    """

    prior: Prior
    known: Known
    full: Trees
    free: Trees

    def score(self, loci: Loci) -> LocusScores:
        """Score rows; what is not known of a gene or a trait is left open, and no row is dropped.

        The known genes learned from are seeds for every row but for those of the row's own locus.
        """
        if not len(loci):
            return LocusScores(np.zeros(0, np.float32), np.zeros(0, np.float32))
        walks = self.prior.over(loci, self.known.gene)
        every, free = walks.channels(self.known, own_region=False)
        return LocusScores(
            self.full.probability(with_prior(loci, every)),
            self.free.probability(with_prior(loci, free)),
        )

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Flat arrays by name, without the walk matrix and the hierarchy of diseases."""
        traits = self.prior.evidence[Category.PHENOTYPE].apart.ontology
        arrays = csr_arrays("free", self.prior.free) | csr_arrays("traits", traits.ancestors)
        arrays["traits.counted"] = traits.counted
        for category in _CATEGORIES:
            evidence = self.prior.evidence[category]
            arrays |= direct_arrays(f"{category.name}.apart", evidence.apart)
            arrays |= direct_arrays(f"{category.name}.from_loci", evidence.from_loci)
        for name, trees in (("full", self.full), ("free", self.free)):
            arrays[f"trees.{name}"] = trees.to_array()
            arrays[f"line.{name}"] = np.array([trees.slope, trees.offset])
        return arrays | self.known.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: Arrays, diseases: Ontology, walk: sp.csr_matrix) -> LocusToGene:
        """The inverse of `to_arrays`, given what the model keeps elsewhere."""
        traits = Ontology(csr_of("traits", arrays), arrays["traits.counted"])
        hierarchy = {Category.DISEASE: diseases, Category.PHENOTYPE: traits}
        n_genes = walk.shape[0]
        evidence = {
            category: Evidence(
                *(
                    direct_of(f"{category.name}.{kind}", arrays, hierarchy[category], n_genes)
                    for kind in ("apart", "from_loci")
                )
            )
            for category in _CATEGORIES
        }
        full, free = (
            Trees.from_array(arrays[f"trees.{name}"], arrays[f"line.{name}"])
            for name in ("full", "free")
        )
        prior = Prior(evidence, walk, csr_of("free", arrays))
        return cls(prior, Known.from_arrays(arrays), full, free)


def with_prior(loci: Loci, channels: Floats) -> Floats:
    """Features and channels of every row, float32 (rows, 28 + 2 k)."""
    return np.hstack([loci.features, relative(channels, loci)])


def mean_margin(models: Sequence[Booster], features: Floats) -> Margins:
    """Mean of the models' margins of each row, float64 (rows,)."""
    margins = [np.asarray(m.predict(features, raw_score=True), np.float64) for m in models]
    return np.asarray(np.mean(margins, axis=0), np.float64)
