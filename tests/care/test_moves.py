"""A child moves: its open work goes along in one unit of work, and who had it before reads only what they wrote."""

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from mengya_health.care import class_moves, closing, daily_checks, disputes, handovers, moving_away
from mengya_health.care.due import day_list
from mengya_health.care.models import OPEN_TASK, Case, Referral, Task
from mengya_health.care.queries import case_facts, find_task, tasks_for, waiting_for_doctor
from mengya_health.care.tasks import open_body
from mengya_health.errors import Invalid, NotFound, NotNow, NotPermitted
from mengya_health.people.former import former_child, former_children
from mengya_health.people.queries import find_child
from mengya_health.people.search import search_children
from mengya_health.record.commands import record_entry
from mengya_health.record.own_words import own_words, written_about
from mengya_health.record.queries import timeline
from mengya_health.screening.commands import plan_first_visits
from tests.care.walking import STORIES, Walk
from tests.factories import PIN

RASH = {"presence": "here", "card": "红", "temperature": "37.3", "seen": ["皮疹/疱疹"]}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    """A child with every kind of open work: two cases, a referral, a plan to sign, tasks at home and in class, a
    planned visit, a concern, something the class follows, and a disagreement with its teacher."""
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    walk.in_support()
    walk.refer()
    walk.raise_concern(walk.mother)
    other = Walk(installation, work_as, clock, STORIES[1], walk.district, walk.child, walk.mother)
    other.plan = {**walk.plan, "tasks": [dict(task) for task in STORIES[1].tasks[:2]]}
    other.flagged()
    other.make_plan()
    with walk.as_(walk.doctor) as work:
        plan_first_visits(work, find_child(work, walk.child.id))
    with walk.as_(walk.teacher) as work:
        child = find_child(work, walk.child.id)
        daily_checks.check_child(work, child, "morning", RASH, shown="")
        said = {"items": [], "note": "午睡前有点咳"}
        seen = record_entry(work, child, section="behaviour", kind="observation", content=said, happened_on=work.today)
    with walk.as_(walk.mother) as work:
        disputes.raise_dispute(work, walk.child.id, seen.id, version=1, text="那天没有咳")
    return walk


def open_work(walk: Walk) -> list[Task]:
    chosen = select(Task).where(Task.child_id == walk.child.id, Task.status.in_(OPEN_TASK))
    with walk.work_as(None) as work:
        return list(work.session.scalars(chosen))


def kinds(tasks: list[Task]) -> Counter:
    return Counter(task.kind for task in tasks if task.kind != "handover")


def due(tasks: list[Task]) -> set:
    return {(task.id, task.due_on) for task in tasks}


def move_to_the_other_clinic(walk: Walk) -> None:
    with walk.as_(walk.mother) as work:
        handovers.ask_as_guardian(work, walk.child.id, clinic_id=walk.district.other_clinic_id, pin=PIN)
    with walk.as_(walk.district.other_doctor) as work:
        handovers.accept_handover(work, walk.child.id)


