"""Planned visits: what a check closes, what it plans, and what stands on the day's list. On both databases."""

from datetime import date, timedelta

from sqlalchemy import select

from mengya_health.growth.ages import add_months
from mengya_health.people.queries import find_child
from mengya_health.record.models import OPEN_TASK, Task
from mengya_health.screening.commands import plan_first_visits, record_check
from mengya_health.screening.queries import due_visits, open_visit_of, visit_counts
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


def test_the_days_list_names_each_child_once_with_what_its_age_asks_for(child_of, work_as, district):
    child, late, young = child_of(12, 3), child_of(14, 3), child_of(4, 3)
    with work_as(district.doctor) as work:
        for each in (child, late, young):
            plan_first_visits(work, find_child(work, each.id))
    with work_as(district.doctor, writing=False) as work:
        listed = due_visits(work, district.clinic_id, TODAY)
        counts = visit_counts(work, district.clinic_id, TODAY)
        overdue = due_visits(work, district.clinic_id, TODAY, only_overdue=True)
    assert {each.child.id: each.visit.id for each in listed} == {child.id: "V_12M", late.id: "V_12M", young.id: "V_3M"}
    assert (counts.due, counts.overdue, counts.done) == (3, 2, 0)
    assert {each.child.id for each in overdue} == {late.id, young.id}
    assert all(each.days_overdue > 0 for each in overdue)


def test_another_clinics_children_are_not_on_the_list(child_of, work_as, district):
    child = child_of(12, 3)
    with work_as(district.doctor) as work:
        plan_first_visits(work, find_child(work, child.id))
    with work_as(district.other_doctor, writing=False) as work:
        assert due_visits(work, district.other_clinic_id, TODAY) == []
