"""What a closed section and a withdrawn consent take along: tasks, cases, lists and counts. Security row S-45."""

from datetime import timedelta

import pytest

from mengya_health.care import check_ins
from mengya_health.care.case_lists import clinic_cases
from mengya_health.care.due import day_list
from mengya_health.care.queries import (
    cases_of,
    find_task,
    number_of_open_cases,
    tasks_for,
    waiting_for_doctor,
    waiting_for_others,
)
from mengya_health.care.referral_lists import referrals_to
from mengya_health.errors import NotPermitted
from mengya_health.people.invitations import accept_invitation, invite_caregiver
from mengya_health.people.queries import find_child
from mengya_health.people.sharing import close_section
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import refuse_consent
from tests.factories import a_child, a_guardian, client_of


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    return request.param


@pytest.fixture
def agreed(walk):
    """A child whose plan is agreed: the class and the family have tasks."""
    walk.in_support()
    return walk


def tasks_seen(walk, actor, hand: str) -> list:
    with walk.work_as(actor, writing=False) as work:
        child = find_child(work, walk.child.id)
        return tasks_for(work, {child.id: child}, hand)[child.id]


def close(walk, section: str, towards: str) -> None:
    with walk.as_(walk.mother) as work:
        until = work.today + timedelta(days=30)
        close_section(work, find_child(work, walk.child.id), section=section, towards=towards, to_on=until)


def test_what_the_clinic_asks_of_a_class_is_closed_with_the_health_section(agreed):
    walk = agreed
    (task, *_more) = tasks_seen(walk, walk.teacher, "teacher")
    board = f"/class/{walk.district.group_id}"
    page = f"{board}/children/{walk.child.id}/tasks/{task.id}"
    teacher = client_of(walk.installation, walk.teacher)
    assert task.title in teacher.get(page).get_data(as_text=True)
    close(walk, "health", "nursery")
    assert tasks_seen(walk, walk.teacher, "teacher") == []
    with pytest.raises(NotPermitted), walk.work_as(walk.teacher, writing=False) as work:
        find_task(work, task.id, "care_task")
    with pytest.raises(NotPermitted), walk.work_as(walk.teacher) as work:
        check_ins.check_in(work, task.id, done="done")
    refused = teacher.get(page)
    assert (refused.status_code, task.title in refused.get_data(as_text=True)) == (403, False)
    for path in (board, f"{board}/children/{walk.child.id}"):
        assert task.title not in teacher.get(path).get_data(as_text=True)


def test_a_caregiver_sees_no_case_of_a_record_that_is_closed_to_them(agreed):
    walk = agreed
    with walk.as_(walk.doctor) as work:
        other = a_child(work, walk.district, name="样本乙", id_no=None, contacts=[])
    grandmother = a_guardian(walk.installation, walk.district, other)
    with walk.as_(walk.mother) as work:
        code = invite_caregiver(work, find_child(work, walk.child.id)).code
    with walk.as_(grandmother) as work:
        accept_invitation(work, code=code, birth_on=walk.child.birth_on)
    (task, *_more) = tasks_seen(walk, grandmother, "guardian")
    close(walk, "health", "caregiver")
    assert tasks_seen(walk, grandmother, "guardian") == []
    with walk.work_as(grandmother, writing=False) as work:
        assert cases_of(work, find_child(work, walk.child.id)) == []
    page = client_of(walk.installation, grandmother).get(f"/home/{walk.child.id}").get_data(as_text=True)
    assert task.title not in page
    assert tasks_seen(walk, walk.mother, "guardian") != []


def test_a_receiver_has_no_line_of_a_child_whose_record_is_closed_to_it(walk):
    walk.flagged()
    walk.refer()

    def received() -> list:
        with walk.work_as(walk.district.specialist, writing=False) as work:
            return referrals_to(work, walk.district.mch_institute_id)

    assert len(received()) == 1
    close(walk, "health", "receiver")
    assert received() == []


def test_without_consent_to_the_record_the_clinic_s_lists_say_nothing_of_cases(agreed):
    walk = agreed
    clinic_id = walk.district.clinic_id

    def listed() -> list:
        with walk.work_as(walk.doctor, writing=False) as work:
            lists = [waiting_for_doctor(work, clinic_id), waiting_for_others(work, clinic_id)]
            lists += day_list(
                work, clinic_id, limits=dict.fromkeys(("by", "overdue", "due", "decision"), 9)
            ).lines.values()
            return [item.task.kind for lines in lists for item in lines if item.task.case_id]

    with walk.work_as(walk.doctor, writing=False) as work:
        assert [line.id for _child, line in clinic_cases(work, clinic_id)] == [walk.case_id]
    assert listed() != []
    with walk.as_(walk.mother) as work:
        refuse_consent(work, find_child(work, walk.child.id), "P1", shown_digest=text_digest(work, "P1"))
    with walk.work_as(walk.doctor, writing=False) as work:
        child = find_child(work, walk.child.id)
        assert (clinic_cases(work, clinic_id), cases_of(work, child)) == ([], [])
        assert number_of_open_cases(work, child) == 1
    assert listed() == []


def test_a_closed_section_leaves_no_count_on_the_class_board(agreed):
    walk = agreed
    walk.observe()
    teacher, board = client_of(walk.installation, walk.teacher), f"/class/{walk.district.group_id}"
    assert "已记 1" in teacher.get(board).get_data(as_text=True)
    close(walk, "behaviour", "nursery")
    assert "已记 1" not in teacher.get(board).get_data(as_text=True)
