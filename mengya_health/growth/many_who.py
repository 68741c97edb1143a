"""`who` for many visits at once: WHO 2006 and 2007 by the same tables and the same formula."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from mengya_health.growth.many_measures import (
    MeasuredMany,
    Reasons,
    Scores,
    are_implausible,
    measured_many,
    write_reason,
)
from mengya_health.growth.many_visits import MILLI, PARTS_OF_MONTH, Floats, Ints, Visits
from mengya_health.growth.who import HEIGHT_FROM_DAY, LAST_DAY_OF_2006, UNRESTRICTED, lms_tables

# Rows of weight-for-length and -height are a millimetre apart.
PARTS_OF_MM = MILLI // 10


class Lms(NamedTuple):
    """L, M and S of many rows."""

    power: Floats
    median: Floats
    variation: Floats

    def at(self, places: Ints) -> Lms:
        """Return the rows at these places."""
        return Lms(*(column[places] for column in self))

    def z(self, values: Floats) -> Floats:
        """As `lms.z_score`; no row of WHO's tables has L = 0."""
        return ((values / self.median) ** self.power - 1) / (self.power * self.variation)

    def measurement_at(self, z: float) -> Floats:
        """As `lms.measurement_at`."""
        return self.median * (1 + self.power * self.variation * z) ** (1 / self.power)


class Tables(NamedTuple):
    """Tables of one indicator one below the other: where each begins, how many rows it has, and its first x."""

    begin: Ints
    count: Ints
    start: Ints
    lms: Lms


@cache
def stacked(reference: str, *keys: tuple[str, str]) -> Tables:
    """Return these tables of `who.lms_tables` as columns, in the order of the keys."""
    tables = [lms_tables(reference)[key] for key in keys]
    counts = np.array([len(table.rows) for table in tables])
    rows = np.array([row for table in tables for row in table.rows])
    starts = np.array([table.start for table in tables])
    return Tables(np.cumsum(counts) - counts, counts, starts, Lms(*np.ascontiguousarray(rows.T)))


def measured_2006(visits: Visits) -> MeasuredMany:
    """Return the visits ready for WHO 2006."""
    return measured_many(visits, visits.ages.whole_days < HEIGHT_FROM_DAY)


def score_2006(indicator: str, children: MeasuredMany) -> Scores:
    """Return one indicator by WHO 2006."""
    ages, reasons = children.visits.ages, children.reasons_against(indicator)
    days = ages.whole_days
    write_reason(reasons, "age_outside", ages.is_known & (days > LAST_DAY_OF_2006), unless_given=True)
    if indicator == "wflh":
        lms = _lms_by_stature(children, reasons)
    else:
        tables = stacked("who2006", (indicator, "M"), (indicator, "F"))
        lms = tables.lms.at(tables.begin[children.visits.is_girl * 1] + np.clip(days, 0, LAST_DAY_OF_2006))
    return _scores(indicator, children, lms, reasons)


def measured_2007(visits: Visits) -> MeasuredMany:
    """Return the visits ready for WHO 2007, which takes every stature as standing height."""
    return measured_many(visits, None)


def score_2007(indicator: str, children: MeasuredMany) -> Scores:
    """Return one indicator by WHO 2007, between two months by linear L, M and S."""
    reasons = children.reasons_against(indicator)
    tables = stacked("who2007", (indicator, "M"), (indicator, "F"))
    table = children.visits.is_girl * 1
    place = children.visits.ages.parts / PARTS_OF_MONTH - tables.start[table]
    last = tables.count[table] - 1
    write_reason(reasons, "age_outside", (place < 0) | (place > last), unless_given=True)
    place = np.clip(place, 0, last)
    whole = place.astype(np.int64)
    return _scores(indicator, children, _between(tables, table, whole, place - whole), reasons)


def _lms_by_stature(children: MeasuredMany, reasons: Reasons) -> Lms:
    tables = stacked("who2006", ("wfl", "M"), ("wfl", "F"), ("wfh", "M"), ("wfh", "F"))
    table = children.visits.is_girl + 2 * ~children.is_lying
    place = children.stature - tables.start[table] * PARTS_OF_MM
    last = (tables.count[table] - 1) * PARTS_OF_MM
    write_reason(reasons, "stature_outside", (place < 0) | (place > last), unless_given=True)
    place = np.clip(place, 0, last)
    whole = place // PARTS_OF_MM
    return _between(tables, table, whole, (place - whole * PARTS_OF_MM) / PARTS_OF_MM)


def _between(tables: Tables, table: Ints, whole: Ints, share: Floats) -> Lms:
    """Return the rows at `whole` of each table and a share of the way to the next, L, M and S each linearly."""
    rows = tables.begin[table] + whole
    low = tables.lms.at(rows)
    if not share.any():
        return low
    high = tables.lms.at(rows + (share > 0))
    return Lms(*(below + (above - below) * share for below, above in zip(low, high, strict=True)))


def _scores(indicator: str, children: MeasuredMany, lms: Lms, reasons: Reasons) -> Scores:
    numerators, denominators = children.value_of(indicator)
    values = numerators / denominators
    if indicator in UNRESTRICTED:
        z = (values / lms.median - 1) / lms.variation  # L is 1 in these tables, and a power is slow
    else:
        z = lms.z(values)
        _restrict(z, values, lms)
    z[reasons != 0] = np.nan
    return Scores(reasons, z, are_implausible(indicator, z))


def _restrict(z: Floats, values: Floats, lms: Lms) -> None:
    """Count beyond ±3 in steps of the distance between the second and the third SD, as `lms.restricted_z_score`."""
    for two, three, far in ((2, 3, z > 3), (-2, -3, z < -3)):
        where = np.flatnonzero(far)
        rows = lms.at(where)
        second, third = rows.measurement_at(two), rows.measurement_at(three)
        z[where] = three + (values[where] - third) / abs(third - second)
