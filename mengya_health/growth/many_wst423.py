"""`wst423` for many visits at once: the same columns, all comparisons in whole numbers of 64 bits."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mengya_health.growth.many_measures import (
    MeasuredMany,
    Reasons,
    Scores,
    are_implausible,
    measured_many,
    write_reason,
)
from mengya_health.growth.many_visits import MILLI, Floats, Ints, Visits
from mengya_health.growth.wst423 import (
    BELOW_MONTH,
    HEAD_TO_MONTH,
    HEIGHT_FROM_MONTH,
    PROBITS,
    Table,
    tables,
)


class Columns(NamedTuple):
    """The four tables of one indicator (lying boys and girls, standing boys and girls), one row for each whole x.

    `low` are the seven columns in tenths at the last printed row, `rise` how much they grow to the next, `span` months
    or cm further on; `x` is where that row is. `first` and `last` are the ends of each table, `begin` its first row.
    """

    begin: Ints
    first: Ints
    last: Ints
    x: Ints
    span: Ints
    low: Ints
    rise: Ints


@cache
def stacked(name: str, indicator: str) -> Columns:
    """Return the tables of one indicator in one annex as columns."""
    keys = [(indicator, sex, is_lying) for is_lying in (True, False) for sex in ("M", "F")]
    found = [tables(name)[key] for key in keys]
    # Months run to the end of the standard's scope, beyond the last printed row; centimetres to the last row.
    ends = [table.xs[-1] if indicator == "wflh" else BELOW_MONTH - 1 for table in found]
    rows = [_row_at(table, x) for table, end in zip(found, ends, strict=True) for x in range(table.xs[0], end + 1)]
    x, span, low, high = (np.array(column) for column in zip(*rows, strict=True))
    first, last = np.array([table.xs[0] for table in found]), np.array(ends)
    counts = last - first + 1
    return Columns(np.cumsum(counts) - counts, first, last, x, span, low, high - low)


def _row_at(table: Table, x: int) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
    """Return the interval that holds for a whole x, as `Table.columns_at` finds it: where, how long, both its rows."""
    index = table.interval_at(x)
    return table.xs[index], table.xs[index + 1] - table.xs[index], table.rows[index], table.rows[index + 1]


def measured_423(visits: Visits) -> MeasuredMany:
    """Return the visits ready for WS/T 423; the 0.7 cm are WHO's, the standard is silent."""
    return measured_many(visits, visits.ages.months < HEIGHT_FROM_MONTH * visits.ages.months_over)


def score_423(indicator: str, children: MeasuredMany, age_rule: str) -> Scores:
    """Return one indicator by WS/T 423—2022."""
    reasons = children.reasons_against(indicator)
    x, over = _places(indicator, children, age_rule, reasons)
    values = children.value_of(indicator)
    edges, scaled = _edges("wst423_2022_sd", indicator, children, x, over, values)
    sd_reached, z = _place_among(edges, scaled)
    edges, scaled = _edges("wst423_2022_percentiles", indicator, children, x, over, values)
    percentiles_reached, percentile_z = _percentile_of(edges, scaled)
    z[reasons != 0] = np.nan
    percentile_z[reasons != 0] = np.nan
    return Scores(reasons, z, are_implausible(indicator, z), percentile_z, sd_reached, percentiles_reached)


def _places(indicator: str, children: MeasuredMany, age_rule: str, reasons: Reasons) -> tuple[Ints, Ints]:
    """Return where to read the tables, numerators over denominators, and write down where they end."""
    ages = children.visits.ages
    whole = ages.whole_months
    write_reason(reasons, "age_outside", ages.is_known & (whole >= BELOW_MONTH), unless_given=True)
    if indicator == "wflh":
        columns, table = stacked("wst423_2022_sd", indicator), _table_of(children)
        first, last = columns.first[table] * MILLI, columns.last[table] * MILLI
        is_outside = (children.stature < first) | (children.stature > last)
        write_reason(reasons, "stature_outside", is_outside, unless_given=True)
        return children.stature, np.full(len(table), MILLI)
    if indicator == "hcfa":
        write_reason(reasons, "age_outside", ages.is_known & (whole > HEAD_TO_MONTH), unless_given=True)
    if age_rule == "completed_months":
        return whole, np.ones(len(whole), np.int64)
    return ages.months, ages.months_over


def _table_of(children: MeasuredMany) -> Ints:
    return children.visits.is_girl + 2 * ~children.is_lying


def _edges(
    name: str, indicator: str, children: MeasuredMany, x: Ints, over: Ints, values: tuple[Ints, Ints | int]
) -> tuple[Ints, Ints]:
    """Return the seven columns of each visit and its value, all over one denominator."""
    columns, table = stacked(name, indicator), _table_of(children)
    whole = np.clip(x // over, columns.first[table], columns.last[table])
    row = columns.begin[table] + whole - columns.first[table]
    span = columns.span[row] * over
    into = x - columns.x[row] * over
    numerators, denominators = values
    steps = columns.low[row] * span[:, None] + columns.rise[row] * into[:, None]
    return steps * np.reshape(denominators, (-1, 1)), numerators * (10 * span)


def _place_among(edges: Ints, scaled: Ints) -> tuple[NDArray[np.int8], Floats]:
    """As `wst423.place_among`: how many columns are reached, and z."""
    reached = (edges <= scaled[:, None]).sum(axis=1, dtype=np.int8)
    low, share = _share_of_interval(edges, scaled, reached)
    return reached, low - 3 + share


def _percentile_of(edges: Ints, scaled: Ints) -> tuple[NDArray[np.int8], Floats]:
    """As `wst423.percentile_of`: how many columns are reached, and the normal score, infinite outside them."""
    reached = (edges <= scaled[:, None]).sum(axis=1, dtype=np.int8)
    low, share = _share_of_interval(edges, scaled, reached)
    probits = np.array(PROBITS)
    score = probits[low] + (probits[low + 1] - probits[low]) * share
    score[reached == 0] = -np.inf
    score[scaled > edges[:, -1]] = np.inf
    return reached, score


def _share_of_interval(edges: Ints, scaled: Ints, reached: NDArray[np.int8]) -> tuple[Ints, Floats]:
    """Return the column below each value (the outermost interval goes on) and how far it is to the next."""
    low = np.clip(reached.astype(np.int64) - 1, 0, 5)
    visit = np.arange(len(low))
    into, length = scaled - edges[visit, low], edges[visit, low + 1] - edges[visit, low]
    return low, into / length
