"""The geometry of a growth chart, as plain values that one template partial draws for screen and for paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mengya_health.growth.ages import CORRECTED_BELOW_MONTHS, age_for_growth
from mengya_health.growth.chart_lines import Frame, ReferenceLines, plot_of, reference_lines
from mengya_health.growth.chart_points import Point, Told, chart_points, table_head, table_rows, told_visits
from mengya_health.growth.chart_trace import Event, Trace, event_marks, last_words, trace_of
from mengya_health.growth.chart_words import (
    BY_DUE_DATE_NOTE,
    COMMON_SD,
    FAMILY,
    MINUS_0_7,
    MONTHS,
    NOTHING_MEASURED,
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
from mengya_health.growth.curves import curves
from mengya_health.growth.visits import Visit
from mengya_health.growth.wst423 import HEIGHT_FROM_MONTH

__all__ = ["FAMILY", "STAFF", "Chart", "Event", "growth_chart"]


@dataclass(frozen=True, slots=True)
class Ticks:
    """Pixel and text of each tick on an axis, and the unit they count."""

    marks: tuple[tuple[float, str], ...]
    unit: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn, in units of the viewBox, and the same numbers as a table of text.

    `name` says to a screen reader what the picture shows; `notes` are sentences to print under it; `source` names the
    reference; `nothing` is what its table says while it is empty.
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
    legend: Legend
    notes: tuple[str, ...]
    source: str
    nothing: str


def growth_chart(
    indicator: str,
    sex: str,
    visits: Sequence[Visit],
    *,
    birth_on: date,
    gestational_days: int | None,
    corrected_below_months: int = CORRECTED_BELOW_MONTHS,
    today_on: date,
    size: str = "wide",
    audience: str = STAFF,
    language: str = "zh",
    ages: str = "both",
    events: Sequence[Event] = (),
    reference: str = "wst423_2022",
) -> Chart:
    """Return the chart of one child: "wfa", "lhfa", "wflh", "bfa" or "hcfa" against "wst423_2022" or "who".

    `visits` are this child's, each with its dates; those without this measurement are left out. `size` is "wide" (680
    units) or "narrow" (340, for phones and small print). `ages` for staff: "judged", "actual" or "both"; families see
    two lines, plain words and the judged age only. `language` "zh" or "en".
    """

    def months_at(on: date) -> float:
        return float(age_for_growth(birth_on, on, gestational_days, corrected_below_months).months)

    now = months_at(today_on)
    reader = Reader(audience, language)
    by_age, is_lying = indicator != "wflh", now < HEIGHT_FROM_MONTH
    told = told_visits(indicator, visits, reference)
    points = chart_points(indicator, told, reader, ages="judged" if reader.is_family else ages, is_lying=is_lying)
    shown = (-COMMON_SD, COMMON_SD) if reader.is_family else tuple(line_words(indicator, reader))
    known = curves(reference, indicator, sex, is_lying=is_lying)
    plot = plot_of(size, known, points, shown, now if by_age else None)
    marked = event_marks(plot, events if by_age else (), months_at)
    lines = reference_lines(plot, shown, indicator, reader)
    kept = lines.label_boxes(plot.frame.text_size)
    return Chart(
        name=_name(indicator, points, today_on, reader),
        audience=audience,
        frame=plot.frame,
        x_ticks=Ticks(tuple(plot.x.ticks()), reader.read(MONTHS) if by_age else unit_of("lhfa", reader)),
        y_ticks=Ticks(tuple(plot.y.ticks()), unit_of(indicator, reader)),
        reference=lines,
        trace=trace_of(plot, points, marked, kept, today_on=today_on, indicator=indicator, reader=reader),
        table_head=table_head(indicator, gestational_days, reader),
        table_rows=table_rows(indicator, told, gestational_days, reader),
        legend=legend_of(reader, has_twins=any(point.actual_x is not None for point in points)),
        notes=_notes(indicator, told, reference, reader, is_lying, corrected_below_months),
        source=reference_name(reference, reader),
        nothing=reader.read(NOTHING_MEASURED),
    )


def _name(indicator: str, points: Sequence[Point], today_on: date, reader: Reader) -> str:
    parts = [chart_title(indicator, reader)]
    if points:
        parts += [number_measured(len(points), reader), last_words(points[-1], today_on, indicator, reader)]
    else:
        parts.append(reader.read(NOTHING_MEASURED))
    return reader.read(("，", ", ")).join(parts)


def _notes(
    indicator: str, told: Sequence[Told], reference: str, reader: Reader, is_lying: bool, until: int
) -> tuple[str, ...]:
    notes = []
    if any(one.judged.age.is_corrected for one in told):
        notes.append(reader.read(BY_DUE_DATE_NOTE) if reader.is_family else corrected_note(until, reader))
    if indicator == "wflh" and any((one.judged.age.months < HEIGHT_FROM_MONTH) != is_lying for one in told):
        notes.append(reader.read(MINUS_0_7))
    if reference == "who" and not reader.is_family:
        notes.append(reader.read(WHO_BREAK))
    return (*notes, reader.read(("曲线：", "Curves: ")) + reference_name(reference, reader))
