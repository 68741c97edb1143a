"""The figures of a clinic and of a district, from rows on both databases: who reads what, and what is left out."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from mengya_health.audit import AuditEvent
from mengya_health.care.models import Case, CaseStep, Referral
from mengya_health.db import new_id
from mengya_health.errors import NotPermitted
from mengya_health.indicators.loop_figures import clinic_figures, district_figures
from mengya_health.indicators.measures import Figure
from mengya_health.people import places
from mengya_health.record.models import Task
from mengya_health.work import LOCAL
from tests.factories import a_member

IN_TIME = datetime(2026, 8, 3, 10, tzinfo=LOCAL)  # in the last quarter that is over on 2026-11-23


@pytest.fixture
def manager(work_as, district):
    with work_as(district.sysadmin) as work:
        return a_member(work, "manager", district.mch_institute_id)


@pytest.fixture
def second_street(work_as, district):
    """A clinic in another 街镇 of the district, and one in another district."""
    with work_as(district.sysadmin) as work:
        street = places.add_region(work, code="310106002", name="示例镇", parent_id=None).id
        elsewhere = places.add_region(work, code="310107001", name="外区街道", parent_id=None).id
        return [
            places.add_organisation(work, region_id=region, kind="clinic", code=code, name=code).id
            for region, code in ((street, "B0001"), (elsewhere, "C0001"))
        ]


@pytest.fixture
def planned(register, work_as):
    """Store a case that came into screening and was given a plan some days later, in some place's care."""

    def store(organisation_id, days: int, *consents: str, at: datetime = IN_TIME) -> Case:
        child = register("P1", *consents)
        body = {"body": b"", "actor_id": child.id, "actor_role": "doctor", "round": 1, "child_id": child.id}
        with work_as(None) as work:
            case = Case(
                id=new_id(),
                child_id=child.id,
                organisation_id=organisation_id,
                workflow="care_loop",
                workflow_version=1,
                state="planning",
                whose_turn="guardian",
                pathway_tag=child.id.bytes,
                body=b"",
                opened_on=at.date(),
            )
            work.session.add(case)
            work.session.flush()
            steps = [
                ("open", None, "watching", at),
                ("flag", "watching", "positive", at),
                ("plan", "positive", "planning", at + timedelta(days=days)),
            ]
            for seq, (event, before, after, moment) in enumerate(steps, start=1):
                work.session.add(
                    CaseStep(
                        case_id=case.id, seq=seq, event=event, from_state=before, to_state=after, at=moment, **body
                    )
                )
            return case

    return store


def test_a_small_place_is_shown_only_together_with_others(planned, work_as, district, second_street, manager):
    near, elsewhere = second_street
    for days in (1, 2, 3, 4):
        planned(district.clinic_id, days, "P4")
    with work_as(manager, writing=False) as work:
        assert set(district_figures(work, "quarter").whole.values()) == {None}
    for days in (5, 6):
        planned(district.clinic_id, days, "P4")
    for days in (20, 30):
        planned(near, days, "P4")
    for _ in range(6):
        planned(elsewhere, 50, "P4")  # another district's
    planned(district.clinic_id, 50)  # no consent to statistics
    planned(district.clinic_id, 6, "P4", at=IN_TIME + timedelta(days=60))  # not over yet
    with work_as(manager, writing=False) as work:
        found = district_figures(work, "quarter")
    assert found.whole["K_DAYS_PLAN"] == Figure(4.5, 5, is_rounded=True)
    assert found.whole["K_DAYS_CLOSE"] is None
    assert [(name, street["K_DAYS_PLAN"]) for name, street in found.streets] == [("示例街道", None), ("示例镇", None)]
    assert found.together["K_DAYS_PLAN"] == found.whole["K_DAYS_PLAN"]
    for days in (40, 50, 55):
        planned(near, days, "P4")
    with work_as(manager, writing=False) as work:
        found = district_figures(work, "quarter")
    shown = {name: street["K_DAYS_PLAN"] for name, street in found.streets}
    assert shown == {
        "示例街道": Figure(3.5, 5, is_rounded=True),
        "示例镇": Figure(40, 5, is_rounded=True),
    }
    assert (found.whole["K_DAYS_PLAN"].number, found.together["K_DAYS_PLAN"]) == (10, None)
    assert found.waiting.by_stage == {"intervention": 10}
    with work_as(district.doctor, writing=False) as work:  # a clinic's doctors see their own as they are
        found = clinic_figures(work, district.clinic_id, "year")
    assert found.whole["K_DAYS_PLAN"] == Figure(4.5, 8)
    assert found.waiting.by_stage == {"intervention": 8}


def test_only_a_clinics_doctors_and_the_districts_managers_read_figures(work_as, district, manager):
    for who in (district.other_doctor, district.teacher, manager, district.sysadmin, district.security_officer):
        with work_as(who, writing=False) as work, pytest.raises(NotPermitted):
            clinic_figures(work, district.clinic_id, "year")
    for who in (district.doctor, district.specialist, district.sysadmin, district.security_officer):
        with work_as(who, writing=False) as work, pytest.raises(NotPermitted):
            district_figures(work, "year")
    with work_as(manager) as work:
        district_figures(work, "year")
    with work_as(None, writing=False) as work:
        row = work.session.scalars(select(AuditEvent).where(AuditEvent.record_type == "statistics")).one()
    assert (row.user_id, row.purpose, row.child_id) == (manager.user_id, "statistics", None)


@pytest.mark.parametrize("database", ["sqlite"])
def test_what_is_late_counts_once_a_case_and_turn_and_a_recalled_letter_not_at_all(planned, work_as, district, clock):
    case = planned(district.clinic_id, 3)
    today = clock.now.astimezone(LOCAL).date()
    of_case = {"child_id": case.child_id, "case_id": case.id, "organisation_id": district.clinic_id}
    tasks = (
        ("signature", "guardian", 1), ("question", "guardian", 4), ("signature", "teacher", 0),
        ("care_task", "teacher", 2),  # not yet a week without a word
    )  # fmt: skip
    with work_as(None) as work:
        for kind, turn, days in tasks:
            due_on = today - timedelta(days=days)
            work.session.add(Task(kind=kind, whose_turn=turn, due_on=due_on, body=b"", created_at=work.now, **of_case))
        for number, status in enumerate(("requested", "entered-in-error")):
            work.session.add(
                Referral(
                    receiver_id=district.mch_institute_id,
                    number=f"Z{number}",
                    status=status,
                    entry_id=new_id(),
                    reply_due_on=today,
                    sent_on=today,
                    **of_case,
                )
            )
    with work_as(district.doctor, writing=False) as work:
        found = clinic_figures(work, district.clinic_id, "quarter")
    assert found.waiting.late_by_turn == {"guardian": 1}
    assert found.whole["K_REPLIED"] == Figure(0, 1, 0)
