"""Developmental quotients from mental ages, as WS/T 580—2017 has them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from mengya_health.errors import Invalid
from mengya_health.growth.ages import exact_months
from mengya_health.people.facts import ChildFacts

TOTAL = "DQ"
TENTH = Decimal("0.1")
LEAST_MONTHS = 1  # a quotient of the first days says nothing


@dataclass(frozen=True)
class Quotients:
    """`values` metric → quotient with one decimal. `months`: the age divided by, corrected where `is_corrected`."""

    values: Mapping[str, str]
    months: str
    is_corrected: bool


def quotients(
    child: ChildFacts, on: date, mental_ages: Mapping[str, str], typed: Mapping[str, str], areas: tuple[str, ...]
) -> Quotients:
    """Return the quotients of a day: those typed, and those worked out from mental ages in months.

    `areas` are the metrics of the five areas. Quotient = mental age ÷ age × 100; the total mental age is the mean of
    the five. Age has one decimal, and is corrected for a child born early as long as the child goes by corrected age.
    Raises Invalid for a child too young, and where what was typed is not what the mental age comes to.
    Source: WS/T 580—2017; for children born early `SCR_DEV.formula` in screenings.yaml.
    """
    is_corrected = child.uses_corrected_age(on)
    exact = exact_months(child.corrected_birth_on() if is_corrected else child.birth_on, on)
    months = _tenth(Decimal(exact.numerator) / exact.denominator)
    if not mental_ages:
        return Quotients(dict(typed), str(months), is_corrected)
    if months < LEAST_MONTHS:
        words = [f"{'矫正' if is_corrected else ''}月龄 {months} 个月，太小，算不出发育商。 Too young for a quotient."]
        raise Invalid(fields={f"ma_{name.lower()}": words for name in mental_ages})
    ages = {name: Decimal(text) for name, text in mental_ages.items()}
    if set(ages) == set(areas):
        ages[TOTAL] = sum(ages.values()) / len(areas)
    worked_out = {name: _tenth(age / months * 100) for name, age in ages.items()}
    wrong = {
        name.lower(): [f"按智龄算是 {worked_out[name]}，请核对。 By the mental age it is {worked_out[name]}."]
        for name, text in typed.items()
        if name in worked_out and abs(Decimal(text) - worked_out[name]) >= 1
    }
    if wrong:
        raise Invalid(fields=wrong)
    return Quotients({name: str(value) for name, value in worked_out.items()} | dict(typed), str(months), is_corrected)


def _tenth(number: Decimal) -> Decimal:
    return number.quantize(TENTH, rounding=ROUND_HALF_UP)
