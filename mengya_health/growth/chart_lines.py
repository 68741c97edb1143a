"""The still part of a growth chart: frame, axes, and the lines and bands of the reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mengya_health.growth.chart_layout import Axis, Box, Label, round_axis, spread
from mengya_health.growth.chart_points import STEPS_AT_24_MONTHS, Point
from mengya_health.growth.chart_words import BEFORE_TERM, COMMON_SD, LYING, STANDING, Both, Reader, line_words
from mengya_health.growth.curves import SDS, Curve
from mengya_health.growth.wst423 import HEIGHT_FROM_MONTH

LINE_HEIGHT = 1.25
BANDS = (2, 1)
# How far a chart by length or height reaches at least, below and above the child's own middle.
REACH_CM = 15


@dataclass(frozen=True, slots=True)
class Frame:
    """A viewBox, the plot within it, how large letters and points are drawn, and how close ticks may stand.

    `month_steps` gives, for each longest span in months, the months from tick to tick.
    """

    width: int
    height: int
    plot: Box
    text_size: float
    label_size: float
    mark_size: float
    most_ticks: int
    month_steps: tuple[tuple[int, int], ...]


# On a phone 680 units would shrink to unreadable letters, so there is a second drawing of the same measurements.
FRAMES = {
    "wide": Frame(680, 430, Box(46, 30, 550, 362), 13, 14, 5.5, 8, ((24, 3), (48, 6), (90, 12))),
    "narrow": Frame(340, 252, Box(36, 28, 222, 188), 14, 15, 6, 6, ((12, 2), (18, 3), (42, 6), (90, 12))),
}


@dataclass(frozen=True, slots=True)
class Plot:
    """A frame with both axes, and the stretches of the reference that fall into it; none where no line is shown."""

    frame: Frame
    x: Axis
    y: Axis
    pieces: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Where one reference ends and the next begins; `labels` name the sides, as far as there is room."""

    x: float
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class ReferenceLines:
    """SVG paths of the SD lines (by SD) and bands (by half-width), the labels at their ends, and the steps in them.

    There is a step where length becomes height, and one at term for a child measured before it.
    """

    bands: dict[int, str]
    lines: dict[int, str]
    labels: tuple[Label, ...]
    steps: tuple[Step, ...]

    def label_boxes(self, size: float) -> list[Box]:
        """Return where the words of the lines and of the step stand, drawn in letters of that size."""
        boxes = [Box(label.x, label.y - size, label.width(size), size * LINE_HEIGHT) for label in self.labels]
        for step in self.steps:
            for label in step.labels:
                width = label.width(size)
                left = label.x - width if label.x < step.x else label.x
                boxes.append(Box(left, label.y - size, width, size * LINE_HEIGHT))
        return boxes


def plot_of(
    size: str, known: Sequence[Curve], points: Sequence[Point], shown: Sequence[int], now: float | None
) -> Plot:
    """Return the plot that holds the points and, over the same stretch, the SD lines shown; none may be.

    `now` is the child's age in months; None for a chart by length or height.
    """
    frame = FRAMES[size]
    first, last, xs = known[0].xs[0], known[-1].xs[-1], [point.x for point in points]
    x_axis = _stature_axis(frame, first, last, xs) if now is None else _age_axis(frame, first, last, xs, now, size)
    pieces = tuple(piece for curve in known if (piece := curve.within(x_axis.low, x_axis.high)))
    low, high = (SDS.index(end(shown or (-COMMON_SD, COMMON_SD))) for end in (min, max))
    values = [point.y for point in points if x_axis.low <= point.x <= x_axis.high]
    values += [value for piece in pieces for row in piece.rows for value in (row[low], row[high])]
    plot = frame.plot
    y_axis = round_axis(min(values), max(values), plot.y + plot.height, plot.y, frame.most_ticks)
    return Plot(frame, x_axis, y_axis, pieces if shown else ())


def _age_axis(frame: Frame, first: float, last: float, xs: Sequence[float], now: float, size: str) -> Axis:
    """From birth to half a year from now, a year at least; small drawings begin where the measurements do.

    Birth is month 0, or earlier for a child measured before term: then `first` is.
    """
    if size == "narrow":
        start = max(first, min([*xs, now]) - 1)
        end = max([start + 6, now + 1, *xs])
    else:
        start, end = min([0, *xs]), max([12, now + 6, *xs])
    start, end = min(start, last - 6), min(end, last)
    step = next(step for span, step in frame.month_steps if end - start <= span)
    start = math.floor(start) if start < 0 else math.floor(start / step) * step
    end = min(math.ceil(end / step) * step, last)
    return Axis(start, end, frame.plot.x, frame.plot.x + frame.plot.width, step)


