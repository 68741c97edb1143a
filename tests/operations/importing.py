"""Files to import, as clinics and survey tools write them."""

import csv
from collections.abc import Iterable
from pathlib import Path

VECTORS = Path(__file__).parents[1] / "growth" / "vectors_public.csv"
HEADER = "id,name,sex,birth_date,measured_date,weight_kg,lenhei_cm,position,headc_cm,hb_g_l"
ROWS = (
    "A01,样本小芽,F,2025-11-20,2026-05-21,7.42,65.6,l,42.1,",
    "A01,样本小芽,F,2025-11-20,2026-11-20,8.90,74.0,l,45.0,118",
    "A02,样本小满,M,2024-03-01,2026-11-20,13.1,,,,",
)


def written(folder: Path, rows: Iterable[str] = ROWS, *, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = folder / "children.csv"
    path.write_bytes("\r\n".join([header, *rows, ""]).encode(encoding))
    return path


def survey_rows() -> list[dict[str, str]]:
    """Return the WHO example survey: one row for each child and indicator."""
    with VECTORS.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["case_id"].startswith("S")]


def survey_file(folder: Path) -> Path:
    """Write the survey as its file was: one line for each child, ages and no dates."""
    children = {row["case_id"]: row for row in survey_rows()}
    columns = ("age_days", "weight_kg", "lenhei_cm", "headc_cm", "oedema")
    lines = [
        ",".join([case_id, row["sex"], row["measure"], *(row[column] for column in columns)])
        for case_id, row in children.items()
    ]
    return written(folder, lines, header=f"id,sex,position,{','.join(columns)}")
