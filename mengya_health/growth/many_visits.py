"""Many visits at once, as NumPy columns: what `Visit` and `Age` are for one.

Measurements and ages are whole numbers of small parts, for in binary fractions 103.1 - 0.7 is not 102.4.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from mengya_health.growth.ages import DAYS_PER_MONTH

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
# Measurements are kept in thousandths of a kg or cm.
MILLI = 1000
# Ages in days are kept in these parts: a thousandth of a month of 30.4375 days is a whole number of them.
PARTS_OF_DAY = MILLI * DAYS_PER_MONTH.denominator
PARTS_OF_MONTH = MILLI * DAYS_PER_MONTH.numerator
# A position: not known, lying, standing.
UNKNOWN, LYING, STANDING = 0, 1, 2
BOY, GIRL, UNDETERMINED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Ages:
    """Ages of many visits: in `parts` of a day (`PARTS_OF_DAY`), and in months as numerator over denominator.

    Where `is_known` is False the numbers mean nothing. A corrected age may be negative.
    """

    is_known: Bools
    parts: Ints
    months: Ints
    months_over: Ints
    is_corrected: Bools

    @property
    def whole_days(self) -> Ints:
        """Days, rounded half up, as WHO looks them up."""
        return (self.parts + PARTS_OF_DAY // 2) // PARTS_OF_DAY

    @property
    def whole_months(self) -> Ints:
        """Completed months."""
        return self.months // self.months_over

    def or_else(self, others: Ages) -> Ages:
        """Return these ages, and the others where these are not known."""
        columns = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(Ages))
        return Ages(*(np.where(self.is_known, own, other) for own, other in columns))


@dataclass(frozen=True, slots=True)
class Visits:
    """The columns of many visits, all of one length.

    `sex` `BOY`, `GIRL` or `UNDETERMINED`; `position` `UNKNOWN`, `LYING` or `STANDING`; `weight`, `lenhei` and `headc`
    in thousandths of a kg or cm, 0 where not measured. Up to 500 kg and 400 cm the comparisons of WS/T 423 stay exact
    in 64 bits.
    """

    sex: NDArray[np.int8]
    ages: Ages
    weight: Ints
    lenhei: Ints
    headc: Ints
    position: NDArray[np.int8]
    oedema: Bools

    def __len__(self) -> int:
        return len(self.sex)

    @property
    def is_girl(self) -> Bools:
        """True for girls; the undetermined, who get no score, are worked out as boys."""
        return self.sex == GIRL

    def part(self, begin: int, end: int) -> Visits:
        """Return the visits from `begin` to before `end`."""
        ages = Ages(*(getattr(self.ages, field.name)[begin:end] for field in fields(Ages)))
        names = [field.name for field in fields(Visits) if field.name != "ages"]
        return Visits(ages=ages, **{name: getattr(self, name)[begin:end] for name in names})


def ages_from_days(milli_days: Ints) -> Ages:
    """Return ages given in thousandths of a day."""
    parts = milli_days * DAYS_PER_MONTH.denominator
    step = np.gcd(parts, PARTS_OF_MONTH)
    return _known(parts, parts // step, PARTS_OF_MONTH // step)


def ages_from_months(milli_months: Ints) -> Ages:
    """Return ages given in thousandths of a month of 30.4375 days."""
    return _known(milli_months * DAYS_PER_MONTH.numerator, milli_months, np.full(len(milli_months), MILLI))


def ages_from_dates(birth_on: NDArray[np.datetime64], measured_on: NDArray[np.datetime64]) -> Ages:
    """Return ages by two dates, as `exact_months` counts them: a day a month does not have is its last."""
    days = (measured_on.astype("M8[D]") - birth_on.astype("M8[D]")).astype(np.int64)
    birth_month, month = birth_on.astype("M8[M]"), measured_on.astype("M8[M]")
    birth_day, day = _day_of_month(birth_on), _day_of_month(measured_on)
    # A month of life runs from `begin`, the last monthly return of the day of birth, to the next return.
    returns_later = day < np.minimum(birth_day, _length(month))
    month_of_begin = month - returns_later.astype("m8[M]")
    begin = np.minimum(birth_day, _length(month_of_begin))
    over = _length(month_of_begin) - begin + np.minimum(birth_day, _length(month_of_begin + 1))
    into = day - begin + returns_later * _length(month_of_begin)
    completed = (month_of_begin - birth_month).astype(np.int64)
    return _known(days * PARTS_OF_DAY, completed * over + into, over)


def _known(parts: Ints, months: Ints, months_over: Ints) -> Ages:
    return Ages(np.ones(len(parts), bool), parts, months, months_over, np.zeros(len(parts), bool))


def _day_of_month(on: NDArray[np.datetime64]) -> Ints:
    return (on.astype("M8[D]") - on.astype("M8[M]").astype("M8[D]")).astype(np.int64) + 1


def _length(month: NDArray[np.datetime64]) -> Ints:
    return ((month + 1).astype("M8[D]") - month.astype("M8[D]")).astype(np.int64)
