"""What follows an urgent finding: it stands on the lists of clinic and family until a doctor writes what came of it.

Two tasks of kind `outcome`, one for the clinic and one for the family, point at the entry with the finding. Plain
columns say that a result is waited for, not of what. The family is told at once, for whoever brought the child may not
be whoever decides; the clinic where nobody was there to say what happens now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from mengya_health.access.permissions import Permission, require
from mengya_health.content.urgent import UrgentWords
from mengya_health.errors import Invalid, NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.people.messages import staff_of, tell_at_once
from mengya_health.people.places import desks_of
from mengya_health.record.commands import record_entry
from mengya_health.record.models import OPEN_TASK, Entry, Task
from mengya_health.record.tasks import add_task, open_body

OUTCOME = "outcome"
SAME_DAY_LIMIT = "SLA_REFER_EMERG"
ARRIVED, NOT_ARRIVED = "arrived", "not_arrived"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it: the child arrived somewhere on a day, or why it did not."""

    arrived: bool
    happened_on: date
    where: str = ""
    reason: str = ""
    text: str = ""


def keep_asking(work, child: ChildFacts, entry_id: UUID, said: Mapping | None) -> None:
    """Put an entry's urgent findings onto both lists until somebody answers; a correction without any takes them off.

    What was answered already is asked again only for a finding that was not there then.
    """
    tasks = list(work.session.scalars(select(Task).where(Task.subject_id == entry_id, Task.kind == OUTCOME)))
    codes = frozenset(said["codes"]) if said else frozenset()
    asked = {code for task in tasks if task.status != "cancelled" for code in open_body(work, task).get("codes", ())}
    if not codes:
        _end(work, tasks, status="cancelled")
    elif not codes <= asked:
        _end(work, tasks, status="cancelled")
        _start_both(work, child, entry_id, sorted(codes), is_answered=bool(said["answer"]))
    work.session.flush()


def record_outcome(work, child: ChildFacts, task_id: UUID, outcome: Outcome) -> Entry:
    """Write what came of an urgent finding, and take it off both lists.

    Raises NotFound for a task that is over, Invalid per field, NotPermitted.
    """
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    task = find_outcome(work, child, task_id)
    problems = {}
    if outcome.arrived and not outcome.where:
        problems["where"] = ["请写到了哪家医院。 Say where the child was seen."]
    if not outcome.arrived and not outcome.reason:
        problems["reason"] = ["请选没到的原因。 Choose why not."]
    if not outcome.arrived and not outcome.text:
        problems["text"] = ["没到：请写下怎么说的、接下来怎么办。 Say what was agreed and what happens next."]
    if problems:
        raise Invalid(fields=problems)
    content = {
        "about": str(task.subject_id),
        "result": ARRIVED if outcome.arrived else NOT_ARRIVED,
        "where": outcome.where,
        "reason": "" if outcome.arrived else outcome.reason,
        "text": outcome.text,
    }
    entry = record_entry(
        work, child, section="health", kind=OUTCOME, content=content, happened_on=outcome.happened_on, task_id=task.id
    )
    _end_asking(work, [task.subject_id])
    return entry


def find_outcome(work, child: ChildFacts, task_id: UUID) -> Task:
    """Return an open task of the clinic that waits for an outcome. Raises NotFound."""
    task = work.session.get(Task, task_id)
    if task is None or (task.child_id, task.kind, task.whose_turn) != (child.id, OUTCOME, "doctor"):
        raise NotFound
    if task.status not in OPEN_TASK:
        raise NotFound
    return task


def answered_by_reply(work, child_id: UUID, sent_on: date) -> None:
    """Take off the lists what stood there when an emergency referral was sent: its receiver has seen the child.

    A building block of the reply to a referral.
    """
    waiting = select(Task).where(Task.child_id == child_id, Task.kind == OUTCOME, Task.status.in_(OPEN_TASK))
    _end(work, [task for task in work.session.scalars(waiting) if task.due_on <= sent_on], status="completed")


def _end_asking(work, entry_ids: Iterable[UUID]) -> None:
    waiting = select(Task).where(Task.subject_id.in_(list(entry_ids)), Task.kind == OUTCOME)
    _end(work, list(work.session.scalars(waiting)), status="completed")
    work.session.flush()


def _end(work, tasks: Iterable[Task], *, status: str) -> None:
    for task in tasks:
        if task.status in OPEN_TASK:
            task.status, task.done_on = status, work.today


def _start_both(work, child: ChildFacts, entry_id: UUID, codes: list[str], *, is_answered: bool) -> None:
    words = [work.content.urgent_words.get(code, work.content.usual_urgent_words) for code in codes]
    said = next((each for each in words if each.call_120), words[0])
    place, phone = next(iter(desks_of(work, [child.clinic_id])), ("", ""))
    clinic = {"title": "当日就诊：等结果", "codes": codes}
    family = _for_family(said) | {"clinic": place, "phone": phone, "codes": codes}
    at_clinic = _start(work, child, entry_id, whose_turn="doctor", body=clinic)
    at_home = _start(work, child, entry_id, whose_turn="guardian", body=family)
    signing = [tie.user_id for tie in child.subject.current("guardian") if tie.authority == "signs"]
    tell_at_once(work, signing, subject_id=at_home.id)
    if not is_answered:
        tell_at_once(work, staff_of(work, child.clinic_id, "doctor"), subject_id=at_clinic.id)


def _for_family(said: UrgentWords) -> dict:
    return {"title": said.family, "then": said.then, "call_120": said.call_120}


def _start(work, child: ChildFacts, entry_id: UUID, *, whose_turn: str, body: dict) -> Task:
    return add_task(
        work,
        child,
        kind=OUTCOME,
        whose_turn=whose_turn,
        organisation_id=child.clinic_id if whose_turn == "doctor" else None,
        due_on=work.content.time_limits[SAME_DAY_LIMIT].due_on(work.today),
        body=body,
        subject_id=entry_id,
    )
