"""One file a source.

`SOURCES` lists them in order of trust in names: the first to make a node names it.
"""

from __future__ import annotations

from ingest.source import Source
from ingest.sources.clingen import CLINGEN
from ingest.sources.hgnc import HGNC
from ingest.sources.mondo import MONDO

SOURCES: tuple[Source, ...] = (HGNC, MONDO, CLINGEN)