def test_another_clinic_takes_everything_over_and_the_old_one_reads_what_it_wrote(walk):
    district, before = walk.district, open_work(walk)
    assert {"care_task", "concern", "follow_up", "referral_reply", "signature", "visit", "dispute"} <= set(
        kinds(before)
    )
    with walk.work_as(walk.mother) as work:
        handovers.ask_as_guardian(work, walk.child.id, clinic_id=district.other_clinic_id, pin=PIN)
    with walk.work_as(walk.doctor) as work:  # responsible until it is accepted
        assert find_child(work, walk.child.id).clinic_id == district.clinic_id
        assert {item.task.kind for item in waiting_for_doctor(work, district.clinic_id)} >= {"concern"}
    with walk.work_as(district.other_doctor) as work:  # who it is and that it waits, nothing more
        assert timeline(work, find_child(work, walk.child.id)) == []
        day = day_list(work, district.other_clinic_id, limits={"decision": 10})
        assert [item.task.kind for item in day.lines["decision"]] == ["handover"]
        with pytest.raises(NotPermitted):
            case_facts(work, walk.case_id)
    with walk.as_(district.other_doctor) as work:
        handovers.accept_handover(work, walk.child.id)
    after = open_work(walk)
    assert kinds(after) == kinds(before)
    assert due(before) <= due(after)  # overdue stays overdue
    assert not [task.kind for task in after if task.organisation_id == district.clinic_id]
    with walk.work_as(district.other_doctor) as work:
        assert {case.organisation_id for case in work.session.scalars(select(Case))} == {district.other_clinic_id}
        sent = work.session.scalars(select(Referral.organisation_id)).all()
        assert sent == [district.other_clinic_id]
        child = find_child(work, walk.child.id)
        assert {each.kind for each in timeline(work, child)} >= {"screening", "care_plan", "observation", "handover"}
        assert [child.id for child in search_children(work, child.name)] == [walk.child.id]
    with walk.as_(district.other_doctor) as work:
        record_entry(
            work, child, section="health", kind="advice", content={"text": "新门诊写的"}, happened_on=work.today
        )
        handovers.finish_handover(work, walk.child.id)
    assert "handover" not in {task.kind for task in open_work(walk)}
    with walk.work_as(walk.doctor) as work:
        with pytest.raises(NotFound):
            find_child(work, walk.child.id)
        assert search_children(work, child.name) == []
        assert waiting_for_doctor(work, district.clinic_id) == []
        former = former_child(work, walk.child.id)
        mine = own_words(work, former, organisation_ids=former.clinic_ids)
        assert {each.kind for each in mine} >= {"screening", "care_plan", "referral"}
        assert {each.organisation_id for each in mine} == {district.clinic_id}
        assert "新门诊写的" not in [each.content.get("text") for each in mine]
        assert not {"observation", "concern", "daily_check", "dispute"} & {each.kind for each in mine}
        among = written_about(work, former.clinic_ids)
        assert [each.id for each in former_children(work, among=among)] == [walk.child.id]
    with walk.work_as(district.other_teacher) as work, pytest.raises(NotFound):
        former_child(work, walk.child.id)


def test_the_loop_goes_on_at_the_new_clinic(walk):
    move_to_the_other_clinic(walk)
    walk.district = replace(walk.district, doctor=walk.district.other_doctor, clinic_id=walk.district.other_clinic_id)
    walk.answer_referral(walk.facts().referrals[0].id)
    walk.follow_up(walk.story.well, 30)
    with walk.work_as(walk.doctor) as work:
        opened, facts = case_facts(work, walk.case_id)
    assert (opened.case.round, facts.state) == (1, "active")
    assert [step.event for step in facts.steps][:3] == ["open", "flag", "plan"]


def test_only_one_of_two_accepts_and_what_was_taken_back_is_not_accepted(walk):
    with walk.as_(walk.doctor) as work, pytest.raises(Invalid):
        handovers.ask_at_desk(work, walk.child.id, clinic_id=walk.district.other_clinic_id, is_signed=False)
    with walk.as_(walk.doctor) as work:
        handovers.ask_at_desk(work, walk.child.id, clinic_id=walk.district.other_clinic_id, is_signed=True)
    with walk.as_(walk.mother) as work, pytest.raises(NotNow):
        handovers.ask_as_guardian(work, walk.child.id, clinic_id=walk.district.other_clinic_id, pin=PIN)
    with walk.as_(walk.mother) as work:
        handovers.withdraw_handover(work, walk.child.id)
    with walk.as_(walk.district.other_doctor) as work, pytest.raises(NotFound):
        handovers.accept_handover(work, walk.child.id)
    with walk.as_(walk.mother) as work:
        handovers.ask_as_guardian(work, walk.child.id, clinic_id=walk.district.other_clinic_id, pin=PIN)
    with walk.as_(walk.district.other_doctor) as work:
        handovers.refuse_handover(work, walk.child.id, text="孩子不住在我们辖区")
    with walk.as_(walk.mother) as work:
        newest = handovers.newest_handover(work, find_child(work, walk.child.id))
        assert handovers.refusal_in(work, newest)[1] == "孩子不住在我们辖区"
        assert find_child(work, walk.child.id).clinic_id == walk.district.clinic_id
    move_to_the_other_clinic(walk)
    with walk.as_(walk.district.other_doctor) as work, pytest.raises(NotNow):
        handovers.accept_handover(work, walk.child.id)
    with walk.as_(walk.mother) as work, pytest.raises(NotNow):
        handovers.withdraw_handover(work, walk.child.id)


