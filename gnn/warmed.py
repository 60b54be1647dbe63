"""What boosting says of diseases that were asked ahead, stored beside a model.

Boosting is most of what a disease costs; all else is products of stored vectors. A disease's places
are stored by seed, so that what is read is what would be computed, to the last bit.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gnn.network import percentile
from gnn.ontology import Floats


@dataclass(frozen=True)
class Warmed:
    """A folder with a file for each disease. Safe between threads and processes.

    Attributes:
        directory: Beside the model whose places these are.
    """

    directory: Path

    def has(self, disease: int) -> bool:
        """Whether a disease, by its local number, is stored."""
        return self._file(disease).exists()

    def of(self, disease: int) -> Floats | None:
        """Percentile of every gene by seed, float32 (seeds, genes); None for what is not stored."""
        try:
            below = np.load(self._file(disease), allow_pickle=False)
        except FileNotFoundError:
            return None
        share: Floats = below.astype(np.float32) / np.float32(below.shape[1])
        return share

    def keep(self, disease: int, by_seed: Floats) -> None:
        """Store what the models of each seed say of a disease; a reader sees all of it or none.

        Args:
            disease: Local number.
            by_seed: Scores of any scale, float32 (seeds, genes): the order alone is stored, as how
                many genes are below, uint32.
        """
        n = by_seed.shape[1]
        below = np.rint(np.stack([percentile(one) for one in by_seed]) * n).astype(np.uint32)
        self.directory.mkdir(exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self.directory, prefix=".writing-")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                np.save(stream, below, allow_pickle=False)
            os.replace(temporary, self._file(disease))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _file(self, disease: int) -> Path:
        return self.directory / f"{disease}.npy"
