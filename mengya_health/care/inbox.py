"""What somebody should know: what waits for them, and what others did. Computed from tasks and steps, never copied.

A decision can be taken back for ten minutes: until then nobody is told of it. What was asked for at once is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, false, or_, select, true
from sqlalchemy.orm import aliased

from mengya_health import audit
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.care.conferences import asked_at
from mengya_health.care.facts import TaskFacts
from mengya_health.care.loop import TAKE_BACK, loop_of
from mengya_health.care.models import OPEN_TASK, Case, CaseStep, Referral, Task
from mengya_health.care.tasks import may_see, task_facts
from mengya_health.people.facts import ChildFacts
from mengya_health.people.message_models import URGENT, Message
from mengya_health.people.models import Child
from mengya_health.people.queries import find_children, visible_child_ids
from mengya_health.record.models import Entry
from mengya_health.work import LOCAL

KEPT = timedelta(days=14)  # how long something that happened stays in the inbox
MOST = 200
SOON = timedelta(days=7)  # before its day a follow-up or a decision becomes news
PLANNED = ("follow_up", "decision")  # begun long before they are due
AGAIN = timedelta(days=7)  # what still waits is told of once a week
DAILY = ("visit", "care_task")  # on the day's list, or done at home again and again: no message
ANSWERED = ("concern", "question", "dispute")  # whoever asked is told of the answer
# The steps of a case that its clinic, or the class of its child, is told of when somebody else took them.
STEPS_TOLD = {
    "doctor": ("agree", "decline", "withdraw", "confirm_stable", "confirm_closure"),
    "teacher": ("agree", "withdraw"),
}
RECORD = "P1"
WAITING, HAPPENED, ASKED = "waiting", "happened", "asked"
SAME_DAY = ("finding", "outcome")  # urgent where they are due on the day they began


@dataclass(frozen=True)
class InboxLine:
    """One thing: a task that waits for the reader, one they asked of somebody, or something that happened."""

    kind: str  # of the task; else answered_…, reply, released, or the event of a step
    sort: str  # waiting | asked | happened
    child: ChildFacts
    at: datetime
    told_at: datetime  # when it came into the inbox: once a decision can no longer be taken back
    task: TaskFacts | None = None
    case_id: UUID | None = None
    due_on: date | None = None
    is_urgent: bool = False
    is_new: bool = False  # since the reader last looked


@dataclass(frozen=True)
class Inbox:
    """The first lines of what waits, due first; of what happened, newest first; of what the reader asked of others."""

    waiting: tuple[InboxLine, ...]
    happened: tuple[InboxLine, ...]
    asked: tuple[InboxLine, ...] = ()  # not answered yet
    seen_at: datetime | None = None  # when the reader last looked
    conferences: tuple[datetime, ...] = ()  # when the reader was asked to those that go on


def inbox(work) -> Inbox:
    """Return the actor's inbox for its page: four statements and one of the keystore, whatever there is in it."""
    found = count_inbox(work)
    lines = (*found.waiting, *found.happened, *found.asked)
    audit.read(work, list({line.child.id for line in lines}), "task")
    return found


def count_inbox(work) -> Inbox:
    """Return the same for whoever only counts it: nothing of it is shown, so no reading is noted."""
    seen_at = work.actor.inbox_seen_at
    rows, steps = work.session.execute(_tasks(work)).all(), _steps(work)
    ids = {row.Task.child_id for row in rows} | {step.child_id for step in steps}
    children = {id: each for id, each in find_children(work, ids, with_open="health").items() if _may_tell(work, each)}
    lines = [*_of_tasks(work, rows, children), *_of_steps(work, steps, children)]
    lines = [replace(line, is_new=seen_at is None or line.told_at > seen_at) for line in lines]
    sorts = {sort: [each for each in lines if each.sort == sort] for sort in (WAITING, HAPPENED, ASKED)}
    waiting = sorted(sorts[WAITING], key=lambda each: (not each.is_urgent, each.due_on))
    happened = sorted(sorts[HAPPENED], key=lambda each: each.at, reverse=True)
    conferences = asked_at(work) if work.actor.places else ()
    return Inbox(tuple(waiting), tuple(happened), tuple(sorts[ASKED]), seen_at, conferences)


