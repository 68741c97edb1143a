"""应检名单: the planned checks of a clinic that are due, page by page, the longest overdue first.

SQL sees tasks, classes and dates, so a list can be chosen by these. Which vaccines are due is sealed in each record and
where a family lives in each child's sheet: no list is made by those, for it would have to open every record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.content.visits import PlannedVisit
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Relationship
from mengya_health.people.queries import find_children
from mengya_health.people.subjects import ATTENDING, current
from mengya_health.record.models import OPEN_TASK, Task
from mengya_health.screening.planned import visit_on
from mengya_health.screening.queries import LISTED_DAYS_BEFORE, VISIT

WEEK, MONTH, OVERDUE, ALL = "week", "month", "overdue", "all"
WEEK_DAYS = 7
PAGE_ROWS = 50
NO_CLASS = "none"  # children who are in no class


@dataclass(frozen=True)
class DueVisit:
    """A planned check on the list. `visit` is what the child's age asks for; `missed` the earlier one it takes over."""

    task_id: UUID
    child: ChildFacts
    visit: PlannedVisit
    missed: PlannedVisit | None
    due_on: date
    days_overdue: int


@dataclass(frozen=True)
class DueList:
    """One page of a clinic's list, and how many stand on each list (by WEEK, MONTH, OVERDUE, ALL)."""

    lines: tuple[DueVisit, ...]
    counts: dict[str, int]


def due_list(
    work, organisation_id: UUID, *, which: str = MONTH, group: UUID | str | None = None, page: int = 1
) -> DueList:
    """Return a page of the clinic's planned checks: overdue, due within a week or a month, or all of them.

    `group` narrows it to a class, or to the children in no class (NO_CLASS). Four statements, and one of the keystore,
    however long the list is. Raises NotPermitted.
    """
    require(work.actor, Permission.LIST_CHILDREN, PlaceSubject(organisation_id))
    ours = _of_clinic(work, organisation_id, group)
    chosen = (
        select(Task.id, Task.child_id, Task.due_on, Task.body)
        .where(*ours, _within(which, work.today))
        .order_by(Task.due_on, Task.created_at, Task.id)
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )
    rows = work.session.execute(chosen).all()
    children = find_children(work, {row.child_id for row in rows}, with_open="health")
    audit.read(work, list(children), VISIT)
    lines = tuple(_line(work, children[row.child_id], row) for row in rows if row.child_id in children)
    return DueList(lines, _counts(work, ours))


def _of_clinic(work, organisation_id: UUID, group: UUID | str | None) -> list[ColumnElement]:
    tie = Relationship
    in_care = select(tie.child_id).where(
        tie.organisation_id == organisation_id, tie.kind == "care", current(tie, work.today)
    )
    ours = [
        Task.organisation_id == organisation_id,
        Task.whose_turn == "doctor",
        Task.kind == VISIT,
        Task.status.in_(OPEN_TASK),
        Task.child_id.in_(in_care),
    ]
    if group is None:
        return ours
    attending = select(tie.child_id).where(tie.kind.in_(ATTENDING), current(tie, work.today))
    if group == NO_CLASS:
        return [*ours, Task.child_id.not_in(attending)]
    return [*ours, Task.child_id.in_(attending.where(tie.group_id == group))]


def _within(which: str, today: date) -> ColumnElement[bool]:
    if which == OVERDUE:
        return Task.due_on < today
    if which == ALL:
        return Task.due_on >= date.min
    days = {WEEK: WEEK_DAYS, MONTH: LISTED_DAYS_BEFORE}[which]
    return Task.due_on.between(today, today + timedelta(days=days))


def _counts(work, ours: list[ColumnElement]) -> dict[str, int]:
    names = (WEEK, MONTH, OVERDUE, ALL)
    counted = select(*(func.count().filter(_within(name, work.today)) for name in names)).where(*ours)
    return dict(zip(names, work.session.execute(counted).one(), strict=True))


def _line(work, child: ChildFacts, row) -> DueVisit:
    body = work.keys.open_body("task", row.id, child.id, "health", row.body)
    planned, by_age = work.content.visit(body["visit"]), visit_on(work.content, child, work.today)
    has_passed = by_age.due_month > planned.due_month
    return DueVisit(
        task_id=row.id,
        child=child,
        visit=by_age if has_passed else planned,
        missed=planned if has_passed else None,
        due_on=row.due_on,
        days_overdue=max(0, (work.today - row.due_on).days),
    )
