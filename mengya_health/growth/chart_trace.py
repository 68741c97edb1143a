"""The child's own part of a growth chart: its points, the line that joins them, what was said and what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from mengya_health.growth.chart_layout import Box, Label, free_place, text_width
from mengya_health.growth.chart_lines import Frame, Plot
from mengya_health.growth.chart_points import Point
from mengya_health.growth.chart_words import COMMON_SD, TODAY, Reader, unit_of
from mengya_health.growth.curves import SDS

# How finely a line is cut into boxes, in units of the viewBox.
LINE_BOX = 20
# Under one another; a chart needs the rest of its height for itself.
EVENT_ROWS = 4
# On longer charts, in months, a mark names its year and month: month and day could be of any year.
MONTHS_WITH_DAYS = 18


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the child, to be marked by a vertical line."""

    on: date
    text: str


@dataclass(frozen=True, slots=True)
class EventMark:
    """A vertical line from `top` down to the axis, under its `label`, which is centred on its own x.

    Where many fall together some have no room for words: `label` is None, and the table under the chart names them.
    """

    event: Event
    x: float
    top: float
    label: Label | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the child; `twin_x` is where the same measurement stands at the age by birth date."""

    x: float
    y: float
    is_today: bool
    twin_x: float | None


@dataclass(frozen=True, slots=True)
class Callout:
    """The words beside the last point."""

    box: Box
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """The child's marks by date, the SVG paths of what joins and what shows them, and the words at the last one.

    `past` has a stroke without length at each earlier mark, `twins` at each measurement's other age, `links` what leads
    there. Put together here: in a template the two hundred of a long record take four times as long.
    """

    path: str
    past: str
    twins: str
    links: str
    marks: tuple[Mark, ...]
    today: tuple[Mark, ...]
    events: tuple[EventMark, ...]
    callout: Callout | None


def trace_of(
    plot: Plot,
    points: Sequence[Point],
    events: tuple[EventMark, ...],
    kept: Sequence[Box],
    *,
    today_on: date,
    indicator: str,
    reader: Reader,
) -> Trace:
    """Return the marks of the points that lie in the plot, and the words beside the last, clear of `kept` words."""
    inside = [point for point in points if plot.x.low <= point.x <= plot.x.high]
    marks = tuple(_mark(plot, point, today_on) for point in inside)
    path = _joined(marks, [point.stretch for point in inside]) if len(marks) > 1 else ""
    callout = None
    if inside:
        text = last_words(inside[-1], today_on, indicator, reader)
        callout = Callout(_callout_box(plot, text, marks, events, kept), text)
    return Trace(
        path,
        past=_dots((mark.x, mark.y) for mark in marks if not mark.is_today),
        twins=_dots((mark.twin_x, mark.y) for mark in marks if mark.twin_x),
        links="".join([f"M{mark.x} {mark.y}H{mark.twin_x}" for mark in marks if mark.twin_x]),
        marks=marks,
        today=tuple(mark for mark in marks if mark.is_today),
        events=events,
        callout=callout,
    )


def _dots(places: Iterable[tuple[float, float]]) -> str:
    return "".join([f"M{x} {y}h0" for x, y in places])


def _joined(marks: Sequence[Mark], stretches: Sequence[bool]) -> str:
    """Return the line through the marks, broken where length becomes height."""
    parts = []
    for index, mark in enumerate(marks):
        begins = not index or stretches[index] != stretches[index - 1]
        parts.append(f"{'M' if begins else 'L'}{mark.x:g} {mark.y:g}")
    return "".join(parts)


def _mark(plot: Plot, point: Point, today_on: date) -> Mark:
    twin_x = None if point.actual_x is None or point.actual_x > plot.x.high else plot.x.at(point.actual_x)
    return Mark(plot.x.at(point.x), plot.y.at(point.y), point.measured_on == today_on, twin_x)


def last_words(point: Point, today_on: date, indicator: str, reader: Reader) -> str:
    """Return "今天 8.0 · 中下", to families "今天 8.0 公斤"; other days by date, those of another year by its month."""
    is_recent = point.measured_on.year == today_on.year
    when = f"{point.measured_on:{'%m-%d' if is_recent else '%Y-%m'}}"
    if point.measured_on == today_on:
        when = reader.read(TODAY)
    if reader.is_family:
        return f"{when} {point.text} {unit_of(indicator, reader)}"
    return f"{when} {point.text} · {point.word}" if point.word else f"{when} {point.text}"


def _callout_box(plot: Plot, text: str, marks: Sequence[Mark], events: Sequence[EventMark], kept: Sequence[Box]) -> Box:
    frame = plot.frame
    size = text_width(text, frame.label_size) + frame.label_size * 1.2, frame.label_size * 1.8
    half = frame.mark_size + 2
    spaced = _spaced(marks, frame.mark_size)
    taken = [Box(x - half, mark.y - half, 2 * half, 2 * half) for mark in spaced for x in (mark.x, mark.twin_x) if x]
    taken += [Box(event.x - 1, frame.plot.y, 2, frame.plot.height) for event in events]
    taken += _line_boxes(plot) + _trace_boxes(marks)
    kept = [*kept, *(_label_box(event.label, frame) for event in events if event.label)]
    return free_place(marks[-1].x, marks[-1].y, half + 5, size, frame.plot, taken, kept)


def _line_boxes(plot: Plot) -> list[Box]:
    """Return the ±2 SD lines as a chain of small boxes, for words to keep clear of."""
    boxes = []
    for piece in plot.pieces:
        start, end = plot.x.at(piece.xs[0]), plot.x.at(piece.xs[-1])
        count = max(int((end - start) / LINE_BOX), 1)
        for number in range(count):
            row = piece.at(piece.xs[0] + (piece.xs[-1] - piece.xs[0]) * (number + 0.5) / count)
            boxes += [
                Box(start + number * LINE_BOX, plot.y.at(row[SDS.index(sd)]) - 3, LINE_BOX, 6)
                for sd in (-COMMON_SD, COMMON_SD)
            ]
    return boxes


def _spaced(marks: Sequence[Mark], gap: float) -> list[Mark]:
    """Return the marks without those that all but cover their neighbour: many points take no more room than few."""
    found: list[Mark] = []
    for mark in marks:
        if not found or mark.x - found[-1].x >= gap or abs(mark.y - found[-1].y) >= gap:
            found.append(mark)
    return found


def _trace_boxes(marks: Sequence[Mark]) -> list[Box]:
    """Return the child's own line between marks that stand far apart as a chain of small boxes."""
    boxes = []
    for one, next_ in pairwise(marks):
        count = int((next_.x - one.x) / LINE_BOX)
        for number in range(1, count):
            x, y = (a + (b - a) * number / count for a, b in ((one.x, next_.x), (one.y, next_.y)))
            boxes.append(Box(x - LINE_BOX / 2, y - 3, LINE_BOX, 6))
    return boxes