def test_another_class_has_the_work_at_once_and_the_old_teacher_reads_their_own_words_alone(walk):
    district, before = walk.district, open_work(walk)
    with walk.as_(walk.doctor) as work:
        class_moves.change_class(work, walk.child.id, district.other_group_id)
    assert due(open_work(walk)) == due(before)
    with walk.as_(district.other_teacher) as work:
        child = find_child(work, walk.child.id)
        theirs = tasks_for(work, {child.id: child}, "teacher")[child.id]
        assert {"care_task", "daily_exception"} <= {task.kind for task in theirs}
        record_entry(
            work, child, section="behaviour", kind="observation", content={"note": "新班写的"}, happened_on=work.today
        )
    with walk.as_(walk.teacher) as work:
        with pytest.raises(NotFound):
            find_child(work, walk.child.id)
        former = former_child(work, walk.child.id)
        mine = own_words(work, former, organisation_ids=former.clinic_ids)
        assert {each.author_id for each in mine} == {walk.teacher.user_id}
        assert {each.kind for each in mine} >= {"observation", "daily_check"}
        for task in theirs:
            with pytest.raises(NotFound):
                find_task(work, task.id, task.kind)


def test_leaving_the_nursery_brings_the_work_back_to_the_doctor_and_a_new_one_gets_it(walk):
    district, before = walk.district, open_work(walk)
    in_class = [task for task in before if task.whose_turn == "teacher"]
    with walk.as_(walk.doctor) as work:
        class_moves.leave_class(work, walk.child.id)
    after = {task.id: task for task in open_work(walk)}
    assert "teacher" not in {task.whose_turn for task in after.values()}
    lost = [task.kind for task in before if task.id not in after]
    assert lost == ["daily_exception"]
    back = [after[task.id] for task in in_class if task.id in after]
    assert {(task.whose_turn, task.organisation_id) for task in back} == {("doctor", district.clinic_id)}
    assert {(task.id, task.due_on) for task in back} <= due(before)
    with walk.work_as(walk.doctor) as work:
        assert {open_body(work, task)["returned"] for task in back} == {"transferred"}
        on_list = day_list(work, district.clinic_id, limits={"decision": 20}).lines["decision"]
        assert {task.id for task in back} <= {item.task.id for item in on_list}
    with walk.as_(walk.doctor) as work:
        class_moves.change_class(work, walk.child.id, district.other_group_id)
    again = {task.id: task.whose_turn for task in open_work(walk)}
    assert {again[task.id] for task in back} == {"teacher"}


def test_a_closing_waits_for_the_family_alone_once_the_child_attends_nowhere(installation, work_as, clock, district):
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    walk.in_support()
    walk.support()
    walk.consolidate()
    walk.propose_closure()
    with walk.as_(walk.teacher) as work:
        closing.write_class_summary(work, walk.case_id, text="在班里吃得好")
    with walk.as_(walk.doctor) as work:
        class_moves.change_class(work, walk.child.id, walk.district.other_group_id)
    with walk.as_(walk.district.other_teacher) as work:  # the new class writes its own where it may not touch the old
        closing.write_class_summary(work, walk.case_id, text="新班的小结")
    with walk.as_(walk.doctor) as work:
        class_moves.leave_class(work, walk.child.id)
    assert walk.turn == "guardian"
    assert [task.whose_turn for task in walk.open_tasks("signature")] == ["guardian"]
    walk.confirm_closure()
    assert walk.state == "resolved"


def test_leaving_the_district_ends_everything_for_one_reason(walk):
    with walk.as_(walk.mother) as work:
        handovers.ask_as_guardian(work, walk.child.id, clinic_id=walk.district.other_clinic_id, pin=PIN)
    with walk.as_(walk.doctor) as work, pytest.raises(Invalid):
        moving_away.leave_district(work, walk.child.id, why="other", text="")
    with walk.as_(walk.doctor) as work:
        moving_away.leave_district(work, walk.child.id, why="moved_away", text="全家搬到外省")
    assert [task.kind for task in open_work(walk)] == ["dispute"]  # the family is answered all the same
    with walk.work_as(walk.doctor) as work:
        assert set(work.session.scalars(select(Case.state))) == {"stopped"}
        assert set(work.session.scalars(select(Referral.status))) == {"failed"}
        child = find_child(work, walk.child.id)
        assert not child.attends
        assert child.subject.current("handover") == child.subject.current("receiver") == ()
        codes = [facts.steps[-1].body["closing_code"] for facts in [case_facts(work, walk.case_id)[1]]]
        assert codes == ["5"]
    with walk.work_as(walk.mother) as work:
        assert {each.kind for each in timeline(work, find_child(work, walk.child.id))} >= {"moved_away", "care_plan"}
    with walk.as_(walk.doctor) as work, pytest.raises(NotNow):
        moving_away.leave_district(work, walk.child.id, why="moved_away", text="再来一次")
    with walk.as_(walk.doctor) as work:
        moving_away.come_back(work, walk.child.id)
    assert {task.kind for task in open_work(walk)} == {"dispute", "visit"}
