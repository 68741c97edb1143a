"""Who may do what, written out: a new permission or rule must be added here to pass."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mengya_health.access.actor import (
    CLOSABLE,
    Actor,
    ChildSubject,
    Closed,
    ConsentHeld,
    Emergency,
    Place,
    PlaceSubject,
    ReferralLink,
    ReportSubject,
    Tie,
)
from mengya_health.access.permissions import OF_CLASS, RULES, WRITE_SECTION, Permission, is_allowed, require
from mengya_health.access.rules import BY_NAME
from mengya_health.errors import NotFound, NotPermitted, Restricted, SectionClosed

TODAY = date(2026, 11, 23)
CLINIC, NURSERY, HOSPITAL, GROUP, DISTRICT, ELSEWHERE = (UUID(int=number) for number in range(1, 7))
NEXT_CLINIC, LAST_CLINIC, LAST_GROUP = (UUID(int=number) for number in range(21, 24))
MOTHER, FATHER, GRANNY, VISITOR, RESCUER = (UUID(int=number) for number in range(11, 16))
INVITED, CHAIR = UUID(int=16), UUID(int=17)

REFERRAL = UUID(int=63)


def tie(kind, **who) -> Tie:
    empty = {"user_id": None, "organisation_id": None, "group_id": None, "authority": ""}
    return Tie(id=UUID(int=99), kind=kind, **(empty | who), from_on=TODAY - timedelta(days=9), to_on=None)


CHILD = ChildSubject(
    child_id=UUID(int=50),
    today=TODAY,
    clinic_id=CLINIC,
    ties=(
        tie("guardian", user_id=MOTHER, authority="signs"),
        tie("guardian", user_id=FATHER, authority="reads"),
        tie("caregiver", user_id=GRANNY, authority="records"),
        tie("caregiver", user_id=VISITOR, authority="reads"),
        tie("care", organisation_id=CLINIC),
        tie("enrolment", organisation_id=NURSERY, group_id=GROUP),
        tie("receiver", organisation_id=HOSPITAL, basis_id=REFERRAL),
        tie("reviewer", organisation_id=DISTRICT),
        tie("handover", organisation_id=NEXT_CLINIC),
        tie("former", organisation_id=LAST_CLINIC, authority="care"),
        tie("former", organisation_id=ELSEWHERE, group_id=LAST_GROUP, authority="class"),
        tie("conference", user_id=INVITED, authority="reads"),
        tie("conference", user_id=CHAIR, authority="chairs"),
        tie("break_glass", user_id=RESCUER),
    ),
    consents=tuple(ConsentHeld(purpose, None, MOTHER) for purpose in ("P1", "P2", "P3", "P5")),
)


def staff(role, organisation_id, group_id=None) -> Actor:
    return Actor(UUID(int=70), role, (Place(role, organisation_id, group_id),))


ACTORS = {
    "mother": Actor(MOTHER, "guardian"),
    "father": Actor(FATHER, "guardian"),
    "granny": Actor(GRANNY, "caregiver"),
    "visitor": Actor(VISITOR, "caregiver"),
    "doctor": staff("doctor", CLINIC),
    "teacher": staff("teacher", NURSERY, GROUP),
    "health_staff": staff("health_staff", NURSERY),
    "specialist": staff("specialist", HOSPITAL),
    "link": Actor(UUID(int=72), "receiver_link", link=ReferralLink(UUID(int=61), REFERRAL, HOSPITAL)),
    "other_link": Actor(UUID(int=73), "receiver_link", link=ReferralLink(UUID(int=62), UUID(int=64), HOSPITAL)),
    "reviewer": staff("reviewer", DISTRICT),
    "receiving_doctor": staff("doctor", NEXT_CLINIC),
    "former_doctor": staff("doctor", LAST_CLINIC),
    "former_teacher": staff("teacher", ELSEWHERE, LAST_GROUP),
    "other_doctor": staff("doctor", ELSEWHERE),
    "other_teacher": staff("teacher", NURSERY, UUID(int=98)),
    "other_specialist": staff("specialist", ELSEWHERE),
    "rescuer": replace(
        staff("doctor", ELSEWHERE),
        user_id=RESCUER,
        emergency=Emergency(UUID(int=60), UUID(int=50), datetime(2026, 11, 23, 2, 0, tzinfo=UTC)),
    ),
    "invited": replace(staff("specialist", ELSEWHERE), user_id=INVITED),
    "chair": replace(staff("doctor", ELSEWHERE), user_id=CHAIR),
    "manager": staff("manager", DISTRICT),
    "security_officer": staff("security_officer", None),
    "sysadmin": staff("sysadmin", None),
    "stranger": Actor(UUID(int=97), "guardian"),
    "lead": staff("safeguarding", NURSERY),
    "area_lead": staff("area_safeguarding", DISTRICT),
    "other_lead": staff("safeguarding", ELSEWHERE),
    "other_area_lead": staff("area_safeguarding", ELSEWHERE),
}
REPORTERS = {
    **ACTORS,
    "author": Actor(UUID(int=71), "teacher", (Place("teacher", NURSERY, GROUP),)),
    "lead_and_father": replace(staff("safeguarding", NURSERY), user_id=FATHER),
}
# A mandatory report by a teacher of the child's nursery.
REPORT = ReportSubject(
    author_id=UUID(int=71),
    organisation_id=NURSERY,
    area_ids=frozenset({DISTRICT}),
    family_ids=frozenset({MOTHER, FATHER, GRANNY, VISITOR}),
)

# permission: everybody who may, with every consent given.
ALLOWED = {
    "child:read": "mother father granny visitor doctor teacher health_staff reviewer rescuer receiving_doctor",
    "health:read": "mother father granny visitor doctor rescuer",
    "behaviour:read": "mother father granny visitor doctor teacher health_staff",
    "family:read": "mother father granny visitor doctor",
    "health:write": "doctor",
    "behaviour:write": "teacher health_staff",
    "family:write": "mother father granny",
    "concern:raise": "mother father granny doctor teacher health_staff",
    "photo:keep": "mother father granny teacher health_staff",
    "entry:dispute": "mother father",
    "paper:witness": "doctor",
    "entry:sign": "mother",
    "consent:give": "mother",
    "consent:settle": "doctor",
    "guardian:restrict": "doctor",
    "section:share": "mother",
    "family:invite": "mother",
    "case:read": "mother father granny visitor doctor teacher health_staff reviewer rescuer",
    "gate:release": "reviewer",
    "referral:read": "doctor specialist link",
    "referral:answer": "specialist link",
    "health:print": "mother father doctor",
    "audit:read": "mother father",
    "record:copy": "mother father",
    "child:keep": "doctor",
    "record:erase": "doctor",
    "class:leave": "doctor teacher health_staff",
    "child:hand-over": "mother doctor",
    "child:take-over": "receiving_doctor",
    "own-words:read": "former_doctor former_teacher",
    "visit:book": "mother father doctor",
    "guardian:invite": "doctor",
    "report:write": "doctor teacher health_staff specialist other_teacher",
    "conference:read": "doctor invited chair",
    "conference:answer": "doctor invited chair",
    "conference:lead": "doctor chair",
}
CONFERENCE = "conference:read conference:answer conference:lead"
ALLOWED_AT_THE_CLINIC = {
    "child:register": "doctor",
    "children:list": "doctor",
    "emergency:read": "doctor",
    "figures:clinic": "doctor",
}
ALLOWED_OF_A_REPORT = {"report:read": "author lead area_lead", "report:follow": "lead area_lead"}
ALLOWED_ANYWHERE = {
    "history:read": "sysadmin security_officer",
    "users:manage": "sysadmin",
    "audit:oversee": "security_officer",
    "figures:district": "manager",
    "figures:export": "manager",
    "overdue:follow": "manager",
    "figures:approve": "security_officer",
    "rota:keep": "manager",
    "record:approve-erasure": "security_officer",
    "basis:read": "doctor specialist reviewer manager sysadmin other_doctor other_specialist rescuer "
    "receiving_doctor former_doctor invited chair",
}

# What is left when one consent is missing: who loses what.
LOST = {
    "P1": {
        "doctor": "health:read behaviour:read family:read health:write concern:raise case:read referral:read "
        f"health:print paper:witness {CONFERENCE}",
        "teacher": "child:read behaviour:read behaviour:write photo:keep concern:raise case:read",
        "specialist": "referral:read referral:answer",
        "mother": "family:write photo:keep",
    },
    "P2": {
        "doctor": "behaviour:read",
        "teacher": "child:read behaviour:read behaviour:write photo:keep concern:raise case:read",
        "specialist": "",
        "mother": "",
    },
    "P3": {"doctor": "", "teacher": "", "specialist": "referral:read referral:answer", "mother": ""},
    "P5": {"doctor": "", "teacher": "photo:keep", "specialist": "", "mother": "photo:keep"},
}


def permitted(actor: Actor, subject=CHILD) -> set[str]:
    return {permission for permission in ALLOWED if is_allowed(actor, permission, subject)}


def test_every_permission_stands_in_the_table_and_in_this_test():
    written = {*ALLOWED, *ALLOWED_AT_THE_CLINIC, *ALLOWED_OF_A_REPORT, *ALLOWED_ANYWHERE}
    assert written == set(Permission) == set(RULES)


@pytest.mark.parametrize("name", ACTORS)
def test_role_may_do_exactly_what_is_written(name):
    assert permitted(ACTORS[name]) == {permission for permission, who in ALLOWED.items() if name in who.split()}


@pytest.mark.parametrize("name", ACTORS)
def test_places_are_open_to_exactly_whom_is_written(name):
    at_clinic = {p for p in ALLOWED_AT_THE_CLINIC if is_allowed(ACTORS[name], p, PlaceSubject(CLINIC))}
    assert at_clinic == {p for p, who in ALLOWED_AT_THE_CLINIC.items() if name in who.split()}
    anywhere = {p for p in ALLOWED_ANYWHERE if is_allowed(ACTORS[name], p, PlaceSubject(None))}
    assert anywhere == {p for p, who in ALLOWED_ANYWHERE.items() if name in who.split()}


@pytest.mark.parametrize("name", REPORTERS)
def test_a_mandatory_report_is_open_to_its_author_and_the_leads_only(name):
    """S-76."""
    may = {permission for permission in ALLOWED_OF_A_REPORT if is_allowed(REPORTERS[name], permission, REPORT)}
    assert may == {permission for permission, who in ALLOWED_OF_A_REPORT.items() if name in who.split()}


def test_a_mandatory_report_is_written_whatever_was_consented():
    """S-76."""
    nothing = replace(CHILD, consents=())
    for name in ALLOWED["report:write"].split():
        assert is_allowed(ACTORS[name], "report:write", nothing)


@pytest.mark.parametrize("purpose", LOST)
@pytest.mark.parametrize("name", ["doctor", "teacher", "specialist", "mother"])
def test_missing_consent_closes_what_it_covers(purpose, name):
    consents = tuple(held for held in CHILD.consents if held.purpose != purpose)
    lost = permitted(ACTORS[name]) - permitted(ACTORS[name], replace(CHILD, consents=consents))
    assert lost == set(LOST[purpose][name].split())


# Section and reader a guardian closes: who loses what. Nobody loses what is not here.
CLOSING = {
    ("health", "nursery"): {"teacher": "case:read", "health_staff": "case:read"},
    ("behaviour", "nursery"): {
        "teacher": "behaviour:read behaviour:write",
        "health_staff": "behaviour:read behaviour:write",
    },
    ("behaviour", "clinic"): {"doctor": "behaviour:read"},
    ("family", "clinic"): {"doctor": "family:read"},
    ("health", "receiver"): {
        "specialist": "referral:read",
        "link": "referral:read",
        "invited": "conference:read conference:answer",
        "chair": CONFERENCE,
    },
    ("health", "caregiver"): {"granny": "health:read case:read", "visitor": "health:read case:read"},
    ("behaviour", "caregiver"): {"granny": "behaviour:read", "visitor": "behaviour:read"},
    ("family", "caregiver"): {"granny": "family:read family:write", "visitor": "family:read"},
}


def lost_to(closed: Closed) -> dict[str, set[str]]:
    narrowed = replace(CHILD, closed=(closed,))
    lost = {name: permitted(actor) - permitted(actor, narrowed) for name, actor in ACTORS.items()}
    return {name: permissions for name, permissions in lost.items() if permissions}


def test_a_closed_section_is_closed_for_exactly_whom_is_written():
    assert {(section, towards) for towards, sections in CLOSABLE.items() for section in sections} == set(CLOSING)
    for (section, towards), lost in CLOSING.items():
        assert lost_to(Closed(section, towards)) == {name: set(text.split()) for name, text in lost.items()}


def test_the_clinic_keeps_the_health_record_whatever_is_closed():
    everything = tuple(
        Closed(section, towards) for section in ("health", "behaviour", "family") for towards in CLOSABLE
    )
    left = permitted(ACTORS["doctor"], replace(CHILD, closed=everything))
    assert permitted(ACTORS["doctor"]) - left == {"behaviour:read", "family:read"}
    assert permitted(ACTORS["mother"], replace(CHILD, closed=everything)) == permitted(ACTORS["mother"])


def test_a_section_closed_for_one_caregiver_or_institution_is_open_to_the_others():
    assert set(lost_to(Closed("family", "caregiver", GRANNY))) == {"granny"}
    assert set(lost_to(Closed("health", "receiver", ELSEWHERE))) == {"invited", "chair"}


def refusing(*purposes: str, who: UUID = FATHER) -> ChildSubject:
    """Return the child with a father who signs as well and says no."""
    signing = tuple(replace(each, authority="signs") if each.user_id == FATHER else each for each in CHILD.ties)
    return replace(
        CHILD,
        ties=signing,
        consents=CHILD.consents + tuple(ConsentHeld(each, None, who, "refused") for each in purposes),
    )


@pytest.mark.parametrize("purpose", ["P2", "P3"])
def test_what_guardians_disagree_about_is_not_shared(purpose):
    """S-44: nothing is shared while they disagree; the clinic's record goes on."""
    disputed = refusing(purpose)
    assert disputed.is_disputed(purpose)
    for name in ("doctor", "teacher", "specialist"):
        assert permitted(ACTORS[name]) - permitted(ACTORS[name], disputed) == set(LOST[purpose][name].split())


