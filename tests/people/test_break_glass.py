"""S-43: emergency access opens one child, to read, for an hour, with a reason, and is reviewed by somebody else."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from mengya_health.access.actor import Emergency
from mengya_health.audit import Alarm, AuditEvent
from mengya_health.errors import Invalid, NotFound, NotNow, NotPermitted, TooMany
from mengya_health.people.break_glass import end_emergency, notices_of, open_emergency, told_on
from mengya_health.people.emergency import BreakGlass
from mengya_health.people.emergency_review import emergencies, hold_notice, review_emergency
from mengya_health.people.queries import find_child, my_children, who_viewed
from mengya_health.record.commands import record_entry
from mengya_health.record.queries import timeline
from tests.factories import a_guardian

WHY = {"code": "rescue", "text": "孩子在急诊抽搐，要看过敏史和用药"}


@pytest.fixture
def child(register):
    return register("P1", "P2")


@pytest.fixture
def rescuer(district, clock):
    """A doctor of another clinic, whose password was given just now."""
    return lambda: replace(district.other_doctor, reauthenticated_at=clock.now)


def opened(work_as, rescuer, child) -> Emergency:
    with work_as(rescuer()) as work:
        row = open_emergency(work, number=child.number, **WHY)
        return Emergency(row.id, row.child_id, row.expires_at)


def test_a_reason_a_fresh_password_and_a_known_number_are_asked_for_all_at_once(work_as, rescuer, child, district):
    with work_as(rescuer()) as work, pytest.raises(Invalid) as short:
        open_emergency(work, number=child.number, code="", text="才有九个字的理由")
    assert set(short.value.fields) == {"code", "text"}
    with work_as(replace(rescuer(), reauthenticated_at=None)) as work, pytest.raises(Invalid) as stale:
        open_emergency(work, number=child.number, **WHY)
    assert set(stale.value.fields) == {"password"}
    with work_as(rescuer()) as work, pytest.raises(Invalid):
        open_emergency(work, number="TX-000000-2026-000000-0", **WHY)
    with work_as(district.teacher) as work, pytest.raises(NotPermitted, match="这家门诊的医生"):
        open_emergency(work, number=child.number, **WHY)


def test_it_reads_one_child_and_writes_nothing(work_as, rescuer, child, register, district):
    with work_as(district.doctor) as work:
        advice = {"section": "health", "kind": "advice", "content": {"text": "多晒太阳"}, "happened_on": work.today}
        record_entry(work, child, **advice)
    other = register("P1", name="样本乙")
    running = replace(rescuer(), emergency=opened(work_as, rescuer, child))
    with work_as(running, writing=False) as work:
        seen = find_child(work, child.id)
        assert [entry.kind for entry in timeline(work, seen)] == ["advice"]
        assert seen.contacts
    with work_as(running) as work, pytest.raises(NotPermitted, match="孩子所在门诊的医生"):
        record_entry(work, find_child(work, child.id), **advice)
    with work_as(running, writing=False) as work, pytest.raises(NotFound):
        find_child(work, other.id)
    with work_as(running) as work, pytest.raises(NotNow, match="一次只能查一名"):
        open_emergency(work, number=other.number, **WHY)
    with work_as(rescuer(), writing=False) as work, pytest.raises(NotFound):
        find_child(work, child.id)  # the tie alone, without the running access, opens nothing
    with work_as(None, writing=False) as work:
        rows = work.session.scalars(select(AuditEvent).where(AuditEvent.user_id == running.user_id)).all()
        read = {(row.purpose, row.break_glass_id) for row in rows if row.child_id == child.id and row.action == "R"}
        assert read == {("emergency", running.emergency.id)} | {("care", None)} & read


def test_officer_and_guardians_are_told_at_once_and_the_officer_may_hold_the_family_back(
    work_as, rescuer, child, district, installation, clock
):
    mother = a_guardian(installation, district, child)
    running = replace(rescuer(), emergency=opened(work_as, rescuer, child))
    with work_as(running, writing=False) as work:
        timeline(work, find_child(work, child.id))
        find_child(work, child.id)
    with work_as(district.security_officer, writing=False) as work:
        assert work.session.scalars(select(Alarm.kind)).all() == ["break_glass"]
        ((one),) = emergencies(work)
        assert (one.code, one.text, one.is_mine) == ("rescue", WHY["text"], False)

    def told():
        with work_as(mother, writing=False) as work:
            seen = find_child(work, child.id)
            purposes = {view.purpose for view in who_viewed(work, seen)}
            on_home = [told_on(work, each) for each in my_children(work)]
            return [each.code for each in notices_of(work, seen)], on_home, "emergency" in purposes

    opened_on = clock.now.date()
    assert told() == (["rescue"], [[opened_on]], True)
    with work_as(district.security_officer) as work:
        hold_notice(work, running.emergency.id)
    assert told() == ([], [[]], False)
    clock.forward(hours=73)
    assert told() == (["rescue"], [[opened_on]], True)
    with work_as(district.teacher) as work, pytest.raises(NotPermitted):
        hold_notice(work, running.emergency.id)


def test_without_a_review_within_72_hours_there_is_no_next_time(work_as, rescuer, child, district, clock):
    emergency = opened(work_as, rescuer, child)
    clock.forward(hours=71)
    again = opened(work_as, rescuer, child)
    with work_as(replace(rescuer(), emergency=again)) as work:
        end_emergency(work)
    clock.forward(hours=2)
    with work_as(rescuer()) as work, pytest.raises(NotNow, match="72 小时"):
        open_emergency(work, number=child.number, **WHY)
    as_officer = replace(district.security_officer, user_id=rescuer().user_id)
    with work_as(as_officer) as work, pytest.raises(NotPermitted, match="由别人复核"):
        review_emergency(work, emergency.id, finding="justified", text="自己觉得很有理由，没有问题")
    with work_as(district.security_officer) as work, pytest.raises(Invalid):
        review_emergency(work, emergency.id, finding="justified", text="好")
    with work_as(district.security_officer) as work:
        review_emergency(work, emergency.id, finding="justified", text="向急诊科核实，孩子当时在抢救")
    opened(work_as, rescuer, child)


def test_a_review_or_an_hour_written_by_sql_counts_for_nothing(work_as, rescuer, child, clock, installation):
    opened(work_as, rescuer, child)
    clock.forward(hours=73)
    with installation.engine.begin() as connection:
        connection.execute(update(BreakGlass).values(reviewed_at=clock.now, finding="justified"))
    with work_as(rescuer()) as work, pytest.raises(NotNow, match="72 小时"):
        open_emergency(work, number=child.number, **WHY)


def test_a_child_without_consent_or_in_ones_own_care_is_not_opened(work_as, rescuer, register, district, clock):
    bare = register(name="样本丙")
    with work_as(rescuer()) as work, pytest.raises(NotNow, match="没有同意建立档案"):
        open_emergency(work, number=bare.number, **WHY)
    mine = register("P1", name="样本丁")
    with (
        work_as(replace(district.doctor, reauthenticated_at=clock.now)) as work,
        pytest.raises(NotNow, match="平时就能看"),
    ):
        open_emergency(work, number=mine.number, **WHY)


def test_looking_for_numbers_counts_as_looking_up_people(work_as, rescuer, database):
    """S-22: the 31st look-up in an hour is refused, by this door, too."""
    for _time in range(30):
        with work_as(rescuer()) as work, pytest.raises(Invalid):
            open_emergency(work, number="11010520251120002X", **WHY)
    with work_as(rescuer()) as work, pytest.raises(TooMany):
        open_emergency(work, number="11010520251120002X", **WHY)
