"""The LMS method: from a measurement to a z-score and back."""

from __future__ import annotations

import math
from typing import NamedTuple

from mengya_health.errors import Invalid


class OutsideReference(Invalid):
    """The formula has no answer for this value: it is not a measurement a living child can have."""

    code = "outside_reference"
    zh = "这个数值不在生长标准能评价的范围内，请核对后重填。"
    en = "This value lies outside what the growth reference can judge; check it and enter it again."


class LMS(NamedTuple):
    """One row of a reference: L (Box–Cox power), M (median, in the unit measured), S (coefficient of variation)."""

    power: float
    median: float
    variation: float


def z_score(measurement: float, lms: LMS) -> float:
    """Return how many standard deviations a measurement lies from the median.

    `measurement` is in the unit of the reference row (kg, cm or kg/m²); the result has no unit.
    Raises OutsideReference if it is not positive.
    Source: Cole & Green, Statistics in Medicine 11 (1992) 1305–1319.
    """
    if measurement <= 0:
        raise OutsideReference()
    power, median, variation = lms
    if power == 0:
        return math.log(measurement / median) / variation
    return ((measurement / median) ** power - 1) / (power * variation)


def measurement_at(z: float, lms: LMS) -> float:
    """Return the measurement that has this z-score, in the unit of the reference row.

    Raises OutsideReference where the curve ends before reaching z (1 + LSz is not positive).
    Source: as `z_score`, solved for the measurement.
    """
    power, median, variation = lms
    if power == 0:
        return median * math.exp(variation * z)
    base = 1 + power * variation * z
    if base <= 0:
        raise OutsideReference()
    return median * base ** (1 / power)


def restricted_z_score(measurement: float, lms: LMS) -> float:
    """Return the z-score, beyond ±3 counted in steps of the distance between the second and the third SD.

    Far out the Box–Cox power would stretch or squeeze skewed measurements, weight above all.
    Raises OutsideReference if the measurement is not positive.
    Source: WHO Child Growth Standards, Methods and development (2006), chapter 7.
    """
    z = z_score(measurement, lms)
    if z > 3:
        third = measurement_at(3, lms)
        return 3 + (measurement - third) / (third - measurement_at(2, lms))
    if z < -3:
        third = measurement_at(-3, lms)
        return -3 + (measurement - third) / (measurement_at(-2, lms) - third)
    return z


def percentile_text(z: float) -> str:
    """Return the share of children below this z, in percent with one decimal; beyond ±3 SD only "<0.1" or ">99.9".

    There the z is restricted, or so far out that one decimal would claim too much.
    """
    if z < -3:
        return "<0.1"
    if z > 3:
        return ">99.9"
    return f"{50 * math.erfc(-z / math.sqrt(2)):.1f}"


def z_text(z: float) -> str:
    """Return a z-score with two decimals, half to even as Python rounds; "-0.00" is "0.00"."""
    return f"{round(z, 2) + 0.0:.2f}"
