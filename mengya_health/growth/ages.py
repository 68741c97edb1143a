"""Ages from dates: completed months, exact months, and the corrected age of a child born early."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

# WHO's average month, 30.4375 days.
DAYS_PER_MONTH = Fraction(487, 16)
SHORTEST_MONTH_DAYS = 28
# Source for the four numbers below: 早产儿保健工作规范 (2017) and its common reading; a month is counted by birth date.
DAYS_PER_WEEK = 7
TERM_DAYS = 280
PRETERM_BELOW_DAYS = 259
# Where no district says otherwise (corrected_age in visit_schedule.yaml), as for a file that is only scored.
CORRECTED_BELOW_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Age:
    """An age at a measurement, exact; negative while a child born early has not reached term."""

    days: int | Fraction
    months: Fraction
    is_corrected: bool = False

    @property
    def whole_days(self) -> int:
        """Days, rounded half up, as WHO looks them up."""
        return int((2 * self.days + 1) // 2)

    @property
    def whole_months(self) -> int:
        """Completed months."""
        return int(self.months // 1)


def add_months(on: date, months: int) -> date:
    """Return the same day `months` later; a day the month does not have becomes its last (31 January → 28 February)."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    day = on.day
    if day > SHORTEST_MONTH_DAYS:
        day = min(day, monthrange(year, month + 1)[1])
    return date(year, month + 1, day)


def completed_months(birth_on: date, on: date) -> int:
    """Return how many whole months have passed; negative before birth. Someone born on the 31st turns on month ends."""
    return _turned(birth_on, on)[0]


def exact_months(birth_on: date, on: date) -> Fraction:
    """Return completed months plus the days into the running month over the days that month has."""
    months, turned_on = _turned(birth_on, on)
    days_in_month = (add_months(birth_on, months + 1) - turned_on).days
    return Fraction(months * days_in_month + (on - turned_on).days, days_in_month)


def months_and_days(birth_on: date, on: date) -> tuple[int, int]:
    """Return completed months and the days beyond them, as ages are said: 12 months and 3 days."""
    months, turned_on = _turned(birth_on, on)
    return months, (on - turned_on).days


def _turned(birth_on: date, on: date) -> tuple[int, date]:
    """Return completed months, and the day the last of them was completed."""
    months = (on.year - birth_on.year) * 12 + on.month - birth_on.month
    turned_on = add_months(birth_on, months)
    return (months, turned_on) if turned_on <= on else (months - 1, add_months(birth_on, months - 1))


def is_preterm(gestational_days: int | None) -> bool:
    """True if born before 37 completed weeks; an unknown gestation counts as term."""
    return gestational_days is not None and gestational_days < PRETERM_BELOW_DAYS


def corrected_birth_on(birth_on: date, gestational_days: int) -> date:
    """Return the day the child would have been born at 40 weeks."""
    return birth_on + timedelta(days=TERM_DAYS - gestational_days)


def uses_corrected_age(
    birth_on: date, on: date, gestational_days: int | None, below_months: int = CORRECTED_BELOW_MONTHS
) -> bool:
    """True if growth is judged at corrected age that day: born early, and not yet `below_months` old by birth date."""
    return is_preterm(gestational_days) and completed_months(birth_on, on) < below_months


def actual_age(birth_on: date, on: date) -> Age:
    """Return the age by birth date."""
    return Age((on - birth_on).days, exact_months(birth_on, on))


def age_for_growth(
    birth_on: date, on: date, gestational_days: int | None = None, below_months: int = CORRECTED_BELOW_MONTHS
) -> Age:
    """Return the age at which growth is judged that day: corrected where `uses_corrected_age`, else by birth date."""
    if not uses_corrected_age(birth_on, on, gestational_days, below_months):
        return actual_age(birth_on, on)
    term_on = corrected_birth_on(birth_on, gestational_days)
    return Age((on - term_on).days, exact_months(term_on, on), is_corrected=True)


def age_for_growth_from_months(
    months: Fraction, gestational_days: int | None = None, below_months: int = CORRECTED_BELOW_MONTHS
) -> Age:
    """The same where only an age in months is known, as in survey files: months of 30.4375 days."""
    return _corrected(Age(months * DAYS_PER_MONTH, months), gestational_days, below_months)


def age_for_growth_from_days(
    days: int | Fraction, gestational_days: int | None = None, below_months: int = CORRECTED_BELOW_MONTHS
) -> Age:
    """The same where only an age in days is known, as in survey files."""
    return _corrected(Age(days, days / DAYS_PER_MONTH), gestational_days, below_months)


def _corrected(age: Age, gestational_days: int | None, below_months: int) -> Age:
    if not is_preterm(gestational_days) or age.months >= below_months:
        return age
    days = age.days - (TERM_DAYS - gestational_days)
    return Age(days, days / DAYS_PER_MONTH, is_corrected=True)
