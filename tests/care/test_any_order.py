"""Whatever the order of events: no support without a guardian's signature, nothing left open behind a closed case."""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mengya_health.care import closing, commands, follow_ups, plans, referrals
from mengya_health.errors import MengyaError
from mengya_health.people.commands import tie_child
from mengya_health.people.queries import find_child
from tests.care.walking import SHOWN, STORIES, Walk
from tests.factories import PIN, a_child

SUPPORTED = {"active", "following", "confirming"}
FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def signature(pin: str) -> dict:
    return {"version": 1, "pin": pin, "shown": SHOWN, "nonce": os.urandom(16)}


def events_of(walk: Walk) -> dict[str, tuple[str, Callable]]:
    """Return each event with who sends it and how; the guardian's own signatures are not among them."""
    refer = {
        "receiver_id": walk.district.mch_institute_id,
        "within": "SLA_REFER_URGENT",
        "reason": "请看",
        "materials": ["chart"],
    }
    return {
        "flag": ("doctor", lambda w: commands.flag(w, walk.case_id)),
        "rescreen": ("doctor", lambda w: commands.rescreen(w, walk.case_id)),
        "refer": ("doctor", lambda w: referrals.refer_child(w, walk.case_id, **refer)),
        "clear": ("doctor", lambda w: commands.clear(w, walk.case_id, informed="face")),
        "release": ("doctor", lambda w: commands.release(w, walk.case_id, informed="face", reason="好了")),
        "plan": ("doctor", lambda w: plans.make_plan(w, walk.case_id, plan=walk.plan)),
        "agree as doctor": ("doctor", lambda w: plans.agree(w, walk.case_id, **signature(PIN))),
        "agree with a wrong PIN": ("mother", lambda w: plans.agree(w, walk.case_id, **signature("000000"))),
        "decline": ("mother", lambda w: plans.decline(w, walk.case_id, reason="先不做")),
        "ask_first": ("mother", lambda w: plans.ask_first(w, walk.case_id, question="为什么？")),
        "revise": ("doctor", lambda w: plans.revise(w, walk.case_id, plan=walk.plan, reason="换")),
        "withdraw": ("mother", lambda w: plans.withdraw(w, walk.case_id)),
        "meet_goals": ("doctor", lambda w: follow_ups.meet_goals(w, walk.case_id)),
        "relapse": ("doctor", lambda w: plans.relapse(w, walk.case_id, reason="低", plan=walk.plan)),
        "propose_closure": (
            "doctor",
            lambda w: closing.propose_closure(w, walk.case_id, text="好", plain_text="好"),
        ),
        "close_unconfirmed": ("doctor", lambda w: closing.close_unconfirmed(w, walk.case_id)),
        "stop": ("doctor", lambda w: commands.stop_case(w, walk.case_id, reason_code="5", not_done="moved_away")),
        "reopen": ("doctor", lambda w: commands.reopen(w, walk.case_id, reason="又担心")),
    }


WITHOUT_SIGNATURE = (
    "flag", "rescreen", "refer", "clear", "release", "plan", "agree as doctor", "agree with a wrong PIN", "decline",
    "ask_first", "revise", "withdraw", "meet_goals", "relapse", "propose_closure", "close_unconfirmed", "stop",
    "reopen",
)  # fmt: skip


@pytest.fixture
def again(installation, work_as, clock, district) -> Callable[[], Walk]:
    """Begin anew with another child of the same district and the same mother."""
    first = Walk(installation, work_as, clock, STORIES[2], district).prepare()

    def begin() -> Walk:
        with work_as(first.doctor) as work:
            child = a_child(work, first.district)
            tie_child(work, child.id, kind="guardian", user_id=first.mother.user_id, authority="signs")
            first.child = find_child(work, child.id)
        first.screen(first.story.low)
        first.open()
        return first

    return begin


def send(walk: Walk, event: str) -> None:
    role, command = events_of(walk)[event]
    try:
        with walk.as_(getattr(walk, role)) as work:
            command(work)
    except MengyaError:
        return  # refused: nothing was stored


@FEW
@given(events=st.lists(st.sampled_from(WITHOUT_SIGNATURE), min_size=4, max_size=14))
def test_no_order_of_events_supports_a_child_without_a_guardians_signature(again, events):
    walk = again()
    for event in ("flag", "plan", *events):
        send(walk, event)
        assert walk.state not in SUPPORTED


@FEW
@given(events=st.lists(st.sampled_from((*WITHOUT_SIGNATURE, "release", "stop", "plan")), min_size=4, max_size=14))
def test_no_closed_case_has_an_open_referral_or_task(again, events):
    walk = again()
    for event in ("flag", "refer", *events):
        send(walk, event)
        if walk.state not in ("resolved", "stopped"):
            continue
        assert walk.open_tasks() == []
        facts = walk.facts()
        assert all(referral.is_settled for referral in facts.referrals)
