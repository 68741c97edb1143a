"""What a growth chart marks of a case."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from mengya_health.care.turning_points import turning_points

OPEN = ("open", None, "watching")
FLAG = ("flag", "watching", "positive")
PLAN = ("plan", "positive", "planning")
AGREE = ("agree", "planning", "active")
REVISE = ("revise", "active", "planning")
REFER = ("refer", "active", "active")
GOALS = ("meet_goals", "active", "following")
RELAPSE = ("relapse", "following", "planning")
CLOSE = ("confirm_closure", "confirming", "resolved")
STOP = ("stop", "positive", "stopped")
REOPEN = ("reopen", "resolved", "positive")


def _kinds(*steps):
    at, rows = datetime(2026, 3, 1, 8, tzinfo=UTC), []
    for number, (event, from_state, to_state) in enumerate(steps):
        rows.append(
            SimpleNamespace(event=event, from_state=from_state, to_state=to_state, at=at + timedelta(days=number))
        )
    return [point.kind for point in turning_points(rows)]


@pytest.mark.parametrize(
    ("steps", "marked"),
    [
        ((OPEN, FLAG, PLAN, AGREE, REFER), ["open", "agree", "refer"]),
        ((OPEN, FLAG, PLAN, AGREE, REVISE, AGREE), ["open", "agree"]),
        ((OPEN, PLAN, AGREE, GOALS, RELAPSE, AGREE, GOALS, CLOSE),
         ["open", "agree", "relapse", "agree", "resolved"]),
        ((OPEN, PLAN, AGREE, ("withdraw", "active", "planning"), AGREE), ["open", "agree", "agree"]),
        ((OPEN, FLAG, STOP, REOPEN, PLAN, AGREE), ["open", "stopped", "reopen", "agree"]),
        ((OPEN, FLAG, REFER, ("take_back", "referred", "positive")), ["open"]),
        ((OPEN, FLAG, STOP, ("take_back", "stopped", "positive")), ["open"]),
    ],
)  # fmt: skip
def test_a_case_is_marked_where_what_is_done_for_the_child_changes(steps, marked):
    assert _kinds(*steps) == marked


def test_the_day_is_the_clinics():
    step = SimpleNamespace(
        event="agree", from_state="planning", to_state="active", at=datetime(2026, 3, 1, 17, tzinfo=UTC)
    )
    assert [point.on for point in turning_points([step])] == [date(2026, 3, 2)]
