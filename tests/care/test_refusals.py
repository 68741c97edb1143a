"""A refusal writes nothing but an audit row, and says everything that is missing at once."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from mengya_health.audit import AuditEvent
from mengya_health.care import commands, conditions, follow_ups, plans, releases
from mengya_health.care.loop import conditions_of
from mengya_health.care.models import CaseStep, Task
from mengya_health.errors import Conflict, Invalid, NotFound, NotNow, NotPermitted
from mengya_health.history.models import HistoryEvent
from mengya_health.people.commands import end_enrolment
from mengya_health.people.queries import find_child
from mengya_health.record.models import Entry
from tests.care.walking import SHOWN
from tests.factories import PIN, a_member


def rows(walk) -> list[int]:
    with walk.work_as(walk.doctor, writing=False) as work:
        counted = [work.session.scalar(select(func.count()).select_from(m)) for m in (CaseStep, Task, HistoryEvent)]
        return [*counted, work.session.scalar(select(func.count()).select_from(Entry))]


def missing(refused) -> list[str]:
    return [each.condition for each in refused.value.missing]


def test_everything_that_is_missing_is_listed_with_whose_turn_it_is_and_what_would_fix_it(walk):
    walk.in_support()
    with pytest.raises(NotNow) as refused:
        walk.meet_goals()
    assert missing(refused) == [
        "success_rule_is_met", "class_has_observed", "home_records_are_in", "evaluation_is_signed",
    ]  # fmt: skip
    assert [each.whose_turn for each in refused.value.missing] == ["doctor", "teacher", "guardian", "doctor"]
    assert all(each.what_zh and each.why_zh and each.fix for each in refused.value.missing)
    assert "差 4 件事" in refused.value.zh
    assert refused.value.missing[2].evidence_zh == "每天四类食物 0/7"


def test_a_refused_event_writes_nothing_but_an_audit_row(walk):
    walk.in_support()
    before = rows(walk)
    with pytest.raises(NotNow):
        walk.meet_goals()
    assert rows(walk) == before
    with walk.work_as(walk.doctor, writing=False) as work:
        denied = work.session.scalars(select(AuditEvent).where(AuditEvent.outcome == "deny")).all()
        assert [(row.child_id, row.record_type, row.reason) for row in denied] == [
            (walk.child.id, "case", "meet_goals")
        ]


def test_an_event_of_another_state_is_refused_with_where_the_case_stands(walk):
    walk.screen(walk.story.low)
    walk.open()
    with pytest.raises(NotNow) as refused:
        walk.meet_goals()
    assert missing(refused) == ["state_allows"]
    assert "重点关注" in refused.value.missing[0].what_zh


def test_a_case_is_not_flagged_on_a_clean_check(walk):
    walk.screen(walk.story.well)
    walk.open()
    with pytest.raises(NotNow) as refused:
        walk.flag()
    assert missing(refused) == ["positive_is_on_file"]


def test_one_pathway_has_one_open_case(walk):
    walk.open()
    with pytest.raises(NotNow) as refused:
        walk.open()
    assert missing(refused) == ["pathway_is_free"]


def test_a_closed_case_is_not_opened_again_beside_a_newer_one(walk):
    walk.open()
    first = walk.case_id
    with walk.as_(walk.doctor) as work:
        commands.stop_case(work, first, reason_code="9")
    walk.open()
    with walk.as_(walk.doctor) as work, pytest.raises(NotNow) as refused:
        commands.reopen(work, first, reason="又担心")
    assert missing(refused) == ["pathway_is_free"]


def test_a_wrong_role_is_told_who_decides(walk):
    walk.in_support()
    with pytest.raises(NotPermitted) as refused, walk.as_(walk.mother) as work:
        follow_ups.meet_goals(work, walk.case_id)
    assert "儿保医生" in refused.value.zh
    with pytest.raises(NotPermitted) as refused, walk.as_(walk.doctor) as work:
        plans.withdraw(work, walk.case_id)
    assert "监护人" in refused.value.zh
    with pytest.raises(NotPermitted), walk.as_(walk.teacher) as work:
        commands.stop_case(work, walk.case_id, reason_code="5")


def test_somebody_elses_child_is_not_found(walk):
    walk.in_support()
    for actor in (walk.district.other_doctor, walk.district.other_teacher, walk.district.sysadmin):
        with walk.work_as(actor) as work, pytest.raises(NotFound):
            commands.flag(work, walk.case_id)


def test_no_referral_goes_to_whom_the_family_has_not_agreed_to(walk):
    walk.screen(walk.story.low)
    walk.open()
    facts = walk.facts().with_given(receiver_id=walk.district.mch_institute_id)
    assert consent_to_refer(facts).is_met
    without = replace(facts, child=replace(facts.child, subject=replace(facts.child.subject, consents=())))
    refused = consent_to_refer(without)
    assert (refused.is_met, refused.missing.whose_turn, refused.missing.is_releasable) == (False, "guardian", False)


def consent_to_refer(facts):
    return next(each for each in conditions_of(facts, "refer") if each.name == "receiver_is_consented")


def test_the_plan_is_refused_with_every_gap_of_it(walk):
    walk.flagged()
    walk.plan = {
        "summary": "",
        "goals": [{"measure": "体重", "target": ""}],
        "tasks": [
            {"item": "BB04", "who": "guardian"},
            {"item": "BB02", "who": "guardian"},
            {"item": "BB10", "who": "guardian"},
            {"item": "BB07", "who": "guardian"},
        ],
    }
    with pytest.raises(NotNow) as refused:
        walk.make_plan()
    assert missing(refused) == ["goals_are_measurable", "tasks_are_complete", "tasks_are_few", "tasks_suit_age"]


def test_a_task_that_is_not_on_the_menu_or_not_for_that_person_is_invalid(walk):
    walk.flagged()
    for task, field in (
        ({"item": "ZZ99", "who": "guardian"}, "tasks.0.item"),
        ({"item": "BB06", "who": "teacher"}, "tasks.0.who"),
    ):
        walk.plan = {**walk.plan, "tasks": [task]}
        with pytest.raises(Invalid) as refused:
            walk.make_plan()
        assert list(refused.value.fields) == [field]


def test_a_child_that_attends_nowhere_needs_no_word_of_a_class(walk):
    walk.in_support()
    with walk.as_(walk.doctor) as work:
        end_enrolment(work, find_child(work, walk.child.id))
    held = {each.name: each for each in conditions_of(walk.facts(), "meet_goals")}
    assert held["class_has_observed"].is_met


def test_an_observation_of_long_ago_does_not_count(walk):
    walk.in_support()
    walk.observe()
    assert {c.name: c.is_met for c in conditions_of(walk.facts(), "meet_goals")}["class_has_observed"]
    walk.clock.forward(days=31)
    assert not {c.name: c.is_met for c in conditions_of(walk.facts(), "meet_goals")}["class_has_observed"]


def test_a_reviewer_releases_evidence_with_a_reason_and_never_a_signature(walk):
    walk.in_support()
    with walk.work_as(walk.district.sysadmin) as work:
        reviewer = a_member(work, "reviewer", walk.district.mch_institute_id)
    ask = {
        "event": "meet_goals",
        "reason": "孩子住院，班里看不到",
        "reviewer_organisation_id": walk.district.mch_institute_id,
    }
    with walk.as_(walk.doctor) as work, pytest.raises(Invalid):
        releases.ask_release(work, walk.case_id, conditions=["evaluation_is_signed"], **ask)
    with walk.work_as(reviewer) as work, pytest.raises(NotFound):
        find_child(work, walk.child.id)
    with walk.as_(walk.doctor) as work:
        task_id = releases.ask_release(work, walk.case_id, conditions=["class_has_observed"], **ask).id
    with walk.work_as(reviewer) as work:
        ((child, asked),) = releases.releases_asked(work, walk.district.mch_institute_id)
        assert (child.id, asked.id) == (walk.child.id, task_id)
    with walk.as_(reviewer) as work:
        releases.answer_release(work, task_id, is_granted=True, reason="同意，情况属实")
    held = {each.name: each for each in conditions_of(walk.facts(), "meet_goals")}
    assert held["class_has_observed"].is_met
    assert held["class_has_observed"].is_released
    assert not held["home_records_are_in"].is_met


def test_a_refused_release_changes_nothing(walk):
    walk.in_support()
    with walk.work_as(walk.district.sysadmin) as work:
        reviewer = a_member(work, "reviewer", walk.district.mch_institute_id)
    with walk.as_(walk.doctor) as work:
        task_id = releases.ask_release(
            work,
            walk.case_id,
            event="meet_goals",
            conditions=["class_has_observed"],
            reason="太忙",
            reviewer_organisation_id=walk.district.mch_institute_id,
        ).id
    with walk.as_(reviewer) as work:
        releases.answer_release(work, task_id, is_granted=False, reason="请先补观察")
    assert not {c.name: c.is_met for c in conditions_of(walk.facts(), "meet_goals")}["class_has_observed"]


def test_a_page_that_shows_an_older_case_gets_a_conflict(walk):
    walk.screen(walk.story.low)
    walk.open()
    seen = walk.case().row_version
    walk.flag()
    with walk.work_as(walk.doctor) as work, pytest.raises(Conflict):
        commands.rescreen(work, walk.case_id, seen_version=seen)


def test_a_plan_that_moved_on_is_not_signed(walk):
    walk.flagged()
    walk.make_plan()
    with walk.as_(walk.doctor) as work:
        plans.change_plan(work, walk.case_id, plan=walk.plan)
    with walk.as_(walk.mother) as work, pytest.raises(Conflict):
        plans.agree(work, walk.case_id, version=1, pin=PIN, shown=SHOWN, nonce=os.urandom(16))
    walk.agree()
    assert walk.state == "active"


def test_a_date_gone_by_is_no_date_for_a_second_look(walk):
    walk.flagged()
    with walk.work_as(walk.doctor) as work, pytest.raises(NotNow) as refused:
        commands.rescreen(work, walk.case_id, due_on=work.today - timedelta(days=1))
    assert missing(refused) == ["date_is_set"]


@pytest.mark.parametrize("actor", ["doctor", "teacher", "mother", "specialist"])
def test_no_condition_ever_raises_whoever_asks(walk, actor):
    walk.in_support()
    who = {"doctor": walk.doctor, "teacher": walk.teacher, "mother": walk.mother}.get(actor, walk.district.specialist)
    if actor == "specialist":
        walk.refer()
        with pytest.raises(NotFound):  # who answers a referral reads the letter, not the case
            walk.facts(who)
        return
    facts = walk.facts(who)
    bare = replace(facts, entries=(), tasks=(), referrals=(), signatures={}, steps=())
    for each in (facts, bare):
        for name, condition in conditions.BY_NAME.items():
            assert isinstance(condition(each).is_met, bool), name
