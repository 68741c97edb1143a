"""Read planned visits and earlier checks, already limited to what the actor may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import OPEN_TASK, Task
from mengya_health.record.queries import OpenEntry, entries_of_kind
from mengya_health.screening.measurements import READING_KINDS
from mengya_health.screening.schedule import Happened

VISIT = "visit"
VISIT_NOT_DONE = "visit_not_done"  # the entry that says why
# What a child's schedule is read from, beside its checks.
SCHEDULE_KINDS = (VISIT_NOT_DONE, "vaccination")
FINDING = "finding"  # the task of deciding what to do about findings
# A visit comes onto the list a month before its last day: most windows are a month long.
LISTED_DAYS_BEFORE = 31


def checks_of(work, child: ChildFacts) -> list[OpenEntry]:
    """Return a child's checks and follow-ups that count, oldest first."""
    return [entry for entry in entries_of_kind(work, child, *READING_KINDS) if entry.status == "active"]


def happened_in(child: ChildFacts, entries: Sequence[OpenEntry]) -> Happened:
    """Return what these entries say of planned checks: done on which day, or why not.

    A clinic answers for a child since it is in its care, or since the first planned check on record.
    """
    active = [entry for entry in entries if entry.status == "active"]
    checks = [entry for entry in active if entry.kind == "screening" and entry.content.get("visit")]
    care = [tie.from_on for tie in child.subject.current("care")]
    known = [*care, *(entry.happened_on for entry in checks)]
    return Happened(
        done={entry.content["visit"]: entry.happened_on for entry in checks},
        excused={e.content["visit"]: e.content["reason_code"] for e in active if e.kind == VISIT_NOT_DONE},
        in_care_from=min(known, default=date.max),
    )


def answers_in(entries: Sequence[OpenEntry]) -> dict:
    """Return the last answer to each line of the check forms, by lower-case field."""
    found: dict = {}
    for entry in entries:
        if entry.kind == "screening" and entry.status == "active":
            given = entry.content.get("answers", {})
            found |= {name: value for name, value in given.items() if value is not None}
    return found


def last_check(checks: Sequence[OpenEntry], before: date) -> OpenEntry | None:
    """Return the newest of these checks up to a day, None for the first one ever."""
    return next((entry for entry in reversed(checks) if entry.happened_on <= before), None)


def open_visit_of(work, child: ChildFacts) -> Task | None:
    """Return the child's planned visit, None where none is planned."""
    chosen = select(Task).where(Task.child_id == child.id, Task.kind == VISIT, Task.status.in_(OPEN_TASK))
    return work.session.scalars(chosen.order_by(Task.due_on)).first()


def waits_for_decision(work, entry_id: UUID) -> bool:
    """Return whether something a check found still waits for the doctor's decision."""
    chosen = select(Task.id).where(Task.subject_id == entry_id, Task.kind == FINDING, Task.status.in_(OPEN_TASK))
    return work.session.scalar(chosen) is not None
