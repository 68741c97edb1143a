"""Nothing due rests unseen: what no command would have moved, and what an ending would have left behind."""

import pytest

from mengya_health.care import check_ins, commands, consents, handovers, plans
from mengya_health.care.class_moves import approve_places
from mengya_health.care.decisions import decide_check
from mengya_health.care.due import day_list
from mengya_health.care.places_ended import bring_back_class_work
from mengya_health.care.undoing import take_back_step
from mengya_health.errors import Conflict, NotFound, NotPermitted
from mengya_health.people import renewals
from mengya_health.people.former import former_child
from mengya_health.people.queries import find_child
from mengya_health.record.commands import correct_entry
from mengya_health.record.own_words import own_words
from mengya_health.record.queries import find_entry
from mengya_health.screening.decisions import NOT_NOW, Decision, undecided
from mengya_health.screening.sheet_commands import find_sheet, record_sheet
from mengya_health.signing.consents import consents_of
from mengya_health.worker import after_places_ended
from tests.factories import PIN


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


def decisions(walk) -> list:
    with walk.work_as(walk.doctor) as work:
        lines = day_list(work, walk.district.clinic_id, limits={"decision": 20}).lines["decision"]
    return [(item.task.kind, item.task.due_on) for item in lines]


def test_a_place_in_class_that_ran_out_brings_its_work_back_and_a_new_year_gives_it_to_the_class_again(walk):
    walk.in_support()
    (in_class,) = [task for task in walk.open_tasks("care_task") if task.whose_turn == "teacher"]
    walk.clock.forward(days=366)
    with walk.as_(walk.teacher) as work, pytest.raises(NotFound):
        find_child(work, walk.child.id)
    assert ("care_task", in_class.due_on) not in decisions(walk)
    after_places_ended(walk.installation)
    assert ("care_task", in_class.due_on) in decisions(walk)
    with walk.as_(None) as work:
        assert bring_back_class_work(work) == 0
    with walk.as_(walk.doctor) as work:
        ended = [each.tie_id for each in renewals.endings(work, walk.district.clinic_id)]
        assert approve_places(work, walk.district.clinic_id, ended) == 1
    again = [(task.id, task.whose_turn) for task in walk.open_tasks("care_task") if task.id == in_class.id]
    assert again == [(in_class.id, "teacher")]


def test_a_case_in_which_nobody_has_anything_to_do_is_for_the_doctor_to_decide(walk):
    walk.in_support()
    assert walk.open_tasks("decision") == []
    for task in walk.open_tasks("care_task", "follow_up"):
        with walk.as_(walk.doctor) as work:
            check_ins.end_care_task(work, task.id, reason="declined")
    (decision,) = walk.open_tasks()
    assert (decision.kind, decision.whose_turn) == ("decision", "doctor")
    assert ("decision", decision.due_on) in decisions(walk)
    walk.follow_up(walk.story.well, 1)  # the next is planned, so there is nothing to decide
    assert [task.kind for task in walk.open_tasks()] == ["follow_up"]


def test_a_decision_taken_back_is_due_on_the_day_it_was_due_before(walk):
    walk.screen(walk.story.low)
    walk.open()
    (before,) = walk.open_tasks("decision")
    walk.clock.forward(days=9)
    walk.flag()
    with walk.as_(walk.doctor) as work:
        take_back_step(work, walk.case_id)
    assert [(task.id, task.due_on) for task in walk.open_tasks("decision")] == [(before.id, before.due_on)]


@pytest.mark.parametrize("ending", ["refused", "deceased"])
def test_when_everything_ends_a_clinic_asked_to_take_the_child_over_reaches_it_no_more(walk, ending):
    walk.screen(walk.story.low)
    walk.open()
    other = walk.district.other_doctor
    with walk.as_(walk.mother) as work:
        handovers.ask_as_guardian(work, walk.child.id, clinic_id=walk.district.other_clinic_id, pin=PIN)
    with walk.as_(other) as work:
        assert find_child(work, walk.child.id).id == walk.child.id
    with walk.as_(walk.doctor) as work:
        if ending == "deceased":
            commands.stop_case(work, walk.case_id, reason_code="8", not_done="deceased")
        else:
            held = [each for each in consents_of(work, find_child(work, walk.child.id)) if each.purpose == "P1"]
            consents.end_at_the_desk(work, walk.child.id, held[0].id)
            consents.stop_what_is_open(work, walk.child.id)
    with walk.as_(walk.doctor) as work:
        assert find_child(work, walk.child.id).subject.current("handover") == ()
    with walk.as_(other) as work, pytest.raises(NotFound):
        find_child(work, walk.child.id)


