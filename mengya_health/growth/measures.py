"""From a visit to the numbers that are compared: length or height after 0.7 cm, BMI, and what must be there."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mengya_health.growth.ages import DAYS_PER_MONTH, Age
from mengya_health.growth.visits import UNDETERMINED, Unscored, Visit

# Lying children measure 0.7 cm longer. Source: WHO Child Growth Standards, Methods and development (2006).
LYING_MINUS_STANDING_CM = Decimal("0.7")
# Nobody stands to be measured before this age; as WHO's software from 2022 on.
STANDS_FROM_MONTHS = 9
# Where neither age nor position is known, shorter children are taken to lie. Source: WHO Anthro.
LIES_BELOW_CM = 87

NEEDED = {
    "wfa": ("age", "weight"),
    "lhfa": ("age", "stature"),
    "hfa": ("age", "stature"),
    "wflh": ("weight", "stature"),
    "bfa": ("age", "weight", "stature"),
    "hcfa": ("age", "headc"),
}
COMPARED = {"wfa": "weight", "lhfa": "stature", "hfa": "stature", "wflh": "weight", "hcfa": "headc"}
Ratio = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """A visit made ready for one reference: `is_lying` says which table holds, `stature` is what it asks for.

    `from_day` is the age in days at which the reference begins, below 0 where it holds before term.
    """

    sex: str
    age: Age | None
    weight: Decimal | None
    stature: Decimal | None
    headc: Decimal | None
    is_lying: bool
    oedema: bool
    notes: tuple[str, ...] = ()
    from_day: int = 0

    def value_of(self, indicator: str) -> Ratio:
        """Return the value compared as numerator and denominator, in kg, cm or kg/m².

        Raises Unscored where the sex or something measured is missing or, with oedema, the weight says nothing.
        """
        if self.sex == UNDETERMINED:
            raise Unscored("sex_unknown")
        for name in NEEDED[indicator]:
            if getattr(self, name) is None:
                raise Unscored(f"no_{name}")
        if self.age is not None and self.age.days < self.from_day:
            raise Unscored("before_term" if self.age.is_corrected else "age_outside")
        if self.oedema and "weight" in NEEDED[indicator]:
            raise Unscored("oedema")
        if "stature" in NEEDED[indicator] and self.stature <= 0:
            raise Unscored("stature_outside")  # nothing is left of it after 0.7 cm
        if indicator == "bfa":
            return bmi_kg_m2(self.weight, self.stature)
        return getattr(self, COMPARED[indicator]).as_integer_ratio()


def bmi_kg_m2(weight_kg: Decimal, lenhei_cm: Decimal) -> Ratio:
    """Return weight over squared length or height, exactly, as numerator and denominator."""
    weight, weight_parts = weight_kg.as_integer_ratio()
    stature, stature_parts = lenhei_cm.as_integer_ratio()
    return weight * 10_000 * stature_parts**2, weight_parts * stature**2


def measured(visit: Visit, age: Age | None, *, lies_by_age: bool | None, from_day: int = 0) -> Measured:
    """Return the visit with its length or height turned into what children of that age are measured by.

    `lies_by_age`: True where the reference gives length at this age, False where it gives height, None where the age is
    unknown; then the position decides, and nothing is added or taken off. Zero counts as not measured. `from_day` as in
    Measured.
    """
    is_lying, stature, notes = lies_by_age, visit.lenhei_cm or None, ()
    if lies_by_age is None:
        is_lying = visit.position == "l" or (visit.position is None and stature is not None and stature < LIES_BELOW_CM)
    elif stature is not None:
        stature, notes = _as_expected(stature, visit.position, lies_by_age, age)
    weight, headc = visit.weight_kg or None, visit.headc_cm or None
    return Measured(visit.sex, age, weight, stature, headc, is_lying, visit.oedema, notes, from_day)


def _as_expected(stature: Decimal, position: str | None, lies: bool, age: Age) -> tuple[Decimal, tuple[str, ...]]:
    if lies and position == "h":
        if age.days < STANDS_FROM_MONTHS * DAYS_PER_MONTH:
            return stature, ("standing_too_young",)
        return stature + LYING_MINUS_STANDING_CM, ("added_0_7",)
    if not lies and position == "l":
        return stature - LYING_MINUS_STANDING_CM, ("took_0_7",)
    return stature, ()
