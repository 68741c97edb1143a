"""Scores by the WHO Child Growth Standards 2006 (to day 1856) and the WHO Growth Reference 2007 (from month 60)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from mengya_health.growth.ages import DAYS_PER_MONTH
from mengya_health.growth.lms import LMS, percentile_text, restricted_z_score, z_score
from mengya_health.growth.measures import Measured, measured
from mengya_health.growth.reference_files import reference_rows
from mengya_health.growth.visits import Score, Unscored, Visit

# WHO gives length up to this day and height from it on.
HEIGHT_FROM_DAY = 731
LAST_DAY_OF_2006 = 1856
WHO_2007_FROM_MONTH = 61
# Length and height are normal distributions in the tables (L = 1) and head circumference too: nothing to restrict.
UNRESTRICTED = {"lhfa", "hfa", "hcfa"}
# Beyond these the value is implausible and to be measured again. Source: WHO Anthro manual.
PLAUSIBLE_Z = {"lhfa": (-6, 6), "hfa": (-6, 6), "wfa": (-6, 5), "wflh": (-5, 5), "bfa": (-5, 5), "hcfa": (-5, 5)}


class LmsTable(NamedTuple):
    """Rows without a gap: by day (2006) or month (2007) of age, or by millimetre of length or height (wfl, wfh)."""

    start: int
    rows: list[LMS]


@cache
def lms_tables(reference: str) -> dict[tuple[str, str], LmsTable]:
    """Return the tables of "who2006" or "who2007" by indicator and sex."""
    tables: dict[tuple[str, str], LmsTable] = {}
    for row in reference_rows(f"{reference}_lms"):
        key = row["indicator"], row["sex"]
        if key not in tables:
            tables[key] = LmsTable(round(float(row["x"]) * (10 if row["unit"] == "cm" else 1)), [])
        tables[key].rows.append(LMS(float(row["L"]), float(row["M"]), float(row["S"])))
    return tables


def measured_2006(visit: Visit) -> Measured:
    """Return the visit ready for WHO 2006."""
    age = visit.age()
    return measured(visit, age, lies_by_age=None if age is None else age.whole_days < HEIGHT_FROM_DAY)


def score_2006(indicator: str, child: Measured) -> Score:
    """Return one indicator by WHO 2006. Raises Unscored with the reason."""
    numerator, denominator = child.value_of(indicator)
    if child.age is not None and child.age.whole_days > LAST_DAY_OF_2006:
        raise Unscored("age_outside")
    if indicator == "wflh":
        lms = _lms_by_stature(child)
    else:
        lms = lms_tables("who2006")[indicator, child.sex].rows[child.age.whole_days]
    return who_score(indicator, numerator / denominator, lms)


def measured_2007(visit: Visit) -> Measured:
    """Return the visit ready for WHO 2007, which takes every stature as standing height."""
    return measured(visit, visit.age(), lies_by_age=None)


def score_2007(indicator: str, child: Measured) -> Score:
    """Return one indicator by WHO 2007, between two months by linear L, M and S. Raises Unscored with the reason."""
    numerator, denominator = child.value_of(indicator)
    start, rows = lms_tables("who2007")[indicator, child.sex]
    months = float(child.age.days / DAYS_PER_MONTH)
    if not start <= months <= start + len(rows) - 1:
        raise Unscored("age_outside")
    return who_score(indicator, numerator / denominator, between(rows, months - start))


def who_score(indicator: str, value: float, lms: LMS) -> Score:
    """Return the score of a value in the unit of its row; flagged, as WHO does, on the z rounded to two decimals."""
    z = z_score(value, lms) if indicator in UNRESTRICTED else restricted_z_score(value, lms)
    return Score(indicator, value, z, is_implausible(indicator, z), percentile_text(z))


def is_implausible(indicator: str, z: float) -> bool:
    """True where WHO's software asks for the measurement to be checked."""
    lowest, highest = PLAUSIBLE_Z[indicator]
    return not lowest <= round(z, 2) <= highest


def between(rows: Sequence[LMS], place: float) -> LMS:
    """Return the row at a place between two rows, L, M and S each interpolated linearly."""
    index = int(place)
    share = place - index
    if share == 0:
        return rows[index]
    return LMS(*(low + (high - low) * share for low, high in zip(rows[index], rows[index + 1], strict=True)))


def _lms_by_stature(child: Measured) -> LMS:
    start, rows = lms_tables("who2006")["wfl" if child.is_lying else "wfh", child.sex]
    # Decimal on purpose: 103.1 - 0.7 in binary falls just short of its row and would be read from the wrong one.
    place = child.stature * 10 - start
    if not 0 <= place <= len(rows) - 1:
        raise Unscored("stature_outside")
    whole = int(place)
    return rows[whole] if place == whole else between(rows, float(place))
