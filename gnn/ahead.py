"""Work on many diseases at once, told in order.

NumPy, SciPy and LightGBM let other threads run while they count; each result is made on one thread
as if alone, so that it is the same to the last digit however many threads there are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
AHEAD, MOST = 2, 8
"""Results a thread may be ahead of who takes them, and threads: both bound the memory."""


def ahead(work: Callable[[T], R], items: Iterable[T], threads: int | None = None) -> Iterator[R]:
    """Results of some work, in the order of the items.

    Args:
        work: Safe to be called from several threads; what it raises is raised here.
        items: Taken a few at a time.
        threads: As many as there are cores when None, at most `MOST`.

    >>> list(ahead(lambda n: n * n, [3, 1, 2]))
    [9, 1, 4]
    """
    threads = threads or min(os.cpu_count() or 1, MOST)
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
