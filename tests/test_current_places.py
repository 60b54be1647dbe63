"""Expression by place as Bgee and the Human Protein Atlas write it now: a line a gene and place."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from ingest.fetch import Library
from tests.mirrors import Mirror, alike, alone, mirrored, tabbed


@pytest.fixture
def mirror_of(library: Library, tmp_path: Path) -> Callable[[str, str], Mirror]:
    return partial(mirrored, library, tmp_path)


# Bgee: calls of presence


PRESENT, COMPARED = "bgee/present-in-adult.tsv.gz", "bgee/diffex.tsv.gz"
CALLS_TOP = (
    'Gene ID\t"Gene name"\tAnatomical entity ID\t"Anatomical entity name"\tExpression'
    "\tCall quality\tFDR\tExpression score\tExpression rank\n"
)


def call(gene: str, place: str, expression: str, quality: str) -> list[str]:
    """One line of Bgee's file."""
    names = ['"SYMBOL"', place, '"a place, of several words"']
    return [gene, *names, expression, quality, "0.00221961024320294", "89.08", "5.09e3"]


def test_calls_of_bgee_give_the_same_frames(mirror_of: Callable[[str, str], Mirror]) -> None:
    mirror = mirror_of("bgee", PRESENT)
    ensembl_of = alone(mirror, "ensembl_gene_id")
    rows = [row for row in mirror.rows(PRESENT) if row["entrez_gene_id"] in ensembl_of][::9]
    mirror.write(PRESENT, tabbed([rows[0].keys(), *(row.values() for row in rows)]))
    before = mirror.read()
    lines = []
    for row in rows:
        gene = ensembl_of[row.pop("entrez_gene_id")]
        for n, (place, present) in enumerate(row.items()):
            if present == "1":
                lines.append(
                    call(gene, place, "present", ("gold quality", "silver quality")[n % 2])
                )
            elif n % 3:
                absent = ("absent", "gold quality") if n % 2 else ("present", "bronze quality")
                lines.append(call(gene, place, *absent))
            if n == 0:
                beside = "CL:0000738 \u2229 UBERON:0000178"
                lines.append(call(gene, beside, "present", "gold quality"))
    mirror.write(PRESENT, CALLS_TOP + tabbed(lines))
    after = mirror.read()
    for name in ("nodes", "evidence", "facts"):
        assert alike(getattr(before, name), getattr(after, name), "line") or name == "nodes"
    assert after.nodes.equals(before.nodes)
    assert before.evidence["score"].n_unique() == 3
    new = after.quarantine.join(before.quarantine, on=["file", "line", "reason"], how="anti")
    assert new["reason"].to_list() == ["a place that the graph does not have, told once"]


def test_damaged_calls_are_set_aside(mirror_of: Callable[[str, str], Mirror]) -> None:
    mirror = mirror_of("bgee", PRESENT)
    good = ("ENSG00000000003", "UBERON:0000955", "present", "gold quality")
    lines = [
        call(*good),
        call(*good[:2], "perhaps", good[3]),
        call(*good[:3], "lead quality"),
        call(*good[:2], "absent", good[3]),
        call("TSPAN6", *good[1:]),
        call("ENSG00000000005", *good[1:]),
    ]
    mirror.write(PRESENT, (CALLS_TOP + tabbed(lines))[:-30])
    frames = mirror.read()
    assert mirror.table(PRESENT).rows["line"].to_list() == [2, 6]
    told = frames.quarantine.filter(file=PRESENT).sort("line")
    assert dict(told.select("line", "reason").iter_rows()) == {
        3: "call is neither present nor absent",
        4: "unknown quality of a call",
        5: "gene and place are there twice",
        6: "gene is not an NCBI id",
        7: "wrong number of fields",
    }
    without = CALLS_TOP.replace("Call quality", "Quality") + tabbed(lines)
    assert "no column 'entrez_gene_id'" in mirror.refused(PRESENT, without)


# Human Protein Atlas: RNA


