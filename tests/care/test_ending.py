"""How cases end other than by three hands: watching is over, the case is stopped, two doctors decide."""

import pytest

from mengya_health.care import closing, commands, concerns, plans
from mengya_health.care.loop import conditions_of
from mengya_health.care.models import Case, Referral
from mengya_health.care.referrals import find_referral
from mengya_health.care.undoing import take_back_step
from mengya_health.errors import NotFound, NotNow, NotPermitted
from mengya_health.people.models import Child
from mengya_health.people.queries import find_child
from mengya_health.signing.commands import withdraw_signature
from mengya_health.signing.queries import own_signatures


def confirming(walk):
    walk.in_support()
    walk.support()
    walk.consolidate()
    walk.propose_closure()
    return walk


def contact(walk, way: str, *, is_reached: bool = False) -> None:
    with walk.as_(walk.doctor) as work:
        concerns.log_contact(work, walk.case_id, way=way, is_reached=is_reached, text="没有人接")


def test_a_clean_second_look_leads_back_to_watching_and_out(walk):
    walk.flagged()
    with walk.as_(walk.doctor) as work:
        commands.rescreen(work, walk.case_id)
    with pytest.raises(NotNow) as refused, walk.as_(walk.doctor) as work:
        commands.clear(work, walk.case_id)
    assert [m.condition for m in refused.value.missing] == ["negative_is_on_file", "guardian_is_informed"]
    walk.screen(walk.story.well)
    with walk.as_(walk.doctor) as work:
        commands.clear(work, walk.case_id, informed="phone")
    assert walk.state == "watching"
    with walk.as_(walk.doctor) as work:
        commands.release(work, walk.case_id, informed="face")
    assert (walk.state, walk.open_tasks()) == ("resolved", [])
    assert walk.facts().steps[-1].body["closing_code"] == "2"


def test_a_reply_that_finds_nothing_counts_as_a_negative_result(walk):
    walk.flagged()
    walk.answer_referral(walk.refer(), result="excluded")
    contact(walk, "phone", is_reached=True)
    with walk.as_(walk.doctor) as work:
        commands.clear(work, walk.case_id)
    assert walk.state == "watching"


def test_the_receiver_reaches_the_child_only_while_a_referral_is_open(walk):
    walk.flagged()
    with walk.work_as(walk.district.specialist) as work, pytest.raises(NotFound):
        find_child(work, walk.child.id)
    referral_id = walk.refer()
    with walk.work_as(walk.district.specialist) as work:
        assert find_referral(work, referral_id)[0].id == walk.child.id
    with walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code="7", not_done="declined")
    with walk.work_as(walk.district.specialist) as work, pytest.raises(NotFound):
        find_child(work, walk.child.id)
    with walk.work_as(walk.doctor) as work:
        assert work.session.get(Referral, referral_id).status == "failed"
    assert walk.facts().referrals[0].not_done == {"reason": "declined", "text": ""}


def test_stopping_wants_a_typed_reason_for_the_case_and_for_all_that_is_left(walk):
    walk.flagged()
    walk.refer()
    with pytest.raises(NotNow) as refused, walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code="1")
    assert [m.condition for m in refused.value.missing] == ["stop_reason_is_typed", "open_items_have_reasons"]
    with walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code="5", not_done="moved_away")
    assert (walk.state, walk.open_tasks()) == ("stopped", [])


def test_a_family_is_lost_only_after_tries_on_different_days_in_different_ways(walk):
    walk.flagged()
    for way in ("phone", "phone", "phone"):
        contact(walk, way)
    with pytest.raises(NotNow) as refused, walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code="6")
    assert [m.condition for m in refused.value.missing] == ["loss_is_shown"]
    assert refused.value.missing[0].evidence_zh == "联系 1/3 次，1/2 种方式"
    for way in ("message", "visit"):
        walk.clock.forward(days=4)
        contact(walk, way)
    with walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code="6")
    assert walk.state == "stopped"


def test_a_family_that_was_reached_is_not_lost(walk):
    walk.flagged()
    for way, is_reached in (("phone", False), ("message", False), ("visit", False), ("phone", True)):
        walk.clock.forward(days=4)
        contact(walk, way, is_reached=is_reached)
    with pytest.raises(NotNow), walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code="6")


def test_after_a_death_everything_due_for_the_child_is_cancelled(walk):
    walk.flagged()
    with walk.as_(walk.doctor) as work:
        other = commands.open_case(work, walk.child.id, pathway_id="PW_ANEMIA").id
    with walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code="8", not_done="deceased")
    with walk.work_as(walk.doctor) as work:
        assert {work.session.get(Case, each).state for each in (walk.case_id, other)} == {"stopped"}
        assert work.session.get(Child, walk.child.id).status == "deceased"
    assert walk.open_tasks() == []