def test_while_guardians_disagree_about_the_record_the_clinic_goes_on_and_nobody_else_reads():
    disputed = refusing("P1")
    assert permitted(ACTORS["doctor"]) - permitted(ACTORS["doctor"], disputed) == {"behaviour:read"}
    assert not {"child:read", "behaviour:read"} & permitted(ACTORS["teacher"], disputed)
    assert permitted(ACTORS["specialist"], disputed) == {"report:write"}
    lost = permitted(ACTORS["father"], refusing()) - permitted(ACTORS["father"], disputed)
    assert lost == {"family:write", "photo:keep"}


@pytest.mark.parametrize("who", [MOTHER, GRANNY, UUID(int=96)])
def test_ones_own_no_and_a_strangers_make_no_dispute(who):
    assert not refusing("P2", who=who).is_disputed("P2")


def test_a_guardian_who_only_reads_has_no_word_in_consents():
    reading = replace(CHILD, consents=(*CHILD.consents, ConsentHeld("P2", None, FATHER, "refused")))
    assert not reading.is_disputed("P2")


def test_an_agreement_to_a_text_that_is_over_counts_for_nothing():
    lapsed = replace(CHILD, consents=tuple(replace(held, answer="lapsed") for held in CHILD.consents))
    assert "child:read" not in permitted(ACTORS["teacher"], lapsed)
    assert "health:write" not in permitted(ACTORS["doctor"], lapsed)


