"""A real case in every state, every event, every role: allowed exactly as the file says, else one typed error.

The written table stands in test_table.py. What a condition asks is tested elsewhere: here all of them hold, then one
after the other does not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import func, literal, select, union_all

from mengya_health.access.actor import Actor
from mengya_health.audit import AuditEvent
from mengya_health.care import commands, conditions, loop
from mengya_health.care.conditions import Finding
from mengya_health.care.models import Case
from mengya_health.care.workflow import START
from mengya_health.db import Base, new_id
from mengya_health.errors import MengyaError, NotFound, NotNow, NotPermitted
from tests.care.test_table import MAY, TABLE
from tests.care.walking import STORIES, Walk
from tests.factories import a_guardian, a_member

EVENTS = sorted({event for events in TABLE.values() for event in events})
# Whoever meets the case here → the role of test_table they stand for. A second doctor of the clinic is a doctor.
ROLES = {
    "doctor": "doctor",
    "second_doctor": "doctor",
    "other_doctor": "doctor_elsewhere",
    "teacher": "teacher",
    "other_teacher": "teacher_elsewhere",
    "specialist": "specialist",
    "reviewer": "reviewer",
    "manager": "manager",
    "sysadmin": "sysadmin",
    "security_officer": "security_officer",
    "mother": "signing_guardian",
    "father": "reading_guardian",
    "stranger": "stranger",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


class RolledBack(Exception):
    """Ends a try that went through, so that the next finds the case where it was."""


@pytest.fixture
def people(installation, work_as, clock, district) -> tuple[Walk, dict[str, Actor]]:
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    district = walk.district
    with work_as(district.sysadmin) as work:
        reviewer = a_member(work, "reviewer", district.mch_institute_id)
        manager = a_member(work, "manager", district.mch_institute_id)
    father = a_guardian(installation, district, walk.child, authority="reads")
    others = {"reviewer": reviewer, "manager": manager, "stranger": Actor(new_id(), "guardian")}
    staff = {name: getattr(district, name) for name in ROLES if hasattr(district, name)}
    return walk, staff | others | {"mother": walk.mother, "father": father}


def test_every_event_of_every_state_by_every_role(people):
    walk, actors = people
    for state in states_of(walk):
        facts = start_of(walk) if state == START else walk.facts()
        assert facts.state == state
        refused_ones(walk, actors, facts, state)
        allowed_ones(walk, actors, facts, state)


def states_of(walk: Walk) -> Iterator[str]:
    """Yield each state once the walk's case stands in it."""
    walk.screen(walk.story.low)
    walk.open()
    yield START  # a second case of the child, not opened yet
    yield walk.state
    walk.flag()
    yield walk.state
    with walk.as_(walk.doctor) as work:
        commands.rescreen(work, walk.case_id)
    yield walk.state
    referral_id = walk.refer()
    yield walk.state
    walk.answer_referral(referral_id)
    walk.make_plan()
    yield walk.state
    walk.agree()
    yield walk.state
    walk.support()
    yield walk.state
    walk.consolidate()
    walk.propose_closure()
    yield walk.state
    walk.confirm_in_class()
    walk.confirm_closure()
    yield walk.state
    with walk.as_(walk.doctor) as work:
        commands.reopen(work, walk.case_id, reason="家长又担心")
    with walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code="5")
    yield walk.state


def start_of(walk: Walk):
    return replace(walk.facts(), state=START, case_id=new_id(), steps=(), opened_on=None)


def refused_ones(walk: Walk, actors: dict, facts, state: str) -> None:
    """Try everything the written table refuses, in one unit of work each role commits: only audit rows came of it."""
    before, tried = rows_of(walk), []
    for name, actor in actors.items():
        wrong = [event for event in EVENTS if not is_written(state, event, name)]
        with holding(), walk.work_as(actor) as work:
            case = case_at(work, walk, facts)
            for event in wrong:
                with pytest.raises(MengyaError) as refused:
                    loop.move(work, case, event, facts=replace(facts, actor_id=actor.user_id))
                known = (NotPermitted, NotFound) if event in TABLE[state] else NotNow
                assert isinstance(refused.value, known), (state, event, name)
                assert refused.value.zh
                assert refused.value.en
                # Who may not is told by the refusal's own code; what is missing, by the event it is missing for.
                tried.append((actor.user_id, event if known is NotNow else refused.value.code))
    after = rows_of(walk)
    assert after.pop("audit_event") == before.pop("audit_event") + len(tried)
    assert after == before, state
    assert denied(walk, len(tried)) == sorted(tried, key=str)


