"""Read planned visits and earlier checks, already limited to what the actor may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.content.visits import PlannedVisit
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_children, visible_child_ids
from mengya_health.record.models import OPEN_TASK, Task
from mengya_health.record.queries import OpenEntry, entries_of_kind
from mengya_health.screening.measurements import READING_KINDS
from mengya_health.screening.planned import visit_on

VISIT = "visit"
FINDING = "finding"  # the task of deciding what to do about findings
# A visit comes onto the list a month before its last day: most windows are a month long.
LISTED_DAYS_BEFORE = 31


@dataclass(frozen=True)
class DueVisit:
    """A planned visit on a work list. `visit` is what the child's age asks for on that day; overdue is never stored."""

    task_id: UUID
    child: ChildFacts
    visit: PlannedVisit
    due_on: date
    days_overdue: int


@dataclass(frozen=True)
class VisitCounts:
    """How many visits stand on a clinic's list on a day: due, of these overdue, and done that day."""

    due: int
    overdue: int
    done: int


def due_visits(
    work,
    organisation_id: UUID,
    on: date,
    *,
    within_days: int = LISTED_DAYS_BEFORE,
    only_overdue: bool = False,
    limit: int = 60,
) -> list[DueVisit]:
    """Return a clinic's planned visits that are due, the longest overdue first; three statements in all."""
    require(work.actor, Permission.LIST_CHILDREN, PlaceSubject(organisation_id))
    last_on = on - timedelta(days=1) if only_overdue else on + timedelta(days=within_days)
    chosen = (
        select(Task.id, Task.child_id, Task.due_on)
        .where(*_open_visits(organisation_id), Task.due_on <= last_on, Task.child_id.in_(visible_child_ids(work)))
        .order_by(Task.due_on, Task.created_at)
        .limit(limit)
    )
    rows = work.session.execute(chosen).all()
    children = find_children(work, {row.child_id for row in rows}, with_open="health")
    audit.read(work, list(children), VISIT)
    return [
        DueVisit(
            row.id, child, visit_on(work.content, child, on), row.due_on, days_overdue=max(0, (on - row.due_on).days)
        )
        for row in rows
        if (child := children.get(row.child_id))
    ]


def visit_counts(work, organisation_id: UUID, on: date, *, within_days: int = LISTED_DAYS_BEFORE) -> VisitCounts:
    """Return how many visits a clinic's list holds on a day, in one statement."""
    require(work.actor, Permission.LIST_CHILDREN, PlaceSubject(organisation_id))
    due = Task.status.in_(OPEN_TASK) & (Task.due_on <= on + timedelta(days=within_days))
    counts = work.session.execute(
        select(
            func.count().filter(due),
            func.count().filter(due & (Task.due_on < on)),
            func.count().filter((Task.status == "completed") & (Task.done_on == on)),
        ).where(Task.organisation_id == organisation_id, Task.kind == VISIT)
    ).one()
    return VisitCounts(*counts)


def checks_of(work, child: ChildFacts) -> list[OpenEntry]:
    """Return a child's checks and follow-ups that count, oldest first."""
    return [entry for entry in entries_of_kind(work, child, *READING_KINDS) if entry.status == "active"]


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


def _open_visits(organisation_id: UUID) -> tuple:
    return Task.organisation_id == organisation_id, Task.kind == VISIT, Task.status.in_(OPEN_TASK)
