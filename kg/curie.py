"""Identifiers as values: `Curie(prefix, local_id)`, parsed once at the edge.

Prefixes are spelled as Biolink spells them; the spellings that sources use instead (`MIM:`,
`Orphanet:`, `CHEMBL:` ...) are synonyms and are normalised by `Curie.parse`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from curies import Converter, Record

from kg.errors import InvalidCurie

_OBO = "http://purl.obolibrary.org/obo/"
_URN = "urn:target-kg:"


def _prefix(name: str, uri: str, pattern: str, *synonyms: str) -> Record:
    return Record(prefix=name, uri_prefix=uri, prefix_synonyms=list(synonyms), pattern=pattern)


def _obo(name: str, pattern: str, *synonyms: str) -> Record:
    return _prefix(name, f"{_OBO}{name}_", pattern, *synonyms)


_INCHIKEY = r"[A-Z]{14}-[A-Z]{10}-[A-Z]"
_LOCUS = r"[0-9XYMT]+-\d+-[ACGTN]+-[ACGTN]+"

PREFIXES: tuple[Record, ...] = (
    # genes and proteins
    _prefix("HGNC", "https://identifiers.org/hgnc:", r"\d+"),
    _prefix("NCBIGene", "https://www.ncbi.nlm.nih.gov/gene/", r"\d+"),
    _prefix("ENSEMBL", "https://www.ensembl.org/id/", r"ENS[A-Z]*\d{11}"),
    _prefix(
        "UniProtKB",
        "https://www.uniprot.org/uniprotkb/",
        r"[A-Z0-9]{6,10}(-\d+)?",
        "UNIPROT",
        "UniProt",
    ),
    _prefix(
        "CHEMBL.TARGET",
        "https://www.ebi.ac.uk/chembl/target_report_card/",
        r"CHEMBL\d+",
    ),
    _prefix("MGI", "https://www.informatics.jax.org/accession/MGI:", r"\d+"),
    # diseases, phenotypes, traits
    _obo("MONDO", r"\d{7}"),
    _obo("HP", r"\d{7}", "HPO"),
    _obo("MP", r"\d{7}"),
    _obo("DOID", r"\d+"),
    _obo("NCIT", r"C\d+", "NCI", "NCIt"),
    _obo("OBA", r"\w+"),
    _prefix("EFO", "http://www.ebi.ac.uk/efo/EFO_", r"\d{7}"),
    _prefix("OMIM", "https://omim.org/entry/", r"\d{6}", "MIM"),
    _prefix("OMIMPS", "https://omim.org/phenotypicSeries/PS", r"\d{6}", "OMIM.PS"),
    _prefix(
        "ORPHA",
        "http://www.orpha.net/ORDO/Orphanet_",
        r"\d+",
        "Orphanet",
        "ORPHANET",
        "ORDO",
    ),
    _prefix("MESH", "http://id.nlm.nih.gov/mesh/", r"[A-Z]\d+", "MeSH"),
    _prefix("UMLS", "http://linkedlifedata.com/resource/umls/id/", r"C\d{7}", "UMLS_CUI"),
    _prefix("ICD10CM", "http://purl.bioontology.org/ontology/ICD10CM/", r"[A-Z0-9.\-]+"),
    _prefix("ICD11", "http://id.who.int/icd/entity/", r"\S+", "icd11.foundation"),
    _prefix("SCTID", "http://snomed.info/id/", r"\d+", "SNOMEDCT"),
    _prefix("MEDDRA", "http://identifiers.org/meddra/", r"\d+", "MedDRA"),
    _prefix("TRAIT", f"{_URN}trait:", r".+"),
    # functions, places, families
    _obo("GO", r"\d{7}"),
    _obo("UBERON", r"\d{7}"),
    _obo("CL", r"\d{7}"),
    _obo("HANCESTRO", r"\d+"),
    _prefix("REACT", "https://reactome.org/content/detail/", r"R-[A-Z]{3}-\d+"),
    _prefix(
        "HGNC.FAMILY",
        "https://www.genenames.org/data/genegroup/#!/group/",
        r"\d+",
        "HGNC.GENEGROUP",
    ),
    _prefix(
        "InterPro",
        "https://www.ebi.ac.uk/interpro/entry/InterPro/",
        r"IPR\d{6}",
        "INTERPRO",
        "interpro",
    ),
    _prefix("PFAM", "https://www.ebi.ac.uk/interpro/entry/pfam/", r"PF\d{5}", "Pfam"),
    _prefix("PFAM.CLAN", "https://www.ebi.ac.uk/interpro/set/pfam/", r"CL\d{4}", "pfam.clan"),
    _prefix("ComplexPortal", "https://www.ebi.ac.uk/complexportal/complex/", r"CPX-\d+"),
    _prefix("HUMAP3", "https://humap3.proteincomplexes.org/complexes/", r"huMAP3_\d+\.\d+"),
    # compounds
    _prefix(
        "CHEMBL.COMPOUND",
        "https://www.ebi.ac.uk/chembl/compound_report_card/",
        r"CHEMBL\d+",
        "CHEMBL",
    ),
    _prefix(
        "INCHIKEY",
        "https://identifiers.org/inchikey:",
        _INCHIKEY,
        "InChIKey",
    ),
    _prefix("DrugCentral", "https://drugcentral.org/drugcard/", r"\d+", "DRUGCENTRAL"),
    _prefix(
        "GTOPDB",
        "https://www.guidetopharmacology.org/GRAC/LigandDisplayForward?ligandId=",
        r"\d+",
    ),
    _prefix("BROAD", "https://repo-hub.broadinstitute.org/repurposing#", r".+"),
    _prefix("PUBCHEM.COMPOUND", "https://pubchem.ncbi.nlm.nih.gov/compound/", r"\d+"),
    _prefix("DRUGBANK", "https://go.drugbank.com/drugs/", r"DB\d+"),
    _prefix("CAS", "https://commonchemistry.cas.org/detail?cas_rn=", r"\d+-\d\d-\d"),
    _prefix("PHARMGKB", "https://www.clinpgx.org/chemical/", r"PA\d+", "PharmGKB"),
    _obo("CHEBI", r"\d+"),
    # variants
    _prefix("DBSNP", "https://www.ncbi.nlm.nih.gov/snp/", r"rs\d+", "dbSNP"),
    _prefix("GRCh38", "https://gnomad.broadinstitute.org/variant/", _LOCUS),
    _prefix("GRCh37", f"{_URN}grch37:", _LOCUS),
    _prefix("CAID", "https://reg.clinicalgenome.org/allele/", r"CA\d+"),
    _prefix("CIVIC.VARIANT", "https://civicdb.org/links/variants/", r"\d+"),
    _prefix("CIVIC.PROFILE", "https://civicdb.org/links/molecular_profiles/", r"\d+"),
    _prefix("SUBSTITUTION", f"{_URN}substitution:", r"[A-Z0-9]+-[A-Z]\d+[A-Z*]"),
    # structures
    _prefix("PDB", "https://www.rcsb.org/structure/", r"[0-9a-z]{4}(\.[A-Za-z0-9]+)?"),
    _prefix("POCKET", f"{_URN}pocket:", r"[0-9A-Za-z.]+#\d+"),
    # where a statement comes from
    _prefix("PMID", "https://pubmed.ncbi.nlm.nih.gov/", r"\d+", "PUBMED"),
    _prefix("DOI", "https://doi.org/", r"10\..+", "doi"),
    _prefix("GCST", "https://www.ebi.ac.uk/gwas/studies/GCST", r"\d+"),
    # drawn at random (`ingest.synthetic`)
    _prefix("SYNTHETIC", f"{_URN}synthetic:", r"[A-Za-z]+\.\d+"),
    # text to be resolved: no node bears these
    _prefix("SYMBOL", f"{_URN}symbol:", r".+"),
    _prefix("NAME", f"{_URN}name:", r".+"),
)
"""Every prefix the graph knows, with the pattern of its local part."""


@cache
def converter() -> Converter:
    """The prefixes as a `curies.Converter`, for IRIs and synonyms."""
    return Converter(PREFIXES)


@cache
def _pattern(prefix: str) -> re.Pattern[str] | None:
    record = converter().get_record(prefix)
    return re.compile(record.pattern) if record and record.pattern else None


_ACCESSION = r"[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9](?:[A-Z][A-Z0-9]{2}[0-9]){1,2}"
_BARE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ENSEMBL", re.compile(r"ENSG\d{11}")),
    ("DBSNP", re.compile(r"rs\d+")),
    ("CHEMBL.COMPOUND", re.compile(r"CHEMBL\d+")),
    ("INCHIKEY", re.compile(_INCHIKEY)),
    ("REACT", re.compile(r"R-HSA-\d+")),
    ("InterPro", re.compile(r"IPR\d{6}")),
    ("PFAM", re.compile(r"PF\d{5}")),
    ("UniProtKB", re.compile(_ACCESSION)),
)
"""Accessions whose form says whose they are; UniProt's as https://www.uniprot.org/help/accession_numbers."""


