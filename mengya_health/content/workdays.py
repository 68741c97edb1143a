"""The days people work in China: weekends, public holidays, and the days worked in their place. Pure.

Source: the State Council's yearly notices on public holidays, as the package chinese-calendar keeps them. The notice
for a year comes in the November before it, and the package some weeks later.
"""

from datetime import date, timedelta

import chinese_calendar

SATURDAY = 5
FIRST_YEAR, LAST_YEAR = (edge(chinese_calendar.holidays).year for edge in (min, max))


def knows_year(year: int) -> bool:
    """Return whether the public holidays of a year are known."""
    return FIRST_YEAR <= year <= LAST_YEAR


def is_workday(on: date) -> bool:
    """Return whether people work on a day; in a year that is not known yet, whether it is Monday to Friday."""
    return chinese_calendar.is_workday(on) if knows_year(on.year) else on.weekday() < SATURDAY


def after_workdays(start_on: date, days: int) -> date:
    """Return the day so many working days after `start_on`, which is day 0."""
    on, left = start_on, days
    while left:
        on += timedelta(days=1)
        left -= is_workday(on)
    return on