def _label_box(label: Label, frame: Frame) -> Box:
    width = label.width(frame.text_size)
    return Box(label.x - width / 2, label.y - frame.text_size, width, frame.text_size * 1.25)


def event_marks(plot: Plot, events: Sequence[Event], months_at: Callable[[date], float]) -> tuple[EventMark, ...]:
    """Return the events within the plot, oldest first; labels that would collide stand one line lower."""
    frame, marks = plot.frame, []
    day = "%m-%d" if plot.x.high - plot.x.low <= MONTHS_WITH_DAYS else "%Y-%m"
    for event in sorted(events, key=lambda one: one.on):
        months = months_at(event.on)
        if plot.x.low <= months <= plot.x.high:
            marks.append(_event_mark(frame, event, plot.x.at(months), day, marks))
    return tuple(marks)


def _event_mark(frame: Frame, event: Event, x: float, day: str, earlier: Sequence[EventMark]) -> EventMark:
    text = f"{event.on:{day}} {event.text}"
    half = text_width(text, frame.text_size) / 2 + 3
    middle = max(frame.plot.x + half, min(x, frame.plot.x + frame.plot.width - half))
    labels = [other.label for other in earlier if other.label]
    for row in range(EVENT_ROWS):
        label = Label(middle, round(frame.plot.y + frame.text_size * (1.3 + 1.4 * row), 1), text)
        if not any(_label_box(label, frame).overlap(_label_box(other, frame)) for other in labels):
            return EventMark(event, x, label.y + 5, label)
    return EventMark(event, x, frame.plot.y, None)
