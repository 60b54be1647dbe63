"""The grounds of a pair as one list, with what an explanation gives each: records, then seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.contributions import DIRECT, KIN, PICTURE
from gnn.ontology import Index
from gnn.rescoring import Grounds, Pair

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Items:
    """A pair's grounds as one list: records first, then seeds.

    Attributes:
        pair: Whose.
        records, seeds: Numbers of the supporting records, and of the genes that are seeds.
        weight: What the explanation gives each, (records + seeds,).
        degree: Edges of the record's disease, or percentile of the seed gene by degree.
    """

    pair: Pair
    records: Index
    seeds: Index
    weight: Values
    degree: Values

    @classmethod
    def of(cls, pair: Pair, shares: Mapping[str, float], spread: Values) -> Items:
        """From a pair and the shares of its channels.

        Args:
            pair: Whose.
            shares: Of the probability, by channel.
            spread: Records of every disease, for the explanation by degree.
        """
        carried = pair.records.carried
        records = np.flatnonzero(carried > 0)
        seeds = np.flatnonzero(pair.kin.by_seed + pair.picture.by_seed)
        direct = _portion(carried[records], shares.get(DIRECT, 0.0))
        walked = _portion(pair.kin.by_seed[seeds], shares.get(KIN, 0.0))
        walked = walked + _portion(pair.picture.by_seed[seeds], shares.get(PICTURE, 0.0))
        popular = spread[pair.records.claims.disease[records]]
        degree = np.concatenate([popular, pair.fitted.bias.degree[seeds]])
        return cls(pair, records, seeds, np.concatenate([direct, walked]), degree)

    def __len__(self) -> int:
        return len(self.weight)

    def chosen(self, places: Index) -> Grounds:
        """Some of the grounds."""
        everything = self.pair.everything
        records = np.zeros_like(everything.records)
        seeds = np.zeros_like(everything.seeds)
        first = places[places < len(self.records)]
        records[self.records[first]] = True
        seeds[self.seeds[places[places >= len(self.records)] - len(self.records)]] = True
        return Grounds(records, seeds)

    def orders(self, seed: int) -> dict[str, Index]:
        """Grounds by each kind of explanation, best first."""
        return {
            "shown": np.argsort(-self.weight, kind="stable"),
            "degree": np.argsort(-self.degree, kind="stable"),
            "random": np.random.default_rng(seed).permutation(len(self)),
        }


def _portion(values: npt.NDArray[np.floating], whole: float) -> Values:
    total = float(values.sum())
    return np.asarray(values, np.float64) * (whole / total if total > 0 else 0.0)
