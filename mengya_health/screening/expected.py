"""Usual figures of a child on a day: what it last measured, else the middle of its age. Pure; only to guess by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from mengya_health.growth.ages import age_for_growth
from mengya_health.growth.visits import UNDETERMINED
from mengya_health.growth.wst423 import BELOW_MONTH, HEAD_TO_MONTH, HEIGHT_FROM_MONTH, tables
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.measurements import MEASURED, Measurement

NATIONAL_SD = "wst423_2022_sd"
MEDIAN = 3  # of the columns −3 … +3 SD
INDICATORS = {"WEIGHT": ("wfa", BELOW_MONTH), "LENGTH": ("lhfa", BELOW_MONTH), "HEADC": ("hcfa", HEAD_TO_MONTH)}


def expected_of(child: ChildFacts, on: date, before: Measurement | None = None) -> Mapping[str, Decimal]:
    """Return weight (kg), length or height (cm) and head circumference (cm) by metric code, where they are known.

    `before` is the child's last measurement.
    """
    found = {}
    months = max(Fraction(0), age_for_growth(child.birth_on, on, child.gestational_days).months)
    for code, (indicator, last_month) in INDICATORS.items():
        last = getattr(before, MEASURED[code]) if before else None
        found[code] = Decimal(last) if last else _median(indicator, child.sex, min(months, Fraction(last_month)))
    return found


def _median(indicator: str, sex: str, months: Fraction) -> Decimal:
    is_lying = indicator != "lhfa" or months < HEIGHT_FROM_MONTH
    sex = "F" if sex == UNDETERMINED else sex  # the sexes lie closer together than any slip of the fingers
    columns, denominator = tables(NATIONAL_SD)[indicator, sex, is_lying].columns_at(months.as_integer_ratio())
    return Decimal(columns[MEDIAN]) / denominator
