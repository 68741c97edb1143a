"""The child's own points on a growth chart, and the rows of the table that says the same in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mengya_health.growth.ages import Age, actual_age, corrected_birth_on, is_preterm, months_and_days
from mengya_health.growth.chart_words import (
    AGE,
    BY_DUE_DATE,
    CORRECTED,
    DATE,
    JUDGED,
    ON_CHART,
    WORDS,
    Reader,
    age_words,
    number_text,
    place_words,
    sd_text,
    unit_of,
)
from mengya_health.growth.judging import judge, who_reference
from mengya_health.growth.measures import LYING_MINUS_STANDING_CM, bmi_kg_m2
from mengya_health.growth.visits import REASONS, Judgement, Score, Visit
from mengya_health.growth.wst423 import HEIGHT_FROM_MONTH

# Their references begin anew where length becomes height.
STEPS_AT_24_MONTHS = ("lhfa", "bfa")


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement to draw: `x` in months or cm, `actual_x` the age by birth date where another was judged.

    Two points with different `stretch` are measured or compared differently, lying and standing: no line joins them.
    """

    measured_on: date
    x: float
    y: float
    actual_x: float | None
    text: str
    word: str
    stretch: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """One measured visit of a chart: its judgement, and the score of this chart's indicator, if it has one."""

    visit: Visit
    judged: Judgement
    score: Score | None
    reason: str | None


def told_visits(indicator: str, visits: Sequence[Visit], reference: str) -> list[Told]:
    """Return the visits at which the indicator was measured, by date."""
    found = []
    for visit in sorted(visits, key=lambda one: one.measured_on):
        by = who_reference(visit) if reference == "who" else reference
        name = "hfa" if (indicator, by) == ("lhfa", "who2007") else indicator
        judged = judge(visit, by)
        reason = judged.unscored.get(name)
        if name in judged.scores or (reason and not reason.startswith("no_")):
            found.append(Told(visit, judged, judged.scores.get(name), reason))
    return found


def chart_points(indicator: str, told: Sequence[Told], reader: Reader, *, ages: str, is_lying: bool) -> list[Point]:
    """Return what can be drawn. `ages`: "judged", "actual", or "both" (judged, and its twin at the actual age)."""
    points = []
    for one in told:
        if one.score is None:
            continue
        x, actual_x = _x_of(one.judged.age, one.visit, ages)
        if indicator == "wflh":
            x, actual_x = _stature_on_table(one.judged, is_lying), None
        text, word = _value_text(indicator, one), place_words(one.score, indicator, reader)
        stretch = indicator not in STEPS_AT_24_MONTHS or one.judged.age.months < HEIGHT_FROM_MONTH
        points.append(Point(one.visit.measured_on, x, one.score.value, actual_x, text, word, stretch))
    return points


def _x_of(age: Age, visit: Visit, ages: str) -> tuple[float, float | None]:
    actual = float(actual_age(visit.birth_on, visit.measured_on).months)
    if ages == "actual":
        return actual, None
    return float(age.months), actual if ages == "both" and age.is_corrected else None


def _stature_on_table(judged: Judgement, is_lying: bool) -> float:
    """Return length or height as the table drawn takes it: earlier lengths stand 0.7 cm lower on a table of heights."""
    was_lying = judged.age.months < HEIGHT_FROM_MONTH
    more = (is_lying - was_lying) * LYING_MINUS_STANDING_CM
    return float(judged.lenhei_cm + more)


def _value_text(indicator: str, one: Told) -> str:
    """Return the measurement as it was taken, the BMI with one decimal."""
    visit = one.visit
    if indicator == "bfa":
        weight, parts = bmi_kg_m2(visit.weight_kg, one.judged.lenhei_cm)
        return f"{weight / parts:.1f}"
    taken = {"lhfa": visit.lenhei_cm, "hcfa": visit.headc_cm}.get(indicator, visit.weight_kg)
    return number_text(float(taken))


def table_head(indicator: str, gestational_days: int | None, reader: Reader) -> tuple[str, ...]:
    """Return the heads of the columns of `table_rows`."""
    head = [reader.read(DATE), reader.read(AGE)]
    if is_preterm(gestational_days):
        head.append(reader.read(BY_DUE_DATE if reader.is_family else CORRECTED))
    if indicator == "wflh":
        head.append(reader.read(WORDS["lhfa"].name) + reader.aside(unit_of("lhfa", reader)))
    head.append(reader.read(WORDS[indicator].name) + reader.aside(unit_of(indicator, reader)))
    return (*head, reader.read(ON_CHART if reader.is_family else JUDGED))


def table_rows(indicator: str, told: Sequence[Told], gestational_days: int | None, reader: Reader) -> tuple:
    """Return the same measurements as rows of text, latest first."""
    return tuple(_row(indicator, one, gestational_days, reader) for one in reversed(told))


def _row(indicator: str, one: Told, gestational_days: int | None, reader: Reader) -> tuple[str, ...]:
    visit = one.visit
    row = [visit.measured_on.isoformat(), _age_text(visit.birth_on, visit.measured_on, reader)]
    if is_preterm(gestational_days):
        term_on = corrected_birth_on(visit.birth_on, gestational_days)
        row.append(_age_text(term_on, visit.measured_on, reader) if visit.measured_on >= term_on else "—")
    if indicator == "wflh":
        row.append(number_text(float(visit.lenhei_cm)))
    return (*row, _value_text(indicator, one), _said(indicator, one, reader))


def _said(indicator: str, one: Told, reader: Reader) -> str:
    if one.score is None:
        return "—" if reader.is_family else reader.read(REASONS[one.reason])
    word = place_words(one.score, indicator, reader)
    if reader.is_family or one.score.sd_band is None:
        return word
    return word + reader.aside(f"{sd_text(one.score.z, 1)} SD")


def _age_text(birth_on: date, on: date, reader: Reader) -> str:
    return age_words(*months_and_days(birth_on, on), reader)
