"""One file a source.

`SOURCES` lists them in order of trust in names: the first to make a node names it.
"""

from __future__ import annotations

from ingest.source import Source
from ingest.sources.clingen import CLINGEN
from ingest.sources.ensembl import ENSEMBL
from ingest.sources.gene_ontology import GENE_ONTOLOGY
from ingest.sources.gnomad import GNOMAD
from ingest.sources.hgnc import HGNC
from ingest.sources.hgnc_families import HGNC_FAMILIES
from ingest.sources.huri import HURI
from ingest.sources.interpro import INTERPRO
from ingest.sources.mondo import MONDO
from ingest.sources.proteome_catalogue import PROTEOME_CATALOGUE
from ingest.sources.reactome import REACTOME
from ingest.sources.string_info import STRING_INFO
from ingest.sources.surfaceome import SURFACEOME

SOURCES: tuple[Source, ...] = (
    HGNC,
    MONDO,
    GENE_ONTOLOGY,
    HGNC_FAMILIES,
    INTERPRO,
    REACTOME,
    ENSEMBL,
    PROTEOME_CATALOGUE,
    CLINGEN,
    GNOMAD,
    HURI,
    SURFACEOME,
    STRING_INFO,
)
