"""Planned visits: what a check closes, what it plans, and what stands on the day's list. On both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from mengya_health.care.visits_not_done import excuse_visit
from mengya_health.errors import Invalid, NotNow, NotPermitted
from mengya_health.growth.ages import add_months
from mengya_health.people.queries import find_child
from mengya_health.record.models import OPEN_TASK, Task
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.commands import plan_first_visits, record_check, record_measurement
from mengya_health.screening.due_list import ALL, MONTH, NO_CLASS, OVERDUE, WEEK, due_list
from mengya_health.screening.measurements import Measurement
from mengya_health.screening.queries import VISIT_NOT_DONE, open_visit_of
from mengya_health.screening.sheet_commands import find_sheet, record_sheet
from tests.screening.conftest import TODAY


def planned(work, child) -> list[tuple[str, date]]:
    chosen = select(Task).where(Task.child_id == child.id, Task.kind == "visit", Task.status.in_(OPEN_TASK))
    tasks = work.session.scalars(chosen)
    return [(work.keys.open_body("task", t.id, t.child_id, "health", t.body)["visit"], t.due_on) for t in tasks]


def test_a_new_child_gets_its_next_visit_once(child_of, work_as, district):
    child = child_of(12, 3)
    with work_as(district.doctor) as work:
        first = plan_first_visits(work, find_child(work, child.id))
    with work_as(district.doctor) as work:
        facts = find_child(work, child.id)
        assert plan_first_visits(work, facts).id == first.id
        assert planned(work, child) == [("V_12M", add_months(child.birth_on, 13) - timedelta(days=1))]


def test_a_sheet_by_itself_is_no_check_and_a_measurement_is(child_of, work_as, district):
    child = child_of(12, 3)
    this_one, next_one = ("V_12M", "V_18M")
    with work_as(district.doctor) as work:
        facts = find_child(work, child.id)
        record_sheet(work, facts, find_sheet(work.content, "SCR_ANEMIA"), {"done_on": TODAY.isoformat(), "hb": "115"})
        task = plan_first_visits(work, facts)
        assert [visit for visit, _due_on in planned(work, child)] == [this_one]
        task.status = "cancelled"
        work.session.flush()
        record_measurement(work, facts, Measurement(measured_on=TODAY, weight_kg="9.10"))
        work.session.flush()
        plan_first_visits(work, facts)
        assert [visit for visit, _due_on in planned(work, child)] == [next_one]


def test_a_check_closes_the_visit_and_plans_the_next(child_of, form_of, work_as, district):
    child = child_of(12, 3)
    sent = form_of(child)
    with work_as(district.doctor) as work:
        task = plan_first_visits(work, find_child(work, child.id))
    with work_as(district.doctor) as work:
        entry = record_check(work, find_child(work, child.id), None, sent)
        closed = work.session.get(Task, task.id)
        assert (closed.status, closed.done_on) == ("completed", TODAY)
        assert entry.task_id == task.id
        assert planned(work, child) == [("V_18M", add_months(child.birth_on, 19) - timedelta(days=1))]


def test_the_doctors_own_day_wins_and_an_early_one_repeats_the_visit(child_of, form_of, work_as, district):
    child = child_of(12, 3)
    again_on = TODAY + timedelta(days=14)
    sent = form_of(child, next_on=again_on.isoformat())
    with work_as(district.doctor) as work:
        record_check(work, find_child(work, child.id), None, sent)
        assert planned(work, child) == [("V_12M", again_on)]


def test_an_old_check_entered_late_leaves_the_plan_alone(child_of, form_of, work_as, district):
    child = child_of(12, 3)
    old_on = add_months(child.birth_on, 8)
    sent = form_of(child, old_on)
    with work_as(district.doctor) as work:
        plan_first_visits(work, find_child(work, child.id))
        record_check(work, find_child(work, child.id), None, sent)
        assert [visit for visit, _ in planned(work, child)] == ["V_12M"]


def test_after_the_last_visit_nothing_is_planned(child_of, form_of, work_as, district):
    child = child_of(72, 3)
    sent = form_of(child)
    with work_as(district.doctor) as work:
        record_check(work, find_child(work, child.id), None, sent)
        assert open_visit_of(work, child) is None


def test_a_newborn_at_risk_is_planned_for_the_first_three_days(child_of, work_as, district):
    small = child_of(0, 1, birth_weight_kg="2.30")
    with work_as(district.doctor) as work:
        plan_first_visits(work, find_child(work, small.id))
        assert planned(work, small) == [("V_NB", small.birth_on + timedelta(days=3))]


@pytest.mark.parametrize("reason", ["declined", "moved_away", "deceased", "other"])
def test_a_check_not_done_is_written_down_with_its_reason(child_of, work_as, district, reason):
    child = child_of(12, 3)
    with work_as(district.doctor) as work:
        task = plan_first_visits(work, find_child(work, child.id))
    with work_as(district.doctor) as work:
        facts = find_child(work, child.id)
        for wrong in ({"reason": "bored"}, {"reason": "other", "text": " "}):
            with pytest.raises(Invalid):
                excuse_visit(work, facts, **wrong)
        excuse_visit(work, facts, reason=reason, text="家长来电")
    with work_as(district.doctor) as work:
        facts = find_child(work, child.id)
        (entry,) = entries_of_kind(work, facts, VISIT_NOT_DONE)
        assert (entry.content["visit"], entry.content["reason_code"]) == ("V_12M", reason)
        ended = work.session.get(Task, task.id)
        assert (ended.status, ended.done_on) == ("cancelled", TODAY)
        stays = reason in ("declined", "other")
        assert [visit for visit, _ in planned(work, child)] == (["V_18M"] if stays else [])
        if not stays:
            with pytest.raises(NotNow):
                excuse_visit(work, facts, reason="declined")


def test_the_list_of_who_is_due(child_of, work_as, district, statements):
    """Each child once, with what its age asks for; by class; another clinic's never; statements do not grow."""
    now, late, young = child_of(12, 3), child_of(14, 3), child_of(4, 3, group_id=None)
    soon, long_ago = child_of(12, 28, group_id=None), child_of(18, 2)
    with work_as(district.doctor) as work:
        for each in (now, late, young, soon):
            plan_first_visits(work, find_child(work, each.id))
    with work_as(district.doctor) as work:  # planned for twelve months, and nobody came since
        task = plan_first_visits(work, find_child(work, long_ago.id))
        body = {"visit": "V_12M", "title": "12月龄健康检查"}
        task.body = work.keys.seal_body("task", task.id, long_ago.id, "health", body)
        task.due_on = add_months(long_ago.birth_on, 13) - timedelta(days=1)
    statements.seen.clear()
    with work_as(district.doctor, writing=False) as work:
        found = due_list(work, district.clinic_id, which=OVERDUE)
        asked = len(statements.seen)
        assert [(line.child.id, line.visit.id) for line in found.lines] == [
            (long_ago.id, "V_18M"), (late.id, "V_12M"), (young.id, "V_3M"),
        ]  # fmt: skip
        assert found.lines[0].missed.id == "V_12M"
        assert found.lines[1].days_overdue == 1 + (TODAY - add_months(late.birth_on, 13)).days
        assert found.counts == {WEEK: 1, MONTH: 2, OVERDUE: 3, ALL: 5}
    statements.seen.clear()
    with work_as(district.doctor, writing=False) as work:
        assert [line.child.id for line in due_list(work, district.clinic_id, which=WEEK).lines] == [soon.id]
        assert len(statements.seen) == asked
        in_class = due_list(work, district.clinic_id, which=ALL, group=district.group_id)
        assert {line.child.id for line in in_class.lines} == {now.id, late.id, long_ago.id}
        at_home = due_list(work, district.clinic_id, which=ALL, group=NO_CLASS)
        assert {line.child.id for line in at_home.lines} == {young.id, soon.id}
        assert due_list(work, district.clinic_id, which=ALL, page=2).lines == ()
    with work_as(district.other_doctor, writing=False) as work:
        assert due_list(work, district.other_clinic_id, which=ALL).lines == ()
        with pytest.raises(NotPermitted):
            due_list(work, district.clinic_id)
