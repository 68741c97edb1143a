"""What is known of a child when its pages are shown: plain values, opened and checked."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Row

from mengya_health.access.actor import ChildSubject
from mengya_health.growth import ages
from mengya_health.growth.birth import BirthSize, birth_weight_size
from mengya_health.growth.visits import SEXES


@dataclass(frozen=True)
class Contact:
    """Somebody of the family whom the clinic or the nursery may call."""

    name: str
    phone: str
    relation: str  # father mother grandparent other


@dataclass(frozen=True)
class PlacedChild:
    """A child by its id and by where it is, for what happens by the calendar: nobody reads who it is."""

    id: UUID
    clinic_id: UUID
    subject: ChildSubject = field(repr=False)


@dataclass(frozen=True)
class ChildFacts:
    """One child, as the actor may see it. `contacts` is empty for the family itself: parents may live apart."""

    id: UUID
    number: str
    name: str = field(repr=False)
    sex: str  # M | F | U undetermined
    birth_on: date = field(repr=False)
    gestational_days: int | None
    corrected_below_months: int  # until this age by birth date a child born early is judged at corrected age
    birth_weight_kg: str | None
    allergies: str = field(repr=False)
    clinic_id: UUID
    class_name: str
    group_id: UUID | None
    attends: bool  # is in a class, or visits a baby house today
    contacts: tuple[Contact, ...] = field(repr=False)
    row_version: int
    body_version: int
    subject: ChildSubject = field(repr=False)
    drafts: tuple[Row, ...] = field(default=(), repr=False)  # the actor's own about the child, still sealed

    def age_months(self, on: date) -> int:
        """Return completed months by birth date."""
        return ages.completed_months(self.birth_on, on)

    def has_known_sex(self) -> bool:
        """Return whether growth can be judged and drawn at all: every reference is for boys or for girls."""
        return self.sex in SEXES

    def is_preterm(self) -> bool:
        """Return whether the child was born before 37 completed weeks."""
        return ages.is_preterm(self.gestational_days)

    def corrected_birth_on(self) -> date:
        """Return the day 40 weeks were reached; the birth date for a child not born early."""
        if not self.is_preterm():
            return self.birth_on
        return ages.corrected_birth_on(self.birth_on, self.gestational_days)

    def uses_corrected_age(self, on: date) -> bool:
        """Return whether growth and development are judged at corrected age that day."""
        return ages.uses_corrected_age(self.birth_on, on, self.gestational_days, self.corrected_below_months)

    def corrected_months(self, on: date) -> int:
        """Return completed months at which the child is judged that day: corrected where that applies.

        Never below 0: before the day 40 weeks are reached a child counts as newborn.
        """
        birth_on = self.corrected_birth_on() if self.uses_corrected_age(on) else self.birth_on
        return max(0, ages.completed_months(birth_on, on))

    def birth_size(self) -> BirthSize | None:
        """Return how the birth weight compares for the weeks of pregnancy; None where that cannot be said."""
        weight = self.birth_weight_kg
        return birth_weight_size(self.sex, self.gestational_days, None if weight is None else Decimal(weight))

    def age_text(self, on: date) -> str:
        """Return the age as clinics say it: 25天, 12月3天, 3岁2月."""
        return age_text(self.birth_on, on)

    def corrected_age_text(self, on: date) -> str:
        """Return the corrected age in the same words, or "" where none is used; before 40 weeks it is 未足月."""
        if not self.uses_corrected_age(on):
            return ""
        return age_text(self.corrected_birth_on(), on) if on >= self.corrected_birth_on() else "未足月"


AGE_UNITS = {"years": "岁", "months": "月", "days": "天"}


def age_text(birth_on: date, on: date) -> str:
    """Return an age in words: days under a month, months and days under three years, then years and months."""
    return "".join(f"{number}{AGE_UNITS[unit]}" for unit, number in age_parts(birth_on, on))


def age_parts(birth_on: date, on: date) -> tuple[tuple[str, int], ...]:
    """Return an age as it is said, unit by unit: (("months", 12), ("days", 3))."""
    months, days = ages.months_and_days(birth_on, on)
    if months < 1:
        return (("days", days),)
    years, rest = divmod(months, 12)
    parts = (("months", months), ("days", days)) if months < 36 else (("years", years), ("months", rest))
    return tuple(each for each in parts if each[1])
