"""The least that five WHO indicators cost in NumPy: look the row up, the formula, the rule beyond ±3. Nothing else.

No missing value, no oedema, no position, no table's end, no flag, no reason; height in whole millimetres.
"""

from collections.abc import Callable

import numpy as np

from mengya_health.growth.many_visits import MILLI, Visits
from mengya_health.growth.who import HEIGHT_FROM_DAY, lms_tables

RESTRICTED = ("wfa", "wflh", "bfa")


def bare_scores(children: Visits) -> Callable[[], list[np.ndarray]]:
    """Return what works out the z-scores of these children, everything that can be prepared being so."""
    tables = {key: np.array(table.rows) for key, table in lms_tables("who2006").items()}
    by_day = {name: np.array([tables[name, sex] for sex in "MF"]) for name in ("wfa", "lhfa", "bfa", "hcfa")}
    by_mm = np.zeros((2, 2, 1201, 3))
    for stands, (name, start, end) in enumerate((("wfl", 450, 1101), ("wfh", 650, 1201))):
        for girl, sex in enumerate("MF"):
            by_mm[stands, girl, start:end] = tables[name, sex]
    girl, days = children.is_girl.astype(int), children.ages.whole_days
    weight, length, head = children.weight / MILLI, children.lenhei / MILLI, children.headc / MILLI
    mm = np.clip(children.lenhei // (MILLI // 10), 650, 1100)

    def scores() -> list[np.ndarray]:
        bmi = weight / (length / 100) ** 2
        values = {"wfa": weight, "lhfa": length, "bfa": bmi, "hcfa": head}
        found = [_z(name, value, by_day[name][girl, days]) for name, value in values.items()]
        return [*found, _z("wflh", weight, by_mm[(days >= HEIGHT_FROM_DAY) * 1, girl, mm])]

    return scores


def _z(indicator: str, value: np.ndarray, rows: np.ndarray) -> np.ndarray:
    power, median, variation = rows.T
    z = ((value / median) ** power - 1) / (power * variation)
    if indicator in RESTRICTED:
        for second, third, far in ((2, 3, z > 3), (-2, -3, z < -3)):
            at = [median[far] * (1 + power[far] * variation[far] * k) ** (1 / power[far]) for k in (second, third)]
            z[far] = third + (value[far] - at[1]) / abs(at[1] - at[0])
    return z
