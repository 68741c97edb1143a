"""A district reviewer may let a case pass although a piece of evidence is missing. Consent is never released."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission, require
from mengya_health.access.rules import BY_NAME as RULES
from mengya_health.care import loop
from mengya_health.care.commands import start
from mengya_health.care.facts import CaseFacts, TaskFacts
from mengya_health.care.models import OPEN_TASK, Task
from mengya_health.care.queries import facts_of, find_case, find_task
from mengya_health.care.tasks import change_body, due_by, end_task, settle, start_task, task_facts
from mengya_health.errors import Invalid, NotPermitted
from mengya_health.people.commands import tie_child
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Organisation
from mengya_health.people.queries import find_children


def ask_release(
    work, case_id: UUID, *, event: str, conditions: Iterable[str], reason: str, reviewer_organisation_id: UUID
) -> Task:
    """Ask the district's reviewers to let an event pass without some evidence; they see who the child is and this case.

    Raises Invalid without a reason, or for a condition that is met or that nobody may release.
    """
    opened, facts = start(work, case_id, None)
    require(work.actor, Permission.WRITE_HEALTH, opened.child.subject)
    wanted = list(conditions)
    found = {each.name: each.missing for each in loop.conditions_of(facts, event)}
    if not reason.strip() or not wanted or not all(found.get(name) and found[name].is_releasable for name in wanted):
        raise Invalid(fields={"conditions": ["请选可以放行的材料，并写明理由。 Choose what may be released, and why."]})
    if work.session.get(Organisation, reviewer_organisation_id) is None:
        raise Invalid(fields={"reviewer_organisation_id": ["请选复核机构。 Please choose the reviewing office."]})
    due_on = due_by(work, facts.loop, "release")
    task = start_task(
        work,
        opened.child,
        kind="release",
        whose_turn="reviewer",
        due_on=due_on,
        body={"title": "申请放行", "event": event, "conditions": wanted, "reason": reason},
        case=opened.case,
        organisation_id=reviewer_organisation_id,
    )
    tie_child(
        work,
        opened.child.id,
        kind="reviewer",
        organisation_id=reviewer_organisation_id,
        basis_id=task.id,
        to_on=due_on + timedelta(days=facts.loop.limits.receiver_days),
    )
    settle(work, opened.child, opened.case, facts)
    return task


def releasable(facts: CaseFacts) -> list[tuple[str, str, loop.Condition]]:
    """Return what is missing now and may be let pass: the event, what it is called, the condition."""
    return [
        (event, facts.loop.events[event], each)
        for event, way in facts.loop.transitions[facts.state].items()
        if way.release
        for each in loop.conditions_of(facts, event)
        if each.missing and each.missing.is_releasable
    ]


def answer_release(work, task_id: UUID, *, is_granted: bool, reason: str) -> Task:
    """Grant or refuse a release as a reviewer, with a reason that stands in the history of the case."""
    child, task = find_task(work, task_id, "release")
    require(work.actor, Permission.RELEASE_GATE, child.subject)
    if not reason.strip():
        raise Invalid(fields={"reason": ["请写明理由。 Please give the reason."]})
    opened = find_case(work, task.case_id)
    facts = facts_of(work, opened)
    asked = task_facts(work, task).body
    way = facts.loop.transitions[facts.state].get(asked["event"])
    if way is None or not all(RULES[rule](work.actor, child.subject) for rule in way.release):
        raise NotPermitted("这一步不能由您放行。", "This step is not yours to release.")
    change_body(work, task, is_granted=is_granted, answer=reason, answered_by=str(work.actor.user_id))
    end_task(work, task)
    audit.changed(work, child.id, "release", task.id)
    settle(work, child, opened.case, facts)
    return task


def releases_asked(work, organisation_id: UUID, *, limit: int = 50) -> list[tuple[ChildFacts, TaskFacts]]:
    """Return what a district's reviewers are asked to release, due first."""
    chosen = select(Task).where(
        Task.kind == "release", Task.organisation_id == organisation_id, Task.status.in_(OPEN_TASK)
    )
    rows = list(work.session.scalars(chosen.order_by(Task.due_on).limit(limit)))
    children = find_children(work, [row.child_id for row in rows], with_open="health")
    audit.read(work, list(children), "task")
    return [(children[row.child_id], task_facts(work, row)) for row in rows if row.child_id in children]
