"""Children to be measured: the same for every path, by WHO's own curves, from birth to five years."""

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np

from mengya_health.growth import Visit, measurement_at
from mengya_health.growth.many_visits import BOY, GIRL, LYING, MILLI, STANDING, Visits, ages_from_days
from mengya_health.growth.who import HEIGHT_FROM_DAY, lms_tables

COLUMNS = ("sex", "age_days", "weight_kg", "lenhei_cm", "position", "headc_cm")
LAST_DAY = 1826  # five years: to here every library reads its tables by day


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """Return so many lines of COLUMNS: children spread as children are, one in thirty far out."""
    draw, tables = Random(1), lms_tables("who2006")  # noqa: S311
    for _ in range(count):
        sex, days = draw.choice("MF"), draw.randint(0, LAST_DAY)

        def measured(indicator: str, sex: str = sex, days: int = days) -> float:
            row = tables[indicator, sex].rows[days]
            return measurement_at(min(max(draw.gauss(0, 1.4), -5), 5), row)

        position = "l" if days < HEIGHT_FROM_DAY else "h"
        weight_kg, lenhei_cm, headc_cm = measured("wfa"), measured("lhfa"), measured("hcfa")
        yield sex, str(days), f"{weight_kg:.2f}", f"{lenhei_cm:.1f}", position, f"{headc_cm:.1f}"


def write(path: Path, count: int) -> None:
    """Write them as a file `mengya growth` takes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows(count))


def as_visits(lines: list[tuple[str, ...]]) -> list[Visit]:
    """Return them one by one."""
    return [Visit(**dict(zip(COLUMNS, line, strict=True))) for line in lines]


def as_columns(lines: list[tuple[str, ...]]) -> Visits:
    """Return them as columns."""
    sex, days, *measured, position, headc = zip(*lines, strict=True)
    weight, lenhei, headc = (np.array([round(float(text) * MILLI) for text in texts]) for texts in (*measured, headc))
    lies = np.array(position) == "l"
    return Visits(
        np.where(np.array(sex) == "F", GIRL, BOY).astype(np.int8),
        ages_from_days(np.array(days, np.int64) * MILLI),
        weight,
        lenhei,
        headc,
        np.where(lies, LYING, STANDING).astype(np.int8),
        np.zeros(len(lies), bool),
    )
