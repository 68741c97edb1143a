"""A child changes its clinic: the family wants it, the new clinic accepts, and until then the old one is responsible.

The task of kind `handover` is the whole of it: requested until the new clinic accepts, accepted until its doctor has
looked through what came along, then completed.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care import loop
from mengya_health.care.class_moves import TRANSFERRED, open_case_ids, settle_cases
from mengya_health.care.facts import StepFacts
from mengya_health.care.models import OPEN_TASK, Case, CaseStep, Referral, Task
from mengya_health.care.queries import case_number
from mengya_health.care.referrals import WAITING as UNANSWERED
from mengya_health.care.rows import case_body, step_facts
from mengya_health.care.tasks import change_body, due_by, end_task, open_body, start_task
from mengya_health.errors import Conflict, Invalid, NotNow
from mengya_health.people.changing_clinic import change_clinic
from mengya_health.people.commands import end_tie, tie_child
from mengya_health.people.facts import ChildFacts
from mengya_health.people.former import FormerChild
from mengya_health.people.models import Organisation
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.signing.on_paper import refuse_paper
from mengya_health.signing.pins import check_pin

HANDOVER = "handover"
WITNESS = "witness"
WAITING, ACCEPTED = "requested", "accepted"


def ask_as_guardian(work, child_id: UUID, *, clinic_id: UUID, pin: str) -> Task:
    """Ask another clinic to take one's child over, by PIN. Raises Invalid, NotNow where one is asked already."""
    child = find_child(work, child_id, Permission.CONSENT)
    check_pin(work, pin)
    return _ask(work, child, clinic_id, "pin")


def ask_at_desk(work, child_id: UUID, *, clinic_id: UUID, is_signed: bool) -> Task:
    """Ask another clinic at the desk, for a guardian who has signed on paper that they want it."""
    child = find_child(work, child_id, Permission.KEEP_CHILD)
    if not is_signed:
        message = "要监护人签字同意才能转出；也可以请家长在手机上自己提出。 A guardian has to sign for this first."
        raise Invalid(fields={"is_signed": [message]})
    return _ask(work, child, clinic_id, "paper")


def withdraw_handover(work, child_id: UUID) -> None:
    """Take it back, as the guardian or the clinic that still has the child. Raises NotNow once it is accepted."""
    child = find_child(work, child_id, Permission.HAND_OVER)
    _end(work, child, _waiting(work, child), "declined", "")


def refuse_handover(work, child_id: UUID, *, text: str) -> None:
    """Say as the new clinic that it cannot take the child; the family and the old clinic read why."""
    child = find_child(work, child_id, Permission.TAKE_OVER)
    if not text.strip():
        raise Invalid(fields={"text": ["请写一句原因，家长和原来的门诊会看到。 Please say why."]})
    _end(work, child, _waiting(work, child), "other", text.strip())


def accept_handover(work, child_id: UUID) -> ChildFacts:
    """Take the child over: care, cases, everything due, open referrals, in one unit of work.

    Due dates, numbers and rounds stay. A paper that waits for its second witness does not come along (the sheet is at
    the old clinic): the guardian is asked as before. Raises NotNow where nothing waits, Conflict, NotPermitted.
    """
    seen = find_child(work, child_id)
    task = handover_of(work, seen)
    if task is None or task.status != WAITING:
        raise NotNow(*_OVER)
    child = find_child(work, child_id, Permission.TAKE_OVER)
    old, new = child.clinic_id, task.organisation_id
    _set(work, task, ACCEPTED)
    given = change_clinic(work, child, new)
    moved = _carry_over(work, child, old, new)
    change_body(work, task, moved_at=work.now.isoformat(), moved=moved, clinic_no=given)
    child = find_child(work, child_id)
    _refuse_papers(work, child)
    body = open_body(work, task)
    content = {"from": body["from_name"], "to": body["to_name"], "text": f"{body['from_name']} → {body['to_name']}"}
    record_entry(work, child, section="health", kind=HANDOVER, content=content, happened_on=work.today)
    settle_cases(work, child, open_case_ids(work, child_id))
    return child


def finish_handover(work, child_id: UUID) -> None:
    """Say as a doctor of the new clinic that what came along was looked through."""
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    task = handover_of(work, child)
    if task is None or task.status != ACCEPTED:
        raise NotNow(*_OVER)
    end_task(work, task)
    audit.changed(work, child.id, "task", task.id)


def handover_of(work, child: ChildFacts) -> Task | None:
    """Return the handover that is on its way, None where there is none."""
    newest = newest_handover(work, child)
    return newest if newest is not None and newest.status in OPEN_TASK else None


def newest_handover(work, child: ChildFacts) -> Task | None:
    """Return the child's last handover, however it ended."""
    chosen = select(Task).where(Task.child_id == child.id, Task.kind == HANDOVER).order_by(Task.created_at.desc())
    return work.session.scalar(chosen.limit(1))


def refusal_in(work, newest: Task | None) -> tuple[str, str] | None:
    """Return which clinic refused the newest handover, and what it said; None where none did."""
    body = open_body(work, newest) if newest is not None and newest.status == "cancelled" else {}
    return (body["to_name"], body["not_done_text"]) if body.get("not_done") == "other" else None


@dataclass(frozen=True)
class FormerCase:
    """A case as the clinic reads it that had the child before: how far it had come on the day it left."""

    number: str
    name: str
    steps: tuple[StepFacts, ...]