def allowed_ones(walk: Walk, actors: dict, facts, state: str) -> None:
    """Send everything the written table allows: it goes where the file says, and not while a condition is missing."""
    for event, (to, _) in TABLE[state].items():
        way = facts.loop.transitions[state][event]
        for name, actor in actors.items():
            if is_written(state, event, name):
                own = replace(facts, actor_id=actor.user_id)
                refuses_what_is_missing(walk, actor, own, event, way.conditions)
                assert sent(walk, actor, own, event) == (state, to, to), (event, name)


def sent(walk: Walk, actor: Actor, facts, event: str) -> tuple[str, str, str]:
    """Send an event that goes through, and take it back out; return from where, to where, and what the case says."""
    try:
        with holding(), walk.work_as(actor) as work:
            case = case_at(work, walk, facts)
            step = loop.move(work, case, event, facts=facts)
            raise RolledBack(step.from_state or START, step.to_state, case.state)
    except RolledBack as reached:
        return reached.args


def refuses_what_is_missing(walk: Walk, actor: Actor, facts, event: str, wanted: tuple[str, ...]) -> None:
    """Let each condition be missing alone, then all of them: the refusal names exactly those, and writes nothing."""
    with walk.work_as(actor) as work:
        case = case_at(work, walk, facts)
        for missing in [*((one,) for one in wanted), wanted] if wanted else []:
            with holding(*missing), pytest.raises(NotNow) as refused:
                loop.move(work, case, event, facts=facts)
            assert tuple(each.condition for each in refused.value.missing) == missing, (facts.state, event)
        assert not [*work.session.new, *work.session.dirty]


def is_written(state: str, event: str, name: str) -> bool:
    return event in TABLE[state] and ROLES[name] in MAY[TABLE[state][event][1]]


@contextmanager
def holding(*missing: str) -> Iterator[None]:
    """Let every condition hold but these."""
    found = {name: Finding(name not in missing) for name in conditions.BY_NAME}
    by_name = {name: lambda facts, finding=finding: finding for name, finding in found.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conditions, "BY_NAME", by_name)
        yield


def case_at(work, walk: Walk, facts) -> Case | None:
    """Return the case of the walk as this actor sees it, or for the start a new one that is not stored yet."""
    if facts.state != START:
        return work.session.get(Case, walk.case_id)
    case = Case(
        id=facts.case_id,
        child_id=walk.child.id,
        organisation_id=walk.child.clinic_id,
        workflow=facts.loop.id,
        workflow_version=facts.loop.version,
        state=START,
        pathway_tag=work.keys.tag_pathway(walk.child.id, "PW_VITD"),
        round=1,
        opened_on=work.today,
    )
    case.body = work.keys.seal_body("case", case.id, case.child_id, "health", {"pathway": "PW_VITD"})
    return case


def rows_of(walk: Walk) -> dict[str, int]:
    """Return how many rows every table has, in one statement."""
    counts = [select(literal(t.name), func.count()).select_from(t) for t in Base.metadata.sorted_tables]
    with walk.work_as(None, writing=False) as work:
        return dict(work.session.execute(union_all(*counts)).all())


def denied(walk: Walk, number: int) -> list[tuple]:
    newest = select(AuditEvent).where(AuditEvent.outcome == "deny").order_by(AuditEvent.id.desc()).limit(number)
    with walk.work_as(None, writing=False) as work:
        rows = list(work.session.scalars(newest))
    assert {(row.record_type, row.child_id) for row in rows} == {("case", walk.child.id)}
    return sorted(((row.user_id, row.reason) for row in rows), key=str)
