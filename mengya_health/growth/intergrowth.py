"""Scores of children born early, before they reach term: INTERGROWTH-21st, by weeks since the last menstrual period.

Shown and plotted, never graded: no band, no label, and no rule of the screenings reads these scores.
"""

from __future__ import annotations

import math
from functools import cache

from mengya_health.growth.ages import DAYS_PER_WEEK, TERM_DAYS
from mengya_health.growth.lms import percentile_text
from mengya_health.growth.measures import Measured, measured
from mengya_health.growth.reference_files import reference_rows
from mengya_health.growth.visits import Score, Unscored, Visit
from mengya_health.growth.who import is_implausible

REFERENCE = "intergrowth21"


def measured_intergrowth(visit: Visit) -> Measured:
    """Return the visit ready for INTERGROWTH-21st: preterm infants are measured lying."""
    age = visit.age()
    return measured(visit, age, lies_by_age=None if age is None else True, from_day=-TERM_DAYS)


def score_intergrowth(indicator: str, child: Measured) -> Score:
    """Return weight, length or head ("wfa", "lhfa", "hcfa") by INTERGROWTH-21st. Raises Unscored with the reason.

    For children judged at corrected age, from 27 to 64 exact weeks of postmenstrual age; z is never restricted. The
    flags are WHO's limits, for the standard names none.
    """
    numerator, denominator = child.value_of(indicator)
    week = (TERM_DAYS + child.age.days) / DAYS_PER_WEEK
    first, last = weeks_covered()
    if not child.age.is_corrected or not first <= week <= last:
        raise Unscored("only_preterm")
    z = z_preterm(indicator, child.sex, float(week), numerator / denominator)
    return Score(indicator, numerator / denominator, z, is_implausible(indicator, z), percentile_text(z))


def z_preterm(indicator: str, sex: str, week: float, value: float) -> float:
    """Return the z-score of weight (kg), length or head circumference (cm) at exact weeks of postmenstrual age.

    Weight and length are normal in their logarithm, the head as it is.
    Source: Villar et al., Lancet Global Health 3 (2015) e681–e691, equations of the standards.
    """
    mean, sd = mean_and_sd(indicator, sex, week)
    return ((value if indicator == "hcfa" else math.log(value)) - mean) / sd


def mean_and_sd(indicator: str, sex: str, week: float) -> tuple[float, float]:
    """Return mean and SD at exact weeks: of ln(kg) for "wfa", of ln(cm) for "lhfa", of cm for "hcfa".

    Source: as `z_preterm`.
    """
    boy = sex == "M"
    if indicator == "wfa":
        mean = 2.591277 - 0.01155 * math.sqrt(week) - 2201.705 / week**2 + 0.0911639 * boy
        return mean, 0.1470258 + 505.92394 / week**2 - 140.0576 * math.log(week) / week**2
    if indicator == "lhfa":
        mean = 4.136244 - 547.0018 / week**2 + 0.0026066 * week + 0.0314961 * boy
        return mean, 0.050489 + 310.44761 / week**2 - 90.0742 * math.log(week) / week**2
    mean = 55.53617 - 852.0059 / week + 0.7957903 * boy
    return mean, 3.0582292 + 3910.05 / week**2 - 180.5625 / week


def value_preterm(indicator: str, sex: str, week: float, z: float) -> float:
    """Return the kg or cm of a z-score: `z_preterm` read backwards."""
    mean, sd = mean_and_sd(indicator, sex, week)
    return mean + z * sd if indicator == "hcfa" else math.exp(mean + z * sd)


@cache
def weeks_covered() -> tuple[int, int]:
    """Return the first and last week of the published tables."""
    weeks = [int(row["x"]) for row in reference_rows("intergrowth21_preterm_postnatal") if row["unit"] == "pma_week"]
    return min(weeks), max(weeks)