def number_to_tell(work, found: Inbox, last_told_at: datetime | None) -> int:
    """Return how many things a digest speaks of; 0 where nothing is new and the rest is known since less than a week.

    Known: a digest told of it (the last one left at `last_told_at`), or they looked at their inbox.
    """
    lines = (*found.waiting, *(line for line in found.happened if line.is_new))
    asked = [at for at in found.conferences if found.seen_at is None or at > found.seen_at]
    told = [*(line.told_at for line in lines if line.is_new), *asked]
    is_fresh = any(last_told_at is None or at > last_told_at for at in told)
    known_at = max(filter(None, (last_told_at, found.seen_at)), default=None)
    is_again = bool(found.waiting) and (known_at is None or work.now - known_at >= AGAIN)
    return len(lines) + len(asked) if is_fresh or is_again else 0


# --- inside -----------------------------------------------------------------------------------------------------------


def _wait(work) -> timedelta:
    return timedelta(minutes=loop_of(work.content).limits.take_back_minutes)


def _may_tell(work, child: ChildFacts) -> bool:
    """Return whether the actor is told anything of a child; its family is not while the record is not consented to."""
    return bool(work.actor.places) or child.subject.has_consent(RECORD)


def _reached(work, child_id) -> ColumnElement:
    """Return the condition that a child is tied to the actor; a reviewer's tie is looked at with the child."""
    return true() if work.actor.places_as("reviewer") else child_id.in_(visible_child_ids(work))


def _tasks(work):
    """Return the SELECT of open tasks of the actor's, and of those answered lately, with who answered and when."""
    asked, answer, reply = aliased(Entry), aliased(Entry), aliased(Entry)
    urgent = select(Message.subject_id).where(Message.user_id == work.actor.user_id, Message.kind == URGENT)
    is_over = and_(Task.status.in_(("completed", "rejected")), Task.done_on >= work.today - KEPT)
    mine = and_(Task.kind.in_(ANSWERED), asked.author_id == work.actor.user_id)
    by = [
        case((Task.kind == "referral_reply", reply.author_id), else_=answer.author_id).label("answered_by"),
        case((Task.kind == "referral_reply", reply.recorded_at), else_=answer.recorded_at).label("answered_at"),
    ]
    return (
        select(Task, asked.author_id.label("asked_by"), *by, Task.id.in_(urgent).label("is_urgent"))
        .join(Child, Child.id == Task.child_id)
        .outerjoin(asked, asked.id == Task.subject_id)
        .outerjoin(answer, and_(answer.task_id == Task.id, Task.kind.in_(ANSWERED)))
        .outerjoin(Referral, Referral.id == Task.subject_id)
        .outerjoin(reply, reply.id == Referral.feedback_entry_id)
        .where(Child.status != "deceased", _reached(work, Task.child_id))
        .where(or_(_waits(work, urgent), and_(mine, or_(_is_going(), is_over)), and_(is_over, _for_my_clinic(work))))
        .order_by(Task.done_on.is_(None), Task.due_on, Task.created_at)
        .limit(MOST)
    )


def _waits(work, urgent) -> ColumnElement:
    # A task of no case is nobody's decision: there is nothing to take back.
    is_told = or_(Task.case_id.is_(None), Task.created_at <= work.now - _wait(work), Task.id.in_(urgent))
    is_soon = or_(Task.kind.not_in(PLANNED), Task.due_on <= work.today + SOON)
    return and_(_is_going(), is_told, is_soon, Task.kind.not_in(DAILY), _my_turn(work))


def _is_going() -> ColumnElement:
    return Task.status.in_([status for status in OPEN_TASK if status != "on-hold"])


def _my_turn(work) -> ColumnElement:
    actor = work.actor
    turns = {
        "doctor": ("doctor",),
        "teacher": ("teacher", "health_staff"),
        "specialist": ("specialist",),
        "reviewer": ("reviewer",),
    }
    at_work = [
        and_(Task.whose_turn == turn, Task.organisation_id.in_([place.organisation_id for place in places]))
        for turn, roles in turns.items()
        if (places := actor.places_as(*roles))
    ]
    at_home = false() if actor.places else Task.whose_turn == "guardian"
    return or_(at_home, *at_work)


