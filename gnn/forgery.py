"""Forged records and edges put into a model's evidence, and the model scored again.

Rebuilt are direct evidence, the interaction relation, the walk and, where records change, kernel
ridge fold by fold. Frozen are the towers, the features made of relations, what a gene's own seed
brings back to it, boosting, and the calibration curves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import scipy.sparse as sp

from gnn.causality import Direct
from gnn.counterfactuals import OneDisease, for_disease
from gnn.features import Relations
from gnn.fitted import Fitted
from gnn.kept import Kept
from gnn.material import Material
from gnn.ontology import Floats, Index
from gnn.parts import CausalModel
from gnn.relations import NEAREST, RELATIONS, incidence, normalised, strongest
from gnn.trust import trusted_incidence

INTERACTION = next(r for r in RELATIONS if r.name == "interaction")
NOBODY = np.zeros(0, np.int64)
_KEPT_DISEASES = 64


@dataclass(frozen=True)
class Claimed:
    """Forged pairs of gene and disease.

    Attributes:
        gene, disease: Local numbers, int64 (m,).
        weight: Of each, 0 to 1, float32 (m,).
    """

    gene: Index
    disease: Index
    weight: Floats

    def added_to(self, direct: Direct) -> Direct:
        """The evidence with these, the larger weight of a pair counting."""
        gene = np.concatenate([direct.gene, self.gene])
        disease = np.concatenate([direct.disease, self.disease])
        weight = np.concatenate([direct.weight, self.weight]).astype(np.float32)
        order = np.lexsort((-weight, disease, gene))
        gene, disease, weight = gene[order], disease[order], weight[order]
        first = (np.diff(gene, prepend=-1) != 0) | (np.diff(disease, prepend=-1) != 0)
        return replace(direct, gene=gene[first], disease=disease[first], weight=weight[first])


@dataclass(frozen=True)
class Forged:
    """What somebody puts into a release: records, interactions, or both.

    Attributes:
        records: Pairs of gene and disease.
        one, other: Ends of interactions between genes, int64 (m,).
        strength: Score of each interaction, 0 to 1.
    """

    records: Claimed
    one: Index
    other: Index
    strength: float = 1.0


@dataclass(frozen=True)
class Laboratory:
    """A model that can be scored again with other evidence.

    Attributes:
        material: The release as the model's variant sees it.
        fitted: The model.
        interactions: Genes x genes as the release states them, or as trust weighs them.
    """

    material: Material
    fitted: Fitted
    interactions: sp.csr_matrix

    @classmethod
    def of(cls, material: Material, fitted: Fitted) -> Laboratory:
        """With interactions as the model was trained on: as the release states them, or trusted."""
        edges = trusted_incidence if material.trust else incidence
        return cls(material, fitted, edges(material.graph, INTERACTION))

    @cached_property
    def _models(self) -> Kept[int, Fitted]:
        return Kept(partial(for_disease, self.fitted), _KEPT_DISEASES)

    def tampered(self, forged: Forged) -> Material:
        """What a training would learn from if these were in the release."""
        relations = self.material.relations
        if len(forged.one):
            relations = self.related(forged.one, forged.other, forged.strength)
        direct = forged.records.added_to(self.material.direct)
        return self.material.over(relations, direct)

    def frozen(self, forged: Forged) -> CausalModel:
        """The model with these in its evidence and in its walk; what was learned stays."""
        causal = self.walked_on(forged.one, forged.other, forged.strength)
        return replace(causal, direct=forged.records.added_to(self.material.direct))

    def walked_on(self, one: Index, other: Index, strength: float = 1.0) -> CausalModel:
        """The model with forged interactions between genes.

        Args:
            one, other: Their ends, int64 (m,).
            strength: Score of each, 0 to 1.
        """
        matrix = self.related(one, other, strength).walk
        causal = self.fitted.causal
        return replace(causal, walk=replace(causal.walk, matrix=matrix))

    def related(self, one: Index, other: Index, strength: float = 1.0) -> Relations:
        """Relations of genes with forged interactions, as `walked_on` takes them."""
        n = self.interactions.shape[0]
        values = np.full(len(one), strength, np.float32)
        forged = sp.csr_matrix((values, (one, other)), shape=(n, n))
        near = self.interactions.maximum(forged)
        near = near.maximum(near.T).tocsr()
        near.setdiag(0.0)
        near.eliminate_zeros()
        by_name = dict(self.material.relations.by_name)
        by_name[INTERACTION.name] = normalised(strongest(near, NEAREST))
        return Relations.over(by_name)

    def scores(self, causal: CausalModel, disease: int, by_ridge: Floats | None = None) -> Floats:
        """Causality of all genes; ties of the curves are broken by the raw scores."""
        known = self._models[disease].causal
        network = known.network
        if isinstance(network, OneDisease) and by_ridge is not None:
            network = replace(network, by_ridge=by_ridge)
        parts = replace(causal, network=network, boosted=known.boosted).parts(disease)
        probability = self.fitted.curves(parts)
        raw: Floats = probability * (1.0 + 1e-3 * (parts.supported + parts.indirect))
        return raw

    def again(self, diseases: list[int]) -> dict[int, Floats]:
        """Scores by disease with nothing forged, made in the way of those with something."""
        causal = self.walked_on(NOBODY, NOBODY)
        ridge = self.ridge(causal.direct, diseases)
        return {d: self.scores(causal, d, ridge.get(d)) for d in diseases}

    def ridge(self, direct: Direct, diseases: list[int]) -> dict[int, Floats]:
        """Kernel ridge fitted again without each disease's fold: scores by disease."""
        network = self.fitted.causal.network
        if network is None:
            return {}
        kernel, found = self.material.ridge, {}
        seen = direct.evidence_diseases
        fold = np.asarray(network.fold)
        for held in np.unique(fold[diseases]).tolist():
            weights = kernel.fit(direct.matrix, seen[fold[seen] != held])
            mine = [d for d in diseases if fold[d] == held]
            for disease, query in zip(mine, kernel.queries(weights, np.array(mine)), strict=True):
                found[disease] = kernel.genes @ query
        return found
