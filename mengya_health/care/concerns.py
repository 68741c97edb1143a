"""Somebody is worried: a concern for the doctor to answer. And the doctor's tries to reach a family."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from mengya_health.access.permissions import Permission
from mengya_health.care import loop
from mengya_health.care.commands import flag, open_case, start
from mengya_health.care.entries import write_entry
from mengya_health.care.queries import find_task, open_case_on
from mengya_health.care.tasks import change_body, due_by, end_task, start_task
from mengya_health.errors import Invalid
from mengya_health.people.queries import find_child
from mengya_health.record.commands import end_entry, record_entry
from mengya_health.record.models import Entry

SECTION_OF_ROLE = {"guardian": "family", "caregiver": "family", "teacher": "behaviour", "health_staff": "behaviour"}


def raise_concern(
    work, child_id: UUID, *, text: str, case_id: UUID | None = None, asks: Mapping[str, Any] | None = None
) -> Entry:
    """Ask the doctor to look at something about a child; it stands on the clinic's list until answered.

    `asks` is what only the clinic's list says: a title, a text in its words, the matters it is about.
    Raises Invalid without a text, NotFound, NotPermitted.
    """
    if not text.strip():
        raise Invalid(fields={"text": ["请写一句您看到了什么。 Please write what you saw."]})
    child = find_child(work, child_id, Permission.RAISE_CONCERN)
    entry = record_entry(
        work,
        child,
        section=SECTION_OF_ROLE.get(work.actor.role, "health"),
        kind="concern",
        content={"text": text},
        happened_on=work.today,
        case_id=case_id,
    )
    start_task(
        work,
        child,
        kind="concern",
        whose_turn="doctor",
        due_on=due_by(work, loop.loop_of(work.content), "concern"),
        body={"title": "有人提出请医生看看", "text": text, "from": work.actor.role} | dict(asks or {}),
        subject_id=entry.id,
    )
    work.session.flush()
    return entry


def answer_concern(work, task_id: UUID, *, is_accepted: bool, text: str, pathway_id: str = "") -> Entry:
    """Answer a concern. An accepted one names a pathway: its open case, or a new one, goes on to screening.

    Raises NotFound for one that is answered, Invalid without an answer or, where accepted, without a pathway.
    """
    if not text.strip():
        raise Invalid(fields={"text": ["请写一句答复。 Please write an answer."]})
    if is_accepted and not pathway_id:
        raise Invalid(fields={"pathway_id": ["请选一条路径。 Please choose a pathway."]})
    found, task = find_task(work, task_id, "concern")
    child = find_child(work, found.id, Permission.WRITE_HEALTH)
    entry = record_entry(
        work,
        child,
        section="health",
        kind="advice",
        content={"text": text, "answers": str(task.subject_id)},
        happened_on=work.today,
        task_id=task.id,
    )
    end_entry(work, child, task.subject_id, "completed")
    change_body(work, task, outcome="accepted" if is_accepted else "answered")
    end_task(work, task)
    if is_accepted:
        _take_up(work, child, task, pathway_id, text)
    work.session.flush()
    return entry


def log_contact(
    work, case_id: UUID, *, way: str, is_reached: bool, text: str = "", happened_on: date | None = None
) -> Entry:
    """Write down one try to reach the family: `way` is of `contact_ways`. Raises Invalid, NotFound, NotPermitted."""
    opened, facts = start(work, case_id, None)
    if way not in facts.loop.contact_ways:
        raise Invalid(fields={"way": ["请选联系方式。 Please choose how you tried."]})
    return write_entry(
        work, opened, "contact_attempt", {"way": way, "reached": is_reached, "text": text}, happened_on=happened_on
    )


def _take_up(work, child, task, pathway_id: str, reason: str) -> None:
    case = open_case_on(work, child, pathway_id) or open_case(work, child.id, pathway_id=pathway_id, reason=reason)
    task.case_id = case.id
    work.session.flush()
    if case.state == "watching":
        flag(work, case.id, reason=reason)
