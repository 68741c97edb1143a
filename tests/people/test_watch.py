"""S-50: what the audit of the last hour says becomes alarms that a security officer counts."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from mengya_health import audit
from mengya_health.audit import Alarm
from mengya_health.db import new_id
from mengya_health.errors import IntegrityError, NotFound, NotPermitted
from mengya_health.operations.decoys import make_decoys
from mengya_health.operations.installation import Installation
from mengya_health.people.models import Child, Relationship
from mengya_health.people.oversight import close_alarm, new_alarms
from mengya_health.people.queries import find_child, find_children, visible_child_ids
from mengya_health.people.watch import watch
from mengya_health.worker import watch_over


def alarms(work_as, installation: Installation) -> list[tuple[str, int]]:
    watch_over(installation)
    watch_over(installation)  # looking again adds nothing
    with work_as(None, writing=False) as work:
        return sorted(tuple(row) for row in work.session.execute(select(Alarm.kind, Alarm.number)))


def reads(work_as, actor, *lists, action="R") -> None:
    """Write what the doors would, one request for each list of children."""
    for child_ids in lists:
        with work_as(actor) as work:
            audit.note(work, action, child_ids, "child")


def test_fifty_one_children_in_an_hour_alarm_and_fifty_or_a_long_list_do_not(work_as, installation, district, clock):
    children = [new_id() for _ in range(51)]
    doctor = replace(district.doctor, session_id=new_id())
    reads(work_as, doctor, children, *([each] for each in children[:50]))
    reads(work_as, doctor, children[50:], action="P")
    reads(work_as, district.doctor, children[50:])  # a job: no session
    assert alarms(work_as, installation) == []
    reads(work_as, doctor, children[50:])
    assert alarms(work_as, installation) == [("many_children", 51)]
    clock.forward(hours=2)
    assert alarms(work_as, installation) == [("many_children", 51)]


def test_five_tries_at_what_is_none_of_ones_business_alarm(work_as, installation, register, district):
    child = register("P1")
    for number in range(5):
        assert alarms(work_as, installation) == []
        with work_as(district.other_teacher) as work:
            with pytest.raises(NotFound) as refused:
                find_child(work, child.id if number else uuid4())
            audit.refused(work, refused.value.child_id, "children", refused.value.reason or "not_found")
    assert alarms(work_as, installation) == [("outside", 5)]


def test_reading_at_night_alarms_once_a_night_and_families_read_when_they_like(work_as, installation, district, clock):
    clock.forward(hours=14, minutes=30)  # half past eleven in the evening
    teacher = replace(district.teacher, session_id=new_id())
    reads(work_as, teacher, [new_id()], [new_id()])
    reads(work_as, replace(teacher, role="guardian", places=()), [new_id()])
    assert alarms(work_as, installation) == [("night", 2)]
    clock.forward(minutes=40)
    reads(work_as, teacher, [new_id()])
    assert alarms(work_as, installation) == [("night", 2)]


def test_a_decoy_stands_on_no_list_and_whoever_touches_it_alarms(work_as, installation, district, clock):
    assert make_decoys(installation, login="sysadmin") == 4  # two clinics, a kindergarten, a baby house
    assert make_decoys(installation, login="sysadmin") == 0
    assert alarms(work_as, installation) == []
    with work_as(district.doctor, writing=False) as work:
        assert find_children(work, work.session.scalars(visible_child_ids(work))) == {}
        decoy = work.session.scalars(select(Child.id)).first()
    clock.forward(minutes=1)
    with work_as(district.doctor) as work:
        with pytest.raises(NotFound) as refused:
            find_child(work, decoy)
        audit.refused(work, refused.value.child_id, "children", refused.value.reason)
    assert alarms(work_as, installation) == [("honeytoken", 1)]
    reads(work_as, district.doctor, [decoy])
    assert alarms(work_as, installation) == [("honeytoken", 1)] * 2


def test_broken_seals_and_integrity_failures_are_alarms_whatever_becomes_of_the_request(
    work_as, installation, register, district, owner
):
    child = register("P1")
    with owner.begin() as connection:
        connection.execute(update(Relationship).where(Relationship.child_id == child.id).values(authority="signs"))
    with pytest.raises(NotFound), work_as(district.doctor, writing=False) as work:
        find_child(work, child.id)
    with pytest.raises(IntegrityError), work_as(district.doctor) as work:
        raise IntegrityError
    assert alarms(work_as, installation) == [("integrity", 1), ("seal", 1)]


def test_only_an_officer_closes_an_alarm(work_as, installation, district):
    with work_as(district.doctor) as work:
        audit.raise_alarm(work, "seal", "membership of somebody")
        watch(work)
    with work_as(district.sysadmin) as work, pytest.raises(NotPermitted):
        close_alarm(work, new_id(), finding="explained")
    with work_as(district.security_officer) as work:
        assert new_alarms(work) == 1
        close_alarm(work, work.session.scalar(select(Alarm.id)), finding="explained")
        assert new_alarms(work) == 0
