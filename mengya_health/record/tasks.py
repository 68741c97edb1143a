"""A task as a row: how one begins and what it says. Bodies are sealed with class health."""

from datetime import date
from uuid import UUID

from mengya_health.db import new_id
from mengya_health.people.facts import ChildFacts, PlacedChild
from mengya_health.record.models import Task


def add_task(
    work,
    child: ChildFacts | PlacedChild,
    *,
    kind: str,
    whose_turn: str,
    organisation_id: UUID | None,
    due_on: date,
    body: dict,
    case_id: UUID | None = None,
    subject_id: UUID | None = None,
    status: str = "requested",
) -> Task:
    """Store one task on the list of a place, or of a family: that has no `organisation_id`. A building block."""
    task = Task(
        id=new_id(),
        child_id=child.id,
        kind=kind,
        case_id=case_id,
        subject_id=subject_id,
        organisation_id=organisation_id,
        whose_turn=whose_turn,
        due_on=due_on,
        status=status,
        created_at=work.now,
    )
    seal_body(work, task, body)
    work.session.add(task)
    return task


def open_body(work, task: Task) -> dict:
    """Return what a task says."""
    return work.keys.open_body("task", task.id, task.child_id, "health", task.body)


def seal_body(work, task: Task, body: dict) -> None:
    """Let a task say something else."""
    task.body = work.keys.seal_body("task", task.id, task.child_id, "health", body)
