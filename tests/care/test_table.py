"""Every state × event × role, written out: who may move a case, from where, to where."""

from datetime import date

import pytest

from mengya_health.access.actor import Actor, ChildSubject, ConsentHeld, Place, Tie
from mengya_health.care import loop, loop_shown
from mengya_health.care.workflow import START
from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.db import new_id

CLINIC, CLASS, HOSPITAL, DISTRICT = new_id(), new_id(), new_id(), new_id()
TODAY = date(2026, 11, 23)

# state: {event: (to, who)}; everything not written here is refused.
D, G, A, T = "doctor", "guardian", "any_guardian", "teacher"
TABLE = {
    "start": {"open": ("watching", D)},
    "watching": {
        "flag": ("positive", D),
        "refer": ("watching", D),
        "release": ("resolved", D),
        "stop": ("stopped", D),
    },
    "positive": {
        "rescreen": ("rescreening", D),
        "refer": ("referred", D),
        "clear": ("watching", D),
        "plan": ("planning", D),
        "stop": ("stopped", D),
    },
    "rescreening": {
        "refer": ("referred", D),
        "clear": ("watching", D),
        "plan": ("planning", D),
        "stop": ("stopped", D),
    },
    "referred": {
        "rescreen": ("rescreening", D),
        "refer": ("referred", D),
        "clear": ("watching", D),
        "plan": ("planning", D),
        "stop": ("stopped", D),
    },
    "planning": {
        "agree": ("active", G),
        "decline": ("positive", G),
        "ask_first": ("planning", A),
        "refer": ("planning", D),
        "stop": ("stopped", D),
    },
    "active": {
        "revise": ("planning", D),
        "withdraw": ("planning", G),
        "meet_goals": ("following", D),
        "refer": ("active", D),
        "stop": ("stopped", D),
    },
    "following": {
        "withdraw": ("planning", G),
        "relapse": ("planning", D),
        "propose_closure": ("confirming", D),
        "refer": ("following", D),
        "stop": ("stopped", D),
    },
    "confirming": {
        "relapse": ("planning", D),
        "confirm_stable": ("confirming", T),
        "confirm_closure": ("resolved", G),
        "close_unconfirmed": ("resolved", D),
        "refer": ("confirming", D),
        "stop": ("stopped", D),
    },
    "resolved": {"reopen": ("positive", D)},
    "stopped": {"reopen": ("positive", D)},
}

# event: only if what, whatever the state (product.md's last column). A star: a district reviewer may release evidence.
_PLAN = ("goals_are_measurable", "tasks_are_assigned", "tasks_are_complete", "tasks_are_few", "tasks_suit_age")
ONLY_IF = {
    "open": ("pathway_is_free",),
    "flag*": ("positive_is_on_file",),
    "rescreen*": ("date_is_set", "referrals_are_settled"),
    "refer": ("receiver_is_consented", "reason_is_given", "materials_are_chosen"),
    "clear*": ("negative_is_on_file", "guardian_is_informed", "referrals_have_feedback"),
    "release*": ("risk_is_past", "guardian_is_informed", "nothing_is_open"),
    "plan*": (*_PLAN, "plan_may_run_beside_referral"),
    "agree": ("plan_is_signed",),
    "decline": ("reason_is_given",),
    "ask_first": ("question_is_asked",),
    "revise": ("reason_is_given", *_PLAN),
    "withdraw": (),
    "meet_goals*": (
        "success_rule_is_met",
        "class_has_observed",
        "home_records_are_in",
        "referrals_have_feedback",
        "evaluation_is_signed",
    ),
    "relapse": ("reason_is_given", "relapse_evidence_is_on_file", *_PLAN),
    "propose_closure*": ("closing_rule_is_met", "nothing_is_open"),
    "confirm_stable": ("class_summary_is_signed",),
    "confirm_closure": ("class_has_confirmed", "closing_summary_is_signed", "referrals_are_settled"),
    "close_unconfirmed": (
        "confirmation_time_is_over",
        "contacts_were_tried",
        "second_doctor_agrees",
        "referrals_are_settled",
    ),
    "stop": ("stop_reason_is_typed", "loss_is_shown", "open_items_have_reasons"),
    "reopen": ("reason_is_given", "pathway_is_free"),
}


def staff(role: str, organisation_id, group_id=None) -> Actor:
    return Actor(new_id(), role, (Place(role, organisation_id, group_id),))


ACTORS = {
    "doctor": staff("doctor", CLINIC),
    "doctor_elsewhere": staff("doctor", new_id()),
    "teacher": staff("teacher", new_id(), CLASS),
    "teacher_elsewhere": staff("teacher", new_id(), new_id()),
    "specialist": staff("specialist", HOSPITAL),
    "reviewer": staff("reviewer", DISTRICT),
    "manager": staff("manager", None),
    "sysadmin": staff("sysadmin", None),
    "security_officer": staff("security_officer", None),
    "signing_guardian": Actor(new_id(), "guardian"),
    "reading_guardian": Actor(new_id(), "guardian"),
    "caregiver": Actor(new_id(), "caregiver"),
    "stranger": Actor(new_id(), "guardian"),
}
MAY = {
    D: {"doctor"},
    G: {"signing_guardian"},
    A: {"signing_guardian", "reading_guardian"},
    T: {"teacher"},
}