@pytest.mark.parametrize("name", ["mother", "granny", "doctor", "teacher", "specialist"])
def test_a_tie_that_ended_today_opens_nothing(name):
    ended = replace(CHILD, ties=tuple(replace(each, to_on=TODAY) for each in CHILD.ties))
    assert permitted(ACTORS[name], ended) == set()


@pytest.mark.parametrize("key_class", ["health", "behaviour", "family"])
def test_a_class_that_is_destroyed_or_sealed_is_shut_to_everybody(key_class):
    shut = {permission for permission, of_class in OF_CLASS.items() if of_class == key_class}
    for until in (None, TODAY):
        closed = replace(CHILD, ended=((key_class, until),))
        for actor in ACTORS.values():
            assert permitted(actor, closed) == permitted(actor) - shut
        with pytest.raises(SectionClosed):
            require(ACTORS["mother"], WRITE_SECTION[key_class], closed)
        with pytest.raises(NotFound):
            require(ACTORS["stranger"], WRITE_SECTION[key_class], closed)


def test_consent_for_one_receiver_is_not_for_another():
    named = replace(CHILD, consents=(ConsentHeld("P1", None, MOTHER), ConsentHeld("P3", ELSEWHERE, MOTHER)))
    assert permitted(ACTORS["specialist"], named) == {"report:write"}