def cases_until_left(work, child: FormerChild) -> list[FormerCase]:
    """Return the cases a clinic of the actor's led, each with its steps up to the moment the child was taken over."""
    gone = [body["moved_at"] for body in _handovers(work, child) if body["from"] in set(map(str, child.clinic_ids))]
    if not gone or child.subject.has_ended("health"):
        return []
    left_at, steps = datetime.fromisoformat(max(gone)), defaultdict(list)
    cases = {case.id: case for case in work.session.scalars(select(Case).where(Case.child_id == child.id))}
    taken = select(CaseStep).where(CaseStep.child_id == child.id, CaseStep.at <= left_at).order_by(CaseStep.seq)
    for step in work.session.scalars(taken):
        steps[step.case_id].append(step_facts(work, step))
    audit.read(work, child.id, "case")
    return [_former_case(work, child, cases[case_id], found) for case_id, found in steps.items()]


# --- inside -----------------------------------------------------------------------------------------------------------

_OVER = (
    "没有等着接收的：可能同事已经接收，或家长已经撤回。请刷新页面看看。",
    "Nothing waits any more: a colleague may have accepted it, or the family took it back. Reload the page.",
)


def _ask(work, child: ChildFacts, clinic_id: UUID, how: str) -> Task:
    place = work.session.get(Organisation, clinic_id)
    if place is None or place.kind != "clinic" or clinic_id == child.clinic_id:
        raise Invalid(fields={"clinic_id": ["请选要转去的门诊。 Please choose the clinic to move to."]})
    if not child.subject.has_consent("P1"):
        raise NotNow(
            "还没有建档同意，没有可以转的档案。请先在“知情同意”里同意建档。",
            "Without consent to the record there is nothing to hand over; that consent comes first.",
        )
    if handover_of(work, child) is not None:
        raise NotNow(
            "已经在换门诊，等对方接收；要换一家，请先撤回。",
            "A handover is on its way already; take it back first to choose another clinic.",
        )
    home = work.session.get(Organisation, child.clinic_id)
    task = start_task(
        work,
        child,
        kind=HANDOVER,
        whose_turn="doctor",
        due_on=due_by(work, loop.loop_of(work.content), HANDOVER),
        body={
            "title": "接收转来的孩子",
            "from": str(child.clinic_id),
            "from_name": home.name,
            "to_name": place.name,
            "how": how,
        },
        organisation_id=clinic_id,
    )
    work.session.flush()
    tie_child(work, child.id, kind=HANDOVER, organisation_id=clinic_id, basis_id=task.id)
    audit.changed(work, child.id, "task", task.id, action="C")
    return task


def _handovers(work, child: FormerChild) -> list[dict]:
    """Return what the child's accepted handovers say."""
    chosen = select(Task).where(
        Task.child_id == child.id, Task.kind == HANDOVER, Task.status.in_((ACCEPTED, "completed"))
    )
    return [open_body(work, task) for task in work.session.scalars(chosen)]


def _former_case(work, child: FormerChild, case: Case, steps: list[StepFacts]) -> FormerCase:
    pathway = work.content.pathways[case_body(work, case)["pathway"]]
    return FormerCase(case_number(child, pathway, steps[-1].round), pathway.name, tuple(steps))


def _waiting(work, child: ChildFacts) -> Task:
    task = handover_of(work, child)
    if task is None or task.status != WAITING:
        raise NotNow(*_OVER)
    return task


def _end(work, child: ChildFacts, task: Task, reason: str, text: str) -> None:
    end_task(work, task, status="cancelled", reason=reason, text=text)
    _flush(work)
    for tie in child.subject.current(HANDOVER):
        end_tie(work, child, tie.id)
    audit.changed(work, child.id, "task", task.id)


def _set(work, task: Task, status: str) -> None:
    task.status = status
    _flush(work)
    audit.changed(work, task.child_id, "task", task.id)


def _flush(work) -> None:
    try:
        work.session.flush()
    except StaleDataError as error:  # of two who accept, or one who accepts and one who takes it back, one is faster
        raise Conflict(*_OVER) from error


def _refuse_papers(work, child: ChildFacts) -> None:
    chosen = select(Task).where(Task.child_id == child.id, Task.kind == WITNESS, Task.status.in_(OPEN_TASK))
    for task in work.session.scalars(chosen).all():
        refuse_paper(work, child, task.subject_id)
        end_task(work, task, status="cancelled", reason=TRANSFERRED)


def _carry_over(work, child: ChildFacts, old: UUID, new: UUID) -> dict[str, int]:
    """Put everything of a child that stood at one clinic to another's account; return how many tasks of each kind."""
    counted: dict[str, int] = {}
    due = select(Task).where(Task.child_id == child.id, Task.organisation_id == old, Task.status.in_(OPEN_TASK))
    for task in work.session.scalars(due).all():
        task.organisation_id = new
        counted[task.kind] = counted.get(task.kind, 0) + 1
    for case in work.session.scalars(select(Case).where(Case.child_id == child.id)).all():
        case.organisation_id = new
        audit.changed(work, child.id, "case", case.id)
    sent = select(Referral).where(Referral.child_id == child.id, Referral.status.in_(UNANSWERED))
    for referral in work.session.scalars(sent).all():
        referral.organisation_id = new  # the reply goes to whoever has the child
        audit.changed(work, child.id, "referral", referral.id)
    work.session.flush()
    return counted
