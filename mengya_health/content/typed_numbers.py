"""What a number that cannot stand as it was typed was probably meant to be. Pure; asked back, never put in silently.

The range of the metric decides, and where several readings fit, what is expected of this child: a point left out (746),
grams for kilograms (9100), metres for centimetres (1.2), g/dL for g/L (10.9), a comma for the point (9,1), a unit typed
along (9.1kg).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from mengya_health.content.measurements import Metric

# Powers of ten between the units that are mixed up, and for a point left out or put in the wrong place.
SHIFTS = (0, -1, 1, -2, 2, -3, 3)
_POINTS = str.maketrans("0123456789,，、。．", "0123456789.....")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９－＋", "0123456789-+")
# One number, a sign before it and a unit behind it; "9.1.2" and "1e3" could mean anything.
_ONE_NUMBER = re.compile(r"[-+]?([0-9]{1,6}(?:\.[0-9]{0,4})?|\.[0-9]{1,4})([^0-9.]*)")


@dataclass(frozen=True, kw_only=True)
class Range:
    """What is taken (`low` to `high`), what is usual (`soft`), `places` after the point; `expected` of this child."""

    low: Decimal
    high: Decimal
    places: int
    soft: tuple[Decimal, Decimal] | None = None
    expected: Decimal | None = None

    def is_possible(self, number: Decimal) -> bool:
        return self.low <= number <= self.high

    def is_usual(self, number: Decimal) -> bool:
        return self.is_possible(number) and (self.soft is None or self.soft[0] <= number <= self.soft[1])


def range_of(metric: Metric, expected: Decimal | None = None) -> Range:
    """Return the range of a metric that has hard limits."""
    low, high = (Decimal(str(limit)) for limit in metric.hard)
    soft = tuple(Decimal(str(limit)) for limit in metric.soft) if metric.soft else None
    places = metric.decimals if metric.kind == "decimal" else 0
    return Range(low=low, high=high, places=places, soft=soft, expected=expected)


def likely(text: str, within: Range) -> str | None:
    """Return what was probably meant, ready to be typed; None where nothing fits, or the text already says it."""
    number = _number_in(text)
    if number is None:
        return None
    fitting = [each for each in _readings(number, within.places) if within.is_possible(each)]
    pool = [each for each in fitting if within.is_usual(each)] or fitting
    if not pool:
        return None
    best = min(pool, key=lambda each: _distance(each, within.expected)) if within.expected else pool[0]
    meant = f"{best:f}"
    return None if meant == text.strip() else meant


def likelier(text: str, within: Range) -> str | None:
    """Return a reading of a possible number that lies nearer to what is expected of this child than the number does."""
    meant = likely(text, within)
    if meant is None or within.expected is None or not within.is_usual(Decimal(meant)):
        return None
    is_nearer = _distance(Decimal(meant), within.expected) < _distance(Decimal(text), within.expected)
    return meant if is_nearer else None


def _number_in(text: str) -> Decimal | None:
    plain = re.sub(r"\s", "", text.translate(_FULL_WIDTH)).translate(_POINTS)
    match = _ONE_NUMBER.fullmatch(plain)
    return Decimal(match.group(1)) if match else None


def _readings(number: Decimal, places: int) -> Iterator[Decimal]:
    """Yield the number by every power of ten that leaves no more digits after the point than are kept."""
    step = Decimal(1).scaleb(-places)
    for shift in SHIFTS:
        moved = number.scaleb(shift)
        if moved == moved.quantize(step):
            yield moved if -moved.as_tuple().exponent <= places else moved.quantize(step)


def _distance(number: Decimal, expected: Decimal) -> Decimal:
    """Return how many times larger or smaller a number is than expected."""
    return max(number / expected, expected / number) if number > 0 else Decimal("Infinity")
