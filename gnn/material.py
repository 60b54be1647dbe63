"""What every head learns from, read from a release once: direct evidence, features, relations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gnn.causality import Direct
from gnn.clinical import clinical_claims
from gnn.features import (
    WALK,
    Relations,
    disease_blocks,
    gene_blocks,
    joined,
    relation_blocks,
)
from gnn.graph import Claims, Graph
from gnn.mouse import MouseProfiles
from gnn.objective import CAUSALITY, Variant
from gnn.ontology import Floats, Ontology
from gnn.parts import CausalModel
from gnn.path_features import Paths
from gnn.phenotype import Profiles
from gnn.propagation import Walk
from gnn.proxies import proxy_claims
from gnn.relations import incidence
from gnn.ridge import KernelRidge
from gnn.then import GraphThen
from gnn.threads import one_thread
from gnn.towers import TowerData
from gnn.trust import trusted_claims, trusted_incidence
from kg.biolink import EvidenceClass
from kg.errors import ModelError
from kg.release import Release

LEAST_PAIRS = 200


@dataclass(frozen=True)
class Material:
    """A release, prepared for learning.

    Attributes:
        graph: The release.
        claims: Statements on gene and disease that is learned from and that makes seeds.
        direct: Their direct evidence.
        clinical: Clinical statements that are read beside `claims` where the variant allows it, by
            the direct part alone: nothing learns from them and no walk starts from them.
        relations: How genes relate.
        blocks: Features of genes by block.
        profiles: Clinical pictures of diseases; empty without phenotype annotations.
        genes, diseases: Joined features, float32.
        walk: Prepared walk.
        ridge: Kernel features.
        hidden: Evidence classes that are no part of it.
        seed: Of kernel features.
        trust: Whether what can be forged counts by its independent sources (`gnn.trust`).
    """

    graph: Graph
    claims: Claims
    direct: Direct
    clinical: Claims
    relations: Relations
    blocks: dict[str, Floats]
    profiles: Profiles
    genes: Floats
    diseases: Floats
    walk: Walk
    ridge: KernelRidge
    hidden: frozenset[EvidenceClass]
    seed: int
    trust: bool = False

    @classmethod
    @one_thread()
    def of(
        cls,
        release: Release,
        variant: Variant,
        seed: int,
        exclude: Iterable[EvidenceClass] = (),
        trust: bool = False,
    ) -> Material:
        """Prepare a release for a variant.

        Args:
            release: What to read.
            variant: Which evidence may be seen.
            seed: Of kernel features.
            exclude: Evidence classes hidden besides the variant's.
            trust: Whether what can be forged counts by its independent sources (`gnn.trust`).

        Raises:
            ModelError: too few gene-disease pairs are left to learn from.
        """
        graph = Graph(release)
        hidden = hidden_classes(variant, exclude)
        return cls._over(graph, *visible_claims(graph, variant, exclude), hidden, seed, trust)

    @classmethod
    def _over(
        cls,
        graph: Graph,
        claims: Claims,
        clinical: Claims,
        hidden: frozenset[EvidenceClass],
        seed: int,
        trust: bool,
    ) -> Material:
        claims = trusted_claims(claims) if trust else claims
        direct = Direct.of(claims, graph.disease_ontology, len(graph.genes))
        if len(direct.gene) < LEAST_PAIRS:
            raise ModelError(
                f"{len(direct.gene)} gene-disease pairs in release {graph.release.id} are too few "
                f"to train on (at least {LEAST_PAIRS}); build it from more sources"
            )
        relations = Relations.of(graph, edges=trusted_incidence if trust else incidence)
        blocks = gene_blocks(graph, relations)
        profiles = Profiles.of(graph, _pictured(graph, claims))
        genes = joined(blocks.values())
        diseases = joined(disease_blocks(graph.disease_ontology, profiles).values())
        return cls(
            graph,
            claims,
            direct,
            clinical,
            relations,
            blocks,
            profiles,
            genes,
            diseases,
            Walk.over(relations.walk),
            KernelRidge.over(genes, diseases, seed),
            hidden,
            seed,
            trust,
        )

    @one_thread()
    def believing(self, trust: bool) -> Material:
        """The same with, or without, what can be forged counted by its independent sources."""
        if self.trust == trust:
            return self
        claims = self.graph.claims.without(self.hidden)
        return self._over(self.graph, claims, self.clinical, self.hidden, self.seed, trust)

    @one_thread()
    def over(self, relations: Relations, direct: Direct) -> Material:
        """The same over other relations between genes, and other evidence.

        Features of genes that relations make are made again, with the walk and kernel features.
        """
        told = self.relations.by_name
        changed = [n for n, m in relations.by_name.items() if m is not told.get(n)]
        if not changed:
            return replace(self, direct=direct)
        made = relation_blocks(relations, {*changed, WALK})
        blocks = {name: made.get(name, block) for name, block in self.blocks.items()}
        return replace(self._of_genes(relations, blocks), direct=direct)

    @one_thread()
    def then(self, day: date) -> Material:
        """The same over relations and facts of genes that were public by a day (`gnn.then`).

        Sources are not counted (`trust`), since later ones would count among them.

        Raises:
            ModelError: no relation that walks go over was public by then.
        """
        graph = GraphThen(self.graph, day)
        relations = Relations.of(graph)
        made = self._of_genes(relations, gene_blocks(graph, relations))
        return replace(made, graph=graph)

    def _of_genes(self, relations: Relations, blocks: dict[str, Floats]) -> Material:
        """The same over other relations and features of genes."""
        genes = joined(blocks.values())
        return replace(
            self,
            relations=relations,
            blocks=blocks,
            genes=genes,
            walk=Walk.over(relations.walk),
            ridge=KernelRidge.over(genes, self.diseases, self.seed),
        )

    @property
    def ontology(self) -> Ontology:
        """The disease hierarchy."""
        return self.direct.ontology

    @cached_property
    def proxies(self) -> Claims:
        """Claims on traits that stand for diseases, of the classes that may be seen."""
        claims = proxy_claims(self.graph).without(self.hidden)
        return trusted_claims(claims) if self.trust else claims

    @property
    def with_proxies(self) -> Claims:
        """What is learned from, and what is said of traits that stand for diseases."""
        return self.claims.with_those_of(self.proxies)

    @cached_property
    def served_claims(self) -> Claims:
        """What direct evidence is made of where it is served: nothing learns from all of it."""
        return self.with_proxies.with_those_of(self.clinical)

    @cached_property
    def served(self) -> Direct | None:
        """Direct evidence as it is served; None where that is what is learned from."""
        some = len(self.clinical) + len(self.proxies) > 0
        return Direct.of(self.served_claims, self.ontology, len(self.graph.genes)) if some else None

    def tower_data(self, direct: Direct | None = None) -> TowerData:
        """Features and evidence for the towers."""
        evidence = (direct or self.direct).matrix
        return TowerData.of(self.genes, self.diseases, self.relations.walk, evidence, self.ontology)

    @cached_property
    def mouse(self) -> MouseProfiles:
        """Phenotypes of mouse mutants, of genes and as diseases would show them."""
        return MouseProfiles.of(self.graph)

    def paths(self, direct: Direct | None = None) -> Paths:
        """Columns that boosting learns from, over all evidence or over what is visible."""
        return Paths(
            direct or self.direct,
            self.relations.by_name,
            self.walk,
            self.profiles,
            self.mouse,
            self.blocks["facts"],
        )

    def without_network(self, direct: Direct | None = None) -> CausalModel:
        """Direct evidence and walks alone."""
        return CausalModel(direct or self.direct, self.walk, self.profiles, None)

    def keeping(self, mask: npt.NDArray[np.bool_]) -> Direct:
        """Direct evidence of some claims only."""
        return Direct.of(self.claims.keep(mask), self.ontology, len(self.graph.genes))


def hidden_classes(
    variant: Variant, exclude: Iterable[EvidenceClass] = ()
) -> frozenset[EvidenceClass]:
    """Classes that nothing is learned from and no walk starts from."""
    return frozenset({*variant.excluded, *CAUSALITY.hidden_classes, *exclude})


def visible_claims(
    graph: Graph, variant: Variant, exclude: Iterable[EvidenceClass] = ()
) -> tuple[Claims, Claims]:
    """What a variant learns from, and the clinical statements its direct part reads beside.

    The second are empty unless the variant allows them.
    """
    told = EvidenceClass.CLINICAL not in {*variant.excluded, *exclude}
    none = graph.claims.keep(np.zeros(len(graph.claims), bool))
    learned = graph.claims.without(hidden_classes(variant, exclude))
    return learned, clinical_claims(graph) if told else none


def _pictured(graph: Graph, claims: Claims) -> npt.NDArray[np.bool_] | None:
    """Diseases whose clinical picture may be used; all (None) unless the release is of a day.

    A picture is of patients of a subtype that is known by its gene: as of a day, only diseases
    that had evidence by then have one.
    """
    if not graph.release.manifest["parameters"].get("as_of"):
        return None
    known = np.zeros(len(graph.diseases), bool)
    known[claims.disease[~claims.negated]] = True
    return known


def hiding(direct: Direct, hidden: npt.NDArray[np.bool_]) -> Direct:
    """Direct evidence with some diseases' own pairs taken out.

    Args:
        direct: All of it.
        hidden: Diseases, bool (diseases,).
    """
    kept = ~hidden[direct.disease]
    return replace(
        direct, gene=direct.gene[kept], disease=direct.disease[kept], weight=direct.weight[kept]
    )
