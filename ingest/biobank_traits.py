"""What the abbreviated traits of the fine-mapped biobanks are, chosen by hand from their titles."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars import col

from ingest.tables import Table

TERM: Mapping[str, str] = {
    "AD": "EFO:0000274",
    "AFib": "EFO:0000275",
    "AID": "EFO:0005140",
    "ALP": "EFO:0004533",
    "ALT": "EFO:0004735",
    "AMD": "EFO:0001365",
    "AS": "EFO:0003898",
    "AST": "EFO:0004736",
    "Age_at_Menarche": "EFO:0004703",
    "Age_at_Menopause": "EFO:0004704",
    "Alb": "EFO:0004535",
    "Alzheimer": "MONDO:0004975",
    "ApoA": "EFO:0004614",
    "ApoB": "EFO:0004615",
    "Asthma": "MONDO:0004979",
    "BFP": "EFO:0007800",
    "BMI": "EFO:0004340",
    "BUN": "EFO:0004741",
    "BW": "EFO:0004338",
    "Baso": "EFO:0005090",
    "BrC": "MONDO:0007254",
    "CAD": "EFO:0001645",
    "CD": "EFO:0000384",
    "COPD": "EFO:0000341",
    "CRC": "MONDO:0005575",
    "CRP": "EFO:0004458",
    "Ca": "EFO:0004838",
    "Cataract": "MONDO:0005129",
    "Cholelithiasis": "EFO:0004799",
    "DBP": "EFO:0006336",
    "Depression": "MONDO:0002050",
    "EduYears": "EFO:0004784",
    "Endometriosis": "EFO:0001065",
    "Eosino": "EFO:0004842",
    "GD": "EFO:0004237",
    "GGT": "EFO:0004532",
    "Glaucoma": "MONDO:0005041",
    "Glucose": "EFO:0004468",
    "Gout": "EFO:0004274",
    "HDLC": "EFO:0004612",
    "Hb": "EFO:0004509",
    "HbA1c": "EFO:0004541",
    "Height": "EFO:0004339",
    "Ht": "EFO:0004348",
    "Hypertension": "EFO:0000537",
    "Hypothyroidism": "EFO:0004705",
    "IBD": "EFO:0003767",
    "IGF1": "EFO:0004627",
    "IPF": "EFO:0000768",
    "IS": "HP:0002140",
    "Insomnia": "EFO:0004698",
    "LDLC": "EFO:0004611",
    "Lym": "EFO:0004587",
    "MAP": "EFO:0006340",
    "MCH": "EFO:0004527",
    "MCHC": "EFO:0004528",
    "MCV": "EFO:0004526",
    "MI": "EFO:0000612",
    "MS": "MONDO:0005301",
    "Migraine": "MONDO:0005277",
    "Mono": "EFO:0005091",
    "Neuroticism": "EFO:0007660",
    "Neutro": "EFO:0004833",
    "P": "EFO:0010968",
    "PAD": "EFO:0004265",
    "PP": "EFO:0005763",
    "Parkinsons": "MONDO:0005180",
    "Plt": "EFO:0004309",
    "PrC": "MONDO:0008315",
    "Psoriasis": "EFO:0000676",
    "RA": "EFO:0000685",
    "RBC": "EFO:0004305",
    "SBP": "EFO:0006335",
    "SHBG": "EFO:0004696",
    "T1D": "MONDO:0005147",
    "T2D": "MONDO:0005148",
    "TBil": "EFO:0004570",
    "TC": "EFO:0004574",
    "TG": "EFO:0004530",
    "TP": "EFO:0004536",
    "UA": "EFO:0004531",
    "UC": "EFO:0000729",
    "UF": "EFO:0000731",
    "VTE": "EFO:0004286",
    "VitD": "EFO:0004631",
    "WBC": "EFO:0004308",
    "WHRadjBMI": "EFO:0007788",
    "eBMD": "EFO:0009270",
    "eGFR": "EFO:0005208",
    "eGFRcys": "EFO:0005208",
    "sCr": "EFO:0004518",
}
"""What each abbreviated trait is; the others become traits of their own under their description."""


def traits(table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Columns trait (as abbreviated), description, term; and the lines that describe none.

    Cohorts describe a trait each in their words, of which the first are taken. A trait without a
    term is one of its own, `TRAIT:` and its description.

    Args:
        table: With the columns trait and description.
    """
    good, bad = table.split(
        {
            "trait has no name": col("trait").str.strip_chars() != "",
            "trait has no description": col("description").str.strip_chars() != "",
        }
    )
    own = pl.concat_str(pl.lit("TRAIT:"), col("description"))
    term = col("trait").replace_strict(TERM, default=None, return_dtype=pl.String)
    single = good.unique("trait", keep="first", maintain_order=True)
    return single.select("trait", "description", term=pl.coalesce(term, own)), bad