def test_an_emergency_opens_the_child_it_was_asked_for_and_no_other_and_nothing_without_its_tie():
    """S-43."""
    rescuer, elsewhere = ACTORS["rescuer"], Emergency(UUID(int=60), UUID(int=51), datetime(2026, 11, 23, 2, tzinfo=UTC))
    assert permitted(rescuer) == {"child:read", "health:read", "case:read"}
    assert permitted(replace(rescuer, emergency=elsewhere)) == set()
    assert permitted(replace(rescuer, emergency=None)) == set()
    assert permitted(rescuer, replace(CHILD, ties=CHILD.ties[:-1])) == set()


def test_bound_phone_only_reads():
    phone = replace(ACTORS["mother"], session_kind="device")
    assert permitted(phone) == {
        "child:read", "health:read", "behaviour:read", "family:read", "case:read", "audit:read",
    }  # fmt: skip


def test_unrelated_child_is_not_found_and_a_closed_section_not_permitted():
    with pytest.raises(NotFound):
        require(ACTORS["other_doctor"], Permission.READ_CHILD, CHILD)
    with pytest.raises(NotPermitted):
        require(ACTORS["teacher"], Permission.READ_HEALTH, CHILD)


def test_a_guardian_to_whom_the_record_is_closed_may_nothing_and_is_told_whom_to_ask():
    """S-44: neutral words, the same for everybody; a caregiver beside them loses nothing."""
    closed = replace(
        CHILD,
        ties=tuple(replace(each, kind="restricted") if each.user_id == FATHER else each for each in CHILD.ties),
    )
    assert permitted(ACTORS["father"], closed) == set()
    assert permitted(ACTORS["granny"], closed) == permitted(ACTORS["granny"])
    with pytest.raises(Restricted) as told:
        require(ACTORS["father"], Permission.READ_CHILD, closed)
    assert (told.value.zh, told.value.en) == (Restricted.zh, Restricted.en)


