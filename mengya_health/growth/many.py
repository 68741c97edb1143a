"""Judging many visits at once with NumPy, for files and reports: the same answers as `judge`, a hundred times as fast.

Every step is the step of the same name in `measures`, `who` and `wst423`, done for a whole column; the tables are
theirs. Visits are taken in blocks small enough to stay in the processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mengya_health.errors import Invalid
from mengya_health.growth.judging import INDICATORS
from mengya_health.growth.many_visits import Bools, Floats, Visits
from mengya_health.growth.many_who import measured_2006, measured_2007, score_2006, score_2007
from mengya_health.growth.many_wst423 import measured_423, score_423
from mengya_health.growth.wst423 import AGE_RULES

AT_ONCE = 8192
READINGS = {
    "wst423_2022": (measured_423, score_423),
    "who2006": (measured_2006, score_2006),
    "who2007": (measured_2007, score_2007),
}


@dataclass(frozen=True, slots=True)
class Judgements:
    """Many visits compared with a reference: one row for each of `indicators`, one column for each visit.

    `z` unrounded, NaN where there is none; `flag` as in `Score`; `reason` the place in `REASON_CODES` of why not, 0
    where scored. `percentile_z` is the z whose share of children is the percentile: by WHO the z itself, by WS/T 423
    from its percentile columns, infinite outside them. Only for WS/T 423: how many SD columns and percentile columns
    the value reaches, 0 to 7, which is the place in `wst423.labels`. `note` is for each visit, a place in `NOTE_CODES`.
    """

    indicators: tuple[str, ...]
    z: Floats
    flag: Bools
    reason: NDArray[np.int8]
    note: NDArray[np.int8]
    percentile_z: Floats
    sd_reached: NDArray[np.int8] | None = None
    percentiles_reached: NDArray[np.int8] | None = None


def judge_many(visits: Visits, reference: str, age_rule: str = "exact") -> Judgements:
    """Return all visits compared with a reference of READINGS. Otherwise arguments, errors, sources as in `judge`."""
    if reference not in READINGS or age_rule not in AGE_RULES:
        raise Invalid("没有这份生长标准或月龄算法。", "There is no such growth reference or age rule.")
    found = _room_for(len(visits), reference)
    for begin in range(0, len(visits), AT_ONCE):
        _judge_block(visits.part(begin, begin + AT_ONCE), slice(begin, begin + AT_ONCE), found, reference, age_rule)
    return found


def _room_for(count: int, reference: str) -> Judgements:
    indicators = INDICATORS[reference]
    shape = len(indicators), count
    z, flag = np.empty(shape), np.empty(shape, bool)
    reason, note = np.empty(shape, np.int8), np.empty(count, np.int8)
    if reference != "wst423_2022":
        return Judgements(indicators, z, flag, reason, note, percentile_z=z)
    reached = np.empty(shape, np.int8), np.empty(shape, np.int8)
    return Judgements(indicators, z, flag, reason, note, np.empty(shape), *reached)


def _judge_block(visits: Visits, block: slice, found: Judgements, reference: str, age_rule: str) -> None:
    prepare, score = READINGS[reference]
    is_chinese = reference == "wst423_2022"
    with np.errstate(divide="ignore", invalid="ignore"):  # rows without a score are worked out too, and thrown away
        children = prepare(visits)
        found.note[block] = children.note
        for place, indicator in enumerate(found.indicators):
            scores = score(indicator, children, age_rule) if is_chinese else score(indicator, children)
            found.reason[place, block] = scores.reason
            found.z[place, block] = scores.z
            found.flag[place, block] = scores.flag
            if is_chinese:
                found.percentile_z[place, block] = scores.percentile_z
                found.sd_reached[place, block] = scores.sd_reached
                found.percentiles_reached[place, block] = scores.percentiles_reached
