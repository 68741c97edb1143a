"""The sheets of a class and what is followed, on both databases: who writes, what is kept, what is refused."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError as DuplicateKey

from mengya_health.care import daily_checks, follow_through
from mengya_health.care.models import Task
from mengya_health.errors import Invalid, NotFound, NotNow, NotPermitted
from mengya_health.people.queries import class_children, find_child
from mengya_health.record.commands import record_entry
from mengya_health.record.queries import entries_of_kind
from mengya_health.record.versions import versions_of
from tests.factories import a_member

RASH = {"presence": "here", "card": "红", "temperature": "37.3", "seen": ["皮疹/疱疹"]}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


@pytest.fixture
def child(register, district):
    return register("P1", "P2", group_id=district.group_id)


@pytest.fixture
def health_staff(work_as, district):
    with work_as(district.sysadmin) as work:
        return a_member(work, "health_staff", district.kindergarten_id)


def test_a_month_is_one_sheet_and_each_hand_a_revision(work_as, district, child, health_staff, clock):
    with work_as(district.teacher) as work:
        children = class_children(work, district.group_id)
        assert daily_checks.check_class(work, children, "morning", pressed={}, shown={}, rest=True) == []
    with work_as(health_staff) as work:
        daily_checks.check_child(
            work, find_child(work, child.id), "noon", {"presence": "here", "columns": ["情绪"]}, shown=""
        )
    clock.now += timedelta(days=1)
    with work_as(district.teacher) as work:
        children = class_children(work, district.group_id)
        daily_checks.check_class(work, children, "morning", pressed={child.id: "leave"}, shown={}, rest=True)
        sheets = daily_checks.sheets_of(work, children)
        today, yesterday = work.today, work.today - timedelta(days=1)
        states = [
            sheets.state(child.id, *which)
            for which in ((yesterday, "morning"), (yesterday, "noon"), (today, "morning"))
        ]
        assert states == ["well", "seen", "leave"]
        (sheet,) = entries_of_kind(work, find_child(work, child.id), "daily_check")
        hands = [each.entry.author_role for each in versions_of(work, find_child(work, child.id), sheet.id)]
        assert hands == ["teacher", "health_staff", "teacher"]
    clock.now += timedelta(days=10)  # December: a sheet of its own
    with work_as(district.teacher) as work:
        daily_checks.check_class(
            work, class_children(work, district.group_id), "morning", pressed={}, shown={}, rest=True
        )
        assert len(entries_of_kind(work, find_child(work, child.id), "daily_check")) == 2


def test_two_who_begin_the_same_sheet_do_not_make_two(work_as, district, child):
    with work_as(district.teacher) as work:
        daily_checks.check_class(
            work, class_children(work, district.group_id), "morning", pressed={}, shown={}, rest=True
        )
        (sheet,) = entries_of_kind(work, find_child(work, child.id), "daily_check")
    with work_as(district.teacher) as work:
        found = find_child(work, child.id)
        again = {"kind": "daily_check", "content": {"days": {}}, "happened_on": work.today, "id": sheet.id}
        work.session.expunge_all()
        record_entry(work, found, section="behaviour", **again)
        with pytest.raises(DuplicateKey):
            work.session.flush()
        work.session.rollback()


def test_what_a_colleague_wrote_since_stands_until_it_was_seen(work_as, district, child):
    with work_as(district.teacher) as work:
        daily_checks.check_child(work, find_child(work, child.id), "morning", RASH, shown="")
    with work_as(district.teacher) as work:
        found = find_child(work, child.id)
        with pytest.raises(NotNow):
            daily_checks.check_child(work, found, "morning", RASH | {"card": "黄"}, shown="")
        kept = daily_checks.check_class(work, [found], "morning", pressed={child.id: "well"}, shown={}, rest=True)
        assert [each.id for each in kept] == [child.id]
        shown = daily_checks.fingerprint(daily_checks.sheets_of(work, [found]).checks[child.id, work.today, "morning"])
        with pytest.raises(Invalid):
            daily_checks.check_child(work, found, "morning", RASH | {"card": "绿"}, shown=shown)


def test_from_finding_to_closing(work_as, district, child, clock):
    with work_as(district.teacher) as work:
        for card in ("红", "黄"):
            found = find_child(work, child.id)
            before = daily_checks.sheets_of(work, [found]).checks.get((child.id, work.today, "morning"))
            daily_checks.check_child(
                work, found, "morning", RASH | {"card": card}, shown=daily_checks.fingerprint(before)
            )
            work.session.flush()
        (task,) = work.session.scalars(select(Task).where(Task.kind == follow_through.TASK)).all()
        task_id = task.id
        assert task.organisation_id == district.kindergarten_id
    with pytest.raises(NotFound), work_as(district.other_teacher) as work:
        follow_through.add_step(work, task_id, "notified", way="电话")
    with pytest.raises(NotPermitted), work_as(district.doctor) as work:
        follow_through.add_step(work, task_id, "notified", way="电话")
    with work_as(district.teacher) as work:
        with pytest.raises(NotNow):
            follow_through.close(work, task_id)
        follow_through.add_step(work, task_id, "notified", way="电话")
        follow_through.add_step(work, task_id, "handled", way="就医")
        with pytest.raises(Invalid):
            follow_through.keep_exclusion(
                work, task_id, {"disease": "DIAR", "onset_on": work.today + timedelta(days=1)}, row_version=0
            )
        known = {"disease": "VAR", "onset_on": work.today, "conditions": ["全部疱疹干燥结痂"], "certificate": "doctor"}
        follow_through.keep_exclusion(work, task_id, known, row_version=0)
    with work_as(district.teacher) as work, pytest.raises(NotNow):
        follow_through.confirm_return(work, task_id)
    clock.now += timedelta(days=14) - timedelta(hours=9)  # the first minute of the fourteenth day
    with work_as(district.teacher) as work:
        follow_through.confirm_return(work, task_id)
    with work_as(district.teacher) as work:
        follow_through.close(work, task_id)
    with work_as(district.teacher) as work, pytest.raises(NotFound):
        follow_through.find(work, task_id)
