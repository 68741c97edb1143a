"""Everything due: of a clinic on one day, of one child. One statement each, whatever there is of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from uuid import UUID

from sqlalchemy import Date, Select, Subquery, and_, bindparam, case, func, or_, select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.care.facts import TaskFacts
from mengya_health.care.models import CLOSED_STATES, OPEN_TASK, Case, Task
from mengya_health.care.queries import WorkItem
from mengya_health.care.raised import TO_LEAD, RaisedBy, is_raised, raised_by
from mengya_health.care.tasks import may_see, task_facts
from mengya_health.db import Id
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Relationship
from mengya_health.people.queries import find_children
from mengya_health.people.subjects import current
from mengya_health.screening.queries import LISTED_DAYS_BEFORE, VISIT
from mengya_health.screening.rescreens import RESCREEN
from mengya_health.screening.urgent_care import OUTCOME

FOLLOW_UP = "follow_up"
FOLLOW_UP_DAYS_BEFORE = 7  # a family can be called a week ahead
AT_THE_CLINIC = (VISIT, FOLLOW_UP, RESCREEN)  # what a child comes for; everything else of the doctor's is a decision
URGENT, DUE, OVERDUE, DONE, DECISION, WAITING = "urgent", "due", "overdue", "done", "decision", "waiting"


# Rows as they come: a list changes nothing, and a mapped object for each line costs more than opening it.
_TASK = Task.__table__.c


@dataclass(frozen=True)
class DayList:
    """A clinic's day: the first lines of each list with their children, how many stand on it, and who is waited for."""

    lines: Mapping[str, tuple[WorkItem, ...]]  # by urgent, due, overdue, done, decision; due first
    counts: Mapping[str, int]
    waiting: Mapping[tuple[str, str], int]  # how many by (whose turn, kind of task)
    children: Mapping[UUID, ChildFacts]
    raised: int = 0  # how much of all this is so late that it has come up to the leads


def day_list(work, organisation_id: UUID, *, limits: Mapping[str, int]) -> DayList:
    """Return who comes to a clinic today, what its doctor has to decide, and what others owe it.

    `limits` is how many lines of each list are opened; one that is not named is only counted. Three statements in all.
    Raises NotPermitted.
    """
    require(work.actor, Permission.LIST_CHILDREN, PlaceSubject(organisation_id))
    asked = {
        "clinic_id": organisation_id,
        "today": work.today,
        "visits_until": work.today + timedelta(days=LISTED_DAYS_BEFORE),
        "others_until": work.today + timedelta(days=FOLLOW_UP_DAYS_BEFORE),
    }
    rows = work.session.execute(_first_of_each(tuple(limits.items()), raised_by(work, TO_LEAD)), asked).all()
    children = find_children(
        work, {row.child_id for row in rows if row.place <= limits.get(row.list, 0)}, with_open="health"
    )
    audit.read(work, list(children), "task")
    lines = {name: [] for name in limits}
    for row in rows:
        child = children.get(row.child_id)
        if row.list in limits and row.place <= limits[row.list] and child and may_see(work, child, row):
            lines[row.list].append(_line(work, child, row))
    counts = {row.list: row.number for row in rows if row.list != WAITING}
    waiting = {(row.whose_turn, row.kind): row.number for row in rows if row.list == WAITING}
    raised = rows[0].raised if rows else 0
    return DayList({name: tuple(found) for name, found in lines.items()}, counts, waiting, children, raised)


def open_tasks_of(work, child: ChildFacts) -> list[TaskFacts]:
    """Return everything due for a child, due first; what rests until a plan is signed is left out."""
    if child.subject.has_ended("health"):
        return []
    return [task_facts(work, task) for task in work.session.execute(_open_tasks(), {"child_id": child.id})]


@cache
def _open_tasks() -> Select:
    of_child = Task.child_id == bindparam("child_id", type_=Id())
    return select(*_TASK).where(of_child, _is_going()).order_by(Task.due_on, Task.created_at)


@lru_cache(maxsize=16)
def _first_of_each(limits: tuple[tuple[str, int], ...], raised: tuple[RaisedBy, ...]) -> Select:
    """Return the SELECT of every list's first tasks, each with its list, its place on it and the list's length.

    Beside them stands how many of all are `raised`. Kept, for building it costs more than running it.
    """
    listed = _listed(raised)
    lists = [listed.c.list, case((listed.c.list == WAITING, listed.c.whose_turn + listed.c.kind))]
    by_date = (listed.c.due_on, listed.c.created_at, listed.c.id)
    placed = select(
        listed.c.id,
        listed.c.list,
        func.row_number().over(partition_by=lists, order_by=by_date).label("place"),
        func.count().over(partition_by=lists).label("number"),
        func.sum(listed.c.is_raised).over().label("raised"),
    ).subquery()
    within = [and_(placed.c.list == name, placed.c.place <= most) for name, most in limits]
    return (
        select(*_TASK, placed.c.list, placed.c.place, placed.c.number, placed.c.raised)
        .join(placed, placed.c.id == Task.id)
        .where(or_(placed.c.place == 1, *within))
        .order_by(Task.due_on, Task.created_at, Task.id)
    )


def _listed(raised: tuple[RaisedBy, ...]) -> Subquery:
    """Return the tasks that stand on any of a clinic's lists, with the list of each; of children in its care only.

    `is_raised` is 1 for those that have come up to the leads, else 0.
    """
    clinic_id, today = bindparam("clinic_id", type_=Id()), bindparam("today", type_=Date())
    visits_until, others_until = bindparam("visits_until", type_=Date()), bindparam("others_until", type_=Date())
    at_clinic, ours = Task.kind.in_(AT_THE_CLINIC), and_(Task.organisation_id == clinic_id, Task.whose_turn == "doctor")
    cases = select(Case.id).where(Case.organisation_id == clinic_id, Case.state.not_in(CLOSED_STATES))
    in_care = select(Relationship.child_id).where(
        Relationship.organisation_id == clinic_id,
        Relationship.kind.in_(("care", "handover")),  # of a child to be taken over there is one task: to accept it
        current(Relationship, today),
    )
    name = case(
        (and_(ours, at_clinic, Task.status == "completed", Task.done_on == today), DONE),
        (~_is_going(), None),
        (and_(ours, Task.kind == OUTCOME), URGENT),
        (and_(ours, ~at_clinic), DECISION),
        (and_(ours, Task.due_on < today), OVERDUE),
        (and_(ours, Task.due_on <= case((Task.kind == VISIT, visits_until), else_=others_until)), DUE),
        (and_(Task.whose_turn != "doctor", Task.case_id.in_(cases)), WAITING),
    )
    chosen = select(Task.id, Task.whose_turn, Task.kind, Task.due_on, Task.created_at, name.label("list"))
    chosen = chosen.add_columns(case((and_(_is_going(), is_raised(raised)), 1), else_=0).label("is_raised"))
    named = chosen.where(
        or_(Task.organisation_id == clinic_id, Task.case_id.in_(cases)),
        or_(_is_going(), Task.done_on == today),
        Task.child_id.in_(in_care),
    ).subquery()
    return select(named).where(named.c.list.is_not(None)).subquery()


def _is_going():
    return Task.status.in_([status for status in OPEN_TASK if status != "on-hold"])


def _line(work, child: ChildFacts, task: Task) -> WorkItem:
    return WorkItem(child, task_facts(work, task), max(0, (work.today - task.due_on).days))
