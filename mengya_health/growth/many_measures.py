"""`measures` for many visits at once: length or height after 0.7 cm, BMI, flags, and why there is no score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mengya_health.growth.ages import DAYS_PER_MONTH
from mengya_health.growth.many_visits import (
    LYING,
    MILLI,
    PARTS_OF_DAY,
    STANDING,
    UNDETERMINED,
    UNKNOWN,
    Bools,
    Floats,
    Ints,
    Visits,
)
from mengya_health.growth.measures import LIES_BELOW_CM, LYING_MINUS_STANDING_CM, NEEDED, STANDS_FROM_MONTHS
from mengya_health.growth.visits import NOTES, REASONS
from mengya_health.growth.who import PLAUSIBLE_Z

REASON_CODES = ("", *REASONS)
NOTE_CODES = ("", *NOTES)
Reasons = NDArray[np.int8]


class Scores(NamedTuple):
    """One indicator of many visits; the fields are those of `many.Judgements`."""

    reason: Reasons
    z: Floats
    flag: Bools
    percentile_z: Floats | None = None
    sd_reached: NDArray[np.int8] | None = None
    percentiles_reached: NDArray[np.int8] | None = None


@dataclass(frozen=True, slots=True)
class MeasuredMany:
    """Visits made ready for one reference: `is_lying` says which table holds, `stature` is what it asks for."""

    visits: Visits
    is_lying: Bools
    stature: Ints
    note: NDArray[np.int8]

    def value_of(self, indicator: str) -> tuple[Ints, Ints | int]:
        """Return the values compared as numerators and denominators, in kg, cm or kg/m²."""
        if indicator == "bfa":
            # kg/m² out of g and 10 µm: (w / 1000) / (s / 100000)²
            return self.visits.weight * 10_000_000, self.stature**2
        if indicator in ("wfa", "wflh"):
            return self.visits.weight, MILLI
        return self.visits.headc if indicator == "hcfa" else self.stature, MILLI

    def reasons_against(self, indicator: str) -> Reasons:
        """Return why there can be no score whatever the reference, 0 where there can be one."""
        visits, needed = self.visits, NEEDED[indicator]
        given = {"age": visits.ages.is_known, "weight": visits.weight, "stature": visits.lenhei, "headc": visits.headc}
        reasons = np.zeros(len(visits), np.int8)
        # From the last that counts to the first: what is written later stands.
        if "stature" in needed:
            write_reason(reasons, "stature_outside", self.stature <= 0)
        if "weight" in needed:
            write_reason(reasons, "oedema", visits.oedema)
        is_before = visits.ages.is_known & (visits.ages.parts < 0)
        if is_before.any():
            write_reason(reasons, "age_outside", is_before)
            write_reason(reasons, "before_term", is_before & visits.ages.is_corrected)
        for name in reversed(needed):
            if not given[name].all():
                write_reason(reasons, f"no_{name}", given[name] == 0)
        write_reason(reasons, "sex_unknown", visits.sex == UNDETERMINED)
        return reasons


def write_reason(reasons: Reasons, reason: str, where: Bools, *, unless_given: bool = False) -> None:
    """Write a reason down where it holds; with `unless_given` only where there is none yet."""
    if where.any():
        reasons[where & (reasons == 0) if unless_given else where] = REASON_CODES.index(reason)


def measured_many(visits: Visits, lies_by_age: Bools | None) -> MeasuredMany:
    """Return the visits with length or height turned into what children of that age are measured by.

    `lies_by_age` is None where the reference takes every stature as it is; it counts only where the age is known.
    """
    note, is_measured = np.zeros(len(visits), np.int8), visits.lenhei != 0
    is_short = is_measured & (visits.lenhei < LIES_BELOW_CM * MILLI)
    lies = (visits.position == LYING) | ((visits.position == UNKNOWN) & is_short)
    if lies_by_age is None:
        return MeasuredMany(visits, lies, visits.lenhei, note)
    known = visits.ages.is_known
    stood = known & is_measured & lies_by_age & (visits.position == STANDING)
    took = known & is_measured & ~lies_by_age & (visits.position == LYING)
    is_young = visits.ages.parts < int(STANDS_FROM_MONTHS * DAYS_PER_MONTH * PARTS_OF_DAY)
    note[stood & is_young] = NOTE_CODES.index("standing_too_young")
    note[stood & ~is_young] = NOTE_CODES.index("added_0_7")
    note[took] = NOTE_CODES.index("took_0_7")
    step = int(LYING_MINUS_STANDING_CM * MILLI)
    stature = visits.lenhei + step * (stood & ~is_young) - step * took
    return MeasuredMany(visits, np.where(known, lies_by_age, lies), stature, note)


def are_implausible(indicator: str, z: Floats) -> Bools:
    """Return where WHO's software asks for the measurement to be checked; False where there is no z."""
    lowest, highest = PLAUSIBLE_Z[indicator]
    # Two decimals still round these limits, 5.005 and 6.005, down: in binary they lie a hair below.
    return (z > highest + 0.005) | (z < lowest - 0.005)
