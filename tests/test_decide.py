"""S-38: one pure decision, refused unless a line of the table allows it; taking a fact away never opens anything."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from mengya_health.access.actor import (
    Actor,
    ChildSubject,
    ConsentHeld,
    Emergency,
    Place,
    PlaceSubject,
    ReportSubject,
    Tie,
)
from mengya_health.access.permissions import RULES, Permission, decide, require
from mengya_health.access.refusals import MISSING, PARTIES
from mengya_health.care.loop import allowed_events, loop_of
from mengya_health.errors import MengyaError, NotFound
from mengya_health.people.accounts import ROLES
from tests.test_access import (
    ACTORS,
    ALLOWED_ANYWHERE,
    ALLOWED_AT_THE_CLINIC,
    ALLOWED_OF_A_REPORT,
    CHILD,
    CLINIC,
    REPORT,
    REPORTERS,
)

CASES = 10_000
OF_REPORTS = ("wrote_report", "safeguards_place", "safeguards_district", "not_family")
TODAY = date(2026, 11, 23)
IDS = [UUID(int=number) for number in range(1, 5)]  # few, so that people, places and classes often meet
KINDS = ("guardian", "caregiver", "care", "enrolment", "visit", "receiver", "reviewer", "break_glass")
ALL_ROLES = (*ROLES, "guardian", "caregiver", "nurse")  # the last is no role of ours


def a_situation(chance: Random) -> tuple[Actor, ChildSubject]:
    def one(*choices):
        return chance.choice(choices)

    roles = [one(*ALL_ROLES) for _ in range(one(0, 1, 1, 2))]
    actor = Actor(
        user_id=one(*IDS),
        role=roles[0] if roles else one("guardian", "caregiver"),
        places=tuple(Place(role, one(*IDS, None), one(*IDS, None)) for role in roles),
        session_kind=one("password", "password", "device", "job"),
        emergency=one(None, Emergency(IDS[0], one(*IDS), datetime(2026, 11, 23, 2, 0, tzinfo=UTC))),
    )
    ties = tuple(
        Tie(
            id=UUID(int=number),
            kind=one(*KINDS),
            user_id=one(*IDS, None),
            organisation_id=one(*IDS, None),
            group_id=one(*IDS, None),
            authority=one("signs", "reads", "records", ""),
            from_on=TODAY - timedelta(days=one(-1, 0, 9)),
            to_on=one(None, TODAY, TODAY + timedelta(days=1)),
        )
        for number in range(one(0, 1, 2, 4))
    )
    consents = tuple(ConsentHeld(purpose, one(None, *IDS), None) for purpose in ("P1", "P2", "P3") if one(0, 1, 1))
    return actor, ChildSubject(one(*IDS), TODAY, IDS[0], ties, consents)


def _a_report(chance: Random) -> ReportSubject:
    one = chance.choice
    return ReportSubject(
        author_id=one(IDS),
        organisation_id=one(IDS),
        area_ids=frozenset({one(IDS)}),
        family_ids=frozenset({one(IDS), one(IDS)}),
    )


def without(things: tuple, chance: Random) -> tuple:
    left = chance.randrange(len(things)) if things else 0
    return things[:left] + things[left + 1 :]


def less(actor: Actor, subject: ChildSubject, chance: Random) -> tuple[Actor, ChildSubject]:
    """Return the same situation with one fact less: a tie, a consent, a place, a password, a running emergency."""
    taken = chance.randrange(6)
    if taken == 0:
        subject = replace(subject, ties=without(subject.ties, chance))
    elif taken == 1:
        subject = replace(subject, consents=without(subject.consents, chance))
    elif taken == 2:
        actor = replace(actor, places=without(actor.places, chance))
    elif taken == 3:
        actor = replace(actor, session_kind="device")
    elif taken == 4:
        actor = replace(actor, emergency=None)
    else:
        subject = replace(subject, ties=tuple(replace(each, to_on=TODAY) for each in subject.ties))
    return actor, subject


def test_taking_any_fact_away_never_turns_a_refusal_into_a_permission():
    """S-38, in 10⁴ random cases; each decision is what the lines of the table say, and a refusal names its reason."""
    chance, decided = Random(38), {True: 0, False: 0}  # noqa: S311  the same cases each time
    for _case in range(CASES):
        actor, subject = a_situation(chance)
        permission = chance.choice(list(Permission))
        subject = PlaceSubject(chance.choice(IDS)) if _is_of_places(permission) else subject
        subject = _a_report(chance) if permission in ALLOWED_OF_A_REPORT else subject
        decision = decide(actor, permission, subject)
        decided[decision.allow] += 1
        assert decision.allow == any(all(rule(actor, subject) for rule in line) for line in RULES[permission])
        if decision.allow:
            continue
        assert decision.reason in (*PARTIES, *MISSING, *OF_REPORTS, "role")
        fewer = (
            less(actor, subject, chance) if isinstance(subject, ChildSubject) else (replace(actor, places=()), subject)
        )
        assert not decide(fewer[0], permission, fewer[1]).allow
    assert min(decided.values()) > CASES / 50


def test_each_rule_of_each_line_is_needed(monkeypatch):
    """S-38: a line that is short of any one of its rules allows nothing, whoever asks."""
    for permission, lines in RULES.items():
        subject = subject_of(permission)
        for line in lines:
            for rule in line:
                short = [refuse if other is rule else other for other in line]
                monkeypatch.setitem(RULES, permission, [short])
                everybody = (*ACTORS.values(), *REPORTERS.values())
                assert not any(decide(actor, permission, subject).allow for actor in everybody)
        monkeypatch.setitem(RULES, permission, lines)


def refuse(actor, subject) -> bool:
    return False


def test_what_the_table_does_not_know_is_refused(content):
    """S-38: an unknown action, role or stage."""
    nobody = Actor(UUID(int=1), "nurse", (Place("nurse", CLINIC, None),))
    for actor in (*ACTORS.values(), nobody):
        assert decide(actor, "health:destroy", CHILD).reason == "no_such_permission"
    assert not any(decide(nobody, each, subject_of(each)).allow for each in Permission)
    with pytest.raises(KeyError):
        allowed_events(loop_of(content), "no_such_stage", ACTORS["doctor"], CHILD)


def test_every_refusal_says_who_can_and_what_is_missing_in_both_languages():
    refusals = 0
    for permission in set(Permission) - {*ALLOWED_OF_A_REPORT}:  # a report is not found: nothing is said of it
        for actor in ACTORS.values():
            decision = decide(actor, permission, subject_of(permission))
            if decision.allow:
                continue
            refusals += 1
            for text, who, missing in (
                (decision.zh, "能做这一步的是：", "还差："),
                (decision.en, "Who can: ", "What is missing: "),
            ):
                head, _line, tail = text.partition("\n")
                assert len(head) > len(who) + 2
                assert head.startswith(who)
                assert len(tail) > len(missing) + 10
                assert tail.startswith(missing)
    assert refusals > 100


def test_every_rule_has_its_words():
    told = {permission: lines for permission, lines in RULES.items() if permission not in ALLOWED_OF_A_REPORT}
    named = {rule.__name__ for lines in told.values() for line in lines for rule in line}
    assert named <= {*PARTIES, *MISSING}


def test_not_found_says_the_same_whatever_the_reason_and_the_audit_knows_it():
    """S-39: what is refused and what is not there read alike; reason and child are for the audit."""
    with pytest.raises(NotFound) as foreign:
        require(ACTORS["other_doctor"], Permission.READ_HEALTH, CHILD)
    assert str(foreign.value) == str(NotFound())
    assert (foreign.value.reason, foreign.value.child_id) == ("clinic_doctor_of", CHILD.child_id)
    with pytest.raises(MengyaError) as closed:
        require(ACTORS["teacher"], Permission.READ_HEALTH, CHILD)
    assert closed.value.reason == "role"


def _is_of_places(permission: Permission) -> bool:
    return permission in {**ALLOWED_AT_THE_CLINIC, **ALLOWED_ANYWHERE}


def subject_of(permission: Permission) -> ChildSubject | PlaceSubject | ReportSubject:
    if permission in ALLOWED_OF_A_REPORT:
        return REPORT
    return PlaceSubject(CLINIC) if _is_of_places(permission) else CHILD
