"""A fitted model as arrays: what training hands to serving, and how it is stored flat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.boosting_store import boosted_arrays, boosted_of
from gnn.calibrate import Curve
from gnn.conformal import ClassConformal
from gnn.course import Onset
from gnn.curves import Curves
from gnn.direction import Mechanisms, Signs
from gnn.ledger import Ledger
from gnn.locus_to_gene import LocusToGene
from gnn.network import Network
from gnn.ontology import Floats, Index, Ontology
from gnn.outcomes import Outcomes, Pushes
from gnn.parts import CausalModel
from gnn.phenotype import Profiles
from gnn.propagation import Walk
from gnn.stored import Arrays, csr_arrays, csr_of, direct_arrays, direct_of
from gnn.strands import Strands
from gnn.warmed import Warmed


@dataclass(frozen=True)
class Bias:
    """How well studied each gene is.

    Attributes:
        publications: Percentile among genes, float32 (genes,), NaN where unknown.
        degree: Percentile by number of edges, float32 (genes,).
    """

    publications: Floats
    degree: Floats


@dataclass(frozen=True)
class Druggable:
    """Druggability of every gene.

    Attributes:
        probability, lower, upper: Intrinsic, by modality and gene, float32 (3, genes); NaN for
            modalities of too few drugs to learn from.
        phase: Highest clinical phase by modality and gene, NaN for none.
        controlled: As `probability`, from systematic measurements alone, with what publications
            tell of it taken off.
        grounds: What each of `gnn.tractability_grounds.GROUNDS` adds to the log-odds of
            tractability, float16 (3, genes, grounds).
        fold: Of each gene, int8 (genes,): what is said of it was learned from the others.
    """

    probability: Floats
    lower: Floats
    upper: Floats
    phase: Floats
    controlled: Floats
    grounds: npt.NDArray[np.float16]
    fold: npt.NDArray[np.int8]

    @property
    def told(self) -> npt.NDArray[np.bool_]:
        """Which modalities have a probability, bool (3,)."""
        return np.asarray(~np.isnan(self.probability).any(axis=1))

    @property
    def suited(self) -> Index:
        """The modality that suits each gene best, of those with a probability, int64 (genes,)."""
        known = np.where(self.told[:, None], self.probability, np.float32(-1.0))
        return np.asarray(known.argmax(axis=0))


@dataclass(frozen=True)
class Fitted:
    """Everything a score is computed from.

    Attributes:
        gene_at, disease_at: Node index in the release of each local number.
        causal: The parts of causality.
        curves: From the parts of causality to its probability.
        reversible: Calibration curve of reversibility; None where too few outcomes of drugs are
            known to fit one on, as in a release as of a day before they were told.
        onset: What the disease's stage of onset changes in the odds of reversibility.
        simple: As `curves` where both walks stand in for the network part.
        druggable: By modality.
        signs: Drugs' signs by gene.
        homology: Probability that inhibiting is right from homologues; support beside it.
        conformal: Thresholds from which homologues decide a direction.
        mechanisms: Curated directions.
        pushes: What drugs that reached a late phase for a disease do to a gene.
        outcomes: What each drug acts on, and how far it came for which disease: reversibility
            reads no sign of a drug that was tried for the disease itself.
        drug_gene, drug_sign, drug_row: Signed drug records: gene, sign, row of the evidence table.
        neighbours: Edges to other genes that the network saw, by gene: below a few the score is
            out of distribution.
        unseen_family: Genes that share no family, domain or cluster with a gene of any evidence.
        hypothesis_free: Share of each direct pair's records made without choosing genes, float32,
            in the order of `causal.direct`.
        ledger: The records behind `causal.direct`.
        served_ledger: Those behind `causal.served`; None where there is none.
        strands: Relations behind each edge of `causal.walk`.
        loci: Locus to gene; None where the release has too few loci to learn from.
    """

    gene_at: Index
    disease_at: Index
    causal: CausalModel
    curves: Curves
    reversible: Curve | None
    onset: Onset
    simple: Curves
    druggable: Druggable
    signs: Signs
    homology: Floats
    homology_support: Floats
    conformal: ClassConformal
    mechanisms: Mechanisms
    pushes: Pushes
    outcomes: Outcomes
    drug_gene: Index
    drug_sign: npt.NDArray[np.int8]
    drug_row: Index
    neighbours: Index
    unseen_family: npt.NDArray[np.bool_]
    hypothesis_free: Floats
    bias: Bias
    ledger: Ledger
    strands: Strands
    loci: LocusToGene | None
    served_ledger: Ledger | None = None

    @property
    def said_ledger(self) -> Ledger:
        """The records behind the direct part."""
        return self.served_ledger or self.ledger

    @property
    def as_learned(self) -> Fitted:
        """The model with nothing in its direct part that it was not trained on.

        What is evaluated on outcomes of trials is this: clinical statements follow trials.
        """
        return replace(self, causal=replace(self.causal, served=None), served_ledger=None)


_SIMPLE = (
    "gene_at",
    "disease_at",
    "homology",
    "homology_support",
    "drug_gene",
    "drug_sign",
    "drug_row",
    "neighbours",
    "unseen_family",
    "hypothesis_free",
)
_REVERSIBLE = "reversible"
_RECORDS: Mapping[str, tuple[type[Any], tuple[str, ...]]] = {
    "druggable": (
        Druggable,
        ("probability", "lower", "upper", "phase", "controlled", "grounds", "fold"),
    ),
    "signs": (Signs, ("inhibitors", "activators")),
    "mechanisms": (Mechanisms, ("gene", "disease", "desired", "calls", "row")),
    "pushes": (Pushes, ("gene", "disease", "sign")),
    "bias": (Bias, ("publications", "degree")),
    "onset": (Onset, ("stage", "log_odds", "heard", "gain", "taught_by")),
    "conformal": (ClassConformal, ("most",)),
}
_OUTCOMES = ("acts", "inhibits", "activates", "phase")
_OF_DRUGS = ("skeleton", "drug_at", "modality", "highest")
"""Of `outcomes`: sparse matrices, and arrays."""
_NETWORK = ("fold", "gene_kernel", "disease_kernel", "gene_towers", "disease_towers")


def set_aside(model: Fitted) -> Fitted:
    """The model with walks in place of the network part, their own curves in place of its."""
    return replace(model, causal=replace(model.causal, simple=True), curves=model.simple)


def with_warmed(model: Fitted, warmed: Warmed) -> Fitted:
    """The model with what was asked of it ahead; without boosting as it is."""
    boosted = model.causal.boosted
    if boosted is None:
        return model
    return replace(model, causal=replace(model.causal, boosted=replace(boosted, warmed=warmed)))


def to_arrays(model: Fitted) -> dict[str, npt.NDArray[Any]]:
    """Flat arrays by name; the inverse of `from_arrays`."""
    causal, network = model.causal, model.causal.network
    if network is None:
        raise ValueError("only a model with its network part is stored")
    arrays = {name: getattr(model, name) for name in _SIMPLE}
    arrays |= model.curves.to_arrays()
    arrays |= {f"simple.{name}": array for name, array in model.simple.to_arrays().items()}
    if model.reversible is not None:
        arrays[_REVERSIBLE] = model.reversible.as_array()
    for name, (_, fields) in _RECORDS.items():
        arrays |= {f"{name}.{f}": getattr(getattr(model, name), f) for f in fields}
    arrays |= direct_arrays("direct", causal.direct)
    arrays |= {f"network.{f}": getattr(network, f) for f in _NETWORK}
    arrays |= csr_arrays("ontology", causal.direct.ontology.ancestors)
    arrays["ontology.counted"] = causal.direct.ontology.counted
    arrays |= csr_arrays("walk", causal.walk.matrix)
    arrays["walk.stay"] = np.array(causal.walk.stay)
    arrays["walk.own"] = causal.walk.own
    arrays |= csr_arrays("profiles", causal.profiles.matrix)
    arrays |= {f"ledger.{name}": array for name, array in model.ledger.to_arrays().items()}
    arrays |= {"strands.names": np.array(model.strands.names), "strands": model.strands.share}
    if causal.served is not None:
        arrays |= direct_arrays("served", causal.served)
        told = model.said_ledger.to_arrays().items()
        arrays |= {f"served_ledger.{name}": array for name, array in told}
    if causal.boosted is not None:
        arrays |= {f"boosted.{name}": a for name, a in boosted_arrays(causal.boosted).items()}
    for name in _OUTCOMES:
        arrays |= csr_arrays(f"outcomes.{name}", getattr(model.outcomes, name))
    arrays |= {f"outcomes.{name}": getattr(model.outcomes, name) for name in _OF_DRUGS}
    if model.loci is not None:
        arrays |= {f"loci.{name}": array for name, array in model.loci.to_arrays().items()}
    return arrays


def from_arrays(arrays: Arrays) -> Fitted:
    """A fitted model over stored arrays, which stay memory-mapped."""
    ontology = Ontology(csr_of("ontology", arrays), arrays["ontology.counted"])
    n_genes = len(arrays["gene_at"])
    direct = direct_of("direct", arrays, ontology, n_genes)
    walk = Walk(csr_of("walk", arrays), float(arrays["walk.stay"]), arrays["walk.own"])
    network = Network(**{f: arrays[f"network.{f}"] for f in _NETWORK})
    causal = CausalModel(direct, walk, Profiles(csr_of("profiles", arrays)), network)
    if "served.gene" in arrays:
        causal = replace(causal, served=direct_of("served", arrays, ontology, n_genes))
    if stored_paths := _under("boosted", arrays):
        causal = replace(causal, boosted=boosted_of(stored_paths, causal))
    fields_of: dict[str, Any] = {
        name: kind(**{f: arrays[f"{name}.{f}"] for f in fields})
        for name, (kind, fields) in _RECORDS.items()
    }
    fields_of["outcomes"] = Outcomes(
        *(csr_of(f"outcomes.{name}", arrays) for name in _OUTCOMES),
        *(arrays[f"outcomes.{name}"] for name in _OF_DRUGS),
    )
    fields_of["curves"] = Curves.from_arrays(arrays)
    fields_of["simple"] = Curves.from_arrays(_under("simple", arrays))
    curve = arrays.get(_REVERSIBLE)
    fields_of[_REVERSIBLE] = None if curve is None else Curve.from_array(curve)
    fields_of |= {name: arrays[name] for name in _SIMPLE}
    fields_of["ledger"] = Ledger.from_arrays(_under("ledger", arrays))
    beside = _under("served_ledger", arrays)
    fields_of["served_ledger"] = Ledger.from_arrays(beside) if beside else None
    names = tuple(str(name) for name in arrays["strands.names"])
    fields_of["strands"] = Strands(names, arrays["strands"])
    stored = _under("loci", arrays)
    fields_of["loci"] = LocusToGene.from_arrays(stored, ontology, walk.matrix) if stored else None
    return Fitted(causal=causal, **fields_of)


def _under(name: str, arrays: Arrays) -> Arrays:
    prefix = f"{name}."
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