def tie(kind: str, **of) -> Tie:
    given = {"user_id": None, "organisation_id": None, "group_id": None, "authority": ""} | of
    return Tie(id=new_id(), kind=kind, from_on=TODAY, to_on=None, **given)


def subject(*purposes: str) -> ChildSubject:
    return ChildSubject(
        child_id=new_id(),
        today=TODAY,
        clinic_id=CLINIC,
        ties=(
            tie("care", organisation_id=CLINIC),
            tie("enrolment", group_id=CLASS),
            tie("receiver", organisation_id=HOSPITAL),
            tie("reviewer", organisation_id=DISTRICT),
            tie("guardian", user_id=ACTORS["signing_guardian"].user_id, authority="signs"),
            tie("guardian", user_id=ACTORS["reading_guardian"].user_id, authority="reads"),
            tie("caregiver", user_id=ACTORS["caregiver"].user_id, authority="records"),
        ),
        consents=tuple(ConsentHeld(purpose, None, ACTORS["signing_guardian"].user_id) for purpose in purposes),
    )


@pytest.fixture(scope="module")
def workflow():
    return loop.loop_of(load_content(WORKFLOWS))


def test_the_file_leads_where_the_written_table_says():
    found = {(row["state"], row["event"]): row["to"] for row in loop_shown.loop_table()}
    assert found == {(state, event): to for state, events in TABLE.items() for event, (to, _) in events.items()}


def test_the_file_asks_for_what_the_written_table_says(workflow):
    for state, events in workflow.transitions.items():
        for event, way in events.items():
            name = f"{event}*" if way.release else event
            assert (name, sorted(way.conditions)) == (name, sorted(ONLY_IF.get(name, ("unknown",)))), state
            assert way.release in ((), ("reviewer_of",))


@pytest.mark.parametrize("state", TABLE)
@pytest.mark.parametrize("role", ACTORS)
def test_only_whom_the_written_table_names_may_send_an_event(workflow, state, role):
    allowed = set(loop.allowed_events(workflow, state, ACTORS[role], subject("P1", "P2", "P3")))
    assert allowed == {event for event, (_, who) in TABLE[state].items() if role in MAY[who]}


@pytest.mark.parametrize("state", TABLE)
def test_a_bound_phone_alone_moves_nothing(workflow, state):
    for actor in ACTORS.values():
        phone = Actor(actor.user_id, actor.role, actor.places, session_kind="device")
        assert loop.allowed_events(workflow, state, phone, subject("P1", "P2", "P3")) == []


@pytest.mark.parametrize("state", TABLE)
def test_without_consent_to_the_record_a_case_can_only_be_stopped_or_its_plan_withdrawn(workflow, state):
    left = {event for actor in ACTORS.values() for event in loop.allowed_events(workflow, state, actor, subject())}
    assert left <= {"stop", "withdraw"}
    assert ("stop" in left) is (state not in (START, "resolved", "stopped"))


def test_a_teacher_confirms_only_where_the_family_shares_with_the_nursery(workflow):
    assert loop.allowed_events(workflow, "confirming", ACTORS["teacher"], subject("P1")) == []


def ways_into(workflow, state: str) -> dict:
    """Return every way by which a case comes into a state from another, by state and event."""
    return {
        (before, event): way
        for before, events in workflow.transitions.items()
        for event, way in events.items()
        if way.to == state != before
    }


def test_no_path_leads_to_support_but_by_a_guardians_signature(workflow):
    ((place, way),) = ways_into(workflow, "active").items()
    assert place == ("planning", "agree")
    assert "signing_guardian_of" in way.by
    assert (way.conditions, workflow.conditions["plan_is_signed"].kind, way.release) == (
        ("plan_is_signed",),
        "consent",
        (),
    )
    reached, found = set(), {START}
    while found - reached:
        reached |= found
        found = {way.to for state in reached for event, way in workflow.transitions[state].items() if event != "agree"}
    assert reached & {"active", "following", "confirming"} == set()


def test_every_way_out_of_the_loop_asks_after_the_letters_and_nobody_releases_from_it(workflow):
    settled = {"nothing_is_open", "referrals_are_settled", "open_items_have_reasons"}
    for state in ("resolved", "stopped"):
        for place, way in ways_into(workflow, state).items():
            assert settled & set(way.conditions), place
            if way.release:
                asked = {name for name in settled & set(way.conditions) if workflow.conditions[name].kind != "evidence"}
                assert asked, place
