"""What the district's offices find in the demo: a release to decide, an emergency access to review, decoys."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from mengya_health.care.case_lists import clinic_cases
from mengya_health.care.queries import case_facts
from mengya_health.care.releases import ask_release, releasable
from mengya_health.operations.decoys import make_decoys
from mengya_health.operations.demo_people import FIRST_LOGIN
from mengya_health.operations.demo_stage import EVENING, Stage
from mengya_health.people.break_glass import open_emergency
from mengya_health.people.models import Relationship
from mengya_health.people.queries import find_children, visible_child_ids
from mengya_health.people.watch import watch
from mengya_health.work import LOCAL

WHY = "孩子在我院急诊，家长说吃过敏药，要看过敏史"


def leave_traces(stage: Stage) -> None:
    """Let a doctor ask for a release and another open a record in an emergency, on the evening before."""
    on, moment = stage.ago(1), datetime.combine(stage.ago(1), EVENING, LOCAL)
    make_decoys(replace(stage.installation, now=lambda: moment), login=FIRST_LOGIN)
    with stage.work(stage.staff["doctor"], on, EVENING) as work:
        _ask_for_a_release(work, stage)
        number = _number_without_family(work)
    with stage.work(replace(stage.staff["doctor3"], reauthenticated_at=moment), on, EVENING) as work:
        open_emergency(work, number=number, code="treatment", text=WHY)
    with stage.work(None, on, EVENING) as work:
        watch(work)


def _ask_for_a_release(work, stage: Stage) -> None:
    """Ask about the first case that lacks something a reviewer may let pass."""
    for _child, line in clinic_cases(work, stage.places["clinic"]):
        for event, _said, condition in releasable(case_facts(work, line.id)[1]):
            ask_release(
                work,
                line.id,
                event=event,
                conditions=[condition.name],
                reason="孩子住院两周，这段时间补不了",
                reviewer_organisation_id=stage.places["mch_institute"],
            )
            return


def _number_without_family(work) -> str:
    with_family = select(Relationship.child_id).where(Relationship.kind == "guardian")
    ids = work.session.scalars(visible_child_ids(work).where(Relationship.child_id.not_in(with_family)))
    children = find_children(work, ids).values()
    return min(child.number for child in children if child.subject.has_consent("P1"))