def _stature_axis(frame: Frame, first: float, last: float, xs: Sequence[float]) -> Axis:
    middle = (min(xs) + max(xs)) / 2 if xs else first + REACH_CM
    middle = min(max(middle, first + REACH_CM), last - REACH_CM)
    left, right = frame.plot.x, frame.plot.x + frame.plot.width
    wished = round_axis(min([*xs, middle - REACH_CM]), max([*xs, middle + REACH_CM]), left, right, frame.most_ticks)
    return Axis(max(wished.low, first), min(wished.high, last), left, right, wished.step)


@lru_cache(maxsize=256)
def reference_lines(plot: Plot, shown: Sequence[int], indicator: str, reader: Reader) -> ReferenceLines:
    """Return what is drawn of the reference, with the words this reader sees.

    Kept: it knows of a child only how far the axes reach, and half the children of a year have the same.
    """
    return ReferenceLines(
        bands={} if not shown else {sd: "".join(_band(piece, sd, plot) for piece in plot.pieces) for sd in BANDS},
        lines={sd: "".join(f"M{_corners(piece, sd, plot)}" for piece in plot.pieces) for sd in shown},
        labels=_end_labels(plot, line_words(indicator, reader)),
        steps=_steps(plot, indicator, reader) if shown else (),
    )


def _band(piece: Curve, sd: int, plot: Plot) -> str:
    backwards = Curve(piece.xs[::-1], piece.rows[::-1])
    return f"M{_corners(piece, sd, plot)}L{_corners(backwards, -sd, plot)}Z"


def _corners(piece: Curve, sd: int, plot: Plot) -> str:
    column = SDS.index(sd)
    return "L".join(f"{plot.x.at(x):g} {plot.y.at(row[column]):g}" for x, row in zip(piece.xs, piece.rows, strict=True))


def _end_labels(plot: Plot, words: dict[int, tuple[str, ...]]) -> tuple[Label, ...]:
    """Return the labels at the right end, each beside its line or as near as its neighbours let it."""
    if not plot.pieces:
        return ()
    line_height = plot.frame.text_size * LINE_HEIGHT
    ends = plot.pieces[-1].rows[-1]
    wished = [(plot.y.at(ends[SDS.index(sd)]), lines) for sd, lines in sorted(words.items(), reverse=True)]
    heights = [line_height * len(lines) for _, lines in wished]
    box = plot.frame.plot
    middles = spread([y for y, _ in wished], heights, box.y - line_height / 2, box.y + box.height + line_height / 2)
    labels = []
    for (_, lines), middle, height in zip(wished, middles, heights, strict=True):
        top = middle - height / 2
        for number, text in enumerate(lines):
            # A letter's baseline lies about four fifths down its line.
            labels.append(Label(box.x + box.width + 6, round(top + line_height * (number + 0.78), 1), text))
    return tuple(labels)


def _steps(plot: Plot, indicator: str, reader: Reader) -> tuple[Step, ...]:
    found, left = [], plot.frame.plot.x
    if plot.x.low < 0:
        found.append(_step(plot, 0, left, (BEFORE_TERM, None), reader))
        left = found[0].x
    if indicator in STEPS_AT_24_MONTHS and plot.x.low < HEIGHT_FROM_MONTH < plot.x.high:
        found.append(_step(plot, HEIGHT_FROM_MONTH, left, (LYING, STANDING), reader))
    return tuple(found)


def _step(plot: Plot, month: int, left: float, sides: tuple[Both, Both | None], reader: Reader) -> Step:
    """Return a step with the words left and right of it; without room (`left` bounds it) a word is left out."""
    frame, x = plot.frame, plot.x.at(month)
    gap, y = frame.text_size / 2, frame.plot.y + frame.plot.height - frame.text_size * 0.6
    placed = zip((x - gap, x + gap), sides, (x - left, frame.plot.x + frame.plot.width - x), strict=True)
    labels = [(Label(at, y, reader.read(words)), room) for at, words, room in placed if words]
    return Step(x, tuple(label for label, room in labels if label.width(frame.text_size) + gap <= room))