@dataclass(frozen=True, slots=True, order=True)
class Curie:
    """A compact identifier of a known prefix.

    >>> str(Curie.parse("MIM:143890"))
    'OMIM:143890'
    >>> Curie.parse("MONDO_0005148")
    Curie(prefix='MONDO', local_id='0005148')
    """

    prefix: str
    local_id: str

    def __post_init__(self) -> None:
        pattern = _pattern(self.prefix)
        if converter().standardize_prefix(self.prefix) != self.prefix:
            raise InvalidCurie(f"unknown prefix {self.prefix!r}; see kg.curie.PREFIXES")
        if not self.local_id or (pattern is not None and not pattern.fullmatch(self.local_id)):
            wanted = f"; expected {pattern.pattern}" if pattern is not None else ""
            raise InvalidCurie(f"{self.prefix}:{self.local_id} is malformed{wanted}")

    def __str__(self) -> str:
        return f"{self.prefix}:{self.local_id}"

    @classmethod
    def parse(cls, text: str) -> Curie:
        """Read a CURIE, an underscored OBO id or an IRI of a known prefix.

        Raises:
            InvalidCurie: the text is none of these, or its prefix is unknown.
        """
        text = text.strip()
        if "://" in text:
            reference = converter().parse_uri(text)
            if reference is None:
                raise InvalidCurie(f"{text!r} is no IRI of a known prefix")
            return cls(reference.prefix, reference.identifier)
        head, colon, tail = text.partition(":")
        if not colon:
            head, colon, tail = text.partition("_")
        prefix = converter().standardize_prefix(head) if colon else None
        if prefix is None:
            raise InvalidCurie(f"{text!r} is not PREFIX:local with a known prefix")
        return cls(prefix, tail.removeprefix("PS") if prefix == "OMIMPS" else tail)

    @classmethod
    def of_bare(cls, text: str) -> Curie | None:
        """The CURIE of an accession that is written without its prefix, where its form tells.

        >>> str(Curie.of_bare("rs429358"))
        'DBSNP:rs429358'
        """
        wanted = text.strip()
        forms = (p for p, form in _BARE if form.fullmatch(wanted))
        prefix = next(forms, None)
        return cls(prefix, wanted) if prefix else None

    @property
    def url(self) -> str:
        """Where a person can read about it."""
        return str(converter().expand_pair(self.prefix, self.local_id))
