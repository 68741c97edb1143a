"""What goes into a growth judgement, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from mengya_health.errors import Invalid
from mengya_health.growth import ages
from mengya_health.growth.ages import Age

SEXES = ("M", "F")
UNDETERMINED = "U"
POSITIONS = ("l", "h", None)
# No child measures more, and longer numbers than these would only slow the exact arithmetic down.
LARGEST_MEASUREMENT = Decimal(1000)
FINEST_STEP = -6


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One child measured once. Everything but the sex may be missing; what is missing is not judged.

    `sex` is "M", "F" or "U" (undetermined: nothing is judged); `position` "l" lying, "h" standing or None. The age is
    two dates, or days, or months (the first of these that is there counts); a child born early is judged at corrected
    age while younger than `corrected_below_months` by birth date. Numbers may come as text, int or Decimal and are kept
    as Decimal, so that 8.1 is 8.1.
    Raises Invalid, naming the fields, for what cannot be a measurement or an age.
    """

    sex: str
    birth_on: date | None = None
    measured_on: date | None = None
    age_days: Decimal | None = None
    age_months: Decimal | None = None
    gestational_days: int | None = None
    corrected_below_months: int = ages.CORRECTED_BELOW_MONTHS
    weight_kg: Decimal | None = None
    lenhei_cm: Decimal | None = None
    position: str | None = None
    headc_cm: Decimal | None = None
    oedema: bool = False

    def __post_init__(self) -> None:
        problems = {}
        if self.sex not in (*SEXES, UNDETERMINED):
            problems["sex"] = ["性别请填 M、F 或 U（未定）。Sex must be M, F or U (undetermined)."]
        if self.position not in POSITIONS:
            problems["position"] = ["体位请填 l（躺）、h（站）或留空。Position must be l, h or left out."]
        for name, largest in NUMBERS.items():
            given = getattr(self, name)
            if given is None:
                continue
            number = _decimal(given)
            if number is None or number > largest or number < 0:
                problems[name] = [f"请填 0 到 {largest} 之间的数字。Enter a number from 0 to {largest}."]
            object.__setattr__(self, name, number)
        if self.birth_on and self.measured_on and self.measured_on < self.birth_on:
            problems["measured_on"] = ["测量日期早于出生日期，请核对。The child was measured before its birth date."]
        if problems:
            raise Invalid(fields=problems)

    def age(self) -> Age | None:
        """Return the age at which this visit is judged (corrected for a preterm child), None if none is known."""
        born_early = self.gestational_days, self.corrected_below_months
        if self.birth_on and self.measured_on:
            return ages.age_for_growth(self.birth_on, self.measured_on, *born_early)
        if self.age_days is not None:
            numerator, denominator = self.age_days.as_integer_ratio()
            days = numerator if denominator == 1 else ages.Fraction(numerator, denominator)
            return ages.age_for_growth_from_days(days, *born_early)
        if self.age_months is not None:
            return ages.age_for_growth_from_months(ages.Fraction(self.age_months), *born_early)
        return None


NUMBERS = {
    "age_days": Decimal(100_000),
    "age_months": Decimal(2400),
    "weight_kg": LARGEST_MEASUREMENT,
    "lenhei_cm": LARGEST_MEASUREMENT,
    "headc_cm": LARGEST_MEASUREMENT,
}


def _decimal(given: object) -> Decimal | None:
    """Return a number short enough for exact arithmetic, None if it is not one."""
    try:
        number = given if isinstance(given, Decimal) else Decimal(str(given))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.as_tuple().exponent >= FINEST_STEP else None


class Score(NamedTuple):
    """How one indicator of one visit compares with the reference.

    `value` kg, cm or kg/m²; `z` unrounded; `flag` True where WHO holds the value for implausible: measure again;
    `percentile` in percent, ready to show. Only for WS/T 423: `sd_band` and `percentile_band` are 上/中上/中/中下/下,
    `percentile_range` the printed columns it lies between, `nutrition` the label of Table 3.
    """

    indicator: str
    value: float
    z: float
    flag: bool
    percentile: str
    sd_band: str | None = None
    percentile_band: str | None = None
    percentile_range: str | None = None
    nutrition: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """One visit against one reference: `scores` by indicator, and in `unscored` why an indicator has none.

    `lenhei_cm` is the length or height compared, after the 0.7 cm between lying and standing; `notes` are codes of
    NOTES, reasons in `unscored` codes of REASONS. `age_rule` is None where the reference knows no such choice.
    """

    reference: str
    age_rule: str | None
    age: Age | None
    lenhei_cm: Decimal | None
    scores: dict[str, Score]
    unscored: dict[str, str]
    notes: tuple[str, ...] = ()

    @property
    def nutrition(self) -> tuple[str, ...]:
        """The labels of Table 3 that apply, each once, in the order of the indicators."""
        return tuple(dict.fromkeys(score.nutrition for score in self.scores.values() if score.nutrition))


class Unscored(Exception):
    """One indicator of a visit cannot be scored; carries the code of the reason. Does not leave this package."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


REASONS = {
    "no_age": ("没有月龄", "age missing"),
    "no_weight": ("没有体重", "weight missing"),
    "no_stature": ("没有身长或身高", "length or height missing"),
    "no_headc": ("没有头围", "head circumference missing"),
    "oedema": ("双侧水肿，不评价与体重有关的指标", "bilateral oedema: nothing that rests on weight is judged"),
    "before_term": ("还没到预产期，不作评级", "before term by corrected age: not judged"),
    "only_preterm": ("只用于早产儿，从月经后 27 周到 64 周", "for preterm children from 27 to 64 weeks only"),
    "sex_unknown": ("性别未定，不评价", "sex undetermined: not judged"),
    "age_outside": ("年龄超出这份标准", "age outside this reference"),
    "stature_outside": ("身长或身高超出标准的表", "length or height outside the table"),
}
NOTES = {
    "added_0_7": ("站着量的，已加 0.7 厘米当作身长", "measured standing: 0.7 cm added for length"),
    "took_0_7": ("躺着量的，已减 0.7 厘米当作身高", "measured lying: 0.7 cm taken off for height"),
    "standing_too_young": ("不满 9 月龄却记为站着量，未作换算", "standing below 9 months: not converted"),
}
