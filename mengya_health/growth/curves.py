"""The seven SD lines of an indicator as points to draw, broken wherever two measurements or two references meet."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache

from mengya_health.growth.ages import DAYS_PER_MONTH, DAYS_PER_WEEK, TERM_DAYS
from mengya_health.growth.intergrowth import value_preterm, weeks_covered
from mengya_health.growth.lms import LMS, measurement_at
from mengya_health.growth.who import HEIGHT_FROM_DAY, LAST_DAY_OF_2006, WHO_2007_FROM_MONTH, lms_tables
from mengya_health.growth.wst423 import BELOW_MONTH, HEAD_TO_MONTH, HEIGHT_FROM_MONTH, Table, tables

SDS = (-3, -2, -1, 0, 1, 2, 3)
# Close enough together to look smooth; the first weeks bend most.
WHO_DAYS = (*range(0, 91, 7), *range(105, LAST_DAY_OF_2006, 30))
# Every fifth centimetre of the WHO tables, which go by millimetre.
WHO_STEP_MM = 50


@dataclass(frozen=True, slots=True)
class Curve:
    """One unbroken stretch: `xs` in months of age or cm, and at each of them the values at −3 … +3 SD."""

    xs: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]

    def at(self, x: float) -> tuple[float, ...]:
        """Return the seven values at an x within the stretch."""
        index = min(bisect_right(self.xs, x), len(self.xs) - 1) - 1
        share = (x - self.xs[index]) / (self.xs[index + 1] - self.xs[index])
        pairs = zip(self.rows[index], self.rows[index + 1], strict=True)
        return tuple(low + (high - low) * share for low, high in pairs)

    def within(self, start: float, end: float) -> Curve | None:
        """Return the part between two xs, with points on both ends; None if there is none."""
        start, end = max(start, self.xs[0]), min(end, self.xs[-1])
        if start >= end:
            return None
        inner = slice(bisect_right(self.xs, start), bisect_left(self.xs, end))
        return Curve((start, *self.xs[inner], end), (self.at(start), *self.rows[inner], self.at(end)))


@cache
def curves(reference: str, indicator: str, sex: str, *, is_lying: bool = True) -> tuple[Curve, ...]:
    """Return the stretches of "wst423_2022" or "who" for wfa, lhfa, wflh, bfa or hcfa, up to 84 months.

    `is_lying` chooses weight-for-length or weight-for-height. WHO's two references do not meet at 61 months, length and
    height do not at 24: each begins a stretch of its own.
    """
    if reference == "wst423_2022":
        return _chinese_curves(indicator, sex, is_lying)
    if indicator == "wflh":
        return (_who_by_stature("wfl" if is_lying else "wfh", sex),)
    return _who_by_age(indicator, sex)


@cache
def preterm_curve(indicator: str, sex: str) -> Curve:
    """Return INTERGROWTH-21st for "wfa", "lhfa" or "hcfa" up to term, which is month 0 of corrected age."""
    weeks = range(weeks_covered()[0], TERM_DAYS // DAYS_PER_WEEK + 1)
    months = ((week * DAYS_PER_WEEK - TERM_DAYS) / DAYS_PER_MONTH for week in weeks)
    rows = (tuple(value_preterm(indicator, sex, week, sd) for sd in SDS) for week in weeks)
    return Curve(tuple(map(float, months)), tuple(rows))


def _chinese_curves(indicator: str, sex: str, is_lying: bool) -> tuple[Curve, ...]:
    known = tables("wst423_2022_sd")
    if indicator == "wflh":
        return (_curve_of(known[indicator, sex, is_lying], None),)
    if indicator in ("lhfa", "bfa"):
        return (
            _curve_of(known[indicator, sex, True], HEIGHT_FROM_MONTH),
            _curve_of(known[indicator, sex, False], BELOW_MONTH),
        )
    return (_curve_of(known[indicator, sex, True], HEAD_TO_MONTH if indicator == "hcfa" else BELOW_MONTH),)


def _curve_of(table: Table, until: int | None) -> Curve:
    xs = table.xs if until is None or until in table.xs else (*table.xs, until)
    return Curve(tuple(map(float, xs)), tuple(_values(table.columns_at((x, 1))) for x in xs))


def _values(columns: tuple[tuple[int, ...], int]) -> tuple[float, ...]:
    numerators, denominator = columns
    return tuple(numerator / denominator for numerator in numerators)


def _who_by_stature(table: str, sex: str) -> Curve:
    start, rows = lms_tables("who2006")[table, sex]
    chosen = range(0, len(rows), WHO_STEP_MM)
    return Curve(tuple((start + i) / 10 for i in chosen), tuple(_sd_values(rows[i]) for i in chosen))


def _who_by_age(indicator: str, sex: str) -> tuple[Curve, ...]:
    rows = lms_tables("who2006")[indicator, sex].rows
    breaks = [0, LAST_DAY_OF_2006]
    if indicator in ("lhfa", "bfa"):
        breaks = [0, HEIGHT_FROM_DAY - 1, HEIGHT_FROM_DAY, LAST_DAY_OF_2006]
    found = []
    for first, last in zip(breaks[::2], breaks[1::2], strict=True):
        days = (first, *(day for day in WHO_DAYS if first < day < last), last)
        found.append(
            Curve(tuple(float(day / DAYS_PER_MONTH) for day in days), tuple(_sd_values(rows[day]) for day in days))
        )
    later = lms_tables("who2007").get(("hfa" if indicator == "lhfa" else indicator, sex))
    if later:
        months = range(WHO_2007_FROM_MONTH, BELOW_MONTH + 1, 1)
        found.append(Curve(tuple(map(float, months)), tuple(_sd_values(later.rows[m - later.start]) for m in months)))
    return tuple(found)


def _sd_values(lms: LMS) -> tuple[float, ...]:
    return tuple(measurement_at(sd, lms) for sd in SDS)