def _for_my_clinic(work) -> ColumnElement:
    """Return the condition for what a clinic waited for elsewhere: replies to referrals, gates released."""
    clinics = [place.organisation_id for place in work.actor.places_as("doctor")]
    cases = select(Case.id).where(Case.organisation_id.in_(clinics))
    return and_(Task.kind.in_(("referral_reply", "release")), Task.case_id.in_(cases))


def _of_tasks(work, rows, children) -> Iterable[InboxLine]:
    told = set()
    for row in rows:
        task, child = row.Task, children.get(row.Task.child_id)
        if child is None or task.id in told or not may_see(work, child, task):
            continue
        told.add(task.id)
        if task.status not in OPEN_TASK:
            yield from _answered(work, child, row)
        elif task.kind in ANSWERED and row.asked_by == work.actor.user_id:
            yield _line(work, child, row, ASKED)
        elif task.whose_turn != "guardian" or _signs(work, child):
            yield _line(work, child, row, WAITING)


def _signs(work, child: ChildFacts) -> bool:
    ties = child.subject.current("guardian")
    return any(tie.user_id == work.actor.user_id and tie.authority == "signs" for tie in ties)


def _line(work, child: ChildFacts, row, sort: str) -> InboxLine:
    task = row.Task
    is_today = task.kind in SAME_DAY and task.due_on <= task.created_at.astimezone(LOCAL).date()
    told_at = task.created_at + (_wait(work) if task.case_id and not row.is_urgent else timedelta())
    if task.kind in PLANNED:
        told_at = max(told_at, _morning(task.due_on - SOON))
    return InboxLine(
        task.kind,
        sort,
        child,
        at=task.created_at,
        told_at=told_at,
        task=task_facts(work, task),
        case_id=task.case_id,
        due_on=task.due_on,
        is_urgent=row.is_urgent or is_today,
    )


def _answered(work, child: ChildFacts, row) -> Iterable[InboxLine]:
    """Return the line about somebody else's answer; of a release only the day is kept."""
    task = row.Task
    if task.kind == "release":
        at = _morning(task.done_on)
        yield InboxLine("released", HAPPENED, child, at, at, case_id=task.case_id)
    elif row.answered_by not in (None, work.actor.user_id):
        kind = "reply" if task.kind == "referral_reply" else f"answered_{task.kind}"
        yield InboxLine(kind, HAPPENED, child, row.answered_at, row.answered_at, case_id=task.case_id)


def _morning(on: date) -> datetime:
    return datetime.combine(on, time(), LOCAL)


def _steps(work) -> list[CaseStep]:
    """Return the steps of others that the actor is told of, without those that were taken back, newest first."""
    events = next((events for role, events in STEPS_TOLD.items() if work.actor.places_as(role)), ())
    if not events:
        return []
    clinics = [place.organisation_id for place in work.actor.places_as("doctor")]
    chosen = (
        select(CaseStep)
        .join(Case, Case.id == CaseStep.case_id)
        .join(Child, Child.id == CaseStep.child_id)
        .where(Case.organisation_id.in_(clinics) if clinics else true(), Child.status != "deceased")
        .where(_reached(work, CaseStep.child_id))
        .where(CaseStep.at > work.now - KEPT, CaseStep.event.in_((*events, TAKE_BACK)))
        .order_by(CaseStep.at.desc())
        .limit(MOST)
    )
    found = work.session.scalars(chosen).all()
    taken_back = {(step.case_id, step.seq - 1) for step in found if step.event == TAKE_BACK}
    until = work.now - _wait(work)
    return [
        step
        for step in found
        if step.event != TAKE_BACK
        and (step.case_id, step.seq) not in taken_back
        and step.at <= until
        and step.actor_id != work.actor.user_id
    ]


def _of_steps(work, steps: list[CaseStep], children) -> Iterable[InboxLine]:
    for step in steps:
        child = children.get(step.child_id)
        if child and is_allowed(work.actor, Permission.READ_CASE, child.subject):
            yield InboxLine(step.event, HAPPENED, child, step.at, step.at + _wait(work), case_id=step.case_id)
