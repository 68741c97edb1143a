"""A guardian's copy: everything they may read, nothing else, taken by who proved just now who they are."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from mengya_health.access.permissions import Permission
from mengya_health.audit import AuditEvent
from mengya_health.errors import NotFound, NotPermitted, PasswordNeeded
from mengya_health.handouts.whole_copy import whole_copy
from mengya_health.people.queries import find_child
from mengya_health.record.queries import timeline
from mengya_health.record.reporting import write_report
from tests.care.walking import STORIES, Walk
from tests.factories import a_guardian
from tests.web.test_doors import REPORTED


def taken(work_as, actor, child) -> bytes:
    with work_as(actor) as work:
        return whole_copy(work, find_child(work, child.id, Permission.READ_CHILD))


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    walk.screen(STORIES[0].low)
    walk.open()
    walk.flag()
    walk.make_plan()
    walk.agree()
    walk.refer()
    return walk


def test_the_copy_holds_all_a_guardian_may_read_and_nobody_elses_business(walk, work_as, installation, clock):
    """S-49, S-76: versions, authors, signatures with their level, consents, referrals; no contacts, no report."""
    child, district = walk.child, walk.district
    father = a_guardian(installation, district, child)
    mother = replace(walk.mother, reauthenticated_at=clock.now)
    before = json.loads(taken(work_as, mother, child))
    with work_as(district.doctor) as work:
        write_report(work, find_child(work, child.id), content=REPORTED)
    text = taken(work_as, mother, child).decode()
    copy = json.loads(text)
    assert copy == before | {"made_at": copy["made_at"]}  # a mandatory report changes nothing
    with work_as(mother, writing=False) as work:
        readable = {str(entry.id) for entry in timeline(work, find_child(work, child.id), limit=999)}
    assert {entry["id"] for entry in copy["entries"]} == readable
    assert copy["child"]["name"] == child.name
    assert copy["measurements"]
    assert copy["cases"]
    assert {each["purpose"] for each in copy["consents"]} >= {"P1", "P2", "P3"}
    assert [each["receiver"] for each in copy["referrals"]] == ["示例区妇幼保健所"]
    plan = next(entry for entry in copy["entries"] if entry["kind"] == "care_plan")
    assert [(each["level"], each["is_mine"]) for each in plan["signatures"] if each["capacity"] == "guardian"]
    assert plan["versions"][-1]["version"] == 1
    assert all(version["author"] and version["content"] for entry in copy["entries"] for version in entry["versions"])
    for phone in ("13800138000", "1390000", "injury", "手臂有伤"):
        assert phone not in text
    with work_as(None, writing=False) as work:
        noted = work.session.execute(
            select(AuditEvent.action, AuditEvent.purpose, AuditEvent.request_id).where(
                AuditEvent.child_id == child.id,
                AuditEvent.user_id == mother.user_id,
                AuditEvent.record_type == "record",
            )
        ).all()
        assert [(action, purpose) for action, purpose, _id in noted] == [("E", "export")] * 2
        of_second = select(AuditEvent.action).where(AuditEvent.request_id == noted[1].request_id)
        assert work.session.scalars(of_second).all() == ["E"]
    with pytest.raises(PasswordNeeded):
        taken(work_as, replace(mother, reauthenticated_at=None), child)
    with pytest.raises(NotPermitted):
        taken(work_as, replace(mother, session_kind="device"), child)
    with pytest.raises(NotPermitted):
        taken(work_as, district.doctor, child)
    with pytest.raises(NotFound):
        taken(work_as, district.other_doctor, child)
    assert json.loads(taken(work_as, father, child))["child"] == copy["child"]
