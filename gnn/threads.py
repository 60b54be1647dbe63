"""One thread for what must come out the same on every machine.

Sums in another order differ in their last digits, and a few hundred steps of training make of that
another network. Libraries split their sums by the number of threads, so a training that is to be
repeated runs on one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


@contextmanager
def one_thread() -> Iterator[None]:
    """Run on one thread, with PyTorch's deterministic algorithms; also a decorator.

    The threads and the choice of algorithms are those of before on leaving.
    """
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.use_deterministic_algorithms(strict)
        torch.set_num_threads(threads)
