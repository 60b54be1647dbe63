"""Where gene expression was measured in the eQTL studies of the fine-mapped biobanks: terms.

The biobanks' own table of tissues covers the studies of the eQTL Catalogue at the time, neither
GTEx nor those that came later. Their terms were taken by hand from the eQTL Catalogue's list of
data sets (release 6: https://github.com/eQTL-Catalogue/eQTL-Catalogue-resources).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars import col

from ingest.identifiers import as_curie
from ingest.tables import Table

BETWEEN = ", "
"""Stands between the studies, the tissues or the variants that a row names, and between terms."""

PARTS_OF: Mapping[str, str] = {"BLUEPRINT_PE": "BLUEPRINT", "BLUEPRINT_SE": "BLUEPRINT"}
"""Studies that the results name by how they were read (paired or single ends): the whole study."""

_GTEX: Mapping[str, str] = {
    "Adipose_Subcutaneous": "UBERON:0001013",
    "Adipose_Visceral_Omentum": "UBERON:0010414",
    "Adrenal_Gland": "UBERON:0002369",
    "Artery_Aorta": "UBERON:0001496",
    "Artery_Coronary": "UBERON:0001621",
    "Artery_Tibial": "UBERON:0007610",
    "Brain_Amygdala": "UBERON:0001876",
    "Brain_Anterior_cingulate_cortex_BA24": "UBERON:0009835",
    "Brain_Caudate_basal_ganglia": "UBERON:0001873",
    "Brain_Cerebellar_Hemisphere": "UBERON:0002037",
    "Brain_Cerebellum": "UBERON:0002037",
    "Brain_Cortex": "UBERON:0001870",
    "Brain_Frontal_Cortex_BA9": "UBERON:0009834",
    "Brain_Hippocampus": "UBERON:0001954",
    "Brain_Hypothalamus": "UBERON:0001898",
    "Brain_Nucleus_accumbens_basal_ganglia": "UBERON:0001882",
    "Brain_Putamen_basal_ganglia": "UBERON:0001874",
    "Brain_Spinal_cord_cervical_c-1": "UBERON:0006469",
    "Brain_Substantia_nigra": "UBERON:0002038",
    "Breast_Mammary_Tissue": "UBERON:0008367",
    "Cells_Cultured_fibroblasts": "CL:0000057",
    "Cells_EBV-transformed_lymphocytes": "EFO:0005292",
    "Colon_Sigmoid": "UBERON:0001159",
    "Colon_Transverse": "UBERON:0001157",
    "Esophagus_Gastroesophageal_Junction": "UBERON:0004550",
    "Esophagus_Mucosa": "UBERON:0006920",
    "Esophagus_Muscularis": "UBERON:0004648",
    "Heart_Atrial_Appendage": "UBERON:0006631",
    "Heart_Left_Ventricle": "UBERON:0006566",
    "Kidney_Cortex": "UBERON:0001225",
    "Liver": "UBERON:0001114",
    "Lung": "UBERON:0008952",
    "Minor_Salivary_Gland": "UBERON:0006330",
    "Muscle_Skeletal": "UBERON:0001134",
    "Nerve_Tibial": "UBERON:0001323",
    "Ovary": "UBERON:0000992",
    "Pancreas": "UBERON:0001150",
    "Pituitary": "UBERON:0000007",
    "Prostate": "UBERON:0002367",
    "Skin_Not_Sun_Exposed_Suprapubic": "UBERON:0036149",
    "Skin_Sun_Exposed_Lower_leg": "UBERON:0002097",
    "Small_Intestine_Terminal_Ileum": "UBERON:0001211",
    "Spleen": "UBERON:0002106",
    "Stomach": "UBERON:0000945",
    "Testis": "UBERON:0000473",
    "Thyroid": "UBERON:0002046",
    "Uterus": "UBERON:0000995",
    "Vagina": "UBERON:0000996",
    "Whole_Blood": "UBERON:0000178",
}
TERM: Mapping[tuple[str, str], str] = {
    **{("GTEx_v8", tissue): term for tissue, term in _GTEX.items()},
    ("CAP", "LCL_naive"): "EFO:0005292",
    ("CAP", "LCL_statin"): "EFO:0005292",
    ("CommonMind", "DLPFC_naive"): "UBERON:0009834",
    ("FUSION", "adipose_naive"): "UBERON:0001013",
    ("FUSION", "muscle_naive"): "UBERON:0001134",
    ("Peng_2018", "placenta_naive"): "UBERON:0001987",
    ("PhLiPS", "HLC"): "CL:0000182",
    ("PhLiPS", "iPSC"): "EFO:0004905",
    ("Steinberg_2020", "low_grade_cartilage_naive"): "UBERON:0002418",
    ("iPSCORE", "iPSC"): "EFO:0004905",
}
"""Study and tissue, as the results write them -> term of UBERON, CL or EFO."""


def terms(table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Columns study, tissue, term: those of a table, then TERM's; and the lines that give none.

    Args:
        table: With the columns study, qtl_group and tissue_ontology_term.
    """
    good, bad = table.with_columns(term=as_curie(col("tissue_ontology_term"))).split(
        {
            "study or tissue has no name": (col("study") != "") & (col("qtl_group") != ""),
            "tissue is no term of an ontology": col("term").is_not_null(),
        }
    )
    own = pl.DataFrame(
        [(*pair, term) for pair, term in TERM.items()],
        schema=["study", "tissue", "term"],
        orient="row",
    )
    both = pl.concat([good.select("study", col("qtl_group").alias("tissue"), "term"), own])
    return both.unique(["study", "tissue"], keep="first", maintain_order=True), bad


def with_terms(rows: pl.DataFrame, study: str, tissue: str, known: pl.DataFrame) -> pl.DataFrame:
    """Adds tissue_ids: the terms of a row's tissues, in the order of the tissues, each once.

    A row may name several studies and several tissues, and not which study had which tissue:
    whatever pair of them is known counts. Empty where none is.

    Args:
        rows: With a `line` each.
        study, tissue: Columns of names, `, ` between several.
        known: Columns study, tissue, term.
    """
    named = rows.select("line", tissue=col(tissue).str.split(BETWEEN)).explode("tissue")
    studies = rows.select(
        "line", study=col(study).str.split(BETWEEN).list.eval(pl.element().replace(PARTS_OF))
    ).explode("study")
    pairs = named.join(studies, on="line", how="left", maintain_order="left_right")
    found = (
        pairs.join(known, on=["study", "tissue"], how="inner", maintain_order="left")
        .group_by("line", maintain_order=True)
        .agg(tissue_ids=col("term").unique(maintain_order=True).str.join(BETWEEN))
    )
    joined = rows.join(found, on="line", how="left", maintain_order="left")
    return joined.with_columns(col("tissue_ids").fill_null(""))
