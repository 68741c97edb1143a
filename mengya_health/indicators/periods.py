"""The stretches of time that figures are taken over. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from mengya_health.growth.ages import add_months

MONTHS = {"year": 12, "quarter": 3}  # the longer first: it tells more
OBSERVED_MONTHS = 12  # how long a case is given before it is asked whether its loop was closed (K_CLOSE)


@dataclass(frozen=True)
class Period:
    """From a day to a day, both included."""

    kind: str
    first_on: date
    last_on: date

    def holds(self, on: date | None) -> bool:
        return on is not None and self.first_on <= on <= self.last_on


def running(kind: str, today: date) -> Period:
    """Return the last months up to today: for those who may see each case anyway."""
    return Period(kind, add_months(today, -MONTHS[kind]) + timedelta(days=1), today)


def finished(kind: str, today: date) -> Period:
    """Return the last calendar quarter that is over, or the last four.

    Figures of everybody are taken of time that is over, so that two looks on different days tell of nobody in between.
    """
    next_on = date(today.year, today.month - (today.month - 1) % 3, 1)
    return Period(kind, add_months(next_on, -MONTHS[kind]), next_on - timedelta(days=1))
