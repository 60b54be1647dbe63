"""PyTorch Geometric's explanation metrics over a pair's graph of grounds.

The graph has one node a ground and an edge from each to the pair: messages of records meet in a
maximum, those of seeds in sums, and the rest of the model follows, so that the graph's prediction
is the model's own. The class is whether the probability reaches that of the disease's gene at
rank `TOP`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.explain import Explainer, ExplainerAlgorithm, Explanation
from torch_geometric.explain.metric import fidelity, unfaithfulness
from torch_geometric.nn import SimpleConv

from gnn.grounds import Items
from gnn.ranking import interval
from gnn.rescoring import Pair

TOP, SIZE = 200, 5


class GroundsModel(nn.Module):
    """A pair's probability from its graph of grounds, as that of two classes."""

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.pair = pair
        self.largest = SimpleConv(aggr="max")
        self.total = SimpleConv(aggr="sum")
        model = pair.fitted
        everyone = model.curves(pair.parts)
        self.cut = float(np.sort(everyone)[-TOP])

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """Records, and what seeds bring by kin and by picture, float32 (n, 3) -> (1, 2)."""
        direct = self.largest(x[:, :1], edge_index)[0]
        kin, picture = self.total(x[:, 1:], edge_index)[0].tolist()
        found = self.pair.probability_of(float(direct), kin, picture)
        odds = (found + 1e-9) / (self.cut + 1e-9)
        return torch.tensor([[1.0 / (1.0 + odds), odds / (1.0 + odds)]])


class Given(ExplainerAlgorithm):  # type: ignore[misc]
    """An explanation made elsewhere: the grounds it names first."""

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.mask = mask

    def forward(
        self, model: nn.Module, x: Tensor, edge_index: Tensor, *, target: Tensor, **_: Any
    ) -> Explanation:
        """The mask as it is."""
        return Explanation(edge_mask=self.mask)

    def supports(self) -> bool:
        """Any model."""
        return True


def pyg_metrics(items: Sequence[Items], seed: int) -> dict[str, dict[str, object]]:
    """Fidelity+, fidelity- and unfaithfulness of each kind of explanation, means with intervals."""
    clusters = [i.pair.disease for i in items]
    found: dict[str, list[tuple[float, float, float]]] = {}
    for number, one in enumerate(items):
        for name, order in one.orders(seed + number).items():
            found.setdefault(name, []).append(metrics(one, order[:SIZE]))
    names = ("fidelity_plus", "fidelity_minus", "unfaithfulness")
    return {
        name: {n: interval(np.array(rows)[:, i], clusters) for i, n in enumerate(names)}
        for name, rows in found.items()
    }


def graph_of(items: Items) -> tuple[Tensor, Tensor]:
    """A pair's graph of n grounds, the pair first: float32 (n + 1, 3) and int64 (2, n)."""
    pair, n, records = items.pair, len(items), len(items.records)
    x = torch.zeros(n + 1, 3)
    x[1 : records + 1, 0] = torch.from_numpy(pair.records.carried[items.records]).float()
    x[records + 1 :, 1] = torch.from_numpy(pair.kin.by_seed[items.seeds])
    x[records + 1 :, 2] = torch.from_numpy(pair.picture.by_seed[items.seeds])
    return x, torch.stack([torch.arange(1, n + 1), torch.zeros(n, dtype=torch.long)])


def metrics(items: Items, chosen: Any) -> tuple[float, float, float]:
    """Fidelity+, fidelity- and unfaithfulness of an explanation, each 0 to 1.

    Args:
        items: A pair's grounds.
        chosen: Places of those that the explanation names, int64 (k,).
    """
    x, edge_index = graph_of(items)
    mask = torch.zeros(len(items))
    mask[torch.from_numpy(chosen)] = 1.0
    explainer = Explainer(
        GroundsModel(items.pair),
        Given(mask),
        explanation_type="model",
        edge_mask_type="object",
        model_config={
            "mode": "multiclass_classification",
            "task_level": "graph",
            "return_type": "probs",
        },
    )
    explanation = explainer(x, edge_index)
    return (*fidelity(explainer, explanation), unfaithfulness(explainer, explanation))
