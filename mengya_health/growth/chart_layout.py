"""Where things go on a chart: round axes, labels that do not collide, a free place for a label beside its point."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

STEPS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of values, the pixels it is drawn on, and where its ticks stand."""

    low: float
    high: float
    pixel_low: float
    pixel_high: float
    step: float

    def at(self, value: float) -> float:
        """Return the pixel of a value, to a tenth."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.pixel_low + (self.pixel_high - self.pixel_low) * share, 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Return pixel and text of each tick."""
        first, last = math.ceil(self.low / self.step), math.floor(self.high / self.step)
        values = [number * self.step for number in range(first, last + 1)]
        return [(self.at(value), f"{value:g}".replace("-", "−")) for value in values]


def round_axis(low: float, high: float, pixel_low: float, pixel_high: float, most_ticks: int) -> Axis:
    """Return the axis that holds low and high, begins and ends on a tick, and has at most so many intervals."""
    for step in STEPS:
        start, end = math.floor(low / step) * step, math.ceil(high / step) * step
        if (end - start) / step <= most_ticks:
            break
    return Axis(start, end, pixel_low, pixel_high, step)


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is drawn: a Chinese character is as wide as it is high, a digit little over half."""
    return size * sum(1 if ord(letter) > 0x2E7F else 0.58 for letter in text)


@dataclass(frozen=True, slots=True)
class Label:
    """A word and where its baseline stands."""

    x: float
    y: float
    text: str

    def width(self, size: float) -> float:
        """Return about how wide it is drawn in letters of that size."""
        return text_width(self.text, size)


def spread(places: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Return the middles of labels, moved as little as needed so that none overlaps; given from top to bottom.

    They stay between `low` and `high` as far as there is room.
    """
    moved: list[float] = []
    edge = low
    for place, height in zip(places, heights, strict=True):
        moved.append(max(place, edge + height / 2))
        edge = moved[-1] + height / 2
    edge = high
    for index in range(len(moved) - 1, -1, -1):
        moved[index] = min(moved[index], edge - heights[index] / 2)
        edge = moved[index] - heights[index] / 2
    return moved


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the pixels of the viewBox."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: Box) -> float:
        """Return the area both cover."""
        wide = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        if wide <= 0:
            return 0
        return wide * max(min(self.y + self.height, other.y + other.height) - max(self.y, other.y), 0)

    def covered_by(self, others: Iterable[Box]) -> float:
        """Return the area that others cover, each for itself. Written out: a label tries dozens of places."""
        left, right, top, bottom = self.x, self.x + self.width, self.y, self.y + self.height
        area = 0
        for other in others:
            wide = min(right, other.x + other.width) - max(left, other.x)
            if wide > 0:
                area += wide * max(min(bottom, other.y + other.height) - max(top, other.y), 0)
        return area


def free_place(
    x: float, y: float, reach: float, size: tuple[float, float], plot: Box, taken: Iterable[Box], kept: Sequence[Box]
) -> Box:
    """Return where beside a point a label of that size covers least of what is `taken`, near before far.

    It stays inside the plot and covers nothing of `kept`, other labels, even if it must stand away from its point.
    """
    width, height = size
    across, down = width + reach, 3 * height + reach
    around = Box(x - across, y - down, 2 * across, 2 * down)
    near = [box for box in taken if box.overlap(around)]

    def least_cost(place: Box) -> float:
        outside = place.width * place.height - place.overlap(plot)
        away = abs(place.y + height / 2 - y)
        return 4 * outside + away / 4

    def strays(place: Box) -> bool:
        inside = place.overlap(plot) >= place.width * place.height - 0.01
        return not inside or any(place.overlap(other) for other in kept)

    free = [place for place in _beside(x, y, reach, width, height) if not strays(place)]
    if not free:
        grid = _anywhere(x, width, height, plot)
        free = [place for place in grid if not strays(place)] or grid
    return _cheapest(free, least_cost, near)


def _cheapest(places: Sequence[Box], least_cost: Callable[[Box], float], near: Sequence[Box]) -> Box:
    """Return the place that costs least, the first of several: its own cost, and the area it covers of what is near.

    Those that cost more by themselves than the best so far in all are not laid over everything near.
    """
    found: tuple[float, int] | None = None
    for own, number in sorted((least_cost(place), number) for number, place in enumerate(places)):
        if found and own > found[0]:
            break
        cost = own + places[number].covered_by(near), number
        found = min(found, cost) if found else cost
    return places[found[1]]


def _beside(x: float, y: float, reach: float, width: float, height: float) -> list[Box]:
    """Return the places around a point: below and above it in three rows, then to its right and left."""
    below = [reach + rows * height for rows in range(3)]
    above = [-reach - rows * height for rows in range(1, 4)]
    rows = [each for pair in zip(below, above, strict=True) for each in pair]
    columns = (x - reach, x + reach - width, x - width / 2)
    places = [Box(left, y + row, width, height) for row in rows for left in columns]
    return [*places, *(Box(left, y - height / 2, width, height) for left in (x + reach, x - reach - width))]


def _anywhere(x: float, width: float, height: float, plot: Box) -> list[Box]:
    """Return places all over the plot, row by row: as near to x as it allows, at its left and at its right edge."""
    rows = range(int((plot.height - height) // (height / 2)) + 1)
    left, right = plot.x, plot.x + plot.width - width
    across = (min(max(x - width / 2, left), right), left, right)
    return [Box(start, plot.y + row * height / 2, width, height) for row in rows for start in across]
