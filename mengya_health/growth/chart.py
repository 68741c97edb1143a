"""The geometry of a growth chart, as plain values that one template partial draws for screen and for paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mengya_health.growth.ages import CORRECTED_BELOW_MONTHS, age_for_growth
from mengya_health.growth.chart_lines import FRAMES, Frame, Plot, ReferenceLines, plot_of, reference_lines
from mengya_health.growth.chart_points import Point, Told, chart_points, table_head, table_rows, told_visits
from mengya_health.growth.chart_trace import Event, Trace, event_marks, last_words, trace_of
from mengya_health.growth.chart_words import (
    AGE_RULES,
    BEFORE_TERM_FAMILY_NOTE,
    BEFORE_TERM_NOTE,
    BY_DUE_DATE_NOTE,
    COMMON_SD,
    FAMILY,
    MINUS_0_7,
    MONTHS,
    NOTHING_MEASURED,
    SEX_UNKNOWN,
    SEX_UNKNOWN_FAMILY,
    STAFF,
    WHO_BREAK,
    Legend,
    Reader,
    chart_title,
    corrected_note,
    legend_of,
    line_words,
    number_measured,
    reference_name,
    unit_of,
)
from mengya_health.growth.curves import Curve, curves, preterm_curve
from mengya_health.growth.judging import DEFAULT_REFERENCE
from mengya_health.growth.visits import UNDETERMINED, Visit
from mengya_health.growth.who import WHO_2007_FROM_MONTH
from mengya_health.growth.wst423 import HEIGHT_FROM_MONTH

__all__ = ["FAMILY", "STAFF", "Chart", "Event", "growth_chart", "growth_charts"]
SIZES = tuple(FRAMES)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Pixel and text of each tick on an axis, and the unit they count."""

    marks: tuple[tuple[float, str], ...]
    unit: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn, in units of the viewBox, and the same numbers as a table of text.

    `name` says to a screen reader what the picture shows; `notes` are sentences to print under it; `source` names the
    reference; `happened` says each event marked, `nothing` what the table says while it is empty.
    """

    name: str
    audience: str
    frame: Frame
    x_ticks: Ticks
    y_ticks: Ticks
    reference: ReferenceLines
    trace: Trace
    table_head: tuple[str, ...]
    table_rows: tuple[tuple[str, ...], ...]
    happened: tuple[str, ...]
    legend: Legend
    notes: tuple[str, ...]
    source: str
    nothing: str


def growth_chart(indicator: str, sex: str, visits: Sequence[Visit], *, size: str = "wide", **how: Any) -> Chart:
    """Return the chart of one child in one size; the rest as `growth_charts`."""
    return growth_charts(indicator, sex, visits, sizes=(size,), **how)[0]


def growth_charts(
    indicator: str,
    sex: str,
    visits: Sequence[Visit],
    *,
    birth_on: date,
    gestational_days: int | None,
    corrected_below_months: int = CORRECTED_BELOW_MONTHS,
    today_on: date,
    sizes: Sequence[str] = SIZES,
    audience: str = STAFF,
    language: str = "zh",
    ages: str = "both",
    events: Sequence[Event] = (),
    reference: str = DEFAULT_REFERENCE,
    age_rule: str = "exact",
) -> tuple[Chart, ...]:
    """Return the chart of one child: "wfa", "lhfa", "wflh", "bfa" or "hcfa" against "wst423_2022" or "who".

    `visits` are this child's, each with its dates; those without this measurement are left out, the others are judged
    once for all sizes. `sizes` are "wide" (680 units) and "narrow" (340, for phones and small print). `ages` for staff:
    "judged", "actual" or "both"; families see two lines, plain words and the judged age only. `language` "zh" or "en".
    Before term points stand at months below 0 beside INTERGROWTH-21st; of undetermined sex they stand without curves.
    """
    reader = Reader(audience, language)
    told = tuple(told_visits(indicator, visits, reference, age_rule))
    course = _Course(
        indicator, sex, reference, age_rule, birth_on, gestational_days, corrected_below_months, today_on, told, reader
    )
    points = chart_points(
        indicator, told, reader, ages="judged" if reader.is_family else ages, is_lying=course.is_lying
    )
    rows = table_rows(indicator, told, gestational_days, reader)
    return tuple(_drawn(course, size, points, rows, events) for size in sizes)


@dataclass(frozen=True, slots=True)
class _Course:
    """One indicator of one child, judged, for one reader."""

    indicator: str
    sex: str
    reference: str
    age_rule: str
    birth_on: date
    gestational_days: int | None
    corrected_below_months: int
    today_on: date
    told: tuple[Told, ...]
    reader: Reader

    def months_at(self, on: date) -> float:
        return float(age_for_growth(self.birth_on, on, self.gestational_days, self.corrected_below_months).months)

    @property
    def by_age(self) -> bool:
        return self.indicator != "wflh"

    @property
    def is_lying(self) -> bool:
        return self.months_at(self.today_on) < HEIGHT_FROM_MONTH

    def curves(self, points: Sequence[Point]) -> tuple[Curve, ...]:
        """Return the lines, with those before term only where a point is; of undetermined sex, a boy's for the axes."""
        sex = "M" if self.sex == UNDETERMINED else self.sex
        known = curves(self.reference, self.indicator, sex, is_lying=self.is_lying)
        if self.by_age and any(point.x < 0 for point in points):
            return (preterm_curve(self.indicator, sex), *known)
        return known

    @property
    def lines(self) -> tuple[int, ...]:
        """Which SD lines this reader sees."""
        if self.sex == UNDETERMINED:
            return ()
        return (-COMMON_SD, COMMON_SD) if self.reader.is_family else tuple(line_words(self.indicator, self.reader))


