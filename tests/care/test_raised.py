"""What is late comes up to the next named person, worked out from rows on both databases; and to nobody else."""

from dataclasses import replace

import pytest

from mengya_health.care import commands
from mengya_health.care.due import DECISION, day_list
from mengya_health.care.models import Task
from mengya_health.care.queries import waiting_for_doctor
from mengya_health.care.raised import raised_in_classes, raised_to_district, raised_to_lead, standing_of
from mengya_health.care.tasks import start_task
from mengya_health.errors import Invalid, NotPermitted
from mengya_health.people import accounts, places
from mengya_health.people.leads import desk_of, leads_of
from mengya_health.people.queries import find_child
from tests.care.walking import STORIES, Walk
from tests.factories import a_member


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


def raised(walk, actor=None):
    with walk.work_as(actor or walk.doctor, writing=False) as work:
        return [(item.task.kind, item.child.id) for item in raised_to_lead(work, walk.district.clinic_id)]


def a_manager(walk, organisation_id, *, name="样本孙主任"):
    with walk.work_as(walk.district.sysadmin) as work:
        user = accounts.add_user(work, login=f"manager-{organisation_id}", name=name)
        accounts.add_membership(work, user_id=user.id, role="manager", organisation_id=organisation_id)
        places.name_lead(work, organisation_id, user.id)
        manager = a_member(work, "manager", organisation_id)
    return replace(manager, user_id=user.id)


def test_a_decision_comes_up_to_the_lead_on_the_fifth_day_and_to_nobody_before(walk):
    walk.flagged()
    walk.clock.forward(days=4)
    assert raised(walk) == []
    walk.clock.forward(days=1)
    assert raised(walk) == [("decision", walk.child.id)]
    assert raised(walk, walk.district.second_doctor) == [("decision", walk.child.id)]
    with walk.work_as(walk.doctor, writing=False) as work:
        (line,) = waiting_for_doctor(work, walk.district.clinic_id)
        assert standing_of(work, line.task, state="positive").raised_to == "lead"
        assert day_list(work, walk.district.clinic_id, limits={DECISION: 5}).raised == 1
    with walk.as_(walk.doctor) as work:  # what is decided leaves the list by itself
        commands.rescreen(work, walk.case_id, reason="复测")
    assert raised(walk) == []


def test_the_lead_of_another_clinic_is_refused(walk):
    walk.flagged()
    walk.clock.forward(days=9)
    with walk.work_as(walk.district.other_doctor) as work, pytest.raises(NotPermitted):
        raised_to_lead(work, walk.district.clinic_id)


def test_a_second_screening_that_is_missed_comes_up_to_the_district_by_code_only(walk):
    district, manager = walk.district, a_manager(walk, walk.district.mch_institute_id)
    walk.flagged()
    with walk.as_(walk.doctor) as work:
        commands.rescreen(work, walk.case_id, reason="复测")
    walk.clock.forward(days=30)
    with walk.work_as(manager, writing=False) as work:
        assert raised_to_district(work) == []  # the thirtieth day is in time
    walk.clock.forward(days=1)
    with walk.work_as(manager, writing=False) as work:
        (line,) = raised_to_district(work)
        assert (line.id, line.clinic, line.kind) == (walk.case_id, "示例社区卫生服务中心", "decision")
        assert (line.standing.days, line.standing.raised_to) == (1, "district")
    assert raised(walk) == [("decision", walk.child.id)]  # the clinic's lead sees it, too
    with walk.work_as(walk.doctor, writing=False) as work:
        assert leads_of(work, [district.clinic_id]).of_districts == {district.clinic_id: "样本孙主任"}
    for actor in (walk.doctor, walk.teacher, walk.mother, district.specialist):
        with walk.work_as(actor, writing=False) as work, pytest.raises(NotPermitted):
            raised_to_district(work)


def test_another_district_hears_of_nothing(walk):
    with walk.work_as(walk.district.sysadmin) as work:
        region = places.add_region(work, code="310107", name="另一区").id
        office = places.add_organisation(work, region_id=region, kind="mch_institute", code="FAR", name="另一区妇幼").id
    stranger = a_manager(walk, office)
    walk.flagged()
    with walk.as_(walk.doctor) as work:
        commands.rescreen(work, walk.case_id, reason="复测")
    walk.clock.forward(days=60)
    with walk.work_as(stranger, writing=False) as work:
        assert raised_to_district(work) == []
    with walk.work_as(walk.doctor, writing=False) as work:
        assert leads_of(work, [walk.district.clinic_id]).of_districts == {}


