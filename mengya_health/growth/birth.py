"""Size at birth by WS/T 800—2022: small, right or large for the weeks of pregnancy."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from mengya_health.growth.ages import DAYS_PER_WEEK
from mengya_health.growth.lms import OutsideReference
from mengya_health.growth.reference_files import reference_rows
from mengya_health.growth.wst423 import PERCENTILE_COLUMNS, percentile_of

# In the file weights are in grams, as printed.
GRAMS_PER_KG = 1000


@dataclass(frozen=True, slots=True)
class BirthSize:
    """One measurement at birth. `size` is SGA, AGA or LGA (小于、适于、大于胎龄), None for length and head."""

    percentile: str
    percentile_range: str
    size: str | None


def birth_size(indicator: str, sex: str, gestational_days: int, value: Decimal) -> BirthSize:
    """Return how "birth_weight" (kg), "birth_length" or "birth_hc" (cm) compares at the completed week of pregnancy.

    Singletons, 24 to 42 completed weeks; raises OutsideReference for other weeks. SGA is below P10, LGA above P90.
    Source: WS/T 800—2022.
    """
    week = gestational_days // DAYS_PER_WEEK
    columns = _columns(indicator).get((sex, week))
    if columns is None:
        raise OutsideReference()
    is_weight = indicator == "birth_weight"
    numerator, denominator = (value * GRAMS_PER_KG if is_weight else value).as_integer_ratio()
    _, percentile, between = percentile_of((numerator, denominator), (columns, 10))
    return BirthSize(percentile, between, _size(value * GRAMS_PER_KG * 10, columns) if is_weight else None)


def birth_weight_size(sex: str, gestational_days: int | None, weight_kg: Decimal | None) -> BirthSize | None:
    """Return the size at birth by weight; None where it cannot be said: something unknown, or weeks without a row."""
    if gestational_days is None or weight_kg is None:
        return None
    try:
        return birth_size("birth_weight", sex, gestational_days, weight_kg)
    except OutsideReference:
        return None


def _size(tenths_of_g: Decimal, columns: tuple[int, ...]) -> str:
    if tenths_of_g < columns[PERCENTILE_COLUMNS.index("p10")]:
        return "SGA"
    return "LGA" if tenths_of_g > columns[PERCENTILE_COLUMNS.index("p90")] else "AGA"


@cache
def _columns(indicator: str) -> dict[tuple[str, int], tuple[int, ...]]:
    """Return the columns by sex and week, in tenths of the printed unit."""
    return {
        (row["sex"], int(row["x"])): tuple(round(float(row[column]) * 10) for column in PERCENTILE_COLUMNS)
        for row in reference_rows("wst800_2022_birth_percentiles")
        if row["indicator"] == indicator
    }
