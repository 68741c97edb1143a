"""Case conferences: who reads what for how long, what is refused, and that nothing concluded is lost sight of."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from mengya_health.access.permissions import Permission
from mengya_health.care import conference_points, conferring, inbox
from mengya_health.care.commands import stop_case
from mengya_health.care.conferences import conferences_of, find_conference, my_conferences
from mengya_health.care.models import Case, Task
from mengya_health.care.queries import find_case, waiting_for_doctor, waiting_for_others
from mengya_health.errors import Conflict, Invalid, NotFound, NotNow, NotPermitted
from mengya_health.handouts.whole_copy import whole_copy
from mengya_health.history.models import HistoryEvent
from mengya_health.people.acting import actor_of_user
from mengya_health.people.commands import tie_child
from mengya_health.people.models import Relationship
from mengya_health.people.queries import find_child
from mengya_health.people.rota import chair_on, colleagues, end_turn, name_chair, rota
from mengya_health.record.models import Entry
from mengya_health.record.queries import entries_of_kind, find_entry, record_page, timeline
from mengya_health.record.versions import every_version
from mengya_health.signing.consents import consents_of, withdraw_consent
from tests.care.conferring import QUESTION, Table, sit_down
from tests.care.walking import Walk

P = Permission
OF_THE_CHILD = (
    P.READ_CHILD, P.READ_HEALTH, P.READ_BEHAVIOUR, P.READ_FAMILY, P.READ_CASE, P.READ_REFERRAL, P.WRITE_HEALTH,
    P.RAISE_CONCERN, P.PRINT_HEALTH, P.TAKE_COPY, P.KEEP_CHILD, P.READ_AUDIT,
)  # fmt: skip
BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def table(walk: Walk) -> Table:
    walk.flagged()
    return sit_down(walk)


def settle(table: Table, actor, conference_id, point_id, fate="solved", text="", row_version=None) -> None:
    with table.walk.as_(actor) as work:
        version = row_version or find_conference(work, conference_id).entry.row_version
        conference_points.settle_point(work, conference_id, point_id, fate=fate, text=text, row_version=version)


def tell(table: Table, conference_id, text="大家都觉得先换勺子试四周。") -> None:
    with table.walk.as_(table.walk.doctor) as work:
        version = find_conference(work, conference_id).entry.row_version
        conferring.tell_family(work, conference_id, text=text, row_version=version)


def cancel(table: Table, conference_id, reason: str) -> None:
    with table.walk.as_(table.walk.doctor) as work:
        version = find_conference(work, conference_id).entry.row_version
        conferring.cancel_conference(work, conference_id, reason=reason, row_version=version)


def titles(items) -> list[str]:
    return [item.task.title for item in items if item.task.kind.startswith("conference")]


def mine(table: Table, actor) -> list:
    with table.walk.work_as(actor) as work:
        return [each.entry.id for each in my_conferences(work)]


@BOTH
def test_from_the_call_to_the_last_fate_everything_stands_on_somebodys_list(table):
    walk, clinic = table.walk, table.walk.district.clinic_id
    with walk.work_as(walk.doctor) as work:
        turn = work.session.get(Case, walk.case_id).whose_turn
    called = table.call()
    with walk.work_as(table.invited) as work:  # told once, by number
        found = inbox.count_inbox(work)
        assert (len(found.conferences), found.waiting) == (1, ())
        assert (inbox.number_to_tell(work, found, None), inbox.number_to_tell(work, found, work.now)) == (1, 0)
    with walk.work_as(walk.doctor) as work:
        assert titles(waiting_for_doctor(work, clinic)) == ["会商：记结论"]
        assert [each.entry.id for each in conferences_of(work, walk.child, walk.case_id)] == [called]
    own = table.add(table.chair, called)
    theirs = table.add(
        walk.doctor, called, sort="blocked", text="专科没有号", owner=str(table.invited.user_id), due_on=table.held_on
    )
    walk.clock.forward(days=3)
    with walk.work_as(walk.doctor) as work:
        assert titles(waiting_for_doctor(work, clinic)) == ["会商：把结论告诉家长", "会商的一条结论"]
        (late,) = [item for item in waiting_for_others(work, clinic) if item.task.kind == "conference_point"]
        assert (late.task.title, late.days_overdue) == ("会商的一个堵点", 3)
        assert work.session.get(Case, walk.case_id).whose_turn == turn  # it goes on beside the case
    settle(table, table.invited, called, theirs, "passed_on", "区妇幼预约台")
    settle(table, walk.doctor, called, own, "given_up", "孩子已经自己好了")
    assert table.find(walk.doctor, called).entry.status == "active"
    tell(table, called)
    found = table.find(walk.doctor, called)
    assert found.entry.status == "completed"
    fates = [(point.fate, point.fate_text) for point in found.points]
    assert fates == [("given_up", "孩子已经自己好了"), ("passed_on", "区妇幼预约台")]
    with walk.work_as(walk.doctor) as work:
        assert titles(waiting_for_doctor(work, clinic)) == titles(waiting_for_others(work, clinic)) == []
        events = select(HistoryEvent).where(HistoryEvent.child_id == walk.child.id)
        written = [event for event in work.session.scalars(events) if json.loads(event.event).get("rec") == str(called)]
    assert len(written) == 6  # one for each revision: called, two points, two fates, told


@BOTH
def test_whoever_is_asked_reads_that_entry_for_a_time_without_a_name_and_nothing_else_of_the_child(table):
    walk = table.walk
    called, other = table.call(), table.call(reader_ids=[walk.teacher.user_id])
    found = table.find(table.invited, called)
    assert (found.sees_name, found.leads, found.is_clinic, found.reads_findings) == (False, False, False, True)
    assert found.said["findings"][0]["text"] == "身长/身高 74.0 cm，体重 6.9 kg"
    told = json.dumps(dict(found.said), ensure_ascii=False)
    with walk.work_as(walk.doctor) as work:
        child = find_child(work, walk.child.id)
        checks = [entry.id for entry in entries_of_kind(work, child, "screening")]
    for secret in (child.name, child.number, child.birth_on.isoformat(), "小一班", "示例社区"):
        assert secret not in told
    for actor in (table.invited, table.chair, table.stranger):
        with walk.work_as(actor) as work:
            for permission in OF_THE_CHILD:
                with pytest.raises(NotFound):
                    find_child(work, child.id, permission)
            with pytest.raises(NotFound):
                find_case(work, walk.case_id)
            with pytest.raises((NotFound, NotPermitted)):
                find_entry(work, child, checks[0])
            with pytest.raises(NotFound):
                find_entry(work, child, called)  # nor does the general way lead to it
            assert timeline(work, child) == []
    for actor, which in ((table.invited, other), (table.stranger, called), (walk.district.carer, called)):
        with pytest.raises(NotFound):  # asked to one, not to another about the same child
            table.find(actor, which)
    assert (mine(table, table.invited), mine(table, table.stranger)) == ([called], [])
    walk.clock.forward(days=14)
    assert table.find(table.invited, called).until == table.held_on + timedelta(days=15)
    walk.clock.forward(days=1)
    for actor in (table.invited, table.chair):
        with pytest.raises(NotFound):
            table.find(actor, called)
        assert mine(table, actor) == []
    assert table.find(walk.doctor, called).said["question"] == QUESTION


def test_who_knows_the_child_reads_its_name_and_without_consent_nobody_reads_anything(table, owner):
    walk = table.walk
    called = table.call()
    teacher = table.find(walk.teacher, called)
    assert (teacher.sees_name, teacher.reads_findings, teacher.leads) == (True, False, False)
    assert table.find(walk.district.second_doctor, called).is_clinic
    assert not table.find(table.invited, called).sees_name
    walk.refer()  # P3 covers the institution, and a letter names the child to it
    assert table.find(table.invited, called).sees_name
    with owner.begin() as connection:
        row = Relationship.__table__
        theirs = (row.c.kind == "conference") & (row.c.user_id == table.chair.user_id)
        connection.execute(update(row).where(theirs).values(user_id=table.stranger.user_id))
    for actor in (table.stranger, table.chair):  # written by SQL: it opens nothing
        with pytest.raises(NotFound):
            table.find(actor, called)
    with walk.work_as(walk.mother) as work:
        child = find_child(work, walk.child.id)
        (given,) = [each for each in consents_of(work, child) if each.purpose == "P1"]
        withdraw_consent(work, child, given.id)
    for actor in (table.invited, walk.teacher):
        with pytest.raises((NotFound, NotPermitted)):
            table.find(actor, called)


def test_a_family_reads_that_it_takes_place_and_what_the_doctor_lets_it_read_and_no_more(table):
    walk = table.walk
    called, off = table.call(), table.call()
    table.add(walk.doctor, called, sort="blocked", text="班里人手不够，没有人喂")

    def read() -> str:
        with walk.work_as(replace(walk.mother, session_kind="job")) as work:
            child = find_child(work, walk.child.id)
            with pytest.raises(NotPermitted):
                find_conference(work, called)
            shown = [*timeline(work, child), *record_page(work, child).newest]
            shown += [each.entry for each in every_version(work, child)]
            assert {entry.kind for entry in shown} >= {"conference_note"}
            return json.dumps([entry.content for entry in shown], ensure_ascii=False) + str(whole_copy(work, child))

    before = read()
    assert "门诊在 2026-11-23 请示例第二社区卫生服务中心、示例区妇幼保健所、示例幼儿园的人一起商量" in before
    tell(table, called)
    cancel(table, off, "家长想先等专科的意见")
    after = read()
    assert "先换勺子" not in before
    assert "先换勺子" in after
    assert "家长想先等专科的意见" in after
    for kept in (QUESTION, "人手不够"):
        assert kept not in before + after
    with pytest.raises(NotFound):
        table.find(table.invited, off)
    with pytest.raises(NotNow):
        table.add(walk.doctor, off)


def test_what_is_missing_or_says_who_the_child_is_is_not_taken(table):
    walk = table.walk
    with pytest.raises(Invalid) as refused:
        table.call(held_on=table.held_on - timedelta(days=1), question=" ", is_family_told=False)
    assert set(refused.value.fields) == {"held_on", "question", "is_family_told"}
    for readers in ([], [walk.mother.user_id], [walk.doctor.user_id]):
        with pytest.raises(Invalid):
            table.call(reader_ids=readers)
    with pytest.raises(NotNow, match="没有轮值主持人"):
        table.call(held_on=table.held_on + timedelta(days=60))
    for question, why in {
        "样 本-甲最近吃得慢": "孩子的名字",
        f"档案 {walk.child.number}": "编号或电话",
        "妈妈的电话１３８００１３８０００": "电话或证件号",
        "示例幼儿园的孩子": "门诊、园所或班级",
        "样本甲的妈妈来说的": "家人的名字",
    }.items():
        with pytest.raises(Invalid) as refused:
            table.call(question=question)
        assert why in refused.value.fields["question"][0], question
        assert walk.child.name not in refused.value.fields["question"][0]
    with walk.work_as(walk.doctor) as work:
        stored = [*work.session.scalars(select(Entry.kind)), *work.session.scalars(select(Task.kind))]
        assert not any(kind.startswith("conference") for kind in stored)
        tie_child(work, walk.child.id, kind="guardian", user_id=table.invited.user_id, authority="signs")
    with pytest.raises(Invalid) as refused:
        table.call()
    assert "家人" in refused.value.fields["readers"][0]
    called = table.call(reader_ids=[walk.teacher.user_id])
    with pytest.raises(Invalid):
        table.add(walk.doctor, called, text="给样本甲换勺子")
    # Whoever is not told the name must not find it out by trying.
    table.add(table.chair, called, text="给样本甲换勺子")
    with pytest.raises(Invalid):
        table.add(table.chair, called, text="请打 13800138000")


def test_only_chair_and_clinic_conclude_only_owners_answer_and_what_ends_with_its_case_says_so(table):
    walk = table.walk
    called, ahead = table.call(), table.call(held_on=table.held_on + timedelta(days=2))
    with pytest.raises(NotNow, match="到那天再记"):
        table.add(table.chair, ahead)
    for actor in (table.invited, walk.teacher, replace(table.chair, session_kind="device")):
        with pytest.raises((NotFound, NotPermitted)):
            table.add(actor, called)
    point = table.add(table.chair, called)
    with pytest.raises(NotNow):
        settle(table, table.invited, called, point)
    with pytest.raises(Invalid):
        settle(table, table.chair, called, point, "given_up")
    with pytest.raises(Conflict):
        settle(table, table.chair, called, point, row_version=1)
    with walk.work_as(table.chair) as work, pytest.raises(NotFound):
        conferring.tell_family(work, called, text="好了", row_version=2)
    table.add(table.chair, called, owner=str(table.invited.user_id))
    with walk.as_(walk.doctor) as work:
        stop_case(work, walk.case_id, reason_code="5", reason="搬到外地", not_done="moved_away")
    assert {each.fate for each in table.find(walk.doctor, called).points} == {"given_up"}
    with walk.work_as(walk.doctor) as work:
        assert titles(waiting_for_others(work, walk.district.clinic_id)) == []


def test_the_rota_is_kept_by_the_district_two_never_have_the_same_day_and_a_turn_opens_nothing(table):
    walk, district, today = table.walk, table.walk.district, table.held_on
    later = {"from_on": today + timedelta(days=60), "to_on": today + timedelta(days=90)}
    for actor in (walk.doctor, district.sysadmin, table.chair):
        with pytest.raises(NotPermitted), walk.work_as(actor) as work:
            name_chair(work, user_id=district.specialist.user_id, **later)
    with walk.work_as(table.manager) as work:
        near = [district.mch_institute_id]
        wrong = [
            later | {"from_on": today + timedelta(days=59)},
            later | {"to_on": later["from_on"]},
            {"from_on": date(2020, 1, 1), "to_on": today},
        ]
        for days in wrong:
            with pytest.raises(Invalid):
                name_chair(work, user_id=district.specialist.user_id, **days)
        with pytest.raises(Invalid):
            name_chair(work, user_id=walk.mother.user_id, **later)
        turn = name_chair(work, user_id=district.specialist.user_id, **later)
        assert [each.who.user_id for each in rota(work, near)] == [table.chair.user_id, district.specialist.user_id]
        assert walk.mother.user_id not in {each.user_id for each in colleagues(work, near)}
        assert chair_on(work, district.clinic_id, later["from_on"]).user_id == district.specialist.user_id
        assert chair_on(work, district.clinic_id, later["to_on"]) is None
        end_turn(work, turn.id)
        assert len(rota(work, near)) == 1
        with pytest.raises(NotFound):
            end_turn(work, turn.id)
    with walk.work_as(None) as work:
        actor = actor_of_user(work, table.chair.user_id)
    assert (actor.role, [place.role for place in actor.places]) == ("doctor", ["doctor"])
    with walk.work_as(actor) as work, pytest.raises(NotFound):
        find_child(work, walk.child.id)