def test_nobody_closes_alone_what_the_family_has_not_confirmed(walk):
    confirming(walk)
    referral_id = walk.refer()
    with walk.as_(walk.doctor) as work:
        closing.ask_second_doctor(work, walk.case_id, reason="联系不上")
    with pytest.raises(NotNow) as refused, walk.as_(walk.doctor) as work:
        closing.close_unconfirmed(work, walk.case_id)
    assert [m.condition for m in refused.value.missing] == [
        "confirmation_time_is_over", "contacts_were_tried", "second_doctor_agrees", "referrals_are_settled",
    ]  # fmt: skip
    for way in ("phone", "message", "visit"):
        walk.clock.forward(days=5)
        contact(walk, way)
    with pytest.raises(NotNow) as refused, walk.as_(walk.doctor) as work:
        closing.close_unconfirmed(work, walk.case_id)
    assert [m.condition for m in refused.value.missing] == ["second_doctor_agrees", "referrals_are_settled"]
    walk.answer_referral(referral_id)
    with walk.as_(walk.district.second_doctor) as work:
        closing.close_unconfirmed(work, walk.case_id, reason="按规定结案")
    assert (walk.state, walk.open_tasks()) == ("resolved", [])


def test_closing_waits_for_the_class_before_it_asks_the_family(walk):
    confirming(walk)
    with pytest.raises(NotNow) as refused:
        walk.confirm_closure()
    assert [m.condition for m in refused.value.missing] == ["class_has_confirmed"]
    with pytest.raises(NotPermitted), walk.as_(walk.mother) as work:
        closing.write_class_summary(work, walk.case_id, text="我来写")
    assert {c.name: c.is_met for c in conditions_of(walk.facts(walk.mother), "confirm_closure")} == {
        "class_has_confirmed": False,
        "closing_summary_is_signed": False,
        "referrals_are_settled": True,
    }


def test_a_guardian_who_takes_the_closing_signature_back_raises_a_concern(walk):
    confirming(walk)
    walk.confirm_in_class()
    referral_id = walk.refer()  # a family's word closes no case over a letter without reply
    with pytest.raises(NotNow) as refused:
        walk.confirm_closure()
    assert [m.condition for m in refused.value.missing] == ["referrals_are_settled"]
    walk.answer_referral(referral_id)
    walk.confirm_closure()
    walk.clock.forward(hours=3)
    with walk.as_(walk.mother) as work:
        closing.withdraw_closing(work, walk.case_id, reason="还是不放心")
    assert walk.state == "resolved"
    with walk.as_(walk.doctor) as work:
        commands.reopen(work, walk.case_id, reason="家长撤回")
    assert walk.state == "positive"


def test_a_withdrawn_plan_rests_and_goes_on_when_it_is_signed_again(walk):
    walk.in_support()
    with walk.as_(walk.mother) as work:
        plans.withdraw(work, walk.case_id, reason="先停一停")
    assert (walk.state, walk.turn) == ("planning", "guardian")
    assert {task.status for task in walk.open_tasks("care_task")} == {"on-hold"}
    assert not {c.name: c.is_met for c in conditions_of(walk.facts(), "agree")}["plan_is_signed"]
    walk.agree()
    assert {task.status for task in walk.open_tasks("care_task")} == {"accepted"}


def test_nobody_undoes_their_way_back_to_a_plan_the_family_no_longer_stands_by(walk):
    walk.in_support()
    with walk.as_(walk.mother) as work:  # as her page does it
        (mine,) = own_signatures(work, find_child(work, walk.child.id))
        withdraw_signature(work, find_child(work, walk.child.id), mine.id)
        plans.withdraw(work, walk.case_id, reason="先停一停")
    with pytest.raises(NotNow), walk.as_(walk.mother) as work:
        take_back_step(work, walk.case_id)
    walk.agree()
    with walk.as_(walk.doctor) as work:
        plans.revise(work, walk.case_id, plan=walk.plan | {"summary": "换一种做法。"}, reason="换")
    with walk.as_(walk.mother) as work:
        (mine, _first) = own_signatures(work, find_child(work, walk.child.id))
        withdraw_signature(work, find_child(work, walk.child.id), mine.id)
    with pytest.raises(NotNow), walk.as_(walk.doctor) as work:
        take_back_step(work, walk.case_id)
    assert walk.state == "planning"


def test_a_declined_plan_leaves_the_case_to_the_doctor(walk):
    walk.flagged()
    walk.make_plan()
    with pytest.raises(NotNow), walk.as_(walk.mother) as work:
        plans.decline(work, walk.case_id, reason=" ")
    with walk.as_(walk.mother) as work:
        plans.decline(work, walk.case_id, reason="想先观察")
    assert (walk.state, walk.turn) == ("positive", "doctor")
    assert [task.kind for task in walk.open_tasks()] == ["decision"]


def test_a_revised_plan_is_a_new_version_that_is_signed_anew(walk):
    walk.in_support()
    walk.plan["tasks"] = [{"item": "BB08", "who": "guardian"}]
    with walk.as_(walk.doctor) as work:
        plans.revise(work, walk.case_id, plan=walk.plan, reason="换一项")
    plan = walk.facts().newest("care_plan")
    assert (plan.version, [task["item"] for task in plan.content["tasks"]]) == (2, ["BB08"])
    assert len(walk.open_tasks("care_task")) == 1
    walk.agree()
    assert walk.state == "active"
