"""One file a source.

`SOURCES` lists them in order of trust in names: the first to make a node names it.
"""

from __future__ import annotations

from ingest.source import Source
from ingest.sources.bgee import BGEE
from ingest.sources.bindingdb import BINDINGDB
from ingest.sources.bioplex import BIOPLEX
from ingest.sources.civic import CIVIC
from ingest.sources.clingen import CLINGEN
from ingest.sources.clinpgx import CLINPGX
from ingest.sources.clinvar_conditions import CLINVAR_CONDITIONS
from ingest.sources.co_essential import CO_ESSENTIAL
from ingest.sources.complex_portal import COMPLEX_PORTAL
from ingest.sources.cross_references import CROSS_REFERENCES
from ingest.sources.dgidb import DGIDB
from ingest.sources.disease_ontology import DISEASE_ONTOLOGY
from ingest.sources.diseases_knowledge import DISEASES_KNOWLEDGE
from ingest.sources.drugcentral import DRUGCENTRAL
from ingest.sources.efo import EFO
from ingest.sources.ensembl import ENSEMBL
from ingest.sources.essentiality import ESSENTIALITY
from ingest.sources.finan import FINAN
from ingest.sources.finemapping import FINEMAPPING
from ingest.sources.gene2phenotype import GENE2PHENOTYPE
from ingest.sources.gene_burden import GENE_BURDEN
from ingest.sources.gene_ontology import GENE_ONTOLOGY
from ingest.sources.gnomad import GNOMAD
from ingest.sources.gtex import GTEX
from ingest.sources.gtopdb import GTOPDB
from ingest.sources.gwas_catalog import GWAS_CATALOG
from ingest.sources.gwas_findings import GWAS_FINDINGS
from ingest.sources.hetio_ppi import HETIO_PPI
from ingest.sources.hgnc import HGNC
from ingest.sources.hgnc_families import HGNC_FAMILIES
from ingest.sources.homology_clusters import HOMOLOGY_CLUSTERS
from ingest.sources.hpa import HPA
from ingest.sources.hpo import HPO
from ingest.sources.humap import HUMAP
from ingest.sources.humsavar import HUMSAVAR
from ingest.sources.huri import HURI
from ingest.sources.interpro import INTERPRO
from ingest.sources.lit_bm import LIT_BM
from ingest.sources.locus_gold_standards import LOCUS_GOLD_STANDARDS
from ingest.sources.monarch import MONARCH
from ingest.sources.mondo import MONDO
from ingest.sources.mouse import MOUSE
from ingest.sources.ohnologs import OHNOLOGS
from ingest.sources.opencell import OPENCELL
from ingest.sources.opentargets_drugs import OPENTARGETS_DRUGS
from ingest.sources.orphanet import ORPHANET
from ingest.sources.orphanet_classification import ORPHANET_CLASSIFICATION
from ingest.sources.phenopackets import PHENOPACKETS
from ingest.sources.pocket_predictions import POCKET_PREDICTIONS
from ingest.sources.popularity import POPULARITY
from ingest.sources.proteome_catalogue import PROTEOME_CATALOGUE
from ingest.sources.reactome import REACTOME
from ingest.sources.repurposing_hub import REPURPOSING_HUB
from ingest.sources.safety import SAFETY
from ingest.sources.string_info import STRING_INFO
from ingest.sources.structures import STRUCTURES
from ingest.sources.surfaceome import SURFACEOME
from ingest.sources.tcrd import TCRD
from ingest.sources.trait_diseases import TRAIT_DISEASES

SOURCES: tuple[Source, ...] = (
    HGNC,
    MONDO,
    HPO,
    EFO,
    DISEASE_ONTOLOGY,
    ORPHANET_CLASSIFICATION,
    GENE_ONTOLOGY,
    HGNC_FAMILIES,
    INTERPRO,
    REACTOME,
    ENSEMBL,
    PROTEOME_CATALOGUE,
    CLINGEN,
    OPENTARGETS_DRUGS,
    DRUGCENTRAL,
    GTOPDB,
    REPURPOSING_HUB,
    BINDINGDB,
    STRUCTURES,
    GWAS_CATALOG,
    FINEMAPPING,
    GWAS_FINDINGS,
    MONARCH,
    PHENOPACKETS,
    CIVIC,
    CLINPGX,
    HUMSAVAR,
    GENE_BURDEN,
    GENE2PHENOTYPE,
    ORPHANET,
    DISEASES_KNOWLEDGE,
    GNOMAD,
    HURI,
    SURFACEOME,
    STRING_INFO,
    BGEE,
    BIOPLEX,
    CO_ESSENTIAL,
    COMPLEX_PORTAL,
    DGIDB,
    ESSENTIALITY,
    FINAN,
    GTEX,
    MOUSE,
    HETIO_PPI,
    HOMOLOGY_CLUSTERS,
    HPA,
    HUMAP,
    LIT_BM,
    OHNOLOGS,
    POCKET_PREDICTIONS,
    OPENCELL,
    POPULARITY,
    SAFETY,
    TCRD,
    CROSS_REFERENCES,
    LOCUS_GOLD_STANDARDS,
    CLINVAR_CONDITIONS,
    TRAIT_DISEASES,
)
