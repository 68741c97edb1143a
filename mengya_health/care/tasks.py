"""Rows of everything due: how a task begins, how it ends, and whose turn follows. Bodies are sealed with class health.

A task remembers which step of its case began and ended it, so that taking the step back can put it right again.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.care.facts import CaseFacts, CaseRules, TaskFacts
from mengya_health.care.loop import turn_of
from mengya_health.care.models import OPEN_TASK, Case, CaseStep, Task
from mengya_health.care.turns import OpenTask
from mengya_health.care.workflow import NOTHING_IS_DUE, Workflow
from mengya_health.people.facts import ChildFacts, PlacedChild
from mengya_health.record.tasks import add_task, open_body, seal_body

WAITING = "on-hold"
LOOK_FIRST = "look_first"  # the doctor asks the family or the class to look at a few things before a check
CLASS_ADVICE = "class_advice"  # the doctor suggests something for the class
# What may be seen of a child by whoever may not read its cases; any other task says what a case is about.
OF_NO_CASE = (
    "visit", LOOK_FIRST, "concern", "dispute", "consent_ended", "consent_disputed", "two_persons", "erasure",
    "outcome", "daily_exception", "handover",
)  # fmt: skip
_OF_AN_ENDING = ("ended_step", "changed_step", "not_done", "not_done_text")


def start_task(
    work,
    child: ChildFacts | PlacedChild,
    *,
    kind: str,
    whose_turn: str,
    due_on: date,
    body: dict,
    case: Case | None = None,
    step: CaseStep | None = None,
    subject_id: UUID | None = None,
    organisation_id: UUID | None = None,
    status: str = "requested",
) -> Task:
    """Store one task. Without `organisation_id` it stands on the list of whoever's turn it is for this child."""
    return add_task(
        work,
        child,
        kind=kind,
        whose_turn=whose_turn,
        organisation_id=organisation_id or place_of(child, whose_turn),
        due_on=due_on,
        body=body | ({"started_step": step.seq} if step else {}),
        case_id=case.id if case else None,
        subject_id=subject_id,
        status=status,
    )


def end_task(
    work, task: Task, *, status: str = "completed", reason: str = "", text: str = "", step: CaseStep | None = None
) -> None:
    """End a task: completed, or cancelled with a typed reason (`not_done_reasons` of the loop)."""
    body = open_body(work, task) | {"was": task.status}
    if reason:
        body |= {"not_done": reason, "not_done_text": text}
    if step:
        body |= {"ended_step": step.seq}
    task.status = status
    task.done_on = work.today
    seal_body(work, task, body)


def end_tasks(
    work,
    case: Case,
    *kinds: str,
    status: str = "completed",
    reason: str = "",
    text: str = "",
    step: CaseStep | None = None,
    but_not: Iterable[UUID] = (),
) -> None:
    """End every open task of the case that is of one of these kinds; of every kind where none is named."""
    for task in open_tasks(work, case):
        if (not kinds or task.kind in kinds) and task.id not in but_not:
            end_task(work, task, status=status, reason=reason, text=text, step=step)


def change_status(work, task: Task, status: str, step: CaseStep) -> None:
    """Suspend a task or set it going again."""
    seal_body(work, task, open_body(work, task) | {"was": task.status, "changed_step": step.seq})
    task.status = status


def change_body(work, task: Task, **added) -> None:
    """Put something more into a task's body."""
    seal_body(work, task, open_body(work, task) | added)


def undo_tasks(work, case: Case, numbers: list[int]) -> None:
    """Put right what the steps of these numbers did to tasks: begun ones are cancelled, ended ones open again."""
    for task in work.session.scalars(select(Task).where(Task.case_id == case.id)):
        body = open_body(work, task)
        if body.get("started_step") in numbers:
            task.status, task.done_on = "entered-in-error", work.today
        elif body.get("ended_step") in numbers or body.get("changed_step") in numbers:
            task.status, task.done_on = body["was"], None
            seal_body(work, task, {name: each for name, each in body.items() if name not in _OF_AN_ENDING})


def open_tasks(work, case: Case) -> list[Task]:
    """Return the case's open tasks, due first; what this unit of work has begun is among them."""
    work.session.flush()
    chosen = select(Task).where(Task.case_id == case.id, Task.status.in_(OPEN_TASK))
    return list(work.session.scalars(chosen.order_by(Task.due_on, Task.created_at)))


def settle(
    work, child: ChildFacts | PlacedChild, case: Case, facts: CaseFacts | CaseRules, step: CaseStep | None = None
) -> None:
    """After a change: say whose turn it is now, and give the doctor a date for what is theirs to decide."""
    loop, left = facts.loop, open_tasks(work, case)
    if step and step.from_state != step.to_state:
        for task in [task for task in left if task.kind == "decision"]:
            end_task(work, task, step=step)
    going = [task for task in left if task.kind != "decision" and task.status != WAITING]
    case.whose_turn = turn_of(loop, case.state, [OpenTask(t.kind, t.whose_turn, t.due_on) for t in going])
    asked = [task for task in left if task.kind == "decision" and task.status in OPEN_TASK]
    decide = loop.states[case.state].decide
    if decide and decide.when == NOTHING_IS_DUE and going:
        for task in asked:
            end_task(work, task, step=step)
    elif decide and case.whose_turn == "doctor" and not asked:
        _start_decision(work, child, case, facts, step)
    work.session.flush()


def place_of(child: ChildFacts | PlacedChild, whose_turn: str) -> UUID | None:
    """Return the place whose list a task of this child stands on; a family has none."""
    if whose_turn == "doctor":
        return child.clinic_id
    if whose_turn == "teacher":
        attended = child.subject.current("enrolment") + child.subject.current("visit")
        return attended[0].organisation_id if attended else None
    return None


def hand_on(work, task: Task, *, whose_turn: str, organisation_id: UUID | None, **added) -> None:
    """Hand an open task on to somebody else's list. What it asks, since when and by when stays as it is."""
    seal_body(work, task, open_body(work, task) | added)
    task.whose_turn, task.organisation_id = whose_turn, organisation_id


def may_see(work, child: ChildFacts, task: Task) -> bool:
    """Return whether a task of a child whom the actor may see is the actor's to see, too."""
    return task.kind in OF_NO_CASE or is_allowed(work.actor, Permission.READ_CASE, child.subject)


def task_facts(work, task: Task) -> TaskFacts:
    """Return a task as plain values."""
    return TaskFacts(
        id=task.id,
        kind=task.kind,
        case_id=task.case_id,
        subject_id=task.subject_id,
        whose_turn=task.whose_turn,
        due_on=task.due_on,
        done_on=task.done_on,
        status=task.status,
        created_at=task.created_at,
        body=open_body(work, task),
        organisation_id=task.organisation_id,
    )


def due_by(work, loop: Workflow, purpose: str) -> date:
    """Return the day something asked today is due, by the time limit the loop names for it."""
    return work.content.time_limits[loop.due[purpose]].due_on(work.today)


def _start_decision(work, child: PlacedChild, case: Case, facts: CaseFacts | CaseRules, step: CaseStep | None) -> None:
    decide = facts.loop.states[case.state].decide
    days = facts.pathway.rules.watch_recheck_days if decide.pathway == "watch" else None
    by_limit = work.content.time_limits[decide.limit].due_on(work.today)
    due_on = facts.given.get("due_on") or (work.today + timedelta(days=days) if days else by_limit)
    body = {"title": decide.title}
    start_task(work, child, kind="decision", whose_turn="doctor", due_on=due_on, body=body, case=case, step=step)
