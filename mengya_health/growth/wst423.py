"""Scores by WS/T 423—2022, 7岁以下儿童生长标准: bands and z from its columns, labels from its Tables 1–3.

The standard prints rounded columns at whole months and centimetres, no L M S and no rule for what lies between. So
every column is interpolated linearly, and all comparisons are made in whole numbers: a value on a printed boundary is
on it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

from mengya_health.growth.lms import percentile_text
from mengya_health.growth.measures import LYING_MINUS_STANDING_CM, Measured, Ratio, measured
from mengya_health.growth.reference_files import reference_rows
from mengya_health.growth.visits import Score, Unscored, Visit
from mengya_health.growth.who import is_implausible

SD_COLUMNS = ("sd_neg3", "sd_neg2", "sd_neg1", "sd_0", "sd_pos1", "sd_pos2", "sd_pos3")
PERCENTILE_COLUMNS = ("p3", "p10", "p25", "p50", "p75", "p90", "p97")
COLUMNS = {"wst423_2022_sd": SD_COLUMNS, "wst423_2022_percentiles": PERCENTILE_COLUMNS}
# What a value lies between, by how many percentile columns it reaches.
RANGES = ("<P3", "P3–P10", "P10–P25", "P25–P50", "P50–P75", "P75–P90", "P90–P97", "≥P97")
PROBITS = tuple(NormalDist().inv_cdf(int(column[1:]) / 100) for column in PERCENTILE_COLUMNS)
HEIGHT_FROM_MONTH = 24
BELOW_MONTH = 84
HEAD_TO_MONTH = 36
AGE_RULES = ("exact", "completed_months")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one indicator and sex: `xs` whole months or cm, `rows` the columns in tenths of kg, cm or kg/m²."""

    xs: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]

    def columns_at(self, x: Ratio) -> tuple[list[int], int]:
        """Return the columns at x as numerators over one denominator.

        Between two rows each column runs straight; after the last row it goes on with the last slope.
        """
        x_parts = x[1]
        index = self.interval_at(x[0] // x_parts)
        into = x[0] - self.xs[index] * x_parts
        span = (self.xs[index + 1] - self.xs[index]) * x_parts
        left, pairs = span - into, zip(self.rows[index], self.rows[index + 1], strict=True)
        return [low * left + high * into for low, high in pairs], 10 * span

    def interval_at(self, x: int) -> int:
        """Return the number of the row below a whole x that has another row above it."""
        return min(bisect_right(self.xs, x), len(self.xs) - 1) - 1


@cache
def tables(name: str) -> dict[tuple[str, str, bool], Table]:
    """Return the tables of one annex by indicator, sex and whether they hold for lying children.

    Length-for-age ends with a row of its own at 24 months, the height there plus 0.7 cm: rows 23 and 24 are not the
    same measurement, so nothing is interpolated between them. BMI-for-age goes on with its last slope instead.
    """
    found: dict[tuple[str, str, bool], list] = {}
    for row in reference_rows(name):
        tenths = tuple(round(float(row[column]) * 10) for column in COLUMNS[name])
        for is_lying in {"L": (True,), "H": (False,)}.get(row["position"], (True, False)):
            indicator = "wflh" if row["indicator"] in ("wfl", "wfh") else row["indicator"]
            found.setdefault((indicator, row["sex"], is_lying), []).append((int(row["x"]), tenths))
    more = int(LYING_MINUS_STANDING_CM * 10)
    for sex in ("M", "F"):
        height_at_24 = found["lhfa", sex, False][0][1]
        found["lhfa", sex, True].append((HEIGHT_FROM_MONTH, tuple(tenths + more for tenths in height_at_24)))
    return {key: Table(*zip(*rows, strict=True)) for key, rows in found.items()}


@cache
def labels(method: str, indicator: str) -> tuple[str | None, ...]:
    """Return the label for each number of columns a value reaches, 0 to 7 (the lower bound belongs to the band)."""
    columns = PERCENTILE_COLUMNS if method == "table1_percentile_level" else SD_COLUMNS
    found: list[str | None] = [None] * (len(columns) + 1)
    in_rules = "wfl_wfh" if indicator == "wflh" else indicator
    for rule in reference_rows("wst423_2022_rules"):
        if rule["method"] == method and rule["indicator"] == in_rules:
            first = columns.index(rule["lower_inclusive"]) + 1 if rule["lower_inclusive"] else 0
            last = columns.index(rule["upper_exclusive"]) if rule["upper_exclusive"] else len(columns)
            found[first : last + 1] = [rule["label"]] * (last + 1 - first)
    return tuple(found)


def measured_423(visit: Visit) -> Measured:
    """Return the visit ready for WS/T 423; the 0.7 cm are WHO's, the standard is silent."""
    age = visit.age()
    return measured(visit, age, lies_by_age=None if age is None else age.months < HEIGHT_FROM_MONTH)


def score_423(indicator: str, child: Measured, age_rule: str) -> Score:
    """Return one indicator by WS/T 423—2022. Raises Unscored with the reason.

    `age_rule` "exact" reads the tables at the exact age, "completed_months" at the last completed month.
    The flags are WHO's limits, for the standard names none.
    """
    value = child.value_of(indicator)
    key, x = (indicator, child.sex, child.is_lying), _place(indicator, child, age_rule)
    reached, z = place_among(value, tables("wst423_2022_sd")[key].columns_at(x))
    above, percentile, between = percentile_of(value, tables("wst423_2022_percentiles")[key].columns_at(x))
    return Score(
        indicator,
        value[0] / value[1],
        z,
        is_implausible(indicator, z),
        percentile,
        sd_band=labels("table2_sd_level", indicator)[reached],
        percentile_band=labels("table1_percentile_level", indicator)[above],
        percentile_range=between,
        nutrition=labels("table3_nutrition", indicator)[reached],
    )


def _place(indicator: str, child: Measured, age_rule: str) -> Ratio:
    """Return where to read the table: months of age, or cm of length or height. Raises Unscored outside it."""
    months, parts = (0, 1) if child.age is None else child.age.months.as_integer_ratio()
    if months >= BELOW_MONTH * parts:
        raise Unscored("age_outside")
    if indicator == "wflh":
        stature = child.stature.as_integer_ratio()
        xs = tables("wst423_2022_sd")[indicator, child.sex, child.is_lying].xs
        if not xs[0] * stature[1] <= stature[0] <= xs[-1] * stature[1]:
            raise Unscored("stature_outside")
        return stature
    if indicator == "hcfa" and months // parts > HEAD_TO_MONTH:
        raise Unscored("age_outside")
    return (months // parts, 1) if age_rule == "completed_months" else (months, parts)


def place_among(value: Ratio, columns: tuple[Sequence[int], int]) -> tuple[int, float]:
    """Return how many of the seven SD columns a value reaches, and its z: straight between columns and beyond them.

    Beyond ±3 SD it goes on with the outermost interval, the same form as WHO's restricted z.
    """
    numerators, denominator = columns
    scaled = value[0] * denominator
    edges = [numerator * value[1] for numerator in numerators]
    reached = bisect_right(edges, scaled)
    low = min(max(reached - 1, 0), 5)
    return reached, low - 3 + (scaled - edges[low]) / (edges[low + 1] - edges[low])


def percentile_of(value: Ratio, columns: tuple[Sequence[int], int]) -> tuple[int, str, str]:
    """Return how many percentile columns a value reaches, its percentile and the columns it lies between.

    Between two printed percentiles the normal score runs straight; below P3 and above P97 the standard prints nothing,
    and neither do we.
    """
    numerators, denominator = columns
    scaled = value[0] * denominator
    edges = [numerator * value[1] for numerator in numerators]
    reached = bisect_right(edges, scaled)
    if reached == 0:
        return 0, "<3", RANGES[0]
    if reached == len(edges):
        return reached, "97.0" if scaled == edges[-1] else ">97", RANGES[reached]
    low, high = edges[reached - 1], edges[reached]
    share = (scaled - low) / (high - low)
    score = PROBITS[reached - 1] + (PROBITS[reached] - PROBITS[reached - 1]) * share
    return reached, percentile_text(score), RANGES[reached]
