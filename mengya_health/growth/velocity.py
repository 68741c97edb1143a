"""How fast a child grows between two visits, beside the median of WS/T 423—2022, and how many lines its curve fell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from mengya_health.growth.ages import Age, corrected_birth_on, exact_months
from mengya_health.growth.measures import LYING_MINUS_STANDING_CM, Measured, measured
from mengya_health.growth.visits import Unscored, Visit
from mengya_health.growth.wst423 import BELOW_MONTH, HEAD_TO_MONTH, HEIGHT_FROM_MONTH, SD_COLUMNS, tables

MEDIAN = SD_COLUMNS.index("sd_0")
# Reached of the main lines P3, P25, P50, P75, P97, by the printed columns a value lies between.
# Source: trend_alerts of screenings.yaml, G_CROSS.
LINES_REACHED = {
    "<P3": 0,
    "P3–P10": 1,
    "P10–P25": 1,
    "P25–P50": 2,
    "P50–P75": 3,
    "P75–P90": 4,
    "P90–P97": 4,
    "≥P97": 5,
}


@dataclass(frozen=True, slots=True)
class Velocity:
    """Growth of one measurement between two visits, in kg or cm: of the child, and of the median at the same two ages.

    `months` are the exact months between the visits.
    """

    indicator: str
    days: int
    months: Fraction
    gained: Fraction
    median_gained: Fraction

    @property
    def per_month(self) -> float:
        """kg or cm a month."""
        return float(self.gained / self.months)

    @property
    def median_per_month(self) -> float:
        """kg or cm a month, of the median."""
        return float(self.median_gained / self.months)


def velocity(indicator: str, earlier: Visit, later: Visit) -> Velocity | None:
    """Return how fast weight ("wfa"), length or height ("lhfa") or head ("hcfa") grew between two dated visits.

    Both ages are counted as the later visit's is, corrected or by birth date, so that the end of the correction is no
    jump; the median is read at the exact age under every age rule. Where length became height, 0.7 cm are taken off
    the length and off its median. None where a measurement is missing, the days are not in order, or the standard has
    no row at one of the ages (before term, head after 36 months). Source of the medians: WS/T 423—2022.
    """
    days = (later.measured_on - earlier.measured_on).days
    age = later.age()
    is_corrected = age is not None and age.is_corrected
    start_on = corrected_birth_on(later.birth_on, later.gestational_days) if is_corrected else later.birth_on
    try:
        before, now = (_at(indicator, visit, start_on, is_corrected) for visit in (earlier, later))
    except Unscored:
        return None
    if days <= 0:
        return None
    months = now.age.months - before.age.months
    gained = _value(indicator, now, now) - _value(indicator, before, now)
    median_gained = _median(indicator, now, now) - _median(indicator, before, now)
    return Velocity(indicator, days, months, gained, median_gained)


def lines_fallen(before: str, now: str) -> int:
    """Return how many main lines (P97, P75, P50, P25, P3) lie between two `percentile_range`s; negative upwards."""
    return LINES_REACHED[before] - LINES_REACHED[now]


def _at(indicator: str, visit: Visit, start_on: date, is_corrected: bool) -> Measured:
    """Return a visit ready for WS/T 423 with its age counted from a day. Raises Unscored where no row holds."""
    age = Age((visit.measured_on - start_on).days, exact_months(start_on, visit.measured_on), is_corrected)
    child = measured(visit, age, lies_by_age=age.months < HEIGHT_FROM_MONTH)
    child.value_of(indicator)
    if age.months >= (HEAD_TO_MONTH + 1 if indicator == "hcfa" else BELOW_MONTH):
        raise Unscored("age_outside")
    return child


def _value(indicator: str, child: Measured, now: Measured) -> Fraction:
    return Fraction(*child.value_of(indicator)) - _lying(indicator, child, now)


def _median(indicator: str, child: Measured, now: Measured) -> Fraction:
    table = tables("wst423_2022_sd")[indicator, child.sex, child.is_lying]
    columns, denominator = table.columns_at(child.age.months.as_integer_ratio())
    return Fraction(columns[MEDIAN], denominator) - _lying(indicator, child, now)


def _lying(indicator: str, child: Measured, now: Measured) -> Fraction:
    """Return what a length has too much when it is compared with a height."""
    became_height = indicator == "lhfa" and child.is_lying and not now.is_lying
    return Fraction(LYING_MINUS_STANDING_CM) if became_height else Fraction(0)