def test_what_a_class_owes_comes_up_to_the_lead_of_the_nursery(walk):
    district = walk.district
    with walk.work_as(district.sysadmin) as work:
        head = a_member(work, "health_staff", district.kindergarten_id)
        places.name_lead(work, district.kindergarten_id, head.user_id)
    with walk.work_as(walk.doctor) as work:
        child = find_child(work, walk.child.id)
        for kind in ("signature", "care_task"):
            body = {"title": "说的是什么", "frequency": "每天1次"}
            start_task(work, child, kind=kind, whose_turn="teacher", due_on=work.today, body=body)
    walk.clock.forward(days=6)
    with walk.work_as(head, writing=False) as work:
        assert raised_in_classes(work) == []
    walk.clock.forward(days=1)
    with walk.work_as(head, writing=False) as work:
        assert [(item.task.kind, item.child.id) for item in raised_in_classes(work)] == [("signature", child.id)]
    for actor in (walk.teacher, walk.doctor, walk.mother):
        with walk.work_as(actor, writing=False) as work, pytest.raises(NotPermitted):
            raised_in_classes(work)


def test_names_come_with_a_place_in_one_statement(walk, statements):
    district = walk.district
    with walk.work_as(district.sysadmin) as work:
        places.name_lead(work, district.clinic_id, district.second_doctor.user_id)
    a_manager(walk, district.mch_institute_id)
    with walk.work_as(walk.doctor, writing=False) as work:
        statements.seen.clear()
        desk = desk_of(work, district.clinic_id)
        assert len(statements.seen) == 1
        find_child(work, walk.child.id)
        before = len(statements.seen)
        leads = desk.leads(work)
        assert len(statements.seen) == before  # their keys came with the child's
        assert leads.of_places == {district.clinic_id: "样本员工"}
        assert leads.of_districts == {district.clinic_id: "样本孙主任"}
        assert desk.name == "示例社区卫生服务中心"
    with walk.work_as(walk.doctor, writing=False) as work:
        unnamed = desk_of(work, district.other_clinic_id)
        assert (unnamed.name, unnamed.leads(work).of_places) == ("示例第二社区卫生服务中心", {})


def test_a_reply_is_asked_for_by_telephone_and_then_comes_up_to_the_district(installation, work_as, clock, district):
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    manager = a_manager(walk, walk.district.mch_institute_id)
    walk.flagged()
    walk.refer()  # to be seen within 14 days, and the reply 14 days after that
    (task,) = walk.open_tasks("referral_reply")
    days = (task.due_on - walk.facts().today).days
    assert days == 28
    walk.clock.forward(days=days + 1)
    with walk.work_as(walk.doctor, writing=False) as work:
        assert standing_of(work, work.session.get(Task, task.id)).raised_to == "doctor"
    with walk.work_as(manager, writing=False) as work:
        assert raised_to_district(work) == []
    walk.clock.forward(days=13)
    with walk.work_as(manager, writing=False) as work:
        assert [line.kind for line in raised_to_district(work)] == ["referral_reply"]


def test_whoever_no_longer_works_there_is_not_named_nor_can_be(walk):
    district = walk.district
    with walk.work_as(district.sysadmin) as work:
        for place, user in (
            (district.clinic_id, district.teacher.user_id),
            (district.clinic_id, district.other_doctor.user_id),
            (district.mch_institute_id, district.specialist.user_id),
            (district.kindergarten_id, district.doctor.user_id),
        ):
            with pytest.raises(Invalid):
                places.name_lead(work, place, user)
        places.name_lead(work, district.clinic_id, district.second_doctor.user_id)
    with walk.work_as(walk.doctor, writing=False) as work:
        assert district.clinic_id in leads_of(work, [district.clinic_id]).of_places
    walk.clock.forward(days=400)  # the role was given for a year
    with walk.work_as(walk.doctor, writing=False) as work:
        assert leads_of(work, [district.clinic_id]).of_places == {}
