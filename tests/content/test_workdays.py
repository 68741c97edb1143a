"""The workday clock against the notices of the State Council, and what a year without a notice counts as."""

from datetime import date, timedelta

import pytest

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.content.workdays import LAST_YEAR, after_workdays, is_workday, knows_year

CONTENT = load_content(WORKFLOWS)
LIMIT = CONTENT.time_limits["SLA_TEACHER_ALERT"]  # three working days


@pytest.mark.parametrize(
    ("start_on", "due_on"),
    [
        (date(2026, 11, 20), date(2026, 11, 25)),  # a Friday in a plain week
        (date(2026, 9, 18), date(2026, 9, 22)),  # Sunday 20 September is worked for the National Day
        (date(2026, 9, 29), date(2026, 10, 9)),  # the 1st to the 7th of October are free
        (date(2026, 9, 30), date(2026, 10, 10)),  # Saturday 10 October is worked
        (date(2026, 2, 12), date(2026, 2, 24)),  # Spring Festival: Saturday the 14th worked, the 15th to 23rd free
        (date(2026, 2, 26), date(2026, 3, 2)),  # Saturday 28 February is worked
        (date(2025, 12, 30), date(2026, 1, 5)),  # the 1st to 3rd of January are free, Sunday the 4th is worked
        (date(2024, 2, 28), date(2024, 3, 4)),  # over a leap day
        (date(2026, 5, 29), date(2026, 6, 3)),  # over the end of a month
    ],
)
def test_three_working_days_as_they_were_announced(start_on, due_on):
    assert LIMIT.due_on(start_on) == due_on


def test_a_year_that_is_not_known_counts_plain_weekdays_and_says_so():
    unknown = LAST_YEAR + 1
    assert not knows_year(unknown)
    new_year, may_day = date(unknown, 1, 1), date(unknown, 5, 1)
    assert is_workday(new_year) is (new_year.weekday() < 5)
    assert is_workday(may_day) is (may_day.weekday() < 5)
    due_on = LIMIT.due_on(date(LAST_YEAR, 12, 30))
    assert due_on.year == unknown
    assert LIMIT.is_estimated(due_on)
    assert not LIMIT.is_estimated(date(LAST_YEAR, 12, 31))
    assert not CONTENT.time_limits["SLA_NOTIFY"].is_estimated(due_on)  # calendar days are the same in any year


def test_a_year_before_the_first_known_one_is_plain_too():
    assert is_workday(date(2003, 5, 1))
    assert not is_workday(date(2004, 5, 1))


def test_working_days_never_run_backwards_and_end_on_one():
    start = date(2026, 1, 1)
    for first in (start + timedelta(days=each) for each in range(365)):
        ends = [after_workdays(first, days) for days in range(4)]
        assert ends == sorted(set(ends))
        assert all(is_workday(on) for on in ends[1:])


@pytest.mark.parametrize(
    ("limit", "start_on", "due_on"),
    [
        ("SLA_HEAR_42D", date(2024, 1, 31), date(2024, 3, 13)),  # from birth, over the leap day
        ("SLA_HEAR_DX", date(2026, 11, 30), date(2027, 2, 28)),  # a month without a 30th
        ("SLA_HEAR_TX", date(2023, 8, 31), date(2024, 2, 29)),
        ("SLA_RESCREEN", date(2026, 12, 15), date(2027, 1, 14)),
        ("SLA_REFER_EMERG", date(2026, 12, 31), date(2026, 12, 31)),
    ],
)
def test_calendar_days_months_and_the_same_day(limit, start_on, due_on):
    assert CONTENT.time_limits[limit].due_on(start_on) == due_on


def test_what_is_late_comes_up_by_the_clock_of_its_limit_and_never_before_it_is_late():
    raised = {id: limit.raised(date(2026, 9, 29)) for id, limit in CONTENT.time_limits.items()}
    assert raised["SLA_NOTIFY"] == ((date(2026, 10, 1), "lead"),)
    assert raised["SLA_TEACHER_ALERT"] == ((date(2026, 10, 8), "lead"),)  # two working days later
    assert raised["SLA_RESCREEN"] == ((date(2026, 9, 30), "district"),)  # 30 days is the last day in time
    assert raised["SLA_FEEDBACK"] == ((date(2026, 9, 30), "doctor"), (date(2026, 10, 13), "district"))
    assert raised["SLA_LOSTFU"] == ((date(2026, 10, 29), "lead"),)
    assert raised["SLA_REGISTER"] == ()