TISSUE = "hpa/rna_tissue_consensus_2021-03.tsv.gz"
BLOOD = "hpa/rna_blood_cell_2021-03.tsv.gz"
IMMUNE_CELLS = (
    "basophil",
    "classical monocyte",
    "eosinophil",
    "gdT-cell",
    "intermediate monocyte",
    "MAIT T-cell",
    "memory B-cell",
    "memory CD4 T-cell",
    "memory CD8 T-cell",
    "myeloid DC",
    "naive B-cell",
    "naive CD4 T-cell",
    "naive CD8 T-cell",
    "neutrophil",
    "NK-cell",
    "non-classical monocyte",
    "plasmacytoid DC",
    "T-reg",
    "total PBMC",
)
SPELLED = {
    TISSUE: {"cervix_uterine": "cervix"},
    BLOOD: {name.replace(" ", "_").replace("-", "_"): name for name in IMMUNE_CELLS},
}
HPA_TOP = {
    TISSUE: "Gene\tGene name\tTissue\tnTPM\n",
    BLOOD: "Gene\tGene name\tImmune cell\tTPM\tpTPM\tnTPM\n",
}


def level(file: str, gene: str, place: str, value: str) -> list[str]:
    """One line of HPA's file, a place by its column in the matrix."""
    word = SPELLED[file].get(place, place.replace("_", " "))
    return [gene, "SYMBOL", word, *(["9.9", "11.1"] if file == BLOOD else []), value]


@pytest.mark.parametrize("file", [TISSUE, BLOOD])
def test_rna_of_hpa_gives_the_same_frames(
    file: str, mirror_of: Callable[[str, str], Mirror]
) -> None:
    mirror = mirror_of("hpa", file)
    rows = mirror.rows(file)[::9]
    assert file == TISSUE or set(SPELLED[file]) == {*rows[0]} - {"GeneID"}
    mirror.write(file, tabbed([rows[0].keys(), *(row.values() for row in rows)]))
    before = mirror.read()
    lines = [level(file, row["GeneID"], *cell) for row in rows for cell in row.items() if cell[1]]
    lines = [line for line in lines if line[2] != "GeneID"]
    strange = level(file, rows[0]["GeneID"], "choroid_plexus", "3.2")
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rna.tsv", HPA_TOP[file] + tabbed([strange, *lines]))
    (mirror.root / file).write_bytes(zipped.getvalue())
    after = mirror.read()

    assert after.nodes.equals(before.nodes)
    assert alike(before.evidence, after.evidence, "line", "value_kind")
    assert alike(before.facts, after.facts, "line", "unit")
    kinds = after.evidence.filter(file=file)["value_kind"].unique().to_list()
    assert (
        kinds == after.facts.filter(file=file)["unit"].drop_nulls().unique().to_list() == ["nTPM"]
    )
    told = after.quarantine.filter(file=file).join(before.quarantine, on="reason", how="anti")
    assert list(told.select("line", "reason").iter_rows()) == [
        (2, "a place that the graph does not have, told once")
    ]
    assert len(after.quarantine) == len(before.quarantine) + 1


def test_damaged_rna_is_set_aside(mirror_of: Callable[[str, str], Mirror]) -> None:
    mirror = mirror_of("hpa", TISSUE)
    lines = [
        level(TISSUE, "ENSG00000000003", "liver", "68.2"),
        level(TISSUE, "ENSG00000000003", "lung", "much"),
        level(TISSUE, "ENSG00000000003", "liver", "68.2"),
        level(TISSUE, "ENSG00000000003", "spleen", "6.6"),
    ]
    whole = HPA_TOP[TISSUE] + tabbed(lines)
    mirror.write(TISSUE, whole[:-12])
    assert mirror.bad(TISSUE) == [
        (3, "value is no number"),
        (4, "gene and place are there twice"),
        (5, "wrong number of fields"),
    ]
    assert "no column 'GeneID'" in mirror.refused(TISSUE, whole.replace("nTPM", "NX"))
