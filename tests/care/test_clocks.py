"""How something due stands on a day, at every edge: pure, no database."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from mengya_health.care.clocks import (
    DUE,
    IN_TIME,
    OVERDUE,
    WARNED,
    limit_of,
    raised_before,
    standing,
    task_standing,
)
from mengya_health.care.loop import loop_of
from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.content.workdays import LAST_YEAR
from mengya_health.screening import deciding

CONTENT = load_content(WORKFLOWS)
LOOP, LIMITS = loop_of(CONTENT), CONTENT.time_limits
DUE_ON = date(2026, 11, 23)


@dataclass(frozen=True)
class Due:
    kind: str
    due_on: date = DUE_ON


def after(days: int) -> date:
    return DUE_ON + timedelta(days=days)


@pytest.mark.parametrize(
    ("limit", "on", "state", "days", "raised_to"),
    [
        ("SLA_RESCREEN", -8, IN_TIME, 8, ""),
        ("SLA_RESCREEN", -7, WARNED, 7, ""),
        ("SLA_RESCREEN", -1, WARNED, 1, ""),
        ("SLA_RESCREEN", 0, DUE, 0, ""),  # the last day is in time
        ("SLA_RESCREEN", 1, OVERDUE, 1, "district"),
        ("SLA_NOTIFY", -1, IN_TIME, 1, ""),  # announces nothing
        ("SLA_NOTIFY", 1, OVERDUE, 1, ""),
        ("SLA_NOTIFY", 2, OVERDUE, 2, "lead"),
        ("SLA_FEEDBACK", 0, DUE, 0, ""),
        ("SLA_FEEDBACK", 1, OVERDUE, 1, "doctor"),  # 14 days: a call
        ("SLA_FEEDBACK", 13, OVERDUE, 13, "doctor"),
        ("SLA_FEEDBACK", 14, OVERDUE, 14, "district"),  # 28 days
        ("SLA_PLAN", 6, OVERDUE, 6, ""),
        ("SLA_PLAN", 7, OVERDUE, 7, "lead"),
        ("SLA_LOSTFU", 29, OVERDUE, 29, ""),
        ("SLA_LOSTFU", 30, OVERDUE, 30, "lead"),
    ],
)
def test_each_day_around_the_edges(limit, on, state, days, raised_to):
    found = standing(LIMITS[limit], DUE_ON, after(on))
    assert (found.state, found.days, found.raised_to) == (state, days, raised_to)
    assert found.days_overdue == max(0, on)


def test_the_turn_of_the_year_and_the_leap_day_are_days_like_others():
    assert standing(LIMITS["SLA_NOTIFY"], date(2026, 12, 31), date(2027, 1, 2)).raised_to == "lead"
    assert standing(LIMITS["SLA_NOTIFY"], date(2028, 2, 28), date(2028, 3, 1)).days == 2


def test_what_is_raised_after_working_days_waits_over_a_holiday():
    concern = LIMITS["SLA_TEACHER_ALERT"]
    due_on = concern.due_on(date(2026, 9, 25))
    assert due_on == date(2026, 9, 30)
    assert standing(concern, due_on, date(2026, 10, 8)).raised_to == ""
    assert standing(concern, due_on, date(2026, 10, 9)).raised_to == "lead"  # the second working day after


def test_a_day_of_a_year_without_a_calendar_is_marked_as_estimated():
    due_on = date(LAST_YEAR + 1, 1, 5)
    assert standing(LIMITS["SLA_TEACHER_ALERT"], due_on, due_on).is_estimated
    assert not standing(LIMITS["SLA_NOTIFY"], due_on, due_on).is_estimated
    assert not standing(LIMITS["SLA_TEACHER_ALERT"], date(LAST_YEAR, 12, 31), due_on).is_estimated


def test_without_a_limit_something_is_late_and_comes_up_to_nobody():
    found = standing(None, DUE_ON, after(400))
    assert (found.state, found.raised_to) == (OVERDUE, "")
    assert limit_of(LOOP, LIMITS, "visit") is None


def test_a_task_of_the_plan_is_late_once_nothing_was_written_down_for_a_week():
    """Written down last on day 0, wanted again on day 1: day 7 reminds who does it, day 14 the doctor."""
    task = Due("care_task", after(1))
    stood = {day: task_standing(LOOP, LIMITS, task, after(day)) for day in range(16)}
    assert [stood[day].state for day in (6, 7, 8)] == [IN_TIME, DUE, OVERDUE]
    assert [stood[day].raised_to for day in (13, 14, 15)] == ["", "doctor", "doctor"]


def test_a_decision_runs_under_the_limit_of_its_state():
    found = {state: limit_of(LOOP, LIMITS, "decision", state).id for state in ("positive", "rescreening", "referred")}
    assert found == {"positive": "SLA_NOTIFY", "rescreening": "SLA_RESCREEN", "referred": "SLA_PLAN"}
    # When to look again at a watched child is the pathway's to say: missing that is no missed second screening.
    assert limit_of(LOOP, LIMITS, "decision", "watching").id == "SLA_LOSTFU"


@pytest.mark.parametrize("to", [("lead", "district"), ("district",), ("doctor",)])
@pytest.mark.parametrize("today", [date(2026, 10, 9), date(2026, 11, 23), date(2027, 1, 4), date(2028, 3, 1)])
def test_what_sql_asks_by_dates_is_what_each_task_says_of_itself(today, to):
    """Every kind, in every state, due on each of the last sixty days: on the list exactly where it has come up."""
    asked = {(kind, state): day for kind, state, day in raised_before(LOOP, LIMITS, today, to)}
    kinds = {*LOOP.clocks, "visit", "erasure"} - {"recheck"}
    for kind, state in [*((kind, "") for kind in kinds), *(("decision", state) for state in LOOP.states)]:
        for days in range(61):
            due_on = today - timedelta(days=days)
            limit = limit_of(LOOP, LIMITS, kind, state)
            stands = task_standing(LOOP, LIMITS, Due(kind, due_on), today, state=state)
            reached = {who for on, who in limit.raised(stands.due_on) if on <= today} if limit else set()
            assert stands.raised_to in {*reached, ""}
            is_asked = (kind, state) in asked and due_on <= asked[kind, state]
            assert is_asked == bool(reached & set(to)), (kind, state, days)


# Where each time limit begins to be used. What is not a task's clock is named by the module that asks for it.
PLACES = {
    "SLA_NOTIFY": "care_loop: due.question … due.consent, states.positive, clocks; screening.deciding",
    "SLA_TEACHER_ALERT": "care_loop: due.concern, clocks.concern, clocks.dispute",
    "SLA_RESCREEN": "care_loop: due.follow_up, states.rescreening; pathways",
    "SLA_REFER_OPEN": "care_loop: referral_clocks.booked",
    "SLA_REFER_URGENT": "care_loop: urgencies",
    "SLA_REFER_EMERG": "care_loop: urgencies",
    "SLA_REFER_SOON": "care_loop: urgencies",
    "SLA_REFER_3D": "care_loop: urgencies",
    "SLA_REFER_DX": "care_loop: urgencies",
    "SLA_FEEDBACK": "care_loop: due.referral_reply, clocks.referral_reply",
    "SLA_PLAN": "care_loop: due.plan_signature, due.evaluation_signature, states.referred, clocks.signature",
    "SLA_TASK_MISS": "care_loop: clocks.care_task",
    "SLA_LOSTFU": "care_loop: limits.lost_after, clocks.follow_up, clocks.recheck",
    "SLA_REGISTER": "screening.deciding",
    "SLA_POSITIVE_TRACK": "care_loop: referral_clocks.tracked",
    "SLA_HEAR_42D": "pathways: PW_HEARING deadlines",
    "SLA_HEAR_DX": "pathways: PW_HEARING deadlines",
    "SLA_HEAR_TX": "pathways: PW_HEARING deadlines",
}


def test_every_time_limit_has_a_place_in_the_product():
    in_loop = {
        *LOOP.due.values(),
        *LOOP.clocks.values(),
        *LOOP.urgencies,
        *vars(LOOP.referral_clocks).values(),
        LOOP.limits.lost_after,
        *(state.decide.limit for state in LOOP.states.values() if state.decide),
    }
    by_age = {each["within"] for pathway in CONTENT.pathways.values() for each in pathway.rules.deadlines}
    assert {id for id, place in PLACES.items() if place.startswith("care_loop")} == in_loop
    assert {id for id, place in PLACES.items() if place.startswith("pathways")} == by_age
    assert {deciding.NOTIFY, deciding.REGISTER} == {"SLA_NOTIFY", "SLA_REGISTER"}
    assert PLACES.keys() == LIMITS.keys()
