"""The child's own points on a growth chart, and the rows of the table that says the same in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mengya_health.growth.ages import DAYS_PER_MONTH, actual_age, corrected_birth_on, is_preterm, months_and_days
from mengya_health.growth.chart_words import (
    AGE,
    BY_DUE_DATE,
    CORRECTED,
    DATE,
    JUDGED,
    NOT_GRADED,
    ON_CHART,
    WORDS,
    Reader,
    age_words,
    number_text,
    place_words,
    sd_text,
    unit_of,
)
from mengya_health.growth.intergrowth import REFERENCE as INTERGROWTH
from mengya_health.growth.judging import INDICATORS, judge, who_reference
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

    @property
    def is_before_term(self) -> bool:
        """It is compared with INTERGROWTH-21st, and not graded."""
        return self.judged.reference == INTERGROWTH


def told_visits(indicator: str, visits: Sequence[Visit], reference: str, age_rule: str) -> list[Told]:
    """Return the visits at which the indicator was measured, by date, each judged for this indicator alone."""
    told = (_told(indicator, each, reference, age_rule) for each in sorted(visits, key=lambda one: one.measured_on))
    return [one for one in told if one and not (one.reason or "").startswith("no_")]


def _told(indicator: str, visit: Visit, reference: str, age_rule: str) -> Told | None:
    by = who_reference(visit) if reference == "who" else reference
    name = "hfa" if (indicator, by) == ("lhfa", "who2007") else indicator
    if name not in INDICATORS[by]:
        return None
    judged = judge(visit, by, age_rule, only=name)
    if judged.unscored.get(name) == "before_term" and indicator in INDICATORS[INTERGROWTH]:
        early = judge(visit, INTERGROWTH, only=indicator)
        judged = early if early.scores else judged
    return Told(visit, judged, judged.scores.get(name), judged.unscored.get(name))


def chart_points(indicator: str, told: Sequence[Told], reader: Reader, *, ages: str, is_lying: bool) -> list[Point]:
    """Return what can be drawn. `ages`: "judged", "actual", or "both" (judged, and its twin at the actual age).

    Where only the sex is undetermined a measurement is drawn all the same, without a word for where it lies.
    """
    points = []
    for one in told:
        if one.score is None and one.reason != "sex_unknown":
            continue
        x, actual_x = _x_of(one, ages)
        if indicator == "wflh":
            x, actual_x = _stature_on_table(one.judged, is_lying), None
        text = _value_text(indicator, one)
        word = place_words(one.score, indicator, reader) if one.score else ""
        stretch = indicator not in STEPS_AT_24_MONTHS or one.judged.age.months < HEIGHT_FROM_MONTH
        points.append(Point(one.visit.measured_on, x, _value(indicator, one), actual_x, text, word, stretch))
    return points


def _x_of(one: Told, ages: str) -> tuple[float, float | None]:
    age, visit = one.judged.age, one.visit
    actual = None
    if ages == "actual" or (ages == "both" and age.is_corrected):
        actual = float(actual_age(visit.birth_on, visit.measured_on).months)
    if ages == "actual":
        return actual, None
    # INTERGROWTH-21st goes by weeks: its months are all of one length.
    months = age.days / DAYS_PER_MONTH if one.is_before_term else age.months
    return float(months), actual


def _value(indicator: str, one: Told) -> float:
    """Return what is compared: kg, cm or kg/m²."""
    if one.score:
        return one.score.value
    if indicator == "bfa":
        weight, parts = bmi_kg_m2(one.visit.weight_kg, one.judged.lenhei_cm)
        return weight / parts
    taken = {"lhfa": one.judged.lenhei_cm, "hcfa": one.visit.headc_cm}
    return float(taken.get(indicator, one.visit.weight_kg))


def _stature_on_table(judged: Judgement, is_lying: bool) -> float:
    """Return length or height as the table drawn takes it: earlier lengths stand 0.7 cm lower on a table of heights."""
    was_lying = judged.age.months < HEIGHT_FROM_MONTH
    more = (is_lying - was_lying) * LYING_MINUS_STANDING_CM
    return float(judged.lenhei_cm + more)


def _value_text(indicator: str, one: Told) -> str:
    """Return the measurement as it was taken, the BMI with one decimal."""
    visit = one.visit
    if indicator == "bfa":
        return f"{_value(indicator, one):.1f}"
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
    if reader.is_family:
        return "—" if one.is_before_term else place_words(one.score, indicator, reader)
    word = reader.read(NOT_GRADED) if one.is_before_term else place_words(one.score, indicator, reader)
    if one.score.sd_band is None and not one.is_before_term:
        return word
    return word + reader.aside(f"{sd_text(one.score.z, 1)} SD")


def _age_text(birth_on: date, on: date, reader: Reader) -> str:
    return age_words(*months_and_days(birth_on, on), reader)