@pytest.mark.parametrize("kind", ["enrolment", "caregiver", "receiver"])
def test_what_is_granted_holds_no_longer_than_a_year(kind):
    """§9.3: whatever the row says; guardianship and the clinic's care are no grants."""
    for to_on in (None, TODAY + timedelta(days=4000)):
        granted = replace(tie(kind), from_on=TODAY, to_on=to_on)
        assert granted.holds_on(TODAY + timedelta(days=365))
        assert not granted.holds_on(TODAY + timedelta(days=366))
    assert replace(tie("guardian", user_id=MOTHER), from_on=TODAY).holds_on(TODAY + timedelta(days=2000))
    assert replace(tie("care", organisation_id=CLINIC), from_on=TODAY).holds_on(TODAY + timedelta(days=2000))
    assert not replace(tie("care", user_id=GRANNY), from_on=TODAY).holds_on(TODAY + timedelta(days=366))


def test_unknown_permission_is_refused():
    assert not any(is_allowed(actor, "health:destroy", CHILD) for actor in ACTORS.values())


@given(st.sampled_from(sorted(RULES)), st.sampled_from(sorted(ACTORS)), st.data())
def test_no_line_allows_what_one_of_its_rules_forbids(permission, name, data):
    line = data.draw(st.sampled_from(RULES[permission]))
    subject = REPORT if permission in ALLOWED_OF_A_REPORT else CHILD
    subject = PlaceSubject(CLINIC) if permission in ALLOWED_AT_THE_CLINIC else subject
    if not is_allowed(ACTORS[name], permission, subject):
        assert not all(rule(ACTORS[name], subject) for rule in line)


def test_every_rule_has_a_name_the_workflow_can_use():
    assert all(BY_NAME[rule.__name__] is rule for lines in RULES.values() for line in lines for rule in line)