def _drawn(course: _Course, size: str, points: Sequence[Point], rows: tuple, events: Sequence[Event]) -> Chart:
    indicator, reader, today_on = course.indicator, course.reader, course.today_on
    now = course.months_at(today_on) if course.by_age else None
    plot = plot_of(size, course.curves(points), points, course.lines, now)
    marked = event_marks(plot, events if course.by_age else (), course.months_at)
    lines = reference_lines(plot, course.lines, indicator, reader)
    kept = lines.label_boxes(plot.frame.text_size)
    return Chart(
        name=_name(indicator, points, today_on, reader),
        audience=reader.audience,
        frame=plot.frame,
        x_ticks=Ticks(tuple(plot.x.ticks()), reader.read(MONTHS) if course.by_age else unit_of("lhfa", reader)),
        y_ticks=Ticks(tuple(plot.y.ticks()), unit_of(indicator, reader)),
        reference=lines,
        trace=trace_of(plot, points, marked, kept, today_on=today_on, indicator=indicator, reader=reader),
        table_head=table_head(indicator, course.gestational_days, reader),
        table_rows=rows,
        happened=tuple(f"{mark.event.on} {mark.event.text}" for mark in marked),
        legend=legend_of(reader, has_twins=any(point.actual_x is not None for point in points)),
        notes=tuple(_notes(course, points, plot)),
        source=reference_name(course.reference, reader),
        nothing=reader.read(NOTHING_MEASURED),
    )


def _name(indicator: str, points: Sequence[Point], today_on: date, reader: Reader) -> str:
    parts = [chart_title(indicator, reader)]
    if points:
        parts += [number_measured(len(points), reader), last_words(points[-1], today_on, indicator, reader)]
    else:
        parts.append(reader.read(NOTHING_MEASURED))
    return reader.read(("，", ", ")).join(parts)


def _notes(course: _Course, points: Sequence[Point], plot: Plot) -> Iterator[str]:
    reader, told, family, is_judged = course.reader, course.told, course.reader.is_family, course.sex != UNDETERMINED
    if not is_judged:
        yield reader.read(SEX_UNKNOWN_FAMILY if family else SEX_UNKNOWN)
    if any(one.judged.age.is_corrected for one in told):
        by_due_date = family or not is_judged
        yield reader.read(BY_DUE_DATE_NOTE) if by_due_date else corrected_note(course.corrected_below_months, reader)
    if is_judged and any(point.x < 0 for point in points):
        yield reader.read(BEFORE_TERM_FAMILY_NOTE if family else BEFORE_TERM_NOTE)
    if not course.by_age and any((one.judged.age.months < HEIGHT_FROM_MONTH) != course.is_lying for one in told):
        yield reader.read(MINUS_0_7)
    if course.reference == "who" and not family and course.by_age and plot.x.high > WHO_2007_FROM_MONTH:
        yield reader.read(WHO_BREAK)
    if is_judged:
        yield reader.read(("曲线：", "Curves: ")) + _standard(course)


def _standard(course: _Course) -> str:
    """Return the standard with its edition, for staff with the age rule it was read by."""
    reader, name = course.reader, reference_name(course.reference, course.reader)
    has_rule = course.reference == DEFAULT_REFERENCE and course.by_age and not reader.is_family
    return f"{name} · {reader.read(AGE_RULES[course.age_rule])}" if has_rule else name