def test_a_clinic_that_took_a_child_over_changes_the_plan_and_the_old_clinics_words_stay(walk):
    walk.in_support()
    old = walk.facts().newest("care_plan")
    with walk.as_(walk.mother) as work:
        handovers.ask_as_guardian(work, walk.child.id, clinic_id=walk.district.other_clinic_id, pin=PIN)
    with walk.as_(walk.district.other_doctor) as work:
        handovers.accept_handover(work, walk.child.id)
    with walk.as_(walk.district.other_doctor) as work:
        plans.revise(work, walk.case_id, plan=walk.plan, reason="换几件")
    facts = walk.facts(walk.district.other_doctor)
    new = facts.newest("care_plan")
    assert (new.id != old.id, new.content["replaces"], facts.state) == (True, str(old.id), "planning")
    assert [e.version for e in facts.own_entries if e.id == old.id] == [1]
    with walk.as_(walk.district.other_doctor) as work:
        take_back_step(work, walk.case_id)
    assert walk.facts(walk.district.other_doctor).newest("care_plan").id == old.id


def test_support_taken_up_again_after_a_steady_time_has_its_next_follow_up(walk):
    walk.in_support()
    walk.support()
    for days in walk.story.consolidation_days:
        walk.follow_up(walk.story.well, days)
    assert walk.open_tasks("follow_up") == []  # it may be closed
    with walk.as_(walk.mother) as work:
        plans.withdraw(work, walk.case_id, reason="先停一停")
    walk.agree()
    for task in walk.open_tasks("follow_up"):
        with walk.as_(walk.doctor) as work:
            check_ins.end_care_task(work, task.id, reason="declined")
    walk.follow_up(walk.story.well, 30)
    assert [task.whose_turn for task in walk.open_tasks("follow_up")] == ["doctor"]


def test_a_clinic_that_takes_a_child_over_decides_on_a_check_of_the_other_and_keeps_that_to_itself(walk):
    with walk.as_(walk.doctor) as work:
        low = {"done_on": work.today.isoformat(), "hb": "92"}
        entry_id = record_sheet(work, walk.child, find_sheet(work.content, "SCR_ANEMIA"), low).id
    with walk.as_(walk.mother) as work:
        handovers.ask_as_guardian(work, walk.child.id, clinic_id=walk.district.other_clinic_id, pin=PIN)
    with walk.as_(walk.district.other_doctor) as work:
        handovers.accept_handover(work, walk.child.id)
        handovers.finish_handover(work, walk.child.id)
    with walk.as_(walk.district.other_doctor) as work:
        child = find_child(work, walk.child.id)
        opened = find_entry(work, child, entry_id)
        with pytest.raises(NotPermitted):
            correct_entry(work, child, entry_id, content=opened.content, row_version=opened.row_version)
        made = [Decision(each["pathway"], NOT_NOW, "复查血常规后再定") for each in undecided(opened)]
        decide_check(work, child, opened, made, row_version=opened.row_version)
        with pytest.raises(Conflict):
            decide_check(work, child, opened, made, row_version=opened.row_version)
    assert walk.open_tasks("finding") == []
    with walk.work_as(walk.district.other_doctor) as work:
        decided = find_entry(work, find_child(work, walk.child.id), entry_id)
        assert [each["reason"] for each in decided.content["decisions"]] == ["复查血常规后再定"]
    with walk.work_as(walk.doctor) as work:
        former = former_child(work, walk.child.id)
        (theirs,) = [
            each for each in own_words(work, former, organisation_ids=former.clinic_ids) if each.id == entry_id
        ]
        assert (theirs.version, theirs.content["decisions"]) == (1, [])
