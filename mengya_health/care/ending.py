"""What ends together with a case: referrals that will not be answered, tasks, and the doors a referral had opened."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from mengya_health.care.facts import CaseFacts
from mengya_health.care.models import CLOSED_STATES, OPEN_TASK, Case, Referral, Task
from mengya_health.care.queries import OpenCase, find_case
from mengya_health.care.tasks import end_task
from mengya_health.people.commands import end_tie
from mengya_health.people.facts import ChildFacts


def close_referrals(work, opened: OpenCase, facts: CaseFacts, *, reason: str, text: str) -> None:
    """End the case's unanswered referrals for a typed reason, and close the receivers' doors."""
    waiting = [referral.id for referral in facts.referrals if not referral.is_settled]
    for row in work.session.scalars(select(Referral).where(Referral.id.in_(waiting))):
        give_up(work, opened.child, row, reason=reason, text=text)


def give_up(work, child: ChildFacts, row: Referral, *, reason: str, text: str, status: str = "failed") -> None:
    """End one referral without feedback; the receiver no longer reaches the child."""
    row.status = status
    body = {"reason": reason, "text": text}
    row.not_done_reason = work.keys.seal_body("referral", row.id, row.child_id, "health", body)
    close_door(work, child, row.id)


def close_door(work, child: ChildFacts, referral_id: UUID) -> None:
    """End the relationship that a referral had opened for its receiver, and with it every link."""
    narrow_door(work, child, referral_id, work.today)


def narrow_door(work, child: ChildFacts, referral_id: UUID, to_on: date) -> None:
    """Let the relationship that a referral had opened end on a day, unless it ends before."""
    for tie in child.subject.current("receiver"):
        if tie.basis_id == referral_id:
            end_tie(work, child, tie.id, on=min(to_on, tie.ends_on or to_on))


def other_open_cases(work, opened: OpenCase) -> list[OpenCase]:
    """Return the child's other open cases."""
    chosen = select(Case.id).where(
        Case.child_id == opened.child.id, Case.id != opened.case.id, Case.state.not_in(CLOSED_STATES)
    )
    return [find_case(work, case_id) for case_id in work.session.scalars(chosen).all()]


def close_all(work, child: ChildFacts, reason: str) -> None:
    """Cancel everything still due for a child, visits included; a clinic asked to take it over reaches it no more."""
    work.session.flush()
    chosen = select(Task).where(Task.child_id == child.id, Task.status.in_(OPEN_TASK))
    for task in work.session.scalars(chosen).all():
        end_task(work, task, status="cancelled", reason=reason)
    for tie in child.subject.current("handover"):
        end_tie(work, child, tie.id)
